// layout.h: names and places of the areas, for the files that read and check them.

#ifndef CP_SCENARIOS_LAYOUT_H
#define CP_SCENARIOS_LAYOUT_H

#include "scenarios/draft.h"

// "bootloader", "state", "active", "dfu", "factory".
const char *cp_area_name(enum cp_area area);

const struct cp_part *cp_draft_device_of(const struct cp_draft *draft, enum cp_area area);

// The size of the pages where an area begins; in a hole, of the smallest of its device.
uint32_t cp_area_page_bytes(const struct cp_draft *draft, enum cp_area area);

// The place to blame for an area: what the matrix chose, or else its key.
struct cp_mark cp_area_place(const struct cp_draft *draft, enum cp_area area);

// The place of one of its keys, "at" or "size" or "on".
struct cp_mark cp_area_key_place(const struct cp_draft *draft, enum cp_area area, const char *key);

// Was any of its keys chosen by the matrix?
bool cp_area_is_from_matrix(const struct cp_draft *draft, enum cp_area area);

#endif

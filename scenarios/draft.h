// draft.h: a case in the making, read from a checked tree.
//
// All errors of a file are to be reported, so reading goes on after one. What
// could not be read is known as such, and no check is built upon it.

#ifndef CP_SCENARIOS_DRAFT_H
#define CP_SCENARIOS_DRAFT_H

#include "scenarios/load.h"
#include "scenarios/yaml_tree.h"

struct cp_user_part;

struct cp_draft {
    struct cp_node *root;
    struct cp_report *report;
    struct cp_case *out;
    struct cp_case_list *list;  // keeps the texts that the case points to
    struct cp_user_part *parts; // of the file
    uint32_t part_count;
    bool device_known[CP_DEVICES_MAX];
    bool area_known[CP_AREA_COUNT];
    uint32_t fault_model; // index of cp_word_fault_model
    bool is_journal;      // of the formats
};

// --- read.c: the value at a path, or its default. False when it is broken or
// --- absent without a default; *value is then untouched.

bool cp_read_number(const struct cp_draft *draft, const char *path, uint64_t *value);
bool cp_read_number_32(const struct cp_draft *draft, const char *path, uint32_t *value);
bool cp_read_word(const struct cp_draft *draft, const char *path, uint32_t *index);
bool cp_read_words(const struct cp_draft *draft, const char *path, uint32_t *mask);
bool cp_read_boolean(const struct cp_draft *draft, const char *path, bool *value);

// The text at a path, or its default; NULL as above.
const char *cp_read_text(const struct cp_draft *draft, const char *path);

// The node at a path, or NULL when it is absent or broken.
struct cp_node *cp_read_node(const struct cp_draft *draft, const char *path);

bool cp_read_has(const struct cp_draft *draft, const char *path);

// The place to blame for the value at a path: the value, or the nearest key
// above it when it is a default.
struct cp_mark cp_read_place(const struct cp_draft *draft, const char *path);

// --- the parts of a case, in the order they are read ---

void cp_decode_parts(struct cp_draft *draft);     // user_parts.c
void cp_decode_devices(struct cp_draft *draft);   // devices.c
void cp_decode_strategy(struct cp_draft *draft);  // direct.c
void cp_decode_layout(struct cp_draft *draft);    // layout.c
void cp_check_layout(struct cp_draft *draft);     // layout_check.c
void cp_decode_security(struct cp_draft *draft);  // security.c
void cp_decode_images(struct cp_draft *draft);    // images.c
void cp_decode_lifecycle(struct cp_draft *draft); // lifecycle.c
void cp_decode_faults(struct cp_draft *draft);    // faults.c
void cp_decode_bounds(struct cp_draft *draft);    // claims.c
void cp_decode_expect(struct cp_draft *draft);    // claims.c
void cp_check_security(struct cp_draft *draft);   // security.c

// direct.c: which slot an image is linked for, and whether the first one lies in its own.
void cp_read_slot(struct cp_draft *draft, struct cp_image *image);
void cp_check_slots(struct cp_draft *draft);

// The page unit: the larger of the page sizes where ACTIVE and DFU lie.
uint32_t cp_draft_page_unit_bytes(const struct cp_draft *draft);

// Read a whole case into *out (zeroed), which is to be put into the list. Errors go to the
// report.
void cp_decode(struct cp_node *root, struct cp_report *report, struct cp_case_list *list,
               struct cp_case *out);

#endif

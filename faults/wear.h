// wear.h: how often each page was erased in the present update.
//
// Each page has a level. An erase raises it by one, a power loss lowers the level of
// each page by one, down to zero, and the end of an update sets it to zero. So the
// level is the most erases of the page, less one for each power loss, in any stretch
// of the update that ends now. A level cannot be saved up below zero: losses long ago
// do not pay for erases now. That also keeps the levels few, so that paths meet.

#ifndef CP_FAULTS_WEAR_H
#define CP_FAULTS_WEAR_H

#include "faults/result.h"
#include "sim/machine.h"

#define CP_WEAR_LEVEL_MAX 100u // a limit is at most that: levels fit into seven bits

struct cp_wear_levels {
    uint32_t page_count;                 // of all devices
    uint32_t first_page[CP_DEVICES_MAX]; // index of each device's page 0
    uint8_t *levels, *levels_max;        // now, and on any path
    uint16_t *erases, *erases_max;       // the same of the plain number
    uint64_t hash;                       // a sum over the levels
    uint64_t *weights;                   // what one step of each page's level adds to it
    uint32_t first, end;                 // no page outside was ever erased
};

// Returns 0, or -1 without memory.
int cp_wear_init(struct cp_wear_levels *wear, const struct cp_machine *machine);
void cp_wear_free(struct cp_wear_levels *wear);

// A page is erased; returns its level. And undone.
uint8_t cp_wear_erase(struct cp_wear_levels *wear, uint32_t device, uint32_t page);
void cp_wear_undo_erase(struct cp_wear_levels *wear, uint32_t device, uint32_t page);

// The power is lost: levels are kept in `save` and lowered. And undone.
size_t cp_wear_save_size_bytes(const struct cp_wear_levels *wear);
void cp_wear_power_lost(struct cp_wear_levels *wear, uint8_t *save);
void cp_wear_undo_power_lost(struct cp_wear_levels *wear, const uint8_t *save);

// An update ends: counts are kept in `save` and start anew. And undone.
size_t cp_wear_update_save_size_bytes(const struct cp_wear_levels *wear);
void cp_wear_end_update(struct cp_wear_levels *wear, uint8_t *save);
void cp_wear_undo_end_update(struct cp_wear_levels *wear, const uint8_t *save);

// Put the pages that were ever erased into the result, which owns them.
void cp_wear_collect(const struct cp_wear_levels *wear, uint32_t device_count,
                     struct cp_result *result);

#endif

// state_format.h: the seam between the swap protocol and how its state is kept.
//
// boot.c and updater.c know the protocol: which steps a swap has and what each
// call means. A format knows how to keep that in the STATE partition. `seed` is
// the published one; a second format plugs in here.

#ifndef CP_STATE_FORMAT_H
#define CP_STATE_FORMAT_H

#include "cutproof/boot.h"

// Steps are numbered through both directions: 0 .. 2N-1 are the copies of the
// swap, 2N .. 4N-1 those of the revert, N being the page units of ACTIVE.
struct cp_state_view {
    enum cp_state state; // what the stored state says
    uint32_t next_step;  // the first step not yet recorded as done, 0 .. 4N; 0 unless SWAP
};

struct cp_state_format {
    // What a boot does: cp_boot_prepare() after cp_boot_check(), and its errors.
    int (*prepare)(const struct cp_boot_config *config, enum cp_state *state);

    // --- a format with a protocol of its own has these, and none of the others but get and set
    // CP_ERR_LAYOUT if STATE does not suit page_count page units.
    int (*check)(const struct cp_partition *state, uint32_t page_count);
    // Store that an image of that many bytes waits in DFU. CP_ERR_FLASH.
    int (*request)(const struct cp_partition *state, uint32_t image_size_bytes);
    // The application runs: if it is on trial, note that it was started. CP_ERR_FLASH.
    int (*start)(const struct cp_partition *state);
    // Of the strategy direct: which slot is to run by the record. CP_ERR_FLASH, CP_ERR_STATE.
    // NULL: the format knows of no slots.
    int (*slot)(const struct cp_partition *state, enum cp_slot *running);
    // See to it that no download (download.h) is under way: end it, or CP_ERR_STATE if one is.
    // NULL: the format knows none. CP_ERR_FLASH.
    int (*no_download)(const struct cp_partition *state, bool ends_it);

    // --- the protocol of boot.c, whose prepare is cp_boot_run() ---
    // Bytes of STATE the format needs for page_count page units, given the
    // write size of STATE; UINT32_MAX when they cannot be counted in 32 bits.
    uint32_t (*size_bytes)(uint32_t page_count, uint32_t write_size_bytes);

    // Read the stored state alone. CP_ERR_FLASH when a read fails.
    int (*get)(const struct cp_partition *state, enum cp_state *value);

    // Read the stored state and, if it is SWAP, the progress. Called once a boot.
    // 4 * page_count fits 32 bits. CP_ERR_FLASH when a read fails.
    int (*load)(const struct cp_partition *state, uint32_t page_count,
                struct cp_state_view *view);

    // Record that copy step `step` is done. CP_ERR_FLASH.
    int (*record_step)(const struct cp_partition *state, uint32_t step);

    // Move view->next_step up past the steps that are recorded as done. CP_ERR_FLASH
    // when a read fails.
    int (*skip_done)(const struct cp_partition *state, uint32_t page_count,
                     struct cp_state_view *view);

    // All revert steps are done: forget the progress and store CP_STATE_REVERT.
    int (*finish_revert)(const struct cp_partition *state);

    // Store a new state and forget the progress; nothing if it is stored already.
    int (*set)(const struct cp_partition *state, enum cp_state value);
};

// The protocol of boot.c, which asks the format for what is stored. A bootloader without a
// format that uses it does not have it.
int cp_boot_run(const struct cp_boot_config *config, enum cp_state *state);

#endif

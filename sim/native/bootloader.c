// bootloader.c: the bootloader of the native program.
//
// As small as a product's: describe the board, prepare, start what is to start.

#include <stddef.h>

#include "sim/native/native.h"

static void boot(const struct cp_program_board *board, uint8_t image, uint8_t *buffer) {
    (void)image; // which one runs is the bootloader's to decide
    struct native_devices devices;
    native_devices_init(&devices, board);
    const struct cp_partition factory = native_partition(&devices, board, CP_AREA_FACTORY);
    const struct cp_verifier verifier = native_verifier(board);
    const struct cp_boot_config config = {
        .active = native_partition(&devices, board, CP_AREA_ACTIVE),
        .dfu = native_partition(&devices, board, CP_AREA_DFU),
        .state = native_partition(&devices, board, CP_AREA_STATE),
        .format = native_boot_format(board),
        .buffer = buffer,
        .buffer_size_bytes = board->buffer_size_bytes,
        .feed = native_feed,
        .trial_attempts = board->trial_attempts,
        .is_reset_by_application = cp_reset_by_application,
        .verifier = board->public_key ? &verifier : NULL,
        .refuses_downgrades = board->refuses_downgrades,
        .security_counter_min = board->security_counter_min,
        .verifies_each_boot = board->verifies_each_boot,
        .factory = factory.size_bytes > 0 ? &factory : NULL,
        .strategy = board->is_direct ? CP_STRATEGY_DIRECT : CP_STRATEGY_SWAP,
    };

    enum cp_state state = CP_STATE_BOOT;
    const struct cp_partition *start = &config.active;
    int err = board->is_direct ? cp_boot_prepare_direct(&config, &state, &start)
                               : cp_boot_prepare(&config, &state);
    if (err) {
        cp_end_panic(err);
    }
    if (state == CP_STATE_DETACH) {
        cp_end_dfu_mode();
    }
    cp_end_jump_to(start == &config.active ? CP_AREA_ACTIVE : CP_AREA_DFU);
}

void native_bootloader(const struct cp_program_board *board) {
    native_with_buffer(board->buffer_size_bytes, boot, board, CP_IMAGE_NONE);
}

// native.h: what the bootloader and the application of the native program share.
//
// Both are ordinary users of the core: they describe their flashes, cut them
// into partitions, lend a buffer, and call. All of it lies on the stack.

#ifndef CP_SIM_NATIVE_H
#define CP_SIM_NATIVE_H

#include "cutproof/updater.h"
#include "cutproof/verify.h"
#include "sim/native/ports.h"

// The flashes of a board as the core wants them: a window for each run of pages of one
// size that a partition lies in. Flashes point to their ports, so this stays where it
// was filled in.
struct native_devices {
    struct native_window windows[CP_AREA_COUNT - 1];
    uint32_t window_count;
};

void native_devices_init(struct native_devices *devices, const struct cp_program_board *board);

struct cp_partition native_partition(const struct native_devices *devices,
                                     const struct cp_program_board *board, enum cp_area area);

// The state format of that name, or null; the core refuses null.
const struct cp_state_format *native_format(const char *name);

// The same for a bootloader, which needs less of it.
const struct cp_state_format *native_boot_format(const struct cp_program_board *board);

// What checks images with the board's key. Of no use without one.
struct cp_verifier native_verifier(const struct cp_program_board *board);

// Work to be done with a buffer of at least the size asked for.
typedef void (*native_work)(const struct cp_program_board *board, uint8_t image, uint8_t *buffer);

// Do the work with a zeroed buffer on the stack. Panics with CP_ERR_ARGUMENT
// above CP_BUFFER_SIZE_MAX_BYTES.
void native_with_buffer(uint32_t size_bytes, native_work work, const struct cp_program_board *board,
                        uint8_t image);

// What the core is given to feed the watchdog.
void native_feed(const void *context);

// The three entries of struct cp_program.
void native_bootloader(const struct cp_program_board *board);
void native_application(const struct cp_program_board *board, uint8_t image);
void native_dfu_mode(const struct cp_program_board *board, uint8_t base_image);

#endif

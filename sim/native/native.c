// native.c: boards turned into what the core wants; see native.h.

#include "sim/native/native.h"

#include <stdbool.h>
#include <stddef.h>

void native_devices_init(struct native_devices *devices, const struct cp_program_board *board) {
    for (uint32_t i = 0; i < CP_DEVICES_MAX; i++) {
        const struct cp_program_device *device = &board->devices[i];
        devices->nvmc[i] = (struct cp_nrf_nvmc){
            .registers_address = device->registers_address,
            .flash_address = device->flash_address,
            .ready_polls_max = CP_NRF_NVMC_READY_POLLS_MAX,
        };
        cp_nrf_nvmc_flash(&devices->flash[i], &devices->nvmc[i], device->size_bytes,
                          device->erase_size_bytes);
    }
}

struct cp_partition native_partition(const struct native_devices *devices,
                                     const struct cp_program_board *board, enum cp_area area) {
    const struct cp_program_area *range = &board->areas[area];
    return (struct cp_partition){
        .flash = range->device < CP_DEVICES_MAX ? &devices->flash[range->device] : NULL,
        .offset_bytes = range->offset_bytes,
        .size_bytes = range->size_bytes,
    };
}

static bool is_same_name(const char *a, const char *b) {
    while (*a != '\0' && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

const struct cp_state_format *native_format(const char *name) {
    if (name && is_same_name(name, "seed")) {
        return &cp_state_format_seed;
    }
    return NULL;
}

// The prover hashes and saves the live stack at every flash operation, so a
// buffer should be little larger than what is asked for. A function for each
// size, kept out of line, so that only the one in use takes up stack.
#define OWN_FRAME __attribute__((noinline))

OWN_FRAME static void with_64(native_work work, const struct cp_program_board *board,
                              uint8_t image) {
    uint8_t buffer[64] = {0};
    work(board, image, buffer);
}

OWN_FRAME static void with_256(native_work work, const struct cp_program_board *board,
                               uint8_t image) {
    uint8_t buffer[256] = {0};
    work(board, image, buffer);
}

OWN_FRAME static void with_1024(native_work work, const struct cp_program_board *board,
                                uint8_t image) {
    uint8_t buffer[1024] = {0};
    work(board, image, buffer);
}

OWN_FRAME static void with_4096(native_work work, const struct cp_program_board *board,
                                uint8_t image) {
    uint8_t buffer[4096] = {0};
    work(board, image, buffer);
}

OWN_FRAME static void with_8192(native_work work, const struct cp_program_board *board,
                                uint8_t image) {
    uint8_t buffer[8192] = {0};
    work(board, image, buffer);
}

_Static_assert(CP_BUFFER_SIZE_MAX_BYTES == 8192, "the largest buffer offered above");

void native_with_buffer(uint32_t size_bytes, native_work work, const struct cp_program_board *board,
                        uint8_t image) {
    if (size_bytes <= 64) {
        with_64(work, board, image);
    } else if (size_bytes <= 256) {
        with_256(work, board, image);
    } else if (size_bytes <= 1024) {
        with_1024(work, board, image);
    } else if (size_bytes <= 4096) {
        with_4096(work, board, image);
    } else if (size_bytes <= CP_BUFFER_SIZE_MAX_BYTES) {
        with_8192(work, board, image);
    } else {
        cp_end_panic(CP_ERR_ARGUMENT);
    }
}

// native.c: boards turned into what the core wants; see native.h.

#include "sim/native/native.h"

#include <stdbool.h>
#include <stddef.h>

// The run of pages of one size that an offset lies in; of size 0 if there is none.
static struct native_window window_at(const struct cp_program_board *board,
                                      const struct cp_program_area *area) {
    struct native_window window = {.device = area->device};
    const struct cp_program_device *device = &board->devices[area->device];
    for (uint32_t i = 0; i < device->region_count; i++) {
        window.size_bytes = device->regions[i].size_bytes;
        window.erase_size_bytes = device->regions[i].erase_size_bytes;
        if (area->offset_bytes - window.offset_bytes < window.size_bytes) {
            return window;
        }
        window.offset_bytes += window.size_bytes;
    }
    window.size_bytes = 0;
    return window;
}

static bool is_in(const struct native_window *window, const struct cp_program_area *area) {
    return window->device == area->device &&
           area->offset_bytes - window->offset_bytes < window->size_bytes;
}

static const struct native_window *find_window(const struct native_devices *devices,
                                               const struct cp_program_area *area) {
    for (uint32_t i = 0; i < devices->window_count; i++) {
        if (is_in(&devices->windows[i], area)) {
            return &devices->windows[i];
        }
    }
    return NULL;
}

void native_devices_init(struct native_devices *devices, const struct cp_program_board *board) {
    devices->window_count = 0;
    for (int i = CP_AREA_STATE; i < CP_AREA_COUNT; i++) {
        const struct cp_program_area *area = &board->areas[i];
        if (area->size_bytes == 0 || area->device >= CP_DEVICES_MAX || find_window(devices, area)) {
            continue;
        }
        const struct native_window window = window_at(board, area);
        if (window.size_bytes > 0) {
            struct native_window *added = &devices->windows[devices->window_count++];
            *added = window;
            native_port_init(added, &board->devices[area->device]);
        }
    }
}

struct cp_partition native_partition(const struct native_devices *devices,
                                     const struct cp_program_board *board, enum cp_area area) {
    const struct cp_program_area *range = &board->areas[area];
    const struct native_window *window =
        range->device < CP_DEVICES_MAX ? find_window(devices, range) : NULL;
    return (struct cp_partition){
        .flash = window ? &window->flash : NULL,
        .offset_bytes = window ? range->offset_bytes - window->offset_bytes : 0,
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
    if (name && is_same_name(name, "journal")) {
        return &cp_state_format_journal;
    }
    return NULL;
}

struct cp_verifier native_verifier(const struct cp_program_board *board) {
    return (struct cp_verifier){.verify = cp_verify_ed25519, .public_key = board->public_key};
}

const struct cp_state_format *native_boot_format(const struct cp_program_board *board) {
    const struct cp_state_format *format = native_format(board->format);
    if (format != &cp_state_format_journal) {
        return format;
    }
    return board->is_direct ? &cp_state_format_journal_direct : &cp_state_format_journal_boot;
}

void native_feed(const void *context) {
    (void)context;
    cp_feed_watchdog();
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

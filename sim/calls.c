// calls.c: the calls of program.h, by which a program tells and asks what is no hardware.

#include "sim/bus.h"

#include "sim/bus_internal.h"

#include <stdio.h>
#include <string.h>

// A program may be anybody's: what it says of images is checked.
static void check_image(uint32_t image, const void *frame) {
    if (image >= CP_IMAGES_MAX || !cp_bus_machine->config.images[image]) {
        snprintf(cp_bus_machine->event.message, CP_EVENT_MESSAGE_MAX,
                 "the program names image %u, which the case does not have", (unsigned)image);
        cp_bus_yield(CP_EVENT_CRASH, 0, frame);
    }
}

void cp_note(enum cp_note note, uint32_t value) {
    if (note <= CP_NOTE_REQUEST_RETURNED) {
        check_image(value, __builtin_frame_address(0));
    }
    cp_bus_clear_event();
    cp_bus_machine->event.note = note;
    cp_bus_yield(CP_EVENT_NOTE, value, __builtin_frame_address(0));
}

uint32_t cp_choose(uint32_t count) {
    cp_bus_clear_event();
    cp_bus_yield(CP_EVENT_CHOICE, count, __builtin_frame_address(0));
    return cp_bus_machine->answer;
}

void cp_image_read(uint8_t image, uint32_t offset_bytes, void *data, uint32_t size_bytes) {
    check_image(image, __builtin_frame_address(0));
    uint32_t image_size_bytes = cp_bus_machine->config.board.images[image].size_bytes;
    if (offset_bytes > image_size_bytes || size_bytes > image_size_bytes - offset_bytes) {
        cp_bus_misuse(__builtin_frame_address(0), "download beyond the end of image %u", image);
        memset(data, 0, size_bytes);
        return;
    }
    memcpy(data, cp_bus_machine->config.images[image] + offset_bytes, size_bytes);
}

uint64_t cp_image_digest(uint8_t image) {
    check_image(image, __builtin_frame_address(0));
    return cp_bus_machine->image_digests[image];
}

// FNV-1a: simple, and the same however the bytes are divided into pieces.
uint64_t cp_digest_update(uint64_t digest, const void *data, uint32_t size_bytes) {
    const uint8_t *bytes = data;
    digest ^= 0xcbf29ce484222325u;
    for (uint32_t i = 0; i < size_bytes; i++) {
        digest = (digest ^ bytes[i]) * 0x100000001b3u;
    }
    return digest ^ 0xcbf29ce484222325u;
}

void cp_feed_watchdog(void) {
    cp_bus_machine->since_fed_us = 0;
}

bool cp_reset_by_application(void) {
    return cp_bus_machine->is_reset_by_application;
}

enum cp_area cp_running_area(void) {
    return cp_bus_machine->running_area;
}

static _Noreturn void end(enum cp_event_kind kind, uint32_t value, const void *frame) {
    cp_bus_clear_event();
    cp_bus_yield(kind, value, frame);
    __builtin_unreachable(); // a program that has ended is never resumed
}

// Whatever runs next must not find the flash open to a stray store.
static void check_hand_over(const void *frame) {
    for (uint32_t i = 0; i < cp_bus_machine->config.device_count; i++) {
        struct cp_device *device = &cp_bus_machine->devices[i];
        const char *why = device->model->left_open(device);
        if (why) {
            struct cp_access access = {cp_bus_machine, device, i, frame};
            cp_bus_illegal(&access, NULL, "ACTIVE started with %s on device %u", why, (unsigned)i);
        }
    }
}

static bool is_slot(enum cp_area area) {
    return area == CP_AREA_ACTIVE ||
           (area == CP_AREA_DFU && cp_bus_machine->config.board.is_direct);
}

static _Noreturn void jump_to(enum cp_area area, const void *frame) {
    if (!is_slot(area)) {
        snprintf(cp_bus_machine->event.message, CP_EVENT_MESSAGE_MAX,
                 "the program starts area %u, from which no image of the case runs",
                 (unsigned)area);
        cp_bus_yield(CP_EVENT_CRASH, 0, frame);
    }
    check_hand_over(frame);
    end(CP_EVENT_JUMP, (uint32_t)area, frame);
}

void cp_end_jump(void) {
    jump_to(CP_AREA_ACTIVE, __builtin_frame_address(0));
}

void cp_end_jump_to(enum cp_area area) {
    jump_to(area, __builtin_frame_address(0));
}

void cp_end_dfu_mode(void) {
    end(CP_EVENT_DFU_MODE, 0, __builtin_frame_address(0));
}

void cp_end_panic(int error) {
    end(CP_EVENT_PANIC, (uint32_t)error, __builtin_frame_address(0));
}

void cp_end_reset(void) {
    end(CP_EVENT_RESET, 0, __builtin_frame_address(0));
}

void cp_end_hang(void) {
    end(CP_EVENT_HANG, 0, __builtin_frame_address(0));
}

void cp_end_idle(void) {
    end(CP_EVENT_IDLE, 0, __builtin_frame_address(0));
}

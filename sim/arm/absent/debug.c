// debug.c: no debugger in a build without libunicorn: nothing ever stops.

#include "sim/arm/debug.h"

void cp_arm_debug_attach(const struct cp_arm_debugger *debugger) {
    (void)debugger;
}

void cp_arm_debug_interrupt(void) {
}

void cp_arm_debug_tell_programs(void) {
}

bool cp_arm_debug_break(uint32_t address, bool is_set) {
    (void)address;
    (void)is_set;
    return false;
}

bool cp_arm_debug_watch(uint32_t address, uint32_t size_bytes, bool is_set) {
    (void)address;
    (void)size_bytes;
    (void)is_set;
    return false;
}

uint32_t cp_arm_debug_watched(void) {
    return 0;
}

bool cp_arm_debug_register(uint32_t number, uint32_t *value) {
    (void)number;
    (void)value;
    return false;
}

bool cp_arm_debug_set_register(uint32_t number, uint32_t value) {
    (void)number;
    (void)value;
    return false;
}

uint32_t cp_arm_debug_read(uint32_t address, uint8_t *bytes, uint32_t size_bytes) {
    (void)address;
    (void)bytes;
    (void)size_bytes;
    return 0;
}

bool cp_arm_debug_write(uint32_t address, const uint8_t *bytes, uint32_t size_bytes) {
    (void)address;
    (void)bytes;
    (void)size_bytes;
    return false;
}

bool cp_arm_debug_flash(uint32_t device, uint32_t address, struct cp_arm_flash_word *word) {
    (void)device;
    (void)address;
    (void)word;
    return false;
}

const char *cp_arm_debug_bootloader(void) {
    return NULL;
}

const char *cp_arm_debug_application(void) {
    return NULL;
}

enum cp_mode cp_arm_debug_mode(uint8_t *image) {
    *image = CP_IMAGE_NONE;
    return CP_MODE_BOOTLOADER;
}

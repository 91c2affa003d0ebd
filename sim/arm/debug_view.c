// debug_view.c: what a debugger sees of an ARM core that stands; see debug.h.

#include "sim/arm/debug.h"

#include "sim/arm/system.h"
#include "sim/bus_internal.h"

#include <string.h>

// --- registers

#define XPSR_THUMB (1u << 24)
#define XPSR_FLAGS 0xF80F0000u

static uint32_t xpsr(const struct cp_arm_context *context) {
    return context->registers[CP_ARM_XPSR] | XPSR_THUMB | (context->it & 3u) << 25 |
           (context->it >> 2) << 10;
}

bool cp_arm_debug_register(uint32_t number, uint32_t *value) {
    const struct cp_arm_context *context = cp_emulator_context(cp_arm_system.now);
    if (number == CP_ARM_DEBUG_PC) {
        *value = context->pc;
    } else if (number == CP_ARM_XPSR) {
        *value = xpsr(context);
    } else if (number < CP_ARM_REGISTERS) {
        *value = context->registers[number];
    }
    return number < CP_ARM_DEBUG_REGISTERS;
}

bool cp_arm_debug_set_register(uint32_t number, uint32_t value) {
    struct cp_arm_context context = *cp_emulator_context(cp_arm_system.now);
    if (number == CP_ARM_DEBUG_PC) {
        context.pc = value & ~1u;
        context.it = 0;
    } else if (number == CP_ARM_XPSR) {
        context.registers[number] = value & XPSR_FLAGS;
        context.it = (value >> 25 & 3u) | (value >> 10 & 0x3Fu) << 2;
    } else if (number < CP_ARM_REGISTERS) {
        context.registers[number] = value;
    } else {
        return false;
    }
    return cp_emulator_put_context(cp_arm_system.now, &context);
}

// --- flash

// The bootloader is in no flash array: nothing may program it.
static bool bootloader_word(uint32_t address, struct cp_arm_flash_word *word) {
    const struct cp_firmware_elf *firmware = &cp_arm_system.firmware;
    uint32_t offset_bytes = address - firmware->code_address;
    if (word->area != CP_AREA_BOOTLOADER || offset_bytes >= firmware->code_size_bytes) {
        return false;
    }
    uint32_t left_bytes = firmware->code_size_bytes - offset_bytes;
    word->low = UINT32_MAX;
    memcpy(&word->low, firmware->code + offset_bytes, left_bytes < 4 ? left_bytes : 4);
    word->high = word->low;
    return true;
}

bool cp_arm_debug_flash(uint32_t device, uint32_t address, struct cp_arm_flash_word *word) {
    const struct cp_machine *machine = cp_bus_machine;
    if (device >= machine->config.device_count) {
        return false;
    }
    const struct cp_nor *nor = &machine->devices[device].nor;
    bool is_mapped = machine->devices[device].model->store != NULL;
    uint32_t offset_bytes =
        is_mapped ? address - machine->config.board.devices[device].flash_address : address;
    if (offset_bytes >= nor->size_bytes || offset_bytes % 4 != 0) {
        return false;
    }
    uint32_t index = offset_bytes / 4;
    *word = (struct cp_arm_flash_word){.low = nor->words[index] ^ nor->inversion,
                                       .high = cp_nor_high(nor, index) ^ nor->inversion,
                                       .undecided = nor->undecided[index],
                                       .programs = nor->programs[index],
                                       .offset_bytes = offset_bytes,
                                       .area = cp_machine_area(machine, device, offset_bytes)};
    if (is_mapped) {
        (void)bootloader_word(address, word);
    }
    return true;
}

// --- memory

// The word around an address, without any effect of reading it.
static bool read_word(uint32_t address, uint32_t *value) {
    struct cp_arm_flash_word word;
    const uint8_t *ram = cp_emulator_ram(cp_arm_system.now, address, sizeof *value);
    if (ram) {
        memcpy(value, ram, sizeof *value);
        return true;
    }
    if (cp_arm_debug_flash(0, address, &word)) {
        *value = word.low;
        return true;
    }
    return address - CP_ARM_CHANNEL_ADDRESS >= CP_ARM_CHANNEL_SIZE_BYTES &&
           cp_arm_register_load(cp_bus_machine, address, value);
}

uint32_t cp_arm_debug_read(uint32_t address, uint8_t *bytes, uint32_t size_bytes) {
    for (uint32_t i = 0; i < size_bytes; i++) {
        uint32_t value;
        if (!read_word((address + i) & ~3u, &value)) {
            return i;
        }
        bytes[i] = (uint8_t)(value >> 8 * ((address + i) & 3u));
    }
    return size_bytes;
}

bool cp_arm_debug_write(uint32_t address, const uint8_t *bytes, uint32_t size_bytes) {
    bool is_ram = cp_emulator_ram(cp_arm_system.now, address, size_bytes) != NULL;
    if (is_ram) {
        cp_emulator_store(cp_arm_system.now, address, bytes, size_bytes);
    }
    return is_ram;
}

enum cp_mode cp_arm_debug_mode(uint8_t *image) {
    *image = cp_bus_machine->image;
    return cp_bus_machine->mode;
}

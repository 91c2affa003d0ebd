// registers.c: what a bootloader touches besides the flash: the core's own registers, who
// caused the reset, the watchdog.
//
// Only what the firmware needs is there: docs/firmware.md lists it. An access to anything
// else is told, since nobody has said what it does.

#include "sim/arm/system.h"

#include <stddef.h>

// --- the core's (Armv7-M Architecture Reference Manual, B3.2)

enum {
    SYST_CSR = 0xE000E010,
    SYST_RVR = 0xE000E014,
    SYST_CVR = 0xE000E018,
    NVIC_ICER = 0xE000E180,
    NVIC_ICPR = 0xE000E280,
    ICSR = 0xE000ED04,
    VTOR = 0xE000ED08,
    AIRCR = 0xE000ED0C,
    CCR = 0xE000ED14,
    SHCSR = 0xE000ED24,
    CFSR = 0xE000ED28,
    HFSR = 0xE000ED2C,
    CTR = 0xE000ED7C,
    CCSIDR = 0xE000ED80,
    CSSELR = 0xE000ED84,
    MPU_CTRL = 0xE000ED94,
    CACHE_FIRST = 0xE000EF50, // ICIALLU and the operations of the data cache
    CACHE_LAST = 0xE000EF78,
};

#define NVIC_REGISTERS_BYTES 0x40u
#define RESET_KEY            0x05FA0000u
#define RESET_REQUEST        4u

// Panic means reset: the error was left in RAM before. An application says it by the channel.
static _Noreturn void reset(struct cp_machine *machine) {
    const struct cp_arm_system *system = &cp_arm_system;
    if (machine->mode == CP_MODE_APPLICATION) {
        if (system->state.panic_error != 0) {
            cp_end_panic((int)system->state.panic_error);
        }
        cp_end_reset();
    }
    const uint8_t *word =
        cp_emulator_ram(system->now, system->firmware.panic_error_address, sizeof(uint32_t));
    int32_t error = 0;
    if (word) {
        __builtin_memcpy(&error, word, sizeof error);
    }
    cp_end_panic(error);
}

static bool is_interrupt_register(uint32_t address) {
    return address - NVIC_ICER < NVIC_REGISTERS_BYTES || address - NVIC_ICPR < NVIC_REGISTERS_BYTES;
}

static bool core_load(uint32_t address, uint32_t *value) {
    const struct cp_arm_state *state = &cp_arm_system.state;
    switch (address) {
    case SYST_CSR: *value = state->systick; return true;
    case VTOR: *value = state->vtor; return true;
    case CCR: *value = state->ccr; return true;
    case ICSR:
    case SYST_RVR:
    case SYST_CVR:
    case SHCSR:
    case CFSR:
    case HFSR:
    case CTR:
    case CCSIDR:
    case CSSELR:
    case AIRCR:
    case MPU_CTRL: *value = 0; return true;
    default: *value = 0; return is_interrupt_register(address);
    }
}

static bool core_store(struct cp_machine *machine, uint32_t address, uint32_t value) {
    struct cp_arm_state *state = &cp_arm_system.state;
    switch (address) {
    case SYST_CSR: state->systick = value; return true;
    case VTOR: state->vtor = value; return cp_arm_system.firmware.has_vtor;
    case CCR: state->ccr = value; return true;
    case AIRCR:
        if (value == (RESET_KEY | RESET_REQUEST)) {
            reset(machine);
        }
        return true;
    case ICSR:
    case SYST_RVR:
    case SYST_CVR:
    case SHCSR:
    case CFSR:
    case HFSR:
    case CSSELR:
    case MPU_CTRL: return true;
    default:
        return is_interrupt_register(address) || (address >= CACHE_FIRST && address <= CACHE_LAST);
    }
}

// --- the part's

struct part_registers {
    const char *family; // as struct cp_part has it; or its beginning
    uint32_t cause_address;
    uint32_t caused_by_application; // what it reads then
    uint32_t cause_clear;           // what of a store clears it
    uint32_t feed_address, feed_value;
    // What tells that the watchdog runs, which it does. 0: there is no such register.
    uint32_t runs_address, runs_value;
};

// The software reset alone: what it reads after a reset that the application asked for. The
// sources are in docs/firmware.md.
#define STM32(name, cause, clear)                                                                  \
    { name, cause, 1u << 28, 1u << (clear), 0x40003000, 0xAAAA, 0, 0 }

static const struct part_registers parts[] = {
    {"nRF51", 0x40000400, 1u << 2, 1u << 2, 0x40010600, 0x6E524635, 0x40010400, 1},
    {"nRF52", 0x40000400, 1u << 2, 1u << 2, 0x40010600, 0x6E524635, 0x40010400, 1},
    {"nRF53", 0x50005400, 1u << 3, 1u << 3, 0x50018600, 0x6E524635, 0x50018400, 1},
    {"nRF91", 0x50005400, 1u << 16, 1u << 16, 0x50018600, 0x6E524635, 0x50018400, 1},
    STM32("STM32F1", 0x40021024, 24),
    STM32("STM32F4", 0x40023874, 24),
    STM32("STM32L0", 0x40021050, 23),
    STM32("STM32L4", 0x40021094, 23),
    STM32("STM32G0", 0x40021060, 23),
    STM32("STM32G4", 0x40021094, 23),
    STM32("STM32WB", 0x58000094, 23),
    STM32("STM32U5", 0x46020CF4, 23),
    {"STM32H7", 0x580244D0, 1u << 24, 1u << 16, 0x58004800, 0xAAAA, 0, 0},
    {"RP2040", 0x4005800C, 0x5AFEB007, UINT32_MAX, 0x40058004, 0x00FFFFFF, 0x40058000, 1u << 30},
};

static const struct part_registers *registers_of(const struct cp_machine *machine) {
    const char *family = machine->config.devices[0].family;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        size_t length = __builtin_strlen(parts[i].family);
        if (__builtin_strncmp(family, parts[i].family, length) == 0) {
            return &parts[i];
        }
    }
    return NULL;
}

static bool part_load(const struct cp_machine *machine, uint32_t address, uint32_t *value) {
    const struct part_registers *part = registers_of(machine);
    if (part && part->runs_address != 0 && address == part->runs_address) {
        *value = part->runs_value;
        return true;
    }
    if (!part || address != part->cause_address) {
        return false;
    }
    bool is_told = machine->is_reset_by_application && !cp_arm_system.state.has_cleared_cause;
    *value = is_told ? part->caused_by_application : 0;
    return true;
}

static bool part_store(const struct cp_machine *machine, uint32_t address, uint32_t value) {
    const struct part_registers *part = registers_of(machine);
    if (part && address == part->feed_address) {
        if (value == part->feed_value) {
            cp_feed_watchdog();
        }
        return true;
    }
    if (!part || address != part->cause_address) {
        return false;
    }
    if ((value & part->cause_clear) != 0) {
        cp_arm_system.state.has_cleared_cause = true;
    }
    return true;
}

// --- both

bool cp_arm_register_load(struct cp_machine *machine, uint32_t address, uint32_t *value) {
    return address >> 28 == 0xE ? core_load(address, value) : part_load(machine, address, value);
}

bool cp_arm_register_store(struct cp_machine *machine, uint32_t address, uint32_t value) {
    return address >> 28 == 0xE ? core_store(machine, address, value)
                                : part_store(machine, address, value);
}

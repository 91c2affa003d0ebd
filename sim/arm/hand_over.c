// hand_over.c: the moment when the bootloader leaves the core to an application.
//
// An application that finds the core otherwise than after a reset may fail in ways that no
// test of its own shows. So all that it may rely on is looked at here.

#include "sim/arm/system.h"

#include "sim/bus_internal.h"

#include <stddef.h>

#define SYSTICK_ENABLE 1u

static bool is_in(const struct cp_machine *machine, enum cp_area area, uint32_t address) {
    const struct cp_program_board *board = &machine->config.board;
    uint32_t start = board->devices[0].flash_address + board->areas[area].offset_bytes;
    return board->areas[area].device == 0 && address - start < board->areas[area].size_bytes;
}

// A word of flash as it is, whatever the controller says.
static uint32_t flash_word(const struct cp_machine *machine, uint32_t offset_bytes) {
    const struct cp_nor *nor = &machine->devices[0].nor;
    return nor->words[offset_bytes / 4] ^ nor->inversion;
}

static void check(bool is_right, const char *what, uint32_t is, uint32_t should_be) {
    if (!is_right) {
        cp_bus_crash("the application is started with %s 0x%x instead of 0x%x", what, (unsigned)is,
                     (unsigned)should_be);
    }
}

static void check_core(const struct cp_machine *machine, enum cp_area area, uint32_t address) {
    const struct cp_arm_system *system = &cp_arm_system;
    const struct cp_program_board *board = &machine->config.board;
    const struct cp_arm_context *context = cp_emulator_context(system->now);
    uint32_t offset_bytes = board->areas[area].offset_bytes;
    uint32_t start = board->devices[0].flash_address + offset_bytes;
    uint32_t stack = flash_word(machine, offset_bytes);
    uint32_t entry = flash_word(machine, offset_bytes + 4);
    check(address == (entry & ~1u), "the program counter", address, entry & ~1u);
    check(context->registers[CP_ARM_SP] == stack, "the stack pointer",
          context->registers[CP_ARM_SP], stack);
    check(!system->firmware.has_vtor || system->state.vtor == start, "VTOR", system->state.vtor,
          start);
    check((context->registers[CP_ARM_PRIMASK] & 1u) == 0, "PRIMASK", 1, 0);
    check((system->state.systick & SYSTICK_ENABLE) == 0, "SysTick's control", system->state.systick,
          0);
    check(!system->state.is_handling, "an exception being handled:", 1, 0);
    check(!machine->is_reset_by_application || system->state.has_cleared_cause,
          "the cause of the reset not cleared:", 1, 0);
}

_Noreturn void cp_arm_hand_over(struct cp_machine *machine, uint32_t address) {
    if (machine->mode == CP_MODE_BOOTLOADER) {
        if (is_in(machine, CP_AREA_ACTIVE, address)) {
            check_core(machine, CP_AREA_ACTIVE, address);
            cp_end_jump_to(CP_AREA_ACTIVE);
        }
        if (machine->config.board.is_direct && is_in(machine, CP_AREA_DFU, address)) {
            check_core(machine, CP_AREA_DFU, address);
            cp_end_jump_to(CP_AREA_DFU);
        }
    }
    cp_bus_crash("the program branches to 0x%x, from where it does not run", (unsigned)address);
    __builtin_unreachable(); // a program that has crashed is never resumed
}

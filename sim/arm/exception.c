// exception.c: exceptions of the core, which libunicorn does not have for Cortex-M.
//
// A bootloader that guards its reads of flash takes an NMI or a bus fault and returns from
// it. That is all there is: no priorities, no nesting, thread mode and the main stack only
// (Armv7-M Architecture Reference Manual, B1.5.6 to B1.5.8).

#include "sim/arm/system.h"

#include "sim/bus_internal.h"

#include <string.h>

#define FRAME_WORDS      8u
#define FRAME_BYTES      (4u * FRAME_WORDS)
#define RETURN_TO_THREAD 0xFFFFFFF9u
#define XPSR_THUMB       (1u << 24)
#define XPSR_PADDED      (1u << 9) // the stack was aligned by a word

static const uint8_t frame_registers[] = {0, 1, 2, 3, 12, CP_ARM_LR};

static uint32_t pack_it(uint32_t it) {
    return (it & 3u) << 25 | (it >> 2) << 10;
}

static uint32_t unpack_it(uint32_t xpsr) {
    return (xpsr >> 25 & 3u) | (xpsr >> 10 & 0x3Fu) << 2;
}

// A program has an entry point, and so a table of all that the core itself needs.
static uint32_t vector(const struct cp_machine *machine, enum cp_arm_exception number) {
    uint32_t entry = 0;
    memcpy(&entry, cp_arm_vectors(machine) + 4u * (uint32_t)number, sizeof entry);
    return entry;
}

static void push_frame(struct cp_arm_context *context) {
    uint32_t *registers = context->registers, words[FRAME_WORDS];
    uint32_t is_padded = registers[CP_ARM_SP] & 4u;
    for (uint32_t i = 0; i < sizeof frame_registers; i++) {
        words[i] = registers[frame_registers[i]];
    }
    words[6] = context->pc;
    words[7] =
        registers[CP_ARM_XPSR] | XPSR_THUMB | pack_it(context->it) | (is_padded ? XPSR_PADDED : 0);
    registers[CP_ARM_SP] = (registers[CP_ARM_SP] & ~7u) - FRAME_BYTES;
    cp_emulator_store(cp_arm_system.now, registers[CP_ARM_SP], words, sizeof words);
}

void cp_arm_take(struct cp_machine *machine, enum cp_arm_exception number) {
    struct cp_arm_system *system = &cp_arm_system;
    struct cp_arm_context context = *cp_emulator_context(system->now);
    uint32_t entry = vector(machine, number);
    if (system->state.is_handling || (entry & 1u) == 0) {
        cp_bus_crash("exception %d, and nothing handles it: the core locks up", (int)number);
    }
    push_frame(&context);
    context.registers[CP_ARM_LR] = RETURN_TO_THREAD;
    context.pc = entry & ~1u;
    context.it = 0;
    context.answer_count = 0;
    system->state.is_handling = true;
    cp_emulator_set_context(system->now, &context, false);
}

static void pop_frame(struct cp_arm_context *context, const uint32_t words[FRAME_WORDS]) {
    uint32_t *registers = context->registers;
    for (uint32_t i = 0; i < sizeof frame_registers; i++) {
        registers[frame_registers[i]] = words[i];
    }
    context->pc = words[6];
    context->it = unpack_it(words[7]);
    registers[CP_ARM_XPSR] = words[7] & 0xF80F0000u;
    registers[CP_ARM_SP] += FRAME_BYTES + (words[7] & XPSR_PADDED ? 4u : 0u);
}

bool cp_arm_return(struct cp_machine *machine, uint32_t address) {
    (void)machine;
    struct cp_arm_system *system = &cp_arm_system;
    if (!system->state.is_handling || (address | 1u) != RETURN_TO_THREAD) {
        return false;
    }
    struct cp_arm_context context = *cp_emulator_context(system->now);
    uint32_t words[FRAME_WORDS];
    const uint8_t *frame = cp_emulator_ram(system->now, context.registers[CP_ARM_SP], sizeof words);
    if (!frame) {
        return false;
    }
    memcpy(words, frame, sizeof words);
    pop_frame(&context, words);
    context.answer_count = 0;
    system->state.is_handling = false;
    cp_emulator_set_context(system->now, &context, false);
    return true;
}

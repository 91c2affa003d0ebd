// cpu_native.c: the CPU that can keep the program it runs, with a stack switch of ours.
//
// The stack lies at a fixed address with a guard page below, so that pointers
// into it mean the same in every boot and every process. A program that stands at
// an event is then its live stack and nothing else.

#include "sim/cpu_seam.h"

#include "sim/cpu_asan.h"

#include <stdlib.h>
#include <string.h>

// Where the stack lies; what a stack that was left has on it, in words from the
// lowest, as cp_cpu_switch() pushes it; which of them it returns to.
#if defined(__x86_64__)
#define STACK_ADDRESS ((uintptr_t)0x200000000000u)
// The last word is a null return address. It also aligns the stack as after a call.
enum { LEFT_WORDS = 8, RETURN_WORD = 6 };
#elif defined(__aarch64__)
#define STACK_ADDRESS ((uintptr_t)0x2000000000u) // there are kernels with 39 bits only
enum { LEFT_WORDS = 20, RETURN_WORD = 1 };
#else
#define HAS_NO_SWITCH
#endif
#define STACK_DISTANCE 0x10000000u // of the second from the first

#if defined(HAS_NO_SWITCH)
struct cp_cpu *cp_cpu_native(void) {
    return NULL;
}

struct cp_cpu *cp_cpu_native_second(void) {
    return NULL;
}
#else

// All saved registers are zero at first: they are part of the program's state.
void *cp_cpu_new_stack(uint8_t *top, void (*begin)(void)) {
    uintptr_t *words = (uintptr_t *)(void *)top - LEFT_WORDS;
    for (uint32_t i = 0; i < LEFT_WORDS; i++) {
        words[i] = 0;
    }
    words[RETURN_WORD] = (uintptr_t)begin;
    return words;
}

static void prepare(struct cp_cpu *cpu) {
    cpu->program_stack_pointer = cp_cpu_new_stack(cpu->top, cp_cpu_program_main);
}

// What the program left below its live stack is dead, but a later frame may lie over it
// and not write all of it. So a program that came to an event by another way would look
// different for a while. At each event it is forgotten.
static void forget_dead(const struct cp_cpu *cpu) {
    uint8_t *live = cpu->program_stack_pointer;
    if (cpu->stop == CP_CPU_EVENT && cpu->low < live) {
        cp_asan_unpoison(cpu->low, (size_t)(live - cpu->low));
        memset(cpu->low, cpu->fill, (size_t)(live - cpu->low));
    }
}

static void enter(struct cp_cpu *cpu) {
    cp_cpu_switch(&cpu->caller_stack_pointer, cpu->program_stack_pointer);
    forget_dead(cpu);
}

static void leave(struct cp_cpu *cpu, bool for_good) {
    void *discarded;
    cp_cpu_switch(for_good ? &discarded : &cpu->program_stack_pointer, cpu->caller_stack_pointer);
}

static size_t live_bytes(const struct cp_cpu *cpu) {
    return (size_t)(cpu->top - (uint8_t *)cpu->program_stack_pointer);
}

static int snapshot(const struct cp_cpu *cpu, struct cp_cpu_snapshot *kept) {
    size_t live = live_bytes(cpu);
    size_t shadow = cp_asan_shadow_size(live);
    kept->stack_pointer = (uintptr_t)cpu->program_stack_pointer;
    kept->size_bytes = live;
    kept->bytes = malloc(live + shadow);
    if (!kept->bytes) {
        return -1;
    }
    cp_asan_copy(kept->bytes, cpu->program_stack_pointer, live);
    if (shadow > 0) {
        cp_asan_copy(kept->bytes + live, cp_asan_shadow(cpu->program_stack_pointer), shadow);
    }
    return 0;
}

static void restore(struct cp_cpu *cpu, const struct cp_cpu_snapshot *kept) {
    size_t live = kept->size_bytes;
    size_t shadow = cp_asan_shadow_size(live);
    cp_cpu_clear_below(cpu, cpu->top - live);
    cpu->program_stack_pointer = cpu->top - live;
    cp_asan_copy(cpu->program_stack_pointer, kept->bytes, live);
    if (shadow > 0) {
        cp_asan_copy(cp_asan_shadow(cpu->program_stack_pointer), kept->bytes + live, shadow);
    }
}

#if defined(__SANITIZE_ADDRESS__)
static struct cp_hash hash(const struct cp_cpu *cpu) {
    static uint8_t scratch[CP_STACK_SIZE_BYTES];
    size_t live = live_bytes(cpu);
    cp_asan_copy(scratch, cpu->program_stack_pointer, live);
    return cp_hash_bytes(scratch, live, live);
}
#else
static struct cp_hash hash(const struct cp_cpu *cpu) {
    size_t live = live_bytes(cpu);
    return cp_hash_bytes(cpu->program_stack_pointer, live, live);
}
#endif

static const struct cp_cpu_backend native = {.can_snapshot = true,
                                             .prepare = prepare,
                                             .enter = enter,
                                             .leave = leave,
                                             .snapshot = snapshot,
                                             .restore = restore,
                                             .hash = hash};

struct cp_cpu *cp_cpu_native(void) {
    static struct cp_cpu cpu;
    return cpu.stack || cp_cpu_set_up(&cpu, &native, STACK_ADDRESS) == 0 ? &cpu : NULL;
}

struct cp_cpu *cp_cpu_native_second(void) {
    static struct cp_cpu cpu;
    uintptr_t address = STACK_ADDRESS + STACK_DISTANCE;
    return cpu.stack || cp_cpu_set_up(&cpu, &native, address) == 0 ? &cpu : NULL;
}
#endif

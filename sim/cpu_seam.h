// cpu_seam.h: what the CPUs that run the host-compiled program share; for sim/cpu*.c only.
//
// cpu.c starts the program, keeps its stack clean and catches its crashes and
// stalls. How one stack is left for another is the switch's: cpu_native.c has our
// own, cpu_portable.c that of the C library.

#ifndef CP_SIM_CPU_SEAM_H
#define CP_SIM_CPU_SEAM_H

#include "sim/cpu.h"

#if defined(__SANITIZE_ADDRESS__)
#define CP_STACK_SIZE_BYTES (256u * 1024u) // red zones take room
#else
#define CP_STACK_SIZE_BYTES (32u * 1024u)
#endif
#define CP_STACK_GUARD_BYTES 65536u

struct cp_cpu_backend {
    bool can_snapshot;                // or the three functions at the end are NULL
    void (*prepare)(struct cp_cpu *); // so that enter() begins cp_cpu_program_main()
    void (*enter)(struct cp_cpu *);   // from the caller to the program, until leave()
    // From the program, or from a signal handler on another stack, to the caller.
    // With `for_good` the program is never entered again.
    void (*leave)(struct cp_cpu *, bool for_good);
    int (*snapshot)(const struct cp_cpu *, struct cp_cpu_snapshot *);
    void (*restore)(struct cp_cpu *, const struct cp_cpu_snapshot *);
    struct cp_hash (*hash)(const struct cp_cpu *);
};

struct cp_cpu {
    const struct cp_cpu_backend *by;
    uint8_t *stack; // the lowest usable byte
    uint8_t *top;
    uint8_t *low; // all from `stack` to here is `fill`, unless is_unknown or the program ran
    void *program_stack_pointer;
    void *caller_stack_pointer;
    void (*entry)(void *argument);
    void *argument;
    volatile enum cp_cpu_stop stop;
    volatile uint64_t events;
    uint64_t clears; // times that the stack was made clean
    uint64_t misses;
    bool is_unknown; // what lies below `low` is not known: a crash, or another fill
    uint8_t fill;
};

// Map a stack with its guard: at `address`, or anywhere for 0. Install the signal
// handlers, which both CPUs share. Returns 0, or -1 if either cannot be done.
int cp_cpu_set_up(struct cp_cpu *cpu, const struct cp_cpu_backend *by, uintptr_t address);

#if defined(__x86_64__) || defined(__aarch64__)
// Leave this stack for another, and a stack that starts begin() when it is entered.
#define CP_CPU_HAS_SWITCH
void cp_cpu_switch(void **save_stack_pointer, void *load_stack_pointer);
void *cp_cpu_new_stack(uint8_t *top, void (*begin)(void));
#endif

// The first function on the program's stack. Never returns.
void cp_cpu_program_main(void);

// Make all below `live` the fill byte again; from there up is the caller's to write.
void cp_cpu_clear_below(struct cp_cpu *cpu, uint8_t *live);

#endif

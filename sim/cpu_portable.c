// cpu_portable.c: the CPU for hosts that have no stack switch of ours.
//
// It leaves one stack for another with the C library's contexts. What these keep
// of a program, and where, is the library's own affair, and so the program can
// run but not be kept, put back or hashed.

#include "sim/cpu_seam.h"

#include <ucontext.h>

static ucontext_t caller, program;

static void prepare(struct cp_cpu *cpu) {
    getcontext(&program);
    program.uc_stack.ss_sp = cpu->stack;
    program.uc_stack.ss_size = CP_STACK_SIZE_BYTES;
    program.uc_link = NULL; // cp_cpu_program_main() never returns
    makecontext(&program, cp_cpu_program_main, 0);
}

static void enter(struct cp_cpu *cpu) {
    (void)cpu;
    swapcontext(&caller, &program);
}

static void leave(struct cp_cpu *cpu, bool for_good) {
    (void)cpu;
    static ucontext_t discarded;
    swapcontext(for_good ? &discarded : &program, &caller);
}

static const struct cp_cpu_backend portable = {
    .can_snapshot = false, .prepare = prepare, .enter = enter, .leave = leave};

struct cp_cpu *cp_cpu_portable(void) {
    static struct cp_cpu cpu;
    if (!cpu.stack && cp_cpu_set_up(&cpu, &portable, 0)) {
        return NULL;
    }
    return &cpu;
}

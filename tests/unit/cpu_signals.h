// cpu_signals.h: the CPU's signal handlers, in a test of CMocka.
//
// CMocka takes SIGSEGV and the like for each test. A test whose program crashes on
// purpose puts the handlers of sim/cpu.c back first.

#ifndef CP_TESTS_CPU_SIGNALS_H
#define CP_TESTS_CPU_SIGNALS_H

#include "sim/cpu.h"

#include <signal.h>

static struct sigaction cpu_segv, cpu_fpe, cpu_ill;

// Called first in main().
static inline void cpu_signals_keep(void) {
    cp_cpu_native();
    sigaction(SIGSEGV, NULL, &cpu_segv);
    sigaction(SIGFPE, NULL, &cpu_fpe);
    sigaction(SIGILL, NULL, &cpu_ill);
}

// Called in the test; CMocka puts its own back after it.
static inline void cpu_signals_use(void) {
    sigaction(SIGSEGV, &cpu_segv, NULL);
    sigaction(SIGFPE, &cpu_fpe, NULL);
    sigaction(SIGILL, &cpu_ill, NULL);
}

#endif

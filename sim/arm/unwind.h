// unwind.h: the call chain of an ARM core, by the call frame information of its ELF.

#ifndef CP_SIM_ARM_UNWIND_H
#define CP_SIM_ARM_UNWIND_H

#include "sim/arm/emulator.h"

struct cp_unwinder;

// Of an ELF with .debug_frame; NULL without, and then chains are two calls long.
struct cp_unwinder *cp_unwinder_open(const char *path);
void cp_unwinder_close(struct cp_unwinder *unwinder);

// Where the core stands and who called, innermost first, each as the address of the last
// byte of the instruction or call, plus one; how many, at most max. `unwinder` may be NULL.
uint32_t cp_unwind(struct cp_unwinder *unwinder, struct cp_emulator *emulator, uint32_t *addresses,
                   uint32_t max);

#endif

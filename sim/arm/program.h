// program.h: the ARM code of a board as a program under test: the bootloader of the ELF
// that the board names, and whatever image lies where it jumps to.

#ifndef CP_SIM_ARM_PROGRAM_H
#define CP_SIM_ARM_PROGRAM_H

#include "sim/program.h"

// Marks a frame of the ARM core, to tell it from one of the host.
#define CP_ARM_FRAME ((uintptr_t)1 << 40)

// Was this built with libunicorn? Without it the program only says so.
extern const bool cp_arm_is_there;

extern const struct cp_program cp_arm_program;

#endif

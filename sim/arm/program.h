// program.h: the ARM code of a board as a program under test: the bootloader of the ELF
// that the board names, and whatever image lies where it jumps to.

#ifndef CP_SIM_ARM_PROGRAM_H
#define CP_SIM_ARM_PROGRAM_H

#include "sim/program.h"

#include <stdio.h>

// A frame of the ARM core is this, the number of its ELF from bit 32 on, and its address.
#define CP_ARM_FRAME    ((uintptr_t)1 << 60)
#define CP_ARM_PATH_MAX 512u

static inline bool cp_arm_is_frame(uintptr_t frame) {
    return (frame & CP_ARM_FRAME) != 0;
}

// The number of an ELF, for as long as this process and those it forks afterwards live. They
// have to agree: so whoever forks asks first. UINT16_MAX without memory.
uint32_t cp_arm_elf_number(const char *path);

// Of an ELF: where it is noted which instructions were executed, by this process and those it
// forked, if somebody asked for it before. A byte for each half-word from `address` on.
struct cp_arm_executed {
    uint32_t address, size_bytes; // of code
    uint8_t *map;                 // NULL: nobody asked
};

// Ask for it. -1 without memory.
int cp_arm_note_executed(uint32_t elf_number, uint32_t address, uint32_t size_bytes);
struct cp_arm_executed cp_arm_executed_of(uint32_t elf_number);

// Write the addresses that were executed, a line for each ELF: its path and its addresses. -1 if
// it cannot be written.
int cp_arm_write_executed(FILE *out);

// The ELF that a frame is of; NULL if no such number was given.
const char *cp_arm_frame_elf(uintptr_t frame);

// The ELF that belongs to an image: whoever made the image left it beside. False if the
// image was read from no file.
bool cp_arm_image_elf(const char *image_file, char path[CP_ARM_PATH_MAX]);

// Does the engine work here? What was found, in words.
bool cp_arm_check(char *found, size_t found_bytes);

// Was this built with libunicorn? Without it the program only says so.
extern const bool cp_arm_is_there;

extern const struct cp_program cp_arm_program;

#endif

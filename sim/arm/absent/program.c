// program.c: the ARM program of a build without libunicorn: it says so.

#include "sim/arm/program.h"

#include "sim/bus_internal.h"

const bool cp_arm_is_there = false;

bool cp_arm_check(char *found, size_t found_bytes) {
    snprintf(found, found_bytes, "none: this was built without libunicorn 2");
    return true; // all else works
}

static void say(const struct cp_program_board *board) {
    (void)board;
    cp_bus_crash("this build has no ARM engine: it was made without libunicorn 2");
}

static void say_of(const struct cp_program_board *board, uint8_t image) {
    (void)image;
    say(board);
}

const struct cp_program cp_arm_program = {.abi = CP_PROGRAM_ABI,
                                          .name = "arm",
                                          .core_hash = "arm",
                                          .bootloader = say,
                                          .application = say_of,
                                          .dfu_mode = say_of};

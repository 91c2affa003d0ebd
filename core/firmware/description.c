// description.c: what this firmware was built for, in its ELF but not in its flash.
//
// sections.ld puts it where no memory is taken. The prover compares it with the scenario.

#include "layout.h"

__attribute__((section(".cutproof"), used)) static const char description[] =
    "cpu=" CP_FIRMWARE_CPU "\nram=" CP_FIRMWARE_RAM "\n" CP_BOARD_DESCRIPTION;

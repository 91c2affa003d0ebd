// layout_text.h: what a firmware's build needs to know of a case.

#ifndef CP_CLI_LAYOUT_TEXT_H
#define CP_CLI_LAYOUT_TEXT_H

#include "faults/case.h"

#include <stdio.h>

// A C header of macros CP_BOARD_..., one of which, CP_BOARD_DESCRIPTION, holds all the others.
void cp_layout_print_header(const struct cp_case *test_case, FILE *out);

// Symbols for a linker.
void cp_layout_print_linker(const struct cp_case *test_case, FILE *out);

// What CP_BOARD_DESCRIPTION holds: a line NAME=VALUE for each thing that a bootloader's
// behaviour depends on. An ELF has it in its section .cutproof.
void cp_layout_describe(const struct cp_case *test_case, FILE *out);

// Is the layout of all of them the same, and all else that a bootloader is built for?
bool cp_layout_is_same(const struct cp_case *cases, size_t count);

// A table for people: where each area lies, and what is left.
void cp_layout_print_table(const struct cp_case *test_case, FILE *out);

#endif

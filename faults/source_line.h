// source_line.h: from a code address to file and line, by the program's debug information.

#ifndef CP_FAULTS_SOURCE_LINE_H
#define CP_FAULTS_SOURCE_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cp_source_line {
    char file[256]; // base name with its folder, e.g. "core/src/boot.c"; "?" if unknown
    char function[64];
    uint32_t line;
};

// Resolve a return address (the line of the call before it). Returns false and
// fills "?" when there is no debug information.
bool cp_source_line(uintptr_t return_address, struct cp_source_line *out);

// The line of a call chain a reader wants: the innermost frame that is neither
// in a port nor in the core's partition helpers; the innermost of all if none is.
void cp_source_line_of_chain(const uintptr_t *frames, uint32_t frame_count,
                             struct cp_source_line *out);

#endif

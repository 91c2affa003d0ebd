// errors.h: the errors of one file, collected first and printed in its order.
//
// They are collected because a matrix checks the same file once for each of its
// combinations: an error they share is reported once.

#ifndef CP_SCENARIOS_ERRORS_H
#define CP_SCENARIOS_ERRORS_H

#include "faults/case.h"

#include <stdio.h>

// A place in a file, counted from 1 in characters. Line 0: the file as a whole.
struct cp_mark {
    uint32_t line, column;
    uint32_t width; // characters to underline, at least 1
};

#define CP_HELP_MAX 400u

struct cp_problem {
    struct cp_mark mark;
    char message[256];
    char help[CP_HELP_MAX];    // "" = none
    char context[CP_NAME_MAX]; // the matrix case in which it was found first, or ""
};

struct cp_report {
    const char *file; // as the user gave it
    const char *text; // of the file; NULL when it could not be read
    size_t size_bytes;
    const char *context; // the matrix case being checked, or NULL
    struct cp_problem *problems;
    size_t count, capacity;
    size_t added;              // repetitions included
    struct cp_problem *latest; // what cp_report_help() speaks about; NULL after a repetition
};

// Add an error, unless the same one was already reported at that place.
__attribute__((format(printf, 3, 4))) void cp_report_add(struct cp_report *report,
                                                         struct cp_mark mark, const char *format,
                                                         ...);

// Say what to do about the error just added.
__attribute__((format(printf, 2, 3))) void cp_report_help(struct cp_report *report,
                                                          const char *format, ...);

// Print all errors in the order of the file.
void cp_report_print(const struct cp_report *report, FILE *out);

void cp_report_free(struct cp_report *report);

// Bytes of the line break at `text`, or 0. YAML knows more of them than LF, and
// lines must be counted as libyaml counts them.
size_t cp_line_break_size_bytes(const char *text, size_t size_bytes);

#endif

// explore.h: run a case to its verdict.

#ifndef CP_FAULTS_EXPLORE_H
#define CP_FAULTS_EXPLORE_H

#include "faults/result.h"

// Load a program under test: the linked-in core for NULL, or a shared library.
// Returns NULL with a message in error[CP_MESSAGE_MAX] if it cannot be used.
const struct cp_program *cp_program_load(const char *path, char *error);

// The 32-bit identity of a case: of everything that decides what a trace means.
uint32_t cp_case_hash(const struct cp_case *test_case, const struct cp_program *program);

// Explore the case. Always fills *result, with CP_VERDICT_ERROR and a message
// if it could not be run. A violation that the case does not claim ends it.
void cp_explore(const struct cp_case *test_case, const struct cp_program *program,
                const struct cp_sink *sink, struct cp_result *result);

void cp_result_free(struct cp_result *result);

#endif

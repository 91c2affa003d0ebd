// neighbour.h: the nearest trace to one that breaks a promise which breaks none.
//
// Side by side they show what made the difference.

#ifndef CP_FAULTS_NEIGHBOUR_H
#define CP_FAULTS_NEIGHBOUR_H

#include "faults/result.h"

// Move the last cut of the violation's trace as little as possible, up to 64 events either way,
// or put a cut before or after an operation in place of the torn one, so that no promise
// breaks which the case does not claim. For so many seconds of the CPU at most. Returns true
// with the trace, false if none was found.
bool cp_find_neighbour(const struct cp_case *test_case, const struct cp_program *program,
                       const struct cp_violation *violation, double seconds,
                       char trace[CP_TRACE_MAX]);

#endif

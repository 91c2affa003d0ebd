// only.h: a case that is no search: the traces that it lists are replayed, and nothing else.
//
// A trace of a search becomes a scenario in this way, and is run again at each change of
// the core. What holds on the traces is BOUNDED by them.

#ifndef CP_FAULTS_ONLY_H
#define CP_FAULTS_ONLY_H

#include "faults/explore.h"

// How many traces a case lists: cp_bounds.only.
uint32_t cp_only_count(const char *only);

// Replay the traces of the case in their order, up to the first violation that the case does
// not claim; of a part of the case every so-manieth. Fills the result but for what
// cp_conclude() says. A trace that does not fit the case is an error.
//
// The states are those at the power-ons of the traces. What becomes of one that the trace
// goes on to cut is seen by replaying the trace up to there; what breaks in doing so is not
// of the case. Operations, cuts and what else is counted are of the traces themselves.
void cp_only_run(const struct cp_case *test_case, const struct cp_program *program,
                 const struct cp_explore_options *options, const struct cp_sink *sink,
                 struct cp_result *result, enum cp_stop *stop);

#endif

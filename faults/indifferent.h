// indifferent.h: what does not matter about a violation.

#ifndef CP_FAULTS_INDIFFERENT_H
#define CP_FAULTS_INDIFFERENT_H

#include "faults/result.h"

// Fill violation->indifferent: for each cut of the trace, which other cuts in its place
// break the promise as well, and which do not. Only what was tried is told. Empty if
// there is no cut, or if so many seconds of the CPU are not enough.
void cp_tell_indifferent(const struct cp_case *test_case, const struct cp_program *program,
                         struct cp_violation *violation, double seconds);

// The events around that of the last cut, a clean one, of which it is known that a cut after
// them breaks the same promise. False, and nothing is changed, if that is not known.
bool cp_indifferent_range(const struct cp_violation *violation, uint32_t *first, uint32_t *last);

#endif

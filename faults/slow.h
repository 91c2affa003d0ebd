// slow.h: the slow engine: the search of explorer.c by nothing but running boots again.
//
// From each state the boot is run from power-on, for each list of answers that the
// world and the undecided words can give. Where the power can be cut, what the flash
// then holds becomes a state if it is none yet. There is no journal to walk back, no
// snapshot, no hash of a program's volatile state, no set of running programs and no
// memo: a state is known at a reset or a cut only. So it runs on any CPU, and it is
// what the fast engine is held against. The states of few cuts come first; so the
// first trace that breaks a promise is one with the fewest cuts.

#ifndef CP_FAULTS_SLOW_H
#define CP_FAULTS_SLOW_H

#include "faults/explore.h"

// Search once; fills the result but for what cp_conclude() says. `options` may be NULL.
// What is left out is the liveness of the result, which is zero.
void cp_slow_run(const struct cp_case *test_case, const struct cp_program *program,
                 const struct cp_explore_options *options, const struct cp_sink *sink,
                 struct cp_result *result, enum cp_stop *stop);

#endif

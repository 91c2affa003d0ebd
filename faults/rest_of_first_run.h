// rest_of_first_run.h: the cuts of the first run that a search did not come to.

#ifndef CP_FAULTS_REST_OF_FIRST_RUN_H
#define CP_FAULTS_REST_OF_FIRST_RUN_H

#include "faults/explore.h"

// A violation ends a search before each event of the first run was cut, and what came of the
// others is what people want to see next to it. Cut them, once each and whatever breaks, for
// up to a second, and add what is seen to result->cuts. Nothing else of it changes.
void cp_cut_rest_of_first_run(const struct cp_case *test_case, const struct cp_program *program,
                              const struct cp_explore_options *options, struct cp_result *result);

#endif

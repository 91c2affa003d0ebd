// rest_of_first_run.c: see rest_of_first_run.h.

#include "faults/rest_of_first_run.h"

#include "faults/explorer.h"

#include <stdlib.h>

#define SECONDS_MAX 1u

static int add_all(struct cp_cuts *cuts, const struct cp_result *result) {
    int err = 0;
    for (uint32_t i = 0; !err && i < result->cut_count; i++) {
        err = cp_cuts_add(cuts, &result->cuts[i]);
    }
    return err;
}

// Without memory the result stays as it is.
static void unite(struct cp_result *result, const struct cp_result *more) {
    struct cp_cuts cuts = {0};
    if (add_all(&cuts, result) || add_all(&cuts, more)) {
        cp_cuts_free(&cuts);
        return;
    }
    cp_cuts_conclude(&cuts);
    free(result->cuts);
    result->cuts = cuts.runs;
    result->cut_count = cuts.count;
}

void cp_cut_rest_of_first_run(const struct cp_case *test_case, const struct cp_program *program,
                              const struct cp_explore_options *options, struct cp_result *result) {
    static const struct cp_explore_options undivided;
    struct cp_explore_options of_part = options ? *options : undivided;
    struct cp_case once = *test_case;
    struct cp_search how = {.options = &of_part};
    struct cp_result more;
    enum cp_stop stop;
    of_part.checkpoint = of_part.resume = NULL;
    once.promises = once.expect.violates = 0;
    once.bounds.cuts_max = once.bounds.cuts_max > 0 ? 1 : 0;
    once.bounds.states_max = CP_UNLIMITED;
    once.bounds.seconds_max = SECONDS_MAX;
    cp_explorer_run(&once, program, &how, &more, &stop);
    unite(result, &more);
    cp_result_free(&more);
}

// shrink.c: the shortest trace of a violation.
//
// The depth-first search finds a violation wherever it comes by first, often many
// cuts deep. Searching again with no cut at all, then one, then two, finds one
// with the fewest: each of these searches is complete within its bound. A path that
// breaks another promise first is no witness: its replay would tell of that one.

#include "faults/explorer.h"

#include <string.h>

#define SECONDS_PER_DEPTH 5u
#define DEPTH_MAX         8u

// Search for this violation with at most `cuts` cuts. Returns true if the search
// was complete or found it.
static bool search_within(const struct cp_case *test_case, const struct cp_program *program,
                          struct cp_violation *violation, uint32_t cuts, bool *is_found) {
    struct cp_case bounded = *test_case;
    bounded.bounds.cuts_max = cuts;
    bounded.bounds.seconds_max = SECONDS_PER_DEPTH;
    bounded.expect.violates &= ~(1u << violation->promise);
    struct cp_result result;
    enum cp_stop stop;
    struct cp_search how = {.wanted = 1u << violation->promise};
    cp_explorer_run(&bounded, program, &how, &result, &stop);
    *is_found = result.violation_count > 0;
    if (*is_found) {
        *violation = result.violations[0];
    }
    cp_result_free(&result);
    return *is_found || stop == CP_STOP_NONE;
}

static void shrink_one(const struct cp_case *test_case, const struct cp_program *program,
                       struct cp_violation *violation) {
    for (uint32_t cuts = 0; cuts < violation->cuts && cuts <= DEPTH_MAX; cuts++) {
        bool is_found;
        if (!search_within(test_case, program, violation, cuts, &is_found)) {
            return;
        }
        if (is_found) {
            break;
        }
    }
    violation->is_shortest = violation->cuts <= DEPTH_MAX + 1;
}

void cp_shrink(const struct cp_case *test_case, const struct cp_program *program,
               struct cp_result *result) {
    for (uint32_t i = 0; i < result->violation_count; i++) {
        if (!result->violations[i].is_shortest) {
            shrink_one(test_case, program, &result->violations[i]);
        }
    }
}

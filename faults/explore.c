// explore.c: a case from search to verdict: few cuts first, then all.

#include "faults/conclude.h"
#include "faults/only.h"
#include "faults/rest_of_first_run.h"
#include "faults/slow.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_SECONDS 5u

// A violation is looked for with no cut, one cut, two, each time in a sample first,
// before the search without a bound: where it is found its trace is short, and a
// faulty bootloader or a format with a hole may have no end of states behind it.
struct first_search {
    uint32_t cuts_max;
    bool is_sample;
    bool is_for_claims; // only worth it where a failure is expected
};

static const struct first_search first_searches[] = {
    {0, false, false}, {1, true, false}, {1, false, false}, {2, true, false},
    {2, false, true},  {3, true, true},  {3, false, true},
};

// Search so, and say what ended the search.
static enum cp_stop try_first(const struct cp_case *test_case, const struct cp_program *program,
                              const struct cp_sink *sink, const struct first_search *first) {
    struct cp_case bounded = *test_case;
    struct cp_sink quiet = {sink ? sink->context : NULL, NULL, sink ? sink->tick : NULL};
    struct cp_search how = {.sink = &quiet, .wanted = CP_WANTED_ALL, .is_sample = first->is_sample};
    bounded.bounds.cuts_max = first->cuts_max;
    bounded.bounds.states_max = CP_UNLIMITED;
    if (bounded.bounds.seconds_max > FIRST_SECONDS) {
        bounded.bounds.seconds_max = FIRST_SECONDS;
    }
    struct cp_result result;
    enum cp_stop stop;
    cp_explorer_run(&bounded, program, &how, &result, &stop);
    cp_result_free(&result);
    return stop;
}

// Narrow the case and the way to search it to the first search that finds something.
static enum cp_stop narrow(struct cp_case *bounded, const struct cp_program *program,
                           struct cp_search *how) {
    bool is_claim = bounded->expect.verdict == CP_VERDICT_VIOLATED;
    for (size_t i = 0; i < sizeof(first_searches) / sizeof(first_searches[0]); i++) {
        const struct first_search *first = &first_searches[i];
        if ((first->is_for_claims && !is_claim) || first->cuts_max >= bounded->bounds.cuts_max) {
            continue;
        }
        enum cp_stop stop = try_first(bounded, program, how->sink, first);
        if (stop == CP_STOP_VIOLATION || stop == CP_STOP_CLAIMS_MET || stop == CP_STOP_APART) {
            bounded->bounds.cuts_max = first->cuts_max;
            how->is_sample = first->is_sample;
        }
        if (stop != CP_STOP_NONE && stop != CP_STOP_TIME) {
            return stop; // found, interrupted, or out of memory
        }
    }
    return CP_STOP_NONE;
}

// Only the first part of a case searches with few cuts first, and only once; of a case
// that claims a failure each part, since that is where the failure is found.
static bool begins_here(const struct cp_explore_options *options, bool is_claim) {
    bool is_first = options && (options->shard_index == 0 || is_claim);
    return !options || (is_first && !options->resume);
}

#define AUDIT_PASSES_MAX 4u

// Search without a word until no more values are taken for others: the search that
// follows is the one that checks them. False without memory: then there is no audit.
static bool begin_audit(const struct cp_case *test_case, const struct cp_program *program,
                        const struct cp_search *how, struct cp_audit_notes *notes) {
    if (cp_audit_init(notes)) {
        cp_audit_free(notes);
        return false;
    }
    struct cp_sink quiet = {how->sink ? how->sink->context : NULL, NULL,
                            how->sink ? how->sink->tick : NULL};
    struct cp_search silent = *how;
    struct cp_explore_options options = *how->options;
    options.checkpoint = options.resume = NULL;
    silent.sink = &quiet;
    silent.notes = notes;
    silent.options = &options;
    for (uint32_t pass = 0; pass < AUDIT_PASSES_MAX; pass++) {
        struct cp_result result;
        enum cp_stop stop;
        notes->has_grown = false;
        cp_explorer_run(test_case, program, &silent, &result, &stop);
        cp_result_free(&result);
        if (stop != CP_STOP_NONE || !notes->has_grown) {
            break;
        }
    }
    return true;
}

// The first searches showed that no search of this program means anything.
static void give_up(const struct cp_case *test_case, const struct cp_explore_options *options,
                    struct cp_result *result) {
    memset(result, 0, sizeof(*result));
    result->verdict = CP_VERDICT_ERROR;
    cp_conclude(test_case, test_case, CP_STOP_NO_FUNCTION, options, result);
}

// Few cuts come first there by themselves, and so does the shortest trace.
static void explore_slowly(const struct cp_case *test_case, const struct cp_program *program,
                           const struct cp_explore_options *options, const struct cp_sink *sink,
                           struct cp_result *result) {
    static const struct cp_explore_options defaults;
    struct cp_explore_options slow = options ? *options : defaults;
    slow.engine = CP_ENGINE_SLOW;
    enum cp_stop stop;
    cp_slow_run(test_case, program, &slow, sink, result, &stop);
    cp_conclude(test_case, test_case, stop, &slow, result);
}

// A CPU that cannot keep a program leaves no choice.
static bool is_slow(const struct cp_explore_options *options) {
    const struct cp_cpu *cpu = cp_cpu_open();
    return (options && options->engine == CP_ENGINE_SLOW) || (cpu && !cp_cpu_can_snapshot(cpu));
}

void cp_explore(const struct cp_case *test_case, const struct cp_program *program,
                const struct cp_explore_options *options, const struct cp_sink *sink,
                struct cp_result *result) {
    if (test_case->bounds.only) {
        enum cp_stop end;
        cp_only_run(test_case, program, options, sink, result, &end);
        cp_conclude(test_case, test_case, end, options, result);
        return;
    }
    if (is_slow(options)) {
        explore_slowly(test_case, program, options, sink, result);
        return;
    }
    struct cp_case bounded = *test_case;
    struct cp_search how = {.options = options, .sink = sink, .wanted = CP_WANTED_ALL};
    bool is_claim = test_case->expect.verdict == CP_VERDICT_VIOLATED;
    if (test_case->faults.cut && begins_here(options, is_claim) &&
        narrow(&bounded, program, &how) == CP_STOP_NO_FUNCTION) {
        give_up(test_case, options, result);
        return;
    }
    struct cp_audit_notes notes;
    if (options && options->is_audit && begin_audit(&bounded, program, &how, &notes)) {
        how.notes = &notes;
    }
    enum cp_stop stop;
    cp_explorer_run(&bounded, program, &how, result, &stop);
    if (how.notes) {
        cp_audit_free(&notes);
    }
    cp_conclude(test_case, &bounded, stop, options, result);
    if (!result->interrupted) {
        cp_shrink(test_case, program, result);
    }
    bool was_kept_from_it = stop == CP_STOP_VIOLATION || stop == CP_STOP_CLAIMS_MET;
    if (options && options->cuts_whole_first_run && was_kept_from_it) {
        cp_cut_rest_of_first_run(test_case, program, options, result);
    }
}

void cp_result_free(struct cp_result *result) {
    free((void *)(uintptr_t)result->sites);
    free(result->wear);
    free(result->cuts);
    result->sites = NULL;
    result->wear = NULL;
    result->cuts = NULL;
}

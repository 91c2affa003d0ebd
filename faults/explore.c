// explore.c: a case from search to verdict, with the verdict's bound in words.

#include "faults/explorer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_SECONDS 5u

static bool was_violated(const struct cp_result *result, enum cp_promise promise) {
    for (uint32_t i = 0; i < result->violation_count; i++) {
        if (result->violations[i].promise == promise) {
            return true;
        }
    }
    return false;
}

// Every claimed promise was broken, and no other.
static bool claims_hold(const struct cp_case *test_case, const struct cp_result *result) {
    for (int i = 0; i < CP_PROMISE_COUNT; i++) {
        bool claimed = (test_case->expect.violates >> i & 1u) != 0;
        if (claimed != was_violated(result, (enum cp_promise)i)) {
            return false;
        }
    }
    return true;
}

// A bound that the scenario sets is a result; a budget that ran out is not.
static bool is_complete(enum cp_stop stop) {
    return stop == CP_STOP_NONE || stop == CP_STOP_STATES;
}

static bool meets(const struct cp_case *test_case, const struct cp_result *result,
                  enum cp_stop stop) {
    switch (test_case->expect.verdict) {
    case CP_VERDICT_PROVED:
        return result->verdict == CP_VERDICT_PROVED &&
               result->states >= test_case->expect.states_min;
    case CP_VERDICT_BOUNDED:
        return (result->verdict == CP_VERDICT_PROVED || result->verdict == CP_VERDICT_BOUNDED) &&
               is_complete(stop) && result->states >= test_case->expect.states_min;
    case CP_VERDICT_VIOLATED:
        return result->verdict == CP_VERDICT_VIOLATED && claims_hold(test_case, result);
    case CP_VERDICT_ERROR: break;
    }
    return false;
}

static void describe_faults(const struct cp_case *test_case, char *text, size_t size) {
    const struct cp_bounds *bounds = &test_case->bounds;
    const struct cp_fault_model *faults = &test_case->faults;
    uint32_t both = 1u << CP_PHASE_BOOTLOADER | 1u << CP_PHASE_APPLICATION;
    if (!faults->cut) {
        snprintf(text, size, "no power cut");
        return;
    }
    bool torn = faults->program_tears || faults->erase_tears || faults->erase_bit_mask_count;
    const char *where = "every event";
    if ((faults->cut_phases & both) != both) {
        where = (faults->cut_phases >> CP_PHASE_BOOTLOADER & 1u) ? "every event of the bootloader"
                                                                 : "every event of the application";
    }
    int length =
        snprintf(text, size, "cuts around %s%s", where, torn ? " and torn operations" : "");
    if (torn && bounds->torn_max != CP_UNLIMITED) {
        length += snprintf(text + length, size - (size_t)length, " (at most %u torn in a history)",
                           (unsigned)bounds->torn_max);
    }
    if (bounds->cuts_max == CP_UNLIMITED) {
        snprintf(text + length, size - (size_t)length, ", nested without limit");
    } else {
        snprintf(text + length, size - (size_t)length, ", at most %u in a history",
                 (unsigned)bounds->cuts_max);
    }
}

static const char *stop_text(enum cp_stop stop) {
    switch (stop) {
    case CP_STOP_STATES: return "stopped at the bound on states";
    case CP_STOP_TIME: return "stopped when the time budget ran out";
    case CP_STOP_INTERRUPTED: return "interrupted";
    case CP_STOP_LOG_FAILED: return "stopped because the log could not be written";
    case CP_STOP_MEMORY_BUDGET: return "stopped when the memory budget ran out";
    case CP_STOP_MEMORY: return "stopped for lack of memory";
    case CP_STOP_VIOLATION:
    case CP_STOP_CLAIMS_MET: return "stopped at the violation";
    case CP_STOP_NONE: break;
    }
    return "all reachable states seen";
}

static void describe(const struct cp_case *test_case, struct cp_result *result, enum cp_stop stop) {
    char faults[160];
    describe_faults(test_case, faults, sizeof(faults));
    const char *end = stop_text(stop);
    if (stop == CP_STOP_NONE && result->verdict == CP_VERDICT_BOUNDED) {
        end = "every state within that bound seen";
    } else if (stop == CP_STOP_NONE && result->verdict == CP_VERDICT_PROVED) {
        end = "fixpoint reached";
    }
    // Paths that rejoin a known state end there, with their erase counts.
    bool wear = test_case->faults.cut && result->verdict != CP_VERDICT_VIOLATED &&
                (test_case->promises >> CP_PROMISE_BOUNDED_WEAR & 1u) != 0;
    snprintf(result->bound, sizeof(result->bound), "%s; %s%s", faults, end,
             wear ? " (bounded-wear: on the paths taken)" : "");
}

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
    struct cp_search how = {&quiet, CP_WANTED_ALL, first->is_sample};
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
static void narrow(struct cp_case *bounded, const struct cp_program *program,
                   struct cp_search *how) {
    bool is_claim = bounded->expect.verdict == CP_VERDICT_VIOLATED;
    for (size_t i = 0; i < sizeof(first_searches) / sizeof(first_searches[0]); i++) {
        const struct first_search *first = &first_searches[i];
        if ((first->is_for_claims && !is_claim) || first->cuts_max >= bounded->bounds.cuts_max) {
            continue;
        }
        enum cp_stop stop = try_first(bounded, program, how->sink, first);
        if (stop == CP_STOP_VIOLATION || stop == CP_STOP_CLAIMS_MET) {
            bounded->bounds.cuts_max = first->cuts_max;
            how->is_sample = first->is_sample;
        }
        if (stop != CP_STOP_NONE && stop != CP_STOP_TIME) {
            return; // found, interrupted, or out of memory
        }
    }
}

void cp_explore(const struct cp_case *test_case, const struct cp_program *program,
                const struct cp_explore_options *options, const struct cp_sink *sink,
                struct cp_result *result) {
    (void)options;
    struct cp_case bounded = *test_case;
    struct cp_search how = {sink, CP_WANTED_ALL, false};
    if (test_case->faults.cut) {
        narrow(&bounded, program, &how);
    }
    enum cp_stop stop;
    cp_explorer_run(&bounded, program, &how, result, &stop);
    if (result->verdict == CP_VERDICT_ERROR) {
        return;
    }
    if (stop == CP_STOP_LOG_FAILED || stop == CP_STOP_MEMORY) {
        result->verdict = CP_VERDICT_ERROR;
        snprintf(result->error, sizeof(result->error), "%s", stop_text(stop));
    }
    result->interrupted = stop == CP_STOP_INTERRUPTED;
    describe(&bounded, result, stop);
    result->expectation_met = meets(test_case, result, stop);
    if (!result->interrupted) {
        cp_shrink(test_case, program, result);
    }
}

void cp_result_free(struct cp_result *result) {
    free((void *)(uintptr_t)result->sites);
    free(result->wear);
    result->sites = NULL;
    result->wear = NULL;
}

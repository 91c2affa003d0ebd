// conclude.c: the end of a search as a verdict's bound in words, and as expected or not.

#include "faults/conclude.h"

#include "faults/only.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct text {
    char *out;
    size_t size;
};

__attribute__((format(printf, 2, 3))) static void append(struct text *text, const char *format,
                                                         ...) {
    size_t end = strlen(text->out);
    va_list values;
    va_start(values, format);
    vsnprintf(text->out + end, text->size - end, format, values);
    va_end(values);
}

// --- as expected

static uint32_t violated_bits(const struct cp_result *result) {
    uint32_t bits = 0;
    for (uint32_t i = 0; i < result->violation_count; i++) {
        bits |= 1u << result->violations[i].promise;
    }
    return bits;
}

static bool is_part(const struct cp_explore_options *options) {
    return options && options->shard_count > 1;
}

static bool is_states_budget(const struct cp_explore_options *options) {
    return options && options->is_states_budget;
}

// A bound that the scenario sets is a result; a budget that ran out is not.
static bool is_complete(const struct cp_explore_options *options, enum cp_stop stop) {
    switch (stop) {
    case CP_STOP_NONE:
    case CP_STOP_APART:
    case CP_STOP_VIOLATION:
    case CP_STOP_CLAIMS_MET: return true;
    case CP_STOP_STATES: return !is_states_budget(options);
    default: return false;
    }
}

static bool meets(const struct cp_case *asked, const struct cp_result *result) {
    const struct cp_expect *expect = &asked->expect;
    switch (expect->verdict) {
    case CP_VERDICT_PROVED:
        return result->verdict == CP_VERDICT_PROVED && result->states >= expect->states_min;
    case CP_VERDICT_BOUNDED:
        return (result->verdict == CP_VERDICT_PROVED || result->verdict == CP_VERDICT_BOUNDED) &&
               result->is_complete && result->states >= expect->states_min;
    case CP_VERDICT_VIOLATED:
        return result->verdict == CP_VERDICT_VIOLATED && violated_bits(result) == expect->violates;
    case CP_VERDICT_ERROR: break;
    }
    return false;
}

// One part of several need not see what the whole must see: enough states, or each
// claimed violation. It must only have nothing against what is expected.
static bool part_meets(const struct cp_case *asked, const struct cp_result *result) {
    if (!result->is_complete || (violated_bits(result) & ~asked->expect.violates) != 0) {
        return false;
    }
    return asked->expect.verdict != CP_VERDICT_PROVED || result->verdict == CP_VERDICT_PROVED;
}

// --- in words

static const char *describe_where(const struct cp_fault_model *faults) {
    uint32_t both = 1u << CP_PHASE_BOOTLOADER | 1u << CP_PHASE_APPLICATION;
    if ((faults->cut_phases & both) == both) {
        return "every event";
    }
    return (faults->cut_phases >> CP_PHASE_BOOTLOADER & 1u) ? "every event of the bootloader"
                                                            : "every event of the application";
}

static void describe_only(uint32_t count, struct text *text) {
    if (count == 1) {
        append(text, "only the trace of `explore.only`, no other cut");
    } else {
        append(text, "only the %u traces of `explore.only`, no other cut", (unsigned)count);
    }
}

static void describe_faults(const struct cp_case *searched, struct text *text) {
    const struct cp_bounds *bounds = &searched->bounds;
    const struct cp_fault_model *faults = &searched->faults;
    bool torn = faults->program_tears || faults->erase_tears || faults->erase_bit_mask_count;
    if (bounds->only) {
        describe_only(cp_only_count(bounds->only), text);
        return;
    }
    if (!faults->cut) {
        append(text, "no power cut");
        return;
    }
    append(text, "cuts around %s%s", describe_where(faults), torn ? " and torn operations" : "");
    if (torn && bounds->torn_max != CP_UNLIMITED) {
        append(text, " (at most %u torn in a history)", (unsigned)bounds->torn_max);
    }
    if (bounds->cuts_max == CP_UNLIMITED) {
        append(text, ", nested without limit");
    } else {
        append(text, ", at most %u in a history", (unsigned)bounds->cuts_max);
    }
}

static void describe_audit(const struct cp_result *result, struct text *text) {
    if (result->audit.surprises > 0) {
        append(text, "; the audit found %llu classes of torn words that are taken for others",
               (unsigned long long)result->audit.surprises);
    }
}

static void describe_options(const struct cp_explore_options *options, struct text *text) {
    if (options && options->engine == CP_ENGINE_ARM) {
        append(text, "; ARM code");
    } else if (options && options->engine == CP_ENGINE_BOTH) {
        append(text, "; host build and ARM code in step");
    } else if (options && options->engine != CP_ENGINE_FAST) {
        const struct cp_cpu *cpu = cp_cpu_open();
        bool is_forced = cpu && !cp_cpu_can_snapshot(cpu);
        append(text, "; %s engine%s", cp_engine_name(options->engine),
               is_forced ? ": this host has no fast seam" : "");
    }
    if (is_part(options)) {
        append(text, "; part %u of %u", (unsigned)options->shard_index + 1,
               (unsigned)options->shard_count);
    }
}

static const char *stop_text(const struct cp_explore_options *options, enum cp_stop stop) {
    switch (stop) {
    case CP_STOP_STATES:
        return is_states_budget(options) ? "stopped when the budget of states ran out"
                                         : "stopped at the bound on states";
    case CP_STOP_TIME: return "stopped when the time budget ran out";
    case CP_STOP_INTERRUPTED: return "interrupted";
    case CP_STOP_LOG_FAILED: return "stopped because the log could not be written";
    case CP_STOP_MEMORY_BUDGET: return "stopped when the memory budget ran out";
    case CP_STOP_MEMORY: return "stopped for lack of memory";
    case CP_STOP_NO_FUNCTION:
        return "stopped: the program is not a function of the flash: what it read was the same, "
               "and "
               "it did something else (does it keep anything outside its stack?)";
    case CP_STOP_APART: return "stopped: two programs in step did not do the same";
    case CP_STOP_VIOLATION:
    case CP_STOP_CLAIMS_MET: return "stopped at the violation";
    default: return "all reachable states seen";
    }
}

static bool is_uptime_asked(const struct cp_case *test_case) {
    return test_case->uptime_max_us > 0 && (test_case->promises >> CP_PROMISE_PROGRESSES & 1u) != 0;
}

bool cp_is_uptime_left_out(const struct cp_case *test_case, enum cp_engine engine) {
    return engine == CP_ENGINE_SLOW && is_uptime_asked(test_case);
}

static bool is_seen_at_the_end(const struct cp_result *result) {
    for (uint32_t i = 0; i < result->violation_count; i++) {
        if (result->violations[i].is_of_search) {
            return true;
        }
    }
    return false;
}

static const char *end_text(const struct cp_explore_options *options,
                            const struct cp_result *result, bool is_only) {
    if (is_seen_at_the_end(result)) {
        return "fixpoint reached";
    }
    if (is_only && result->stop == CP_STOP_NONE) {
        return "each run to its end";
    }
    if (result->stop == CP_STOP_NONE && result->verdict == CP_VERDICT_BOUNDED) {
        return "every state within that bound seen";
    }
    if (result->stop == CP_STOP_NONE && result->verdict == CP_VERDICT_PROVED) {
        return "fixpoint reached";
    }
    return stop_text(options, result->stop);
}

static void describe(const struct cp_case *searched, const struct cp_explore_options *options,
                     struct cp_result *result) {
    struct text text = {result->bound, sizeof result->bound};
    result->bound[0] = '\0';
    describe_faults(searched, &text);
    describe_options(options, &text);
    append(&text, "; %s", end_text(options, result, searched->bounds.only != NULL));
    describe_audit(result, &text);
    bool is_uptime_open = searched->bounds.only && is_uptime_asked(searched);
    if (is_uptime_open || (options && cp_is_uptime_left_out(searched, options->engine))) {
        append(&text, " (progresses: without the up-time)");
    }
    // Paths that rejoin a known state end there, with their erase counts.
    bool is_wear_open = searched->faults.cut && result->verdict != CP_VERDICT_VIOLATED &&
                        !result->is_wear_exact &&
                        (searched->promises >> CP_PROMISE_BOUNDED_WEAR & 1u) != 0;
    if (is_wear_open) {
        append(&text, " (bounded-wear: on the paths taken)");
    }
}

void cp_conclude(const struct cp_case *asked, const struct cp_case *searched, enum cp_stop stop,
                 const struct cp_explore_options *options, struct cp_result *result) {
    result->stop = stop;
    result->cuts_max = searched->bounds.cuts_max;
    if (stop == CP_STOP_LOG_FAILED || stop == CP_STOP_MEMORY || stop == CP_STOP_NO_FUNCTION) {
        result->verdict = CP_VERDICT_ERROR;
        snprintf(result->error, sizeof result->error, "%s", stop_text(options, stop));
    }
    if (result->audit.surprises > 0 && result->verdict == CP_VERDICT_PROVED) {
        result->verdict = CP_VERDICT_BOUNDED; // of some values nothing was proved
    }
    if (stop == CP_STOP_APART) {
        result->verdict = CP_VERDICT_VIOLATED;
    }
    result->is_complete = result->verdict != CP_VERDICT_ERROR && is_complete(options, stop);
    result->interrupted = stop == CP_STOP_INTERRUPTED;
    if (result->verdict != CP_VERDICT_ERROR || stop != CP_STOP_NONE) {
        describe(searched, options, result);
    }
    result->expectation_met = result->verdict != CP_VERDICT_ERROR && result->audit.surprises == 0 &&
                              stop != CP_STOP_APART &&
                              (is_part(options) ? part_meets(asked, result) : meets(asked, result));
}

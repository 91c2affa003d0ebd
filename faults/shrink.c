// shrink.c: the shortest and plainest trace of a violation, and what does not matter in it.
//
// The depth-first search finds a violation wherever it comes by first, often many
// cuts deep. Searching again with no cut at all, then one, then two, finds one
// with the fewest: each of these searches is complete within its bound. A path that
// breaks another promise first is no witness: its replay would tell of that one.
//
// A clean cut is plainer than a torn one. So with that number of cuts it is searched
// again with no torn operation, then with one. What is still torn is replaced by a
// plainer shape, and what a torn word gives by what it gives unasked, if that does the same.

#include "faults/explorer.h"
#include "faults/indifferent.h"
#include "faults/tears.h"
#include "faults/variant.h"

#include <stdio.h>
#include <string.h>

#define SECONDS_PER_DEPTH   5u
#define DEPTH_MAX           8u
#define SECONDS_PER_TORN    1u
#define SECONDS_FOR_PLAIN   0.5
#define PLAIN_TRIES_MAX     16u
#define SECONDS_INDIFFERENT 2.0 // for all violations together

struct bounds {
    uint32_t cuts_max, torn_max, seconds_max;
};

static uint32_t smaller(uint32_t a, uint32_t b) {
    return a < b ? a : b;
}

// Search for this violation within these bounds. Returns true if the search was
// complete or found it.
static bool search_within(const struct cp_case *test_case, const struct cp_program *program,
                          struct cp_violation *violation, const struct bounds *bounds,
                          bool *is_found) {
    struct cp_case bounded = *test_case;
    bounded.bounds.cuts_max = bounds->cuts_max;
    bounded.bounds.torn_max = smaller(bounds->torn_max, test_case->bounds.torn_max);
    bounded.bounds.seconds_max = bounds->seconds_max;
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

static void shorten(const struct cp_case *test_case, const struct cp_program *program,
                    struct cp_violation *violation) {
    for (uint32_t cuts = 0; cuts < violation->cuts && cuts <= DEPTH_MAX; cuts++) {
        const struct bounds bounds = {cuts, CP_UNLIMITED, SECONDS_PER_DEPTH};
        bool is_found;
        if (!search_within(test_case, program, violation, &bounds, &is_found)) {
            return;
        }
        if (is_found) {
            break;
        }
    }
    violation->is_shortest = violation->cuts <= DEPTH_MAX + 1;
}

// --- plainer

static uint32_t count_torn(const struct cp_tokens *tokens) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < tokens->count; i++) {
        count += tokens->tokens[i].kind == CP_TOKEN_TORN;
    }
    return count;
}

// The fewest torn operations with as many cuts.
static void tear_less(const struct cp_case *test_case, const struct cp_program *program,
                      struct cp_violation *violation, uint32_t torn_count) {
    for (uint32_t torn = 0; torn < torn_count; torn++) {
        const struct bounds bounds = {violation->cuts, torn, SECONDS_PER_TORN};
        struct cp_violation plainer = *violation;
        bool is_found;
        bool is_sure = search_within(test_case, program, &plainer, &bounds, &is_found);
        if (is_found) {
            plainer.is_shortest = violation->is_shortest;
            *violation = plainer;
        }
        if (is_found || !is_sure) {
            return;
        }
    }
}

// Replace what the token says. True if the trace does the same with that.
static bool take_if_same(struct cp_variants *variants, struct cp_tokens *tokens, uint32_t at,
                         const char *text) {
    struct cp_token was = tokens->tokens[at];
    snprintf(tokens->tokens[at].tear, sizeof(was.tear), "%s", text);
    if (cp_variant_try(variants, tokens) == CP_VARIANT_BREAKS) {
        return true;
    }
    tokens->tokens[at] = was;
    return false;
}

// The first of the listed shapes that does the same, up to the one that is there.
static void take_plainer_tear(struct cp_variants *variants, struct cp_tokens *tokens, uint32_t at,
                              bool is_erase) {
    const struct cp_fault_model *faults = &variants->test_case.faults;
    uint32_t count = is_erase ? cp_erase_tear_total(faults) : CP_PROGRAM_TEAR_COUNT;
    for (uint32_t tear = 0; tear < count; tear++) {
        char name[32];
        bool is_listed = is_erase ? cp_erase_tear_enabled(faults, tear)
                                  : (faults->program_tears >> tear & 1u) != 0;
        if (is_erase) {
            cp_erase_tear_label(faults, tear, name);
        } else {
            snprintf(name, sizeof(name), "%s", cp_program_tear_name((enum cp_program_tear)tear));
        }
        if (strcmp(name, tokens->tokens[at].tear) == 0 ||
            (is_listed && take_if_same(variants, tokens, at, name))) {
            return;
        }
    }
}

// A value read is left out if what is read unasked does the same. Plainer ones need not be
// tried: the search takes the plainest value of each class, and these in their order.
static void take_plainer_reads(struct cp_variants *variants, struct cp_tokens *tokens) {
    for (uint32_t i = tokens->count; i-- > 0;) {
        struct cp_tokens without = *tokens;
        if (tokens->tokens[i].kind == CP_TOKEN_READ) {
            cp_tokens_remove(&without, i);
            if (cp_variant_try(variants, &without) == CP_VARIANT_BREAKS) {
                *tokens = without;
            }
        }
    }
}

static void no_steps(void *context, const struct cp_step *step) {
    (void)context;
    (void)step;
}

// The trace that the tokens are now, with what is got there.
static void take_trace(const struct cp_variants *variants, const struct cp_tokens *tokens,
                       struct cp_violation *violation) {
    char trace[CP_TRACE_MAX], error[CP_MESSAGE_MAX];
    struct cp_violation seen;
    cp_tokens_write(tokens, trace);
    if (strcmp(trace, violation->trace) == 0 ||
        cp_replay(&variants->test_case, variants->program, trace, no_steps, NULL, &seen, error) !=
            1) {
        return;
    }
    memcpy(violation->trace, trace, sizeof(violation->trace));
    memcpy(violation->message, seen.message, sizeof(violation->message));
}

static void take_plainer_words(const struct cp_case *test_case, const struct cp_program *program,
                               struct cp_violation *violation, struct cp_tokens *tokens) {
    struct cp_variants variants;
    struct cp_torn_cut cuts[DEPTH_MAX + 1];
    cp_variants_init(&variants, test_case, program, violation->promise, PLAIN_TRIES_MAX,
                     SECONDS_FOR_PLAIN);
    uint32_t count = cp_variant_cuts(&variants, violation->trace, cuts, DEPTH_MAX + 1);
    for (uint32_t i = 0; i < count; i++) {
        if (cuts[i].is_torn) {
            take_plainer_tear(&variants, tokens, cp_tokens_cut(tokens, i), cuts[i].is_erase);
        }
    }
    take_plainer_reads(&variants, tokens);
    take_trace(&variants, tokens, violation);
}

static void make_plain(const struct cp_case *test_case, const struct cp_program *program,
                       struct cp_violation *violation) {
    struct cp_tokens tokens;
    if (cp_tokens_read(violation->trace, &tokens) || count_torn(&tokens) == 0) {
        return;
    }
    tear_less(test_case, program, violation, count_torn(&tokens));
    if (cp_tokens_read(violation->trace, &tokens) == 0 && count_torn(&tokens) > 0) {
        take_plainer_words(test_case, program, violation, &tokens);
    }
}

void cp_shrink(const struct cp_case *test_case, const struct cp_program *program,
               struct cp_result *result) {
    for (uint32_t i = 0; i < result->violation_count; i++) {
        if (result->violations[i].is_of_search) {
            continue; // it has no trace
        }
        if (!result->violations[i].is_shortest) {
            shorten(test_case, program, &result->violations[i]);
        }
        make_plain(test_case, program, &result->violations[i]);
    }
    for (uint32_t i = 0; i < result->violation_count; i++) {
        if (!result->violations[i].is_of_search) {
            cp_tell_indifferent(test_case, program, &result->violations[i],
                                SECONDS_INDIFFERENT / result->violation_count);
        }
    }
}

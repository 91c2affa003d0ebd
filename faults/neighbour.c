// neighbour.c: see neighbour.h.

#include "faults/neighbour.h"

#include "faults/indifferent.h"
#include "faults/variant.h"

#include <string.h>

#define DISTANCE_MAX 64u
#define TRIES_MAX    400u

struct search {
    struct cp_variants variants;
    struct cp_tokens tokens; // of the violation
    uint32_t at;             // of its last cut among them
    char *trace;             // what was found
    bool is_over;            // found, or out of time
};

static void try_tokens(struct search *s, const struct cp_tokens *tokens, bool *fits) {
    enum cp_variant variant = cp_variant_try(&s->variants, tokens);
    *fits = variant != CP_VARIANT_OTHERWISE;
    if (variant == CP_VARIANT_PASSES) {
        cp_tokens_write(tokens, s->trace);
    }
    s->is_over = variant == CP_VARIANT_PASSES || variant == CP_VARIANT_UNKNOWN;
}

// What the last run is asked comes earlier or later by so many events. False if that is before
// the first.
static bool shift(struct cp_tokens *tokens, uint32_t from, int64_t by) {
    for (uint32_t i = from; i < tokens->count; i++) {
        int64_t event_index = (int64_t)tokens->tokens[i].event_index + by;
        if (event_index < 1) {
            return false;
        }
        tokens->tokens[i].event_index = (uint32_t)event_index;
    }
    return from < tokens->count;
}

// The last cut after this event. If the run behind it is asked something, that may come as
// many events later as are left to be done, or earlier.
static void try_cut(struct search *s, int64_t event_index) {
    const struct cp_token *cut = &s->tokens.tokens[s->at];
    struct cp_tokens moved = s->tokens;
    int64_t left = (int64_t)cut->event_index - event_index;
    bool fits;
    if (event_index < 0 || s->is_over) {
        return;
    }
    moved.tokens[s->at] = (struct cp_token){
        .kind = cut->kind == CP_TOKEN_RESET ? CP_TOKEN_RESET : CP_TOKEN_AFTER,
        .event_index = (uint32_t)event_index,
    };
    try_tokens(s, &moved, &fits);
    for (int sign = 1; sign >= -1 && !fits && !s->is_over && left != 0; sign -= 2) {
        struct cp_tokens shifted = moved;
        if (shift(&shifted, s->at + 1, sign * left)) {
            try_tokens(s, &shifted, &fits);
        }
    }
}

// Nothing is left in doubt by a clean cut that the run behind it could read.
static void forget_reads(struct search *s) {
    for (uint32_t i = s->tokens.count; i-- > s->at + 1;) {
        if (s->tokens.tokens[i].kind == CP_TOKEN_READ) {
            cp_tokens_remove(&s->tokens, i);
        }
    }
}

static bool begin(struct search *s, const struct cp_violation *violation) {
    if (violation->is_of_search || violation->cuts == 0 ||
        cp_tokens_read(violation->trace, &s->tokens)) {
        return false;
    }
    s->at = cp_tokens_cut(&s->tokens, violation->cuts - 1);
    return s->at < s->tokens.count;
}

static void look_around(struct search *s, const struct cp_violation *violation) {
    int64_t event_index = s->tokens.tokens[s->at].event_index;
    uint32_t first = (uint32_t)event_index, last = first;
    if (s->tokens.tokens[s->at].kind == CP_TOKEN_TORN) {
        forget_reads(s);
        try_cut(s, event_index - 1);
        try_cut(s, event_index);
    } else {
        cp_indifferent_range(violation, &first, &last);
    }
    for (int64_t distance = 1; distance <= DISTANCE_MAX && !s->is_over; distance++) {
        if (event_index - distance < first) {
            try_cut(s, event_index - distance);
        }
        if (event_index + distance > last) {
            try_cut(s, event_index + distance);
        }
    }
}

bool cp_find_neighbour(const struct cp_case *test_case, const struct cp_program *program,
                       const struct cp_violation *violation, double seconds,
                       char trace[CP_TRACE_MAX]) {
    struct search s = {.trace = trace};
    trace[0] = '\0';
    if (begin(&s, violation)) {
        cp_variants_init(&s.variants, test_case, program, violation->promise, TRIES_MAX, seconds);
        look_around(&s, violation);
    }
    return trace[0] != '\0';
}

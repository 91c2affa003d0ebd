// variant.c: see variant.h.

#include "faults/variant.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static double cpu_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

void cp_variants_init(struct cp_variants *variants, const struct cp_case *test_case,
                      const struct cp_program *program, enum cp_promise promise, uint32_t tries_max,
                      double seconds) {
    variants->test_case = *test_case;
    variants->test_case.promises &= ~test_case->expect.violates | 1u << promise;
    variants->program = program;
    variants->promise = promise;
    variants->tries_left = tries_max;
    variants->cpu_seconds_end = cpu_seconds() + seconds;
}

int cp_tokens_read(const char *trace, struct cp_tokens *tokens) {
    char error[CP_MESSAGE_MAX];
    int more = 1;
    for (tokens->count = 0; more > 0 && tokens->count < CP_TOKENS_MAX; tokens->count++) {
        more = cp_trace_next(&trace, &tokens->tokens[tokens->count], error);
        if (more <= 0) {
            break;
        }
    }
    return more == 0 ? 0 : -1;
}

void cp_tokens_write(const struct cp_tokens *tokens, char trace[CP_TRACE_MAX]) {
    trace[0] = '\0';
    for (uint32_t i = 0; i < tokens->count; i++) {
        cp_trace_append(trace, CP_TRACE_MAX, &tokens->tokens[i]);
    }
}

bool cp_token_is_cut(const struct cp_token *token) {
    return token->kind == CP_TOKEN_AFTER || token->kind == CP_TOKEN_RESET ||
           token->kind == CP_TOKEN_TORN;
}

uint32_t cp_tokens_cut(const struct cp_tokens *tokens, uint32_t cut) {
    uint32_t at = 0;
    for (; at < tokens->count; at++) {
        if (cp_token_is_cut(&tokens->tokens[at]) && cut-- == 0) {
            break;
        }
    }
    return at;
}

void cp_tokens_remove(struct cp_tokens *tokens, uint32_t at) {
    tokens->count--;
    memmove(&tokens->tokens[at], &tokens->tokens[at + 1],
            (tokens->count - at) * sizeof(tokens->tokens[0]));
}

static void insert(struct cp_tokens *tokens, uint32_t at, const struct cp_token *token) {
    if (tokens->count == CP_TOKENS_MAX) {
        return; // written, it would not fit into a trace
    }
    memmove(&tokens->tokens[at + 1], &tokens->tokens[at],
            (tokens->count - at) * sizeof(tokens->tokens[0]));
    tokens->tokens[at] = *token;
    tokens->count++;
}

void cp_tokens_set_read(struct cp_tokens *tokens, uint32_t cut, uint32_t event_index,
                        const char *value) {
    struct cp_token token = {.kind = CP_TOKEN_READ, .event_index = event_index};
    snprintf(token.tear, sizeof(token.tear), "%s", value);
    uint32_t first = cp_tokens_cut(tokens, cut) + 1;
    for (uint32_t i = first; i < tokens->count && !cp_token_is_cut(&tokens->tokens[i]); i++) {
        const struct cp_token *old = &tokens->tokens[i];
        if (old->kind == CP_TOKEN_READ && old->event_index == event_index) {
            tokens->tokens[i] = token;
            return;
        }
    }
    insert(tokens, first, &token);
}

static void no_steps(void *context, const struct cp_step *step) {
    (void)context;
    (void)step;
}

enum cp_variant cp_variant_try(struct cp_variants *variants, const struct cp_tokens *tokens) {
    char trace[CP_TRACE_MAX], error[CP_MESSAGE_MAX];
    struct cp_violation violation;
    if (variants->tries_left == 0 || cpu_seconds() > variants->cpu_seconds_end) {
        return CP_VARIANT_UNKNOWN;
    }
    variants->tries_left--;
    cp_tokens_write(tokens, trace);
    int result = cp_replay(&variants->test_case, variants->program, trace, no_steps, NULL,
                           &violation, error);
    if (result == 0) {
        return CP_VARIANT_PASSES;
    }
    return result > 0 && violation.promise == variants->promise ? CP_VARIANT_BREAKS
                                                                : CP_VARIANT_OTHERWISE;
}

// --- what was torn

struct collector {
    struct cp_torn_cut *cuts;
    uint32_t count_max, count;
    struct cp_step operation; // the newest
};

static void collect_cut(struct collector *all, const struct cp_step *step) {
    if (step->cuts >= all->count_max) {
        return;
    }
    all->count = step->cuts + 1;
    all->cuts[step->cuts] = (struct cp_torn_cut){
        .event_index = step->event_index,
        .is_torn = step->area != CP_AREA_COUNT,
        .is_erase = all->operation.kind == CP_STEP_ERASE,
        .old_value = all->operation.old_high,
        .whole_value = all->operation.new_value,
        .area = step->area,
        .page = step->page,
        .address = step->address,
    };
}

static void collect_read(struct collector *all, const struct cp_step *step) {
    if (step->cuts == 0 || step->cuts > all->count) {
        return;
    }
    struct cp_torn_cut *cut = &all->cuts[step->cuts - 1];
    bool is_it = cut->is_erase ? step->page == cut->page : step->address == cut->address;
    if (!cut->is_torn || cut->is_read || step->area != cut->area || !is_it) {
        return;
    }
    cut->is_read = true;
    cut->read_event = step->event_index;
    cut->read_value = step->new_value;
    cut->is_read_as_page = step->read_kind == CP_READ_PAGE;
}

static void collect(void *context, const struct cp_step *step) {
    struct collector *all = context;
    if (step->kind == CP_STEP_PROGRAM || step->kind == CP_STEP_ERASE) {
        all->operation = *step;
    } else if (step->kind == CP_STEP_CUT) {
        collect_cut(all, step);
    } else if (step->kind == CP_STEP_EVENT && step->is_read) {
        collect_read(all, step);
    }
}

uint32_t cp_variant_cuts(const struct cp_variants *variants, const char *trace,
                         struct cp_torn_cut *cuts, uint32_t count_max) {
    struct collector all = {.cuts = cuts, .count_max = count_max};
    struct cp_violation violation;
    char error[CP_MESSAGE_MAX];
    int result =
        cp_replay(&variants->test_case, variants->program, trace, collect, &all, &violation, error);
    return result == 1 && violation.promise == variants->promise ? all.count : 0;
}

// slow_trace.c: a violation that the slow engine meets, and the trace that leads to it.

#include "faults/slow_search.h"
#include "faults/witness.h"

#include <stdio.h>
#include <string.h>

#define SEED_OF_TOKENS 63u

struct tokens {
    uint32_t count;
    struct cp_slow_token items[CP_QUESTIONS_MAX];
};

static void collect(const struct cp_slow_boot *boot, struct tokens *tokens) {
    tokens->count = 0;
    for (uint32_t i = 0; i < boot->asked && i < boot->question_count; i++) {
        if (!boot->questions[i].is_plain) {
            tokens->items[tokens->count++] = boot->questions[i].token;
        }
    }
}

uint32_t cp_slow_tokens(struct cp_slow *s) {
    struct tokens tokens;
    collect(&s->boot, &tokens);
    if (tokens.count == 0) {
        return CP_BLOB_NONE;
    }
    size_t size_bytes = sizeof(tokens.count) + tokens.count * sizeof(tokens.items[0]);
    uint32_t id = cp_blobs_intern(&s->blobs, &tokens, size_bytes, SEED_OF_TOKENS);
    if (id == CP_BLOB_NONE) {
        cp_slow_stop(s, CP_STOP_MEMORY);
    }
    return id;
}

static void append_tokens(const struct tokens *tokens, char *trace) {
    for (uint32_t i = 0; i < tokens->count; i++) {
        const struct cp_slow_token *token = &tokens->items[i];
        if (token->is_choice) {
            cp_append_choice(token->event_index, token->value, trace);
        } else {
            cp_append_read(token->event_index, (enum cp_read_kind)token->read_kind, token->value,
                           trace);
        }
    }
}

// The way to a node, from the device as delivered.
static void append_way(const struct cp_slow *s, uint32_t at, char *trace) {
    const struct cp_slow_node *node = &s->nodes[at];
    if (node->parent == CP_NODE_NONE) {
        return;
    }
    append_way(s, node->parent, trace);
    if (node->tokens != CP_BLOB_NONE) {
        struct tokens tokens;
        const uint8_t *bytes = cp_blobs_get(&s->blobs, node->tokens);
        memcpy(&tokens.count, bytes, sizeof(tokens.count));
        memcpy(tokens.items, bytes + sizeof(tokens.count), tokens.count * sizeof(tokens.items[0]));
        append_tokens(&tokens, trace);
    }
    if (node->edge != CP_EDGE_RESET) {
        cp_append_cut(&s->test_case->faults, node->edge, node->event_index, node->tear, trace);
    }
}

static void record(struct cp_slow *s, enum cp_promise promise, const char *message) {
    struct cp_result *result = s->result;
    for (uint32_t i = 0; i < result->violation_count; i++) {
        if (result->violations[i].promise == promise) {
            return; // the first is enough
        }
    }
    struct cp_violation *violation = &result->violations[result->violation_count++];
    struct tokens tokens;
    collect(&s->boot, &tokens);
    violation->promise = promise;
    violation->cuts = s->nodes[s->boot.node].cuts;
    violation->is_shortest = true; // those with fewer cuts were all tried before
    snprintf(violation->message, sizeof(violation->message), "%s", message);
    violation->trace[0] = '\0';
    append_way(s, s->boot.node, violation->trace);
    append_tokens(&tokens, violation->trace);
}

void cp_slow_on_violation(void *context, enum cp_promise promise, const char *message) {
    struct cp_slow *s = context;
    uint32_t bit = 1u << promise;
    if (s->boot.is_quiet || (s->test_case->promises & bit) == 0) {
        return;
    }
    record(s, promise, message);
    if ((s->test_case->expect.violates & bit) == 0) {
        cp_slow_stop(s, CP_STOP_VIOLATION);
        return;
    }
    s->claims_open &= ~bit;
    s->allowances.ignores_wear |= promise == CP_PROMISE_BOUNDED_WEAR; // it may grow for ever
    if (s->claims_open == 0) {
        cp_slow_stop(s, CP_STOP_CLAIMS_MET);
    }
}

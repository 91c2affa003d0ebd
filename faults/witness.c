// witness.c: a violation met on the present path, and the trace that leads to it.

#include "faults/witness.h"

#include "faults/search.h"
#include "faults/tears.h"
#include "faults/trace.h"

#include <stdio.h>

void cp_append_choice(uint32_t event_index, uint32_t option, char *trace) {
    struct cp_token token = {.kind = CP_TOKEN_CHOICE, .event_index = event_index, .option = option};
    if (option > 0) {
        cp_trace_append(trace, CP_TRACE_MAX, &token);
    }
}

void cp_append_read(uint32_t event_index, enum cp_read_kind kind, uint32_t value, char *trace) {
    struct cp_token token = {.kind = CP_TOKEN_READ, .event_index = event_index};
    if (kind == CP_READ_PAGE) {
        snprintf(token.tear, sizeof(token.tear), "%s", cp_page_form_name((enum cp_page_form)value));
    } else if (kind == CP_READ_DOUBT) {
        snprintf(token.tear, sizeof(token.tear), "%s", value ? "uncorrectable" : "readable");
    } else {
        snprintf(token.tear, sizeof(token.tear), "%08x", (unsigned)value);
    }
    cp_trace_append(trace, CP_TRACE_MAX, &token);
}

void cp_append_cut(const struct cp_fault_model *faults, enum cp_edge edge, uint32_t event_index,
                   uint32_t tear, char *trace) {
    struct cp_token token = {.kind = CP_TOKEN_AFTER, .event_index = event_index};
    if (edge == CP_EDGE_MCU_RESET) {
        token.kind = CP_TOKEN_RESET;
    } else if (edge == CP_EDGE_TORN_PROGRAM) {
        token.kind = CP_TOKEN_TORN;
        snprintf(token.tear, sizeof(token.tear), "%s",
                 cp_program_tear_name((enum cp_program_tear)tear));
    } else if (edge == CP_EDGE_TORN_ERASE) {
        token.kind = CP_TOKEN_TORN;
        cp_erase_tear_label(faults, tear, token.tear);
    }
    cp_trace_append(trace, CP_TRACE_MAX, &token);
}

static void append_answers(const struct cp_world *world, size_t from, size_t to, char *trace) {
    for (size_t i = from; i < to; i++) {
        const struct cp_entry *entry = &world->entries[i];
        uint32_t event_index = (uint32_t)(i - from + 1);
        if (entry->kind == CP_ENTRY_CHOICE) {
            cp_append_choice(event_index, entry->option, trace);
        } else if (entry->kind == CP_ENTRY_READ && entry->new_value != entry->plain_value) {
            cp_append_read(event_index, entry->read_kind, entry->new_value, trace);
        }
    }
}

static void write_trace(const struct cp_explorer *x, char *trace) {
    trace[0] = '\0';
    for (size_t i = 0; i < x->frame_count; i++) {
        const struct cp_frame *frame = &x->frames[i];
        bool is_last = i + 1 == x->frame_count;
        size_t end = is_last ? x->world.entry_count : x->frames[i + 1].base;
        if (i > 0) {
            cp_append_cut(&x->test_case->faults, frame->edge, frame->event_index, frame->tear,
                          trace);
        }
        append_answers(&x->world, frame->base, end, trace);
    }
}

static void describe_witness(const struct cp_explorer *x, struct cp_violation *violation) {
    violation->is_of_search = x->frame_count == 0; // the walk is over: no path leads to it
    violation->cuts = violation->is_of_search ? 0 : x->frames[x->frame_count - 1].cuts;
    violation->is_shortest = violation->cuts == 0;
    write_trace(x, violation->trace);
}

static void record_violation(struct cp_explorer *x, enum cp_promise promise, const char *message) {
    struct cp_result *result = x->result;
    for (uint32_t i = 0; i < result->violation_count; i++) {
        if (result->violations[i].promise == promise) {
            return; // the first is enough
        }
    }
    struct cp_violation *violation = &result->violations[result->violation_count++];
    violation->promise = promise;
    snprintf(violation->message, sizeof(violation->message), "%s", message);
    describe_witness(x, violation);
}

// Whatever the case promises or claims: what it says of one program is not true of the other.
void cp_x_apart(struct cp_explorer *x, const char *message) {
    x->result->violation_count = 0;
    record_violation(x, CP_PROMISE_BOOTABLE, message);
    cp_x_stop(x, CP_STOP_APART);
}

void cp_x_on_violation(void *context, enum cp_promise promise, const char *message) {
    struct cp_explorer *x = context;
    uint32_t bit = 1u << promise;
    bool is_claimed = (x->test_case->expect.violates & bit) != 0;
    if ((x->test_case->promises & bit) == 0) {
        return;
    }
    x->allowances.ignores_wear |= promise == CP_PROMISE_BOUNDED_WEAR; // it may grow for ever
    if ((x->wanted & bit) == 0) {
        x->path_is_broken |= !is_claimed;
        return;
    }
    record_violation(x, promise, message);
    if (!is_claimed) {
        cp_x_stop(x, CP_STOP_VIOLATION);
        return;
    }
    x->claims_open &= ~(1u << promise);
    if (x->claims_open == 0) {
        cp_x_stop(x, CP_STOP_CLAIMS_MET);
    }
}

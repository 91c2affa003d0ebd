// slow_first_run.c: the cuts of the first run, as first_run.c notes them. What becomes of the
// states that they lead to is known when the search is over.

#include "faults/slow_search.h"

#include <stdlib.h>

bool cp_slow_is_first_run(const struct cp_slow *s) {
    return s->nodes[s->boot.node].is_uncut && s->boot.is_plain && s->boot.is_fresh;
}

static void note(struct cp_slow *s, struct cp_slow_first_cut cut) {
    if (s->first_cut_count == s->first_cut_capacity) {
        uint32_t capacity = 2 * s->first_cut_capacity + 1024;
        struct cp_slow_first_cut *cuts = realloc(s->first_cuts, capacity * sizeof(*cuts));
        if (!cuts) {
            cp_slow_stop(s, CP_STOP_MEMORY);
            return;
        }
        s->first_cuts = cuts;
        s->first_cut_capacity = capacity;
    }
    s->first_cuts[s->first_cut_count++] = cut;
}

void cp_slow_note_cut(struct cp_slow *s, enum cp_edge edge, uint32_t tear, uint32_t id) {
    if (cp_slow_is_first_run(s) && id != 0) {
        note(s, (struct cp_slow_first_cut){s->boot.event_count, id, (uint8_t)edge, (uint8_t)tear});
        if (edge == CP_EDGE_AFTER) {
            s->first_after = s->first_cuts[s->first_cut_count - 1];
        }
    }
}

static bool is_cut_in(const struct cp_slow *s, enum cp_mode mode) {
    const struct cp_fault_model *faults = &s->test_case->faults;
    enum cp_phase phase = mode == CP_MODE_BOOTLOADER ? CP_PHASE_BOOTLOADER : CP_PHASE_APPLICATION;
    return faults->cut && (faults->cut_phases >> phase & 1u) != 0 &&
           s->test_case->bounds.cuts_max > 0;
}

void cp_slow_note_question(struct cp_slow *s) {
    uint32_t before = s->boot.event_count - 1;
    bool is_known = before == 0 || (s->first_after.event_index == before && s->first_after.id != 0);
    if (is_known && is_cut_in(s, s->world.machine->mode)) {
        cp_slow_note_cut(s, CP_EDGE_AFTER, 0, before == 0 ? 1 : s->first_after.id);
    }
}

void cp_slow_note_reset(struct cp_slow *s, uint32_t id) {
    if (is_cut_in(s, CP_MODE_BOOTLOADER)) {
        cp_slow_note_cut(s, CP_EDGE_AFTER, 0, id);
    }
}

void cp_slow_collect_cuts(struct cp_slow *s) {
    struct cp_cuts cuts = {0};
    for (uint32_t i = 0; i < s->first_cut_count; i++) {
        const struct cp_slow_first_cut *cut = &s->first_cuts[i];
        const struct cp_slow_state *state = cp_slow_state_of(s, cut->id);
        const struct cp_cut_run run = {.edge = (enum cp_edge)cut->edge,
                                       .tear = cut->tear,
                                       .first = cut->event_index,
                                       .last = cut->event_index,
                                       .outcome = state->outcome,
                                       .final_image = state->image};
        bool was_seen = state->outcome != CP_OUTCOME_UNKNOWN || s->stop == CP_STOP_NONE;
        if (was_seen && cp_cuts_add(&cuts, &run)) {
            cp_slow_stop(s, CP_STOP_MEMORY);
        }
    }
    cp_cuts_conclude(&cuts);
    s->result->cuts = cuts.runs; // handed over
    s->result->cut_count = cuts.count;
    free(s->first_cuts);
    s->first_cuts = NULL;
}

// first_run.c: the cuts of the first run, which people look at; the search needs them not.
//
// A cut there may lead to a state that is known, and then no row of a state tells of it. What
// became of that state is known all the same.
//
// The walk back comes by the events in descending order. One that leaves flash and ghost as
// they were, such as a choice, is cut no other way than the event before it, and so waits for
// that one's end.

#include "faults/search.h"

uint32_t cp_x_event_index_of(struct cp_explorer *x, const struct cp_entry *entry) {
    return (uint32_t)((size_t)(entry - x->world.entries) - cp_x_top_frame(x)->base + 1);
}

bool cp_x_is_first_run(const struct cp_explorer *x, uint32_t event_index) {
    return x->frame_count == 1 && event_index <= x->uncut_events;
}

void cp_x_leave_first_run(struct cp_explorer *x, const struct cp_entry *entry) {
    uint32_t events = cp_x_event_index_of(x, entry) - 1;
    if (x->frame_count == 1 && events < x->uncut_events) {
        x->uncut_events = events;
    }
}

// The cut of these events leads to state `id`, which was booted.
static void note(struct cp_explorer *x, struct cp_cut_run run, uint32_t id) {
    struct cp_outcome_of end = cp_x_outcome_of(x, id);
    run.outcome = (enum cp_outcome)end.outcome;
    run.final_image = end.image;
    bool was_seen = run.outcome != CP_OUTCOME_UNKNOWN || x->stop == CP_STOP_NONE;
    if (was_seen && cp_cuts_add(&x->cuts, &run)) {
        cp_x_stop(x, CP_STOP_MEMORY);
    }
}

void cp_x_note_cut(struct cp_explorer *x, enum cp_edge edge, uint32_t tear, uint32_t event_index,
                   uint32_t id) {
    bool takes_others = edge == CP_EDGE_AFTER && x->cut_last > event_index;
    note(x,
         (struct cp_cut_run){.edge = edge,
                             .tear = tear,
                             .first = event_index,
                             .last = takes_others ? x->cut_last : event_index},
         id);
    if (edge == CP_EDGE_AFTER) {
        x->cut_last = 0;
    }
}

static bool is_cut_in(const struct cp_explorer *x, enum cp_phase phase) {
    const struct cp_fault_model *faults = &x->test_case->faults;
    return faults->cut && (faults->cut_phases >> phase & 1u) != 0 &&
           x->test_case->bounds.cuts_max > 0;
}

void cp_x_note_uncut(struct cp_explorer *x, const struct cp_entry *entry) {
    uint32_t event_index = cp_x_event_index_of(x, entry);
    if (!cp_x_is_first_run(x, event_index)) {
        return;
    }
    bool is_question = entry->kind == CP_ENTRY_CHOICE || entry->kind == CP_ENTRY_READ;
    if (entry->kind == CP_ENTRY_RESET && is_cut_in(x, CP_PHASE_BOOTLOADER)) {
        cp_x_note_cut(x, CP_EDGE_AFTER, 0, event_index, entry->reached_id);
    }
    if (!is_question || !is_cut_in(x, cp_x_phase_of(entry))) {
        x->cut_last = 0;
    } else if (x->cut_last == 0) {
        x->cut_last = event_index;
    }
    if (event_index == 1 && x->cut_last > 0) { // nothing is before it but the device as delivered
        cp_x_note_cut(x, CP_EDGE_AFTER, 0, 1, cp_x_top_frame(x)->id);
    }
}

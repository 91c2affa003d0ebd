// search.h: what the parts of the explorer share: known.c, witness.c, forward.c,
// backward.c, put together by explorer.c.

#ifndef CP_FAULTS_SEARCH_H
#define CP_FAULTS_SEARCH_H

#include "faults/explorer.h"

static inline struct cp_frame *cp_x_top_frame(struct cp_explorer *x) {
    return &x->frames[x->frame_count - 1];
}

static inline enum cp_phase cp_x_phase_of(const struct cp_entry *entry) {
    return entry->mode == CP_MODE_BOOTLOADER ? CP_PHASE_BOOTLOADER : CP_PHASE_APPLICATION;
}

// --- known.c

// End the search for this reason, unless it has one already.
void cp_x_stop(struct cp_explorer *x, enum cp_stop reason);

// Look up the state at a reset, as the flash and the ghost are now. True if it is
// to be explored: it is new, or was explored with fewer torn operations allowed.
// *id is its id in any case, 0 if the search has to stop.
bool cp_x_reach(struct cp_explorer *x, uint32_t cuts, uint32_t torn_left, uint32_t *id,
                bool *is_new);

// Is the run known that stands at `at`? If so *id is the state, or the branch, whose boot
// was there. The present segment ends there.
bool cp_x_is_known_run(struct cp_explorer *x, struct cp_hash at, uint32_t *id);

// The run stops at `at`, where state `id` was once: it ends as that did, unless
// that is its own past.
void cp_x_end_known(struct cp_explorer *x, struct cp_hash at, uint32_t id);

// A new state begins to boot; the states that do have all come to this, or to
// what became of state `id`.
void cp_x_add_pending(struct cp_explorer *x, const struct cp_state_row *row);
void cp_x_resolve(struct cp_explorer *x, enum cp_outcome outcome, uint8_t image);
void cp_x_resolve_like(struct cp_explorer *x, uint32_t id);

// What became of the boot of a state, or of a branch.
struct cp_outcome_of cp_x_outcome_of(const struct cp_explorer *x, uint32_t id);

// Another option than the first is taken, while a program of that mode runs.
void cp_x_begin_branch(struct cp_explorer *x, enum cp_mode mode);

// --- witness.c

// The report function of the world's promises; the context is the explorer.
void cp_x_on_violation(void *context, enum cp_promise promise, const char *message);

// Two programs in step came apart here: the search ends, and has this trace.
void cp_x_apart(struct cp_explorer *x, const char *message);

// --- forward.c

// Go on from where the machine stands, or switch it on first, to the end of the run.
void cp_x_run_forward(struct cp_explorer *x);
void cp_x_power_on(struct cp_explorer *x);

// Keep the machine as it is with a choice or a read. False without memory.
bool cp_x_keep_snapshot(struct cp_explorer *x, struct cp_entry *entry);

// Did something end the search that one can go on from, and is that wanted?
bool cp_x_leaves_checkpoint(const struct cp_explorer *x);

// What the search takes now.
uint64_t cp_x_memory_bytes(const struct cp_explorer *x);

// --- starts.c

// The first event of a program that was started: looked up if a start with the same
// flash footprint is known, executed otherwise.
const struct cp_event *cp_x_first_event(struct cp_explorer *x);

// Free what the memo of starts keeps.
void cp_x_free_start(void *item);

// --- reads.c

// An undecided word is read: go on with the first class of values. False where the run ends.
bool cp_x_on_read(struct cp_explorer *x);

// Take the next class of a read that is the newest entry and has been undone; false if
// there is none.
bool cp_x_next_class(struct cp_explorer *x, struct cp_entry *entry);

// --- segments.c: notes for liveness.h

// The boot of a state begins, or an option of the choice that ended segment `fork`.
void cp_x_begin_boot(struct cp_explorer *x, uint32_t state_id);
void cp_x_begin_option(struct cp_explorer *x, uint32_t fork);

// The newest entry is an operation of the present segment.
void cp_x_note_operation(struct cp_explorer *x, struct cp_entry *entry);

// The present segment ends, if there is one.
void cp_x_end_segment(struct cp_explorer *x, enum cp_segment_end end, uint32_t next,
                      uint32_t next_offset);

// --- first_run.c

// Counted from the power-on of the top frame, from 1.
uint32_t cp_x_event_index_of(struct cp_explorer *x, const struct cp_entry *entry);

// Is the event one of the first run, the one without any cut and with all first options?
bool cp_x_is_first_run(const struct cp_explorer *x, uint32_t event_index);

// Another option of the entry is about to be taken.
void cp_x_leave_first_run(struct cp_explorer *x, const struct cp_entry *entry);

// An event of the first run was cut so, which leads to this state.
void cp_x_note_cut(struct cp_explorer *x, enum cp_edge edge, uint32_t tear, uint32_t event_index,
                   uint32_t id);

// No cut is made behind the entry: for there is none, or since it is the same as before it.
void cp_x_note_uncut(struct cp_explorer *x, const struct cp_entry *entry);

// --- backward.c

// Returns false without memory.
bool cp_x_push_frame(struct cp_explorer *x, const struct cp_frame *frame);

// One step of the walk back: a cut, a torn form, another option, or one event less.
void cp_x_step_back(struct cp_explorer *x);

#endif

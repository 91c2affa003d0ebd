// slow_search.h: what the parts of the slow engine share; see slow.h.

#ifndef CP_FAULTS_SLOW_SEARCH_H
#define CP_FAULTS_SLOW_SEARCH_H

#include "faults/allowance.h"
#include "faults/blobs.h"
#include "faults/cuts.h"
#include "faults/explore.h"
#include "faults/sites.h"
#include "faults/uncut.h"
#include "faults/world.h"

#define CP_NODE_NONE UINT32_MAX
// Answers that one boot asks for, of the world and of undecided words.
#define CP_QUESTIONS_MAX 256u

// What a boot did, for telling whether to do it for ever breaks a promise.
struct cp_deeds {
    bool starts, erases, ends; // an image was started, a page erased, an update ended
};

// A state: the flash at a reset, as an array of cells, and the ghost.
struct cp_slow_state {
    struct cp_hash hash;
    struct cp_ghost ghost;
    uint32_t survivor; // of the chips, where only the MCU was reset
    uint32_t first_node, newest_node;
    // Of its boot with the plainest answers:
    enum cp_outcome outcome; // unknown until it is known
    uint8_t image;
    struct cp_deeds deeds;
    uint32_t resets_to; // the state that it resets to, or 0
    enum cp_event_kind reset_kind;
    uint32_t reset_error;
    uint32_t walk; // of the look for loops: in which walk it was met
    bool is_told;
};

// A state as it was reached: what is still allowed from there, and how it came about.
// A state has several if none allows at least as much as the others.
struct cp_slow_node {
    uint32_t state; // its id
    uint32_t older; // node of the same state
    uint32_t parent;
    uint32_t cuts, torn_left;
    uint32_t allowance;
    uint32_t wear;        // blob: levels and counts of erases
    uint32_t tokens;      // blob: answers of the parent's boot that are not the plainest
    uint32_t event_index; // the parent's event, counted from the power-on
    uint32_t site, tear;
    enum cp_edge edge;
    enum cp_phase phase;
    struct cp_deeds deeds; // of the parent's boot up to here
    bool is_free;          // all cuts from here on are this part's: see backward.c
    bool is_uncut;         // no cut and only the plainest answers lead here
};

// An answer as a trace tells of it.
struct cp_slow_token {
    uint32_t event_index, value;
    uint32_t is_choice, read_kind; // of what is no choice: enum cp_read_kind
};

// Something that a boot asks.
struct cp_slow_question {
    uint32_t *options; // of a read: the values, in the order in which they are tried
    uint32_t option_count, taken;
    bool is_choice, is_plain; // is the option taken what is taken unasked?
    struct cp_hash story;     // the events up to it: the same in each run
    struct cp_slow_token token;
};

// The boot that is run.
struct cp_slow_boot {
    uint32_t node;
    uint32_t event_count; // since the power-on
    struct cp_slow_question questions[CP_QUESTIONS_MAX];
    uint32_t question_count; // known
    uint32_t asked;          // met in this run
    bool is_plain;           // only first options so far
    bool is_fresh;           // no run before this one was here
    bool is_quiet;           // a trial: nothing is told or reached
    bool is_to_restart;      // a trial has taken the machine away
    uint64_t events_of_run;
    struct cp_hash story; // of the events of this run
    struct cp_deeds deeds;
    struct cp_promise_count counts[CP_PROMISE_COUNT]; // before it began
};

// A cut of the first run, and the state that it leads to.
struct cp_slow_first_cut {
    uint32_t event_index, id;
    uint8_t edge, tear;
};

struct cp_slow_list {
    uint32_t *items;
    size_t count, capacity;
};

struct cp_slow {
    const struct cp_case *test_case;
    const struct cp_explore_options *options;
    const struct cp_sink *sink;
    struct cp_result *result;
    struct cp_world world;
    struct cp_sites sites;
    struct cp_visited reboot;     // hash -> id
    struct cp_slow_state *states; // by id - 1
    uint32_t state_count, state_capacity;
    uint32_t *state_cells; // by state: cell_count blobs
    struct cp_slow_node *nodes;
    uint32_t node_count, node_capacity;
    struct cp_allowances allowances;
    struct cp_blobs blobs; // cells, wear, tokens
    // The flash as it is: a blob for each cell, or CP_BLOB_NONE where it has changed.
    uint32_t cell_count;
    uint32_t first_cell[CP_DEVICES_MAX];
    uint32_t *cells_now;
    uint8_t *cell_save, *level_save, *update_save; // room for one each
    struct cp_slow_list now, next; // nodes to boot, with as many cuts and with one more
    struct cp_slow_list booted;    // states that were booted since the last end of a level
    struct cp_slow_boot boot;
    struct cp_uncut uncut;
    struct cp_slow_first_cut *first_cuts;
    uint32_t first_cut_count, first_cut_capacity;
    struct cp_slow_first_cut first_after; // the last of them after an event
    uint32_t walk_count;
    struct cp_hash first_story; // of the first state's boot: the same at each check
    uint32_t check_count;
    uint32_t claims_open;
    bool bound_was_hit;
    enum cp_stop stop;
    double started_seconds;
    uint32_t events_to_tick;
};

// --- slow.c

void cp_slow_stop(struct cp_slow *s, enum cp_stop reason);

// An event has happened: look at the budgets now and then.
void cp_slow_tick(struct cp_slow *s);

// Returns false without memory, and stops.
bool cp_slow_push(struct cp_slow *s, struct cp_slow_list *list, uint32_t item);

// --- slow_states.c

// Returns 0, or -1 without memory.
int cp_slow_init_states(struct cp_slow *s);
void cp_slow_free_states(struct cp_slow *s);
uint64_t cp_slow_states_bytes(const struct cp_slow *s);

static inline struct cp_slow_state *cp_slow_state_of(const struct cp_slow *s, uint32_t id) {
    return &s->states[id - 1];
}

// The cells of a page, or of the page of a word, are about to change.
void cp_slow_touch_page(struct cp_slow *s, uint32_t device, uint32_t word);

// The flash and ghost as they are now are reached so. `node` has all but what belongs
// to the state. If there is anything to explore from there, a node is queued. Returns
// the id of the state, 0 if the search has to stop.
uint32_t cp_slow_reach(struct cp_slow *s, struct cp_slow_node *node);

// Is the state of a node explored with fewer cuts and as much allowed?
bool cp_slow_is_superseded(const struct cp_slow *s, uint32_t node);

// Make flash, ghost and wear those of a node.
void cp_slow_load(struct cp_slow *s, uint32_t node);

// --- slow_boot.c

// Run all boots of a node.
void cp_slow_boot_node(struct cp_slow *s, uint32_t node);

// The hash of a story with one event more: what the program asks for, not where it stands.
struct cp_hash cp_slow_story(struct cp_hash before, const struct cp_event *event);

// Begin a run of the present boot from power-on.
void cp_slow_begin_run(struct cp_slow *s);

// Run the first boot once more. If it does something else than it did, it is no function
// of the flash, nothing that was found of it means anything, and the search stops.
void cp_slow_check_program(struct cp_slow *s);

// Let the machine go on to its next event, and deal with it. False where the run ends.
bool cp_slow_step(struct cp_slow *s);

// The power may be cut at what just happened, or is about to happen.
struct cp_slow_node cp_slow_child(struct cp_slow *s, enum cp_edge edge, enum cp_mode mode);

// Do the operation that the machine asks for. False without memory.
bool cp_slow_operate(struct cp_slow *s, uint32_t site);

// --- slow_cut.c

// What the operation that the machine asks for leaves behind when the power is cut
// inside it.
void cp_slow_cut_inside(struct cp_slow *s, uint32_t site);

// The power is cut after the operation at `word` of `device`, or after a milestone.
void cp_slow_cut_after_operation(struct cp_slow *s, uint32_t site, uint32_t device, uint32_t word,
                                 bool is_program);
void cp_slow_cut_after_milestone(struct cp_slow *s, enum cp_mode mode);

// --- slow_read.c

// Fill the question with the classes of the undecided word whose read is the machine's
// event, by trials that take the machine away. Returns 0, or -1 without memory.
int cp_slow_classify(struct cp_slow *s, struct cp_slow_question *question);

// --- slow_first_run.c

// Is what happens now part of the first run, the one without any cut?
bool cp_slow_is_first_run(const struct cp_slow *s);

// If so: the present event was cut so, which leads to state `id`; or it is a question, whose
// cut is that of the event before it; or a reset into a state, where a cut changes nothing.
void cp_slow_note_cut(struct cp_slow *s, enum cp_edge edge, uint32_t tear, uint32_t id);
void cp_slow_note_question(struct cp_slow *s);
void cp_slow_note_reset(struct cp_slow *s, uint32_t id);

// The search is over, and all states were told of.
void cp_slow_collect_cuts(struct cp_slow *s);

// --- slow_told.c

// The present boot is one with the plainest answers: what became of it.
void cp_slow_outcome(struct cp_slow *s, enum cp_outcome outcome, uint8_t image);

// The present boot resets into this state.
void cp_slow_resets_to(struct cp_slow *s, uint32_t id, enum cp_event_kind kind, uint32_t error);

// All states with so many cuts are booted: tell of those that were waiting for others, and
// look for loops.
void cp_slow_end_level(struct cp_slow *s);

// The search is over: tell of the rest.
void cp_slow_tell_rest(struct cp_slow *s);

// --- slow_trace.c

// The report function of the world's promises; the context is the search.
void cp_slow_on_violation(void *context, enum cp_promise promise, const char *message);

// The answers of the present boot, up to now, as a blob. CP_BLOB_NONE if all are plain.
uint32_t cp_slow_tokens(struct cp_slow *s);

#endif

// explorer.h: the depth-first search, inside the room. See explore.c.

#ifndef CP_FAULTS_EXPLORER_H
#define CP_FAULTS_EXPLORER_H

#include "faults/allowance.h"
#include "faults/audit.h"
#include "faults/cuts.h"
#include "faults/explore.h"
#include "faults/liveness.h"
#include "faults/memo.h"
#include "faults/sites.h"
#include "faults/visited.h"
#include "faults/world.h"

// One power-on: the run that followed the cut that led to it.
struct cp_frame {
    size_t base;             // the run's first entry in the journal
    uint32_t id;             // its state
    uint32_t cuts;           // power losses so far
    uint32_t torn_left;      // torn operations still allowed
    uint32_t interrupted_id; // the state whose run was cut
    enum cp_edge edge;
    uint32_t event_index, tear; // where the cut was
    uint32_t survivor_before;   // what the life began with that was cut
    struct cp_ghost ghost;      // as it was there
    bool is_free;               // all cuts below are this part's: see backward.c
};

struct cp_outcome_of {
    uint8_t outcome; // enum cp_outcome
    uint8_t image;
};

// Another option of a boot, taken before it has started anything: its places are known by
// CP_BRANCH and its number, since they end otherwise than the boot with the first options.
#define CP_BRANCH 0x80000000u

struct cp_branch {
    struct cp_outcome_of end;
    uint32_t state_id;
};

struct cp_explorer {
    const struct cp_case *test_case;
    const struct cp_sink *sink;
    struct cp_result *result;
    struct cp_world world;
    struct cp_sites sites;
    const struct cp_explore_options *options;
    struct cp_audit_notes *notes; // of an audit, or NULL
    struct cp_allowances allowances;
    struct cp_memo boots;   // starts of programs, up to their first event
    struct cp_memo classes; // reads of undecided words
    struct cp_liveness_notes liveness;
    uint32_t segment, segment_operations; // of the present boot; CP_SEGMENT_NONE after it
    bool is_starting;                     // a program was started and has not run yet
    struct cp_event known_event;          // of a boot that was looked up
    struct cp_visited reboot;             // flash and ghost at a reset
    struct cp_visited running;            // flash, ghost and volatile state at an operation
    struct cp_visited reopened;           // states that a checkpoint left open, with their ids
    double seconds_before;                // of the searches that this one goes on from
    struct cp_frame *frames;
    size_t frame_count, frame_capacity;
    uint8_t *wear_saves;            // by frame: the wear before its power loss
    struct cp_outcome_of *outcomes; // by state id
    size_t outcome_capacity;
    struct cp_branch *branches;
    uint32_t branch_count, branch_capacity;
    uint32_t branch;              // that the present boot is on, or 0
    uint32_t branch_open;         // whose end is not known yet, or 0
    struct cp_state_row *pending; // states booted and not started anything yet
    size_t pending_count, pending_capacity;
    uint32_t current_id, last_id;
    uint32_t claims_open;  // bit per claimed promise not yet seen broken
    uint32_t wanted;       // bit per promise whose violation is looked for
    struct cp_cuts cuts;   // of the first run
    uint32_t uncut_events; // of that run, as far as nothing but first options was taken in it
    uint32_t
        cut_last;    // the last of the events, before the one at hand, that no cut is told apart at
    uint32_t stride; // of the data words at which the first run is cut
    bool path_is_broken; // another one broke on this path, which ends it
    bool bound_was_hit;  // a cut was left out for a bound
    enum cp_stop stop;
    double started_seconds;
    uint32_t events_to_tick;
};

#define CP_WANTED_ALL UINT32_MAX

// How to search. Only violations of `wanted` promises (a bit each) are results. A
// path that breaks another promise of the case, one that it does not claim, ends
// there: what follows would not be told. `is_sample` cuts the first run at each
// state record, erase and milestone, but only at some hundred of its data words.
struct cp_search {
    const struct cp_explore_options *options;
    const struct cp_sink *sink;   // may be NULL
    struct cp_audit_notes *notes; // of an audit; may be NULL
    uint32_t wanted;
    bool is_sample;
};

// Search once; fills the result but for the shortest traces.
void cp_explorer_run(const struct cp_case *test_case, const struct cp_program *program,
                     const struct cp_search *how, struct cp_result *result, enum cp_stop *stop);

// Replace the trace of each violation by one with the fewest cuts.
void cp_shrink(const struct cp_case *test_case, const struct cp_program *program,
               struct cp_result *result);

double cp_now_seconds(void);

#endif

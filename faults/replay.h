// replay.h: run one trace of a case and tell of each event.

#ifndef CP_FAULTS_REPLAY_H
#define CP_FAULTS_REPLAY_H

#include "faults/result.h"
#include "faults/word.h"
#include "sim/machine.h"

enum cp_step_kind {
    CP_STEP_POWER_ON, // a run begins; `text` says why
    CP_STEP_PROGRAM,
    CP_STEP_ERASE,
    CP_STEP_EVENT, // a milestone, jump, choice or reset; `text` says which
    CP_STEP_CUT,   // the power goes; `text` says where
    CP_STEP_VIOLATION,
};

struct cp_step {
    enum cp_step_kind kind;
    uint32_t event_index;          // in this run, from 1; counts programs, erases and events
    uint32_t cuts;                 // power losses so far
    uint32_t device;               // of an operation, a read or a torn operation
    enum cp_area area;             // of these; CP_AREA_COUNT if outside all
    uint32_t page;                 // index within the area
    uint32_t address;              // within the area, in bytes
    uint32_t word_count;           // of an operation
    uint32_t old_value, new_value; // of a program: its first word, as nor.h stores it
    uint32_t inversion;            // of that
    uint32_t page_offset_bytes;    // of the first word within its page
    uint32_t old_high;             // where the word was torn before: its most; else old_value
    bool is_read;                  // CP_STEP_EVENT: old_value to old_high was read as new_value
    enum cp_read_kind read_kind;   // of a read; of CP_READ_PAGE new_value is the form
    bool is_fate;                  // CP_STEP_EVENT: the next operation goes so, enum cp_fate
    enum cp_fate fate;
    bool is_reset; // CP_STEP_EVENT: the device was reset without a power loss
    uintptr_t frames[CP_SITE_FRAMES_MAX];
    uint32_t frame_count;
    enum cp_promise promise; // of a violation
    char text[CP_MESSAGE_MAX];
};

typedef void (*cp_step_fn)(void *context, const struct cp_step *step);

// Replay `trace` (as in cp_violation.trace). Returns 0; 1 if a promise of the
// case was violated on the way; -1 with a message in error[CP_MESSAGE_MAX] if
// the trace does not fit the case (an event that is not reached, an unknown
// tear, a syntax error).
int cp_replay(const struct cp_case *test_case, const struct cp_program *program, const char *trace,
              cp_step_fn on_step, void *context, struct cp_violation *violation, char *error);

// The same, with the world as each step leaves it, valid during the call. At
// CP_STEP_POWER_ON nothing of the run has happened yet. A last call, with NULL for the step,
// says that there are no more.
struct cp_world;
typedef void (*cp_watch_fn)(void *context, const struct cp_world *world,
                            const struct cp_step *step);

int cp_replay_watched(const struct cp_case *test_case, const struct cp_program *program,
                      const char *trace, cp_watch_fn on_step, void *context,
                      struct cp_violation *violation, char *error);

#endif

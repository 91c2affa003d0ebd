// trail.h: a trace told in full. Of each step: what it changed, what the page and ACTIVE
// hold after it, and what STATE then says. Replay shows it, and the run log keeps it.

#ifndef CP_FAULTS_TRAIL_H
#define CP_FAULTS_TRAIL_H

#include "faults/replay.h"
#include "sim/machine.h"

#define CP_TRAIL_WINDOW_BYTES 64u
#define CP_TRAIL_TEXT_MAX     192u
#define CP_HOLDS_MAX          56u

struct cp_trail_step {
    struct cp_step step;
    uint32_t life;        // power-ons and resets before it
    enum cp_mode mode;    // what was running
    bool is_near_cut;     // among the few steps before or behind a power loss, or the loss
    uint32_t event_count; // successive programs of one page told as one; else 1
    // Of an operation, whole or torn by the cut: the rows of the page around its first word, as
    // they are read. Of a torn one `before` is what was there before it was begun.
    uint32_t window_offset_bytes; // within the page
    uint32_t window_size_bytes;   // 0: none, for it is no operation or is one of several
    uint8_t before[CP_TRAIL_WINDOW_BYTES], after[CP_TRAIL_WINDOW_BYTES];
    // After the step. Text of cp_trail_page_holds(); empty where the step is no operation.
    char page_holds[CP_HOLDS_MAX];
    char active_holds[CP_HOLDS_MAX];    // "old", "new", "neither", ...
    char state_says[CP_TRAIL_TEXT_MAX]; // STATE decoded: cp_state_decode()
};

struct cp_trail_options {
    // Put together successive programs of one page and site, but for those of STATE and
    // those near a cut. For what is kept; a person steps through single operations.
    bool is_brief;
};

// What the flash held before the first step, and holds now.
struct cp_trail;

// Called for each step. `trail` answers the functions below, of the flash after the step.
typedef void (*cp_trail_fn)(void *context, const struct cp_trail *trail,
                            const struct cp_trail_step *step);

// Run a trace as cp_replay() does, with its results and errors. The first call of
// `on_step` is for the power-on. Without memory -1.
int cp_trail_run(const struct cp_case *test_case, const struct cp_program *program,
                 const char *trace, struct cp_trail_options options, cp_trail_fn on_step,
                 void *context, struct cp_violation *violation, char *error);

// What a page of an area holds: "erased", "old" or "new" or "factory" (that page of this
// image, by its name in the scenario), "old[3]" (another page of it), "state", "torn" (words
// in doubt), "part of new" (a page on its way), "other".
void cp_trail_page_holds(const struct cp_trail *trail, enum cp_area area, uint32_t page,
                         char holds[CP_HOLDS_MAX]);

// The bytes of a whole device as they are read, undecided words as if their operation had been
// completed. `bytes` has room for all of it: device 0 is the target.
uint32_t cp_trail_device_count(const struct cp_trail *trail);
uint32_t cp_trail_device_size_bytes(const struct cp_trail *trail, uint32_t device);
uint32_t cp_trail_device_address(const struct cp_trail *trail, uint32_t device); // of its start
void cp_trail_read_device(const struct cp_trail *trail, uint32_t device, uint8_t *bytes);

// Where the areas lie, for maps: pages may differ in size, then page_size_bytes is 0.
struct cp_trail_area {
    enum cp_area area;
    const char *name; // "active"
    uint32_t device, offset_bytes, size_bytes, page_size_bytes, page_count;
};
const char *cp_trail_area_name(enum cp_area area); // "outside" for CP_AREA_COUNT
uint32_t cp_trail_areas(const struct cp_trail *trail, struct cp_trail_area areas[CP_AREA_COUNT]);

#endif

// replay.h: what the ways to replay a trace share: the case of an id, a place in the
// trace, and what there is to know of the trace before anything is shown of it.

#ifndef CP_CLI_REPLAY_H
#define CP_CLI_REPLAY_H

#include "cli/case_id.h"
#include "cli/exit_code.h"
#include "cli/options.h"
#include "cli/text.h"
#include "faults/replay.h"
#include "faults/variant.h"
#include "scenarios/load.h"

struct cp_replay {
    const struct cp_options *options;
    struct cp_case_id id;
    struct cp_case_list cases;
    const struct cp_case *test_case;
    const struct cp_program *program;
    struct cp_suggestion nearest; // of all case names that were seen
    char nearest_name[CP_NAME_MAX];
};

// --- replay_find.c

// Find the case of the first argument, and the program that its hash is of. CP_EXIT_OK, or
// CP_EXIT_USAGE after a message. cp_case_list_free() frees the cases in either case.
enum cp_exit cp_replay_find(struct cp_replay *replay);

// --- replay_point.c

// An event of a power-on: event 0 is the power-on itself.
struct cp_point {
    uint32_t cuts; // power losses before it
    uint32_t event_index;
};

// "2:12"; for messages.
struct cp_number cp_point_text(struct cp_point point);

// Read "137", of the last power-on of a trace with so many cuts, or "2:12", event 12 after the
// second cut. Returns 0, or -1.
int cp_point_parse(const char *text, uint32_t cut_count, struct cp_point *point);

// Does the step come after all that belongs to the event at this point? A cut there does.
bool cp_point_is_before(struct cp_point point, const struct cp_step *step);

// Is it a step of just this event?
bool cp_point_is_of(struct cp_point point, const struct cp_step *step);

// --- replay_survey.c

// What a whole replay shows, for what is decided before anything is printed.
struct cp_survey {
    uint32_t cut_count; // power losses, and resets of the MCU alone, that the trace has
    uint32_t events[CP_TOKENS_MAX + 1]; // of each power-on
    uint32_t violated;                  // bit per promise
    struct cp_violation violation;      // the first
    struct cp_point violated_at;
    bool has_cut;
    struct cp_point cut_at; // the event at or in which the last cut is
    bool has_point;         // --until
    struct cp_point point;
};

// Replay the trace without a word, and find the point of --until in it. CP_EXIT_OK, or
// CP_EXIT_USAGE after a message: the trace does not fit, there is no such event.
enum cp_exit cp_replay_survey(const struct cp_replay *replay, struct cp_survey *survey);

// What a point is meant by where none is given: the event of the last cut, else that of the
// violation. False after a message: there is neither.
bool cp_survey_default_point(const struct cp_survey *survey, struct cp_point *point);

// --- replay.c

// What a debugger has to do with a replay that it follows.
struct cp_replay_debug {
    // Where cp_bus_stop_at_next_event() is called, and printing begins; of operations only if
    // that is to be verbose.
    struct cp_point stop;
    void (*on_step)(void *context, const struct cp_step *step); // each, before it is printed
    void *context;
    bool is_silent; // nothing more is printed
};

// Replay, and print steps and verdict. The exit code of the replay.
enum cp_exit cp_replay_debugged(const struct cp_replay *replay, struct cp_replay_debug *debug);

// --- gdb_arm.c: cp_replay_in_gdb() of ARM code

enum cp_exit cp_replay_arm_in_gdb(const struct cp_replay *replay, struct cp_point point);

// --- the ways to show it; each returns an exit code

enum cp_exit cp_replay_in_gdb(const struct cp_replay *replay, const struct cp_survey *survey);
enum cp_exit cp_replay_save_as(const struct cp_replay *replay, const struct cp_survey *survey);
enum cp_exit cp_replay_image(const struct cp_replay *replay, const struct cp_survey *survey);
enum cp_exit cp_replay_step(const struct cp_replay *replay, const struct cp_survey *survey);

#endif

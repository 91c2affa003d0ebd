// step_view.h: what the parts of the terminal view share: the steps of a trace as they are
// kept to go through them both ways, their picture as lines, and the terminal itself.

#ifndef CP_CLI_STEP_VIEW_H
#define CP_CLI_STEP_VIEW_H

#include "cli/replay.h"
#include "faults/trail.h"

#include <ncurses.h>

// --- step_view_model.c: the steps, and the flash at one of them

// One page that a step changed. Texts here and below belong to the model.
struct cp_view_change {
    uint32_t cell;
    const char *before, *after; // what it holds
};

struct cp_view_step {
    enum cp_step_kind kind;
    uint32_t cuts, event_index;
    enum cp_mode mode;
    const char *what, *where; // as a replay prints them
    const char *active, *state;
    enum cp_area area; // of an operation, a read or a torn operation; else CP_AREA_COUNT
    uint32_t page;
    size_t first_change;
    uint32_t change_count;
    uint32_t window_offset_bytes, window_size_bytes; // as in trail.h
    uint8_t before[CP_TRAIL_WINDOW_BYTES], after[CP_TRAIL_WINDOW_BYTES];
};

struct cp_view_model {
    const struct cp_replay *replay;
    struct cp_view_step *steps;
    size_t count, capacity;
    struct cp_view_change *changes;
    size_t change_count, change_capacity;
    struct cp_trail_area areas[CP_AREA_COUNT];
    uint32_t area_count, first_cells[CP_AREA_COUNT]; // of each of `areas`
    const char **cells;                              // what each page holds, now
    uint32_t cell_count;
    size_t at;   // the step that was done last
    void *texts; // a search tree of them
    bool is_out_of_memory;
};

// Replay the trace and keep its steps; the model stands at the first. CP_EXIT_OK, or another
// code after a message. Free it in either case.
enum cp_exit cp_view_model_init(struct cp_view_model *model, const struct cp_replay *replay);
void cp_view_model_free(struct cp_view_model *model);

void cp_view_go(struct cp_view_model *model, size_t at);

// The step before: what changed since then is marked. NULL for the first.
const struct cp_view_step *cp_view_before(const struct cp_view_model *model);

// The next step after, or before, the present one that a person looks for: a cut, a violation,
// a change of what STATE says; else the last, or the first.
size_t cp_view_next_mark(const struct cp_view_model *model, bool is_forward);

// The step of an event. False if there is none.
bool cp_view_find(const struct cp_view_model *model, struct cp_point point, size_t *at);

// --- step_view_lines.c: the picture of the present step, as lines

struct cp_view_lines {
    chtype *cells; // `width` in each line
    uint32_t width, count, capacity;
    bool is_out_of_memory;
};

// What is seen of the present step below the header. `room` is how many lines can be seen at a
// time: with little room a map takes less of it.
void cp_view_draw(struct cp_view_lines *lines, const struct cp_view_model *model, uint32_t room);

// The keys, for the help.
void cp_view_draw_help(struct cp_view_lines *lines);

void cp_view_lines_clear(struct cp_view_lines *lines, uint32_t width);
void cp_view_lines_free(struct cp_view_lines *lines);

// One line of text, or as many as it takes; what does not fit behind the label goes below.
void cp_view_text(struct cp_view_lines *lines, attr_t look, const char *label, const char *text);

// --- step_view_terminal.c

#define CP_VIEW_COLUMNS_MIN 40
#define CP_VIEW_LINES_MIN   12

enum cp_view_look { CP_LOOK_GOOD = 1, CP_LOOK_BAD, CP_LOOK_DOUBT, CP_LOOK_OLD, CP_LOOK_DIM };

// The attributes of a look. Without colour they are those that any terminal has.
attr_t cp_view_attributes(enum cp_view_look look);

// Is there a terminal to take? CP_EXIT_OK, or CP_EXIT_USAGE after a message.
enum cp_exit cp_view_terminal_check(void);

// Take the terminal, and see to it that it is given back whatever ends this process. CP_EXIT_OK,
// or CP_EXIT_USAGE after a message.
enum cp_exit cp_view_terminal_open(void);
void cp_view_terminal_close(void);

#endif

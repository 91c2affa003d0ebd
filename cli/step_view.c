// step_view.c: step through a trace in the terminal, forward and back.

#include "cli/step_view.h"

#include <stdlib.h>
#include <string.h>

struct view {
    struct cp_view_model model;
    struct cp_view_lines lines;
    uint32_t first_line; // of those below the header, that is shown
    uint32_t room;       // how many are shown at a time
    bool is_help, is_over;
    char note[80]; // for the footer, until the next key
};

#define HEADER_LINES     2u
#define HEADER_WITH_BAR  3u
#define LINES_FOR_BAR    16u
#define INPUT_ERRORS_MAX 100u // the terminal has gone away

// --- drawing

static uint32_t width(void) {
    return (uint32_t)COLS;
}

// One line of the frame, cut off at the right.
static void frame_line(int y, attr_t look, const char *text) {
    attrset((int)look);
    mvaddnstr(y, 0, text, COLS);
    attrset(A_NORMAL);
}

static const char *mode_text(const struct cp_view_step *step) {
    static const char *const names[] = {"bootloader", "application", "DFU mode"};
    return names[step->mode];
}

static void draw_header(const struct view *view) {
    const struct cp_replay *replay = view->model.replay;
    const struct cp_view_step *step = &view->model.steps[view->model.at];
    char text[CP_CASE_ID_MAX];
    snprintf(text, sizeof text, "%s  %s", replay->test_case->name, replay->id.trace);
    frame_line(0, A_BOLD, text);
    snprintf(text, sizeof text,
             width() < 60 ? "%zu/%zu event %u:%u %s" : "step %zu of %zu   event %u:%u   %s",
             view->model.at + 1, view->model.count, step->cuts, step->event_index, mode_text(step));
    frame_line(1, A_NORMAL, text);
}

static bool is_marked(const struct cp_view_model *model, size_t from, size_t to,
                      enum cp_step_kind kind) {
    for (size_t i = from; i < to; i++) {
        if (model->steps[i].kind == kind) {
            return true;
        }
    }
    return false;
}

// Where in the trace this is: x a cut, ! a violation, the step at hand inverse.
static void draw_bar(const struct cp_view_model *model) {
    size_t columns = width() - 2;
    mvaddch(2, 0, '[');
    for (size_t i = 0; i < columns; i++) {
        size_t from = i * model->count / columns, to = (i + 1) * model->count / columns;
        to = to > from ? to : from + 1;
        chtype sign = is_marked(model, from, to, CP_STEP_CUT) ? 'x' : '-';
        sign = is_marked(model, from, to, CP_STEP_VIOLATION) ? '!' : sign;
        bool is_here = i == model->at * columns / model->count;
        addch(is_here ? (sign == '-' ? '|' : sign) | A_REVERSE : sign);
    }
    addch(']');
}

static void draw_footer(const struct view *view) {
    char text[128];
    uint32_t last = view->first_line + view->room;
    last = last < view->lines.count ? last : view->lines.count;
    bool is_part = view->room < view->lines.count;
    if (*view->note) {
        snprintf(text, sizeof text, "%s", view->note);
    } else if (width() < 70) {
        snprintf(text, sizeof text, "arrows n p g ? q");
    } else {
        snprintf(text, sizeof text, "left/right step  n/p next mark  g go to  ? help  q quit");
    }
    if (is_part && strlen(text) + 20 < width()) {
        size_t length = strlen(text);
        snprintf(text + length, sizeof text - length, "   lines %u-%u of %u", view->first_line + 1,
                 last, view->lines.count);
    }
    frame_line(LINES - 1, A_REVERSE, text);
}

static void draw_lines(const struct view *view, uint32_t header) {
    const struct cp_view_lines *lines = &view->lines;
    for (uint32_t i = 0; i < view->room && view->first_line + i < lines->count; i++) {
        const chtype *line = lines->cells + (size_t)(view->first_line + i) * lines->width;
        mvaddchnstr((int)(header + i), 0, line, (int)lines->width);
    }
}

static bool is_too_small(void) {
    return COLS < CP_VIEW_COLUMNS_MIN || LINES < CP_VIEW_LINES_MIN;
}

static void draw_too_small(void) {
    char text[64];
    snprintf(text, sizeof text, "%dx%d is needed, this is %dx%d; q quits", CP_VIEW_COLUMNS_MIN,
             CP_VIEW_LINES_MIN, COLS, LINES);
    frame_line(0, A_NORMAL, text);
}

static void scroll_within(struct view *view) {
    uint32_t most = view->lines.count > view->room ? view->lines.count - view->room : 0;
    view->first_line = view->first_line < most ? view->first_line : most;
}

static void draw(struct view *view) {
    erase();
    if (is_too_small()) {
        draw_too_small();
        refresh();
        return;
    }
    bool has_bar = (uint32_t)LINES >= LINES_FOR_BAR;
    uint32_t header = has_bar ? HEADER_WITH_BAR : HEADER_LINES;
    view->room = (uint32_t)LINES - header - 1;
    cp_view_lines_clear(&view->lines, width());
    if (view->is_help) {
        cp_view_draw_help(&view->lines);
    } else {
        cp_view_draw(&view->lines, &view->model, view->room);
    }
    scroll_within(view);
    draw_header(view);
    if (has_bar) {
        draw_bar(&view->model);
    }
    draw_lines(view, header);
    draw_footer(view);
    refresh();
}

// --- keys

static void go(struct view *view, size_t at) {
    cp_view_go(&view->model, at);
    view->first_line = 0;
}

static void go_to_text(struct view *view, const char *text) {
    const struct cp_view_model *model = &view->model;
    struct cp_point point;
    size_t at;
    if (*text == '\0') {
        return;
    }
    if (cp_point_parse(text, model->steps[model->count - 1].cuts, &point)) {
        snprintf(view->note, sizeof view->note, "'%.12s' is no event: 137 or 2:12", text);
    } else if (!cp_view_find(model, point, &at)) {
        snprintf(view->note, sizeof view->note, "there is no event %s", cp_point_text(point).text);
    } else {
        go(view, at);
    }
}

// A line of input in the footer. What is typed is kept through a change of size.
static void ask_where(struct view *view) {
    char text[24] = "";
    size_t length = 0;
    for (;;) {
        snprintf(view->note, sizeof view->note, "go to event: %s_", text);
        draw(view);
        int key = getch();
        bool is_end = key == '\n' || key == '\r' || key == KEY_ENTER;
        if (is_end || key == 27 || key == ERR) {
            view->note[0] = '\0';
            if (is_end) {
                go_to_text(view, text);
            }
            return;
        }
        if ((key == KEY_BACKSPACE || key == 127 || key == 8) && length > 0) {
            text[--length] = '\0';
        } else if (key >= ' ' && key < 127 && length + 1 < sizeof text) {
            text[length++] = (char)key;
            text[length] = '\0';
        }
    }
}

static void scroll_by(struct view *view, uint32_t count, bool is_down) {
    if (is_down) {
        view->first_line += count; // draw() sees to the end
    } else {
        view->first_line -= count < view->first_line ? count : view->first_line;
    }
}

static bool take_step_key(struct view *view, int key) {
    const struct cp_view_model *model = &view->model;
    switch (key) {
    case KEY_RIGHT:
    case 'l':
    case ' ': go(view, model->at + 1 < model->count ? model->at + 1 : model->at); return true;
    case KEY_LEFT:
    case 'h': go(view, model->at > 0 ? model->at - 1 : 0); return true;
    case 'n': go(view, cp_view_next_mark(model, true)); return true;
    case 'p': go(view, cp_view_next_mark(model, false)); return true;
    case KEY_HOME: go(view, 0); return true;
    case KEY_END: go(view, model->count - 1); return true;
    default: return false;
    }
}

static void take_key(struct view *view, int key) {
    view->note[0] = '\0';
    if (key == KEY_RESIZE) {
        return;
    }
    if (view->is_help) {
        view->is_help = false;
        view->first_line = 0;
        return;
    }
    if (take_step_key(view, key)) {
        return;
    }
    switch (key) {
    case KEY_DOWN:
    case 'j': scroll_by(view, 1, true); break;
    case KEY_UP:
    case 'k': scroll_by(view, 1, false); break;
    case KEY_NPAGE: scroll_by(view, view->room, true); break;
    case KEY_PPAGE: scroll_by(view, view->room, false); break;
    case 'g': ask_where(view); break;
    case '?':
        view->is_help = true;
        view->first_line = 0;
        break;
    case 'q': view->is_over = true; break;
    default: break;
    }
}

static void run(struct view *view) {
    uint32_t errors = 0;
    while (!view->is_over && errors < INPUT_ERRORS_MAX && !view->lines.is_out_of_memory) {
        draw(view);
        int key = getch();
        errors = key == ERR ? errors + 1 : 0;
        if (key != ERR) {
            take_key(view, key);
        }
    }
}

static void begin(struct view *view, const struct cp_survey *survey) {
    size_t at;
    if (survey->has_point && cp_view_find(&view->model, survey->point, &at)) {
        cp_view_go(&view->model, at);
    }
}

enum cp_exit cp_replay_step(const struct cp_replay *replay, const struct cp_survey *survey) {
    struct view view = {0};
    enum cp_exit code = cp_view_terminal_check();
    if (code != CP_EXIT_OK) {
        return code;
    }
    code = cp_view_model_init(&view.model, replay);
    if (code == CP_EXIT_OK) {
        begin(&view, survey);
        code = cp_view_terminal_open();
    }
    if (code == CP_EXIT_OK) {
        run(&view);
        cp_view_terminal_close();
    }
    if (view.lines.is_out_of_memory) {
        cp_complain("out of memory");
        code = CP_EXIT_INTERNAL;
    }
    cp_view_lines_free(&view.lines);
    cp_view_model_free(&view.model);
    return code;
}

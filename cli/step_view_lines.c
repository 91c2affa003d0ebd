// step_view_lines.c: the picture of a step, as lines that the terminal shows a part of.
//
// What matters most comes first, so that a small terminal shows it. No sign is made by colour
// alone: changed bytes have a star, the page at hand is named, and each kind of page has its
// letter.

#include "cli/step_view.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define ROOM_FOR_GAPS  18u // lines: then the map stays where it is from step to step

#define LABEL_COLUMNS  8u
#define OFFSET_COLUMNS 7u // "+0x000 "

// --- lines

void cp_view_lines_clear(struct cp_view_lines *lines, uint32_t width) {
    lines->width = width;
    lines->count = 0;
}

void cp_view_lines_free(struct cp_view_lines *lines) {
    free(lines->cells);
}

// A new empty line; NULL without memory.
static chtype *add_line(struct cp_view_lines *lines) {
    size_t wanted = ((size_t)lines->count + 1) * lines->width;
    if (wanted > lines->capacity) {
        chtype *grown = realloc(lines->cells, 2 * wanted * sizeof *grown);
        if (!grown) {
            lines->is_out_of_memory = true;
            return NULL;
        }
        lines->cells = grown;
        lines->capacity = (uint32_t)(2 * wanted);
    }
    chtype *line = lines->cells + (size_t)lines->count++ * lines->width;
    for (uint32_t i = 0; i < lines->width; i++) {
        line[i] = ' ';
    }
    return line;
}

// Put text into a line from a column on, as far as it goes. Returns the column after it.
static uint32_t put(const struct cp_view_lines *lines, chtype *line, uint32_t column, attr_t look,
                    const char *text, size_t length) {
    for (size_t i = 0; i < length && column < lines->width; i++) {
        bool is_plain = isprint((unsigned char)text[i]) != 0;
        line[column++] = (chtype)(unsigned char)(is_plain ? text[i] : '?') | (chtype)look;
    }
    return column;
}

// How much of the text goes into one line: up to a space, if there is one.
static size_t fitting(const char *text, size_t room) {
    size_t length = strlen(text);
    if (length <= room) {
        return length;
    }
    for (size_t i = room; i > room / 2; i--) {
        if (text[i] == ' ') {
            return i;
        }
    }
    return room;
}

void cp_view_text(struct cp_view_lines *lines, attr_t look, const char *label, const char *text) {
    size_t room = lines->width - LABEL_COLUMNS;
    do {
        chtype *line = add_line(lines);
        if (!line) {
            return;
        }
        put(lines, line, 0, A_NORMAL, label, strlen(label));
        size_t length = fitting(text, room);
        put(lines, line, LABEL_COLUMNS, look, text, length);
        text += length;
        text += strspn(text, " ");
        label = "";
    } while (*text);
}

// --- what the step is

static void draw_what(struct cp_view_lines *lines, const struct cp_view_step *step, bool has_gaps) {
    switch (step->kind) {
    case CP_STEP_VIOLATION:
        cp_view_text(lines, cp_view_attributes(CP_LOOK_BAD), "broken", step->what);
        break;
    case CP_STEP_CUT:
        cp_view_text(lines, cp_view_attributes(CP_LOOK_DOUBT), "cut", step->what);
        break;
    default: cp_view_text(lines, A_BOLD, "what", step->what); break;
    }
    if (*step->where || has_gaps) {
        cp_view_text(lines, A_NORMAL, *step->where ? "source" : "", step->where);
    }
}

// With a star, and with what it was, where the step changed it.
static void draw_changing(struct cp_view_lines *lines, const char *name, const char *now,
                          const char *before, bool has_gaps) {
    char label[LABEL_COLUMNS + 1];
    bool is_changed = before && strcmp(now, before) != 0;
    snprintf(label, sizeof label, "%s%s", name, is_changed ? "*" : "");
    cp_view_text(lines, is_changed ? A_BOLD : A_NORMAL, label, now);
    if (is_changed) {
        cp_view_text(lines, cp_view_attributes(CP_LOOK_DIM), "  was", before);
    } else if (has_gaps) {
        (void)add_line(lines);
    }
}

static void draw_page(struct cp_view_lines *lines, const struct cp_view_model *model,
                      const struct cp_view_step *step, bool has_gaps) {
    char text[160];
    if (step->area >= CP_AREA_COUNT) {
        if (has_gaps) {
            (void)add_line(lines);
        }
        return;
    }
    int length = snprintf(text, sizeof text, "%s[%u] ", cp_trail_area_name(step->area), step->page);
    if (step->change_count > 0) {
        const struct cp_view_change *change = &model->changes[step->first_change];
        snprintf(text + length, sizeof text - (size_t)length, "%s -> %s%s", change->before,
                 change->after, step->change_count > 1 ? ", and more" : "");
    } else {
        for (uint32_t i = 0; i < model->area_count; i++) {
            if (model->areas[i].area == step->area && step->page < model->areas[i].page_count) {
                snprintf(text + length, sizeof text - (size_t)length, "holds %s, as before",
                         model->cells[model->first_cells[i] + step->page]);
            }
        }
    }
    cp_view_text(lines, A_NORMAL, "page", text);
}

// --- the map

// The first letter of an image's name; of two with the same letter the second has its number.
static char letter_of_image(const struct cp_case *test_case, uint32_t image) {
    for (uint32_t i = 0; i < image; i++) {
        if (test_case->images[i].name[0] == test_case->images[image].name[0]) {
            return (char)('0' + image % 10);
        }
    }
    return test_case->images[image].name[0];
}

static char letter_and_look(const struct cp_view_model *model, const char *holds, attr_t *look) {
    const struct cp_case *test_case = model->replay->test_case;
    *look = A_NORMAL;
    for (uint32_t i = 0; i < test_case->image_count; i++) {
        const char *name = test_case->images[i].name;
        size_t length = strlen(name);
        if (strncmp(holds, name, length) == 0 && (holds[length] == '\0' || holds[length] == '[')) {
            char letter = letter_of_image(test_case, i);
            *look = cp_view_attributes(i == test_case->start_image ? CP_LOOK_OLD : CP_LOOK_GOOD);
            return (char)(holds[length] ? toupper((unsigned char)letter) : letter);
        }
    }
    if (strcmp(holds, "erased") == 0) {
        *look = cp_view_attributes(CP_LOOK_DIM);
        return '.';
    }
    if (strcmp(holds, "state") == 0) {
        return '#';
    }
    if (strncmp(holds, "part of ", 8) == 0) {
        return '+';
    }
    bool is_torn = strcmp(holds, "torn") == 0;
    *look = cp_view_attributes(is_torn ? CP_LOOK_DOUBT : CP_LOOK_BAD);
    return is_torn ? '?' : '!';
}

static void draw_cells(struct cp_view_lines *lines, const struct cp_view_model *model,
                       uint32_t area, uint32_t first, uint32_t count, const char *label) {
    const struct cp_view_step *step = &model->steps[model->at];
    bool is_at_hand = step->area == model->areas[area].area;
    chtype *line = add_line(lines);
    if (!line) {
        return;
    }
    put(lines, line, 0, A_NORMAL, label, strlen(label));
    for (uint32_t i = 0; i < count; i++) {
        attr_t look;
        char letter =
            letter_and_look(model, model->cells[model->first_cells[area] + first + i], &look);
        if (is_at_hand && step->page == first + i) {
            look |= A_REVERSE | A_BOLD;
        }
        put(lines, line, LABEL_COLUMNS + i, look, &letter, 1);
    }
}

// Where there is no room for all pages, those around the one at hand; '<' and '>' say that
// there are more.
static void draw_part_of_area(struct cp_view_lines *lines, const struct cp_view_model *model,
                              uint32_t area, const char *label) {
    const struct cp_view_step *step = &model->steps[model->at];
    uint32_t room = lines->width - LABEL_COLUMNS, all = model->areas[area].page_count;
    uint32_t at_hand = step->area == model->areas[area].area ? step->page : 0;
    uint32_t first = at_hand > room / 2 ? at_hand - room / 2 : 0;
    first = first + room > all ? all - room : first;
    draw_cells(lines, model, area, first, room, label);
    if (!lines->is_out_of_memory) {
        chtype *line = lines->cells + (size_t)(lines->count - 1) * lines->width;
        line[LABEL_COLUMNS - 1] = first > 0 ? '<' : ' ';
        line[lines->width - 1] = first + room < all ? '>' : line[lines->width - 1];
    }
}

static uint32_t lines_of_area(const struct cp_view_lines *lines, uint32_t page_count) {
    uint32_t room = lines->width - LABEL_COLUMNS;
    return (page_count + room - 1) / room;
}

static void draw_area(struct cp_view_lines *lines, const struct cp_view_model *model, uint32_t area,
                      bool is_whole) {
    uint32_t room = lines->width - LABEL_COLUMNS, all = model->areas[area].page_count;
    const char *label = model->areas[area].name;
    if (!is_whole && all > room) {
        draw_part_of_area(lines, model, area, label);
        return;
    }
    for (uint32_t first = 0; first < all; first += room) {
        draw_cells(lines, model, area, first, all - first < room ? all - first : room, label);
        label = "";
    }
}

static void draw_legend(struct cp_view_lines *lines, const struct cp_view_model *model) {
    const struct cp_case *test_case = model->replay->test_case;
    char text[512] = "";
    size_t length = 0;
    for (uint32_t i = 0; i < test_case->image_count; i++) {
        length += (size_t)snprintf(text + length, sizeof text - length, "%c %s, ",
                                   letter_of_image(test_case, i), test_case->images[i].name);
    }
    snprintf(text + length, sizeof text - length,
             "capital: another page of it, + part of one, . erased, # state, ? torn, ! other");
    cp_view_text(lines, cp_view_attributes(CP_LOOK_DIM), "", text);
}

// The bootloader's own pages never change.
static void draw_map(struct cp_view_lines *lines, const struct cp_view_model *model,
                     uint32_t room) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < model->area_count; i++) {
        count += lines_of_area(lines, model->areas[i].page_count);
    }
    for (uint32_t i = 0; i < model->area_count; i++) {
        if (model->areas[i].area != CP_AREA_BOOTLOADER) {
            draw_area(lines, model, i, count <= room / 2);
        }
    }
    draw_legend(lines, model);
}

// --- the bytes

static bool is_row_changed(const struct cp_view_step *step, uint32_t at, uint32_t count) {
    return memcmp(step->before + at, step->after + at, count) != 0;
}

// A star stands before each byte that the step changed.
static void draw_row(struct cp_view_lines *lines, const struct cp_view_step *step,
                     const char *label, const uint8_t *bytes, uint32_t at, uint32_t count,
                     bool has_stars) {
    char text[16];
    chtype *line = add_line(lines);
    if (!line) {
        return;
    }
    put(lines, line, 0, A_NORMAL, label, strlen(label));
    int length = snprintf(text, sizeof text, "+0x%03x", step->window_offset_bytes + at);
    put(lines, line, LABEL_COLUMNS, A_NORMAL, text, (size_t)length);
    for (uint32_t i = 0; i < count; i++) {
        bool is_changed = step->before[at + i] != step->after[at + i];
        uint32_t column = LABEL_COLUMNS + OFFSET_COLUMNS - 1 + 3 * i;
        length = snprintf(text, sizeof text, "%c%02x", is_changed && has_stars ? '*' : ' ',
                          bytes[at + i]);
        put(lines, line, column, is_changed ? A_BOLD : A_NORMAL, text, (size_t)length);
    }
}

static void draw_bytes(struct cp_view_lines *lines, const struct cp_view_step *step) {
    uint32_t row = lines->width >= LABEL_COLUMNS + OFFSET_COLUMNS + 48 ? 16 : 8;
    for (uint32_t at = 0; at < step->window_size_bytes; at += row) {
        uint32_t left = step->window_size_bytes - at, count = left < row ? left : row;
        if (is_row_changed(step, at, count)) {
            draw_row(lines, step, "before", step->before, at, count, false);
            draw_row(lines, step, "after", step->after, at, count, true);
        } else {
            draw_row(lines, step, "bytes", step->after, at, count, false);
        }
    }
}

// --- all

void cp_view_draw(struct cp_view_lines *lines, const struct cp_view_model *model, uint32_t room) {
    const struct cp_view_step *step = &model->steps[model->at], *before = cp_view_before(model);
    bool has_gaps = room >= ROOM_FOR_GAPS;
    draw_what(lines, step, has_gaps);
    draw_changing(lines, "STATE", step->state, before ? before->state : NULL, has_gaps);
    draw_changing(lines, "ACTIVE", step->active, before ? before->active : NULL, has_gaps);
    draw_page(lines, model, step, has_gaps);
    draw_map(lines, model, room);
    draw_bytes(lines, step);
}

void cp_view_draw_help(struct cp_view_lines *lines) {
    static const char *const keys[][2] = {
        {"right l", "next step"},
        {"left h", "step before"},
        {"n", "next cut, violation or change of STATE"},
        {"p", "the same, back"},
        {"Home End", "first and last step"},
        {"g", "go to an event: 137 after the last cut, 2:12 after the second"},
        {"up down", "scroll; PgUp, PgDn and k, j too"},
        {"?", "this help; any key leaves it"},
        {"q", "quit"},
        {"", "A star marks what the step changed. The page at hand is inverse on the map."},
    };
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        cp_view_text(lines, A_NORMAL, keys[i][0], keys[i][1]);
    }
}

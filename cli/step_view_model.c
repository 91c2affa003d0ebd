// step_view_model.c: the steps of a trace, kept so that one can go through them both ways.
//
// A replay only goes forward. So it is done once, and of each step is kept what it changed:
// going back is putting back what was there before.

#define _GNU_SOURCE // tdestroy()
#include "cli/step_view.h"

#include "cli/steps.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

// --- texts, each kept once

static int compare(const void *one, const void *other) {
    return strcmp(one, other);
}

static const char *keep_text(struct cp_view_model *model, const char *text) {
    char *copy = strdup(text);
    char *const *found = copy ? tsearch(copy, &model->texts, compare) : NULL;
    if (!found) {
        free(copy);
        model->is_out_of_memory = true;
        return "";
    }
    const char *kept = *found;
    if (kept != copy) {
        free(copy);
    }
    return kept;
}

// --- recording

static void *grow(struct cp_view_model *model, void *items, size_t count, size_t *capacity,
                  size_t item_bytes) {
    if (count < *capacity) {
        return items;
    }
    size_t wanted = *capacity ? 2 * *capacity : 1024;
    void *grown = realloc(items, wanted * item_bytes);
    if (!grown) {
        model->is_out_of_memory = true;
        return items;
    }
    *capacity = wanted;
    return grown;
}

static void add_change(struct cp_view_model *model, uint32_t cell, const char *after) {
    model->changes = grow(model, model->changes, model->change_count, &model->change_capacity,
                          sizeof *model->changes);
    if (model->is_out_of_memory || model->cells[cell] == after) {
        return;
    }
    model->changes[model->change_count++] =
        (struct cp_view_change){cell, model->cells[cell], after};
    model->cells[cell] = after;
}

// The cell of a page; cell_count if it is not on the map.
static uint32_t cell_of(const struct cp_view_model *model, enum cp_area area, uint32_t page) {
    for (uint32_t i = 0; i < model->area_count; i++) {
        if (model->areas[i].area == area && page < model->areas[i].page_count) {
            return model->first_cells[i] + page;
        }
    }
    return model->cell_count;
}

// An operation may be of several pages.
static uint32_t page_count_of(const struct cp_view_model *model, const struct cp_step *step) {
    for (uint32_t i = 0; i < model->area_count; i++) {
        const struct cp_trail_area *area = &model->areas[i];
        if (area->area == step->area && area->page_size_bytes > 0) {
            uint32_t end = step->page_offset_bytes + 4 * step->word_count;
            return (end + area->page_size_bytes - 1) / area->page_size_bytes;
        }
    }
    return 1;
}

static void note_pages(struct cp_view_model *model, const struct cp_trail *trail,
                       const struct cp_step *step) {
    uint32_t count = page_count_of(model, step);
    for (uint32_t page = step->page; page < step->page + count; page++) {
        char holds[CP_HOLDS_MAX];
        uint32_t cell = cell_of(model, step->area, page);
        if (cell < model->cell_count) {
            cp_trail_page_holds(trail, step->area, page, holds);
            add_change(model, cell, keep_text(model, holds));
        }
    }
}

// The map, as the first step finds it.
static void make_map(struct cp_view_model *model, const struct cp_trail *trail) {
    model->area_count = cp_trail_areas(trail, model->areas);
    for (uint32_t i = 0; i < model->area_count; i++) {
        model->first_cells[i] = model->cell_count;
        model->cell_count += model->areas[i].page_count;
    }
    model->cells = calloc(model->cell_count + 1, sizeof *model->cells);
    if (!model->cells) {
        model->is_out_of_memory = true;
        return;
    }
    for (uint32_t i = 0; i < model->area_count; i++) {
        for (uint32_t page = 0; page < model->areas[i].page_count; page++) {
            char holds[CP_HOLDS_MAX];
            cp_trail_page_holds(trail, model->areas[i].area, page, holds);
            model->cells[model->first_cells[i] + page] = keep_text(model, holds);
        }
    }
}

static void fill_step(struct cp_view_model *model, const struct cp_trail_step *told,
                      struct cp_view_step *step) {
    struct cp_step_text text;
    cp_step_describe(&told->step, &text);
    *step = (struct cp_view_step){.kind = told->step.kind,
                                  .cuts = told->step.cuts,
                                  .event_index = told->step.event_index,
                                  .mode = told->mode,
                                  .what = keep_text(model, text.what),
                                  .where = keep_text(model, text.where),
                                  .active = keep_text(model, told->active_holds),
                                  .state = keep_text(model, told->state_says),
                                  .area = told->step.area,
                                  .page = told->step.page,
                                  .first_change = model->change_count,
                                  .window_offset_bytes = told->window_offset_bytes,
                                  .window_size_bytes = told->window_size_bytes};
    memcpy(step->before, told->before, sizeof step->before);
    memcpy(step->after, told->after, sizeof step->after);
}

static void take_step(void *context, const struct cp_trail *trail,
                      const struct cp_trail_step *told) {
    struct cp_view_model *model = context;
    if (!model->is_out_of_memory && !model->cells) {
        make_map(model, trail);
    }
    if (!model->is_out_of_memory) {
        model->steps =
            grow(model, model->steps, model->count, &model->capacity, sizeof *model->steps);
    }
    if (model->is_out_of_memory) {
        return;
    }
    struct cp_view_step *step = &model->steps[model->count++];
    fill_step(model, told, step);
    if (told->step.area < CP_AREA_COUNT) {
        note_pages(model, trail, &told->step);
    }
    step->change_count = (uint32_t)(model->change_count - step->first_change);
}

enum cp_exit cp_view_model_init(struct cp_view_model *model, const struct cp_replay *replay) {
    struct cp_violation violation;
    char error[CP_MESSAGE_MAX] = "";
    *model = (struct cp_view_model){.replay = replay};
    int result =
        cp_trail_run(replay->test_case, replay->program, replay->id.trace,
                     (struct cp_trail_options){false}, take_step, model, &violation, error);
    if (result < 0 || model->is_out_of_memory || model->count == 0) {
        cp_complain("%s", *error ? error : "out of memory");
        return CP_EXIT_INTERNAL;
    }
    model->at = model->count - 1;
    cp_view_go(model, 0);
    return CP_EXIT_OK;
}

void cp_view_model_free(struct cp_view_model *model) {
    tdestroy(model->texts, free);
    free(model->steps);
    free(model->changes);
    free(model->cells);
}

// --- going through them

static void apply(struct cp_view_model *model, const struct cp_view_step *step, bool is_undone) {
    for (uint32_t i = 0; i < step->change_count; i++) {
        const struct cp_view_change *change = &model->changes[step->first_change + i];
        model->cells[change->cell] = is_undone ? change->before : change->after;
    }
}

void cp_view_go(struct cp_view_model *model, size_t at) {
    while (model->at > at) {
        apply(model, &model->steps[model->at--], true);
    }
    while (model->at < at && model->at + 1 < model->count) {
        apply(model, &model->steps[++model->at], false);
    }
}

const struct cp_view_step *cp_view_before(const struct cp_view_model *model) {
    return model->at > 0 ? &model->steps[model->at - 1] : NULL;
}

static bool is_mark(const struct cp_view_model *model, size_t at) {
    const struct cp_view_step *step = &model->steps[at];
    return step->kind == CP_STEP_CUT || step->kind == CP_STEP_VIOLATION ||
           (at > 0 && step->state != model->steps[at - 1].state);
}

size_t cp_view_next_mark(const struct cp_view_model *model, bool is_forward) {
    size_t at = model->at;
    while (is_forward ? at + 1 < model->count : at > 0) {
        at = is_forward ? at + 1 : at - 1;
        if (is_mark(model, at)) {
            break;
        }
    }
    return at;
}

bool cp_view_find(const struct cp_view_model *model, struct cp_point point, size_t *at) {
    for (size_t i = 0; i < model->count; i++) {
        const struct cp_view_step *step = &model->steps[i];
        bool is_told = step->kind != CP_STEP_CUT && step->kind != CP_STEP_VIOLATION;
        if (is_told && step->cuts == point.cuts && step->event_index == point.event_index) {
            *at = i;
            return true;
        }
    }
    return false;
}

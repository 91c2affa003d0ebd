// trail.c: a replay told in full; see trail.h.
//
// The trail keeps a copy of the flash as it is read. Programs that are told as one are held
// back until something else happens, while the copy stands where the last of them left it:
// so what a page holds is worked out once for all of them.

#include "faults/trail.h"

#include "faults/trace.h"
#include "faults/trail_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WINDOW_ROW_BYTES 16u

// So many events before and after a cut are told one by one.
#define EVENTS_NEAR_A_CUT 16u

struct teller {
    struct cp_trail trail;
    struct cp_trail_options options;
    cp_trail_fn on_step;
    void *context;
    const char *cursor; // in the trace: the power-ons that are still to come
    struct cp_token cut;
    bool has_cut; // of this power-on
    uint32_t power_ons, life;
    bool was_reset;                  // by the step before
    struct cp_trail_step last, held; // `held` is told when something else happens
    bool is_held;
};

// --- what a step changed

static uint32_t device_offset(const struct cp_trail *trail, const struct cp_step *step) {
    bool is_in_area = step->area != CP_AREA_COUNT;
    return step->address + (is_in_area ? trail->test_case->areas[step->area].offset_bytes : 0);
}

static bool is_operation(const struct cp_step *step) {
    return step->kind == CP_STEP_PROGRAM || step->kind == CP_STEP_ERASE;
}

// A cut inside an operation has its place.
static bool is_torn(const struct cp_step *step) {
    return step->kind == CP_STEP_CUT && step->word_count > 0;
}

static void place_window(const struct cp_trail *trail, struct cp_trail_step *told) {
    const struct cp_part *part = &trail->test_case->devices[told->step.device];
    uint32_t page_bytes = cp_part_page(part, device_offset(trail, &told->step)).size_bytes;
    uint32_t start = told->step.page_offset_bytes / WINDOW_ROW_BYTES * WINDOW_ROW_BYTES;
    start = start >= WINDOW_ROW_BYTES ? start - WINDOW_ROW_BYTES : 0;
    if (page_bytes <= CP_TRAIL_WINDOW_BYTES) {
        start = 0;
    } else if (start + CP_TRAIL_WINDOW_BYTES > page_bytes) {
        start = page_bytes - CP_TRAIL_WINDOW_BYTES;
    }
    told->window_offset_bytes = start;
    told->window_size_bytes =
        page_bytes < CP_TRAIL_WINDOW_BYTES ? page_bytes : CP_TRAIL_WINDOW_BYTES;
}

static void copy_window(const struct cp_trail *trail, const struct cp_trail_step *told,
                        uint8_t *window) {
    uint32_t page_start = device_offset(trail, &told->step) - told->step.page_offset_bytes;
    memcpy(window, trail->devices[told->step.device].bytes + page_start + told->window_offset_bytes,
           told->window_size_bytes);
}

// The flash as the step leaves it. A torn operation was told whole before: what was there is
// what was there before that.
static void take_change(struct teller *t, struct cp_trail_step *told) {
    const struct cp_step *step = &told->step;
    if (step->word_count == 0) {
        return;
    }
    bool has_window = is_operation(step) || is_torn(step);
    if (has_window) {
        place_window(&t->trail, told);
        copy_window(&t->trail, told, told->before);
        if (is_torn(step)) {
            memcpy(told->before, t->last.before, sizeof(told->before));
        }
    }
    cp_t_refresh(&t->trail, step->device, device_offset(&t->trail, step) / 4, step->word_count);
    if (has_window) {
        copy_window(&t->trail, told, told->after);
    }
    t->trail.active_image = cp_facts_active_image(&t->trail.world->facts);
    if (step->area == CP_AREA_STATE) {
        cp_t_decode_state(&t->trail);
    }
}

// --- telling

static void tell(struct teller *t, struct cp_trail_step *told) {
    const struct cp_trail *trail = &t->trail;
    uint8_t active = trail->active_image;
    if ((is_operation(&told->step) || is_torn(&told->step)) && told->step.area < CP_AREA_COUNT) {
        cp_trail_page_holds(trail, told->step.area, told->step.page, told->page_holds);
    }
    snprintf(told->active_holds, sizeof(told->active_holds), "%s",
             active == CP_IMAGE_NONE ? "neither" : trail->test_case->images[active].name);
    snprintf(told->state_says, sizeof(told->state_says), "%s", trail->state_says);
    t->on_step(t->context, trail, told);
}

static void tell_held(struct teller *t) {
    if (t->is_held) {
        t->is_held = false;
        tell(t, &t->held);
    }
}

// --- several as one

static bool is_near_cut(const struct teller *t, uint32_t event_index) {
    bool is_before = t->has_cut && event_index + EVENTS_NEAR_A_CUT > t->cut.event_index;
    return is_before || (t->power_ons > 1 && event_index <= EVENTS_NEAR_A_CUT);
}

static bool may_be_held(const struct teller *t, const struct cp_step *step) {
    return t->options.is_brief && step->kind == CP_STEP_PROGRAM && step->area != CP_AREA_STATE &&
           !is_near_cut(t, step->event_index);
}

static bool is_same_site(const struct cp_step *a, const struct cp_step *b) {
    return a->frame_count == b->frame_count &&
           memcmp(a->frames, b->frames, a->frame_count * sizeof(a->frames[0])) == 0;
}

// The next words of the same page, by the same piece of code.
static bool joins(const struct teller *t, const struct cp_step *step) {
    const struct cp_step *held = &t->held.step;
    return t->is_held && may_be_held(t, step) && held->device == step->device &&
           held->area == step->area && held->page == step->page &&
           held->address + 4 * held->word_count == step->address && is_same_site(held, step);
}

static void join(struct cp_trail_step *held, const struct cp_step *step) {
    held->step.word_count += step->word_count;
    held->event_count = step->event_index - held->step.event_index + 1;
    held->window_size_bytes = 0; // of the first word alone it would mislead
}

// That an operation goes as it should is worth no step of its own.
static bool is_left_out(const struct teller *t, const struct cp_step *step) {
    return t->options.is_brief && step->is_fate && step->fate == CP_FATE_DONE &&
           !is_near_cut(t, step->event_index);
}

// --- the steps of the replay

// The cut of this power-on, to know what is near it. The trace was found to be good.
static void next_cut(struct teller *t) {
    char error[CP_MESSAGE_MAX];
    t->has_cut = false;
    while (!t->has_cut && cp_trace_next(&t->cursor, &t->cut, error) > 0) {
        t->has_cut = t->cut.kind != CP_TOKEN_CHOICE && t->cut.kind != CP_TOKEN_READ;
    }
}

static void count_life(struct teller *t, const struct cp_step *step) {
    bool is_on = step->kind == CP_STEP_POWER_ON;
    if (is_on && t->power_ons++ > 0) {
        t->life++;
    }
    t->life += t->was_reset;
    t->was_reset = step->is_reset;
    if (is_on) {
        next_cut(t);
    }
}

static void take_step(struct teller *t, const struct cp_step *step) {
    struct cp_trail_step told = {.step = *step, .life = t->life, .event_count = 1};
    told.mode = step->kind == CP_STEP_POWER_ON ? CP_MODE_BOOTLOADER : t->trail.world->machine->mode;
    told.is_near_cut = step->kind == CP_STEP_CUT || is_near_cut(t, step->event_index);
    bool is_joined = joins(t, step);
    if (!is_joined) {
        tell_held(t);
    }
    take_change(t, &told);
    t->last = told;
    if (is_joined) {
        join(&t->held, step);
    } else if (may_be_held(t, step)) {
        t->held = told;
        t->is_held = true;
    } else {
        tell(t, &told);
    }
}

static void on_step(void *context, const struct cp_world *world, const struct cp_step *step) {
    struct teller *t = context;
    if (!step) {
        tell_held(t);
        return;
    }
    if (!t->trail.is_ready && (t->trail.is_out_of_memory || cp_t_init(&t->trail, world))) {
        t->trail.is_out_of_memory = true;
        return;
    }
    count_life(t, step);
    if (!is_left_out(t, step)) {
        take_step(t, step);
    }
}

int cp_trail_run(const struct cp_case *test_case, const struct cp_program *program,
                 const char *trace, struct cp_trail_options options, cp_trail_fn on_told,
                 void *context, struct cp_violation *violation, char *error) {
    struct teller *t = calloc(1, sizeof(*t));
    if (!t) {
        snprintf(error, CP_MESSAGE_MAX, "out of memory");
        return -1;
    }
    t->trail.test_case = test_case;
    t->options = options;
    t->on_step = on_told;
    t->context = context;
    t->cursor = trace;
    int result = cp_replay_watched(test_case, program, trace, on_step, t, violation, error);
    if (result >= 0 && t->trail.is_out_of_memory) {
        snprintf(error, CP_MESSAGE_MAX, "out of memory");
        result = -1;
    }
    cp_t_free(&t->trail);
    free(t);
    return result;
}

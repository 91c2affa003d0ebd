// log_steps.c: see log_steps.h.
//
// How many steps a trace has is known when it is over. So the last ones wait in a ring for
// being pushed out, or for the end.

#include "reports/log_steps.h"

#include "faults/source_line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_MAX 1500u
#define LAST_MAX  1500u
#define NEAR_MAX  1000u // between these

struct waiting {
    uint32_t number;
    struct cp_trail_step step;
};

struct cp_log_steps {
    struct cp_log *log;
    sqlite3_stmt *insert;
    int64_t case_id, trace_id;
    uint32_t told, near_count;
    struct waiting *ring; // once there are more than the first
    uint32_t ring_start, ring_count;
    bool has_gap;
    uint64_t events;                                                // of the power-ons before
    uint32_t last_event;                                            // of this one
    char active_holds[CP_HOLDS_MAX], state_says[CP_TRAIL_TEXT_MAX]; // of the row before
    char last_active[CP_HOLDS_MAX];
};

struct cp_log_steps *cp_log_steps_new(struct cp_log *log, int64_t case_id, int64_t trace_id) {
    static const char sql[] =
        "INSERT INTO steps(case_id, trace_id, step, life, cuts, kind, event, event_count, phase,"
        " area, page, offset, word_count, window_offset, before, after, text, file, line,"
        " function, page_holds, active_holds, state_says)"
        " VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18,?19,?20,?21,"
        "?22,?23)";
    struct cp_log_steps *steps = calloc(1, sizeof *steps);
    if (!steps) {
        snprintf(log->error, sizeof log->error, "out of memory");
        return NULL;
    }
    steps->log = log;
    steps->case_id = case_id;
    steps->trace_id = trace_id;
    if (sqlite3_prepare_v2(log->db, sql, -1, &steps->insert, NULL) != SQLITE_OK) {
        cp_log_fail(log, "cannot write the log");
        cp_log_steps_free(steps);
        return NULL;
    }
    return steps;
}

void cp_log_steps_free(struct cp_log_steps *steps) {
    sqlite3_finalize(steps->insert);
    free(steps->ring);
    free(steps);
}

// --- one row

// What is not bound is null.
static void bind_text(sqlite3_stmt *row, int index, const char *text) {
    if (*text) {
        sqlite3_bind_text(row, index, text, -1, SQLITE_TRANSIENT);
    }
}

static void bind_if_changed(sqlite3_stmt *row, int index, char *before, size_t size,
                            const char *text) {
    if (strcmp(before, text) != 0) {
        bind_text(row, index, text);
        snprintf(before, size, "%s", text);
    }
}

static void bind_place(sqlite3_stmt *row, const struct cp_trail_step *step) {
    if (step->step.word_count > 0) {
        bind_text(row, 10, cp_trail_area_name(step->step.area));
        sqlite3_bind_int64(row, 11, step->step.page);
        sqlite3_bind_int64(row, 12, step->step.page_offset_bytes);
        sqlite3_bind_int64(row, 13, step->step.word_count);
    }
    if (step->window_size_bytes > 0) {
        int size = (int)step->window_size_bytes;
        sqlite3_bind_int64(row, 14, step->window_offset_bytes);
        sqlite3_bind_blob(row, 15, step->before, size, SQLITE_TRANSIENT);
        sqlite3_bind_blob(row, 16, step->after, size, SQLITE_TRANSIENT);
    }
}

static void describe(const struct cp_trail_step *told, char *text, size_t size) {
    const struct cp_step *step = &told->step;
    const char *area = cp_trail_area_name(step->area);
    if (step->kind == CP_STEP_ERASE) {
        snprintf(text, size, "erase %s[%u]", area, step->page);
    } else if (step->kind != CP_STEP_PROGRAM) {
        snprintf(text, size, "%s", step->text);
    } else if (step->word_count == 1) {
        snprintf(text, size, "program %s[%u] +0x%03x 0x%08x -> 0x%08x", area, step->page,
                 step->page_offset_bytes, step->old_value ^ step->inversion,
                 step->new_value ^ step->inversion);
    } else {
        snprintf(text, size, "program %s[%u] +0x%03x, %u words", area, step->page,
                 step->page_offset_bytes, step->word_count);
    }
}

static void bind_words(sqlite3_stmt *row, const struct cp_trail_step *step) {
    char text[CP_MESSAGE_MAX];
    describe(step, text, sizeof text);
    bind_text(row, 17, text);
    if (step->step.frame_count > 0) {
        struct cp_source_line line;
        cp_source_line_of_chain(step->step.frames, step->step.frame_count, &line);
        bind_text(row, 18, line.file);
        sqlite3_bind_int64(row, 19, line.line);
        bind_text(row, 20, line.function);
    }
    bind_text(row, 21, step->page_holds);
}

static void bind_where(sqlite3_stmt *row, const struct cp_trail_step *step) {
    static const char *const kinds[] = {
        [CP_STEP_POWER_ON] = "power-on", [CP_STEP_PROGRAM] = "program",
        [CP_STEP_ERASE] = "erase",       [CP_STEP_EVENT] = "event",
        [CP_STEP_CUT] = "cut",           [CP_STEP_VIOLATION] = "violation",
    };
    static const char *const phases[] = {[CP_MODE_BOOTLOADER] = "bootloader",
                                         [CP_MODE_APPLICATION] = "application",
                                         [CP_MODE_DFU] = "dfu-mode"};
    sqlite3_bind_int64(row, 4, step->life);
    sqlite3_bind_int64(row, 5, step->step.cuts);
    bind_text(row, 6, kinds[step->step.kind]);
    sqlite3_bind_int64(row, 7, step->step.event_index);
    sqlite3_bind_int64(row, 8, step->event_count);
    bind_text(row, 9, phases[step->mode]);
}

static int write_step(struct cp_log_steps *steps, uint32_t number,
                      const struct cp_trail_step *step) {
    sqlite3_stmt *row = steps->insert;
    sqlite3_bind_int64(row, 1, steps->case_id);
    sqlite3_bind_int64(row, 2, steps->trace_id);
    sqlite3_bind_int64(row, 3, number);
    bind_where(row, step);
    bind_place(row, step);
    bind_words(row, step);
    bind_if_changed(row, 22, steps->active_holds, sizeof steps->active_holds, step->active_holds);
    bind_if_changed(row, 23, steps->state_says, sizeof steps->state_says, step->state_says);
    int code = sqlite3_step(row);
    sqlite3_reset(row);
    sqlite3_clear_bindings(row);
    return code == SQLITE_DONE ? 0 : cp_log_fail(steps->log, "cannot write a step to the log");
}

// --- which of them

static int push_out(struct cp_log_steps *steps) {
    const struct waiting *oldest = &steps->ring[steps->ring_start];
    steps->ring_start = (steps->ring_start + 1) % LAST_MAX;
    steps->ring_count--;
    if (!oldest->step.is_near_cut || steps->near_count == NEAR_MAX) {
        steps->has_gap = true;
        return 0;
    }
    steps->near_count++;
    return write_step(steps, oldest->number, &oldest->step);
}

static int wait(struct cp_log_steps *steps, const struct cp_trail_step *step) {
    if (!steps->ring) {
        steps->ring = calloc(LAST_MAX, sizeof *steps->ring);
    }
    if (!steps->ring) {
        snprintf(steps->log->error, sizeof steps->log->error, "out of memory");
        return -1;
    }
    int err = steps->ring_count == LAST_MAX ? push_out(steps) : 0;
    uint32_t at = (steps->ring_start + steps->ring_count++) % LAST_MAX;
    steps->ring[at].number = steps->told;
    steps->ring[at].step = *step;
    return err;
}

static void count_events(struct cp_log_steps *steps, const struct cp_trail_step *step) {
    uint32_t last = step->step.event_index + step->event_count - 1;
    if (step->step.kind == CP_STEP_POWER_ON) {
        steps->events += steps->last_event;
        steps->last_event = 0;
    } else if (last > steps->last_event) {
        steps->last_event = last;
    }
}

int cp_log_steps_add(struct cp_log_steps *steps, const struct cp_trail_step *step) {
    count_events(steps, step);
    snprintf(steps->last_active, sizeof steps->last_active, "%s", step->active_holds);
    int err = steps->told < FIRST_MAX ? write_step(steps, steps->told, step) : wait(steps, step);
    steps->told++;
    return err;
}

int cp_log_steps_end(struct cp_log_steps *steps) {
    int err = 0;
    for (; !err && steps->ring_count > 0; steps->ring_count--) {
        const struct waiting *oldest = &steps->ring[steps->ring_start];
        err = write_step(steps, oldest->number, &oldest->step);
        steps->ring_start = (steps->ring_start + 1) % LAST_MAX;
    }
    return err;
}

bool cp_log_steps_is_whole(const struct cp_log_steps *steps) {
    return !steps->has_gap;
}

const char *cp_log_steps_active(const struct cp_log_steps *steps) {
    return steps->last_active;
}

uint64_t cp_log_steps_events(const struct cp_log_steps *steps) {
    return steps->events + steps->last_event;
}

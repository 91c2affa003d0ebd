// log_trail.c: see log_trail.h.

#include "reports/log_trail.h"

#include "reports/log_steps.h"

#include "faults/neighbour.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

// Of the CPU, to look for the neighbour of one violation.
#define NEIGHBOUR_SECONDS 0.5

// One trace on its way into the log.
struct trail {
    struct cp_log *log;
    int64_t case_id, trace_id;
    const struct cp_log_case *about;
    struct cp_log_steps *steps;
    bool is_first; // the device is told of as well
    int err;
};

// What a row of `traces` says before it is replayed.
struct kind {
    const char *name;
    int64_t of_trace;    // 0: none
    const char *promise; // or NULL
};

// --- the device

static int write_pages(struct trail *t, const struct cp_trail *trail,
                       const struct cp_trail_area *area) {
    int err = 0;
    for (uint32_t page = 0; !err && page < area->page_count; page++) {
        char holds[CP_HOLDS_MAX];
        cp_trail_page_holds(trail, area->area, page, holds);
        err = cp_log_insert(t->log, "INSERT INTO pages VALUES(?1,?2,?3,?4)", "itit", t->case_id,
                            area->name, (int64_t)page, holds);
    }
    return err;
}

static int write_area(struct trail *t, const struct cp_trail *trail,
                      const struct cp_trail_area *area) {
    int err = cp_log_insert(t->log, "INSERT INTO areas VALUES(?1,?2,?3,?4,?5,NULLIF(?6,0),?7)",
                            "itiiiii", t->case_id, area->name, (int64_t)area->device,
                            (int64_t)area->offset_bytes, (int64_t)area->size_bytes,
                            (int64_t)area->page_size_bytes, (int64_t)area->page_count);
    return err ? err : write_pages(t, trail, area);
}

static int write_device(struct trail *t, const struct cp_trail *trail) {
    struct cp_trail_area areas[CP_AREA_COUNT];
    uint32_t count = cp_trail_areas(trail, areas);
    int err = 0;
    for (uint32_t i = 0; !err && i < count; i++) {
        err = write_area(t, trail, &areas[i]);
    }
    return err;
}

static int write_images(struct trail *t) {
    const struct cp_case *test_case = t->about->test_case;
    int err = 0;
    for (uint32_t i = 0; !err && i < test_case->image_count; i++) {
        const struct cp_image *image = &test_case->images[i];
        err = cp_log_insert(t->log, "INSERT INTO images VALUES(?1,?2,?3,?4)", "iiti", t->case_id,
                            (int64_t)i, image->name, (int64_t)image->size_bytes);
    }
    return err;
}

// --- one trace

static void take_step(void *context, const struct cp_trail *trail,
                      const struct cp_trail_step *step) {
    struct trail *t = context;
    if (t->is_first && !t->err) {
        t->is_first = false;
        t->err = write_device(t, trail);
    }
    t->err = t->err ? t->err : cp_log_steps_add(t->steps, step);
}

static void describe_end(const struct trail *t, const struct cp_violation *violation,
                         bool is_violated, char *text, size_t size) {
    if (is_violated) {
        snprintf(text, size, "%s", violation->message);
        return;
    }
    const char *active = cp_log_steps_active(t->steps);
    bool is_image = strcmp(active, "neither") != 0;
    snprintf(text, size, "at the end ACTIVE holds %s%s%s", is_image ? "'" : "",
             is_image ? active : "no whole image", is_image ? "'" : "");
}

static int write_trace(struct trail *t, const struct kind *kind, const char *trace,
                       const char *result) {
    char replay_id[CP_NAME_MAX + CP_TRACE_MAX + 16];
    snprintf(replay_id, sizeof replay_id, "%s@%08" PRIx32 ":%s", t->about->test_case->name,
             t->about->hash, trace);
    return cp_log_insert(
        t->log, "INSERT INTO traces VALUES(?1,?2,?3,NULLIF(?4,0),?5,?6,?7,?8,?9,?10)", "iitittttii",
        t->case_id, t->trace_id, kind->name, kind->of_trace, kind->promise, trace, replay_id,
        result, (int64_t)cp_log_steps_events(t->steps), (int64_t)cp_log_steps_is_whole(t->steps));
}

// 1 if the trace cannot be replayed, and nothing of it is to stay.
static int run_trace(struct trail *t, const struct cp_case *test_case, const struct kind *kind,
                     const char *trace) {
    const struct cp_trail_options brief = {.is_brief = true};
    struct cp_violation violation;
    char error[CP_MESSAGE_MAX], result[2 * CP_MESSAGE_MAX];
    int code =
        cp_trail_run(test_case, t->about->program, trace, brief, take_step, t, &violation, error);
    if (code < 0 || t->err) {
        return t->err ? t->err : 1;
    }
    int err = cp_log_steps_end(t->steps);
    describe_end(t, &violation, code == 1, result, sizeof result);
    return err ? err : write_trace(t, kind, trace, result);
}

// The next trace. All of it is in the log afterwards, or nothing.
static int keep(struct trail *t, const struct cp_case *test_case, const struct kind *kind,
                const char *trace) {
    t->trace_id++;
    t->steps = cp_log_steps_new(t->log, t->case_id, t->trace_id);
    if (!t->steps) {
        return -1;
    }
    int err = cp_log_execute(t->log, "SAVEPOINT trail");
    int code = err ? err : run_trace(t, test_case, kind, trace);
    cp_log_steps_free(t->steps);
    if (code > 0) {
        t->trace_id--;
        code = cp_log_execute(t->log, "ROLLBACK TO trail");
    }
    return code ? code : cp_log_execute(t->log, "RELEASE trail");
}

// --- the traces of a case

// A promise that breaks would end the run before its end; a violation tells of that.
static int keep_uncut(struct trail *t) {
    struct cp_case test_case = *t->about->test_case;
    const struct kind uncut = {.name = "uncut"};
    test_case.promises = 0;
    t->is_first = true;
    int err = write_images(t);
    return err ? err : keep(t, &test_case, &uncut, "");
}

// Other promises that the case claims to be broken may break on the way.
static int keep_violation(struct trail *t, const struct cp_violation *violation) {
    const struct cp_case *given = t->about->test_case;
    struct cp_case test_case = *given;
    char trace[CP_TRACE_MAX];
    const struct kind broken = {.name = "violation",
                                .promise = cp_promise_name(violation->promise)};
    test_case.promises &= ~given->expect.violates | 1u << violation->promise;
    int64_t before = t->trace_id;
    int err = keep(t, &test_case, &broken, violation->trace);
    bool is_kept = t->trace_id > before;
    if (err || !is_kept ||
        !cp_find_neighbour(given, t->about->program, violation, NEIGHBOUR_SECONDS, trace)) {
        return err;
    }
    const struct kind neighbour = {.name = "neighbour", .of_trace = t->trace_id};
    return keep(t, &test_case, &neighbour, trace);
}

int cp_log_write_trails(struct cp_log *log, int64_t case_id, const struct cp_log_case *about,
                        const struct cp_result *result) {
    struct trail t = {.log = log, .case_id = case_id, .about = about};
    if (!about->program || result->verdict == CP_VERDICT_ERROR) {
        return 0;
    }
    int err = keep_uncut(&t);
    for (uint32_t i = 0; !err && i < result->violation_count; i++) {
        if (!result->violations[i].is_of_search) {
            err = keep_violation(&t, &result->violations[i]);
        }
    }
    return err;
}

// bench_lifecycle.c: a whole part's update and revert, by one process and by several.

#include "cli/bench.h"
#include "cli/jsonl.h"
#include "cli/progress.h"
#include "cli/text.h"
#include "cli/workers.h"
#include "faults/merge.h"

#include <stdio.h>
#include <stdlib.h>

// --- in parts

struct parts {
    struct cp_case searched; // a part: they share the memory
    struct cp_merge *merge;
    struct cp_result *results;
    uint32_t count, begun;
    bool has_failed;
};

static bool next_part(void *context, struct cp_task *task) {
    struct parts *parts = context;
    if (parts->begun == parts->count || cp_progress_is_stopped()) {
        return false;
    }
    *task = (struct cp_task){.test_case = &parts->searched, .part = parts->begun};
    task->options.shard_index = parts->begun++;
    task->options.shard_count = parts->count;
    return true;
}

static int take_row(void *context, const struct cp_task *task, const struct cp_state_row *row) {
    struct parts *parts = context;
    struct cp_state_row whole = *row;
    whole.site = cp_merge_site(parts->merge, task->part, row->site);
    return cp_merge_row(parts->merge, task->part, &whole);
}

static void take_end(void *context, const struct cp_task *task, struct cp_result *result) {
    struct parts *parts = context;
    parts->has_failed |= cp_merge_end_rows(parts->merge, task->part) < 0;
    parts->results[task->part] = *result;
}

static bool tick(void *context, const struct cp_progress *progress, uint32_t others) {
    (void)context;
    cp_progress_set_others(others);
    return cp_progress_tick(NULL, progress);
}

static bool must_drop(void *context) {
    const struct parts *parts = context;
    return parts->has_failed;
}

static int drop_row(void *context, const struct cp_state_row *row) {
    (void)context;
    (void)row;
    return 0;
}

// Negative without memory.
static int conclude(struct parts *parts, const struct cp_case *test_case, struct cp_result *whole) {
    const struct cp_explore_options search = {.engine = CP_ENGINE_FAST};
    int err = parts->has_failed || parts->begun < parts->count ? -1 : 0;
    for (uint32_t part = 0; !err && part < parts->count; part++) {
        err = cp_merge_result(parts->merge, part, &parts->results[part]);
    }
    if (!err) {
        cp_merge_conclude(parts->merge, test_case, &search, whole);
    }
    return err;
}

static void free_parts(struct parts *parts) {
    for (uint32_t part = 0; parts->results && part < parts->count; part++) {
        cp_result_free(&parts->results[part]);
    }
    free(parts->results);
    cp_merge_free(parts->merge);
}

static bool fail(struct cp_bench *bench) {
    if (!cp_progress_is_stopped()) {
        cp_complain("the parts of the case could not be put together");
        bench->code = CP_EXIT_INTERNAL;
    }
    return false;
}

static bool explore_parts(struct cp_bench *bench, const struct cp_bench_case *made, uint32_t jobs,
                          struct cp_bench_measure *measure) {
    struct parts parts = {.searched = made->test_case, .count = jobs};
    const struct cp_workers_client client = {&parts,   next_part, take_row,
                                             take_end, tick,      must_drop};
    struct cp_result result;
    parts.searched.bounds.memory_max_bytes /= jobs;
    parts.merge = cp_merge_new(jobs, false, drop_row, NULL);
    parts.results = calloc(jobs, sizeof *parts.results);
    double started_s = cp_bench_now_s();
    bool is_good = parts.merge && parts.results;
    if (is_good) {
        cp_workers_run(jobs, bench->program, &client);
        is_good = conclude(&parts, &made->test_case, &result) == 0;
        cp_progress_clear();
        cp_progress_set_others(0);
    }
    *measure =
        (struct cp_bench_measure){.pages = made->pages, .seconds = cp_bench_now_s() - started_s};
    if (is_good) {
        is_good = cp_bench_note(bench, &made->test_case, &result, measure);
        cp_result_free(&result);
    } else {
        fail(bench);
    }
    free_parts(&parts);
    return is_good;
}

// --- the section

static void print_life(const struct cp_bench *bench, uint32_t jobs,
                       const struct cp_bench_measure *measure) {
    if (!bench->is_json) {
        printf("  %9u  %-7s  %10s  %11s  %8.3f  %10s\n", jobs, cp_verdict_name(measure->verdict),
               cp_number(measure->states).text, cp_number(measure->operations).text,
               measure->seconds,
               cp_number((uint64_t)cp_bench_per((double)measure->states, measure->seconds)).text);
        fflush(stdout);
        return;
    }
    struct cp_jsonl json = {.out = stdout};
    cp_jsonl_open(&json, NULL, '{');
    cp_jsonl_text(&json, "type", "bench-lifecycle");
    cp_jsonl_text(&json, "about", bench->plan->lifecycle_about);
    cp_jsonl_count(&json, "pages", measure->pages);
    cp_jsonl_count(&json, "processes", jobs);
    cp_jsonl_text(&json, "verdict", cp_verdict_name(measure->verdict));
    cp_jsonl_count(&json, "states", measure->states);
    cp_jsonl_count(&json, "operations", measure->operations);
    cp_jsonl_real(&json, "seconds", measure->seconds);
    cp_jsonl_close(&json, '}');
    fflush(stdout);
}

static void measure_parts(struct cp_bench *bench, const struct cp_bench_case *made) {
    uint32_t jobs = bench->options->jobs;
    struct cp_bench_measure measure;
    if (jobs < 2) {
        return;
    }
    // Their states overlap, so they need more than one process does.
    bool is_small = bench->options->quick;
    if (!is_small && !cp_bench_has_memory(bench, "several processes")) {
        return;
    }
    if (explore_parts(bench, made, jobs, &measure)) {
        print_life(bench, jobs, &measure);
    }
}

void cp_bench_lifecycle(struct cp_bench *bench) {
    const struct cp_bench_plan *plan = bench->plan;
    struct cp_bench_case made;
    struct cp_bench_measure measure;
    if (!cp_bench_make(bench, &plan->lifecycle_flash, plan->lifecycle_pages, CP_BENCH_LIFECYCLE,
                       &made)) {
        return;
    }
    if (!bench->is_json) {
        printf("\nLifecycle: %s, torn; an update that is confirmed or reverted\n",
               plan->lifecycle_about);
        printf("  %9s  %-7s  %10s  %11s  %8s  %10s\n", "processes", "verdict", "states",
               "operations", "time s", "states/s");
    }
    if (cp_bench_explore(bench, &made, CP_ENGINE_FAST, NULL, &measure)) {
        print_life(bench, 1, &measure);
        measure_parts(bench, &made);
    }
}

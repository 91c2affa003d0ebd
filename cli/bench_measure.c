// bench_measure.c: one search of the standard benchmark, with what it took.

#include "cli/bench.h"

#include "cli/progress.h"
#include "cli/text.h"
#include "cli/verdict.h"

#include <stdio.h>
#include <sys/resource.h>
#include <time.h>

static double clock_s(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

double cp_bench_now_s(void) {
    return clock_s(CLOCK_MONOTONIC);
}

double cp_bench_per(double amount, double divisor) {
    return divisor > 0 ? amount / divisor : 0;
}

double cp_bench_bytes_per_state(const struct cp_bench_measure *measure) {
    return cp_bench_per((double)measure->visited_bytes, (double)measure->states);
}

bool cp_bench_is_over(const struct cp_bench *bench) {
    return bench->code == CP_EXIT_INTERNAL || cp_progress_is_stopped();
}

bool cp_bench_make(struct cp_bench *bench, const struct cp_bench_flash *flash, uint32_t pages,
                   enum cp_bench_kind kind, struct cp_bench_case *made) {
    if (cp_bench_case_make(flash, pages, kind, made) < 0) {
        bench->code = CP_EXIT_INTERNAL;
        return false;
    }
    return true;
}

static int drop_state(void *context, const struct cp_state_row *row) {
    (void)context;
    (void)row;
    return 0;
}

static uint64_t peak_bytes(void) {
    struct rusage usage;
    return getrusage(RUSAGE_SELF, &usage) < 0 ? 0 : (uint64_t)usage.ru_maxrss * 1024;
}

bool cp_bench_note(struct cp_bench *bench, const struct cp_case *test_case,
                   const struct cp_result *result, struct cp_bench_measure *measure) {
    measure->verdict = result->verdict;
    measure->states = result->states;
    measure->operations = result->operations;
    measure->visited_bytes = result->visited_bytes;
    snprintf(measure->bound, sizeof measure->bound, "%s", result->bound);
    enum cp_exit code = cp_verdict_exit(test_case, result);
    bench->code = cp_exit_worse(bench->code, code);
    if (code != CP_EXIT_OK && code != CP_EXIT_INTERRUPTED) {
        cp_complain("%s came to %s: %s", test_case->name, cp_verdict_name(result->verdict),
                    result->verdict == CP_VERDICT_ERROR ? result->error : result->bound);
    }
    return code == CP_EXIT_OK;
}

bool cp_bench_explore(struct cp_bench *bench, const struct cp_bench_case *made,
                      enum cp_engine engine, const struct cp_sink *sink,
                      struct cp_bench_measure *measure) {
    const struct cp_sink own = {NULL, drop_state, cp_progress_tick};
    const struct cp_explore_options search = {.engine = engine};
    struct cp_result result;
    uint64_t peak_before = peak_bytes();
    double started_s = cp_bench_now_s(), cpu_s = clock_s(CLOCK_PROCESS_CPUTIME_ID);
    cp_explore(&made->test_case, bench->program, &search, sink ? sink : &own, &result);
    *measure = (struct cp_bench_measure){
        .pages = made->pages,
        .seconds = cp_bench_now_s() - started_s,
        .cpu_seconds = clock_s(CLOCK_PROCESS_CPUTIME_ID) - cpu_s,
        .resident_bytes = peak_bytes() - peak_before,
    };
    cp_progress_clear();
    bool is_good = cp_bench_note(bench, &made->test_case, &result, measure);
    cp_result_free(&result);
    return is_good;
}

bool cp_bench_measure(struct cp_bench *bench, uint32_t pages, enum cp_bench_kind kind,
                      struct cp_bench_measure *measure) {
    struct cp_bench_case made;
    return cp_bench_make(bench, &bench->plan->flash, pages, kind, &made) &&
           cp_bench_explore(bench, &made, CP_ENGINE_FAST, NULL, measure);
}

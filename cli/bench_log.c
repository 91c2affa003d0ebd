// bench_log.c: what keeping a log costs.
//
// The same search with and without, in turn, so that what else the machine does meets
// both. With a log it goes as `cutproof run -j 1` does, from creating to closing it.

#include "cli/bench.h"
#include "cli/jsonl.h"
#include "cli/progress.h"
#include "cli/text.h"
#include "reports/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ROUNDS_MAX 8u

struct log_cost {
    struct cp_bench_case made;
    char directory[256], path[300];
    double without_s[ROUNDS_MAX], with_s[ROUNDS_MAX];
    uint64_t states, log_bytes;
};

struct keeper {
    struct cp_log *log;
    int64_t case_id;
};

static int keep_state(void *context, const struct cp_state_row *row) {
    const struct keeper *keeper = context;
    return cp_log_state(keeper->log, keeper->case_id, row);
}

static bool complain_log(struct cp_bench *bench, const char *error) {
    cp_complain("%s", error);
    bench->code = CP_EXIT_INTERNAL;
    return false;
}

static int begin(const struct cp_bench *bench, const struct log_cost *cost,
                 const struct cp_log_case *about, struct keeper *keeper, char *error) {
    const struct cp_case *test_case = about->test_case;
    const struct cp_log_run run = {.version = CP_VERSION,
                                   .core_name = bench->program->name,
                                   .core_hash = bench->program->core_hash,
                                   .command_line = "cutproof bench",
                                   .engine = about->engine};
    int err = cp_log_create(cost->path, &run, &keeper->log, error);
    if (err) {
        return err;
    }
    err = cp_log_add_selected(keeper->log, test_case->name, test_case->file);
    err = err ? err : cp_log_add_scenario(keeper->log, test_case->file, cost->made.yaml);
    err = err ? err : cp_log_begin_case(keeper->log, about, &keeper->case_id);
    if (err) {
        snprintf(error, CP_MESSAGE_MAX, "%s", cp_log_error(keeper->log));
        cp_log_close(keeper->log, false);
    }
    return err;
}

// The log is closed in any case.
static bool explore_into(struct cp_bench *bench, const struct log_cost *cost,
                         const struct cp_log_case *about, struct keeper *keeper) {
    const struct cp_sink sink = {keeper, keep_state, cp_progress_tick};
    struct cp_bench_measure measure = {.pages = cost->made.pages};
    struct cp_result result;
    cp_explore(about->test_case, bench->program, NULL, &sink, &result);
    cp_progress_clear();
    bool is_good = cp_bench_note(bench, about->test_case, &result, &measure);
    int err = cp_log_end_case(keeper->log, keeper->case_id, about, &result);
    cp_result_free(&result);
    err |= cp_log_close(keeper->log, is_good);
    return err ? complain_log(bench, "the log of the benchmark is not whole") : is_good;
}

static bool run_with(struct cp_bench *bench, struct log_cost *cost, double *seconds) {
    struct keeper keeper = {0};
    char error[CP_MESSAGE_MAX] = "";
    const struct cp_log_case about = {
        .test_case = &cost->made.test_case,
        .hash = cp_case_hash(&cost->made.test_case, bench->program),
        .engine = cp_engine_name(CP_ENGINE_FAST),
        .program = bench->program,
    };
    struct stat status;
    double started_s = cp_bench_now_s();
    if (begin(bench, cost, &about, &keeper, error) < 0) {
        return complain_log(bench, error);
    }
    bool is_good = explore_into(bench, cost, &about, &keeper);
    *seconds = cp_bench_now_s() - started_s;
    cost->log_bytes = stat(cost->path, &status) == 0 ? (uint64_t)status.st_size : 0;
    unlink(cost->path);
    return is_good;
}

static bool run_without(struct cp_bench *bench, struct log_cost *cost, double *seconds) {
    struct cp_bench_measure measure;
    bool is_good = cp_bench_explore(bench, &cost->made, CP_ENGINE_FAST, NULL, &measure);
    *seconds = measure.seconds;
    cost->states = measure.states;
    return is_good;
}

static int compare_reals(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

// Sorts them.
static double median(double *values, uint32_t count) {
    qsort(values, count, sizeof *values, compare_reals);
    return (values[(count - 1) / 2] + values[count / 2]) / 2;
}

static void print_json(const struct log_cost *cost, uint32_t rounds, double without, double with) {
    struct cp_jsonl json = {.out = stdout};
    cp_jsonl_open(&json, NULL, '{');
    cp_jsonl_text(&json, "type", "bench-log");
    cp_jsonl_count(&json, "pages", cost->made.pages);
    cp_jsonl_count(&json, "rounds", rounds);
    cp_jsonl_count(&json, "states", cost->states);
    cp_jsonl_real(&json, "seconds_without", without);
    cp_jsonl_real(&json, "seconds_with", with);
    cp_jsonl_real(&json, "ratio", cp_bench_per(with, without));
    cp_jsonl_count(&json, "log_bytes", cost->log_bytes);
    cp_jsonl_real(&json, "log_bytes_per_state",
                  cp_bench_per((double)cost->log_bytes, (double)cost->states));
    cp_jsonl_close(&json, '}');
}

static void print_times(const char *name, double middle, const double *sorted, uint32_t rounds) {
    printf("  %-11s %.3f s, from %.3f to %.3f\n", name, middle, sorted[0], sorted[rounds - 1]);
}

static void print_cost(const struct cp_bench *bench, struct log_cost *cost) {
    uint32_t rounds = bench->plan->log_rounds;
    double without = median(cost->without_s, rounds), with = median(cost->with_s, rounds);
    if (bench->is_json) {
        print_json(cost, rounds, without, with);
        return;
    }
    printf("\nLog: %u pages, torn, %u times each in turn; the medians\n", cost->made.pages, rounds);
    print_times("without", without, cost->without_s, rounds);
    print_times("with", with, cost->with_s, rounds);
    printf("  ratio       %.2f\n", cp_bench_per(with, without));
    printf("  size        %.1f B a state, %s B in all\n",
           cp_bench_per((double)cost->log_bytes, (double)cost->states),
           cp_number(cost->log_bytes).text);
    fflush(stdout);
}

static bool run_rounds(struct cp_bench *bench, struct log_cost *cost) {
    bool is_good = true;
    for (uint32_t i = 0; is_good && i < bench->plan->log_rounds; i++) {
        is_good = run_without(bench, cost, &cost->without_s[i]) &&
                  run_with(bench, cost, &cost->with_s[i]);
    }
    return is_good;
}

void cp_bench_log(struct cp_bench *bench) {
    const struct cp_bench_plan *plan = bench->plan;
    const char *temporary = getenv("TMPDIR");
    struct log_cost cost = {.log_bytes = 0};
    if (!cp_bench_make(bench, &plan->flash, plan->log_pages, CP_BENCH_TORN, &cost.made)) {
        return;
    }
    snprintf(cost.directory, sizeof cost.directory, "%s/cutproof-XXXXXX",
             temporary && *temporary ? temporary : "/tmp");
    if (!mkdtemp(cost.directory)) {
        complain_log(bench, "cannot make a directory for the log of the benchmark");
        return;
    }
    snprintf(cost.path, sizeof cost.path, "%s/run.db", cost.directory);
    if (run_rounds(bench, &cost)) {
        print_cost(bench, &cost);
    }
    rmdir(cost.directory);
}

// bench_standard.c: the standard benchmark, which `cutproof bench` runs without files.

#include "cli/bench.h"
#include "cli/jsonl.h"
#include "cli/progress.h"
#include "cli/program.h"
#include "cli/text.h"

#include <stdio.h>

static const struct cp_bench_plan full_plan = {
    .flash = {"nrf52840", "nvmc-4m", 4096},
    .flash_about = "nrf52840; for more than 120 pages nvmc-4m, invented: the same with 4 MiB",
    .rate_pages = 64,
    .growth_pages = {4, 8, 16, 32, 64, 128, 256},
    .fit_from = 16,
    .slow_flash = {"nrf51822", NULL, 1024},
    .slow_kind_last = CP_BENCH_TORN,
    .slow_seconds_max = 60,
    .log_pages = 16,
    .log_rounds = 3,
    .lifecycle_flash = {"nrf52840", NULL, 4096},
    .lifecycle_pages = 120,
    .lifecycle_about = "a whole nRF52840, 480 KiB of ACTIVE",
};

// Small pages, so that a test has time for all of it.
static const struct cp_bench_plan quick_plan = {
    .flash = {"nrf51822", NULL, 1024},
    .flash_about = "nrf51822: pages of 1 KiB, a quarter of those of the whole benchmark",
    .rate_pages = 16,
    .growth_pages = {4, 8, 16, 32},
    .fit_from = 8,
    .slow_flash = {"nrf51822", NULL, 1024},
    .slow_kind_last = CP_BENCH_CLEAN,
    .slow_seconds_max = 1,
    .log_pages = 4,
    .log_rounds = 3,
    .lifecycle_flash = {"nrf51822", NULL, 1024},
    .lifecycle_pages = 8,
    .lifecycle_about = "8 pages of an nRF51822",
};

static bool refuse(const char *given, const char *option) {
    if (given) {
        cp_complain("the standard benchmark has no %s", option);
        cp_help("name scenarios to measure them, or leave %s out", option);
    }
    return given != NULL;
}

static bool has_bad_options(const struct cp_options *options) {
    return refuse(options->case_name, "--case") || refuse(options->tag, "--tag") ||
           refuse(options->engine_name, "--engine") || refuse(options->shard_text, "--shard") ||
           refuse(options->time_text, "--max-time") ||
           refuse(options->memory_text, "--max-memory") ||
           refuse(options->states_text, "--max-states") ||
           refuse(options->audit ? "" : NULL, "--audit");
}

static void print_end(const struct cp_bench *bench, double seconds) {
    bool is_stopped = cp_progress_is_stopped();
    if (bench->is_json) {
        struct cp_jsonl json = {.out = stdout};
        cp_jsonl_open(&json, NULL, '{');
        cp_jsonl_text(&json, "type", "bench-end");
        cp_jsonl_bool(&json, "interrupted", is_stopped);
        cp_jsonl_real(&json, "seconds", seconds);
        cp_jsonl_close(&json, '}');
        return;
    }
    printf("\n%s after %s\n",
           is_stopped ? "Interrupted; what is missing was not measured," : "Done",
           cp_duration(seconds).text);
}

static void run_sections(struct cp_bench *bench) {
    static void (*const sections[])(struct cp_bench * bench) = {
        cp_bench_rate, cp_bench_growth, cp_bench_engines, cp_bench_log, cp_bench_lifecycle,
    };
    for (size_t i = 0; i < sizeof sections / sizeof sections[0] && !cp_bench_is_over(bench); i++) {
        sections[i](bench);
    }
}

enum cp_exit cp_bench_standard(const struct cp_options *options) {
    struct cp_bench bench = {.options = options,
                             .plan = options->quick ? &quick_plan : &full_plan,
                             .is_json = options->format == CP_FORMAT_JSON};
    if (has_bad_options(options)) {
        return CP_EXIT_USAGE;
    }
    bench.program = cp_cli_load_program(options);
    if (!bench.program) {
        return CP_EXIT_USAGE;
    }
    double started_s = cp_bench_now_s();
    cp_progress_catch_signals();
    cp_bench_print_machine(&bench);
    run_sections(&bench);
    print_end(&bench, cp_bench_now_s() - started_s);
    return cp_progress_is_stopped() ? cp_exit_worse(bench.code, CP_EXIT_INTERRUPTED) : bench.code;
}

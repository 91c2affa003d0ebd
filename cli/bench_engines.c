// bench_engines.c: the fast engine against the slow one on the same cases.
//
// The slow engine runs each boot again for each cut, so its cost grows with the square
// of the pages. Two small sizes tell what size it will be through with in time.

#include "cli/bench.h"
#include "cli/jsonl.h"
#include "cli/text.h"

#include <math.h>
#include <stdio.h>

#define PAGES_MAX 64u

struct pair {
    struct cp_bench_measure fast, slow;
};

static const char *kind_text(enum cp_bench_kind kind) {
    return kind == CP_BENCH_CLEAN ? "clean" : "torn";
}

static void print_pair_json(enum cp_bench_kind kind, const struct pair *pair, double ratio) {
    struct cp_jsonl json = {.out = stdout};
    cp_jsonl_open(&json, NULL, '{');
    cp_jsonl_text(&json, "type", "bench-engines");
    cp_jsonl_text(&json, "cuts", kind_text(kind));
    cp_jsonl_count(&json, "pages", pair->fast.pages);
    cp_jsonl_count(&json, "fast_states", pair->fast.states);
    cp_jsonl_count(&json, "slow_states", pair->slow.states);
    cp_jsonl_count(&json, "fast_operations", pair->fast.operations);
    cp_jsonl_count(&json, "slow_operations", pair->slow.operations);
    cp_jsonl_real(&json, "operations_ratio", ratio);
    cp_jsonl_real(&json, "fast_seconds", pair->fast.seconds);
    cp_jsonl_real(&json, "slow_seconds", pair->slow.seconds);
    cp_jsonl_close(&json, '}');
}

static void print_pair(const struct cp_bench *bench, enum cp_bench_kind kind,
                       const struct pair *pair) {
    double ratio = cp_bench_per((double)pair->slow.operations, (double)pair->fast.operations);
    if (bench->is_json) {
        print_pair_json(kind, pair, ratio);
    } else {
        printf("  %-5s  %5u  %10s  %11s  %14s  %8s  %7.3f  %7.3f\n", kind_text(kind),
               pair->fast.pages, cp_number(pair->fast.states).text,
               cp_number(pair->fast.operations).text, cp_number(pair->slow.operations).text,
               cp_number((uint64_t)ratio).text, pair->fast.seconds, pair->slow.seconds);
    }
    fflush(stdout);
}

static bool measure_pair(struct cp_bench *bench, enum cp_bench_kind kind, uint32_t pages,
                         struct pair *pair) {
    struct cp_bench_case made;
    return cp_bench_make(bench, &bench->plan->slow_flash, pages, kind, &made) &&
           cp_bench_explore(bench, &made, CP_ENGINE_FAST, NULL, &pair->fast) &&
           cp_bench_explore(bench, &made, CP_ENGINE_SLOW, NULL, &pair->slow);
}

// Two engines that differ are worse than a slow one.
static bool check_pair(struct cp_bench *bench, const struct pair *pair) {
    if (pair->fast.states == pair->slow.states && pair->fast.verdict == pair->slow.verdict) {
        return true;
    }
    cp_complain("with %u pages the engines differ: %s and %s states", pair->fast.pages,
                cp_number(pair->fast.states).text, cp_number(pair->slow.states).text);
    bench->code = CP_EXIT_INTERNAL;
    return false;
}

static bool compare_size(struct cp_bench *bench, enum cp_bench_kind kind, uint32_t pages,
                         struct pair *pair) {
    if (!measure_pair(bench, kind, pages, pair)) {
        return false;
    }
    print_pair(bench, kind, pair);
    return check_pair(bench, pair);
}

static double seconds_an_operation(const struct pair *pair) {
    return cp_bench_per(pair->slow.seconds, (double)pair->slow.operations);
}

// The most pages that the slow engine should be through with in time, from two sizes. Its
// operations grow with the square; of the two speeds seen the lower one counts.
static uint32_t last_size(const struct pair *one, const struct pair *two, double seconds_max) {
    double each = fmax(seconds_an_operation(one), seconds_an_operation(two));
    double seconds = each * (double)two->slow.operations;
    double pages = two->slow.pages * sqrt(cp_bench_per(seconds_max, seconds));
    return pages < PAGES_MAX ? (uint32_t)pages : PAGES_MAX;
}

static void compare(struct cp_bench *bench, enum cp_bench_kind kind) {
    double seconds_max = bench->plan->slow_seconds_max;
    struct pair one, two, last;
    if (!compare_size(bench, kind, 1, &one) || one.slow.seconds * 4 > seconds_max ||
        !compare_size(bench, kind, 2, &two)) {
        return;
    }
    uint32_t pages = last_size(&one, &two, seconds_max);
    if (pages > 2) {
        compare_size(bench, kind, pages, &last);
    }
}

void cp_bench_engines(struct cp_bench *bench) {
    if (!bench->is_json) {
        printf(
            "\nFast against slow engine: pages of %u B, up to what the slow one does in %.0f s\n",
            bench->plan->slow_flash.page_bytes, bench->plan->slow_seconds_max);
        printf("  %-5s  %5s  %10s  %11s  %14s  %8s  %7s  %7s\n", "cuts", "pages", "states",
               "fast ops", "slow ops", "times", "fast s", "slow s");
    }
    for (int kind = CP_BENCH_CLEAN;
         kind <= (int)bench->plan->slow_kind_last && !cp_bench_is_over(bench); kind++) {
        compare(bench, (enum cp_bench_kind)kind);
    }
}

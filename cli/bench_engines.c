// bench_engines.c: the fast engine against the slow one on the same cases.

#include "cli/bench.h"
#include "cli/jsonl.h"
#include "cli/text.h"

#include <stdio.h>

// The slow engine runs each boot again for each cut: its cost grows with the square.
#define SLOW_GROWTH 2

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
    return cp_bench_make(bench, &bench->plan->flash, pages, kind, &made) &&
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

// What the next size will take, if it goes on as before. `before` has no pages at first.
static double estimate_s(const struct pair *before, const struct pair *last, uint32_t pages) {
    double factor = 1;
    for (int i = 0; i < SLOW_GROWTH; i++) {
        factor *= (double)pages / last->slow.pages;
    }
    bool is_double = before->slow.pages > 0 && pages == 2 * last->slow.pages &&
                     last->slow.pages == 2 * before->slow.pages;
    double seen = is_double ? cp_bench_per(last->slow.seconds, before->slow.seconds) : 0;
    return last->slow.seconds * (seen > factor ? seen : factor);
}

static void compare(struct cp_bench *bench, enum cp_bench_kind kind) {
    static const uint32_t sizes[] = {1, 2, 4, 8, 16, 32, 64};
    struct pair before = {0}, last = {0};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        if (i > 0 && estimate_s(&before, &last, sizes[i]) > bench->plan->slow_seconds_max) {
            break;
        }
        before = last;
        if (!measure_pair(bench, kind, sizes[i], &last)) {
            return;
        }
        print_pair(bench, kind, &last);
        if (!check_pair(bench, &last)) {
            return;
        }
    }
}

void cp_bench_engines(struct cp_bench *bench) {
    if (!bench->is_json) {
        printf("\nFast against slow engine: up to what the slow one does in %.0f s\n",
               bench->plan->slow_seconds_max);
        printf("  %-5s  %5s  %10s  %11s  %14s  %8s  %7s  %7s\n", "cuts", "pages", "states",
               "fast ops", "slow ops", "times", "fast s", "slow s");
    }
    for (int kind = CP_BENCH_CLEAN; kind <= CP_BENCH_TORN && !cp_bench_is_over(bench); kind++) {
        compare(bench, (enum cp_bench_kind)kind);
    }
}

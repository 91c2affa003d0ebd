// bench_growth.c: the rate of a search, and how its cost grows with the pages.

#include "cli/bench.h"
#include "cli/bench_fit.h"
#include "cli/jsonl.h"
#include "cli/text.h"

#include <stdio.h>

#define LARGE_PAGES 256u

// --- rate

static void print_rate(const struct cp_bench_measure *rate, uint32_t page_bytes) {
    double states = (double)rate->states;
    printf("\nRate: %u pages of ACTIVE and %u of DFU, %u B each, torn; one process\n", rate->pages,
           rate->pages + 1, page_bytes);
    printf("  verdict     %s, %s\n", cp_verdict_name(rate->verdict), rate->bound);
    printf("  states      %s\n", cp_number(rate->states).text);
    printf("  operations  %s, %.2f a state\n", cp_number(rate->operations).text,
           cp_bench_per((double)rate->operations, states));
    printf("  time        %.3f s, of which %.3f s on the processor\n", rate->seconds,
           rate->cpu_seconds);
    printf("  rate        %s states/s; %s for a second on the processor\n",
           cp_number((uint64_t)cp_bench_per(states, rate->seconds)).text,
           cp_number((uint64_t)cp_bench_per(states, rate->cpu_seconds)).text);
    printf("  memory      %.1f B a state; %.1f with all that the process took at its peak\n",
           cp_bench_bytes_per_state(rate), cp_bench_per((double)rate->resident_bytes, states));
}

static void put_measure(struct cp_jsonl *json, const struct cp_bench_measure *measure) {
    double states = (double)measure->states;
    cp_jsonl_count(json, "pages", measure->pages);
    cp_jsonl_text(json, "verdict", cp_verdict_name(measure->verdict));
    cp_jsonl_count(json, "states", measure->states);
    cp_jsonl_count(json, "operations", measure->operations);
    cp_jsonl_real(json, "seconds", measure->seconds);
    cp_jsonl_real(json, "cpu_seconds", measure->cpu_seconds);
    cp_jsonl_real(json, "states_per_second", cp_bench_per(states, measure->seconds));
    cp_jsonl_real(json, "bytes_per_state", cp_bench_bytes_per_state(measure));
}

static void print_rate_json(const struct cp_bench_measure *rate, uint32_t page_bytes) {
    struct cp_jsonl json = {.out = stdout};
    cp_jsonl_open(&json, NULL, '{');
    cp_jsonl_text(&json, "type", "bench-rate");
    cp_jsonl_count(&json, "page_bytes", page_bytes);
    cp_jsonl_text(&json, "bound", rate->bound);
    put_measure(&json, rate);
    cp_jsonl_real(&json, "resident_bytes_per_state",
                  cp_bench_per((double)rate->resident_bytes, (double)rate->states));
    cp_jsonl_close(&json, '}');
}

void cp_bench_rate(struct cp_bench *bench) {
    const struct cp_bench_plan *plan = bench->plan;
    if (!cp_bench_measure(bench, plan->rate_pages, CP_BENCH_TORN, &bench->rate)) {
        return;
    }
    (bench->is_json ? print_rate_json : print_rate)(&bench->rate, plan->flash.page_bytes);
    fflush(stdout);
}

// --- growth

struct growth {
    double pages[CP_BENCH_GROWTH_MAX], states[CP_BENCH_GROWTH_MAX];
    double operations[CP_BENCH_GROWTH_MAX], seconds[CP_BENCH_GROWTH_MAX];
    double cpu_seconds[CP_BENCH_GROWTH_MAX]; // what other processes change least
    size_t count;
};

static void print_size(const struct cp_bench *bench, const struct cp_bench_measure *measure) {
    if (bench->is_json) {
        struct cp_jsonl json = {.out = stdout};
        cp_jsonl_open(&json, NULL, '{');
        cp_jsonl_text(&json, "type", "bench-growth");
        put_measure(&json, measure);
        cp_jsonl_close(&json, '}');
        return;
    }
    printf("  %7u  %11s  %11s  %8.3f  %8.3f  %9s  %8.1f\n", measure->pages,
           cp_number(measure->states).text, cp_number(measure->operations).text, measure->seconds,
           measure->cpu_seconds,
           cp_number((uint64_t)cp_bench_per((double)measure->states, measure->seconds)).text,
           cp_bench_bytes_per_state(measure));
}

static void add_size(struct growth *growth, const struct cp_bench_measure *measure) {
    size_t i = growth->count++;
    growth->pages[i] = measure->pages;
    growth->states[i] = (double)measure->states;
    growth->operations[i] = (double)measure->operations;
    growth->seconds[i] = measure->seconds;
    growth->cpu_seconds[i] = measure->cpu_seconds;
}

static bool has_memory(const struct cp_bench *bench, uint32_t pages) {
    char what[32];
    snprintf(what, sizeof what, "%u pages", pages);
    return pages < LARGE_PAGES || cp_bench_has_memory(bench, what);
}

static bool measure_size(struct cp_bench *bench, uint32_t pages, struct growth *growth) {
    struct cp_bench_measure measure = bench->rate;
    if (pages != bench->rate.pages && !cp_bench_measure(bench, pages, CP_BENCH_TORN, &measure)) {
        return false;
    }
    print_size(bench, &measure);
    fflush(stdout);
    add_size(growth, &measure);
    return true;
}

static void print_fit(const struct cp_bench *bench, const struct growth *growth, size_t first) {
    size_t count = growth->count - first;
    const double *x = growth->pages + first;
    double states = cp_bench_exponent(x, growth->states + first, count);
    double operations = cp_bench_exponent(x, growth->operations + first, count);
    double seconds = cp_bench_exponent(x, growth->seconds + first, count);
    double cpu_seconds = cp_bench_exponent(x, growth->cpu_seconds + first, count);
    unsigned from = (unsigned)x[0], to = (unsigned)x[count - 1];
    if (bench->is_json) {
        struct cp_jsonl json = {.out = stdout};
        cp_jsonl_open(&json, NULL, '{');
        cp_jsonl_text(&json, "type", "bench-exponents");
        cp_jsonl_count(&json, "from_pages", from);
        cp_jsonl_count(&json, "to_pages", to);
        cp_jsonl_real(&json, "states", states);
        cp_jsonl_real(&json, "operations", operations);
        cp_jsonl_real(&json, "seconds", seconds);
        cp_jsonl_real(&json, "cpu_seconds", cpu_seconds);
        cp_jsonl_close(&json, '}');
        return;
    }
    printf(
        "  exponent of the pages, %2u to %3u: states %.3f, operations %.3f, time %.3f, cpu %.3f\n",
        from, to, states, operations, seconds, cpu_seconds);
}

static void print_fits(const struct cp_bench *bench, const struct growth *growth) {
    size_t first = 0;
    while (first < growth->count && growth->pages[first] < bench->plan->fit_from) {
        first++;
    }
    if (first > 0 && first + 2 <= growth->count) {
        print_fit(bench, growth, first);
    }
    if (growth->count >= 2) {
        print_fit(bench, growth, 0);
    }
    fflush(stdout);
}

void cp_bench_growth(struct cp_bench *bench) {
    const struct cp_bench_plan *plan = bench->plan;
    struct growth growth = {.count = 0};
    if (!bench->is_json) {
        printf("\nGrowth: the same case with other numbers of pages\n");
        printf("  %7s  %11s  %11s  %8s  %8s  %9s  %8s\n", "pages", "states", "operations", "time s",
               "cpu s", "states/s", "B/state");
    }
    for (const uint32_t *pages = plan->growth_pages; *pages; pages++) {
        if (has_memory(bench, *pages) && !measure_size(bench, *pages, &growth)) {
            break;
        }
    }
    print_fits(bench, &growth);
}

// bench.h: the standard benchmark, which its files bench_*.c share.

#ifndef CP_CLI_BENCH_H
#define CP_CLI_BENCH_H

#include "cli/bench_case.h"
#include "cli/exit_code.h"
#include "cli/options.h"

#define CP_BENCH_GROWTH_MAX 8u

// One search, measured.
struct cp_bench_measure {
    uint32_t pages;
    enum cp_verdict verdict;
    char bound[CP_MESSAGE_MAX];
    uint64_t states, operations, visited_bytes;
    uint64_t resident_bytes; // what the process grew by at its peak; 0: it did not
    double seconds, cpu_seconds;
};

// What is measured: everything, or as much as a test has time for.
struct cp_bench_plan {
    struct cp_bench_flash flash;
    const char *flash_about;
    uint32_t rate_pages;
    uint32_t growth_pages[CP_BENCH_GROWTH_MAX]; // ends with 0
    uint32_t fit_from;                          // the smallest of the larger sizes
    struct cp_bench_flash slow_flash;
    enum cp_bench_kind slow_kind_last; // both engines search the kinds up to this one
    double slow_seconds_max;           // for one search with the slow engine
    uint32_t log_pages, log_rounds;
    struct cp_bench_flash lifecycle_flash;
    uint32_t lifecycle_pages;
    const char *lifecycle_about;
};

struct cp_bench {
    const struct cp_options *options;
    const struct cp_bench_plan *plan;
    const struct cp_program *program;
    bool is_json;
    enum cp_exit code;
    struct cp_bench_measure rate; // growth has it as one of its sizes
};

// The standard benchmark.
enum cp_exit cp_bench_standard(const struct cp_options *options);

// --- bench_measure.c

// Make a case of so many pages. False after a message: the benchmark has failed.
bool cp_bench_make(struct cp_bench *bench, const struct cp_bench_flash *flash, uint32_t pages,
                   enum cp_bench_kind kind, struct cp_bench_case *made);

// Explore it; `sink` may be NULL. False: it was interrupted or failed, and is of no use.
bool cp_bench_explore(struct cp_bench *bench, const struct cp_bench_case *made,
                      enum cp_engine engine, const struct cp_sink *sink,
                      struct cp_bench_measure *measure);

// Both of the above with the fast engine and no sink.
bool cp_bench_measure(struct cp_bench *bench, uint32_t pages, enum cp_bench_kind kind,
                      struct cp_bench_measure *measure);

// Take over what a search came to, and whether that is as it must be.
bool cp_bench_note(struct cp_bench *bench, const struct cp_case *test_case,
                   const struct cp_result *result, struct cp_bench_measure *measure);

// Whether nothing more is to be measured.
bool cp_bench_is_over(const struct cp_bench *bench);

double cp_bench_now_s(void);
double cp_bench_per(double amount, double divisor); // 0 for a divisor of 0
double cp_bench_bytes_per_state(const struct cp_bench_measure *measure);

// --- bench_machine.c

// Whether there is memory for a search of millions of states. Tells what is left out.
bool cp_bench_has_memory(const struct cp_bench *bench, const char *what);
void cp_bench_print_machine(const struct cp_bench *bench);

// --- the sections: bench_growth.c, bench_engines.c, bench_log.c, bench_lifecycle.c

void cp_bench_rate(struct cp_bench *bench);
void cp_bench_growth(struct cp_bench *bench);
void cp_bench_engines(struct cp_bench *bench);
void cp_bench_log(struct cp_bench *bench);
void cp_bench_lifecycle(struct cp_bench *bench);

#endif

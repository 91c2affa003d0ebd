// bench_case.h: the cases of the standard benchmark, of any number of pages.

#ifndef CP_CLI_BENCH_CASE_H
#define CP_CLI_BENCH_CASE_H

#include "faults/case.h"

#define CP_BENCH_YAML_MAX 2048u

struct cp_bench_flash {
    const char *part, *larger_part; // the second where the first is too small; or NULL
    uint32_t page_bytes;
};

enum cp_bench_kind {
    CP_BENCH_CLEAN,     // cuts between operations; a good image
    CP_BENCH_TORN,      // also torn programs and erases of ACTIVE and DFU, every value
    CP_BENCH_LIFECYCLE, // the same with an image that is good or bad: update and revert
    CP_BENCH_KIND_COUNT
};

struct cp_bench_case {
    struct cp_case test_case;
    uint32_t pages;
    char yaml[CP_BENCH_YAML_MAX];
};

// ACTIVE has so many pages, DFU one more. Returns 0, or -1 after a message on stderr.
int cp_bench_case_make(const struct cp_bench_flash *flash, uint32_t pages, enum cp_bench_kind kind,
                       struct cp_bench_case *made);

#endif

// case_fixture.h: small cases built by hand, and what the tests of faults/ ask of them.
//
// A nRF51822 with pages as small as a test likes: one page each for bootloader and
// STATE, two for ACTIVE, three for DFU, one that belongs to nobody. The new image
// lies in DFU from the start, so that the story is request, swap, trial, confirm
// or revert.

#ifndef CP_TESTS_CASE_FIXTURE_H
#define CP_TESTS_CASE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "faults/explore.h"
#include "sim/hash.h"

extern const struct cp_program cp_program;

enum { OLD_IMAGE, NEW_IMAGE, FIXTURE_IMAGES };

#define ALL_PROMISES ((1u << CP_PROMISE_COUNT) - 1u)
#define ALL_AREAS    ((1u << CP_AREA_COUNT) - 1u)
#define BIT(n)       (1u << (n))

static inline void fixture_area(struct cp_case *made, enum cp_area area, uint32_t first_page,
                                uint32_t page_count) {
    const uint32_t page_bytes = made->devices[0].erase_size_bytes;
    made->areas[area] =
        (struct cp_program_area){0, first_page * page_bytes, page_count * page_bytes};
}

static inline void fixture_image(struct cp_case *made, uint8_t image, const char *name,
                                 enum cp_firmware firmware, uint8_t next) {
    struct cp_image *filled = &made->images[image];
    snprintf(filled->name, sizeof(filled->name), "%s", name);
    filled->size_bytes = made->areas[CP_AREA_ACTIVE].size_bytes;
    filled->seed = 7u + image;
    filled->firmware = firmware;
    filled->next = next;
}

static inline struct cp_case fixture_case(uint32_t page_bytes, enum cp_firmware firmware) {
    const struct cp_part *part = cp_part_find("nrf51822");
    assert_non_null(part);
    struct cp_case made = {.name = "fixture", .device_count = 1, .image_count = FIXTURE_IMAGES};
    made.devices[0] = *part;
    made.devices[0].erase_size_bytes = page_bytes;
    made.devices[0].size_bytes = 8 * page_bytes;
    fixture_area(&made, CP_AREA_BOOTLOADER, 0, 1);
    fixture_area(&made, CP_AREA_STATE, 1, 1);
    fixture_area(&made, CP_AREA_ACTIVE, 2, 2);
    fixture_area(&made, CP_AREA_DFU, 4, 3);
    fixture_image(&made, OLD_IMAGE, "old", CP_FIRMWARE_GOOD, NEW_IMAGE);
    fixture_image(&made, NEW_IMAGE, "new", firmware, CP_IMAGE_NONE);
    made.dfu_image = NEW_IMAGE;
    made.buffer_size_bytes = 64;
    made.chunk_size_bytes = 64;
    snprintf(made.format, sizeof(made.format), "seed");
    made.faults.cut = true;
    made.faults.cut_phases = BIT(CP_PHASE_BOOTLOADER) | BIT(CP_PHASE_APPLICATION);
    made.faults.torn_areas = ALL_AREAS;
    made.bounds = (struct cp_bounds){.cuts_max = CP_UNLIMITED,
                                     .torn_max = CP_UNLIMITED,
                                     .states_max = CP_UNLIMITED,
                                     .seconds_max = CP_UNLIMITED};
    made.promises = ALL_PROMISES;
    made.erases_per_update_max = 3;
    made.expect.verdict = CP_VERDICT_PROVED;
    return made;
}

// Every promise is claimed to be broken: as some never are, no violation ends the search.
static inline struct cp_case fixture_relentless(struct cp_case made) {
    made.promises = ALL_PROMISES;
    made.expect.violates = ALL_PROMISES;
    made.expect.verdict = CP_VERDICT_VIOLATED;
    return made;
}

// --- the states that an exploration reports

struct reached {
    struct cp_state_row *rows; // in the order of the reports
    struct cp_hash *hashes;    // sorted and without doubles
    size_t row_count, capacity, hash_count;
    struct cp_result result;
};

static inline int reached_add(void *context, const struct cp_state_row *row) {
    struct reached *reached = context;
    if (reached->row_count == reached->capacity) {
        reached->capacity = 2 * reached->capacity + 256;
        reached->rows = realloc(reached->rows, reached->capacity * sizeof(*reached->rows));
        assert_non_null(reached->rows);
    }
    reached->rows[reached->row_count++] = *row;
    return 0;
}

static inline int hash_order(const void *a, const void *b) {
    const struct cp_hash *left = a, *right = b;
    if (left->high != right->high) {
        return left->high < right->high ? -1 : 1;
    }
    return left->low == right->low ? 0 : left->low < right->low ? -1 : 1;
}

// Sort, and drop the doubles; returns how many are left.
static inline size_t hash_sort(struct cp_hash *hashes, size_t count) {
    size_t kept = 0;
    if (count > 0) {
        qsort(hashes, count, sizeof(*hashes), hash_order);
    }
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || !cp_hash_equal(hashes[i], hashes[kept - 1])) {
            hashes[kept++] = hashes[i];
        }
    }
    return kept;
}

static inline void reached_sort(struct reached *reached) {
    reached->hashes = malloc((reached->row_count + 1) * sizeof(*reached->hashes));
    assert_non_null(reached->hashes);
    for (size_t i = 0; i < reached->row_count; i++) {
        const struct cp_state_row *row = &reached->rows[i];
        reached->hashes[i] = (struct cp_hash){row->hash_low, row->hash_high};
    }
    reached->hash_count = hash_sort(reached->hashes, reached->row_count);
}

static inline struct reached fixture_explore_by(enum cp_engine engine,
                                                const struct cp_case *test_case,
                                                const struct cp_program *program) {
    struct reached reached = {0};
    const struct cp_explore_options options = {.engine = engine};
    const struct cp_sink sink = {.context = &reached, .state = reached_add};
    cp_explore(test_case, program, &options, &sink, &reached.result);
    reached_sort(&reached);
    return reached;
}

static inline struct reached fixture_explore(const struct cp_case *test_case,
                                             const struct cp_program *program) {
    return fixture_explore_by(CP_ENGINE_FAST, test_case, program);
}

static inline void reached_free(struct reached *reached) {
    free(reached->rows);
    free(reached->hashes);
    cp_result_free(&reached->result);
    memset(reached, 0, sizeof(*reached));
}

static inline bool is_subset(const struct reached *small, const struct reached *large) {
    size_t at = 0;
    for (size_t i = 0; i < small->hash_count; i++) {
        while (at < large->hash_count && hash_order(&large->hashes[at], &small->hashes[i]) < 0) {
            at++;
        }
        if (at == large->hash_count || !cp_hash_equal(large->hashes[at], small->hashes[i])) {
            return false;
        }
    }
    return true;
}

static inline bool is_same_set(const struct reached *a, const struct reached *b) {
    return a->hash_count == b->hash_count && is_subset(a, b);
}

static inline uint32_t violated_bits(const struct cp_result *result) {
    uint32_t bits = 0;
    for (uint32_t i = 0; i < result->violation_count; i++) {
        bits |= BIT(result->violations[i].promise);
    }
    return bits;
}

static inline const struct cp_violation *violation_of(const struct cp_result *result,
                                                      enum cp_promise promise) {
    for (uint32_t i = 0; i < result->violation_count; i++) {
        if (result->violations[i].promise == promise) {
            return &result->violations[i];
        }
    }
    return NULL;
}

#endif

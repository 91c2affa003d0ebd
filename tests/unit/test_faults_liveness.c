// test_faults_liveness.c: up-times worked out from segments that are built by hand.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "faults/liveness.h"

#define NONE CP_SEGMENT_NONE

// The boot of a state, which takes so many operations to its end.
static uint32_t boot(struct cp_liveness_notes *notes, uint32_t state_id, uint32_t operations,
                     enum cp_segment_end end, uint32_t next, uint32_t next_offset) {
    const uint32_t segment = cp_liveness_begin(notes, state_id, NONE);
    assert_int_not_equal(segment, NONE);
    cp_liveness_end(notes, segment, operations, end, next, next_offset);
    return segment;
}

// An option of the choice that ended a segment; it starts an image.
static uint32_t option(struct cp_liveness_notes *notes, uint32_t fork, uint32_t operations) {
    const uint32_t segment = cp_liveness_begin(notes, 0, fork);
    assert_int_not_equal(segment, NONE);
    cp_liveness_end(notes, segment, operations, CP_SEGMENT_STARTS, 0, 0);
    return segment;
}

static void cut(struct cp_liveness_notes *notes, uint32_t segment, uint32_t offset,
                uint32_t state_id) {
    assert_int_equal(cp_liveness_cut(notes, segment, offset, state_id), 0);
}

static void expect(struct cp_liveness_notes *notes, uint32_t state_count, uint64_t uptime,
                   uint64_t boot_max) {
    struct cp_liveness liveness;
    assert_int_equal(cp_liveness_conclude(notes, state_count, &liveness), 0);
    assert_int_equal(liveness.uptime_operations, uptime);
    assert_int_equal(liveness.boot_operations_max, boot_max);
    cp_liveness_free(notes);
}

static void test_nothing_to_do(void **state) {
    (void)state;
    struct cp_liveness_notes notes = {0};
    expect(&notes, 0, 0, 0);
    boot(&notes, 1, 0, CP_SEGMENT_STARTS, 0, 0);
    boot(&notes, 2, 0, CP_SEGMENT_STARTS, 0, 0);
    expect(&notes, 2, 0, 0);
}

// Without a record of progress a boot must last to its end.
static void test_no_progress(void **state) {
    (void)state;
    struct cp_liveness_notes notes = {0};
    const uint32_t first = boot(&notes, 1, 10, CP_SEGMENT_STARTS, 0, 0);
    cut(&notes, first, 4, 1); // leaves the same to do
    expect(&notes, 1, 10, 10);
}

static void test_progress(void **state) {
    (void)state;
    struct cp_liveness_notes notes = {0};
    const uint32_t first = boot(&notes, 1, 10, CP_SEGMENT_STARTS, 0, 0);
    boot(&notes, 2, 6, CP_SEGMENT_STARTS, 0, 0);
    boot(&notes, 3, 11, CP_SEGMENT_STARTS, 0, 0);
    cut(&notes, first, 8, 2); // told in any order
    cut(&notes, first, 4, 2);
    cut(&notes, first, 2, 3); // that leaves more to do than there was
    expect(&notes, 2, 6, 10); // state 1 needs 4, state 2 all its 6
    struct cp_liveness_notes again = {0};
    const uint32_t same = boot(&again, 1, 10, CP_SEGMENT_STARTS, 0, 0);
    const uint32_t second = boot(&again, 2, 6, CP_SEGMENT_STARTS, 0, 0);
    boot(&again, 3, 1, CP_SEGMENT_STARTS, 0, 0);
    cut(&again, same, 4, 2);
    cut(&again, second, 5, 3);
    expect(&again, 3, 5, 10);
}

static void test_joins(void **state) {
    (void)state;
    struct cp_liveness_notes notes = {0};
    const uint32_t first = boot(&notes, 1, 10, CP_SEGMENT_STARTS, 0, 0);
    boot(&notes, 2, 6, CP_SEGMENT_STARTS, 0, 0);
    boot(&notes, 3, 5, CP_SEGMENT_JOINS, first, 4); // 5 of its own, then the last 6 of the first
    cut(&notes, first, 3, 2);                       // before it joins: of use to state 1 only
    cut(&notes, first, 8, 2);                       // 9 after the beginning of the boot of state 3
    expect(&notes, 3, 9, 11);
}

// A join may be noted before the end of what is joined is known.
static void test_joins_what_is_open(void **state) {
    (void)state;
    struct cp_liveness_notes notes = {0};
    const uint32_t first = cp_liveness_begin(&notes, 1, NONE);
    boot(&notes, 2, 1, CP_SEGMENT_JOINS, first, 7);
    cp_liveness_end(&notes, first, 9, CP_SEGMENT_STARTS, 0, 0);
    expect(&notes, 2, 9, 9);
}

static void test_resets(void **state) {
    (void)state;
    struct cp_liveness_notes notes = {0};
    boot(&notes, 1, 2, CP_SEGMENT_RESETS, 2, 0);
    const uint32_t second = boot(&notes, 2, 10, CP_SEGMENT_STARTS, 0, 0);
    boot(&notes, 3, 3, CP_SEGMENT_STARTS, 0, 0);
    cut(&notes, second, 7, 3);
    expect(&notes, 3, 9, 12);                    // 2, the reset, and 7
    boot(&notes, 1, 4, CP_SEGMENT_RESETS, 9, 0); // a state that nobody booted
    expect(&notes, 9, 4, 4);
}

// The slowest option counts, and progress behind a choice does not.
static void test_forks(void **state) {
    (void)state;
    struct cp_liveness_notes notes = {0};
    const uint32_t fork = boot(&notes, 1, 5, CP_SEGMENT_FORKS, NONE, 0);
    option(&notes, fork, 3);
    const uint32_t slow = option(&notes, fork, 7);
    option(&notes, fork, 2);
    boot(&notes, 2, 1, CP_SEGMENT_STARTS, 0, 0);
    cut(&notes, slow, 1, 2);
    expect(&notes, 2, 12, 12);
    const uint32_t again = boot(&notes, 1, 5, CP_SEGMENT_FORKS, NONE, 0);
    option(&notes, again, 3);
    option(&notes, again, 7);
    boot(&notes, 2, 1, CP_SEGMENT_STARTS, 0, 0);
    cut(&notes, again, 4, 2); // before the choice it does
    expect(&notes, 2, 4, 12);
}

// A circle is a boot loop, which is reported elsewhere: here it must only end.
static void test_circles(void **state) {
    (void)state;
    struct cp_liveness_notes notes = {0};
    boot(&notes, 1, 4, CP_SEGMENT_RESETS, 2, 0);
    boot(&notes, 2, 6, CP_SEGMENT_RESETS, 1, 0);
    struct cp_liveness liveness;
    assert_int_equal(cp_liveness_conclude(&notes, 2, &liveness), 0);
    assert_true(liveness.uptime_operations >= 6); // all that each of them does
    assert_true(liveness.boot_operations_max >= liveness.uptime_operations);
    cp_liveness_free(&notes);
}

// A boot that is explored again comes to where it was, and what is known of it stays.
static void test_explored_again(void **state) {
    (void)state;
    struct cp_liveness_notes notes = {0};
    const uint32_t first = boot(&notes, 1, 10, CP_SEGMENT_STARTS, 0, 0);
    assert_int_equal(cp_liveness_begin(&notes, 1, NONE), first);
    cp_liveness_end(&notes, first, 3, CP_SEGMENT_JOINS, first, 3);
    expect(&notes, 1, 10, 10);
}

// --- the same by the time of the operations

#define ERASE_US   1000u
#define PROGRAM_US 10u

// An erase and so many programs.
static void page(struct cp_liveness_notes *notes, uint32_t programs) {
    assert_int_equal(cp_liveness_operation(notes, ERASE_US), 0);
    for (uint32_t i = 0; i < programs; i++) {
        assert_int_equal(cp_liveness_operation(notes, PROGRAM_US), 0);
    }
}

// The boot of a state, which writes pages of five operations each.
static uint32_t boot_pages(struct cp_liveness_notes *notes, uint32_t state_id, uint32_t pages,
                           enum cp_segment_end end, uint32_t next, uint32_t next_offset) {
    const uint32_t segment = cp_liveness_begin(notes, state_id, NONE);
    for (uint32_t i = 0; i < pages; i++) {
        page(notes, 4);
    }
    cp_liveness_end(notes, segment, 5 * pages, end, next, next_offset);
    return segment;
}

static void expect_us(struct cp_liveness_notes *notes, uint32_t state_count, uint64_t uptime_us,
                      uint64_t boot_us_max) {
    struct cp_liveness liveness;
    assert_int_equal(cp_liveness_conclude(notes, state_count, &liveness), 0);
    assert_int_equal(liveness.uptime_us, uptime_us);
    assert_int_equal(liveness.boot_us_max, boot_us_max);
    cp_liveness_free(notes);
}

static void test_time_of_a_boot(void **state) {
    (void)state;
    struct cp_liveness_notes notes = {0};
    boot_pages(&notes, 1, 3, CP_SEGMENT_STARTS, 0, 0);
    boot_pages(&notes, 2, 0, CP_SEGMENT_STARTS, 0, 0);
    expect_us(&notes, 2, 3120, 3120);
}

static void test_time_to_progress(void **state) {
    (void)state;
    struct cp_liveness_notes notes = {0};
    const uint32_t first = boot_pages(&notes, 1, 3, CP_SEGMENT_STARTS, 0, 0);
    boot_pages(&notes, 2, 1, CP_SEGMENT_STARTS, 0, 0);
    cut(&notes, first, 7, 2); // a page, an erase and a program
    expect_us(&notes, 1, 1040 + 1010, 3120);
}

// What needs fewer operations can take longer: each is asked by itself.
static void test_time_is_no_number(void **state) {
    (void)state;
    struct cp_liveness_notes notes = {0};
    const uint32_t first = cp_liveness_begin(&notes, 1, NONE);
    page(&notes, 20);
    cp_liveness_end(&notes, first, 21, CP_SEGMENT_STARTS, 0, 0);
    boot_pages(&notes, 2, 2, CP_SEGMENT_STARTS, 0, 0);
    cut(&notes, first, 3, 2); // 10 operations are left, and 2080 us of 1200
    struct cp_liveness liveness;
    assert_int_equal(cp_liveness_conclude(&notes, 1, &liveness), 0);
    assert_int_equal(liveness.uptime_operations, 3);
    assert_int_equal(liveness.uptime_us, 1200);
    cp_liveness_free(&notes);
}

static void test_time_from_an_offset(void **state) {
    (void)state;
    for (uint32_t offset = 0; offset <= 10; offset++) {
        struct cp_liveness_notes notes = {0};
        const uint32_t first = boot_pages(&notes, 1, 2, CP_SEGMENT_STARTS, 0, 0);
        boot_pages(&notes, 2, 1, CP_SEGMENT_JOINS, first, offset);
        const uint32_t erases = (offset + 4) / 5; // among the operations left out
        const uint64_t left_us =
            2080 - erases * (uint64_t)ERASE_US - (offset - erases) * (uint64_t)PROGRAM_US;
        const uint64_t joined_us = 1040 + left_us;
        expect_us(&notes, 2, joined_us > 2080 ? joined_us : 2080,
                  joined_us > 2080 ? joined_us : 2080);
    }
}

// Boots that do the same share what is noted of it; what lies between them does not matter.
static void test_stretches_are_shared(void **state) {
    (void)state;
    struct cp_liveness_notes notes = {0};
    const uint32_t first = boot_pages(&notes, 1, 2, CP_SEGMENT_STARTS, 0, 0);
    for (uint32_t id = 2; id < 100; id++) {
        boot_pages(&notes, id, id % 2, CP_SEGMENT_JOINS, first, 5);
    }
    assert_int_equal(notes.stretch_count, 4 + 2);
    // Explored again, a boot comes to where it was, and leaves nothing behind.
    assert_int_equal(cp_liveness_begin(&notes, 1, NONE), first);
    page(&notes, 1);
    cp_liveness_end(&notes, first, 2, CP_SEGMENT_JOINS, first, 2);
    assert_int_equal(notes.stretch_count, 4 + 2);
    expect_us(&notes, 99, 2080, 2080);
}

// A long chain takes no stack.
static void test_chain(void **state) {
    (void)state;
    enum { LENGTH = 300000 };
    struct cp_liveness_notes notes = {0};
    for (uint32_t id = 1; id < LENGTH; id++) {
        boot(&notes, id, 1, CP_SEGMENT_RESETS, id + 1, 0);
    }
    boot(&notes, LENGTH, 1, CP_SEGMENT_STARTS, 0, 0);
    struct cp_liveness liveness;
    assert_int_equal(cp_liveness_conclude(&notes, 10, &liveness), 0);
    assert_int_equal(liveness.boot_operations_max, LENGTH);
    assert_true(cp_liveness_size_bytes(&notes) >= LENGTH * sizeof(struct cp_segment));
    cp_liveness_free(&notes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_to_do),
        cmocka_unit_test(test_no_progress),
        cmocka_unit_test(test_progress),
        cmocka_unit_test(test_joins),
        cmocka_unit_test(test_joins_what_is_open),
        cmocka_unit_test(test_resets),
        cmocka_unit_test(test_forks),
        cmocka_unit_test(test_circles),
        cmocka_unit_test(test_chain),
        cmocka_unit_test(test_time_of_a_boot),
        cmocka_unit_test(test_time_to_progress),
        cmocka_unit_test(test_time_is_no_number),
        cmocka_unit_test(test_time_from_an_offset),
        cmocka_unit_test(test_stretches_are_shared),
        cmocka_unit_test(test_explored_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// test_faults_merge.c: parts that overlap become one case, and what does not fit is seen.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "faults/merge.h"

#include <stdlib.h>
#include <string.h>

#define ROWS_MAX 4096u

struct rows {
    struct cp_state_row rows[ROWS_MAX];
    uint32_t count;
    int answer; // of emit()
};

static int emit(void *context, const struct cp_state_row *row) {
    struct rows *out = context;
    assert_true(out->count < ROWS_MAX);
    out->rows[out->count++] = *row;
    return out->answer;
}

static struct rows out;

static struct cp_merge *new_merge(uint32_t part_count, bool is_cuts_bounded) {
    memset(&out, 0, sizeof out);
    struct cp_merge *merge = cp_merge_new(part_count, is_cuts_bounded, emit, &out);
    assert_non_null(merge);
    return merge;
}

static struct cp_state_row row_of(uint32_t id, uint32_t parent, uint64_t hash) {
    return (struct cp_state_row){.id = id,
                                 .parent = parent,
                                 .cuts = id - 1,
                                 .site = UINT32_MAX,
                                 .edge = parent ? CP_EDGE_AFTER : CP_EDGE_START,
                                 .hash_high = hash * 3,
                                 .hash_low = hash};
}

static void put(struct cp_merge *merge, uint32_t part, uint32_t id, uint32_t parent,
                uint64_t hash) {
    const struct cp_state_row row = row_of(id, parent, hash);
    assert_int_equal(cp_merge_row(merge, part, &row), 0);
}

static struct cp_case proved_case(uint32_t states_min) {
    struct cp_case made = {.name = "merged", .promises = 1u << CP_PROMISE_BOOTABLE};
    made.faults = (struct cp_fault_model){.cut = true, .cut_phases = 3};
    made.bounds.cuts_max = made.bounds.torn_max = made.bounds.states_max = CP_UNLIMITED;
    made.expect.verdict = CP_VERDICT_PROVED;
    made.expect.states_min = states_min;
    return made;
}

static struct cp_result part_result(enum cp_verdict verdict, enum cp_stop stop) {
    return (struct cp_result){.verdict = verdict,
                              .stop = stop,
                              .is_complete = stop == CP_STOP_NONE || stop == CP_STOP_VIOLATION,
                              .cuts_max = CP_UNLIMITED,
                              .operations = 10,
                              .seconds = 2,
                              .is_wear_exact = true};
}

static struct cp_result conclude(struct cp_merge *merge, const struct cp_case *test_case) {
    struct cp_result whole;
    cp_merge_conclude(merge, test_case, NULL, &whole);
    cp_merge_free(merge);
    return whole;
}

static void a_state_of_two_parts_is_one(void **context) {
    (void)context;
    struct cp_merge *merge = new_merge(2, false);
    put(merge, 0, 1, 0, 100);
    put(merge, 0, 2, 1, 200);
    put(merge, 1, 1, 0, 100);
    put(merge, 1, 2, 1, 300);
    put(merge, 1, 3, 2, 200);
    put(merge, 1, 4, 3, 400);
    assert_int_equal(out.count, 4);
    // The last one came over what the other part had found: its parent is that row.
    assert_int_equal(out.rows[3].id, 4);
    assert_int_equal(out.rows[3].parent, 2);
    assert_int_equal(out.rows[3].cuts, 2);
    cp_merge_free(merge);
}

static void the_high_half_tells_states_apart(void **context) {
    (void)context;
    struct cp_merge *merge = new_merge(2, false);
    struct cp_state_row other = row_of(1, 0, 100);
    put(merge, 0, 1, 0, 100);
    other.hash_high++;
    assert_int_equal(cp_merge_row(merge, 1, &other), 0);
    assert_int_equal(out.count, 2);
    cp_merge_free(merge);
}

static void a_row_waits_for_its_parent(void **context) {
    (void)context;
    struct cp_merge *merge = new_merge(1, false);
    put(merge, 0, 3, 2, 300);
    put(merge, 0, 2, 1, 200);
    assert_int_equal(out.count, 0);
    put(merge, 0, 1, 0, 100);
    assert_int_equal(cp_merge_end_rows(merge, 0), 0);
    assert_int_equal(out.count, 3);
    assert_int_equal(out.rows[2].parent, out.rows[1].id);
    assert_int_equal(out.rows[2].hash_low, 300);
    cp_merge_free(merge);
}

static void many_rows_that_wait_are_let_go(void **context) {
    (void)context;
    struct cp_merge *merge = new_merge(1, false);
    for (uint32_t id = 2; id <= 2000; id++) {
        put(merge, 0, id, 1, id);
    }
    put(merge, 0, 1, 0, 1);
    for (uint32_t id = 2001; id <= 4000; id++) {
        put(merge, 0, id, 1, id);
    }
    assert_int_equal(cp_merge_end_rows(merge, 0), 0);
    assert_int_equal(out.count, 4000);
    cp_merge_free(merge);
}

// A worker that died told of a state and never of its parent.
static void an_orphan_has_no_parent(void **context) {
    (void)context;
    struct cp_merge *merge = new_merge(1, false);
    put(merge, 0, 7, 6, 700);
    assert_int_equal(cp_merge_end_rows(merge, 0), 0);
    assert_int_equal(out.count, 1);
    assert_int_equal(out.rows[0].parent, 0);
    cp_merge_free(merge);
}

static void a_reset_costs_no_cut(void **context) {
    (void)context;
    struct cp_merge *merge = new_merge(1, false);
    struct cp_state_row reset = row_of(2, 1, 200);
    put(merge, 0, 1, 0, 100);
    reset.edge = CP_EDGE_RESET;
    assert_int_equal(cp_merge_row(merge, 0, &reset), 0);
    assert_int_equal(out.rows[1].cuts, 0);
    cp_merge_free(merge);
}

static void a_log_that_fails_ends_it(void **context) {
    (void)context;
    struct cp_merge *merge = new_merge(1, false);
    const struct cp_state_row row = row_of(1, 0, 100);
    out.answer = -5;
    assert_int_equal(cp_merge_row(merge, 0, &row), -5);
    cp_merge_free(merge);
}

static void what_was_known_can_be_put_back(void **context) {
    (void)context;
    struct cp_merge *before = new_merge(2, false);
    put(before, 0, 1, 0, 100);
    put(before, 0, 2, 1, 200);
    cp_merge_site(before, 0, 3);
    struct cp_merge *after = cp_merge_new(2, false, emit, &out);
    const struct cp_merge_known known = cp_merge_known_of(before, 0);
    assert_int_equal(cp_merge_restore_part(after, 0, &known), 0);
    for (uint32_t i = 0; i < 2; i++) {
        const struct cp_state_row *row = &out.rows[i];
        assert_int_equal(
            cp_merge_restore_row(after, row->id, row->hash_high, row->hash_low, row->cuts), 0);
    }
    // The same row twice cannot have been in one log.
    assert_true(cp_merge_restore_row(after, 9, 300, 100, 0) < 0);
    put(after, 0, 3, 2, 300);
    put(after, 1, 1, 0, 200);
    assert_int_equal(out.count, 3);
    assert_int_equal(out.rows[2].id, 3);
    assert_int_equal(out.rows[2].parent, 2);
    assert_int_equal(cp_merge_site(after, 0, 3), 0);
    assert_int_equal(cp_merge_site(after, 1, 3), 1);
    cp_merge_free(before);
    cp_merge_free(after);
}

// --- results

static void counts_are_sums_or_maxima(void **context) {
    (void)context;
    struct cp_merge *merge = new_merge(2, false);
    struct cp_case test_case = proved_case(1);
    struct cp_wear one = {0, 4, 3, 1}, other[] = {{0, 4, 2, 2}, {1, 4, 5, 0}};
    struct cp_cut_run early = {.edge = CP_EDGE_AFTER, .first = 1, .last = 6};
    struct cp_cut_run late = {.edge = CP_EDGE_AFTER, .first = 4, .last = 9};
    struct cp_result first = part_result(CP_VERDICT_PROVED, CP_STOP_NONE);
    struct cp_result second = first;
    put(merge, 0, 1, 0, 100);
    first.cuts = &late;
    second.cuts = &early;
    first.cut_count = second.cut_count = 1;
    first.wear = &one;
    first.wear_count = 1;
    second.wear = other;
    second.wear_count = 2;
    second.seconds = 3;
    second.is_wear_exact = false;
    assert_int_equal(cp_merge_result(merge, 0, &first), 0);
    assert_int_equal(cp_merge_result(merge, 1, &second), 0);
    struct cp_result whole = conclude(merge, &test_case);
    assert_int_equal(whole.verdict, CP_VERDICT_PROVED);
    assert_true(whole.expectation_met && whole.is_complete && !whole.is_wear_exact);
    assert_int_equal(whole.states, 1);
    assert_int_equal(whole.operations, 20);
    assert_true(whole.seconds > 2.5 && whole.seconds < 3.5);
    assert_int_equal(whole.wear_count, 2);
    assert_int_equal(whole.wear[0].erases_max, 3);
    assert_int_equal(whole.wear[0].excess_max, 2);
    assert_int_equal(whole.cut_count, 1);
    assert_int_equal(whole.cuts[0].first, 1);
    assert_int_equal(whole.cuts[0].last, 9);
    cp_result_free(&whole);
}

static void expectation_is_of_the_whole(void **context) {
    (void)context;
    struct cp_merge *merge = new_merge(2, false);
    struct cp_case test_case = proved_case(3);
    const struct cp_result part = part_result(CP_VERDICT_PROVED, CP_STOP_NONE);
    put(merge, 0, 1, 0, 100);
    put(merge, 1, 1, 0, 200);
    cp_merge_result(merge, 0, &part);
    cp_merge_result(merge, 1, &part);
    struct cp_result whole = conclude(merge, &test_case);
    assert_false(whole.expectation_met); // two states, three expected
    cp_result_free(&whole);
}

static struct cp_result merge_two(const struct cp_result *one, const struct cp_result *other,
                                  const struct cp_case *test_case) {
    struct cp_merge *merge = new_merge(2, false);
    cp_merge_result(merge, 0, one);
    cp_merge_result(merge, 1, other);
    return conclude(merge, test_case);
}

static void the_worst_verdict_counts(void **context) {
    (void)context;
    struct cp_case test_case = proved_case(0);
    const struct cp_result proved = part_result(CP_VERDICT_PROVED, CP_STOP_NONE);
    const struct cp_result timed = part_result(CP_VERDICT_BOUNDED, CP_STOP_TIME);
    const struct cp_result violated = part_result(CP_VERDICT_VIOLATED, CP_STOP_VIOLATION);
    struct cp_result error = part_result(CP_VERDICT_ERROR, CP_STOP_NONE);
    strcpy(error.error, "died");
    struct cp_result whole = merge_two(&proved, &timed, &test_case);
    assert_int_equal(whole.verdict, CP_VERDICT_BOUNDED);
    assert_false(whole.is_complete || whole.expectation_met);
    assert_non_null(strstr(whole.bound, "time budget"));
    cp_result_free(&whole);
    whole = merge_two(&timed, &error, &test_case);
    assert_int_equal(whole.verdict, CP_VERDICT_ERROR);
    assert_string_equal(whole.error, "died");
    cp_result_free(&whole);
    whole = merge_two(&error, &violated, &test_case);
    assert_int_equal(whole.verdict, CP_VERDICT_VIOLATED);
    assert_int_equal(whole.stop, CP_STOP_VIOLATION);
    cp_result_free(&whole);
}

static void claims_of_different_parts_add_up(void **context) {
    (void)context;
    struct cp_case test_case = proved_case(0);
    struct cp_result one = part_result(CP_VERDICT_VIOLATED, CP_STOP_NONE), other = one;
    test_case.expect.verdict = CP_VERDICT_VIOLATED;
    test_case.expect.violates = 1u << CP_PROMISE_BOOTABLE | 1u << CP_PROMISE_TELLS_TRUTH;
    one.violations[0] = (struct cp_violation){.promise = CP_PROMISE_BOOTABLE, .cuts = 3};
    one.violation_count = 1;
    struct cp_result whole = merge_two(&one, &other, &test_case);
    assert_false(whole.expectation_met);
    cp_result_free(&whole);
    other.violations[0] = (struct cp_violation){.promise = CP_PROMISE_TELLS_TRUTH, .cuts = 1};
    other.violations[1] =
        (struct cp_violation){.promise = CP_PROMISE_BOOTABLE, .cuts = 2, .trace = "a1,a2"};
    other.violation_count = 2;
    whole = merge_two(&one, &other, &test_case);
    assert_true(whole.expectation_met);
    assert_int_equal(whole.violation_count, 2);
    assert_string_equal(whole.violations[0].trace, "a1,a2"); // the one with fewer cuts
    cp_result_free(&whole);
}

static void a_budget_of_states_stays_one(void **context) {
    (void)context;
    struct cp_case test_case = proved_case(0);
    test_case.expect.verdict = CP_VERDICT_BOUNDED;
    struct cp_result bound = part_result(CP_VERDICT_BOUNDED, CP_STOP_STATES);
    struct cp_result whole = merge_two(&bound, &bound, &test_case);
    assert_false(whole.is_complete || whole.expectation_met);
    cp_result_free(&whole);
    bound.is_complete = true; // the scenario's own bound
    whole = merge_two(&bound, &bound, &test_case);
    assert_true(whole.is_complete && whole.expectation_met);
    cp_result_free(&whole);
}

// --- sites

static void one_place_is_counted_once(void **context) {
    (void)context;
    struct cp_merge *merge = new_merge(2, false);
    struct cp_case test_case = proved_case(0);
    const struct cp_site here = {.frames = {1, 2}, .frame_count = 2, .times = 5, .cuts_after = 4};
    const struct cp_site there = {.frames = {1, 3}, .frame_count = 2, .times = 7};
    const struct cp_site first[] = {here, there}, second[] = {there, here};
    struct cp_result one = part_result(CP_VERDICT_PROVED, CP_STOP_NONE), other = one;
    one.sites = first;
    other.sites = second;
    one.site_count = other.site_count = 2;
    // A row names a site of the second part before anybody knows what place it is.
    assert_int_equal(cp_merge_site(merge, 0, 0), 0);
    assert_int_equal(cp_merge_site(merge, 1, 1), 1);
    assert_int_equal(cp_merge_site(merge, 1, UINT32_MAX), UINT32_MAX);
    cp_merge_result(merge, 0, &one);
    cp_merge_result(merge, 1, &other);
    struct cp_result whole = conclude(merge, &test_case);
    uint64_t times_here = 0, times_there = 0;
    for (uint32_t i = 0; i < whole.site_count; i++) {
        *(whole.sites[i].frames[1] == 2 ? &times_here : &times_there) += whole.sites[i].times;
    }
    assert_int_equal(times_here, 10);
    assert_int_equal(times_there, 14);
    assert_int_equal(whole.sites[1].frames[1], 2); // the row is told the right place
    assert_int_equal(whole.sites[1].times, 0);
    cp_result_free(&whole);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_state_of_two_parts_is_one),
        cmocka_unit_test(the_high_half_tells_states_apart),
        cmocka_unit_test(a_row_waits_for_its_parent),
        cmocka_unit_test(many_rows_that_wait_are_let_go),
        cmocka_unit_test(an_orphan_has_no_parent),
        cmocka_unit_test(a_reset_costs_no_cut),
        cmocka_unit_test(a_log_that_fails_ends_it),
        cmocka_unit_test(what_was_known_can_be_put_back),
        cmocka_unit_test(counts_are_sums_or_maxima),
        cmocka_unit_test(expectation_is_of_the_whole),
        cmocka_unit_test(the_worst_verdict_counts),
        cmocka_unit_test(claims_of_different_parts_add_up),
        cmocka_unit_test(a_budget_of_states_stays_one),
        cmocka_unit_test(one_place_is_counted_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

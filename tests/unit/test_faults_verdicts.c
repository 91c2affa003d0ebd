// test_faults_verdicts.c: bounds, verdicts, expectations, and the rows told of states.

#include "case_fixture.h"

static struct cp_result verdict_of(const struct cp_case *test_case) {
    struct reached reached = fixture_explore(test_case, &cp_program);
    const struct cp_result result = reached.result;
    reached_free(&reached);
    return result; // what it points to is gone, the rest stays
}

// The seed format keeps these under clean cuts.
#define KEPT                                                                                       \
    (BIT(CP_PROMISE_BOOTABLE) | BIT(CP_PROMISE_RESUMES) | BIT(CP_PROMISE_NO_PHANTOM_UPDATE) |      \
     BIT(CP_PROMISE_CONFIRMED_STAYS))

static struct cp_case kept_case(void) {
    struct cp_case test_case = fixture_case(64, CP_FIRMWARE_GOOD);
    test_case.promises = KEPT;
    return test_case;
}

static void test_proved(void **state) {
    (void)state;
    struct cp_case test_case = kept_case();
    const struct cp_result result = verdict_of(&test_case);
    assert_int_equal(result.verdict, CP_VERDICT_PROVED);
    assert_true(result.expectation_met);
    assert_non_null(strstr(result.bound, "fixpoint reached"));
    assert_int_equal(result.violation_count, 0);
    for (int i = 0; i < CP_PROMISE_COUNT; i++) {
        assert_true((KEPT & BIT(i)) == 0 || result.promises[i].exercised > 0);
        assert_true((KEPT & BIT(i)) == 0 || result.promises[i].violated == 0);
    }
}

static void test_states_min(void **state) {
    (void)state;
    struct cp_case test_case = kept_case();
    const uint32_t states = (uint32_t)verdict_of(&test_case).states;
    test_case.expect.states_min = states;
    assert_true(verdict_of(&test_case).expectation_met);
    test_case.expect.states_min = states + 1;
    assert_false(verdict_of(&test_case).expectation_met);
}

static void test_bounded_by_cuts(void **state) {
    (void)state;
    struct cp_case test_case = kept_case();
    test_case.bounds.cuts_max = 1;
    struct cp_result result = verdict_of(&test_case);
    assert_int_equal(result.verdict, CP_VERDICT_BOUNDED);
    assert_false(result.expectation_met); // PROVED was expected
    assert_int_equal(result.cuts_deepest, 1);
    assert_non_null(strstr(result.bound, "every state within that bound seen"));
    test_case.expect.verdict = CP_VERDICT_BOUNDED;
    assert_true(verdict_of(&test_case).expectation_met);
    test_case.expect.states_min = 1000000;
    assert_false(verdict_of(&test_case).expectation_met);
}

static void test_bounded_by_tears(void **state) {
    (void)state;
    struct cp_case test_case = kept_case();
    test_case.promises = BIT(CP_PROMISE_NO_PHANTOM_UPDATE);
    test_case.faults.erase_tears = BIT(CP_TEAR_FIRST_HALF);
    test_case.faults.torn_areas = BIT(CP_AREA_ACTIVE);
    test_case.bounds.torn_max = 0;
    assert_int_equal(verdict_of(&test_case).verdict, CP_VERDICT_BOUNDED);
    test_case.bounds.torn_max = CP_UNLIMITED;
    assert_int_equal(verdict_of(&test_case).verdict, CP_VERDICT_PROVED);
}

// Where nothing can be torn, a bound on what is torn leaves nothing out.
static void test_bound_that_bounds_nothing(void **state) {
    (void)state;
    struct cp_case test_case = kept_case();
    test_case.bounds.torn_max = 0;
    assert_int_equal(verdict_of(&test_case).verdict, CP_VERDICT_PROVED);
    test_case.faults.erase_tears = BIT(CP_TEAR_FIRST_HALF);
    test_case.faults.torn_areas = BIT(CP_AREA_BOOTLOADER); // which is never erased
    assert_int_equal(verdict_of(&test_case).verdict, CP_VERDICT_PROVED);
}

static void test_bounded_by_states(void **state) {
    (void)state;
    struct cp_case test_case = kept_case();
    const uint32_t states = (uint32_t)verdict_of(&test_case).states;
    for (uint32_t bound = 1; bound < states; bound += 1 + states / 7) {
        test_case.bounds.states_max = bound;
        const struct cp_result result = verdict_of(&test_case);
        assert_int_equal(result.verdict, CP_VERDICT_BOUNDED);
        assert_int_equal(result.states, bound);
        assert_non_null(strstr(result.bound, "bound on states"));
    }
    test_case.expect.verdict = CP_VERDICT_BOUNDED;
    assert_true(verdict_of(&test_case).expectation_met); // the scenario set that bound
    test_case.bounds.states_max = states;
    assert_int_equal(verdict_of(&test_case).verdict, CP_VERDICT_PROVED);
}

static void test_bounded_by_time(void **state) {
    (void)state;
    struct cp_case test_case = fixture_case(256, CP_FIRMWARE_GOOD);
    test_case.promises = KEPT;
    test_case.bounds.seconds_max = 0;
    test_case.expect.verdict = CP_VERDICT_BOUNDED;
    const struct cp_result result = verdict_of(&test_case);
    assert_int_equal(result.verdict, CP_VERDICT_BOUNDED);
    assert_false(result.expectation_met); // a budget that ran out is no result
    assert_non_null(strstr(result.bound, "time budget"));
}

static bool never_go_on(void *context, const struct cp_progress *progress) {
    assert_non_null(progress->test_case);
    ++*(uint32_t *)context;
    return false;
}

static void test_interrupted(void **state) {
    (void)state;
    struct cp_case test_case = fixture_case(256, CP_FIRMWARE_GOOD);
    test_case.promises = KEPT;
    test_case.expect.verdict = CP_VERDICT_BOUNDED;
    uint32_t ticks = 0;
    const struct cp_sink sink = {.context = &ticks, .tick = never_go_on};
    struct cp_result result;
    cp_explore(&test_case, &cp_program, NULL, &sink, &result);
    assert_in_range(ticks, 1, 2); // once in a first search with few cuts, once in the whole
    assert_true(result.interrupted);
    assert_int_equal(result.verdict, CP_VERDICT_BOUNDED);
    assert_false(result.expectation_met);
    cp_result_free(&result);
}

static int broken_log(void *context, const struct cp_state_row *row) {
    return row->id > *(uint32_t *)context ? -1 : 0;
}

static void test_log_that_fails(void **state) {
    (void)state;
    struct cp_case test_case = kept_case();
    uint32_t rows_kept = 10;
    const struct cp_sink sink = {.context = &rows_kept, .state = broken_log};
    struct cp_result result;
    cp_explore(&test_case, &cp_program, NULL, &sink, &result);
    assert_int_equal(result.verdict, CP_VERDICT_ERROR);
    assert_non_null(strstr(result.error, "log"));
    assert_false(result.expectation_met);
    cp_result_free(&result);
}

// --- violations, claimed or not

static void test_unclaimed_violation(void **state) {
    (void)state;
    struct cp_case test_case = kept_case();
    test_case.promises |= BIT(CP_PROMISE_TRIAL_HAPPENS);
    struct cp_result result = verdict_of(&test_case);
    assert_int_equal(result.verdict, CP_VERDICT_VIOLATED);
    assert_false(result.expectation_met);
    assert_int_equal(violated_bits(&result), BIT(CP_PROMISE_TRIAL_HAPPENS));
    test_case.expect.verdict = CP_VERDICT_BOUNDED;
    assert_false(verdict_of(&test_case).expectation_met);
}

static void test_claimed_violation(void **state) {
    (void)state;
    struct cp_case test_case = kept_case();
    test_case.promises |= BIT(CP_PROMISE_TRIAL_HAPPENS) | BIT(CP_PROMISE_LEGAL_FLASH_USE);
    test_case.expect.verdict = CP_VERDICT_VIOLATED;
    test_case.expect.violates = BIT(CP_PROMISE_TRIAL_HAPPENS) | BIT(CP_PROMISE_LEGAL_FLASH_USE);
    struct cp_result result = verdict_of(&test_case);
    assert_true(result.expectation_met);
    assert_int_equal(violated_bits(&result), test_case.expect.violates);
    assert_non_null(strstr(result.bound, "stopped at the violation"));
    test_case.expect.violates |= BIT(CP_PROMISE_BOOTABLE); // which holds
    test_case.promises |= BIT(CP_PROMISE_BOOTABLE);
    result = verdict_of(&test_case);
    assert_int_equal(result.verdict, CP_VERDICT_VIOLATED);
    assert_false(result.expectation_met);
    test_case.expect.violates = BIT(CP_PROMISE_LEGAL_FLASH_USE); // and one too few
    result = verdict_of(&test_case);
    assert_true((violated_bits(&result) & BIT(CP_PROMISE_TRIAL_HAPPENS)) != 0 ||
                result.expectation_met);
}

static void test_claim_that_does_not_come_true(void **state) {
    (void)state;
    struct cp_case test_case = kept_case();
    test_case.expect.verdict = CP_VERDICT_VIOLATED;
    test_case.expect.violates = BIT(CP_PROMISE_RESUMES);
    const struct cp_result result = verdict_of(&test_case);
    assert_int_equal(result.verdict, CP_VERDICT_PROVED);
    assert_false(result.expectation_met); // a hole that closed turns red
}

static void test_unchecked_promise_is_not_reported(void **state) {
    (void)state;
    struct cp_case test_case = kept_case();
    test_case.promises = BIT(CP_PROMISE_BOOTABLE);
    const struct cp_result result = verdict_of(&test_case);
    assert_int_equal(result.verdict, CP_VERDICT_PROVED);
    assert_true(result.promises[CP_PROMISE_TRIAL_HAPPENS].violated > 0); // counted all the same
}

static void test_case_that_cannot_be_run(void **state) {
    (void)state;
    struct cp_case test_case = kept_case();
    snprintf(test_case.format, sizeof(test_case.format), "unheard-of");
    const struct cp_result result = verdict_of(&test_case);
    assert_int_equal(result.verdict, CP_VERDICT_VIOLATED); // the core refuses, at each boot
    assert_int_equal(violated_bits(&result), BIT(CP_PROMISE_BOOTABLE));
    assert_non_null(strstr(result.violations[0].message, "boot loop"));
    assert_string_equal(result.violations[0].trace, "");
    assert_true(result.violations[0].is_shortest);
}

// --- the counts of an uncut life, of sites and of wear

static void test_uncut_counts(void **state) {
    (void)state;
    struct cp_case test_case = kept_case();
    struct reached reached = fixture_explore(&test_case, &cp_program);
    // Request: validity, magic. Swap: 2 pages of 16 words copied twice, 4 steps,
    // validity and magic when it is done or confirmed; each STATE write erases.
    const uint64_t copies = 2 * 2 * 16;
    assert_in_range(reached.result.uncut_programs, copies + 4 + 2, copies + 4 + 8);
    assert_in_range(reached.result.uncut_erases, 2 * 2 + 2, 2 * 2 + 3);
    const struct cp_part *part = &test_case.devices[0];
    assert_int_equal(reached.result.uncut_time_us,
                     reached.result.uncut_programs * part->program_time_us +
                         reached.result.uncut_erases * part->erase_time_us);
    uint64_t times = 0;
    assert_true(reached.result.site_count > 3);
    for (uint32_t i = 0; i < reached.result.site_count; i++) {
        assert_true(reached.result.sites[i].cuts_after > 0);
        assert_int_equal(reached.result.sites[i].cuts_torn, 0);
        times += reached.result.sites[i].times;
    }
    assert_int_equal(times, reached.result.operations);
    for (uint32_t i = 0; i < reached.result.wear_count; i++) {
        assert_in_range(reached.result.wear[i].page, 1, 6); // STATE, ACTIVE, DFU
    }
    assert_int_equal(reached.result.wear_count, 6);
    reached_free(&reached);
}

// --- rows

static int by_id(const void *a, const void *b) {
    const struct cp_state_row *left = a, *right = b;
    return left->id < right->id ? -1 : left->id > right->id;
}

static void test_rows(void **state) {
    (void)state;
    struct cp_case test_case = fixture_case(64, CP_FIRMWARE_BAD); // no choices
    test_case.faults.erase_tears = BIT(CP_TEAR_FIRST_HALF) | BIT(CP_TEAR_ERASE_ODD_BITS);
    test_case.faults.program_tears = BIT(CP_TEAR_LOW_HALF);
    test_case.faults.torn_areas = BIT(CP_AREA_ACTIVE) | BIT(CP_AREA_DFU);
    test_case = fixture_relentless(test_case);
    struct reached reached = fixture_explore(&test_case, &cp_program);
    qsort(reached.rows, reached.row_count, sizeof(*reached.rows), by_id);
    assert_int_equal(reached.rows[0].edge, CP_EDGE_START);
    assert_int_equal(reached.rows[0].parent, 0);
    assert_int_equal(reached.row_count, reached.hash_count);
    uint32_t edges = 0;
    for (size_t i = 0; i < reached.row_count; i++) {
        const struct cp_state_row *row = &reached.rows[i];
        assert_int_equal(row->id, i + 1);
        edges |= BIT(row->edge);
        if (i > 0) {
            assert_in_range(row->parent, 1, row->id - 1);
            const struct cp_state_row *parent = &reached.rows[row->parent - 1];
            assert_int_equal(row->cuts, parent->cuts + (row->edge != CP_EDGE_RESET));
        }
    }
    // Of each kind some, but that no chip outlives a reset here.
    assert_int_equal(edges, (BIT(CP_EDGE_COUNT) - 1u) & ~BIT(CP_EDGE_MCU_RESET));
    reached_free(&reached);
}

static int by_hash(const void *a, const void *b) {
    const struct cp_state_row *left = a, *right = b;
    if (left->hash_high != right->hash_high) {
        return left->hash_high < right->hash_high ? -1 : 1;
    }
    return left->hash_low < right->hash_low ? -1 : left->hash_low > right->hash_low;
}

// Each state's outcome is what comes of it when it is booted and left alone: the slow
// engine boots each one, the fast one tells most by where their runs meet another's.
static void test_outcomes(void **state) {
    (void)state;
    struct cp_case test_case = fixture_case(64, CP_FIRMWARE_GOOD);
    test_case.faults.erase_tears = BIT(CP_TEAR_ERASE_ODD_BITS) | BIT(CP_TEAR_FIRST_HALF);
    test_case = fixture_relentless(test_case);
    struct reached fast = fixture_explore(&test_case, &cp_program), slow = {0};
    const struct cp_explore_options slowly = {.engine = CP_ENGINE_SLOW};
    const struct cp_sink sink = {.context = &slow, .state = reached_add};
    cp_explore(&test_case, &cp_program, &slowly, &sink, &slow.result);
    assert_int_equal(fast.row_count, slow.row_count);
    qsort(fast.rows, fast.row_count, sizeof(*fast.rows), by_hash);
    qsort(slow.rows, slow.row_count, sizeof(*slow.rows), by_hash);
    for (size_t i = 0; i < fast.row_count; i++) {
        assert_int_equal(by_hash(&fast.rows[i], &slow.rows[i]), 0);
        assert_int_equal(fast.rows[i].outcome, slow.rows[i].outcome);
        assert_int_equal(fast.rows[i].final_image, slow.rows[i].final_image);
        assert_int_not_equal(slow.rows[i].outcome, CP_OUTCOME_UNKNOWN);
    }
    reached_free(&fast);
    reached_free(&slow);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_proved),
        cmocka_unit_test(test_states_min),
        cmocka_unit_test(test_bounded_by_cuts),
        cmocka_unit_test(test_bounded_by_tears),
        cmocka_unit_test(test_bound_that_bounds_nothing),
        cmocka_unit_test(test_bounded_by_states),
        cmocka_unit_test(test_bounded_by_time),
        cmocka_unit_test(test_interrupted),
        cmocka_unit_test(test_log_that_fails),
        cmocka_unit_test(test_unclaimed_violation),
        cmocka_unit_test(test_claimed_violation),
        cmocka_unit_test(test_claim_that_does_not_come_true),
        cmocka_unit_test(test_unchecked_promise_is_not_reported),
        cmocka_unit_test(test_case_that_cannot_be_run),
        cmocka_unit_test(test_uncut_counts),
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_outcomes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// test_faults_neighbour.c: the nearest trace that breaks nothing: it passes, and nothing nearer
// does.

#include "case_fixture.h"

#include "faults/indifferent.h"
#include "faults/neighbour.h"
#include "faults/replay.h"

#define SECONDS 60.0 // enough on any machine

static void no_steps(void *context, const struct cp_step *step) {
    (void)context;
    (void)step;
}

static int replay(const struct cp_case *test_case, const char *trace) {
    struct cp_violation violation;
    char error[CP_MESSAGE_MAX];
    return cp_replay(test_case, &cp_program, trace, no_steps, NULL, &violation, error);
}

static struct cp_violation found_in(const struct cp_case *test_case, enum cp_promise promise) {
    struct reached reached = fixture_explore(test_case, &cp_program);
    const struct cp_violation *found = violation_of(&reached.result, promise);
    assert_non_null(found);
    struct cp_violation copy = *found;
    reached_free(&reached);
    return copy;
}

// The event of the last cut, with what stands before it in `head`.
static uint32_t last_cut(const char *trace, char head[CP_TRACE_MAX]) {
    snprintf(head, CP_TRACE_MAX, "%s", trace);
    char *comma = strrchr(head, ',');
    char *token = comma ? comma + 1 : head;
    uint32_t event = (uint32_t)atoi(token + 1);
    *token = '\0';
    return event;
}

static struct cp_case of_one_promise(enum cp_firmware firmware, enum cp_promise promise) {
    struct cp_case made = fixture_case(64, firmware);
    made.promises = BIT(promise);
    return made;
}

static void expect_nearest(const struct cp_case *test_case, const struct cp_violation *violation) {
    char trace[CP_TRACE_MAX], head[CP_TRACE_MAX], other[CP_TRACE_MAX + 16];
    assert_true(cp_find_neighbour(test_case, &cp_program, violation, SECONDS, trace));
    assert_int_equal(replay(test_case, trace), 0);
    const int64_t at = last_cut(violation->trace, head), moved = last_cut(trace, other);
    assert_string_equal(head, other); // all but the last cut are the same
    const int64_t distance = moved > at ? moved - at : at - moved;
    assert_in_range(distance, 1, 64);
    for (int64_t d = 1 - distance; d < distance; d++) {
        snprintf(other, sizeof(other), "%sa%u", head, (unsigned)(at + d));
        assert_int_not_equal(replay(test_case, other), 0);
    }
}

static void test_clean_cuts(void **state) {
    (void)state;
    static const enum cp_promise promises[] = {CP_PROMISE_TELLS_TRUTH, CP_PROMISE_TRIAL_HAPPENS,
                                               CP_PROMISE_LEGAL_FLASH_USE};
    for (size_t i = 0; i < sizeof(promises) / sizeof(promises[0]); i++) {
        struct cp_case test_case = of_one_promise(CP_FIRMWARE_GOOD, promises[i]);
        struct cp_violation violation = found_in(&test_case, promises[i]);
        assert_in_range(violation.cuts, 1, 4);
        expect_nearest(&test_case, &violation);
        violation.indifferent[0] = '\0'; // nothing is known of its neighbours
        expect_nearest(&test_case, &violation);
    }
}

// In place of the tear a cut before the operation, or after it.
static void test_torn_operations(void **state) {
    (void)state;
    struct cp_case test_case = of_one_promise(CP_FIRMWARE_GOOD, CP_PROMISE_BOOTABLE);
    test_case.faults.torn_areas = BIT(CP_AREA_STATE);
    test_case.faults.program_tears = BIT(CP_TEAR_LOW_NIBBLES); // H7
    struct cp_violation violation = found_in(&test_case, CP_PROMISE_BOOTABLE);
    char trace[CP_TRACE_MAX], head[CP_TRACE_MAX], before[CP_TRACE_MAX + 16];
    const uint32_t at = last_cut(violation.trace, head);
    assert_non_null(strstr(violation.trace, ".low-nibbles"));
    assert_true(cp_find_neighbour(&test_case, &cp_program, &violation, SECONDS, trace));
    snprintf(before, sizeof(before), "%sa%u", head, (unsigned)at - 1);
    assert_string_equal(trace, before);
    assert_int_equal(replay(&test_case, trace), 0);
}

// A torn word that is read leaves a token behind the cut, which a clean cut has no use for.
static void test_undecided_words(void **state) {
    (void)state;
    struct cp_case test_case = of_one_promise(CP_FIRMWARE_GOOD, CP_PROMISE_BOOTABLE);
    test_case.faults.torn_areas = BIT(CP_AREA_STATE);
    test_case.faults.program_tears = BIT(CP_TEAR_ANY);
    struct cp_violation violation = found_in(&test_case, CP_PROMISE_BOOTABLE);
    char trace[CP_TRACE_MAX];
    assert_non_null(strstr(violation.trace, ".any"));
    assert_non_null(strstr(violation.trace, ",v"));
    assert_true(cp_find_neighbour(&test_case, &cp_program, &violation, SECONDS, trace));
    assert_null(strstr(trace, ".any"));
    assert_int_equal(replay(&test_case, trace), 0);
}

static void test_none(void **state) {
    (void)state;
    struct cp_case test_case = of_one_promise(CP_FIRMWARE_GOOD, CP_PROMISE_TELLS_TRUTH);
    struct cp_violation violation = found_in(&test_case, CP_PROMISE_TELLS_TRUTH);
    char trace[CP_TRACE_MAX];
    assert_false(cp_find_neighbour(&test_case, &cp_program, &violation, -1.0, trace)); // no time
    assert_string_equal(trace, "");
    struct cp_violation other = violation;
    other.is_of_search = true;
    assert_false(cp_find_neighbour(&test_case, &cp_program, &other, SECONDS, trace));
    other = violation;
    other.cuts = 0;
    other.trace[0] = '\0';
    assert_false(cp_find_neighbour(&test_case, &cp_program, &other, SECONDS, trace));
    // Whatever is cut, the last promise breaks: it is broken with no cut at all.
    test_case.promises = BIT(CP_PROMISE_BOUNDED_WEAR);
    test_case.erases_per_update_max = 0;
    violation.promise = CP_PROMISE_BOUNDED_WEAR;
    assert_false(cp_find_neighbour(&test_case, &cp_program, &violation, SECONDS, trace));
}

static void test_range(void **state) {
    (void)state;
    struct cp_violation violation = {.cuts = 2};
    uint32_t first = 7, last = 7;
    snprintf(violation.indifferent, sizeof(violation.indifferent),
             "cut 1: same after any of events 3 to 5; cut 2: only after event 7");
    assert_false(cp_indifferent_range(&violation, &first, &last));
    snprintf(violation.indifferent, sizeof(violation.indifferent),
             "cut 1: only after event 3; cut 2: same after any of events 6 to 22 at least");
    assert_true(cp_indifferent_range(&violation, &first, &last));
    assert_int_equal(first, 6);
    assert_int_equal(last, 22);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clean_cuts),      cmocka_unit_test(test_torn_operations),
        cmocka_unit_test(test_undecided_words), cmocka_unit_test(test_none),
        cmocka_unit_test(test_range),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

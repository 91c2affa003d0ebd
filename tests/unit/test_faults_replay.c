// test_faults_replay.c: shortest traces, and their replay.
//
// Each violation's trace has as few cuts as any has, by searches of our own with
// growing bounds; its replay says the same; and a trace that does not fit is refused.

#include "case_fixture.h"

#include "faults/replay.h"

struct told {
    uint32_t steps[CP_STEP_VIOLATION + 1];
    uint32_t cuts;
    char last_cut[CP_MESSAGE_MAX];
    uint32_t event_index; // the highest
    struct cp_step last_operation;
};

static void on_step(void *context, const struct cp_step *step) {
    struct told *told = context;
    told->steps[step->kind]++;
    told->cuts = step->cuts;
    if (step->event_index > told->event_index) {
        told->event_index = step->event_index;
    }
    if (step->kind == CP_STEP_CUT) {
        snprintf(told->last_cut, sizeof(told->last_cut), "%s", step->text);
    }
    if (step->kind == CP_STEP_PROGRAM || step->kind == CP_STEP_ERASE) {
        told->last_operation = *step;
    }
}

static int replay(const struct cp_case *test_case, const char *trace, struct told *told,
                  struct cp_violation *violation, char *error) {
    memset(told, 0, sizeof(*told));
    error[0] = '\0';
    return cp_replay(test_case, &cp_program, trace, on_step, told, violation, error);
}

// --- shortest traces

// The fewest cuts that break the promise, found by searching within 0, 1, 2 ... cuts.
static uint32_t fewest_cuts(const struct cp_case *given) {
    struct cp_case bounded = *given;
    for (uint32_t cuts = 0; cuts < 12; cuts++) {
        bounded.bounds.cuts_max = cuts;
        struct reached reached = fixture_explore(&bounded, &cp_program);
        const bool is_found = reached.result.verdict == CP_VERDICT_VIOLATED;
        reached_free(&reached);
        if (is_found) {
            return cuts;
        }
    }
    fail();
    return 0;
}

static uint32_t tokens_of_cuts(const char *trace) {
    uint32_t count = 0;
    for (const char *at = trace; *at != '\0'; at++) {
        count += (at == trace || at[-1] == ',') && *at != 'c';
    }
    return count;
}

// Returns whether the promise is broken; if so its trace is as it should be.
static bool expect_good_trace(const struct cp_case *given, enum cp_promise promise) {
    struct cp_case test_case = *given;
    test_case.promises = BIT(promise);
    struct reached reached = fixture_explore(&test_case, &cp_program);
    const struct cp_violation *found = violation_of(&reached.result, promise);
    if (!found) {
        reached_free(&reached);
        return false;
    }
    assert_true(found->is_shortest);
    assert_int_equal(found->cuts, fewest_cuts(&test_case));
    assert_int_equal(found->cuts, tokens_of_cuts(found->trace));

    struct told told;
    struct cp_violation replayed;
    char error[CP_MESSAGE_MAX];
    assert_int_equal(replay(&test_case, found->trace, &told, &replayed, error), 1);
    assert_int_equal(replayed.promise, promise);
    assert_string_equal(replayed.message, found->message);
    assert_string_equal(replayed.trace, found->trace);
    assert_int_equal(replayed.cuts, found->cuts);
    assert_int_equal(told.steps[CP_STEP_CUT], found->cuts);
    assert_int_equal(told.steps[CP_STEP_POWER_ON], found->cuts + 1);
    assert_true(told.steps[CP_STEP_VIOLATION] >= 1);
    reached_free(&reached);
    return true;
}

static uint32_t broken_promises(const struct cp_case *test_case) {
    uint32_t broken = 0;
    for (int i = 0; i < CP_PROMISE_COUNT; i++) {
        if (expect_good_trace(test_case, (enum cp_promise)i)) {
            broken |= BIT(i);
        }
    }
    return broken;
}

static void test_traces_of_clean_cuts(void **state) {
    (void)state;
    for (int i = 0; i <= CP_FIRMWARE_EITHER; i++) {
        struct cp_case test_case = fixture_case(64, (enum cp_firmware)i);
        const uint32_t broken = broken_promises(&test_case);
        assert_true((broken & BIT(CP_PROMISE_TRIAL_HAPPENS)) != 0);
        assert_true((broken & BIT(CP_PROMISE_LEGAL_FLASH_USE)) != 0);
        assert_false((broken & BIT(CP_PROMISE_BOOTABLE)) != 0);
        assert_false((broken & BIT(CP_PROMISE_CONFIRMED_STAYS)) != 0);
    }
}

static void test_traces_of_torn_operations(void **state) {
    (void)state;
    struct cp_case test_case = fixture_case(64, CP_FIRMWARE_EITHER);
    test_case.faults.torn_areas = BIT(CP_AREA_STATE);
    test_case.faults.erase_tears = BIT(CP_TEAR_FIRST_HALF) | BIT(CP_TEAR_ONLY_FIRST_WORD) |
                                   BIT(CP_TEAR_ALL_BUT_FIRST_WORD) | BIT(CP_TEAR_ERASE_ODD_BITS);
    test_case.faults.erase_bit_masks[0] = 0x20202020u; // Revert 0xC0 or Boot 0xD0 towards Detach
    test_case.faults.erase_bit_masks[1] = 0x30303030u;
    test_case.faults.erase_bit_mask_count = 2;
    test_case.bounds.torn_max = 1;
    const uint32_t broken = broken_promises(&test_case);
    assert_true((broken & ~(BIT(CP_PROMISE_TRIAL_HAPPENS) | BIT(CP_PROMISE_LEGAL_FLASH_USE) |
                            BIT(CP_PROMISE_UPDATE_COMPLETES) | BIT(CP_PROMISE_TELLS_TRUTH))) != 0);
    test_case.bounds.torn_max = CP_UNLIMITED;
    assert_int_equal(broken & ~broken_promises(&test_case), 0); // no less with more faults
}

// A case that claims nothing else is broken first, as the explorer came by it.
static void test_found_and_shrunk(void **state) {
    (void)state;
    struct cp_case test_case = fixture_case(128, CP_FIRMWARE_EITHER);
    test_case = fixture_relentless(test_case);
    struct reached reached = fixture_explore(&test_case, &cp_program);
    assert_true(reached.result.violation_count >= 2);
    for (uint32_t i = 0; i < reached.result.violation_count; i++) {
        struct cp_case only = test_case;
        only.promises = BIT(reached.result.violations[i].promise);
        only.expect.violates = 0;
        assert_int_equal(reached.result.violations[i].cuts, fewest_cuts(&only));
    }
    reached_free(&reached);
}

// --- replays that go well

static void test_replay_without_cut(void **state) {
    (void)state;
    struct cp_case test_case = fixture_case(64, CP_FIRMWARE_GOOD);
    struct told told;
    struct cp_violation violation;
    char error[CP_MESSAGE_MAX];
    assert_int_equal(replay(&test_case, "", &told, &violation, error), 0);
    struct reached reached = fixture_explore(&test_case, &cp_program);
    assert_int_equal(told.steps[CP_STEP_POWER_ON], 1);
    assert_int_equal(told.steps[CP_STEP_CUT], 0);
    assert_int_equal(told.steps[CP_STEP_PROGRAM], reached.result.uncut_programs);
    assert_int_equal(told.steps[CP_STEP_ERASE], reached.result.uncut_erases);
    assert_true(told.last_operation.area == CP_AREA_STATE); // the confirm
    assert_true(told.last_operation.frame_count > 2);
    reached_free(&reached);
}

static void test_event_indexes(void **state) {
    (void)state;
    struct cp_case test_case = fixture_case(64, CP_FIRMWARE_GOOD);
    test_case.promises = BIT(CP_PROMISE_BOOTABLE);
    struct told told;
    struct cp_violation violation;
    char error[CP_MESSAGE_MAX];
    // 1 ACTIVE started, 2 Boot reported, 3 request begun, 4 its first operation.
    assert_int_equal(replay(&test_case, "a4", &told, &violation, error), 0);
    assert_string_equal(told.last_cut, "the power is cut after event 4");
    assert_int_equal(replay(&test_case, "b5", &told, &violation, error), 0);
    assert_string_equal(told.last_cut, "the power is cut after event 4");
    assert_int_equal(replay(&test_case, "a0", &told, &violation, error), 0);
    assert_string_equal(told.last_cut, "the power is cut before anything happens");
    assert_int_equal(replay(&test_case, "a4,a0,b1,a1", &told, &violation, error), 0);
    assert_int_equal(told.steps[CP_STEP_CUT], 4);
    assert_int_equal(told.cuts, 4);
    assert_int_equal(replay(&test_case, "t4.low-half", &told, &violation, error), 0);
    assert_string_equal(told.last_cut, "the power is cut inside event 4, which leaves 'low-half'");
}

static void test_replay_of_choices(void **state) {
    (void)state;
    struct cp_case test_case = fixture_case(64, CP_FIRMWARE_EITHER);
    test_case.promises = BIT(CP_PROMISE_BOOTABLE);
    struct told told;
    struct cp_violation violation;
    char error[CP_MESSAGE_MAX], trace[32];
    assert_int_equal(replay(&test_case, "", &told, &violation, error), 0);
    const uint32_t good_events = told.event_index;
    uint32_t fitting = 0;
    for (uint32_t i = 1; i <= good_events; i++) {
        snprintf(trace, sizeof(trace), "c%u=1", i);
        const int err = replay(&test_case, trace, &told, &violation, error);
        if (err == 0) {
            fitting++;
            assert_true(told.event_index > good_events); // a revert is longer than a confirm
            snprintf(trace, sizeof(trace), "c%u=2", i);
            assert_int_equal(replay(&test_case, trace, &told, &violation, error), -1);
            assert_non_null(strstr(error, "has 2 options, not 3"));
        } else {
            assert_int_equal(err, -1);
            assert_non_null(strstr(error, "is no choice"));
        }
    }
    assert_int_equal(fitting, 1);
}

// --- traces that do not fit

static void test_traces_that_do_not_fit(void **state) {
    (void)state;
    static const struct {
        const char *trace, *message;
    } wrong[] = {
        {"a9999", "event 9999 is never reached: the run ends after event "},
        {"a3,a9999", "event 9999 is never reached"},
        {"t9999.low-half", "event 9999 is never reached"},
        {"t1.low-half", "event 1 is no flash operation"},
        {"t4.first-half", "'first-half' is no torn form of event 4, a flash program"},
        {"t4.nonsense", "'nonsense' is no torn form of event 4"},
        {"t5.low-half", "'low-half' is no torn form of event 5, a flash erase"},
        {"t5.mask-12345678", "'mask-12345678' is no torn form of event 5"},
        {"c2=1", "event 2 is no choice"},
        {"c2=1,a4", "event 2 is no choice"},
        {"x4", "expected aN, bN, rN, tN.TEAR, cN=K or vN=VALUE"},
        {"a4,", "nothing follows the last comma"},
        {"a4 a5", "expected a comma"},
        {"a4,...", "expected aN"},
    };
    struct cp_case test_case = fixture_case(64, CP_FIRMWARE_GOOD);
    test_case.promises = BIT(CP_PROMISE_BOOTABLE);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct told told;
        struct cp_violation violation;
        char error[CP_MESSAGE_MAX];
        assert_int_equal(replay(&test_case, wrong[i].trace, &told, &violation, error), -1);
        if (!strstr(error, wrong[i].message)) {
            fail_msg("%s: %s", wrong[i].trace, error);
        }
    }
}

static void test_mask_of_the_case(void **state) {
    (void)state;
    struct cp_case test_case = fixture_case(64, CP_FIRMWARE_GOOD);
    struct told told;
    struct cp_violation violation;
    char error[CP_MESSAGE_MAX];
    test_case.faults.erase_bit_masks[0] = 0x12345678u;
    test_case.faults.erase_bit_mask_count = 1;
    assert_int_equal(replay(&test_case, "t5.mask-12345678", &told, &violation, error), 0);
}

// A shape written by hand may leave what a cut before or after the operation does.
static void test_shapes_that_tear_nothing(void **state) {
    (void)state;
    struct cp_case test_case = fixture_case(64, CP_FIRMWARE_GOOD);
    test_case.promises = BIT(CP_PROMISE_BOOTABLE);
    // Event 4 programs the validity word of an empty STATE, event 5 erases that.
    static const char *const traces[] = {"b5", "t5.second-half", "a5", "t5.first-half"};
    uint32_t programs[4];
    for (int i = 0; i < 4; i++) {
        struct told told;
        struct cp_violation violation;
        char error[CP_MESSAGE_MAX];
        assert_int_equal(replay(&test_case, traces[i], &told, &violation, error), 0);
        programs[i] = told.steps[CP_STEP_PROGRAM];
    }
    assert_int_equal(programs[0], programs[1]);
    assert_int_equal(programs[2], programs[3]);
    assert_int_equal(programs[2], programs[0] + 1); // the word has to be programmed again
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_traces_of_clean_cuts),
        cmocka_unit_test(test_traces_of_torn_operations),
        cmocka_unit_test(test_found_and_shrunk),
        cmocka_unit_test(test_replay_without_cut),
        cmocka_unit_test(test_event_indexes),
        cmocka_unit_test(test_replay_of_choices),
        cmocka_unit_test(test_traces_that_do_not_fit),
        cmocka_unit_test(test_mask_of_the_case),
        cmocka_unit_test(test_shapes_that_tear_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// test_faults_progresses.c: the clock of the part, the watchdog, and the promise progresses.
//
// On the fixture's nRF51822 a page has 16 words, one buffer: an erase and 16 programs copy
// it, one more records the step. A state is stored by a program, an erase and a program.

#include "case_fixture.h"

#include "small_program.h"

enum {
    PROGRAM_US = 47,
    ERASE_US = 22300,
    STEP_US = ERASE_US + 17 * PROGRAM_US,
    STORE_US = ERASE_US + 2 * PROGRAM_US,
};

static struct cp_case progress_case(enum cp_firmware firmware) {
    struct cp_case test_case = fixture_case(64, firmware);
    test_case.promises = BIT(CP_PROMISE_PROGRESSES);
    return test_case;
}

static struct cp_result explored(const struct cp_case *test_case, const struct cp_program *program,
                                 enum cp_engine engine) {
    struct reached reached = fixture_explore_by(engine, test_case, program);
    const struct cp_result result = reached.result;
    reached_free(&reached);
    return result; // what it points to is gone, the rest stays
}

// --- the clock

static void test_times_of_a_life(void **state) {
    (void)state;
    for (enum cp_engine engine = CP_ENGINE_FAST; engine <= CP_ENGINE_SLOW; engine++) {
        struct cp_case test_case = progress_case(CP_FIRMWARE_BAD);
        struct cp_result result = explored(&test_case, &cp_program, engine);
        assert_int_equal(result.update_us, 4 * STEP_US);
        assert_int_equal(result.revert_us, 4 * STEP_US + STORE_US);
        assert_int_equal(result.uncut_time_us, STORE_US + 8 * STEP_US + STORE_US);
        assert_int_equal(result.unfed_us_max, STORE_US);
        test_case = progress_case(CP_FIRMWARE_GOOD);
        result = explored(&test_case, &cp_program, engine);
        assert_int_equal(result.update_us, 4 * STEP_US);
        assert_int_equal(result.revert_us, 0);
        assert_int_equal(result.uncut_time_us, STORE_US + 4 * STEP_US + STORE_US);
    }
}

static void test_times_of_boots(void **state) {
    (void)state;
    const struct cp_case test_case = progress_case(CP_FIRMWARE_BAD);
    const struct cp_result result = explored(&test_case, &cp_program, CP_ENGINE_FAST);
    assert_int_equal(result.liveness.boot_us_max, 4 * STEP_US + STORE_US);
    // A step that lasts to its record makes progress; so does the end of a revert.
    assert_in_range(result.liveness.uptime_us, STEP_US, STEP_US + STORE_US);
}

// Pages of different sizes, each with its own time.
static void test_time_of_a_page(void **state) {
    (void)state;
    struct cp_part part = *cp_part_find("nrf51822");
    part.region_count = 2;
    part.regions[0] = (struct cp_part_region){4096, 1024, 100};
    part.regions[1] = (struct cp_part_region){65536, 65536, 900};
    assert_int_equal(cp_part_time_us(&part, true, 1024 / 4, 1024 / 4), 100);
    assert_int_equal(cp_part_time_us(&part, true, 0, 2048 / 4), 200);
    assert_int_equal(cp_part_time_us(&part, true, 4096 / 4, 65536 / 4), 900);
    assert_int_equal(cp_part_time_us(&part, false, 0, 1), PROGRAM_US);
}

// --- the watchdog

// Both engines: the same states, the same promises broken; the first trace breaks it again.
static struct cp_violation expect_same(const struct cp_case *given,
                                       const struct cp_program *program) {
    const struct cp_case test_case = fixture_relentless(*given);
    struct reached fast = fixture_explore_by(CP_ENGINE_FAST, &test_case, program);
    struct reached slow = fixture_explore_by(CP_ENGINE_SLOW, &test_case, program);
    assert_true(is_same_set(&fast, &slow));
    assert_int_equal(violated_bits(&fast.result), violated_bits(&slow.result));
    assert_true(fast.result.promises[CP_PROMISE_PROGRESSES].exercised > 0);
    struct cp_violation found = {.promise = CP_PROMISE_COUNT};
    const struct cp_violation *violation = violation_of(&fast.result, CP_PROMISE_PROGRESSES);
    if (violation) {
        struct cp_case only = *given;
        struct cp_violation replayed;
        char error[CP_MESSAGE_MAX] = "";
        only.promises = BIT(CP_PROMISE_PROGRESSES);
        found = *violation;
        assert_int_equal(cp_replay(&only, program, found.trace, no_steps, NULL, &replayed, error),
                         1);
        assert_string_equal(replayed.message, found.message);
    }
    reached_free(&fast);
    reached_free(&slow);
    return found;
}

static void test_watchdog_that_is_fed(void **state) {
    (void)state;
    for (enum cp_firmware firmware = CP_FIRMWARE_GOOD; firmware <= CP_FIRMWARE_BAD; firmware++) {
        struct cp_case test_case = progress_case(firmware);
        test_case.watchdog_us = STORE_US;
        const struct cp_result result = explored(&test_case, &cp_program, CP_ENGINE_FAST);
        assert_int_equal(result.verdict, CP_VERDICT_PROVED);
        assert_int_equal(result.unfed_us_max, STORE_US);
        assert_int_equal(expect_same(&test_case, &cp_program).promise, CP_PROMISE_COUNT);
    }
}

static void test_watchdog_that_is_not(void **state) {
    (void)state;
    struct cp_case test_case = progress_case(CP_FIRMWARE_BAD);
    test_case.watchdog_us = STORE_US - 1;
    const struct cp_violation found = expect_same(&test_case, &cp_program);
    assert_int_equal(found.promise, CP_PROMISE_PROGRESSES);
    assert_int_equal(found.cuts, 0);
    assert_string_equal(found.message, "nothing feeds the watchdog, which waits 22393 us, for the "
                                       "22394 us up to the end of a program at 0x40 of device 0");
}

// Torn words, a download of many erases: the clock is in the state, and nothing multiplies.
static void test_watchdog_and_all_else(void **state) {
    (void)state;
    struct cp_case test_case = progress_case(CP_FIRMWARE_EITHER);
    test_case.dfu_image = CP_IMAGE_NONE;
    test_case.download = CP_DOWNLOAD_PREPARE;
    test_case.faults.program_tears = BIT(CP_TEAR_LOW_HALF);
    test_case.faults.torn_areas = BIT(CP_AREA_DFU);
    const struct cp_result without = explored(&test_case, &cp_program, CP_ENGINE_FAST);
    test_case.watchdog_us = STORE_US;
    const struct cp_result with = explored(&test_case, &cp_program, CP_ENGINE_FAST);
    assert_int_equal(with.verdict, CP_VERDICT_PROVED);
    assert_int_equal(with.states, without.states);
    assert_int_equal(expect_same(&test_case, &cp_program).promise, CP_PROMISE_COUNT);
}

static void erase_then_jump(const struct cp_program_board *board) {
    erase(board, CP_AREA_STATE, 0);
    cp_end_jump();
}

static void erase_then_idle(const struct cp_program_board *board, uint8_t image) {
    (void)image;
    erase(board, CP_AREA_DFU, 0);
    cp_end_idle();
}

static void feed_then_erase(const struct cp_program_board *board, uint8_t image) {
    cp_feed_watchdog();
    erase_then_idle(board, image);
}

// What the bootloader has used is gone for the application.
static void test_start_inherits(void **state) {
    (void)state;
    const struct cp_program starved = made_of(erase_then_jump, erase_then_idle);
    const struct cp_program fed = made_of(erase_then_jump, feed_then_erase);
    struct cp_case test_case = progress_case(CP_FIRMWARE_GOOD);
    test_case.watchdog_us = 2 * ERASE_US;
    assert_int_equal(expect_same(&test_case, &starved).promise, CP_PROMISE_COUNT);
    test_case.watchdog_us = 2 * ERASE_US - 1;
    assert_int_equal(expect_same(&test_case, &starved).promise, CP_PROMISE_PROGRESSES);
    assert_int_equal(expect_same(&test_case, &fed).promise, CP_PROMISE_COUNT);
    test_case.watchdog_us = 0;
    assert_int_equal(explored(&test_case, &starved, CP_ENGINE_FAST).unfed_us_max, 2 * ERASE_US);
    assert_int_equal(explored(&test_case, &fed, CP_ENGINE_FAST).unfed_us_max, ERASE_US);
}

static void erase_twice_then_jump(const struct cp_program_board *board) {
    erase(board, CP_AREA_STATE, 0);
    erase_then_jump(board);
}

// The watchdog resets, and resets again: a boot loop as well.
static void test_watchdog_for_ever(void **state) {
    (void)state;
    const struct cp_program starved = made_of(erase_twice_then_jump, idle);
    struct cp_case test_case = progress_case(CP_FIRMWARE_GOOD);
    test_case.watchdog_us = ERASE_US;
    (void)expect_same(&test_case, &starved);
    test_case.promises = BIT(CP_PROMISE_BOOTABLE);
    const struct cp_result result = explored(&test_case, &starved, CP_ENGINE_FAST);
    assert_non_null(violation_of(&result, CP_PROMISE_BOOTABLE));
    assert_string_equal(violation_of(&result, CP_PROMISE_BOOTABLE)->message,
                        "boot loop: the watchdog resets the device, and so at every reset");
}

// --- boot loops

static void give_up(const struct cp_program_board *board) {
    (void)board;
    cp_end_panic(-1);
}

static void test_boot_loop(void **state) {
    (void)state;
    const struct cp_program loops = made_of(give_up, idle);
    const struct cp_case test_case = progress_case(CP_FIRMWARE_GOOD);
    const struct cp_violation found = expect_same(&test_case, &loops);
    assert_int_equal(found.promise, CP_PROMISE_PROGRESSES);
    assert_non_null(strstr(found.message, "boot loop"));
    assert_int_equal(found.cuts, 0);
}

// --- the up-time

static void test_uptime(void **state) {
    (void)state;
    struct cp_case test_case = progress_case(CP_FIRMWARE_BAD);
    const uint32_t uptime_us =
        (uint32_t)explored(&test_case, &cp_program, CP_ENGINE_FAST).liveness.uptime_us;
    test_case.uptime_max_us = uptime_us;
    struct cp_result result = explored(&test_case, &cp_program, CP_ENGINE_FAST);
    assert_int_equal(result.verdict, CP_VERDICT_PROVED);
    test_case.uptime_max_us = uptime_us - 1;
    result = explored(&test_case, &cp_program, CP_ENGINE_FAST);
    assert_int_equal(result.verdict, CP_VERDICT_VIOLATED);
    assert_true(result.is_complete && !result.expectation_met);
    assert_non_null(strstr(result.bound, "fixpoint reached"));
    assert_int_equal(result.violation_count, 1);
    assert_true(result.violations[0].is_of_search && result.violations[0].is_shortest);
    assert_string_equal(result.violations[0].trace, "");
    char number[32];
    snprintf(number, sizeof number, "of %u us", (unsigned)uptime_us);
    assert_non_null(strstr(result.violations[0].message, number));
    test_case.expect.verdict = CP_VERDICT_VIOLATED;
    test_case.expect.violates = BIT(CP_PROMISE_PROGRESSES);
    assert_true(explored(&test_case, &cp_program, CP_ENGINE_FAST).expectation_met);
}

// Of fewer cuts, or without any, the number says nothing, and is not looked at.
static void test_uptime_of_part_of_it(void **state) {
    (void)state;
    struct cp_case test_case = progress_case(CP_FIRMWARE_BAD);
    test_case.uptime_max_us = 1;
    test_case.bounds.cuts_max = 1;
    assert_int_equal(explored(&test_case, &cp_program, CP_ENGINE_FAST).verdict, CP_VERDICT_BOUNDED);
    test_case.bounds.cuts_max = CP_UNLIMITED;
    struct cp_result result = explored(&test_case, &cp_program, CP_ENGINE_SLOW);
    assert_int_equal(result.verdict, CP_VERDICT_BOUNDED);
    assert_non_null(strstr(result.bound, "progresses: without the up-time"));
    test_case.faults.cut = false;
    assert_int_equal(explored(&test_case, &cp_program, CP_ENGINE_FAST).verdict, CP_VERDICT_PROVED);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_times_of_a_life),
        cmocka_unit_test(test_times_of_boots),
        cmocka_unit_test(test_time_of_a_page),
        cmocka_unit_test(test_watchdog_that_is_fed),
        cmocka_unit_test(test_watchdog_that_is_not),
        cmocka_unit_test(test_watchdog_and_all_else),
        cmocka_unit_test(test_start_inherits),
        cmocka_unit_test(test_watchdog_for_ever),
        cmocka_unit_test(test_boot_loop),
        cmocka_unit_test(test_uptime),
        cmocka_unit_test(test_uptime_of_part_of_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

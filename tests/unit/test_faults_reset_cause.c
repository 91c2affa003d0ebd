// test_faults_reset_cause.c: whose doing a reset was, as the bootloader is told at its boot.
//
// Small bootloaders leave in STATE what they were told, so that the states show it: word 0 for
// a reset by the application, word 1 for any other.

#include "case_fixture.h"

#include "small_program.h"

enum { BY_APPLICATION, BY_OTHER };

static bool is_there(const struct cp_program_board *board, uint32_t index) {
    return mmio_read32(board->areas[CP_AREA_STATE].offset_bytes + 4 * index) == 0;
}

static void put(const struct cp_program_board *board, uint32_t index) {
    if (!is_there(board, index)) {
        program(board, CP_AREA_STATE, 4 * index, 0);
    }
}

static void tells(const struct cp_program_board *board) {
    put(board, cp_reset_by_application() ? BY_APPLICATION : BY_OTHER);
    cp_end_jump();
}

// It resets the device as long as the bootloader has not heard of it.
static void resets_once(const struct cp_program_board *board, uint8_t image) {
    (void)image;
    if (cp_reset_by_application()) {
        cp_end_panic(-1); // an application is not told
    }
    if (is_there(board, BY_APPLICATION)) {
        cp_end_idle();
    }
    cp_end_reset();
}

static void hangs_once(const struct cp_program_board *board, uint8_t image) {
    (void)image;
    if (is_there(board, BY_APPLICATION)) {
        cp_end_idle();
    }
    cp_end_hang();
}

static void panics_once(const struct cp_program_board *board, uint8_t image) {
    (void)image;
    if (is_there(board, BY_APPLICATION)) {
        cp_end_idle();
    }
    cp_end_panic(-2);
}

static struct cp_case telling(bool tells_reset_cause) {
    struct cp_case made = fixture_case(64, CP_FIRMWARE_GOOD);
    made.tells_reset_cause = tells_reset_cause;
    made.promises = BIT(CP_PROMISE_BOOTABLE);
    return made;
}

// Both engines, with the same states. Returns how many.
static size_t expect_proved(const struct cp_case *test_case, const struct cp_program *small) {
    struct reached fast = fixture_explore(test_case, small);
    struct reached slow = fixture_explore_by(CP_ENGINE_SLOW, test_case, small);
    assert_int_equal(fast.result.verdict, CP_VERDICT_PROVED);
    assert_int_equal(slow.result.verdict, CP_VERDICT_PROVED);
    assert_true(is_same_set(&fast, &slow));
    size_t count = fast.hash_count;
    reached_free(&fast);
    reached_free(&slow);
    return count;
}

// Without cuts: as delivered, and after the reset.
static void test_application_is_the_cause(void **state) {
    (void)state;
    void (*const applications[])(const struct cp_program_board *,
                                 uint8_t) = {resets_once, hangs_once, panics_once};
    struct cp_case test_case = telling(true);
    test_case.faults.cut = false;
    for (size_t i = 0; i < sizeof(applications) / sizeof(applications[0]); i++) {
        const struct cp_program small = made_of(tells, applications[i]);
        assert_int_equal(expect_proved(&test_case, &small), 2);
    }
}

// The format seed has no such thing: the application resets the device for ever.
static void test_nobody_is_told(void **state) {
    (void)state;
    struct cp_case test_case = telling(false);
    const struct cp_program small = made_of(tells, resets_once);
    // As delivered, and with word 1.
    assert_int_equal(expect_proved(&test_case, &small), 2);
}

// The power can fail between the reset and the first thing that the boot does. Then it is
// not told: so with word 1 there, a state that was reset into and one that was cut into.
static void test_cut_behind_the_reset(void **state) {
    (void)state;
    struct cp_case test_case = telling(true);
    const struct cp_program small = made_of(tells, resets_once);
    // As delivered, with word 1, after the reset, and with both words.
    assert_int_equal(expect_proved(&test_case, &small), 4);
    test_case.faults.cut_phases = BIT(CP_PHASE_APPLICATION);
    expect_proved(&test_case, &small);
    test_case.faults.cut_phases = BIT(CP_PHASE_BOOTLOADER);
    expect_proved(&test_case, &small);
}

// A bootloader that believes that it is always told loops after such a cut; with a cut in a
// replay it does the same.
static void trusts_the_cause(const struct cp_program_board *board) {
    if (is_there(board, BY_OTHER) && !cp_reset_by_application()) {
        cp_end_panic(-3);
    }
    put(board, BY_OTHER);
    cp_end_jump();
}

static void resets(const struct cp_program_board *board, uint8_t image) {
    (void)board;
    (void)image;
    cp_end_reset();
}

static void test_trace_of_a_cut_behind_the_reset(void **state) {
    (void)state;
    struct cp_case test_case = telling(true);
    test_case.faults.cut_phases = BIT(CP_PHASE_BOOTLOADER);
    const struct cp_program small = made_of(trusts_the_cause, resets);
    for (int engine = CP_ENGINE_FAST; engine <= CP_ENGINE_SLOW; engine++) {
        struct reached reached = fixture_explore_by((enum cp_engine)engine, &test_case, &small);
        assert_int_equal(violated_bits(&reached.result), BIT(CP_PROMISE_BOOTABLE));
        struct cp_violation replayed;
        char error[CP_MESSAGE_MAX] = "";
        assert_int_equal(cp_replay(&test_case, &small, reached.result.violations[0].trace, no_steps,
                                   NULL, &replayed, error),
                         1);
        assert_int_equal(replayed.cuts, 1);
        reached_free(&reached);
    }
}

// What the bootloader does itself, and what it started, is not the application's doing.
static void resets_itself(const struct cp_program_board *board) {
    if (cp_reset_by_application()) {
        cp_end_panic(-4);
    }
    if (!is_there(board, BY_OTHER)) {
        put(board, BY_OTHER);
        cp_end_reset();
    }
    cp_end_jump();
}

static void test_bootloader_is_not_the_application(void **state) {
    (void)state;
    const struct cp_case test_case = telling(true);
    const struct cp_program small = made_of(resets_itself, idle);
    assert_int_equal(expect_proved(&test_case, &small), 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_application_is_the_cause),
        cmocka_unit_test(test_nobody_is_told),
        cmocka_unit_test(test_cut_behind_the_reset),
        cmocka_unit_test(test_trace_of_a_cut_behind_the_reset),
        cmocka_unit_test(test_bootloader_is_not_the_application),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

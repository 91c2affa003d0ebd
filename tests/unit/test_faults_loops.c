// test_faults_loops.c: programs that never come to an end, and starts of nothing.
//
// Each program here is a bootloader of a few lines. What is wrong with it must be
// found without any power cut, and told with the promise that it breaks.

#include "case_fixture.h"

#include "cpu_signals.h"
#include "small_program.h"

#include "faults/replay.h"

// The promise is found broken, with this in the message, with so many cuts; and a
// replay of the trace says the same.
static void expect_found(const struct cp_program *program_run, enum cp_promise promise,
                         const char *message, uint32_t cuts) {
    struct cp_case test_case = fixture_case(64, CP_FIRMWARE_GOOD);
    test_case.promises = BIT(promise);
    struct reached reached = fixture_explore(&test_case, program_run);
    assert_int_equal(reached.result.verdict, CP_VERDICT_VIOLATED);
    assert_int_equal(reached.result.violation_count, 1);
    const struct cp_violation *found = &reached.result.violations[0];
    assert_int_equal(found->promise, promise);
    if (!strstr(found->message, message)) {
        fail_msg("%s", found->message);
    }
    assert_int_equal(found->cuts, cuts);
    assert_true(found->is_shortest);

    struct cp_violation replayed;
    char error[CP_MESSAGE_MAX] = "";
    const int err =
        cp_replay(&test_case, program_run, found->trace, no_steps, NULL, &replayed, error);
    assert_string_equal(error, "");
    assert_int_equal(err, 1);
    assert_int_equal(replayed.promise, promise);
    assert_int_equal(replayed.cuts, cuts);
    assert_string_equal(replayed.message, found->message);
    reached_free(&reached);
}

static void expect_proved(const struct cp_program *program_run, uint32_t promises) {
    struct cp_case test_case = fixture_case(64, CP_FIRMWARE_GOOD);
    test_case.promises = promises;
    struct reached reached = fixture_explore(&test_case, program_run);
    assert_int_equal(reached.result.verdict, CP_VERDICT_PROVED);
    reached_free(&reached);
}

static void test_plain_start(void **state) {
    (void)state;
    const struct cp_program small = made_of(jump, idle);
    expect_proved(&small, ALL_PROMISES);
}

// --- boot loops

static void always_reset(const struct cp_program_board *board) {
    (void)board;
    cp_end_reset();
}

static void always_panic(const struct cp_program_board *board) {
    (void)board;
    cp_end_panic(-3);
}

static void always_hang(const struct cp_program_board *board) {
    (void)board;
    cp_end_hang();
}

static void test_boot_loops(void **state) {
    (void)state;
    struct cp_program small = made_of(always_reset, idle);
    expect_found(&small, CP_PROMISE_BOOTABLE, "boot loop", 0);
    small.bootloader = always_panic;
    expect_found(&small, CP_PROMISE_BOOTABLE, "gives up with error -3", 0);
    small.bootloader = always_hang;
    expect_found(&small, CP_PROMISE_BOOTABLE, "boot loop", 0);
}

// Each boot erases the page and begins again.
static void erase_and_reset(const struct cp_program_board *board) {
    erase(board, CP_AREA_STATE, 0);
    program(board, CP_AREA_STATE, 0, 0x12345678u);
    cp_end_reset();
}

// Three boots make one round: 0 -> 1 -> 2 -> 0.
static void count_to_three(const struct cp_program_board *board) {
    const uint32_t word = mmio_read32(board->areas[CP_AREA_STATE].offset_bytes);
    if (word == 0xFFFFFFFCu) {
        erase(board, CP_AREA_STATE, 0);
    } else {
        program(board, CP_AREA_STATE, 0, word << 1);
    }
    cp_end_reset();
}

static void test_boot_loops_with_operations(void **state) {
    (void)state;
    struct cp_program small = made_of(erase_and_reset, idle);
    expect_found(&small, CP_PROMISE_BOOTABLE, "boot loop", 0);
    small.bootloader = count_to_three;
    expect_found(&small, CP_PROMISE_BOOTABLE, "boot loop", 0);
}

// Only a cut between the two programs leads into the loop.
static void loop_after_cut(const struct cp_program_board *board) {
    const uint32_t first = mmio_read32(board->areas[CP_AREA_STATE].offset_bytes);
    if (first != 0xFFFFFFFFu) {
        if (mmio_read32(board->areas[CP_AREA_STATE].offset_bytes + 4) != 0xFFFFFFFFu) {
            cp_end_jump();
        }
        cp_end_reset();
    }
    program(board, CP_AREA_STATE, 0, 1);
    program(board, CP_AREA_STATE, 4, 1);
    cp_end_jump();
}

static void test_boot_loop_behind_a_cut(void **state) {
    (void)state;
    const struct cp_program small = made_of(loop_after_cut, idle);
    expect_found(&small, CP_PROMISE_BOOTABLE, "boot loop", 1);
}

// It resets a few times, each with something done: no loop.
static void five_boots(const struct cp_program_board *board) {
    for (uint32_t i = 0; i < 5; i++) {
        if (mmio_read32(board->areas[CP_AREA_STATE].offset_bytes + 4 * i) == 0xFFFFFFFFu) {
            program(board, CP_AREA_STATE, 4 * i, i);
            cp_end_reset();
        }
    }
    cp_end_jump();
}

static void test_resets_that_get_on(void **state) {
    (void)state;
    const struct cp_program small = made_of(five_boots, idle);
    expect_proved(&small, ALL_PROMISES);
}

// --- loops within one boot

static void erase_for_ever(const struct cp_program_board *board) {
    for (;;) {
        erase(board, CP_AREA_STATE, 0);
    }
}

static void note_for_ever(const struct cp_program_board *board) {
    (void)board;
    for (;;) {
        cp_note(CP_NOTE_DOWNLOAD_BEGUN, NEW_IMAGE);
    }
}

// What is told of the state that cannot be left.
static void expect_no_boot(const struct cp_program *program_run) {
    const struct cp_case test_case = fixture_relentless(fixture_case(64, CP_FIRMWARE_GOOD));
    struct reached reached = fixture_explore(&test_case, program_run);
    assert_true(reached.row_count > 0);
    for (size_t i = 0; i < reached.row_count; i++) {
        assert_int_equal(reached.rows[i].outcome, CP_OUTCOME_NO_BOOT);
    }
    reached_free(&reached);
}

static void test_outcome_of_loops(void **state) {
    (void)state;
    struct cp_program small = made_of(erase_for_ever, idle);
    expect_no_boot(&small);
    small.bootloader = erase_and_reset;
    expect_no_boot(&small);
    small.bootloader = always_panic;
    expect_no_boot(&small);
}

static void test_loops_without_reset(void **state) {
    (void)state;
    struct cp_program small = made_of(erase_for_ever, idle);
    expect_found(&small, CP_PROMISE_BOOTABLE, "never ends", 0);
    small.bootloader = note_for_ever;
    expect_found(&small, CP_PROMISE_BOOTABLE, "never ends", 0);
}

static void application_erases_for_ever(const struct cp_program_board *board, uint8_t image) {
    (void)image;
    erase_for_ever(board);
}

static void application_erases_and_resets(const struct cp_program_board *board, uint8_t image) {
    (void)image;
    erase(board, CP_AREA_DFU, 2);
    cp_end_reset();
}

static void application_resets(const struct cp_program_board *board, uint8_t image) {
    (void)board;
    (void)image;
    cp_end_reset();
}

static void test_endless_wear(void **state) {
    (void)state;
    struct cp_program small = made_of(jump, application_erases_for_ever);
    expect_found(&small, CP_PROMISE_BOUNDED_WEAR, "was erased 4 times", 0);
    expect_proved(&small, BIT(CP_PROMISE_BOOTABLE)); // it did start
    small.application = application_erases_and_resets;
    expect_found(&small, CP_PROMISE_BOUNDED_WEAR, "was erased 4 times", 0);
    expect_proved(&small, BIT(CP_PROMISE_BOOTABLE));
    small.application = application_resets; // that wears nothing out
    expect_proved(&small, ALL_PROMISES);
}

// A bootloader whose way the outside world chooses: no choice is a loop.
static void chooses(const struct cp_program_board *board) {
    if (cp_choose(3) == 2) {
        program(board, CP_AREA_STATE, 0, 5);
    }
    program(board, CP_AREA_STATE, 4, 5);
    cp_end_jump();
}

static void loops_if_chosen(const struct cp_program_board *board) {
    (void)board;
    if (cp_choose(3) == 1) {
        cp_end_reset();
    }
    cp_end_jump();
}

static void test_choices(void **state) {
    (void)state;
    struct cp_program small = made_of(chooses, idle);
    struct cp_case test_case = fixture_case(64, CP_FIRMWARE_GOOD);
    test_case.promises = BIT(CP_PROMISE_BOOTABLE);
    struct reached reached = fixture_explore(&test_case, &small);
    assert_int_equal(reached.result.verdict, CP_VERDICT_PROVED);
    for (size_t i = 0; i < reached.row_count; i++) {
        assert_int_equal(reached.rows[i].outcome, CP_OUTCOME_STARTED);
    }
    reached_free(&reached);
    small.bootloader = loops_if_chosen;
    expect_found(&small, CP_PROMISE_BOOTABLE, "boot loop", 0);
}

// --- ends that are none

static void erase_active_and_jump(const struct cp_program_board *board) {
    erase(board, CP_AREA_ACTIVE, 1);
    cp_end_jump();
}

static void crash(const struct cp_program_board *board) {
    (void)board;
    volatile uint32_t *volatile nowhere = NULL;
    *nowhere = 0;
    cp_end_jump();
}

static void dfu_mode_unasked(const struct cp_program_board *board) {
    (void)board;
    cp_end_dfu_mode();
}

static void test_dead_ends(void **state) {
    (void)state;
    struct cp_program small = made_of(erase_active_and_jump, idle);
    expect_found(&small, CP_PROMISE_BOOTABLE, "no complete known image", 0);
    small.bootloader = dfu_mode_unasked;
    expect_found(&small, CP_PROMISE_BOOTABLE, "nobody asked for it", 0);
#if !defined(__SANITIZE_ADDRESS__)
    cpu_signals_use();
    small.bootloader = crash; // a sanitizer would have its own say
    expect_found(&small, CP_PROMISE_BOOTABLE, "crashed", 0);
#else
    (void)crash;
#endif
}

static void store_without_wen(const struct cp_program_board *board) {
    mmio_write32(board->areas[CP_AREA_STATE].offset_bytes, 0);
    cp_end_jump();
}

static void illegal_for_ever(const struct cp_program_board *board) {
    for (;;) {
        mmio_write32(board->areas[CP_AREA_STATE].offset_bytes, 0);
    }
}

static void test_illegal_use(void **state) {
    (void)state;
    struct cp_program small = made_of(store_without_wen, idle);
    expect_found(&small, CP_PROMISE_LEGAL_FLASH_USE, "without CONFIG.WEN = Wen", 0);
    expect_proved(&small, BIT(CP_PROMISE_BOOTABLE));
    small.bootloader = illegal_for_ever;
    expect_found(&small, CP_PROMISE_LEGAL_FLASH_USE, "without CONFIG.WEN = Wen", 0);
    expect_found(&small, CP_PROMISE_BOOTABLE, "illegally 10000 times", 0); // and that is no boot
}

int main(void) {
    cpu_signals_keep();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain_start),
        cmocka_unit_test(test_boot_loops),
        cmocka_unit_test(test_boot_loops_with_operations),
        cmocka_unit_test(test_boot_loop_behind_a_cut),
        cmocka_unit_test(test_resets_that_get_on),
        cmocka_unit_test(test_endless_wear),
        cmocka_unit_test(test_choices),
        cmocka_unit_test(test_dead_ends),
        cmocka_unit_test(test_loops_without_reset),
        cmocka_unit_test(test_outcome_of_loops),
        cmocka_unit_test(test_illegal_use),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// test_faults_indifferent.c: the plainest trace, and what does not matter in it.
//
// Bootloaders of a few lines are wrong in a way that is known to the byte; what is told of
// their violations must be that, word for word. The published format has its say as well.

#include "case_fixture.h"

#include "small_program.h"

// Explore, with one promise checked and broken. The result is freed but for what is kept.
static struct cp_violation violation_in(struct cp_case *test_case, const struct cp_program *run,
                                        enum cp_promise promise) {
    test_case->promises = BIT(promise);
    struct reached reached = fixture_explore(test_case, run);
    const struct cp_violation *found = violation_of(&reached.result, promise);
    assert_non_null(found);
    const struct cp_violation kept = *found;
    reached_free(&reached);
    assert_true(kept.is_shortest);
    return kept;
}

static void expect_text(const struct cp_violation *violation, const char *trace,
                        const char *indifferent) {
    assert_string_equal(violation->trace, trace);
    assert_string_equal(violation->indifferent, indifferent);
}

static struct cp_case torn_case(uint32_t program_tears, uint32_t erase_tears) {
    struct cp_case test_case = fixture_case(64, CP_FIRMWARE_GOOD);
    test_case.faults.program_tears = program_tears;
    test_case.faults.erase_tears = erase_tears;
    test_case.faults.torn_areas = BIT(CP_AREA_STATE);
    return test_case;
}

static uint32_t read_word(const struct cp_program_board *board, uint32_t word) {
    return mmio_read32(board->areas[CP_AREA_STATE].offset_bytes + 4 * word);
}

static void never_start(void) {
    cp_end_reset();
}

// --- torn programs

static void word_must_be_whole(const struct cp_program_board *board) {
    const uint32_t word = read_word(board, 1);
    if (word == 0xFFFFFFFFu) {
        program(board, CP_AREA_STATE, 4, 0);
    } else if (word != 0) {
        never_start();
    }
    cp_end_jump();
}

static void odd_bytes_are_wrong(const struct cp_program_board *board) {
    const uint32_t word = read_word(board, 1);
    if (word == 0xFFFFFFFFu) {
        program(board, CP_AREA_STATE, 4, 0);
    } else if (word == 0xFFFFFF00u || word == 0xFF000000u) {
        never_start();
    }
    cp_end_jump();
}

static void one_byte_is_wrong(const struct cp_program_board *board) {
    const uint32_t word = read_word(board, 1);
    if (word == 0xFFFFFFFFu) {
        program(board, CP_AREA_STATE, 4, 0);
    } else if (word == 0xFFFFFF00u) {
        never_start();
    }
    cp_end_jump();
}

static void test_bytes(void **state) {
    (void)state;
    static const struct {
        void (*bootloader)(const struct cp_program_board *);
        const char *text;
    } wrong[] = {
        {word_must_be_whole, "cut 1: same for any tear of 1 to 3 bytes; passes at 0 and 4"},
        {odd_bytes_are_wrong, "cut 1: same at 1 and 3 bytes; passes at 0, 2 and 4"},
        {one_byte_is_wrong, "cut 1: same at 1 byte; passes at 0, 2, 3 and 4"},
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        const struct cp_program small = made_of(wrong[i].bootloader, idle);
        struct cp_case test_case = torn_case(BIT(CP_TEAR_BYTES_1), 0);
        struct cp_violation violation = violation_in(&test_case, &small, CP_PROMISE_BOOTABLE);
        expect_text(&violation, "t1.bytes-1", wrong[i].text);
        test_case = torn_case(BIT(CP_TEAR_ANY), 0); // by what is read
        violation = violation_in(&test_case, &small, CP_PROMISE_BOOTABLE);
        assert_string_equal(violation.indifferent, wrong[i].text);
        assert_memory_equal(violation.trace, "t1.any,v1=", strlen("t1.any,v1="));
    }
}

static void test_bits(void **state) {
    (void)state;
    const char *text = "cut 1: same for low-nibbles alone of 11 shapes; passes for all others, "
                       "before and after";
    struct cp_case test_case = torn_case(BIT(CP_TEAR_LOW_NIBBLES), 0);
    struct cp_violation violation = violation_in(&test_case, &cp_program, CP_PROMISE_BOOTABLE);
    assert_non_null(strstr(violation.trace, ".low-nibbles"));
    assert_string_equal(violation.indifferent, text);
    test_case = torn_case(BIT(CP_TEAR_ANY), 0);
    violation = violation_in(&test_case, &cp_program, CP_PROMISE_BOOTABLE);
    assert_non_null(strstr(violation.trace, ".any,v1=f0f0f0f0"));
    assert_string_equal(violation.indifferent, text);
}

static void half_of_the_bits_is_wrong(const struct cp_program_board *board) {
    const uint32_t word = read_word(board, 1);
    if (word == 0xFFFFFFFFu) {
        program(board, CP_AREA_STATE, 4, 0);
    } else if (__builtin_popcount(word) == 16 && (word & 0xFFFFu) != 0 && word >> 16 != 0) {
        never_start();
    }
    cp_end_jump();
}

static void test_some_shapes(void **state) {
    (void)state;
    const struct cp_program small = made_of(half_of_the_bits_is_wrong, idle);
    struct cp_case test_case = torn_case(BIT(CP_TEAR_ODD_BITS) | BIT(CP_TEAR_HIGH_NIBBLES), 0);
    const struct cp_violation violation = violation_in(&test_case, &small, CP_PROMISE_BOOTABLE);
    expect_text(&violation, "t1.odd-bits",
                "cut 1: same for odd-bits and 3 other shapes of 11; passes for all others, before "
                "and after");
}

// --- torn erases

// A page of four words that are all programmed, erased where word 0 is to be the last.
static void page_must_be_whole(const struct cp_program_board *board) {
    const uint32_t first = read_word(board, 0), last = read_word(board, 15);
    if (first == 0xFFFFFFFFu && last == 0xFFFFFFFFu) {
        program(board, CP_AREA_STATE, 60, 0);
        program(board, CP_AREA_STATE, 0, 0);
    } else if (first == 0 && last == 0) {
        erase(board, CP_AREA_STATE, 0);
    } else if (first == 0) {
        never_start();
    }
    cp_end_jump();
}

static void test_torn_erase(void **state) {
    (void)state;
    const struct cp_program small = made_of(page_must_be_whole, idle);
    struct cp_case test_case = torn_case(0, BIT(CP_TEAR_ALL_BUT_FIRST_WORD));
    struct cp_violation violation = violation_in(&test_case, &small, CP_PROMISE_BOOTABLE);
    const char *shapes = "same for all-but-first-word and 2 other shapes of 10; passes for ";
    assert_non_null(strstr(violation.indifferent, shapes));
    assert_non_null(strstr(violation.indifferent, "before and after"));
    test_case.faults.erase_bit_masks[0] = 0x10u;
    test_case.faults.erase_bit_mask_count = 1;
    violation = violation_in(&test_case, &small, CP_PROMISE_BOOTABLE);
    assert_non_null(strstr(violation.indifferent, " of 11; passes for "));
    test_case = torn_case(0, BIT(CP_TEAR_ERASE_ANY_SUBSET));
    violation = violation_in(&test_case, &small, CP_PROMISE_BOOTABLE);
    assert_non_null(strstr(violation.trace, ".any-subset,"));
    assert_non_null(strstr(violation.indifferent, "of 10; passes for "));
}

static void test_torn_erase_of_the_seed(void **state) {
    (void)state;
    struct cp_case test_case = torn_case(0, BIT(CP_TEAR_ALL_BUT_FIRST_WORD));
    const struct cp_violation violation =
        violation_in(&test_case, &cp_program, CP_PROMISE_BOOTABLE);
    assert_string_equal(violation.indifferent,
                        "cut 1: same for all-but-first-word and 1 other shape of 10; passes for "
                        "all others, before and after");
}

// --- clean cuts

// Programs so many words; none of them may be met without the last.
static void words_must_be_whole(const struct cp_program_board *board, uint32_t count) {
    if (read_word(board, 0) == 0xFFFFFFFFu) {
        for (uint32_t word = 0; word < count; word++) {
            program(board, CP_AREA_STATE, 4 * word, 0);
        }
    } else if (read_word(board, count - 1) != 0) {
        never_start();
    }
    cp_end_jump();
}

static void two_words(const struct cp_program_board *board) {
    words_must_be_whole(board, 2);
}

static void six_words(const struct cp_program_board *board) {
    words_must_be_whole(board, 6);
}

static void many_words(const struct cp_program_board *board) {
    words_must_be_whole(board, 60);
}

static void test_clean_cuts(void **state) {
    (void)state;
    static const struct {
        void (*bootloader)(const struct cp_program_board *);
        const char *trace, *text;
    } wrong[] = {
        {two_words, "a1", "cut 1: only after event 1"},
        {six_words, "a5", "cut 1: same after any of events 1 to 5"},
        {many_words, "a59", "cut 1: same after any of events 43 to 59 at least"},
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        const struct cp_program small = made_of(wrong[i].bootloader, idle);
        struct cp_case test_case = fixture_case(256, CP_FIRMWARE_GOOD);
        const struct cp_violation violation = violation_in(&test_case, &small, CP_PROMISE_BOOTABLE);
        expect_text(&violation, wrong[i].trace, wrong[i].text);
    }
}

static void test_clean_cut_of_the_seed(void **state) {
    (void)state;
    struct cp_case test_case = fixture_case(64, CP_FIRMWARE_GOOD);
    const struct cp_violation violation =
        violation_in(&test_case, &cp_program, CP_PROMISE_TELLS_TRUTH);
    const char *text = "cut 1: only after event ";
    assert_int_equal(violation.cuts, 1);
    assert_memory_equal(violation.indifferent, text, strlen(text));
    assert_string_equal(violation.indifferent + strlen(text), violation.trace + 1); // "a7"
}

static void test_two_cuts(void **state) {
    (void)state;
    struct cp_case test_case = fixture_case(64, CP_FIRMWARE_BAD);
    const struct cp_violation violation =
        violation_in(&test_case, &cp_program, CP_PROMISE_LEGAL_FLASH_USE);
    assert_int_equal(violation.cuts, 2);
    assert_non_null(strstr(violation.indifferent, "cut 1: only after event "));
    assert_non_null(strstr(violation.indifferent, "; cut 2: only after event 1"));
}

static void never_starts(const struct cp_program_board *board) {
    (void)board;
    never_start();
}

static void test_no_cut(void **state) {
    (void)state;
    const struct cp_program small = made_of(never_starts, idle);
    struct cp_case test_case = fixture_case(64, CP_FIRMWARE_GOOD);
    const struct cp_violation violation = violation_in(&test_case, &small, CP_PROMISE_BOOTABLE);
    expect_text(&violation, "", "");
}

// --- the plainest trace

// Wrong if cut between the two words, and as wrong if cut inside the second.
static void second_word_must_be_whole(const struct cp_program_board *board) {
    if (read_word(board, 0) == 0xFFFFFFFFu) {
        program(board, CP_AREA_STATE, 0, 0);
        program(board, CP_AREA_STATE, 4, 0);
    } else if (read_word(board, 1) != 0) {
        never_start();
    }
    cp_end_jump();
}

static void test_clean_is_plainer(void **state) {
    (void)state;
    const struct cp_program small = made_of(second_word_must_be_whole, idle);
    static const uint32_t tears[] = {BIT(CP_TEAR_BYTES_2), BIT(CP_TEAR_ANY)};
    for (int i = 0; i < 2; i++) {
        struct cp_case test_case = torn_case(tears[i], 0);
        const struct cp_violation violation = violation_in(&test_case, &small, CP_PROMISE_BOOTABLE);
        expect_text(&violation, "a1", "cut 1: only after event 1");
    }
}

// Another promise that the case claims broken does not hide this one in a replay.
static void test_claimed_promises_do_not_matter(void **state) {
    (void)state;
    struct cp_case test_case = fixture_relentless(fixture_case(64, CP_FIRMWARE_GOOD));
    struct reached reached = fixture_explore(&test_case, &cp_program);
    const struct cp_violation *found = violation_of(&reached.result, CP_PROMISE_UPDATE_COMPLETES);
    assert_non_null(found);
    assert_non_null(strstr(found->indifferent, "cut 1: only after event "));
    reached_free(&reached);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_bits),
        cmocka_unit_test(test_some_shapes),
        cmocka_unit_test(test_torn_erase),
        cmocka_unit_test(test_torn_erase_of_the_seed),
        cmocka_unit_test(test_clean_cuts),
        cmocka_unit_test(test_clean_cut_of_the_seed),
        cmocka_unit_test(test_two_cuts),
        cmocka_unit_test(test_no_cut),
        cmocka_unit_test(test_clean_is_plainer),
        cmocka_unit_test(test_claimed_promises_do_not_matter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

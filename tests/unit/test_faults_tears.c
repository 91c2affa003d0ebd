// test_faults_tears.c: what torn operations leave, over all small words.
//
// A torn program lies between the old word and the new one: bits that were not to
// change have not, and no cleared bit is set. A torn erase likewise, the other way.

#include "case_fixture.h"

#include "faults/tears.h"

// A byte spread over a word, so that 256 values reach each byte and each nibble.
static uint32_t spread(uint32_t byte) {
    uint32_t word = 0;
    for (uint32_t bit = 0; bit < 8; bit++) {
        if ((byte & BIT(bit)) != 0) {
            word |= BIT(4 * bit + bit % 4); // each nibble, at changing places
        }
    }
    return word;
}

static void expect_between(enum cp_program_tear tear, uint32_t old, uint32_t asked) {
    const uint32_t whole = old & asked;
    const uint32_t torn = cp_tear_program(tear, old, asked);
    assert_int_equal(torn & ~old, 0);   // nothing was set
    assert_int_equal(whole & ~torn, 0); // nothing was cleared that should stay
}

static void test_programs_lie_between(void **state) {
    (void)state;
    for (int tear = 0; tear < CP_PROGRAM_SHAPE_COUNT; tear++) {
        for (uint32_t old = 0; old < 256; old++) {
            for (uint32_t asked = 0; asked < 256; asked++) {
                expect_between((enum cp_program_tear)tear, old, asked);
                expect_between((enum cp_program_tear)tear, old * 0x01010101u, asked * 0x01010101u);
                expect_between((enum cp_program_tear)tear, spread(old), spread(asked));
            }
        }
    }
}

static void test_programs_by_shape(void **state) {
    (void)state;
    static const uint32_t all_cleared[CP_PROGRAM_SHAPE_COUNT] = {
        [CP_TEAR_BYTES_1] = 0xFFFFFF00u,
        [CP_TEAR_BYTES_2] = 0xFFFF0000u,
        [CP_TEAR_BYTES_3] = 0xFF000000u,
        [CP_TEAR_LOW_HALF] = 0xFFFF0000u,
        [CP_TEAR_HIGH_HALF] = 0x0000FFFFu,
        [CP_TEAR_EVEN_BITS] = 0xAAAAAAAAu,
        [CP_TEAR_ODD_BITS] = 0x55555555u,
        [CP_TEAR_LOW_NIBBLES] = 0xF0F0F0F0u,
        [CP_TEAR_HIGH_NIBBLES] = 0x0F0F0F0Fu,
        [CP_TEAR_LOWEST_BIT_MISSING] = 0x00000001u,
        [CP_TEAR_HIGHEST_BIT_MISSING] = 0x80000000u,
    };
    for (int tear = 0; tear < CP_PROGRAM_SHAPE_COUNT; tear++) {
        assert_int_equal(cp_tear_program((enum cp_program_tear)tear, UINT32_MAX, 0),
                         all_cleared[tear]);
    }
}

// One bit left out, of those that were to change.
static void test_one_bit_missing(void **state) {
    (void)state;
    for (uint32_t asked = 0; asked < 256; asked++) {
        const uint32_t old = 0xB7u, whole = old & asked, changing = old & ~asked;
        const uint32_t low = cp_tear_program(CP_TEAR_LOWEST_BIT_MISSING, old, asked);
        const uint32_t high = cp_tear_program(CP_TEAR_HIGHEST_BIT_MISSING, old, asked);
        assert_int_equal(__builtin_popcount(low ^ whole), changing != 0);
        assert_int_equal(__builtin_popcount(high ^ whole), changing != 0);
        assert_true((low ^ whole) <= (changing & ~whole));
        if (changing != 0) {
            assert_int_equal((low ^ whole) & ((low ^ whole) - 1), 0);
            assert_int_equal((changing - 1) & (low ^ whole), 0); // none below it
            assert_true(changing < 2 * (high ^ whole));          // none above it
        }
    }
}

static void test_erases_lie_between(void **state) {
    (void)state;
    struct cp_fault_model faults = {.erase_bit_mask_count = 2};
    faults.erase_bit_masks[0] = 0x10u;
    faults.erase_bit_masks[1] = 0xFFFFFFFFu;
    assert_int_equal(cp_erase_tear_total(&faults), CP_ERASE_TEAR_COUNT + 2);
    static const uint32_t erased_values[] = {0xFFFFFFFFu, 0u};
    for (int e = 0; e < 2; e++) {
        const uint32_t erased = erased_values[e];
        for (uint32_t tear = 0; tear < cp_erase_tear_total(&faults); tear++) {
            for (uint32_t byte = 0; byte < 256; byte++) {
                const uint32_t old = spread(byte);
                for (uint32_t index = 0; index < 8; index++) {
                    bool is_erased;
                    const uint32_t torn =
                        cp_tear_erase_word(&faults, tear, index, 8, old, erased, &is_erased);
                    assert_int_equal((torn ^ old) & ~(erased ^ old), 0);
                    assert_true(!is_erased || torn == erased);
                }
            }
        }
    }
}

// Which of eight words are erased, a bit for each.
static uint32_t erased_words(uint32_t tear) {
    const struct cp_fault_model faults = {0};
    uint32_t words = 0;
    for (uint32_t index = 0; index < 8; index++) {
        bool is_erased;
        const uint32_t torn =
            cp_tear_erase_word(&faults, tear, index, 8, 0, UINT32_MAX, &is_erased);
        assert_int_equal(torn, is_erased ? UINT32_MAX : 0);
        words |= (uint32_t)is_erased << index;
    }
    return words;
}

static uint32_t erased_bits(const struct cp_fault_model *faults, uint32_t tear) {
    bool is_erased;
    const uint32_t torn = cp_tear_erase_word(faults, tear, 3, 8, 0, UINT32_MAX, &is_erased);
    assert_false(is_erased);
    return torn;
}

static void test_erases_by_shape(void **state) {
    (void)state;
    struct cp_fault_model faults = {.erase_bit_masks = {0x12345678u}, .erase_bit_mask_count = 1};
    assert_int_equal(erased_words(CP_TEAR_FIRST_HALF), 0x0F);
    assert_int_equal(erased_words(CP_TEAR_SECOND_HALF), 0xF0);
    assert_int_equal(erased_words(CP_TEAR_EVEN_WORDS), 0x55);
    assert_int_equal(erased_words(CP_TEAR_ODD_WORDS), 0xAA);
    assert_int_equal(erased_words(CP_TEAR_ONLY_FIRST_WORD), 0x01);
    assert_int_equal(erased_words(CP_TEAR_ALL_BUT_FIRST_WORD), 0xFE);
    assert_int_equal(erased_bits(&faults, CP_TEAR_ERASE_EVEN_BITS), 0x55555555u);
    assert_int_equal(erased_bits(&faults, CP_TEAR_ERASE_ODD_BITS), 0xAAAAAAAAu);
    assert_int_equal(erased_bits(&faults, CP_TEAR_ERASE_LOW_NIBBLES), 0x0F0F0F0Fu);
    assert_int_equal(erased_bits(&faults, CP_TEAR_ERASE_HIGH_NIBBLES), 0xF0F0F0F0u);
    assert_int_equal(erased_bits(&faults, CP_ERASE_TEAR_COUNT), 0x12345678u);
}

static void test_labels_tell_all_apart(void **state) {
    (void)state;
    struct cp_fault_model faults = {.erase_bit_masks = {0xF0u, 0x0Fu}, .erase_bit_mask_count = 2};
    faults.erase_tears = BIT(CP_TEAR_EVEN_WORDS);
    const uint32_t total = cp_erase_tear_total(&faults);
    for (uint32_t i = 0; i < total; i++) {
        char name[32], other[32];
        cp_erase_tear_label(&faults, i, name);
        for (uint32_t k = 0; k < i; k++) {
            cp_erase_tear_label(&faults, k, other);
            assert_string_not_equal(name, other);
        }
        assert_int_equal(cp_erase_tear_enabled(&faults, i),
                         i == CP_TEAR_EVEN_WORDS || i >= CP_ERASE_TEAR_COUNT);
    }
    for (int i = 0; i < CP_PROGRAM_TEAR_COUNT; i++) {
        for (int k = 0; k < i; k++) {
            assert_string_not_equal(cp_program_tear_name((enum cp_program_tear)i),
                                    cp_program_tear_name((enum cp_program_tear)k));
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_programs_lie_between), cmocka_unit_test(test_programs_by_shape),
        cmocka_unit_test(test_one_bit_missing),      cmocka_unit_test(test_erases_lie_between),
        cmocka_unit_test(test_erases_by_shape),      cmocka_unit_test(test_labels_tell_all_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// test_sim_nor.c: the flash array, and hashes that depend on content and counts only.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim/nor.h"

enum { CELL_BYTES = 64, CELLS = 6, SIZE_BYTES = CELLS * CELL_BYTES, WORDS = SIZE_BYTES / 4 };

static uint64_t random_state = 7;

static uint32_t random_below(uint32_t bound) {
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(random_state >> 33) % bound;
}

static struct cp_nor new_nor(uint8_t erase_value, uint64_t place) {
    struct cp_nor nor;
    assert_int_equal(cp_nor_init(&nor, SIZE_BYTES, CELL_BYTES, erase_value, place), 0);
    return nor;
}

// Make a cell of the fresh array what a torn erase left of the other's: a word that was
// erased already is undecided as well, and only an undecided cell says so.
static void undecide_like(struct cp_nor *fresh, const struct cp_nor *nor, uint32_t cell) {
    const uint32_t first = cell * nor->words_per_cell;
    cp_nor_undecide_cell(fresh, cell, false, false);
    for (uint32_t word = first; word < first + nor->words_per_cell; word++) {
        if (!nor->undecided[word]) {
            cp_nor_set_range(fresh, word, ~nor->words[word], ~nor->words[word], 0);
        }
        cp_nor_set_range(fresh, word, nor->words[word], cp_nor_high(nor, word),
                         nor->programs[word]);
    }
}

static bool has_decided_undecided_word(const struct cp_nor *nor, uint32_t cell) {
    for (uint32_t i = 0; i < nor->words_per_cell; i++) {
        const uint32_t word = cell * nor->words_per_cell + i;
        if (nor->undecided[word] && !cp_nor_is_open(nor, word)) {
            return true;
        }
    }
    return false;
}

// A fresh array with the same content and counts, written in a random order and by
// ways that differ.
static void expect_same_as_fresh(const struct cp_nor *nor) {
    struct cp_nor fresh = new_nor((uint8_t)nor->erased_word, nor->place);
    const uint32_t step = 1 + 2 * random_below(WORDS / 2); // odd, and WORDS is 2^5 * 3
    const uint32_t stride = step % 3 == 0 ? step + 2 : step;
    for (uint32_t i = 0, word = random_below(WORDS); i < WORDS; i++) {
        word = (word + stride) % WORDS;
        cp_nor_set_word(&fresh, word, ~nor->words[word], 3);
        cp_nor_set_range(&fresh, word, nor->words[word], cp_nor_high(nor, word),
                         nor->programs[word]);
    }
    for (uint32_t cell = 0; cell < CELLS; cell++) {
        if (has_decided_undecided_word(nor, cell)) {
            undecide_like(&fresh, nor, cell);
        }
    }
    assert_memory_equal(fresh.words, nor->words, SIZE_BYTES);
    assert_memory_equal(fresh.undecided, nor->undecided, WORDS);
    assert_memory_equal(fresh.undecided_count, nor->undecided_count,
                        CELLS * sizeof(*fresh.undecided_count));
    assert_memory_equal(fresh.programs, nor->programs, WORDS);
    assert_true(cp_hash_equal(fresh.hash, nor->hash));
    for (uint32_t cell = 0; cell < CELLS; cell++) {
        assert_true(cp_hash_equal(fresh.content[cell], nor->content[cell]));
        assert_true(cp_hash_equal(fresh.wear_sum[cell], nor->wear_sum[cell]));
    }
    cp_nor_free(&fresh);
}

static void test_fresh_array_is_erased(void **state) {
    (void)state;
    static const uint8_t erase_values[] = {0xFF, 0x00};
    for (int i = 0; i < 2; i++) {
        struct cp_nor nor = new_nor(erase_values[i], 1);
        assert_int_equal(nor.cell_count, CELLS);
        for (uint32_t word = 0; word < WORDS; word++) {
            assert_int_equal(nor.words[word] ^ nor.inversion, erase_values[i] * 0x01010101u);
            assert_int_equal(nor.programs[word], 0);
        }
        for (uint32_t cell = 0; cell < CELLS; cell++) {
            assert_true(cp_hash_equal(nor.content[cell], nor.erased_content));
        }
        expect_same_as_fresh(&nor);
        cp_nor_free(&nor);
    }
}

static void random_operation(struct cp_nor *nor) {
    const uint32_t word = random_below(WORDS);
    switch (random_below(5)) {
    case 0: cp_nor_erase_cell(nor, random_below(CELLS)); break;
    case 3: cp_nor_undecide_cell(nor, random_below(CELLS), random_below(2) == 0, false); break;
    case 1: cp_nor_set_word(nor, word, nor->words[word], (uint8_t)random_below(3)); break;
    case 2: {
        const uint32_t cell = random_below(CELLS);
        const struct cp_hash begun = cp_nor_begin_cell(nor, cell);
        for (uint32_t i = 0; i < 5; i++) {
            const uint32_t low = random_below(4);
            cp_nor_put_range(nor, cell * nor->words_per_cell + random_below(nor->words_per_cell),
                             low, low | random_below(4), (uint8_t)random_below(3));
        }
        cp_nor_end_cell(nor, cell, begun);
        break;
    }
    default:
        cp_nor_set_word(nor, word, nor->words[word] & random_below(UINT32_MAX),
                        (uint8_t)(1 + random_below(2)));
        break;
    }
}

static void test_hash_follows_random_operations(void **state) {
    (void)state;
    struct cp_nor nor = new_nor(0xFF, 0);
    for (uint32_t i = 0; i < 3000; i++) {
        random_operation(&nor);
        if (i % 20 == 0) {
            expect_same_as_fresh(&nor);
        }
    }
    cp_nor_free(&nor);
}

static void test_undo_comes_back(void **state) {
    (void)state;
    struct cp_nor nor = new_nor(0xFF, 0);
    struct cp_hash hashes[50];
    uint32_t words[50], values[50];
    uint8_t programs[50];
    for (uint32_t i = 0; i < 50; i++) {
        hashes[i] = nor.hash;
        words[i] = random_below(8); // often the same
        values[i] = nor.words[words[i]];
        programs[i] = nor.programs[words[i]];
        cp_nor_set_word(&nor, words[i], values[i] & random_below(UINT32_MAX),
                        (uint8_t)(programs[i] + 1));
        assert_false(cp_hash_equal(nor.hash, hashes[i])); // a program always counts
    }
    for (uint32_t i = 50; i-- > 0;) {
        cp_nor_set_word(&nor, words[i], values[i], programs[i]);
        assert_true(cp_hash_equal(nor.hash, hashes[i]));
    }
    expect_same_as_fresh(&nor);
    cp_nor_free(&nor);
}

static void test_save_and_restore(void **state) {
    (void)state;
    struct cp_nor nor = new_nor(0xFF, 0);
    uint8_t *save = malloc(2 * cp_nor_cell_save_size_bytes(&nor, 0));
    assert_non_null(save);
    for (uint32_t round = 0; round < 200; round++) {
        const uint32_t cell = random_below(CELLS);
        random_operation(&nor);
        const struct cp_hash before = nor.hash;
        cp_nor_save_cell(&nor, cell, save);
        cp_nor_erase_cell(&nor, cell);
        cp_nor_set_word(&nor, cell * nor.words_per_cell, random_below(9), 1);
        cp_nor_restore_cell(&nor, cell, save);
        assert_true(cp_hash_equal(nor.hash, before));
    }
    expect_same_as_fresh(&nor);
    free(save);
    cp_nor_free(&nor);
}

// --- undecided words

// Fill a cell: erased words, programmed ones, and one that is undecided already.
static void fill_cell(struct cp_nor *nor, uint32_t cell) {
    const uint32_t first = cell * nor->words_per_cell;
    for (uint32_t i = 2; i < nor->words_per_cell; i++) {
        cp_nor_set_word(nor, first + i, random_below(UINT32_MAX), 1);
    }
    cp_nor_set_range(nor, first + 1, 0x10, 0xF0, 2);
}

static void test_undecided_cell(void **state) {
    (void)state;
    struct cp_nor nor = new_nor(0xFF, 0), before = new_nor(0xFF, 0);
    fill_cell(&nor, 2);
    memcpy(before.words, nor.words, SIZE_BYTES);
    const uint32_t first = 2 * nor.words_per_cell;
    for (int forgets = 0; forgets < 2; forgets++) {
        cp_nor_undecide_cell(&nor, 2, forgets != 0, false);
        for (uint32_t i = 0; i < nor.words_per_cell; i++) {
            assert_int_equal(nor.words[first + i], forgets ? 0 : before.words[first + i]);
            assert_int_equal(cp_nor_high(&nor, first + i), UINT32_MAX);
        }
        assert_int_equal(nor.undecided_count[2], nor.words_per_cell);
        assert_int_equal(nor.undecided_count[1], 0);
        assert_int_equal(nor.programs[first + 1], 2);           // they stay
        assert_int_equal(cp_nor_is_open(&nor, first), forgets); // it was erased, and is
        expect_same_as_fresh(&nor);
    }
    const struct cp_hash once = nor.hash;
    cp_nor_undecide_cell(&nor, 2, true, false);
    assert_true(cp_hash_equal(nor.hash, once)); // nothing more to forget
    cp_nor_erase_cell(&nor, 2);
    assert_int_equal(nor.undecided_count[2], 0);
    expect_same_as_fresh(&nor);
    cp_nor_free(&before);
    cp_nor_free(&nor);
}

static void test_undecided_cell_comes_back(void **state) {
    (void)state;
    struct cp_nor nor = new_nor(0xFF, 0);
    uint8_t *save = malloc(4 * cp_nor_cell_save_size_bytes(&nor, 0));
    assert_non_null(save);
    for (uint32_t round = 0; round < 40; round++) {
        const uint32_t cell = round % CELLS, first = cell * nor.words_per_cell;
        fill_cell(&nor, cell);
        if (round % 3 == 0) {
            cp_nor_undecide_cell(&nor, cell, round % 2 == 0, false); // torn before
        }
        const struct cp_hash before = nor.hash;
        const uint32_t low = nor.words[first + 1], high = cp_nor_high(&nor, first + 1);
        const size_t size_bytes = cp_nor_cell_save_size_bytes(&nor, cell);
        cp_nor_save_cell(&nor, cell, save);
        cp_nor_undecide_cell(&nor, cell, round % 2 != 0, false);
        cp_nor_set_word(&nor, first + 1, 7, 1); // one is read and decided
        assert_ptr_equal(cp_nor_restore_cell(&nor, cell, save), save + size_bytes);
        assert_true(cp_hash_equal(nor.hash, before));
        assert_int_equal(nor.words[first + 1], low);
        assert_int_equal(cp_nor_high(&nor, first + 1), high);
        expect_same_as_fresh(&nor);
    }
    free(save);
    cp_nor_free(&nor);
}

static void test_ranges(void **state) {
    (void)state;
    struct cp_nor nor = new_nor(0xFF, 0);
    struct cp_hash seen[5];
    static const uint32_t ranges[5][2] = {
        {0, 0xFF}, {0, 0xFFFFFFFF}, {0x0F, 0xFF}, {0, 0}, {0xFF, 0xFF}};
    for (int i = 0; i < 5; i++) {
        cp_nor_set_range(&nor, 9, ranges[i][0], ranges[i][1], 1);
        assert_int_equal(cp_nor_is_open(&nor, 9), ranges[i][0] != ranges[i][1]);
        assert_int_equal(nor.undecided_count[0], ranges[i][0] != ranges[i][1]);
        assert_int_equal(nor.words[9], ranges[i][0]);
        assert_int_equal(cp_nor_high(&nor, 9), ranges[i][1]);
        seen[i] = nor.hash;
        for (int k = 0; k < i; k++) {
            assert_false(cp_hash_equal(seen[i], seen[k]));
        }
        expect_same_as_fresh(&nor);
    }
    cp_nor_free(&nor);
}

// --- what the hash tells apart, and what not

static void test_hash_tells_apart(void **state) {
    (void)state;
    struct cp_nor a = new_nor(0xFF, 0), b = new_nor(0xFF, 0);
    cp_nor_set_word(&a, 3, 5, 1);
    cp_nor_set_word(&b, 4, 5, 1);
    assert_false(cp_hash_equal(a.hash, b.hash)); // another place
    cp_nor_set_word(&b, 4, 0xFFFFFFFFu, 0);
    cp_nor_set_word(&b, 3, 5, 2);
    assert_false(cp_hash_equal(a.hash, b.hash)); // another count
    assert_true(cp_hash_equal(a.content[0], b.content[0]));
    cp_nor_set_word(&b, 3, 6, 1);
    assert_false(cp_hash_equal(a.hash, b.hash)); // another value
    cp_nor_set_word(&b, 3, 5, 1);
    assert_true(cp_hash_equal(a.hash, b.hash));
    cp_nor_free(&a);
    cp_nor_free(&b);
}

// Two cells may swap their content without a change of the sum of contents.
static void test_swapped_cells(void **state) {
    (void)state;
    struct cp_nor a = new_nor(0xFF, 0), b = new_nor(0xFF, 0);
    const uint32_t per_cell = a.words_per_cell;
    for (uint32_t i = 0; i < per_cell; i++) {
        cp_nor_set_word(&a, i, i, 1);
        cp_nor_set_word(&a, per_cell + i, 99 * i, 1);
        cp_nor_set_word(&b, i, 99 * i, 1);
        cp_nor_set_word(&b, per_cell + i, i, 1);
    }
    assert_false(cp_hash_equal(a.hash, b.hash));
    assert_true(cp_hash_equal(a.content[0], b.content[1])); // a cell's is free of its place
    assert_true(cp_hash_equal(a.content[1], b.content[0]));
    cp_nor_free(&a);
    cp_nor_free(&b);
}

// The same change on one device or on the other.
static void test_devices_are_told_apart(void **state) {
    (void)state;
    struct cp_nor a = new_nor(0xFF, 1ull << 32), b = new_nor(0xFF, 2ull << 32);
    const struct cp_hash erased = cp_hash_add(a.hash, b.hash);
    cp_nor_set_word(&a, 0, 1, 1);
    const struct cp_hash first = cp_hash_add(a.hash, b.hash);
    cp_nor_set_word(&a, 0, 0xFFFFFFFFu, 0);
    assert_true(cp_hash_equal(cp_hash_add(a.hash, b.hash), erased));
    cp_nor_set_word(&b, 0, 1, 1);
    assert_false(cp_hash_equal(cp_hash_add(a.hash, b.hash), first));
    cp_nor_free(&a);
    cp_nor_free(&b);
}

static void test_content_of_bytes(void **state) {
    (void)state;
    struct cp_nor nor = new_nor(0xFF, 0);
    uint8_t bytes[CELL_BYTES];
    for (uint32_t i = 0; i < CELL_BYTES; i++) {
        bytes[i] = (uint8_t)(i * 37);
    }
    const struct cp_hash expected = cp_nor_content_of(&nor, bytes);
    assert_false(cp_hash_equal(nor.content[4], expected));
    for (uint32_t i = 0; i < nor.words_per_cell; i++) {
        uint32_t value;
        memcpy(&value, bytes + 4 * (size_t)i, 4);
        cp_nor_set_word(&nor, 4 * nor.words_per_cell + i, value, 2);
    }
    assert_true(cp_hash_equal(nor.content[4], expected));
    memset(bytes, 0xFF, sizeof(bytes));
    assert_true(cp_hash_equal(cp_nor_content_of(&nor, bytes), nor.erased_content));
    cp_nor_free(&nor);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fresh_array_is_erased),
        cmocka_unit_test(test_hash_follows_random_operations),
        cmocka_unit_test(test_undo_comes_back),
        cmocka_unit_test(test_save_and_restore),
        cmocka_unit_test(test_undecided_cell),
        cmocka_unit_test(test_undecided_cell_comes_back),
        cmocka_unit_test(test_ranges),
        cmocka_unit_test(test_hash_tells_apart),
        cmocka_unit_test(test_swapped_cells),
        cmocka_unit_test(test_devices_are_told_apart),
        cmocka_unit_test(test_content_of_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

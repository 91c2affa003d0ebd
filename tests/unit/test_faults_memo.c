// test_faults_memo.c: what is looked up depends on the cells that were read, and on no
// others.

#include "case_fixture.h"

#include "faults/memo.h"
#include "faults/setup.h"

struct bench {
    struct cp_case test_case;
    uint8_t *images[CP_IMAGES_MAX];
    struct cp_machine *machine;
    struct cp_nor *nor;
    struct cp_memo memo;
};

static uint32_t freed;

static void count_and_free(void *item) {
    freed++;
    free(item);
}

static void open_bench(struct bench *bench, bool is_wear_read) {
    char error[CP_EVENT_MESSAGE_MAX];
    memset(bench, 0, sizeof(*bench));
    bench->test_case = fixture_case(64, CP_FIRMWARE_GOOD);
    bench->test_case.devices[0].size_bytes = 128 * 64; // more cells than a footprint has
    assert_int_equal(cp_setup_images(&bench->test_case, bench->images), 0);
    bench->machine = cp_setup_machine(&bench->test_case, &cp_program, bench->images, error);
    assert_non_null(bench->machine);
    bench->nor = &bench->machine->devices[0].nor;
    assert_int_equal(cp_memo_init(&bench->memo, is_wear_read, count_and_free), 0);
}

static void close_bench(struct bench *bench) {
    const uint32_t kept = bench->memo.item_count;
    freed = 0;
    cp_memo_free(&bench->memo);
    assert_int_equal(freed, kept);
    cp_machine_destroy(bench->machine);
    cp_setup_free_images(bench->images);
}

static void read_cells(struct bench *bench, uint32_t first, uint32_t end) {
    cp_machine_clear_footprint(bench->machine);
    for (uint32_t cell = first; cell < end; cell++) {
        cp_machine_note_cell(bench->machine, 0, cell);
    }
}

static const struct cp_hash place = {1, 2}, other_place = {1, 3};

// Remember a number for the present footprint and flash. Returns as cp_memo_add().
static int remember(struct bench *bench, struct cp_hash key, uint32_t number) {
    uint32_t *item = malloc(sizeof(*item));
    assert_non_null(item);
    *item = number;
    const int err = cp_memo_add(&bench->memo, bench->machine, key, item, sizeof(*item));
    if (err) {
        free(item);
    }
    return err;
}

// What is known here; 0 for nothing.
static uint32_t look(struct bench *bench, struct cp_hash key) {
    const uint32_t *item = cp_memo_find(&bench->memo, bench->machine, key);
    return item ? *item : 0;
}

static void test_cells_that_were_read(void **state) {
    (void)state;
    struct bench bench;
    open_bench(&bench, false);
    assert_int_equal(look(&bench, place), 0);
    read_cells(&bench, 10, 12);
    assert_int_equal(remember(&bench, place, 7), 0);
    assert_int_equal(look(&bench, place), 7);
    assert_int_equal(look(&bench, other_place), 0);
    cp_nor_set_word(bench.nor, 12 * 16, 5, 1); // was not read
    assert_int_equal(look(&bench, place), 7);
    cp_nor_set_word(bench.nor, 11 * 16 + 3, 5, 1); // was
    assert_int_equal(look(&bench, place), 0);
    assert_int_equal(remember(&bench, place, 8), 0); // the same cells with other contents
    assert_int_equal(look(&bench, place), 8);
    cp_nor_set_word(bench.nor, 11 * 16 + 3, bench.nor->erased_word, 0);
    assert_int_equal(look(&bench, place), 7);
    assert_true(cp_memo_size_bytes(&bench.memo) >= 2 * sizeof(uint32_t));
    close_bench(&bench);
}

// A torn word is not what either of its ends is.
static void test_undecided_contents(void **state) {
    (void)state;
    struct bench bench;
    open_bench(&bench, false);
    read_cells(&bench, 10, 11);
    assert_int_equal(remember(&bench, place, 7), 0);
    cp_nor_set_range(bench.nor, 10 * 16, 0, UINT32_MAX, 0);
    assert_int_equal(look(&bench, place), 0);
    cp_nor_set_word(bench.nor, 10 * 16, UINT32_MAX, 0);
    assert_int_equal(look(&bench, place), 7);
    close_bench(&bench);
}

static void test_program_counts(void **state) {
    (void)state;
    for (int is_wear_read = 0; is_wear_read < 2; is_wear_read++) {
        struct bench bench;
        open_bench(&bench, is_wear_read != 0);
        read_cells(&bench, 10, 11);
        assert_int_equal(remember(&bench, place, 7), 0);
        cp_nor_set_word(bench.nor, 10 * 16, bench.nor->erased_word, 1);
        assert_int_equal(look(&bench, place), is_wear_read ? 0 : 7);
        close_bench(&bench);
    }
}

// Which cells are read may depend on what they hold: sets of cells stand side by side.
static void test_sets_of_cells(void **state) {
    (void)state;
    struct bench bench;
    open_bench(&bench, false);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < 40; i++) {
        cp_nor_set_word(bench.nor, 10 * 16, i, 1); // tells which
        read_cells(&bench, 10, 11);
        cp_machine_note_cell(bench.machine, 0, 20 + i);
        kept += remember(&bench, place, 100 + i) == 0;
    }
    assert_in_range(kept, 2, 39); // so many sets of one place, and no more
    assert_int_equal(bench.memo.item_count, kept);
    for (uint32_t i = 0; i < 40; i++) {
        cp_nor_set_word(bench.nor, 10 * 16, i, 1);
        assert_int_equal(look(&bench, place), i < kept ? 100 + i : 0);
    }
    read_cells(&bench, 10, 11);
    assert_int_equal(remember(&bench, other_place, 1), 0);
    close_bench(&bench);
}

// What cell 30 held is in cell 20 now: that is no reason to take what cell 30 led to.
static void test_cells_are_told_apart(void **state) {
    (void)state;
    struct bench bench;
    open_bench(&bench, false);
    read_cells(&bench, 10, 11);
    cp_machine_note_cell(bench.machine, 0, 20);
    assert_int_equal(remember(&bench, place, 7), 0);
    cp_nor_set_word(bench.nor, 10 * 16, 2, 1);
    cp_nor_set_word(bench.nor, 30 * 16, 5, 1);
    read_cells(&bench, 10, 11);
    cp_machine_note_cell(bench.machine, 0, 30);
    assert_int_equal(remember(&bench, place, 8), 0);
    assert_int_equal(look(&bench, place), 8);
    cp_nor_set_word(bench.nor, 20 * 16, 5, 1);
    assert_int_equal(look(&bench, place), 8);
    cp_nor_set_word(bench.nor, 30 * 16, 6, 1);
    assert_int_equal(look(&bench, place), 0);
    close_bench(&bench);
}

static void test_footprint_too_large(void **state) {
    (void)state;
    struct bench bench;
    open_bench(&bench, false);
    read_cells(&bench, 0, CP_FOOTPRINT_MAX);
    assert_int_equal(remember(&bench, place, 1), 0);
    read_cells(&bench, 0, CP_FOOTPRINT_MAX + 1);
    assert_int_equal(remember(&bench, other_place, 2), -1);
    assert_int_equal(look(&bench, other_place), 0);
    assert_int_equal(look(&bench, place), 1);
    close_bench(&bench);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cells_that_were_read), cmocka_unit_test(test_undecided_contents),
        cmocka_unit_test(test_program_counts),       cmocka_unit_test(test_sets_of_cells),
        cmocka_unit_test(test_cells_are_told_apart), cmocka_unit_test(test_footprint_too_large),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

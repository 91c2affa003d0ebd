// test_faults_wear.c: levels of wear, against their definition: the most erases, less one
// for each power loss, in any stretch of the update that ends now.

#include "case_fixture.h"

#include "faults/setup.h"
#include "faults/wear.h"

enum { PAGES = 8, HISTORY_MAX = 200, POWER_LOST = PAGES, UPDATE_ENDED };

struct bench {
    struct cp_case test_case;
    uint8_t *images[CP_IMAGES_MAX];
    struct cp_machine *machine;
    struct cp_wear_levels wear;
};

static void open_bench(struct bench *bench) {
    char error[CP_EVENT_MESSAGE_MAX];
    memset(bench, 0, sizeof(*bench));
    bench->test_case = fixture_case(64, CP_FIRMWARE_GOOD);
    assert_int_equal(cp_setup_images(&bench->test_case, bench->images), 0);
    bench->machine = cp_setup_machine(&bench->test_case, &cp_program, bench->images, error);
    assert_non_null(bench->machine);
    assert_int_equal(cp_wear_init(&bench->wear, bench->machine), 0);
    assert_int_equal(bench->wear.page_count, PAGES);
}

static void close_bench(struct bench *bench) {
    cp_wear_free(&bench->wear);
    cp_machine_destroy(bench->machine);
    cp_setup_free_images(bench->images);
}

static uint64_t random_state = 3;

static uint32_t random_below(uint32_t bound) {
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(random_state >> 33) % bound;
}

static uint32_t level_of(const uint8_t *history, uint32_t count, uint32_t page) {
    int32_t sum = 0, most = 0;
    for (uint32_t i = count; i-- > 0 && history[i] != UPDATE_ENDED;) {
        sum += history[i] == page ? 1 : history[i] == POWER_LOST ? -1 : 0;
        most = sum > most ? sum : most;
    }
    return (uint32_t)most;
}

// Do a step; what it takes to undo it is in `save`.
static void step(struct cp_wear_levels *wear, uint8_t what, uint8_t *save) {
    if (what == POWER_LOST) {
        cp_wear_power_lost(wear, save);
    } else if (what == UPDATE_ENDED) {
        cp_wear_end_update(wear, save);
    } else {
        const uint8_t level = cp_wear_erase(wear, 0, what);
        assert_int_equal(level, wear->levels[what]);
    }
}

static void step_back(struct cp_wear_levels *wear, uint8_t what, const uint8_t *save) {
    if (what == POWER_LOST) {
        cp_wear_undo_power_lost(wear, save);
    } else if (what == UPDATE_ENDED) {
        cp_wear_undo_end_update(wear, save);
    } else {
        cp_wear_undo_erase(wear, 0, what);
    }
}

static uint8_t random_what(void) {
    const uint32_t dice = random_below(20);
    return dice == 0 ? UPDATE_ENDED : dice < 5 ? POWER_LOST : (uint8_t)random_below(PAGES);
}

static void test_levels_and_undo(void **state) {
    (void)state;
    struct bench bench;
    open_bench(&bench);
    struct cp_wear_levels *wear = &bench.wear;
    const size_t save_bytes = cp_wear_update_save_size_bytes(wear);
    assert_true(save_bytes >= cp_wear_save_size_bytes(wear));
    uint8_t *saves = malloc(HISTORY_MAX * save_bytes);
    uint8_t history[HISTORY_MAX], most[PAGES] = {0};
    uint64_t hashes[HISTORY_MAX];
    assert_non_null(saves);
    for (uint32_t round = 0; round < 20; round++) {
        for (uint32_t i = 0; i < HISTORY_MAX; i++) {
            hashes[i] = wear->hash;
            history[i] = random_what();
            step(wear, history[i], saves + i * save_bytes);
            for (uint8_t page = 0; page < PAGES; page++) {
                assert_int_equal(wear->levels[page], level_of(history, i + 1, page));
                most[page] = wear->levels[page] > most[page] ? wear->levels[page] : most[page];
                assert_int_equal(wear->levels_max[page], most[page]);
            }
        }
        for (uint32_t i = HISTORY_MAX; i-- > 0;) {
            step_back(wear, history[i], saves + i * save_bytes);
            assert_int_equal(wear->hash, hashes[i]);
            assert_int_equal(wear->levels[3], level_of(history, i, 3));
        }
        for (uint32_t page = 0; page < PAGES; page++) {
            assert_int_equal(wear->erases[page], 0);
        }
    }
    free(saves);
    close_bench(&bench);
}

// The hash is that of the levels, however they came about; the plain numbers of
// erases are not in it.
static void test_hash_is_of_levels(void **state) {
    (void)state;
    struct bench a, b;
    open_bench(&a);
    open_bench(&b);
    uint8_t save[256];
    assert_true(cp_wear_update_save_size_bytes(&a.wear) <= sizeof(save));
    step(&a.wear, 4, save);
    assert_true(a.wear.hash != b.wear.hash);
    step(&b.wear, 5, save);
    assert_true(a.wear.hash != b.wear.hash); // another page
    step(&b.wear, POWER_LOST, save);
    step(&b.wear, 4, save);
    assert_true(a.wear.hash == b.wear.hash);
    assert_int_equal(b.wear.erases[5], 1);
    step(&a.wear, UPDATE_ENDED, save);
    step(&b.wear, UPDATE_ENDED, save);
    assert_int_equal(a.wear.hash, 0);
    assert_int_equal(b.wear.hash, 0);
    assert_int_equal(b.wear.erases[5], 0);
    assert_int_equal(b.wear.erases_max[5], 1); // on any path
    close_bench(&a);
    close_bench(&b);
}

// Losses cannot be saved up.
static void test_no_level_below_zero(void **state) {
    (void)state;
    struct bench bench;
    open_bench(&bench);
    uint8_t save[256];
    for (int i = 0; i < 5; i++) {
        step(&bench.wear, POWER_LOST, save);
    }
    assert_int_equal(cp_wear_erase(&bench.wear, 0, 1), 1);
    assert_int_equal(cp_wear_erase(&bench.wear, 0, 1), 2);
    close_bench(&bench);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_levels_and_undo),
        cmocka_unit_test(test_hash_is_of_levels),
        cmocka_unit_test(test_no_level_below_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

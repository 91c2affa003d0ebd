// test_core_swap.c: the copies of a swap, of a revert and out of FACTORY, each verified.

#include "core/src/swap.h"
#include "tests/unit/journal_rig.h"

enum { TRIES_MAX = 3, STEP_COUNT = 2 * RIG_PAGE_COUNT, OPS_PER_STEP = 1 + RIG_PAGE_BYTES / 32 };

static const struct rig_kind kinds[] = {{4, 0xFF, false}, {4, 0x00, true}};

static struct rig rig;

static void begin(size_t kind) {
    rig_init(&rig, kinds[kind]);
    ram_put_image(&rig.factory_partition, RAM_OLD, rig.factory_partition.size_bytes);
}

static const struct cp_boot_config *config(void) {
    return &rig.board.boot;
}

static uint8_t *page_of(const struct cp_partition *partition, uint32_t page) {
    return ram_of(partition->flash)->bytes + partition->offset_bytes + page * RIG_PAGE_BYTES;
}

// Is a page of a partition page `page` of an image?
static bool is_page(const struct cp_partition *partition, uint32_t at, enum ram_image image,
                    uint32_t page) {
    for (uint32_t i = 0; i < RIG_PAGE_BYTES; i++) {
        if (page_of(partition, at)[i] != ram_image_byte(image, page * RIG_PAGE_BYTES + i)) {
            return false;
        }
    }
    return true;
}

static void run_steps(bool is_revert) {
    for (uint32_t step = 0; step < STEP_COUNT; step++) {
        assert_int_equal(cp_swap_step(config(), is_revert, step), CP_OK);
    }
}

static void test_swap_and_revert(void **context) {
    (void)context;
    for (size_t kind = 0; kind < 2; kind++) {
        begin(kind);
        assert_int_equal(cp_swap_page_count(config()), RIG_PAGE_COUNT);
        run_steps(false);
        assert_true(ram_active_is(&rig.board, RAM_NEW));
        for (uint32_t page = 0; page < RIG_PAGE_COUNT; page++) {
            assert_true(is_page(&config()->dfu, page + 1, RAM_OLD, page));
        }
        assert_true(is_page(&config()->dfu, 0, RAM_NEW, 0));
        run_steps(true);
        assert_true(ram_active_is(&rig.board, RAM_OLD));
        assert_true(ram_has_image(&config()->dfu, RAM_NEW, config()->active.size_bytes));
        rig_free(&rig);
    }
}

// Each step writes the page that boot.c draws, and no other.
static void test_what_each_step_writes(void **context) {
    (void)context;
    static const struct {
        bool is_to_dfu;
        uint32_t page;
    } swap[STEP_COUNT] = {{true, 3}, {false, 2}, {true, 2}, {false, 1}, {true, 1}, {false, 0}},
      revert[STEP_COUNT] = {{true, 0}, {false, 0}, {true, 1}, {false, 1}, {true, 2}, {false, 2}};
    begin(0);
    for (uint32_t i = 0; i < 2 * STEP_COUNT; i++) {
        const bool is_revert = i >= STEP_COUNT;
        const uint32_t step = i % STEP_COUNT;
        const struct ram_flash *flashes[2] = {&rig.board.active, &rig.board.dfu};
        for (uint32_t j = 0; j < 2; j++) {
            memset(flashes[j]->erases_of_page, 0, sizeof(uint32_t) * (RIG_PAGE_COUNT + 2 + j));
        }
        assert_int_equal(cp_swap_step(config(), is_revert, step), CP_OK);
        for (uint32_t j = 0; j < 2; j++) {
            for (uint32_t page = 0; page < RIG_PAGE_COUNT + j; page++) {
                const bool is_to_dfu = (is_revert ? revert : swap)[step].is_to_dfu;
                const bool is_it =
                    is_to_dfu == (j == 1) && (is_revert ? revert : swap)[step].page == page;
                assert_int_equal(flashes[j]->erases_of_page[page + 1], is_it);
            }
        }
    }
    rig_free(&rig);
}

static void test_restore(void **context) {
    (void)context;
    for (size_t kind = 0; kind < 2; kind++) {
        begin(kind);
        ram_put_image(&config()->active, RAM_NEW, config()->active.size_bytes);
        for (uint32_t page = 0; page < RIG_PAGE_COUNT; page++) {
            assert_int_equal(cp_swap_restore(config(), &rig.factory_partition, page), CP_OK);
            assert_true(is_page(&config()->active, page, RAM_OLD, page));
        }
        assert_true(ram_active_is(&rig.board, RAM_OLD));
        rig_free(&rig);
    }
}

static uint32_t fed;

static void feed(const void *context) {
    assert_ptr_equal(context, &fed);
    fed++;
}

static void test_feeds_the_watchdog(void **context) {
    (void)context;
    begin(0);
    rig.board.boot.feed = feed;
    rig.board.boot.feed_context = &fed;
    fed = 0;
    assert_int_equal(cp_swap_step(config(), false, 0), CP_OK);
    assert_int_equal(fed, OPS_PER_STEP); // the erase, and each chunk
    rig_free(&rig);
}

// --- operations that fail: the source is intact, and the copy is made again

static void step_failing(size_t kind, struct rig_fault failure, uint32_t at, uint32_t tries) {
    begin(kind);
    // A page that is half programmed already is found out as well.
    memset(page_of(&config()->dfu, RIG_PAGE_COUNT), 0x5C, RIG_PAGE_BYTES);
    rig_fault = failure;
    rig_fault.from = at;
    rig_fault.to = tries < TRIES_MAX ? at + 1 : UINT32_MAX;
    const int err = cp_swap_step(config(), false, 0);
    rig_no_fault();
    assert_int_equal(err, tries < TRIES_MAX ? CP_OK : CP_ERR_FLASH);
    assert_int_equal(rig.board.dfu.erases_of_page[RIG_PAGE_COUNT + 1], tries);
    assert_int_equal(err == CP_OK, is_page(&config()->dfu, RIG_PAGE_COUNT, RAM_OLD, 2));
    assert_true(ram_active_is(&rig.board, RAM_OLD));
    assert_int_equal(cp_swap_step(config(), false, 0), CP_OK); // when it works again
    rig_free(&rig);
}

static void test_failing_operations(void **context) {
    (void)context;
    for (uint32_t i = 0; i < 2 * 4 * OPS_PER_STEP; i++) {
        const struct rig_fault failure = {.is_silent = i & 1, .is_partial = i & 2};
        step_failing(i >> 2 & 1, failure, i / 8, 2);
        step_failing(i >> 2 & 1, failure, i / 8, TRIES_MAX);
    }
}

// An error of a read, of the source or in checking, is one of the copy.
static void test_failing_reads(void **context) {
    (void)context;
    begin(0);
    assert_int_equal(cp_swap_step(config(), false, 0), CP_OK);
    const uint32_t read_count = rig.board.power.read_count;
    assert_int_equal(read_count, 2 + 2 * 2); // the erased page; each chunk, twice
    for (uint32_t at = 0; at < read_count; at++) {
        memset(rig.board.dfu.erases_of_page, 0, sizeof(uint32_t) * (RIG_PAGE_COUNT + 3));
        ram_power_on(&rig.board.power);
        rig.board.power.fail_at_read = at;
        assert_int_equal(cp_swap_step(config(), false, 0), CP_OK);
        assert_int_equal(rig.board.dfu.erases_of_page[RIG_PAGE_COUNT + 1], 2);
        assert_true(is_page(&config()->dfu, RIG_PAGE_COUNT, RAM_OLD, 2));
    }
    rig_free(&rig);
}

// Pages of different sizes, buffers of any size, and one that is no multiple of what is
// compared at a time.
static void test_geometries(void **context) {
    (void)context;
    static const struct ram_geometry odd = {96, 48, 64, 4, 4, 4, 0xFF, 2, 24};
    for (size_t i = 0; i <= RAM_GEOMETRY_COUNT; i++) {
        const struct ram_geometry *g = i < RAM_GEOMETRY_COUNT ? &ram_geometries[i] : &odd;
        struct ram_board board;
        ram_board_init(&board, g);
        ram_put_image(&board.boot.active, RAM_OLD, board.boot.active.size_bytes);
        ram_put_image(&board.boot.dfu, RAM_NEW, board.boot.active.size_bytes);
        for (uint32_t step = 0; step < 2 * g->unit_count; step++) {
            assert_int_equal(cp_swap_step(&board.boot, false, step), CP_OK);
        }
        assert_true(ram_active_is(&board, RAM_NEW));
        for (uint32_t step = 0; step < 2 * g->unit_count; step++) {
            assert_int_equal(cp_swap_step(&board.boot, true, step), CP_OK);
        }
        assert_true(ram_active_is(&board, RAM_OLD));
        ram_board_free(&board);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_swap_and_revert),
        cmocka_unit_test(test_what_each_step_writes),
        cmocka_unit_test(test_restore),
        cmocka_unit_test(test_feeds_the_watchdog),
        cmocka_unit_test(test_failing_operations),
        cmocka_unit_test(test_failing_reads),
        cmocka_unit_test(test_geometries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

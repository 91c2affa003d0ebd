// test_core_layout.c: each refusal of cp_boot_check() and cp_updater_init().
//
// One test breaks one thing in a configuration that is otherwise allowed, and
// the last ones use sizes near 2^32, where a sum that wraps would hide it.

#include "core/src/partition.h"
#include "core/src/state_format.h"
#include "tests/unit/ram_flash.h"

// STATE of exactly the words it needs, in pages of one word.
static const struct ram_geometry tight = {64, 64, 4, 4, 4, 4, 0xFF, 3, 64};

static int setup(void **context) {
    struct ram_board *board = malloc(sizeof(*board));
    assert_non_null(board);
    ram_board_init(board, &tight);
    assert_int_equal(cp_boot_check(&board->boot), CP_OK);
    assert_int_equal(cp_updater_init(&board->updater, &board->app), CP_OK);
    *context = board;
    return 0;
}

static int teardown(void **context) {
    struct ram_board *board = *context;
    // No check touches a flash.
    assert_int_equal(board->power.op_count, 0);
    assert_int_equal(board->power.read_count, 0);
    ram_board_free(board);
    free(board);
    return 0;
}

static void refuses_boot(const struct ram_board *board, int expected) {
    enum cp_state state = CP_STATE_BOOT;
    assert_int_equal(cp_boot_check(&board->boot), expected);
    assert_int_equal(cp_boot_prepare(&board->boot, &state), expected);
}

static void refuses_updater(const struct ram_board *board, int expected) {
    struct cp_updater updater;
    assert_int_equal(cp_updater_init(&updater, &board->app), expected);
}

// A flash is shared by bootloader and updater: break it, see both refuse, mend it.
static void refuses_dfu_flash(struct ram_board *board, struct cp_flash broken, int expected) {
    const struct cp_flash good = board->dfu.flash;
    board->dfu.flash = broken;
    refuses_boot(board, expected);
    refuses_updater(board, expected);
    board->dfu.flash = good;
    assert_int_equal(cp_boot_check(&board->boot), CP_OK);
}

static void test_boot_null_pointers(void **context) {
    struct ram_board *board = *context;
    const struct cp_boot_config good = board->boot;
    assert_int_equal(cp_boot_check(NULL), CP_ERR_ARGUMENT);
    board->boot.format = NULL;
    refuses_boot(board, CP_ERR_ARGUMENT);
    board->boot = good;
    board->boot.buffer = NULL;
    refuses_boot(board, CP_ERR_ARGUMENT);
    board->boot = good;
    board->boot.buffer_size_bytes = 0;
    refuses_boot(board, CP_ERR_ARGUMENT);
    struct cp_partition *partitions[] = {&board->boot.active, &board->boot.dfu, &board->boot.state};
    for (size_t i = 0; i < 3; i++) {
        board->boot = good;
        partitions[i]->flash = NULL;
        refuses_boot(board, CP_ERR_ARGUMENT);
        board->boot = good;
        partitions[i]->size_bytes = 0;
        refuses_boot(board, CP_ERR_ARGUMENT);
    }
    board->boot = good;
}

static void test_updater_null_pointers(void **context) {
    struct ram_board *board = *context;
    const struct cp_updater_config good = board->app;
    assert_int_equal(cp_updater_init(NULL, &board->app), CP_ERR_ARGUMENT);
    assert_int_equal(cp_updater_init(&board->updater, NULL), CP_ERR_ARGUMENT);
    board->app.format = NULL;
    refuses_updater(board, CP_ERR_ARGUMENT);
    board->app = good;
    board->app.buffer = NULL;
    refuses_updater(board, CP_ERR_ARGUMENT);
    board->app = good;
    board->app.buffer_size_bytes = 0;
    refuses_updater(board, CP_ERR_ARGUMENT);
    board->app = good;
    board->app.active_size_bytes = 0;
    refuses_updater(board, CP_ERR_ARGUMENT);
    board->app = good;
    board->app.dfu.flash = NULL;
    refuses_updater(board, CP_ERR_ARGUMENT);
    board->app = good;
    board->app.state.flash = NULL;
    refuses_updater(board, CP_ERR_ARGUMENT);
}

static void test_incomplete_format(void **context) {
    struct ram_board *board = *context;
    const struct cp_state_format seed = cp_state_format_seed;
    struct cp_state_format broken[] = {seed, seed, seed, seed, seed, seed, seed, seed};
    broken[0].size_bytes = NULL;
    broken[1].prepare = NULL;
    broken[2].load = NULL;
    broken[3].record_step = NULL;
    broken[4].finish_revert = NULL;
    broken[5].skip_done = NULL;
    broken[6].get = NULL;
    broken[7].set = NULL;
    for (size_t i = 0; i < 6; i++) {
        enum cp_state state = CP_STATE_BOOT;
        board->boot.format = &broken[i];
        assert_int_equal(cp_boot_prepare(&board->boot, &state), CP_ERR_ARGUMENT);
    }
    for (size_t i = 6; i < 8; i++) {
        board->app.format = &broken[i];
        refuses_updater(board, CP_ERR_ARGUMENT);
    }
}

// A format with a protocol of its own needs other functions, and lacks these without harm.
static void test_incomplete_format_with_protocol(void **context) {
    struct ram_board *board = *context;
    const struct cp_state_format journal = cp_state_format_journal;
    struct cp_state_format broken[] = {journal, journal, journal, journal, journal, journal};
    broken[0].prepare = NULL;
    broken[1].check = NULL;
    broken[2].get = NULL;
    broken[3].set = NULL;
    broken[4].request = NULL;
    broken[5].start = NULL;
    for (size_t i = 0; i < 6; i++) {
        board->app.format = &broken[i];
        refuses_updater(board, CP_ERR_ARGUMENT);
    }
    for (size_t i = 0; i < 2; i++) {
        board->boot.format = &broken[i];
        refuses_boot(board, CP_ERR_ARGUMENT);
    }
    board->app.format = &cp_state_format_journal_boot;
    refuses_updater(board, CP_ERR_ARGUMENT);
    assert_null(journal.size_bytes);
    assert_null(journal.load);
}

static void test_flash_functions(void **context) {
    struct ram_board *board = *context;
    struct cp_flash flash = board->dfu.flash;
    flash.read = NULL;
    refuses_dfu_flash(board, flash, CP_ERR_ARGUMENT);
    flash = board->dfu.flash;
    flash.program = NULL;
    refuses_dfu_flash(board, flash, CP_ERR_ARGUMENT);
    flash = board->dfu.flash;
    flash.erase = NULL;
    refuses_dfu_flash(board, flash, CP_ERR_ARGUMENT);
}

static void test_flash_sizes(void **context) {
    struct ram_board *board = *context;
    const uint32_t bad_write_sizes[] = {0, 3, 12, 64, UINT32_MAX};
    for (size_t i = 0; i < sizeof(bad_write_sizes) / sizeof(bad_write_sizes[0]); i++) {
        struct cp_flash flash = board->dfu.flash;
        flash.write_size_bytes = bad_write_sizes[i];
        refuses_dfu_flash(board, flash, CP_ERR_ARGUMENT);
    }
    struct cp_flash flash = board->dfu.flash;
    flash.size_bytes = 0;
    refuses_dfu_flash(board, flash, CP_ERR_ARGUMENT);
    flash = board->dfu.flash;
    flash.size_bytes += 1; // not whole pages
    refuses_dfu_flash(board, flash, CP_ERR_ARGUMENT);
    flash = board->dfu.flash;
    flash.erase_size_bytes = 0;
    refuses_dfu_flash(board, flash, CP_ERR_ARGUMENT);
    flash = board->dfu.flash;
    flash.erase_size_bytes = 2; // smaller than a word
    refuses_dfu_flash(board, flash, CP_ERR_ARGUMENT);
}

static void test_erase_value(void **context) {
    struct ram_board *board = *context;
    const uint8_t bad[] = {0x01, 0x7F, 0x80, 0xFE};
    for (size_t i = 0; i < sizeof(bad); i++) {
        struct cp_flash flash = board->dfu.flash;
        flash.erase_value = bad[i];
        refuses_dfu_flash(board, flash, CP_ERR_ARGUMENT);
    }
}

static void test_partition_alignment(void **context) {
    struct ram_board *board = *context;
    const struct cp_boot_config good = board->boot;
    board->boot.active.offset_bytes += 4;
    refuses_boot(board, CP_ERR_ALIGNMENT);
    board->boot = good;
    board->boot.active.size_bytes -= 4;
    refuses_boot(board, CP_ERR_ALIGNMENT);
    board->boot = good;
    board->boot.dfu.offset_bytes -= 1;
    refuses_boot(board, CP_ERR_ALIGNMENT);
    board->boot = good;
    board->boot.state.offset_bytes += 1;
    refuses_boot(board, CP_ERR_ALIGNMENT);
    board->boot = good;
    board->app.dfu.offset_bytes += 4;
    refuses_updater(board, CP_ERR_ALIGNMENT);
}

static void test_partition_bounds(void **context) {
    struct ram_board *board = *context;
    const struct cp_boot_config good = board->boot;
    board->boot.active.size_bytes = board->active.flash.size_bytes; // begins one page in
    refuses_boot(board, CP_ERR_BOUNDS);
    board->boot = good;
    board->boot.dfu.offset_bytes = board->dfu.flash.size_bytes;
    refuses_boot(board, CP_ERR_BOUNDS);
    board->boot = good;
    // offset + size is 0 in 32 bits
    board->boot.state.offset_bytes = UINT32_MAX - good.state.size_bytes + 1;
    refuses_boot(board, CP_ERR_BOUNDS);
    board->boot = good;
    board->boot.active.offset_bytes = UINT32_MAX - 63; // ends at 128 in 32 bits
    refuses_boot(board, CP_ERR_BOUNDS);
    board->boot = good;
    board->boot.dfu.size_bytes = UINT32_MAX - 63; // ends at 0 in 32 bits
    refuses_boot(board, CP_ERR_BOUNDS);
    board->boot = good;
    board->app.state.size_bytes = UINT32_MAX - 3;
    refuses_updater(board, CP_ERR_BOUNDS);
}

static void test_buffer(void **context) {
    struct ram_board *board = *context;
    const uint32_t bad[] = {2, 24, 48, 128, UINT32_MAX - 3};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        board->boot.buffer_size_bytes = bad[i];
        refuses_boot(board, CP_ERR_ALIGNMENT);
    }
    const uint32_t good[] = {4, 8, 16, 32, 64};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        board->boot.buffer_size_bytes = good[i];
        assert_int_equal(cp_boot_check(&board->boot), CP_OK);
    }
    board->app.buffer_size_bytes = 6;
    refuses_updater(board, CP_ERR_ALIGNMENT);
    board->app.buffer_size_bytes = 12; // the updater copies no pages
    refuses_updater(board, CP_OK);
}

// All on one flash: [guard][ACTIVE 3][DFU 4][STATE 14][guard], pages of 64 bytes.
static void put_on_one_flash(struct ram_board *board, struct ram_flash *ram) {
    ram_flash_init(ram, &board->power, 23, 64, 4, 0xFF);
    board->boot.active = (struct cp_partition){&ram->flash, 64, 3 * 64};
    board->boot.dfu = (struct cp_partition){&ram->flash, 4 * 64, 4 * 64};
    board->boot.state = (struct cp_partition){&ram->flash, 8 * 64, 14 * 64};
    board->app.dfu = board->boot.dfu;
    board->app.state = board->boot.state;
    assert_int_equal(cp_boot_check(&board->boot), CP_OK);
    refuses_updater(board, CP_OK);
}

static void test_overlap(void **context) {
    struct ram_board *board = *context;
    struct ram_flash ram;
    put_on_one_flash(board, &ram);
    const struct cp_boot_config good = board->boot;
    board->boot.active.offset_bytes += 64; // the last page of ACTIVE in DFU
    refuses_boot(board, CP_ERR_LAYOUT);
    board->boot = good;
    board->boot.state.offset_bytes -= 64; // the first page of STATE in DFU
    refuses_boot(board, CP_ERR_LAYOUT);
    board->boot = good;
    board->boot.state.offset_bytes = 64; // STATE over ACTIVE and DFU
    refuses_boot(board, CP_ERR_LAYOUT);
    board->boot = good;
    board->boot.state = (struct cp_partition){&ram.flash, 3 * 64, 64}; // inside ACTIVE
    refuses_boot(board, CP_ERR_LAYOUT);
    board->boot = good;
    // Neighbours in the other order do not overlap, until one page more does.
    board->boot.dfu.offset_bytes = 64;
    board->boot.active.offset_bytes = 5 * 64;
    assert_int_equal(cp_boot_check(&board->boot), CP_OK);
    board->boot.active.offset_bytes -= 64;
    refuses_boot(board, CP_ERR_LAYOUT);
    board->boot = good;
    // A second description of the same device hides nothing.
    const struct cp_flash twin = ram.flash;
    board->boot.dfu.flash = &twin;
    assert_int_equal(cp_boot_check(&board->boot), CP_OK);
    board->boot.dfu.offset_bytes -= 64;
    refuses_boot(board, CP_ERR_LAYOUT);
    board->app.state.offset_bytes -= 64;
    refuses_updater(board, CP_ERR_LAYOUT);
    ram_flash_free(&ram);
}

static void test_dfu_too_small(void **context) {
    struct ram_board *board = *context;
    board->boot.dfu.size_bytes = board->boot.active.size_bytes; // no spare page
    refuses_boot(board, CP_ERR_LAYOUT);
    board->boot.dfu.size_bytes -= 64; // a difference would wrap
    refuses_boot(board, CP_ERR_LAYOUT);
    board->app.dfu.size_bytes = board->app.active_size_bytes;
    refuses_updater(board, CP_ERR_LAYOUT);
    board->app.dfu.size_bytes -= 64;
    refuses_updater(board, CP_ERR_LAYOUT);
}

static void test_active_not_whole_pages(void **context) {
    struct ram_board *board = *context;
    board->app.active_size_bytes -= 4;
    refuses_updater(board, CP_ERR_LAYOUT);

    // Pages of 64 and 128: a unit is 128, and three pages of 64 are not whole.
    const struct ram_geometry unequal = {64, 128, 64, 4, 4, 4, 0xFF, 2, 64};
    struct ram_board other;
    ram_board_init(&other, &unequal);
    other.boot.active.size_bytes -= 64;
    assert_int_equal(cp_boot_check(&other.boot), CP_ERR_LAYOUT);
    other.boot.active.size_bytes += 64;
    assert_int_equal(cp_boot_check(&other.boot), CP_OK);
    ram_board_free(&other);

    // Pages of 64 and 96 have no common unit.
    const struct ram_geometry odd = {96, 64, 64, 4, 4, 4, 0xFF, 2, 32};
    ram_board_init(&other, &odd);
    assert_int_equal(cp_boot_check(&other.boot), CP_ERR_LAYOUT);
    ram_board_free(&other);
}

static void test_state_too_small_by_one_word(void **context) {
    struct ram_board *board = *context;
    assert_int_equal(board->boot.state.size_bytes, (2 + 4 * 3) * 4);
    board->boot.state.size_bytes -= 4;
    refuses_boot(board, CP_ERR_LAYOUT);
    // The updater cannot know the page unit; it asks for one unit's records.
    board->app.state.size_bytes = 6 * 4;
    refuses_updater(board, CP_OK);
    board->app.state.size_bytes -= 4;
    refuses_updater(board, CP_ERR_LAYOUT);
}

// The size of the records, where 32 bits end.
static void test_seed_size(void **context) {
    (void)context;
    const struct cp_state_format *seed = &cp_state_format_seed;
    assert_int_equal(seed->size_bytes(0, 4), 8);
    assert_int_equal(seed->size_bytes(3, 1), 14);
    assert_int_equal(seed->size_bytes(64, 32), (2 + 256) * 32);
    assert_int_equal(seed->size_bytes(0x3FFFFFFF, 1), 0xFFFFFFFE);
    assert_int_equal(seed->size_bytes(0x40000000, 1), UINT32_MAX);
    assert_int_equal(seed->size_bytes(0x08000000, 32), UINT32_MAX);
    assert_int_equal(seed->size_bytes(UINT32_MAX, 32), UINT32_MAX);
}

// Two halves of 32 bytes of header, a seal, and a slot for each of six steps and eight more.
static void test_journal_state_too_small_by_one_page(void **context) {
    struct ram_board *board = *context;
    struct ram_flash ram;
    const uint32_t half_bytes = 32 + 4 + (2 * 3 + 8) * 4;
    board->boot.format = &cp_state_format_journal;
    board->app.format = &cp_state_format_journal;
    board->boot.state = ram_partition(&ram, &board->power, 2 * half_bytes + 4, 4, 4, 0xFF);
    board->app.state = board->boot.state;
    assert_int_equal(cp_boot_check(&board->boot), CP_OK);
    board->boot.state.size_bytes -= 4; // the page that is left over
    assert_int_equal(cp_boot_check(&board->boot), CP_OK);
    board->boot.state.size_bytes -= 4;
    refuses_boot(board, CP_ERR_LAYOUT);
    board->boot.state.size_bytes = 4; // one page is no two halves
    refuses_boot(board, CP_ERR_LAYOUT);
    // The updater asks for one unit's records.
    board->app.state.size_bytes = 2 * (32 + 4 + (2 + 8) * 4);
    assert_int_equal(cp_boot_check(&board->boot), CP_ERR_LAYOUT);
    board->app.state.size_bytes -= 4;
    refuses_updater(board, CP_ERR_LAYOUT);
    ram_flash_free(&ram);
}

// Steps are stored in 12 bits.
static void test_journal_with_too_many_pages(void **context) {
    struct ram_board *board = *context;
    struct cp_flash *flashes[] = {&board->active.flash, &board->dfu.flash, &board->state.flash};
    const struct cp_flash good[] = {*flashes[0], *flashes[1], *flashes[2]};
    board->boot.format = &cp_state_format_journal;
    for (size_t i = 0; i < 3; i++) {
        flashes[i]->size_bytes = 0x100000;
        flashes[i]->erase_size_bytes = 64;
    }
    board->boot.dfu.size_bytes = 2049 * 64;
    board->boot.state = (struct cp_partition){flashes[2], 0, 0x100000};
    board->boot.active.size_bytes = 2047 * 64;
    assert_int_equal(cp_boot_check(&board->boot), CP_OK);
    board->boot.active.size_bytes = 2048 * 64;
    refuses_boot(board, CP_ERR_LAYOUT);
    for (size_t i = 0; i < 3; i++) {
        *flashes[i] = good[i];
    }
}

static uint32_t no_size(uint32_t page_count, uint32_t write_size_bytes) {
    (void)page_count;
    (void)write_size_bytes;
    return 0;
}

static uint32_t uncountable_size(uint32_t page_count, uint32_t write_size_bytes) {
    (void)page_count;
    (void)write_size_bytes;
    return UINT32_MAX;
}

// Flashes of almost 4 GiB in one-byte pages, so that counts reach their limits.
static void test_too_many_pages(void **context) {
    struct ram_board *board = *context;
    struct cp_state_format format = cp_state_format_seed;
    format.size_bytes = no_size;
    board->boot.format = &format;
    struct cp_flash *flashes[] = {&board->active.flash, &board->dfu.flash, &board->state.flash};
    const struct cp_flash good[] = {*flashes[0], *flashes[1], *flashes[2]};
    for (size_t i = 0; i < 3; i++) {
        flashes[i]->size_bytes = UINT32_MAX;
        flashes[i]->erase_size_bytes = 1;
        flashes[i]->write_size_bytes = 1;
    }
    board->boot.buffer_size_bytes = 1;
    board->boot.active = (struct cp_partition){flashes[0], 0, UINT32_MAX / 4};
    board->boot.dfu = (struct cp_partition){flashes[1], 0, UINT32_MAX};
    board->boot.state = (struct cp_partition){flashes[2], 0, UINT32_MAX};
    assert_int_equal(cp_boot_check(&board->boot), CP_OK);
    board->boot.active.size_bytes++; // steps are no longer countable
    assert_int_equal(cp_boot_check(&board->boot), CP_ERR_LAYOUT);
    board->boot.active.size_bytes = 3;
    format.size_bytes = uncountable_size; // even a STATE of that size is refused
    assert_int_equal(cp_boot_check(&board->boot), CP_ERR_LAYOUT);
    for (size_t i = 0; i < 3; i++) {
        *flashes[i] = good[i];
    }
}

static void test_range_fits(void **context) {
    (void)context;
    assert_true(cp_range_fits(0, 0, 0));
    assert_true(cp_range_fits(0, 8, 8));
    assert_true(cp_range_fits(8, 0, 8));
    assert_true(cp_range_fits(0, UINT32_MAX, UINT32_MAX));
    assert_false(cp_range_fits(1, 8, 8));
    assert_false(cp_range_fits(9, 0, 8));
    assert_false(cp_range_fits(UINT32_MAX, 1, UINT32_MAX));
    assert_false(cp_range_fits(UINT32_MAX, 2, 8));
    assert_false(cp_range_fits(2, UINT32_MAX, 8));
}

// The partition functions stop at the partition, not at the flash.
static void test_partition_access(void **context) {
    struct ram_board *board = *context;
    const struct cp_partition *dfu = &board->boot.dfu;
    uint8_t bytes[64] = {0};
    assert_int_equal(cp_partition_read(dfu, dfu->size_bytes - 4, bytes, 8), CP_ERR_BOUNDS);
    assert_int_equal(cp_partition_read(dfu, UINT32_MAX, bytes, 2), CP_ERR_BOUNDS);
    assert_int_equal(cp_partition_program(dfu, dfu->size_bytes, bytes, 4), CP_ERR_BOUNDS);
    assert_int_equal(cp_partition_program(dfu, 2, bytes, 4), CP_ERR_ALIGNMENT);
    assert_int_equal(cp_partition_program(dfu, 4, bytes, 2), CP_ERR_ALIGNMENT);
    assert_int_equal(cp_partition_erase(dfu, dfu->size_bytes, 64), CP_ERR_BOUNDS);
    assert_int_equal(cp_partition_erase(dfu, UINT32_MAX - 63, 64), CP_ERR_BOUNDS);
    assert_int_equal(cp_partition_erase(dfu, 4, 64), CP_ERR_ALIGNMENT);
    assert_int_equal(cp_partition_erase(dfu, 0, 60), CP_ERR_ALIGNMENT);
}

#define LAYOUT_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        LAYOUT_TEST(test_boot_null_pointers),
        LAYOUT_TEST(test_updater_null_pointers),
        LAYOUT_TEST(test_incomplete_format),
        LAYOUT_TEST(test_incomplete_format_with_protocol),
        LAYOUT_TEST(test_flash_functions),
        LAYOUT_TEST(test_flash_sizes),
        LAYOUT_TEST(test_erase_value),
        LAYOUT_TEST(test_partition_alignment),
        LAYOUT_TEST(test_partition_bounds),
        LAYOUT_TEST(test_buffer),
        LAYOUT_TEST(test_overlap),
        LAYOUT_TEST(test_dfu_too_small),
        LAYOUT_TEST(test_active_not_whole_pages),
        LAYOUT_TEST(test_state_too_small_by_one_word),
        LAYOUT_TEST(test_journal_state_too_small_by_one_page),
        LAYOUT_TEST(test_journal_with_too_many_pages),
        LAYOUT_TEST(test_seed_size),
        LAYOUT_TEST(test_too_many_pages),
        LAYOUT_TEST(test_range_fits),
        LAYOUT_TEST(test_partition_access),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

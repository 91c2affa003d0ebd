// test_core_updater.c: what an application may and may not do with the updater.

#include "tests/unit/ram_flash.h"

enum { PAGE_BYTES = 64, PAGE_COUNT = 3, ACTIVE_BYTES = PAGE_BYTES * PAGE_COUNT };

static const struct ram_geometry geometry = {64, 64, 64, 4, 4, 4, 0xFF, PAGE_COUNT, 16};

static int setup(void **context) {
    struct ram_board *board = malloc(sizeof(*board));
    assert_non_null(board);
    ram_board_init(board, &geometry);
    // DFU is full of an earlier image.
    ram_put_image(&board->boot.dfu, RAM_OLD, board->boot.dfu.size_bytes);
    assert_int_equal(ram_state(board), CP_STATE_BOOT);
    *context = board;
    return 0;
}

static int teardown(void **context) {
    ram_board_free(*context);
    free(*context);
    return 0;
}

static int write_piece(struct ram_board *board, uint32_t offset_bytes, uint32_t size_bytes) {
    uint8_t data[ACTIVE_BYTES + PAGE_BYTES];
    assert_true(size_bytes <= sizeof(data));
    for (uint32_t i = 0; i < size_bytes; i++) {
        data[i] = ram_image_byte(RAM_NEW, offset_bytes + i);
    }
    return cp_updater_write(&board->updater, offset_bytes, data, size_bytes);
}

// Erases of page `page` of DFU; the partition begins one page into its flash.
static uint32_t erases(const struct ram_board *board, uint32_t page) {
    return board->dfu.erases_of_page[1 + page];
}

static bool dfu_has(const struct ram_board *board, uint32_t size_bytes) {
    return ram_has_image(&board->boot.dfu, RAM_NEW, size_bytes);
}

// Every chunk size that is whole words, with and without prepare.
static void test_download_in_chunks(void **context) {
    struct ram_board *board = *context;
    for (uint32_t chunk = 4; chunk <= ACTIVE_BYTES; chunk += 4) {
        for (int prepares = 0; prepares < 2; prepares++) {
            ram_put_image(&board->boot.dfu, RAM_OLD, board->boot.dfu.size_bytes);
            memset(board->dfu.erases_of_page, 0, 6 * sizeof(uint32_t));
            ram_state(board);
            if (prepares) {
                assert_int_equal(cp_updater_prepare(&board->updater), CP_OK);
            }
            for (uint32_t at = 0; at < ACTIVE_BYTES; at += chunk) {
                const uint32_t left = ACTIVE_BYTES - at;
                assert_int_equal(write_piece(board, at, left < chunk ? left : chunk), CP_OK);
            }
            assert_true(dfu_has(board, ACTIVE_BYTES));
            for (uint32_t page = 0; page < PAGE_COUNT; page++) {
                assert_int_equal(erases(board, page), 1);
            }
            assert_int_equal(erases(board, PAGE_COUNT), prepares);
        }
    }
}

static void test_prepare_erases_all(void **context) {
    struct ram_board *board = *context;
    assert_int_equal(cp_updater_prepare(&board->updater), CP_OK);
    for (uint32_t i = 0; i < board->boot.dfu.size_bytes; i++) {
        assert_int_equal(board->dfu.bytes[board->boot.dfu.offset_bytes + i], 0xFF);
    }
}

static void test_short_image_erases_no_more(void **context) {
    struct ram_board *board = *context;
    assert_int_equal(write_piece(board, 0, PAGE_BYTES + 4), CP_OK);
    assert_int_equal(erases(board, 0), 1);
    assert_int_equal(erases(board, 1), 1);
    assert_int_equal(erases(board, 2), 0);
}

// Upstream skipped the erase when a retry began in the page erased last.
static void test_start_again_in_same_page(void **context) {
    struct ram_board *board = *context;
    assert_int_equal(write_piece(board, 0, 12), CP_OK);
    assert_int_equal(write_piece(board, 0, 12), CP_OK);
    assert_int_equal(erases(board, 0), 2);
    assert_int_equal(write_piece(board, 12, PAGE_BYTES - 12), CP_OK);
    assert_int_equal(write_piece(board, 0, PAGE_BYTES), CP_OK);
    assert_int_equal(erases(board, 0), 3);
    assert_true(dfu_has(board, PAGE_BYTES));
}

static void test_start_again_after_prepare(void **context) {
    struct ram_board *board = *context;
    assert_int_equal(cp_updater_prepare(&board->updater), CP_OK);
    assert_int_equal(write_piece(board, 0, PAGE_BYTES + 8), CP_OK);
    assert_int_equal(erases(board, 0), 1);
    assert_int_equal(write_piece(board, PAGE_BYTES, 2 * PAGE_BYTES), CP_OK);
    assert_int_equal(erases(board, 1), 2);
    assert_true(dfu_has(board, ACTIVE_BYTES));
}

static void test_pages_in_any_order(void **context) {
    struct ram_board *board = *context;
    assert_int_equal(write_piece(board, 2 * PAGE_BYTES, PAGE_BYTES), CP_OK);
    assert_int_equal(write_piece(board, 0, PAGE_BYTES), CP_OK);
    assert_int_equal(write_piece(board, PAGE_BYTES, PAGE_BYTES), CP_OK);
    assert_true(dfu_has(board, ACTIVE_BYTES));
}

// A page skipped forwards is still erased after prepare.
static void test_skip_after_prepare(void **context) {
    struct ram_board *board = *context;
    assert_int_equal(cp_updater_prepare(&board->updater), CP_OK);
    assert_int_equal(write_piece(board, 0, 8), CP_OK);
    assert_int_equal(write_piece(board, 2 * PAGE_BYTES, 8), CP_OK);
    assert_int_equal(erases(board, 2), 1);
    assert_int_equal(write_piece(board, 2 * PAGE_BYTES + 8, 8), CP_OK);
}

static void test_write_refusals(void **context) {
    struct ram_board *board = *context;
    assert_int_equal(write_piece(board, 0, 12), CP_OK);
    const uint32_t op_count = board->power.op_count;
    assert_int_equal(write_piece(board, 16, 4), CP_ERR_ALIGNMENT); // a gap
    assert_int_equal(write_piece(board, 8, 4), CP_ERR_ALIGNMENT);  // back inside a page
    assert_int_equal(write_piece(board, 12, 2), CP_ERR_ALIGNMENT);
    assert_int_equal(write_piece(board, 14, 4), CP_ERR_ALIGNMENT);
    assert_int_equal(write_piece(board, ACTIVE_BYTES, 4), CP_ERR_BOUNDS); // the spare page
    assert_int_equal(write_piece(board, 0, ACTIVE_BYTES + 4), CP_ERR_BOUNDS);
    assert_int_equal(write_piece(board, UINT32_MAX - 3, 8), CP_ERR_BOUNDS);
    assert_int_equal(cp_updater_write(&board->updater, 12, NULL, 4), CP_ERR_ARGUMENT);
    assert_int_equal(board->power.op_count, op_count);
    assert_int_equal(write_piece(board, 12, 4), CP_OK); // none of this broke the sequence
    assert_true(dfu_has(board, 16));
}

static void test_empty_write(void **context) {
    struct ram_board *board = *context;
    assert_int_equal(cp_updater_write(&board->updater, 0, NULL, 0), CP_OK);
    assert_int_equal(board->power.op_count, 0);
    assert_int_equal(write_piece(board, 0, 12), CP_OK);
    assert_int_equal(write_piece(board, PAGE_BYTES, 0), CP_OK);
    assert_int_equal(write_piece(board, 12, 4), CP_OK);
}

// Nothing is known of DFU when the application has just started.
static void test_no_continuation_after_init(void **context) {
    struct ram_board *board = *context;
    assert_int_equal(write_piece(board, 0, 12), CP_OK);
    ram_state(board);
    assert_int_equal(write_piece(board, 12, 4), CP_ERR_ALIGNMENT);
    assert_int_equal(write_piece(board, 0, 16), CP_OK);
    assert_int_equal(erases(board, 0), 2);
}

static void test_no_continuation_after_failure(void **context) {
    struct ram_board *board = *context;
    board->power.cut_at_op = 3; // erase, program, erase, program
    assert_int_equal(write_piece(board, 0, PAGE_BYTES + 8), CP_ERR_FLASH);
    ram_power_on(&board->power);
    assert_int_equal(write_piece(board, PAGE_BYTES + 8, 4), CP_ERR_ALIGNMENT);
    assert_int_equal(write_piece(board, PAGE_BYTES, PAGE_BYTES), CP_OK);
    assert_int_equal(erases(board, 1), 2);
    assert_true(dfu_has(board, 2 * PAGE_BYTES));
}

static void test_prepare_fails(void **context) {
    struct ram_board *board = *context;
    board->power.cut_at_op = 2;
    assert_int_equal(cp_updater_prepare(&board->updater), CP_ERR_FLASH);
    ram_power_on(&board->power);
    assert_int_equal(write_piece(board, 0, ACTIVE_BYTES), CP_OK); // erases for itself
    assert_true(dfu_has(board, ACTIVE_BYTES));
}

// During a trial, and from the request on, DFU and the state are out of reach.
static void test_guards(void **context) {
    struct ram_board *board = *context;
    assert_int_equal(cp_updater_request(&board->updater), CP_OK);
    for (int boots = 0; boots < 2; boots++) {
        assert_int_equal(ram_state(board), CP_STATE_SWAP);
        assert_int_equal(cp_updater_prepare(&board->updater), CP_ERR_STATE);
        assert_int_equal(write_piece(board, 0, 4), CP_ERR_STATE);
        assert_int_equal(cp_updater_request(&board->updater), CP_ERR_STATE);
        assert_int_equal(cp_updater_detach(&board->updater), CP_ERR_STATE);
        assert_int_equal(board->power.op_count, 0);
        if (boots == 0) {
            assert_int_equal(ram_boot_ok(board), CP_STATE_SWAP);
        }
    }
    assert_int_equal(cp_updater_confirm(&board->updater), CP_OK);
    assert_int_equal(cp_updater_prepare(&board->updater), CP_OK);
    assert_int_equal(write_piece(board, 0, 4), CP_OK);
    assert_int_equal(cp_updater_detach(&board->updater), CP_OK);
    assert_int_equal(ram_state(board), CP_STATE_DETACH);
    assert_int_equal(write_piece(board, 0, 4), CP_OK); // the host of the DFU mode writes
    assert_int_equal(cp_updater_request(&board->updater), CP_OK);
}

static void test_confirm_is_idempotent(void **context) {
    struct ram_board *board = *context;
    assert_int_equal(cp_updater_confirm(&board->updater), CP_OK); // STATE was blank
    const uint32_t op_count = board->power.op_count;
    assert_int_equal(cp_updater_confirm(&board->updater), CP_OK);
    assert_int_equal(board->power.op_count, op_count);
    assert_int_equal(ram_state(board), CP_STATE_BOOT);
}

static void test_read_back(void **context) {
    struct ram_board *board = *context;
    uint8_t data[8] = {0};
    assert_int_equal(cp_updater_read(&board->updater, 61, data, 7), CP_OK);
    for (uint32_t i = 0; i < 7; i++) {
        assert_int_equal(data[i], ram_image_byte(RAM_OLD, 61 + i));
    }
    const uint32_t dfu_bytes = board->boot.dfu.size_bytes;
    assert_int_equal(cp_updater_read(&board->updater, dfu_bytes - 4, data, 4), CP_OK);
    assert_int_equal(cp_updater_read(&board->updater, dfu_bytes - 4, data, 5), CP_ERR_BOUNDS);
    assert_int_equal(cp_updater_read(&board->updater, UINT32_MAX, data, 2), CP_ERR_BOUNDS);
}

struct hashed {
    uint32_t size_bytes;
    uint32_t largest_bytes;
    bool is_old_image;
};

static void feed(void *context, const uint8_t *data, uint32_t size_bytes) {
    struct hashed *hashed = context;
    for (uint32_t i = 0; i < size_bytes; i++) {
        hashed->is_old_image &= data[i] == ram_image_byte(RAM_OLD, hashed->size_bytes + i);
    }
    hashed->size_bytes += size_bytes;
    if (size_bytes > hashed->largest_bytes) {
        hashed->largest_bytes = size_bytes;
    }
}

static void test_hash(void **context) {
    struct ram_board *board = *context;
    for (uint32_t size_bytes = 0; size_bytes <= ACTIVE_BYTES; size_bytes++) {
        struct hashed hashed = {0, 0, true};
        assert_int_equal(cp_updater_hash(&board->updater, size_bytes, feed, &hashed), CP_OK);
        assert_int_equal(hashed.size_bytes, size_bytes);
        assert_true(hashed.is_old_image);
        assert_true(hashed.largest_bytes <= board->app.buffer_size_bytes);
    }
    struct hashed hashed = {0, 0, true};
    assert_int_equal(cp_updater_hash(&board->updater, ACTIVE_BYTES + 1, feed, &hashed),
                     CP_ERR_BOUNDS);
    assert_int_equal(cp_updater_hash(&board->updater, UINT32_MAX, feed, &hashed), CP_ERR_BOUNDS);
    assert_int_equal(hashed.size_bytes, 0);
}

// --- every operation of every call fails once, and the call says so ---

typedef int (*call)(struct ram_board *board);

static int call_get_state(struct ram_board *board) {
    enum cp_state state = CP_STATE_BOOT;
    return cp_updater_get_state(&board->updater, &state);
}

static int call_prepare(struct ram_board *board) {
    return cp_updater_prepare(&board->updater);
}

static int call_write(struct ram_board *board) {
    return write_piece(board, 0, ACTIVE_BYTES);
}

static int call_request(struct ram_board *board) {
    return cp_updater_request(&board->updater);
}

static int call_confirm(struct ram_board *board) {
    return cp_updater_confirm(&board->updater);
}

static int call_detach(struct ram_board *board) {
    return cp_updater_detach(&board->updater);
}

static int call_read(struct ram_board *board) {
    uint8_t data[4];
    return cp_updater_read(&board->updater, 0, data, 4);
}

static int call_hash(struct ram_board *board) {
    struct hashed hashed = {0, 0, true};
    return cp_updater_hash(&board->updater, ACTIVE_BYTES, feed, &hashed);
}

static const call calls[] = {call_get_state, call_prepare, call_write, call_request,
                             call_confirm,   call_detach,  call_read,  call_hash};

// How many operations, or reads, the call makes; each of them is failed.
static uint32_t fail_each(call function, bool reads) {
    for (uint32_t at = 0;; at++) {
        struct ram_board board;
        ram_board_init(&board, &geometry);
        ram_state(&board);
        ram_power_on(&board.power);
        *(reads ? &board.power.fail_at_read : &board.power.cut_at_op) = at;
        const int err = function(&board);
        const uint32_t count = reads ? board.power.read_count : board.power.op_count;
        ram_board_free(&board);
        if (count <= at) {
            assert_int_equal(err, CP_OK);
            return count;
        }
        assert_int_equal(err, CP_ERR_FLASH);
    }
}

static void test_errors_are_passed_on(void **context) {
    (void)context;
    const uint32_t op_counts[] = {0, PAGE_COUNT + 1, 2 * PAGE_COUNT, 3, 3, 3, 0, 0};
    const uint32_t read_counts[] = {1, 1, 1, 3, 2, 3, 1, ACTIVE_BYTES / 16};
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        assert_int_equal(fail_each(calls[i], false), op_counts[i]);
        assert_int_equal(fail_each(calls[i], true), read_counts[i]);
    }
}

#define UPDATER_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        UPDATER_TEST(test_download_in_chunks),
        UPDATER_TEST(test_prepare_erases_all),
        UPDATER_TEST(test_short_image_erases_no_more),
        UPDATER_TEST(test_start_again_in_same_page),
        UPDATER_TEST(test_start_again_after_prepare),
        UPDATER_TEST(test_pages_in_any_order),
        UPDATER_TEST(test_skip_after_prepare),
        UPDATER_TEST(test_write_refusals),
        UPDATER_TEST(test_empty_write),
        UPDATER_TEST(test_no_continuation_after_init),
        UPDATER_TEST(test_no_continuation_after_failure),
        UPDATER_TEST(test_prepare_fails),
        UPDATER_TEST(test_guards),
        UPDATER_TEST(test_confirm_is_idempotent),
        UPDATER_TEST(test_read_back),
        UPDATER_TEST(test_hash),
        cmocka_unit_test(test_errors_are_passed_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

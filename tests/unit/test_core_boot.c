// test_core_boot.c: the swap, its resumption, the trial and the revert.
//
// Every test runs on every geometry of ram_flash.h. The cuts here are whole
// operations, or data operations done by half; what torn state words do to the
// seed format is a matter of the prover's scenarios.

#include "tests/unit/ram_flash.h"

static void for_each_geometry(void (*test)(const struct ram_geometry *geometry)) {
    for (size_t i = 0; i < RAM_GEOMETRY_COUNT; i++) {
        test(&ram_geometries[i]);
    }
}

static void check_swap(const struct ram_geometry *geometry) {
    struct ram_board board;
    ram_board_requested(&board, geometry);
    assert_int_equal(ram_boot_ok(&board), CP_STATE_SWAP);
    assert_true(ram_active_is(&board, RAM_NEW));
    assert_int_equal(ram_state(&board), CP_STATE_SWAP);

    // The old image lies one page unit up in DFU.
    struct cp_partition backup = board.boot.dfu;
    backup.offset_bytes += ram_unit_bytes(geometry);
    assert_true(ram_has_image(&backup, RAM_OLD, board.boot.active.size_bytes));
    ram_board_free(&board);
}

static void check_revert(const struct ram_geometry *geometry) {
    struct ram_board board;
    ram_board_on_trial(&board, geometry);
    assert_int_equal(ram_boot_ok(&board), CP_STATE_SWAP);
    assert_true(ram_active_is(&board, RAM_OLD));
    assert_int_equal(ram_state(&board), CP_STATE_REVERT);
    assert_true(ram_has_image(&board.boot.dfu, RAM_NEW, board.boot.active.size_bytes));

    // It stays that way, without another write.
    assert_int_equal(ram_boot_ok(&board), CP_STATE_REVERT);
    assert_int_equal(board.power.op_count, 0);
    ram_board_free(&board);
}

static void check_confirm(const struct ram_geometry *geometry) {
    struct ram_board board;
    ram_board_on_trial(&board, geometry);
    assert_int_equal(ram_state(&board), CP_STATE_SWAP);
    assert_int_equal(cp_updater_confirm(&board.updater), CP_OK);
    assert_int_equal(ram_state(&board), CP_STATE_BOOT);
    assert_int_equal(ram_boot_ok(&board), CP_STATE_BOOT);
    assert_int_equal(board.power.op_count, 0);
    assert_true(ram_active_is(&board, RAM_NEW));
    ram_board_free(&board);
}

static void check_second_update(const struct ram_geometry *geometry) {
    struct ram_board board;
    ram_board_on_trial(&board, geometry);
    ram_boot_ok(&board); // reverts
    ram_state(&board);
    assert_int_equal(cp_updater_request(&board.updater), CP_OK);
    assert_int_equal(ram_boot_ok(&board), CP_STATE_SWAP);
    assert_true(ram_active_is(&board, RAM_NEW));
    ram_board_free(&board);
}

static void check_nothing_pending(const struct ram_geometry *geometry) {
    struct ram_board board;
    ram_board_init(&board, geometry);
    ram_put_image(&board.boot.active, RAM_OLD, board.boot.active.size_bytes);
    assert_int_equal(ram_boot_ok(&board), CP_STATE_BOOT);
    assert_int_equal(board.power.op_count, 0);
    assert_true(ram_active_is(&board, RAM_OLD));
    ram_board_free(&board);
}

static void check_detach(const struct ram_geometry *geometry) {
    struct ram_board board;
    ram_board_init(&board, geometry);
    ram_state(&board);
    assert_int_equal(cp_updater_detach(&board.updater), CP_OK);
    assert_int_equal(ram_boot_ok(&board), CP_STATE_DETACH);
    assert_int_equal(board.power.op_count, 0);
    ram_board_free(&board);
}

// No page is erased more often than the header promises: the download is not
// part of this life, so one less.
static void check_wear(const struct ram_geometry *geometry) {
    struct ram_board board;
    ram_board_on_trial(&board, geometry);
    ram_boot_ok(&board); // reverts
    const struct ram_flash *flashes[] = {&board.active, &board.dfu};
    for (size_t i = 0; i < 2; i++) {
        const struct cp_flash *flash = &flashes[i]->flash;
        for (uint32_t page = 0; page < flash->size_bytes / flash->erase_size_bytes; page++) {
            assert_true(flashes[i]->erases_of_page[page] <= CP_BOOT_ERASES_PER_UPDATE_MAX - 1);
        }
    }
    ram_board_free(&board);
}

// Reads grow with the pages and not with their square: word 0, word 1, each
// progress word once (those of the revert before their step, the first one twice),
// and each chunk once.
static void check_linear_reads(const struct ram_geometry *geometry) {
    struct ram_board board;
    ram_board_on_trial(&board, geometry);
    ram_boot_ok(&board); // reverts
    const uint32_t chunk_count = ram_unit_bytes(geometry) / board.boot.buffer_size_bytes;
    const uint32_t step_count = 2 * geometry->unit_count;
    assert_int_equal(board.power.read_count, 3 + 2 * step_count + step_count * chunk_count);
    ram_board_free(&board);
}

// --- power cuts ---

static uint32_t ops_per_step(const struct ram_board *board, const struct ram_geometry *geometry,
                             bool is_to_dfu) {
    const uint32_t unit_bytes = ram_unit_bytes(geometry);
    const uint32_t erase_bytes =
        is_to_dfu ? geometry->dfu_erase_bytes : geometry->active_erase_bytes;
    return unit_bytes / erase_bytes + unit_bytes / board->boot.buffer_size_bytes + 1;
}

// Operations of a whole swap, and of a revert until it has copied everything.
static uint32_t copy_ops(const struct ram_board *board, const struct ram_geometry *geometry) {
    return geometry->unit_count *
           (ops_per_step(board, geometry, true) + ops_per_step(board, geometry, false));
}

// Boot with the power failing at an operation; true if it came to that.
static bool boot_until_cut(struct ram_board *board, uint32_t cut_at_op, bool tears) {
    enum cp_state state = CP_STATE_BOOT;
    ram_power_on(&board->power);
    board->power.cut_at_op = cut_at_op;
    board->power.tears = tears;
    int err = ram_boot(board, &state);
    assert_int_equal(err, board->power.is_off ? CP_ERR_FLASH : CP_OK);
    return board->power.is_off;
}

static void sweep_swap(const struct ram_geometry *geometry, bool tears) {
    struct ram_board board;
    bool was_cut = true;
    uint32_t cut_at_op = 0;
    for (; was_cut; cut_at_op++) {
        ram_board_requested(&board, geometry);
        was_cut = boot_until_cut(&board, cut_at_op, tears);
        if (was_cut) {
            assert_int_equal(ram_boot_ok(&board), CP_STATE_SWAP);
        }
        assert_true(ram_active_is(&board, RAM_NEW));
        assert_int_equal(ram_state(&board), CP_STATE_SWAP);
        // and there is a way back
        ram_boot_ok(&board);
        assert_true(ram_active_is(&board, RAM_OLD));
        ram_board_free(&board);
    }
    ram_board_init(&board, geometry);
    assert_int_equal(cut_at_op - 1, copy_ops(&board, geometry));
    ram_board_free(&board);
}

static void check_swap_cut_anywhere(const struct ram_geometry *geometry) {
    sweep_swap(geometry, false);
    sweep_swap(geometry, true);
}

static void check_revert_cut_anywhere(const struct ram_geometry *geometry, uint32_t cut_at_op,
                                      bool tears) {
    struct ram_board board;
    ram_board_on_trial(&board, geometry);
    assert_true(boot_until_cut(&board, cut_at_op, tears));
    ram_boot_ok(&board);
    assert_true(ram_active_is(&board, RAM_OLD));
    assert_int_equal(ram_state(&board), CP_STATE_REVERT);
    ram_board_free(&board);
}

static void sweep_revert(const struct ram_geometry *geometry) {
    struct ram_board board;
    ram_board_init(&board, geometry);
    const uint32_t op_count = copy_ops(&board, geometry);
    ram_board_free(&board);
    for (uint32_t cut_at_op = 0; cut_at_op < op_count; cut_at_op++) {
        check_revert_cut_anywhere(geometry, cut_at_op, false);
        check_revert_cut_anywhere(geometry, cut_at_op, true);
    }
}

// Two cuts: each may fall anywhere in its boot.
static void check_swap_cut_twice(const struct ram_geometry *geometry) {
    struct ram_board board;
    bool was_cut = true;
    for (uint32_t first = 0; was_cut; first++) {
        bool was_cut_again = true;
        for (uint32_t second = 0; was_cut && was_cut_again; second++) {
            ram_board_requested(&board, geometry);
            was_cut = boot_until_cut(&board, first, true);
            was_cut_again = was_cut && boot_until_cut(&board, second, true);
            if (was_cut_again) {
                ram_boot_ok(&board);
            }
            assert_true(ram_active_is(&board, RAM_NEW));
            assert_int_equal(ram_state(&board), CP_STATE_SWAP);
            ram_board_free(&board);
        }
    }
}

static void test_swap_cut_twice(void **context) {
    (void)context;
    check_swap_cut_twice(&ram_geometries[1]);
    check_swap_cut_twice(&ram_geometries[4]);
    check_swap_cut_twice(&ram_geometries[5]);
}

// Cut between whole operations, the end of a revert leaves OLD in every case.
// Between its erase and its last write it also loses the news (hole H4).
static void check_finish_revert_cut(const struct ram_geometry *geometry) {
    struct ram_board board;
    bool was_cut = true;
    ram_board_init(&board, geometry);
    uint32_t cut_at_op = copy_ops(&board, geometry);
    ram_board_free(&board);
    for (; was_cut; cut_at_op++) {
        ram_board_on_trial(&board, geometry);
        was_cut = boot_until_cut(&board, cut_at_op, false);
        ram_boot_ok(&board);
        assert_true(ram_active_is(&board, RAM_OLD));
        const enum cp_state state = ram_state(&board);
        assert_true(state == CP_STATE_REVERT || state == CP_STATE_BOOT);
        ram_board_free(&board);
    }
}

// --- holes of the published format, kept on purpose ---

// H1: confirm is cut after it declared the progress invalid. NEW stays, but the
// next boot takes it for a finished revert and says so.
static void check_hole_confirm_cut(const struct ram_geometry *geometry) {
    struct ram_board board;
    ram_board_on_trial(&board, geometry);
    ram_state(&board);
    board.power.cut_at_op = 1;
    assert_int_equal(cp_updater_confirm(&board.updater), CP_ERR_FLASH);
    ram_boot_ok(&board);
    assert_true(ram_active_is(&board, RAM_NEW));
    assert_int_equal(ram_state(&board), CP_STATE_REVERT);
    ram_board_free(&board);
}

// H2: on a flash whose words take one program only, the same cut is for ever:
// each boot programs word 1 again, and fails.
static void check_hole_write_once(const struct ram_geometry *geometry) {
    struct ram_board board;
    ram_board_on_trial(&board, geometry);
    ram_state(&board);
    board.state.write_once = true;
    board.power.cut_at_op = 1;
    assert_int_equal(cp_updater_confirm(&board.updater), CP_ERR_FLASH);
    for (int boots = 0; boots < 3; boots++) {
        enum cp_state state = CP_STATE_BOOT;
        ram_power_on(&board.power);
        assert_int_equal(ram_boot(&board, &state), CP_ERR_FLASH);
    }
    ram_board_free(&board);
}

// H3: a cut after the swap, before NEW has run at all, counts as a failed trial.
static void check_hole_no_trial(const struct ram_geometry *geometry) {
    struct ram_board board;
    ram_board_requested(&board, geometry);
    ram_boot_ok(&board);
    ram_boot_ok(&board);
    assert_true(ram_active_is(&board, RAM_OLD));
    ram_board_free(&board);
}

// --- errors ---

static void check_read_errors(const struct ram_geometry *geometry) {
    struct ram_board board;
    ram_board_requested(&board, geometry);
    for (uint32_t read = 0;; read++) {
        enum cp_state state = CP_STATE_BOOT;
        ram_power_on(&board.power);
        board.power.fail_at_read = read;
        int err = ram_boot(&board, &state);
        if (board.power.read_count <= read) {
            assert_int_equal(err, CP_OK);
            break;
        }
        assert_int_equal(err, CP_ERR_FLASH);
        // Start over, so that the swap has all of its reads each time.
        ram_board_free(&board);
        ram_board_requested(&board, geometry);
    }
    assert_true(ram_active_is(&board, RAM_NEW));
    ram_board_free(&board);
}

static void test_null_arguments(void **context) {
    (void)context;
    struct ram_board board;
    enum cp_state state = CP_STATE_BOOT;
    ram_board_init(&board, &ram_geometries[0]);
    assert_int_equal(cp_boot_prepare(NULL, &state), CP_ERR_ARGUMENT);
    assert_int_equal(cp_boot_prepare(&board.boot, NULL), CP_ERR_ARGUMENT);
    ram_board_free(&board);
}

static void test_page_size(void **context) {
    (void)context;
    for (size_t i = 0; i < RAM_GEOMETRY_COUNT; i++) {
        struct ram_board board;
        ram_board_init(&board, &ram_geometries[i]);
        assert_int_equal(cp_boot_page_size_bytes(&board.boot), ram_unit_bytes(&ram_geometries[i]));
        assert_int_equal(cp_boot_check(&board.boot), CP_OK);
        ram_board_free(&board);
    }
}

#define ON_EACH_GEOMETRY(name)                                                                     \
    static void test_##name(void **context) {                                                      \
        (void)context;                                                                             \
        for_each_geometry(check_##name);                                                           \
    }

static void check_revert_cuts(const struct ram_geometry *geometry) {
    sweep_revert(geometry);
}

ON_EACH_GEOMETRY(swap)
ON_EACH_GEOMETRY(revert)
ON_EACH_GEOMETRY(confirm)
ON_EACH_GEOMETRY(second_update)
ON_EACH_GEOMETRY(nothing_pending)
ON_EACH_GEOMETRY(detach)
ON_EACH_GEOMETRY(wear)
ON_EACH_GEOMETRY(linear_reads)
ON_EACH_GEOMETRY(swap_cut_anywhere)
ON_EACH_GEOMETRY(revert_cuts)
ON_EACH_GEOMETRY(finish_revert_cut)
ON_EACH_GEOMETRY(hole_confirm_cut)
ON_EACH_GEOMETRY(hole_write_once)
ON_EACH_GEOMETRY(hole_no_trial)
ON_EACH_GEOMETRY(read_errors)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_swap),
        cmocka_unit_test(test_revert),
        cmocka_unit_test(test_confirm),
        cmocka_unit_test(test_second_update),
        cmocka_unit_test(test_nothing_pending),
        cmocka_unit_test(test_detach),
        cmocka_unit_test(test_wear),
        cmocka_unit_test(test_linear_reads),
        cmocka_unit_test(test_swap_cut_anywhere),
        cmocka_unit_test(test_swap_cut_twice),
        cmocka_unit_test(test_revert_cuts),
        cmocka_unit_test(test_finish_revert_cut),
        cmocka_unit_test(test_hole_confirm_cut),
        cmocka_unit_test(test_hole_write_once),
        cmocka_unit_test(test_hole_no_trial),
        cmocka_unit_test(test_read_errors),
        cmocka_unit_test(test_null_arguments),
        cmocka_unit_test(test_page_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

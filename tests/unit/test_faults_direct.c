// test_faults_direct.c: applications in two slots: which may be started, what each may write,
// and that an image counts only where it is linked to run.

#include "case_fixture.h"

#include "small_program.h"

static uint32_t started_area; // what the next boot starts

static void starts(const struct cp_program_board *board) {
    (void)board;
    cp_end_jump_to((enum cp_area)started_area);
}

// Three pages each for slot A and slot B, the old image in A and the new one in B.
static struct cp_case slots_case(void) {
    struct cp_case made = fixture_case(64, CP_FIRMWARE_GOOD);
    snprintf(made.format, sizeof(made.format), "journal");
    made.is_direct = made.tells_reset_cause = true;
    made.images[OLD_IMAGE].slot = CP_AREA_ACTIVE;
    made.images[NEW_IMAGE].slot = CP_AREA_DFU;
    made.images[NEW_IMAGE].next = OLD_IMAGE;
    made.promises = BIT(CP_PROMISE_BOOTABLE) | BIT(CP_PROMISE_LEGAL_FLASH_USE);
    made.faults.cut = false;
    return made;
}

typedef void (*application)(const struct cp_program_board *board, uint8_t image);

// By both engines in the same way.
static bool is_broken(const struct cp_case *test_case, enum cp_promise promise, application run) {
    const struct cp_program small = made_of(starts, run);
    struct reached fast = fixture_explore_by(CP_ENGINE_FAST, test_case, &small);
    struct reached slow = fixture_explore_by(CP_ENGINE_SLOW, test_case, &small);
    const bool is_so = fast.result.promises[promise].violated > 0;
    assert_int_equal(slow.result.promises[promise].violated > 0, is_so);
    reached_free(&fast);
    reached_free(&slow);
    return is_so;
}

static void test_an_image_counts_in_its_slot(void **state) {
    (void)state;
    struct cp_case made = slots_case();
    made.dfu_image = OLD_IMAGE; // linked for slot A, and in both
    started_area = CP_AREA_ACTIVE;
    assert_false(is_broken(&made, CP_PROMISE_BOOTABLE, idle));
    started_area = CP_AREA_DFU;
    assert_true(is_broken(&made, CP_PROMISE_BOOTABLE, idle));
    made.images[OLD_IMAGE].slot = CP_AREA_DFU;
    assert_false(is_broken(&made, CP_PROMISE_BOOTABLE, idle));
    made.dfu_image = CP_IMAGE_NONE; // nothing is there
    assert_true(is_broken(&made, CP_PROMISE_BOOTABLE, idle));
}

static void test_what_may_be_started(void **state) {
    (void)state;
    struct cp_case made = slots_case();
    for (uint32_t area = 0; area <= CP_AREA_COUNT; area++) {
        started_area = area;
        made.dfu_image = OLD_IMAGE;
        made.images[OLD_IMAGE].slot = area == CP_AREA_DFU ? CP_AREA_DFU : CP_AREA_ACTIVE;
        const bool is_slot = area == CP_AREA_ACTIVE || area == CP_AREA_DFU;
        assert_int_equal(is_broken(&made, CP_PROMISE_BOOTABLE, idle), !is_slot);
    }
    made.is_direct = false;
    started_area = CP_AREA_DFU;
    assert_true(is_broken(&made, CP_PROMISE_BOOTABLE, idle));
}

static void erases_active(const struct cp_program_board *board, uint8_t image) {
    (void)image;
    erase(board, CP_AREA_ACTIVE, 0);
    cp_end_idle();
}

static void erases_dfu(const struct cp_program_board *board, uint8_t image) {
    (void)image;
    erase(board, CP_AREA_DFU, 0);
    cp_end_idle();
}

static void test_an_application_leaves_its_slot_alone(void **state) {
    (void)state;
    struct cp_case made = slots_case();
    made.images[OLD_IMAGE].slot = CP_AREA_ACTIVE;
    started_area = CP_AREA_ACTIVE;
    assert_true(is_broken(&made, CP_PROMISE_LEGAL_FLASH_USE, erases_active));
    assert_false(is_broken(&made, CP_PROMISE_LEGAL_FLASH_USE, erases_dfu));
    made.dfu_image = OLD_IMAGE;
    made.images[OLD_IMAGE].slot = CP_AREA_DFU;
    started_area = CP_AREA_DFU;
    assert_false(is_broken(&made, CP_PROMISE_LEGAL_FLASH_USE, erases_active));
    assert_true(is_broken(&made, CP_PROMISE_LEGAL_FLASH_USE, erases_dfu));
}

// It leaves in STATE where it was told to run.
static void tells_area(const struct cp_program_board *board, uint8_t image) {
    (void)image;
    const uint32_t offset_bytes = 4 * (uint32_t)cp_running_area();
    if (mmio_read32(board->areas[CP_AREA_STATE].offset_bytes + offset_bytes) != 0) {
        program(board, CP_AREA_STATE, offset_bytes, 0);
        cp_end_reset();
    }
    cp_end_idle();
}

// What is the same but for the slot is not taken for the same: each boot starts the slot that
// STATE has not seen yet.
static void starts_both(const struct cp_program_board *board) {
    const uint32_t state_bytes = board->areas[CP_AREA_STATE].offset_bytes;
    cp_end_jump_to(mmio_read32(state_bytes + 4 * CP_AREA_ACTIVE) != 0 ? CP_AREA_ACTIVE
                                                                      : CP_AREA_DFU);
}

static void test_an_application_is_told_where_it_runs(void **state) {
    (void)state;
    struct cp_case made = slots_case();
    const struct cp_program small = made_of(starts_both, tells_area);
    struct reached reached = fixture_explore(&made, &small);
    assert_int_equal(reached.hash_count, 3); // as delivered, and after either
    assert_int_equal(reached.result.operations, 2);
    reached_free(&reached);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_image_counts_in_its_slot),
        cmocka_unit_test(test_what_may_be_started),
        cmocka_unit_test(test_an_application_leaves_its_slot_alone),
        cmocka_unit_test(test_an_application_is_told_where_it_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

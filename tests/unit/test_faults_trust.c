// test_faults_trust.c: signatures, security counters, the image of last resort and operations
// that fail: what the core makes of them, and what a bootloader that checks nothing.

#include "case_fixture.h"

#include "small_program.h"

#include "faults/setup.h"
#include "faults/signed_image.h"

#define PAGE_BYTES 128u

static struct cp_case journal_case(void) {
    struct cp_case made = fixture_case(PAGE_BYTES, CP_FIRMWARE_GOOD);
    fixture_area(&made, CP_AREA_STATE, 1, 2);
    fixture_area(&made, CP_AREA_ACTIVE, 3, 1);
    fixture_area(&made, CP_AREA_DFU, 4, 2);
    made.images[OLD_IMAGE].size_bytes = made.images[NEW_IMAGE].size_bytes = PAGE_BYTES;
    snprintf(made.format, sizeof(made.format), "journal");
    made.tells_reset_cause = true;
    made.trial_attempts = 1;
    made.erases_per_update_max = 4;
    made.factory_image = CP_IMAGE_NONE;
    made.devices[0].programs_per_word = 255; // it is not about the part
    made.bounds.cuts_max = 1;
    return made;
}

static struct cp_case signed_case(enum cp_signature signature) {
    struct cp_case made = journal_case();
    made.is_signed = true;
    made.images[NEW_IMAGE].signature = signature;
    return made;
}

// --- the images

static const enum cp_signature signatures[] = {CP_SIGNATURE_VALID, CP_SIGNATURE_MISSING,
                                               CP_SIGNATURE_FOREIGN_KEY, CP_SIGNATURE_BIT_FLIPPED,
                                               CP_SIGNATURE_CUT_OFF};

// With the key of the board only the one image is good; the others differ in what is wrong.
static void test_images_are_signed(void **state) {
    (void)state;
    for (int i = 0; i < CP_SIGNATURE_COUNT; i++) {
        struct cp_case test_case = signed_case(signatures[i]);
        test_case.images[NEW_IMAGE].security_counter = 77;
        uint8_t *images[CP_IMAGES_MAX];
        char error[CP_MESSAGE_MAX];
        assert_int_equal(cp_setup_images(&test_case, images), 0);
        struct cp_machine *machine = cp_setup_machine(&test_case, &cp_program, images, error);
        assert_non_null(machine);
        struct cp_manifest manifest;
        const int err = cp_signed_image_check(images[NEW_IMAGE], PAGE_BYTES,
                                              machine->config.board.public_key, &manifest);
        assert_int_equal(err == 0, i == CP_SIGNATURE_VALID);
        assert_int_equal(manifest.security_counter, i == CP_SIGNATURE_MISSING ? 0 : 77);
        cp_machine_destroy(machine);
        cp_setup_free_images(images);
    }
}

// --- what the core makes of them

static bool is_started(const struct reached *reached, uint8_t image) {
    for (size_t i = 0; i < reached->row_count; i++) {
        if (reached->rows[i].outcome == CP_OUTCOME_STARTED &&
            reached->rows[i].final_image == image) {
            return true;
        }
    }
    return false;
}

// Nothing breaks. Is the new image started?
static bool core_starts_new(struct cp_case test_case) {
    struct reached reached = fixture_explore(&test_case, &cp_program);
    for (uint32_t i = 0; i < reached.result.violation_count; i++) {
        print_error("%s: %s\n", cp_promise_name(reached.result.violations[i].promise),
                    reached.result.violations[i].message);
    }
    assert_int_equal(reached.result.violation_count, 0);
    assert_true(reached.result.promises[CP_PROMISE_AUTHENTIC].exercised > 0);
    assert_true(is_started(&reached, OLD_IMAGE));
    bool starts_new = is_started(&reached, NEW_IMAGE);
    reached_free(&reached);
    return starts_new;
}

static void test_core_refuses_forged_images(void **state) {
    (void)state;
    for (int i = 0; i < CP_SIGNATURE_COUNT; i++) {
        struct cp_case test_case = signed_case(signatures[i]);
        assert_int_equal(core_starts_new(test_case), i == CP_SIGNATURE_VALID);
        test_case.application_verifies = true;
        assert_int_equal(core_starts_new(test_case), i == CP_SIGNATURE_VALID);
    }
}

// --- a bootloader that checks nothing

enum { REQUESTED, INSTALLED };

static bool is_there(const struct cp_program_board *board, uint32_t index) {
    return mmio_read32(board->areas[CP_AREA_STATE].offset_bytes + 4 * index) == 0;
}

static void install(const struct cp_program_board *board) {
    const struct cp_program_area *active = &board->areas[CP_AREA_ACTIVE];
    erase(board, CP_AREA_ACTIVE, 0);
    for (uint32_t offset_bytes = 0; offset_bytes < active->size_bytes; offset_bytes += 4) {
        program(board, CP_AREA_ACTIVE, offset_bytes,
                mmio_read32(board->areas[CP_AREA_DFU].offset_bytes + offset_bytes));
    }
    program(board, CP_AREA_STATE, 4 * INSTALLED, 0);
}

static void checks_nothing(const struct cp_program_board *board) {
    if (is_there(board, REQUESTED) && !is_there(board, INSTALLED)) {
        install(board);
    }
    cp_end_jump();
}

static void requests(const struct cp_program_board *board, uint8_t image) {
    if (image == NEW_IMAGE || is_there(board, REQUESTED)) {
        cp_end_idle();
    }
    cp_note(CP_NOTE_REQUEST_BEGUN, NEW_IMAGE);
    program(board, CP_AREA_STATE, 4 * REQUESTED, 0);
    cp_note(CP_NOTE_REQUEST_RETURNED, NEW_IMAGE);
    cp_end_reset();
}

static void expect_broken(struct cp_case test_case, enum cp_promise promise, uint32_t broken) {
    const struct cp_program small = made_of(checks_nothing, requests);
    const enum cp_engine engines[] = {CP_ENGINE_FAST, CP_ENGINE_SLOW};
    test_case.promises = BIT(promise);
    for (size_t i = 0; i < 2; i++) {
        struct reached reached = fixture_explore_by(engines[i], &test_case, &small);
        assert_int_equal(violated_bits(&reached.result), broken ? BIT(promise) : 0);
        reached_free(&reached);
    }
}

static void test_authentic_is_broken(void **state) {
    (void)state;
    for (int i = 0; i < CP_SIGNATURE_COUNT; i++) {
        expect_broken(signed_case(signatures[i]), CP_PROMISE_AUTHENTIC, i != CP_SIGNATURE_VALID);
    }
    struct cp_case test_case = journal_case();
    test_case.images[NEW_IMAGE].signature = CP_SIGNATURE_MISSING; // nobody has a key
    expect_broken(test_case, CP_PROMISE_AUTHENTIC, false);
}

static void test_no_downgrade_is_broken(void **state) {
    (void)state;
    struct cp_case test_case = signed_case(CP_SIGNATURE_VALID);
    test_case.images[OLD_IMAGE].security_counter = 2;
    test_case.images[NEW_IMAGE].security_counter = 1;
    expect_broken(test_case, CP_PROMISE_NO_DOWNGRADE, false); // nobody asks for it
    test_case.has_rollback_protection = true;
    expect_broken(test_case, CP_PROMISE_NO_DOWNGRADE, true);
    test_case.images[NEW_IMAGE].security_counter = 2;
    expect_broken(test_case, CP_PROMISE_NO_DOWNGRADE, false);
}

static void test_last_resort_is_broken(void **state) {
    (void)state;
    struct cp_case test_case = journal_case();
    fixture_area(&test_case, CP_AREA_FACTORY, 6, 1);
    test_case.factory_image = OLD_IMAGE;
    expect_broken(test_case, CP_PROMISE_LAST_RESORT, false);
    test_case.damaged = CP_DAMAGED_ACTIVE;
    expect_broken(test_case, CP_PROMISE_LAST_RESORT, true);
    test_case.damaged = CP_DAMAGED_STATE;
    expect_broken(test_case, CP_PROMISE_LAST_RESORT, false); // ACTIVE is there to be started
}

// A program that fails and is not looked at leaves a mix.
static void test_error_safe_is_broken(void **state) {
    (void)state;
    struct cp_case test_case = journal_case();
    test_case.bounds.cuts_max = 0;
    test_case.faults.torn_areas = BIT(CP_AREA_ACTIVE);
    expect_broken(test_case, CP_PROMISE_ERROR_SAFE, false);
    test_case.faults.operation_errors = BIT(CP_ERROR_SILENT);
    test_case.faults.errors_max = 1;
    expect_broken(test_case, CP_PROMISE_ERROR_SAFE, true);
    test_case.faults.torn_areas = BIT(CP_AREA_DFU); // it is not written there
    expect_broken(test_case, CP_PROMISE_ERROR_SAFE, false);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_images_are_signed),
        cmocka_unit_test(test_core_refuses_forged_images),
        cmocka_unit_test(test_authentic_is_broken),
        cmocka_unit_test(test_no_downgrade_is_broken),
        cmocka_unit_test(test_last_resort_is_broken),
        cmocka_unit_test(test_error_safe_is_broken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// test_core_direct.c: two slots, and which of them a boot says is to be started.
//
// ACTIVE is slot A, DFU slot B. Power losses at every operation and torn words are the
// prover's: scenarios/direct. Here is what a boot and an updater answer.

#include "core/src/state_format.h"
#include "cutproof/download.h"
#include "tests/unit/journal_rig.h"

struct slots {
    struct rig rig;
    struct cp_boot_config boot; // with the strategy direct
    struct cp_updater_config app;
    struct cp_updater updater;
    struct cp_verifier verifier;
    const struct cp_partition *rejected; // by the verifier, or NULL
    int verdict;                         // on it
    bool reset_by_application;
};

static struct slots *now; // whose callbacks these are

static bool reset_by_application(void) {
    return now->reset_by_application;
}

static int verify(const struct cp_verifier *verifier, const struct cp_partition *partition,
                  uint32_t size_bytes, uint8_t *buffer, uint32_t buffer_size_bytes,
                  uint32_t *security_counter) {
    (void)verifier, (void)size_bytes, (void)buffer, (void)buffer_size_bytes;
    *security_counter = 0;
    const bool is_rejected = now->rejected && now->rejected->flash == partition->flash;
    return is_rejected ? now->verdict : CP_OK;
}

static int setup(void **context) {
    struct slots *s = calloc(1, sizeof(*s));
    assert_non_null(s);
    rig_init(&s->rig, (struct rig_kind){4, 0xFF, true});
    s->boot = s->rig.board.boot;
    s->boot.strategy = CP_STRATEGY_DIRECT;
    s->boot.dfu.size_bytes = s->boot.active.size_bytes;
    s->boot.is_reset_by_application = reset_by_application;
    s->verifier.verify = verify;
    now = s;
    *context = s;
    return 0;
}

static int teardown(void **context) {
    struct slots *s = *context;
    rig_free(&s->rig);
    free(s);
    return 0;
}

static void power_on(struct slots *s) {
    ram_power_on(&s->rig.board.power);
    rig_fresh_pages = 0;
}

static enum cp_slot name_of(const struct slots *s, const struct cp_partition *start) {
    return start == &s->boot.active ? CP_SLOT_A : start == &s->boot.dfu ? CP_SLOT_B : CP_SLOT_NONE;
}

// A boot, and what it says.
static void expect_boot(struct slots *s, enum cp_slot slot, enum cp_state expected) {
    enum cp_state state = CP_STATE_BOOT;
    const struct cp_partition *start = NULL;
    power_on(s);
    assert_int_equal(cp_boot_prepare_direct(&s->boot, &state, &start), CP_OK);
    assert_int_equal(name_of(s, start), slot);
    assert_int_equal(state, expected);
}

static void expect_boot_error(struct slots *s, int expected) {
    enum cp_state state = CP_STATE_BOOT;
    const struct cp_partition *start = NULL;
    power_on(s);
    assert_int_equal(cp_boot_prepare_direct(&s->boot, &state, &start), expected);
}

// The application of a slot, in the same power-on as the boot before it.
static int run_in(struct slots *s, enum cp_slot slot) {
    s->app = s->rig.board.app;
    s->app.dfu = slot == CP_SLOT_A ? s->boot.dfu : s->boot.active;
    s->app.dfu_slot = slot == CP_SLOT_A ? CP_SLOT_B : CP_SLOT_A;
    return cp_updater_init(&s->updater, &s->app);
}

static void expect_told(struct slots *s, enum cp_state expected) {
    enum cp_state state = CP_STATE_DETACH;
    assert_int_equal(cp_updater_get_state(&s->updater, &state), CP_OK);
    assert_int_equal(state, expected);
}

static void update_from(struct slots *s, enum cp_slot slot) {
    uint8_t image[RIG_PAGE_BYTES] = {1, 2, 3};
    assert_int_equal(run_in(s, slot), CP_OK);
    assert_int_equal(cp_updater_write(&s->updater, 0, image, sizeof(image)), CP_OK);
    assert_int_equal(cp_updater_request_image(&s->updater, sizeof(image)), CP_OK);
}

static void keep(struct slots *s, enum cp_slot slot) {
    assert_int_equal(run_in(s, slot), CP_OK);
    expect_told(s, CP_STATE_SWAP);
    assert_int_equal(cp_updater_confirm(&s->updater), CP_OK);
    expect_told(s, CP_STATE_BOOT);
}

// --- the life of a device

static void test_there_and_back(void **context) {
    struct slots *s = *context;
    expect_boot(s, CP_SLOT_A, CP_STATE_BOOT);
    update_from(s, CP_SLOT_A);
    expect_boot(s, CP_SLOT_B, CP_STATE_SWAP);
    keep(s, CP_SLOT_B);
    expect_boot(s, CP_SLOT_B, CP_STATE_BOOT);
    expect_boot(s, CP_SLOT_B, CP_STATE_BOOT);
    update_from(s, CP_SLOT_B);
    expect_boot(s, CP_SLOT_A, CP_STATE_SWAP);
    keep(s, CP_SLOT_A);
    expect_boot(s, CP_SLOT_A, CP_STATE_BOOT);
}

static void test_no_reset_between_confirm_and_request(void **context) {
    struct slots *s = *context;
    expect_boot(s, CP_SLOT_A, CP_STATE_BOOT);
    update_from(s, CP_SLOT_A);
    expect_boot(s, CP_SLOT_B, CP_STATE_SWAP);
    keep(s, CP_SLOT_B);
    update_from(s, CP_SLOT_B);
    expect_boot(s, CP_SLOT_A, CP_STATE_SWAP);
    assert_int_equal(run_in(s, CP_SLOT_A), CP_OK);
    expect_boot(s, CP_SLOT_B, CP_STATE_REVERT); // and not the image before
}

static void test_images_are_not_touched(void **context) {
    struct slots *s = *context;
    const uint32_t size_bytes = s->boot.active.size_bytes;
    assert_int_equal(run_in(s, CP_SLOT_A), CP_OK);
    assert_int_equal(cp_updater_request(&s->updater), CP_OK);
    expect_boot(s, CP_SLOT_B, CP_STATE_SWAP);
    assert_int_equal(run_in(s, CP_SLOT_B), CP_OK);
    expect_boot(s, CP_SLOT_A, CP_STATE_REVERT);
    assert_true(ram_has_image(&s->boot.active, RAM_OLD, size_bytes));
    assert_true(ram_has_image(&s->boot.dfu, RAM_NEW, size_bytes));
}

static void test_unconfirmed_is_undone(void **context) {
    struct slots *s = *context;
    update_from(s, CP_SLOT_A);
    expect_boot(s, CP_SLOT_B, CP_STATE_SWAP);
    expect_boot(s, CP_SLOT_B, CP_STATE_SWAP); // the power failed before it ran
    assert_int_equal(run_in(s, CP_SLOT_B), CP_OK);
    expect_boot(s, CP_SLOT_A, CP_STATE_REVERT);
    expect_boot(s, CP_SLOT_A, CP_STATE_REVERT);
    assert_int_equal(run_in(s, CP_SLOT_A), CP_OK);
    expect_told(s, CP_STATE_REVERT);
}

static void test_hanging_is_undone(void **context) {
    struct slots *s = *context;
    update_from(s, CP_SLOT_A);
    s->reset_by_application = true; // the request's reset is no failed trial
    expect_boot(s, CP_SLOT_B, CP_STATE_SWAP);
    expect_boot(s, CP_SLOT_A, CP_STATE_REVERT);
}

static void test_attempts(void **context) {
    struct slots *s = *context;
    s->boot.trial_attempts = 3;
    update_from(s, CP_SLOT_A);
    for (int i = 0; i < 3; i++) {
        expect_boot(s, CP_SLOT_B, CP_STATE_SWAP);
        assert_int_equal(run_in(s, CP_SLOT_B), CP_OK);
    }
    expect_boot(s, CP_SLOT_A, CP_STATE_REVERT);
}

static void test_detach_is_told_once(void **context) {
    struct slots *s = *context;
    enum cp_slot running = CP_SLOT_NONE;
    update_from(s, CP_SLOT_A);
    expect_boot(s, CP_SLOT_B, CP_STATE_SWAP);
    keep(s, CP_SLOT_B);
    expect_boot(s, CP_SLOT_B, CP_STATE_BOOT);
    assert_int_equal(run_in(s, CP_SLOT_B), CP_OK);
    assert_int_equal(cp_updater_detach(&s->updater), CP_OK);
    expect_boot(s, CP_SLOT_B, CP_STATE_DETACH);
    assert_int_equal(cp_updater_find_slot(&s->boot.state, s->boot.format, &running), CP_OK);
    assert_int_equal(running, CP_SLOT_B);
    expect_boot(s, CP_SLOT_B, CP_STATE_BOOT);
}

// Wherever the power fails in a request and the boots after it: one of both, and in the end,
// once the request has returned, the new one.
static void test_cut_at_each_operation(void **context) {
    struct slots *s = *context;
    bool is_cut = true;
    for (uint32_t at = 0; is_cut; at++) {
        teardown(context);
        setup(context);
        s = *context;
        update_from(s, CP_SLOT_A);
        power_on(s);
        s->rig.board.power.cut_at_op = at;
        enum cp_state state;
        const struct cp_partition *start;
        (void)cp_boot_prepare_direct(&s->boot, &state, &start);
        is_cut = s->rig.board.power.is_off;
        expect_boot(s, CP_SLOT_B, CP_STATE_SWAP);
    }
}

// --- what is refused

static void test_strategies_are_told_apart(void **context) {
    struct slots *s = *context;
    enum cp_state state;
    const struct cp_partition *start;
    assert_int_equal(cp_boot_prepare(&s->boot, &state), CP_ERR_ARGUMENT);
    assert_int_equal(cp_boot_prepare_direct(&s->boot, NULL, &start), CP_ERR_ARGUMENT);
    assert_int_equal(cp_boot_prepare_direct(&s->boot, &state, NULL), CP_ERR_ARGUMENT);
    assert_int_equal(cp_boot_prepare_direct(NULL, &state, &start), CP_ERR_ARGUMENT);
    assert_int_equal(cp_boot_prepare_direct(&s->rig.board.boot, &state, &start), CP_ERR_ARGUMENT);
    s->boot.strategy = (enum cp_strategy)7;
    expect_boot_error(s, CP_ERR_ARGUMENT);
    s->boot.strategy = CP_STRATEGY_SWAP;
    s->boot.dfu = s->rig.board.boot.dfu;
    assert_int_equal(cp_boot_prepare(&s->boot, &state), CP_OK);
    s->boot.format = &cp_state_format_journal_direct;
    assert_int_equal(cp_boot_prepare(&s->boot, &state), CP_ERR_ARGUMENT);
    s->boot.strategy = CP_STRATEGY_DIRECT;
    expect_boot(s, CP_SLOT_A, CP_STATE_BOOT);
}

static void test_seed_has_no_slots(void **context) {
    struct slots *s = *context;
    enum cp_slot running;
    s->boot.format = &cp_state_format_seed;
    expect_boot_error(s, CP_ERR_ARGUMENT);
    assert_int_equal(run_in(s, CP_SLOT_A), CP_OK);
    s->app.format = &cp_state_format_seed;
    assert_int_equal(cp_updater_init(&s->updater, &s->app), CP_ERR_ARGUMENT);
    assert_int_equal(cp_updater_find_slot(&s->boot.state, s->app.format, &running),
                     CP_ERR_ARGUMENT);
    assert_int_equal(cp_updater_find_slot(&s->boot.state, NULL, &running), CP_ERR_ARGUMENT);
}

static void test_factory_is_refused(void **context) {
    struct slots *s = *context;
    s->boot.factory = &s->rig.factory_partition;
    expect_boot_error(s, CP_ERR_ARGUMENT);
}

static void test_sizes(void **context) {
    struct slots *s = *context;
    s->boot.dfu.size_bytes = RIG_PAGE_BYTES; // smaller than slot A
    expect_boot(s, CP_SLOT_A, CP_STATE_BOOT);
    assert_int_equal(run_in(s, CP_SLOT_A), CP_ERR_LAYOUT); // an image would not fit
    s->app.active_size_bytes = RIG_PAGE_BYTES;
    assert_int_equal(cp_updater_init(&s->updater, &s->app), CP_OK);
    s->boot.dfu = s->boot.active;
    expect_boot_error(s, CP_ERR_LAYOUT);
}

// The updater believes to run in the other slot.
static void test_wrong_slot_in_updater(void **context) {
    struct slots *s = *context;
    uint8_t word[4] = {0};
    update_from(s, CP_SLOT_A);
    expect_boot(s, CP_SLOT_B, CP_STATE_SWAP);
    assert_int_equal(run_in(s, CP_SLOT_A), CP_OK);
    expect_told(s, CP_STATE_REVERT); // never: it is on trial
    assert_int_equal(cp_updater_confirm(&s->updater), CP_ERR_STATE);
    assert_int_equal(cp_updater_prepare(&s->updater), CP_ERR_STATE);
    assert_int_equal(cp_updater_write(&s->updater, 0, word, sizeof(word)), CP_ERR_STATE);
    assert_int_equal(cp_updater_request(&s->updater), CP_ERR_STATE);
    assert_int_equal(cp_updater_detach(&s->updater), CP_ERR_STATE);
    expect_boot(s, CP_SLOT_B, CP_STATE_SWAP); // nor has it noted a start
}

static void test_wrong_slot_when_settled(void **context) {
    struct slots *s = *context;
    expect_boot(s, CP_SLOT_A, CP_STATE_BOOT);
    assert_int_equal(run_in(s, CP_SLOT_B), CP_OK);
    expect_told(s, CP_STATE_BOOT);
    assert_int_equal(cp_updater_prepare(&s->updater), CP_ERR_STATE);
    assert_int_equal(cp_updater_request(&s->updater), CP_ERR_STATE);
    assert_int_equal(cp_updater_detach(&s->updater), CP_ERR_STATE);
    assert_int_equal(cp_updater_confirm(&s->updater), CP_ERR_STATE);
    assert_true(ram_has_image(&s->boot.active, RAM_OLD, s->boot.active.size_bytes));
}

static void write_record(struct slots *s, struct cp_journal record) {
    power_on(s);
    assert_int_equal(cp_journal_begin(&s->boot.state, &record), CP_OK);
}

static void test_records_of_a_swap(void **context) {
    struct slots *s = *context;
    write_record(s, (struct cp_journal){.kind = CP_JOURNAL_SWAP, .page_count = 3, .steps_done = 1});
    expect_boot_error(s, CP_ERR_LAYOUT);
    write_record(s, (struct cp_journal){.kind = CP_JOURNAL_REVERTING, .page_count = 3});
    expect_boot_error(s, CP_ERR_LAYOUT);
    write_record(s, (struct cp_journal){.kind = CP_JOURNAL_TRIAL});
    expect_boot_error(s, CP_ERR_LAYOUT);
    write_record(s, (struct cp_journal){.kind = CP_JOURNAL_RESTORE});
    expect_boot_error(s, CP_ERR_LAYOUT);
    write_record(s, (struct cp_journal){.kind = CP_JOURNAL_IDLE, .is_reverted = true});
    expect_boot(s, CP_SLOT_A, CP_STATE_REVERT);
}

static void test_unreadable_state(void **context) {
    struct slots *s = *context;
    enum cp_slot running;
    struct ram_flash *ram = ram_of(s->boot.state.flash);
    memset(ram->bytes + s->boot.state.offset_bytes, 0x5A, s->boot.state.size_bytes);
    expect_boot_error(s, CP_ERR_STATE);
    assert_int_equal(cp_updater_find_slot(&s->boot.state, s->boot.format, &running), CP_ERR_STATE);
    assert_int_equal(run_in(s, CP_SLOT_A), CP_ERR_STATE);
}

// --- downloads that are resumed

static struct cp_download_config download_config(void) {
    static uint8_t map[CP_DOWNLOAD_MAP_BYTES(RIG_PAGE_BYTES, RIG_PAGE_BYTES, 4)];
    return (struct cp_download_config){.image_size_bytes = RIG_PAGE_BYTES,
                                       .image_id = 7,
                                       .granule_size_bytes = 4,
                                       .map = map,
                                       .map_size_bytes = sizeof(map)};
}

static void test_download_in_either_slot(void **context) {
    struct slots *s = *context;
    uint8_t image[RIG_PAGE_BYTES] = {4, 5, 6};
    const struct cp_download_config config = download_config();
    struct cp_download download;
    const enum cp_slot slots[] = {CP_SLOT_A, CP_SLOT_B, CP_SLOT_A};
    for (size_t i = 0; i < 2; i++) {
        expect_boot(s, slots[i], CP_STATE_BOOT);
        assert_int_equal(run_in(s, slots[i]), CP_OK);
        assert_int_equal(cp_download_begin(&download, &s->updater, &config), CP_OK);
        assert_int_equal(cp_download_write(&download, 0, image, sizeof(image)), CP_OK);
        expect_boot(s, slots[i], CP_STATE_BOOT); // and the record goes on from there
        assert_int_equal(run_in(s, slots[i]), CP_OK);
        assert_int_equal(cp_download_begin(&download, &s->updater, &config), CP_OK);
        assert_int_equal(cp_download_finish(&download), CP_OK);
        expect_boot(s, slots[i + 1], CP_STATE_SWAP);
        keep(s, slots[i + 1]);
    }
}

static void test_download_to_what_runs(void **context) {
    struct slots *s = *context;
    const struct cp_download_config config = download_config();
    struct cp_download download;
    expect_boot(s, CP_SLOT_A, CP_STATE_BOOT);
    assert_int_equal(run_in(s, CP_SLOT_B), CP_OK);
    assert_int_equal(cp_download_begin(&download, &s->updater, &config), CP_ERR_STATE);
}

// --- a flash that fails for good

static void fail_state(struct slots *s) {
    rig_fault = (struct rig_fault){.where = &s->boot.state, .to = UINT32_MAX};
}

static void test_request_cannot_be_recorded(void **context) {
    struct slots *s = *context;
    update_from(s, CP_SLOT_A);
    fail_state(s);
    expect_boot(s, CP_SLOT_A, CP_STATE_BOOT);
    rig_no_fault();
    expect_boot(s, CP_SLOT_B, CP_STATE_SWAP);
}

// What runs then is the image to return to, and is told so.
static void test_revert_cannot_be_recorded(void **context) {
    struct slots *s = *context;
    update_from(s, CP_SLOT_A);
    expect_boot(s, CP_SLOT_B, CP_STATE_SWAP);
    assert_int_equal(run_in(s, CP_SLOT_B), CP_OK);
    fail_state(s);
    expect_boot(s, CP_SLOT_A, CP_STATE_REVERT);
    assert_int_equal(run_in(s, CP_SLOT_A), CP_OK);
    expect_told(s, CP_STATE_REVERT);
    assert_int_equal(cp_updater_confirm(&s->updater), CP_ERR_STATE);
    assert_int_equal(cp_updater_prepare(&s->updater), CP_ERR_STATE);
    rig_no_fault();
    expect_boot(s, CP_SLOT_A, CP_STATE_REVERT);
}

static void test_confirm_cannot_be_settled(void **context) {
    struct slots *s = *context;
    update_from(s, CP_SLOT_A);
    expect_boot(s, CP_SLOT_B, CP_STATE_SWAP);
    keep(s, CP_SLOT_B);
    fail_state(s);
    expect_boot(s, CP_SLOT_B, CP_STATE_BOOT);
    rig_no_fault();
    expect_boot(s, CP_SLOT_B, CP_STATE_BOOT);
}

static void test_detach_cannot_be_recorded(void **context) {
    struct slots *s = *context;
    assert_int_equal(run_in(s, CP_SLOT_A), CP_OK);
    assert_int_equal(cp_updater_detach(&s->updater), CP_OK);
    fail_state(s);
    expect_boot(s, CP_SLOT_A, CP_STATE_BOOT); // told each time, it would never be started
    rig_no_fault();
    expect_boot(s, CP_SLOT_A, CP_STATE_DETACH);
    expect_boot(s, CP_SLOT_A, CP_STATE_BOOT);
}

static int slot_unknown(const struct cp_partition *state, enum cp_slot *running) {
    (void)state, (void)running;
    return CP_ERR_FLASH;
}

// Which slot runs cannot be told: nothing is said of the state, nothing is changed.
static void test_slot_cannot_be_read(void **context) {
    struct slots *s = *context;
    struct cp_state_format format = *s->rig.board.app.format;
    enum cp_state state;
    update_from(s, CP_SLOT_A);
    expect_boot(s, CP_SLOT_B, CP_STATE_SWAP);
    assert_int_equal(run_in(s, CP_SLOT_B), CP_OK);
    format.slot = slot_unknown;
    s->app.format = &format;
    const uint32_t ops = s->rig.board.power.op_count;
    assert_int_equal(cp_updater_get_state(&s->updater, &state), CP_ERR_FLASH);
    assert_int_equal(cp_updater_confirm(&s->updater), CP_ERR_FLASH);
    assert_int_equal(cp_updater_prepare(&s->updater), CP_ERR_FLASH);
    assert_int_equal(s->rig.board.power.op_count, ops);
}

// --- verifying

static void with_verifier(struct slots *s, const struct cp_partition *rejected, int verdict) {
    s->boot.verifier = &s->verifier;
    s->rejected = rejected;
    s->verdict = verdict;
}

static void test_bad_image_is_not_started(void **context) {
    struct slots *s = *context;
    const int verdicts[] = {CP_ERR_IMAGE, CP_ERR_FLASH};
    for (size_t i = 0; i < 2; i++) {
        update_from(s, CP_SLOT_A);
        with_verifier(s, &s->boot.dfu, verdicts[i]);
        expect_boot(s, CP_SLOT_A, CP_STATE_BOOT);
        with_verifier(s, NULL, CP_OK);
        expect_boot(s, CP_SLOT_A, CP_STATE_BOOT); // the request is over
    }
}

static void test_image_on_trial_goes_bad(void **context) {
    struct slots *s = *context;
    update_from(s, CP_SLOT_A);
    with_verifier(s, NULL, CP_OK);
    expect_boot(s, CP_SLOT_B, CP_STATE_SWAP);
    with_verifier(s, &s->boot.dfu, CP_ERR_IMAGE);
    expect_boot(s, CP_SLOT_A, CP_STATE_REVERT);
}

static void test_trusted_image_goes_bad(void **context) {
    struct slots *s = *context;
    with_verifier(s, &s->boot.active, CP_ERR_IMAGE);
    expect_boot(s, CP_SLOT_A, CP_STATE_BOOT);
    s->boot.verifies_each_boot = true;
    expect_boot_error(s, CP_ERR_IMAGE);
    s->verdict = CP_ERR_FLASH;
    expect_boot_error(s, CP_ERR_FLASH);
    s->rejected = NULL;
    update_from(s, CP_SLOT_A);
    s->rejected = &s->boot.active; // of no matter while the other is on trial
    expect_boot(s, CP_SLOT_B, CP_STATE_SWAP);
    assert_int_equal(run_in(s, CP_SLOT_B), CP_OK);
    expect_boot_error(s, CP_ERR_FLASH);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_there_and_back),
        TEST(test_no_reset_between_confirm_and_request),
        TEST(test_images_are_not_touched),
        TEST(test_unconfirmed_is_undone),
        TEST(test_hanging_is_undone),
        TEST(test_attempts),
        TEST(test_detach_is_told_once),
        TEST(test_cut_at_each_operation),
        TEST(test_strategies_are_told_apart),
        TEST(test_seed_has_no_slots),
        TEST(test_factory_is_refused),
        TEST(test_sizes),
        TEST(test_wrong_slot_in_updater),
        TEST(test_wrong_slot_when_settled),
        TEST(test_records_of_a_swap),
        TEST(test_unreadable_state),
        TEST(test_download_in_either_slot),
        TEST(test_download_to_what_runs),
        TEST(test_request_cannot_be_recorded),
        TEST(test_revert_cannot_be_recorded),
        TEST(test_confirm_cannot_be_settled),
        TEST(test_detach_cannot_be_recorded),
        TEST(test_slot_cannot_be_read),
        TEST(test_bad_image_is_not_started),
        TEST(test_image_on_trial_goes_bad),
        TEST(test_trusted_image_goes_bad),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

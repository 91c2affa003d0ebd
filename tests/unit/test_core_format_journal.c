// test_core_format_journal.c: lives of devices with the format `journal`, from one boot to the
// next: updates, trials, errors, images that are refused, and STATE that cannot be read.

#include "core/src/state_format.h"
#include "core/src/swap.h"
#include "tests/unit/journal_rig.h"

enum { TRIES_MAX = 3, STEP_COUNT = 2 * RIG_PAGE_COUNT };

static const struct rig_kind kinds[] = {
    {1, 0xFF, true},  {2, 0x00, true},   {4, 0xFF, false}, {8, 0xFF, true},
    {8, 0x00, false}, {16, 0xFF, false}, {32, 0x00, true},
};
enum { KIND_COUNT = sizeof(kinds) / sizeof(kinds[0]) };

static struct rig rig;
static struct ram_board *const board = &rig.board;

// --- a verifier that knows the images of the tests by their first bytes

static struct {
    const struct cp_partition *refused; // where nothing is accepted; NULL: nowhere
    int err;                            // if not CP_OK: what is answered
    uint32_t counters[3];               // of RAM_OLD and RAM_NEW
    uint32_t size_bytes;                // that was asked for last
    uint32_t asked_dfu, asked_active;
} signer;

static bool is_same(const struct cp_partition *a, const struct cp_partition *b) {
    return a->flash == b->flash && a->offset_bytes == b->offset_bytes;
}

static int stub_verify(const struct cp_verifier *verifier, const struct cp_partition *partition,
                       uint32_t size_bytes, uint8_t *buffer, uint32_t buffer_size_bytes,
                       uint32_t *security_counter) {
    assert_int_equal(verifier->public_key[0], 0x77);
    assert_ptr_equal(buffer, board->buffer);
    assert_int_equal(buffer_size_bytes, board->boot.buffer_size_bytes);
    signer.size_bytes = size_bytes;
    (*(is_same(partition, &board->boot.dfu) ? &signer.asked_dfu : &signer.asked_active))++;
    if (signer.err) {
        return signer.err;
    }
    for (enum ram_image image = RAM_OLD; image <= RAM_NEW; image++) {
        const bool is_refused = signer.refused && is_same(partition, signer.refused);
        if (ram_has_image(partition, image, size_bytes) && !is_refused) {
            *security_counter = signer.counters[image];
            return CP_OK;
        }
    }
    return CP_ERR_IMAGE;
}

static const uint8_t public_key[32] = {0x77};
static const struct cp_verifier verifier = {stub_verify, public_key};

// --- a device

static void begin(size_t kind) {
    rig_init(&rig, kinds[kind]);
    memset(&signer, 0, sizeof(signer));
}

static void begin_signed(size_t kind) {
    begin(kind);
    board->boot.verifier = &verifier;
    board->boot.refuses_downgrades = true;
}

static void end(void) {
    rig_free(&rig);
}

// Count from here on.
static void power_on(void) {
    ram_power_on(&board->power);
}

static int boot(enum cp_state *state) {
    power_on();
    rig_fresh_pages = 0;
    *state = (enum cp_state)99;
    return ram_boot(board, state);
}

static enum cp_state boot_ok(void) {
    enum cp_state state;
    assert_int_equal(boot(&state), CP_OK);
    return state;
}

// The application calls cp_updater_init(), which notes that it was started.
static void start(void) {
    assert_int_equal(cp_updater_init(&board->updater, &board->app), CP_OK);
}

static enum cp_state get_state(void) {
    enum cp_state state = (enum cp_state)99;
    struct cp_updater updater = {.config = &board->app};
    assert_int_equal(cp_updater_get_state(&updater, &state), CP_OK);
    return state;
}

static void request(void) {
    start();
    assert_int_equal(cp_updater_request_image(&board->updater, board->boot.active.size_bytes),
                     CP_OK);
}

static void confirm(void) {
    start();
    assert_int_equal(cp_updater_confirm(&board->updater), CP_OK);
}

static void detach(void) {
    start();
    assert_int_equal(cp_updater_detach(&board->updater), CP_OK);
}

static void expect_active(enum ram_image image) {
    assert_true(ram_active_is(board, image));
}

// OLD was replaced by NEW, which is on trial; it was not started yet.
static void to_trial(void) {
    request();
    assert_int_equal(boot_ok(), CP_STATE_SWAP);
    expect_active(RAM_NEW);
}

// DFU gets an image as an application puts it there.
static void download(enum ram_image image) {
    const uint32_t size_bytes = board->boot.active.size_bytes;
    uint8_t bytes[RIG_PAGE_COUNT * RIG_PAGE_BYTES];
    for (uint32_t i = 0; i < size_bytes; i++) {
        bytes[i] = ram_image_byte(image, i);
    }
    start();
    assert_int_equal(cp_updater_write(&board->updater, 0, bytes, size_bytes), CP_OK);
}

static void damage(uint32_t half) {
    const struct cp_partition *state = &board->boot.state;
    const uint32_t half_bytes = state->size_bytes / RIG_PAGE_BYTES / 2 * RIG_PAGE_BYTES;
    memset(board->state.bytes + state->offset_bytes + half * half_bytes, 0x3C, half_bytes);
}

static struct cp_journal record(void) {
    struct cp_journal journal;
    power_on();
    assert_int_equal(cp_journal_load(&board->boot.state, &journal), CP_OK);
    return journal;
}

static void store(const struct cp_journal *changed) {
    struct cp_journal journal = *changed;
    assert_int_equal(cp_journal_replace(&board->boot.state, &journal), CP_OK);
}

static void for_each_kind(void (*test)(void)) {
    for (size_t kind = 0; kind < KIND_COUNT; kind++) {
        begin(kind);
        test();
        end();
        begin_signed(kind);
        test();
        end();
    }
}

// --- updates

static void check_blank_boots(void) {
    assert_int_equal(boot_ok(), CP_STATE_BOOT);
    assert_int_equal(board->power.op_count, 0);
    assert_int_equal(get_state(), CP_STATE_BOOT);
    start();
    assert_int_equal(board->power.op_count, 0);
    expect_active(RAM_OLD);
}

static void check_confirmed(void) {
    request();
    assert_int_equal(get_state(), CP_STATE_SWAP);
    assert_int_equal(boot_ok(), CP_STATE_SWAP);
    confirm();
    assert_int_equal(get_state(), CP_STATE_BOOT);
    for (uint32_t i = 0; i < 2; i++) {
        assert_int_equal(boot_ok(), CP_STATE_BOOT);
        expect_active(RAM_NEW);
        assert_int_equal(get_state(), CP_STATE_BOOT);
    }
    assert_int_equal(board->power.op_count, 0);
    assert_int_equal(record().active_size_bytes, board->boot.active.size_bytes);
}

static void check_not_confirmed(void) {
    to_trial();
    start();
    assert_int_equal(get_state(), CP_STATE_SWAP);
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(boot_ok(), CP_STATE_REVERT);
        expect_active(RAM_OLD);
        assert_true(ram_has_image(&board->boot.dfu, RAM_NEW, board->boot.active.size_bytes));
        assert_int_equal(get_state(), CP_STATE_REVERT);
    }
    assert_int_equal(board->power.op_count, 0);
}

// The power was lost before the image on trial said that it runs.
static void check_not_started(void) {
    to_trial();
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(boot_ok(), CP_STATE_SWAP);
        expect_active(RAM_NEW);
        assert_int_equal(record().failed_trials, 0);
    }
    start();
    assert_int_equal(boot_ok(), CP_STATE_REVERT);
    expect_active(RAM_OLD);
}

static bool by_application(void) {
    return true;
}

static bool by_power(void) {
    return false;
}

static void check_reset_causes(void) {
    board->boot.is_reset_by_application = by_power;
    to_trial();
    assert_int_equal(boot_ok(), CP_STATE_SWAP);
    expect_active(RAM_NEW);
    board->boot.is_reset_by_application = by_application;
    assert_int_equal(boot_ok(), CP_STATE_REVERT);
    expect_active(RAM_OLD);
}

// A reset by an application that is not on trial means nothing.
static void check_reset_by_trusted_application(void) {
    board->boot.is_reset_by_application = by_application;
    assert_int_equal(boot_ok(), CP_STATE_BOOT);
    request();
    assert_int_equal(boot_ok(), CP_STATE_SWAP);
    expect_active(RAM_NEW);
    confirm();
    assert_int_equal(boot_ok(), CP_STATE_BOOT);
    expect_active(RAM_NEW);
}

static void check_attempts(void) {
    for (uint32_t attempts = 0; attempts < 5; attempts++) {
        board->boot.trial_attempts = attempts;
        to_trial();
        for (uint32_t failed = 1; failed < attempts; failed++) {
            start();
            assert_int_equal(boot_ok(), CP_STATE_SWAP);
            assert_int_equal(record().failed_trials, failed);
            assert_int_equal(boot_ok(), CP_STATE_SWAP); // not started: not another one
            assert_int_equal(record().failed_trials, failed);
            expect_active(RAM_NEW);
        }
        start();
        assert_int_equal(boot_ok(), CP_STATE_REVERT);
        expect_active(RAM_OLD);
        assert_int_equal(record().failed_trials, 0);
    }
}

static void check_confirmed_at_second_attempt(void) {
    board->boot.trial_attempts = 2;
    to_trial();
    start();
    assert_int_equal(boot_ok(), CP_STATE_SWAP);
    assert_int_equal(record().kind, CP_JOURNAL_TRIAL);
    confirm();
    assert_int_equal(boot_ok(), CP_STATE_BOOT);
    expect_active(RAM_NEW);
    assert_int_equal(record().failed_trials, 0);
}

// What the application says once is stored once.
static void check_marks_are_stored_once(void) {
    to_trial();
    start();
    const uint32_t slot = record().slot;
    power_on();
    start();
    assert_int_equal(board->power.op_count, 0);
    confirm();
    assert_int_equal(board->power.op_count, 1);
    confirm();
    start();
    assert_int_equal(board->power.op_count, 1);
    assert_int_equal(record().slot, slot + 1);
}

// An application that confirmed is not on trial any more.
static void check_start_after_confirm(void) {
    to_trial();
    assert_int_equal(board->boot.format->set(&board->boot.state, CP_STATE_BOOT), CP_OK);
    power_on();
    start();
    assert_int_equal(board->power.op_count, 0);
    assert_int_equal(boot_ok(), CP_STATE_BOOT);
    expect_active(RAM_NEW);
}

static void check_confirm_without_trial(void) {
    confirm();
    request();
    power_on();
    confirm(); // a swap that is requested is not confirmed
    assert_int_equal(board->power.op_count, 0);
    assert_int_equal(get_state(), CP_STATE_SWAP);
    assert_int_equal(boot_ok(), CP_STATE_SWAP);
    expect_active(RAM_NEW);
}

static void check_guards_of_a_trial(void) {
    to_trial();
    start();
    assert_int_equal(cp_updater_request(&board->updater), CP_ERR_STATE);
    assert_int_equal(cp_updater_detach(&board->updater), CP_ERR_STATE);
    assert_int_equal(cp_updater_prepare(&board->updater), CP_ERR_STATE);
    assert_int_equal(cp_updater_write(&board->updater, 0, "abcd", 4), CP_ERR_STATE);
    assert_int_equal(boot_ok(), CP_STATE_REVERT);
    expect_active(RAM_OLD);
}

// Once confirmed, the next update may begin before a boot has settled the last one.
static void check_request_after_confirm(void) {
    to_trial();
    confirm();
    download(RAM_OLD);
    request();
    assert_int_equal(get_state(), CP_STATE_SWAP);
    assert_int_equal(boot_ok(), CP_STATE_SWAP);
    expect_active(RAM_OLD);
    start();
    assert_int_equal(boot_ok(), CP_STATE_REVERT);
    expect_active(RAM_NEW);
}

static uint32_t erases_max(const struct ram_flash *ram) {
    uint32_t most = 0;
    for (uint32_t page = 0; page < ram->flash.size_bytes / ram->flash.erase_size_bytes; page++) {
        most = ram->erases_of_page[page] > most ? ram->erases_of_page[page] : most;
    }
    return most;
}

static void forget_erases(const struct ram_flash *ram) {
    const uint32_t page_count = ram->flash.size_bytes / ram->flash.erase_size_bytes;
    memset(ram->erases_of_page, 0, sizeof(uint32_t) * page_count);
}

// What boot.h says of wear, for updates that are confirmed and ones that are reverted.
static void check_erases_of_an_update(void) {
    enum ram_image running = RAM_OLD;
    for (uint32_t i = 0; i < 8; i++) {
        const uint32_t attempts = 1 + i / 4;
        const enum ram_image other = running == RAM_OLD ? RAM_NEW : RAM_OLD;
        board->boot.trial_attempts = attempts;
        download(other);
        forget_erases(&board->state);
        request();
        assert_int_equal(boot_ok(), CP_STATE_SWAP);
        for (uint32_t failed = 1; failed < attempts; failed++) {
            start();
            assert_int_equal(boot_ok(), CP_STATE_SWAP);
        }
        start();
        if (i % 2 == 0) {
            confirm();
            running = other;
        }
        boot_ok();
        boot_ok();
        expect_active(running);
        assert_true(erases_max(&board->state) <= CP_JOURNAL_ERASES_PER_UPDATE_MAX + attempts - 1);
    }
}

static void check_second_update(void) {
    to_trial();
    start();
    assert_int_equal(boot_ok(), CP_STATE_REVERT);
    download(RAM_NEW);
    assert_int_equal(get_state(), CP_STATE_REVERT);
    request();
    assert_int_equal(boot_ok(), CP_STATE_SWAP);
    confirm();
    assert_int_equal(get_state(), CP_STATE_BOOT);
    assert_int_equal(boot_ok(), CP_STATE_BOOT); // the revert before is forgotten
    assert_int_equal(get_state(), CP_STATE_BOOT);
    expect_active(RAM_NEW);
}

static void check_request_twice(void) {
    request();
    power_on();
    assert_int_equal(cp_updater_request(&board->updater), CP_ERR_STATE);
    assert_int_equal(board->power.op_count, 0);
}

// --- detach

static void check_detach_once(void) {
    detach();
    assert_int_equal(get_state(), CP_STATE_DETACH);
    assert_int_equal(boot_ok(), CP_STATE_DETACH);
    assert_int_equal(get_state(), CP_STATE_BOOT);
    assert_int_equal(boot_ok(), CP_STATE_BOOT);
    expect_active(RAM_OLD);
}

static void check_detach_after_revert(void) {
    to_trial();
    start();
    assert_int_equal(boot_ok(), CP_STATE_REVERT);
    detach();
    assert_int_equal(boot_ok(), CP_STATE_DETACH);
    assert_int_equal(boot_ok(), CP_STATE_REVERT); // that is still true
}

static void check_detach_after_confirm(void) {
    to_trial();
    confirm();
    detach();
    assert_int_equal(boot_ok(), CP_STATE_DETACH);
    assert_int_equal(boot_ok(), CP_STATE_BOOT);
    expect_active(RAM_NEW);
}

// What came in DFU mode is installed by the boot that follows.
static void check_request_in_dfu_mode(void) {
    detach();
    assert_int_equal(boot_ok(), CP_STATE_DETACH);
    request();
    assert_int_equal(boot_ok(), CP_STATE_SWAP);
    expect_active(RAM_NEW);
}

// --- the format itself

static void check_calls_of_the_format(void) {
    const struct cp_state_format *format = board->boot.format;
    const struct cp_partition *state = &board->boot.state;
    assert_int_equal(format->set(state, CP_STATE_SWAP), CP_ERR_ARGUMENT);
    assert_int_equal(format->set(state, CP_STATE_REVERT), CP_ERR_ARGUMENT);
    assert_int_equal(board->power.op_count, 0);
    damage(0);
    damage(1);
    enum cp_state value;
    assert_int_equal(format->get(state, &value), CP_ERR_STATE);
    assert_int_equal(format->set(state, CP_STATE_BOOT), CP_ERR_STATE);
    assert_int_equal(format->set(state, CP_STATE_DETACH), CP_ERR_STATE);
    assert_int_equal(format->start(state), CP_ERR_STATE);
    assert_int_equal(format->request(state, 4), CP_ERR_STATE);
    assert_int_equal(board->power.op_count, 0);
}

static uint32_t fed;

static void feed(const void *context) {
    assert_ptr_equal(context, &fed);
    fed++;
}

static void check_feeds(void) {
    board->boot.feed = feed;
    board->boot.feed_context = &fed;
    fed = 0;
    to_trial();
    // The record; each step: an erase, two chunks of 32 bytes, and its record;
    // and before and after DFU and ACTIVE are verified.
    const uint32_t verifying = board->boot.verifier ? 4 : 0;
    assert_int_equal(fed, 1 + STEP_COUNT * (1 + 2 + 1) + verifying);
    fed = 0;
    start();
    assert_int_equal(boot_ok(), CP_STATE_REVERT);
    assert_int_equal(fed, 1 + STEP_COUNT * (1 + 2 + 1) + 1);
}

// --- signed images

static const uint32_t old_counter = 5;

static void sign(uint32_t counter_of_new) {
    signer.counters[RAM_OLD] = old_counter;
    signer.counters[RAM_NEW] = counter_of_new;
}

static void expect_untouched(void) {
    expect_active(RAM_OLD);
    assert_true(ram_has_image(&board->boot.dfu, RAM_NEW, board->boot.active.size_bytes));
}

static void test_dfu_is_refused(void **context) {
    (void)context;
    for (size_t kind = 0; kind < KIND_COUNT; kind++) {
        begin_signed(kind);
        signer.refused = &board->boot.dfu;
        request();
        assert_int_equal(boot_ok(), CP_STATE_BOOT);
        expect_untouched();
        assert_int_equal(get_state(), CP_STATE_BOOT);
        assert_int_equal(signer.asked_dfu, 1);
        assert_int_equal(boot_ok(), CP_STATE_BOOT);
        assert_int_equal(signer.asked_dfu, 1); // it is not asked again
        end();
    }
}

static void test_active_is_refused_after_the_swap(void **context) {
    (void)context;
    for (size_t kind = 0; kind < KIND_COUNT; kind++) {
        begin_signed(kind);
        signer.refused = &board->boot.active;
        request();
        assert_int_equal(boot_ok(), CP_STATE_REVERT);
        expect_untouched();
        assert_int_equal(signer.asked_active, 1);
        end();
    }
}

// The image on trial is checked again at each boot that starts it.
static void test_active_is_refused_on_trial(void **context) {
    (void)context;
    begin_signed(0);
    to_trial();
    assert_int_equal(boot_ok(), CP_STATE_SWAP);
    assert_int_equal(signer.asked_active, 2);
    signer.refused = &board->boot.active;
    assert_int_equal(boot_ok(), CP_STATE_REVERT);
    expect_untouched();
    end();
}

static void test_size_is_that_of_the_request(void **context) {
    (void)context;
    begin_signed(0);
    start();
    assert_int_equal(cp_updater_request_image(&board->updater, 100), CP_OK);
    assert_int_equal(boot_ok(), CP_STATE_SWAP);
    assert_int_equal(signer.size_bytes, 100);
    confirm();
    assert_int_equal(boot_ok(), CP_STATE_BOOT);
    assert_int_equal(record().active_size_bytes, 100);
    board->boot.verifies_each_boot = true;
    signer.size_bytes = 0;
    assert_int_equal(boot_ok(), CP_STATE_BOOT);
    assert_int_equal(signer.size_bytes, 100);
    end();
}

static void test_updater_refuses(void **context) {
    (void)context;
    begin_signed(0);
    board->app.verifier = &verifier;
    start();
    const uint32_t size_bytes = board->boot.active.size_bytes;
    assert_int_equal(cp_updater_request_image(&board->updater, size_bytes + 1), CP_ERR_BOUNDS);
    signer.refused = &board->boot.dfu;
    assert_int_equal(cp_updater_request_image(&board->updater, size_bytes), CP_ERR_IMAGE);
    assert_int_equal(cp_updater_request(&board->updater), CP_ERR_IMAGE);
    assert_int_equal(board->power.op_count, 0);
    signer.refused = NULL;
    request();
    assert_int_equal(get_state(), CP_STATE_SWAP);
    end();
}

static void test_downgrades(void **context) {
    (void)context;
    for (uint32_t i = 0; i < 4; i++) {
        begin_signed(i);
        board->boot.refuses_downgrades = i % 2 == 0;
        const uint32_t counter = i < 2 ? old_counter - 1 : old_counter;
        sign(counter);
        struct cp_journal journal = record();
        journal.security_counter = old_counter; // OLD was confirmed
        store(&journal);
        request();
        const bool is_refused = i == 0;
        assert_int_equal(boot_ok(), is_refused ? CP_STATE_BOOT : CP_STATE_SWAP);
        expect_active(is_refused ? RAM_OLD : RAM_NEW);
        confirm();
        boot_ok();
        assert_int_equal(record().security_counter, old_counter); // and did not fall
        end();
    }
}

// The counter of the delivered image counts from the first update on.
static void test_least_counter(void **context) {
    (void)context;
    for (uint32_t i = 0; i < 4; i++) {
        begin_signed(i);
        board->boot.refuses_downgrades = i < 3;
        board->boot.security_counter_min = 7;
        sign(5 + i);
        request();
        assert_int_equal(boot_ok(), i < 2 ? CP_STATE_BOOT : CP_STATE_SWAP);
        expect_active(i < 2 ? RAM_OLD : RAM_NEW);
        end();
    }
}

static void test_counter_rises_when_confirmed(void **context) {
    (void)context;
    begin_signed(0);
    sign(9);
    to_trial();
    assert_int_equal(record().security_counter, 0);
    start();
    assert_int_equal(boot_ok(), CP_STATE_REVERT);
    assert_int_equal(record().security_counter, 0); // the old image may still be installed
    request();
    assert_int_equal(boot_ok(), CP_STATE_SWAP);
    confirm();
    assert_int_equal(boot_ok(), CP_STATE_BOOT);
    assert_int_equal(record().security_counter, 9);
    download(RAM_OLD);
    request();
    assert_int_equal(boot_ok(), CP_STATE_BOOT);
    expect_active(RAM_NEW);
    end();
}

// The same where the next request comes before a boot has settled the update.
static void test_counter_rises_with_the_next_request(void **context) {
    (void)context;
    begin_signed(0);
    sign(9);
    to_trial();
    confirm();
    signer.counters[RAM_OLD] = 10;
    download(RAM_OLD);
    request();
    assert_int_equal(record().security_counter, 9);
    assert_int_equal(record().active_size_bytes, board->boot.active.size_bytes);
    assert_int_equal(boot_ok(), CP_STATE_SWAP);
    start();
    assert_int_equal(boot_ok(), CP_STATE_REVERT);
    expect_active(RAM_NEW);
    assert_int_equal(record().security_counter, 9);
    end();
}

// A verifier that cannot read is not one that refuses.
static void test_verifier_fails(void **context) {
    (void)context;
    enum cp_state state;
    begin_signed(0);
    request();
    signer.err = CP_ERR_FLASH;
    assert_int_equal(boot(&state), CP_OK); // nothing has touched OLD
    assert_int_equal(state, CP_STATE_SWAP);
    expect_untouched();
    signer.err = CP_OK;
    assert_int_equal(boot_ok(), CP_STATE_SWAP);
    expect_active(RAM_NEW);
    end();
}

static void test_each_boot(void **context) {
    (void)context;
    enum cp_state state;
    begin_signed(0);
    board->boot.verifies_each_boot = true;
    assert_int_equal(boot_ok(), CP_STATE_BOOT);
    assert_int_equal(signer.size_bytes, board->boot.active.size_bytes); // it is not known
    signer.refused = &board->boot.active;
    assert_int_equal(boot(&state), CP_ERR_IMAGE);
    board->boot.verifier = NULL;
    assert_int_equal(boot_ok(), CP_STATE_BOOT);
    end();
}

// --- FACTORY

static void give_factory(enum ram_image image) {
    ram_put_image(&rig.factory_partition, image, rig.factory_partition.size_bytes);
    board->boot.factory = &rig.factory_partition;
}

static void test_restore_of_damaged_state(void **context) {
    (void)context;
    for (size_t kind = 0; kind < KIND_COUNT; kind++) {
        begin(kind);
        enum cp_state state;
        damage(0);
        damage(1);
        assert_int_equal(boot(&state), CP_ERR_STATE);
        assert_int_equal(board->power.op_count, 0);
        give_factory(RAM_NEW);
        assert_int_equal(boot_ok(), CP_STATE_BOOT);
        expect_active(RAM_NEW);
        assert_int_equal(get_state(), CP_STATE_BOOT);
        assert_int_equal(record().active_size_bytes, 0);
        assert_int_equal(boot_ok(), CP_STATE_BOOT);
        assert_int_equal(board->power.op_count, 0);
        end();
    }
}

static void test_restore_of_damaged_active(void **context) {
    (void)context;
    for (size_t kind = 0; kind < KIND_COUNT; kind++) {
        begin_signed(kind);
        board->boot.verifies_each_boot = true;
        give_factory(RAM_OLD);
        assert_int_equal(boot_ok(), CP_STATE_BOOT);
        assert_int_equal(board->power.op_count, 0);
        board->active.bytes[board->boot.active.offset_bytes + 70] ^= 1;
        assert_int_equal(boot_ok(), CP_STATE_BOOT);
        expect_active(RAM_OLD);
        assert_int_equal(boot_ok(), CP_STATE_BOOT);
        assert_int_equal(board->power.op_count, 0);
        end();
    }
}

// An error on the way is one of ACTIVE, which is not whole any more.
static void test_restore_fails(void **context) {
    (void)context;
    for (uint32_t at = 0; at < 9; at++) {
        begin_signed(0);
        start();
        assert_int_equal(cp_updater_request_image(&board->updater, 100), CP_OK);
        boot_ok();
        confirm();
        boot_ok();
        board->boot.verifies_each_boot = true;
        give_factory(RAM_OLD);
        board->active.bytes[board->boot.active.offset_bytes + 70] ^= 1;
        rig_fault = (struct rig_fault){
            .where = &board->boot.active, .from = at, .to = UINT32_MAX, .is_silent = at % 2};
        enum cp_state state;
        assert_int_equal(boot(&state), CP_ERR_FLASH);
        assert_int_equal(record().kind, CP_JOURNAL_RESTORE);
        rig_no_fault();
        assert_int_equal(boot_ok(), CP_STATE_BOOT);
        expect_active(RAM_OLD);
        assert_int_equal(record().active_size_bytes, 0); // that of FACTORY is not known
        end();
    }
}

// Cut anywhere, it begins again and ends.
static void test_restore_is_resumed(void **context) {
    (void)context;
    uint32_t at = 0;
    for (bool was_cut = true; was_cut; at++) {
        begin(at % KIND_COUNT);
        damage(0);
        damage(1);
        give_factory(RAM_NEW);
        power_on();
        board->power.cut_at_op = at / KIND_COUNT;
        board->power.tears = at % 2 != 0;
        enum cp_state state;
        const int err = ram_boot(board, &state);
        was_cut = board->power.is_off || at % KIND_COUNT != KIND_COUNT - 1;
        assert_true(err == CP_OK || board->power.is_off);
        assert_int_equal(boot_ok(), CP_STATE_BOOT);
        expect_active(RAM_NEW);
        end();
    }
    assert_true(at / KIND_COUNT > 10);
}

// --- a bootloader with another page unit

static void test_other_page_count(void **context) {
    (void)context;
    static const uint8_t tried[] = {CP_JOURNAL_SWAP, CP_JOURNAL_REVERTING};
    for (uint32_t i = 0; i < 4; i++) {
        begin(i);
        struct cp_journal journal = record();
        journal.kind = tried[i % 2];
        journal.page_count = RIG_PAGE_COUNT + 1;
        journal.steps_done = 1 + i / 2 * 7;
        store(&journal);
        enum cp_state state;
        assert_int_equal(boot(&state), CP_ERR_LAYOUT);
        assert_int_equal(board->power.op_count, 0);
        end();
    }
}

// --- power cuts and failing operations, everywhere in a life

struct life {
    const char *name;
    void (*prepare)(void);    // up to the boot that is disturbed
    enum ram_image images[2]; // that may be in ACTIVE afterwards
    enum ram_image in_the_end;
};

static void prepare_swap(void) {
    request();
}

static void prepare_revert(void) {
    to_trial();
    start();
}

static void prepare_second_attempt(void) {
    board->boot.trial_attempts = 2;
    to_trial();
    start();
}

static void prepare_settle(void) {
    to_trial();
    confirm();
}

static void prepare_refusal(void) {
    request();
    board->boot.verifier = &verifier;
    signer.refused = &board->boot.dfu;
}

static void prepare_refusal_of_active(void) {
    request();
    board->boot.verifier = &verifier;
    signer.refused = &board->boot.active;
}

static const struct life lives[] = {
    {"swap", prepare_swap, {RAM_OLD, RAM_NEW}, RAM_NEW},
    {"revert", prepare_revert, {RAM_NEW, RAM_OLD}, RAM_OLD},
    {"second attempt", prepare_second_attempt, {RAM_NEW, RAM_NEW}, RAM_NEW},
    {"settle", prepare_settle, {RAM_NEW, RAM_NEW}, RAM_NEW},
    {"refusal", prepare_refusal, {RAM_OLD, RAM_OLD}, RAM_OLD},
    {"refusal of ACTIVE", prepare_refusal_of_active, {RAM_OLD, RAM_OLD}, RAM_OLD},
};
enum { LIFE_COUNT = sizeof(lives) / sizeof(lives[0]) };

static void expect_one_of(const struct life *life) {
    assert_true(ram_active_is(board, life->images[0]) || ram_active_is(board, life->images[1]));
}

// How it goes on once nothing disturbs it any more.
static void expect_end(const struct life *life) {
    rig_no_fault();
    for (uint32_t i = 0; i < 2; i++) {
        boot_ok();
        expect_active(life->in_the_end);
    }
}

// Cut at one operation, then in the boot after it at another one.
static uint32_t live_cut(const struct life *life, size_t kind, uint32_t at, uint32_t then_at,
                         bool tears) {
    begin(kind);
    life->prepare();
    enum cp_state state;
    const uint32_t cuts[2] = {at, then_at};
    uint32_t op_count = 0;
    for (uint32_t i = 0; i < 2; i++) {
        power_on();
        rig_fresh_pages = 0;
        board->power.cut_at_op = cuts[i];
        board->power.tears = tears;
        const int err = ram_boot(board, &state);
        op_count = i == 0 ? board->power.op_count : op_count;
        assert_true(err == CP_OK || board->power.is_off);
        if (err == CP_OK && !board->power.is_off) {
            expect_one_of(life);
        }
    }
    expect_end(life);
    end();
    return op_count;
}

static void test_cuts(void **context) {
    (void)context;
    for (size_t i = 0; i < LIFE_COUNT * KIND_COUNT; i++) {
        const struct life *life = &lives[i / KIND_COUNT];
        for (uint32_t at = 0;; at++) {
            uint32_t op_count = 0;
            for (uint32_t then = 0; then < 6; then++) {
                op_count = live_cut(life, i % KIND_COUNT, at, at * (then + 1) / 3 + then, then & 1);
            }
            if (op_count <= at) {
                break;
            }
        }
    }
}

// A boot has at most a swap and a revert, and of each page of STATE three records written and
// erased; each with so many tries.
#define ERASES_OF_DATA_MAX  (2 * TRIES_MAX)
#define ERASES_OF_STATE_MAX (3 * TRIES_MAX)

static uint32_t live_failing(const struct life *life, size_t kind, struct rig_fault fault) {
    begin(kind);
    life->prepare();
    forget_erases(&board->active);
    forget_erases(&board->dfu);
    forget_erases(&board->state);
    rig_fault = fault;
    enum cp_state state;
    const int err = boot(&state);
    const uint32_t count = rig_fault.count;
    assert_true(err == CP_OK || err == CP_ERR_FLASH);
    if (err == CP_OK) {
        expect_one_of(life);
    } else if (fault.to != UINT32_MAX) {
        fail_msg("%s: one failing operation ends a boot", life->name);
    }
    assert_true(erases_max(&board->active) <= ERASES_OF_DATA_MAX);
    assert_true(erases_max(&board->dfu) <= ERASES_OF_DATA_MAX);
    assert_true(erases_max(&board->state) <= ERASES_OF_STATE_MAX);
    // It may be on trial all the same, and was not started: nothing counts as failed.
    expect_end(life);
    end();
    return count;
}

static void test_failing_operations(void **context) {
    (void)context;
    const struct cp_partition *const places[] = {NULL, &board->boot.state, &board->boot.active,
                                                 &board->boot.dfu};
    for (size_t i = 0; i < LIFE_COUNT * 4 * 8; i++) {
        const struct life *life = &lives[i / 32];
        struct rig_fault fault = {
            .where = places[i / 8 % 4], .is_silent = i & 1, .is_partial = i & 2};
        for (size_t kind = 0; kind < KIND_COUNT; kind++) {
            uint32_t count;
            do {
                fault.to = i & 4 ? UINT32_MAX : fault.from + 1;
                count = live_failing(life, kind, fault);
                fault.from++;
            } while (count > fault.from - 1);
            fault.from = 0;
        }
    }
}

// Where STATE fails for good, what nothing has touched is started, boot after boot.
static void test_dead_state(void **context) {
    (void)context;
    for (size_t i = 0; i < LIFE_COUNT * KIND_COUNT; i++) {
        const struct life *life = &lives[i / KIND_COUNT];
        begin(i % KIND_COUNT);
        life->prepare();
        rig_fault = (struct rig_fault){.where = &board->boot.state, .to = UINT32_MAX};
        for (uint32_t j = 0; j < 3; j++) {
            boot_ok();
            expect_active(life->images[0]);
        }
        end();
    }
}

// Cut at one operation, and STATE fails for good from then on.
static uint32_t live_cut_then_dead(const struct life *life, size_t kind, uint32_t at,
                                   bool is_silent) {
    begin(kind);
    life->prepare();
    enum cp_state state;
    power_on();
    rig_fresh_pages = 0;
    board->power.cut_at_op = at;
    ram_boot(board, &state);
    const uint32_t op_count = board->power.op_count;
    rig_fault =
        (struct rig_fault){.where = &board->boot.state, .to = UINT32_MAX, .is_silent = is_silent};
    const int err = boot(&state);
    // An image that is refused after the swap is not started though it cannot be sent back.
    assert_true(err == CP_OK || err == CP_ERR_FLASH || err == CP_ERR_IMAGE);
    if (err == CP_OK) {
        expect_one_of(life);
    }
    expect_end(life);
    end();
    return op_count;
}

static void test_dead_state_after_a_cut(void **context) {
    (void)context;
    for (size_t i = 0; i < LIFE_COUNT * KIND_COUNT * 2; i++) {
        uint32_t at = 0;
        while (live_cut_then_dead(&lives[i / 2 / KIND_COUNT], i / 2 % KIND_COUNT, at, i % 2) > at) {
            at++;
        }
    }
}

// --- what is asked and not yet given

// A FACTORY that cannot be copied is refused before anything is touched.
static void test_factory_is_checked(void **context) {
    (void)context;
    begin(0);
    board->boot.factory = &rig.factory_partition;
    rig.factory_partition.size_bytes -= RIG_PAGE_BYTES; // smaller than ACTIVE
    assert_int_not_equal(cp_boot_check(&board->boot), CP_OK);
    rig.factory_partition.size_bytes += RIG_PAGE_BYTES;
    rig.factory_partition.offset_bytes += rig.factory.flash.size_bytes;
    assert_int_not_equal(cp_boot_check(&board->boot), CP_OK);
    rig.factory_partition = board->boot.active; // overlaps
    assert_int_not_equal(cp_boot_check(&board->boot), CP_OK);
    end();
}

// What a restore by another bootloader left, and this one has no FACTORY.
static void test_restore_without_factory(void **context) {
    (void)context;
    begin(0);
    struct cp_journal journal = record();
    journal.kind = CP_JOURNAL_RESTORE;
    store(&journal);
    enum cp_state state;
    assert_int_equal(boot(&state), CP_ERR_IMAGE);
    end();
}

// STATE is dead when the detach is to be forgotten: ACTIVE is whole, and may be started.
static void test_detach_with_dead_state(void **context) {
    (void)context;
    begin(0);
    detach();
    rig_fault = (struct rig_fault){.where = &board->boot.state, .to = UINT32_MAX};
    boot_ok();
    end();
}

// STATE dies when the last step of a revert is recorded: OLD is whole, and may be started.
static void test_settle_of_revert_with_dead_state(void **context) {
    (void)context;
    begin(0);
    to_trial();
    start();
    struct cp_journal journal = record();
    journal.kind = CP_JOURNAL_REVERTING;
    journal.page_count = RIG_PAGE_COUNT;
    journal.steps_done = 0;
    store(&journal);
    for (uint32_t step = 0; step < STEP_COUNT; step++) {
        assert_int_equal(cp_swap_step(&board->boot, true, step), CP_OK);
    }
    journal = record();
    for (uint32_t step = 1; step <= STEP_COUNT; step++) {
        assert_int_equal(cp_journal_append(&board->boot.state, &journal, CP_JOURNAL_STEP, step),
                         CP_OK);
    }
    expect_active(RAM_OLD);
    rig_fault = (struct rig_fault){.where = &board->boot.state, .to = UINT32_MAX};
    boot_ok();
    end();
}

// Failed trials are counted as far as they may be.
static void test_many_attempts(void **context) {
    (void)context;
    begin(0);
    board->boot.trial_attempts = 300;
    to_trial();
    uint32_t failed = 0;
    enum cp_state state = CP_STATE_SWAP;
    while (state == CP_STATE_SWAP && failed < 1000) {
        start();
        state = boot_ok();
        failed++;
    }
    assert_int_equal(state, CP_STATE_REVERT);
    end();
}

// A bootloader with another page unit cannot undo what this one swapped.
static void test_other_page_count_on_trial(void **context) {
    (void)context;
    begin(0);
    board->boot.trial_attempts = 2;
    to_trial();
    start();
    assert_int_equal(boot_ok(), CP_STATE_SWAP); // TRIAL
    start();
    struct cp_journal journal = record();
    assert_int_equal(journal.page_count, RIG_PAGE_COUNT); // or nobody can tell
    end();
}

static void test_other_page_count_when_trial_fails(void **context) {
    (void)context;
    begin(0);
    to_trial();
    start();
    struct cp_journal journal = record();
    journal.kind = CP_JOURNAL_TRIAL;
    journal.steps_done = 0;
    journal.page_count = RIG_PAGE_COUNT + 1;
    store(&journal);
    start();
    enum cp_state state;
    assert_int_equal(boot(&state), CP_ERR_LAYOUT);
    assert_int_equal(board->power.op_count, 0);
    expect_active(RAM_NEW);
    end();
}

// The count of failed trials stops where its byte ends.
static void test_no_more_failed_trials(void **context) {
    (void)context;
    begin(0);
    board->boot.trial_attempts = 300;
    to_trial();
    struct cp_journal journal = record();
    journal.kind = CP_JOURNAL_TRIAL;
    journal.steps_done = 0;
    journal.failed_trials = UINT8_MAX;
    store(&journal);
    start();
    assert_int_equal(boot_ok(), CP_STATE_REVERT);
    expect_active(RAM_OLD);
    end();
}

// Where ACTIVE is verified at each boot it is, whatever fails in STATE.
static void test_each_boot_with_dead_state(void **context) {
    (void)context;
    begin_signed(0);
    board->boot.verifies_each_boot = true;
    request();
    board->active.bytes[board->boot.active.offset_bytes + 70] ^= 1;
    rig_fault = (struct rig_fault){.where = &board->boot.state, .to = UINT32_MAX};
    enum cp_state state;
    assert_int_equal(boot(&state), CP_ERR_IMAGE);
    end();
}

// Found to be bad, and the order to restore it cannot be written: it is not started.
static void test_bad_image_with_dead_state(void **context) {
    (void)context;
    begin_signed(0);
    board->boot.verifies_each_boot = true;
    give_factory(RAM_OLD);
    board->active.bytes[board->boot.active.offset_bytes + 70] ^= 1;
    rig_fault = (struct rig_fault){.where = &board->boot.state, .to = UINT32_MAX};
    enum cp_state state;
    assert_int_not_equal(boot(&state), CP_OK);
    end();
}

// The image on trial is not started unverified because its record cannot be written.
static void test_trial_with_dead_state_is_verified(void **context) {
    (void)context;
    begin_signed(0);
    to_trial();
    board->active.bytes[board->boot.active.offset_bytes + 70] ^= 1;
    rig_fault = (struct rig_fault){.where = &board->boot.state, .to = UINT32_MAX};
    enum cp_state state;
    assert_int_not_equal(boot(&state), CP_OK);
    end();
}

// What a revert brings back was in DFU meanwhile, where others may have written to it.
static void test_reverted_image_is_verified(void **context) {
    (void)context;
    begin_signed(0);
    board->boot.verifies_each_boot = true;
    to_trial();
    start();
    board->dfu.bytes[board->boot.dfu.offset_bytes + 2 * RIG_PAGE_BYTES] ^= 1;
    enum cp_state state;
    assert_int_equal(boot(&state), CP_ERR_IMAGE);
    end();
}

#define ON_EACH_KIND(name)                                                                         \
    static void test_##name(void **context) {                                                      \
        (void)context;                                                                             \
        for_each_kind(check_##name);                                                               \
    }

ON_EACH_KIND(blank_boots) ON_EACH_KIND(confirmed) ON_EACH_KIND(not_confirmed)
ON_EACH_KIND(not_started) ON_EACH_KIND(reset_causes) ON_EACH_KIND(reset_by_trusted_application)
ON_EACH_KIND(attempts) ON_EACH_KIND(confirmed_at_second_attempt)
ON_EACH_KIND(marks_are_stored_once) ON_EACH_KIND(start_after_confirm)
ON_EACH_KIND(confirm_without_trial) ON_EACH_KIND(guards_of_a_trial)
ON_EACH_KIND(request_after_confirm) ON_EACH_KIND(erases_of_an_update) ON_EACH_KIND(second_update)
ON_EACH_KIND(request_twice) ON_EACH_KIND(detach_once) ON_EACH_KIND(detach_after_revert)
ON_EACH_KIND(detach_after_confirm) ON_EACH_KIND(request_in_dfu_mode)
ON_EACH_KIND(calls_of_the_format) ON_EACH_KIND(feeds)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blank_boots),
        cmocka_unit_test(test_confirmed),
        cmocka_unit_test(test_not_confirmed),
        cmocka_unit_test(test_not_started),
        cmocka_unit_test(test_reset_causes),
        cmocka_unit_test(test_reset_by_trusted_application),
        cmocka_unit_test(test_attempts),
        cmocka_unit_test(test_confirmed_at_second_attempt),
        cmocka_unit_test(test_marks_are_stored_once),
        cmocka_unit_test(test_start_after_confirm),
        cmocka_unit_test(test_confirm_without_trial),
        cmocka_unit_test(test_guards_of_a_trial),
        cmocka_unit_test(test_request_after_confirm),
        cmocka_unit_test(test_erases_of_an_update),
        cmocka_unit_test(test_second_update),
        cmocka_unit_test(test_request_twice),
        cmocka_unit_test(test_detach_once),
        cmocka_unit_test(test_detach_after_revert),
        cmocka_unit_test(test_detach_after_confirm),
        cmocka_unit_test(test_request_in_dfu_mode),
        cmocka_unit_test(test_calls_of_the_format),
        cmocka_unit_test(test_feeds),
        cmocka_unit_test(test_dfu_is_refused),
        cmocka_unit_test(test_active_is_refused_after_the_swap),
        cmocka_unit_test(test_active_is_refused_on_trial),
        cmocka_unit_test(test_size_is_that_of_the_request),
        cmocka_unit_test(test_updater_refuses),
        cmocka_unit_test(test_downgrades),
        cmocka_unit_test(test_least_counter),
        cmocka_unit_test(test_counter_rises_when_confirmed),
        cmocka_unit_test(test_counter_rises_with_the_next_request),
        cmocka_unit_test(test_verifier_fails),
        cmocka_unit_test(test_each_boot),
        cmocka_unit_test(test_restore_of_damaged_state),
        cmocka_unit_test(test_restore_of_damaged_active),
        cmocka_unit_test(test_restore_fails),
        cmocka_unit_test(test_restore_is_resumed),
        cmocka_unit_test(test_other_page_count),
        cmocka_unit_test(test_cuts),
        cmocka_unit_test(test_failing_operations),
        cmocka_unit_test(test_factory_is_checked),
        cmocka_unit_test(test_restore_without_factory),
        cmocka_unit_test(test_detach_with_dead_state),
        cmocka_unit_test(test_settle_of_revert_with_dead_state),
        cmocka_unit_test(test_many_attempts),
        cmocka_unit_test(test_other_page_count_on_trial),
        cmocka_unit_test(test_other_page_count_when_trial_fails),
        cmocka_unit_test(test_no_more_failed_trials),
        cmocka_unit_test(test_each_boot_with_dead_state),
        cmocka_unit_test(test_bad_image_with_dead_state),
        cmocka_unit_test(test_trial_with_dead_state_is_verified),
        cmocka_unit_test(test_reverted_image_is_verified),
        cmocka_unit_test(test_dead_state),
        cmocka_unit_test(test_dead_state_after_a_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

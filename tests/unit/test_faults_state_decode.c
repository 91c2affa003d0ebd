// test_faults_state_decode.c: STATE in words, of bytes laid out by hand as the documents say.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include <cmocka.h>

#include "faults/state_decode.h"

#define PAGE_BYTES  256u
#define STATE_BYTES (2 * PAGE_BYTES)

static uint8_t bytes[STATE_BYTES];
static uint8_t doubts[STATE_BYTES / 4];
static struct cp_state_view view;

static int erased(void **state) {
    (void)state;
    view = (struct cp_state_view){.format = "seed",
                                  .bytes = bytes,
                                  .doubts = doubts,
                                  .size_bytes = STATE_BYTES,
                                  .page_size_bytes = PAGE_BYTES,
                                  .write_size_bytes = 4,
                                  .erase_value = 0xFF,
                                  .page_unit_count = 2};
    memset(bytes, 0xFF, sizeof(bytes));
    memset(doubts, 0, sizeof(doubts));
    return 0;
}

static void expect_text(const char *expected) {
    char text[256];
    cp_state_decode(&view, text, sizeof(text));
    assert_string_equal(text, expected);
}

// --- seed

static void seed_word(uint32_t word, uint8_t value) {
    memset(bytes + word * view.write_size_bytes, value, view.write_size_bytes);
}

static void test_seed_magics(void **state) {
    (void)state;
    expect_text("seed: magic erased, read as Boot");
    seed_word(0, 0xD0);
    expect_text("seed: Boot");
    seed_word(0, 0xC0);
    expect_text("seed: Revert");
    seed_word(0, 0xE0);
    expect_text("seed: Detach");
    bytes[2] = 0xC0; // not the same in all its bytes
    expect_text("seed: magic e0 e0 c0 e0 is none, read as Boot");
}

static void test_seed_progress(void **state) {
    (void)state;
    seed_word(0, 0xF0);
    expect_text("seed: Swap, 0 of 4 swap steps");
    for (uint32_t step = 0; step < 3; step++) {
        seed_word(2 + step, 0x00);
    }
    expect_text("seed: Swap, 3 of 4 swap steps");
    bytes[4 * 4] = 0xFF; // one byte of the third step is still erased
    expect_text("seed: Swap, 2 of 4 swap steps");
    seed_word(4, 0x00);
    seed_word(5, 0x00);
    expect_text("seed: Swap, all 4 swap steps");
    seed_word(6, 0x00);
    expect_text("seed: Swap, swapped, 1 of 4 revert steps");
    bytes[5] = 0xFE;
    expect_text("seed: Swap, progress not valid");
}

static void test_seed_of_other_flash(void **state) {
    (void)state;
    view.write_size_bytes = 8;
    view.erase_value = 0x00; // as on STM32L0
    memset(bytes, 0x00, sizeof(bytes));
    expect_text("seed: magic erased, read as Boot");
    seed_word(0, 0xF0);
    seed_word(2, 0xFF);
    expect_text("seed: Swap, 1 of 4 swap steps");
}

static void test_seed_torn(void **state) {
    (void)state;
    seed_word(0, 0xF0);
    doubts[0] = 1;
    expect_text("seed: Swap (torn), 0 of 4 swap steps");
    doubts[0] = 0;
    doubts[1] = doubts[3] = doubts[4] = 1;
    expect_text("seed: Swap, 0 of 4 swap steps, validity torn, step 2 torn and 1 more");
    view.doubts = NULL;
    expect_text("seed: Swap, 0 of 4 swap steps");
}

static void test_seed_too_small(void **state) {
    (void)state;
    view.page_unit_count = STATE_BYTES;
    expect_text("seed: STATE is too small");
}

// --- journal

static void put32(uint8_t *to, uint32_t value) {
    for (int i = 0; i < 4; i++) {
        to[i] = (uint8_t)(value >> 8 * i);
    }
}

struct record {
    uint8_t kind, order, failed_trials, flags;
    uint32_t page_count, image_bytes, id;
};

static uint8_t *half_at(uint32_t half) {
    return bytes + half * PAGE_BYTES;
}

static void put_header(uint32_t half, struct record record) {
    uint8_t *header = half_at(half);
    memcpy(header, "CPJ1", 4);
    header[4] = record.kind;
    header[5] = record.order;
    header[6] = record.failed_trials;
    header[7] = record.flags;
    put32(header + 8, record.page_count);
    put32(header + 12, record.image_bytes);
    put32(header + 16, 0);
    put32(header + 20, 0);
    put32(header + 24, record.id);
    put32(header + 28, (uint32_t)crc32(0, header, 28));
}

static void put_record(uint32_t half, struct record record) {
    put_header(half, record);
    memset(half_at(half) + 32, (uint8_t)~view.erase_value, view.write_size_bytes);
}

static void put_slot(uint32_t half, uint32_t slot, uint32_t mark, uint32_t value) {
    const uint32_t payload = mark << 12 | value;
    const uint32_t unit = view.write_size_bytes;
    uint8_t *at = half_at(half) + 32 + (1 + slot) * unit;
    for (uint32_t i = 0; i < unit; i += 4) {
        put32(at + i, payload | (~payload & 0xFFFFu) << 16);
    }
}

static int journal(void **state) {
    erased(state);
    view.format = "journal";
    return 0;
}

static void test_journal_without_record(void **state) {
    (void)state;
    expect_text("journal: no record yet, read as IDLE; all erased");
    bytes[0] = 0;
    expect_text("journal: no record yet, read as IDLE; half 0 no record; half 1 erased");
    half_at(1)[0] = 0;
    expect_text("journal: no record can be read; half 0 no record; half 1 no record");
}

static void test_journal_which_half(void **state) {
    (void)state;
    put_record(0, (struct record){.kind = 1});
    expect_text("journal: half 0 counts: IDLE; half 1 erased");
    put_record(1, (struct record){.kind = 2, .order = 1, .page_count = 2});
    expect_text("journal: half 1 counts: SWAP, 0 of 4 steps; half 0 older, IDLE");
    put_record(0, (struct record){.kind = 4, .order = 1, .page_count = 2});
    expect_text("journal: half 0 counts: REVERTING, 0 of 4 steps; half 1 older, "
                "SWAP, 0 of 4 steps");
    half_at(0)[9] ^= 1; // no CRC that fits
    expect_text("journal: half 1 counts: SWAP, 0 of 4 steps; half 0 header not whole");
    memset(half_at(1) + 32, 0xF0, 4);
    expect_text("journal: no record can be read; half 0 header not whole; half 1 not sealed, "
                "SWAP, 0 of 4 steps");
}

static void test_journal_slots(void **state) {
    (void)state;
    put_record(1, (struct record){.kind = 3, .failed_trials = 1});
    put_slot(1, 0, 2, 0);
    expect_text("journal: half 1 counts: TRIAL, attempt 2, STARTED; half 0 erased");
    put_slot(1, 2, 3, 0); // behind one that is erased
    expect_text("journal: half 1 counts: TRIAL, attempt 2, STARTED, CONFIRMED; half 0 erased");
    erased(state);
    view.format = "journal";
    put_record(0, (struct record){.kind = 2, .page_count = 2, .flags = 1});
    put_slot(0, 0, 1, 1);
    memset(half_at(0) + 32 + 4 + 4, 0x3C, 4); // no mark
    put_slot(0, 2, 1, 4);
    put_slot(0, 7, 1, 2); // behind four erased ones in a row: out of use
    expect_text("journal: half 0 counts: SWAP, all 4 steps, on trial, last update undone; "
                "half 1 erased");
    put_record(0, (struct record){.kind = 9});
    expect_text("journal: half 0 counts: a record of unknown kind 9; half 1 erased");
}

static void test_journal_download(void **state) {
    (void)state;
    put_record(0, (struct record){7, 0, 0, 0, 4, 1000, 0x00C0FFEE});
    put_slot(0, 0, 4, 3);
    put_slot(0, 1, 4, 0);
    put_slot(0, 2, 4, 3); // twice
    expect_text("journal: half 0 counts: DOWNLOAD, 2 of 4 pages, 1000 bytes, id 00c0ffee; "
                "half 1 erased");
}

static void test_journal_detach_and_restore(void **state) {
    (void)state;
    put_record(0, (struct record){.kind = 5});
    expect_text("journal: half 0 counts: DETACH; half 1 erased");
    put_record(0, (struct record){.kind = 6});
    expect_text("journal: half 0 counts: RESTORE; half 1 erased");
}

static void test_journal_direct(void **state) {
    (void)state;
    view.is_direct = true;
    put_record(0, (struct record){.kind = 3, .flags = 4});
    expect_text("journal: half 0 counts: TRIAL, slot A trusted, slot B runs, attempt 1; "
                "half 1 erased");
    put_record(0, (struct record){.kind = 2, .flags = 2 | 4});
    expect_text("journal: half 0 counts: SWAP, slot B trusted; half 1 erased");
}

static void test_journal_torn(void **state) {
    (void)state;
    put_record(0, (struct record){.kind = 1});
    doubts[32 / 4] = 1;
    expect_text("journal: half 0 counts: IDLE (seal torn); half 1 erased");
    doubts[32 / 4 + 1] = doubts[32 / 4 + 2] = doubts[1] = 1;
    expect_text("journal: half 0 counts: IDLE (header torn) (seal torn) (2 slots torn); "
                "half 1 erased");
    memset(doubts, 0, sizeof(doubts));
    memset(doubts + PAGE_BYTES / 4, 1, PAGE_BYTES / 4);
    expect_text("journal: half 0 counts: IDLE; half 1 erased (torn)");
}

static void test_journal_of_wide_units(void **state) {
    (void)state;
    view.write_size_bytes = 16;
    put_record(0, (struct record){.kind = 2, .page_count = 1});
    put_slot(0, 0, 1, 1);
    put_slot(0, 1, 1, 2);
    memset(half_at(0) + 32 + 2 * 16 + 12, 0xFF, 4); // not the same throughout
    expect_text("journal: half 0 counts: SWAP, 1 of 2 steps; half 1 erased");
}

// --- others

static void test_other_formats(void **state) {
    (void)state;
    view.format = "mine";
    expect_text("mine: a format that is not known here");
}

static void test_text_that_does_not_fit(void **state) {
    (void)state;
    char text[12];
    memset(text, 'x', sizeof(text));
    cp_state_decode(&view, text, 10);
    assert_string_equal(text, "seed: mag");
    assert_int_equal(text[10], 'x');
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_seed_magics, erased),
        cmocka_unit_test_setup(test_seed_progress, erased),
        cmocka_unit_test_setup(test_seed_of_other_flash, erased),
        cmocka_unit_test_setup(test_seed_torn, erased),
        cmocka_unit_test_setup(test_seed_too_small, erased),
        cmocka_unit_test_setup(test_journal_without_record, journal),
        cmocka_unit_test_setup(test_journal_which_half, journal),
        cmocka_unit_test_setup(test_journal_slots, journal),
        cmocka_unit_test_setup(test_journal_download, journal),
        cmocka_unit_test_setup(test_journal_detach_and_restore, journal),
        cmocka_unit_test_setup(test_journal_direct, journal),
        cmocka_unit_test_setup(test_journal_torn, journal),
        cmocka_unit_test_setup(test_journal_of_wide_units, journal),
        cmocka_unit_test_setup(test_other_formats, erased),
        cmocka_unit_test_setup(test_text_that_does_not_fit, erased),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

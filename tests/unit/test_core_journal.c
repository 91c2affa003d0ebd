// test_core_journal.c: the record of the format `journal`, byte by byte and through failures.

#include "tests/unit/journal_rig.h"

enum { HEADER_BYTES = 32, TRIES_MAX = 3 };

struct fixture {
    struct ram_power power;
    struct ram_flash ram;
    struct cp_partition state;
    uint32_t unit_bytes, half_bytes;
    uint8_t erased, full;
};

static void begin(struct fixture *f, struct rig_kind kind) {
    *f = (struct fixture){.unit_bytes = rig_unit_bytes(kind.write_size_bytes),
                          .erased = kind.erase_value,
                          .full = (uint8_t)~kind.erase_value};
    ram_power_on(&f->power);
    rig_no_fault();
    f->state = rig_state(&f->ram, &f->power, kind.write_size_bytes, kind.erase_value,
                         kind.reprograms_full);
    f->half_bytes = f->state.size_bytes / RIG_PAGE_BYTES / 2 * RIG_PAGE_BYTES;
}

static void end(struct fixture *f) {
    rig_no_fault();
    ram_check_guards(&f->ram);
    ram_flash_free(&f->ram);
}

static void for_each_kind(void (*test)(struct fixture *f)) {
    for (size_t i = 0; i < RIG_UNIT_COUNT * 4; i++) {
        struct fixture f;
        begin(&f, (struct rig_kind){rig_write_sizes[i / 4], i % 2 ? 0x00 : 0xFF, i / 2 % 2 != 0});
        test(&f);
        end(&f);
    }
}

static uint8_t *half_of(struct fixture *f, uint32_t half) {
    return f->ram.bytes + f->state.offset_bytes + half * f->half_bytes;
}

static uint8_t *slot_of(struct fixture *f, uint32_t half, uint32_t slot) {
    return half_of(f, half) + HEADER_BYTES + (1 + slot) * f->unit_bytes;
}

static bool is_all(const uint8_t *bytes, uint32_t size_bytes, uint8_t value) {
    for (uint32_t i = 0; i < size_bytes; i++) {
        if (bytes[i] != value) {
            return false;
        }
    }
    return true;
}

static bool is_erased(struct fixture *f, uint32_t half) {
    return is_all(half_of(f, half), f->half_bytes, f->erased);
}

static struct cp_journal load(struct fixture *f) {
    struct cp_journal journal;
    memset(&journal, 0xA5, sizeof(journal));
    assert_int_equal(cp_journal_load(&f->state, &journal), CP_OK);
    return journal;
}

static void refuses_load(struct fixture *f) {
    struct cp_journal journal;
    assert_int_equal(cp_journal_load(&f->state, &journal), CP_ERR_STATE);
}

// Everything that a header stores.
static struct cp_journal filled(uint8_t kind) {
    return (struct cp_journal){
        .kind = kind,
        .failed_trials = 7,
        .is_reverted = true,
        .page_count = RIG_PAGE_COUNT,
        .image_size_bytes = 0x01020304,
        .active_size_bytes = 0x05060708,
        .security_counter = 0x090A0B0C,
        .image_security_counter = 0x0D0E0F10,
    };
}

static void expect_same(const struct cp_journal *a, const struct cp_journal *b) {
    assert_int_equal(a->kind, b->kind);
    assert_int_equal(a->failed_trials, b->failed_trials);
    assert_int_equal(a->is_reverted, b->is_reverted);
    assert_int_equal(a->is_started, b->is_started);
    assert_int_equal(a->is_confirmed, b->is_confirmed);
    assert_int_equal(a->steps_done, b->steps_done);
    assert_int_equal(a->page_count, b->page_count);
    assert_int_equal(a->image_size_bytes, b->image_size_bytes);
    assert_int_equal(a->active_size_bytes, b->active_size_bytes);
    assert_int_equal(a->security_counter, b->security_counter);
    assert_int_equal(a->image_security_counter, b->image_security_counter);
}

// A first record, in half 0.
static struct cp_journal stored(struct fixture *f, uint8_t kind) {
    struct cp_journal journal = load(f);
    const struct cp_journal wanted = filled(kind);
    const uint8_t half = journal.half, order = journal.order;
    journal = wanted;
    journal.half = half;
    journal.order = order;
    assert_int_equal(cp_journal_rewrite(&f->state, &journal), CP_OK);
    return journal;
}

// --- what is stored

static void check_blank_is_idle(struct fixture *f) {
    const struct cp_journal journal = load(f);
    const struct cp_journal idle = {.kind = CP_JOURNAL_IDLE};
    expect_same(&journal, &idle);
    assert_false(journal.is_stored);
    assert_int_equal(f->power.op_count, 0);
}

static void check_round_trip(struct fixture *f) {
    for (uint8_t kind = CP_JOURNAL_IDLE; kind <= CP_JOURNAL_RESTORE; kind++) {
        struct cp_journal journal = load(f);
        const uint8_t half = journal.half, order = journal.order;
        const bool is_stored = journal.is_stored;
        journal = filled(kind);
        journal.half = half;
        journal.order = order;
        journal.is_stored = is_stored;
        journal.is_started = journal.is_confirmed = true; // marks are not taken over
        assert_int_equal(cp_journal_rewrite(&f->state, &journal), CP_OK);
        const struct cp_journal read = load(f);
        expect_same(&read, &journal);
        assert_false(read.is_started);
        assert_false(read.is_confirmed);
        assert_true(read.is_stored);
        assert_int_equal(read.half, half ^ 1);
    }
}

static uint32_t crc32_bitwise(const uint8_t *data, uint32_t size_bytes) {
    uint32_t crc = 0xFFFFFFFF;
    for (uint32_t i = 0; i < 8 * size_bytes; i++) {
        const uint32_t bit = (crc ^ (uint32_t)(data[i / 8] >> i % 8)) & 1;
        crc = crc >> 1 ^ (bit ? 0xEDB88320 : 0);
    }
    return ~crc;
}

static void check_bytes_of_header(struct fixture *f) {
    struct cp_journal journal = stored(f, CP_JOURNAL_SWAP);
    static const uint8_t expected[28] = {'C',
                                         'P',
                                         'J',
                                         '1',
                                         CP_JOURNAL_SWAP,
                                         0,
                                         7,
                                         1,
                                         RIG_PAGE_COUNT,
                                         0,
                                         0,
                                         0,
                                         4,
                                         3,
                                         2,
                                         1,
                                         8,
                                         7,
                                         6,
                                         5,
                                         12,
                                         11,
                                         10,
                                         9,
                                         16,
                                         15,
                                         14,
                                         13};
    const uint8_t *header = half_of(f, 0);
    assert_int_equal(journal.half, 0);
    assert_memory_equal(header, expected, sizeof(expected));
    const uint32_t crc = crc32_bitwise(expected, sizeof(expected));
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(header[28 + i], (uint8_t)(crc >> 8 * i));
    }
    assert_true(is_all(header + HEADER_BYTES, f->unit_bytes, f->full)); // the seal
    assert_true(is_all(slot_of(f, 0, 0), 14 * f->unit_bytes, f->erased));
    assert_true(is_erased(f, 1));
}

static void expect_slot(struct fixture *f, uint32_t slot, uint32_t payload) {
    const uint32_t word = payload | (~payload & 0xFFFF) << 16;
    for (uint32_t i = 0; i < f->unit_bytes; i++) {
        assert_int_equal(slot_of(f, 0, slot)[i], (uint8_t)(word >> 8 * (i % 4)));
    }
}

static void check_marks(struct fixture *f) {
    struct cp_journal journal = stored(f, CP_JOURNAL_SWAP);
    for (uint32_t step = 1; step <= 2 * RIG_PAGE_COUNT; step++) {
        assert_int_equal(cp_journal_append(&f->state, &journal, CP_JOURNAL_STEP, step), CP_OK);
        expect_slot(f, step - 1, 0x1000 | step);
        assert_int_equal(load(f).steps_done, step);
        assert_int_equal(load(f).slot, step);
    }
    assert_int_equal(cp_journal_append(&f->state, &journal, CP_JOURNAL_STARTED, 0), CP_OK);
    expect_slot(f, 6, 0x2000);
    assert_true(load(f).is_started);
    assert_false(load(f).is_confirmed);
    assert_int_equal(cp_journal_append(&f->state, &journal, CP_JOURNAL_CONFIRMED, 0), CP_OK);
    expect_slot(f, 7, 0x3000);
    assert_true(load(f).is_confirmed);
    assert_int_equal(load(f).slot, 8);
    assert_int_equal(load(f).steps_done, 2 * RIG_PAGE_COUNT);
}

// Steps that are done are written into the other half one by one.
static void check_rewrite_keeps_steps(struct fixture *f) {
    struct cp_journal journal = stored(f, CP_JOURNAL_SWAP);
    journal.steps_done = 5;
    assert_int_equal(cp_journal_replace(&f->state, &journal), CP_OK);
    const struct cp_journal read = load(f);
    assert_int_equal(read.half, 1);
    assert_int_equal(read.steps_done, 5);
    assert_int_equal(read.slot, 5);
    assert_int_equal(journal.slot, 5);
    assert_true(is_erased(f, 0));
    assert_int_equal(cp_journal_append(&f->state, &journal, CP_JOURNAL_STEP, 6), CP_OK);
    assert_int_equal(load(f).steps_done, 6);
}

// With both halves valid the newer one counts, for ever.
static void check_newer_half_wins(struct fixture *f) {
    struct cp_journal journal = stored(f, CP_JOURNAL_IDLE);
    for (uint32_t i = 0; i < 9; i++) {
        journal.image_size_bytes = i;
        assert_int_equal(cp_journal_rewrite(&f->state, &journal), CP_OK);
        assert_int_equal(load(f).image_size_bytes, i);
        assert_int_equal(load(f).half, (i + 1) % 2);
        assert_int_equal(load(f).order, journal.order);
    }
    for (uint32_t i = 0; i < 5; i++) {
        journal.image_size_bytes = 100 + i;
        assert_int_equal(cp_journal_replace(&f->state, &journal), CP_OK);
        assert_int_equal(load(f).image_size_bytes, 100 + i);
        assert_true(is_erased(f, journal.half ^ 1));
    }
}

static void check_begin_takes_half_0(struct fixture *f) {
    memset(half_of(f, 0), 0x3C, f->half_bytes);
    memset(half_of(f, 1), 0x3C, f->half_bytes);
    refuses_load(f);
    struct cp_journal journal = filled(CP_JOURNAL_RESTORE);
    journal.half = 1;
    assert_int_equal(cp_journal_begin(&f->state, &journal), CP_OK);
    assert_int_equal(journal.half, 0);
    const struct cp_journal read = load(f);
    expect_same(&read, &journal);
}

// --- what is not a record

static void check_each_byte_of_header_counts(struct fixture *f) {
    stored(f, CP_JOURNAL_SWAP);
    memset(half_of(f, 1), 0x3C, f->unit_bytes); // so that it is not a STATE never written
    for (uint32_t i = 0; i < HEADER_BYTES + f->unit_bytes; i++) {
        for (uint32_t bit = 0; bit < 8; bit++) {
            half_of(f, 0)[i] ^= (uint8_t)(1u << bit);
            refuses_load(f);
            half_of(f, 0)[i] ^= (uint8_t)(1u << bit);
        }
    }
    assert_int_equal(load(f).kind, CP_JOURNAL_SWAP);
}

// What was there before is in force until the seal is whole.
static void check_older_one_when_newer_is_torn(struct fixture *f) {
    struct cp_journal journal = stored(f, CP_JOURNAL_IDLE);
    for (uint32_t i = 0; i < 4; i++) {
        const struct cp_journal before = journal;
        journal.kind = CP_JOURNAL_SWAP;
        assert_int_equal(cp_journal_rewrite(&f->state, &journal), CP_OK);
        half_of(f, journal.half)[HEADER_BYTES + f->unit_bytes - 1] ^= 0x10;
        const struct cp_journal read = load(f);
        expect_same(&read, &before);
        assert_int_equal(read.half, before.half);
        journal = before;
        assert_int_equal(cp_journal_replace(&f->state, &journal), CP_OK);
    }
}

// The first record of all is not finished, and half 1 was never written.
static void check_first_record_torn(struct fixture *f) {
    stored(f, CP_JOURNAL_SWAP);
    half_of(f, 0)[HEADER_BYTES] = f->erased;
    const struct cp_journal journal = load(f);
    assert_int_equal(journal.kind, CP_JOURNAL_IDLE);
    assert_false(journal.is_stored);
}

static void check_both_halves_damaged(struct fixture *f) {
    struct cp_journal journal = stored(f, CP_JOURNAL_SWAP);
    assert_int_equal(cp_journal_rewrite(&f->state, &journal), CP_OK);
    half_of(f, 0)[5] ^= 1;
    half_of(f, 1)[5] ^= 1;
    refuses_load(f);
    memset(half_of(f, 0), f->erased, f->half_bytes);
    refuses_load(f);
}

static void check_unreadable_is_torn(struct fixture *f) {
    struct cp_journal journal = stored(f, CP_JOURNAL_IDLE);
    journal.kind = CP_JOURNAL_SWAP;
    assert_int_equal(cp_journal_rewrite(&f->state, &journal), CP_OK); // in half 1
    assert_int_equal(cp_journal_append(&f->state, &journal, CP_JOURNAL_STEP, 1), CP_OK);
    const uint32_t record_bytes = HEADER_BYTES + f->unit_bytes;
    for (uint32_t at = 0; at < record_bytes + f->unit_bytes; at += 4) {
        rig_unreadable = half_of(f, 1) + at;
        assert_int_equal(load(f).kind, at < record_bytes ? CP_JOURNAL_IDLE : CP_JOURNAL_SWAP);
        assert_int_equal(load(f).steps_done, 0);
        rig_unreadable = half_of(f, 0) + at;
        assert_int_equal(load(f).kind, CP_JOURNAL_SWAP);
        assert_int_equal(load(f).steps_done, 1);
        assert_int_equal(load(f).is_other_valid, at >= record_bytes);
    }
}

// --- slots

static void check_torn_slots_are_passed_over(struct fixture *f) {
    struct cp_journal journal = stored(f, CP_JOURNAL_SWAP);
    assert_int_equal(cp_journal_append(&f->state, &journal, CP_JOURNAL_STEP, 1), CP_OK);
    slot_of(f, 0, 1)[f->unit_bytes - 1] = 0x42; // torn
    assert_int_equal(load(f).slot, 2);
    assert_int_equal(load(f).steps_done, 1);
    journal.slot = 5; // three more read as erased
    assert_int_equal(cp_journal_append(&f->state, &journal, CP_JOURNAL_STEP, 2), CP_OK);
    assert_int_equal(load(f).steps_done, 2);
    assert_int_equal(load(f).slot, 6);
    journal.slot = 10; // four do not
    assert_int_equal(cp_journal_append(&f->state, &journal, CP_JOURNAL_STEP, 3), CP_OK);
    assert_int_equal(load(f).steps_done, 2);
}

static void check_each_bit_of_slot_counts(struct fixture *f) {
    struct cp_journal journal = stored(f, CP_JOURNAL_SWAP);
    assert_int_equal(cp_journal_append(&f->state, &journal, CP_JOURNAL_STEP, 5), CP_OK);
    for (uint32_t i = 0; i < f->unit_bytes; i++) {
        for (uint32_t bit = 0; bit < 8; bit++) {
            slot_of(f, 0, 0)[i] ^= (uint8_t)(1u << bit);
            assert_int_equal(load(f).steps_done, 0);
            slot_of(f, 0, 0)[i] ^= (uint8_t)(1u << bit);
        }
    }
    assert_int_equal(load(f).steps_done, 5);
}

static void check_unknown_mark_says_nothing(struct fixture *f) {
    struct cp_journal journal = stored(f, CP_JOURNAL_SWAP);
    for (uint32_t mark = 4; mark < 9; mark++) {
        const int err = cp_journal_append(&f->state, &journal, (enum cp_journal_mark)mark, 9);
        assert_int_equal(err, CP_OK);
    }
    const struct cp_journal read = load(f);
    assert_int_equal(read.steps_done, 0);
    assert_false(read.is_started || read.is_confirmed);
}

static void check_no_slot_left(struct fixture *f) {
    struct cp_journal journal = stored(f, CP_JOURNAL_SWAP);
    const uint32_t count = (f->half_bytes - HEADER_BYTES) / f->unit_bytes - 1;
    for (uint32_t i = 0; i < count; i++) {
        assert_int_equal(cp_journal_append(&f->state, &journal, CP_JOURNAL_STEP, i), CP_OK);
    }
    const uint32_t op_count = f->power.op_count;
    assert_int_equal(cp_journal_append(&f->state, &journal, CP_JOURNAL_STEP, 1), CP_ERR_FLASH);
    assert_int_equal(f->power.op_count, op_count);
    assert_int_equal(load(f).steps_done, count - 1);
    assert_int_equal(load(f).slot, count);
}

// --- operations that fail

static void check_append_takes_another_slot(struct fixture *f) {
    for (uint32_t i = 0; i < 4; i++) {
        struct cp_journal journal = stored(f, CP_JOURNAL_SWAP);
        rig_fault = (struct rig_fault){.to = 2, .is_silent = i % 2 != 0, .is_partial = i > 1};
        assert_int_equal(cp_journal_append(&f->state, &journal, CP_JOURNAL_STEP, 1), CP_OK);
        assert_int_equal(journal.slot, 3);
        assert_int_equal(load(f).steps_done, 1);
        rig_no_fault();
        assert_int_equal(cp_journal_append(&f->state, &journal, CP_JOURNAL_STEP, 2), CP_OK);
        assert_int_equal(load(f).steps_done, 2);
        memset(half_of(f, 0), f->erased, 2 * f->half_bytes);
    }
}

static void check_append_gives_up(struct fixture *f) {
    for (uint32_t i = 0; i < 2; i++) {
        struct cp_journal journal = stored(f, CP_JOURNAL_SWAP);
        rig_fault = (struct rig_fault){.to = UINT32_MAX, .is_silent = i != 0};
        assert_int_equal(cp_journal_append(&f->state, &journal, CP_JOURNAL_STEP, 1), CP_ERR_FLASH);
        assert_int_equal(rig_fault.count, TRIES_MAX);
        rig_no_fault();
        assert_int_equal(load(f).steps_done, 0);
        memset(half_of(f, 0), f->erased, 2 * f->half_bytes);
    }
}

static void check_append_reads_back(struct fixture *f) {
    struct cp_journal journal = stored(f, CP_JOURNAL_SWAP);
    ram_power_on(&f->power);
    f->power.fail_at_read = 0;
    assert_int_equal(cp_journal_append(&f->state, &journal, CP_JOURNAL_STEP, 1), CP_OK);
    assert_int_equal(journal.slot, 2);
}

static const struct rig_fault failures[] = {
    {.is_silent = false, .is_partial = false},
    {.is_silent = false, .is_partial = true},
    {.is_silent = true, .is_partial = false},
    {.is_silent = true, .is_partial = true},
};
enum { FAILURE_COUNT = sizeof(failures) / sizeof(failures[0]) };

static uint32_t erases_max(const struct fixture *f) {
    uint32_t most = 0;
    for (uint32_t page = 0; page < f->ram.flash.size_bytes / RIG_PAGE_BYTES; page++) {
        most = f->ram.erases_of_page[page] > most ? f->ram.erases_of_page[page] : most;
    }
    return most;
}

static void forget_erases(struct fixture *f) {
    memset(f->ram.erases_of_page, 0, sizeof(uint32_t) * (f->ram.flash.size_bytes / RIG_PAGE_BYTES));
}

// Replace a SWAP of three steps by an IDLE while operation `at` fails; says how many there were.
static uint32_t replace_failing(struct fixture *f, struct rig_fault failure, uint32_t at,
                                bool is_persistent) {
    memset(half_of(f, 0), f->erased, 2 * f->half_bytes);
    struct cp_journal journal = stored(f, CP_JOURNAL_SWAP);
    journal.steps_done = 3;
    assert_int_equal(cp_journal_replace(&f->state, &journal), CP_OK);
    const struct cp_journal before = journal;
    cp_journal_settle(&journal, true);
    const struct cp_journal wanted = journal;
    forget_erases(f);
    rig_fault = failure;
    rig_fault.from = at;
    rig_fault.to = is_persistent ? UINT32_MAX : at + 1;
    const int err = cp_journal_replace(&f->state, &journal);
    const uint32_t count = rig_fault.count;
    rig_no_fault();
    assert_true(erases_max(f) <= TRIES_MAX);
    const struct cp_journal read = load(f);
    if (err == CP_OK) {
        expect_same(&read, &wanted);
        assert_int_equal(read.half, before.half ^ 1);
        assert_false(read.is_other_valid);
    } else {
        assert_int_equal(err, CP_ERR_FLASH);
        assert_true(is_persistent);
        // As it was, or the new one in force with the old one still there.
        expect_same(&read, read.kind == CP_JOURNAL_IDLE ? &wanted : &before);
        assert_int_equal(journal.half, read.half);
    }
    return count;
}

static void check_replace_when_operations_fail(struct fixture *f) {
    for (uint32_t i = 0; i < 2 * FAILURE_COUNT; i++) {
        uint32_t at = 0;
        while (replace_failing(f, failures[i / 2], at, i % 2 != 0) > at) {
            at++;
        }
        assert_true(at > 5);
    }
}

// Where a unit with all bits programmed may be programmed again, the seal in force is made
// firm before the other half is touched; elsewhere it is left alone.
static void check_firm_up(struct fixture *f) {
    struct cp_journal journal = stored(f, CP_JOURNAL_IDLE);
    rig_fault = (struct rig_fault){.to = UINT32_MAX};
    forget_erases(f);
    assert_int_equal(cp_journal_rewrite(&f->state, &journal), CP_ERR_FLASH);
    assert_int_equal(erases_max(f), f->ram.flash.reprograms_full ? 0 : TRIES_MAX);
    assert_int_equal(rig_fault.count, TRIES_MAX);
}

// --- what is not in use

// Another record in the half not in use goes, where a power loss could bring it back.
static void check_tidy_discards_another_record(struct fixture *f) {
    struct cp_journal journal = stored(f, CP_JOURNAL_SWAP);
    assert_int_equal(cp_journal_tidy(&f->state, &journal), CP_OK); // there is none
    assert_true(is_erased(f, 1));
    journal.kind = CP_JOURNAL_IDLE;
    assert_int_equal(cp_journal_rewrite(&f->state, &journal), CP_OK);
    const bool is_due = f->ram.flash.reprograms_full;
    for (uint32_t i = 0; i < 2; i++) {
        const uint32_t op_count = f->power.op_count;
        journal = load(f);
        assert_int_equal(journal.is_other_valid, i == 0 || !is_due);
        assert_int_equal(cp_journal_tidy(&f->state, &journal), CP_OK);
        assert_int_equal(f->power.op_count > op_count, i == 0 && is_due);
        assert_int_equal(is_erased(f, 0), is_due);
        assert_int_equal(load(f).kind, CP_JOURNAL_IDLE);
    }
}

static void check_tidy_leaves_the_same_record(struct fixture *f) {
    struct cp_journal journal = stored(f, CP_JOURNAL_IDLE);
    assert_int_equal(cp_journal_rewrite(&f->state, &journal), CP_OK);
    journal = load(f);
    const uint32_t op_count = f->power.op_count;
    assert_int_equal(cp_journal_tidy(&f->state, &journal), CP_OK);
    assert_int_equal(f->power.op_count, op_count);
}

// One that was not sealed may read as sealed later: what counts is written over it.
static void check_tidy_writes_over_an_unsealed_record(struct fixture *f) {
    struct cp_journal journal = stored(f, CP_JOURNAL_IDLE);
    const struct cp_journal idle = journal;
    journal.kind = CP_JOURNAL_SWAP;
    assert_int_equal(cp_journal_rewrite(&f->state, &journal), CP_OK);
    half_of(f, 1)[HEADER_BYTES] ^= 1;
    journal = load(f);
    assert_int_equal(journal.kind, CP_JOURNAL_IDLE);
    assert_int_equal(cp_journal_tidy(&f->state, &journal), CP_OK);
    const struct cp_journal read = load(f);
    expect_same(&read, &idle);
    assert_int_equal(read.half, f->ram.flash.reprograms_full);
    assert_int_equal(read.is_other_valid, f->ram.flash.reprograms_full);
    assert_int_equal(journal.half, read.half);
    const uint32_t op_count = f->power.op_count;
    journal = read;
    assert_int_equal(cp_journal_tidy(&f->state, &journal), CP_OK);
    assert_int_equal(f->power.op_count, op_count);
}

static void check_tidy_when_operations_fail(struct fixture *f) {
    struct cp_journal journal = stored(f, CP_JOURNAL_SWAP);
    journal.kind = CP_JOURNAL_IDLE;
    assert_int_equal(cp_journal_rewrite(&f->state, &journal), CP_OK);
    journal = load(f);
    const bool is_due = f->ram.flash.reprograms_full;
    for (uint32_t at = 0; at < 2; at++) { // the seal, and the erase
        rig_fault = (struct rig_fault){.from = at, .to = UINT32_MAX};
        forget_erases(f);
        assert_int_equal(cp_journal_tidy(&f->state, &journal), is_due ? CP_ERR_FLASH : CP_OK);
        assert_true(erases_max(f) <= TRIES_MAX);
        assert_int_equal(load(f).kind, CP_JOURNAL_IDLE);
        rig_no_fault();
    }
    assert_int_equal(cp_journal_tidy(&f->state, &journal), CP_OK);
    assert_int_equal(load(f).kind, CP_JOURNAL_IDLE);
}

// --- without a flash

static void test_is_trial(void **context) {
    (void)context;
    for (uint8_t kind = CP_JOURNAL_IDLE; kind <= CP_JOURNAL_RESTORE; kind++) {
        struct cp_journal journal = {.kind = kind};
        assert_int_equal(cp_journal_is_trial(&journal), kind == CP_JOURNAL_TRIAL);
        journal.steps_done = 1;
        assert_int_equal(cp_journal_is_trial(&journal),
                         kind == CP_JOURNAL_TRIAL || kind == CP_JOURNAL_SWAP);
    }
}

static void test_settle(void **context) {
    (void)context;
    struct cp_journal journal = filled(CP_JOURNAL_TRIAL);
    journal.steps_done = 3;
    cp_journal_settle(&journal, false);
    struct cp_journal wanted = {
        .kind = CP_JOURNAL_IDLE,
        .is_reverted = true,
        .active_size_bytes = 0x05060708,
        .security_counter = 0x090A0B0C,
    };
    expect_same(&journal, &wanted);
    journal = filled(CP_JOURNAL_TRIAL);
    cp_journal_settle(&journal, true);
    wanted.active_size_bytes = 0x01020304;
    wanted.security_counter = 0x0D0E0F10;
    expect_same(&journal, &wanted);
    journal.image_security_counter = 0x0D0E0F0F; // the counter never falls
    cp_journal_settle(&journal, true);
    assert_int_equal(journal.security_counter, 0x0D0E0F10);
}

static int check_pages(uint32_t pages, uint32_t page_bytes, uint32_t write_bytes,
                       uint32_t page_count) {
    const struct cp_flash flash = {.size_bytes = pages * page_bytes,
                                   .erase_size_bytes = page_bytes,
                                   .write_size_bytes = write_bytes};
    const struct cp_partition state = {&flash, 0, pages * page_bytes};
    return cp_journal_check(&state, page_count);
}

static void test_check(void **context) {
    (void)context;
    // 32 + 4 + (2 * 16 + 8) * 4 = 196 bytes a half
    for (uint32_t write_bytes = 1; write_bytes <= 4; write_bytes *= 2) {
        assert_int_equal(check_pages(2, 196, write_bytes, 16), CP_OK);
        assert_int_equal(check_pages(2, 192, write_bytes, 16), CP_ERR_LAYOUT);
        assert_int_equal(check_pages(2, 196, write_bytes, 17), CP_ERR_LAYOUT);
    }
    assert_int_equal(check_pages(2, 32 + 32 + 10 * 32, 32, 1), CP_OK);
    assert_int_equal(check_pages(2, 32 + 32 + 9 * 32, 32, 1), CP_ERR_LAYOUT);
    assert_int_equal(check_pages(1, 4096, 4, 1), CP_ERR_LAYOUT); // one page is no two halves
    assert_int_equal(check_pages(3, 196, 4, 17), CP_ERR_LAYOUT); // the third is left over
    assert_int_equal(check_pages(4, 98, 2, 16), CP_OK);
    // One pair of 4-KiB pages holds 64 KiB, and a pair of sectors the most steps there are.
    assert_int_equal(check_pages(2, 4096, 32, 16), CP_OK);
    assert_int_equal(check_pages(2, 131072, 32, 2040), CP_OK);
    assert_int_equal(check_pages(2, 131072, 4, 2047), CP_OK);
    assert_int_equal(check_pages(2, 131072, 4, 2048), CP_ERR_LAYOUT);
    assert_int_equal(check_pages(2, 131072, 4, 0x80000001), CP_ERR_LAYOUT);
    assert_int_equal(check_pages(2, 131072, 4, UINT32_MAX), CP_ERR_LAYOUT);
}

static int check_download(uint32_t page_bytes, uint32_t page_count) {
    const struct cp_flash flash = {
        .size_bytes = 2 * page_bytes, .erase_size_bytes = page_bytes, .write_size_bytes = 4};
    const struct cp_partition state = {&flash, 0, 2 * page_bytes};
    return cp_journal_check_pages(&state, page_count);
}

// A slot for each page that is downloaded, and eight.
static void test_check_pages(void **context) {
    (void)context;
    assert_int_equal(check_download(32 + 4 + 7 * 4, 0), CP_ERR_LAYOUT);
    assert_int_equal(check_download(32 + 4 + 8 * 4, 0), CP_OK);
    assert_int_equal(check_download(32 + 4 + 8 * 4, 1), CP_ERR_LAYOUT);
    assert_int_equal(check_download(32 + 4 + 11 * 4, 3), CP_OK);
    assert_int_equal(check_download(32 + 4 + 11 * 4, 4), CP_ERR_LAYOUT);
    assert_int_equal(check_download(131072, CP_JOURNAL_STEPS_MAX), CP_OK); // as a mark can tell
    assert_int_equal(check_download(131072, CP_JOURNAL_STEPS_MAX + 1), CP_ERR_LAYOUT);
}

#define ON_EACH_KIND(name)                                                                         \
    static void test_##name(void **context) {                                                      \
        (void)context;                                                                             \
        for_each_kind(check_##name);                                                               \
    }

ON_EACH_KIND(blank_is_idle)
ON_EACH_KIND(round_trip)
ON_EACH_KIND(bytes_of_header)
ON_EACH_KIND(marks)
ON_EACH_KIND(rewrite_keeps_steps)
ON_EACH_KIND(newer_half_wins)
ON_EACH_KIND(begin_takes_half_0)
ON_EACH_KIND(each_byte_of_header_counts)
ON_EACH_KIND(older_one_when_newer_is_torn)
ON_EACH_KIND(first_record_torn)
ON_EACH_KIND(both_halves_damaged)
ON_EACH_KIND(unreadable_is_torn)
ON_EACH_KIND(torn_slots_are_passed_over)
ON_EACH_KIND(each_bit_of_slot_counts)
ON_EACH_KIND(unknown_mark_says_nothing)
ON_EACH_KIND(no_slot_left)
ON_EACH_KIND(append_takes_another_slot)
ON_EACH_KIND(append_gives_up)
ON_EACH_KIND(append_reads_back)
ON_EACH_KIND(replace_when_operations_fail)
ON_EACH_KIND(firm_up)
ON_EACH_KIND(tidy_writes_over_an_unsealed_record)
ON_EACH_KIND(tidy_leaves_the_same_record)
ON_EACH_KIND(tidy_discards_another_record)
ON_EACH_KIND(tidy_when_operations_fail)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blank_is_idle),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_bytes_of_header),
        cmocka_unit_test(test_marks),
        cmocka_unit_test(test_rewrite_keeps_steps),
        cmocka_unit_test(test_newer_half_wins),
        cmocka_unit_test(test_begin_takes_half_0),
        cmocka_unit_test(test_each_byte_of_header_counts),
        cmocka_unit_test(test_older_one_when_newer_is_torn),
        cmocka_unit_test(test_first_record_torn),
        cmocka_unit_test(test_both_halves_damaged),
        cmocka_unit_test(test_unreadable_is_torn),
        cmocka_unit_test(test_torn_slots_are_passed_over),
        cmocka_unit_test(test_each_bit_of_slot_counts),
        cmocka_unit_test(test_unknown_mark_says_nothing),
        cmocka_unit_test(test_no_slot_left),
        cmocka_unit_test(test_append_takes_another_slot),
        cmocka_unit_test(test_append_gives_up),
        cmocka_unit_test(test_append_reads_back),
        cmocka_unit_test(test_replace_when_operations_fail),
        cmocka_unit_test(test_firm_up),
        cmocka_unit_test(test_tidy_writes_over_an_unsealed_record),
        cmocka_unit_test(test_tidy_leaves_the_same_record),
        cmocka_unit_test(test_tidy_discards_another_record),
        cmocka_unit_test(test_tidy_when_operations_fail),
        cmocka_unit_test(test_is_trial),
        cmocka_unit_test(test_settle),
        cmocka_unit_test(test_check),
        cmocka_unit_test(test_check_pages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

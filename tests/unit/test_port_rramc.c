// test_port_rramc.c: the RRAMC driver against its model, and each rule of the model broken
// by hand.
//
// An operation of the machine is the write of one line: that is what wears, and what a cut
// of power comes between.

#include "core/port/nrf/rramc.h"
#include "tests/unit/nordic_rig.h"

#define PART "nrf54l15"

enum { PAGE_BYTES = 4096, LINE_BYTES = 16, PAGE_LINES = PAGE_BYTES / LINE_BYTES };

struct rig {
    struct cp_machine *machine;
    struct cp_nrf_rramc rramc;
    struct cp_flash flash;
};

static void new_rig(struct rig *rig) {
    const struct cp_part *part = cp_part_find(PART);
    assert_non_null(part);
    rig->machine = rig_machine(PART);
    rig->rramc = (struct cp_nrf_rramc){part->registers_address, part->flash_address, 100};
    cp_nrf_rramc_flash(&rig->flash, &rig->rramc, part->size_bytes, PAGE_BYTES);
}

static struct rig_record use(struct rig *rig, void (*job)(void), uint32_t offset_bytes,
                             uint32_t size_bytes) {
    return rig_use(rig->machine, &rig->flash, job, offset_bytes, size_bytes);
}

static void ruin_line(struct cp_machine *machine, uint32_t offset_bytes) {
    struct cp_nor *nor = rig_nor(machine);
    const uint32_t word = offset_bytes / 4, cell = word / nor->words_per_cell;
    const struct cp_hash begun = cp_nor_begin_cell(nor, cell);
    for (uint32_t i = 0; i < LINE_BYTES / 4; i++) {
        cp_nor_put_uncorrectable(nor, word + i, 1);
    }
    cp_nor_end_cell(nor, cell, begun);
}

// --- the good sequence

static void check_page(struct rig *rig, uint32_t offset_bytes) {
    rig_fill_data();
    struct rig_record record = use(rig, job_program, offset_bytes, sizeof(rig_call.data));
    assert_int_equal(rig_call.result, CP_OK);
    assert_int_equal(record.programs, sizeof(rig_call.data) / LINE_BYTES); // each once
    assert_int_equal(record.erases, 0);
    rig_check_data(rig->machine, offset_bytes, sizeof(rig_call.data));
    const uint8_t third = rig_call.data[3];
    memset(rig_call.data, 0, sizeof(rig_call.data));
    use(rig, job_read, offset_bytes + 3, 29);
    assert_int_equal(rig_call.result, CP_OK);
    assert_int_equal(rig_call.data[0], third);
    record = use(rig, job_erase, offset_bytes, 0);
    assert_int_equal(rig_call.result, CP_OK);
    assert_int_equal(record.programs, sizeof(rig_call.data) / LINE_BYTES); // the others are 0xFF
    for (uint32_t i = 0; i < PAGE_BYTES; i += 4) {
        assert_int_equal(rig_word(rig->machine, offset_bytes + i), 0xFFFFFFFF);
    }
}

static void test_pages(void **context) {
    (void)context;
    struct rig rig;
    new_rig(&rig);
    cp_nor_set_word(rig_nor(rig.machine), PAGE_BYTES / 4, 7, 1); // on the page after
    check_page(&rig, 0);
    assert_int_equal(rig_word(rig.machine, PAGE_BYTES), 7);
    check_page(&rig, rig.flash.size_bytes - PAGE_BYTES);
    assert_int_equal(rig.flash.size_bytes, 1524 * 1024);
    assert_int_equal(rig.flash.write_size_bytes, LINE_BYTES);
    assert_int_equal(rig.flash.erase_size_bytes, PAGE_BYTES);
    cp_machine_destroy(rig.machine);
}

static void test_small_programs(void **context) {
    (void)context;
    struct rig rig;
    new_rig(&rig);
    rig_fill_data();
    static const uint32_t sizes_bytes[] = {16, 32, 496, 512, 528, 1040};
    for (uint32_t i = 0; i < 6; i++) {
        const struct rig_record record =
            use(&rig, job_program, i * PAGE_BYTES + 48, sizes_bytes[i]);
        assert_int_equal(rig_call.result, CP_OK);
        assert_int_equal(record.programs, sizes_bytes[i] / LINE_BYTES);
        rig_check_data(rig.machine, i * PAGE_BYTES + 48, sizes_bytes[i]);
        assert_int_equal(rig_word(rig.machine, i * PAGE_BYTES + 48 + sizes_bytes[i]), 0xFFFFFFFF);
    }
    cp_machine_destroy(rig.machine);
}

// Lines that are erased are not worn; the others are written from the first on.
static void test_erase_skips(void **context) {
    (void)context;
    struct rig rig;
    new_rig(&rig);
    assert_int_equal(use(&rig, job_erase, PAGE_BYTES, 0).programs, 0);
    assert_int_equal(rig_call.result, CP_OK);
    struct cp_nor *nor = rig_nor(rig.machine);
    static const uint32_t used_lines[] = {3, 31, 32, 100, 255};
    for (uint32_t i = 0; i < 5; i++) {
        cp_nor_set_word(nor, (PAGE_BYTES + used_lines[i] * LINE_BYTES) / 4 + i % 4, 0, 1);
    }
    rig_begin(rig.machine, job_erase);
    for (uint32_t i = 0; i < 5; i++) {
        const struct cp_event *event = cp_machine_run(rig.machine);
        assert_int_equal(event->kind, CP_EVENT_PROGRAM);
        assert_int_equal(event->word_count, 4);
        assert_int_equal(event->word, (PAGE_BYTES + used_lines[i] * LINE_BYTES) / 4);
        life_apply(rig.machine, event);
    }
    assert_int_equal(rig_finish(rig.machine).programs, 0);
    assert_int_equal(rig_call.result, CP_OK);
    cp_machine_destroy(rig.machine);
}

// --- errors

static void refuses(struct rig *rig, void (*job)(void), uint32_t offset_bytes, uint32_t size_bytes,
                    int expected) {
    const struct rig_record record = use(rig, job, offset_bytes, size_bytes);
    assert_int_equal(rig_call.result, expected);
    assert_int_equal(record.programs, 0);
    assert_int_equal(rig->machine->bus_accesses, 0);
}

static void test_refusals(void **context) {
    (void)context;
    struct rig rig;
    new_rig(&rig);
    const uint32_t size_bytes = rig.flash.size_bytes;
    refuses(&rig, job_read, size_bytes, 1, CP_ERR_BOUNDS);
    refuses(&rig, job_read, 8, UINT32_MAX - 3, CP_ERR_BOUNDS);
    refuses(&rig, job_program, size_bytes, 16, CP_ERR_BOUNDS);
    refuses(&rig, job_program, UINT32_MAX - 15, 16, CP_ERR_BOUNDS);
    refuses(&rig, job_program, 4, 16, CP_ERR_ALIGNMENT);
    refuses(&rig, job_program, 16, 20, CP_ERR_ALIGNMENT);
    refuses(&rig, job_erase, size_bytes, 0, CP_ERR_BOUNDS);
    refuses(&rig, job_erase, 2048, 0, CP_ERR_ALIGNMENT);
    cp_machine_destroy(rig.machine);
}

static void test_silent_failures(void **context) {
    (void)context;
    struct rig rig;
    new_rig(&rig);
    rig_fill_data();
    for (uint32_t bad_line = 0; bad_line < 3; bad_line++) {
        rig_not_done = bad_line;
        use(&rig, job_program, bad_line * PAGE_BYTES, 48);
        assert_int_equal(rig_call.result, CP_ERR_FLASH);
    }
    rig_not_done = 1;
    use(&rig, job_erase, 0, 0);
    assert_int_equal(rig_call.result, CP_ERR_FLASH);
    rig_not_done = RIG_NO_OPERATION;
    use(&rig, job_erase, 0, 0);
    assert_int_equal(rig_call.result, CP_OK);
    cp_machine_destroy(rig.machine);
}

static void test_uncorrectable(void **context) {
    (void)context;
    struct rig rig;
    new_rig(&rig);
    ruin_line(rig.machine, PAGE_BYTES + 32);
    use(&rig, job_read, PAGE_BYTES, 32);
    assert_int_equal(rig_call.result, CP_OK);
    for (uint32_t i = 32; i < 48; i += 5) {
        use(&rig, job_read, PAGE_BYTES + i, 1);
        assert_int_equal(rig_call.result, CP_ERR_FLASH);
    }
    assert_int_equal(use(&rig, job_erase, PAGE_BYTES, 0).programs, 1); // which repairs it
    assert_int_equal(rig_call.result, CP_OK);
    ruin_line(rig.machine, PAGE_BYTES + 32);
    rig_fill_data();
    use(&rig, job_program, PAGE_BYTES + 32, 16); // as does a write of the line
    assert_int_equal(rig_call.result, CP_OK);
    cp_machine_destroy(rig.machine);
}

#define REGISTERS 0x5004B000u

enum {
    CLRWRITEBUF = 0x004,
    COMMITWRITEBUF = 0x008,
    ACCESSERROR = 0x10C,
    READY = 0x400,
    ACCESSERRORADDR = 0x408,
    WRITEBUFEMPTY = 0x418,
    ECC_ERRORADDR = 0x420,
    CONFIG = 0x500,
    READYNEXTTIMEOUT = 0x50C,
    ERASEALL = 0x540,
    REGION3_CONFIG = 0x56C,
    REGION4_ADDRESS = 0x570,
    REGION4_CONFIG = 0x574,
};

#define BUFFER(lines) (1u | (lines) << 8)

static uint32_t get(uint32_t offset_bytes) {
    return mmio_read32(REGISTERS + offset_bytes);
}

static void set(uint32_t offset_bytes, uint32_t value) {
    mmio_write32(REGISTERS + offset_bytes, value);
}

// 4 KiB from page 2 on are protected, and locked so.
static void protect(void) {
    set(REGION4_ADDRESS, 2 * PAGE_BYTES);
    set(REGION4_CONFIG, 1u | 1u << 13 | 4u << 16);
    set(REGION4_CONFIG, 0);
}

static int results[6];

static void job_protected(void) {
    const struct cp_flash *flash = rig_call.flash;
    protect();
    results[0] = flash->program(flash, 2 * PAGE_BYTES, rig_call.data, 16);
    results[1] = flash->program(flash, 3 * PAGE_BYTES - 16, rig_call.data, 32);
    results[2] = flash->program(flash, 3 * PAGE_BYTES, rig_call.data, 16);
    results[3] = flash->erase(flash, 2 * PAGE_BYTES);
    results[4] = flash->erase(flash, PAGE_BYTES);
    results[5] = (int)get(ACCESSERROR);
}

static void test_protected(void **context) {
    (void)context;
    struct rig rig;
    new_rig(&rig);
    rig_fill_data();
    cp_nor_set_word(rig_nor(rig.machine), 2 * PAGE_BYTES / 4 + 9, 5, 1);
    const struct rig_record record = use(&rig, job_protected, 0, 0);
    static const int expected[] = {CP_ERR_FLASH, CP_ERR_FLASH, CP_OK, CP_ERR_FLASH, CP_OK, 0};
    assert_memory_equal(results, expected, sizeof(expected));
    assert_int_equal(record.programs, 2); // both in page 3
    cp_machine_destroy(rig.machine);
}

// Somebody's refused store of before is not taken for a refusal of this one.
static void job_after_refusal(void) {
    mmio_write32(64, 0);
    results[0] = (int)get(ACCESSERROR);
    job_program();
}

static void test_stale_refusal(void **context) {
    (void)context;
    struct rig rig;
    new_rig(&rig);
    rig_fill_data();
    use(&rig, job_after_refusal, 32, 16);
    assert_int_equal(results[0], 1);
    assert_int_equal(rig_call.result, CP_OK);
    rig_check_data(rig.machine, 32, 16);
    cp_machine_destroy(rig.machine);
}

// READY comes too late: the lines are written, an error is told and writing is off.
static void test_ready_too_late(void **context) {
    (void)context;
    struct rig rig;
    new_rig(&rig);
    rig.rramc.polls_max = 1;
    rig_call = (typeof(rig_call)){.flash = &rig.flash, .size_bytes = 16, .result = 1};
    const struct rig_record record = rig_run(rig.machine, job_program);
    assert_int_equal(rig_call.result, CP_ERR_FLASH);
    assert_int_equal(record.illegal, 1); // CONFIG is written while it is busy
    assert_int_equal(record.programs, 1);
    cp_machine_destroy(rig.machine);
}

// --- the model: the buffer

static uint32_t empty_seen[4];

static void store_lines(uint32_t address, uint32_t count) {
    for (uint32_t i = 0; i < count * 4; i++) {
        mmio_write32(address + 4 * i, i);
    }
}

static void close_rramc(void) {
    while (get(READY) == 0) {
    }
    set(CONFIG, 0);
}

static void fill_the_buffer(void) {
    set(CONFIG, BUFFER(4u));
    store_lines(0, 3);
    empty_seen[0] = get(WRITEBUFEMPTY);
    mmio_write32(48, 1);
    mmio_write32(52, 1);
    mmio_write32(56, 1);
    empty_seen[1] = get(WRITEBUFEMPTY);
    mmio_write32(60, 1); // now it is full
    empty_seen[2] = get(WRITEBUFEMPTY);
    close_rramc();
}

static void leave_the_buffer(void) {
    set(CONFIG, BUFFER(4u));
    store_lines(0, 1);
    mmio_write32(64, 1); // the fifth line
    empty_seen[0] = get(WRITEBUFEMPTY);
    set(CLRWRITEBUF, 1); // forgets that one
    close_rramc();
}

static void read_the_buffer(void) {
    set(CONFIG, BUFFER(32u));
    store_lines(0, 3);
    empty_seen[0] = get(WRITEBUFEMPTY);
    (void)mmio_read32(64);
    empty_seen[1] = get(WRITEBUFEMPTY);
    empty_seen[3] = mmio_read32(20);
    empty_seen[2] = get(WRITEBUFEMPTY);
    close_rramc();
}

static void wait_for_timeout(void) {
    set(READYNEXTTIMEOUT, 1u << 31 | 128u);
    set(CONFIG, BUFFER(32u));
    store_lines(0, 3);
    empty_seen[0] = get(WRITEBUFEMPTY);
    close_rramc();
}

static void no_buffer(void) {
    set(CONFIG, BUFFER(0u));
    store_lines(0, 2);
    close_rramc();
}

static void commit_part_of_line(void) {
    set(CONFIG, BUFFER(32u));
    mmio_write32(4, 0x44444444);
    mmio_write16(10, 0x8888);
    mmio_write8(13, 0xCC);
    set(COMMITWRITEBUF, 1);
    close_rramc();
}

static void check_empty_seen(uint32_t first, uint32_t second, uint32_t third) {
    assert_int_equal(empty_seen[0], first);
    assert_int_equal(empty_seen[1], second);
    assert_int_equal(empty_seen[2], third);
    memset(empty_seen, 0, sizeof(empty_seen));
}

static void test_model_buffer(void **context) {
    (void)context;
    rig_expect_legal(PART, fill_the_buffer, 4);
    check_empty_seen(0, 0, 1);
    rig_expect_legal(PART, leave_the_buffer, 1);
    check_empty_seen(0, 0, 0);
    rig_expect_legal(PART, read_the_buffer, 3);
    assert_int_equal(empty_seen[3], 5);
    check_empty_seen(0, 0, 1);
    rig_expect_legal(PART, wait_for_timeout, 3);
    check_empty_seen(1, 0, 0);
    rig_expect_legal(PART, no_buffer, 8); // a line for each word
}

static void test_model_merges(void **context) {
    (void)context;
    struct cp_machine *machine = rig_machine(PART);
    for (uint32_t i = 0; i < 4; i++) {
        cp_nor_set_word(rig_nor(machine), i, 0x11111111 * i, 1);
    }
    assert_int_equal(rig_run(machine, commit_part_of_line).programs, 1);
    assert_int_equal(rig_word(machine, 0), 0);
    assert_int_equal(rig_word(machine, 4), 0x44444444);
    assert_int_equal(rig_word(machine, 8), 0x88882222);
    assert_int_equal(rig_word(machine, 12), 0x3333CC33);
    assert_int_equal(rig_run(machine, no_buffer).illegal, 0);
    assert_int_equal(rig_word(machine, 12), 3);
    ruin_line(machine, 0);
    const struct rig_record record = rig_run(machine, commit_part_of_line);
    assert_non_null(strstr(record.message, "written in part while it is uncorrectable"));
    cp_machine_destroy(machine);
}

// What is in the buffer when the power fails was never written.
static void stop_with_lines(void) {
    set(CONFIG, BUFFER(32u));
    store_lines(0, 3);
}

static void test_model_loses_buffer(void **context) {
    (void)context;
    struct cp_machine *machine = rig_machine(PART);
    assert_int_equal(rig_run(machine, stop_with_lines).programs, 0);
    assert_int_equal(rig_run(machine, commit_part_of_line).programs, 1); // nothing of before
    assert_int_equal(rig_word(machine, 16), 0xFFFFFFFF);
    cp_machine_destroy(machine);
}

// --- the model: what it refuses with a flag, and what is illegal

static uint32_t errors_seen[4];

static void store_without_enable(void) {
    mmio_write32(32, 0);
    mmio_write32(48, 0);
    errors_seen[0] = get(ACCESSERROR);
    errors_seen[1] = get(ACCESSERRORADDR);
    set(ACCESSERROR, 0);
    errors_seen[2] = get(ACCESSERROR);
}

static void read_uncorrectable(void) {
    uint32_t word;
    errors_seen[0] = get(ECC_ERRORADDR);
    errors_seen[1] = mmio_read32_guarded(68, &word);
    errors_seen[2] = get(ECC_ERRORADDR);
    (void)mmio_read32_guarded(100, &word);
    errors_seen[3] = get(ECC_ERRORADDR);
}

static void read_unguarded(void) {
    (void)mmio_read32(68);
}

static void test_model_flags(void **context) {
    (void)context;
    rig_expect_legal(PART, store_without_enable, 0);
    static const uint32_t stores[] = {1, 32, 0};
    assert_memory_equal(errors_seen, stores, sizeof(stores));
    struct cp_machine *machine = rig_machine(PART);
    ruin_line(machine, 64);
    ruin_line(machine, 96);
    assert_int_equal(rig_run(machine, read_uncorrectable).illegal, 0);
    static const uint32_t reads[] = {0x00FFFFFF, 0, 68, 68};
    assert_memory_equal(errors_seen, reads, sizeof(reads));
    const struct rig_record record = rig_run(machine, read_unguarded);
    assert_int_equal(record.end, CP_EVENT_CRASH);
    assert_non_null(strstr(record.message, "bus fault"));
    cp_machine_destroy(machine);
}

static void config_while_busy(void) {
    set(CONFIG, BUFFER(1u));
    store_lines(0, 1);
    (void)get(READY); // not yet
    set(CONFIG, 0);
}

static void config_with_lines(void) {
    set(CONFIG, BUFFER(32u));
    store_lines(0, 1);
    set(CONFIG, 0);
}

static void too_large_a_buffer(void) {
    set(CONFIG, BUFFER(33u));
}

static void erase_all(void) {
    set(ERASEALL, 1);
}

static void others_region(void) {
    set(REGION3_CONFIG, 0);
}

static void no_register(void) {
    (void)get(0x600);
}

static void write_read_only(void) {
    set(WRITEBUFEMPTY, 1);
}

static void write_half_register(void) {
    mmio_write16(REGISTERS + CONFIG, 1);
}

static void test_model_illegal(void **context) {
    (void)context;
    rig_expect_illegal(PART, config_while_busy, "CONFIG written while lines are written", 1);
    rig_expect_illegal(PART, config_with_lines, "lines in the write buffer", 0);
    rig_expect_illegal(PART, too_large_a_buffer, "the buffer has 32 lines", 0);
    rig_expect_illegal(PART, erase_all, "erase the bootloader", 0);
    rig_expect_illegal(PART, others_region, "not for use", 0);
    rig_expect_illegal(PART, no_register, "does not have (+0x600)", 0);
    rig_expect_illegal(PART, write_read_only, "read-only", 0);
    rig_expect_illegal(PART, write_half_register, "registers are words", 0);
}

static void leave_enabled(void) {
    set(CONFIG, 1);
}

static void test_hand_over(void **context) {
    (void)context;
    struct cp_machine *machine = rig_machine(PART);
    rig_jumps = true;
    assert_non_null(strstr(rig_run(machine, leave_enabled).message, "WEN not disabled"));
    assert_non_null(strstr(rig_run(machine, stop_with_lines).message, "not in the RRAM"));
    assert_int_equal(rig_run(machine, no_buffer).illegal, 0);
    cp_machine_destroy(machine);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pages),           cmocka_unit_test(test_small_programs),
        cmocka_unit_test(test_erase_skips),     cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_silent_failures), cmocka_unit_test(test_uncorrectable),
        cmocka_unit_test(test_protected),       cmocka_unit_test(test_stale_refusal),
        cmocka_unit_test(test_ready_too_late),  cmocka_unit_test(test_model_buffer),
        cmocka_unit_test(test_model_merges),    cmocka_unit_test(test_model_loses_buffer),
        cmocka_unit_test(test_model_flags),     cmocka_unit_test(test_model_illegal),
        cmocka_unit_test(test_hand_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

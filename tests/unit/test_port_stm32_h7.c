// test_port_stm32_h7.c: the H7 driver on real parts of both lines, and each rule of the model.

#include "core/port/stm32/h7.h"
#include "tests/unit/port_rig.h"

#define REGISTERS 0x52002000u
#define FLASH     0x08000000u
#define KEYR      (REGISTERS + 0x04)
#define CR        (REGISTERS + 0x0C)
#define SR        (REGISTERS + 0x10)
#define CCR       (REGISTERS + 0x14)
#define ECC_FA    (REGISTERS + 0x60)
#define BANK_2    0x100u

enum {
    BSY = 1 << 0,
    WBNE = 1 << 1,
    QW = 1 << 2,
    EOP = 1 << 16,
    WRPERR = 1 << 17,
    PGSERR = 1 << 18,
    STRBERR = 1 << 19,
    INCERR = 1 << 21,
    OPERR = 1 << 22,
    DBECCERR = 1 << 26,
};
enum { LOCK = 1, PG = 2, SER = 4, BER = 8, PSIZE = 0x30, FW = 1 << 6, START = 1 << 7 };
enum { H7A_FW = 1 << 4, H7A_START = 1 << 5 };

enum { SECTOR = 128 * 1024, AT = SECTOR, MIB = 1 << 20 };

static struct cp_stm32_h7 h7;

static void open_part(const char *name, uint32_t window_at_bytes, uint32_t window_size_bytes) {
    rig_open(name);
    const uint32_t bank_bytes = rig.part.bank_size_bytes;
    h7 = (struct cp_stm32_h7){.registers_address = REGISTERS,
                              .flash_address = FLASH + window_at_bytes,
                              .bank1_address = FLASH,
                              .bank2_address = bank_bytes ? FLASH + bank_bytes : 0,
                              .is_h7a = rig.part.controller == CP_CONTROLLER_STM32_H7A,
                              .polls_max = 50};
    cp_stm32_h7_flash(&rig.flash, &h7, window_size_bytes, rig.part.erase_size_bytes);
}

static int setup(void **state) {
    (void)state;
    open_part("stm32h743zi", 0, 2 * MIB);
    return 0;
}

static int setup_h7a(void **state) {
    (void)state;
    open_part("stm32h7a3zi", 0, 2 * MIB);
    return 0;
}

// --- the driver

static void check_ends(void) {
    const uint32_t unit_bytes = rig.flash.write_size_bytes, size_bytes = rig.flash.size_bytes;
    assert_int_equal(unit_bytes, rig.part.write_size_bytes);
    rig_check_round(rig.flash.erase_size_bytes);
    rig_check_round(size_bytes - 2 * unit_bytes);
    if (h7.bank2_address != 0) {
        rig_check_round(MIB - 2 * unit_bytes);
        rig_check_round(MIB); // sector 0 of bank 2
    }
}

static void test_round(void **state) {
    check_ends();
    rig_close(state);
    open_part("stm32h723zg", 0, MIB);
    check_ends();
    rig_close(state);
    open_part("stm32h745zi", 0, 2 * MIB);
    check_ends();
}

static void test_round_h7a(void **state) {
    check_ends();
    rig_close(state);
    open_part("stm32h7b0vb", 0, SECTOR);
    check_ends();
}

// One sector, which is the bootloader's: the driver can only read.
static void test_single_sector(void **state) {
    rig_close(state);
    open_part("stm32h750vb", 0, SECTOR);
    assert_int_equal(rig_expect(rig_job_read, SECTOR - 4, 4, CP_OK), 0);
    assert_int_equal(rig_call(rig_job_erase, 0, 0).illegal, 1);
    assert_int_equal(rig.result, CP_ERR_FLASH);
}

// Bank 2 at 1 MiB although bank 1 ends at 512 KiB: sector 0 of bank 2, not 8 of bank 1.
static void test_gap(void **state) {
    rig_close(state);
    open_part("stm32h743vg", MIB, 4 * SECTOR);
    rig_fill_data();
    assert_int_equal(rig_expect(rig_job_program, 0, 64, CP_OK), 2);
    assert_int_not_equal(rig_word(MIB), 0xFFFFFFFF);
    assert_int_equal(rig_expect(rig_job_erase, 0, 0, CP_OK), 1);
    assert_int_equal(rig_word(MIB), 0xFFFFFFFF);
    assert_int_equal(rig_expect(rig_job_erase, 3 * SECTOR, 0, CP_OK), 1);
    assert_int_equal(rig_expect(rig_job_erase, 4 * SECTOR, 0, CP_ERR_BOUNDS), 0);
}

static void test_across_banks(void **state) {
    (void)state;
    rig_fill_data();
    assert_int_equal(rig_expect(rig_job_program, MIB - 32, 96, CP_OK), 3);
    assert_int_equal(rig_word(MIB - 32), 0x744F2A05);
    assert_int_not_equal(rig_word(MIB + 32), 0xFFFFFFFF);
    rig.answer = CP_DONE_REPORTED;
    rig.undone_after = 0;
    assert_int_equal(rig_expect(rig_job_program, 2 * SECTOR, 32, CP_ERR_FLASH), 1);
    assert_int_equal(rig_expect(rig_job_program, MIB + SECTOR, 32, CP_ERR_FLASH), 1);
}

static void test_refusals(void **state) {
    (void)state;
    rig_check_refusals();
}

static void test_failures(void **state) {
    (void)state;
    rig_check_failures(CP_DONE_REPORTED);
}

static void test_failures_h7a(void **state) {
    (void)state;
    rig_check_failures(CP_DONE_SILENT);
}

// The H7A has no OPERR: a failure that the H743 reports is as good as silent.
static void test_no_operr_h7a(void **state) {
    (void)state;
    rig_fill_data();
    rig.answer = CP_DONE_REPORTED;
    rig.undone_after = 0;
    assert_int_equal(rig_expect(rig_job_program, AT, 64, CP_ERR_FLASH), 4); // goes on to the end
}

static void test_programmed_twice(void **state) {
    (void)state;
    rig_fill_data();
    assert_int_equal(rig_expect(rig_job_program, AT, 32, CP_OK), 1);
    const struct rig_record record = rig_call(rig_job_program, AT, 32);
    assert_int_equal(record.illegal, 8); // for each word of 4 bytes
    assert_int_equal(record.programs, 1);
}

static void test_uncorrectable(void **state) {
    (void)state;
    rig_check_uncorrectable(AT + 64);
    rig_check_uncorrectable(MIB + AT);
}

static void read_bad_and_look(void) {
    rig_job_read();
    rig.seen[0] = mmio_read32(SR);
    rig.seen[1] = mmio_read32(SR + BANK_2);
}

static void test_flags_after_bad_read(void **state) {
    (void)state;
    rig_spoil(MIB + AT);
    rig_spoil(AT);
    for (uint32_t bank = 0; bank < 2; bank++) {
        rig.seen[0] = rig.seen[1] = 1;
        assert_int_equal(rig_call(read_bad_and_look, AT + bank * MIB, 4).illegal, 0);
        assert_int_equal(rig.result, CP_ERR_FLASH);
        assert_int_equal(rig.seen[0] | rig.seen[1], 0);
    }
}

static void erase_and_look(void) {
    rig_job_erase();
    rig.seen[0] = mmio_read32(CR);
}

static void test_keeps_parallelism(void **state) {
    (void)state;
    assert_int_equal(rig_call(erase_and_look, AT, 0).erases, 1);
    assert_int_equal(rig.seen[0] & PSIZE, PSIZE);
    assert_int_equal(rig.seen[0] & LOCK, LOCK);
}

static void test_protected(void **state) {
    (void)state;
    rig_fill_data();
    assert_int_equal(rig_call(rig_job_program, 0, 32).illegal, 1);
    assert_int_equal(rig.result, CP_ERR_FLASH);
    assert_int_equal(rig_call(rig_job_erase, 0, 0).illegal, 1);
    assert_int_equal(rig.result, CP_ERR_FLASH);
}

static void give_keys(void) {
    mmio_write32(KEYR, 0x45670123);
    mmio_write32(KEYR, 0xCDEF89AB);
}

static void begin(uint32_t control) {
    give_keys();
    mmio_write32(CR, control);
}

// PGSERR, and a buffer that is half filled.
static void leave_a_mess(void) {
    begin(PG);
    mmio_write32(FLASH + AT, 1);
    mmio_write32(FLASH + AT + 64, 1);
    mmio_write32(FLASH + AT + 64, 1);
    mmio_write32(CCR, PGSERR | INCERR);
    mmio_write32(FLASH + AT, 1);
    mmio_write32(FLASH + AT + 64, 1);
    rig.seen[0] = mmio_read32(SR);
}

static void test_after_others(void **state) {
    (void)state;
    rig_expect_legal(leave_a_mess, 0);
    assert_int_equal(rig.seen[0], INCERR | WBNE);
    rig_fill_data();
    rig.offset_bytes = AT;
    rig.size_bytes = 32;
    assert_int_equal(rig_go_on(rig_job_program).illegal, 0);
    assert_int_equal(rig.result, CP_OK);
}

static struct { uint32_t calls, address, size_bytes; } dropped;

static void drop_cache(uint32_t address, uint32_t size_bytes) {
    dropped.calls++;
    dropped.address = address;
    dropped.size_bytes = size_bytes;
}

static void test_cache(void **state) {
    (void)state;
    h7.drop_cache = drop_cache;
    memset(&dropped, 0, sizeof(dropped));
    rig_fill_data();
    assert_int_equal(rig_expect(rig_job_program, AT, 64, CP_OK), 2);
    assert_int_equal(dropped.calls, 1);
    assert_int_equal(dropped.address, FLASH + AT);
    assert_int_equal(dropped.size_bytes, 64);
    assert_int_equal(rig_expect(rig_job_erase, AT, 0, CP_OK), 1);
    assert_int_equal(dropped.calls, 2);
    assert_int_equal(dropped.size_bytes, SECTOR);
}

static void never_done(void) {
    begin(PG);
    for (uint32_t i = 0; i < 32; i += 4) {
        mmio_write32(FLASH + AT + i, i);
    }
    // The driver comes while the operation is queued, and does not wait long enough.
    h7.polls_max = 1;
    rig_job_erase();
}

static void test_never_done(void **state) {
    (void)state;
    rig.offset_bytes = AT;
    const struct rig_record record = rig_run(never_done);
    assert_int_equal(rig.result, CP_ERR_FLASH);
    assert_int_equal(record.erases + record.illegal, 0); // it keeps its hands off
}

// --- the model: keys and lock

static void key_twice(void) {
    give_keys();
    give_keys();
}

static void second_key_first(void) {
    mmio_write32(KEYR, 0xCDEF89AB);
}

static void locks(void) {
    mmio_write32(CR, PG);
    rig.seen[0] = mmio_read32(CR);
    give_keys();
    rig.seen[1] = mmio_read32(CR);
    rig.seen[2] = mmio_read32(CR + BANK_2); // has a lock of its own
    mmio_write32(CR, LOCK);
    rig.seen[3] = mmio_read32(CR);
}

static void test_keys(void **state) {
    (void)state;
    rig_expect_fault(key_twice, "nothing to unlock");
    rig_expect_fault(second_key_first, "wrong key");
    rig_expect_legal(locks, 0);
    const uint32_t expected[] = {PSIZE | LOCK, PSIZE, PSIZE | LOCK, PSIZE | LOCK};
    assert_memory_equal(rig.seen, expected, sizeof(expected));
}

// --- the model: programs

static void fill(uint32_t offset_bytes, uint32_t size_bytes) {
    for (uint32_t i = 0; i < size_bytes; i += 4) {
        mmio_write32(FLASH + offset_bytes + i, i);
    }
}

static void wait_done(void) {
    for (int i = 0; i < 10 && (mmio_read32(SR) & QW) != 0; i++) {
    }
}

static void status_of_a_program(void) {
    begin(PG);
    fill(AT, 28);
    rig.seen[0] = mmio_read32(SR);
    mmio_write32(FLASH + AT + 28, 28);
    for (int i = 1; i < 5; i++) {
        rig.seen[i] = mmio_read32(SR);
    }
    mmio_write32(CCR, EOP);
    rig.seen[5] = mmio_read32(SR);
}

static void test_status(void **state) {
    (void)state;
    rig_expect_legal(status_of_a_program, 1);
    const uint32_t expected[] = {WBNE, QW, QW | BSY, QW | BSY, EOP, 0};
    assert_memory_equal(rig.seen, expected, sizeof(expected));
    assert_int_equal(rig_word(AT + 28), 28);
}

static void forced(void) {
    begin(PG);
    mmio_write32(FLASH + AT + 4, 7);
    mmio_write32(CR, PG | FW);
    wait_done();
    rig.seen[0] = mmio_read32(SR);
}

static void forgotten(void) {
    begin(PG);
    mmio_write32(FLASH + AT + 64, 7);
    mmio_write32(CR, 0);
    rig.seen[0] = mmio_read32(SR);
}

static void test_part_of_a_word(void **state) {
    (void)state;
    rig_expect_legal(forced, 1);
    assert_int_equal(rig.seen[0], EOP);
    assert_int_equal(rig_word(AT + 4), 7);
    assert_int_equal(rig_word(AT + 8), 0xFFFFFFFF);
    rig_expect_legal(forgotten, 0);
    assert_int_equal(rig.seen[0], 0);
}

static void queued(void) {
    begin(PG);
    fill(AT, 64); // the second word is queued behind the first
    wait_done();
}

static void test_queue(void **state) {
    (void)state;
    rig_expect_legal(queued, 2);
}

static void store_without_pg(void) {
    begin(0);
    mmio_write32(FLASH + AT, 1);
    rig.seen[0] = mmio_read32(SR);
}

static void store_elsewhere(void) {
    begin(PG);
    mmio_write32(FLASH + AT, 1);
    mmio_write32(FLASH + AT + 32, 1);
    rig.seen[0] = mmio_read32(SR);
    mmio_write32(FLASH + AT + 4, 1); // INCERR is not cleared
    rig.seen[1] = mmio_read32(SR);
}

static void store_twice(void) {
    begin(PG);
    mmio_write32(FLASH + AT + 32, 1);
    fill(AT + 32, 32);
    rig.seen[0] = mmio_read32(SR) & ~(uint32_t)QW;
}

static void store_in_bank_2(void) {
    begin(PG); // of bank 1
    mmio_write32(FLASH + MIB, 1);
    rig.seen[0] = mmio_read32(SR);
    rig.seen[1] = mmio_read32(SR + BANK_2);
}

static void test_flags(void **state) {
    (void)state;
    rig_expect_legal(store_without_pg, 0);
    assert_int_equal(rig.seen[0], PGSERR);
    rig_expect_legal(store_elsewhere, 0);
    assert_int_equal(rig.seen[0], INCERR | WBNE);
    assert_int_equal(rig.seen[1], INCERR | PGSERR);
    rig_expect_legal(store_twice, 1);
    assert_int_equal(rig.seen[0], STRBERR);
    assert_int_equal(rig_word(AT + 32), 0);
    rig_expect_legal(store_in_bank_2, 0);
    assert_int_equal(rig.seen[0], 0);
    assert_int_equal(rig.seen[1], PGSERR);
}

static void program_that_fails(void) {
    begin(PG);
    fill(AT, 32);
    rig.seen[0] = mmio_read32(SR);
    wait_done();
    rig.seen[1] = mmio_read32(SR);
}

static void test_operr(void **state) {
    (void)state;
    rig.answer = CP_DONE_REPORTED;
    rig.undone_after = 0;
    rig_expect_legal(program_that_fails, 1);
    assert_int_equal(rig.seen[0], QW); // not yet
    assert_int_equal(rig.seen[1], OPERR);
}

static void control_while_queued(void) {
    begin(PG);
    fill(AT, 32);
    mmio_write32(CR, 0);
}

static void clears_in_sr(void) {
    mmio_write32(SR, PGSERR);
}

static void erase_sector_8(void) {
    begin(0);
    mmio_write32(CR, SER | 8 << 8);
}

static void write_half_register(void) {
    mmio_write16(CCR, 1);
}

static void read_no_register(void) {
    (void)mmio_read32(REGISTERS + 0x1C8);
}

static void test_illegal(void **state) {
    (void)state;
    rig_expect_illegal(control_while_queued, "CR1 written while an operation is queued");
    rig_expect_illegal(erase_sector_8, "reserved bits 0x800 of CR set");
    rig_expect_illegal(clears_in_sr, "flags are cleared by CCR");
    rig_expect_illegal(write_half_register, "write of FLASH + 0x14");
    rig_expect_illegal(read_no_register, "read of FLASH + 0x1c8");
}

static void look_at_bank_2(void) {
    (void)mmio_read32(SR + BANK_2);
}

static void test_one_bank(void **state) {
    rig_close(state);
    open_part("stm32h723zg", 0, MIB);
    rig_expect_illegal(look_at_bank_2, "read of FLASH + 0x110");
}

// --- the model: erases

static void erase_with(uint32_t bank, uint32_t bits) {
    mmio_write32(KEYR + bank, 0x45670123);
    mmio_write32(KEYR + bank, 0xCDEF89AB);
    mmio_write32(CR + bank, bits);
    for (int i = 0; i < 10 && (mmio_read32(SR + bank) & QW) != 0; i++) {
    }
    rig.seen[0] = mmio_read32(SR + bank);
}

static void erase_sector_3_of_bank_2(void) {
    erase_with(BANK_2, SER | START | 3 << 8);
}

static void erase_nothing(void) {
    erase_with(0, START);
}

static void erase_bank(void) {
    erase_with(0, BER | SER | START);
}

static void erase_sector_5_of_bank_1(void) {
    erase_with(0, SER | START | 5 << 8);
}

static void erase_sector_70_of_h7a(void) {
    erase_with(0, SER | H7A_START | 70 << 6);
}

static void erase_with_bits_of_h743(void) {
    erase_with(0, SER | START | 3 << 8); // no start, on an H7A
}

static void test_erases(void **state) {
    (void)state;
    const struct rig_record record = rig_run(erase_sector_3_of_bank_2);
    assert_int_equal(record.erases, 1);
    assert_int_equal(record.first_word, (MIB + 3 * SECTOR) / 4);
    assert_int_equal(rig.seen[0], EOP);
    rig_expect_legal(erase_nothing, 0);
    assert_int_equal(rig.seen[0], 0);
    rig_expect_illegal(erase_bank, "bank erase");
}

static void test_erases_h7a(void **state) {
    (void)state;
    const struct rig_record record = rig_run(erase_sector_70_of_h7a);
    assert_int_equal(record.erases, 1);
    assert_int_equal(record.first_word, 70 * 8192 / 4);
    rig_expect_legal(erase_with_bits_of_h743, 0);
}

static void read_in_gap(void) {
    (void)mmio_read32(FLASH + 5 * SECTOR);
}

static void store_in_gap(void) {
    begin(PG);
    fill(5 * SECTOR, 32);
    rig.seen[0] = mmio_read32(SR);
}

static void test_gap_itself(void **state) {
    rig_close(state);
    open_part("stm32h743vg", 0, 4 * SECTOR);
    rig_expect_fault(read_in_gap, "no flash");
    rig_expect_legal(store_in_gap, 0);
    assert_int_equal(rig.seen[0], WRPERR);
    rig_expect_legal(erase_sector_5_of_bank_1, 0);
    assert_int_equal(rig.seen[0], WRPERR);
}

// --- the model: ECC and hand-over

static void read_bad_word(void) {
    (void)mmio_read32(FLASH + MIB + AT + 4);
}

static void guard_bad_word(void) {
    rig.seen[0] = mmio_read32_guarded(FLASH + MIB + AT + 4, &rig.seen[1]);
    rig.seen[2] = mmio_read32(SR);
    rig.seen[3] = mmio_read32(SR + BANK_2);
    rig.seen[4] = mmio_read32(ECC_FA + BANK_2);
    mmio_write32(CCR + BANK_2, DBECCERR);
    rig.seen[5] = mmio_read32(SR + BANK_2);
}

static void test_ecc(void **state) {
    (void)state;
    rig_spoil(MIB + AT + 4);
    rig_expect_fault(read_bad_word, "bus fault");
    rig_expect_legal(guard_bad_word, 0);
    const uint32_t expected[] = {false, 0, 0, DBECCERR, AT / 32, 0};
    assert_memory_equal(rig.seen, expected, sizeof(expected));
}

static void leave_bank_2_unlocked(void) {
    mmio_write32(KEYR + BANK_2, 0x45670123);
    mmio_write32(KEYR + BANK_2, 0xCDEF89AB);
}

static void leave_pg(void) {
    begin(PG);
    mmio_write32(CR, LOCK);
}

static void leave_queued(void) {
    begin(PG);
    fill(AT, 32);
    while (mmio_read32(SR) & BSY) { // which is not set yet
    }
}

static void test_hand_over(void **state) {
    (void)state;
    rig.starts_active = true;
    struct rig_record record = rig_run(leave_bank_2_unlocked);
    assert_int_equal(record.illegal, 1);
    assert_non_null(strstr(record.message, "a bank unlocked"));
    assert_non_null(strstr(rig_run(leave_pg).message, "SER or BER set"));
    record = rig_run(leave_queued);
    assert_int_equal(record.illegal, 1);
}

#define H7_TEST(name)  cmocka_unit_test_setup_teardown(name, setup, rig_close)
#define H7A_TEST(name) cmocka_unit_test_setup_teardown(name, setup_h7a, rig_close)

int main(void) {
    const struct CMUnitTest tests[] = {
        H7_TEST(test_round),
        H7A_TEST(test_round_h7a),
        H7_TEST(test_single_sector),
        H7_TEST(test_gap),
        H7_TEST(test_across_banks),
        H7_TEST(test_refusals),
        H7A_TEST(test_refusals),
        H7_TEST(test_failures),
        H7A_TEST(test_failures_h7a),
        H7A_TEST(test_no_operr_h7a),
        H7_TEST(test_programmed_twice),
        H7_TEST(test_uncorrectable),
        H7A_TEST(test_uncorrectable),
        H7_TEST(test_flags_after_bad_read),
        H7_TEST(test_keeps_parallelism),
        H7_TEST(test_protected),
        H7_TEST(test_after_others),
        H7_TEST(test_cache),
        H7_TEST(test_never_done),
        H7_TEST(test_keys),
        H7_TEST(test_status),
        H7_TEST(test_part_of_a_word),
        H7_TEST(test_queue),
        H7_TEST(test_flags),
        H7_TEST(test_operr),
        H7_TEST(test_illegal),
        H7_TEST(test_one_bank),
        H7_TEST(test_erases),
        H7A_TEST(test_erases_h7a),
        H7_TEST(test_gap_itself),
        H7_TEST(test_ecc),
        H7_TEST(test_hand_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// test_port_stm32_h5.c: the H5 driver on real parts, and each rule of the register model.

#include "core/port/stm32/h5.h"
#include "tests/unit/port_rig.h"

#define REGISTERS 0x40022000u
#define FLASH     0x08000000u
#define ICACHE    0x40030400u
#define NSKEYR    (REGISTERS + 0x04)
#define NSSR      (REGISTERS + 0x20)
#define NSCR      (REGISTERS + 0x28)
#define NSCCR     (REGISTERS + 0x30)
#define ECCDETR   (REGISTERS + 0x104)

enum {
    BSY = 1 << 0,
    WBNE = 1 << 1,
    EOP = 1 << 16,
    WRPERR = 1 << 17,
    PGSERR = 1 << 18,
    STRBERR = 1 << 19,
    INCERR = 1 << 20,
};
enum { LOCK = 1, PG = 2, SER = 4, BER = 8, FW = 16, STRT = 32, MER = 1 << 15 };
#define BKSEL (1u << 31)
#define ECCD  (1u << 31)

enum { PAGE = 8192, AT = PAGE };

static struct cp_stm32_h5 h5;

static void open_part(const char *name) {
    rig_open(name);
    h5 = (struct cp_stm32_h5){.registers_address = REGISTERS,
                              .icache_address = ICACHE,
                              .flash_address = FLASH,
                              .bank1_address = FLASH,
                              .bank2_address = FLASH + rig.part.bank_size_bytes,
                              .polls_max = 50};
    cp_stm32_h5_flash(&rig.flash, &h5, rig.part.size_bytes, PAGE);
}

static int setup(void **state) {
    (void)state;
    open_part("stm32h563zi");
    return 0;
}

// --- the driver

static void check_ends(void) {
    const uint32_t bank_bytes = rig.part.bank_size_bytes;
    rig_check_round(PAGE);
    rig_check_round(bank_bytes - 32);
    rig_check_round(bank_bytes); // sector 0 of bank 2
    rig_check_round(2 * bank_bytes - 32);
}

static void test_round(void **state) {
    assert_int_equal(rig.flash.write_size_bytes, rig.part.write_size_bytes);
    assert_int_equal(rig.flash.erase_size_bytes, rig.part.erase_size_bytes);
    check_ends();
    rig_close(state);
    open_part("stm32h503rb");
    check_ends();
}

// A window in bank 1 needs no address of bank 2.
static void test_one_bank(void **state) {
    (void)state;
    h5.bank2_address = 0;
    rig_check_round(PAGE);
}

static void test_swapped_banks(void **state) {
    (void)state;
    *(uint32_t *)(void *)rig.machine->devices[0].state = 1u << 31; // OPTSR_CUR.SWAP_BANK
    check_ends();
}

static void test_refusals(void **state) {
    (void)state;
    rig_check_refusals();
}

// No flag: what a failed operation left is seen by reading back.
static void test_failures(void **state) {
    (void)state;
    rig_check_failures(CP_DONE_SILENT);
}

static void test_programmed_twice(void **state) {
    (void)state;
    rig_fill_data();
    assert_int_equal(rig_expect(rig_job_program, AT, 16, CP_OK), 1);
    assert_int_equal(rig_call(rig_job_program, AT, 16).illegal, 4); // for each word of 4 bytes
    memset(rig.data, 0, 16);
    assert_int_equal(rig_call(rig_job_program, AT, 16).illegal, 4); // zeros are no exception
}

static void test_uncorrectable(void **state) {
    (void)state;
    rig_check_uncorrectable(AT + 64);
    rig_check_uncorrectable((1u << 20) + AT);
}

static void test_protected(void **state) {
    (void)state;
    rig_fill_data();
    assert_int_equal(rig_call(rig_job_program, 0, 16).illegal, 1);
    assert_int_equal(rig.result, CP_ERR_FLASH);
    assert_int_equal(rig_call(rig_job_erase, 0, 0).illegal, 1);
    assert_int_equal(rig.result, CP_ERR_FLASH);
}

static void give_keys(void) {
    mmio_write32(NSKEYR, 0x45670123);
    mmio_write32(NSKEYR, 0xCDEF89AB);
}

static void leave_flags_and_unlocked(void) {
    mmio_write32(AT + FLASH, 1); // PGSERR
    give_keys();
}

static void test_after_others(void **state) {
    (void)state;
    rig_expect_legal(leave_flags_and_unlocked, 0);
    rig_fill_data();
    rig.offset_bytes = AT;
    rig.size_bytes = 32;
    assert_int_equal(rig_go_on(rig_job_program).illegal, 0);
    assert_int_equal(rig.result, CP_OK);
}

static void half_a_unit(void) {
    give_keys();
    mmio_write32(NSCR, PG);
    mmio_write32(FLASH + AT, 1);
}

static void look_at_status(void) {
    rig.seen[0] = mmio_read32(NSSR);
}

static void test_never_ready(void **state) {
    (void)state;
    rig_expect_legal(half_a_unit, 0);
    rig.offset_bytes = 2 * PAGE;
    rig.size_bytes = 16;
    const struct rig_record record = rig_go_on(rig_job_program);
    assert_int_equal(record.programs + record.illegal, 0);
    assert_int_equal(rig.result, CP_ERR_FLASH);
    (void)rig_go_on(look_at_status);
    assert_int_equal(rig.seen[0], WBNE); // it keeps its hands off
}

static void enable_icache(void) {
    mmio_write32(ICACHE, 1);
}

static void test_icache(void **state) {
    (void)state;
    rig_expect_legal(enable_icache, 0);
    rig_fill_data();
    rig.offset_bytes = AT;
    rig.size_bytes = 32;
    rig.starts_active = true;
    assert_int_equal(rig_go_on(rig_job_program).illegal, 0);
    assert_int_equal(rig.result, CP_OK);
    assert_int_equal(rig_go_on(rig_job_erase).illegal, 0);
    assert_int_equal(rig.result, CP_OK);
    h5.icache_address = 0; // left to the firmware, which does not do it: the read-back is stale
    assert_true(rig_go_on(rig_job_program).illegal > 0);
}

// --- the model: keys and lock

static void key_twice(void) {
    give_keys();
    give_keys();
}

static void second_key_first(void) {
    mmio_write32(NSKEYR, 0xCDEF89AB);
}

static void locked_control(void) {
    mmio_write32(NSCR, PG);
    rig.seen[0] = mmio_read32(NSCR);
    give_keys();
    rig.seen[1] = mmio_read32(NSCR);
    mmio_write32(NSCR, LOCK);
    rig.seen[2] = mmio_read32(NSCR);
}

static void test_keys(void **state) {
    (void)state;
    rig_expect_fault(key_twice, "nothing to unlock");
    rig_expect_fault(second_key_first, "wrong key");
    rig_expect_legal(locked_control, 0);
    assert_int_equal(rig.seen[0], LOCK);
    assert_int_equal(rig.seen[1], 0);
    assert_int_equal(rig.seen[2], LOCK);
}

// --- the model: programs

static void begin(uint32_t control) {
    give_keys();
    mmio_write32(NSCR, control);
}

static void unit(uint32_t offset_bytes, uint32_t value) {
    for (uint32_t i = 0; i < 16; i += 4) {
        mmio_write32(FLASH + offset_bytes + i, value + i);
    }
}

static void wait_ready(void) {
    for (int i = 0; i < 10 && (mmio_read32(NSSR) & BSY) != 0; i++) {
    }
}

static void status_of_a_program(void) {
    begin(PG);
    mmio_write32(FLASH + AT + 12, 4); // in any order
    rig.seen[0] = mmio_read32(NSSR);
    mmio_write32(FLASH + AT + 8, 3);
    mmio_write16(FLASH + AT + 4, 2); // and of any width
    mmio_write8(FLASH + AT + 6, 1);
    mmio_write8(FLASH + AT + 7, 0);
    mmio_write32(FLASH + AT, 1);
    rig.seen[1] = mmio_read32(NSSR);
    wait_ready();
    rig.seen[2] = mmio_read32(NSSR);
    mmio_write32(NSCCR, EOP);
    rig.seen[3] = mmio_read32(NSSR);
}

static void test_status(void **state) {
    (void)state;
    rig_expect_legal(status_of_a_program, 1);
    const uint32_t expected[] = {WBNE, BSY | EOP, EOP, 0};
    assert_memory_equal(rig.seen, expected, sizeof(expected));
    assert_int_equal(rig_word(AT), 1);
    assert_int_equal(rig_word(AT + 4), 0x00010002);
    assert_int_equal(rig_word(AT + 12), 4);
}

static void forced(void) {
    begin(PG);
    mmio_write32(FLASH + AT + 4, 7);
    mmio_write32(NSCR, PG | FW);
    wait_ready();
    mmio_write32(NSCR, PG | FW); // nothing is in the buffer
    rig.seen[0] = mmio_read32(NSSR) & ~(uint32_t)EOP;
}

static void test_force_write(void **state) {
    (void)state;
    rig_expect_legal(forced, 1);
    assert_int_equal(rig.seen[0], 0);
    assert_int_equal(rig_word(AT), 0xFFFFFFFF);
    assert_int_equal(rig_word(AT + 4), 7);
}

static void store_without_pg(void) {
    begin(0);
    mmio_write32(FLASH + AT, 1);
    rig.seen[0] = mmio_read32(NSSR);
}

static void store_elsewhere(void) {
    begin(PG);
    mmio_write32(FLASH + AT, 1);
    mmio_write32(FLASH + AT + 16, 1);
    rig.seen[0] = mmio_read32(NSSR);
    mmio_write32(FLASH + AT + 4, 1); // INCERR is not cleared
    rig.seen[1] = mmio_read32(NSSR);
    mmio_write32(NSCCR, INCERR | PGSERR);
    unit(AT, 1);
    wait_ready();
    rig.seen[2] = mmio_read32(NSSR);
}

static void store_twice(void) {
    begin(PG);
    mmio_write32(FLASH + AT + 16, 1);
    mmio_write32(FLASH + AT + 16, 2);
    rig.seen[0] = mmio_read32(NSSR);
    mmio_write32(FLASH + AT + 20, 3);
    mmio_write32(FLASH + AT + 24, 4);
    mmio_write32(FLASH + AT + 28, 5);
}

static void test_flags(void **state) {
    (void)state;
    rig_expect_legal(store_without_pg, 0);
    assert_int_equal(rig.seen[0], PGSERR);
    rig_expect_legal(store_elsewhere, 1);
    const uint32_t expected[] = {INCERR | WBNE, INCERR | PGSERR, EOP};
    assert_memory_equal(rig.seen, expected, sizeof(expected));
    rig_expect_legal(store_twice, 1); // STRBERR blocks nothing
    assert_int_equal(rig.seen[0], STRBERR | WBNE);
    assert_int_equal(rig_word(AT + 16), 2);
}

static void store_while_busy(void) {
    begin(PG);
    unit(AT, 1);
    mmio_write32(FLASH + AT + 16, 1);
}

static void control_while_busy(void) {
    begin(PG);
    unit(AT + 32, 1);
    mmio_write32(NSCR, 0);
}

static void clears_in_sr(void) {
    mmio_write32(NSSR, PGSERR);
}

static void test_illegal_programs(void **state) {
    (void)state;
    rig_expect_illegal(store_while_busy, "store to flash while");
    rig_expect_illegal(control_while_busy, "NSCR written while");
    rig_expect_illegal(clears_in_sr, "flags are cleared by NSCCR");
}

// --- the model: erases

static void erase_with(uint32_t bits) {
    begin(0);
    mmio_write32(NSCR, bits | STRT);
    wait_ready();
    rig.seen[0] = mmio_read32(NSSR);
}

static void erase_sector_3_of_bank_2(void) {
    erase_with(SER | BKSEL | 3 << 6);
}

static void erase_nothing(void) {
    erase_with(0);
}

static void erase_bank(void) {
    erase_with(BER);
}

static void erase_two_ways(void) {
    erase_with(MER | SER);
}

static void test_erases(void **state) {
    (void)state;
    const struct rig_record record = rig_run(erase_sector_3_of_bank_2);
    assert_int_equal(record.erases, 1);
    assert_int_equal(record.first_word, ((1u << 20) + 3 * PAGE) / 4);
    rig_expect_legal(erase_nothing, 0);
    assert_int_equal(rig.seen[0], 0);
    rig_expect_legal(erase_two_ways, 0);
    assert_int_equal(rig.seen[0], PGSERR);
    rig_expect_illegal(erase_bank, "bank or mass erase");
}

static void erase_sector_8(void) {
    erase_with(SER | 8 << 6);
}

static void test_no_such_sector(void **state) {
    rig_close(state);
    open_part("stm32h503rb"); // 8 sectors a bank
    rig_expect_illegal(erase_sector_8, "sector 8 of bank 1: no such sector");
}

// --- the model: ECC, registers, hand-over

static void read_bad_word(void) {
    (void)mmio_read32(FLASH + AT + 4);
}

static void guard_bad_word(void) {
    rig.seen[0] = mmio_read32_guarded(FLASH + AT + 4, &rig.seen[1]);
    rig.seen[2] = mmio_read32(ECCDETR);
    mmio_write32(ECCDETR, 0); // does not clear it
    rig.seen[3] = mmio_read32(ECCDETR);
    cp_stm32_h5_acknowledge_ecc(&h5);
    rig.seen[4] = mmio_read32(ECCDETR);
}

static void guard_bad_word_twice(void) {
    (void)mmio_read32_guarded(FLASH + AT + 4, &rig.seen[0]);
    (void)mmio_read32_guarded(FLASH + AT + 4, &rig.seen[0]);
}

static void test_ecc(void **state) {
    (void)state;
    rig_spoil(AT + 4);
    rig_expect_fault(read_bad_word, "NMI");
    rig_expect_legal(guard_bad_word, 0);
    assert_int_equal(rig.seen[0], false);
    assert_int_equal(rig.seen[2], ECCD | AT / 16);
    assert_int_equal(rig.seen[3], ECCD | AT / 16);
    assert_int_equal(rig.seen[4], 0);
    rig_expect_illegal(guard_bad_word_twice, "while ECCD still tells");
}

static void read_secure(void) {
    (void)mmio_read32(REGISTERS + 0x24);
}

static void write_read_only(void) {
    mmio_write32(REGISTERS + 0x18, 0);
}

static void test_registers(void **state) {
    (void)state;
    rig_expect_illegal(read_secure, "read of FLASH + 0x24");
    rig_expect_illegal(write_read_only, "write of FLASH + 0x18");
    rig.starts_active = true;
    struct rig_record record = rig_run(give_keys);
    assert_int_equal(record.illegal, 1);
    assert_non_null(strstr(record.message, "NSCR unlocked"));
}

static void set_reserved_bit(void) {
    give_keys();
    mmio_write32(NSCR, SER | 1 << 13);
}

static void leave_half_a_unit_locked(void) {
    half_a_unit();
    mmio_write32(NSCR, 0);
    mmio_write32(NSCR, LOCK);
}

static void leave_pg(void) {
    give_keys();
    mmio_write32(NSCR, PG);
    mmio_write32(NSCR, LOCK);
}

static void test_half_a_unit_at_hand_over(void **state) {
    (void)state;
    assert_non_null(strstr(rig_run(set_reserved_bit).message, "reserved bits 0x2000"));
    rig.starts_active = true;
    const struct rig_record record = rig_run(leave_half_a_unit_locked);
    assert_int_equal(record.illegal, 1);
    assert_non_null(strstr(record.message, "partly filled write buffer"));
    assert_non_null(strstr(rig_run(leave_pg).message, "BER or MER set"));
}

#define H5_TEST(name) cmocka_unit_test_setup_teardown(name, setup, rig_close)

int main(void) {
    const struct CMUnitTest tests[] = {
        H5_TEST(test_round),
        H5_TEST(test_one_bank),
        H5_TEST(test_swapped_banks),
        H5_TEST(test_refusals),
        H5_TEST(test_failures),
        H5_TEST(test_programmed_twice),
        H5_TEST(test_uncorrectable),
        H5_TEST(test_protected),
        H5_TEST(test_after_others),
        H5_TEST(test_never_ready),
        H5_TEST(test_icache),
        H5_TEST(test_keys),
        H5_TEST(test_status),
        H5_TEST(test_force_write),
        H5_TEST(test_flags),
        H5_TEST(test_illegal_programs),
        H5_TEST(test_erases),
        H5_TEST(test_no_such_sector),
        H5_TEST(test_ecc),
        H5_TEST(test_registers),
        H5_TEST(test_half_a_unit_at_hand_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// test_port_stm32_u5.c: the U5 driver on real parts, and each rule of the register model.

#include "core/port/mapped.h"
#include "core/port/stm32/u5.h"
#include "tests/unit/port_rig.h"

#define REGISTERS 0x40022000u
#define FLASH     0x08000000u
#define ICACHE    0x40030400u
#define NSKEYR    (REGISTERS + 0x08)
#define NSSR      (REGISTERS + 0x20)
#define NSCR      (REGISTERS + 0x28)
#define ECCR      (REGISTERS + 0x30)
#define OPTR      (REGISTERS + 0x40)

enum {
    EOP = 1 << 0,
    OPERR = 1 << 1,
    PROGERR = 1 << 3,
    WRPERR = 1 << 4,
    PGAERR = 1 << 5,
    SIZERR = 1 << 6,
    PGSERR = 1 << 7,
    BSY = 1 << 16,
    WDW = 1 << 17,
};
enum {
    PG = 1,
    PER = 2,
    MER1 = 4,
    BKER = 1 << 11,
    STRT = 1 << 16,
    EOPIE = 1 << 24,
    ERRIE = 1 << 25
};
#define LOCK (1u << 31)
#define ECCD (1u << 31)

enum { PAGE = 8192, AT = PAGE };

static struct cp_stm32_u5 u5;

static void open_part(const char *name) {
    rig_open(name);
    const uint32_t bank_bytes = rig.part.bank_size_bytes;
    u5 = (struct cp_stm32_u5){.registers_address = REGISTERS,
                              .icache_address = ICACHE,
                              .flash_address = FLASH,
                              .bank1_address = FLASH,
                              .bank2_address = FLASH + bank_bytes,
                              .polls_max = 50};
    cp_stm32_u5_flash(&rig.flash, &u5, rig.part.size_bytes, PAGE);
}

static int setup(void **state) {
    (void)state;
    open_part("stm32u575zi");
    return 0;
}

// --- the driver

static void test_description(void **state) {
    (void)state;
    assert_int_equal(rig.flash.write_size_bytes, rig.part.write_size_bytes);
    assert_int_equal(rig.flash.erase_size_bytes, rig.part.erase_size_bytes);
    assert_int_equal(rig.flash.size_bytes, 2u << 20);
    assert_int_equal(rig.flash.erase_value, 0xFF);
}

static void check_ends(void) {
    const uint32_t bank_bytes = rig.part.bank_size_bytes;
    rig_check_round(PAGE);
    rig_check_round(bank_bytes - 32);
    rig_check_round(bank_bytes); // page 0 of bank 2
    rig_check_round(2 * bank_bytes - 32);
}

static void test_round(void **state) {
    static const char *const names[] = {"stm32u535re", "stm32u575zg", "stm32u585ai", "stm32u5a5zj"};
    check_ends();
    for (uint32_t i = 0; i < 4; i++) {
        rig_close(state);
        open_part(names[i]);
        check_ends();
    }
}

static void test_across_banks(void **state) {
    (void)state;
    rig_fill_data();
    assert_int_equal(rig_expect(rig_job_program, (1u << 20) - 16, 32, CP_OK), 2);
}

static void test_swapped_banks(void **state) {
    (void)state;
    *(uint32_t *)(void *)rig.machine->devices[0].state = 1u << 20; // OPTR.SWAP_BANK
    check_ends();
}

static void test_window(void **state) {
    (void)state;
    u5.flash_address = FLASH + 4 * PAGE;
    cp_stm32_u5_flash(&rig.flash, &u5, 2 * PAGE, PAGE);
    rig_fill_data();
    assert_int_equal(rig_expect(rig_job_program, PAGE, 16, CP_OK), 1);
    assert_int_equal(rig_word(5 * PAGE), cp_port_load32(rig.data));
    assert_int_equal(rig_expect(rig_job_erase, PAGE, 0, CP_OK), 1);
    assert_int_equal(rig_word(5 * PAGE), 0xFFFFFFFF);
    assert_int_equal(rig_expect(rig_job_erase, 2 * PAGE, 0, CP_ERR_BOUNDS), 0);
    u5.bank2_address = 0; // one bank, as with DUALBANK off
    assert_int_equal(rig_expect(rig_job_program, PAGE, 16, CP_OK), 1);
    assert_int_equal(rig_expect(rig_job_erase, PAGE, 0, CP_OK), 1);
    assert_int_equal(rig_word(5 * PAGE), 0xFFFFFFFF);
}

static void test_refusals(void **state) {
    (void)state;
    rig_check_refusals();
}

static void test_failures(void **state) {
    (void)state;
    rig_check_failures(CP_DONE_REPORTED);
}

static void test_silent_failure(void **state) {
    (void)state;
    rig_fill_data();
    rig.answer = CP_DONE_SILENT;
    rig.undone_after = 1;
    assert_int_equal(rig_expect(rig_job_program, AT, 64, CP_ERR_FLASH), 4); // by reading back
}

// A quad word takes zeros once more, and nothing else.
static void test_programmed_twice(void **state) {
    (void)state;
    rig_fill_data();
    assert_int_equal(rig_expect(rig_job_program, AT, 16, CP_OK), 1);
    assert_int_equal(rig_expect(rig_job_program, AT, 16, CP_ERR_FLASH), 0);
    memset(rig.data, 0, 16);
    assert_int_equal(rig_expect(rig_job_program, AT, 16, CP_OK), 1);
    memset(rig.data, 0xFF, 16); // to program ones is to program
    assert_int_equal(rig_expect(rig_job_program, AT + 16, 16, CP_OK), 1);
    assert_int_equal(rig_expect(rig_job_program, AT + 16, 16, CP_ERR_FLASH), 0);
}

static void test_uncorrectable(void **state) {
    (void)state;
    rig_check_uncorrectable(AT + 64);
    rig_check_uncorrectable((1u << 20) + AT);
}

static void test_protected(void **state) {
    (void)state;
    rig_fill_data();
    const struct rig_record record = rig_call(rig_job_program, 0, 16); // the bootloader's page
    assert_int_equal(record.illegal, 1);
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

// It clears what others left, and gives no keys to an interface that is open.
static void test_after_others(void **state) {
    (void)state;
    rig_expect_legal(leave_flags_and_unlocked, 0);
    rig_fill_data();
    rig.offset_bytes = AT;
    rig.size_bytes = 32;
    assert_int_equal(rig_go_on(rig_job_program).illegal, 0);
    assert_int_equal(rig.result, CP_OK);
}

static void never_unlocks(void) {
    mmio_write32(NSKEYR, 0);
}

static void test_dead_lock(void **state) {
    (void)state;
    rig_expect_fault(never_unlocks, "wrong key");
    // A firmware that caught the fault goes on; the keys that the driver gives are wrong ones.
    rig.offset_bytes = AT;
    rig.size_bytes = 16;
    assert_int_equal(rig_go_on(rig_job_program).end, CP_EVENT_CRASH);
}

static void half_a_quad(void) {
    const uint32_t irq = mmio_irq_disable();
    give_keys();
    mmio_write32(NSCR, PG);
    mmio_write32(FLASH + AT, 1);
    mmio_irq_restore(irq);
}

static void test_never_ready(void **state) {
    (void)state;
    rig_expect_legal(half_a_quad, 0);
    rig.offset_bytes = 2 * PAGE;
    rig.size_bytes = 16;
    const struct rig_record record = rig_go_on(rig_job_program);
    assert_int_equal(rig.result, CP_ERR_FLASH);
    assert_int_equal(record.programs + record.illegal, 0); // it keeps its hands off
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
    u5.icache_address = 0; // left to the firmware, which does not do it: the read-back is stale
    assert_true(rig_go_on(rig_job_program).illegal > 0);
}

static void look_at_eccr(void) {
    rig.seen[0] = mmio_read32(ECCR);
}

static void enable_ecc_interrupt(void) {
    mmio_write32(ECCR, 1u << 24);
    cp_stm32_u5_acknowledge_ecc(&u5);
    look_at_eccr();
}

static void test_acknowledge_keeps_eccie(void **state) {
    (void)state;
    rig_expect_legal(enable_ecc_interrupt, 0);
    assert_int_equal(rig.seen[0], 1u << 24);
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
    mmio_write32(FLASH + AT, 1);
    rig.seen[1] = mmio_read32(NSSR);
    give_keys();
    rig.seen[2] = mmio_read32(NSCR);
    mmio_write32(NSCR, LOCK);
    rig.seen[3] = mmio_read32(NSCR);
}

static void test_keys(void **state) {
    (void)state;
    rig_expect_fault(key_twice, "nothing to unlock");
    rig_expect_fault(second_key_first, "wrong key");
    rig_expect_legal(locked_control, 0);
    assert_int_equal(rig.seen[0], LOCK);
    assert_int_equal(rig.seen[1], PGSERR);
    assert_int_equal(rig.seen[2], 0);
    assert_int_equal(rig.seen[3], LOCK);
}

// --- the model: programs

static void expect_flag(void (*job)(void), uint32_t flag) {
    rig_expect_legal(job, 0);
    assert_int_equal(rig.seen[0], flag);
}

static void begin(uint32_t control) {
    (void)mmio_irq_disable();
    give_keys();
    mmio_write32(NSCR, control);
}

static void quad(uint32_t offset_bytes, uint32_t value) {
    for (uint32_t i = 0; i < 16; i += 4) {
        mmio_write32(FLASH + offset_bytes + i, value);
    }
}

static void wait_ready(void) {
    for (int i = 0; i < 10 && (mmio_read32(NSSR) & (BSY | WDW)) != 0; i++) {
    }
}

static void status_of_a_program(void) {
    begin(PG);
    mmio_write32(FLASH + AT, 1);
    rig.seen[0] = mmio_read32(NSSR);
    mmio_write32(FLASH + AT + 4, 2);
    mmio_write32(FLASH + AT + 8, 3);
    mmio_write32(FLASH + AT + 12, 4);
    for (int i = 1; i < 5; i++) {
        rig.seen[i] = mmio_read32(NSSR);
    }
}

static void with_eop(void) {
    begin(PG | EOPIE);
    quad(AT, 7);
    wait_ready();
    rig.seen[0] = mmio_read32(NSSR);
    mmio_write32(NSSR, EOP);
    rig.seen[1] = mmio_read32(NSSR);
}

static void test_status(void **state) {
    (void)state;
    rig_expect_legal(status_of_a_program, 1);
    const uint32_t expected[] = {WDW, WDW, WDW | BSY, WDW | BSY, 0}; // no EOP without EOPIE
    assert_memory_equal(rig.seen, expected, sizeof(expected));
    assert_int_equal(rig_word(AT + 12), 4);
    expect_flag(with_eop, PROGERR); // the quad word is programmed already
    assert_int_equal(rig_expect(rig_job_erase, AT, 0, CP_OK), 1);
    rig_expect_legal(with_eop, 1);
    assert_int_equal(rig.seen[0], EOP);
    assert_int_equal(rig.seen[1], 0);
}

static void stored(uint32_t control, uint32_t offset_bytes, uint32_t width_bytes) {
    begin(control);
    if (width_bytes == 4) {
        mmio_write32(FLASH + offset_bytes, 1);
    } else if (width_bytes == 2) {
        mmio_write16(FLASH + offset_bytes, 1);
    } else {
        mmio_write8(FLASH + offset_bytes, 1);
    }
    rig.seen[0] = mmio_read32(NSSR);
}

static void store_without_pg(void) {
    stored(0, AT, 4);
}

static void store_with_per(void) {
    stored(PG | PER, AT, 4);
}

static void store_half(void) {
    stored(PG, AT, 2);
}

static void store_byte(void) {
    stored(PG, AT + 1, 1);
}

static void store_second_word(void) {
    stored(PG, AT + 4, 4);
}

static void store_other_quad(void) {
    begin(PG);
    mmio_write32(FLASH + AT, 1);
    mmio_write32(FLASH + AT + 16, 1);
    rig.seen[0] = mmio_read32(NSSR);
}

static void program_with_old_flag(void) {
    begin(PG);
    mmio_write16(FLASH + AT, 1); // SIZERR
    quad(AT, 5);
    rig.seen[0] = mmio_read32(NSSR);
    mmio_write32(NSSR, SIZERR | PGSERR);
    quad(AT, 5);
    wait_ready();
    rig.seen[1] = mmio_read32(NSSR);
}

static void test_flags(void **state) {
    (void)state;
    expect_flag(store_without_pg, PGSERR);
    expect_flag(store_with_per, PGSERR);
    expect_flag(store_half, SIZERR);
    expect_flag(store_byte, SIZERR);
    expect_flag(store_second_word, PGAERR);
    expect_flag(store_other_quad, PGAERR);
    rig_expect_legal(program_with_old_flag, 1);
    assert_int_equal(rig.seen[0], SIZERR | PGSERR);
    assert_int_equal(rig.seen[1], 0);
}

static void operr_with(uint32_t control) {
    begin(control);
    quad(AT + 64, 5);
    wait_ready();
    rig.seen[0] = mmio_read32(NSSR);
}

static void operr_enabled(void) {
    operr_with(PG | ERRIE);
}

static void operr_disabled(void) {
    operr_with(PG);
}

static void test_operr(void **state) {
    (void)state;
    rig.answer = CP_DONE_REPORTED;
    rig.undone_after = 0;
    rig_expect_legal(operr_enabled, 1);
    assert_int_equal(rig.seen[0], OPERR);
    rig_expect_legal(operr_disabled, 1);
    assert_int_equal(rig.seen[0], 0);
    assert_int_equal(rig_word(AT + 64), 0xFFFFFFFF);
}

static void quad_with_interrupts(void) {
    give_keys();
    mmio_write32(NSCR, PG);
    quad(AT, 1);
}

static void control_in_a_quad(void) {
    begin(PG);
    mmio_write32(FLASH + AT, 1);
    mmio_write32(NSCR, 0);
}

static void store_while_busy(void) {
    begin(PG);
    quad(AT, 1);
    mmio_write32(FLASH + AT + 16, 1);
}

static void control_while_busy(void) {
    begin(PG);
    quad(AT, 1);
    (void)mmio_read32(NSSR);
    mmio_write32(NSCR, 0);
}

static void test_illegal_programs(void **state) {
    (void)state;
    rig_expect_illegal(quad_with_interrupts, "interrupts enabled");
    assert_int_equal(rig_word(AT), 1); // it is done all the same
    rig_expect_illegal(control_in_a_quad, "NSCR written after 1 of the 4 words");
    rig_spoil(AT); // is not looked at
    rig_call(rig_job_erase, AT, 0);
    rig_expect_illegal(store_while_busy, "store to flash while");
    rig_call(rig_job_erase, AT, 0);
    rig_expect_illegal(control_while_busy, "NSCR written while");
}

// --- the model: erases

static void erase_with(uint32_t bits) {
    begin(0);
    mmio_write32(NSCR, bits | STRT);
    wait_ready();
    rig.seen[0] = mmio_read32(NSSR);
    rig.seen[1] = mmio_read32(NSCR);
}

static void erase_page_3_of_bank_2(void) {
    erase_with(PER | BKER | 3 << 3);
}

static void erase_nothing(void) {
    erase_with(0);
}

static void erase_with_pg(void) {
    erase_with(PER | PG | 3 << 3);
}

static void erase_all(void) {
    erase_with(MER1);
}

static void erase_page_200(void) {
    erase_with(PER | 200 << 3);
}

static void test_erases(void **state) {
    (void)state;
    rig.flash.erase_size_bytes = PAGE;
    struct rig_record record = rig_run(erase_page_3_of_bank_2);
    assert_int_equal(record.erases, 1);
    assert_int_equal(record.first_word, ((1u << 20) + 3 * PAGE) / 4);
    assert_int_equal(rig.seen[1] & STRT, 0);
    expect_flag(erase_nothing, PGSERR);
    expect_flag(erase_with_pg, PGSERR);
    rig_expect_illegal(erase_all, "mass erase");
    rig_expect_illegal(erase_page_200, "page 200 of bank 1: no such page");
}

// --- the model: ECC, registers, hand-over

static void read_bad_word(void) {
    (void)mmio_read32(FLASH + AT + 4);
}

static void guard_bad_word(void) {
    rig.seen[0] = mmio_read32_guarded(FLASH + AT + 4, &rig.seen[1]);
    rig.seen[2] = mmio_read32(ECCR);
    mmio_write32(ECCR, 1u << 24); // does not clear it
    rig.seen[3] = mmio_read32(ECCR);
    cp_stm32_u5_acknowledge_ecc(&u5);
    rig.seen[4] = mmio_read32(ECCR);
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
    assert_int_equal(rig.seen[2], ECCD | (AT + 4));
    assert_int_equal(rig.seen[3], ECCD | 1u << 24 | (AT + 4));
    assert_int_equal(rig.seen[4], 1u << 24);
    rig_expect_illegal(guard_bad_word_twice, "while ECCD still tells");
}

static void read_secure(void) {
    (void)mmio_read32(REGISTERS + 0x24);
}

static void write_read_only(void) {
    mmio_write32(OPTR, 0);
}

static void set_reserved_bit(void) {
    give_keys();
    mmio_write32(NSCR, PER | 1 << 12);
}

static void write_half_register(void) {
    mmio_write16(NSSR, 1);
}

static void leave_unlocked(void) {
    give_keys();
}

static void leave_pg(void) {
    give_keys();
    mmio_write32(NSCR, PG);
    mmio_write32(NSCR, LOCK);
}

static void read_options(void) {
    rig.seen[0] = mmio_read32(OPTR);
}

static void test_registers(void **state) {
    (void)state;
    rig_expect_illegal(read_secure, "read of FLASH + 0x24");
    rig_expect_illegal(write_read_only, "write of FLASH + 0x40");
    rig_expect_illegal(set_reserved_bit, "reserved bits 0x1000");
    rig_expect_illegal(write_half_register, "less than a word");
    rig_expect_legal(read_options, 0);
    assert_int_equal(rig.seen[0], 1u << 21); // DUALBANK
    rig.starts_active = true;
    struct rig_record record = rig_run(leave_unlocked);
    assert_int_equal(record.illegal, 1);
    assert_non_null(strstr(record.message, "NSCR unlocked"));
    assert_non_null(strstr(rig_run(leave_pg).message, "PER or MER set"));
}

#define U5_TEST(name) cmocka_unit_test_setup_teardown(name, setup, rig_close)

int main(void) {
    const struct CMUnitTest tests[] = {
        U5_TEST(test_description),
        U5_TEST(test_round),
        U5_TEST(test_across_banks),
        U5_TEST(test_swapped_banks),
        U5_TEST(test_window),
        U5_TEST(test_refusals),
        U5_TEST(test_failures),
        U5_TEST(test_silent_failure),
        U5_TEST(test_programmed_twice),
        U5_TEST(test_uncorrectable),
        U5_TEST(test_protected),
        U5_TEST(test_after_others),
        U5_TEST(test_dead_lock),
        U5_TEST(test_never_ready),
        U5_TEST(test_icache),
        U5_TEST(test_acknowledge_keeps_eccie),
        U5_TEST(test_keys),
        U5_TEST(test_status),
        U5_TEST(test_flags),
        U5_TEST(test_operr),
        U5_TEST(test_illegal_programs),
        U5_TEST(test_erases),
        U5_TEST(test_ecc),
        U5_TEST(test_registers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

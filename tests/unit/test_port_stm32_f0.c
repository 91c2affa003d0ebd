// test_port_stm32_f0.c: the driver of STM32 F0, F1 and F3 against the strict register model,
// and each rule of the model broken by hand.

#include "core/port/stm32/f0.h"
#include "tests/unit/nordic_rig.h"

#define FLASH_AT  0x08000000u
#define REGISTERS 0x40022000u
#define KEYR      (REGISTERS + 0x04u)
#define SR        (REGISTERS + 0x0Cu)
#define CR        (REGISTERS + 0x10u)
#define AR        (REGISTERS + 0x14u)
#define CR2       (REGISTERS + 0x50u)
#define KEY1      0x45670123u
#define KEY2      0xCDEF89ABu

enum { PG = 1, PER = 2, MER = 4, STRT = 0x40, LOCK = 0x80 };
enum { BSY = 1, PGERR = 4, WRPRTERR = 0x10, EOP = 0x20 };
enum { POLLS_MAX = 100, DATA_BYTES = 128 };

// As sim/controllers/stm32_f0.c lays it out.
struct f0_bank {
    uint32_t sr, cr, ar, sr_at_end, busy_polls, is_starting, keys;
};
struct f0_state {
    struct f0_bank banks[2];
    uint32_t acr, wrpr;
};

static const char *const all_parts[] = {"stm32f030c8", "stm32f072rb", "stm32f091rc", "stm32f103c8",
                                        "stm32f103rb", "stm32f103zg", "stm32f302r8", "stm32f303cc"};
#define PART_COUNT (sizeof all_parts / sizeof all_parts[0])

static struct cp_machine *machine;
static const struct cp_part *part;
static struct cp_stm32_f0 f0;
static struct cp_flash flash;

static struct f0_state *state(void) {
    return (struct f0_state *)(void *)machine->devices[0].state;
}

static void build(const char *name) {
    machine = rig_machine(name);
    part = cp_part_find(name);
    const bool has_two = part->controller == CP_CONTROLLER_STM32_F1_XL;
    f0 = (struct cp_stm32_f0){
        .registers_address = part->registers_address,
        .flash_address = part->flash_address,
        .bank2_address = has_two ? part->flash_address + part->bank_size_bytes : 0,
        .polls_max = POLLS_MAX,
    };
    cp_stm32_f0_flash(&flash, &f0, part->size_bytes, part->erase_size_bytes);
}

static void destroy(void) {
    cp_machine_destroy(machine);
}

static struct rig_record last;

static void check_closed(void) {
    const char *left_open = machine->devices[0].model->left_open(&machine->devices[0]);
    if (left_open) {
        fail_msg("%s: %s", part->name, left_open);
    }
    assert_int_equal(state()->banks[0].sr | state()->banks[1].sr, 0);
}

// Nothing illegal may come of the driver, and it leaves the interface closed.
static int use(void (*job)(void), uint32_t offset_bytes, uint32_t size_bytes) {
    last = rig_use(machine, &flash, job, offset_bytes, size_bytes);
    check_closed();
    return rig_call.result;
}

// The same from a state that is not that after a reset.
static void begin_use(void (*job)(void), uint32_t offset_bytes, uint32_t size_bytes) {
    rig_call.flash = &flash;
    rig_call.offset_bytes = offset_bytes;
    rig_call.size_bytes = size_bytes;
    rig_call.result = 1;
    rig_begin(machine, job);
}

static int finish_use(void) {
    last = rig_finish(machine);
    if (last.illegal > 0 || last.end != CP_EVENT_IDLE) {
        fail_msg("%s", last.message);
    }
    return rig_call.result;
}

// --- what the driver does on every part

static void test_description(void **context) {
    (void)context;
    build("stm32f072rb");
    assert_int_equal(flash.size_bytes, 128 * 1024);
    assert_int_equal(flash.erase_size_bytes, 2048);
    assert_int_equal(flash.write_size_bytes, 2);
    assert_int_equal(flash.erase_value, 0xFF);
    destroy();
}

static bool page_is_erased(uint32_t offset_bytes) {
    for (uint32_t i = 0; i < part->erase_size_bytes; i += 4) {
        if (rig_word(machine, offset_bytes + i) != 0xFFFFFFFFu) {
            return false;
        }
    }
    return true;
}

static void check_program(uint32_t page_bytes) {
    const uint32_t at_bytes = page_bytes + part->erase_size_bytes - DATA_BYTES;
    rig_fill_data();
    assert_int_equal(use(job_program, at_bytes, DATA_BYTES), CP_OK);
    assert_int_equal(last.programs, DATA_BYTES / 2);
    rig_check_data(machine, at_bytes, DATA_BYTES);
    memset(rig_call.data, 0, DATA_BYTES);
    assert_int_equal(use(job_read, at_bytes, DATA_BYTES), CP_OK);
    rig_check_data(machine, at_bytes, DATA_BYTES);
}

// Pages at the ends and in the middle: each erase takes its own and no other.
static void test_every_part(void **context) {
    (void)context;
    for (size_t i = 0; i < PART_COUNT; i++) {
        build(all_parts[i]);
        const uint32_t page = part->erase_size_bytes, half = part->size_bytes / 2;
        const uint32_t pages[] = {0, page, half - page, half, half + page, part->size_bytes - page};
        for (uint32_t k = 0; k < 6; k++) {
            check_program(pages[k]);
        }
        for (uint32_t k = 0; k < 6; k++) {
            assert_false(page_is_erased(pages[k]));
            assert_int_equal(use(job_erase, pages[k], 0), CP_OK);
            assert_int_equal(last.erases, 1);
            assert_true(page_is_erased(pages[k]));
        }
        destroy();
    }
}

static void test_single_half_words(void **context) {
    (void)context;
    build("stm32f303cc");
    rig_fill_data();
    assert_int_equal(use(job_program, 6, 2), CP_OK);
    assert_int_equal(rig_word(machine, 4),
                     0xFFFFu | (uint32_t)rig_call.data[0] << 16 | (uint32_t)rig_call.data[1] << 24);
    assert_int_equal(use(job_program, 2, 4), CP_OK);
    rig_check_data(machine, 2, 4);
    destroy();
}

// One call programs on both sides of the bank border.
static void test_over_both_banks(void **context) {
    (void)context;
    build("stm32f103zg");
    rig_fill_data();
    assert_int_equal(use(job_program, part->bank_size_bytes - 6, 14), CP_OK);
    rig_check_data(machine, part->bank_size_bytes - 6, 14);
    assert_int_equal(use(job_program, part->bank_size_bytes, 0), CP_OK);
    assert_int_equal(last.programs, 0);
    destroy();
}

static void refuses(void (*job)(void), uint32_t offset_bytes, uint32_t size_bytes, int expected) {
    assert_int_equal(use(job, offset_bytes, size_bytes), expected);
    assert_int_equal(last.programs + last.erases, 0);
    assert_int_equal(machine->bus_accesses, 0);
}

static void test_refusals(void **context) {
    (void)context;
    build("stm32f103rb");
    const uint32_t size = part->size_bytes, page = part->erase_size_bytes;
    refuses(job_read, size, 1, CP_ERR_BOUNDS);
    refuses(job_read, UINT32_MAX - 3, 8, CP_ERR_BOUNDS);
    refuses(job_program, size, 2, CP_ERR_BOUNDS);
    refuses(job_program, UINT32_MAX - 1, 2, CP_ERR_BOUNDS);
    refuses(job_program, 1, 2, CP_ERR_ALIGNMENT);
    refuses(job_program, 2, 3, CP_ERR_ALIGNMENT);
    refuses(job_erase, size, 0, CP_ERR_BOUNDS);
    refuses(job_erase, page / 2, 0, CP_ERR_ALIGNMENT);
    destroy();
}

// --- what the driver does when something fails

static void test_write_protected(void **context) {
    (void)context;
    build("stm32f103zg");
    const uint32_t offsets[] = {0x2000, part->bank_size_bytes};
    for (int i = 0; i < 2; i++) {
        for (int erases = 0; erases < 2; erases++) {
            begin_use(erases ? job_erase : job_program, offsets[i], 2);
            state()->wrpr = i == 0 ? ~(1u << 2) : ~(1u << 31);
            assert_int_equal(finish_use(), CP_ERR_FLASH);
            assert_int_equal(last.programs + last.erases, 0);
            check_closed();
        }
    }
    begin_use(job_erase, 0x1000, 0);
    state()->wrpr = ~(1u << 2);
    assert_int_equal(finish_use(), CP_OK);
    destroy();
}

static void test_programmed_before(void **context) {
    (void)context;
    build("stm32f072rb");
    rig_fill_data();
    assert_int_equal(use(job_program, 0, 8), CP_OK);
    assert_int_equal(use(job_program, 4, 2), CP_ERR_FLASH); // other data
    assert_int_equal(last.programs, 0);
    rig_check_data(machine, 0, 8);
    memset(rig_call.data, 0, 4);
    assert_int_equal(use(job_program, 4, 4), CP_OK);
    assert_int_equal(use(job_program, 4, 2), CP_OK); // zeros over zeros
    assert_int_equal(rig_word(machine, 4), 0);
    memset(rig_call.data, 0xFF, 4);
    assert_int_equal(use(job_program, 12, 2), CP_OK); // ones leave it erased
    memset(rig_call.data, 0x5A, 4);
    assert_int_equal(use(job_program, 12, 2), CP_OK);
    destroy();
}

static void test_silent_failures(void **context) {
    (void)context;
    build("stm32f103c8");
    rig_fill_data();
    for (rig_not_done = 0; rig_not_done < 3; rig_not_done++) {
        assert_int_equal(use(job_program, 64 * rig_not_done, 6), CP_ERR_FLASH);
        assert_int_equal(last.programs, rig_not_done + 1);
    }
    rig_not_done = 0;
    assert_int_equal(use(job_erase, 0, 0), CP_ERR_FLASH);
    rig_not_done = RIG_NO_OPERATION;
    assert_int_equal(use(job_erase, 0, 0), CP_OK);
    destroy();
}

static void test_what_others_left(void **context) {
    (void)context;
    build("stm32f091rc");
    rig_fill_data();
    begin_use(job_program, 0, 2);
    state()->banks[0].sr = PGERR | WRPRTERR | EOP;
    assert_int_equal(finish_use(), CP_OK);
    check_closed();
    begin_use(job_erase, 0, 0);
    state()->banks[0].cr = MER; // open, and in a mode
    assert_int_equal(finish_use(), CP_OK);
    check_closed();
    destroy();
}

static void test_stays_locked(void **context) {
    (void)context;
    build("stm32f091rc");
    begin_use(job_erase, 0, 0);
    state()->banks[0].keys = 2; // as after a wrong key: the keys fault
    last = rig_finish(machine);
    assert_int_equal(last.end, CP_EVENT_CRASH);
    destroy();
}

// An interface that stays busy is left alone: its registers cannot be written.
static void check_stays_busy(void (*job)(void)) {
    f0.polls_max = 1;
    begin_use(job, 0, 2);
    assert_int_equal(finish_use(), CP_ERR_FLASH);
    f0.polls_max = POLLS_MAX;
    begin_use(job, 0, 2);
    state()->banks[0].busy_polls = UINT32_MAX;
    assert_int_equal(finish_use(), CP_ERR_FLASH);
    assert_int_equal(last.programs + last.erases, 0);
    assert_int_equal(machine->bus_accesses, POLLS_MAX);
}

static void test_stays_busy(void **context) {
    (void)context;
    build("stm32f072rb");
    check_stays_busy(job_program);
    check_stays_busy(job_erase);
    destroy();
}

// --- the rules of the model, each broken by hand

static uint32_t seen[4];

static void unlock(void) {
    mmio_write32(KEYR, KEY1);
    mmio_write32(KEYR, KEY2);
}

static void wait_idle(void) {
    while ((mmio_read32(SR) & BSY) != 0) {
    }
}

static void open_for_program(void) {
    unlock();
    mmio_write32(CR, PG);
}

static void erase_at(uint32_t address) {
    unlock();
    mmio_write32(CR, PER);
    mmio_write32(AR, address);
    mmio_write32(CR, PER | STRT);
    (void)mmio_read32(CR);
}

static void store_word(void) {
    open_for_program();
    mmio_write32(FLASH_AT, 0);
}

static void store_byte(void) {
    open_for_program();
    mmio_write8(FLASH_AT, 0);
}

static void wrong_key(void) {
    mmio_write32(KEYR, KEY1);
    mmio_write32(KEYR, KEY1);
}

static void key_while_open(void) {
    unlock();
    mmio_write32(KEYR, KEY1);
}

static void test_faults(void **context) {
    (void)context;
    rig_expect_fault("stm32f072rb", store_word, "store of 4 bytes");
    rig_expect_fault("stm32f103rb", store_byte, "store of 1 byte at");
    rig_expect_fault("stm32f303cc", wrong_key, "wrong key");
    rig_expect_fault("stm32f072rb", key_while_open, "key while CR is not locked");
}

static void write_locked_cr(void) {
    mmio_write32(CR, PG);
    seen[0] = mmio_read32(CR);
    unlock();
    seen[1] = mmio_read32(CR);
    mmio_write32(CR, PG | LOCK);
    mmio_write32(CR, 0);
    seen[2] = mmio_read32(CR);
}

static void test_lock(void **context) {
    (void)context;
    rig_expect_legal("stm32f072rb", write_locked_cr, 0);
    assert_int_equal(seen[0], LOCK);
    assert_int_equal(seen[1], 0);
    assert_int_equal(seen[2], PG | LOCK);
}

static void store_without_pg(void) {
    unlock();
    mmio_write16(FLASH_AT, 0);
}

static void store_in_two_modes(void) {
    unlock();
    mmio_write32(CR, PG | PER);
    mmio_write16(FLASH_AT, 0);
}

static void start_without_mode(void) {
    unlock();
    mmio_write32(CR, STRT);
}

static void start_in_program_mode(void) {
    unlock();
    mmio_write32(CR, PG | STRT);
}

static void mass_erase(void) {
    unlock();
    mmio_write32(CR, MER | STRT);
}

static void erase_outside(void) {
    erase_at(FLASH_AT + 0x20000u);
}

static void erase_in_other_bank(void) {
    erase_at(FLASH_AT + 0x80000u);
}

static void option_bits(void) {
    unlock();
    mmio_write32(CR, 0x10);
}

static void test_modes(void **context) {
    (void)context;
    rig_expect_illegal("stm32f072rb", store_without_pg, "without CR.PG", 0);
    rig_expect_illegal("stm32f072rb", store_in_two_modes, "without CR.PG alone", 0);
    rig_expect_illegal("stm32f072rb", start_without_mode, "not with PER alone", 0);
    rig_expect_illegal("stm32f072rb", start_in_program_mode, "not with PER alone", 0);
    rig_expect_illegal("stm32f072rb", mass_erase, "mass erase", 0);
    rig_expect_illegal("stm32f072rb", erase_outside, "not in the flash", 0);
    rig_expect_illegal("stm32f103zg", erase_in_other_bank, "of these registers", 0);
    rig_expect_illegal("stm32f072rb", option_bits, "option bytes", 0);
}

// AR may point anywhere into the page.
static void erase_inside(void) {
    erase_at(FLASH_AT + 0x1FFEu);
    wait_idle();
}

static void test_erase_takes_the_page_of_ar(void **context) {
    (void)context;
    machine = rig_machine("stm32f072rb");
    cp_nor_set_word(rig_nor(machine), 0x1800 / 4, 0, 1);
    assert_int_equal(rig_run(machine, erase_inside).last_word, 0x1800 / 4);
    assert_int_equal(rig_word(machine, 0x1800), 0xFFFFFFFFu);
    assert_int_equal(state()->banks[0].sr, EOP);
    destroy();
}

static void store_while_busy(void) {
    open_for_program();
    mmio_write16(FLASH_AT, 0);
    mmio_write16(FLASH_AT + 2, 0);
    wait_idle();
}

static void cr_while_busy(void) {
    open_for_program();
    mmio_write16(FLASH_AT, 0);
    mmio_write32(CR, 0);
    wait_idle();
}

static void sr_while_busy(void) {
    open_for_program();
    mmio_write16(FLASH_AT, 0);
    mmio_write32(SR, EOP);
    wait_idle();
}

// BSY is not up yet when SR is read right after STRT.
static void poll_too_early(void) {
    unlock();
    mmio_write32(CR, PER);
    mmio_write32(AR, FLASH_AT);
    mmio_write32(CR, PER | STRT);
    seen[0] = mmio_read32(SR);
    mmio_write32(CR, 0);
    seen[1] = mmio_read32(SR);
    wait_idle();
}

static void test_busy(void **context) {
    (void)context;
    rig_expect_illegal("stm32f072rb", store_while_busy, "store to flash while BSY", 1);
    rig_expect_illegal("stm32f072rb", cr_while_busy, "register written while BSY", 1);
    rig_expect_illegal("stm32f072rb", sr_while_busy, "register written while BSY", 1);
    rig_expect_illegal("stm32f303cc", poll_too_early, "register written while BSY", 1);
    assert_int_equal(seen[0] & BSY, 0);
    assert_int_equal(seen[1] & BSY, BSY);
}

static uint32_t program(uint32_t address, uint16_t value) {
    mmio_write16(address, value);
    wait_idle();
    const uint32_t flags = mmio_read32(SR);
    mmio_write32(SR, flags);
    return flags;
}

static void program_twice(void) {
    open_for_program();
    seen[0] = program(FLASH_AT + 2, 0x1234);
    seen[1] = program(FLASH_AT + 2, 0x1230);
    seen[2] = program(FLASH_AT + 2, 0);
    seen[3] = program(FLASH_AT, 0xABCD); // the other half is its own
}

static void test_program_rule(void **context) {
    (void)context;
    build("stm32f072rb");
    const struct rig_record record = rig_run(machine, program_twice);
    assert_int_equal(record.illegal, 0);
    assert_int_equal(record.programs, 3);
    assert_int_equal(seen[0], EOP);
    assert_int_equal(seen[1], PGERR);
    assert_int_equal(seen[2], EOP);
    assert_int_equal(seen[3], EOP);
    assert_int_equal(rig_word(machine, 0), 0x0000ABCD);
    destroy();
}

static void no_register(void) {
    mmio_read32(REGISTERS + 0x30u);
}

static void no_second_bank(void) {
    mmio_read32(CR2);
}

static void read_keyr(void) {
    mmio_read32(KEYR);
}

static void narrow_register(void) {
    mmio_write16(CR, PG);
}

static void write_protection(void) {
    mmio_write32(REGISTERS + 0x20u, 0);
}

static void look_at_the_rest(void) {
    mmio_write32(REGISTERS, 0x31);
    seen[0] = mmio_read32(REGISTERS);
    seen[1] = mmio_read32(REGISTERS + 0x1Cu);
    seen[2] = mmio_read32(REGISTERS + 0x20u);
    seen[3] = mmio_read32(CR2);
}

static void test_registers(void **context) {
    (void)context;
    rig_expect_illegal("stm32f072rb", no_register, "does not have", 0);
    rig_expect_illegal("stm32f103rb", no_second_bank, "does not have", 0);
    rig_expect_illegal("stm32f072rb", read_keyr, "write-only", 0);
    rig_expect_illegal("stm32f072rb", narrow_register, "written as words", 0);
    rig_expect_illegal("stm32f072rb", write_protection, "read-only", 0);
    rig_expect_legal("stm32f103zg", look_at_the_rest, 0);
    assert_int_equal(seen[0], 0x31);
    assert_int_equal(seen[2], UINT32_MAX);
    assert_int_equal(seen[3], LOCK);
}

static void stay_open(void) {
    unlock();
}

static void stay_in_mode(void) {
    unlock();
    mmio_write32(CR, PG | LOCK);
}

static void stay_busy(void) {
    open_for_program();
    mmio_write16(FLASH_AT, 0);
}

static void check_left_open(void (*job)(void), const char *expected) {
    build("stm32f072rb");
    rig_run(machine, job);
    assert_non_null(strstr(machine->devices[0].model->left_open(&machine->devices[0]), expected));
    destroy();
}

static void test_hand_over(void **context) {
    (void)context;
    check_left_open(stay_open, "not locked");
    check_left_open(stay_in_mode, "PG, PER or MER");
    check_left_open(stay_busy, "still running");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_description),
        cmocka_unit_test(test_every_part),
        cmocka_unit_test(test_single_half_words),
        cmocka_unit_test(test_over_both_banks),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_write_protected),
        cmocka_unit_test(test_programmed_before),
        cmocka_unit_test(test_silent_failures),
        cmocka_unit_test(test_what_others_left),
        cmocka_unit_test(test_stays_locked),
        cmocka_unit_test(test_stays_busy),
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_lock),
        cmocka_unit_test(test_modes),
        cmocka_unit_test(test_erase_takes_the_page_of_ar),
        cmocka_unit_test(test_busy),
        cmocka_unit_test(test_program_rule),
        cmocka_unit_test(test_registers),
        cmocka_unit_test(test_hand_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

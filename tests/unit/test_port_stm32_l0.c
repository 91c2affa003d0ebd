// test_port_stm32_l0.c: the driver of STM32 L0 and L1 against the strict register model, and
// each rule of the model broken by hand.

#include "core/port/stm32/l0.h"
#include "tests/unit/nordic_rig.h"

#define FLASH_AT  0x08000000u
#define REGISTERS 0x40022000u // of the L0
#define PECR      (REGISTERS + 0x04u)
#define PEKEYR    (REGISTERS + 0x0Cu)
#define PRGKEYR   (REGISTERS + 0x10u)
#define SR        (REGISTERS + 0x18u)

#define PELOCK    1u
#define PRGLOCK   2u
#define OPTLOCK   4u
#define LOCKS     7u
#define PROG      8u
#define ERASE     0x200u
#define FPRG      0x400u

#define BSY       1u
#define EOP       2u
#define AT_REST   0x0Cu
#define WRPERR    0x100u
#define SIZERR    0x400u
#define NOTZERO   0x10000u

enum { POLLS_MAX = 100, DATA_BYTES = 64 };

// As sim/controllers/stm32_l0.c lays it out.
struct l0_state {
    uint32_t sr, pecr, acr, wrp[4], busy_polls, keys, is_locked_out;
};

static const char *const all_parts[] = {"stm32l053r8", "stm32l072cz", "stm32l151cb", "stm32l152re"};
#define PART_COUNT (sizeof all_parts / sizeof all_parts[0])

static struct cp_machine *machine;
static const struct cp_part *part;
static struct cp_stm32_l0 l0;
static struct cp_flash flash;

static struct l0_state *state(void) {
    return (struct l0_state *)(void *)machine->devices[0].state;
}

static void build(const char *name) {
    machine = rig_machine(name);
    part = cp_part_find(name);
    l0 = (struct cp_stm32_l0){
        .registers_address = part->registers_address,
        .flash_address = part->flash_address,
        .is_l1 = part->controller == CP_CONTROLLER_STM32_L1,
        .polls_max = POLLS_MAX,
    };
    cp_stm32_l0_flash(&flash, &l0, part->size_bytes, part->erase_size_bytes);
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
    assert_int_equal(state()->sr, 0);
    assert_int_equal(state()->pecr, LOCKS);
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
    build("stm32l072cz");
    assert_int_equal(flash.size_bytes, 192 * 1024);
    assert_int_equal(flash.erase_size_bytes, 128);
    assert_int_equal(flash.write_size_bytes, 4);
    assert_int_equal(flash.erase_value, 0x00);
    assert_int_equal(rig_word(machine, 0), 0); // and the part agrees
    destroy();
}

static void check_program(uint32_t page_bytes) {
    const uint32_t at_bytes = page_bytes + part->erase_size_bytes - DATA_BYTES;
    rig_fill_data();
    assert_int_equal(use(job_program, at_bytes, DATA_BYTES), CP_OK);
    assert_int_equal(last.programs, DATA_BYTES / 4);
    rig_check_data(machine, at_bytes, DATA_BYTES);
    memset(rig_call.data, 0, DATA_BYTES);
    assert_int_equal(use(job_read, at_bytes, DATA_BYTES), CP_OK);
    rig_check_data(machine, at_bytes, DATA_BYTES);
}

static bool page_is_erased(uint32_t offset_bytes) {
    for (uint32_t i = 0; i < part->erase_size_bytes; i += 4) {
        if (rig_word(machine, offset_bytes + i) != 0) {
            return false;
        }
    }
    return true;
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

static void refuses(void (*job)(void), uint32_t offset_bytes, uint32_t size_bytes, int expected) {
    assert_int_equal(use(job, offset_bytes, size_bytes), expected);
    assert_int_equal(last.programs + last.erases, 0);
    assert_int_equal(machine->bus_accesses, 0);
}

static void test_refusals(void **context) {
    (void)context;
    build("stm32l152re");
    const uint32_t size = part->size_bytes, page = part->erase_size_bytes;
    refuses(job_read, size, 1, CP_ERR_BOUNDS);
    refuses(job_program, size, 4, CP_ERR_BOUNDS);
    refuses(job_program, UINT32_MAX - 3, 4, CP_ERR_BOUNDS);
    refuses(job_program, 2, 4, CP_ERR_ALIGNMENT);
    refuses(job_program, 4, 6, CP_ERR_ALIGNMENT);
    refuses(job_erase, size, 0, CP_ERR_BOUNDS);
    refuses(job_erase, page / 2, 0, CP_ERR_ALIGNMENT);
    destroy();
}

// --- what the driver does when something fails

static void check_protection(const char *name, uint32_t offset_bytes, uint32_t index,
                             uint32_t bit) {
    build(name);
    rig_fill_data();
    for (int erases = 0; erases < 2; erases++) {
        begin_use(erases ? job_erase : job_program, offset_bytes, 4);
        state()->wrp[index] = 1u << bit;
        assert_int_equal(finish_use(), CP_ERR_FLASH);
        assert_int_equal(last.programs + last.erases, 0);
        check_closed();
        begin_use(erases ? job_erase : job_program, offset_bytes, 4);
        state()->wrp[index] = ~(1u << bit);
        assert_int_equal(finish_use(), CP_OK);
    }
    destroy();
}

static void test_write_protected(void **context) {
    (void)context;
    check_protection("stm32l053r8", 0x1000, 0, 1);
    check_protection("stm32l072cz", 0x20000, 1, 0);
    check_protection("stm32l152re", 0x7F000, 3, 31);
}

// Hole H2 as the driver sees it: not even the same value goes over a word that is not zero.
static void test_programmed_before(void **context) {
    (void)context;
    build("stm32l072cz");
    rig_fill_data();
    assert_int_equal(use(job_program, 0, 8), CP_OK);
    assert_int_equal(use(job_program, 0, 4), CP_ERR_FLASH);
    assert_int_equal(last.programs, 0);
    rig_check_data(machine, 0, 8);
    assert_int_equal(use(job_erase, 0, 0), CP_OK);
    assert_int_equal(use(job_program, 0, 4), CP_OK);
    destroy();
}

static void test_silent_failures(void **context) {
    (void)context;
    for (size_t i = 0; i < PART_COUNT; i++) {
        build(all_parts[i]);
        rig_fill_data();
        for (rig_not_done = 0; rig_not_done < 3; rig_not_done++) {
            assert_int_equal(use(job_program, 16 * rig_not_done, 12), CP_ERR_FLASH);
            assert_int_equal(last.programs, 3);
        }
        rig_not_done = 0;
        assert_int_equal(use(job_erase, 0, 0), CP_ERR_FLASH);
        rig_not_done = RIG_NO_OPERATION;
        assert_int_equal(use(job_erase, 0, 0), CP_OK);
        destroy();
    }
}

static void test_what_others_left(void **context) {
    (void)context;
    build("stm32l053r8");
    rig_fill_data();
    begin_use(job_program, 0, 4);
    state()->sr = EOP | WRPERR | SIZERR | NOTZERO;
    state()->pecr = OPTLOCK | PROG | ERASE; // open: a program would erase
    assert_int_equal(finish_use(), CP_OK);
    assert_int_equal(last.programs, 1);
    check_closed();
    begin_use(job_erase, 0, 0);
    state()->pecr = OPTLOCK | PRGLOCK; // half open
    assert_int_equal(finish_use(), CP_OK);
    check_closed();
    destroy();
}

static void test_stays_busy(void **context) {
    (void)context;
    build("stm32l151cb");
    l0.polls_max = 1;
    begin_use(job_program, 0, 4);
    assert_int_equal(finish_use(), CP_ERR_FLASH);
    l0.polls_max = POLLS_MAX;
    begin_use(job_erase, 0, 0);
    state()->busy_polls = UINT32_MAX;
    assert_int_equal(finish_use(), CP_ERR_FLASH);
    assert_int_equal(last.programs + last.erases, 0);
    assert_int_equal(machine->bus_accesses, POLLS_MAX);
    destroy();
}

// --- the rules of the model, each broken by hand

static uint32_t seen[4];

static void unlock_pecr(void) {
    mmio_write32(PEKEYR, 0x89ABCDEFu);
    mmio_write32(PEKEYR, 0x02030405u);
}

static void unlock_program_memory(void) {
    mmio_write32(PRGKEYR, 0x8C9DAEBFu);
    mmio_write32(PRGKEYR, 0x13141516u);
}

static void unlock(void) {
    unlock_pecr();
    unlock_program_memory();
}

static void wait_idle(void) {
    while ((mmio_read32(SR) & BSY) != 0) {
    }
}

static void wrong_key(void) {
    mmio_write32(PEKEYR, 0x89ABCDEFu);
    mmio_write32(PEKEYR, 0x89ABCDEFu);
}

static void keys_in_wrong_order(void) {
    unlock_program_memory();
}

static void key_while_open(void) {
    unlock();
    unlock_pecr();
}

static void test_faults(void **context) {
    (void)context;
    rig_expect_fault("stm32l072cz", wrong_key, "wrong key");
    rig_expect_fault("stm32l072cz", keys_in_wrong_order, "while PECR is locked");
    rig_expect_fault("stm32l072cz", key_while_open, "a lock that is open");
}

static void open_and_close(void) {
    mmio_write32(PECR, PROG);
    seen[0] = mmio_read32(PECR);
    unlock_pecr();
    seen[1] = mmio_read32(PECR);
    unlock_program_memory();
    seen[2] = mmio_read32(PECR);
    mmio_write32(PECR, PELOCK);
    seen[3] = mmio_read32(PECR);
}

static void test_locks(void **context) {
    (void)context;
    rig_expect_legal("stm32l053r8", open_and_close, 0);
    assert_int_equal(seen[0], LOCKS);
    assert_int_equal(seen[1], PRGLOCK | OPTLOCK);
    assert_int_equal(seen[2], OPTLOCK);
    assert_int_equal(seen[3], LOCKS);
}

static void store_word(uint32_t offset_bytes, uint32_t value) {
    mmio_write32(FLASH_AT + offset_bytes, value);
    wait_idle();
    seen[0] = mmio_read32(SR);
}

static void store_locked(void) {
    store_word(0, 1);
}

static void store_half_locked(void) {
    unlock_pecr();
    store_word(0, 1);
}

static void store_half_word(void) {
    unlock();
    mmio_write16(FLASH_AT, 1);
    seen[0] = mmio_read32(SR);
}

static void store_twice(void) {
    unlock();
    store_word(0, 1);
    mmio_write32(SR, EOP);
    store_word(0, 1);
}

static void store_in_program_mode(void) {
    unlock();
    mmio_write32(PECR, PROG);
    store_word(0, 1);
}

static void expect_flags(void (*job)(void), uint32_t flags, uint32_t operations) {
    rig_expect_legal("stm32l072cz", job, operations);
    assert_int_equal(seen[0], flags | AT_REST);
}

static void test_stores(void **context) {
    (void)context;
    expect_flags(store_locked, WRPERR, 0);
    expect_flags(store_half_locked, WRPERR, 0);
    expect_flags(store_half_word, SIZERR, 0);
    expect_flags(store_twice, NOTZERO, 1);
    expect_flags(store_in_program_mode, EOP, 1);
}

static void half_page_mode(void) {
    unlock();
    mmio_write32(PECR, PROG | FPRG);
    store_word(0, 1);
}

static void erase_mode_alone(void) {
    unlock();
    mmio_write32(PECR, ERASE);
    store_word(0, 1);
}

static void reserved_bit(void) {
    unlock();
    mmio_write32(PECR, 0x20);
}

static void test_modes(void **context) {
    (void)context;
    rig_expect_illegal("stm32l072cz", half_page_mode, "no mode for program memory", 0);
    rig_expect_illegal("stm32l072cz", erase_mode_alone, "no mode for program memory", 0);
    rig_expect_illegal("stm32l072cz", reserved_bit, "bits that are reserved", 0);
}

static void erase_inside(void) {
    unlock();
    mmio_write32(PECR, PROG | ERASE);
    store_word(0x17C, 0xFFFFFFFFu);
}

static void test_erase_takes_the_page_of_the_store(void **context) {
    (void)context;
    build("stm32l072cz");
    cp_nor_set_word(rig_nor(machine), 0x100 / 4, 7, 1);
    last = rig_run(machine, erase_inside);
    assert_int_equal(last.illegal, 0);
    assert_int_equal(last.last_word, 0x100 / 4);
    assert_true(page_is_erased(0x100));
    destroy();
}

static void store_while_busy(void) {
    unlock();
    mmio_write32(FLASH_AT, 1);
    mmio_write32(FLASH_AT + 4, 1);
    wait_idle();
}

static void pecr_while_busy(void) {
    unlock();
    mmio_write32(FLASH_AT, 1);
    mmio_write32(PECR, PELOCK);
    wait_idle();
}

static void test_busy(void **context) {
    (void)context;
    rig_expect_illegal("stm32l072cz", store_while_busy, "store to flash while BSY", 1);
    rig_expect_illegal("stm32l072cz", pecr_while_busy, "PECR written while BSY", 1);
}

// --- the L1: registers elsewhere, other flags, no NOTZEROERR

#define L1(address) ((address)-REGISTERS + 0x40023C00u)

static void unlock_l1(void) {
    mmio_write32(L1(PEKEYR), 0x89ABCDEFu);
    mmio_write32(L1(PEKEYR), 0x02030405u);
    mmio_write32(L1(PRGKEYR), 0x8C9DAEBFu);
    mmio_write32(L1(PRGKEYR), 0x13141516u);
}

static void store_twice_l1(void) {
    unlock_l1();
    for (int i = 0; i < 2; i++) {
        mmio_write32(FLASH_AT, 1u << i);
        while ((mmio_read32(L1(SR)) & BSY) != 0) {
        }
    }
}

static void store_in_program_mode_l1(void) {
    unlock_l1();
    mmio_write32(L1(PECR), PROG);
    mmio_write32(FLASH_AT, 1);
}

static void clear_flags_of_l0(void) {
    mmio_write32(L1(SR), NOTZERO);
}

static void test_l1(void **context) {
    (void)context;
    rig_expect_illegal("stm32l152re", store_twice_l1, "programmed again after 1 program", 2);
    rig_expect_illegal("stm32l152re", store_in_program_mode_l1, "no mode for program memory", 0);
    rig_expect_illegal("stm32l152re", clear_flags_of_l0, "bits that are reserved", 0);
}

static void no_register(void) {
    mmio_read32(REGISTERS + 0x30u);
}

static void no_third_wrp(void) {
    mmio_read32(REGISTERS + 0x84u);
}

static void narrow_register(void) {
    mmio_write16(PECR, 1);
}

static void read_keys(void) {
    mmio_read32(PEKEYR);
}

static void write_protection(void) {
    mmio_write32(REGISTERS + 0x20u, 1);
}

static void look_at_the_rest(void) {
    mmio_write32(REGISTERS, 3);
    seen[0] = mmio_read32(REGISTERS);
    seen[1] = mmio_read32(REGISTERS + 0x1Cu) | mmio_read32(REGISTERS + 0x80u);
    seen[2] = mmio_read32(SR);
}

static void test_registers(void **context) {
    (void)context;
    rig_expect_illegal("stm32l072cz", no_register, "does not have", 0);
    rig_expect_illegal("stm32l072cz", no_third_wrp, "does not have", 0);
    rig_expect_illegal("stm32l072cz", narrow_register, "written as words", 0);
    rig_expect_illegal("stm32l072cz", read_keys, "write-only", 0);
    rig_expect_illegal("stm32l072cz", write_protection, "read-only", 0);
    rig_expect_legal("stm32l072cz", look_at_the_rest, 0);
    assert_int_equal(seen[0], 3);
    assert_int_equal(seen[1], 0);
    assert_int_equal(seen[2], AT_REST);
}

static void stay_in_mode(void) {
    unlock();
    mmio_write32(PECR, PROG | ERASE);
}

static void stay_busy(void) {
    unlock();
    mmio_write32(FLASH_AT, 1);
}

static void check_left_open(void (*job)(void), const char *expected) {
    build("stm32l072cz");
    rig_run(machine, job);
    assert_non_null(strstr(machine->devices[0].model->left_open(&machine->devices[0]), expected));
    destroy();
}

static void test_hand_over(void **context) {
    (void)context;
    check_left_open(unlock, "not locked");
    check_left_open(unlock_pecr, "not locked");
    check_left_open(stay_in_mode, "PROG or ERASE");
    check_left_open(stay_busy, "still running");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_description),
        cmocka_unit_test(test_every_part),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_write_protected),
        cmocka_unit_test(test_programmed_before),
        cmocka_unit_test(test_silent_failures),
        cmocka_unit_test(test_what_others_left),
        cmocka_unit_test(test_stays_busy),
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_locks),
        cmocka_unit_test(test_stores),
        cmocka_unit_test(test_modes),
        cmocka_unit_test(test_erase_takes_the_page_of_the_store),
        cmocka_unit_test(test_busy),
        cmocka_unit_test(test_l1),
        cmocka_unit_test(test_registers),
        cmocka_unit_test(test_hand_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

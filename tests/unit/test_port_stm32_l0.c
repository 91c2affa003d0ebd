// test_port_stm32_l0.c: the driver of STM32 L0 and L1 against the strict register model, and
// each rule of the model broken by hand.

#include "core/port/stm32/l0.h"

#include "port_rig.h"

#define FLASH_AT      0x08000000u
#define PAGE_L0_BYTES 128u

enum { ACR = 0x00, PECR = 0x04, PEKEYR = 0x0C, PRGKEYR = 0x10, OPTKEYR = 0x14, SR = 0x18 };

#define PELOCK     0x1u
#define PRGLOCK    0x2u
#define LOCKS      0x7u
#define OPENED     0x4u // both locks that matter
#define PROG       0x8u
#define ERASE      0x200u
#define FPRG       0x400u

#define BSY        0x1u
#define EOP        0x2u
#define WRPERR     0x100u
#define SIZERR     0x400u
#define NOTZEROERR 0x10000u
#define FLAGS      0x32F02u

// As sim/controllers/stm32_l0.c lays it out.
struct l0_state {
    uint32_t sr, pecr, acr, wrp[4], busy_polls, keys, is_locked_out;
};

static const char *const all_parts[] = {"stm32l053r8", "stm32l072cz", "stm32l151cb", "stm32l152re"};

#define PART_COUNT (sizeof all_parts / sizeof all_parts[0])

static struct cp_stm32_l0 port;

static struct l0_state *state(void) {
    return (struct l0_state *)(void *)rig.machine->devices[0].state;
}

static void build(const char *name) {
    rig_open(name);
    port = (struct cp_stm32_l0){.registers_address = rig.part.registers_address,
                                .flash_address = rig.part.flash_address,
                                .is_l1 = rig.part.controller == CP_CONTROLLER_STM32_L1,
                                .polls_max = 10};
    cp_stm32_l0_flash(&rig.flash, &port, rig.part.size_bytes, rig.part.erase_size_bytes);
}

static void destroy(void) {
    cp_machine_destroy(rig.machine);
    rig.machine = NULL;
}

static bool page_is_erased(uint32_t offset_bytes) {
    for (uint32_t i = 0; i < rig.part.erase_size_bytes; i += 4) {
        if (rig_word(offset_bytes + i) != 0) {
            return false;
        }
    }
    return true;
}

// --- the driver

static void test_description(void **context) {
    (void)context;
    build("stm32l072cz");
    assert_int_equal(rig.flash.size_bytes, 192 * 1024);
    assert_int_equal(rig.flash.erase_size_bytes, 128);
    assert_int_equal(rig.flash.write_size_bytes, 4);
    assert_int_equal(rig.flash.erase_value, 0);
    assert_int_equal(rig_word(0), 0); // and so it reads
    destroy();
    build("stm32l152re");
    assert_int_equal(rig.flash.size_bytes, 512 * 1024);
    assert_int_equal(rig.flash.erase_size_bytes, 256);
    destroy();
}

// To the last byte of a page, and back.
static void check_program(uint32_t page_bytes) {
    const uint32_t at_bytes = page_bytes + rig.part.erase_size_bytes - 64;
    uint8_t expected[RIG_DATA_MAX_BYTES];
    rig_fill_data();
    memcpy(expected, rig.data, sizeof(expected));
    assert_int_equal(rig_expect(rig_job_program, at_bytes, 64, CP_OK), 16);
    assert_int_equal(state()->pecr, LOCKS);
    assert_int_equal(rig_word(at_bytes), 0x744F2A05);
    memset(rig.data, 0xEE, sizeof(rig.data));
    assert_int_equal(rig_expect(rig_job_read, at_bytes + 1, 62, CP_OK), 0);
    assert_memory_equal(rig.data, expected + 1, 62);
    assert_int_equal(rig.data[62], 0xEE);
}

// Pages at both ends of each bank: each erase takes its own and no other.
static void test_every_part(void **context) {
    (void)context;
    for (size_t i = 0; i < PART_COUNT; i++) {
        build(all_parts[i]);
        const uint32_t page = rig.part.erase_size_bytes, size = rig.part.size_bytes;
        const uint32_t half = rig.part.bank_size_bytes ? rig.part.bank_size_bytes : size / 2;
        const uint32_t pages[] = {page, 2 * page, half - page, half, half + page, size - page};
        for (uint32_t k = 0; k < 6; k++) {
            check_program(pages[k]);
        }
        for (uint32_t k = 0; k < 6; k++) {
            assert_false(page_is_erased(pages[k]));
            assert_int_equal(rig_expect(rig_job_erase, pages[k], 0, CP_OK), 1);
            assert_true(page_is_erased(pages[k]));
            assert_int_equal(state()->pecr, LOCKS);
        }
        destroy();
    }
}

static void test_refusals(void **context) {
    (void)context;
    for (size_t i = 0; i < PART_COUNT; i++) {
        build(all_parts[i]);
        rig_check_refusals();
        destroy();
    }
}

// Hole H2: on L0 not even what the word holds already, which on L1 nothing forbids but the
// manual's silence.
static void test_programmed_before(void **context) {
    (void)context;
    build("stm32l053r8");
    memset(rig.data, 0xFF, 8);
    assert_int_equal(rig_expect(rig_job_program, 256, 8, CP_OK), 2);
    assert_int_equal(rig_expect(rig_job_program, 256, 8, CP_ERR_FLASH), 0);
    assert_int_equal(state()->sr & FLAGS, 0); // the flag does not stay
    assert_int_equal(rig_expect(rig_job_program, 264, 4, CP_OK), 1);
    destroy();
    build("stm32l151cb");
    memset(rig.data, 0xFF, 8);
    assert_int_equal(rig_expect(rig_job_program, 256, 4, CP_OK), 1);
    const struct rig_record record = rig_call(rig_job_program, 256, 4);
    assert_int_equal(record.illegal, 1);
    assert_non_null(strstr(record.message, "programmed again"));
    assert_int_equal(record.programs, 1);
    destroy();
}

// Zeros leave an L0's word at 0, but a second program of them is a second program.
static void test_programmed_zeros(void **context) {
    (void)context;
    for (size_t i = 0; i < PART_COUNT; i++) {
        build(all_parts[i]);
        memset(rig.data, 0, 4);
        assert_int_equal(rig_expect(rig_job_program, 1024, 4, CP_OK), 1);
        const struct rig_record record = rig_call(rig_job_program, 1024, 4);
        assert_int_equal(record.illegal, 1);
        assert_non_null(strstr(record.message, "programmed again"));
        destroy();
    }
}

// Not by way of a reset, which would take the protection back.
static int call_protected(void (*job)(void), uint32_t offset_bytes) {
    rig.offset_bytes = offset_bytes;
    rig.size_bytes = 8;
    const struct rig_record record = rig_go_on(job);
    assert_int_equal(record.illegal + record.programs, 0);
    assert_int_equal(record.end, CP_EVENT_IDLE);
    assert_int_equal(state()->sr & FLAGS, 0);
    assert_int_equal(state()->pecr, LOCKS);
    return rig.result;
}

static void test_write_protected(void **context) {
    (void)context;
    for (size_t i = 0; i < PART_COUNT; i++) {
        build(all_parts[i]);
        cp_machine_reset(rig.machine, true);
        state()->wrp[0] = 1u << 3; // 0x3000 to 0x3FFF
        rig_fill_data();
        assert_int_equal(call_protected(rig_job_program, 0x3000), CP_ERR_FLASH);
        assert_int_equal(call_protected(rig_job_program, 0x3FF8), CP_ERR_FLASH);
        assert_int_equal(call_protected(rig_job_erase, 0x3000), CP_ERR_FLASH);
        assert_int_equal(call_protected(rig_job_erase, 0x4000), CP_OK);
        assert_int_equal(call_protected(rig_job_erase, 0x3000 - rig.part.erase_size_bytes), CP_OK);
        destroy();
    }
}

// No flag tells of an operation that failed: each is read back.
static void check_failures(enum cp_done answer) {
    rig_fill_data();
    rig.answer = answer;
    rig.undone_after = 1;
    assert_int_equal(rig_expect(rig_job_program, 1024, 16, CP_ERR_FLASH), 4);
    rig.undone_after = 0;
    assert_int_equal(rig_expect(rig_job_erase, 1024, 0, CP_ERR_FLASH), 1);
    assert_false(page_is_erased(1024));
    rig.undone_after = UINT32_MAX;
    assert_int_equal(rig_expect(rig_job_erase, 1024, 0, CP_OK), 1);
}

static void test_failing_operations(void **context) {
    (void)context;
    for (size_t i = 0; i < PART_COUNT; i++) {
        build(all_parts[i]);
        check_failures(CP_DONE_SILENT);
        check_failures(CP_DONE_REPORTED);
        destroy();
    }
}

static void test_stale_flags(void **context) {
    (void)context;
    for (size_t i = 0; i < PART_COUNT; i++) {
        build(all_parts[i]);
        const bool is_l1 = rig.part.controller == CP_CONTROLLER_STM32_L1;
        cp_machine_reset(rig.machine, true);
        state()->sr = is_l1 ? WRPERR | SIZERR | EOP : FLAGS;
        rig_fill_data();
        rig.offset_bytes = 1024;
        rig.size_bytes = 8;
        assert_int_equal(rig_go_on(rig_job_program).illegal, 0);
        assert_int_equal(rig.result, CP_OK);
        assert_int_equal(state()->sr & FLAGS, 0);
        destroy();
    }
}

// Whoever came before left one or both locks open, or a mode on.
static void test_unlocked_before(void **context) {
    (void)context;
    static const uint32_t pecrs[] = {LOCKS & ~PELOCK, LOCKS & ~(PELOCK | PRGLOCK),
                                     (LOCKS & ~(PELOCK | PRGLOCK)) | ERASE | PROG};
    for (size_t i = 0; i < 3; i++) {
        build("stm32l152re");
        cp_machine_reset(rig.machine, true);
        state()->pecr = pecrs[i];
        rig_fill_data();
        rig.offset_bytes = 1024;
        rig.size_bytes = 8;
        const struct rig_record record = rig_go_on(rig_job_program);
        assert_int_equal(record.illegal + record.erases, 0);
        assert_int_equal(record.programs, 2);
        assert_int_equal(rig.result, CP_OK);
        assert_int_equal(state()->pecr, LOCKS);
        destroy();
    }
}

// Left alone: PECR must not be written while BSY.
static void check_stays_busy(void (*job)(void)) {
    rig.offset_bytes = 1024;
    rig.size_bytes = 8;
    cp_machine_reset(rig.machine, true);
    state()->busy_polls = UINT32_MAX;
    const struct rig_record record = rig_go_on(job);
    assert_int_equal(record.illegal + record.programs + record.erases, 0);
    assert_int_equal(rig.result, CP_ERR_FLASH);
    assert_int_equal(state()->busy_polls, UINT32_MAX - port.polls_max);
}

static void test_stays_busy(void **context) {
    (void)context;
    build("stm32l072cz");
    check_stays_busy(rig_job_program);
    check_stays_busy(rig_job_erase);
    port.polls_max = 1; // and during an operation
    rig_fill_data();
    struct rig_record record = rig_call(rig_job_program, 1024, 8);
    assert_int_equal(record.illegal, 0);
    assert_int_equal(record.programs, 1);
    assert_int_equal(rig.result, CP_ERR_FLASH);
    destroy();
}

// Once a key was wrong PECR stays locked, and the next one faults again: only a reset helps.
static void test_locked_out(void **context) {
    (void)context;
    build("stm32l053r8");
    cp_machine_reset(rig.machine, true);
    state()->is_locked_out = 1;
    rig.offset_bytes = 1024;
    const struct rig_record record = rig_go_on(rig_job_erase);
    assert_int_equal(record.end, CP_EVENT_CRASH);
    assert_non_null(strstr(record.message, "key after a wrong key"));
    destroy();
}

// --- register sequences by hand

static void put(uint32_t offset_bytes, uint32_t value) {
    mmio_write32(rig.part.registers_address + offset_bytes, value);
}

static uint32_t get(uint32_t offset_bytes) {
    return mmio_read32(rig.part.registers_address + offset_bytes);
}

static void unlock_pecr(void) {
    put(PEKEYR, 0x89ABCDEFu);
    put(PEKEYR, 0x02030405u);
}

static void unlock(void) {
    unlock_pecr();
    put(PRGKEYR, 0x8C9DAEBFu);
    put(PRGKEYR, 0x13141516u);
}

// Until it is idle; what came of it is in rig.seen[0].
static void finish(void) {
    do {
        rig.seen[0] = get(SR);
    } while ((rig.seen[0] & BSY) != 0);
}

static void program_by_hand(void) {
    unlock();
    mmio_write32(FLASH_AT + 1024, 0x1234);
    finish();
}

static void erase_by_hand(void) {
    unlock();
    put(PECR, OPENED | ERASE | PROG);
    mmio_write32(FLASH_AT + 1024 + 8, 0xFFFFFFFFu); // any word of the page, and any value
    finish();
}

static void check_by_hand(const char *name) {
    build(name);
    rig_expect_legal(program_by_hand, 1);
    assert_int_equal(rig.seen[0] & FLAGS, EOP);
    assert_int_equal(rig_word(1024), 0x1234);
    rig_expect_legal(erase_by_hand, 1);
    assert_int_equal(rig.seen[0] & FLAGS, EOP);
    assert_true(page_is_erased(1024));
    destroy();
}

static void test_by_hand(void **context) {
    (void)context;
    check_by_hand("stm32l053r8");
    check_by_hand("stm32l151cb");
}

// --- keys

static void wrong_first_key(void) {
    put(PEKEYR, 1);
}

static void wrong_second_key(void) {
    put(PEKEYR, 0x89ABCDEFu);
    put(PEKEYR, 0x89ABCDEFu);
}

static void keys_of_program_memory_first(void) {
    put(PRGKEYR, 0x8C9DAEBFu);
}

static void wrong_key_of_program_memory(void) {
    unlock_pecr();
    put(PRGKEYR, 0x8C9DAEBFu);
    put(PRGKEYR, 0x8C9DAEBFu);
}

static void keys_twice(void) {
    unlock();
    put(PEKEYR, 0x89ABCDEFu);
}

static void test_keys(void **context) {
    (void)context;
    build("stm32l072cz");
    rig_expect_fault(wrong_first_key, "wrong key");
    assert_int_equal(state()->pecr, LOCKS);
    rig_expect_fault(wrong_second_key, "wrong key");
    rig_expect_fault(keys_of_program_memory_first, "while PECR is locked");
    rig_expect_fault(wrong_key_of_program_memory, "wrong key");
    assert_int_equal(state()->pecr, LOCKS);
    rig_expect_fault(keys_twice, "lock that is open");
    assert_int_equal(state()->pecr, LOCKS);
    const struct rig_record record = rig_go_on(unlock); // no reset in between
    assert_int_equal(record.end, CP_EVENT_CRASH);
    assert_non_null(strstr(record.message, "key after a wrong key"));
    rig_expect_legal(unlock, 0);
    assert_int_equal(state()->pecr, LOCKS & ~(PELOCK | PRGLOCK));
    destroy();
}

// --- what is answered with a flag, or by nothing

static void store_locked(void) {
    mmio_write32(FLASH_AT + 1024, 1);
    finish();
}

static void store_with_one_lock(void) {
    unlock_pecr();
    mmio_write32(FLASH_AT + 1024, 1);
    finish();
}

static void store_half_word(void) {
    unlock();
    mmio_write16(FLASH_AT + 1024, 1);
    finish();
}

static void store_byte(void) {
    unlock();
    mmio_write8(FLASH_AT + 1024, 1);
    finish();
}

static void set_mode_while_locked(void) {
    put(PECR, ERASE | PROG);
    rig.seen[0] = get(PECR);
}

// The second lock cannot be opened by a write, and the first closes all.
static void open_by_a_write(void) {
    unlock_pecr();
    put(PECR, 0);
    rig.seen[0] = get(PECR);
    put(PECR, PELOCK);
    rig.seen[1] = get(PECR);
}

static void program_again(void) {
    unlock();
    mmio_write32(FLASH_AT + 1024, 0x1234);
    finish();
    put(SR, EOP);
    mmio_write32(FLASH_AT + 1024, 0x1234);
    finish();
}

static void program_twice(void) {
    program_again();
    rig.seen[1] = get(SR);
    put(SR, EOP);
    rig.seen[2] = get(SR);
    put(SR, NOTZEROERR);
    rig.seen[3] = get(SR);
}

static void expect_flags(void (*job)(void), uint32_t flags) {
    rig_expect_legal(job, 0);
    assert_int_equal(rig.seen[0] & FLAGS, flags);
}

static void test_flags(void **context) {
    (void)context;
    for (size_t i = 0; i < PART_COUNT; i++) {
        build(all_parts[i]);
        expect_flags(store_locked, WRPERR);
        expect_flags(store_with_one_lock, WRPERR);
        expect_flags(store_half_word, SIZERR);
        expect_flags(store_byte, SIZERR);
        rig_expect_legal(set_mode_while_locked, 0);
        assert_int_equal(rig.seen[0], LOCKS);
        rig_expect_legal(open_by_a_write, 0);
        assert_int_equal(rig.seen[0], LOCKS & ~PELOCK);
        assert_int_equal(rig.seen[1], LOCKS);
        destroy();
    }
}

static void test_not_zero(void **context) {
    (void)context;
    build("stm32l053r8");
    rig_expect_legal(program_twice, 1);
    assert_int_equal(rig.seen[1] & FLAGS, NOTZEROERR);
    assert_int_equal(rig.seen[2] & FLAGS, NOTZEROERR); // it takes its own bit to clear it
    assert_int_equal(rig.seen[3] & FLAGS, 0);
    destroy();
}

// --- what is not allowed

static void store_while_busy(void) {
    unlock();
    mmio_write32(FLASH_AT + 1024, 1);
    mmio_write32(FLASH_AT + 1028, 1);
    finish();
}

static void pecr_while_busy(void) {
    unlock();
    mmio_write32(FLASH_AT + 1024, 1);
    put(PECR, LOCKS);
    finish();
}

static void erase_without_prog(void) {
    unlock();
    put(PECR, OPENED | ERASE);
    mmio_write32(FLASH_AT + 1024, 0);
}

static void half_page(void) {
    unlock();
    put(PECR, OPENED | FPRG | PROG);
    mmio_write32(FLASH_AT + 1024, 0);
}

static void program_with_prog(void) {
    unlock();
    put(PECR, OPENED | PROG);
    mmio_write32(FLASH_AT + 1024, 1);
    finish();
}

static void reserved_bit(void) {
    unlock();
    put(PECR, 1u << 20);
}

static void narrow_register(void) {
    mmio_write16(rig.part.registers_address + PECR, 0);
}

static void read_a_key(void) {
    (void)get(PEKEYR);
}

static void write_option_keys(void) {
    put(OPTKEYR, 0);
}

static void flag_of_l0(void) {
    put(SR, NOTZEROERR);
}

static void test_illegal(void **context) {
    (void)context;
    for (size_t i = 0; i < PART_COUNT; i++) {
        build(all_parts[i]);
        rig_expect_illegal(store_while_busy, "store to flash while BSY");
        assert_int_equal(rig_word(1028), 0);
        rig_expect_legal(erase_by_hand, 1);
        rig_expect_illegal(pecr_while_busy, "PECR written while BSY");
        rig_expect_illegal(erase_without_prog, "no mode for program memory");
        rig_expect_illegal(half_page, "no mode for program memory");
        rig_expect_illegal(reserved_bit, "reserved");
        rig_expect_illegal(narrow_register, "written as words");
        rig_expect_illegal(read_a_key, "write-only");
        rig_expect_illegal(write_option_keys, "option bytes");
        destroy();
    }
}

static void test_what_differs(void **context) {
    (void)context;
    build("stm32l152re");
    rig_expect_illegal(program_with_prog, "no mode for program memory");
    rig_expect_illegal(flag_of_l0, "reserved");
    rig_expect_illegal(program_again, "programmed again");
    assert_int_equal(rig_word(1024), 0x1234);
    destroy();
    build("stm32l072cz");
    rig_expect_legal(program_with_prog, 1);
    rig_expect_legal(flag_of_l0, 0);
    destroy();
}

// The page is the one the store goes to; that of the bootloader is not to be erased.
static void erase_bootloader(void) {
    unlock();
    put(PECR, OPENED | ERASE | PROG);
    mmio_write32(FLASH_AT + PAGE_L0_BYTES - 4, 0);
    finish();
}

static void test_erase_goes_where_the_store_goes(void **context) {
    (void)context;
    build("stm32l053r8");
    rig_expect_illegal(erase_bootloader, "write-protected pages of the bootloader");
    destroy();
}

static const char *left_open_with(uint32_t pecr) {
    state()->pecr = pecr;
    return rig.machine->devices[0].model->left_open(&rig.machine->devices[0]);
}

static void test_left_open(void **context) {
    (void)context;
    build("stm32l151cb");
    cp_machine_reset(rig.machine, false);
    assert_null(left_open_with(LOCKS));
    assert_non_null(strstr(left_open_with(LOCKS & ~PELOCK), "not locked"));
    assert_non_null(strstr(left_open_with(LOCKS | PROG), "PECR.PROG"));
    assert_non_null(strstr(left_open_with(LOCKS | ERASE), "PECR.PROG or ERASE"));
    state()->busy_polls = 1;
    assert_non_null(strstr(left_open_with(LOCKS), "running"));
    destroy();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_description),
        cmocka_unit_test(test_every_part),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_programmed_before),
        cmocka_unit_test(test_programmed_zeros),
        cmocka_unit_test(test_write_protected),
        cmocka_unit_test(test_failing_operations),
        cmocka_unit_test(test_stale_flags),
        cmocka_unit_test(test_unlocked_before),
        cmocka_unit_test(test_stays_busy),
        cmocka_unit_test(test_locked_out),
        cmocka_unit_test(test_by_hand),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_flags),
        cmocka_unit_test(test_not_zero),
        cmocka_unit_test(test_illegal),
        cmocka_unit_test(test_what_differs),
        cmocka_unit_test(test_erase_goes_where_the_store_goes),
        cmocka_unit_test(test_left_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// test_port_stm32_f4.c: the driver of STM32 F2, F4 and F7 against the strict register model,
// each rule of the model broken by hand, and the sector numbers of every part.

#include "core/port/stm32/f4.h"
#include "sim/native/native.h"
#include "tests/unit/nordic_rig.h"

#define FLASH_AT  0x08000000u
#define REGISTERS 0x40023C00u
#define ACR       (REGISTERS + 0x00u)
#define KEYR      (REGISTERS + 0x04u)
#define SR        (REGISTERS + 0x0Cu)
#define CR        (REGISTERS + 0x10u)
#define OPTCR     (REGISTERS + 0x14u)
#define KEY1      0x45670123u
#define KEY2      0xCDEF89ABu

#define PG        1u
#define SER       2u
#define MER       4u
#define SNB(n)    ((uint32_t)(n) << 3)
#define X8        0u
#define X16       (1u << 8)
#define X32       (2u << 8)
#define X64       (3u << 8)
#define STRT      (1u << 16)
#define EOPIE     (1u << 24)
#define ERRIE     (1u << 25)
#define LOCK      (1u << 31)

#define EOP       1u
#define OPERR     2u
#define WRPERR    0x10u
#define PGPERR    0x40u
#define PGSERR    0x80u
#define BSY       0x10000u

#define ICEN      0x200u
#define DCEN      0x400u
#define ICRST     0x800u
#define DCRST     0x1000u

enum { POLLS_MAX = 100, DATA_BYTES = 64 };

// As sim/controllers/stm32_f4.c lays it out.
struct f4_state {
    uint32_t sr, cr, acr, optcr, optcr1, eop_at_end, busy_polls, stale, keys;
};

static const char *const all_parts[] = {"stm32f205rg", "stm32f405rg", "stm32f407vg",
                                        "stm32f429zi", "stm32f446re", "stm32f722re",
                                        "stm32f746ng", "stm32f767zi", "stm32f767zi-dual"};
#define PART_COUNT (sizeof all_parts / sizeof all_parts[0])

static struct cp_machine *machine;
static const struct cp_part *part;
static struct cp_stm32_f4 f4;
static struct cp_flash flash;

static struct f4_state *state(void) {
    return (struct f4_state *)(void *)machine->devices[0].state;
}

// The flash is a run of sectors, as the native program finds it for an offset.
static void open_window(uint32_t offset_bytes) {
    static struct native_devices devices;
    struct cp_program_board board = {.devices = {cp_part_describe(part)}};
    for (int i = 0; i < CP_AREA_COUNT; i++) {
        board.areas[i].device = CP_DEVICES_MAX;
    }
    board.areas[CP_AREA_DFU] = (struct cp_program_area){0, offset_bytes, 4};
    native_devices_init(&devices, &board);
    assert_int_equal(devices.window_count, 1);
    f4 = devices.windows[0].port.stm32_f4;
    f4.polls_max = POLLS_MAX;
    flash = devices.windows[0].flash;
    flash.device = &f4;
}

static void build(const char *name, uint32_t offset_bytes) {
    machine = rig_machine(name);
    part = cp_part_find(name);
    open_window(offset_bytes);
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
    assert_int_equal(state()->acr, f4.is_f7 ? ICEN : ICEN | DCEN);
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
    build("stm32f405rg", 0x20000);
    assert_int_equal(flash.size_bytes, 7 * 128 * 1024);
    assert_int_equal(flash.erase_size_bytes, 128 * 1024);
    assert_int_equal(flash.write_size_bytes, 4);
    assert_int_equal(flash.erase_value, 0xFF);
    assert_int_equal(f4.flash_address, 0x08020000);
    assert_int_equal(f4.first_sector, 5);
    destroy();
}

static void expect_sector(const char *name, uint32_t offset_bytes, uint32_t sector) {
    build(name, offset_bytes);
    assert_int_equal(f4.first_sector, sector);
    destroy();
}

static void test_sector_numbers(void **context) {
    (void)context;
    expect_sector("stm32f205rg", 0x0000, 0);
    expect_sector("stm32f205rg", 0x10000, 4);
    expect_sector("stm32f429zi", 0x20000, 5);
    expect_sector("stm32f429zi", 0x104000, 16);
    expect_sector("stm32f429zi", 0x110000, 20);
    expect_sector("stm32f429zi", 0x1E0000, 21);
    expect_sector("stm32f767zi", 0x1C0000, 5);
    expect_sector("stm32f767zi-dual", 0x1E0000, 21);
}

static void check_sector(const struct cp_page *page) {
    open_window(page->offset_bytes);
    const uint32_t within_bytes = page->offset_bytes - (f4.flash_address - FLASH_AT);
    const uint32_t end_bytes = page->size_bytes - DATA_BYTES;
    rig_fill_data();
    assert_int_equal(use(job_program, within_bytes + end_bytes, DATA_BYTES), CP_OK);
    assert_int_equal(last.programs, DATA_BYTES / 4);
    rig_check_data(machine, page->offset_bytes + end_bytes, DATA_BYTES);
    assert_int_equal(use(job_erase, within_bytes, 0), CP_OK);
    assert_int_equal(last.erases, 1);
    assert_int_equal(last.last_word, page->offset_bytes / 4);
    assert_int_equal(rig_word(machine, page->offset_bytes + end_bytes), 0xFFFFFFFFu);
}

// Every sector of every part is erased by its number, and is the right one.
static void test_every_sector(void **context) {
    (void)context;
    for (size_t i = 0; i < PART_COUNT; i++) {
        build(all_parts[i], 0);
        for (uint32_t k = 0; k < cp_part_page_count(part); k++) {
            const struct cp_page page = cp_part_page_at(part, k);
            check_sector(&page);
        }
        destroy();
    }
}

static void test_read_any_alignment(void **context) {
    (void)context;
    build("stm32f746ng", 0);
    rig_fill_data();
    assert_int_equal(use(job_program, 0, DATA_BYTES), CP_OK);
    memset(rig_call.data, 0xEE, DATA_BYTES);
    assert_int_equal(use(job_read, 3, 7), CP_OK);
    for (uint32_t i = 0; i < 7; i++) {
        assert_int_equal(rig_call.data[i], (uint8_t)((i + 3) * 37 + 5));
    }
    assert_int_equal(rig_call.data[7], 0xEE);
    destroy();
}

static void refuses(void (*job)(void), uint32_t offset_bytes, uint32_t size_bytes, int expected) {
    assert_int_equal(use(job, offset_bytes, size_bytes), expected);
    assert_int_equal(last.programs + last.erases, 0);
    assert_int_equal(machine->bus_accesses, 0);
}

static void test_refusals(void **context) {
    (void)context;
    build("stm32f446re", 0);
    refuses(job_read, 0x10000, 1, CP_ERR_BOUNDS); // the next sector is larger
    refuses(job_program, 0x10000, 4, CP_ERR_BOUNDS);
    refuses(job_program, UINT32_MAX - 3, 4, CP_ERR_BOUNDS);
    refuses(job_program, 2, 4, CP_ERR_ALIGNMENT);
    refuses(job_program, 4, 6, CP_ERR_ALIGNMENT);
    refuses(job_erase, 0x10000, 0, CP_ERR_BOUNDS);
    refuses(job_erase, 0x2000, 0, CP_ERR_ALIGNMENT);
    destroy();
}

static uint32_t dropped_address, dropped_bytes;

static void drop_cache(uint32_t address, uint32_t size_bytes) {
    dropped_address = address;
    dropped_bytes = size_bytes;
}

static void test_cpu_cache_is_dropped(void **context) {
    (void)context;
    build("stm32f767zi", 0x20000);
    f4.drop_cache = drop_cache;
    rig_fill_data();
    assert_int_equal(use(job_program, 16, 8), CP_OK);
    assert_int_equal(dropped_address, 0x08020010);
    assert_int_equal(dropped_bytes, 8);
    assert_int_equal(use(job_erase, 0, 0), CP_OK);
    assert_int_equal(dropped_address, 0x08020000);
    assert_int_equal(dropped_bytes, 0x20000);
    destroy();
}

// --- what the driver does when something fails

static void check_protection(const char *name, uint32_t offset_bytes, uint32_t optcr,
                             uint32_t optcr1) {
    for (int erases = 0; erases < 2; erases++) {
        build(name, offset_bytes);
        rig_fill_data();
        const uint32_t within_bytes = offset_bytes - (f4.flash_address - FLASH_AT);
        begin_use(erases ? job_erase : job_program, within_bytes, 4);
        state()->optcr &= ~optcr;
        state()->optcr1 &= ~optcr1;
        assert_int_equal(finish_use(), CP_ERR_FLASH);
        assert_int_equal(last.programs + last.erases, 0);
        check_closed();
        begin_use(erases ? job_erase : job_program, within_bytes, 4);
        state()->optcr &= optcr | ~0x0FFF0000u; // all others
        state()->optcr1 &= optcr1 | ~0x0FFF0000u;
        assert_int_equal(finish_use(), CP_OK);
        destroy();
    }
}

static void test_write_protected(void **context) {
    (void)context;
    check_protection("stm32f405rg", 0x4000, 1u << 17, 0);
    check_protection("stm32f429zi", 0x100000, 0, 1u << 16);
    check_protection("stm32f767zi", 0x1C0000, 1u << 27, 0);
    check_protection("stm32f767zi-dual", 0x108000, 1u << 23, 0);
}

static void test_silent_failures(void **context) {
    (void)context;
    build("stm32f429zi", 0x100000);
    rig_fill_data();
    for (rig_not_done = 0; rig_not_done < 3; rig_not_done++) {
        assert_int_equal(use(job_program, 64 * rig_not_done, 12), CP_ERR_FLASH);
        assert_int_equal(last.programs, 3);
    }
    rig_not_done = 0;
    assert_int_equal(use(job_erase, 0, 0), CP_ERR_FLASH);
    rig_not_done = RIG_NO_OPERATION;
    assert_int_equal(use(job_erase, 0, 0), CP_OK);
    destroy();
}

static void test_over_data(void **context) {
    (void)context;
    build("stm32f405rg", 0);
    memset(rig_call.data, 0xF0, 4);
    assert_int_equal(use(job_program, 0, 4), CP_OK);
    memset(rig_call.data, 0xE0, 4);
    assert_int_equal(use(job_program, 0, 4), CP_OK); // bits are cleared
    memset(rig_call.data, 0x0F, 4);
    assert_int_equal(use(job_program, 0, 4), CP_ERR_FLASH); // and not set
    assert_int_equal(rig_word(machine, 0), 0);
    destroy();
}

static void test_what_others_left(void **context) {
    (void)context;
    build("stm32f722re", 0);
    rig_fill_data();
    begin_use(job_program, 0, 4);
    state()->sr = EOP | WRPERR | PGPERR | PGSERR;
    assert_int_equal(finish_use(), CP_OK);
    check_closed();
    begin_use(job_erase, 0, 0);
    state()->cr = PG | X64 | SNB(3);
    assert_int_equal(finish_use(), CP_OK);
    check_closed();
    destroy();
}

static void test_caches_that_are_off(void **context) {
    (void)context;
    build("stm32f407vg", 0);
    begin_use(job_erase, 0, 0);
    state()->acr = 5; // wait states only
    assert_int_equal(finish_use(), CP_OK);
    assert_int_equal(state()->acr, 5);
    destroy();
}

// An interface that stays busy is left alone: CR cannot be written.
static void check_stays_busy(void (*job)(void)) {
    f4.polls_max = 1;
    begin_use(job, 0, 4);
    last = rig_finish(machine); // the read-back is not tried
    assert_int_equal(last.illegal, 0);
    assert_int_equal(rig_call.result, CP_ERR_FLASH);
    f4.polls_max = POLLS_MAX;
    begin_use(job, 0, 4);
    state()->busy_polls = UINT32_MAX;
    assert_int_equal(finish_use(), CP_ERR_FLASH);
    assert_int_equal(last.programs + last.erases, 0);
    assert_int_equal(machine->bus_accesses, POLLS_MAX);
}

static void test_stays_busy(void **context) {
    (void)context;
    build("stm32f205rg", 0);
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

static void caches_off(void) {
    mmio_write32(ACR, 0);
}

static void wait_idle(void) {
    while ((mmio_read32(SR) & BSY) != 0) {
    }
}

static void wrong_key(void) {
    mmio_write32(KEYR, KEY2);
}

static void key_while_open(void) {
    unlock();
    mmio_write32(KEYR, KEY1);
}

static void test_faults(void **context) {
    (void)context;
    rig_expect_fault("stm32f405rg", wrong_key, "wrong key");
    rig_expect_fault("stm32f746ng", key_while_open, "key while CR is not locked");
}

static void write_locked_cr(void) {
    mmio_write32(CR, PG);
    seen[0] = mmio_read32(CR);
    unlock();
    seen[1] = mmio_read32(CR);
    mmio_write32(CR, LOCK);
    seen[2] = mmio_read32(CR);
}

static void test_lock(void **context) {
    (void)context;
    rig_expect_legal("stm32f405rg", write_locked_cr, 0);
    assert_int_equal(seen[0], LOCK);
    assert_int_equal(seen[1], 0);
    assert_int_equal(seen[2], LOCK);
}

static void start_erase(uint32_t cr) {
    unlock();
    mmio_write32(CR, cr | STRT);
    wait_idle();
    seen[0] = mmio_read32(SR);
}

static void no_mode(void) {
    start_erase(X32);
}

static void mass_erase(void) {
    start_erase(MER | X32);
}

static void mass_erase_of_bank_2(void) {
    start_erase(1u << 15 | X32);
}

static void sector_12(void) {
    start_erase(SER | X32 | SNB(12));
}

static void sector_28(void) {
    start_erase(SER | X32 | SNB(28));
}

static void sector_16(void) {
    start_erase(SER | X32 | SNB(16));
}

static void program_and_erase(void) {
    start_erase(PG | SER | X32);
}

static void dcache_on(void) {
    start_erase(SER | X32 | SNB(1));
}

static void test_erases(void **context) {
    (void)context;
    rig_expect_illegal("stm32f405rg", no_mode, "STRT without SER", 0);
    rig_expect_legal("stm32f746ng", no_mode, 0);
    assert_int_equal(seen[0], PGSERR); // there it is ERSERR
    rig_expect_illegal("stm32f405rg", mass_erase, "mass erase", 0);
    rig_expect_illegal("stm32f429zi", mass_erase_of_bank_2, "mass erase", 0);
    rig_expect_illegal("stm32f405rg", sector_12, "erase of sector 12", 0);
    rig_expect_illegal("stm32f429zi", sector_12, "erase of sector 12", 0);
    rig_expect_illegal("stm32f767zi-dual", sector_28, "erase of sector 28", 0);
    rig_expect_illegal("stm32f405rg", sector_16, "bits that this part does not have", 1);
    rig_expect_legal("stm32f767zi-dual", sector_16, 1);
    rig_expect_legal("stm32f405rg", program_and_erase, 0);
    assert_int_equal(seen[0], PGSERR);
    rig_expect_illegal("stm32f429zi", dcache_on, "D-cache on", 1);
    rig_expect_legal("stm32f405rg", dcache_on, 1);
}

static void open_for_program(uint32_t psize) {
    caches_off();
    unlock();
    mmio_write32(CR, PG | psize);
}

static void end_store(void) {
    wait_idle();
    seen[0] = mmio_read32(SR);
}

static void store_without_pg(void) {
    unlock();
    mmio_write32(CR, X32);
    mmio_write32(FLASH_AT, 0);
    end_store();
}

static void store_in_two_modes(void) {
    unlock();
    mmio_write32(CR, X32 | PG | SER);
    mmio_write32(FLASH_AT, 0);
    end_store();
}

static void store_locked(void) {
    mmio_write32(FLASH_AT, 0);
    end_store();
}

static void word_at_x8(void) {
    open_for_program(X8);
    mmio_write32(FLASH_AT, 0);
    end_store();
}

static void word_at_x64(void) {
    open_for_program(X64);
    mmio_write32(FLASH_AT, 0);
    end_store();
}

static void byte_at_x32(void) {
    open_for_program(X32 | ERRIE);
    mmio_write8(FLASH_AT, 0);
    end_store();
}

static void expect_flags(void (*job)(void), uint32_t flags) {
    rig_expect_legal("stm32f405rg", job, 0);
    assert_int_equal(seen[0], flags);
}

static void test_stores(void **context) {
    (void)context;
    expect_flags(store_without_pg, PGSERR);
    expect_flags(store_in_two_modes, PGSERR);
    expect_flags(store_locked, PGSERR);
    expect_flags(word_at_x8, PGPERR);
    expect_flags(word_at_x64, PGPERR);
    expect_flags(byte_at_x32, PGPERR | OPERR);
}

static void narrow_stores(void) {
    open_for_program(X8 | EOPIE);
    mmio_write8(FLASH_AT + 1, 0x12);
    end_store();
    mmio_write32(CR, PG | X16);
    mmio_write16(FLASH_AT + 2, 0x3456);
    end_store();
}

static void test_narrow_stores(void **context) {
    (void)context;
    build("stm32f405rg", 0);
    last = rig_run(machine, narrow_stores);
    assert_int_equal(last.illegal, 0);
    assert_int_equal(last.programs, 2);
    assert_int_equal(rig_word(machine, 0), 0x345612FFu);
    assert_int_equal(state()->sr, EOP); // of the first alone: its interrupt was on
    destroy();
}

static void store_while_busy(void) {
    open_for_program(X32);
    mmio_write32(FLASH_AT, 0);
    mmio_write32(FLASH_AT + 4, 0);
    wait_idle();
}

static void cr_while_busy(void) {
    open_for_program(X32);
    mmio_write32(FLASH_AT, 0);
    mmio_write32(CR, LOCK);
    wait_idle();
}

static void test_busy(void **context) {
    (void)context;
    rig_expect_illegal("stm32f405rg", store_while_busy, "store to flash while BSY", 1);
    rig_expect_illegal("stm32f746ng", cr_while_busy, "CR written while BSY", 1);
}

static void store_and_wait(void) {
    unlock();
    mmio_write32(CR, PG | X32);
    mmio_write32(FLASH_AT, 0);
    wait_idle();
    mmio_write32(CR, LOCK);
}

static void read_without_reset(void) {
    store_and_wait();
    mmio_read32(FLASH_AT);
}

static void read_after_reset_while_on(void) {
    store_and_wait();
    mmio_write32(ACR, ICEN | DCEN | ICRST | DCRST);
    mmio_read32(FLASH_AT);
}

static void read_with_caches_off(void) {
    store_and_wait();
    mmio_write32(ACR, 0);
    mmio_read32(FLASH_AT);
}

static void reset_caches(void) {
    store_and_wait();
    mmio_write32(ACR, 0);
    mmio_write32(ACR, ICRST | DCRST);
    mmio_write32(ACR, ICEN | DCEN);
    mmio_read32(FLASH_AT);
}

static void test_caches(void **context) {
    (void)context;
    rig_expect_illegal("stm32f405rg", read_without_reset, "through the D-cache", 1);
    rig_expect_illegal("stm32f405rg", read_after_reset_while_on, "through the D-cache", 1);
    rig_expect_legal("stm32f405rg", read_with_caches_off, 1);
    rig_expect_legal("stm32f405rg", reset_caches, 1);
    rig_expect_legal("stm32f746ng", read_without_reset, 1); // the ART is not for data
}

static void no_register(void) {
    mmio_read32(REGISTERS + 0x20u);
}

static void read_keyr(void) {
    mmio_read32(KEYR);
}

static void narrow_register(void) {
    mmio_write8(CR, 1);
}

static void write_option_bytes(void) {
    mmio_write32(OPTCR, 0);
}

static void look_at_the_rest(void) {
    seen[0] = mmio_read32(ACR);
    seen[1] = mmio_read32(OPTCR);
    seen[2] = mmio_read32(REGISTERS + 0x18u);
}

static void test_registers(void **context) {
    (void)context;
    rig_expect_illegal("stm32f405rg", no_register, "does not have", 0);
    rig_expect_illegal("stm32f405rg", read_keyr, "write-only", 0);
    rig_expect_illegal("stm32f405rg", narrow_register, "written as words", 0);
    rig_expect_illegal("stm32f405rg", write_option_bytes, "option bytes", 0);
    rig_expect_legal("stm32f405rg", look_at_the_rest, 0);
    assert_int_equal(seen[0], ICEN | DCEN);
    assert_int_equal(seen[1] >> 16, 0x0FFF);
    assert_int_equal(seen[2] >> 16, 0x0FFF);
}

static void stay_in_mode(void) {
    unlock();
    mmio_write32(CR, SER | LOCK);
}

static void check_left_open(const char *name, void (*job)(void), const char *expected) {
    build(name, 0);
    rig_run(machine, job);
    assert_non_null(strstr(machine->devices[0].model->left_open(&machine->devices[0]), expected));
    destroy();
}

static void stay_busy(void) {
    open_for_program(X32);
    mmio_write32(FLASH_AT, 0);
}

static void test_hand_over(void **context) {
    (void)context;
    check_left_open("stm32f405rg", unlock, "not locked");
    check_left_open("stm32f405rg", stay_in_mode, "PG, SER or MER");
    check_left_open("stm32f405rg", stay_busy, "still running");
    check_left_open("stm32f405rg", store_and_wait, "a cache");
    check_left_open("stm32f746ng", store_and_wait, "a cache");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_description),
        cmocka_unit_test(test_sector_numbers),
        cmocka_unit_test(test_every_sector),
        cmocka_unit_test(test_read_any_alignment),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_cpu_cache_is_dropped),
        cmocka_unit_test(test_write_protected),
        cmocka_unit_test(test_silent_failures),
        cmocka_unit_test(test_over_data),
        cmocka_unit_test(test_what_others_left),
        cmocka_unit_test(test_caches_that_are_off),
        cmocka_unit_test(test_stays_busy),
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_lock),
        cmocka_unit_test(test_erases),
        cmocka_unit_test(test_stores),
        cmocka_unit_test(test_narrow_stores),
        cmocka_unit_test(test_busy),
        cmocka_unit_test(test_caches),
        cmocka_unit_test(test_registers),
        cmocka_unit_test(test_hand_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

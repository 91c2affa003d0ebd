// test_port_stm32_l4.c: the driver of STM32 L4, L5, G0, G4, WB and WL against the strict
// register model, and each rule of the model broken by hand.

#include "core/port/mmio.h"
#include "core/port/stm32/l4.h"
#include "tests/unit/machine_life.h"

enum { POLLS_MAX = 100, DATA_BYTES = 128 };

#define FLASH_AT   0x08000000u
#define ICACHE_AT  0x40030400u

#define SR_EOP     0x01u
#define SR_OPERR   0x02u
#define SR_PROGERR 0x08u
#define SR_WRPERR  0x10u
#define SR_PGAERR  0x20u
#define SR_SIZERR  0x40u
#define SR_PGSERR  0x80u
#define SR_OPTVERR 0x8000u
#define SR_BSY     0x10000u
#define SR_BSY2    0x20000u
#define SR_CFGBSY  0x40000u

#define CR_PG      1u
#define CR_PER     2u
#define CR_MER1    4u
#define CR_STRT    0x10000u
#define CR_EOPIE   0x1000000u
#define CR_ERRIE   0x2000000u
#define CR_LOCKS   0xC0000000u
#define PNB(page)  ((uint32_t)(page) << 3)
#define BKER       0x800u
#define BKER_G0    0x2000u

#define ECCD       0x80000000u
#define ECCD2      0x20000000u

// As sim/controllers/stm32_l4.c lays it out.
struct l4_state {
    uint32_t sr, cr, wrp[4], sr_at_end, busy_polls, busy_bits, acr, eccr, ecc2r, keys;
    uint32_t is_half_filled, half_offset_bytes, half_word, stale, icache_cr;
};

static const char *const all_parts[] = {
    "stm32l432kc",        "stm32l452re", "stm32l476rg",        "stm32l496zg",        "stm32l4r5zi",
    "stm32l4r5zi-single", "stm32l552ze", "stm32l552ze-single", "stm32g030f6",        "stm32g071rb",
    "stm32g0b1re",        "stm32g431rb", "stm32g474re",        "stm32g474re-single", "stm32wb55rg",
    "stm32wb15cc",        "stm32wle5jc", "stm32wl55jc"};

#define PART_COUNT (sizeof all_parts / sizeof all_parts[0])

// --- the machine

static struct cp_machine *machine;
static const struct cp_part *part;
static struct cp_stm32_l4 dev;
static struct cp_flash flash;

static void (*present_work)(void);

static void run_work(const struct cp_program_board *board) {
    (void)board;
    present_work();
    cp_end_idle();
}

static const struct cp_program program = {
    .abi = CP_PROGRAM_ABI, .name = "port test", .core_hash = "", .bootloader = run_work};

static struct l4_state *state(void) {
    return (struct l4_state *)(void *)machine->devices[0].state;
}

static struct cp_nor *nor(void) {
    return &machine->devices[0].nor;
}

static void build(const char *name) {
    part = cp_part_find(name);
    assert_non_null(part);
    struct cp_machine_config config = {.device_count = 1,
                                       .cell_size_bytes = part->erase_size_bytes,
                                       .program = &program,
                                       .error_areas = UINT32_MAX,
                                       .fates = 1u << CP_FATE_REPORTED_NOTHING |
                                                1u << CP_FATE_SILENT_NOTHING};
    config.devices[0] = *part;
    config.board.areas[CP_AREA_DFU] = (struct cp_program_area){0, 0, part->size_bytes};
    machine = life_create(&config);
    dev = (struct cp_stm32_l4){
        .family = CP_STM32_FAMILY_L4 + (part->controller - CP_CONTROLLER_STM32_L4),
        .registers_address = part->registers_address,
        .flash_address = part->flash_address,
        .bank_size_bytes = part->bank_size_bytes,
        .icache_address = part->controller == CP_CONTROLLER_STM32_L5 ? ICACHE_AT : 0,
        .polls_max = POLLS_MAX,
    };
    cp_stm32_l4_flash(&flash, &dev, part->size_bytes, part->erase_size_bytes);
}

static void destroy(void) {
    cp_machine_destroy(machine);
}

// How a program ended, and what it did.
static struct {
    uint32_t programs, erases, illegal;
    uint32_t words[64]; // where each operation began
    char message[CP_EVENT_MESSAGE_MAX];
    enum cp_event_kind end;
} record;

static void note_operation(const struct cp_event *event) {
    const uint32_t index = record.programs + record.erases;
    if (index < 64) {
        record.words[index] = event->word;
    }
    record.programs += event->kind == CP_EVENT_PROGRAM;
    record.erases += event->kind == CP_EVENT_ERASE;
    if (event->fate == CP_FATE_DONE) {
        life_apply(machine, event);
    }
}

// The fate of the operations: all are done but one.
static uint32_t bad_operation = UINT32_MAX;
static enum cp_fate bad_fate;

static void choose_fate(const struct cp_event *event) {
    const bool is_bad = record.programs + record.erases == bad_operation;
    assert_non_null(event->fates);
    for (uint32_t i = 0; i < event->value; i++) {
        if (event->fates[i] == (is_bad ? bad_fate : CP_FATE_DONE)) {
            cp_machine_answer(machine, i);
            return;
        }
    }
    fail_msg("no such fate");
}

static void go_on(void) {
    for (;;) {
        const struct cp_event *event = cp_machine_run(machine);
        if (event->kind == CP_EVENT_ILLEGAL) {
            record.illegal++;
            memcpy(record.message, event->message, sizeof(record.message));
        } else if (event->kind == CP_EVENT_PROGRAM || event->kind == CP_EVENT_ERASE) {
            note_operation(event);
        } else if (event->kind == CP_EVENT_CHOICE) {
            choose_fate(event);
        } else {
            record.end = event->kind;
            if (event->kind == CP_EVENT_CRASH) {
                memcpy(record.message, event->message, sizeof(record.message));
            }
            return;
        }
    }
}

static void prepare(void (*work)(void), bool power_lost) {
    memset(&record, 0, sizeof(record));
    present_work = work;
    cp_machine_reset(machine, power_lost);
    machine->errors_left = bad_operation == UINT32_MAX ? 0 : 1;
    cp_machine_start(machine, CP_MODE_BOOTLOADER, 0);
}

static void run(void (*work)(void)) {
    prepare(work, true);
    go_on();
}

// --- calls of the driver

static struct {
    uint32_t offset_bytes, size_bytes;
    uint8_t data[DATA_BYTES];
    int result;
} call;

static void job_read(void) {
    call.result = flash.read(&flash, call.offset_bytes, call.data, call.size_bytes);
}

static void job_program(void) {
    call.result = flash.program(&flash, call.offset_bytes, call.data, call.size_bytes);
}

static void job_erase(void) {
    call.result = flash.erase(&flash, call.offset_bytes);
}

static void prepare_call(void (*job)(void), uint32_t offset_bytes, uint32_t size_bytes) {
    call.offset_bytes = offset_bytes;
    call.size_bytes = size_bytes;
    call.result = 1;
    prepare(job, true);
}

// Nothing illegal may come of the driver, and it leaves the controller closed.
static int finish_call(void) {
    go_on();
    if (record.illegal > 0) {
        fail_msg("%s: %s", part->name, record.message);
    }
    assert_int_equal(record.end, CP_EVENT_IDLE);
    const char *left_open = machine->devices[0].model->left_open(&machine->devices[0]);
    if (left_open) {
        fail_msg("%s: %s", part->name, left_open);
    }
    assert_int_equal(state()->cr, CR_LOCKS);
    assert_int_equal(machine->irq_disabled, 0);
    return call.result;
}

static int do_call(void (*job)(void), uint32_t offset_bytes, uint32_t size_bytes) {
    prepare_call(job, offset_bytes, size_bytes);
    return finish_call();
}

static void fill_data(uint32_t seed) {
    for (uint32_t i = 0; i < DATA_BYTES; i++) {
        call.data[i] = (uint8_t)(i * 37 + seed);
    }
}

static uint8_t flash_byte(uint32_t offset_bytes) {
    return (uint8_t)(life_word(machine, 0, offset_bytes / 4) >> 8 * (offset_bytes % 4));
}

static bool page_is_erased(uint32_t offset_bytes) {
    for (uint32_t i = 0; i < part->erase_size_bytes / 4; i++) {
        if (life_word(machine, 0, offset_bytes / 4 + i) != 0xFFFFFFFFu) {
            return false;
        }
    }
    return true;
}

// --- what the driver does on every part

static void test_description(void **context) {
    (void)context;
    build("stm32l476rg");
    assert_int_equal(flash.size_bytes, 1024 * 1024);
    assert_int_equal(flash.erase_size_bytes, 2048);
    assert_int_equal(flash.write_size_bytes, 8);
    assert_int_equal(flash.erase_value, 0xFF);
    destroy();
}

static void check_page(uint32_t page_bytes, uint32_t seed) {
    const uint32_t at_bytes = page_bytes + part->erase_size_bytes - DATA_BYTES; // its end
    fill_data(seed);
    assert_int_equal(do_call(job_program, at_bytes, DATA_BYTES), CP_OK);
    assert_int_equal(record.programs, DATA_BYTES / 8);
    for (uint32_t i = 0; i < DATA_BYTES; i++) {
        assert_int_equal(flash_byte(at_bytes + i), (uint8_t)(i * 37 + seed));
    }
    memset(call.data, 0, sizeof(call.data));
    assert_int_equal(do_call(job_read, at_bytes, DATA_BYTES), CP_OK);
    assert_int_equal(call.data[DATA_BYTES - 1], (uint8_t)((DATA_BYTES - 1) * 37 + seed));
}

// Pages at both ends of each bank: each erase takes its own and no other.
static void test_every_part(void **context) {
    (void)context;
    for (size_t i = 0; i < PART_COUNT; i++) {
        build(all_parts[i]);
        const uint32_t page = part->erase_size_bytes;
        const uint32_t half = part->bank_size_bytes ? part->bank_size_bytes : part->size_bytes / 2;
        const uint32_t pages[] = {0, page, half - page, half, half + page, part->size_bytes - page};
        for (uint32_t k = 0; k < 6; k++) {
            check_page(pages[k], k);
        }
        for (uint32_t k = 0; k < 6; k++) {
            assert_false(page_is_erased(pages[k]));
            assert_int_equal(do_call(job_erase, pages[k], 0), CP_OK);
            assert_int_equal(record.erases, 1);
            assert_true(page_is_erased(pages[k]));
        }
        destroy();
    }
}

static void test_read_any_alignment(void **context) {
    (void)context;
    build("stm32wl55jc");
    fill_data(3);
    assert_int_equal(do_call(job_program, 64, DATA_BYTES), CP_OK);
    for (uint32_t offset_bytes = 64; offset_bytes < 72; offset_bytes++) {
        for (uint32_t size_bytes = 0; size_bytes < 20; size_bytes++) {
            memset(call.data, 0xEE, sizeof(call.data));
            assert_int_equal(do_call(job_read, offset_bytes, size_bytes), CP_OK);
            for (uint32_t i = 0; i < size_bytes; i++) {
                assert_int_equal(call.data[i], flash_byte(offset_bytes + i));
            }
            assert_int_equal(call.data[size_bytes], 0xEE);
        }
    }
    destroy();
}

static void refuses(void (*job)(void), uint32_t offset_bytes, uint32_t size_bytes, int expected) {
    prepare_call(job, offset_bytes, size_bytes);
    assert_int_equal(finish_call(), expected);
    assert_int_equal(record.programs + record.erases, 0);
    assert_int_equal(machine->bus_accesses, 0);
}

static void test_refusals(void **context) {
    (void)context;
    build("stm32g474re");
    const uint32_t size = part->size_bytes, page = part->erase_size_bytes;
    refuses(job_read, size, 1, CP_ERR_BOUNDS);
    refuses(job_read, size - 4, 5, CP_ERR_BOUNDS);
    refuses(job_read, UINT32_MAX - 3, 8, CP_ERR_BOUNDS);
    refuses(job_program, size, 8, CP_ERR_BOUNDS);
    refuses(job_program, UINT32_MAX - 7, 8, CP_ERR_BOUNDS);
    refuses(job_program, 4, 8, CP_ERR_ALIGNMENT);
    refuses(job_program, 8, 12, CP_ERR_ALIGNMENT);
    refuses(job_erase, size, 0, CP_ERR_BOUNDS);
    refuses(job_erase, UINT32_MAX - page + 1, 0, CP_ERR_BOUNDS);
    refuses(job_erase, page / 2, 0, CP_ERR_ALIGNMENT);
    destroy();
}

// --- what the driver does when something fails

static void test_write_protected(void **context) {
    (void)context;
    for (size_t i = 0; i < PART_COUNT; i++) {
        build(all_parts[i]);
        const uint32_t page = part->erase_size_bytes;
        fill_data(1);
        prepare_call(job_program, 3 * page, 8);
        state()->wrp[1] = 2 | 3u << 16;
        assert_int_equal(finish_call(), CP_ERR_FLASH);
        assert_int_equal(record.programs, 0);
        assert_int_equal(state()->sr & ~SR_OPTVERR, 0);
        prepare_call(job_erase, 2 * page, 0);
        state()->wrp[0] = 2 | 3u << 16;
        assert_int_equal(finish_call(), CP_ERR_FLASH);
        assert_int_equal(record.erases, 0);
        assert_int_equal(state()->sr & ~SR_OPTVERR, 0);
        prepare_call(job_erase, 4 * page, 0);
        state()->wrp[0] = 2 | 3u << 16;
        assert_int_equal(finish_call(), CP_OK);
        destroy();
    }
}

static void test_protection_of_bank_2(void **context) {
    (void)context;
    build("stm32l476rg");
    prepare_call(job_erase, part->bank_size_bytes, 0);
    state()->wrp[2] = 0;
    assert_int_equal(finish_call(), CP_ERR_FLASH);
    prepare_call(job_erase, 0, 0);
    state()->wrp[2] = 0;
    assert_int_equal(finish_call(), CP_OK);
    destroy();
}

static void test_programmed_before(void **context) {
    (void)context;
    build("stm32l432kc");
    fill_data(1);
    assert_int_equal(do_call(job_program, 0, 16), CP_OK);
    fill_data(2);
    assert_int_equal(do_call(job_program, 8, 16), CP_ERR_FLASH);
    assert_int_equal(record.programs, 0); // the part refuses, and nothing else is tried
    memset(call.data, 0, sizeof(call.data));
    assert_int_equal(do_call(job_program, 8, 8), CP_OK);
    assert_int_equal(life_word(machine, 0, 2), 0);
    assert_int_equal(do_call(job_program, 8, 8), CP_OK); // zeros over zeros
    fill_data(1);
    assert_int_equal(flash_byte(0), call.data[0]);
    destroy();
}

// Ones that were programmed are data: B18. On G0 not even zeros go over them.
static void check_programmed_ones(const char *name, int zeros_expected) {
    build(name);
    memset(call.data, 0xFF, sizeof(call.data));
    assert_int_equal(do_call(job_program, 0, 16), CP_OK);
    assert_int_equal(record.programs, 2);
    fill_data(1);
    assert_int_equal(do_call(job_program, 0, 8), CP_ERR_FLASH);
    memset(call.data, 0, sizeof(call.data));
    assert_int_equal(do_call(job_program, 8, 8), zeros_expected);
    destroy();
}

static void test_programmed_ones(void **context) {
    (void)context;
    check_programmed_ones("stm32l476rg", CP_OK);
    check_programmed_ones("stm32g474re", CP_OK);
    check_programmed_ones("stm32g0b1re", CP_ERR_FLASH);
}

// An erase that fails is never told, since its interrupt is off; each is read back.
static void check_failures(enum cp_fate fate) {
    bad_fate = fate;
    for (bad_operation = 0; bad_operation < 3; bad_operation++) {
        fill_data(1);
        assert_int_equal(do_call(job_program, 64 * bad_operation, 24), CP_ERR_FLASH);
        assert_int_equal(record.programs, fate == CP_FATE_SILENT_NOTHING ? 3 : bad_operation + 1);
        assert_int_equal(state()->sr & ~SR_OPTVERR, 0);
    }
    bad_operation = 0;
    assert_int_equal(do_call(job_erase, 0, 0), CP_ERR_FLASH);
    bad_operation = UINT32_MAX;
    assert_int_equal(do_call(job_erase, 0, 0), CP_OK);
}

static void test_failing_operations(void **context) {
    (void)context;
    for (size_t i = 0; i < PART_COUNT; i++) {
        build(all_parts[i]);
        check_failures(CP_FATE_SILENT_NOTHING);
        check_failures(CP_FATE_REPORTED_NOTHING);
        destroy();
    }
}

// Flags that somebody left: WB has OPTVERR from the start.
static void test_stale_flags(void **context) {
    (void)context;
    for (size_t i = 0; i < PART_COUNT; i++) {
        build(all_parts[i]);
        fill_data(1);
        prepare_call(job_program, 0, 8);
        assert_int_equal(state()->sr, part->controller == CP_CONTROLLER_STM32_WB ? SR_OPTVERR : 0);
        state()->sr |= SR_PGSERR | SR_PROGERR | SR_EOP;
        assert_int_equal(finish_call(), CP_OK);
        prepare_call(job_erase, 0, 0);
        state()->sr |= SR_SIZERR;
        assert_int_equal(finish_call(), CP_OK);
        destroy();
    }
}

static void test_unlocked_before(void **context) {
    (void)context;
    build("stm32l552ze");
    prepare_call(job_erase, 0, 0);
    state()->cr &= ~0x80000000u;
    assert_int_equal(finish_call(), CP_OK);
    destroy();
}

// A controller that stays busy is left alone: CR must not be written.
static void check_stays_busy(void (*job)(void)) {
    dev.polls_max = 1;
    prepare_call(job, 0, 8);
    go_on();
    assert_int_equal(record.illegal, 0);
    assert_int_equal(record.end, CP_EVENT_IDLE);
    assert_int_equal(call.result, CP_ERR_FLASH);
    dev.polls_max = POLLS_MAX;
    prepare_call(job, 0, 8); // and from the start: nothing is begun at all
    state()->busy_polls = UINT32_MAX;
    state()->busy_bits = SR_BSY;
    go_on();
    assert_int_equal(record.illegal + record.programs + record.erases, 0);
    assert_int_equal(call.result, CP_ERR_FLASH);
    assert_int_equal(machine->bus_accesses, POLLS_MAX);
}

static void test_stays_busy(void **context) {
    (void)context;
    build("stm32g0b1re");
    check_stays_busy(job_program);
    check_stays_busy(job_erase);
    destroy();
    build("stm32l476rg");
    check_stays_busy(job_erase);
    destroy();
}

static void make_uncorrectable(uint32_t offset_bytes) {
    const uint32_t cell = offset_bytes / part->erase_size_bytes;
    const struct cp_hash begun = cp_nor_begin_cell(nor(), cell);
    cp_nor_put_uncorrectable(nor(), offset_bytes / 4, 1);
    cp_nor_put_uncorrectable(nor(), offset_bytes / 4 + 1, 1);
    cp_nor_end_cell(nor(), cell, begun);
}

// Both halves of 16 bytes, in both banks: each read fails, is acknowledged, and an erase
// makes the page good again.
static void test_uncorrectable(void **context) {
    (void)context;
    for (size_t i = 0; i < PART_COUNT; i++) {
        build(all_parts[i]);
        const uint32_t page = part->size_bytes - part->erase_size_bytes;
        make_uncorrectable(8);
        make_uncorrectable(page + 16);
        for (int round = 0; round < 2; round++) {
            assert_int_equal(do_call(job_read, 0, 12), CP_ERR_FLASH);
            assert_int_equal(state()->eccr | state()->ecc2r, 0);
            assert_int_equal(do_call(job_read, page + 20, 1), CP_ERR_FLASH);
            assert_int_equal(state()->eccr | state()->ecc2r, 0);
        }
        assert_int_equal(do_call(job_read, 0, 8), CP_OK);
        assert_int_equal(do_call(job_erase, page, 0), CP_OK);
        assert_int_equal(do_call(job_read, page, 64), CP_OK);
        destroy();
    }
}

static bool was_ours[2];

static uint32_t acknowledged_at;

static void read_and_acknowledge(void) {
    uint32_t word;
    (void)mmio_read32_guarded(acknowledged_at, &word);
    was_ours[0] = cp_stm32_l4_acknowledge_ecc(&dev); // as a NMI handler
    was_ours[1] = cp_stm32_l4_acknowledge_ecc(&dev);
}

static void check_acknowledge(const char *name, uint32_t offset_bytes) {
    build(name);
    make_uncorrectable(offset_bytes);
    acknowledged_at = FLASH_AT + offset_bytes;
    run(read_and_acknowledge);
    assert_int_equal(record.illegal, 0);
    assert_true(was_ours[0]);
    assert_false(was_ours[1]);
    destroy();
}

static void test_acknowledge_says_whose_it_was(void **context) {
    (void)context;
    check_acknowledge("stm32g474re-single", 8); // ECCD2
    check_acknowledge("stm32g0b1re", 8);        // a register for each bank
    check_acknowledge("stm32g0b1re", 256 * 1024 + 8);
}

// Left to the firmware, which has not switched it on.
static void test_icache_of_the_firmware(void **context) {
    (void)context;
    build("stm32l552ze");
    dev.icache_address = 0;
    assert_int_equal(do_call(job_erase, part->erase_size_bytes, 0), CP_OK);
    assert_int_equal(do_call(job_program, part->erase_size_bytes, 8), CP_OK);
    destroy();
}

static void test_caches(void **context) {
    (void)context;
    build("stm32g474re");
    assert_int_equal(do_call(job_erase, 0, 0), CP_OK);
    assert_int_equal(state()->acr, 0x600); // on, as they were
    assert_int_equal(state()->stale, 0);
    destroy();
    build("stm32l552ze");
    prepare_call(job_erase, 0, 0);
    state()->icache_cr = 1;
    assert_int_equal(finish_call(), CP_OK);
    assert_int_equal(state()->icache_cr, 1);
    destroy();
}

// --- the rules of the model, broken by hand

static uint32_t sr_at(void) {
    return part->registers_address + (part->controller == CP_CONTROLLER_STM32_L5 ? 0x20 : 0x10);
}

static uint32_t cr_at(void) {
    return part->registers_address + (part->controller == CP_CONTROLLER_STM32_L5 ? 0x28 : 0x14);
}

static uint32_t keyr_at(void) {
    return part->registers_address + 8;
}

static void wait_idle(void) {
    while ((mmio_read32(sr_at()) & (SR_BSY | SR_BSY2 | SR_CFGBSY)) != 0) {
    }
}

static void unlock(void) {
    mmio_write32(keyr_at(), 0x45670123u);
    mmio_write32(keyr_at(), 0xCDEF89ABu);
}

static void store_pair(uint32_t first_bytes, uint32_t second_bytes) {
    const uint32_t irq_state = mmio_irq_disable();
    mmio_write32(FLASH_AT + first_bytes, 0x11111111u);
    mmio_write32(FLASH_AT + second_bytes, 0x22222222u);
    mmio_irq_restore(irq_state);
}

static uint32_t sr_seen;

static void see_sr(void) {
    wait_idle();
    sr_seen = mmio_read32(sr_at());
}

static const char *const kinds[] = {"stm32l476rg", "stm32l552ze", "stm32g0b1re",
                                    "stm32g474re", "stm32wb15cc", "stm32wl55jc"};
#define KIND_COUNT (sizeof kinds / sizeof kinds[0])

// Legal, on a part of each family, and it ends with these flags after these operations.
static void expect_flags(void (*work)(void), uint32_t flags, uint32_t programs, uint32_t erases) {
    for (size_t i = 0; i < KIND_COUNT; i++) {
        build(kinds[i]);
        run(work);
        if (record.illegal > 0) {
            fail_msg("%s: %s", part->name, record.message);
        }
        assert_int_equal(record.end, CP_EVENT_IDLE);
        assert_int_equal(sr_seen & ~SR_OPTVERR, flags);
        assert_int_equal(record.programs, programs);
        assert_int_equal(record.erases, erases);
        destroy();
    }
}

static void expect_message(const char *message) {
    if (!strstr(record.message, message)) {
        fail_msg("%s: '%s' does not say '%s'", part->name, record.message, message);
    }
}

static void expect_illegal(void (*work)(void), const char *message, uint32_t operations) {
    for (size_t i = 0; i < KIND_COUNT; i++) {
        build(kinds[i]);
        run(work);
        assert_true(record.illegal > 0);
        expect_message(message);
        assert_int_equal(record.programs + record.erases, operations);
        destroy();
    }
}

static void expect_fault(void (*work)(void), const char *message) {
    for (size_t i = 0; i < KIND_COUNT; i++) {
        build(kinds[i]);
        run(work);
        assert_int_equal(record.illegal, 0);
        assert_int_equal(record.end, CP_EVENT_CRASH);
        expect_message(message);
        destroy();
    }
}

static void program_by_hand(void) {
    unlock();
    mmio_write32(cr_at(), CR_PG);
    store_pair(64, 68);
    see_sr();
}

static void erase_by_hand(void) {
    unlock();
    mmio_write32(cr_at(), CR_PER | PNB(3) | CR_STRT);
    see_sr();
}

static void program_with_eopie(void) {
    unlock();
    mmio_write32(cr_at(), CR_PG | CR_EOPIE);
    store_pair(64, 68);
    see_sr();
}

static void test_by_hand(void **context) {
    (void)context;
    expect_flags(program_by_hand, 0, 1, 0); // no EOP unless its interrupt is on
    expect_flags(program_with_eopie, SR_EOP, 1, 0);
    expect_flags(erase_by_hand, 0, 0, 1);
}

// --- keys

static void wrong_first_key(void) {
    mmio_write32(keyr_at(), 1);
}

static void wrong_second_key(void) {
    mmio_write32(keyr_at(), 0x45670123u);
    mmio_write32(keyr_at(), 0x45670123u);
}

static void key_while_unlocked(void) {
    unlock();
    unlock();
}

static void test_keys(void **context) {
    (void)context;
    expect_fault(wrong_first_key, "wrong key");
    expect_fault(wrong_second_key, "wrong key");
    expect_fault(key_while_unlocked, "key while CR is not locked");
    build("stm32l476rg");
    run(key_while_unlocked);
    assert_int_equal(state()->cr, CR_LOCKS);
    cp_machine_start(machine, CP_MODE_BOOTLOADER, 0); // no reset in between
    present_work = unlock;
    go_on();
    expect_message("key after a wrong key");
    run(unlock);
    assert_int_equal(record.end, CP_EVENT_IDLE);
    assert_int_equal(state()->cr, 0x40000000u);
    destroy();
}

static void locked_erase(void) {
    mmio_write32(cr_at(), CR_PER | PNB(3) | CR_STRT);
    see_sr();
}

static void test_locked(void **context) {
    (void)context;
    expect_flags(locked_erase, 0, 0, 0); // ignored
}

static void erase_with_errie(void) {
    unlock();
    mmio_write32(cr_at(), CR_PER | PNB(3) | CR_ERRIE);
    mmio_write32(cr_at(), CR_PER | PNB(3) | CR_ERRIE | CR_STRT);
    see_sr();
}

static void store_without_pg_with_errie(void) {
    unlock();
    mmio_write32(cr_at(), CR_ERRIE);
    store_pair(64, 68);
    see_sr();
}

static void test_errie(void **context) {
    (void)context;
    expect_flags(store_without_pg_with_errie, SR_PGSERR | SR_OPERR, 0, 0);
    bad_operation = 0;
    bad_fate = CP_FATE_REPORTED_NOTHING;
    expect_flags(erase_with_errie, SR_OPERR, 0, 1);
    expect_flags(erase_by_hand, 0, 0, 1);
    expect_flags(program_by_hand, SR_PROGERR, 1, 0);
    bad_operation = UINT32_MAX;
}

// --- sequences that are answered with a flag

static void store_without_pg(void) {
    unlock();
    store_pair(64, 68);
    see_sr();
}

static void erase_with_pg(void) {
    unlock();
    mmio_write32(cr_at(), CR_PG | CR_PER | CR_STRT);
    see_sr();
}

static void store_with_per(void) {
    unlock();
    mmio_write32(cr_at(), CR_PG | CR_PER);
    store_pair(64, 68);
    see_sr();
}

static void half_words(void) {
    unlock();
    mmio_write32(cr_at(), CR_PG);
    for (uint32_t i = 0; i < 8; i += 2) {
        mmio_write16(FLASH_AT + i, 0);
    }
    see_sr();
}

static void crossed_pair(void) {
    unlock();
    mmio_write32(cr_at(), CR_PG);
    store_pair(4, 8);
    see_sr();
}

static void torn_pair(void) {
    unlock();
    mmio_write32(cr_at(), CR_PG);
    store_pair(8, 64);
    see_sr();
}

static void twice(void) {
    unlock();
    mmio_write32(cr_at(), CR_PG);
    store_pair(64, 68);
    wait_idle();
    store_pair(64, 68);
    see_sr();
}

static void after_an_error(void) {
    twice();
    store_pair(128, 132);
    see_sr();
}

static void erase_after_an_error(void) {
    twice();
    mmio_write32(cr_at(), CR_PER | PNB(3) | CR_STRT);
    see_sr();
}

static void after_a_cleared_error(void) {
    twice();
    mmio_write32(sr_at(), SR_PROGERR);
    store_pair(128, 132);
    see_sr();
}

static void test_flags(void **context) {
    (void)context;
    expect_flags(store_without_pg, SR_PGSERR, 0, 0);
    expect_flags(erase_with_pg, SR_PGSERR, 0, 0);
    expect_flags(store_with_per, SR_PGSERR, 0, 0);
    expect_flags(half_words, SR_SIZERR | SR_PGSERR | SR_PGAERR, 0, 0);
    expect_flags(crossed_pair, SR_PGAERR, 0, 0);
    expect_flags(torn_pair, SR_PGAERR, 0, 0);
    expect_flags(twice, SR_PROGERR, 1, 0);
    expect_flags(after_an_error, SR_PROGERR | SR_PGSERR, 1, 0);
    expect_flags(erase_after_an_error, SR_PROGERR | SR_PGSERR, 1, 0);
    expect_flags(after_a_cleared_error, 0, 2, 0);
}

// --- what is illegal

static void start_nothing(void) {
    unlock();
    mmio_write32(cr_at(), CR_STRT);
}

static void mass_erase(void) {
    unlock();
    mmio_write32(cr_at(), CR_MER1 | CR_STRT);
}

static void fast_programming(void) {
    unlock();
    mmio_write32(cr_at(), 1u << 18);
}

static void cr_while_busy(void) {
    unlock();
    mmio_write32(cr_at(), CR_PG);
    store_pair(64, 68);
    (void)mmio_read32(sr_at()); // one look is not enough
    mmio_write32(cr_at(), 0);
}

static void store_while_busy(void) {
    unlock();
    mmio_write32(cr_at(), CR_PG);
    store_pair(64, 68);
    store_pair(72, 76);
}

static void interrupts_on(void) {
    unlock();
    mmio_write32(cr_at(), CR_PG);
    mmio_write32(FLASH_AT + 64, 1);
    mmio_write32(FLASH_AT + 68, 1);
    see_sr();
}

static void narrow_register(void) {
    mmio_write8(cr_at(), 0);
}

static void no_register(void) {
    (void)mmio_read32(part->registers_address + 0x100);
}

static void option_key(void) {
    mmio_write32(part->registers_address + (sr_at() & 0x20 ? 0x10 : 0x0C), 0x08192A3Bu);
}

static void test_illegal(void **context) {
    (void)context;
    expect_illegal(start_nothing, "STRT without PER or MER", 0);
    expect_illegal(mass_erase, "mass erase", 0);
    expect_illegal(fast_programming, "fast programming", 0);
    expect_illegal(cr_while_busy, "CR written while an operation runs", 1);
    expect_illegal(store_while_busy, "store to flash while an operation runs", 1);
    expect_illegal(interrupts_on, "with interrupts on", 1);
    expect_illegal(narrow_register, "registers are written as words", 0);
    expect_illegal(no_register, "a register it does not have", 0);
    expect_illegal(option_key, "for option bytes", 0);
}

// --- half of a double word

static void half_filled(void) {
    unlock();
    mmio_write32(cr_at(), CR_PG);
    (void)mmio_irq_disable();
    mmio_write32(FLASH_AT + 64, 1);
    for (int i = 0; i < 10; i++) {
        sr_seen = mmio_read32(sr_at());
    }
}

static void half_filled_then_cr(void) {
    half_filled();
    mmio_write32(cr_at(), 0);
}

static void test_half_filled(void **context) {
    (void)context;
    for (size_t i = 0; i < KIND_COUNT; i++) {
        build(kinds[i]);
        const bool has_cfgbsy = part->controller == CP_CONTROLLER_STM32_G0 ||
                                part->controller >= CP_CONTROLLER_STM32_WB;
        run(half_filled);
        assert_int_equal(record.illegal, 0);
        assert_int_equal(sr_seen & ~SR_OPTVERR, has_cfgbsy ? SR_CFGBSY : SR_BSY);
        run(half_filled_then_cr); // after a reset it works again
        assert_int_equal(record.end, has_cfgbsy ? CP_EVENT_CRASH : CP_EVENT_IDLE);
        assert_int_equal(record.illegal, has_cfgbsy ? 0 : 1);
        expect_message("half a double word");
        destroy();
    }
}

// --- which page

static uint32_t erase_cr;

static void erase_as_said(void) {
    unlock();
    mmio_write32(cr_at(), erase_cr);
    mmio_write32(cr_at(), erase_cr | CR_STRT);
    see_sr();
}

// UINT32_MAX: there is no such page.
static void check_select(const char *name, uint32_t bits, uint32_t offset_bytes) {
    build(name);
    erase_cr = CR_PER | bits;
    run(erase_as_said);
    if (offset_bytes == UINT32_MAX) {
        assert_int_equal(record.illegal, 1);
        assert_int_equal(record.erases, 0);
        expect_message("a page that the part does not have");
    } else {
        assert_int_equal(record.illegal, 0);
        assert_int_equal(record.erases, 1);
        assert_int_equal(4 * record.words[0], offset_bytes);
    }
    destroy();
}

static void test_page_select(void **context) {
    (void)context;
    const uint32_t kib = 1024;
    check_select("stm32l476rg", PNB(255), 510 * kib);
    check_select("stm32l476rg", PNB(256 & 0xFF), 0); // "page 256" without BKER
    check_select("stm32l476rg", PNB(256 & 0xFF) | BKER, 512 * kib);
    check_select("stm32l476rg", PNB(1) | BKER_G0, 2 * kib);
    check_select("stm32l432kc", PNB(127), 254 * kib);
    check_select("stm32l432kc", PNB(128), UINT32_MAX);
    check_select("stm32l4r5zi", PNB(255) | BKER, 2044 * kib);
    check_select("stm32l4r5zi-single", PNB(255), 2040 * kib);
    check_select("stm32l552ze", PNB(3) | BKER, 262 * kib);
    check_select("stm32l552ze-single", PNB(127) | BKER, 508 * kib); // BKER is not looked at
    check_select("stm32g474re", PNB(128), 0);                       // seven bits
    check_select("stm32g474re", PNB(1) | BKER, 258 * kib);
    check_select("stm32g474re", PNB(1) | BKER_G0, 2 * kib); // where G0 has it
    check_select("stm32g474re-single", PNB(127), 508 * kib);
    check_select("stm32g071rb", PNB(64 + 5), 10 * kib); // six bits
    check_select("stm32g0b1re", PNB(127), 254 * kib);
    check_select("stm32g0b1re", PNB(128), UINT32_MAX);
    check_select("stm32g0b1re", PNB(5) | BKER_G0, 266 * kib);
    check_select("stm32g0b1re", PNB(256 + 5) | BKER_G0, 266 * kib);
    check_select("stm32g0b1re", PNB(5) | BKER, UINT32_MAX); // bit 11 is of PNB there
    check_select("stm32wb55rg", PNB(255), 1020 * kib);
    check_select("stm32wb55rg", PNB(7) | BKER, 28 * kib);
    check_select("stm32wl55jc", PNB(127), 254 * kib);
}

static uint32_t sr_of_bank2[7];

static void watch_bank2(void) {
    unlock();
    mmio_write32(cr_at(), CR_PER | PNB(256) | BKER_G0);
    mmio_write32(cr_at(), CR_PER | PNB(256) | BKER_G0 | CR_STRT);
    for (int i = 0; i < 7; i++) {
        sr_of_bank2[i] = mmio_read32(sr_at());
    }
}

static void test_busy_bits_of_g0(void **context) {
    (void)context;
    build("stm32g0b1re");
    run(watch_bank2);
    static const uint32_t expected[] = {
        SR_BSY2 | SR_CFGBSY, SR_BSY2 | SR_CFGBSY, SR_CFGBSY, SR_CFGBSY, SR_CFGBSY, SR_CFGBSY, 0};
    assert_memory_equal(sr_of_bank2, expected, sizeof(expected));
    destroy();
}

// --- ECC

static void read_unguarded(void) {
    (void)mmio_read32(FLASH_AT + 8);
}

static uint32_t eccr_seen[2];

static void read_twice(void) {
    const uint32_t eccr_at = part->registers_address + (sr_at() & 0x20 ? 0x30 : 0x18);
    uint32_t word;
    (void)mmio_read32_guarded(FLASH_AT + 8, &word);
    eccr_seen[0] = mmio_read32(eccr_at);
    mmio_write32(eccr_at, 0x40000000u); // not the one that is set
    eccr_seen[1] = mmio_read32(eccr_at);
    (void)mmio_read32_guarded(FLASH_AT + 8, &word);
}

static void check_ecc(const char *name, uint32_t flag) {
    build(name);
    make_uncorrectable(8);
    run(read_unguarded);
    assert_int_equal(record.end, CP_EVENT_CRASH);
    expect_message("NMI");
    run(read_twice);
    assert_int_equal(eccr_seen[0], flag | 1);
    assert_int_equal(eccr_seen[1], eccr_seen[0]);
    assert_int_equal(record.illegal, 1);
    expect_message("while ECCR.ECCD is set");
    const char *left_open = machine->devices[0].model->left_open(&machine->devices[0]);
    assert_non_null(left_open);
    assert_non_null(strstr(left_open, "ECCD"));
    destroy();
}

static void test_ecc(void **context) {
    (void)context;
    check_ecc("stm32l476rg", ECCD);
    check_ecc("stm32l552ze", ECCD);
    check_ecc("stm32l552ze-single", ECCD2);
    check_ecc("stm32l4r5zi", ECCD);
    check_ecc("stm32l4r5zi-single", ECCD2);
    check_ecc("stm32g0b1re", ECCD);
    check_ecc("stm32g474re", ECCD);
    check_ecc("stm32g474re-single", ECCD2);
    check_ecc("stm32wb55rg", ECCD);
    check_ecc("stm32wl55jc", ECCD);
}

// --- caches

static uint32_t cache_steps;

static void read_after_erase(void) {
    const uint32_t acr_at = part->registers_address;
    erase_by_hand();
    if (cache_steps & 1) {
        mmio_write32(acr_at, 0); // off
    }
    if (cache_steps & 2) {
        mmio_write32(acr_at, mmio_read32(acr_at) | 0x1800u); // reset
    }
    mmio_write32(acr_at, 0x600u);
    (void)mmio_read32(FLASH_AT);
}

static void test_stale_caches(void **context) {
    (void)context;
    build("stm32l476rg");
    for (cache_steps = 0; cache_steps < 4; cache_steps++) {
        run(read_after_erase);
        assert_int_equal(record.illegal, cache_steps == 3 ? 0 : 1);
        if (cache_steps != 3) {
            expect_message("through a cache that was not reset");
        }
        assert_int_equal(state()->stale, cache_steps == 3 ? 0 : 3);
    }
    destroy();
    build("stm32g071rb"); // no data cache
    cache_steps = 0;
    run(read_after_erase);
    assert_int_equal(record.illegal, 0);
    assert_non_null(machine->devices[0].model->left_open(&machine->devices[0]));
    destroy();
}

static void read_through_icache(void) {
    mmio_write32(ICACHE_AT, 1);
    erase_by_hand();
    (void)mmio_read32(FLASH_AT);
}

static void test_stale_icache(void **context) {
    (void)context;
    build("stm32l552ze");
    run(read_through_icache);
    assert_int_equal(record.illegal, 1);
    expect_message("through a cache that was not reset");
    destroy();
}

// --- the hand-over

static const char *left_open_with(uint32_t cr) {
    state()->cr = cr;
    return machine->devices[0].model->left_open(&machine->devices[0]);
}

static void test_left_open(void **context) {
    (void)context;
    build("stm32wl55jc");
    cp_machine_reset(machine, true);
    assert_null(left_open_with(CR_LOCKS));
    assert_non_null(strstr(left_open_with(0), "not locked"));
    assert_non_null(strstr(left_open_with(CR_LOCKS | CR_PG), "CR.PG"));
    state()->busy_polls = 1;
    assert_non_null(strstr(left_open_with(CR_LOCKS), "running"));
    destroy();
}

static void test_reset(void **context) {
    (void)context;
    build("stm32wb55rg");
    run(half_filled);
    cp_machine_reset(machine, false);
    assert_int_equal(state()->is_half_filled | state()->busy_polls | state()->sr, 0);
    assert_int_equal(state()->cr, CR_LOCKS);
    cp_machine_reset(machine, true);
    assert_int_equal(state()->sr, SR_OPTVERR);
    destroy();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_description),
        cmocka_unit_test(test_every_part),
        cmocka_unit_test(test_read_any_alignment),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_write_protected),
        cmocka_unit_test(test_protection_of_bank_2),
        cmocka_unit_test(test_programmed_before),
        cmocka_unit_test(test_programmed_ones),
        cmocka_unit_test(test_failing_operations),
        cmocka_unit_test(test_stale_flags),
        cmocka_unit_test(test_unlocked_before),
        cmocka_unit_test(test_stays_busy),
        cmocka_unit_test(test_uncorrectable),
        cmocka_unit_test(test_acknowledge_says_whose_it_was),
        cmocka_unit_test(test_icache_of_the_firmware),
        cmocka_unit_test(test_caches),
        cmocka_unit_test(test_by_hand),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_locked),
        cmocka_unit_test(test_errie),
        cmocka_unit_test(test_flags),
        cmocka_unit_test(test_illegal),
        cmocka_unit_test(test_half_filled),
        cmocka_unit_test(test_page_select),
        cmocka_unit_test(test_busy_bits_of_g0),
        cmocka_unit_test(test_ecc),
        cmocka_unit_test(test_stale_caches),
        cmocka_unit_test(test_stale_icache),
        cmocka_unit_test(test_left_open),
        cmocka_unit_test(test_reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

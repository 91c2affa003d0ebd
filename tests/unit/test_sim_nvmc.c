// test_sim_nvmc.c: what the flash controller and the bus forbid, one rule a test.
//
// A small bootloader or application does one thing; the events that come of it are
// compared with what the part's manual says.

#include "machine_life.h"

#include "core/port/mmio.h"

enum {
    PAGE_BYTES = 256,
    FLASH_BYTES = 8 * PAGE_BYTES,
    STATE_AT = PAGE_BYTES,
    ACTIVE_AT = 2 * PAGE_BYTES,
    DFU_AT = 4 * PAGE_BYTES,
    NOBODYS_AT = 7 * PAGE_BYTES,
};

#define REGISTERS 0x4001E000u
#define READY     (REGISTERS + 0x400u)
#define CONFIG    (REGISTERS + 0x504u)
#define ERASEPAGE (REGISTERS + 0x508u)

enum { WEN_READ, WEN_WRITE, WEN_ERASE };

typedef void (*work)(void);

static work present_work; // what the program under test does
static bool leaves_open;  // it does not close the flash before it starts ACTIVE

static void run_bootloader(const struct cp_program_board *board) {
    (void)board;
    present_work();
    if (!leaves_open) {
        while (mmio_read32(READY) == 0) {
        }
        mmio_write32(CONFIG, WEN_READ);
    }
    cp_end_jump();
}

static void run_application(const struct cp_program_board *board, uint8_t image) {
    (void)board;
    (void)image;
    present_work();
    cp_end_idle();
}

static const struct cp_program small = {.abi = CP_PROGRAM_ABI,
                                        .name = "small",
                                        .core_hash = "0",
                                        .bootloader = run_bootloader,
                                        .application = run_application,
                                        .dfu_mode = run_application};

static struct cp_machine *new_machine(void) {
    struct cp_machine_config config = {
        .device_count = 1, .cell_size_bytes = PAGE_BYTES, .program = &small};
    config.devices[0] = life_part(FLASH_BYTES, PAGE_BYTES);
    struct cp_program_area *areas = config.board.areas;
    areas[CP_AREA_BOOTLOADER] = (struct cp_program_area){0, 0, PAGE_BYTES};
    areas[CP_AREA_STATE] = (struct cp_program_area){0, STATE_AT, PAGE_BYTES};
    areas[CP_AREA_ACTIVE] = (struct cp_program_area){0, ACTIVE_AT, 2 * PAGE_BYTES};
    areas[CP_AREA_DFU] = (struct cp_program_area){0, DFU_AT, 3 * PAGE_BYTES};
    return life_create(&config);
}

// Run it to its end; count its operations and keep the last illegal use.
struct record {
    uint32_t programs, erases, illegal;
    char message[CP_EVENT_MESSAGE_MAX];
    enum cp_event_kind end;
};

static struct record run_on(struct cp_machine *machine, work done, enum cp_mode mode) {
    struct record record = {0};
    present_work = done;
    cp_machine_reset(machine, true);
    cp_machine_start(machine, mode, 0);
    for (;;) {
        const struct cp_event *event = cp_machine_run(machine);
        if (event->kind == CP_EVENT_ILLEGAL) {
            record.illegal++;
            memcpy(record.message, event->message, sizeof(record.message));
        } else if (!life_apply(machine, event)) {
            record.end = event->kind;
            return record;
        } else {
            record.programs += event->kind == CP_EVENT_PROGRAM;
            record.erases += event->kind == CP_EVENT_ERASE;
            assert_true(event->frame_count > 0);
        }
    }
}

static struct record run_fresh(work done, enum cp_mode mode) {
    struct cp_machine *machine = new_machine();
    const struct record record = run_on(machine, done, mode);
    cp_machine_destroy(machine);
    return record;
}

static void expect_illegal(work done, enum cp_mode mode, const char *message, uint32_t operations) {
    const struct record record = run_fresh(done, mode);
    assert_int_equal(record.illegal, 1);
    if (!strstr(record.message, message)) {
        fail_msg("'%s' does not say '%s'", record.message, message);
    }
    assert_int_equal(record.programs + record.erases, operations);
    assert_int_equal(record.end, mode == CP_MODE_BOOTLOADER ? CP_EVENT_JUMP : CP_EVENT_IDLE);
}

static void wait_ready(void) {
    while (mmio_read32(READY) == 0) {
    }
}

static void store(uint32_t address, uint32_t value) {
    mmio_write32(CONFIG, WEN_WRITE);
    mmio_write32(address, value);
    wait_ready();
    mmio_write32(CONFIG, WEN_READ);
}

static void erase(uint32_t address) {
    mmio_write32(CONFIG, WEN_ERASE);
    mmio_write32(ERASEPAGE, address);
    wait_ready();
    mmio_write32(CONFIG, WEN_READ);
}

// --- what is allowed

static void proper_use(void) {
    erase(STATE_AT);
    store(STATE_AT, 0x11112222);
    store(STATE_AT, 0x11110000);
    mmio_write32(CONFIG, WEN_WRITE);
    mmio_write32(DFU_AT, 1);
    wait_ready();
    mmio_write32(DFU_AT + 4, 2);
    wait_ready();
    mmio_write32(CONFIG, WEN_READ);
    (void)mmio_read32(0x4001E540u); // ICACHECNF
}

static void store_to_active(void) {
    store(ACTIVE_AT, 5);
}

static void test_proper_use(void **state) {
    (void)state;
    struct cp_machine *machine = new_machine();
    const struct record record = run_on(machine, proper_use, CP_MODE_BOOTLOADER);
    assert_int_equal(record.illegal, 0);
    assert_int_equal(record.programs, 4);
    assert_int_equal(record.erases, 1);
    assert_int_equal(life_word(machine, 0, STATE_AT / 4), 0x11110000);
    assert_int_equal(life_word(machine, 0, DFU_AT / 4 + 1), 2);
    cp_machine_destroy(machine);
    assert_int_equal(run_fresh(proper_use, CP_MODE_APPLICATION).illegal, 0);
    assert_int_equal(run_fresh(store_to_active, CP_MODE_BOOTLOADER).illegal, 0);
}

// --- modes

static void store_in_read_mode(void) {
    mmio_write32(STATE_AT, 0);
}

static void store_in_erase_mode(void) {
    mmio_write32(CONFIG, WEN_ERASE);
    mmio_write32(STATE_AT, 0);
}

static void erase_in_read_mode(void) {
    mmio_write32(ERASEPAGE, STATE_AT);
}

static void erase_in_write_mode(void) {
    mmio_write32(CONFIG, WEN_WRITE);
    mmio_write32(ERASEPAGE, STATE_AT);
}

static void reserved_mode(void) {
    mmio_write32(CONFIG, 3);
}

static void test_modes(void **state) {
    (void)state;
    expect_illegal(store_in_read_mode, CP_MODE_BOOTLOADER, "without CONFIG.WEN = Wen", 0);
    expect_illegal(store_in_erase_mode, CP_MODE_BOOTLOADER, "without CONFIG.WEN = Wen", 0);
    expect_illegal(erase_in_read_mode, CP_MODE_BOOTLOADER, "without CONFIG.WEN = Een", 0);
    expect_illegal(erase_in_write_mode, CP_MODE_BOOTLOADER, "without CONFIG.WEN = Een", 0);
    expect_illegal(reserved_mode, CP_MODE_BOOTLOADER, "reserved value", 0);
}

// --- READY

static void config_while_busy(void) {
    mmio_write32(CONFIG, WEN_WRITE);
    mmio_write32(STATE_AT, 0);
    mmio_write32(CONFIG, WEN_READ);
}

static void store_while_busy(void) {
    mmio_write32(CONFIG, WEN_WRITE);
    mmio_write32(STATE_AT, 0);
    mmio_write32(STATE_AT + 4, 0);
    wait_ready();
}

static void erase_while_busy(void) {
    mmio_write32(CONFIG, WEN_ERASE);
    mmio_write32(ERASEPAGE, STATE_AT);
    mmio_write32(ERASEPAGE, DFU_AT);
    wait_ready();
}

static uint32_t ready_seen[4];

static void poll_once_too_few(void) {
    ready_seen[0] = mmio_read32(READY);
    mmio_write32(CONFIG, WEN_WRITE);
    mmio_write32(STATE_AT, 0);
    ready_seen[1] = mmio_read32(READY);
    ready_seen[2] = mmio_read32(READY);
    ready_seen[3] = mmio_read32(READY);
}

static void test_ready(void **state) {
    (void)state;
    expect_illegal(config_while_busy, CP_MODE_BOOTLOADER, "CONFIG written while", 1);
    expect_illegal(store_while_busy, CP_MODE_BOOTLOADER, "store to flash while", 1);
    expect_illegal(erase_while_busy, CP_MODE_BOOTLOADER, "ERASEPAGE written while", 1);
    assert_int_equal(run_fresh(poll_once_too_few, CP_MODE_BOOTLOADER).illegal, 0);
    static const uint32_t low_for_one_poll[] = {1, 0, 1, 1};
    assert_memory_equal(ready_seen, low_for_one_poll, sizeof(ready_seen));
}

// --- the hand-over

static void open_for_erase(void) {
    mmio_write32(CONFIG, WEN_ERASE);
}

static void test_hand_over(void **state) {
    (void)state;
    assert_int_equal(run_fresh(open_for_erase, CP_MODE_BOOTLOADER).illegal, 0);
    leaves_open = true;
    expect_illegal(open_for_erase, CP_MODE_BOOTLOADER, "started with CONFIG.WEN = 2", 0);
    leaves_open = false;
}

// --- addresses

static void erase_unaligned(void) {
    erase(STATE_AT + 4);
}

static void erase_outside_flash(void) {
    erase(FLASH_BYTES);
}

static void store_unaligned(void) {
    store(STATE_AT + 2, 0);
}

static void read_unaligned(void) {
    mmio_read32(STATE_AT + 1);
}

static void read_unmapped(void) {
    mmio_read32(FLASH_BYTES);
}

static void write_unmapped(void) {
    mmio_write32(0x20000000u, 1);
}

static void read_no_register(void) {
    mmio_read32(REGISTERS + 0x600u);
}

static void write_read_only_register(void) {
    mmio_write32(READY, 1);
}

static void test_addresses(void **state) {
    (void)state;
    expect_illegal(erase_unaligned, CP_MODE_BOOTLOADER, "not the start of a page", 0);
    expect_illegal(erase_outside_flash, CP_MODE_BOOTLOADER, "not in the flash", 0);
    expect_illegal(store_unaligned, CP_MODE_BOOTLOADER, "not a word address", 0);
    expect_illegal(read_unaligned, CP_MODE_BOOTLOADER, "not a word address", 0);
    expect_illegal(read_unmapped, CP_MODE_BOOTLOADER, "nothing is mapped there", 0);
    expect_illegal(write_unmapped, CP_MODE_BOOTLOADER, "nothing is mapped there", 0);
    expect_illegal(read_no_register, CP_MODE_BOOTLOADER, "register the NVMC does not have", 0);
    expect_illegal(write_read_only_register, CP_MODE_BOOTLOADER, "read-only", 0);
}

// --- areas

static void store_to_bootloader(void) {
    store(8, 0);
}

static void erase_bootloader(void) {
    erase(0);
}

static void store_to_nobodys(void) {
    store(NOBODYS_AT, 0);
}

static void erase_nobodys(void) {
    erase(NOBODYS_AT);
}

static void erase_active(void) {
    erase(ACTIVE_AT);
}

static void test_areas(void **state) {
    (void)state;
    expect_illegal(store_to_bootloader, CP_MODE_BOOTLOADER, "pages of the bootloader", 0);
    expect_illegal(erase_bootloader, CP_MODE_APPLICATION, "pages of the bootloader", 0);
    expect_illegal(store_to_nobodys, CP_MODE_BOOTLOADER, "outside every partition", 0);
    expect_illegal(erase_nobodys, CP_MODE_APPLICATION, "outside every partition", 0);
    expect_illegal(store_to_active, CP_MODE_APPLICATION, "pages of ACTIVE", 0);
    expect_illegal(erase_active, CP_MODE_APPLICATION, "pages of ACTIVE", 0);
    assert_int_equal(run_fresh(erase_active, CP_MODE_BOOTLOADER).erases, 1);
}

// --- counts

static void program_thrice(void) {
    store(STATE_AT, 0xFFFFFFFEu);
    store(STATE_AT, 0xFFFFFFFCu);
    store(STATE_AT, 0xFFFFFFF8u);
}

static void program_erase_program(void) {
    store(STATE_AT, 0xFFFFFFFEu);
    store(STATE_AT, 0xFFFFFFFCu);
    erase(STATE_AT);
    store(STATE_AT, 0xFFFFFFF8u);
}

static void test_counts(void **state) {
    (void)state;
    expect_illegal(program_thrice, CP_MODE_BOOTLOADER, "programmed again after 2 programs", 3);
    assert_int_equal(run_fresh(program_erase_program, CP_MODE_BOOTLOADER).illegal, 0);
}

// --- resets

static void leave_busy_in_write_mode(void) {
    mmio_write32(CONFIG, WEN_WRITE);
    mmio_write32(STATE_AT, 0);
}

static uint32_t config_seen, ready_at_start;

static void look_at_registers(void) {
    config_seen = mmio_read32(CONFIG);
    ready_at_start = mmio_read32(READY);
}

static void test_reset_restores_registers(void **state) {
    (void)state;
    struct cp_machine *machine = new_machine();
    for (int power_lost = 0; power_lost < 2; power_lost++) {
        leaves_open = true;
        run_on(machine, leave_busy_in_write_mode, CP_MODE_BOOTLOADER);
        leaves_open = false;
        assert_int_equal(life_nvmc(machine)->config, WEN_WRITE);
        assert_int_equal(life_nvmc(machine)->busy_polls, 1);
        cp_machine_reset(machine, power_lost != 0);
        assert_int_equal(life_nvmc(machine)->config, WEN_READ);
        assert_int_equal(life_nvmc(machine)->busy_polls, 0);
        config_seen = ready_at_start = 99;
        assert_int_equal(run_on(machine, look_at_registers, CP_MODE_BOOTLOADER).illegal, 0);
        assert_int_equal(config_seen, WEN_READ);
        assert_int_equal(ready_at_start, 1);
        assert_int_equal(life_word(machine, 0, STATE_AT / 4), 0); // the flash keeps
        cp_nor_erase_cell(&machine->devices[0].nor, STATE_AT / PAGE_BYTES);
    }
    cp_machine_destroy(machine);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_proper_use),
        cmocka_unit_test(test_modes),
        cmocka_unit_test(test_ready),
        cmocka_unit_test(test_hand_over),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_areas),
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_reset_restores_registers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

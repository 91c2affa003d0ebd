// test_port_rp2040.c: the RP2040's flash driver on the model of its SSI, and what that
// model does not let pass, one rule a test.

#include "core/port/rp2040/flash.h"
#include "sim/controllers/spi_chip.h"
#include "tests/unit/port_rig.h"

#define SSIENR     0x18000008u
#define CTRLR0     0x18000000u
#define SER        0x18000010u
#define SR         0x18000028u
#define DR0        0x18000060u
#define SPI_CTRLR0 0x180000F4u
#define XIP_FLUSH  0x14000004u
#define SS_CTRL    0x4001800Cu
#define PAD_SD0    0x40020008u
#define XIP        0x10000000u

static struct cp_rp2040_flash dev;

static void open_part(const char *name) {
    rig_open(name);
    dev = (struct cp_rp2040_flash){XIP, XIP, 100};
    cp_rp2040_flash(&rig.flash, &dev, rig.part.size_bytes);
}

static int setup(void **state) {
    (void)state;
    open_part("rp2040");
    return 0;
}

static struct cp_spi_chip *chip(void) {
    struct cp_device *device = &rig.machine->devices[0];
    return (struct cp_spi_chip *)(void *)(device->state + device->model->state_size_bytes -
                                          sizeof(struct cp_spi_chip));
}

// --- the driver

static void check_round(uint32_t offset_bytes, uint32_t pages) {
    uint8_t expected[RIG_DATA_MAX_BYTES];
    rig_fill_data();
    memcpy(expected, rig.data, sizeof expected);
    assert_int_equal(rig_expect(rig_job_program, offset_bytes, 128, CP_OK), pages);
    memset(rig.data, 0, sizeof rig.data);
    assert_int_equal(rig_expect(rig_job_read, offset_bytes + 1, 127, CP_OK), 0);
    assert_memory_equal(rig.data, expected + 1, 127);
    assert_int_equal((uint8_t)rig_word(offset_bytes), expected[0]);
    assert_int_equal(rig_expect(rig_job_erase, offset_bytes & ~4095u, 0, CP_OK), 1);
    assert_int_equal(rig_word(offset_bytes), 0xFFFFFFFF);
}

static void check_part(const char *name) {
    open_part(name);
    assert_int_equal(rig.flash.size_bytes, rig.part.size_bytes);
    assert_int_equal(rig.flash.erase_size_bytes, 4096);
    assert_int_equal(rig.flash.write_size_bytes, 4);
    check_round(4096, 1);
    check_round(2 * 4096 + 192, 2);
    check_round(rig.part.size_bytes - 128, 1);
    rig_check_refusals();
    rig_close(NULL);
}

static void test_round(void **state) {
    (void)state;
    check_part("rp2040");
    check_part("rp2040-16m");
}

static void test_window(void **state) {
    (void)state;
    dev.flash_address = XIP + 0x10000;
    cp_rp2040_flash(&rig.flash, &dev, 0x10000);
    rig_fill_data();
    assert_int_equal(rig_expect(rig_job_program, 0x100, 4, CP_OK), 1);
    assert_int_equal((uint8_t)rig_word(0x10100), rig.data[0]);
    assert_int_equal(rig_expect(rig_job_erase, 0, 0, CP_OK), 1);
    assert_int_equal(rig_word(0x10100), 0xFFFFFFFF);
}

// What lies around a program in its page stays.
static void test_padding(void **state) {
    (void)state;
    struct cp_nor *nor = &rig.machine->devices[0].nor;
    cp_nor_set_word(nor, 0x1000 / 4, 0x11111111, 1);
    cp_nor_set_word(nor, 0x1010 / 4, 0x22222222, 1);
    rig_fill_data();
    assert_int_equal(rig_expect(rig_job_program, 0x1004, 8, CP_OK), 1);
    assert_int_equal(rig_word(0x1000), 0x11111111);
    assert_int_equal(rig_word(0x1010), 0x22222222);
    assert_int_equal((uint8_t)rig_word(0x1004), rig.data[0]);
    assert_int_equal(rig_word(0x100C), 0xFFFFFFFF);
}

static void test_failures(void **state) {
    (void)state;
    rig.answer = CP_DONE_SILENT;
    rig_fill_data();
    rig.undone_after = 0;
    assert_int_equal(rig_expect(rig_job_program, 4096, 64, CP_ERR_FLASH), 1);
    rig.undone_after = 1;
    assert_int_equal(rig_expect(rig_job_program, 4096 + 192, 128, CP_ERR_FLASH), 2);
    rig.undone_after = 0;
    assert_int_equal(rig_expect(rig_job_erase, 4096, 0, CP_ERR_FLASH), 1);
}

static void expect_next(void (*job)(void), int result) {
    rig.offset_bytes = 4096;
    rig.size_bytes = 4;
    rig.starts_active = true;
    const struct rig_record record = rig_go_on(job);
    if (record.illegal > 0 || record.end != CP_EVENT_JUMP) {
        fail_msg("illegal %u end %d: %s", record.illegal, record.end, record.message);
    }
    assert_int_equal(rig.result, result);
    assert_int_equal(record.programs + record.erases, 0);
}

static void test_protected(void **state) {
    (void)state;
    cp_nor_set_word(&rig.machine->devices[0].nor, 1024, 0, 1);
    cp_machine_reset(rig.machine, true);
    chip()->protection = 0x1C;
    memset(rig.data, 0x55, 4);
    expect_next(rig_job_program, CP_ERR_FLASH);
    expect_next(rig_job_erase, CP_ERR_FLASH);
}

// The second stage may have left either way of reading.
static void plain_second_stage(void) {
    const uint32_t irq = mmio_irq_disable();
    mmio_write32(SSIENR, 0);
    mmio_write32(CTRLR0, 31u << 16 | 3u << 8);
    mmio_write32(SPI_CTRLR0, 3u << 24 | 2u << 8 | 6u << 2);
    mmio_write32(SSIENR, 1);
    mmio_irq_restore(irq);
}

static void plain_then_program(void) {
    plain_second_stage();
    chip()->is_continuous = 0;
    rig_job_program();
}

static void test_plain_second_stage(void **state) {
    (void)state;
    rig_fill_data();
    assert_int_equal(rig_expect(plain_then_program, 4096, 64, CP_OK), 1);
}

// The chip goes on being busy: given up, and XIP set up all the same.
static void test_stays_busy(void **state) {
    (void)state;
    cp_machine_reset(rig.machine, true);
    rig_fill_data();
    rig.job = rig_job_program;
    rig.offset_bytes = 4096;
    rig.size_bytes = 4;
    cp_machine_start(rig.machine, CP_MODE_BOOTLOADER, 0);
    assert_int_equal(cp_machine_run(rig.machine)->kind, CP_EVENT_PROGRAM);
    chip()->busy_polls = UINT32_MAX;
    const struct cp_event *event = cp_machine_run(rig.machine);
    assert_int_equal(event->kind, CP_EVENT_IDLE);
    assert_int_equal(rig.result, CP_ERR_FLASH);
    assert_int_equal(UINT32_MAX - chip()->busy_polls, 100);
    assert_int_equal(rig.machine->irq_disabled, 0);
}

// --- the model

static void byte_mode(void) {
    mmio_write32(SSIENR, 0);
    mmio_write32(CTRLR0, 7u << 16);
    mmio_write32(SSIENR, 1);
}

static void read_without_xip(void) {
    (void)mmio_irq_disable();
    byte_mode();
    (void)mmio_read32(XIP + 0x1000);
}

static void store_to_xip(void) {
    mmio_write32(XIP + 0x1000, 0);
}

static void held_select(void) {
    mmio_write32(SS_CTRL, 3u << 8);
    (void)mmio_read32(XIP + 0x1000);
}

static void chip_in_continuous_read(void) {
    plain_second_stage(); // without ending the chip's
    (void)mmio_read32(XIP + 0x1000);
}

static void test_xip(void **state) {
    (void)state;
    rig_expect_fault(read_without_xip, "while XIP does not work");
    rig_expect_fault(store_to_xip, "store of 4 bytes");
    rig_expect_fault(held_select, "chip select held");
    rig_expect_fault(chip_in_continuous_read, "the chip is in continuous read");
}

static void xip_off_with_interrupts(void) {
    mmio_write32(SSIENR, 0);
}

static void mode_while_enabled(void) {
    mmio_write32(CTRLR0, 7u << 16);
}

static void data_without_mode(void) {
    mmio_write32(DR0, 0);
}

static void byte_to_register(void) {
    mmio_write8(SER, 1);
}

static void no_register(void) {
    (void)mmio_read32(0x18000100u);
}

static void test_ssi(void **state) {
    (void)state;
    rig_expect_illegal(xip_off_with_interrupts, "with interrupts enabled");
    rig_expect_illegal(mode_while_enabled, "while it is enabled");
    rig_expect_illegal(data_without_mode, "not set up to exchange bytes");
    rig_expect_illegal(byte_to_register, "written with 1 bytes");
    rig_expect_illegal(no_register, "not modelled or not there");
}

static uint32_t exchange(uint32_t sent) {
    mmio_write32(DR0, sent);
    while ((mmio_read32(SR) & 8) == 0) {
    }
    return mmio_read32(DR0);
}

static void force(uint32_t override) {
    mmio_write32(SS_CTRL, override << 8);
}

static void ones_on_all_pins(void) {
    force(2);
    for (uint32_t i = 0; i < 4; i++) {
        mmio_write32(PAD_SD0 + 4 * i, 0xDA);
    }
    for (uint32_t i = 0; i < 4; i++) {
        exchange(0xFF);
    }
    force(3);
    for (uint32_t i = 0; i < 4; i++) {
        mmio_write32(PAD_SD0 + 4 * i, 0x56);
    }
}

static void continuous_read_ends(void) {
    (void)mmio_irq_disable();
    byte_mode();
    force(2);
    exchange(0x9F);
    rig.seen[0] = exchange(0);
    force(3);
    ones_on_all_pins();
    force(2);
    exchange(0x9F);
    rig.seen[1] = exchange(0);
    force(3);
}

static void select_without_override(void) {
    continuous_read_ends();
    force(0);
    exchange(0x9F);
    rig.seen[2] = exchange(0); // a frame of its own
}

static void select_raised_too_early(void) {
    continuous_read_ends();
    force(2);
    mmio_write32(DR0, 0x06);
    force(3);
    (void)mmio_read32(SR);
    force(2);
    (void)mmio_read32(DR0);
    exchange(0x05);
    rig.seen[3] = exchange(0);
    force(3);
}

static void test_bytes(void **state) {
    (void)state;
    rig_expect_legal(continuous_read_ends, 0);
    assert_int_equal(rig.seen[0], 0xFF);
    assert_int_equal(rig.seen[1], 0xEF);
    rig_expect_legal(select_without_override, 0);
    assert_int_equal(rig.seen[2], 0xFF);
    rig_expect_legal(select_raised_too_early, 0);
    assert_int_equal(rig.seen[3], 0);
}

static void program_and_read_stale(void) {
    continuous_read_ends();
    force(2);
    exchange(0x06);
    force(3);
    force(2);
    exchange(0x02);
    exchange(0);
    exchange(0x10);
    exchange(0);
    exchange(0x42);
    force(3);
    for (uint32_t i = 0; i < 4; i++) {
        force(2);
        exchange(0x05);
        rig.seen[4] = exchange(0);
        force(3);
    }
    plain_second_stage();
    force(0);
    if (rig.size_bytes != 0) {
        mmio_write32(XIP_FLUSH, 1);
    }
    rig.seen[5] = mmio_read32(XIP + 0x1000);
}

static void test_stale_cache(void **state) {
    (void)state;
    rig.size_bytes = 0;
    rig_expect_illegal(program_and_read_stale, "a cache that was not flushed");
    rig.size_bytes = 1;
    rig_expect_legal(program_and_read_stale, 1);
    assert_int_equal(rig.seen[4], 0);
    assert_int_equal(rig.seen[5], 0xFFFFFF42);
}

static void pads_left(void) {
    mmio_write32(PAD_SD0, 0xDA);
}

static void xip_left_off(void) {
    (void)mmio_irq_disable();
    byte_mode();
}

static void check_left_open(void (*job)(void), const char *message) {
    rig.starts_active = true;
    const struct rig_record record = rig_run(job);
    assert_int_equal(record.illegal, 1);
    assert_non_null(strstr(record.message, message));
}

static void test_hand_over(void **state) {
    (void)state;
    check_left_open(pads_left, "data pads");
    check_left_open(xip_left_off, "XIP not working");
}

#define ON_RP2040(name) cmocka_unit_test_setup_teardown(name, setup, rig_close)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round), ON_RP2040(test_window),
        ON_RP2040(test_padding),      ON_RP2040(test_failures),
        ON_RP2040(test_protected),    ON_RP2040(test_plain_second_stage),
        ON_RP2040(test_stays_busy),   ON_RP2040(test_xip),
        ON_RP2040(test_ssi),          ON_RP2040(test_bytes),
        ON_RP2040(test_stale_cache),  ON_RP2040(test_hand_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

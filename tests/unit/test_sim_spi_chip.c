// test_sim_spi_chip.c: what a SPI NOR chip and the models of its masters do, one rule a test.
//
// Jobs are register sequences; what the chip ignores in silence shows in the flash.

#include "core/port/nrf/spi.h"
#include "core/port/stm32/spi.h"
#include "sim/controllers/spi_chip.h"
#include "tests/unit/port_rig.h"

#define SPI    0x40003000u
#define GPIO   0x50000000u
#define SELECT (1u << 17)

enum { PAGE = 4096 };

static const struct cp_nrf_spi master = {.registers_address = SPI,
                                         .gpio_address = GPIO,
                                         .frequency = CP_NRF_SPI_FREQUENCY_8M,
                                         .sck_pin = 19,
                                         .mosi_pin = 20,
                                         .miso_pin = 21,
                                         .select_pin = 17,
                                         .ready_polls_max = 10};
static struct cp_spi bus;

// One frame; returns the last byte that came.
static uint8_t frame(const uint8_t *sent, uint32_t size_bytes) {
    uint8_t received[300] = {0};
    bus.select(&bus);
    bus.transfer(&bus, sent, received, size_bytes);
    bus.deselect(&bus);
    return received[size_bytes - 1];
}

#define FRAME(...)                                                                                 \
    frame((const uint8_t[]){__VA_ARGS__}, (uint32_t)sizeof((const uint8_t[]){__VA_ARGS__}))

static uint8_t status(void) {
    return FRAME(0x05, 0xFF);
}

static void wait_idle(void) {
    while ((status() & 1) != 0) {
    }
}

static struct cp_spi_chip *chip(void) {
    struct cp_device *device = &rig.machine->devices[0];
    return (struct cp_spi_chip *)(void *)(device->state + device->model->state_size_bytes -
                                          sizeof(struct cp_spi_chip));
}

static void open_chip(const char *name) {
    rig_open(name);
    cp_nrf_spi_bus(&bus, &master);
}

// A job on a chip after power-on: legal, so many operations.
static void check(const char *name, void (*job)(void), uint32_t operations) {
    open_chip(name);
    rig_expect_legal(job, operations);
}

// --- write enable and busy

static void program_without_enable(void) {
    FRAME(0x02, 0, 0x10, 0, 1, 2, 3, 4);
}

static void erase_without_enable(void) {
    FRAME(0x20, 0, 0x10, 0);
}

static void enable_is_used_up(void) {
    FRAME(0x06);
    rig.seen[0] = status();
    FRAME(0x02, 0, 0x10, 0, 1);
    rig.seen[1] = status();
    wait_idle();
    rig.seen[2] = status();
    FRAME(0x02, 0, 0x11, 0, 1);
}

static void enable_is_taken_back(void) {
    FRAME(0x06);
    FRAME(0x04);
    FRAME(0x02, 0, 0x10, 0, 1);
}

static void enable_with_a_byte_too_many(void) {
    FRAME(0x06, 0);
    rig.seen[0] = status();
}

static void busy_ignores(void) {
    FRAME(0x06);
    FRAME(0x20, 0, 0x10, 0);
    rig.seen[0] = FRAME(0x03, 0, 0x20, 0, 0); // not what is there
    rig.seen[1] = FRAME(0x9F, 0);
    FRAME(0x06);
    FRAME(0x02, 0, 0x20, 0, 1);
    rig.seen[2] = FRAME(0x05, 0, 0, 0, 0); // the status can be read on and on
}

static void test_write_enable(void **state) {
    check("w25q16jv", program_without_enable, 0);
    rig_close(state);
    check("w25q16jv", erase_without_enable, 0);
    rig_close(state);
    check("w25q16jv", enable_is_used_up, 1);
    assert_int_equal(rig.seen[0], 2);
    assert_int_equal(rig.seen[1], 3);
    assert_int_equal(rig.seen[2], 0);
    rig_close(state);
    check("w25q16jv", enable_is_taken_back, 0);
    rig_close(state);
    check("w25q16jv", enable_with_a_byte_too_many, 0);
    assert_int_equal(rig.seen[0], 0);
    rig_close(state);
}

static void test_busy(void **state) {
    open_chip("w25q16jv");
    cp_nor_set_word(&rig.machine->devices[0].nor, 0x2000 / 4, 0x12345678, 1);
    rig_expect_legal(busy_ignores, 1);
    assert_int_equal(rig.seen[0], 0xFF);
    assert_int_equal(rig.seen[1], 0xFF);
    assert_int_equal(rig.seen[2], 0);
    assert_int_equal(rig_word(0x2000), 0x12345678);
    rig_close(state);
}

// --- programs

static void program_round_the_page(void) {
    FRAME(0x06);
    FRAME(0x02, 0, 0x10, 0xFE, 1, 2, 3, 4);
    wait_idle();
}

static void program_too_much(void) {
    uint8_t sent[4 + 258] = {0x02, 0, 0x10, 0};
    for (uint32_t i = 0; i < 258; i++) {
        sent[4 + i] = (uint8_t)(i < 256 ? i : 0x80 + i);
    }
    FRAME(0x06);
    frame(sent, sizeof sent);
    wait_idle();
}

static void program_twice(void) {
    FRAME(0x06);
    FRAME(0x02, 0, 0x10, 0, 0xF0);
    wait_idle();
    FRAME(0x06);
    FRAME(0x02, 0, 0x10, 0, 0x3C);
    wait_idle();
}

static void program_nothing(void) {
    FRAME(0x06);
    FRAME(0x02, 0, 0x10, 0);
    rig.seen[0] = status();
}

static void program_one_byte(void) {
    FRAME(0x06);
    FRAME(0x02, 0, 0x10, 0x05, 0x42);
    wait_idle();
}

static void test_programs(void **state) {
    check("w25q16jv", program_round_the_page, 1);
    assert_int_equal(rig_word(0x10FC), 0x0201FFFF);
    assert_int_equal(rig_word(0x1000), 0xFFFF0403);
    assert_int_equal(rig_word(0x1100), 0xFFFFFFFF);
    rig_close(state);
    check("w25q16jv", program_too_much, 1);
    assert_int_equal(rig_word(0x1000), 0x03028180); // the last 256 bytes win
    assert_int_equal(rig_word(0x10FC), 0xFFFEFDFC);
    rig_close(state);
    check("w25q16jv", program_twice, 2);
    assert_int_equal(rig_word(0x1000), 0xFFFFFF30);
    rig_close(state);
    check("w25q16jv", program_nothing, 0);
    assert_int_equal(rig.seen[0], 2);
    rig_close(state);
    check("w25q16jv", program_one_byte, 1);
    assert_int_equal(rig_word(0x1000), 0xFFFFFFFF);
    assert_int_equal(rig_word(0x1004), 0xFFFF42FF);
    rig_close(state);
}

// What the event says of a program: the words from the first to the last that was sent.
static void test_program_event(void **state) {
    open_chip("w25q16jv");
    cp_machine_reset(rig.machine, true);
    rig.job = program_one_byte;
    cp_machine_start(rig.machine, CP_MODE_BOOTLOADER, 0);
    const struct cp_event *event = cp_machine_run(rig.machine);
    assert_int_equal(event->kind, CP_EVENT_PROGRAM);
    assert_int_equal(event->word, 0x1004 / 4);
    assert_int_equal(event->word_count, 1);
    assert_int_equal(event->words[0], 0xFFFF42FF);
    assert_true(event->frame_count > 0);
    rig_close(state);
}

// --- erases

static void erase_in_the_middle(void) {
    FRAME(0x06);
    FRAME(0x20, 0x01, 0x1A, 0xBC);
    wait_idle();
}

static void erase_32k(void) {
    FRAME(0x06);
    FRAME(0x52, 0x01, 0x7F, 0xFF);
    wait_idle();
}

static void erase_64k(void) {
    FRAME(0x06);
    FRAME(0xD8, 0x01, 0x00, 0x01);
    wait_idle();
}

static void erase_with_a_byte_too_many(void) {
    FRAME(0x06);
    FRAME(0x20, 0x01, 0x10, 0x00, 0x00);
}

static void erase_with_a_byte_too_few(void) {
    FRAME(0x06);
    FRAME(0x20, 0x01, 0x10);
}

static void check_erase(void (*job)(void), uint32_t from_bytes, uint32_t end_bytes) {
    open_chip("w25q16jv");
    struct cp_nor *nor = &rig.machine->devices[0].nor;
    for (uint32_t at = PAGE; at < 0x30000; at += PAGE) {
        cp_nor_set_word(nor, at / 4, 7, 1);
    }
    rig_expect_legal(job, end_bytes > from_bytes ? 1 : 0);
    for (uint32_t at = PAGE; at < 0x30000; at += PAGE) {
        const bool is_erased = at >= from_bytes && at < end_bytes;
        assert_int_equal(rig_word(at), is_erased ? 0xFFFFFFFF : 7);
    }
    rig_close(NULL);
}

static void test_erases(void **state) {
    (void)state;
    check_erase(erase_in_the_middle, 0x11000, 0x12000);
    check_erase(erase_32k, 0x10000, 0x18000);
    check_erase(erase_64k, 0x10000, 0x20000);
    check_erase(erase_with_a_byte_too_many, 0, 0);
    check_erase(erase_with_a_byte_too_few, 0, 0);
}

static void erase_all(void) {
    FRAME(0x06);
    FRAME(0xC7);
}

static void test_chip_erase_is_not_for_a_bootloader(void **state) {
    open_chip("w25q16jv"); // its first page is the bootloader's
    rig_expect_illegal(erase_all, "pages of the bootloader");
    rig_close(state);
}

// --- protection

static void program_and_erase(void) {
    FRAME(0x06);
    FRAME(0x02, 0, 0x10, 0, 1);
    rig.seen[0] = status();
    rig.seen[1] = FRAME(0x2B, 0);
    FRAME(0x06);
    FRAME(0x20, 0, 0x10, 0);
    rig.seen[2] = status();
    rig.seen[3] = FRAME(0x2B, 0);
}

static void protect_and_try(void) {
    FRAME(0x01, 0x3C); // without write enable
    rig.seen[4] = status();
    FRAME(0x06);
    FRAME(0x01, 0x3C);
    wait_idle();
    program_and_erase();
}

static void test_protection(void **state) {
    check("w25q16jv", protect_and_try, 0);
    assert_int_equal(rig.seen[4], 0);
    assert_int_equal(rig.seen[0], 0x3C | 2); // nothing says so
    assert_int_equal(rig.seen[1], 0xFF);
    rig_close(state);
    check("mx25r6435f", protect_and_try, 0);
    assert_int_equal(rig.seen[0], 0x3C);
    assert_int_equal(rig.seen[1], 0x20); // P_FAIL
    assert_int_equal(rig.seen[3], 0x60); // and E_FAIL
    rig_close(state);
}

static void top_is_protected(void) {
    FRAME(0x06);
    FRAME(0x01, 6 << 2); // the upper half
    wait_idle();
    FRAME(0x06);
    FRAME(0x02, 0x0F, 0xFF, 0x00, 1);
    wait_idle();
    FRAME(0x06);
    FRAME(0x02, 0x10, 0x00, 0x00, 1);
    FRAME(0x04);
    FRAME(0x06);
    FRAME(0x01, 0x20 | 6 << 2); // the lower half
    wait_idle();
    FRAME(0x06);
    FRAME(0x02, 0x10, 0x00, 0x00, 2);
    wait_idle();
    FRAME(0x06);
    FRAME(0x02, 0x0F, 0xFF, 0x00, 0);
}

static void test_part_is_protected(void **state) {
    check("w25q16jv", top_is_protected, 2);
    assert_int_equal((uint8_t)rig_word(0x0FFF00), 1);
    assert_int_equal((uint8_t)rig_word(0x100000), 2);
    rig_close(state);
}

// --- reading

static void read_over_the_end(void) {
    rig.seen[0] = FRAME(0x03, 0x1F, 0xFF, 0xFF, 0, 0); // the chip's first byte
    rig.seen[1] = FRAME(0x0B, 0x1F, 0xFF, 0xFF, 0, 0); // 8 clocks, the last byte
    rig.seen[2] = FRAME(0x9F, 0, 0, 0);                // the last of the ID
    rig.seen[3] = FRAME(0x5A, 0, 0, 1, 0, 0);          // 'F'
    rig.seen[4] = FRAME(0x13, 0, 0x1F, 0xFF, 0xFF, 0); // not on a small chip
}

static void test_reading(void **state) {
    open_chip("w25q16jv");
    cp_nor_set_word(&rig.machine->devices[0].nor, 0, 0x44332211, 1);
    cp_nor_set_word(&rig.machine->devices[0].nor, 0x200000 / 4 - 1, 0xAABBCCDD, 1);
    rig_expect_legal(read_over_the_end, 0);
    assert_int_equal(rig.seen[0], 0x11);
    assert_int_equal(rig.seen[1], 0xAA);
    assert_int_equal(rig.seen[2], 0x15);
    assert_int_equal(rig.seen[3], 'F');
    assert_int_equal(rig.seen[4], 0xFF);
    rig_close(state);
}

static void use_four_bytes(void) {
    rig.seen[0] = FRAME(0x13, 0x01, 0, 0, 0, 0);
    rig.seen[1] = FRAME(0x03, 0x01, 0, 0, 0, 0); // at 0x10000, and 1 on
    FRAME(0xB7);
    rig.seen[2] = FRAME(0x03, 0x01, 0, 0, 0, 0);
    FRAME(0x06);
    FRAME(0x12, 0x01, 0, 0, 4, 0x42);
    wait_idle();
    FRAME(0xE9);
    rig.seen[3] = FRAME(0x03, 0, 0, 1, 0);
    FRAME(0x06);
    FRAME(0x21, 0x01, 0, 0x10, 0);
    wait_idle();
}

static void test_four_bytes(void **state) {
    open_chip("w25q256jv");
    struct cp_nor *nor = &rig.machine->devices[0].nor;
    cp_nor_set_word(nor, 0x1000000 / 4, 0x11, 1);
    cp_nor_set_word(nor, 0x10000 / 4, 0x2200, 1);
    cp_nor_set_word(nor, 0, 0x3300, 1);
    cp_nor_set_word(nor, 0x1001000 / 4, 0, 1);
    rig_expect_legal(use_four_bytes, 2);
    assert_int_equal(rig.seen[0], 0x11);
    assert_int_equal(rig.seen[1], 0x22);
    assert_int_equal(rig.seen[2], 0x11);
    assert_int_equal(rig.seen[3], 0x33);
    assert_int_equal((uint8_t)rig_word(0x1000004), 0x42);
    assert_int_equal(rig_word(0x1001000), 0xFFFFFFFF);
    rig_close(state);
}

static void four_bytes_left_on(void) {
    FRAME(0xB7);
}

static void enable_left_on(void) {
    FRAME(0x06);
}

static void select_left_low(void) {
    bus.select(&bus);
}

static void check_left_open(void (*job)(void), const char *message) {
    open_chip("w25q256jv");
    rig.starts_active = true;
    const struct rig_record record = rig_run(job);
    assert_int_equal(record.illegal, 1);
    assert_non_null(strstr(record.message, message));
    rig_close(NULL);
}

static void test_hand_over(void **state) {
    (void)state;
    check_left_open(four_bytes_left_on, "mode of 4-byte addresses");
    check_left_open(enable_left_on, "write enable");
    check_left_open(select_left_low, "chip select");
}

// --- sleep and reset

static void sleep_and_wake(void) {
    FRAME(0xB9);
    rig.seen[0] = FRAME(0x9F, 0);
    rig.seen[1] = status();
    FRAME(0xAB);
    rig.seen[2] = FRAME(0x9F, 0); // too early
    mmio_wait_us(3);
    rig.seen[3] = FRAME(0x9F, 0);
}

static void wake_by_a_pulse(void) {
    FRAME(0xB9);
    bus.select(&bus);
    bus.deselect(&bus);
    mmio_wait_us(34);
    rig.seen[0] = FRAME(0x9F, 0);
    mmio_wait_us(1);
    rig.seen[1] = FRAME(0x9F, 0);
}

static void test_sleep(void **state) {
    check("w25q16jv", sleep_and_wake, 0);
    assert_int_equal(rig.seen[0], 0xFF);
    assert_int_equal(rig.seen[1], 0xFF);
    assert_int_equal(rig.seen[2], 0xFF);
    assert_int_equal(rig.seen[3], 0xEF);
    rig_close(state);
    check("mx25r6435f", wake_by_a_pulse, 0);
    assert_int_equal(rig.seen[0], 0xFF);
    assert_int_equal(rig.seen[1], 0xC2);
    rig_close(state);
    check("w25q16jv", wake_by_a_pulse, 0);
    assert_int_equal(rig.seen[1], 0xFF);
    rig_close(state);
}

static void resets(void) {
    FRAME(0x06);
    FRAME(0x99); // alone
    rig.seen[0] = status();
    FRAME(0x66);
    FRAME(0x05, 0); // something in between
    FRAME(0x99);
    rig.seen[1] = status();
    FRAME(0x66);
    FRAME(0x99);
    rig.seen[2] = FRAME(0x9F, 0); // too early
    mmio_wait_us(30);
    rig.seen[3] = status();
}

static void reset_while_erasing(void) {
    FRAME(0x06);
    FRAME(0x20, 0, 0x10, 0);
    FRAME(0x66);
    FRAME(0x99);
}

static void reset_while_suspended(void) {
    FRAME(0x06);
    FRAME(0x20, 0, 0x10, 0);
    FRAME(0x75);
    FRAME(0x66);
    FRAME(0x99);
}

static void test_reset(void **state) {
    check("w25q16jv", resets, 0);
    assert_int_equal(rig.seen[0], 2);
    assert_int_equal(rig.seen[1], 2);
    assert_int_equal(rig.seen[2], 0xFF);
    assert_int_equal(rig.seen[3], 0);
    rig_close(state);
    open_chip("w25q16jv");
    rig_expect_illegal(reset_while_erasing, "reset of the chip while an erase at 0x1000");
    assert_int_equal(rig_word(0x1000), 0);
    rig_close(state);
    open_chip("w25q16jv");
    rig_expect_illegal(reset_while_suspended, "reset of the chip while an erase at 0x1000");
    rig_close(state);
}

static void suspend_and_resume(void) {
    FRAME(0x75); // nothing is under way
    rig.seen[0] = FRAME(0x35, 0);
    FRAME(0x06);
    FRAME(0x20, 0, 0x10, 0);
    FRAME(0x75);
    rig.seen[1] = FRAME(0x35, 0);
    rig.seen[2] = status() & 1;
    rig.seen[3] = FRAME(0x03, 0, 0x20, 0, 0);
    FRAME(0x06);
    FRAME(0x02, 0, 0x20, 1, 0); // ignored
    FRAME(0x7A);
    rig.seen[4] = status() & 1;
    wait_idle();
    rig.seen[5] = FRAME(0x35, 0);
}

static void test_suspend(void **state) {
    open_chip("w25q16jv");
    cp_nor_set_word(&rig.machine->devices[0].nor, 0x2000 / 4, 0xFFFFFF42, 1);
    rig_expect_legal(suspend_and_resume, 1);
    assert_int_equal(rig.seen[0], 0);
    assert_int_equal(rig.seen[1], 0x80);
    assert_int_equal(rig.seen[2], 0);
    assert_int_equal(rig.seen[3], 0x42);
    assert_int_equal(rig.seen[4], 1);
    assert_int_equal(rig.seen[5], 0);
    rig_close(state);
}

// --- what survives a reset of the MCU

static void test_survivor(void **state) {
    const struct cp_spi_chip chips[] = {
        {.is_dead = 1},
        {.busy_polls = 3,
         .is_write_enabled = 1,
         .operation = CP_SPI_ERASE,
         .operation_page = 0x1FFFF},
        {.is_asleep = 1},
        {.is_four_byte = 1, .is_reset_enabled = 1},
        {.is_suspended = 1, .operation = CP_SPI_PROGRAM, .operation_page = 5},
        {.protection = 0x3C, .failures = 0x60},
        {0},
    };
    open_chip("w25q256jv");
    struct cp_device *device = &rig.machine->devices[0];
    for (size_t i = 0; i < sizeof chips / sizeof chips[0]; i++) {
        cp_machine_reset(rig.machine, true);
        *chip() = chips[i];
        const uint32_t survivor = device->model->survivor(device);
        cp_machine_reset(rig.machine, false);
        assert_memory_equal(chip(), &chips[i], sizeof chips[i]); // left as it is
        cp_machine_reset(rig.machine, true);
        assert_int_equal(device->model->survivor(device), 0);
        device->model->revive(device, survivor);
        assert_memory_equal(chip(), &chips[i], sizeof chips[i]);
        assert_int_equal(survivor != 0, i + 1 < sizeof chips / sizeof chips[0]);
    }
    rig_close(state);
}

static void leave_asleep_and_selected(void) {
    FRAME(0xB9);
    bus.select(&bus);
    mmio_write32(SPI + 0x51C, 0xAB); // its byte never comes to an end
}

static void look_at_id(void) {
    rig.seen[0] = FRAME(0x9F, 0);
}

static void test_reset_in_a_frame(void **state) {
    open_chip("w25q16jv");
    rig_run(leave_asleep_and_selected);
    cp_machine_reset(rig.machine, false);
    assert_int_equal(chip()->is_selected, 0);
    assert_int_equal(chip()->is_asleep, 1);
    rig_go_on(look_at_id);
    assert_int_equal(rig.seen[0], 0xFF);
    rig_close(state);
}

// --- the nRF's master

static void raise_select_inside_a_byte(void) {
    bus.select(&bus);
    mmio_write32(SPI + 0x51C, 0x06);
    mmio_write32(GPIO + 0x508, SELECT);
    bus.deselect(&bus);
    rig.seen[0] = status();
}

static void send_disabled(void) {
    mmio_write32(SPI + 0x51C, 0x06);
}

static void send_three(void) {
    bus.select(&bus);
    mmio_write32(SPI + 0x51C, 0x05);
    (void)mmio_read32(SPI + 0x108);
    mmio_write32(SPI + 0x51C, 0x05);
    (void)mmio_read32(SPI + 0x108);
    mmio_write32(SPI + 0x51C, 0x05); // two were not read
    (void)mmio_read32(SPI + 0x518);
    (void)mmio_read32(SPI + 0x108);
    bus.deselect(&bus);
}

static void read_too_early(void) {
    bus.select(&bus);
    mmio_write32(SPI + 0x51C, 0x9F);
    rig.seen[0] = mmio_read32(SPI + 0x108);
    rig.seen[1] = mmio_read32(SPI + 0x108);
    (void)mmio_read32(SPI + 0x518);
    mmio_write32(SPI + 0x51C, 0xFF);
    rig.seen[2] = mmio_read32(SPI + 0x518); // what came before
    rig.seen[3] = mmio_read32(SPI + 0x108); // was not cleared
    rig.seen[4] = mmio_read32(SPI + 0x518);
    (void)mmio_read32(SPI + 0x108);
    rig.seen[5] = mmio_read32(SPI + 0x518);
    bus.deselect(&bus);
}

static void wrong_mode(void) {
    bus.select(&bus);
    mmio_write32(SPI + 0x500, 0);
    mmio_write32(SPI + 0x554, 2); // CPHA without CPOL
    mmio_write32(SPI + 0x500, 1);
    uint8_t byte = 0;
    bus.transfer(&bus, (const uint8_t[]){0x9F}, &byte, 1);
    bus.transfer(&bus, NULL, &byte, 1);
    rig.seen[0] = byte;
    bus.deselect(&bus);
}

static void pins_while_enabled(void) {
    mmio_write32(SPI + 0x500, 1);
    mmio_write32(SPI + 0x508, 19);
}

static void no_such_register(void) {
    (void)mmio_read32(SPI + 0x520);
}

static void bytes_to_registers(void) {
    mmio_write8(SPI + 0x524, 0);
}

static void test_nrf_master(void **state) {
    check("w25q16jv", raise_select_inside_a_byte, 0);
    assert_int_equal(rig.seen[0], 0);
    rig_expect_illegal(send_disabled, "not enabled");
    rig_expect_illegal(send_three, "a byte is lost");
    rig_expect_legal(read_too_early, 0);
    static const uint32_t seen[] = {0, 1, 0xFF, 1, 0xFF, 0xEF};
    assert_memory_equal(rig.seen, seen, sizeof seen);
    rig_expect_legal(wrong_mode, 0);
    assert_int_equal(rig.seen[0], 0xFF);
    rig_expect_illegal(pins_while_enabled, "while the SPI is enabled");
    rig_expect_illegal(no_such_register, "a register it does not have");
    rig_expect_illegal(bytes_to_registers, "written with 1 bytes");
    rig_close(state);
}

// --- the STM32's

#define SPI1 0x40013000u

static struct cp_stm32_spi stm32_master;

static void open_stm32(const char *family) {
    struct cp_part part = *cp_part_find("w25q16jv");
    const struct cp_part target = {.family = family};
    cp_part_connect(&part, &target);
    rig_open_part(&part);
    stm32_master = (struct cp_stm32_spi){.registers_address = part.registers_address,
                                         .gpio_address = part.select_address,
                                         .sck_pin = 5,
                                         .mosi_pin = 7,
                                         .miso_pin = 6,
                                         .select_pin = 4,
                                         .alternate_function = 5,
                                         .polls_max = 10};
    cp_stm32_spi_bus(&bus, &stm32_master);
}

static void send_word(void) {
    bus.select(&bus);
    mmio_write32(SPI1 + 0x0C, 0x9F);
    (void)mmio_read32(SPI1 + 0x08);
    rig.seen[0] = mmio_read32(SPI1 + 0x08) & 1;
    rig.seen[1] = mmio_read32(SPI1 + 0x0C);
    bus.deselect(&bus);
}

static void without_threshold(void) {
    bus.select(&bus);
    mmio_write32(SPI1 + 0x04, 7u << 8);
    mmio_write8(SPI1 + 0x0C, 0x9F);
    (void)mmio_read32(SPI1 + 0x08);
    rig.seen[0] = mmio_read32(SPI1 + 0x08) & 1;
    bus.deselect(&bus);
}

static void raise_select_while_busy(void) {
    bus.select(&bus);
    mmio_write8(SPI1 + 0x0C, 0x06);
    rig.seen[0] = 0;
    mmio_write32(stm32_master.gpio_address + 0x18, 1u << 4);
    bus.deselect(&bus);
    rig.seen[1] = status();
}

static void overrun(void) {
    bus.select(&bus);
    mmio_write8(SPI1 + 0x0C, 0x9F);
    mmio_write8(SPI1 + 0x0C, 0xFF);
    (void)mmio_read32(SPI1 + 0x08);
    rig.seen[0] = mmio_read32(SPI1 + 0x08) & (1u << 6);
    (void)mmio_read32(SPI1 + 0x0C);
    (void)mmio_read32(SPI1 + 0x08);
    rig.seen[1] = mmio_read32(SPI1 + 0x08) & (1u << 6);
    bus.deselect(&bus);
}

static void select_input_low(void) {
    mmio_write32(SPI1, 1u << 9 | 1u << 6 | 1u << 2);
    rig.seen[0] = mmio_read32(SPI1) & (1u << 6 | 1u << 2);
    rig.seen[1] = mmio_read32(SPI1 + 0x08) & (1u << 5);
}

static void send_disabled_stm32(void) {
    mmio_write8(SPI1 + 0x0C, 0x06);
}

static void frames_of_16(void) {
    bus.select(&bus);
    mmio_write32(SPI1, 0);
    mmio_write32(SPI1, 1u << 11 | 1u << 9 | 1u << 8 | 1u << 6 | 1u << 2);
    mmio_write32(SPI1 + 0x0C, 0x0600); // 06, and a byte too many
    (void)mmio_read32(SPI1 + 0x08);
    (void)mmio_read32(SPI1 + 0x0C);
    bus.deselect(&bus);
    rig.seen[0] = status();
}

static void reserved_bits(void) {
    mmio_write32(SPI1 + 0x04, 7u << 8);
}

static void other_gpio(void) {
    (void)mmio_read32(0x48000000u);
}

static void test_stm32_master(void **state) {
    open_stm32("STM32F4");
    rig_expect_legal(send_word, 0);
    assert_int_equal(rig.seen[0], 1); // one byte, whatever the width
    rig_expect_legal(raise_select_while_busy, 0);
    assert_int_equal(rig.seen[1], 0);
    rig_expect_legal(overrun, 0);
    assert_int_equal(rig.seen[0], 1u << 6);
    assert_int_equal(rig.seen[1], 0);
    rig_expect_legal(select_input_low, 0);
    assert_int_equal(rig.seen[0], 0);
    assert_int_equal(rig.seen[1], 1u << 5);
    rig_expect_legal(frames_of_16, 0);
    assert_int_equal(rig.seen[0], 0);
    rig_expect_illegal(send_disabled_stm32, "not an enabled master");
    rig_expect_illegal(reserved_bits, "reserved bits of CR2");
    rig_expect_illegal(other_gpio, "GPIO of another family");
    rig_close(state);
}

static void test_stm32_master_with_fifo(void **state) {
    open_stm32("STM32L4");
    rig_expect_legal(send_word, 0);
    assert_int_equal(rig.seen[1], 0xEFFF); // two bytes went, and two came
    rig_expect_legal(without_threshold, 0);
    assert_int_equal(rig.seen[0], 0);
    rig_close(state);
}

// --- connections

static void test_connect(void **state) {
    (void)state;
    struct cp_part part = *cp_part_find("w25q16jv");
    const struct cp_part nrf = {.family = "nRF52"}, f7 = {.family = "STM32F7"},
                         wb = {.family = "STM32WB"};
    cp_part_connect(&part, &nrf);
    assert_int_equal(part.controller, CP_CONTROLLER_NRF_SPI);
    assert_int_equal(part.registers_address, SPI);
    assert_int_equal(part.select_address, GPIO);
    cp_part_connect(&part, &f7);
    assert_int_equal(part.controller, CP_CONTROLLER_STM32_SPI);
    assert_int_equal(part.registers_address, SPI1);
    assert_int_equal(part.select_address, 0x40020000);
    cp_part_connect(&part, &wb);
    assert_int_equal(part.select_address, 0x48000000);
    struct cp_part mapped = *cp_part_find("nrf52840");
    cp_part_connect(&mapped, &f7);
    assert_int_equal(mapped.controller, CP_CONTROLLER_NVMC);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_write_enable),
        cmocka_unit_test(test_busy),
        cmocka_unit_test(test_programs),
        cmocka_unit_test(test_program_event),
        cmocka_unit_test(test_erases),
        cmocka_unit_test(test_chip_erase_is_not_for_a_bootloader),
        cmocka_unit_test(test_protection),
        cmocka_unit_test(test_part_is_protected),
        cmocka_unit_test(test_reading),
        cmocka_unit_test(test_four_bytes),
        cmocka_unit_test(test_hand_over),
        cmocka_unit_test(test_sleep),
        cmocka_unit_test(test_reset),
        cmocka_unit_test(test_suspend),
        cmocka_unit_test(test_survivor),
        cmocka_unit_test(test_reset_in_a_frame),
        cmocka_unit_test(test_nrf_master),
        cmocka_unit_test(test_stm32_master),
        cmocka_unit_test(test_stm32_master_with_fifo),
        cmocka_unit_test(test_connect),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// test_port_spinor.c: the SPI NOR driver behind both SPI masters, on each chip there is.
//
// The models report every illegal access as an event of its own, and rig_expect() allows
// none; nor may the chip be left selected or with its write enable on.

#include "core/port/nrf/spi.h"
#include "core/port/spinor/spinor.h"
#include "core/port/stm32/spi.h"
#include "sim/controllers/spi_chip.h"
#include "tests/unit/port_rig.h"

static struct {
    struct cp_nrf_spi nrf;
    struct cp_stm32_spi stm32;
    struct cp_spi bus;
    struct cp_spinor chip;
} nor;

static void job_init(void) {
    rig.result = cp_spinor_init(&nor.chip, &nor.bus);
}

static void connect_nrf(void) {
    nor.nrf = (struct cp_nrf_spi){.registers_address = 0x40003000u,
                                  .gpio_address = 0x50000000u,
                                  .frequency = CP_NRF_SPI_FREQUENCY_8M,
                                  .sck_pin = 19,
                                  .mosi_pin = 20,
                                  .miso_pin = 21,
                                  .select_pin = 17,
                                  .ready_polls_max = 10};
    cp_nrf_spi_bus(&nor.bus, &nor.nrf);
}

static void connect_stm32(void) {
    nor.stm32 = (struct cp_stm32_spi){.registers_address = rig.part.registers_address,
                                      .gpio_address = rig.part.select_address,
                                      .sck_pin = 5,
                                      .mosi_pin = 7,
                                      .miso_pin = 6,
                                      .select_pin = 4,
                                      .alternate_function = 5,
                                      .divider = 2,
                                      .polls_max = 10};
    cp_stm32_spi_bus(&nor.bus, &nor.stm32);
}

// A chip on the SPI of a target of that family; "nRF52" or "STM32...".
static void open_chip(const char *name, const char *family) {
    const struct cp_part *found = cp_part_find(name);
    assert_non_null(found);
    struct cp_part part = *found;
    const struct cp_part target = {.family = family};
    cp_part_connect(&part, &target);
    rig_open_part(&part);
    if (part.controller == CP_CONTROLLER_NRF_SPI) {
        connect_nrf();
    } else {
        connect_stm32();
    }
    memset(&nor.chip, 0xA5, sizeof nor.chip);
    assert_int_equal(rig_expect(job_init, 0, 0, CP_OK), 0);
    cp_spinor_flash(&rig.flash, &nor.chip);
}

// Where the model has its chip.
static struct cp_spi_chip *model_chip(void) {
    const struct cp_device *device = &rig.machine->devices[0];
    return (struct cp_spi_chip *)(void *)(rig.machine->devices[0].state +
                                          device->model->state_size_bytes -
                                          sizeof(struct cp_spi_chip));
}

// --- on each chip

static const char *const chips[] = {"w25q16jv",  "w25q32jv",   "w25q64jv",   "w25q128jv",
                                    "w25q256jv", "mx25r1635f", "mx25r6435f", "mx25l25645g",
                                    "gd25q16c",  "gd25q64c"};
static const char *const families[] = {"nRF52", "STM32F4", "STM32L4"};

static void check_description(void) {
    assert_int_equal(nor.chip.id, rig.part.jedec_id);
    assert_int_equal(rig.flash.size_bytes, rig.part.size_bytes);
    assert_int_equal(rig.flash.erase_size_bytes, 4096);
    assert_int_equal(rig.flash.write_size_bytes, 4);
    assert_int_equal(rig.flash.erase_value, 0xFF);
    assert_int_equal(nor.chip.page_size_bytes, 256);
    assert_true(nor.chip.program_time_us >= rig.part.program_time_us);
    assert_true(nor.chip.erase_time_us >= rig.part.erase_time_us);
    assert_int_equal(nor.chip.has_four_byte_addresses, rig.part.size_bytes > 0x1000000);
}

static void check_round(uint32_t offset_bytes) {
    uint8_t expected[RIG_DATA_MAX_BYTES];
    rig_fill_data();
    memcpy(expected, rig.data, sizeof expected);
    const uint32_t pages = offset_bytes % 256 + 128 > 256 ? 2 : 1;
    assert_int_equal(rig_expect(rig_job_program, offset_bytes, 128, CP_OK), pages);
    memset(rig.data, 0, sizeof rig.data);
    assert_int_equal(rig_expect(rig_job_read, offset_bytes, 128, CP_OK), 0);
    assert_memory_equal(rig.data, expected, 128);
    assert_int_equal(rig_expect(rig_job_read, offset_bytes + 3, 5, CP_OK), 0);
    assert_memory_equal(rig.data, expected + 3, 5);
    assert_int_equal((uint8_t)rig_word(offset_bytes), expected[0]);
    const uint32_t page_at = offset_bytes & ~4095u;
    assert_int_equal(rig_expect(rig_job_erase, page_at, 0, CP_OK), 1);
    assert_int_equal(rig_word(offset_bytes), 0xFFFFFFFF);
}

static void test_each_chip(void **state) {
    for (size_t chip = 0; chip < sizeof chips / sizeof chips[0]; chip++) {
        for (size_t family = 0; family < sizeof families / sizeof families[0]; family++) {
            open_chip(chips[chip], families[family]);
            check_description();
            check_round(4096);
            check_round(2 * 4096 + 200);               // across two pages of the chip
            check_round(rig.part.size_bytes - 128);    // at the end
            check_round(rig.part.size_bytes / 2 - 64); // across the middle
            rig_check_refusals();
            assert_int_equal(rig_expect(rig_job_read, 0, 0, CP_OK), 0);
            rig_close(state);
        }
    }
}

static void test_erase_is_of_its_page(void **state) {
    open_chip("w25q16jv", "nRF52");
    cp_nor_set_word(&rig.machine->devices[0].nor, 2 * 1024 - 1, 1, 1);
    cp_nor_set_word(&rig.machine->devices[0].nor, 2 * 1024, 2, 1);
    cp_nor_set_word(&rig.machine->devices[0].nor, 3 * 1024, 3, 1);
    assert_int_equal(rig_expect(rig_job_erase, 2 * 4096, 0, CP_OK), 1);
    assert_int_equal(rig_word(2 * 4096 - 4), 1);
    assert_int_equal(rig_word(2 * 4096), 0xFFFFFFFF);
    assert_int_equal(rig_word(3 * 4096), 3);
    rig_close(state);
}

// --- what goes wrong

static void check_errors(const char *chip, const char *family) {
    open_chip(chip, family);
    for (enum cp_done answer = CP_DONE_REPORTED; answer <= CP_DONE_SILENT; answer++) {
        rig_fill_data();
        rig.answer = answer;
        rig.undone_after = 0;
        assert_int_equal(rig_expect(rig_job_program, 4096, 64, CP_ERR_FLASH), 1);
        rig.undone_after = UINT32_MAX;
        assert_int_equal(rig_expect(rig_job_program, 4096, 64, CP_OK), 1);
        rig.undone_after = 0;
        assert_int_equal(rig_expect(rig_job_erase, 4096, 0, CP_ERR_FLASH), 1);
        rig.undone_after = UINT32_MAX;
        assert_int_equal(rig_expect(rig_job_erase, 4096, 0, CP_OK), 1);
    }
    rig.undone_after = 1; // the second page of the chip is not programmed
    assert_int_equal(rig_expect(rig_job_program, 4096 + 192, 128, CP_ERR_FLASH), 2);
    rig_close(NULL);
}

static void test_failures(void **state) {
    (void)state;
    check_errors("w25q64jv", "nRF52");
    check_errors("mx25r6435f", "STM32L4");
}

// The call goes on where the last one ended, with the chip as the test has set it.
static void expect_next(void (*job)(void), uint32_t offset_bytes, uint32_t size_bytes, int result,
                        uint32_t operations) {
    rig.offset_bytes = offset_bytes;
    rig.size_bytes = size_bytes;
    rig.starts_active = true;
    const struct rig_record record = rig_go_on(job);
    if (record.illegal > 0 || record.end != CP_EVENT_JUMP) {
        fail_msg("illegal %u end %d: %s", record.illegal, record.end, record.message);
    }
    assert_int_equal(rig.result, result);
    assert_int_equal(record.programs + record.erases, operations);
}

static void check_protected(const char *chip) {
    open_chip(chip, "nRF52");
    cp_machine_reset(rig.machine, true);
    model_chip()->protection = 0x1C; // all blocks, or on MX25 the last of them
    const uint32_t at = rig.part.size_bytes - 4096;
    rig_fill_data();
    expect_next(rig_job_program, at, 64, CP_ERR_FLASH, 0);
    assert_int_equal(model_chip()->is_write_enabled, 0);
    cp_nor_set_word(&rig.machine->devices[0].nor, at / 4 + 7, 1, 1);
    expect_next(rig_job_erase, at, 0, CP_ERR_FLASH, 0);
    assert_int_equal(model_chip()->is_write_enabled, 0);
    rig_close(NULL);
}

static void test_protected(void **state) {
    (void)state;
    check_protected("w25q64jv");
    check_protected("mx25r6435f");
}

static void test_chip_that_sleeps_takes_no_write_enable(void **state) {
    open_chip("w25q64jv", "nRF52");
    cp_machine_reset(rig.machine, true);
    model_chip()->is_asleep = 1;
    rig_fill_data();
    expect_next(rig_job_program, 4096, 64, CP_ERR_FLASH, 0);
    expect_next(rig_job_erase, 4096, 0, CP_ERR_FLASH, 0);
    rig_close(state);
}

static void check_dead(const char *chip, const char *family) {
    open_chip(chip, family);
    cp_machine_reset(rig.machine, true);
    rig.machine->devices[0].model->die(&rig.machine->devices[0]);
    rig_fill_data();
    expect_next(rig_job_program, 4096, 64, CP_ERR_FLASH, 0);
    expect_next(rig_job_erase, 4096, 0, CP_ERR_FLASH, 0);
    expect_next(job_init, 0, 0, CP_ERR_FLASH, 0);
    cp_machine_reset(rig.machine, false);
    expect_next(job_init, 0, 0, CP_ERR_FLASH, 0); // the MCU's reset does not bring it back
    cp_machine_reset(rig.machine, true);
    expect_next(job_init, 0, 0, CP_OK, 0);
    rig_close(NULL);
}

static void test_dead(void **state) {
    (void)state;
    check_dead("w25q64jv", "nRF52");
    check_dead("mx25r6435f", "STM32F4");
}

// Busy for longer than the longest erase: given up, and the write enable is not ours to
// take back, since the chip ignores that too.
static void test_stays_busy(void **state) {
    open_chip("w25q64jv", "nRF52");
    cp_machine_reset(rig.machine, true);
    rig_fill_data();
    rig.job = rig_job_program;
    rig.offset_bytes = 4096;
    rig.size_bytes = 4;
    rig.starts_active = false;
    cp_machine_start(rig.machine, CP_MODE_BOOTLOADER, 0);
    const struct cp_event *event = cp_machine_run(rig.machine);
    assert_int_equal(event->kind, CP_EVENT_PROGRAM);
    model_chip()->busy_polls = UINT32_MAX;
    event = cp_machine_run(rig.machine);
    assert_int_equal(event->kind, CP_EVENT_IDLE);
    assert_int_equal(rig.result, CP_ERR_FLASH);
    assert_true(UINT32_MAX - model_chip()->busy_polls < 2000);
    rig_close(state);
}

// --- the chip as it may be found

static void find(uint32_t survivor, int result) {
    rig.starts_active = true;
    cp_machine_reset_to(rig.machine, survivor);
    expect_next(job_init, 0, 0, result, 0);
    assert_int_equal(cp_spi_chip_survivor(model_chip()), 0);
    cp_spinor_flash(&rig.flash, &nor.chip);
    rig_fill_data();
    expect_next(rig_job_program, 4096, 64, CP_OK, 1);
    expect_next(rig_job_erase, 4096, 0, CP_OK, 1);
}

static uint32_t survivor_of(struct cp_spi_chip chip) {
    return cp_spi_chip_survivor(&chip);
}

static void check_found(const char *chip, const char *family) {
    open_chip(chip, family);
    find(survivor_of((struct cp_spi_chip){.busy_polls = 3,
                                          .is_write_enabled = 1,
                                          .operation = CP_SPI_ERASE,
                                          .operation_page = 16}),
         CP_OK);
    find(survivor_of((struct cp_spi_chip){.busy_polls = 3,
                                          .is_write_enabled = 1,
                                          .operation = CP_SPI_PROGRAM,
                                          .operation_page = 17}),
         CP_OK);
    find(survivor_of((struct cp_spi_chip){.is_suspended = 1,
                                          .is_write_enabled = 1,
                                          .operation = CP_SPI_ERASE,
                                          .operation_page = 16}),
         CP_OK);
    find(survivor_of((struct cp_spi_chip){.is_asleep = 1}), CP_OK);
    find(survivor_of((struct cp_spi_chip){.is_four_byte = 1}), CP_OK);
    find(survivor_of((struct cp_spi_chip){.is_write_enabled = 1}), CP_OK);
    find(survivor_of((struct cp_spi_chip){.is_reset_enabled = 1}), CP_OK);
    rig_close(NULL);
}

static void test_as_it_is_found(void **state) {
    (void)state;
    check_found("w25q64jv", "nRF52");
    check_found("w25q256jv", "STM32L4");
    check_found("mx25r6435f", "STM32F4");
    check_found("gd25q16c", "nRF52");
}

// A reset of the MCU between the start of an erase and its end.
static void test_reset_in_the_middle(void **state) {
    open_chip("w25q64jv", "nRF52");
    cp_machine_reset(rig.machine, true);
    rig.job = rig_job_erase;
    rig.offset_bytes = 4096;
    cp_machine_start(rig.machine, CP_MODE_BOOTLOADER, 0);
    const struct cp_event *event = cp_machine_run(rig.machine);
    assert_int_equal(event->kind, CP_EVENT_ERASE);
    life_apply(rig.machine, event);
    const uint32_t survivor = cp_machine_survivor(rig.machine);
    assert_int_not_equal(survivor, 0);
    find(survivor, CP_OK);
    assert_int_equal(rig_word(4096), 0xFFFFFFFF);
    rig_close(state);
}

static void test_wrong_pins_find_no_chip(void **state) {
    open_chip("w25q64jv", "nRF52");
    nor.nrf.miso_pin = 22; // an input that nothing drives
    rig_expect(job_init, 0, 0, CP_ERR_FLASH);
    nor.nrf.miso_pin = 21;
    nor.nrf.select_pin = 16;
    rig_expect(job_init, 0, 0, CP_ERR_FLASH);
    rig_close(state);
}

// --- SFDP

// A bus that answers SFDP reads from memory, ID reads with an ID, and the rest with idle.
static struct {
    uint8_t bytes[256];
    uint8_t command[6];
    uint32_t count;
    uint32_t failing_transfer; // counted down; at 0 it fails
    uint8_t id[3];
} fake;

static void fake_select(const struct cp_spi *spi) {
    (void)spi;
    fake.count = 0;
}

static void fake_deselect(const struct cp_spi *spi) {
    (void)spi;
}

static uint8_t fake_byte(uint8_t sent) {
    const uint32_t position = fake.count++;
    if (position < sizeof fake.command) {
        fake.command[position] = sent;
    }
    switch (fake.command[0]) {
    case 0x9F: return position >= 1 && position <= 3 ? fake.id[position - 1] : 0;
    case 0x5A: return position >= 5 ? fake.bytes[(fake.command[3] + position - 5) % 256] : 0;
    default: return 0;
    }
}

static int fake_transfer(const struct cp_spi *spi, const uint8_t *sent, uint8_t *received,
                         uint32_t size_bytes) {
    (void)spi;
    if (fake.failing_transfer-- == 0) {
        return CP_ERR_FLASH;
    }
    for (uint32_t i = 0; i < size_bytes; i++) {
        const uint8_t byte = fake_byte(sent ? sent[i] : 0xFF);
        if (received) {
            received[i] = byte;
        }
    }
    return CP_OK;
}

static const struct cp_spi fake_bus = {
    .select = fake_select, .deselect = fake_deselect, .transfer = fake_transfer};

static void fake_part(const char *name) {
    const struct cp_part *part = cp_part_find(name);
    for (uint32_t i = 0; i < sizeof fake.bytes; i++) {
        fake.bytes[i] = cp_spi_sfdp(part, i);
    }
    fake.failing_transfer = UINT32_MAX;
    memcpy(fake.id, (const uint8_t[]){0xEF, 0x40, 0x18}, sizeof fake.id);
}

static void put_word(uint32_t address, uint32_t value) {
    for (uint32_t i = 0; i < 4; i++) {
        fake.bytes[address + i] = (uint8_t)(value >> 8 * i);
    }
}

enum { BASIC_AT = 0x80 };

static void put_basic(uint32_t n, uint32_t value) {
    put_word(BASIC_AT + 4 * (n - 1), value);
}

static int fake_init(void) {
    return cp_spinor_init(&nor.chip, &fake_bus);
}

static void job_fakes(void) {
    rig.result = fake_init();
}

static void expect_fake(int result) {
    rig_expect(job_fakes, 0, 0, result);
}

static void test_sfdp(void **state) {
    open_chip("w25q16jv", "nRF52"); // a machine to run on
    fake_part("w25q128jv");
    expect_fake(CP_OK);
    assert_int_equal(nor.chip.size_bytes, 0x1000000);
    assert_int_equal(nor.chip.erase_opcode, 0x20);
    fake.bytes[0] = 'T';
    expect_fake(CP_ERR_FLASH);
    fake_part("w25q128jv");
    put_basic(2, 1u << 31 | 26); // 2^26 bits
    expect_fake(CP_OK);
    assert_int_equal(nor.chip.size_bytes, 8 << 20);
    put_basic(2, 1u << 31 | 40);
    expect_fake(CP_ERR_FLASH);
    put_basic(2, 1u << 31 | 14); // less than a page
    expect_fake(CP_ERR_FLASH);
    put_basic(2, 1000); // no whole bytes
    expect_fake(CP_ERR_FLASH);
    fake_part("w25q128jv");
    put_basic(8, 0xD810); // 64 KiB before the others, and no 32 KiB
    put_basic(9, 0x200C);
    expect_fake(CP_OK);
    assert_int_equal(nor.chip.erase_size_bytes, 4096);
    assert_int_equal(nor.chip.erase_opcode, 0x20);
    put_basic(9, 0);
    expect_fake(CP_OK);
    assert_int_equal(nor.chip.erase_size_bytes, 65536);
    assert_int_equal(nor.chip.erase_opcode, 0xD8);
    put_basic(8, 0);
    expect_fake(CP_ERR_FLASH);
    fake_part("w25q128jv");
    fake.bytes[11] = 8; // too few words
    expect_fake(CP_ERR_FLASH);
    rig_close(state);
}

static void test_sfdp_times_and_page(void **state) {
    open_chip("w25q16jv", "nRF52");
    fake_part("w25q128jv");
    put_basic(10, 2u | (4u | 1u << 5) << 4);          // 5 * 16 ms, times 6
    put_basic(11, 1u | 9u << 4 | 3u << 8 | 0u << 13); // 4 * 8 us, times 4; 512 bytes
    expect_fake(CP_OK);
    assert_int_equal(nor.chip.erase_time_us, 480000);
    assert_int_equal(nor.chip.program_time_us, 128);
    assert_int_equal(nor.chip.page_size_bytes, 512);
    rig_close(state);
}

static void test_large_chips(void **state) {
    open_chip("w25q16jv", "nRF52");
    fake_part("w25q256jv");
    expect_fake(CP_OK);
    assert_true(nor.chip.has_four_byte_addresses);
    assert_int_equal(nor.chip.erase_opcode, 0x21);
    put_word(0xD0, 0xFFFFFFFFu & ~(1u << 6)); // without 12
    expect_fake(CP_OK);
    assert_false(nor.chip.has_four_byte_addresses);
    assert_int_equal(nor.chip.size_bytes, 0x1000000);
    assert_int_equal(nor.chip.erase_opcode, 0x20);
    fake.bytes[19] = 1; // or with a table of them that is too short
    expect_fake(CP_OK);
    assert_false(nor.chip.has_four_byte_addresses);
    put_basic(1, 2u << 17); // and with nothing but 4 bytes
    expect_fake(CP_ERR_FLASH);
    put_basic(2, 1u << 31 | 26); // small, but always addressed with 4
    expect_fake(CP_ERR_FLASH);
    fake_part("w25q256jv");
    put_basic(1, 2u << 17);
    put_basic(2, 1u << 31 | 26);
    expect_fake(CP_OK);
    assert_true(nor.chip.has_four_byte_addresses);
    assert_int_equal(nor.chip.size_bytes, 8 << 20);
    rig_close(state);
}

// Whichever transfer fails, init says so.
static void test_failing_bus(void **state) {
    open_chip("w25q16jv", "nRF52");
    fake_part("w25q256jv");
    uint32_t transfers = 0;
    for (;; transfers++) {
        fake.failing_transfer = transfers;
        rig_run(job_fakes);
        if (rig.result == CP_OK) {
            break;
        }
        assert_int_equal(rig.result, CP_ERR_FLASH);
    }
    assert_true(transfers > 20);
    rig_close(state);
}

// Nobody drives the line: it stays low, or is pulled high.
static void test_no_id(void **state) {
    open_chip("w25q16jv", "nRF52");
    fake_part("w25q128jv");
    memset(fake.id, 0, sizeof fake.id);
    expect_fake(CP_ERR_FLASH);
    memset(fake.id, 0xFF, sizeof fake.id);
    expect_fake(CP_ERR_FLASH);
    rig_close(state);
}

// The chip is never told to take a write, so none may be begun.
static void test_bus_fails_before_an_operation(void **state) {
    open_chip("w25q16jv", "nRF52");
    fake_part("w25q128jv");
    expect_fake(CP_OK);
    fake.failing_transfer = 0;
    rig_expect(rig_job_program, 4096, 64, CP_ERR_FLASH);
    fake.failing_transfer = 0;
    rig_expect(rig_job_erase, 4096, 0, CP_ERR_FLASH);
    rig_close(state);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_chip),
        cmocka_unit_test(test_erase_is_of_its_page),
        cmocka_unit_test(test_failures),
        cmocka_unit_test(test_protected),
        cmocka_unit_test(test_chip_that_sleeps_takes_no_write_enable),
        cmocka_unit_test(test_dead),
        cmocka_unit_test(test_stays_busy),
        cmocka_unit_test(test_as_it_is_found),
        cmocka_unit_test(test_reset_in_the_middle),
        cmocka_unit_test(test_wrong_pins_find_no_chip),
        cmocka_unit_test(test_sfdp),
        cmocka_unit_test(test_sfdp_times_and_page),
        cmocka_unit_test(test_large_chips),
        cmocka_unit_test(test_failing_bus),
        cmocka_unit_test(test_no_id),
        cmocka_unit_test(test_bus_fails_before_an_operation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

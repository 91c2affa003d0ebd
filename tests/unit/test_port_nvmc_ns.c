// test_port_nvmc_ns.c: the driver of the NVMC with secure pages against its model, and each
// rule of the model broken by hand.
//
// The port's use is never illegal (rig_use() fails then), except where READY never comes:
// there the last resort is to leave the mode all the same.

#include "core/port/nrf/nvmc_ns.h"
#include "tests/unit/nordic_rig.h"

struct rig {
    struct cp_machine *machine;
    struct cp_nrf_nvmc_ns nvmc;
    struct cp_flash flash;
};

static struct rig new_rig(const char *part_name) {
    const struct cp_part *part = cp_part_find(part_name);
    assert_non_null(part);
    struct rig rig = {.machine = rig_machine(part_name)};
    rig.nvmc = (struct cp_nrf_nvmc_ns){
        .registers_address = part->registers_address,
        .flash_address = part->flash_address,
        .pages_are_nonsecure = part->registers_address == CP_NRF_NVMC_NS_NONSECURE_ADDRESS,
        .ready_polls_max = 100,
    };
    return rig;
}

static const struct cp_flash *flash_of(struct rig *rig) {
    const struct cp_part *part = &rig->machine->devices[0].part;
    cp_nrf_nvmc_ns_flash(&rig->flash, &rig->nvmc, part->size_bytes, part->erase_size_bytes);
    return &rig->flash;
}

static void use(struct rig *rig, void (*job)(void), uint32_t offset_bytes, uint32_t size_bytes) {
    rig_use(rig->machine, flash_of(rig), job, offset_bytes, size_bytes);
}

// --- the good sequence, on each part

static void check_page(struct rig *rig, uint32_t offset_bytes) {
    const uint32_t page_bytes = rig->machine->devices[0].part.erase_size_bytes;
    rig_fill_data();
    use(rig, job_program, offset_bytes, sizeof(rig_call.data));
    assert_int_equal(rig_call.result, CP_OK);
    rig_check_data(rig->machine, offset_bytes, sizeof(rig_call.data));
    const uint8_t first = rig_call.data[1];
    memset(rig_call.data, 0, sizeof(rig_call.data));
    use(rig, job_read, offset_bytes + 1, sizeof(rig_call.data) - 1);
    assert_int_equal(rig_call.result, CP_OK);
    assert_int_equal(rig_call.data[0], first);
    use(rig, job_erase, offset_bytes, 0);
    assert_int_equal(rig_call.result, CP_OK);
    for (uint32_t i = 0; i < page_bytes; i += 4) {
        assert_int_equal(rig_word(rig->machine, offset_bytes + i), 0xFFFFFFFF);
    }
}

static void check_part(const char *part_name) {
    struct rig rig = new_rig(part_name);
    const uint32_t size_bytes = flash_of(&rig)->size_bytes;
    const uint32_t page_bytes = flash_of(&rig)->erase_size_bytes;
    cp_nor_set_word(rig_nor(rig.machine), page_bytes / 4, 7, 1); // on the page after
    check_page(&rig, 0);
    assert_int_equal(rig_word(rig.machine, page_bytes), 7);
    check_page(&rig, size_bytes - page_bytes);
    cp_machine_destroy(rig.machine);
}

static void test_parts(void **context) {
    (void)context;
    check_part("nrf5340-app");
    check_part("nrf5340-app-ns");
    check_part("nrf5340-net");
    check_part("nrf9160");
    check_part("nrf9160-ns");
}

static void test_description(void **context) {
    (void)context;
    struct rig rig = new_rig("nrf5340-net");
    assert_int_equal(flash_of(&rig)->size_bytes, 256 * 1024);
    assert_int_equal(rig.flash.erase_size_bytes, 2048);
    assert_int_equal(rig.flash.write_size_bytes, 4);
    assert_int_equal(rig.flash.erase_value, 0xFF);
    cp_machine_destroy(rig.machine);
}

// --- errors

static void refuses(struct rig *rig, void (*job)(void), uint32_t offset_bytes, uint32_t size_bytes,
                    int expected) {
    struct rig_record record = rig_use(rig->machine, flash_of(rig), job, offset_bytes, size_bytes);
    assert_int_equal(rig_call.result, expected);
    assert_int_equal(record.programs + record.erases, 0);
    assert_int_equal(rig->machine->bus_accesses, 0);
}

static void test_refusals(void **context) {
    (void)context;
    struct rig rig = new_rig("nrf5340-net");
    const uint32_t size_bytes = flash_of(&rig)->size_bytes;
    refuses(&rig, job_read, size_bytes, 1, CP_ERR_BOUNDS);
    refuses(&rig, job_read, 8, UINT32_MAX - 3, CP_ERR_BOUNDS);
    refuses(&rig, job_program, size_bytes, 4, CP_ERR_BOUNDS);
    refuses(&rig, job_program, UINT32_MAX - 3, 4, CP_ERR_BOUNDS);
    refuses(&rig, job_program, 2, 4, CP_ERR_ALIGNMENT);
    refuses(&rig, job_program, 4, 6, CP_ERR_ALIGNMENT);
    refuses(&rig, job_erase, size_bytes, 0, CP_ERR_BOUNDS);
    refuses(&rig, job_erase, 1024, 0, CP_ERR_ALIGNMENT);
    cp_machine_destroy(rig.machine);
}

// An operation that silently does nothing is found by reading back.
static void test_silent_failures(void **context) {
    (void)context;
    struct rig rig = new_rig("nrf9160");
    rig_fill_data();
    for (uint32_t bad_word = 0; bad_word < 4; bad_word++) {
        rig_not_done = bad_word;
        use(&rig, job_program, 4096 * bad_word, 16);
        assert_int_equal(rig_call.result, CP_ERR_FLASH);
    }
    rig_not_done = 0;
    use(&rig, job_erase, 0, 0);
    assert_int_equal(rig_call.result, CP_ERR_FLASH);
    rig_not_done = RIG_NO_OPERATION;
    use(&rig, job_erase, 0, 0);
    assert_int_equal(rig_call.result, CP_OK);
    cp_machine_destroy(rig.machine);
}

// The mode register that does not count was set: nothing is stored, which the port sees.
static void test_wrong_security(void **context) {
    (void)context;
    struct rig rig = new_rig("nrf9160");
    rig.nvmc.pages_are_nonsecure = true;
    rig_call = (typeof(rig_call)){.flash = flash_of(&rig), .size_bytes = 4, .result = 1};
    struct rig_record record = rig_run(rig.machine, job_program);
    assert_int_equal(record.illegal, 1);
    assert_non_null(strstr(record.message, "with CONFIG.WEN at Ren"));
    assert_int_equal(rig_call.result, CP_ERR_FLASH);
    cp_machine_destroy(rig.machine);
}

// READY is given up too early: the operation was begun, and an error is told.
static void test_ready_too_late(void **context) {
    (void)context;
    struct rig rig = new_rig("nrf9160");
    rig.nvmc.ready_polls_max = 1;
    rig_call = (typeof(rig_call)){.flash = flash_of(&rig), .size_bytes = 4, .result = 1};
    struct rig_record record = rig_run(rig.machine, job_program);
    assert_int_equal(record.programs, 1);
    assert_int_equal(record.illegal, 1);
    assert_non_null(strstr(record.message, "CONFIG written while an operation runs"));
    assert_int_equal(rig_call.result, CP_ERR_FLASH);
    record = rig_run(rig.machine, job_erase);
    assert_int_equal(record.erases, 1);
    assert_int_equal(record.illegal, 1);
    assert_int_equal(rig_call.result, CP_ERR_FLASH);
    cp_machine_destroy(rig.machine);
}

// --- the model; on the secure part unless a test says otherwise

#define REGISTERS CP_NRF_NVMC_NS_SECURE_ADDRESS

enum {
    READY = 0x400,
    READYNEXT = 0x408,
    CONFIG = 0x504,
    ERASEPAGE = 0x508,
    ERASEALL = 0x50C,
    ICACHECNF = 0x540,
    CONFIGNS = 0x584,
};

enum { REN, WEN, EEN, PEEN = 4 };

static void wait_ready(uint32_t registers) {
    while (mmio_read32(registers + READY) == 0) {
    }
}

static void close_flash(void) {
    wait_ready(REGISTERS);
    mmio_write32(REGISTERS + CONFIG, REN);
}

static void store_in(uint32_t mode, uint32_t address, uint32_t value) {
    mmio_write32(REGISTERS + CONFIG, mode);
    mmio_write32(address, value);
    close_flash();
}

static void erase_by_zero(void) {
    store_in(EEN, 4096, 0);
}

static void erase_by_second_word(void) {
    store_in(EEN, 4100, 0xFFFFFFFF);
}

static void erase_in_write_mode(void) {
    store_in(WEN, 4096, 0xFFFFFFFF); // legal: programs nothing
}

static void store_in_read_mode(void) {
    mmio_write32(4096, 0);
}

static void store_in_partial_erase(void) {
    store_in(PEEN, 4096, 0xFFFFFFFF);
}

static void two_modes_at_once(void) {
    mmio_write32(REGISTERS + CONFIG, 3);
}

static void erase_by_register(void) {
    mmio_write32(REGISTERS + CONFIG, EEN);
    mmio_write32(REGISTERS + ERASEPAGE, 4096);
}

static void erase_all(void) {
    mmio_write32(REGISTERS + ERASEALL, 1);
}

static void read_icache(void) {
    (void)mmio_read32(REGISTERS + ICACHECNF);
}

static void write_by_bytes(void) {
    mmio_write8(REGISTERS + CONFIG, WEN);
}

static void test_model_modes(void **context) {
    (void)context;
    rig_expect_illegal("nrf9160", erase_by_zero, "only 0xFFFFFFFF to the first word", 0);
    rig_expect_illegal("nrf9160", erase_by_second_word, "only 0xFFFFFFFF to the first word", 0);
    rig_expect_legal("nrf9160", erase_in_write_mode, 1);
    rig_expect_illegal("nrf9160", store_in_read_mode, "with CONFIG.WEN at Ren", 0);
    rig_expect_illegal("nrf9160", store_in_partial_erase, "undefined", 0);
    rig_expect_illegal("nrf9160", two_modes_at_once, "one-hot", 0);
    rig_expect_illegal("nrf9160", erase_by_register, "read-only (+0x508)", 0);
    rig_expect_illegal("nrf9160", erase_all, "erase the bootloader", 0);
    rig_expect_legal("nrf9160", read_icache, 0);
    rig_expect_illegal("nrf5340-app", read_icache, "read-only (+0x540)", 0);
    rig_expect_illegal("nrf9160", write_by_bytes, "registers are words", 0);
}

static void store_byte(void) {
    mmio_write32(REGISTERS + CONFIG, WEN);
    mmio_write8(4096, 0);
}

static void store_half_word(void) {
    mmio_write32(REGISTERS + CONFIG, WEN);
    mmio_write16(4096, 0);
}

static void test_model_widths(void **context) {
    (void)context;
    rig_expect_fault("nrf9160", store_byte, "store of 1 byte at 0x1000");
    rig_expect_fault("nrf9160", store_half_word, "store of 2 bytes at 0x1000");
}

// --- READY and READYNEXT

static void store_twice(uint32_t polls) {
    mmio_write32(REGISTERS + CONFIG, WEN);
    mmio_write32(4096, 0);
    for (uint32_t i = 0; i < polls; i++) {
        (void)mmio_read32(REGISTERS + READYNEXT);
    }
    mmio_write32(4100, 0);
    close_flash();
}

static void store_without_poll(void) {
    store_twice(0);
}

static void store_after_one_poll(void) {
    store_twice(1); // it said 0
}

static void store_after_readynext(void) {
    store_twice(2);
}

static void config_after_readynext(void) {
    mmio_write32(REGISTERS + CONFIG, WEN);
    mmio_write32(4096, 0);
    while (mmio_read32(REGISTERS + READYNEXT) == 0) {
    }
    mmio_write32(REGISTERS + CONFIG, REN);
    wait_ready(REGISTERS);
}

static void erase_without_poll(void) {
    mmio_write32(REGISTERS + CONFIG, EEN);
    mmio_write32(4096, 0xFFFFFFFF);
    mmio_write32(8192, 0xFFFFFFFF);
    close_flash();
}

static void test_model_ready(void **context) {
    (void)context;
    rig_expect_illegal("nrf9160", store_without_poll, "while a word is programmed", 1);
    rig_expect_illegal("nrf9160", store_after_one_poll, "while a word is programmed", 1);
    rig_expect_legal("nrf9160", store_after_readynext, 2);
    rig_expect_illegal("nrf9160", config_after_readynext, "CONFIG written while", 1);
    rig_expect_illegal("nrf9160", erase_without_poll, "while a page is erased", 1);
}

// --- security

static uint32_t seen;

static void nonsecure_config(void) {
    mmio_write32(CP_NRF_NVMC_NS_NONSECURE_ADDRESS + CONFIG, WEN);
    seen = mmio_read32(CP_NRF_NVMC_NS_NONSECURE_ADDRESS + CONFIG);
    mmio_write32(4096, 0);
}

static void nonsecure_configns(void) {
    mmio_write32(CP_NRF_NVMC_NS_NONSECURE_ADDRESS + CONFIGNS, WEN);
    mmio_write32(4096, 0);
    wait_ready(CP_NRF_NVMC_NS_NONSECURE_ADDRESS);
    mmio_write32(CP_NRF_NVMC_NS_NONSECURE_ADDRESS + CONFIGNS, REN);
}

static void nonsecure_reserved(void) {
    mmio_write32(CP_NRF_NVMC_NS_NONSECURE_ADDRESS + CONFIGNS, PEEN);
}

static void secure_address(void) {
    mmio_write32(CP_NRF_NVMC_NS_SECURE_ADDRESS + CONFIG, WEN);
}

static void network_configns(void) {
    mmio_write32(CP_NRF_NVMC_NS_NETWORK_ADDRESS + CONFIGNS, WEN);
}

static void test_model_security(void **context) {
    (void)context;
    rig_expect_illegal("nrf9160-ns", nonsecure_config, "with CONFIGNS.WEN at Ren", 0);
    assert_int_equal(seen, 0);
    rig_expect_legal("nrf9160-ns", nonsecure_configns, 1);
    rig_expect_illegal("nrf9160-ns", nonsecure_reserved, "CONFIGNS.WEN set to 4", 0);
    rig_expect_illegal("nrf9160-ns", secure_address, "nothing is mapped there", 0);
    rig_expect_illegal("nrf5340-net", network_configns, "read-only (+0x584)", 0);
}

// --- limits and hand-over

static void program_thrice(void) {
    store_in(WEN, 4096, 0xFFFFFFFE);
    store_in(WEN, 4096, 0xFFFFFFFC);
    store_in(WEN, 4096, 0xFFFFFFF8);
}

static void leave_write_mode(void) {
    mmio_write32(REGISTERS + CONFIG, WEN);
}

static void leave_configns(void) {
    mmio_write32(REGISTERS + CONFIGNS, EEN);
}

static void expect_left_open(void (*job)(void)) {
    struct cp_machine *machine = rig_machine("nrf9160");
    rig_jumps = true;
    struct rig_record record = rig_run(machine, job);
    assert_int_equal(record.illegal, 1);
    assert_int_equal(record.end, CP_EVENT_JUMP);
    record = rig_run(machine, close_flash); // the reset has closed it
    assert_int_equal(record.illegal, 0);
    cp_machine_destroy(machine);
}

static void test_model_limits(void **context) {
    (void)context;
    rig_expect_illegal("nrf9160", program_thrice, "programmed again after 2 programs", 3);
    expect_left_open(leave_write_mode);
    expect_left_open(leave_configns);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts),          cmocka_unit_test(test_description),
        cmocka_unit_test(test_refusals),       cmocka_unit_test(test_silent_failures),
        cmocka_unit_test(test_wrong_security), cmocka_unit_test(test_ready_too_late),
        cmocka_unit_test(test_model_modes),    cmocka_unit_test(test_model_widths),
        cmocka_unit_test(test_model_ready),    cmocka_unit_test(test_model_security),
        cmocka_unit_test(test_model_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

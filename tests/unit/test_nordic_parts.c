// test_nordic_parts.c: what differs between the NVMCs of nRF51 and nRF52 parts: registers
// that some do not have, the erratum of one, the limit of another.

#include "tests/unit/nordic_rig.h"

#define REGISTERS 0x4001E000u

enum { READY = 0x400, READYNEXT = 0x408, CONFIG = 0x504, ERASEPAGE = 0x508, ICACHECNF = 0x540 };

static void wait_for(uint32_t status) {
    while (mmio_read32(REGISTERS + status) == 0) {
    }
}

static void store(uint32_t address, uint32_t value) {
    mmio_write32(REGISTERS + CONFIG, 1);
    mmio_write32(address, value);
    wait_for(READY);
    mmio_write32(REGISTERS + CONFIG, 0);
}

// --- READYNEXT

static uint32_t seen[2];

static void use_readynext(void) {
    mmio_write32(REGISTERS + CONFIG, 1);
    mmio_write32(4096, 0);
    seen[0] = mmio_read32(REGISTERS + READYNEXT);
    seen[1] = mmio_read32(REGISTERS + READYNEXT);
    mmio_write32(4100, 0);
    wait_for(READY);
    mmio_write32(REGISTERS + CONFIG, 0);
}

static void store_before_readynext(void) {
    mmio_write32(REGISTERS + CONFIG, 1);
    mmio_write32(4096, 0);
    mmio_write32(4100, 0);
    wait_for(READY);
    mmio_write32(REGISTERS + CONFIG, 0);
}

static void config_after_readynext(void) {
    mmio_write32(REGISTERS + CONFIG, 1);
    mmio_write32(4096, 0);
    wait_for(READYNEXT);
    mmio_write32(REGISTERS + CONFIG, 0);
}

static void read_readynext(void) {
    (void)mmio_read32(REGISTERS + READYNEXT);
}

static void test_readynext(void **context) {
    (void)context;
    rig_expect_legal("nrf52833", use_readynext, 2);
    assert_int_equal(seen[0], 0);
    assert_int_equal(seen[1], 1);
    rig_expect_illegal("nrf52833", store_before_readynext, "store to flash while", 1);
    rig_expect_illegal("nrf52833", config_after_readynext, "CONFIG written while", 1);
    rig_expect_illegal("nrf52840", read_readynext, "erratum 233", 0);
    rig_expect_illegal("nrf52832", read_readynext, "does not have (+0x408)", 0);
    rig_expect_illegal("nrf51822", read_readynext, "does not have (+0x408)", 0);
}

static void read_icache(void) {
    (void)mmio_read32(REGISTERS + ICACHECNF);
}

static void write_icache(void) {
    mmio_write32(REGISTERS + ICACHECNF, 1);
}

static void test_icache(void **context) {
    (void)context;
    rig_expect_legal("nrf52832", read_icache, 0);
    rig_expect_legal("nrf52832", write_icache, 0);
    rig_expect_illegal("nrf51822", read_icache, "does not have (+0x540)", 0);
    rig_expect_illegal("nrf51822-xxab", write_icache, "read-only (+0x540)", 0);
}

// --- limits

static uint32_t count, step_bytes;

// Programs of one block, on end.
static void program_often(void) {
    for (uint32_t i = 0; i < count; i++) {
        store(4096 + i * step_bytes % 512, 0xFFFFFFFE);
    }
    store(4096 + 512, 0); // the next block has its own count
}

static void erase_and_go_on(void) {
    program_often();
    mmio_write32(REGISTERS + CONFIG, 2);
    mmio_write32(REGISTERS + ERASEPAGE, 4096);
    wait_for(READY);
    program_often();
}

static void test_block_count(void **context) {
    (void)context;
    count = 181;
    step_bytes = 4;
    rig_expect_legal("nrf52832", program_often, 182);
    rig_expect_legal("nrf52832", erase_and_go_on, 2 * 182 + 1);
    count = 182;
    rig_expect_illegal("nrf52832", program_often, "after 181 programs", 183);
    step_bytes = 0; // or all of them the same word
    rig_expect_illegal("nrf52832", program_often, "after 181 programs", 183);
    count = 3;
    rig_expect_illegal("nrf52840", program_often, "after 2 programs", 4);
}

static void test_table(void **context) {
    (void)context;
    static const struct {
        const char *name;
        uint32_t size_kib, page_kib;
    } expected[] = {
        {"nrf51822", 256, 1},     {"nrf51822-xxab", 128, 1}, {"nrf52805", 192, 4},
        {"nrf52810", 192, 4},     {"nrf52811", 192, 4},      {"nrf52820", 256, 4},
        {"nrf52832", 512, 4},     {"nrf52833", 512, 4},      {"nrf52840", 1024, 4},
        {"nrf5340-app", 1024, 4}, {"nrf5340-net", 256, 2},   {"nrf9160", 1024, 4},
        {"nrf54l15", 1524, 4},    {"nrf54l10", 1012, 4},     {"nrf54l05", 500, 4},
    };
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        const struct cp_part *part = cp_part_find(expected[i].name);
        assert_non_null(part);
        assert_int_equal(part->size_bytes, expected[i].size_kib * 1024);
        assert_int_equal(part->erase_size_bytes, expected[i].page_kib * 1024);
        assert_non_null(cp_controller_model(part->controller));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_readynext),
        cmocka_unit_test(test_icache),
        cmocka_unit_test(test_block_count),
        cmocka_unit_test(test_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

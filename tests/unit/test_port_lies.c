// test_port_lies.c: what each port does when a register of its controller reads wrong.
//
// A controller that hangs, stays locked, or sets a flag by itself is no fault of the model:
// its registers obey the manual. So here a register of it lies: from some read on, or once, a
// bit of it is stuck, or all of them are. Every register that a call reads is tried, at its
// reads, bit by bit. A call may fail then. But it must come to an end, and it must not
// report success unless the flash is as it was asked for.

#include "sim/native/ports.h"
#include "tests/unit/port_rig.h"

enum {
    POLLS_MAX = 12,
    REGISTERS_MAX = 16,
    READS_ALL = 12,   // so many reads of a register lie in all ways
    READS_STUCK = 60, // so many with all bits stuck; of later ones, and those of a SPI, some
    READS_STEP = 41,
    DATA_BYTES = 64,
};

struct reg {
    uint32_t window, offset_bytes;
    uint32_t reads; // in a call without a lie
};

static struct {
    const struct cp_controller_model *honest;
    struct cp_controller_model model; // with a read that lies
    struct reg registers[REGISTERS_MAX];
    uint32_t register_count;

    struct reg where;
    uint32_t from, to; // the reads that lie, counted from 0
    uint32_t set, cleared;
    uint32_t reads; // of that register so far
} lies;

static struct native_window window;
static struct cp_program_device device;
static int (*operate)(void);

// --- a register that lies

static void note_register(uint32_t window_index, uint32_t offset_bytes) {
    uint32_t i = 0;
    while (i < lies.register_count && (lies.registers[i].window != window_index ||
                                       lies.registers[i].offset_bytes != offset_bytes)) {
        i++;
    }
    if (i == lies.register_count) {
        assert_true(i < REGISTERS_MAX);
        lies.registers[lies.register_count++] = (struct reg){window_index, offset_bytes, 0};
    }
    lies.registers[i].reads++;
}

static uint32_t read_and_lie(const struct cp_access *access, uint32_t window_index,
                             uint32_t offset_bytes) {
    const uint32_t value = lies.honest->read(access, window_index, offset_bytes);
    note_register(window_index, offset_bytes);
    if (window_index != lies.where.window || offset_bytes != lies.where.offset_bytes) {
        return value;
    }
    const uint32_t number = lies.reads++;
    return number >= lies.from && number < lies.to ? (value | lies.set) & ~lies.cleared : value;
}

// --- the port of a part

static void set_polls(void) {
    switch (device.controller) {
    case CP_CONTROLLER_NVMC: window.port.nvmc.ready_polls_max = POLLS_MAX; break;
    case CP_CONTROLLER_NVMC_NS: window.port.nvmc_ns.ready_polls_max = POLLS_MAX; break;
    case CP_CONTROLLER_RRAMC: window.port.rramc.polls_max = POLLS_MAX; break;
    case CP_CONTROLLER_RP2040: window.port.rp2040.polls_max = POLLS_MAX; break;
    case CP_CONTROLLER_STM32_U5: window.port.stm32_u5.polls_max = POLLS_MAX; break;
    case CP_CONTROLLER_STM32_H5: window.port.stm32_h5.polls_max = POLLS_MAX; break;
    case CP_CONTROLLER_STM32_H7:
    case CP_CONTROLLER_STM32_H7A: window.port.stm32_h7.polls_max = POLLS_MAX; break;
    case CP_CONTROLLER_STM32_F0:
    case CP_CONTROLLER_STM32_F1_XL: window.port.stm32_f0.polls_max = POLLS_MAX; break;
    case CP_CONTROLLER_STM32_F4:
    case CP_CONTROLLER_STM32_F7: window.port.stm32_f4.polls_max = POLLS_MAX; break;
    case CP_CONTROLLER_STM32_L0:
    case CP_CONTROLLER_STM32_L1: window.port.stm32_l0.polls_max = POLLS_MAX; break;
    case CP_CONTROLLER_NRF_SPI:
    case CP_CONTROLLER_STM32_SPI: break; // a chip has no such number
    default: window.port.stm32_l4.polls_max = POLLS_MAX; break;
    }
}

static bool is_spi(void) {
    return device.controller == CP_CONTROLLER_NRF_SPI ||
           device.controller == CP_CONTROLLER_STM32_SPI;
}

// The driver asks a chip on SPI who it is before anything else.
static void open_port(const struct cp_part *part) {
    rig_open_part(part);
    device = cp_part_describe(part);
    const struct cp_program_region *region = &device.regions[0];
    window = (struct native_window){.size_bytes = region->size_bytes,
                                    .erase_size_bytes = region->erase_size_bytes};
    memset(&lies, 0, sizeof lies);
    lies.honest = rig.machine->devices[0].model;
    lies.model = *lies.honest;
    lies.model.read = read_and_lie;
    rig.machine->devices[0].model = &lies.model;
}

static void job_call(void) {
    window.flash = (struct cp_flash){0}; // as it stays if no chip answers
    native_port_init(&window, &device);
    set_polls();
    rig.flash = window.flash;
    rig.result = window.flash.program ? operate() : CP_ERR_FLASH;
}

static int program(void) {
    return rig.flash.program(&rig.flash, window.erase_size_bytes, rig.data, DATA_BYTES);
}

static int erase(void) {
    return rig.flash.erase(&rig.flash, window.erase_size_bytes);
}

// --- the flash before and after

static void put(uint32_t first_word, uint32_t word_count, bool is_erased) {
    struct cp_nor *nor = &rig.machine->devices[0].nor;
    cp_nor_erase_cell(nor, first_word / nor->words_per_cell);
    for (uint32_t i = 0; !is_erased && i < word_count; i++) {
        cp_nor_set_word(nor, first_word + i, 0x5A5A0000 + i, 1);
    }
}

static bool is_as_asked(void) {
    const uint32_t first_word = window.erase_size_bytes / 4;
    for (uint32_t i = 0; i < DATA_BYTES / 4; i++) {
        uint32_t expected = device.erase_value * 0x01010101u;
        if (operate == program) {
            memcpy(&expected, rig.data + 4 * i, 4);
        }
        if (rig_word(4 * (first_word + i)) != expected) {
            return false;
        }
    }
    return true;
}

// What can a port check by? A SPI master has nothing but the register that lies. Where the part
// itself reports an erase that failed, no port reads the page back.
static bool can_check(void) {
    const uint32_t told = CP_FAULT_ERROR_REPORTED | CP_FAULT_ERROR_SILENT;
    const bool is_told = (rig.part.faults & told) == CP_FAULT_ERROR_REPORTED;
    return !is_spi() && (operate == program || !is_told);
}

static void check_call(void) {
    put(window.erase_size_bytes / 4, DATA_BYTES / 4, operate == program);
    lies.reads = 0;
    rig.result = 1;
    const struct rig_record record = rig_run(job_call);
    if (record.end == CP_EVENT_CRASH) {
        return; // a fault that nobody catches is an end as well
    }
    if (record.end != CP_EVENT_IDLE) {
        fail_msg("%s: register %u+0x%x, read %u, set 0x%x, cleared 0x%x: end %d %s", rig.part.name,
                 lies.where.window, lies.where.offset_bytes, lies.from, lies.set, lies.cleared,
                 record.end, record.message);
    }
    if (rig.result == CP_OK && can_check() && !is_as_asked()) {
        fail_msg("%s: register %u+0x%x, read %u, set 0x%x, cleared 0x%x: no error, wrong flash",
                 rig.part.name, lies.where.window, lies.where.offset_bytes, lies.from, lies.set,
                 lies.cleared);
    }
    // A chip can lie about its size as well: then the call is out of bounds.
    assert_true(rig.result == CP_OK || rig.result == CP_ERR_FLASH || (is_spi() && rig.result < 0));
}

// --- all lies

static void lie_with(uint32_t set, uint32_t cleared) {
    lies.set = set;
    lies.cleared = cleared;
    lies.to = UINT32_MAX;
    check_call();
    lies.to = lies.from + 1;
    check_call();
}

// A SPI master is stuck as a whole: what its bits mean is the chip's.
static void lie_at(uint32_t read) {
    const uint32_t bit_count = read < READS_ALL && !is_spi() ? 32 : 0;
    lies.from = read;
    lie_with(UINT32_MAX, 0);
    lie_with(0, UINT32_MAX);
    for (uint32_t bit = 0; bit < bit_count; bit++) {
        lie_with(1u << bit, 0);
        lie_with(0, 1u << bit);
    }
}

static void lie_in(const struct reg *where) {
    const uint32_t stuck = is_spi() ? 0 : READS_STUCK;
    lies.where = *where;
    for (uint32_t read = 0; read < where->reads; read += read < stuck ? 1 : READS_STEP) {
        lie_at(read);
    }
}

static void check_operation(int (*operation)(void)) {
    struct reg registers[REGISTERS_MAX];
    operate = operation;
    lies.register_count = 0;
    lies.where.window = UINT32_MAX; // none
    check_call();
    assert_int_equal(rig.result, CP_OK);
    assert_true(is_as_asked());
    memcpy(registers, lies.registers, sizeof registers);
    const uint32_t count = lies.register_count;
    for (uint32_t i = 0; i < count; i++) {
        lie_in(&registers[i]);
    }
}

static void check_part(const char *name, const char *family) {
    const struct cp_part *found = cp_part_find(name);
    assert_non_null(found);
    struct cp_part part = *found;
    if (family) {
        const struct cp_part target = {.family = family};
        cp_part_connect(&part, &target);
    }
    open_port(&part);
    rig_fill_data();
    check_operation(program);
    check_operation(erase);
    rig_close(NULL);
}

static void test_nordic(void **state) {
    (void)state;
    check_part("nrf52840", NULL);
    check_part("nrf5340-app", NULL);
    check_part("nrf54l15-512b", NULL);
}

static void test_rp2040(void **state) {
    (void)state;
    check_part("rp2040", NULL);
}

static void test_stm32_small(void **state) {
    (void)state;
    check_part("stm32f072rb", NULL);
    check_part("stm32l072cz", NULL);
    check_part("stm32l152re", NULL);
    check_part("stm32l476rg", NULL);
    check_part("stm32l552ze", NULL);
    check_part("stm32g0b1re", NULL);
}

static void test_stm32_large(void **state) {
    (void)state;
    check_part("stm32f405rg", NULL);
    check_part("stm32h563zi", NULL);
    check_part("stm32h7a3zi", NULL);
    check_part("stm32u575zi", NULL);
}

static void test_chips(void **state) {
    (void)state;
    check_part("w25q64jv", "nRF52");
    check_part("w25q256jv", "STM32L4");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_nordic, rig_close),
        cmocka_unit_test_teardown(test_rp2040, rig_close),
        cmocka_unit_test_teardown(test_stm32_small, rig_close),
        cmocka_unit_test_teardown(test_stm32_large, rig_close),
        cmocka_unit_test_teardown(test_chips, rig_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

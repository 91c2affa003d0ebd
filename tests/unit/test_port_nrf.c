// test_port_nrf.c: the NVMC driver against the strict register model.
//
// The model reports every access that the manual forbids as an event of its own,
// and no test here expects one, except where READY never comes: there the last
// resort is to leave write mode all the same.

#include "core/port/nrf/nvmc.h"
#include "tests/unit/machine_life.h"

enum { FLASH_BYTES = 4096, PAGE_BYTES = 512, POLLS_MAX = 100 };

// A port call that runs on the machine, and what came of it.
static struct {
    const struct cp_flash *flash;
    void (*job)(void);
    uint32_t offset_bytes;
    uint32_t size_bytes;
    uint8_t data[256];
    int result;
} call;

static void job_read(void) {
    call.result = call.flash->read(call.flash, call.offset_bytes, call.data, call.size_bytes);
}

static void job_program(void) {
    call.result = call.flash->program(call.flash, call.offset_bytes, call.data, call.size_bytes);
}

static void job_erase(void) {
    call.result = call.flash->erase(call.flash, call.offset_bytes);
}

static void run_job(const struct cp_program_board *board) {
    (void)board;
    call.job();
    cp_end_idle();
}

static const struct cp_program program = {
    .abi = CP_PROGRAM_ABI, .name = "port test", .core_hash = "", .bootloader = run_job};

struct rig {
    struct cp_machine *machine;
    struct cp_nrf_nvmc nvmc;
    struct cp_flash flash;
};

static void build(struct rig *rig, uint32_t flash_address) {
    struct cp_machine_config config = {
        .device_count = 1, .cell_size_bytes = PAGE_BYTES / 2, .program = &program};
    config.devices[0] = life_part(FLASH_BYTES, PAGE_BYTES);
    config.devices[0].flash_address = flash_address;
    config.board.areas[CP_AREA_DFU] = (struct cp_program_area){0, 0, FLASH_BYTES};
    rig->machine = life_create(&config);
    rig->nvmc = (struct cp_nrf_nvmc){config.devices[0].registers_address, flash_address, POLLS_MAX};
    cp_nrf_nvmc_flash(&rig->flash, &rig->nvmc, FLASH_BYTES, PAGE_BYTES);
    struct cp_nor *nor = &rig->machine->devices[0].nor;
    for (uint32_t word = 0; word < PAGE_BYTES / 4; word++) {
        cp_nor_set_word(nor, word, word * 0x9E3779B9u, 1);
    }
}

static int setup(void **context) {
    static struct rig rig;
    build(&rig, 0);
    *context = &rig;
    return 0;
}

static int teardown(void **context) {
    struct rig *rig = *context;
    cp_machine_destroy(rig->machine);
    return 0;
}

static struct life_nvmc *model(struct rig *rig) {
    return life_nvmc(rig->machine);
}

static void start(struct rig *rig, void (*job)(void), uint32_t offset_bytes, uint32_t size_bytes) {
    call.flash = &rig->flash;
    call.job = job;
    call.offset_bytes = offset_bytes;
    call.size_bytes = size_bytes;
    call.result = 1;
    cp_machine_reset(rig->machine, true);
    cp_machine_start(rig->machine, CP_MODE_BOOTLOADER, 0);
}

// Run to the end, doing each operation; returns how many there were.
static uint32_t finish(struct rig *rig) {
    uint32_t op_count = 0;
    const struct cp_event *event = cp_machine_run(rig->machine);
    while (life_apply(rig->machine, event)) {
        op_count++;
        event = cp_machine_run(rig->machine);
    }
    if (event->kind == CP_EVENT_ILLEGAL) {
        fail_msg("%s", event->message);
    }
    assert_int_equal(event->kind, CP_EVENT_IDLE);
    assert_int_equal(model(rig)->config, 0);
    return op_count;
}

static int run(struct rig *rig, void (*job)(void), uint32_t offset_bytes, uint32_t size_bytes) {
    start(rig, job, offset_bytes, size_bytes);
    finish(rig);
    return call.result;
}

static uint8_t flash_byte(struct rig *rig, uint32_t offset_bytes) {
    return (uint8_t)(life_word(rig->machine, 0, offset_bytes / 4) >> 8 * (offset_bytes % 4));
}

static void fill_data(void) {
    for (uint32_t i = 0; i < sizeof(call.data); i++) {
        call.data[i] = (uint8_t)(i * 37 + 5);
    }
}

static void test_description(void **context) {
    const struct rig *rig = *context;
    assert_int_equal(rig->flash.size_bytes, FLASH_BYTES);
    assert_int_equal(rig->flash.erase_size_bytes, PAGE_BYTES);
    assert_int_equal(rig->flash.write_size_bytes, 4);
    assert_int_equal(rig->flash.erase_value, 0xFF);
}

static void check_read(struct rig *rig, uint32_t offset_bytes, uint32_t size_bytes) {
    memset(call.data, 0xEE, sizeof(call.data));
    assert_int_equal(run(rig, job_read, offset_bytes, size_bytes), CP_OK);
    for (uint32_t i = 0; i < size_bytes; i++) {
        assert_int_equal(call.data[i], flash_byte(rig, offset_bytes + i));
    }
    assert_int_equal(call.data[size_bytes], 0xEE);
}

static void test_read_any_alignment(void **context) {
    for (uint32_t offset_bytes = 0; offset_bytes < 8; offset_bytes++) {
        for (uint32_t size_bytes = 0; size_bytes < 20; size_bytes++) {
            check_read(*context, 64 + offset_bytes, size_bytes);
        }
    }
    check_read(*context, FLASH_BYTES - 7, 7);
    check_read(*context, FLASH_BYTES, 0);
}

static void test_read_reads_no_more_than_asked(void **context) {
    struct rig *rig = *context;
    run(rig, job_read, 64, 16);
    assert_int_equal(rig->machine->bus_accesses, 4);
    run(rig, job_read, 66, 16);
    assert_int_equal(rig->machine->bus_accesses, 5);
}

static void test_program(void **context) {
    struct rig *rig = *context;
    fill_data();
    start(rig, job_program, PAGE_BYTES, sizeof(call.data));
    for (uint32_t i = 0; i < sizeof(call.data) / 4; i++) {
        const struct cp_event *event = cp_machine_run(rig->machine);
        assert_int_equal(event->kind, CP_EVENT_PROGRAM);
        assert_int_equal(event->word, PAGE_BYTES / 4 + i); // ascending
        life_apply(rig->machine, event);
    }
    assert_int_equal(finish(rig), 0);
    assert_int_equal(call.result, CP_OK);
    for (uint32_t i = 0; i < sizeof(call.data); i++) {
        assert_int_equal(flash_byte(rig, PAGE_BYTES + i), call.data[i]);
    }
}

static void test_program_reads_back(void **context) {
    struct rig *rig = *context;
    fill_data();
    for (uint32_t bad_word = 0; bad_word < 4; bad_word++) {
        start(rig, job_program, PAGE_BYTES * (1 + bad_word), 16);
        for (uint32_t i = 0; i < 4; i++) {
            const struct cp_event *event = cp_machine_run(rig->machine);
            if (i != bad_word) { // that one is silently not done
                life_apply(rig->machine, event);
            }
        }
        assert_int_equal(finish(rig), 0);
        assert_int_equal(call.result, CP_ERR_FLASH);
    }
}

static void test_program_over_data(void **context) {
    fill_data();
    // Page 0 holds words already: bits cannot be set again.
    assert_int_equal(run(*context, job_program, 4, 4), CP_ERR_FLASH);
}

static void test_erase(void **context) {
    struct rig *rig = *context;
    struct cp_nor *nor = &rig->machine->devices[0].nor;
    cp_nor_set_word(nor, PAGE_BYTES / 4, 7, 1); // the page after
    start(rig, job_erase, 0, 0);
    assert_int_equal(finish(rig), 1);
    assert_int_equal(call.result, CP_OK);
    for (uint32_t word = 0; word < PAGE_BYTES / 4; word++) {
        assert_int_equal(life_word(rig->machine, 0, word), 0xFFFFFFFF);
    }
    assert_int_equal(life_word(rig->machine, 0, PAGE_BYTES / 4), 7);
    assert_int_equal(run(rig, job_erase, FLASH_BYTES - PAGE_BYTES, 0), CP_OK);
}

static void refuses(struct rig *rig, void (*job)(void), uint32_t offset_bytes, uint32_t size_bytes,
                    int expected) {
    start(rig, job, offset_bytes, size_bytes);
    assert_int_equal(finish(rig), 0);
    assert_int_equal(call.result, expected);
    assert_int_equal(rig->machine->bus_accesses, 0);
}

static void test_refusals(void **context) {
    struct rig *rig = *context;
    refuses(rig, job_read, FLASH_BYTES, 1, CP_ERR_BOUNDS);
    refuses(rig, job_read, FLASH_BYTES - 4, 5, CP_ERR_BOUNDS);
    refuses(rig, job_read, UINT32_MAX - 3, 8, CP_ERR_BOUNDS);
    refuses(rig, job_read, 8, UINT32_MAX - 3, CP_ERR_BOUNDS);
    refuses(rig, job_program, FLASH_BYTES, 4, CP_ERR_BOUNDS);
    refuses(rig, job_program, UINT32_MAX - 3, 4, CP_ERR_BOUNDS);
    refuses(rig, job_program, 4, UINT32_MAX - 3, CP_ERR_BOUNDS);
    refuses(rig, job_program, 2, 4, CP_ERR_ALIGNMENT);
    refuses(rig, job_program, 4, 6, CP_ERR_ALIGNMENT);
    refuses(rig, job_erase, FLASH_BYTES, 0, CP_ERR_BOUNDS);
    refuses(rig, job_erase, UINT32_MAX - PAGE_BYTES + 1, 0, CP_ERR_BOUNDS);
    refuses(rig, job_erase, 4, 0, CP_ERR_ALIGNMENT);
    refuses(rig, job_erase, PAGE_BYTES / 2, 0, CP_ERR_ALIGNMENT);
}

// The controller goes on being busy after an operation: the driver gives up
// after its polls, and its last act is to take the NVMC out of write mode. The
// model calls that illegal, and it is: but no legal access is left.
static void check_gives_up(struct rig *rig, void (*job)(void), uint32_t offset_bytes) {
    rig->nvmc.ready_polls_max = 1; // the model is busy for one poll after an operation
    start(rig, job, offset_bytes, 8);
    const struct cp_event *event = cp_machine_run(rig->machine);
    assert_true(life_apply(rig->machine, event));
    event = cp_machine_run(rig->machine);
    while (event->kind == CP_EVENT_ILLEGAL) {
        event = cp_machine_run(rig->machine);
    }
    assert_int_equal(event->kind, CP_EVENT_IDLE);
    assert_int_equal(call.result, CP_ERR_FLASH);
    assert_int_equal(model(rig)->config, 0);
    rig->nvmc.ready_polls_max = POLLS_MAX;
}

static void test_ready_too_late(void **context) {
    check_gives_up(*context, job_program, PAGE_BYTES);
    check_gives_up(*context, job_erase, 0);
}

// READY is low from the start and stays so: no operation is begun at all.
static void check_never_ready(struct rig *rig, void (*job)(void)) {
    start(rig, job, PAGE_BYTES, 8);
    model(rig)->busy_polls = UINT32_MAX;
    const struct cp_event *event = cp_machine_run(rig->machine);
    while (event->kind == CP_EVENT_ILLEGAL) {
        event = cp_machine_run(rig->machine);
    }
    assert_int_equal(event->kind, CP_EVENT_IDLE);
    assert_int_equal(call.result, CP_ERR_FLASH);
    assert_int_equal(model(rig)->config, 0);
    assert_int_equal(UINT32_MAX - model(rig)->busy_polls, 2 * POLLS_MAX);
}

static void test_never_ready(void **context) {
    check_never_ready(*context, job_program);
    check_never_ready(*context, job_erase);
}

static void test_flash_elsewhere(void **context) {
    (void)context;
    struct rig rig;
    build(&rig, 0x01000000); // as on a network core
    check_read(&rig, 65, 9);
    fill_data();
    assert_int_equal(run(&rig, job_erase, 0, 0), CP_OK);
    assert_int_equal(run(&rig, job_program, 0, 64), CP_OK);
    assert_int_equal(flash_byte(&rig, 63), call.data[63]);
    cp_machine_destroy(rig.machine);
}

#define PORT_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        PORT_TEST(test_description),
        PORT_TEST(test_read_any_alignment),
        PORT_TEST(test_read_reads_no_more_than_asked),
        PORT_TEST(test_program),
        PORT_TEST(test_program_reads_back),
        PORT_TEST(test_program_over_data),
        PORT_TEST(test_erase),
        PORT_TEST(test_refusals),
        PORT_TEST(test_ready_too_late),
        PORT_TEST(test_never_ready),
        cmocka_unit_test(test_flash_elsewhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// test_arm_emulator.c: the ARM core by itself: what it asks for, and what of it is state.
//
// Programs are a few Thumb instructions. That libunicorn runs each kind of them right is
// the engine's own self-test, which is the first test here.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim/arm/emulator.h"
#include "sim/arm/firmware.h"
#include "sim/arm/self_test.h"

#define CODE   0x1000u
#define RAM    0x20000000u
#define BYTES  0x1000u
#define DEVICE 0x40000000u

// push {r0, r1} | pop {r0, r1} | mov.w r2, #0x40000000 | str r0, [r2] | wfi
static const uint16_t pushes[] = {0xB403, 0xBC03, 0xF04F, 0x4280, 0x6010, 0xBF30};
// mov.w r2, #0x20000000 | movs r1, #7 | str r1, [r2] | mov.w r2, #0x40000000 | str r1, [r2] | wfi
static const uint16_t keeps_one[] = {0xF04F, 0x5200, 0x2107, 0x6011,
                                     0xF04F, 0x4280, 0x6011, 0xBF30};
// b .
static const uint16_t goes_round[] = {0xE7FE};
// mov.w r2, #0x30000000 | ldr r0, [r2]
static const uint16_t reads_nothing[] = {0xF04F, 0x5240, 0x6810};
// mov.w r2, #0x30000000 | adds r2, #1 | bx r2
static const uint16_t leaves[] = {0xF04F, 0x5240, 0x3201, 0x4710};

static bool never(uint32_t address, uint32_t *value) {
    (void)address;
    (void)value;
    return false;
}

static void restart(struct cp_emulator *emulator) {
    cp_emulator_start(emulator, RAM + BYTES, CODE, 0);
}

static uint8_t executed[512]; // of one page of code

static struct cp_emulator *open_with(const uint16_t *code, size_t code_bytes) {
    memset(executed, 0, sizeof executed);
    struct cp_emulator_config config = {.model = CP_ARM_M4,
                                        .code = (const uint8_t *)code,
                                        .code_address = CODE,
                                        .code_size_bytes = (uint32_t)code_bytes,
                                        .ram_address = RAM,
                                        .ram_size_bytes = BYTES,
                                        .windows = {{DEVICE, 0x1000}},
                                        .window_count = 1,
                                        .peek = never,
                                        .executed = executed,
                                        .instructions_max = 10000};
    const char *error = NULL;
    struct cp_emulator *emulator = cp_emulator_open(&config, &error);
    if (!emulator) {
        fail_msg("%s", error);
    }
    restart(emulator);
    return emulator;
}

#define OPEN(code) open_with(code, sizeof(code))

static void assert_wants(const struct cp_arm_request *request, enum cp_arm_want want,
                         uint32_t address) {
    assert_int_equal(request->want, want);
    assert_int_equal(request->address, address);
}

static void libunicorn_is_as_it_must_be(void **state) {
    (void)state;
    const char *error = cp_arm_self_test();
    if (error) {
        fail_msg("%s", error);
    }
}

static void what_was_popped_is_no_state(void **state) {
    (void)state;
    struct cp_emulator *emulator = OPEN(pushes);
    assert_wants(cp_emulator_run(emulator, 0), CP_ARM_STORE, DEVICE);
    struct cp_hash hash = cp_emulator_hash(emulator);
    restart(emulator);
    static const uint8_t rest[8] = {1, 2, 3}; // where the push will be, and below
    cp_emulator_store(emulator, RAM + BYTES - 16, rest, sizeof rest);
    (void)cp_emulator_run(emulator, 0);
    assert_true(cp_hash_equal(hash, cp_emulator_hash(emulator)));
    assert_int_equal(*cp_emulator_ram(emulator, RAM + BYTES - 16, 1), 0); // and is forgotten
    cp_emulator_close(emulator);
}

static void what_lies_in_ram_is_state(void **state) {
    (void)state;
    struct cp_emulator *emulator = OPEN(pushes);
    (void)cp_emulator_run(emulator, 0);
    struct cp_hash hash = cp_emulator_hash(emulator);
    static const uint8_t one = 1;
    cp_emulator_store(emulator, RAM + 100, &one, 1);
    assert_false(cp_hash_equal(hash, cp_emulator_hash(emulator)));
    static const uint8_t zero = 0; // as it was: what it was meanwhile is not told apart
    cp_emulator_store(emulator, RAM + 100, &zero, 1);
    assert_true(cp_hash_equal(hash, cp_emulator_hash(emulator)));
    cp_emulator_close(emulator);
}

static void it_is_put_back_with_its_ram(void **state) {
    (void)state;
    struct cp_emulator *emulator = OPEN(keeps_one);
    assert_wants(cp_emulator_run(emulator, 0), CP_ARM_STORE, DEVICE);
    struct cp_hash hash = cp_emulator_hash(emulator);
    void *kept = cp_emulator_keep(emulator, 0);
    assert_non_null(kept);
    restart(emulator);
    assert_int_equal(*cp_emulator_ram(emulator, RAM, 1), 0);
    cp_emulator_put_back(emulator, kept, 0);
    free(kept);
    assert_int_equal(*cp_emulator_ram(emulator, RAM, 1), 7);
    assert_true(cp_hash_equal(hash, cp_emulator_hash(emulator)));
    assert_int_equal(cp_emulator_run(emulator, 0)->want, CP_ARM_SLEEP);
    cp_emulator_close(emulator);
}

static void ram_begins_with_the_fill_byte(void **state) {
    (void)state;
    struct cp_emulator *emulator = OPEN(pushes);
    cp_emulator_start(emulator, RAM + BYTES, CODE, 0xA5);
    assert_int_equal(*cp_emulator_ram(emulator, RAM + BYTES / 2, 1), 0xA5);
    assert_int_equal(*cp_emulator_ram(emulator, RAM + BYTES - 1, 1), 0xA5);
    cp_emulator_close(emulator);
}

static void it_stops_at_a_mark_and_goes_on(void **state) {
    (void)state;
    struct cp_emulator *emulator = OPEN(pushes);
    cp_emulator_mark(emulator, CODE + 2);
    assert_wants(cp_emulator_run(emulator, 0), CP_ARM_MARK, CODE + 2);
    void *kept = cp_emulator_keep(emulator, 0); // it is not told again when it is put back
    restart(emulator);
    cp_emulator_put_back(emulator, kept, 0);
    free(kept);
    assert_wants(cp_emulator_run(emulator, 0), CP_ARM_STORE, DEVICE);
    cp_emulator_close(emulator);
}

static void it_is_interrupted_at_the_next_instruction(void **state) {
    (void)state;
    struct cp_emulator *emulator = OPEN(keeps_one);
    (void)cp_emulator_run(emulator, 0);
    cp_emulator_interrupt(emulator);
    assert_wants(cp_emulator_run(emulator, 0), CP_ARM_MARK, CODE + 14);
    assert_int_equal(cp_emulator_run(emulator, 0)->want, CP_ARM_SLEEP);
    cp_emulator_close(emulator);
}

static void a_loop_without_requests_ends(void **state) {
    (void)state;
    struct cp_emulator *emulator = OPEN(goes_round);
    assert_wants(cp_emulator_run(emulator, 0), CP_ARM_BUSY, CODE);
    cp_emulator_close(emulator);
}

static void nothing_is_read_where_nothing_is(void **state) {
    (void)state;
    struct cp_emulator *emulator = OPEN(reads_nothing);
    assert_wants(cp_emulator_run(emulator, 0), CP_ARM_FAULT, 0x30000000);
    cp_emulator_close(emulator);
}

static void a_branch_to_other_code_is_told(void **state) {
    (void)state;
    struct cp_emulator *emulator = OPEN(leaves);
    assert_wants(cp_emulator_run(emulator, 0), CP_ARM_BRANCH, 0x30000000);
    assert_int_equal(cp_emulator_context(emulator)->registers[2], 0x30000001);
    cp_emulator_close(emulator);
}

static void what_was_executed_is_known(void **state) {
    (void)state;
    struct cp_emulator *emulator = OPEN(pushes);
    (void)cp_emulator_run(emulator, 0);
    assert_true(executed[0] && executed[1] && executed[2] && executed[4]);
    assert_false(executed[3] || executed[5]); // the half of an instruction, and wfi
    cp_emulator_close(emulator);
}

// --- what is no ELF of a bootloader

static void assert_refused(const char *path, const char *why) {
    struct cp_firmware_elf elf;
    char message[CP_FIRMWARE_MESSAGE_MAX] = "";
    assert_int_equal(cp_firmware_elf_read(&elf, path, message), -1);
    if (!strstr(message, why)) {
        fail_msg("'%s' does not say '%s'", message, why);
    }
}

static void a_file_that_is_no_elf_for_arm_is_refused(void **state) {
    (void)state;
    assert_refused("/nowhere/bootloader.elf", "no such file");
    assert_refused("README.md", "no ELF");
    assert_refused("/proc/self/exe", "no ELF for ARM");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(libunicorn_is_as_it_must_be),
        cmocka_unit_test(what_was_popped_is_no_state),
        cmocka_unit_test(what_lies_in_ram_is_state),
        cmocka_unit_test(it_is_put_back_with_its_ram),
        cmocka_unit_test(ram_begins_with_the_fill_byte),
        cmocka_unit_test(it_stops_at_a_mark_and_goes_on),
        cmocka_unit_test(it_is_interrupted_at_the_next_instruction),
        cmocka_unit_test(a_loop_without_requests_ends),
        cmocka_unit_test(nothing_is_read_where_nothing_is),
        cmocka_unit_test(a_branch_to_other_code_is_told),
        cmocka_unit_test(what_was_executed_is_known),
        cmocka_unit_test(a_file_that_is_no_elf_for_arm_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

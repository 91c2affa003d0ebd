// test_arm_stops.c: where an ARM core stops for a debugger, and what may be changed there.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "sim/arm/emulator.h"

#define CODE   0x1000u
#define RAM    0x20000000u
#define BYTES  0x1000u
#define DEVICE 0x40000000u

// mov.w r2, #0x40000000 | movs r1, #7 | str r1, [r2] | adds r1, #1 | str r1, [r2, #4] | wfi
static const uint16_t stores_twice[] = {0xF04F, 0x4280, 0x2107, 0x6011, 0x3101, 0x6051, 0xBF30};
enum { MOVS = CODE + 4, FIRST_STORE = CODE + 6, ADDS = CODE + 8, SECOND_STORE = CODE + 10 };

static bool never(uint32_t address, uint32_t *value) {
    (void)address;
    (void)value;
    return false;
}

static int open_core(void **state) {
    struct cp_emulator_config config = {.model = CP_ARM_M4,
                                        .code = (const uint8_t *)stores_twice,
                                        .code_address = CODE,
                                        .code_size_bytes = sizeof stores_twice,
                                        .ram_address = RAM,
                                        .ram_size_bytes = BYTES,
                                        .windows = {{DEVICE, 0x1000}},
                                        .window_count = 1,
                                        .peek = never,
                                        .instructions_max = 10000};
    const char *error = NULL;
    struct cp_emulator *emulator = cp_emulator_open(&config, &error);
    if (!emulator) {
        fail_msg("%s", error);
    }
    cp_emulator_start(emulator, RAM + BYTES, CODE, 0);
    *state = emulator;
    return 0;
}

static int close_core(void **state) {
    cp_emulator_close(*state);
    return 0;
}

static void assert_runs_to(struct cp_emulator *emulator, enum cp_arm_want want, uint32_t address) {
    const struct cp_arm_request *request = cp_emulator_run(emulator, 0);
    assert_int_equal(request->want, want);
    assert_int_equal(request->address, address);
}

static void it_stops_at_a_breakpoint_until_that_is_removed(void **state) {
    struct cp_emulator *emulator = *state;
    cp_emulator_break(emulator, FIRST_STORE, true);
    assert_runs_to(emulator, CP_ARM_MARK, FIRST_STORE);
    assert_int_equal(cp_emulator_context(emulator)->pc, FIRST_STORE);
    assert_runs_to(emulator, CP_ARM_STORE, DEVICE);
    cp_emulator_start(emulator, RAM + BYTES, CODE, 0);
    cp_emulator_break(emulator, FIRST_STORE, false);
    assert_runs_to(emulator, CP_ARM_STORE, DEVICE);
}

static void a_breakpoint_leaves_a_mark_alone(void **state) {
    struct cp_emulator *emulator = *state;
    cp_emulator_mark(emulator, MOVS);
    cp_emulator_break(emulator, MOVS, true);
    cp_emulator_break(emulator, MOVS, false);
    assert_runs_to(emulator, CP_ARM_MARK, MOVS);
    cp_emulator_break(emulator, CODE - 2, true); // is in no code, and harmless
    cp_emulator_break(emulator, UINT32_MAX, true);
    assert_runs_to(emulator, CP_ARM_STORE, DEVICE);
}

static void each_step_is_one_instruction(void **state) {
    struct cp_emulator *emulator = *state;
    cp_emulator_break(emulator, MOVS, true);
    cp_emulator_break(emulator, FIRST_STORE, true); // told once, though it is stepped to
    assert_runs_to(emulator, CP_ARM_MARK, MOVS);
    cp_emulator_interrupt(emulator);
    assert_runs_to(emulator, CP_ARM_MARK, FIRST_STORE);
    cp_emulator_interrupt(emulator);
    assert_runs_to(emulator, CP_ARM_STORE, DEVICE);
    assert_runs_to(emulator, CP_ARM_MARK, ADDS);
    assert_runs_to(emulator, CP_ARM_STORE, DEVICE + 4);
}

static void an_access_that_was_begun_is_done_before_it_stops(void **state) {
    struct cp_emulator *emulator = *state;
    assert_runs_to(emulator, CP_ARM_STORE, DEVICE);
    void *kept = cp_emulator_keep(emulator, 0);
    assert_non_null(kept);
    cp_emulator_put_back(emulator, kept, 0);
    free(kept);
    cp_emulator_interrupt(emulator); // as an NMI that the access raised
    assert_runs_to(emulator, CP_ARM_MARK, ADDS);
}

static void registers_are_changed_between_instructions(void **state) {
    struct cp_emulator *emulator = *state;
    cp_emulator_break(emulator, FIRST_STORE, true);
    assert_runs_to(emulator, CP_ARM_MARK, FIRST_STORE);
    struct cp_arm_context context = *cp_emulator_context(emulator);
    context.registers[1] = 42;
    assert_true(cp_emulator_put_context(emulator, &context));
    const struct cp_arm_request *request = cp_emulator_run(emulator, 0); // not the mark again
    assert_int_equal(request->want, CP_ARM_STORE);
    assert_int_equal(request->value, 42);
}

static void it_goes_on_where_the_program_counter_is_put(void **state) {
    struct cp_emulator *emulator = *state;
    cp_emulator_break(emulator, FIRST_STORE, true);
    assert_runs_to(emulator, CP_ARM_MARK, FIRST_STORE);
    struct cp_arm_context context = *cp_emulator_context(emulator);
    context.pc = SECOND_STORE;
    assert_true(cp_emulator_put_context(emulator, &context));
    assert_runs_to(emulator, CP_ARM_STORE, DEVICE + 4);
}

static void within_an_access_nothing_is_changed(void **state) {
    struct cp_emulator *emulator = *state;
    assert_runs_to(emulator, CP_ARM_STORE, DEVICE);
    struct cp_arm_context context = *cp_emulator_context(emulator);
    context.registers[1] = 42;
    assert_false(cp_emulator_put_context(emulator, &context));
    const struct cp_arm_request *request = cp_emulator_run(emulator, 0);
    assert_int_equal(request->value, 8);
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define TEST(function) cmocka_unit_test_setup_teardown(function, open_core, close_core)
        TEST(it_stops_at_a_breakpoint_until_that_is_removed),
        TEST(a_breakpoint_leaves_a_mark_alone),
        TEST(each_step_is_one_instruction),
        TEST(an_access_that_was_begun_is_done_before_it_stops),
        TEST(registers_are_changed_between_instructions),
        TEST(it_goes_on_where_the_program_counter_is_put),
        TEST(within_an_access_nothing_is_changed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// self_test.c: see self_test.h.
//
// Each test runs a few instructions on a core of its own and compares all that the core
// asks for with what the architecture says.

#include "sim/arm/self_test.h"

#include "sim/arm/emulator.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define CODE_ADDRESS   0x1000u
#define RAM_ADDRESS    0x20000000u
#define RAM_SIZE_BYTES 0x1000u
#define DEVICE         0x40000000u
#define REQUESTS_MAX   32u

// Stores, loads, an IT block with a store, a load and one that is skipped, several accesses
// in one instruction, the stack, PRIMASK, bytes and half-words:
//      mov.w r2, #0x40000000 | movs r1, #5 | cpsid i | str r1, [r2] | cmp r1, r1 | itte eq
//      streq r1, [r2, #4] | ldreq r3, [r2, #8] | strne r1, [r2, #12] | push {r1, r2, r3}
//      strd r1, r3, [r2, #16] | ldmia r2, {r4, r5, r6} | adds r4, r5 | adds r4, r6
//      pop {r0, r5, r6} | adds r4, r0 | str r4, [r2, #24] | cpsie i | mrs r5, PRIMASK
//      strb r5, [r2, #28] | ldrh r6, [r2, #30] | str r6, [r2, #32] | wfi
static const uint16_t all_kinds[] = {0xF04F, 0x4280, 0x2105, 0xB672, 0x6011, 0x4289, 0xBF06,
                                     0x6051, 0x6893, 0x60D1, 0xB40E, 0xE9C2, 0x1304, 0xE892,
                                     0x0070, 0x1964, 0x19A4, 0xBC61, 0x1824, 0x6194, 0xB662,
                                     0xF3EF, 0x8510, 0x7715, 0x8BD6, 0x6216, 0xBF30};

// What the device gives for each word.
static uint32_t device_word(uint32_t address) {
    return 0x10000u + 3 * (address - DEVICE);
}

static const struct cp_arm_request all_requests[] = {
    {CP_ARM_STORE, DEVICE, 5, 4, NULL, 0},
    {CP_ARM_STORE, DEVICE + 4, 5, 4, NULL, 0},
    {CP_ARM_LOAD, DEVICE + 8, 0, 4, NULL, 0},
    {CP_ARM_STORE, DEVICE + 16, 5, 4, NULL, 0},
    {CP_ARM_STORE, DEVICE + 20, 0x10018, 4, NULL, 0},
    {CP_ARM_LOAD, DEVICE, 0, 4, NULL, 0},
    {CP_ARM_LOAD, DEVICE + 4, 0, 4, NULL, 0},
    {CP_ARM_LOAD, DEVICE + 8, 0, 4, NULL, 0},
    {CP_ARM_STORE, DEVICE + 24, 0x30029, 4, NULL, 0},
    {CP_ARM_STORE, DEVICE + 28, 0, 1, NULL, 0},
    {CP_ARM_LOAD, DEVICE + 30, 0, 2, NULL, 0},
    {CP_ARM_STORE, DEVICE + 32, 1, 4, NULL, 0},
    {CP_ARM_SLEEP, 0, 0, 0, NULL, 0},
};
#define ALL_REQUESTS (sizeof all_requests / sizeof all_requests[0])

// movs r0, #V | mov.w r2, #0x40000000 | str r0, [r2] | wfi
static const uint16_t tells_one[] = {0x2001, 0xF04F, 0x4280, 0x6010, 0xBF30};
static const uint16_t tells_two[] = {0x2002, 0xF04F, 0x4280, 0x6010, 0xBF30};
// mov.w r0, #0x20000000 | mov.w r2, #0x40000000 | str r2, [r2] | str r2, [r0] | str r2, [r2, #4]
static const uint16_t stores_on[] = {0xF04F, 0x5000, 0xF04F, 0x4280, 0x6012, 0x6002, 0x6052};

static bool never(uint32_t address, uint32_t *value) {
    (void)address;
    (void)value;
    return false;
}

static struct cp_emulator *open_with(const uint16_t *code, uint32_t code_bytes,
                                     enum cp_arm_model model, const char **error) {
    struct cp_emulator_config config = {.model = model,
                                        .code = (const uint8_t *)code,
                                        .code_address = CODE_ADDRESS,
                                        .code_size_bytes = code_bytes,
                                        .ram_address = RAM_ADDRESS,
                                        .ram_size_bytes = RAM_SIZE_BYTES,
                                        .windows = {{DEVICE, 0x1000}},
                                        .window_count = 1,
                                        .peek = never,
                                        .instructions_max = 1000};
    struct cp_emulator *emulator = cp_emulator_open(&config, error);
    if (emulator) {
        cp_emulator_start(emulator, RAM_ADDRESS + RAM_SIZE_BYTES, CODE_ADDRESS, 0);
    }
    return emulator;
}

static bool is_same(const struct cp_arm_request *one, const struct cp_arm_request *other) {
    bool is_access = one->want == CP_ARM_LOAD || one->want == CP_ARM_STORE;
    return one->want == other->want &&
           (!is_access || (one->address == other->address && one->value == other->value &&
                           one->width_bytes == other->width_bytes));
}

static uint32_t answer_to(const struct cp_arm_request *request) {
    return request->want == CP_ARM_LOAD
               ? device_word(request->address & ~3u) >> 8 * (request->address & 3u)
               : 0;
}

// Everything is asked for, once, in order. With `restarts` the core is kept at each request,
// something else is run, and it is put back.
static const char *run_all(struct cp_emulator *emulator, bool restarts) {
    uint32_t answer = 0;
    for (uint32_t i = 0; i < ALL_REQUESTS; i++) {
        struct cp_arm_request request = *cp_emulator_run(emulator, answer);
        if (!is_same(&request, &all_requests[i])) {
            return restarts ? "an instruction that is run again does not do what is left of it"
                            : "a core does not ask for what its instructions say";
        }
        answer = answer_to(&request);
        void *kept = restarts && i + 1 < ALL_REQUESTS ? cp_emulator_keep(emulator, 0) : NULL;
        if (kept) {
            cp_emulator_start(emulator, RAM_ADDRESS + RAM_SIZE_BYTES, CODE_ADDRESS, 0);
            (void)cp_emulator_run(emulator, 0);
            cp_emulator_put_back(emulator, kept, 0);
            free(kept);
        }
    }
    return NULL;
}

static const char *test_all_kinds(void) {
    const char *error = NULL;
    struct cp_emulator *emulator = open_with(all_kinds, sizeof all_kinds, CP_ARM_M4, &error);
    if (!emulator) {
        return error;
    }
    error = run_all(emulator, false);
    if (!error) {
        cp_emulator_start(emulator, RAM_ADDRESS + RAM_SIZE_BYTES, CODE_ADDRESS, 0);
        error = run_all(emulator, true);
    }
    cp_emulator_close(emulator);
    return error;
}

static bool tells(struct cp_emulator *emulator, uint32_t value) {
    cp_emulator_start(emulator, RAM_ADDRESS + RAM_SIZE_BYTES, CODE_ADDRESS, 0);
    const struct cp_arm_request *request = cp_emulator_run(emulator, 0);
    return request->want == CP_ARM_STORE && request->value == value;
}

// Two programs at one address, in turn: neither may run what was translated of the other.
static const char *test_two_programs(void) {
    const char *error = NULL;
    struct cp_emulator *one = open_with(tells_one, sizeof tells_one, CP_ARM_M4, &error);
    struct cp_emulator *two =
        one ? open_with(tells_two, sizeof tells_two, CP_ARM_M4, &error) : NULL;
    if (one && two) {
        bool is_right = tells(one, 1) && tells(two, 2) && tells(one, 1) && tells(two, 2);
        error = is_right ? NULL : "a core runs code of another program";
    }
    cp_emulator_close(two);
    cp_emulator_close(one);
    return error;
}

// The power is cut at the first store: the two behind it must leave no trace.
static const char *test_cut(void) {
    const char *error = NULL;
    struct cp_emulator *emulator = open_with(stores_on, sizeof stores_on, CP_ARM_M4, &error);
    if (!emulator) {
        return error;
    }
    (void)cp_emulator_run(emulator, 0);
    uint8_t *ram = cp_emulator_ram(emulator, RAM_ADDRESS, sizeof(uint32_t));
    struct cp_arm_context other = {.pc = CODE_ADDRESS};
    cp_emulator_set_context(emulator, &other, false); // abandons what it did
    static const uint8_t zero[sizeof(uint32_t)];
    bool is_right = memcmp(ram, zero, sizeof zero) == 0;
    cp_emulator_close(emulator);
    return is_right ? NULL : "a core goes on after the power was cut";
}

// Armv6-M has no 32-bit data processing: the model must be the one that was asked for.
static const char *test_model(void) {
    const char *error = NULL;
    struct cp_emulator *emulator = open_with(tells_one, sizeof tells_one, CP_ARM_M0, &error);
    if (!emulator) {
        return error;
    }
    bool is_right = cp_emulator_run(emulator, 0)->want == CP_ARM_FAULT;
    cp_emulator_close(emulator);
    return is_right ? NULL : "a Cortex-M0 executes instructions that it does not have";
}

const char *cp_arm_self_test(void) {
    static const char *(*const tests[])(void) = {test_all_kinds, test_two_programs, test_cut,
                                                 test_model};
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++) {
        const char *error = tests[i]();
        if (error) {
            return error;
        }
    }
    return NULL;
}

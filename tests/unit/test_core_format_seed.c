// test_core_format_seed.c: the bytes of the seed format, written and understood.

#include "core/src/state_format.h"
#include "tests/unit/ram_flash.h"

static const struct cp_state_format *const seed = &cp_state_format_seed;

enum { PAGE_COUNT = 3, STEP_COUNT = 4 * PAGE_COUNT };

struct fixture {
    struct ram_power power;
    struct ram_flash ram;
    struct cp_partition state;
    uint32_t word_bytes;
    uint8_t erase_value;
};

static void begin(struct fixture *f, uint32_t word_bytes, uint8_t erase_value) {
    *f = (struct fixture){.word_bytes = word_bytes, .erase_value = erase_value};
    ram_power_on(&f->power);
    f->state = ram_partition(&f->ram, &f->power, seed->size_bytes(PAGE_COUNT, word_bytes),
                             2 * word_bytes, word_bytes, erase_value);
}

static void end(struct fixture *f) {
    ram_check_guards(&f->ram);
    ram_flash_free(&f->ram);
}

static uint8_t *word(struct fixture *f, uint32_t index) {
    return f->ram.bytes + f->state.offset_bytes + index * f->word_bytes;
}

static void fill_word(struct fixture *f, uint32_t index, uint8_t value) {
    memset(word(f, index), value, f->word_bytes);
}

static void expect_word(struct fixture *f, uint32_t index, uint8_t value) {
    for (uint32_t i = 0; i < f->word_bytes; i++) {
        assert_int_equal(word(f, index)[i], value);
    }
}

static enum cp_state get(struct fixture *f) {
    enum cp_state value = CP_STATE_BOOT;
    assert_int_equal(seed->get(&f->state, &value), CP_OK);
    return value;
}

static struct cp_state_view load(struct fixture *f) {
    struct cp_state_view view = {CP_STATE_BOOT, 99};
    assert_int_equal(seed->load(&f->state, PAGE_COUNT, &view), CP_OK);
    return view;
}

static void for_each_word_size(void (*test)(struct fixture *f)) {
    for (uint32_t word_bytes = 1; word_bytes <= 32; word_bytes *= 2) {
        const uint8_t erase_values[] = {0xFF, 0x00};
        for (size_t i = 0; i < 2; i++) {
            struct fixture f;
            begin(&f, word_bytes, erase_values[i]);
            test(&f);
            end(&f);
        }
    }
}

static const struct {
    enum cp_state state;
    uint8_t magic;
} magics[] = {
    {CP_STATE_BOOT, 0xD0},
    {CP_STATE_SWAP, 0xF0},
    {CP_STATE_DETACH, 0xE0},
    {CP_STATE_REVERT, 0xC0},
};

static void check_magics(struct fixture *f) {
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(seed->set(&f->state, magics[i].state), CP_OK);
        expect_word(f, 0, magics[i].magic);
        for (uint32_t index = 1; index < 2 + STEP_COUNT; index++) {
            expect_word(f, index, f->erase_value);
        }
        assert_int_equal(get(f), magics[i].state);
    }
}

static void check_anything_else_is_boot(struct fixture *f) {
    assert_int_equal(get(f), CP_STATE_BOOT); // blank
    for (int value = 0; value < 256; value++) {
        if (value != 0xF0 && value != 0xE0 && value != 0xC0) {
            fill_word(f, 0, (uint8_t)value);
            assert_int_equal(get(f), CP_STATE_BOOT);
        }
    }
    for (uint32_t i = 0; i < f->word_bytes; i++) { // each byte counts
        fill_word(f, 0, 0xF0);
        word(f, 0)[i] = 0xF1;
        assert_int_equal(get(f), CP_STATE_BOOT);
    }
}

static void check_set_again_does_nothing(struct fixture *f) {
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(seed->set(&f->state, magics[i].state), CP_OK);
        const uint32_t op_count = f->power.op_count;
        assert_int_equal(seed->set(&f->state, magics[i].state), CP_OK);
        assert_int_equal(f->power.op_count, op_count);
    }
}

static void check_steps(struct fixture *f) {
    assert_int_equal(seed->set(&f->state, CP_STATE_SWAP), CP_OK);
    for (uint32_t step = 0; step < STEP_COUNT; step++) {
        assert_int_equal(load(f).state, CP_STATE_SWAP);
        assert_int_equal(load(f).next_step, step);
        assert_int_equal(seed->record_step(&f->state, step), CP_OK);
        expect_word(f, 2 + step, (uint8_t)~f->erase_value);
    }
    assert_int_equal(load(f).next_step, STEP_COUNT);
}

static void check_no_steps_unless_swap(struct fixture *f) {
    assert_int_equal(seed->set(&f->state, CP_STATE_REVERT), CP_OK);
    assert_int_equal(seed->record_step(&f->state, 0), CP_OK);
    assert_int_equal(load(f).state, CP_STATE_REVERT);
    assert_int_equal(load(f).next_step, 0);
}

// A torn word is not done while one byte of it is erased.
static void check_torn_step(struct fixture *f) {
    assert_int_equal(seed->set(&f->state, CP_STATE_SWAP), CP_OK);
    for (uint32_t i = 0; i < f->word_bytes; i++) {
        fill_word(f, 2, (uint8_t)~f->erase_value);
        word(f, 2)[i] = f->erase_value;
        assert_int_equal(load(f).next_step, 0);
        fill_word(f, 2, f->erase_value);
        word(f, 2)[i] = f->erase_value ^ 0x10;
        assert_int_equal(load(f).next_step, f->word_bytes == 1 ? 1 : 0);
    }
    fill_word(f, 2, f->erase_value ^ 0x10); // touched all over: done
    assert_int_equal(load(f).next_step, 1);
}

// One touched byte of word 1, and everything counts as done.
static void check_validity(struct fixture *f) {
    assert_int_equal(seed->set(&f->state, CP_STATE_SWAP), CP_OK);
    for (uint32_t i = 0; i < f->word_bytes; i++) {
        fill_word(f, 1, f->erase_value);
        assert_int_equal(load(f).next_step, 0);
        word(f, 1)[i] = f->erase_value ^ 0x01;
        assert_int_equal(load(f).next_step, STEP_COUNT);
    }
}

// set(): word 1, then the erase from the first page on, then word 0.
static void check_order_of_set(struct fixture *f) {
    assert_int_equal(seed->set(&f->state, CP_STATE_SWAP), CP_OK);
    assert_int_equal(seed->record_step(&f->state, 0), CP_OK);
    ram_power_on(&f->power);
    f->power.cut_at_op = 1;
    assert_int_equal(seed->set(&f->state, CP_STATE_BOOT), CP_ERR_FLASH);
    expect_word(f, 0, 0xF0);
    expect_word(f, 1, (uint8_t)~f->erase_value);
    ram_power_on(&f->power);
    f->power.cut_at_op = 1; // word 1 is not programmed twice here: this is after one erase
    assert_int_equal(seed->set(&f->state, CP_STATE_BOOT), CP_ERR_FLASH);
    expect_word(f, 0, f->erase_value);
    expect_word(f, 1, f->erase_value);
    expect_word(f, 2, (uint8_t)~f->erase_value);
    ram_power_on(&f->power);
    assert_int_equal(seed->set(&f->state, CP_STATE_BOOT), CP_OK);
    assert_int_equal(f->power.op_count, 2 + f->state.size_bytes / (2 * f->word_bytes));
}

static void check_finish_revert(struct fixture *f) {
    assert_int_equal(seed->set(&f->state, CP_STATE_SWAP), CP_OK);
    for (uint32_t step = 0; step < STEP_COUNT; step++) {
        assert_int_equal(seed->record_step(&f->state, step), CP_OK);
    }
    assert_int_equal(seed->finish_revert(&f->state), CP_OK);
    expect_word(f, 0, 0xC0);
    for (uint32_t index = 1; index < 2 + STEP_COUNT; index++) {
        expect_word(f, index, f->erase_value);
    }
}

// H2: word 1 is programmed although it is not erased any more.
static void check_hole_second_program(struct fixture *f) {
    assert_int_equal(seed->set(&f->state, CP_STATE_SWAP), CP_OK);
    fill_word(f, 1, (uint8_t)~f->erase_value);
    f->ram.write_once = true;
    assert_int_equal(seed->finish_revert(&f->state), CP_ERR_FLASH);
}

#define ON_EACH_WORD_SIZE(name)                                                                    \
    static void test_##name(void **context) {                                                      \
        (void)context;                                                                             \
        for_each_word_size(check_##name);                                                          \
    }

ON_EACH_WORD_SIZE(magics)
ON_EACH_WORD_SIZE(anything_else_is_boot)
ON_EACH_WORD_SIZE(set_again_does_nothing)
ON_EACH_WORD_SIZE(steps)
ON_EACH_WORD_SIZE(no_steps_unless_swap)
ON_EACH_WORD_SIZE(torn_step)
ON_EACH_WORD_SIZE(validity)
ON_EACH_WORD_SIZE(order_of_set)
ON_EACH_WORD_SIZE(finish_revert)
ON_EACH_WORD_SIZE(hole_second_program)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_magics),
        cmocka_unit_test(test_anything_else_is_boot),
        cmocka_unit_test(test_set_again_does_nothing),
        cmocka_unit_test(test_steps),
        cmocka_unit_test(test_no_steps_unless_swap),
        cmocka_unit_test(test_torn_step),
        cmocka_unit_test(test_validity),
        cmocka_unit_test(test_order_of_set),
        cmocka_unit_test(test_finish_revert),
        cmocka_unit_test(test_hole_second_program),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

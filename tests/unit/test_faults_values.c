// test_faults_values.c: the values that are tried for an undecided word.

#include "case_fixture.h"

#include "faults/values.h"

static uint32_t *values;

static bool contains(uint32_t count, uint32_t value) {
    for (uint32_t i = 0; i < count; i++) {
        if (values[i] == value) {
            return true;
        }
    }
    return false;
}

static void expect_all_within(struct cp_range range, uint32_t count) {
    assert_in_range(count, 1, CP_VALUES_MAX);
    for (uint32_t i = 0; i < count; i++) {
        assert_int_equal(range.low & ~values[i], 0);
        assert_int_equal(values[i] & ~range.high, 0);
    }
}

static void expect_different(uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        assert_false(contains(i, values[i]));
    }
}

static const struct cp_range ranges[] = {
    {0, 0xFFFFFFFFu},           {0xD0D0D0D0u, 0xFFFFFFFFu}, {0x0000FFFFu, 0xFFFFFFFFu},
    {0x01010101u, 0x03010101u}, {0x12345678u, 0x12345678u}, {0, 0x00010000u},
};

enum { RANGES = sizeof(ranges) / sizeof(ranges[0]) };

static void test_all_ranges_and_kinds(void **state) {
    (void)state;
    for (int i = 0; i < RANGES; i++) {
        for (int kind = CP_VALUES_DATA; kind <= CP_VALUES_AUDIT; kind++) {
            for (int end = 0; end < 2; end++) {
                const struct cp_range range = ranges[i];
                const uint32_t plain = end == 0 ? range.low : range.high;
                const uint32_t other = end == 0 ? range.high : range.low;
                const uint32_t count = cp_values(range, plain, (enum cp_values_kind)kind, values);
                expect_all_within(range, count);
                assert_int_equal(values[0], plain); // the plainest first
                assert_true(count == 1 ? plain == other : values[1] == other);
                if (kind != CP_VALUES_AUDIT) {
                    expect_different(count);
                }
            }
        }
    }
}

// Whatever a format of repeated bytes writes can be read, where the range has it.
static void test_state_has_the_same_bytes(void **state) {
    (void)state;
    const struct cp_range torn_boot = {0xD0D0D0D0u, 0xFFFFFFFFu};
    const uint32_t count = cp_values(torn_boot, torn_boot.low, CP_VALUES_STATE, values);
    for (uint32_t byte = 0; byte < 256; byte++) {
        const uint32_t word = byte * 0x01010101u;
        const bool is_in_range = (word & torn_boot.low) == torn_boot.low;
        assert_int_equal(contains(count, word), is_in_range);
    }
    assert_true(contains(count, 0xF0F0F0F0u)); // hole H7
    assert_true(contains(count, 0xFFFFFFD0u)); // bytes of the operation done
    assert_true(contains(count, 0xFFFFD0D0u));
    assert_true(contains(count, 0xFFD0D0D0u));
    assert_true(contains(count, 0xD0D0D0D1u)); // one bit not
    assert_true(count < 1000);
}

static void test_data_is_few(void **state) {
    (void)state;
    assert_in_range(cp_values(ranges[0], 0, CP_VALUES_DATA, values), 3, 4);
    assert_int_equal(cp_values(ranges[5], 0, CP_VALUES_DATA, values), 2);
}

// An audit tries every value of 16 open bits, and more than the usual of 32.
static void test_audit(void **state) {
    (void)state;
    const uint32_t count = cp_values(ranges[2], ranges[2].low, CP_VALUES_AUDIT, values);
    static bool seen[65536];
    memset(seen, 0, sizeof(seen));
    uint32_t different = 0;
    for (uint32_t i = 0; i < count; i++) {
        different += !seen[values[i] >> 16];
        seen[values[i] >> 16] = true;
    }
    assert_int_equal(different, 65536);
    const uint32_t usual = cp_values(ranges[0], 0, CP_VALUES_STATE, values);
    assert_true(cp_values(ranges[0], 0, CP_VALUES_AUDIT, values) > usual + 500);
}

int main(void) {
    values = malloc(CP_VALUES_MAX * sizeof(*values));
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_ranges_and_kinds),
        cmocka_unit_test(test_state_has_the_same_bytes),
        cmocka_unit_test(test_data_is_few),
        cmocka_unit_test(test_audit),
    };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    free(values);
    return failed;
}

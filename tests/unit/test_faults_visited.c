// test_faults_visited.c: no key is lost while a set grows in place, and large arrays keep
// what is in them while they grow into large pages.

#include "case_fixture.h"

#include "faults/large.h"
#include "faults/visited.h"

static uint64_t scatter(uint64_t value) {
    value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9u;
    value = (value ^ value >> 27) * 0x94D049BB133111EBu;
    return value ^ value >> 31;
}

// A part of the keys belongs to the last slots of a set, whatever its size, so that they
// go on at its beginning.
static struct cp_hash key_of(uint32_t id, uint32_t one_in) {
    uint64_t low = scatter(id);
    return (struct cp_hash){one_in > 0 && id % one_in == 0 ? low | 0xFFFFFFFCu : low, id + 1};
}

static void add_and_find(uint32_t count, uint32_t one_in) {
    struct cp_visited set;
    assert_int_equal(cp_visited_init(&set), 0);
    for (uint32_t id = 0; id < count; id++) {
        bool is_new;
        struct cp_visited_slot *slot = cp_visited_find(&set, key_of(id, one_in), &is_new);
        assert_non_null(slot);
        assert_true(is_new);
        slot->id = id;
    }
    assert_int_equal(set.count, count);
    for (uint32_t id = 0; id < count; id++) {
        const struct cp_visited_slot *slot = cp_visited_look(&set, key_of(id, one_in));
        assert_non_null(slot);
        assert_int_equal(slot->id, id);
        assert_null(cp_visited_look(&set, key_of(count + id, one_in)));
    }
    cp_visited_free(&set);
}

static void test_all_found(void **state) {
    (void)state;
    add_and_find(1000000, 0);
}

static void test_all_found_around_the_end(void **state) {
    (void)state;
    add_and_find(30000, 10);
    add_and_find(7000, 1); // nothing else
    add_and_find(500000, 1000);
}

static void test_arrays_keep_and_are_zero(void **state) {
    (void)state;
    const size_t sizes[] = {0, 100, 100000, (8u << 20) - 1, 8u << 20, (10u << 20) + 3, 100u << 20};
    uint8_t *array = NULL;
    size_t filled = 0;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        array = cp_large_resize(array, sizes[i]);
        assert_non_null(array);
        for (size_t at = 0; at < sizes[i]; at++) {
            if (array[at] != (at < filled ? (uint8_t)(at % 251 + 1) : 0)) {
                fail_msg("byte %zu of %zu", at, sizes[i]);
            }
            array[at] = (uint8_t)(at % 251 + 1);
        }
        filled = sizes[i];
    }
    assert_null(cp_large_resize(array, SIZE_MAX - 5));
    assert_int_equal(array[filled - 1], (filled - 1) % 251 + 1);
    cp_large_free(array);
    cp_large_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_found),
        cmocka_unit_test(test_all_found_around_the_end),
        cmocka_unit_test(test_arrays_keep_and_are_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

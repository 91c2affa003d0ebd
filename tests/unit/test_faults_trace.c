// test_faults_trace.c: traces in writing, and the set of known states.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "faults/result.h"
#include "faults/trace.h"
#include "faults/visited.h"

static uint64_t random_state = 1;

static uint32_t random_below(uint32_t bound) {
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(random_state >> 33) % bound;
}

static struct cp_token random_token(void) {
    struct cp_token token = {.kind = (enum cp_token_kind)random_below(4)};
    token.event_index = random_below(3) == 0 ? UINT32_MAX - random_below(5) : 1 + random_below(900);
    if (token.kind == CP_TOKEN_TORN) {
        snprintf(token.tear, sizeof(token.tear), "%s",
                 random_below(2) ? "highest-bit-missing" : "mask-0f0f0f0f");
    } else if (token.kind == CP_TOKEN_CHOICE) {
        token.option = random_below(4);
    } else if (token.kind == CP_TOKEN_READ) {
        snprintf(token.tear, sizeof(token.tear), "%s",
                 random_below(2) ? "f0f0f0f0" : "even-words-erased");
    }
    return token;
}

static void test_round_trip(void **state) {
    (void)state;
    for (uint32_t round = 0; round < 500; round++) {
        struct cp_token tokens[12];
        char text[CP_TRACE_MAX] = "", error[CP_MESSAGE_MAX];
        const uint32_t count = random_below(13);
        for (uint32_t i = 0; i < count; i++) {
            tokens[i] = random_token();
            cp_trace_append(text, sizeof(text), &tokens[i]);
        }
        const char *cursor = text;
        for (uint32_t i = 0; i < count; i++) {
            struct cp_token read;
            assert_int_equal(cp_trace_next(&cursor, &read, error), 1);
            assert_int_equal(read.kind, tokens[i].kind);
            assert_int_equal(read.event_index, tokens[i].event_index);
            assert_int_equal(read.option, tokens[i].option);
            assert_string_equal(read.tear, tokens[i].tear);
        }
        struct cp_token none;
        assert_int_equal(cp_trace_next(&cursor, &none, error), 0);
    }
}

static void test_writing(void **state) {
    (void)state;
    char text[64] = "";
    cp_trace_append(text, sizeof(text), &(struct cp_token){.kind = CP_TOKEN_AFTER});
    cp_trace_append(text, sizeof(text), &(struct cp_token){CP_TOKEN_CHOICE, 7, 1, ""});
    cp_trace_append(text, sizeof(text), &(struct cp_token){CP_TOKEN_TORN, 12, 0, "any"});
    cp_trace_append(text, sizeof(text), &(struct cp_token){CP_TOKEN_READ, 1, 0, "f0f0f0f0"});
    assert_string_equal(text, "a0,c7=1,t12.any,v1=f0f0f0f0");
}

static void test_before_is_after_the_one_before(void **state) {
    (void)state;
    char error[CP_MESSAGE_MAX];
    const char *cursor = "b12,b1";
    struct cp_token token;
    assert_int_equal(cp_trace_next(&cursor, &token, error), 1);
    assert_int_equal(token.kind, CP_TOKEN_AFTER);
    assert_int_equal(token.event_index, 11);
    assert_int_equal(cp_trace_next(&cursor, &token, error), 1);
    assert_int_equal(token.event_index, 0);
}

// A trace too long for its place shows that it is cut short, and stays inside it.
static void test_too_long(void **state) {
    (void)state;
    const struct cp_token token = {CP_TOKEN_TORN, 100, 0, "all-but-first-word"};
    for (size_t size = 5; size < 120; size++) {
        char text[128];
        memset(text, '#', sizeof(text));
        text[0] = '\0';
        for (int i = 0; i < 10; i++) {
            cp_trace_append(text, size, &token);
        }
        const size_t length = strlen(text);
        assert_true(length < size);
        assert_int_equal(text[size], '#');
        assert_string_equal(text + length - 3, "...");
        char error[CP_MESSAGE_MAX];
        const char *cursor = text;
        struct cp_token read;
        int more;
        while ((more = cp_trace_next(&cursor, &read, error)) > 0) {
            assert_int_equal(read.event_index, 100);
        }
        assert_int_equal(more, -1); // half a trace is no trace
    }
}

static void test_syntax_errors(void **state) {
    (void)state;
    static const struct {
        const char *trace, *message;
    } wrong[] = {
        {"z1", "at 'z1': expected aN"},
        {"a", "expected aN"},
        {"a-1", "expected aN"},
        {"a4294967296", "expected aN"},
        {"a99999999999999999999", "expected aN"},
        {"b0", "expected aN"},
        {"t0.x", "expected aN"},
        {"t5", "expected aN"},
        {"t5.", "expected aN"},
        {"t5.,a1", "expected aN"},
        {"c5", "expected aN"},
        {"c5=", "expected aN"},
        {"c5=x", "expected aN"},
        {"v0=00000000", "expected aN"},
        {"v5", "expected aN"},
        {"v5=", "expected aN"},
        {"v5.00000000", "expected aN"},
        {",a1", "expected aN"},
        {"a1,,a2", "at ',a2': expected aN"},
        {"a1,", "nothing follows the last comma"},
        {"a1;a2", "expected a comma between two cuts"},
        {"a1a2", "expected a comma between two cuts"},
        {"t1.a-name-that-is-longer-than-all-names-of-tears", "expected aN"},
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        const char *cursor = wrong[i].trace;
        struct cp_token token;
        char error[CP_MESSAGE_MAX] = "";
        int more;
        while ((more = cp_trace_next(&cursor, &token, error)) > 0) {
        }
        assert_int_equal(more, -1);
        if (!strstr(error, wrong[i].message)) {
            fail_msg("%s: %s", wrong[i].trace, error);
        }
    }
}

// --- the visited set

static struct cp_hash key_of(uint32_t i) {
    return cp_hash_pair(i, 99);
}

static void test_visited_grows(void **state) {
    (void)state;
    enum { KEYS = 50000 };
    struct cp_visited visited;
    bool is_new;
    assert_int_equal(cp_visited_init(&visited), 0);
    const size_t size_bytes = cp_visited_size_bytes(&visited);
    for (uint32_t i = 0; i < KEYS; i++) {
        struct cp_visited_slot *slot = cp_visited_find(&visited, key_of(i), &is_new);
        assert_true(is_new);
        slot->id = i;
        slot->allowances = ~i;
    }
    assert_int_equal(visited.count, KEYS);
    assert_true(visited.capacity > KEYS);
    assert_true(cp_visited_size_bytes(&visited) > size_bytes);
    for (uint32_t i = KEYS; i-- > 0;) {
        const struct cp_visited_slot *slot = cp_visited_find(&visited, key_of(i), &is_new);
        assert_false(is_new);
        assert_int_equal(slot->id, i);
        assert_int_equal(slot->allowances, ~i);
    }
    assert_int_equal(visited.count, KEYS);
    cp_visited_free(&visited);
}

// Keys that meet in one place, and the key that marks an empty slot.
static void test_visited_collisions(void **state) {
    (void)state;
    struct cp_visited visited;
    bool is_new;
    assert_int_equal(cp_visited_init(&visited), 0);
    for (uint64_t high = 0; high < 200; high++) {
        struct cp_hash key = {UINT64_MAX, high}; // the last slot: probing wraps around
        cp_visited_find(&visited, key, &is_new)->id = (uint32_t)high;
        assert_true(is_new);
    }
    for (uint64_t high = 0; high < 200; high++) {
        struct cp_hash key = {UINT64_MAX, high};
        assert_int_equal(cp_visited_find(&visited, key, &is_new)->id, high);
        assert_false(is_new);
    }
    cp_visited_find(&visited, (struct cp_hash){0, 0}, &is_new);
    assert_true(is_new);
    cp_visited_find(&visited, (struct cp_hash){0, 0}, &is_new);
    assert_false(is_new);
    assert_int_equal(visited.count, 201);
    cp_visited_free(&visited);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_writing),
        cmocka_unit_test(test_before_is_after_the_one_before),
        cmocka_unit_test(test_too_long),
        cmocka_unit_test(test_syntax_errors),
        cmocka_unit_test(test_visited_grows),
        cmocka_unit_test(test_visited_collisions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// test_cli_options.c: the values of options, and budgets beside those of a case.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/option_values.h"

#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define WORDS_MAX 16

// Parse the words of a line as options of `run`.
static int parse(const char *line, struct cp_options *options) {
    static char text[128];
    char *words[WORDS_MAX] = {"run"};
    int count = 1;
    snprintf(text, sizeof text, "%s", line);
    for (char *word = strtok(text, " "); word && count < WORDS_MAX - 1; word = strtok(NULL, " ")) {
        words[count++] = word;
    }
    *options = (struct cp_options){.color = "auto", .format_name = "human"};
    optind = 0; // begin anew
    return cp_options_parse(CP_COMMAND_RUN, count, words, options);
}

static void values_are_read(void **context) {
    (void)context;
    struct cp_options options;
    assert_int_equal(parse("-j 3 --engine slow --shard 2/5 --audit", &options), 0);
    assert_int_equal(options.jobs, 3);
    assert_int_equal(options.engine, CP_ENGINE_SLOW);
    assert_int_equal(options.shard_index, 1);
    assert_int_equal(options.shard_count, 5);
    assert_true(options.audit);
    assert_int_equal(parse("--max-time 5m --max-memory 2GiB --max-states 1000", &options), 0);
    assert_int_equal(options.seconds_max, 300);
    assert_int_equal(options.memory_max_bytes, (uint64_t)2 << 30);
    assert_int_equal(options.states_max, 1000);
}

static void what_is_not_given_bounds_nothing(void **context) {
    (void)context;
    struct cp_options options;
    assert_int_equal(parse("", &options), 0);
    assert_true(options.jobs >= 1);
    assert_int_equal(options.engine, CP_ENGINE_FAST);
    assert_int_equal(options.shard_count, 0);
    assert_int_equal(options.seconds_max, CP_UNLIMITED);
    assert_int_equal(options.states_max, CP_UNLIMITED);
    struct cp_case test_case = {.bounds = {.cuts_max = 3, .seconds_max = 60, .states_max = 9}};
    cp_option_budgets(&options, &test_case);
    assert_int_equal(test_case.bounds.seconds_max, 60);
    assert_int_equal(test_case.bounds.states_max, 9);
    assert_int_equal(test_case.bounds.memory_max_bytes, 0);
    assert_false(cp_option_search(&options, &test_case).is_states_budget);
}

static void bad_values_are_refused(void **context) {
    (void)context;
    static const char *const lines[] = {
        "-j 0",           "-j many",           "-j 1025",          "--engine quick",
        "--shard 2",      "--shard 0/2",       "--shard 3/2",      "--shard 1/2/3",
        "--shard /2",     "--max-time 10",     "--max-time 500ms", "--max-time 0s",
        "--max-memory 1", "--max-memory 4KiB", "--max-states 0",   "--max-states 1e6",
        "--jobs",
    };
    struct cp_options options;
    int shown = dup(STDERR_FILENO), nowhere = open("/dev/null", O_WRONLY);
    uint32_t taken = 0;
    dup2(nowhere, STDERR_FILENO); // the messages are for people
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        taken += parse(lines[i], &options) == 0;
    }
    dup2(shown, STDERR_FILENO);
    close(shown);
    close(nowhere);
    assert_int_equal(taken, 0);
}

static void the_smaller_budget_counts(void **context) {
    (void)context;
    struct cp_options options;
    struct cp_case test_case = {.bounds = {.states_max = 500, .seconds_max = 60}};
    assert_int_equal(parse("--max-time 2m --max-memory 4GiB --max-states 400", &options), 0);
    assert_true(cp_option_search(&options, &test_case).is_states_budget);
    cp_option_budgets(&options, &test_case);
    assert_int_equal(test_case.bounds.seconds_max, 60);
    assert_int_equal(test_case.bounds.states_max, 400);
    assert_int_equal(test_case.bounds.memory_max_bytes, CP_MEMORY_MAX_BYTES);
    // The scenario's own, smaller bound is one that it admits to.
    test_case.bounds.states_max = 300;
    assert_false(cp_option_search(&options, &test_case).is_states_budget);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_read),
        cmocka_unit_test(what_is_not_given_bounds_nothing),
        cmocka_unit_test(the_smaller_budget_counts),
        cmocka_unit_test(bad_values_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

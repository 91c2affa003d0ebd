// test_reports_gate.c: limits, patterns and the arithmetic of `cutproof gate`.

#include "reports/gate_internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>

static const struct cp_gate_limit none = {.value = 0};
static const struct cp_gate_limit percent = {.value = 5, .is_percent = true};
static const struct cp_gate_limit count = {.value = 3};
static const struct cp_gate_limit unlimited = {.is_unlimited = true};

static void equal_values_are_the_same(void **state) {
    (void)state;
    assert_int_equal(cp_gate_judge(7, 7, CP_GATE_MORE_IS_WORSE, none), CP_GATE_SAME);
    assert_int_equal(cp_gate_judge(7, 7, CP_GATE_MORE_IS_BETTER, none), CP_GATE_SAME);
    assert_int_equal(cp_gate_judge(0, 0, CP_GATE_MORE_IS_NEITHER, percent), CP_GATE_SAME);
    assert_int_equal(cp_gate_judge(0.1 + 0.2, 0.3, CP_GATE_MORE_IS_WORSE, none), CP_GATE_SAME);
}

static void the_direction_decides(void **state) {
    (void)state;
    assert_int_equal(cp_gate_judge(7, 8, CP_GATE_MORE_IS_WORSE, none), CP_GATE_WORSE);
    assert_int_equal(cp_gate_judge(7, 6, CP_GATE_MORE_IS_WORSE, none), CP_GATE_BETTER);
    assert_int_equal(cp_gate_judge(7, 8, CP_GATE_MORE_IS_BETTER, none), CP_GATE_BETTER);
    assert_int_equal(cp_gate_judge(7, 6, CP_GATE_MORE_IS_BETTER, none), CP_GATE_WORSE);
    assert_int_equal(cp_gate_judge(7, 800, CP_GATE_MORE_IS_NEITHER, none), CP_GATE_WITHIN);
}

static void a_limit_itself_is_allowed(void **state) {
    (void)state;
    assert_int_equal(cp_gate_judge(100, 105, CP_GATE_MORE_IS_WORSE, percent), CP_GATE_WITHIN);
    assert_int_equal(cp_gate_judge(100, 106, CP_GATE_MORE_IS_WORSE, percent), CP_GATE_WORSE);
    assert_int_equal(cp_gate_judge(100, 95, CP_GATE_MORE_IS_BETTER, percent), CP_GATE_WITHIN);
    assert_int_equal(cp_gate_judge(100, 94.9, CP_GATE_MORE_IS_BETTER, percent), CP_GATE_WORSE);
    assert_int_equal(cp_gate_judge(100, 103, CP_GATE_MORE_IS_WORSE, count), CP_GATE_WITHIN);
    assert_int_equal(cp_gate_judge(100, 104, CP_GATE_MORE_IS_WORSE, count), CP_GATE_WORSE);
    assert_int_equal(cp_gate_judge(100, 1e9, CP_GATE_MORE_IS_WORSE, unlimited), CP_GATE_WITHIN);
    // 0.1 percent of a large number, without a rounding that decides
    const struct cp_gate_limit tenth = {.value = 0.1, .is_percent = true};
    assert_int_equal(cp_gate_judge(330000, 330330, CP_GATE_MORE_IS_WORSE, tenth), CP_GATE_WITHIN);
    assert_int_equal(cp_gate_judge(330000, 330331, CP_GATE_MORE_IS_WORSE, tenth), CP_GATE_WORSE);
}

static void of_nothing_no_percentage_is_allowed(void **state) {
    (void)state;
    assert_int_equal(cp_gate_judge(0, 1, CP_GATE_MORE_IS_WORSE, percent), CP_GATE_WORSE);
    assert_int_equal(cp_gate_judge(-100, -94, CP_GATE_MORE_IS_WORSE, percent), CP_GATE_WORSE);
    assert_int_equal(cp_gate_judge(-100, -95, CP_GATE_MORE_IS_WORSE, percent), CP_GATE_WITHIN);
}

static void patterns_fit_whole_names(void **state) {
    (void)state;
    assert_true(cp_gate_fits("*", ""));
    assert_true(cp_gate_fits("seed/*", "seed/update"));
    assert_true(cp_gate_fits("*torn*[a.b=?]", "seed/torn-any[a.b=1]"));
    assert_true(cp_gate_fits("a*b*c", "aXbXbXc"));
    assert_true(cp_gate_fits("a**", "a"));
    assert_false(cp_gate_fits("", "a"));
    assert_false(cp_gate_fits("seed", "seed/update"));
    assert_false(cp_gate_fits("a?", "a"));
    assert_false(cp_gate_fits("a*b", "aXbX"));
    assert_false(cp_gate_fits("[ab]", "a"));
}

static void the_last_rule_that_fits_counts(void **state) {
    (void)state;
    struct cp_gate_rule rules[3] = {
        {.pattern = "seed/*", .is_given[CP_GATE_STATES] = true, .limits[CP_GATE_STATES] = count},
        {.pattern = "*", .is_given[CP_GATE_STATES] = true, .limits[CP_GATE_STATES] = percent},
        {.pattern = "*", .is_given[CP_GATE_SITES] = true, .limits[CP_GATE_SITES] = count},
    };
    struct cp_gate_limits limits = cp_gate_limits_default();
    assert_true(cp_gate_limit_for(&limits, CP_GATE_STATES, "seed/a").value == 0);
    limits.rules = rules;
    limits.rule_count = 1;
    assert_true(cp_gate_limit_for(&limits, CP_GATE_STATES, "seed/a").value == 3);
    assert_true(cp_gate_limit_for(&limits, CP_GATE_STATES, "holes/a").value == 0);
    limits.rule_count = 3;
    assert_true(cp_gate_limit_for(&limits, CP_GATE_STATES, "seed/a").value == 5);
    // a rule of cases says nothing of measures
    rules[1].is_given[CP_GATE_MEASURES] = true;
    assert_true(cp_gate_limit_for(&limits, CP_GATE_MEASURES, "x").value == 1);
    rules[1].is_of_measures = true;
    rules[1].limits[CP_GATE_MEASURES] = count;
    assert_true(cp_gate_limit_for(&limits, CP_GATE_MEASURES, "x").value == 3);
}

static void rules_that_fit_nothing_are_known(void **state) {
    (void)state;
    struct cp_gate_rule rules[2] = {{.pattern = "a*"}, {.pattern = "b*", .is_of_measures = true}};
    const struct cp_gate_limits limits = {.rules = rules, .rule_count = 2};
    cp_gate_mark_rules(&limits, true, "abc");
    assert_false(rules[0].is_used || rules[1].is_used);
    cp_gate_mark_rules(&limits, false, "abc");
    assert_true(rules[0].is_used && !rules[1].is_used);
}

static void check_number(double value, const char *text) {
    assert_string_equal(cp_gate_number(value).text, text);
}

static void numbers_are_for_people(void **state) {
    (void)state;
    check_number(0, "0");
    check_number(999, "999");
    check_number(1000, "1,000");
    check_number(-1234567, "-1,234,567");
    check_number(97.25, "97.25");
    check_number(0.5, "0.5");
    check_number(12.00001, "12.0");
    check_number(1e20, "1e+20");
}

// --- sentences

static const char *sentence(const struct cp_gate_value *value, enum cp_gate_class class) {
    static char text[256];
    struct cp_gate_limits limits = cp_gate_limits_default();
    struct cp_gate_result result = {0};
    struct cp_gate gate = {.limits = &limits, .result = &result};
    cp_gate_tell(&gate, value);
    text[0] = '\0';
    if (result.change_count > 0) {
        assert_int_equal(result.change_count, 1);
        assert_int_equal(result.changes[0].class, class);
        snprintf(text, sizeof text, "%s", result.changes[0].text);
    }
    cp_gate_result_free(&result);
    return text;
}

static void values_are_told_with_their_limit(void **state) {
    (void)state;
    struct cp_gate_value value = {.limit = CP_GATE_STATES,
                                  .more = CP_GATE_MORE_IS_BETTER,
                                  .subject = "a",
                                  .what = "states",
                                  .noun = "states",
                                  .unit = "",
                                  .base = 330401,
                                  .fresh = 318000,
                                  .worse = "lost",
                                  .better = "more"};
    assert_string_equal(sentence(&value, CP_GATE_REGRESSED),
                        "states 330,401 -> 318,000 (12,401 lost, threshold 0)");
    value.limit = CP_GATE_STATES_BY_NUMBER;
    assert_string_equal(sentence(&value, CP_GATE_CHANGED),
                        "states 330,401 -> 318,000 (-3.8%, threshold 5%)");
    value.fresh = 330400; // too little for a percentage with one decimal
    assert_string_equal(sentence(&value, CP_GATE_CHANGED),
                        "states 330,401 -> 330,400 (1 lost, threshold 5%)");
    value.is_told_only = true;
    value.detail = "of another";
    assert_string_equal(sentence(&value, CP_GATE_CHANGED),
                        "states 330,401 -> 330,400 (1 lost, no threshold; of another)");
    value.fresh = value.base;
    assert_string_equal(sentence(&value, CP_GATE_CHANGED), "");
}

static void what_was_lost_is_not_made_up_for(void **state) {
    (void)state;
    struct cp_gate_value value = {.limit = CP_GATE_STATES,
                                  .more = CP_GATE_MORE_IS_BETTER,
                                  .subject = "a",
                                  .what = "states",
                                  .noun = "states",
                                  .unit = "",
                                  .base = 10,
                                  .fresh = 20,
                                  .worse_by = 2,
                                  .worse = "lost",
                                  .better = "more"};
    assert_string_equal(sentence(&value, CP_GATE_REGRESSED),
                        "states 10 -> 20 (2 lost, threshold 0)");
    value.worse_by = 0;
    assert_string_equal(sentence(&value, CP_GATE_IMPROVED),
                        "states 10 -> 20 (10 more, threshold 0)");
    value.is_gain_neutral = true;
    assert_string_equal(sentence(&value, CP_GATE_CHANGED),
                        "states 10 -> 20 (10 more, threshold 0)");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_values_are_the_same),
        cmocka_unit_test(the_direction_decides),
        cmocka_unit_test(a_limit_itself_is_allowed),
        cmocka_unit_test(of_nothing_no_percentage_is_allowed),
        cmocka_unit_test(patterns_fit_whole_names),
        cmocka_unit_test(the_last_rule_that_fits_counts),
        cmocka_unit_test(rules_that_fit_nothing_are_known),
        cmocka_unit_test(numbers_are_for_people),
        cmocka_unit_test(values_are_told_with_their_limit),
        cmocka_unit_test(what_was_lost_is_not_made_up_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

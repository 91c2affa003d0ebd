// gate_limits.c: what may get worse by how much, and for which cases.

#include "reports/gate.h"

#define COUNT(n)                                                                                   \
    { .value = (n) }
#define PERCENT(n)                                                                                 \
    { .value = (n), .is_percent = true }
#define UNLIMITED                                                                                  \
    { .is_unlimited = true }

// What is exact in every run has the limit 0. Numbers that a change of the core moves for good
// reasons have some percent. What depends on the machine, or on how many searches were run at
// a time, is told only.
const struct cp_gate_limit_row cp_gate_limit_rows[CP_GATE_LIMIT_COUNT] = {
    [CP_GATE_DISAPPEARED] = {"disappeared", COUNT(0)},
    [CP_GATE_STATES] = {"states", COUNT(0)},
    [CP_GATE_STATES_BY_NUMBER] = {"states_by_number", PERCENT(5)},
    [CP_GATE_PROMISES] = {"promises", COUNT(0)},
    [CP_GATE_SITES] = {"sites", COUNT(0)},
    [CP_GATE_FIRST_RUN_BAD_ENDS] = {"first_run_bad_ends", COUNT(0)},
    [CP_GATE_ERASES_MAX] = {"erases_max", COUNT(0)},
    [CP_GATE_EXCESS_MAX] = {"excess_max", COUNT(0)},
    [CP_GATE_UNCUT_PROGRAMS] = {"uncut_programs", PERCENT(1)},
    [CP_GATE_UNCUT_ERASES] = {"uncut_erases", PERCENT(1)},
    [CP_GATE_BOOT_OPERATIONS_MAX] = {"boot_operations_max", PERCENT(1)},
    [CP_GATE_UPTIME_OPERATIONS] = {"uptime_operations", PERCENT(1)},
    [CP_GATE_OPERATIONS] = {"operations", UNLIMITED},
    [CP_GATE_TIME_UNCUT] = {"time_uncut", PERCENT(1)},
    [CP_GATE_TIME_UPDATE] = {"time_update", PERCENT(1)},
    [CP_GATE_TIME_REVERT] = {"time_revert", PERCENT(1)},
    [CP_GATE_TIME_RESUME_MAX] = {"time_resume_max", PERCENT(1)},
    [CP_GATE_TIME_UPTIME] = {"time_uptime", PERCENT(1)},
    [CP_GATE_TIME_UNFED_MAX] = {"time_unfed_max", PERCENT(1)},
    [CP_GATE_SECONDS] = {"seconds", UNLIMITED},
    [CP_GATE_MEASURES] = {"measures", PERCENT(1)},
};

struct cp_gate_limits cp_gate_limits_default(void) {
    struct cp_gate_limits limits = {0};
    for (size_t i = 0; i < CP_GATE_LIMIT_COUNT; i++) {
        limits.all[i] = cp_gate_limit_rows[i].fallback;
    }
    return limits;
}

// Brackets mean themselves, as they are part of names: seed/x[images.new.firmware=bad].
bool cp_gate_fits(const char *pattern, const char *name) {
    const char *star = NULL, *resume = NULL; // where the last `*` was, and what it may take next
    while (*name) {
        if (*pattern == '*') {
            star = pattern++;
            resume = name;
        } else if (*pattern == '?' || *pattern == *name) {
            pattern++;
            name++;
        } else if (star) {
            pattern = star + 1;
            name = ++resume;
        } else {
            return false;
        }
    }
    while (*pattern == '*') {
        pattern++;
    }
    return *pattern == '\0';
}

struct cp_gate_limit cp_gate_limit_for(const struct cp_gate_limits *limits,
                                       enum cp_gate_limit_id id, const char *name) {
    struct cp_gate_limit limit = limits->all[id];
    for (size_t i = 0; i < limits->rule_count; i++) {
        const struct cp_gate_rule *rule = &limits->rules[i];
        if (rule->is_of_measures == (id == CP_GATE_MEASURES) && rule->is_given[id] &&
            cp_gate_fits(rule->pattern, name)) {
            limit = rule->limits[id];
        }
    }
    return limit;
}

void cp_gate_mark_rules(const struct cp_gate_limits *limits, bool is_of_measures,
                        const char *name) {
    for (size_t i = 0; i < limits->rule_count; i++) {
        struct cp_gate_rule *rule = &limits->rules[i];
        rule->is_used |=
            rule->is_of_measures == is_of_measures && cp_gate_fits(rule->pattern, name);
    }
}

// The least difference that is no rounding of the percentage.
#define ROUNDING 1e-9

enum cp_gate_trend cp_gate_judge(double base, double fresh, enum cp_gate_more more,
                                 struct cp_gate_limit limit) {
    double size = base < 0 ? -base : base;
    double worse = more == CP_GATE_MORE_IS_BETTER ? base - fresh : fresh - base;
    double allowed = limit.is_percent ? size * limit.value / 100 : limit.value;
    if (worse > -ROUNDING && worse < ROUNDING) {
        return CP_GATE_SAME;
    }
    if (more == CP_GATE_MORE_IS_NEITHER) {
        return CP_GATE_WITHIN;
    }
    if (worse < 0) {
        return CP_GATE_BETTER;
    }
    return limit.is_unlimited || worse <= allowed + ROUNDING * (1 + size) ? CP_GATE_WITHIN
                                                                          : CP_GATE_WORSE;
}

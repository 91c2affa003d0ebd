// gate.h: what two run logs say of each other: is the newer one worse?
//
// Each difference is one sentence with the limit that it was held against.
// docs/gate.md says what is compared and why.

#ifndef CP_REPORTS_GATE_H
#define CP_REPORTS_GATE_H

#include "faults/case.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// --- limits: what may get worse by how much

enum cp_gate_limit_id {
    CP_GATE_DISAPPEARED,
    CP_GATE_STATES,
    CP_GATE_STATES_BY_NUMBER,
    CP_GATE_PROMISES,
    CP_GATE_SITES,
    CP_GATE_FIRST_RUN_BAD_ENDS,
    CP_GATE_ERASES_MAX,
    CP_GATE_EXCESS_MAX,
    CP_GATE_UNCUT_PROGRAMS,
    CP_GATE_UNCUT_ERASES,
    CP_GATE_BOOT_OPERATIONS_MAX,
    CP_GATE_UPTIME_OPERATIONS,
    CP_GATE_OPERATIONS,
    CP_GATE_TIME_UNCUT,
    CP_GATE_TIME_UPDATE,
    CP_GATE_TIME_REVERT,
    CP_GATE_TIME_RESUME_MAX,
    CP_GATE_TIME_UPTIME,
    CP_GATE_TIME_UNFED_MAX,
    CP_GATE_SECONDS,
    CP_GATE_MEASURES,
    CP_GATE_LIMIT_COUNT,
};

struct cp_gate_limit {
    double value; // a count, or percent of the value in BASE
    bool is_percent;
    bool is_unlimited; // told, never a regression
};

// A limit's name in a file of thresholds, and its value where nothing else is said.
struct cp_gate_limit_row {
    const char *name;
    struct cp_gate_limit fallback;
};

extern const struct cp_gate_limit_row cp_gate_limit_rows[CP_GATE_LIMIT_COUNT];

// Limits for the cases, or for the measures, whose name fits a pattern.
struct cp_gate_rule {
    const char *pattern; // `*` is any text, `?` one character
    bool is_of_measures;
    bool is_given[CP_GATE_LIMIT_COUNT];
    struct cp_gate_limit limits[CP_GATE_LIMIT_COUNT];
    bool is_used; // set when a name has fitted
};

struct cp_gate_limits {
    struct cp_gate_limit all[CP_GATE_LIMIT_COUNT];
    struct cp_gate_rule *rules; // of those that fit the last one counts
    size_t rule_count;
};

// The limits where no file says otherwise.
struct cp_gate_limits cp_gate_limits_default(void);

// The limit for a case; for CP_GATE_MEASURES for a measure.
struct cp_gate_limit cp_gate_limit_for(const struct cp_gate_limits *limits,
                                       enum cp_gate_limit_id id, const char *name);

// Note which rules fit a name that is compared.
void cp_gate_mark_rules(const struct cp_gate_limits *limits, bool is_of_measures, const char *name);

bool cp_gate_fits(const char *pattern, const char *name);

// --- one value in both logs

enum cp_gate_more { CP_GATE_MORE_IS_WORSE, CP_GATE_MORE_IS_BETTER, CP_GATE_MORE_IS_NEITHER };

enum cp_gate_trend { CP_GATE_SAME, CP_GATE_BETTER, CP_GATE_WITHIN, CP_GATE_WORSE };

// WITHIN: worse, but not by more than the limit; or neither better nor worse.
enum cp_gate_trend cp_gate_judge(double base, double fresh, enum cp_gate_more more,
                                 struct cp_gate_limit limit);

// --- what came of a comparison

// In the order in which they are told; the last matters most.
enum cp_gate_class {
    CP_GATE_CHANGED,
    CP_GATE_ADDED,
    CP_GATE_UNCHANGED, // as bad as before
    CP_GATE_IMPROVED,
    CP_GATE_NOT_COMPARED, // BASE does not have it
    CP_GATE_INCONCLUSIVE, // NEW does not have it, or a search did not end
    CP_GATE_REGRESSED,
    CP_GATE_CLASS_COUNT,
};

// "changed" ... "REGRESSED".
const char *cp_gate_class_name(enum cp_gate_class class);

struct cp_gate_change {
    enum cp_gate_class class;
    char subject[CP_NAME_MAX]; // a case or a measure; "": the run
    const char *what;          // such as "states": of each kind of change always the same
    char *text;                // the sentence without its subject
    bool has_values;
    double base, fresh;
    char limit[48]; // as in the sentence; "": none applies
};

// One of the two logs.
struct cp_gate_log {
    const char *path;
    int schema_version;
    char version[32], core_name[64], core_hash[64], engine[16];
    bool is_audit, is_complete;
    size_t case_count;
};

struct cp_gate_result {
    struct cp_gate_log base, fresh;
    size_t compared_count;          // cases that are in both
    struct cp_gate_change *changes; // by class, then as found
    size_t change_count, change_capacity;
    size_t counts[CP_GATE_CLASS_COUNT];
    bool is_out_of_memory;
};

// The scenarios of a case in both logs, as text. The name of a key that differs and that decides
// what the numbers mean, such as `layout`; NULL: none does. *other is set likewise for a key
// that does not, such as `faults`. The names live as long as the program.
typedef const char *cp_gate_compare_scenarios(const char *base, const char *fresh,
                                              const char **other);

// Compare two logs. Negative with a message in error[CP_MESSAGE_MAX], and in `help` what to do
// or "", if one cannot be read, is no log, is of a schema version that is not known, is cut off,
// or is the log of one part. Whatever is returned, free the result.
int cp_gate_compare(const char *base, const char *fresh, const struct cp_gate_limits *limits,
                    cp_gate_compare_scenarios *compare_scenarios, struct cp_gate_result *result,
                    char *error, char *help);

void cp_gate_result_free(struct cp_gate_result *result);

#endif

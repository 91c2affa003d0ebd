// gate_internal.h: what the files that compare two logs share. Not for others.

#ifndef CP_REPORTS_GATE_INTERNAL_H
#define CP_REPORTS_GATE_INTERNAL_H

#include "faults/result.h"
#include "reports/gate.h"

#include <sqlite3.h>

// What a log says of a case, as far as it is compared.
struct cp_gate_case {
    int64_t id; // 0: selected, and never begun
    char name[CP_NAME_MAX], hash[16], file[256];
    char verdict[12], expected[12]; // "" until it has ended
    char bound[CP_MESSAGE_MAX], error[CP_MESSAGE_MAX];
    bool is_met, is_complete, is_wear_exact;
    int64_t cuts_max; // -1: no bound
    int64_t states_min, states;
    double seconds;
    double operations, uptime_operations, boot_operations_max, uncut_programs, uncut_erases;
    // Of its rows in `states`.
    uint64_t row_count, sum_high, sum_low;
    int64_t first_row, last_row;
};

struct cp_gate_side {
    const char *schema; // its name in SQL: `base` or `fresh`
    struct cp_gate_log *log;
    struct cp_gate_case *cases; // by id; those never begun first
    size_t case_count;
    bool has_cuts, has_measures; // the tables
};

// Why a case has another hash in the other log.
enum cp_gate_relation {
    CP_GATE_SAME_CASE,
    CP_GATE_OTHER_CORE,
    CP_GATE_OTHER_SCENARIO, // another device, other images or another script
    CP_GATE_OTHER_MODEL,    // another version of Cutproof
};

struct cp_gate_pair {
    const struct cp_gate_case *base, *fresh;
    enum cp_gate_relation relation;
};

struct cp_gate {
    sqlite3 *db;
    struct cp_gate_side base, fresh;
    const struct cp_gate_limits *limits;
    cp_gate_compare_scenarios *compare_scenarios;
    struct cp_gate_result *result;
    char *error, *help; // of the caller
};

// --- gate_sql.c

// Prepare a query; NULL with a message in gate->error.
sqlite3_stmt *cp_gate_prepare(struct cp_gate *gate, const char *sql);

// The next row: 1, at the end 0, negative with a message.
int cp_gate_step(struct cp_gate *gate, sqlite3_stmt *query);

// Run SQL in which every $ stands for the name of a side's schema.
int cp_gate_execute(struct cp_gate *gate, const struct cp_gate_side *side, const char *sql);
sqlite3_stmt *cp_gate_prepare_of(struct cp_gate *gate, const struct cp_gate_side *side,
                                 const char *sql);

// A column as text, "" for null; valid until the next step.
const char *cp_gate_text_at(sqlite3_stmt *row, int column);

// --- gate_open.c: negative with a message in gate->error and gate->help

int cp_gate_open(struct cp_gate *gate, const char *base, const char *fresh);

// --- gate_cases.c

int cp_gate_read_cases(struct cp_gate *gate, struct cp_gate_side *side);

// Take what is compared row by row into tables of its own, with an index: temp.base_sites and
// temp.fresh_sites, and likewise promises, violations, wear, times and cuts.
int cp_gate_take_rows(struct cp_gate *gate, const struct cp_gate_side *side);

const struct cp_gate_case *cp_gate_find_case(const struct cp_gate_side *side, const char *name);

// --- gate_verdict.c, gate_rows.c, gate_states.c: compare one case

bool cp_gate_has_ended(const struct cp_gate_case *one);

// Did the search see all that it was to see? One that ends at a violation did not.
bool cp_gate_is_whole(const struct cp_gate_case *one);

int cp_gate_compare_verdicts(struct cp_gate *gate, const struct cp_gate_pair *pair);
int cp_gate_judge_added(struct cp_gate *gate, const struct cp_gate_case *fresh);
int cp_gate_compare_promises(struct cp_gate *gate, const struct cp_gate_pair *pair);
int cp_gate_compare_sites(struct cp_gate *gate, const struct cp_gate_pair *pair);
int cp_gate_compare_wear(struct cp_gate *gate, const struct cp_gate_pair *pair);
int cp_gate_compare_times(struct cp_gate *gate, const struct cp_gate_pair *pair);
int cp_gate_compare_first_run(struct cp_gate *gate, const struct cp_gate_pair *pair);

// Count and add up the states of all cases of a side, in one pass.
int cp_gate_sum_states(struct cp_gate *gate, struct cp_gate_side *side);
int cp_gate_compare_states(struct cp_gate *gate, const struct cp_gate_pair *pair);

int cp_gate_compare_measures(struct cp_gate *gate);

// --- gate_list.c: what was found

void cp_gate_add(struct cp_gate *gate, enum cp_gate_class class, const char *subject,
                 const char *what, const char *format, ...) __attribute__((format(printf, 5, 6)));

// A value of both logs, and how it is told.
struct cp_gate_value {
    enum cp_gate_limit_id limit;
    enum cp_gate_more more;
    const char *subject;
    const char *what; // as in struct cp_gate_change
    const char *noun; // as in the sentence
    const char *unit; // after both numbers, such as " us", or ""
    double base, fresh;
    double worse_by;            // where more than the difference was lost; else 0
    const char *worse, *better; // "lost", "more"
    const char *detail;         // at the end, or NULL
    bool is_told_only;          // the numbers are not of the same thing
    bool is_gain_neutral;       // a change for the better is only a change
};

// Tell a value that differs, held against its limit.
void cp_gate_tell(struct cp_gate *gate, const struct cp_gate_value *value);

// A number with separators, and with decimals only where it has some.
struct cp_gate_number {
    char text[40];
};
struct cp_gate_number cp_gate_number(double value);

#endif

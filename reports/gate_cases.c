// gate_cases.c: the cases of a log, and what is said of each in few rows.

#include "reports/gate_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TAKE_TEXT(field, column)                                                                   \
    snprintf(one->field, sizeof one->field, "%s", cp_gate_text_at(row, column))

static void take_texts(struct cp_gate_case *one, sqlite3_stmt *row) {
    TAKE_TEXT(name, 1);
    TAKE_TEXT(file, 2);
    TAKE_TEXT(hash, 3);
    TAKE_TEXT(verdict, 4);
    TAKE_TEXT(expected, 5);
    TAKE_TEXT(bound, 6);
    TAKE_TEXT(error, 7);
}

static void take_numbers(struct cp_gate_case *one, sqlite3_stmt *row) {
    one->is_met = sqlite3_column_int(row, 8) != 0;
    one->is_complete = sqlite3_column_int(row, 9) != 0;
    one->is_wear_exact = sqlite3_column_int(row, 10) != 0;
    one->cuts_max =
        sqlite3_column_type(row, 11) == SQLITE_NULL ? -1 : sqlite3_column_int64(row, 11);
    one->states_min = sqlite3_column_int64(row, 12);
    one->states = sqlite3_column_int64(row, 13);
    one->seconds = sqlite3_column_double(row, 14);
    one->operations = sqlite3_column_double(row, 15);
    one->uptime_operations = sqlite3_column_double(row, 16);
    one->boot_operations_max = sqlite3_column_double(row, 17);
    one->uncut_programs = sqlite3_column_double(row, 18);
    one->uncut_erases = sqlite3_column_double(row, 19);
}

static int take_case(struct cp_gate *gate, struct cp_gate_side *side, sqlite3_stmt *row) {
    struct cp_gate_case *grown = realloc(side->cases, (side->case_count + 1) * sizeof *side->cases);
    if (!grown) {
        snprintf(gate->error, CP_MESSAGE_MAX, "out of memory");
        return -1;
    }
    side->cases = grown;
    struct cp_gate_case *one = &grown[side->case_count++];
    *one = (struct cp_gate_case){.id = sqlite3_column_int64(row, 0)};
    take_texts(one, row);
    take_numbers(one, row);
    return 0;
}

// A run that was interrupted selected cases that it never began: they come first, with the
// number 0.
static const char cases_sql[] =
    "SELECT coalesce(c.id, 0), coalesce(c.scenario, s.scenario), coalesce(c.file, s.file), c.hash,"
    " c.verdict, c.expected, c.bound, c.error, c.met, c.is_complete AND NOT c.interrupted,"
    " c.is_wear_exact, c.cuts_max, c.states_min, c.states, c.seconds, c.operations,"
    " c.uptime_operations, c.boot_operations_max, c.uncut_programs, c.uncut_erases"
    " FROM $.selected s LEFT JOIN $.cases c ON c.scenario = s.scenario ORDER BY c.id, s.position";

int cp_gate_read_cases(struct cp_gate *gate, struct cp_gate_side *side) {
    sqlite3_stmt *query = cp_gate_prepare_of(gate, side, cases_sql);
    int got = query ? 1 : -1;
    while (got > 0 && (got = cp_gate_step(gate, query)) > 0) {
        got = take_case(gate, side, query) < 0 ? -1 : got;
    }
    sqlite3_finalize(query);
    side->log->case_count = side->case_count;
    return got < 0 ? -1 : 0;
}

// In the order of the cases: those of both logs are mostly in the same.
const struct cp_gate_case *cp_gate_find_case(const struct cp_gate_side *side, const char *name) {
    for (size_t i = 0; i < side->case_count; i++) {
        if (strcmp(side->cases[i].name, name) == 0) {
            return &side->cases[i];
        }
    }
    return NULL;
}

// Two call chains that end in one line, and what was counted in parts, are one place.
static const char rows_sql[] =
    "CREATE TABLE temp.$_promises AS SELECT case_id, promise, max(claimed) AS claimed,"
    "  sum(times_exercised) AS times FROM $.promises GROUP BY case_id, promise;"
    "CREATE INDEX temp.$_promises_of ON $_promises(case_id, promise);"
    "CREATE TABLE temp.$_violations AS SELECT * FROM $.violations;"
    "CREATE INDEX temp.$_violations_of ON $_violations(case_id, promise);"
    "CREATE TABLE temp.$_sites AS SELECT case_id, file, line, function, operation, fault,"
    "  sum(times) AS times FROM $.sites GROUP BY case_id, file, line, function, operation, fault;"
    "CREATE INDEX temp.$_sites_of ON $_sites(case_id, function);"
    "CREATE TABLE temp.$_wear AS SELECT * FROM $.wear;"
    "CREATE INDEX temp.$_wear_of ON $_wear(case_id, device, page);"
    "CREATE TABLE temp.$_times AS SELECT * FROM $.times;"
    "CREATE INDEX temp.$_times_of ON $_times(case_id, name);";

static const char cuts_sql[] =
    "CREATE TABLE temp.$_cuts AS SELECT c.case_id, sum(c.times) AS times,"
    "  sum(CASE WHEN o.name IN ('mixed', 'no-boot') THEN c.times ELSE 0 END) AS bad"
    "  FROM $.cuts c LEFT JOIN $.outcome_names o ON o.id = c.outcome GROUP BY c.case_id;"
    "CREATE INDEX temp.$_cuts_of ON $_cuts(case_id)";

static const char no_cuts_sql[] = "CREATE TABLE temp.$_cuts(case_id, times, bad)";

int cp_gate_take_rows(struct cp_gate *gate, const struct cp_gate_side *side) {
    int err = cp_gate_execute(gate, side, rows_sql);
    return err ? err : cp_gate_execute(gate, side, side->has_cuts ? cuts_sql : no_cuts_sql);
}

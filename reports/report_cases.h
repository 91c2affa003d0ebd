// report_cases.h: the cases of the logs, each with what became of it, for all forms of a report.

#ifndef CP_REPORTS_REPORT_CASES_H
#define CP_REPORTS_REPORT_CASES_H

#include "reports/report.h"

#include <stdint.h>

// What became of a case. The order is that of severity, the worst last.
enum cp_report_status {
    CP_REPORT_PROVED,
    CP_REPORT_AS_CLAIMED,   // the promises broke that the scenario says are broken
    CP_REPORT_BOUNDED,      // as the scenario expects
    CP_REPORT_NOT_BEGUN,    // selected, but the run ended before
    CP_REPORT_UNFINISHED,   // begun, but not ended, or ended by a signal
    CP_REPORT_INCONCLUSIVE, // a budget ran out before what was expected
    CP_REPORT_ERROR,        // it could not be searched
    CP_REPORT_FAILED,       // a promise broke that nobody claims, or a claim does not hold
    CP_REPORT_STATUS_COUNT
};

const char *cp_report_status_name(enum cp_report_status status); // "PROVED", "AS CLAIMED", ...

// Is it as the scenario expects?
bool cp_report_status_is_met(enum cp_report_status status);

struct cp_report_violation {
    char *promise, *trace, *replay_id, *message, *indifferent;
    int64_t cuts;
    bool is_shortest, is_claimed;
    bool is_of_search; // of the whole search: there is no trace of it
    int64_t trace_id;  // its steps in the log; 0: there are none
    char *file;        // source line of the operation that was cut last, or of the last one
    int64_t line;      // of all; NULL and 0 if the log does not say
    char *function;
};

struct cp_report_case {
    const struct cp_report_log *log;
    int64_t case_id; // 0: it was never begun
    enum cp_report_status status;
    char *name, *file, *part, *format, *hash, *verdict, *expected, *because, *bound, *error;
    char *stopped_by;
    int64_t line, states, states_min, cuts, operations, cuts_deepest;
    double seconds;
    char *reason; // why it is not as expected, in a line; "" if it is, or if a violation says it
    struct cp_report_violation *violations;
    size_t violation_count;
};

struct cp_report_cases {
    struct cp_report_case *cases;
    size_t count;
    size_t counts[CP_REPORT_STATUS_COUNT];
    uint64_t states;
    bool is_complete; // every log's run was
};

// Read all cases of all logs, in the order they were selected. Negative with a message in
// error[CP_MESSAGE_MAX] if a log cannot be read, or without memory.
int cp_report_read_cases(const struct cp_report *report, struct cp_report_cases *cases,
                         char *error);
void cp_report_free_cases(struct cp_report_cases *cases);

// The verdict of all in one sentence, with its bound: "PROVED: ...", "FAILED: ...". The caller
// frees it; NULL without memory.
char *cp_report_sentence(const struct cp_report_cases *cases);

// The first claimed-by-nobody violation, or NULL.
const struct cp_report_violation *cp_report_first_failure(const struct cp_report_case *test_case);

// The message for a log that cannot be read. Returns -1.
int cp_report_sql_error(const struct cp_report_log *log, char *error);

#endif

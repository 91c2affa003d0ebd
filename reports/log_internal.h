// log_internal.h: what the files that write a log share. Not for others.

#ifndef CP_REPORTS_LOG_INTERNAL_H
#define CP_REPORTS_LOG_INTERNAL_H

#include "reports/log.h"

#include <sqlite3.h>

struct cp_log {
    sqlite3 *db;
    sqlite3_stmt *insert_state;
    uint32_t rows_since_commit, rows_since_clock;
    int64_t committed_at_ns; // on the monotonic clock
    char error[CP_MESSAGE_MAX];
};

// Keep SQLite's message, prefixed with what failed; returns -1.
int cp_log_fail(struct cp_log *log, const char *what);

// Run SQL that has no parameters.
int cp_log_execute(struct cp_log *log, const char *sql);

// Run one statement with values bound by a format, a letter each: i int64_t,
// t const char *, d double, n null (takes no value). A null text binds null.
int cp_log_insert(struct cp_log *log, const char *sql, const char *format, ...);

// Fill the tables of names.
int cp_log_write_names(struct cp_log *log);

// Commit what is pending and begin the next transaction.
int cp_log_commit(struct cp_log *log);

#endif

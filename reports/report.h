// report.h: what every form of a report is made from: one log or several, open for reading.

#ifndef CP_REPORTS_REPORT_H
#define CP_REPORTS_REPORT_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct cp_report_log {
    const char *path;
    sqlite3 *db;
    bool is_complete; // its run was: else what is there is shown, and that it is not all
};

struct cp_report {
    struct cp_report_log *logs;
    size_t log_count;
    const char *version; // of this program
};

// Open the logs. Negative with a message in error[CP_MESSAGE_MAX] if one is no log, of another
// schema version, or cannot be read; nothing is open then.
int cp_report_open(const char *const *paths, size_t path_count, const char *version,
                   struct cp_report *report, char *error);
void cp_report_close(struct cp_report *report);

// Write one form to `out`. Negative with a message in error[CP_MESSAGE_MAX] if a log cannot be
// read to its end, or without memory; whether `out` took it all is the caller's to ask.
int cp_report_write_html(const struct cp_report *report, FILE *out, char *error);
int cp_report_write_junit(const struct cp_report *report, FILE *out, char *error);
int cp_report_write_sarif(const struct cp_report *report, FILE *out, char *error);
int cp_report_write_json(const struct cp_report *report, FILE *out, char *error);
int cp_report_write_markdown(const struct cp_report *report, FILE *out, char *error);
int cp_report_write_annotations(const struct cp_report *report, FILE *out, char *error);

#endif

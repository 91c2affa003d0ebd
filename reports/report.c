// report.c: open the logs that a report is made from.

#include "reports/report.h"

#include "reports/log.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define BUSY_TIMEOUT_MS 10000 // a run that still goes on commits in between

static int open_database(struct cp_report_log *log, char *error) {
    if (sqlite3_open_v2(log->path, &log->db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK) {
        sqlite3_busy_timeout(log->db, BUSY_TIMEOUT_MS);
        return 0;
    }
    snprintf(error, CP_MESSAGE_MAX, "cannot open the log '%.150s': %.80s", log->path,
             log->db ? sqlite3_errmsg(log->db) : "out of memory");
    return -1;
}

// The same cases twice would be counted twice.
static int check_new(const struct cp_report *report, const char *path, char *error) {
    struct stat this, other;
    if (stat(path, &this) < 0) {
        return 0;
    }
    for (size_t i = 0; i < report->log_count; i++) {
        if (stat(report->logs[i].path, &other) == 0 && this.st_dev == other.st_dev &&
            this.st_ino == other.st_ino) {
            snprintf(error, CP_MESSAGE_MAX, "the log '%.150s' is named twice", path);
            return -1;
        }
    }
    return 0;
}

static int add_log(struct cp_report *report, const char *path, char *error) {
    enum cp_log_status status = cp_log_check(path, error);
    if (status < 0 || check_new(report, path, error) < 0) {
        return -1;
    }
    struct cp_report_log *log = &report->logs[report->log_count++];
    *log = (struct cp_report_log){.path = path, .is_complete = status == CP_LOG_COMPLETE};
    return open_database(log, error);
}

int cp_report_open(const char *const *paths, size_t path_count, const char *version,
                   struct cp_report *report, char *error) {
    *report = (struct cp_report){.version = version};
    report->logs = calloc(path_count, sizeof *report->logs);
    int err = 0;
    if (!report->logs) {
        snprintf(error, CP_MESSAGE_MAX, "out of memory");
        err = -1;
    }
    for (size_t i = 0; !err && i < path_count; i++) {
        err = add_log(report, paths[i], error);
    }
    if (err) {
        cp_report_close(report);
    }
    return err;
}

void cp_report_close(struct cp_report *report) {
    for (size_t i = 0; i < report->log_count; i++) {
        sqlite3_close(report->logs[i].db);
    }
    free(report->logs);
    *report = (struct cp_report){0};
}

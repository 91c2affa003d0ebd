// measures.c: write measures into a log that is there.
//
// One transaction: whatever goes wrong, the log is as it was. A run that writes the log holds a
// lock, so that nothing is mixed up with its rows.

#include "reports/measures.h"

#include "reports/log.h"

#include <sqlite3.h>
#include <stdio.h>

#define BUSY_TIMEOUT_MS 2000 // a run commits at least once a second, and locks again at once

static int complain(sqlite3 *db, const char *path, char *error) {
    bool is_busy = sqlite3_errcode(db) == SQLITE_BUSY;
    snprintf(error, CP_MESSAGE_MAX, "cannot write to the log '%.120s': %.90s", path,
             is_busy ? "a run is writing it" : sqlite3_errmsg(db));
    return -1;
}

static int put(sqlite3_stmt *query, const struct cp_measure *measure, const char *source) {
    sqlite3_bind_text(query, 1, measure->name, -1, SQLITE_STATIC);
    sqlite3_bind_double(query, 2, measure->value);
    sqlite3_bind_text(query, 3, measure->unit, -1, SQLITE_STATIC);
    sqlite3_bind_text(query, 4, measure->more_is, -1, SQLITE_STATIC);
    sqlite3_bind_text(query, 5, source, -1, SQLITE_STATIC);
    int code = sqlite3_step(query);
    sqlite3_reset(query);
    return code == SQLITE_DONE ? 0 : -1;
}

static int put_all(sqlite3 *db, const struct cp_measure *measures, size_t count,
                   const char *source) {
    sqlite3_stmt *query = NULL;
    if (sqlite3_prepare_v2(db, "INSERT OR REPLACE INTO measures VALUES(?1, ?2, ?3, ?4, ?5)", -1,
                           &query, NULL) != SQLITE_OK) {
        return -1;
    }
    int err = 0;
    for (size_t i = 0; !err && i < count; i++) {
        err = put(query, &measures[i], source);
    }
    sqlite3_finalize(query);
    return err;
}

static int write_measures(sqlite3 *db, const struct cp_measure *measures, size_t count,
                          const char *source) {
    if (sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK ||
        put_all(db, measures, count, source) < 0) {
        return -1;
    }
    return sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK ? 0 : -1;
}

// Closing rolls back what is not committed.
int cp_measures_put(const char *path, const struct cp_measure *measures, size_t count,
                    const char *source, char *error) {
    sqlite3 *db = NULL;
    if (cp_log_check(path, error) < 0) {
        return -1;
    }
    int err = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK ? 0 : -1;
    sqlite3_busy_timeout(db, BUSY_TIMEOUT_MS);
    err = err ? err : write_measures(db, measures, count, source);
    if (err) {
        complain(db, path, error);
    }
    sqlite3_close(db);
    return err;
}

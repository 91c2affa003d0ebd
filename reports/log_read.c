// log_read.c: look into a log that exists: is it one, and which cases has it.

#include "reports/log.h"
#include "reports/log_schema.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUSY_TIMEOUT_MS 2000 // while a run that still goes on commits

// A killed run may leave a journal that must be rolled back, and that needs
// write access; a log in a read-only place is opened as such.
static int open_log(const char *path, sqlite3 **db) {
    int code = sqlite3_open_v2(path, db, SQLITE_OPEN_READWRITE, NULL);
    if (code != SQLITE_OK) {
        sqlite3_close(*db);
        code = sqlite3_open_v2(path, db, SQLITE_OPEN_READONLY, NULL);
    }
    sqlite3_busy_timeout(*db, BUSY_TIMEOUT_MS);
    return code;
}

// The first column of the first row as a number. Returns an SQLite code.
static int read_number(sqlite3 *db, const char *sql, int64_t *number) {
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
    if (code == SQLITE_OK) {
        code = sqlite3_step(statement);
    }
    if (code == SQLITE_ROW) {
        *number = sqlite3_column_int64(statement, 0);
        code = SQLITE_OK;
    }
    sqlite3_finalize(statement);
    return code;
}

static enum cp_log_status say(enum cp_log_status status, char *error, const char *path,
                              const char *what) {
    snprintf(error, CP_MESSAGE_MAX, "'%.144s' %s", path, what);
    return status;
}

// The version of the program that wrote a log. Every schema so far has it there.
static void read_writer(sqlite3 *db, char *writer, size_t size) {
    sqlite3_stmt *query = NULL;
    if (sqlite3_prepare_v2(db, "SELECT version FROM run", -1, &query, NULL) == SQLITE_OK &&
        sqlite3_step(query) == SQLITE_ROW && sqlite3_column_text(query, 0)) {
        snprintf(writer, size, " of cutproof %.16s", (const char *)sqlite3_column_text(query, 0));
    }
    sqlite3_finalize(query);
}

static enum cp_log_status check_schema(sqlite3 *db, const char *path, int64_t version,
                                       char *error) {
    if (version == CP_LOG_SCHEMA_VERSION) {
        return CP_LOG_COMPLETE;
    }
    char what[104], writer[40] = "";
    read_writer(db, writer, sizeof writer);
    snprintf(what, sizeof what, "is a log of schema version %lld%s; this program reads version %d",
             (long long)version, writer, CP_LOG_SCHEMA_VERSION);
    return say(CP_LOG_OTHER_SCHEMA, error, path, what);
}

static enum cp_log_status check_run(sqlite3 *db, const char *path, char *error) {
    int64_t complete = 0;
    if (read_number(db, "SELECT complete FROM run", &complete) != SQLITE_OK) {
        return say(CP_LOG_UNREADABLE, error, path, "is damaged: its run cannot be read");
    }
    if (!complete) {
        return say(CP_LOG_INCOMPLETE, error, path,
                   "is incomplete: its run was interrupted or has not ended");
    }
    return CP_LOG_COMPLETE;
}

static enum cp_log_status check_database(sqlite3 *db, const char *path, char *error) {
    int64_t application = 0, version = 0;
    int code = read_number(db, "PRAGMA application_id", &application);
    if (code == SQLITE_NOTADB) {
        return say(CP_LOG_NOT_SQLITE, error, path, "is not an SQLite database");
    }
    if (code == SQLITE_CORRUPT) {
        return say(CP_LOG_UNREADABLE, error, path, "is damaged: it is cut off, or was overwritten");
    }
    if (code != SQLITE_OK || read_number(db, "PRAGMA user_version", &version) != SQLITE_OK) {
        return say(CP_LOG_UNREADABLE, error, path, sqlite3_errmsg(db));
    }
    if (application != CP_LOG_APPLICATION_ID) {
        return say(CP_LOG_NOT_OURS, error, path, "is an SQLite database, but no Cutproof log");
    }
    enum cp_log_status status = check_schema(db, path, version, error);
    return status < 0 ? status : check_run(db, path, error);
}

enum cp_log_status cp_log_check(const char *path, char *error) {
    if (access(path, R_OK) < 0) {
        snprintf(error, CP_MESSAGE_MAX, "cannot read the log '%.150s': %s", path, strerror(errno));
        return errno == ENOENT || errno == ENOTDIR ? CP_LOG_NO_FILE : CP_LOG_UNREADABLE;
    }
    struct stat found;
    if (stat(path, &found) == 0 && S_ISDIR(found.st_mode)) {
        return say(CP_LOG_UNREADABLE, error, path, "is a directory; name the log in it");
    }
    if (found.st_size == 0) { // SQLite would take it for a new database
        return say(CP_LOG_NOT_SQLITE, error, path, "is empty");
    }
    sqlite3 *db = NULL;
    enum cp_log_status status = open_log(path, &db) == SQLITE_OK
                                    ? check_database(db, path, error)
                                    : say(CP_LOG_UNREADABLE, error, path, sqlite3_errmsg(db));
    sqlite3_close(db);
    return status;
}

// Open a log and prepare a query of it; negative with a message in error.
static int begin_query(const char *path, const char *sql, sqlite3 **db, sqlite3_stmt **query,
                       char *error) {
    *db = NULL;
    *query = NULL;
    if (cp_log_check(path, error) < 0) {
        return -1;
    }
    if (open_log(path, db) != SQLITE_OK ||
        sqlite3_prepare_v2(*db, sql, -1, query, NULL) != SQLITE_OK) {
        say(CP_LOG_UNREADABLE, error, path, sqlite3_errmsg(*db));
        sqlite3_close(*db);
        return -1;
    }
    return 0;
}

static void end_query(sqlite3 *db, sqlite3_stmt *query) {
    sqlite3_finalize(query);
    sqlite3_close(db);
}

static int take_case(sqlite3_stmt *query, char **yaml, char file[256], uint32_t *case_hash,
                     char *error) {
    snprintf(file, 256, "%s", (const char *)sqlite3_column_text(query, 0));
    *case_hash = (uint32_t)strtoul((const char *)sqlite3_column_text(query, 1), NULL, 16);
    *yaml = strdup((const char *)sqlite3_column_text(query, 2));
    if (!*yaml) {
        snprintf(error, CP_MESSAGE_MAX, "out of memory");
        return -1;
    }
    return 0;
}

int cp_log_find_case(const char *path, const char *case_name, char **yaml, char file[256],
                     uint32_t *case_hash, char *error) {
    sqlite3 *db;
    sqlite3_stmt *query;
    if (begin_query(path,
                    "SELECT c.file, c.hash, s.yaml FROM cases c JOIN scenarios s"
                    " ON s.file = c.file WHERE c.scenario = ?1",
                    &db, &query, error) < 0) {
        return -1;
    }
    sqlite3_bind_text(query, 1, case_name, -1, SQLITE_STATIC);
    int err = -1;
    if (sqlite3_step(query) == SQLITE_ROW) {
        err = take_case(query, yaml, file, case_hash, error);
    } else {
        snprintf(error, CP_MESSAGE_MAX, "there is no case '%.96s' in the log '%.100s'", case_name,
                 path);
    }
    end_query(db, query);
    return err;
}

int cp_log_each_case(const char *path, void (*found)(void *context, const char *case_name),
                     void *context, char *error) {
    sqlite3 *db;
    sqlite3_stmt *query;
    if (begin_query(path, "SELECT scenario FROM cases ORDER BY id", &db, &query, error) < 0) {
        return -1;
    }
    while (sqlite3_step(query) == SQLITE_ROW) {
        found(context, (const char *)sqlite3_column_text(query, 0));
    }
    end_query(db, query);
    return 0;
}

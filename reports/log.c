// log.c: create, feed and close a run log.
//
// A rollback journal rather than WAL: the finished log is then one file, and a
// killed run leaves at most a journal that the next reader rolls back by itself.
// synchronous=OFF gives up only what a crash of the whole machine would take; a
// killed process loses nothing that was committed.

#include "reports/log_internal.h"

#include "reports/log_schema.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define ROWS_PER_CLOCK_READ 64u        // few, as a slow case must be committed in time too
#define ROWS_PER_COMMIT     (1u << 18) // bounds the dirty pages held in memory
#define COMMIT_PERIOD_NS    500000000
#define BUSY_TIMEOUT_MS     10000 // a reader may hold the file while we commit

static int64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int cp_log_commit(struct cp_log *log) {
    log->rows_since_commit = 0;
    log->rows_since_clock = 0;
    log->committed_at_ns = now_ns();
    return cp_log_execute(log, "COMMIT; BEGIN");
}

// The file is made by us, exclusively, so that nothing is ever overwritten,
// not even by two runs that start at once.
static int make_file(const char *path, char *error) {
    int file = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666);
    if (file < 0) {
        snprintf(error, CP_MESSAGE_MAX, "cannot create the log '%.150s': %s", path,
                 errno == EEXIST ? "it exists, and a log is never overwritten" : strerror(errno));
        return -1;
    }
    close(file);
    return 0;
}

static int open_database(struct cp_log *log, const char *path) {
    if (sqlite3_open_v2(path, &log->db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK) {
        return cp_log_fail(log, "cannot open the log");
    }
    sqlite3_busy_timeout(log->db, BUSY_TIMEOUT_MS);
    return cp_log_execute(log, "PRAGMA page_size = 8192;"
                               "PRAGMA journal_mode = DELETE;"
                               "PRAGMA synchronous = OFF;"
                               "PRAGMA cache_size = -32768");
}

static int write_identity(struct cp_log *log) {
    char sql[96];
    snprintf(sql, sizeof sql, "PRAGMA application_id = %d; PRAGMA user_version = %d",
             CP_LOG_APPLICATION_ID, CP_LOG_SCHEMA_VERSION);
    return cp_log_execute(log, sql);
}

static int prepare_states(struct cp_log *log) {
    int code =
        sqlite3_prepare_v3(log->db, "INSERT INTO states VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11)",
                           -1, SQLITE_PREPARE_PERSISTENT, &log->insert_state, NULL);
    return code == SQLITE_OK ? 0 : cp_log_fail(log, "cannot prepare the table of states");
}

static int write_run(struct cp_log *log, const struct cp_log_run *run) {
    return cp_log_insert(log,
                         "INSERT INTO run VALUES(?1, ?2, ?3, ?4, sqlite_version(),"
                         " strftime('%Y-%m-%dT%H:%M:%SZ', 'now'), NULL, 0, ?5, ?6, ?7)",
                         "tttttti", run->version, run->core_name, run->core_hash, run->command_line,
                         run->engine, run->shard, (int64_t)run->is_audit);
}

// Identity, tables and run row appear together or not at all.
static int write_start(struct cp_log *log, const struct cp_log_run *run) {
    int err = cp_log_execute(log, "BEGIN");
    err = err ? err : write_identity(log);
    err = err ? err : cp_log_execute(log, cp_log_schema);
    err = err ? err : cp_log_write_names(log);
    err = err ? err : write_run(log, run);
    err = err ? err : prepare_states(log);
    return err ? err : cp_log_commit(log);
}

static struct cp_log *fail_to_open(struct cp_log *log, char *error) {
    memcpy(error, log->error, CP_MESSAGE_MAX);
    sqlite3_finalize(log->insert_state);
    sqlite3_close(log->db);
    free(log);
    return NULL;
}

static struct cp_log *make_log(char *error) {
    struct cp_log *made = calloc(1, sizeof *made);
    if (!made) {
        snprintf(error, CP_MESSAGE_MAX, "out of memory");
    }
    return made;
}

int cp_log_create(const char *path, const struct cp_log_run *run, struct cp_log **log,
                  char *error) {
    *log = NULL;
    if (make_file(path, error) < 0) {
        return -1;
    }
    struct cp_log *made = make_log(error);
    if (made && (open_database(made, path) < 0 || write_start(made, run) < 0)) {
        made = fail_to_open(made, error);
    }
    *log = made;
    return made ? 0 : -1;
}

int cp_log_reopen(const char *path, struct cp_log **log, char *error) {
    *log = NULL;
    if (cp_log_check(path, error) < 0) {
        return -1;
    }
    struct cp_log *made = make_log(error);
    if (made && (open_database(made, path) < 0 || cp_log_execute(made, "BEGIN") < 0 ||
                 cp_log_execute(made, "UPDATE run SET complete = 0, finished_at = NULL") < 0 ||
                 prepare_states(made) < 0 || cp_log_commit(made) < 0)) {
        made = fail_to_open(made, error);
    }
    *log = made;
    return made ? 0 : -1;
}

int cp_log_add_selected(struct cp_log *log, const char *case_name, const char *file) {
    return cp_log_insert(log, "INSERT INTO selected(scenario, file) VALUES(?1, ?2)", "tt",
                         case_name, file);
}

int cp_log_add_scenario(struct cp_log *log, const char *file, const char *yaml) {
    return cp_log_insert(log, "INSERT OR IGNORE INTO scenarios VALUES(?1, ?2)", "tt", file, yaml);
}

int cp_log_begin_case(struct cp_log *log, const struct cp_log_case *about, int64_t *case_id) {
    char hash[9];
    const struct cp_case *test_case = about->test_case;
    const char *part = test_case->device_count ? test_case->devices[0].name : NULL;
    snprintf(hash, sizeof hash, "%08" PRIx32, about->hash);
    int err = cp_log_insert(
        log,
        "INSERT INTO cases(scenario, hash, file, line, part, format, expected, because,"
        " states_min, engine, shard) VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11)",
        "tttittttitt", test_case->name, hash, test_case->file, (int64_t)test_case->line,
        part ? part : "?", test_case->format, cp_verdict_name(test_case->expect.verdict),
        test_case->expect.because, (int64_t)test_case->expect.states_min, about->engine,
        about->shard);
    *case_id = sqlite3_last_insert_rowid(log->db);
    return err ? err : cp_log_commit(log);
}

static void store_be64(uint8_t out[8], uint64_t value) {
    for (int i = 0; i < 8; i++) {
        out[i] = (uint8_t)(value >> (56 - 8 * i));
    }
}

static void bind_state(struct cp_log *log, int64_t case_id, const struct cp_state_row *row,
                       const uint8_t hash[16]) {
    sqlite3_stmt *insert = log->insert_state;
    sqlite3_bind_int64(insert, 1, case_id);
    sqlite3_bind_int64(insert, 2, row->id);
    sqlite3_bind_int64(insert, 3, row->parent);
    sqlite3_bind_int64(insert, 4, row->cuts);
    sqlite3_bind_int64(insert, 5, row->event_index);
    if (row->site == UINT32_MAX) {
        sqlite3_bind_null(insert, 6);
    } else {
        sqlite3_bind_int64(insert, 6, row->site);
    }
    sqlite3_bind_int64(insert, 7, cp_log_fault_id(row->edge, row->tear));
    sqlite3_bind_int64(insert, 8, row->phase);
    sqlite3_bind_int64(insert, 9, row->outcome);
    if (row->final_image == CP_IMAGE_NONE) {
        sqlite3_bind_null(insert, 10);
    } else {
        sqlite3_bind_int64(insert, 10, row->final_image);
    }
    sqlite3_bind_blob(insert, 11, hash, 16, SQLITE_STATIC);
}

static int commit_when_due(struct cp_log *log) {
    log->rows_since_commit++;
    if (++log->rows_since_clock < ROWS_PER_CLOCK_READ) {
        return 0;
    }
    log->rows_since_clock = 0;
    bool is_due = log->rows_since_commit >= ROWS_PER_COMMIT ||
                  now_ns() - log->committed_at_ns >= COMMIT_PERIOD_NS;
    return is_due ? cp_log_commit(log) : 0;
}

int cp_log_state(struct cp_log *log, int64_t case_id, const struct cp_state_row *row) {
    uint8_t hash[16];
    store_be64(hash, row->hash_high);
    store_be64(hash + 8, row->hash_low);
    bind_state(log, case_id, row, hash);
    int code = sqlite3_step(log->insert_state);
    sqlite3_reset(log->insert_state);
    if (code != SQLITE_DONE) {
        return cp_log_fail(log, "cannot write a state to the log");
    }
    return commit_when_due(log);
}

int cp_log_close(struct cp_log *log, bool complete) {
    int err = cp_log_insert(log,
                            "UPDATE run SET complete = ?1,"
                            " finished_at = strftime('%Y-%m-%dT%H:%M:%SZ', 'now')",
                            "i", (int64_t)complete);
    err = err ? err : cp_log_execute(log, "COMMIT");
    sqlite3_finalize(log->insert_state);
    if (sqlite3_close(log->db) != SQLITE_OK) {
        err = -1;
    }
    free(log);
    return err;
}

const char *cp_log_error(const struct cp_log *log) {
    return log->error;
}

// gate_open.c: two logs open beside each other, for reading only, or why not.

#include "reports/gate_internal.h"
#include "reports/log.h"
#include "reports/log_schema.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// A version 3 log has all that is compared but the cuts of the first run and the measures.
#define OLDEST_SCHEMA   3

#define BUSY_TIMEOUT_MS 5000 // while a run that still goes on commits

// The header of an SQLite file, as its format documents it.
#define HEADER_BYTES      100u
#define PAGE_SIZE_OFFSET  16u
#define PAGE_COUNT_OFFSET 28u
static const char sqlite_magic[16] = "SQLite format 3";

static int refuse(struct cp_gate *gate, const char *path, const char *what, const char *help) {
    snprintf(gate->error, CP_MESSAGE_MAX, "'%.120s' %.120s", path, what);
    snprintf(gate->help, CP_MESSAGE_MAX, "%s", help);
    return -1;
}

// --- is all of the file there

static uint64_t size_in_header(const uint8_t *header) {
    uint32_t page_size = (uint32_t)header[PAGE_SIZE_OFFSET] << 8 | header[PAGE_SIZE_OFFSET + 1];
    const uint8_t *count = header + PAGE_COUNT_OFFSET;
    uint32_t page_count = (uint32_t)count[0] << 24 | (uint32_t)count[1] << 16 |
                          (uint32_t)count[2] << 8 | (uint32_t)count[3];
    return (uint64_t)(page_size == 1 ? 65536 : page_size) * page_count;
}

// A run that was killed may have left a journal that tells how large the file was.
static bool has_journal(const char *path) {
    char journal[4096];
    int length = snprintf(journal, sizeof journal, "%s-journal", path);
    return length > 0 && (size_t)length < sizeof journal && access(journal, F_OK) == 0;
}

// The size that the file should have; 0: it is no database, or cannot be read.
static uint64_t expected_size(const char *path) {
    uint8_t header[HEADER_BYTES];
    FILE *in = fopen(path, "rbe");
    if (!in) {
        return 0;
    }
    size_t size = fread(header, 1, sizeof header, in);
    fclose(in);
    if (size < sizeof sqlite_magic || memcmp(header, sqlite_magic, sizeof sqlite_magic) != 0) {
        return 0;
    }
    return size < sizeof header ? HEADER_BYTES : size_in_header(header);
}

static int check_size(struct cp_gate *gate, const char *path) {
    struct stat status;
    char what[120];
    if (stat(path, &status) < 0) {
        return 0; // said below
    }
    if (!S_ISREG(status.st_mode)) {
        return refuse(gate, path, S_ISDIR(status.st_mode) ? "is a directory" : "is no plain file",
                      "a log is an SQLite file that 'cutproof run' wrote");
    }
    uint64_t size = (uint64_t)status.st_size, expected = expected_size(path);
    if (size == 0) {
        return refuse(gate, path, "is empty", "a log is an SQLite file that 'cutproof run' wrote");
    }
    if (size >= expected || has_journal(path)) {
        return 0;
    }
    snprintf(what, sizeof what, "is cut off: %s of %s bytes are there",
             cp_gate_number((double)size).text, cp_gate_number((double)expected).text);
    return refuse(gate, path, what, "copy the log again, as a whole");
}

// --- is it a log of ours

static int refuse_log(struct cp_gate *gate, enum cp_log_status status) {
    const char *help = status == CP_LOG_NO_FILE ? ""
                       : status == CP_LOG_UNREADABLE
                           ? "check its permissions, and whether it is whole"
                           : "a log is an SQLite file that 'cutproof run' wrote";
    snprintf(gate->help, CP_MESSAGE_MAX, "%s", help);
    return -1;
}

static int check_log(struct cp_gate *gate, const char *path) {
    int err = check_size(gate, path);
    if (err) {
        return err;
    }
    enum cp_log_status status = cp_log_check(path, gate->error);
    return status < 0 && status != CP_LOG_OTHER_SCHEMA ? refuse_log(gate, status) : 0;
}

static int check_schema(struct cp_gate *gate, const struct cp_gate_side *side) {
    int version = side->log->schema_version;
    char what[120];
    if (version >= OLDEST_SCHEMA && version <= CP_LOG_SCHEMA_VERSION) {
        return 0;
    }
    snprintf(what, sizeof what, "is a log of schema version %d; this program compares %d and %d",
             version, OLDEST_SCHEMA, CP_LOG_SCHEMA_VERSION);
    return refuse(gate, side->log->path, what,
                  version < OLDEST_SCHEMA ? "run its scenarios again with this version of cutproof"
                                          : "take the version of cutproof that wrote it");
}

// --- open both

static int attach(struct cp_gate *gate, const struct cp_gate_side *side) {
    sqlite3_stmt *query = cp_gate_prepare_of(gate, side, "ATTACH ?1 AS $");
    if (!query) {
        return -1;
    }
    sqlite3_bind_text(query, 1, side->log->path, -1, SQLITE_STATIC);
    int err = cp_gate_step(gate, query);
    sqlite3_finalize(query);
    return err;
}

// The first column of the first row as a number; *number is 0 if there is none.
static int read_number(struct cp_gate *gate, const struct cp_gate_side *side, const char *sql,
                       int *number) {
    sqlite3_stmt *query = cp_gate_prepare_of(gate, side, sql);
    int got = query ? cp_gate_step(gate, query) : -1;
    *number = got > 0 ? sqlite3_column_int(query, 0) : 0;
    sqlite3_finalize(query);
    return got < 0 ? -1 : 0;
}

static int take_run(struct cp_gate *gate, struct cp_gate_side *side, sqlite3_stmt *row) {
    struct cp_gate_log *log = side->log;
    snprintf(log->version, sizeof log->version, "%s", cp_gate_text_at(row, 0));
    snprintf(log->core_name, sizeof log->core_name, "%s", cp_gate_text_at(row, 1));
    snprintf(log->core_hash, sizeof log->core_hash, "%s", cp_gate_text_at(row, 2));
    snprintf(log->engine, sizeof log->engine, "%s", cp_gate_text_at(row, 3));
    log->is_audit = sqlite3_column_int(row, 4) != 0;
    log->is_complete = sqlite3_column_int(row, 5) != 0;
    const char *shard = cp_gate_text_at(row, 6);
    if (!*shard) {
        return 0;
    }
    char what[80];
    snprintf(what, sizeof what, "is the log of part %.20s of each case only", shard);
    return refuse(gate, log->path, what,
                  "make one log of all parts first: cutproof merge --log all.db LOG...");
}

static int read_run(struct cp_gate *gate, struct cp_gate_side *side) {
    sqlite3_stmt *query = cp_gate_prepare_of(
        gate, side,
        "SELECT version, core_name, core_hash, engine, is_audit, complete, shard FROM $.run");
    int got = query ? cp_gate_step(gate, query) : -1;
    int err = got > 0    ? take_run(gate, side, query)
              : got == 0 ? refuse(gate, side->log->path, "has no run in it", "")
                         : -1;
    sqlite3_finalize(query);
    return err;
}

static int has_table(struct cp_gate *gate, const struct cp_gate_side *side, const char *sql,
                     bool *has) {
    int count;
    int err = read_number(gate, side, sql, &count);
    *has = count > 0;
    return err;
}

static int open_side(struct cp_gate *gate, struct cp_gate_side *side) {
    int err = check_log(gate, side->log->path);
    err = err ? err : attach(gate, side);
    err = err ? err : read_number(gate, side, "PRAGMA $.user_version", &side->log->schema_version);
    err = err ? err : check_schema(gate, side);
    err = err ? err : read_run(gate, side);
    err = err ? err
              : has_table(gate, side, "SELECT count(*) FROM $.sqlite_master WHERE name = 'cuts'",
                          &side->has_cuts);
    return err ? err
               : has_table(gate, side,
                           "SELECT count(*) FROM $.sqlite_master WHERE name = 'measures'",
                           &side->has_measures);
}

// Attached databases are opened as the first one is: for reading.
int cp_gate_open(struct cp_gate *gate, const char *base, const char *fresh) {
    gate->base.schema = "base";
    gate->base.log = &gate->result->base;
    gate->base.log->path = base;
    gate->fresh.schema = "fresh";
    gate->fresh.log = &gate->result->fresh;
    gate->fresh.log->path = fresh;
    if (sqlite3_open_v2(":memory:", &gate->db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK) {
        snprintf(gate->error, CP_MESSAGE_MAX, "cannot open a database: %.150s",
                 sqlite3_errmsg(gate->db));
        return -1;
    }
    sqlite3_busy_timeout(gate->db, BUSY_TIMEOUT_MS);
    int err = cp_gate_execute(gate, &gate->base, "PRAGMA temp_store = MEMORY");
    err = err ? err : open_side(gate, &gate->base);
    return err ? err : open_side(gate, &gate->fresh);
}

// log_look.c: the tables of a log as what they were written from.

#include "reports/log_look.h"

#include "reports/log_schema.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUSY_TIMEOUT_MS 10000

// Where in the table the states of a case lie; those of cases that were explored at the
// same time lie between each other.
struct range {
    int64_t case_id, first, last; // rowids
};

struct cp_look {
    sqlite3 *db;
    struct range *ranges;
    size_t range_count;
    bool has_ranges;
    char error[CP_MESSAGE_MAX];
};

struct cp_look *cp_look_open(const char *path, char *error) {
    if (cp_log_check(path, error) < 0) {
        return NULL;
    }
    struct cp_look *look = calloc(1, sizeof *look);
    if (look && sqlite3_open_v2(path, &look->db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK) {
        sqlite3_busy_timeout(look->db, BUSY_TIMEOUT_MS);
        return look;
    }
    snprintf(error, CP_MESSAGE_MAX, "cannot open the log '%.150s': %s", path,
             look && look->db ? sqlite3_errmsg(look->db) : "out of memory");
    cp_look_close(look);
    return NULL;
}

void cp_look_close(struct cp_look *look) {
    if (look) {
        sqlite3_close(look->db);
        free(look->ranges);
        free(look);
    }
}

const char *cp_look_error(const struct cp_look *look) {
    return look->error;
}

static int fail(struct cp_look *look) {
    snprintf(look->error, sizeof look->error, "cannot read the log: %.200s",
             sqlite3_errmsg(look->db));
    return -1;
}

// --- rows, one way for all tables

// Takes one row. Other than 0 ends the reading.
typedef int take_row(struct cp_look *look, sqlite3_stmt *row, void *context);

static int each_row_of(struct cp_look *look, const char *sql, const struct range *range,
                       take_row *take, void *context) {
    sqlite3_stmt *query = NULL;
    if (sqlite3_prepare_v2(look->db, sql, -1, &query, NULL) != SQLITE_OK) {
        return fail(look);
    }
    const int64_t values[] = {range->case_id, range->first, range->last};
    for (int i = 0; i < sqlite3_bind_parameter_count(query); i++) {
        sqlite3_bind_int64(query, i + 1, values[i]);
    }
    int code = SQLITE_DONE, result = 0;
    while (result == 0 && (code = sqlite3_step(query)) == SQLITE_ROW) {
        result = take(look, query, context);
    }
    if (result == 0 && code != SQLITE_DONE) {
        result = fail(look);
    }
    sqlite3_finalize(query);
    return result;
}

static int each_row(struct cp_look *look, const char *sql, int64_t case_id, take_row *take,
                    void *context) {
    const struct range range = {.case_id = case_id};
    return each_row_of(look, sql, &range, take, context);
}

static const char *text_at(sqlite3_stmt *row, int column) {
    const char *text = (const char *)sqlite3_column_text(row, column);
    return text ? text : "";
}

static uint32_t number_at(sqlite3_stmt *row, int column) {
    return (uint32_t)sqlite3_column_int64(row, column);
}

static uint64_t count_at(sqlite3_stmt *row, int column) {
    return (uint64_t)sqlite3_column_int64(row, column);
}

static bool flag_at(sqlite3_stmt *row, int column) {
    return sqlite3_column_int64(row, column) != 0;
}

static void copy_text(char *to, size_t size, sqlite3_stmt *row, int column) {
    snprintf(to, size, "%s", text_at(row, column));
}

static enum cp_engine engine_at(sqlite3_stmt *row, int column) {
    enum cp_engine engine = cp_engine_named(text_at(row, column));
    return engine == CP_ENGINE_COUNT ? CP_ENGINE_FAST : engine;
}

// The fault's number back to edge and tear; see cp_log_fault_id().
static void fault_at(sqlite3_stmt *row, int column, enum cp_edge *edge, uint32_t *tear) {
    const uint32_t fault = number_at(row, column);
    *tear = 0;
    if (fault >= CP_LOG_FAULT_TORN_ERASE) {
        *edge = CP_EDGE_TORN_ERASE;
        *tear = fault - CP_LOG_FAULT_TORN_ERASE;
    } else if (fault >= CP_LOG_FAULT_TORN_PROGRAM) {
        *edge = CP_EDGE_TORN_PROGRAM;
        *tear = fault - CP_LOG_FAULT_TORN_PROGRAM;
    } else {
        *edge = (enum cp_edge)fault;
    }
}

static uint8_t image_at(sqlite3_stmt *row, int column) {
    bool has_image = sqlite3_column_type(row, column) != SQLITE_NULL;
    return has_image ? (uint8_t)number_at(row, column) : CP_IMAGE_NONE;
}

// --- run

static int take_run(struct cp_look *look, sqlite3_stmt *row, void *context) {
    struct cp_look_run *run = context;
    (void)look;
    copy_text(run->core_name, sizeof run->core_name, row, 0);
    copy_text(run->core_hash, sizeof run->core_hash, row, 1);
    copy_text(run->shard, sizeof run->shard, row, 2);
    run->engine = engine_at(row, 3);
    run->is_audit = flag_at(row, 4);
    run->is_complete = flag_at(row, 5);
    return 0;
}

int cp_look_run(struct cp_look *look, struct cp_look_run *run) {
    *run = (struct cp_look_run){0};
    return each_row(look, "SELECT core_name, core_hash, shard, engine, is_audit, complete FROM run",
                    0, take_run, run);
}

// --- pairs of texts

struct pair_taker {
    int (*found)(void *context, const char *one, const char *other);
    void *context;
};

static int take_pair(struct cp_look *look, sqlite3_stmt *row, void *context) {
    const struct pair_taker *taker = context;
    (void)look;
    return taker->found(taker->context, text_at(row, 0), text_at(row, 1));
}

int cp_look_each_scenario(struct cp_look *look,
                          int (*found)(void *context, const char *file, const char *yaml),
                          void *context) {
    struct pair_taker taker = {found, context};
    return each_row(look, "SELECT file, yaml FROM scenarios ORDER BY file", 0, take_pair, &taker);
}

int cp_look_each_selected(struct cp_look *look,
                          int (*found)(void *context, const char *name, const char *file),
                          void *context) {
    struct pair_taker taker = {found, context};
    return each_row(look, "SELECT scenario, file FROM selected ORDER BY position", 0, take_pair,
                    &taker);
}

// --- cases

static enum cp_verdict verdict_of(const char *name) {
    for (int i = 0; i < CP_VERDICT_ERROR; i++) {
        if (strcmp(cp_verdict_name((enum cp_verdict)i), name) == 0) {
            return (enum cp_verdict)i;
        }
    }
    return CP_VERDICT_ERROR;
}

static enum cp_stop stop_of(const char *name) {
    for (int i = CP_STOP_NONE + 1; i < CP_STOP_COUNT; i++) {
        if (strcmp(cp_log_stop_name((enum cp_stop)i), name) == 0) {
            return (enum cp_stop)i;
        }
    }
    return CP_STOP_NONE;
}

static int promise_of(const char *name) {
    for (int i = 0; i < CP_PROMISE_COUNT; i++) {
        if (strcmp(cp_promise_name((enum cp_promise)i), name) == 0) {
            return i;
        }
    }
    return -1;
}

static int take_violation(struct cp_look *look, sqlite3_stmt *row, void *context) {
    struct cp_result *result = context;
    int promise = promise_of(text_at(row, 0));
    (void)look;
    if (promise < 0 || result->violation_count == CP_PROMISE_COUNT) {
        return 0;
    }
    struct cp_violation *violation = &result->violations[result->violation_count++];
    violation->promise = (enum cp_promise)promise;
    copy_text(violation->trace, sizeof violation->trace, row, 1);
    violation->cuts = number_at(row, 2);
    violation->is_shortest = flag_at(row, 3);
    copy_text(violation->message, sizeof violation->message, row, 4);
    copy_text(violation->indifferent, sizeof violation->indifferent, row, 5);
    violation->is_of_search = flag_at(row, 6);
    return 0;
}

static int take_promise(struct cp_look *look, sqlite3_stmt *row, void *context) {
    struct cp_result *result = context;
    int promise = promise_of(text_at(row, 0));
    (void)look;
    if (promise >= 0) {
        result->promises[promise] = (struct cp_promise_count){count_at(row, 1), count_at(row, 2)};
    }
    return 0;
}

static int take_wear(struct cp_look *look, sqlite3_stmt *row, void *context) {
    struct cp_result *result = context;
    struct cp_wear *wear = realloc(result->wear, (result->wear_count + 1) * sizeof *wear);
    if (!wear) {
        snprintf(look->error, sizeof look->error, "out of memory");
        return -1;
    }
    result->wear = wear;
    wear[result->wear_count++] =
        (struct cp_wear){number_at(row, 0), number_at(row, 1), number_at(row, 2),
                         (int32_t)sqlite3_column_int64(row, 3)};
    return 0;
}

static int take_cut(struct cp_look *look, sqlite3_stmt *row, void *context) {
    struct cp_result *result = context;
    struct cp_cut_run *cuts = realloc(result->cuts, (result->cut_count + 1) * sizeof *cuts);
    if (!cuts) {
        snprintf(look->error, sizeof look->error, "out of memory");
        return -1;
    }
    result->cuts = cuts;
    struct cp_cut_run *run = &cuts[result->cut_count++];
    *run = (struct cp_cut_run){.first = number_at(row, 1),
                               .last = number_at(row, 2),
                               .outcome = (enum cp_outcome)number_at(row, 3),
                               .final_image = image_at(row, 4)};
    fault_at(row, 0, &run->edge, &run->tear);
    return 0;
}

static int take_times(struct cp_look *look, sqlite3_stmt *row, void *context) {
    struct cp_result *result = context;
    const uint64_t time_us = count_at(row, 1);
    (void)look;
    for (size_t i = 0; i < CP_LOG_TIME_COUNT; i++) {
        if (strcmp(text_at(row, 0), cp_log_times[i].name) == 0) {
            memcpy((uint8_t *)result + cp_log_times[i].offset, &time_us, sizeof time_us);
        }
    }
    return 0;
}

// What other tables say of the result.
static int read_rest(struct cp_look *look, int64_t case_id, struct cp_result *result) {
    int err = each_row(look,
                       "SELECT promise, trace, cuts, is_shortest, message, indifferent,"
                       " is_of_search"
                       " FROM violations WHERE case_id = ?1",
                       case_id, take_violation, result);
    err = err ? err
              : each_row(look,
                         "SELECT promise, times_exercised, times_violated FROM promises"
                         " WHERE case_id = ?1",
                         case_id, take_promise, result);
    err = err ? err
              : each_row(look,
                         "SELECT device, page, erases_max, excess_max FROM wear"
                         " WHERE case_id = ?1",
                         case_id, take_wear, result);
    err = err ? err
              : each_row(look,
                         "SELECT fault, first, last, outcome, final_image FROM cuts"
                         " WHERE case_id = ?1",
                         case_id, take_cut, result);
    return err ? err
               : each_row(look, "SELECT name, time_us FROM times WHERE case_id = ?1", case_id,
                          take_times, result);
}

#define CASE_COLUMNS                                                                               \
    "id, scenario, file, hash, shard, engine, verdict, met, interrupted, bound, error, states,"    \
    " cuts, cuts_deepest, operations, boots, seconds, visited_bytes, stopped_by, is_complete,"     \
    " cuts_max, memo_hits, torn_reads, is_wear_exact, uptime_operations, boot_operations_max,"     \
    " audit_reads, audit_values, audit_surprises, uncut_programs, uncut_erases"

static void read_counts(sqlite3_stmt *row, struct cp_result *result) {
    result->states = count_at(row, 11);
    result->cuts_explored = count_at(row, 12);
    result->cuts_deepest = number_at(row, 13);
    result->operations = count_at(row, 14);
    result->boots = count_at(row, 15);
    result->seconds = sqlite3_column_double(row, 16);
    result->visited_bytes = count_at(row, 17);
    result->memo_hits = count_at(row, 21);
    result->torn_reads = count_at(row, 22);
    result->is_wear_exact = flag_at(row, 23);
    result->liveness.uptime_operations = count_at(row, 24);
    result->liveness.boot_operations_max = count_at(row, 25);
    result->audit = (struct cp_audit){count_at(row, 26), count_at(row, 27), count_at(row, 28)};
    result->uncut_programs = count_at(row, 29);
    result->uncut_erases = count_at(row, 30);
}

static void read_verdict(sqlite3_stmt *row, struct cp_result *result) {
    result->verdict = verdict_of(text_at(row, 6));
    result->expectation_met = flag_at(row, 7);
    result->interrupted = flag_at(row, 8);
    copy_text(result->bound, sizeof result->bound, row, 9);
    copy_text(result->error, sizeof result->error, row, 10);
    result->stop = stop_of(text_at(row, 18));
    result->is_complete = flag_at(row, 19);
    result->cuts_max =
        sqlite3_column_type(row, 20) == SQLITE_NULL ? CP_UNLIMITED : number_at(row, 20);
}

struct case_taker {
    int (*found)(void *context, struct cp_look_case *found_case);
    void *context;
};

static int take_case(struct cp_look *look, sqlite3_stmt *row, void *context) {
    const struct case_taker *taker = context;
    struct cp_look_case found = {.id = sqlite3_column_int64(row, 0)};
    copy_text(found.name, sizeof found.name, row, 1);
    copy_text(found.file, sizeof found.file, row, 2);
    found.hash = (uint32_t)strtoul(text_at(row, 3), NULL, 16);
    copy_text(found.shard, sizeof found.shard, row, 4);
    found.engine = engine_at(row, 5);
    found.has_ended = sqlite3_column_type(row, 6) != SQLITE_NULL;
    if (found.has_ended) {
        read_verdict(row, &found.result);
        read_counts(row, &found.result);
    }
    int err = found.has_ended ? read_rest(look, found.id, &found.result) : 0;
    return err ? err : taker->found(taker->context, &found);
}

int cp_look_each_case(struct cp_look *look,
                      int (*found)(void *context, struct cp_look_case *found_case), void *context) {
    struct case_taker taker = {found, context};
    return each_row(look, "SELECT " CASE_COLUMNS " FROM cases ORDER BY id", 0, take_case, &taker);
}

// --- states

static uint64_t load_be64(const uint8_t *bytes) {
    uint64_t value = 0;
    for (int i = 0; i < 8; i++) {
        value = value << 8 | bytes[i];
    }
    return value;
}

struct state_taker {
    int (*found)(void *context, const struct cp_state_row *row);
    void *context;
};

static int take_state(struct cp_look *look, sqlite3_stmt *row, void *context) {
    const struct state_taker *taker = context;
    const uint8_t *hash = sqlite3_column_blob(row, 9);
    if (!hash || sqlite3_column_bytes(row, 9) != 16) {
        snprintf(look->error, sizeof look->error, "a state in the log has no hash");
        return -1;
    }
    struct cp_state_row state = {.id = number_at(row, 0),
                                 .parent = number_at(row, 1),
                                 .cuts = number_at(row, 2),
                                 .event_index = number_at(row, 3),
                                 .phase = (enum cp_phase)number_at(row, 6),
                                 .outcome = (enum cp_outcome)number_at(row, 7),
                                 .hash_high = load_be64(hash),
                                 .hash_low = load_be64(hash + 8)};
    bool has_site = sqlite3_column_type(row, 4) != SQLITE_NULL;
    state.site = has_site ? number_at(row, 4) : UINT32_MAX;
    state.final_image = image_at(row, 8);
    fault_at(row, 5, &state.edge, &state.tear);
    return taker->found(taker->context, &state);
}

static int take_range(struct cp_look *look, sqlite3_stmt *row, void *context) {
    struct range *grown = realloc(look->ranges, (look->range_count + 1) * sizeof *grown);
    (void)context;
    if (!grown) {
        snprintf(look->error, sizeof look->error, "out of memory");
        return -1;
    }
    look->ranges = grown;
    grown[look->range_count++] = (struct range){
        sqlite3_column_int64(row, 0), sqlite3_column_int64(row, 1), sqlite3_column_int64(row, 2)};
    return 0;
}

// One pass over all states, so that those of each case are not looked for in all of them.
static int find_ranges(struct cp_look *look) {
    if (look->has_ranges) {
        return 0;
    }
    look->has_ranges = true;
    return each_row(look, "SELECT case_id, min(rowid), max(rowid) FROM states GROUP BY case_id", 0,
                    take_range, NULL);
}

static struct range range_of(const struct cp_look *look, int64_t case_id) {
    for (size_t i = 0; i < look->range_count; i++) {
        if (look->ranges[i].case_id == case_id) {
            return look->ranges[i];
        }
    }
    return (struct range){.case_id = case_id, .first = 0, .last = -1};
}

int cp_look_each_state(struct cp_look *look, int64_t case_id,
                       int (*found)(void *context, const struct cp_state_row *row), void *context) {
    struct state_taker taker = {found, context};
    int err = find_ranges(look);
    const struct range range = range_of(look, case_id);
    return err ? err
               : each_row_of(look,
                             "SELECT id, parent, boot, operation_index, site, fault, phase,"
                             " outcome, final_image, hash FROM states WHERE case_id = ?1"
                             " AND rowid BETWEEN ?2 AND ?3 ORDER BY rowid",
                             &range, take_state, &taker);
}

// --- sites

struct site_taker {
    int (*found)(void *context, const struct cp_log_site *site);
    void *context;
};

static int take_site(struct cp_look *look, sqlite3_stmt *row, void *context) {
    const struct site_taker *taker = context;
    (void)look;
    const struct cp_log_site site = {.site = number_at(row, 0),
                                     .file = text_at(row, 1),
                                     .line = number_at(row, 2),
                                     .function = text_at(row, 3),
                                     .operation = text_at(row, 4),
                                     .fault = text_at(row, 5),
                                     .times = count_at(row, 6)};
    return taker->found(taker->context, &site);
}

int cp_look_each_site(struct cp_look *look, int64_t case_id,
                      int (*found)(void *context, const struct cp_log_site *site), void *context) {
    struct site_taker taker = {found, context};
    return each_row(look,
                    "SELECT site, file, line, function, operation, fault, times FROM sites"
                    " WHERE case_id = ?1",
                    case_id, take_site, &taker);
}

// report_cases.c: the cases of the logs, each with what became of it.

#include "reports/report_cases.h"

#include "faults/result.h"

#include <stdlib.h>
#include <string.h>

const char *cp_report_status_name(enum cp_report_status status) {
    static const char *const names[CP_REPORT_STATUS_COUNT] = {
        [CP_REPORT_PROVED] = "PROVED",         [CP_REPORT_AS_CLAIMED] = "AS CLAIMED",
        [CP_REPORT_BOUNDED] = "BOUNDED",       [CP_REPORT_NOT_BEGUN] = "NOT BEGUN",
        [CP_REPORT_UNFINISHED] = "UNFINISHED", [CP_REPORT_INCONCLUSIVE] = "INCONCLUSIVE",
        [CP_REPORT_ERROR] = "ERROR",           [CP_REPORT_FAILED] = "FAIL",
    };
    return (unsigned)status < CP_REPORT_STATUS_COUNT ? names[status] : "?";
}

bool cp_report_status_is_met(enum cp_report_status status) {
    return status <= CP_REPORT_BOUNDED;
}

int cp_report_sql_error(const struct cp_report_log *log, char *error) {
    snprintf(error, CP_MESSAGE_MAX, "cannot read the log '%.120s': %.100s", log->path,
             sqlite3_errmsg(log->db));
    return -1;
}

static int no_memory(char *error) {
    snprintf(error, CP_MESSAGE_MAX, "out of memory");
    return -1;
}

// --- columns, in the order of the queries

static char *text_of(sqlite3_stmt *row, int column) {
    const char *text = (const char *)sqlite3_column_text(row, column);
    return strdup(text ? text : "");
}

static bool is_text(sqlite3_stmt *row, int column, const char *text) {
    const char *found = (const char *)sqlite3_column_text(row, column);
    return found && strcmp(found, text) == 0;
}

static const char case_sql[] =
    "SELECT c.id, coalesce(c.scenario, s.scenario), coalesce(c.file, s.file), c.part, c.format,"
    " c.hash, c.verdict, c.expected, c.because, c.bound, c.error, c.stopped_by, c.line, c.states,"
    " c.states_min, c.cuts, c.operations, c.cuts_deepest, c.seconds, c.met, c.interrupted,"
    " c.is_complete, EXISTS (SELECT 1 FROM violations v WHERE v.case_id = c.id"
    "  AND NOT v.claimed)"
    " FROM selected s LEFT JOIN cases c ON c.scenario = s.scenario ORDER BY s.position, c.id";

enum {
    COLUMN_VERDICT = 6,
    COLUMN_EXPECTED = 7,
    COLUMN_MET = 19,
    COLUMN_INTERRUPTED,
    COLUMN_COMPLETE,
    COLUMN_UNCLAIMED
};

static enum cp_report_status met_status(sqlite3_stmt *row) {
    return is_text(row, COLUMN_VERDICT, "VIOLATED")  ? CP_REPORT_AS_CLAIMED
           : is_text(row, COLUMN_VERDICT, "BOUNDED") ? CP_REPORT_BOUNDED
                                                     : CP_REPORT_PROVED;
}

// As the exit code of the run decides: docs/SPEC.md, section 6.
static enum cp_report_status status_of(sqlite3_stmt *row) {
    if (sqlite3_column_type(row, 0) == SQLITE_NULL) {
        return CP_REPORT_NOT_BEGUN;
    }
    if (sqlite3_column_int(row, COLUMN_UNCLAIMED)) {
        return CP_REPORT_FAILED;
    }
    if (sqlite3_column_type(row, COLUMN_VERDICT) == SQLITE_NULL ||
        sqlite3_column_int(row, COLUMN_INTERRUPTED)) {
        return CP_REPORT_UNFINISHED;
    }
    if (is_text(row, COLUMN_VERDICT, "ERROR")) {
        return CP_REPORT_ERROR;
    }
    if (sqlite3_column_int(row, COLUMN_MET)) {
        return met_status(row);
    }
    bool is_proved = is_text(row, COLUMN_VERDICT, "PROVED");
    bool is_short =
        is_text(row, COLUMN_VERDICT, "BOUNDED") && is_text(row, COLUMN_EXPECTED, "PROVED");
    bool is_open = is_short || !sqlite3_column_int(row, COLUMN_COMPLETE);
    return !is_proved && is_open ? CP_REPORT_INCONCLUSIVE : CP_REPORT_FAILED;
}

static char *reason_of(const struct cp_report_case *c) {
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out) {
        return NULL;
    }
    if (c->status == CP_REPORT_NOT_BEGUN) {
        fputs("selected, but the run ended before it was begun", out);
    } else if (c->status == CP_REPORT_UNFINISHED && !*c->verdict) {
        fputs("begun, but the run ended before it did", out);
    } else if (c->status == CP_REPORT_UNFINISHED) {
        fprintf(out, "interrupted: %s", c->bound);
    } else if (c->status == CP_REPORT_ERROR) {
        fputs(c->error, out);
    } else if (!cp_report_status_is_met(c->status) && strcmp(c->verdict, c->expected) != 0) {
        fprintf(out, "expected %s, got %s: %s", c->expected, c->verdict, c->bound);
    } else if (!cp_report_status_is_met(c->status) && c->states < c->states_min) {
        fprintf(out, "explored %lld states, expected at least %lld", (long long)c->states,
                (long long)c->states_min);
    } else if (!cp_report_status_is_met(c->status)) {
        fprintf(out, "%s: %s", c->verdict, c->bound);
    }
    return fclose(out) == 0 ? text : (free(text), NULL);
}

static bool has_texts(const struct cp_report_case *c) {
    return c->name && c->file && c->part && c->format && c->hash && c->verdict && c->expected &&
           c->because && c->bound && c->error && c->stopped_by && c->reason;
}

static int fill_case(sqlite3_stmt *row, const struct cp_report_log *log, struct cp_report_case *c,
                     char *error) {
    *c = (struct cp_report_case){
        .log = log,
        .case_id = sqlite3_column_int64(row, 0),
        .status = status_of(row),
        .name = text_of(row, 1),
        .file = text_of(row, 2),
        .part = text_of(row, 3),
        .format = text_of(row, 4),
        .hash = text_of(row, 5),
        .verdict = text_of(row, COLUMN_VERDICT),
        .expected = text_of(row, COLUMN_EXPECTED),
        .because = text_of(row, 8),
        .bound = text_of(row, 9),
        .error = text_of(row, 10),
        .stopped_by = text_of(row, 11),
        .line = sqlite3_column_int64(row, 12),
        .states = sqlite3_column_int64(row, 13),
        .states_min = sqlite3_column_int64(row, 14),
        .cuts = sqlite3_column_int64(row, 15),
        .operations = sqlite3_column_int64(row, 16),
        .cuts_deepest = sqlite3_column_int64(row, 17),
        .seconds = sqlite3_column_double(row, 18),
    };
    c->reason = c->bound ? reason_of(c) : NULL;
    return has_texts(c) ? 0 : no_memory(error);
}

// --- violations, each with the line of its last cut, or of its last operation

static const char violation_sql[] =
    "SELECT v.promise, v.trace, v.replay_id, v.message, v.indifferent, v.cuts, v.is_shortest,"
    " v.claimed, v.is_of_search, t.trace_id, s.file, s.line, s.function"
    " FROM violations v"
    " LEFT JOIN traces t ON t.case_id = v.case_id AND t.kind = 'violation'"
    "  AND t.promise = v.promise AND t.trace = v.trace"
    " LEFT JOIN steps s ON s.case_id = t.case_id AND s.trace_id = t.trace_id AND s.step ="
    "  (SELECT max(o.step) FROM steps o WHERE o.case_id = t.case_id AND o.trace_id = t.trace_id"
    "   AND o.file IS NOT NULL AND o.step <= coalesce((SELECT max(k.step) FROM steps k"
    "    WHERE k.case_id = t.case_id AND k.trace_id = t.trace_id AND k.kind = 'cut'), o.step))"
    " WHERE v.case_id = ?1 ORDER BY v.claimed, v.cuts";

static int fill_violation(sqlite3_stmt *row, struct cp_report_violation *v, char *error) {
    *v = (struct cp_report_violation){
        .promise = text_of(row, 0),
        .trace = text_of(row, 1),
        .replay_id = text_of(row, 2),
        .message = text_of(row, 3),
        .indifferent = text_of(row, 4),
        .cuts = sqlite3_column_int64(row, 5),
        .is_shortest = sqlite3_column_int(row, 6),
        .is_claimed = sqlite3_column_int(row, 7),
        .is_of_search = sqlite3_column_int(row, 8),
        .trace_id = sqlite3_column_int64(row, 9),
        .line = sqlite3_column_int64(row, 11),
        .function = text_of(row, 12),
    };
    if (sqlite3_column_type(row, 10) != SQLITE_NULL) {
        v->file = text_of(row, 10);
    }
    bool is_full =
        v->promise && v->trace && v->replay_id && v->message && v->indifferent && v->function;
    return is_full ? 0 : no_memory(error);
}

static int add_violation(sqlite3_stmt *row, struct cp_report_case *c, char *error) {
    struct cp_report_violation *grown =
        realloc(c->violations, (c->violation_count + 1) * sizeof(*grown));
    if (!grown) {
        return no_memory(error);
    }
    c->violations = grown;
    return fill_violation(row, &grown[c->violation_count++], error);
}

static int read_violations(struct cp_report_case *c, char *error) {
    sqlite3_stmt *query = NULL;
    if (sqlite3_prepare_v2(c->log->db, violation_sql, -1, &query, NULL) != SQLITE_OK) {
        return cp_report_sql_error(c->log, error);
    }
    sqlite3_bind_int64(query, 1, c->case_id);
    int code, err = 0;
    while (!err && (code = sqlite3_step(query)) == SQLITE_ROW) {
        err = add_violation(query, c, error);
    }
    if (!err && code != SQLITE_DONE) {
        err = cp_report_sql_error(c->log, error);
    }
    sqlite3_finalize(query);
    return err;
}

// --- all of them

static int add_case(sqlite3_stmt *row, const struct cp_report_log *log,
                    struct cp_report_cases *cases, char *error) {
    struct cp_report_case *grown = realloc(cases->cases, (cases->count + 1) * sizeof(*grown));
    if (!grown) {
        return no_memory(error);
    }
    cases->cases = grown;
    struct cp_report_case *c = &grown[cases->count++];
    int err = fill_case(row, log, c, error);
    if (err) {
        return err;
    }
    cases->counts[c->status]++;
    cases->states += (uint64_t)c->states;
    return c->case_id ? read_violations(c, error) : 0;
}

static int read_log(const struct cp_report_log *log, struct cp_report_cases *cases, char *error) {
    sqlite3_stmt *query = NULL;
    cases->is_complete = cases->is_complete && log->is_complete;
    if (sqlite3_prepare_v2(log->db, case_sql, -1, &query, NULL) != SQLITE_OK) {
        return cp_report_sql_error(log, error);
    }
    int code, err = 0;
    while (!err && (code = sqlite3_step(query)) == SQLITE_ROW) {
        err = add_case(query, log, cases, error);
    }
    if (!err && code != SQLITE_DONE) {
        err = cp_report_sql_error(log, error);
    }
    sqlite3_finalize(query);
    return err;
}

int cp_report_read_cases(const struct cp_report *report, struct cp_report_cases *cases,
                         char *error) {
    *cases = (struct cp_report_cases){.is_complete = true};
    int err = 0;
    for (size_t i = 0; !err && i < report->log_count; i++) {
        err = read_log(&report->logs[i], cases, error);
    }
    if (err) {
        cp_report_free_cases(cases);
    }
    return err;
}

static void free_violation(struct cp_report_violation *v) {
    char *texts[] = {v->promise,     v->trace, v->replay_id, v->message,
                     v->indifferent, v->file,  v->function};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        free(texts[i]);
    }
}

static void free_case(struct cp_report_case *c) {
    char *texts[] = {c->name,     c->file,    c->part,  c->format, c->hash,       c->verdict,
                     c->expected, c->because, c->bound, c->error,  c->stopped_by, c->reason};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        free(texts[i]);
    }
    for (size_t i = 0; i < c->violation_count; i++) {
        free_violation(&c->violations[i]);
    }
    free(c->violations);
}

void cp_report_free_cases(struct cp_report_cases *cases) {
    for (size_t i = 0; i < cases->count; i++) {
        free_case(&cases->cases[i]);
    }
    free(cases->cases);
    *cases = (struct cp_report_cases){0};
}

const struct cp_report_violation *cp_report_first_failure(const struct cp_report_case *test_case) {
    for (size_t i = 0; i < test_case->violation_count; i++) {
        if (!test_case->violations[i].is_claimed) {
            return &test_case->violations[i];
        }
    }
    return NULL;
}

// --- the sentence

static const char *sentence_head(const struct cp_report_cases *cases) {
    if (cases->counts[CP_REPORT_FAILED]) {
        return "FAILED: a promise is broken, or a claim does not hold.";
    }
    if (cases->counts[CP_REPORT_ERROR]) {
        return "ERROR: a case could not be searched.";
    }
    size_t open = cases->counts[CP_REPORT_INCONCLUSIVE] + cases->counts[CP_REPORT_UNFINISHED] +
                  cases->counts[CP_REPORT_NOT_BEGUN];
    if (open || !cases->is_complete) {
        return "INCONCLUSIVE: nothing was found against a promise, but not all was searched.";
    }
    if (cases->count == 0) {
        return "INCONCLUSIVE: there is no case.";
    }
    return cases->counts[CP_REPORT_PROVED] == cases->count
               ? "PROVED: every case, each within the bound of its fault model."
               : "AS EXPECTED: every case ended as its scenario expects, within its bound.";
}

char *cp_report_sentence(const struct cp_report_cases *cases) {
    static const char *const words[CP_REPORT_STATUS_COUNT] = {"proved",
                                                              "violated as claimed",
                                                              "bounded as expected",
                                                              "not begun",
                                                              "unfinished",
                                                              "inconclusive",
                                                              "in error",
                                                              "failed"};
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out) {
        return NULL;
    }
    fprintf(out, "%s %zu case%s: ", sentence_head(cases), cases->count,
            cases->count == 1 ? "" : "s");
    const char *divider = "";
    for (size_t i = 0; i < CP_REPORT_STATUS_COUNT; i++) {
        if (cases->counts[i]) {
            fprintf(out, "%s%zu %s", divider, cases->counts[i], words[i]);
            divider = ", ";
        }
    }
    fprintf(out, "; %llu states.", (unsigned long long)cases->states);
    return fclose(out) == 0 ? text : (free(text), NULL);
}

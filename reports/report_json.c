// report_json.c: all of a report as JSON, for tools. The schema is reports/schema/report-1.json.

#include "faults/result.h"
#include "reports/html_sql.h"
#include "reports/report_cases.h"

#include <stdlib.h>
#include <string.h>

static json_t *text(const char *value) {
    return cp_html_text(value, strlen(value));
}

// Null where the log has nothing: a case that was never begun has no bound.
static json_t *text_or_null(const char *value) {
    return *value ? text(value) : json_null();
}

// Rows of one case, with the names of the columns.
struct list {
    const char *key, *sql;
};

static const struct list case_lists[] = {
    {"promises", "SELECT promise, claimed, times_exercised, times_violated FROM promises"
                 " WHERE case_id = %lld"},
    {"wear", "SELECT device, page, erases_max, excess_max FROM wear WHERE case_id = %lld"},
    {"times", "SELECT name, time_us FROM times WHERE case_id = %lld"},
    {"cuts", "SELECT f.name AS fault, k.first, k.last, o.name AS outcome, k.final_image, k.times"
             " FROM cuts k LEFT JOIN fault_names f ON f.id = k.fault"
             " LEFT JOIN outcome_names o ON o.id = k.outcome WHERE k.case_id = %lld"},
    {"images", "SELECT image, name, size FROM images WHERE case_id = %lld"},
};

static const struct list log_lists[] = {
    {"run", "SELECT * FROM run"},
    {"measures", "SELECT name, value, unit, more_is, source FROM measures ORDER BY name"},
    {"unexercised", "SELECT scenario, kind, what FROM unexercised"},
};

static int add_lists(const struct cp_report_log *log, const struct list *lists, size_t count,
                     int64_t case_id, json_t *object, char *error) {
    for (size_t i = 0; i < count; i++) {
        char *sql = sqlite3_mprintf(lists[i].sql, (long long)case_id);
        json_t *rows = sql ? cp_html_read_objects(log, sql, error) : NULL;
        sqlite3_free(sql);
        if (!rows || json_object_set_new(object, lists[i].key, rows) < 0) {
            return -1;
        }
    }
    return 0;
}

#define ADD_LISTS(log, lists, case_id, object, error)                                              \
    add_lists(log, lists, sizeof(lists) / sizeof(lists)[0], case_id, object, error)

static json_t *violation(const struct cp_report_violation *v) {
    return json_pack("{s:s,s:o,s:o,s:o,s:o,s:I,s:b,s:b,s:b,s:o,s:o,s:o}", "promise", v->promise,
                     "trace", text(v->trace), "replay_id", text(v->replay_id), "message",
                     text(v->message), "indifferent", text_or_null(v->indifferent), "cuts",
                     (json_int_t)v->cuts, "is_shortest", (int)v->is_shortest, "is_claimed",
                     (int)v->is_claimed, "is_of_search", (int)v->is_of_search, "file",
                     v->file ? text(v->file) : json_null(), "line",
                     v->file ? json_integer(v->line) : json_null(), "function",
                     v->file ? text(v->function) : json_null());
}

static json_t *violations(const struct cp_report_case *c) {
    json_t *all = json_array();
    for (size_t i = 0; i < c->violation_count; i++) {
        json_array_append_new(all, violation(&c->violations[i]));
    }
    return all;
}

static json_t *counts(const struct cp_report_case *c) {
    return json_pack("{s:I,s:I,s:I,s:I,s:f}", "states", (json_int_t)c->states, "cuts",
                     (json_int_t)c->cuts, "operations", (json_int_t)c->operations, "cuts_deepest",
                     (json_int_t)c->cuts_deepest, "seconds", c->seconds);
}

static json_t *case_of(const struct cp_report_case *c, char *error) {
    json_t *object =
        json_pack("{s:o,s:s,s:b,s:o,s:o,s:I,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o}", "name",
                  text(c->name), "status", cp_report_status_name(c->status), "as_expected",
                  (int)cp_report_status_is_met(c->status), "log", text(c->log->path), "file",
                  text(c->file), "line", (json_int_t)c->line, "part", text_or_null(c->part),
                  "format", text_or_null(c->format), "hash", text_or_null(c->hash), "verdict",
                  text_or_null(c->verdict), "expected", text_or_null(c->expected), "because",
                  text_or_null(c->because), "bound", text_or_null(c->bound), "reason",
                  text_or_null(c->reason), "counts", counts(c), "violations", violations(c));
    if (!object) {
        snprintf(error, CP_MESSAGE_MAX, "out of memory");
        return NULL;
    }
    if (ADD_LISTS(c->log, case_lists, c->case_id, object, error) < 0) {
        json_decref(object);
        return NULL;
    }
    return object;
}

static int add_cases(const struct cp_report_cases *cases, json_t *all, char *error) {
    for (size_t i = 0; i < cases->count; i++) {
        json_t *object = case_of(&cases->cases[i], error);
        if (!object) {
            return -1;
        }
        json_array_append_new(all, object);
    }
    return 0;
}

static int add_log(const struct cp_report_log *log, json_t *all, char *error) {
    json_t *object =
        json_pack("{s:o,s:b}", "path", text(log->path), "is_complete", (int)log->is_complete);
    json_array_append_new(all, object);
    int err = ADD_LISTS(log, log_lists, 0, object, error);
    if (!err) { // it is one row
        json_object_set(object, "run", json_array_get(json_object_get(object, "run"), 0));
    }
    return err;
}

static json_t *sum_of(const struct cp_report_cases *cases) {
    json_t *sums = json_object();
    for (int i = 0; i < CP_REPORT_STATUS_COUNT; i++) {
        json_object_set_new(sums, cp_report_status_name((enum cp_report_status)i),
                            json_integer((json_int_t)cases->counts[i]));
    }
    return sums;
}

static int dump(const struct cp_report *report, const struct cp_report_cases *cases, FILE *out,
                char *error) {
    json_t *logs = json_array(), *list = json_array();
    int err = 0;
    for (size_t i = 0; !err && i < report->log_count; i++) {
        err = add_log(&report->logs[i], logs, error);
    }
    err = err ? err : add_cases(cases, list, error);
    char *sentence = cp_report_sentence(cases);
    json_t *all = err || !sentence
                      ? NULL
                      : json_pack("{s:i,s:s,s:o,s:o,s:O,s:O}", "schema", 1, "cutproof",
                                  report->version, "sentence", text(sentence), "counts",
                                  sum_of(cases), "logs", logs, "cases", list);
    if (!err && (!all || json_dumpf(all, out, JSON_INDENT(1)) < 0)) {
        snprintf(error, CP_MESSAGE_MAX, "out of memory");
        err = -1;
    }
    fputc('\n', out);
    free(sentence);
    json_decref(all);
    json_decref(logs);
    json_decref(list);
    return err;
}

int cp_report_write_json(const struct cp_report *report, FILE *out, char *error) {
    struct cp_report_cases cases;
    int err = cp_report_read_cases(report, &cases, error);
    if (!err) {
        err = dump(report, &cases, out, error);
    }
    cp_report_free_cases(&cases);
    return err;
}

// sarif.c: SARIF 2.1.0, which code hosts show as findings at their source lines.
//
// A rule for each promise, a result for each violation. A claimed one is there too, but
// suppressed, with its reason. What did not come to an end is a notification of level error, and
// then the execution was not successful. Texts pass through cp_html_text(), so that all is UTF-8.

#include "faults/result.h"
#include "reports/html_sql.h"
#include "reports/report_cases.h"
#include "reports/report_failure.h"

#include <stdlib.h>
#include <string.h>

#define STEPS_MAX 50u // of a code flow; the newest

static json_t *text(const char *value) {
    return cp_html_text(value, strlen(value));
}

static json_t *message(const char *value) {
    return json_pack("{s:o}", "text", text(value));
}

static json_t *location(const char *file, int64_t line, const char *said) {
    json_t *place = json_pack("{s:{s:{s:o,s:s},s:{s:I}}}", "physicalLocation", "artifactLocation",
                              "uri", text(file), "uriBaseId", "SRCROOT", "region", "startLine",
                              (json_int_t)(line > 0 ? line : 1));
    if (said) {
        json_object_set_new(place, "message", message(said));
    }
    return place;
}

static json_t *rules(void) {
    json_t *all = json_array();
    for (int i = 0; i < CP_PROMISE_COUNT; i++) {
        enum cp_promise promise = (enum cp_promise)i;
        const char *says = cp_promise_text(promise);
        json_array_append_new(all, json_pack("{s:s,s:{s:s},s:{s:s},s:{s:s}}", "id",
                                             cp_promise_name(promise), "shortDescription", "text",
                                             says, "help", "text", says, "defaultConfiguration",
                                             "level", "error"));
    }
    return all;
}

// The steps that have a source line, each a place of the flow.
static const char step_sql[] =
    "SELECT text, file, line FROM (SELECT step, text, file, line FROM steps WHERE case_id = ?1"
    " AND trace_id = ?2 AND file IS NOT NULL ORDER BY step DESC LIMIT ?3) ORDER BY step";

static int add_steps(const struct cp_report_case *c, const struct cp_report_violation *v,
                     json_t *places, char *error) {
    sqlite3_stmt *query = NULL;
    if (sqlite3_prepare_v2(c->log->db, step_sql, -1, &query, NULL) != SQLITE_OK) {
        return cp_report_sql_error(c->log, error);
    }
    sqlite3_bind_int64(query, 1, c->case_id);
    sqlite3_bind_int64(query, 2, v->trace_id);
    sqlite3_bind_int64(query, 3, STEPS_MAX);
    int code;
    while ((code = sqlite3_step(query)) == SQLITE_ROW) {
        const char *said = (const char *)sqlite3_column_text(query, 0);
        const char *file = (const char *)sqlite3_column_text(query, 1);
        json_t *place = location(file, sqlite3_column_int64(query, 2), said ? said : "");
        json_array_append_new(places, json_pack("{s:o}", "location", place));
    }
    int err = code == SQLITE_DONE ? 0 : cp_report_sql_error(c->log, error);
    sqlite3_finalize(query);
    return err;
}

static int add_flow(const struct cp_report_case *c, const struct cp_report_violation *v,
                    json_t *result, char *error) {
    json_t *places = json_array();
    int err = v->trace_id ? add_steps(c, v, places, error) : 0;
    if (!err && json_array_size(places) > 0) {
        json_object_set_new(result, "codeFlows",
                            json_pack("[{s:[{s:O}]}]", "threadFlows", "locations", places));
    }
    json_decref(places);
    return err;
}

// The block of the violation as the message. NULL with a message.
static json_t *block(const struct cp_report_case *c, const struct cp_report_violation *v,
                     char *error) {
    char *written = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&written, &size);
    int err = out ? 0 : -1;
    if (out) {
        fprintf(out, "%s: %s\n", c->name, v->message);
        err = cp_report_write_failure(c, v, out, error);
        fclose(out);
    } else {
        snprintf(error, CP_MESSAGE_MAX, "out of memory");
    }
    json_t *said = err ? NULL : message(written);
    free(written);
    return said;
}

static int add_result(const struct cp_report_case *c, const struct cp_report_violation *v,
                      json_t *results, char *error) {
    json_t *said = block(c, v, error);
    if (!said) {
        return -1;
    }
    char key[CP_NAME_MAX + 64]; // the same from run to run, whatever the trace
    snprintf(key, sizeof key, "%s/%s", c->name, v->promise);
    json_t *result =
        json_pack("{s:s,s:s,s:o,s:[o],s:{s:o},s:{s:o,s:o,s:o}}", "ruleId", v->promise, "level",
                  "error", "message", said, "locations",
                  v->file ? location(v->file, v->line, NULL) : location(c->file, c->line, NULL),
                  "partialFingerprints", "casePromise/v1", text(key), "properties", "case",
                  text(c->name), "trace", text(v->trace), "replay", text(v->replay_id));
    if (result && v->is_claimed) {
        json_object_set_new(
            result, "suppressions",
            json_pack("[{s:s,s:o}]", "kind", "external", "justification", text(c->because)));
    }
    int err = result ? add_flow(c, v, result, error) : -1;
    json_array_append_new(results, result);
    return err;
}

static void add_notification(const struct cp_report_case *c, json_t *notifications) {
    char said[CP_NAME_MAX + CP_MESSAGE_MAX + 64];
    snprintf(said, sizeof said, "%s: %s: %.400s", c->name, cp_report_status_name(c->status),
             c->reason);
    json_array_append_new(notifications,
                          json_pack("{s:s,s:o,s:[o]}", "level", "error", "message", message(said),
                                    "locations", location(c->file, c->line, NULL)));
}

// A claim that does not hold has no violation: it is told like what has not ended.
static int add_case(const struct cp_report_case *c, json_t *results, json_t *notifications,
                    char *error) {
    int err = 0;
    for (size_t i = 0; !err && i < c->violation_count; i++) {
        err = add_result(c, &c->violations[i], results, error);
    }
    if (!cp_report_status_is_met(c->status) && !cp_report_first_failure(c)) {
        add_notification(c, notifications);
    }
    return err;
}

static bool has_ended(const struct cp_report_cases *cases) {
    size_t met = cases->counts[CP_REPORT_PROVED] + cases->counts[CP_REPORT_AS_CLAIMED] +
                 cases->counts[CP_REPORT_BOUNDED] + cases->counts[CP_REPORT_FAILED];
    return cases->is_complete && met == cases->count;
}

static json_t *sarif_of(const struct cp_report *report, const struct cp_report_cases *cases,
                        json_t *results, json_t *notifications) {
    return json_pack("{s:s,s:s,s:[{s:{s:{s:s,s:s,s:o}},s:[{s:b,s:O}],s:{s:{s:{s:s}}},s:O,s:s}]}",
                     "$schema", "https://json.schemastore.org/sarif-2.1.0.json", "version", "2.1.0",
                     "runs", "tool", "driver", "name", "Cutproof", "version", report->version,
                     "rules", rules(), "invocations", "executionSuccessful", (int)has_ended(cases),
                     "toolExecutionNotifications", notifications, "originalUriBaseIds", "SRCROOT",
                     "description", "text", "the directory in which the run was started", "results",
                     results, "columnKind", "utf16CodeUnits");
}

int cp_report_write_sarif(const struct cp_report *report, FILE *out, char *error) {
    struct cp_report_cases cases;
    int err = cp_report_read_cases(report, &cases, error);
    json_t *results = json_array(), *notifications = json_array();
    for (size_t i = 0; !err && i < cases.count; i++) {
        err = add_case(&cases.cases[i], results, notifications, error);
    }
    json_t *sarif = err ? NULL : sarif_of(report, &cases, results, notifications);
    if (!err && (!sarif || json_dumpf(sarif, out, JSON_INDENT(1)) < 0)) {
        snprintf(error, CP_MESSAGE_MAX, "out of memory");
        err = -1;
    }
    fputc('\n', out);
    json_decref(sarif);
    json_decref(results);
    json_decref(notifications);
    cp_report_free_cases(&cases);
    return err;
}

// html_data.c: what the page shows, read from the logs as JSON.
//
// The lists are a table of queries with a cap each. The order of their columns is known to
// reports/viewer/data.js.

#include "reports/html_data.h"

#include "faults/result.h"
#include "reports/html_sql.h"
#include "reports/html_states.h"
#include "reports/log_schema.h"

#include <string.h>

#define COUNT_OF(array)  (sizeof(array) / sizeof(array)[0])
#define STATE_GROUPS_MAX 2000u // of a case, in the overview
#define STEPS_MAX        20000u

// --- the overview

static const struct cp_html_list log_lists[] = {
    // Selected, but never begun, or begun and dropped.
    {"missing",
     "SELECT scenario, file FROM selected WHERE scenario NOT IN (SELECT scenario FROM cases)"
     " ORDER BY position",
     1000},
    {"failures", "SELECT scenario, promise, kind, message, replay_id FROM failures", 1000},
    {"unexercised", "SELECT scenario, kind, what FROM unexercised", 5000},
    // A case that stopped at its violation says nothing about what it did not reach.
    {"site_sums",
     "SELECT s.file, s.line, s.operation, s.fault, sum(s.times) FROM sites s"
     " JOIN cases c ON c.id = s.case_id WHERE c.verdict IN ('PROVED', 'BOUNDED')"
     " GROUP BY s.file, s.line, s.operation, s.fault",
     20000},
    {"measures", "SELECT name, value, unit, more_is, source FROM measures ORDER BY name", 1000},
    {"fault_names", "SELECT id, name FROM fault_names", 1000},
    {"phase_names", "SELECT id, name FROM phase_names", 1000},
    {"outcome_names", "SELECT id, name FROM outcome_names", 1000},
};

static const struct cp_html_list case_lists[] = {
    {"violations",
     "SELECT promise, trace, replay_id, cuts, is_shortest, claimed, message, indifferent,"
     " is_of_search FROM violations WHERE case_id = ?1 ORDER BY claimed",
     100},
    {"images", "SELECT image, name, size FROM images WHERE case_id = ?1 ORDER BY image", 100},
    {"promises",
     "SELECT promise, claimed, times_exercised, times_violated FROM promises"
     " WHERE case_id = ?1",
     100},
};

static int read_lists(const struct cp_report_log *log, const struct cp_html_list *lists,
                      size_t count, int64_t case_id, json_t *object, char *error) {
    int err = 0;
    for (size_t i = 0; !err && i < count; i++) {
        err = cp_html_read_list(log, &lists[i], case_id, object, error);
    }
    return err;
}

static int add_log(const struct cp_report_log *log, json_t *overview, char *error) {
    json_t *run = cp_html_read_objects(log, "SELECT * FROM run", error);
    json_t *about = json_object();
    if (!run || json_array_append_new(json_object_get(overview, "logs"), about) < 0) {
        json_decref(run);
        return -1;
    }
    int err = cp_html_set(about, "run", json_incref(json_array_get(run, 0)), error);
    json_decref(run);
    err = err ? err : cp_html_set(about, "path", cp_html_text(log->path, strlen(log->path)), error);
    err = err ? err : cp_html_set(about, "is_complete", json_boolean(log->is_complete), error);
    return err ? err : read_lists(log, log_lists, COUNT_OF(log_lists), 0, about, error);
}

// The counts of one case, without its id.
static json_t *states_of(const json_t *counted, int64_t case_id) {
    json_t *rows = json_array(), *row;
    size_t i;
    json_array_foreach(counted, i, row) {
        if (json_integer_value(json_array_get(row, 0)) == case_id) {
            json_t *copy = json_copy(row);
            json_array_remove(copy, 0);
            json_array_append_new(rows, copy);
        }
        if (json_array_size(rows) == STATE_GROUPS_MAX) {
            break;
        }
    }
    return rows;
}

static int add_case(const struct cp_report_log *log, size_t log_index, const json_t *counted,
                    json_t *about, char *error) {
    int64_t id = json_integer_value(json_object_get(about, "id"));
    int err = cp_html_set(about, "log", json_integer((json_int_t)log_index), error);
    err = err ? err : cp_html_set(about, "states_by", states_of(counted, id), error);
    err = err ? err : cp_html_set(about, "detail", json_null(), error);
    return err ? err : read_lists(log, case_lists, COUNT_OF(case_lists), id, about, error);
}

static int add_cases(const struct cp_report_log *log, size_t log_index, json_t *overview,
                     char *error) {
    json_t *cases = cp_html_read_objects(log, "SELECT * FROM cases ORDER BY id", error), *about;
    json_t *counted = cases ? cp_html_count_states(log, error) : NULL;
    int err = counted ? 0 : -1;
    size_t i;
    json_array_foreach(cases, i, about) {
        err = err ? err : add_case(log, log_index, counted, about, error);
    }
    if (!err && json_array_extend(json_object_get(overview, "cases"), cases) < 0) {
        err = -1;
    }
    json_decref(counted);
    json_decref(cases);
    return err;
}

static int fill_overview(const struct cp_report *report, json_t *overview, char *error) {
    const char *version = report->version;
    int err = cp_html_set(overview, "version", cp_html_text(version, strlen(version)), error);
    err = err ? err : cp_html_set(overview, "sqlite", json_string(sqlite3_libversion()), error);
    err = err ? err : cp_html_set(overview, "schema", json_integer(CP_LOG_SCHEMA_VERSION), error);
    err = err ? err
              : cp_html_set(overview, "detail_bytes_max", json_integer(CP_HTML_DETAIL_BYTES_MAX),
                            error);
    err = err ? err : cp_html_set(overview, "logs", json_array(), error);
    err = err ? err : cp_html_set(overview, "cases", json_array(), error);
    for (size_t i = 0; !err && i < report->log_count; i++) {
        err = add_log(&report->logs[i], overview, error);
        err = err ? err : add_cases(&report->logs[i], i, overview, error);
    }
    return err;
}

json_t *cp_html_overview(const struct cp_report *report, char *error) {
    json_t *overview = json_object();
    snprintf(error, CP_MESSAGE_MAX, "out of memory"); // unless something else is said
    if (overview && fill_overview(report, overview, error) != 0) {
        json_decref(overview);
        overview = NULL;
    }
    return overview;
}

// --- the details of a case

static const struct cp_html_list detail_lists[] = {
    {"yaml", "SELECT yaml FROM scenarios JOIN cases USING (file) WHERE cases.id = ?1", 1},
    // Call chains that end in the same line are told as one.
    {"sites",
     "SELECT file, line, function, operation, fault, sum(times) FROM sites WHERE case_id = ?1"
     " GROUP BY file, line, function, operation, fault ORDER BY file, line",
     20000},
    {"wear",
     "SELECT device, page, erases_max, excess_max FROM wear WHERE case_id = ?1"
     " ORDER BY device, page",
     10000},
    {"times", "SELECT name, time_us FROM times WHERE case_id = ?1", 100},
    {"cuts",
     "SELECT fault, first, last, outcome, final_image, times FROM cuts WHERE case_id = ?1"
     " ORDER BY fault, first",
     20000},
    {"areas",
     "SELECT area, device, offset, size, page_size, page_count FROM areas WHERE case_id = ?1"
     " ORDER BY device, offset",
     100},
    {"pages", "SELECT area, page, holds FROM pages WHERE case_id = ?1", 20000},
    {"traces",
     "SELECT trace_id, kind, of_trace, promise, trace, replay_id, result, events, is_whole"
     " FROM traces WHERE case_id = ?1 ORDER BY trace_id",
     500},
};

static const struct cp_html_list step_list = {
    "steps",
    "SELECT trace_id, life, cuts, kind, event, event_count, phase, area, page, offset,"
    " word_count, window_offset, before, after, text, file, line, function, page_holds,"
    " active_holds, state_says FROM steps WHERE case_id = ?1 ORDER BY trace_id, step",
    STEPS_MAX};

json_t *cp_html_detail(const struct cp_report_log *log, int64_t case_id, enum cp_html_extent extent,
                       char *error) {
    json_t *detail = json_object();
    snprintf(error, CP_MESSAGE_MAX, "out of memory");
    int err =
        detail ? read_lists(log, detail_lists, COUNT_OF(detail_lists), case_id, detail, error) : -1;
    if (!err && extent == CP_HTML_WHOLE) {
        err = cp_html_read_list(log, &step_list, case_id, detail, error);
    }
    if (err) {
        json_decref(detail);
        detail = NULL;
    }
    return detail;
}

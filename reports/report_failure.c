// report_failure.c: the block that explains a violation, from the steps that the log has.

#include "reports/report_failure.h"

#include "faults/result.h"

#include <stdlib.h>
#include <string.h>

#define LAST_STEPS 3u // of those since the power came back last

// All that is told of the way to a violation: each cut with the operation before it, and the
// last steps after it.
static const char step_sql[] =
    "WITH told AS (SELECT step, cuts, kind, event, text, file, line, function,"
    "  lead(kind) OVER (ORDER BY step) AS next_kind FROM steps"
    "  WHERE case_id = ?1 AND trace_id = ?2 AND kind NOT IN ('violation', 'power-on')),"
    " ends AS (SELECT max(cuts) AS cuts FROM told)"
    " SELECT kind, event, text, file, line, function, cuts, next_kind FROM told"
    " WHERE kind = 'cut' OR next_kind = 'cut' OR (cuts = (SELECT cuts FROM ends) AND"
    "  (SELECT count(*) FROM told later WHERE later.step > told.step) < ?3) ORDER BY step";

static void write_step(sqlite3_stmt *row, const char *label, FILE *out) {
    const char *file = (const char *)sqlite3_column_text(row, 3);
    fprintf(out, "%-9s op %-5lld  %s", label, (long long)sqlite3_column_int64(row, 1),
            (const char *)sqlite3_column_text(row, 2));
    if (file) {
        fprintf(out, "  %s:%lld (%s)", file, (long long)sqlite3_column_int64(row, 4),
                (const char *)sqlite3_column_text(row, 5));
    }
    fputc('\n', out);
}

struct telling {
    int64_t cuts;
    bool has_then;
};

static void tell(sqlite3_stmt *row, struct telling *telling, FILE *out) {
    char label[32] = "";
    const char *kind = (const char *)sqlite3_column_text(row, 0);
    const char *next = (const char *)sqlite3_column_text(row, 7);
    if (strcmp(kind, "cut") == 0) {
        fprintf(out, "%-9s %-8s  %s\n", "", "", (const char *)sqlite3_column_text(row, 2));
        return;
    }
    if (next && strcmp(next, "cut") == 0) {
        snprintf(label, sizeof label, "cut %lld", (long long)++telling->cuts);
    } else if (!telling->has_then) {
        snprintf(label, sizeof label, "then");
        telling->has_then = true;
    }
    write_step(row, label, out);
}

static int write_steps(const struct cp_report_case *c, const struct cp_report_violation *v,
                       FILE *out, char *error) {
    sqlite3_stmt *query = NULL;
    if (sqlite3_prepare_v2(c->log->db, step_sql, -1, &query, NULL) != SQLITE_OK) {
        return cp_report_sql_error(c->log, error);
    }
    sqlite3_bind_int64(query, 1, c->case_id);
    sqlite3_bind_int64(query, 2, v->trace_id);
    sqlite3_bind_int64(query, 3, LAST_STEPS);
    struct telling telling = {0};
    int code;
    while ((code = sqlite3_step(query)) == SQLITE_ROW) {
        tell(query, &telling, out);
    }
    int err = code == SQLITE_DONE ? 0 : cp_report_sql_error(c->log, error);
    sqlite3_finalize(query);
    return err;
}

// The value of --core on the command line of the run, quoted as it was; "" if it had none.
static int write_core(const struct cp_report_log *log, FILE *out, char *error) {
    sqlite3_stmt *query = NULL;
    if (sqlite3_prepare_v2(log->db, "SELECT command_line FROM run", -1, &query, NULL) !=
        SQLITE_OK) {
        return cp_report_sql_error(log, error);
    }
    const char *found = NULL;
    if (sqlite3_step(query) == SQLITE_ROW && sqlite3_column_text(query, 0)) {
        found = strstr((const char *)sqlite3_column_text(query, 0), " --core");
    }
    if (found && (found[7] == ' ' || found[7] == '=')) {
        const char *value = found + 8;
        size_t length = *value == '\'' ? strcspn(value + 1, "'") + 2 : strcspn(value, " ");
        fprintf(out, " --core %.*s", (int)length, value);
    }
    sqlite3_finalize(query);
    return 0;
}

int cp_report_write_command(const struct cp_report_case *c, const struct cp_report_violation *v,
                            FILE *out, char *error) {
    if (v->is_of_search) { // no run shows it: what does is the search
        fprintf(out, "cutproof run '%s' --case '%s' --verbose", c->file, c->name);
    } else {
        fprintf(out, "cutproof replay '%s' --log '%s'", v->replay_id, c->log->path);
    }
    return write_core(c->log, out, error);
}

static void write_expected(const struct cp_report_violation *v, FILE *out) {
    for (int i = 0; i < CP_PROMISE_COUNT; i++) {
        if (strcmp(cp_promise_name((enum cp_promise)i), v->promise) == 0) {
            fprintf(out, "expected  %s\n", cp_promise_text((enum cp_promise)i));
        }
    }
}

int cp_report_write_failure(const struct cp_report_case *c, const struct cp_report_violation *v,
                            FILE *out, char *error) {
    fprintf(out, "promise   %s\n", v->promise);
    if (v->trace_id) {
        int err = write_steps(c, v, out, error);
        if (err) {
            return err;
        }
    }
    write_expected(v, out);
    fprintf(out, "got       %s\n", v->message);
    if (!v->is_of_search) {
        fprintf(out, "trace     %s: %lld power loss%s%s\n", *v->trace ? v->trace : "(no cut)",
                (long long)v->cuts, v->cuts == 1 ? "" : "es",
                v->is_shortest ? "; no trace with fewer exists" : "");
    }
    if (*v->indifferent) {
        fprintf(out, "no matter %s\n", v->indifferent);
    }
    fputs("replay    ", out);
    int err = cp_report_write_command(c, v, out, error);
    fputc('\n', out);
    return err;
}

// gate_sql.c: asking two logs at once.

#include "reports/gate_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int complain(struct cp_gate *gate, const char *what) {
    int code = sqlite3_errcode(gate->db);
    snprintf(gate->error, CP_MESSAGE_MAX, "%s: %.180s", what, sqlite3_errmsg(gate->db));
    snprintf(gate->help, CP_MESSAGE_MAX, "%s",
             code == SQLITE_CORRUPT ? "one of the logs is damaged; was it copied whole?"
             : code == SQLITE_BUSY  ? "a run is writing one of the logs; wait until it has ended"
                                    : "");
    return -1;
}

sqlite3_stmt *cp_gate_prepare(struct cp_gate *gate, const char *sql) {
    sqlite3_stmt *query = NULL;
    if (sqlite3_prepare_v2(gate->db, sql, -1, &query, NULL) != SQLITE_OK) {
        complain(gate, "cannot ask the logs");
        return NULL;
    }
    return query;
}

int cp_gate_step(struct cp_gate *gate, sqlite3_stmt *query) {
    int code = sqlite3_step(query);
    if (code == SQLITE_ROW) {
        return 1;
    }
    return code == SQLITE_DONE ? 0 : complain(gate, "cannot read the logs");
}

// The SQL with the schema in place of each $; the caller frees it.
static char *fill_in(const char *sql, const char *schema) {
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out) {
        return NULL;
    }
    for (; *sql; sql++) {
        if (*sql == '$') {
            fputs(schema, out);
        } else {
            fputc(*sql, out);
        }
    }
    return fclose(out) == 0 ? text : (free(text), NULL);
}

static char *need_filled(struct cp_gate *gate, const struct cp_gate_side *side, const char *sql) {
    char *text = fill_in(sql, side->schema);
    if (!text) {
        snprintf(gate->error, CP_MESSAGE_MAX, "out of memory");
    }
    return text;
}

int cp_gate_execute(struct cp_gate *gate, const struct cp_gate_side *side, const char *sql) {
    char *text = need_filled(gate, side, sql);
    int err = text ? 0 : -1;
    if (!err && sqlite3_exec(gate->db, text, NULL, NULL, NULL) != SQLITE_OK) {
        char what[CP_MESSAGE_MAX];
        snprintf(what, sizeof what, "cannot read '%.60s'", side->log->path);
        err = complain(gate, what);
    }
    free(text);
    return err;
}

sqlite3_stmt *cp_gate_prepare_of(struct cp_gate *gate, const struct cp_gate_side *side,
                                 const char *sql) {
    char *text = need_filled(gate, side, sql);
    sqlite3_stmt *query = text ? cp_gate_prepare(gate, text) : NULL;
    free(text);
    return query;
}

const char *cp_gate_text_at(sqlite3_stmt *row, int column) {
    const char *text = (const char *)sqlite3_column_text(row, column);
    return text ? text : "";
}

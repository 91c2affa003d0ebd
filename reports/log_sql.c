// log_sql.c: the few ways in which a log talks to SQLite.

#include "reports/log_internal.h"

#include "reports/log_schema.h"

#include <stdarg.h>
#include <stdio.h>

int cp_log_fail(struct cp_log *log, const char *what) {
    snprintf(log->error, sizeof log->error, "%s: %.180s", what, sqlite3_errmsg(log->db));
    return -1;
}

int cp_log_execute(struct cp_log *log, const char *sql) {
    if (sqlite3_exec(log->db, sql, NULL, NULL, NULL) != SQLITE_OK) {
        return cp_log_fail(log, "cannot write the log");
    }
    return 0;
}

static int bind_value(sqlite3_stmt *statement, int index, char type, va_list *values) {
    switch (type) {
    case 'i': return sqlite3_bind_int64(statement, index, va_arg(*values, int64_t));
    case 'd': return sqlite3_bind_double(statement, index, va_arg(*values, double));
    case 't':
        return sqlite3_bind_text(statement, index, va_arg(*values, const char *), -1,
                                 SQLITE_TRANSIENT);
    default: return sqlite3_bind_null(statement, index);
    }
}

static int bind_values(sqlite3_stmt *statement, const char *format, va_list *values) {
    for (int i = 0; format[i]; i++) {
        int code = bind_value(statement, i + 1, format[i], values);
        if (code != SQLITE_OK) {
            return code;
        }
    }
    return SQLITE_OK;
}

int cp_log_insert(struct cp_log *log, const char *sql, const char *format, ...) {
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(log->db, sql, -1, &statement, NULL);
    if (code == SQLITE_OK) {
        va_list values;
        va_start(values, format);
        code = bind_values(statement, format, &values);
        va_end(values);
    }
    if (code == SQLITE_OK) {
        code = sqlite3_step(statement);
    }
    int err = code == SQLITE_DONE ? 0 : cp_log_fail(log, "cannot write the log");
    sqlite3_finalize(statement);
    return err;
}

static int write_name(struct cp_log *log, const char *sql, uint32_t id, const char *prefix,
                      const char *name) {
    char text[64];
    snprintf(text, sizeof text, "%s%s", prefix, name);
    return cp_log_insert(log, sql, "it", (int64_t)id, text);
}

static int write_tear_names(struct cp_log *log, const char *sql) {
    int err = 0;
    for (uint32_t tear = 0; !err && tear < CP_PROGRAM_TEAR_COUNT; tear++) {
        err = write_name(log, sql, cp_log_fault_id(CP_EDGE_TORN_PROGRAM, tear), "torn-program ",
                         cp_program_tear_name((enum cp_program_tear)tear));
    }
    for (uint32_t tear = 0; !err && tear < CP_ERASE_TEAR_COUNT; tear++) {
        err = write_name(log, sql, cp_log_fault_id(CP_EDGE_TORN_ERASE, tear), "torn-erase ",
                         cp_erase_tear_name((enum cp_erase_tear)tear));
    }
    for (uint32_t mask = 0; !err && mask < CP_BIT_MASKS_MAX; mask++) {
        char name[16];
        snprintf(name, sizeof name, "mask-%u", mask);
        uint32_t id = cp_log_fault_id(CP_EDGE_TORN_ERASE, CP_ERASE_TEAR_COUNT + mask);
        err = write_name(log, sql, id, "torn-erase ", name);
    }
    return err;
}

static int write_fault_names(struct cp_log *log) {
    const char *sql = "INSERT INTO fault_names VALUES(?1, ?2)";
    const enum cp_edge edges[] = {CP_EDGE_START, CP_EDGE_AFTER, CP_EDGE_RESET, CP_EDGE_MCU_RESET};
    int err = 0;
    for (size_t i = 0; !err && i < sizeof edges / sizeof edges[0]; i++) {
        err = write_name(log, sql, cp_log_fault_id(edges[i], 0), "", cp_edge_name(edges[i]));
    }
    return err ? err : write_tear_names(log, sql);
}

int cp_log_write_names(struct cp_log *log) {
    static const char *const phases[CP_PHASE_COUNT] = {"bootloader", "application"};
    int err = write_fault_names(log);
    for (uint32_t i = 0; !err && i < CP_PHASE_COUNT; i++) {
        err = write_name(log, "INSERT INTO phase_names VALUES(?1, ?2)", i, "", phases[i]);
    }
    for (uint32_t i = 0; !err && i < CP_OUTCOME_COUNT; i++) {
        err = write_name(log, "INSERT INTO outcome_names VALUES(?1, ?2)", i, "",
                         cp_outcome_name((enum cp_outcome)i));
    }
    return err;
}

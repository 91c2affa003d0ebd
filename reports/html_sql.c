// html_sql.c: rows of a log as JSON.

#include "reports/html_sql.h"

#include "faults/result.h"
#include "reports/html_data.h"

#include <stdlib.h>
#include <string.h>

#define REPLACEMENT "\xEF\xBF\xBD" // U+FFFD

int cp_html_sql_error(const struct cp_report_log *log, char *error) {
    snprintf(error, CP_MESSAGE_MAX, "cannot read '%.150s': %s", log->path, sqlite3_errmsg(log->db));
    return -1;
}

static int no_memory(char *error) {
    snprintf(error, CP_MESSAGE_MAX, "out of memory");
    return -1;
}

int cp_html_set(json_t *object, const char *key, json_t *value, char *error) {
    return json_object_set_new(object, key, value) < 0 ? no_memory(error) : 0;
}

// --- values

// Bytes of the character at `text`, 0 if there is no valid one. The library judges, so
// that both have the same opinion.
static size_t character_size(const char *text, size_t left) {
    for (size_t size = 1; size <= 4 && size <= left; size++) {
        json_t *one = json_stringn(text, size);
        if (one) {
            json_decref(one);
            return size;
        }
    }
    return 0;
}

static json_t *mended_text(const char *text, size_t size) {
    char *mended = malloc(size * strlen(REPLACEMENT) + 1);
    size_t end = 0;
    if (!mended) {
        return NULL;
    }
    for (size_t i = 0; i < size;) {
        size_t length = character_size(text + i, size - i);
        const char *from = length ? text + i : REPLACEMENT;
        size_t taken = length ? length : strlen(REPLACEMENT);
        memcpy(mended + end, from, taken);
        end += taken;
        i += length ? length : 1;
    }
    json_t *value = json_stringn(mended, end);
    free(mended);
    return value;
}

json_t *cp_html_text(const char *text, size_t size) {
    json_t *value = json_stringn(text, size);
    return value ? value : mended_text(text, size);
}

static json_t *hex_text(const unsigned char *bytes, size_t size) {
    static const char digits[] = "0123456789abcdef";
    char *hex = malloc(2 * size + 1);
    if (!hex) {
        return NULL;
    }
    for (size_t i = 0; i < size; i++) {
        hex[2 * i] = digits[bytes[i] >> 4];
        hex[2 * i + 1] = digits[bytes[i] & 15];
    }
    json_t *value = json_stringn(hex, 2 * size);
    free(hex);
    return value;
}

static json_t *column_value(sqlite3_stmt *row, int column) {
    size_t size = 0;
    switch (sqlite3_column_type(row, column)) {
    case SQLITE_INTEGER: return json_integer(sqlite3_column_int64(row, column));
    case SQLITE_FLOAT: return json_real(sqlite3_column_double(row, column));
    case SQLITE_NULL: return json_null();
    case SQLITE_BLOB:
        size = (size_t)sqlite3_column_bytes(row, column);
        return hex_text(sqlite3_column_blob(row, column), size);
    default:
        size = (size_t)sqlite3_column_bytes(row, column);
        return cp_html_text((const char *)sqlite3_column_text(row, column), size);
    }
}

// --- rows

static json_t *row_as_array(sqlite3_stmt *row) {
    json_t *array = json_array();
    for (int i = 0; array && i < sqlite3_column_count(row); i++) {
        if (json_array_append_new(array, column_value(row, i)) < 0) {
            json_decref(array);
            array = NULL;
        }
    }
    return array;
}

static json_t *row_as_object(sqlite3_stmt *row) {
    json_t *object = json_object();
    for (int i = 0; object && i < sqlite3_column_count(row); i++) {
        if (json_object_set_new(object, sqlite3_column_name(row, i), column_value(row, i)) < 0) {
            json_decref(object);
            object = NULL;
        }
    }
    return object;
}

// Append rows up to a number. Returns an SQLite code: SQLITE_ROW if there is one more.
static int append_rows(sqlite3_stmt *statement, uint32_t rows_max,
                       json_t *(*convert)(sqlite3_stmt *row), json_t *rows) {
    int code = sqlite3_step(statement);
    for (uint32_t i = 0; code == SQLITE_ROW && i < rows_max; i++) {
        if (json_array_append_new(rows, convert(statement)) < 0) {
            return SQLITE_NOMEM;
        }
        code = sqlite3_step(statement);
    }
    return code;
}

static int note_cap(json_t *object, const struct cp_html_list *list, char *error) {
    json_t *capped = json_object_get(object, "capped");
    if (!capped) {
        capped = json_object();
        if (json_object_set_new(object, "capped", capped) < 0) {
            return no_memory(error);
        }
    }
    return cp_html_set(capped, list->key, json_integer(list->rows_max), error);
}

int cp_html_read_list(const struct cp_report_log *log, const struct cp_html_list *list,
                      int64_t case_id, json_t *object, char *error) {
    sqlite3_stmt *statement = NULL;
    json_t *rows = json_array();
    int code = sqlite3_prepare_v2(log->db, list->sql, -1, &statement, NULL);
    if (code == SQLITE_OK && sqlite3_bind_parameter_count(statement) > 0) {
        code = sqlite3_bind_int64(statement, 1, case_id);
    }
    if (code == SQLITE_OK) {
        code = append_rows(statement, list->rows_max, row_as_array, rows);
    }
    sqlite3_finalize(statement);
    if (code != SQLITE_ROW && code != SQLITE_DONE) {
        json_decref(rows);
        return code == SQLITE_NOMEM ? no_memory(error) : cp_html_sql_error(log, error);
    }
    int err = cp_html_set(object, list->key, rows, error);
    return !err && code == SQLITE_ROW ? note_cap(object, list, error) : err;
}

json_t *cp_html_read_objects(const struct cp_report_log *log, const char *sql, char *error) {
    sqlite3_stmt *statement = NULL;
    json_t *rows = json_array();
    int code = sqlite3_prepare_v2(log->db, sql, -1, &statement, NULL);
    if (code == SQLITE_OK) {
        code = append_rows(statement, UINT32_MAX, row_as_object, rows);
    }
    sqlite3_finalize(statement);
    if (code != SQLITE_DONE) {
        json_decref(rows);
        code == SQLITE_NOMEM ? no_memory(error) : cp_html_sql_error(log, error);
        return NULL;
    }
    return rows;
}

// html_sql.h: rows of a log as JSON.

#ifndef CP_REPORTS_HTML_SQL_H
#define CP_REPORTS_HTML_SQL_H

#include "reports/report.h"

#include <jansson.h>
#include <stdint.h>

// A list to be read: a query whose ?1 is the case, and how many rows are taken at most.
struct cp_html_list {
    const char *key;
    const char *sql;
    uint32_t rows_max;
};

// Put the list under its key, an array of rows, each an array of columns in the order of the
// query; a blob is hexadecimal digits. If there are more rows than rows_max, object.capped.KEY
// is that number. Negative with a message in error[CP_MESSAGE_MAX].
int cp_html_read_list(const struct cp_report_log *log, const struct cp_html_list *list,
                      int64_t case_id, json_t *object, char *error);

// The rows of a query as objects with the names of the columns. Errors as above.
json_t *cp_html_read_objects(const struct cp_report_log *log, const char *sql, char *error);

// The message for a log that cannot be read. Returns -1.
int cp_html_sql_error(const struct cp_report_log *log, char *error);

// A text as JSON: what is not UTF-8 in it becomes U+FFFD. NULL without memory.
json_t *cp_html_text(const char *text, size_t size);

#endif

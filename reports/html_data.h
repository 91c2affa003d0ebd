// html_data.h: what the page shows, read from the logs as JSON.

#ifndef CP_REPORTS_HTML_DATA_H
#define CP_REPORTS_HTML_DATA_H

#include "reports/report.h"

#include <jansson.h>
#include <stdint.h>

// What the details of all cases take in the page, as they stand there. Those for which
// there is no room any more lose their traces first, then all.
#define CP_HTML_DETAIL_BYTES_MAX 4000000u

// WHOLE: with the traces step by step; BRIEF: without.
enum cp_html_extent { CP_HTML_WHOLE, CP_HTML_BRIEF };

// Each gives NULL, or a negative number, with a message in error[CP_MESSAGE_MAX] if a log
// cannot be read or without memory. Lists are cut at a cap; the key "capped" says which.

// The logs, and of each case what tells of it in a line: {"logs": [...], "cases": [...]}.
json_t *cp_html_overview(const struct cp_report *report, char *error);

// One case in full.
json_t *cp_html_detail(const struct cp_report_log *log, int64_t case_id, enum cp_html_extent extent,
                       char *error);

// Put a value into an object. The value is taken in any case; NULL stands for no memory.
int cp_html_set(json_t *object, const char *key, json_t *value, char *error);

#endif

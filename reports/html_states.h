// html_states.h: the states of a log, counted. There are millions: none is told of by itself.

#ifndef CP_REPORTS_HTML_STATES_H
#define CP_REPORTS_HTML_STATES_H

#include "reports/report.h"

#include <jansson.h>

// A list of [case_id, boot, phase, fault, outcome, final_image or null, count], in the order
// in which they first occur. NULL with a message in error[CP_MESSAGE_MAX].
json_t *cp_html_count_states(const struct cp_report_log *log, char *error);

#endif

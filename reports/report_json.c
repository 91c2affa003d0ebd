// report_json.c: not there yet.

#include "faults/result.h"
#include "reports/report.h"

int cp_report_write_json(const struct cp_report *report, FILE *out, char *error) {
    (void)report, (void)out;
    snprintf(error, CP_MESSAGE_MAX, "not there yet");
    return -1;
}

// report_failure.h: the block that explains a violation, from the steps that the log has.

#ifndef CP_REPORTS_REPORT_FAILURE_H
#define CP_REPORTS_REPORT_FAILURE_H

#include "reports/report_cases.h"

// Write the block as `cutproof run` prints it: promise, cuts with their source lines, what
// followed, what was got, what does not matter, and last the command that shows it again. A log
// without the steps gives the trace alone. Negative with a message in error[CP_MESSAGE_MAX].
int cp_report_write_failure(const struct cp_report_case *test_case,
                            const struct cp_report_violation *violation, FILE *out, char *error);

// The command alone: "cutproof replay ...", with the log, and the core if it was none of ours.
int cp_report_write_command(const struct cp_report_case *test_case,
                            const struct cp_report_violation *violation, FILE *out, char *error);

#endif

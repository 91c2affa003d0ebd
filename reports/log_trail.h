// log_trail.h: what a log keeps of a case for people to look at. Not for others than log*.c.

#ifndef CP_REPORTS_LOG_TRAIL_H
#define CP_REPORTS_LOG_TRAIL_H

#include "reports/log_internal.h"

// The rows of areas, images, pages, traces and steps of a case that has ended, by replays: of
// the run without a power loss, of each violation, and of the nearest trace to each that
// breaks nothing. Nothing where about->program is NULL, or the result is an error.
int cp_log_write_trails(struct cp_log *log, int64_t case_id, const struct cp_log_case *about,
                        const struct cp_result *result);

#endif

// log_steps.h: the steps of one trace as rows. Not for others than log*.c.

#ifndef CP_REPORTS_LOG_STEPS_H
#define CP_REPORTS_LOG_STEPS_H

#include "faults/trail.h"
#include "reports/log_internal.h"

struct cp_log_steps;

// NULL with a message in the log's error.
struct cp_log_steps *cp_log_steps_new(struct cp_log *log, int64_t case_id, int64_t trace_id);
void cp_log_steps_free(struct cp_log_steps *steps);

// Of many steps the first and the last are kept, and those near a cut.
int cp_log_steps_add(struct cp_log_steps *steps, const struct cp_trail_step *step);

// Write what is still held back.
int cp_log_steps_end(struct cp_log_steps *steps);

bool cp_log_steps_is_whole(const struct cp_log_steps *steps);

// What the last step says.
const char *cp_log_steps_active(const struct cp_log_steps *steps);
uint64_t cp_log_steps_events(const struct cp_log_steps *steps); // of all power-ons

#endif

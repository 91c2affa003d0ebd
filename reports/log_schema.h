// log_schema.h: the tables and views of a run log.

#ifndef CP_REPORTS_LOG_SCHEMA_H
#define CP_REPORTS_LOG_SCHEMA_H

#include "faults/result.h"

// PRAGMA application_id ("CPlg") and user_version of a log.
#define CP_LOG_APPLICATION_ID 0x43506C67
#define CP_LOG_SCHEMA_VERSION 4

// The rows of `times`, and where in a result each lies, a uint64_t.
struct cp_log_time {
    const char *name;
    size_t offset;
};

#define CP_LOG_TIME_COUNT 6
extern const struct cp_log_time cp_log_times[CP_LOG_TIME_COUNT];

// The SQL that makes an empty log.
extern const char cp_log_schema[];

// `states.fault` is one small number for how a state came about: the edge, and
// for a torn operation the tear on top of one of these.
#define CP_LOG_FAULT_TORN_PROGRAM 100u
#define CP_LOG_FAULT_TORN_ERASE   200u

// `cases.stopped_by`; NULL where nothing stopped the search.
const char *cp_log_stop_name(enum cp_stop stop);

uint32_t cp_log_fault_id(enum cp_edge edge, uint32_t tear);

#endif

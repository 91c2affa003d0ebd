// log.h: the run log, an SQLite file that every report is made from.
//
// The schema is in docs/SPEC.md, "Run log", and as SQL in log_schema.c. Rows
// are committed in batches at least once a second, so a run that is killed
// leaves a readable log whose `run.complete` is 0.

#ifndef CP_REPORTS_LOG_H
#define CP_REPORTS_LOG_H

#include "faults/result.h"

struct cp_log;

struct cp_log_run {
    const char *version;
    const char *core_name, *core_hash;
    const char *command_line;
    const char *engine;
    const char *shard; // "2/3": of every case only this part; NULL: all of it
    bool is_audit;
};

// Create a log at path. An existing file is never overwritten: that is an error.
// Errors are negative, with a message in error[CP_MESSAGE_MAX].
int cp_log_create(const char *path, const struct cp_log_run *run, struct cp_log **log, char *error);

// Open a log to go on with its run.
int cp_log_reopen(const char *path, struct cp_log **log, char *error);

// The cases that the run is about, in their order, and the text of their files.
int cp_log_add_selected(struct cp_log *log, const char *case_name, const char *file);
int cp_log_add_scenario(struct cp_log *log, const char *file, const char *yaml);

// What the log says of a case before it is explored.
struct cp_log_case {
    const struct cp_case *test_case;
    uint32_t hash;
    const char *engine;
    const char *shard; // as above
    // Replayed when the case has ended, for what people look at; NULL: the log has no traces.
    const struct cp_program *program;
};

// Begin a case. Several can be open; *case_id is the one that later calls name.
int cp_log_begin_case(struct cp_log *log, const struct cp_log_case *about, int64_t *case_id);

// One explored state. Fast: prepared, batched, no index.
int cp_log_state(struct cp_log *log, int64_t case_id, const struct cp_state_row *row);

// End the case: verdict, violations, promises, sites, wear, times and cuts; and, by replays, the
// device and some traces step by step, which takes up to a second or two.
int cp_log_end_case(struct cp_log *log, int64_t case_id, const struct cp_log_case *about,
                    const struct cp_result *result);

// A row of `sites`, as another log has it.
struct cp_log_site {
    uint32_t site, line;
    const char *file, *function, *operation, *fault;
    uint64_t times;
};

int cp_log_add_site(struct cp_log *log, int64_t case_id, const struct cp_log_site *site);

// Open a case again that has ended, or had begun: its states stay or go.
int cp_log_restart_case(struct cp_log *log, int64_t case_id, bool keep_states);

// Forget a case altogether.
int cp_log_drop_case(struct cp_log *log, int64_t case_id);

// Mark the run complete (or interrupted), commit and close. The log is freed in any case.
int cp_log_close(struct cp_log *log, bool complete);

// The message of the last failure.
const char *cp_log_error(const struct cp_log *log);

// What cp_log_check() finds. Below zero the file is of no use.
enum cp_log_status {
    CP_LOG_COMPLETE = 0,
    CP_LOG_INCOMPLETE = 1,    // readable; its run was interrupted, killed, or still goes on
    CP_LOG_NO_FILE = -1,      // there is no such file
    CP_LOG_UNREADABLE = -2,   // the file cannot be opened or read
    CP_LOG_NOT_SQLITE = -3,   // it is no SQLite database
    CP_LOG_NOT_OURS = -4,     // a database, but no Cutproof log
    CP_LOG_OTHER_SCHEMA = -5, // a log of another schema version
};

// Check that path is a log of this program that can be read. Except for
// CP_LOG_COMPLETE, error[CP_MESSAGE_MAX] says what is the matter.
enum cp_log_status cp_log_check(const char *path, char *error);

// The scenario text and file name of a case in a log, by case name. The caller
// frees *yaml. Negative with a message when there is none.
int cp_log_find_case(const char *path, const char *case_name, char **yaml, char file[256],
                     uint32_t *case_hash, char *error);

// Call `found` with the name of each case in a log, in the order they were run.
// Negative with a message when the log cannot be read.
int cp_log_each_case(const char *path, void (*found)(void *context, const char *case_name),
                     void *context, char *error);

#endif

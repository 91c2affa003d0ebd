// log_look.h: read a finished or partial log back, to go on with it or to merge it.

#ifndef CP_REPORTS_LOG_LOOK_H
#define CP_REPORTS_LOG_LOOK_H

#include "faults/explore.h"
#include "reports/log.h"

#include <stdint.h>

struct cp_look; // an open log

// Open a log. NULL with a message in error[CP_MESSAGE_MAX].
struct cp_look *cp_look_open(const char *path, char *error);
void cp_look_close(struct cp_look *look);

// The message of the last failure: each function below returns a negative number then.
const char *cp_look_error(const struct cp_look *look);

struct cp_look_run {
    char core_name[64], core_hash[64];
    char shard[24]; // "" for none
    enum cp_engine engine;
    bool is_audit, is_complete;
};

int cp_look_run(struct cp_look *look, struct cp_look_run *run);

// Each calls back for every row, in order, until that returns other than 0, which is
// then what is returned.
int cp_look_each_scenario(struct cp_look *look,
                          int (*found)(void *context, const char *file, const char *yaml),
                          void *context);
int cp_look_each_selected(struct cp_look *look,
                          int (*found)(void *context, const char *name, const char *file),
                          void *context);

struct cp_look_case {
    int64_t id;
    char name[CP_NAME_MAX], file[256];
    char shard[24]; // "" for none
    uint32_t hash;
    enum cp_engine engine;
    bool has_ended;
    // Without sites; its wear and cuts are the caller's, as a whole result's.
    struct cp_result result;
};

// The result is filled if the case has ended; its sites are read below.
int cp_look_each_case(struct cp_look *look,
                      int (*found)(void *context, struct cp_look_case *found_case), void *context);

// The site of a row is the log's number.
int cp_look_each_state(struct cp_look *look, int64_t case_id,
                       int (*found)(void *context, const struct cp_state_row *row), void *context);

int cp_look_each_site(struct cp_look *look, int64_t case_id,
                      int (*found)(void *context, const struct cp_log_site *site), void *context);

#endif

// run_place.h: where the log of a run is kept.

#ifndef CP_CLI_RUN_PLACE_H
#define CP_CLI_RUN_PLACE_H

#include "cli/exit_code.h"

#include <stdbool.h>

#define CP_RUNS_DIRECTORY ".cutproof/runs"
#define CP_LATEST_LOG     CP_RUNS_DIRECTORY "/latest/run.db"
#define CP_RUN_ID_MAX     32
#define CP_RUN_PATH_MAX   256

struct cp_run_place {
    char id[CP_RUN_ID_MAX]; // 20261122-140501-1a2b
    char log[CP_RUN_PATH_MAX];
    bool is_merged; // of the logs of parts
};

// Choose a place: the file given, or a new directory below .cutproof/runs.
enum cp_exit cp_run_place_make(const char *log, struct cp_run_place *place);

// Let .cutproof/runs/latest name the run. Only a convenience: failing is no error.
void cp_run_place_link(const struct cp_run_place *place);

#endif

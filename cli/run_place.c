// run_place.c: where the log of a run is kept.

#include "cli/run_place.h"

#include "cli/text.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define TRIES_MAX 16

static void make_id(char id[CP_RUN_ID_MAX]) {
    uint16_t random = 0;
    time_t now = time(NULL);
    struct tm utc;
    if (getrandom(&random, sizeof random, 0) < 0) {
        random = (uint16_t)getpid();
    }
    size_t end = strftime(id, CP_RUN_ID_MAX, "%Y%m%d-%H%M%S", gmtime_r(&now, &utc));
    snprintf(id + end, CP_RUN_ID_MAX - end, "-%04x", random);
}

static int make_directory(const char *path) {
    return mkdir(path, 0777) == 0 || errno == EEXIST ? 0 : -1;
}

static enum cp_exit complain(const char *path) {
    cp_complain("cannot make '%s': %s", path, strerror(errno));
    cp_help("work in a directory that can be written to, or name a log with --log FILE");
    return CP_EXIT_USAGE;
}

// The directory is made by us alone, so two runs never share one.
static enum cp_exit make_own_directory(struct cp_run_place *place) {
    char path[CP_RUN_PATH_MAX];
    for (int i = 0; i < TRIES_MAX; i++) {
        make_id(place->id);
        snprintf(path, sizeof path, "%s/%s", CP_RUNS_DIRECTORY, place->id);
        if (mkdir(path, 0777) == 0) {
            snprintf(place->log, sizeof place->log, "%s/%s/run.db", CP_RUNS_DIRECTORY, place->id);
            return CP_EXIT_OK;
        }
        if (errno != EEXIST) {
            break;
        }
    }
    return complain(path);
}

enum cp_exit cp_run_place_make(const char *log, struct cp_run_place *place) {
    make_id(place->id);
    if (log) {
        int length = snprintf(place->log, sizeof place->log, "%s", log);
        if (length >= (int)sizeof place->log) {
            cp_complain("the name of the log is too long");
            return CP_EXIT_USAGE;
        }
        return CP_EXIT_OK;
    }
    if (make_directory(".cutproof") < 0 || make_directory(CP_RUNS_DIRECTORY) < 0) {
        return complain(CP_RUNS_DIRECTORY);
    }
    return make_own_directory(place);
}

// Made aside and renamed, so that at no moment there is no link.
void cp_run_place_link(const struct cp_run_place *place) {
    char aside[CP_RUN_PATH_MAX];
    snprintf(aside, sizeof aside, "%s/latest-%s", CP_RUNS_DIRECTORY, place->id);
    if (symlink(place->id, aside) == 0 && rename(aside, CP_RUNS_DIRECTORY "/latest") < 0) {
        unlink(aside);
    }
}

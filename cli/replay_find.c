// replay_find.c: from a case id to the case and the program it is of.

#include "cli/replay.h"

#include "cli/program.h"
#include "cli/run_place.h"
#include "cli/select.h"
#include "cli/text.h"
#include "faults/explore.h"
#include "reports/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void offer_name(void *context, const char *name) {
    struct cp_replay *replay = context;
    const char *best = replay->nearest.best;
    cp_suggestion_offer(&replay->nearest, name);
    if (replay->nearest.best != best) {
        // The name may not outlive the log it was read from.
        snprintf(replay->nearest_name, sizeof replay->nearest_name, "%s", name);
        replay->nearest.best = replay->nearest_name;
    }
}

static void offer_loaded(struct cp_replay *replay) {
    for (size_t i = 0; i < replay->cases.count; i++) {
        offer_name(replay, replay->cases.cases[i].name);
    }
}

static enum cp_exit find_in_paths(struct cp_replay *replay, char *const *paths, int path_count) {
    const struct cp_options all = {0};
    enum cp_exit code = cp_select_cases(&all, paths, path_count, &replay->cases);
    if (code == CP_EXIT_OK) {
        replay->test_case = cp_select_find(&replay->cases, replay->id.name);
        offer_loaded(replay);
    }
    return code;
}

static enum cp_exit find_in_log(struct cp_replay *replay, const char *log) {
    char error[CP_MESSAGE_MAX], file[256];
    char *yaml = NULL;
    uint32_t hash;
    if (cp_log_check(log, error) < 0 || cp_log_each_case(log, offer_name, replay, error) < 0) {
        cp_complain("%s", error);
        return CP_EXIT_USAGE;
    }
    if (cp_log_find_case(log, replay->id.name, &yaml, file, &hash, error) < 0) {
        return CP_EXIT_OK; // the caller tells that it is not found
    }
    int errors = cp_select_from_text(file, yaml, &replay->cases);
    free(yaml);
    replay->test_case = cp_select_find(&replay->cases, replay->id.name);
    return errors == 0 ? CP_EXIT_OK : CP_EXIT_USAGE;
}

static bool is_directory(const char *path) {
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

// Where to look: what was given, else the scenarios of this directory, else the
// text kept in the latest log.
static enum cp_exit look(struct cp_replay *replay) {
    static char default_path[] = "scenarios";
    char *const default_paths[] = {default_path};
    const struct cp_options *options = replay->options;
    enum cp_exit code = CP_EXIT_OK;
    if (options->argument_count > 1) {
        return find_in_paths(replay, options->arguments + 1, options->argument_count - 1);
    }
    if (options->log) {
        return find_in_log(replay, options->log);
    }
    if (is_directory(default_path)) {
        code = find_in_paths(replay, default_paths, 1);
    }
    if (code == CP_EXIT_OK && !replay->test_case && access(CP_LATEST_LOG, R_OK) == 0) {
        code = find_in_log(replay, CP_LATEST_LOG);
    }
    return code;
}

static enum cp_exit find_case(struct cp_replay *replay) {
    enum cp_exit code = look(replay);
    if (code == CP_EXIT_OK && !replay->test_case) {
        cp_complain("no case is named '%s'", replay->id.name);
        if (replay->nearest.best) {
            cp_help("did you mean '%s'?", replay->nearest.best);
        } else {
            cp_help("name the scenario file after the id, or a log with --log FILE");
        }
        return CP_EXIT_USAGE;
    }
    return code == CP_EXIT_NOTHING ? CP_EXIT_USAGE : code;
}

static enum cp_exit check_hash(const struct cp_replay *replay) {
    uint32_t hash = cp_case_hash(replay->test_case, replay->program);
    if (hash == replay->id.hash) {
        return CP_EXIT_OK;
    }
    if (replay->options->force) {
        fprintf(stderr,
                "cutproof: warning: the id was made for hash %08" PRIx32 ", this is %08" PRIx32
                "; replaying anyway\n",
                replay->id.hash, hash);
        return CP_EXIT_OK;
    }
    cp_complain("the id was made for hash %08" PRIx32 ", this build and scenario give %08" PRIx32
                ": the scenario, the fault model or the core changed",
                replay->id.hash, hash);
    cp_help("run the case again for a new id, give the --core it was made with, or --force");
    return CP_EXIT_USAGE;
}

enum cp_exit cp_replay_find(struct cp_replay *replay) {
    char error[CP_MESSAGE_MAX];
    if (replay->options->argument_count == 0) {
        cp_complain("which case? Give an id like 'seed/update-confirm@3f9a1c20:a137,a12'");
        return CP_EXIT_USAGE;
    }
    if (cp_case_id_parse(replay->options->arguments[0], &replay->id, error) < 0) {
        cp_complain("'%s' is no case id: %s", replay->options->arguments[0], error);
        cp_help("an id looks like 'seed/update-confirm@3f9a1c20:a137,a12'");
        return CP_EXIT_USAGE;
    }
    replay->nearest = cp_suggestion_of(replay->id.name);
    enum cp_exit code = find_case(replay);
    if (code != CP_EXIT_OK) {
        return code;
    }
    replay->program = cp_cli_load_program(replay->options);
    if (!replay->program) {
        return CP_EXIT_USAGE;
    }
    struct cp_case *found = replay->cases.cases + (replay->test_case - replay->cases.cases);
    code = cp_cli_fit_firmware(replay->options, found, 1);
    return code == CP_EXIT_OK ? check_hash(replay) : code;
}

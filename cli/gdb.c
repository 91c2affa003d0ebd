// gdb.c: replay a trace in gdb, up to the moment in which the core asks for an operation.
// With the ARM engine that is gdb_arm.c's.
//
// gdb runs this program with the same arguments, and with the place to stop in its
// environment. There the program under test, on its own stack, calls a function that does
// nothing, on which there is a breakpoint. A small script then goes up to the frame that a
// reader wants. The built-in core is run without optimization, by cutproof-debug, so that all
// its variables can be seen.

#define _GNU_SOURCE
#include "cli/replay.h"

#include "cli/gdb_script.h"
#include "cli/gdb_start.h"
#include "sim/arm/program.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#define ARGUMENTS_MAX 64

struct session {
    const struct cp_replay *replay;
    struct cp_point point;
    char program[CP_GDB_PATH_SIZE]; // that gdb runs
    char script[64];                // /proc/self/fd/N
    char sources[CP_GDB_PATH_SIZE]; // "directory /the/project", or ""
};

// --- what is run

static bool find_program(struct session *session) {
    char folder[CP_GDB_PATH_SIZE];
    if (cp_gdb_own_folder(folder)) {
        return false;
    }
    cp_gdb_find_sources(folder, session->sources);
    snprintf(session->program, sizeof session->program, "%.*s/cutproof-debug",
             (int)(CP_GDB_PATH_SIZE - 32), folder);
    if (access(session->program, X_OK) == 0) {
        return true;
    }
    if (!session->replay->options->core) {
        fprintf(stderr, "cutproof: warning: there is no cutproof-debug beside this program: the "
                        "core is optimized, and some of its variables cannot be seen\n");
    }
    return readlink("/proc/self/exe", session->program, sizeof session->program) > 0;
}

// --- gdb

static void add(char **arguments, int *count, const char *argument) {
    if (*count < ARGUMENTS_MAX - 1) {
        arguments[(*count)++] = (char *)(uintptr_t)argument;
    }
    arguments[*count] = NULL;
}

static bool add_replay(char **arguments, int *count, const struct cp_options *options) {
    if (options->argument_count > ARGUMENTS_MAX / 2) {
        cp_complain("too many files; name the one with the case");
        return false;
    }
    add(arguments, count, "replay");
    if (options->core) {
        add(arguments, count, "--core");
        add(arguments, count, options->core);
    }
    if (options->engine_name) { // both: gdb shows the host build
        add(arguments, count, "--engine");
        add(arguments, count, options->engine_name);
    }
    if (options->log) {
        add(arguments, count, "--log");
        add(arguments, count, options->log);
    }
    if (options->force) {
        add(arguments, count, "--force");
    }
    add(arguments, count, "--");
    for (int i = 0; i < options->argument_count; i++) {
        add(arguments, count, options->arguments[i]);
    }
    return true;
}

static enum cp_exit run(const struct session *session) {
    char *arguments[ARGUMENTS_MAX];
    int count = 0;
    add(arguments, &count, "gdb");
    add(arguments, &count, "-q");
    if (*session->sources) {
        add(arguments, &count, "-iex");
        add(arguments, &count, session->sources);
    }
    add(arguments, &count, "-x");
    add(arguments, &count, session->script);
    add(arguments, &count, "--args");
    add(arguments, &count, session->program);
    if (!add_replay(arguments, &count, session->replay->options)) {
        return CP_EXIT_USAGE;
    }
    setenv("CUTPROOF_STOP_AT", cp_point_text(session->point).text, 1);
    unsetenv("DEBUGINFOD_URLS");   // or gdb asks whether it may use the network
    setenv("SHELL", "/bin/sh", 1); // gdb starts programs by it
    // The replay's timer would outlive it, and end gdb in a second.
    setitimer(ITIMER_REAL, &(struct itimerval){{0, 0}, {0, 0}}, NULL);
    execvp("gdb", arguments);
    cp_complain("cannot start gdb: %s", strerror(errno));
    return CP_EXIT_USAGE;
}

enum cp_exit cp_replay_in_gdb(const struct cp_replay *replay, const struct cp_survey *survey) {
    struct session session = {.replay = replay};
    if (!cp_survey_default_point(survey, &session.point)) {
        return CP_EXIT_USAGE;
    }
    if (replay->program == &cp_arm_program) {
        return cp_replay_arm_in_gdb(replay, session.point);
    }
    if (session.point.event_index == 0) {
        cp_complain("at %s nothing is asked for yet: it is the power-on",
                    cp_point_text(session.point).text);
        cp_help("say which event is meant, such as --until %u:1", session.point.cuts);
        return CP_EXIT_USAGE;
    }
    if (!cp_gdb_is_on_path("gdb")) {
        cp_complain("gdb is not installed, or not on the PATH");
        cp_help("on Debian and Ubuntu: apt-get install gdb");
        return CP_EXIT_USAGE;
    }
    if (!find_program(&session) ||
        cp_gdb_make_script(cp_gdb_native_script, cp_gdb_to_the_core, session.script)) {
        return CP_EXIT_INTERNAL;
    }
    cp_gdb_tell_stop(replay, session.point);
    return run(&session);
}

// gdb.c: replay a trace in gdb, up to the moment in which the core asks for an operation.
//
// gdb runs this program with the same arguments, and with the place to stop in its
// environment. There the program under test, on its own stack, calls a function that does
// nothing, on which there is a breakpoint. A small script then goes up to the frame that a
// reader wants. The built-in core is run without optimization, by cutproof-debug, so that all
// its variables can be seen.

#define _GNU_SOURCE
#include "cli/replay.h"

#include "cli/gdb_script.h"
#include "cli/steps.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

#define ARGUMENTS_MAX 64
#define PATH_SIZE     4096u

struct session {
    const struct cp_replay *replay;
    struct cp_point point;
    char program[PATH_SIZE]; // that gdb runs
    char script[64];         // /proc/self/fd/N
    char sources[PATH_SIZE]; // "directory /the/project", or ""
    bool is_found;
};

// --- what is run

// The folder that this program lies in, without a slash at its end.
static int own_folder(char folder[PATH_SIZE]) {
    ssize_t length = readlink("/proc/self/exe", folder, PATH_SIZE - 1);
    if (length < 0) {
        return -1;
    }
    folder[length] = '\0';
    *strrchr(folder, '/') = '\0';
    return 0;
}

// Sources are named by their path in the project; it is around the folder of the build, or
// here.
static void find_sources(const char *folder, char command[PATH_SIZE]) {
    static const char *const ups[] = {"/..", "/../..", ""};
    char path[PATH_SIZE + 64], root[PATH_SIZE];
    command[0] = '\0';
    for (size_t i = 0; i < sizeof ups / sizeof ups[0]; i++) {
        snprintf(path, sizeof path, "%s%s/core/src/boot.c", *ups[i] ? folder : ".", ups[i]);
        if (access(path, R_OK) != 0) {
            continue;
        }
        path[strlen(path) - strlen("/core/src/boot.c")] = '\0';
        if (realpath(path, root) && strlen(root) < PATH_SIZE - 16) {
            snprintf(command, PATH_SIZE, "directory %.*s", (int)(PATH_SIZE - 16), root);
        }
        return;
    }
}

static bool find_program(struct session *session) {
    char folder[PATH_SIZE];
    if (own_folder(folder)) {
        cp_complain("cannot find this program's own file: %s", strerror(errno));
        return false;
    }
    find_sources(folder, session->sources);
    snprintf(session->program, sizeof session->program, "%.*s/cutproof-debug",
             (int)(PATH_SIZE - 32), folder);
    if (access(session->program, X_OK) == 0) {
        return true;
    }
    if (!session->replay->options->core) {
        fprintf(stderr, "cutproof: warning: there is no cutproof-debug beside this program: the "
                        "core is optimized, and some of its variables cannot be seen\n");
    }
    return readlink("/proc/self/exe", session->program, sizeof session->program) > 0;
}

static bool is_on_path(const char *name) {
    const char *path = getenv("PATH");
    char file[PATH_SIZE];
    for (size_t length; path && *path; path += length + (path[length] == ':')) {
        length = strcspn(path, ":");
        snprintf(file, sizeof file, "%.*s/%s", (int)length, path, name);
        if (access(file, X_OK) == 0) {
            return true;
        }
    }
    return false;
}

// The script lives in memory alone, so that there is nothing to clean up.
static int make_script(struct session *session) {
    int file = memfd_create("cutproof-gdb", 0);
    size_t size = strlen(cp_gdb_script);
    if (file < 0 || write(file, cp_gdb_script, size) != (ssize_t)size) {
        cp_complain("cannot hand gdb its script: %s", strerror(errno));
        return -1;
    }
    snprintf(session->script, sizeof session->script, "/proc/self/fd/%d", file);
    return 0;
}

// --- what is said before

static void tell_stop(void *context, const struct cp_step *step) {
    struct session *session = context;
    struct cp_step_text text;
    if (session->is_found || step->kind == CP_STEP_CUT || step->kind == CP_STEP_VIOLATION ||
        !cp_point_is_of(session->point, step)) {
        return;
    }
    session->is_found = true;
    cp_step_describe(step, &text);
    printf("stops in the core as it asks for event %s:\n  %s%s%s\n",
           cp_point_text(session->point).text, text.what, *text.where ? "  " : "", text.where);
}

static void tell(struct session *session) {
    struct cp_violation violation;
    char error[CP_MESSAGE_MAX];
    (void)cp_replay(session->replay->test_case, session->replay->program, session->replay->id.trace,
                    tell_stop, session, &violation, error);
    fflush(stdout);
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
    if (session.point.event_index == 0) {
        cp_complain("at %s nothing is asked for yet: it is the power-on",
                    cp_point_text(session.point).text);
        cp_help("say which event is meant, such as --until %u:1", session.point.cuts);
        return CP_EXIT_USAGE;
    }
    if (!is_on_path("gdb")) {
        cp_complain("gdb is not installed, or not on the PATH");
        cp_help("on Debian and Ubuntu: apt-get install gdb");
        return CP_EXIT_USAGE;
    }
    if (!find_program(&session) || make_script(&session)) {
        return CP_EXIT_INTERNAL;
    }
    tell(&session);
    return run(&session);
}

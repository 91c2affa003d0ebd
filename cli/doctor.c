// doctor.c: can cases be run, kept and explained on this machine?

#include "cli/command.h"
#include "cli/init_text.h"
#include "cli/jsonl.h"
#include "cli/program.h"
#include "cli/run_place.h"
#include "cli/select.h"
#include "cli/text.h"
#include "faults/source_line.h"
#include "sim/arm/program.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <yaml.h>

struct doctor {
    enum cp_format format;
    bool has_failed;
};

static void tell(struct doctor *doctor, const char *what, bool is_good, const char *found) {
    doctor->has_failed |= !is_good;
    if (doctor->format == CP_FORMAT_JSON) {
        struct cp_jsonl json = {.out = stdout};
        cp_jsonl_open(&json, NULL, '{');
        cp_jsonl_text(&json, "type", "check");
        cp_jsonl_text(&json, "what", what);
        cp_jsonl_bool(&json, "good", is_good);
        cp_jsonl_text(&json, "found", found);
        cp_jsonl_close(&json, '}');
        return;
    }
    printf("%s%5s%s  %-12s %s\n", cp_color(stdout, is_good ? CP_COLOR_GOOD : CP_COLOR_BAD),
           is_good ? "ok" : "FAIL", cp_color(stdout, CP_COLOR_NONE), what, found);
}

static void check_terminal(struct doctor *doctor) {
    char found[128];
    const char *term = getenv("TERM");
    snprintf(found, sizeof found, "TERM=%.32s, live line %s, colour %s", term ? term : "(unset)",
             cp_is_live(stderr) ? "on" : "off", *cp_color(stdout, CP_COLOR_BOLD) ? "on" : "off");
    tell(doctor, "terminal", true, found);
}

// The nearest directory that exists is the one that must be writable.
static void check_runs(struct doctor *doctor) {
    static const char *const paths[] = {CP_RUNS_DIRECTORY, ".cutproof", "."};
    char found[160];
    size_t i = 0;
    while (i < 2 && access(paths[i], F_OK) < 0) {
        i++;
    }
    bool is_good = access(paths[i], W_OK | X_OK) == 0;
    snprintf(found, sizeof found, is_good ? "%s can be made below '%s'%s" : "%s below '%s': %s",
             CP_RUNS_DIRECTORY, paths[i], is_good ? "" : strerror(errno));
    tell(doctor, "logs", is_good, found);
}

static void check_temporary(struct doctor *doctor) {
    char found[160];
    const char *given = getenv("TMPDIR");
    const char *path = given && *given ? given : "/tmp";
    bool is_good = access(path, W_OK | X_OK) == 0;
    snprintf(found, sizeof found, "'%.100s' %s", path, is_good ? "is writable" : strerror(errno));
    tell(doctor, "temporary", is_good, found);
}

static void check_source_lines(struct doctor *doctor, const struct cp_program *program) {
    struct cp_source_line line;
    char found[384];
    // A return address is that of the instruction after a call, so one is added.
    bool is_good = cp_source_line((uintptr_t)program->bootloader + 1, &line);
    if (is_good) {
        snprintf(found, sizeof found, "the bootloader begins at %s:%u", line.file, line.line);
    } else {
        snprintf(found, sizeof found, "the program has no debug information");
    }
    tell(doctor, "source lines", is_good, found);
}

static int drop_state(void *context, const struct cp_state_row *row) {
    (void)context;
    (void)row;
    return 0;
}

static bool go_on(void *context, const struct cp_progress *progress) {
    (void)context;
    (void)progress;
    return true;
}

// Exploring a case needs the fixed stack address and all else that can be
// missing, so it is what is tried.
static void check_exploration(struct doctor *doctor, const struct cp_program *program) {
    struct cp_case_list list = {0};
    char found[CP_MESSAGE_MAX + 64];
    if (cp_select_from_text("(built in)", cp_init_text, &list) != 0 || list.count == 0) {
        tell(doctor, "exploration", false, "the built-in scenario cannot be loaded");
        return;
    }
    const struct cp_sink sink = {NULL, drop_state, go_on};
    struct cp_result result;
    cp_explore(&list.cases[0], program, NULL, &sink, &result);
    bool is_good = result.verdict != CP_VERDICT_ERROR && result.expectation_met;
    if (result.verdict == CP_VERDICT_ERROR) {
        snprintf(found, sizeof found, "%s", result.error);
    } else {
        snprintf(found, sizeof found, "%s, %s states in %.2f s", cp_verdict_name(result.verdict),
                 cp_number(result.states).text, result.seconds);
    }
    tell(doctor, "exploration", is_good, found);
    cp_result_free(&result);
    cp_case_list_free(&list);
}

static void check_arm(struct doctor *doctor) {
    char found[160];
    bool is_good = cp_arm_check(found, sizeof found);
    tell(doctor, "arm engine", is_good, found);
}

static void check_program(struct doctor *doctor, const struct cp_options *options) {
    char found[128];
    const struct cp_program *program = cp_cli_load_program(options);
    if (!program) {
        tell(doctor, "core", false, "it cannot be loaded");
        return;
    }
    snprintf(found, sizeof found, "%.48s %.48s", program->name, program->core_hash);
    tell(doctor, "core", true, found);
    check_source_lines(doctor, program);
    check_exploration(doctor, program);
}

enum cp_exit cp_command_doctor(const struct cp_options *options) {
    struct doctor doctor = {.format = options->format};
    tell(&doctor, "cutproof", true, CP_VERSION);
    tell(&doctor, "sqlite", true, sqlite3_libversion());
    tell(&doctor, "libyaml", true, yaml_get_version_string());
    check_terminal(&doctor);
    check_runs(&doctor);
    check_temporary(&doctor);
    check_program(&doctor, options);
    check_arm(&doctor);
    return doctor.has_failed ? CP_EXIT_INTERNAL : CP_EXIT_OK;
}

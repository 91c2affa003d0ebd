// save_as.c: a trace as a scenario, so that it is run again at each change of the core.

#include "cli/replay.h"

#include "cli/select.h"
#include "cli/whole_file.h"
#include "scenarios/save.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define SUFFIX    ".yaml"
#define FILE_MODE 0666u

// "regress/torn-state" of "scenarios/Torn_state.yaml".
static void name_of(const char *path, char name[CP_NAME_MAX]) {
    const char *slash = strrchr(path, '/');
    const char *base = slash ? slash + 1 : path;
    size_t length = strlen(base) - strlen(SUFFIX);
    snprintf(name, CP_NAME_MAX, "regress/%.*s", (int)length, base);
    for (char *at = name + strlen("regress/"); *at; at++) {
        bool is_plain = isalnum((unsigned char)*at) && (unsigned char)*at < 128;
        *at = (char)(is_plain ? tolower((unsigned char)*at) : '-');
    }
}

static bool is_yaml(const char *path) {
    size_t length = strlen(path), suffix = strlen(SUFFIX);
    const char *slash = strrchr(path, '/');
    return length > suffix + (slash ? (size_t)(slash + 1 - path) : 0) &&
           strcmp(path + length - suffix, SUFFIX) == 0;
}

// A reason that the scenario gave for claiming this stays; else it is what was got.
static const char *reason_of(const struct cp_replay *replay, const struct cp_survey *survey) {
    const struct cp_expect *expect = &replay->test_case->expect;
    bool is_claimed =
        expect->verdict == CP_VERDICT_VIOLATED && (survey->violated & ~expect->violates) == 0;
    return is_claimed ? expect->because : survey->violation.message;
}

static int write_scenario(const struct cp_replay *replay, const struct cp_survey *survey,
                          FILE *out) {
    char about[CP_NAME_MAX + 200], comment[CP_CASE_ID_MAX + 64], name[CP_NAME_MAX];
    char id[CP_CASE_ID_MAX];
    uint32_t hash = cp_case_hash(replay->test_case, replay->program);
    cp_case_id_format(replay->test_case->name, hash, replay->id.trace, id);
    snprintf(comment, sizeof comment, "Made by: cutproof replay '%s' --save-as", id);
    snprintf(about, sizeof about, "One trace of %s; %s%s.", replay->test_case->name,
             survey->violated ? "it violates " : "no promise breaks on it",
             survey->violated ? cp_promise_name(survey->violation.promise) : "");
    name_of(replay->options->save_as, name);
    struct cp_saved_trace saved = {.comment = comment,
                                   .name = name,
                                   .about = about,
                                   .trace = replay->id.trace,
                                   .violates = survey->violated,
                                   .because = reason_of(replay, survey)};
    const char *yaml = cp_select_text_of(&replay->cases, replay->test_case);
    return yaml ? cp_scenario_save(replay->test_case->file, yaml, replay->test_case->name, &saved,
                                   out, stderr)
                : -1;
}

// What was written must load: nothing is left behind that does not run.
static bool is_good(const char *path, const char *text) {
    struct cp_case_list list = {0};
    int errors = cp_select_from_text(path, text, &list);
    bool is_one = errors == 0 && list.count == 1;
    cp_case_list_free(&list);
    return is_one;
}

static void tell(const struct cp_replay *replay, const struct cp_survey *survey) {
    const struct cp_options *options = replay->options;
    printf("wrote %s: expects %s%s\nnext: cutproof run %s%s%s\n", options->save_as,
           survey->violated ? "violated: " : "bounded",
           survey->violated ? cp_promise_name(survey->violation.promise) : "", options->save_as,
           options->core ? " --core " : "", options->core ? options->core : "");
}

enum cp_exit cp_replay_save_as(const struct cp_replay *replay, const struct cp_survey *survey) {
    const char *path = replay->options->save_as;
    if (!is_yaml(path)) {
        cp_complain("'%s' is no name for a scenario", path);
        cp_help("scenarios are files named *.yaml");
        return CP_EXIT_USAGE;
    }
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out) {
        cp_complain("out of memory");
        return CP_EXIT_INTERNAL;
    }
    int err = write_scenario(replay, survey, out);
    err = fclose(out) == 0 ? err : -1;
    enum cp_exit code = CP_EXIT_INTERNAL;
    if (err || !is_good(path, text)) {
        cp_complain("cannot make a scenario of case '%s'", replay->test_case->name);
    } else if (cp_file_write(path, FILE_MODE, replay->options->force, text, size)) {
        code = CP_EXIT_USAGE;
    } else {
        tell(replay, survey);
        code = CP_EXIT_OK;
    }
    free(text);
    return code;
}

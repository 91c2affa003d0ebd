// report.c: make pages, tables and test results of logs.
//
// The exit code says whether the reports were written, not what they say: a job that failed
// needs its report most of all, and `run` and `gate` have told already.

#include "cli/command.h"
#include "cli/run_place.h"
#include "cli/text.h"
#include "cli/whole_file.h"
#include "faults/result.h"
#include "reports/log.h"
#include "reports/report.h"
#include "reports/report_cases.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

typedef int (*write_fn)(const struct cp_report *report, FILE *out, char *error);

// A log is the source of all reports: it is not overwritten with one of them.
static bool is_database(const char *path) {
    static const char magic[] = "SQLite format 3"; // with its zero byte
    char head[sizeof magic] = "";
    FILE *file = fopen(path, "rb");
    if (!file) {
        return false;
    }
    size_t count = fread(head, 1, sizeof head, file);
    fclose(file);
    return count == sizeof head && memcmp(head, magic, sizeof magic) == 0;
}

static bool is_regular_or_new(const char *path) {
    struct stat status;
    return stat(path, &status) != 0 || S_ISREG(status.st_mode);
}

static enum cp_exit put(const char *path, const char *text, size_t size) {
    if (strcmp(path, "-") == 0) {
        bool is_written = fwrite(text, 1, size, stdout) == size && fflush(stdout) == 0;
        if (!is_written) {
            cp_complain("cannot write to the standard output");
        }
        return is_written ? CP_EXIT_OK : CP_EXIT_USAGE;
    }
    if (is_regular_or_new(path) && is_database(path)) {
        cp_complain("'%s' is a database, perhaps a log; it is not overwritten by a report", path);
        return CP_EXIT_USAGE;
    }
    return cp_file_write(path, 0666, true, text, size) ? CP_EXIT_USAGE : CP_EXIT_OK;
}

// One form: made in memory, so that a file is whole or not there.
static enum cp_exit write_form(const struct cp_report *report, write_fn write, const char *path) {
    char error[CP_MESSAGE_MAX] = "", *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    int err = out ? write(report, out, error) : -1;
    if (!out || (fclose(out) != 0 && !err)) {
        snprintf(error, sizeof error, "out of memory");
        err = -1;
    }
    if (err) {
        cp_complain("%s", error);
    }
    enum cp_exit code = err ? CP_EXIT_USAGE : put(path, text, size);
    free(text);
    return code;
}

// Without a form: what the run came to.
static int write_summary(const struct cp_report *report, FILE *out, char *error) {
    struct cp_report_cases cases;
    int err = cp_report_read_cases(report, &cases, error);
    if (err) {
        return err;
    }
    for (size_t i = 0; i < cases.count; i++) {
        const struct cp_report_case *c = &cases.cases[i];
        const struct cp_report_violation *v = cp_report_first_failure(c);
        if (!cp_report_status_is_met(c->status)) {
            fprintf(out, "%12s  %s  %s%s\n", cp_report_status_name(c->status), c->name,
                    v ? "violates " : c->reason, v ? v->promise : "");
        }
    }
    char *sentence = cp_report_sentence(&cases);
    fprintf(out, "%s\n", sentence ? sentence : "");
    free(sentence);
    cp_report_free_cases(&cases);
    return 0;
}

static enum cp_exit worse(enum cp_exit one, enum cp_exit other) {
    return one == CP_EXIT_OK ? other : one;
}

// All that was asked for, also if one of them cannot be written.
static enum cp_exit write_forms(const struct cp_options *options, const struct cp_report *report) {
    const struct {
        const char *path;
        write_fn write;
    } forms[] = {
        {options->html, cp_report_write_html},
        {options->junit, cp_report_write_junit},
        {options->sarif, cp_report_write_sarif},
        {options->json, cp_report_write_json},
        {options->markdown, cp_report_write_markdown},
        {options->annotations ? "-" : NULL, cp_report_write_annotations},
    };
    enum cp_exit code = CP_EXIT_OK;
    bool is_any = false;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if (forms[i].path) {
            is_any = true;
            code = worse(code, write_form(report, forms[i].write, forms[i].path));
        }
    }
    return is_any ? code : write_form(report, write_summary, "-");
}

enum cp_exit cp_command_report(const struct cp_options *options) {
    const char *latest = CP_LATEST_LOG;
    const char *const *paths = options->argument_count ? (const char *const *)options->arguments
                                                       : (const char *const *)&latest;
    size_t count = options->argument_count ? (size_t)options->argument_count : 1;
    struct cp_report report;
    char error[CP_MESSAGE_MAX];
    if (cp_report_open(paths, count, CP_VERSION, &report, error) < 0) {
        cp_complain("%s", error);
        if (!options->argument_count) {
            cp_help("without a LOG the latest run's is taken; name another, or run first");
        }
        return CP_EXIT_USAGE;
    }
    enum cp_exit code = write_forms(options, &report);
    cp_report_close(&report);
    return code;
}

// gate.c: compare two logs, and fail if the newer one is worse.

#include "cli/command.h"
#include "cli/gate_print.h"
#include "cli/gate_scenario.h"
#include "cli/gate_thresholds.h"
#include "cli/text.h"
#include "cli/whole_file.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static enum cp_exit write_markdown(const char *path, const struct cp_gate_result *result) {
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out) {
        cp_complain("out of memory");
        return CP_EXIT_INTERNAL;
    }
    cp_gate_write_markdown(result, out);
    int err = fclose(out) == 0 ? cp_file_write(path, 0666, true, text, size) : -1;
    free(text);
    return err ? CP_EXIT_USAGE : CP_EXIT_OK;
}

static enum cp_exit print(const struct cp_options *options, const struct cp_gate_result *result) {
    enum cp_exit code = cp_gate_exit(result);
    if (options->format == CP_FORMAT_JSON) {
        cp_gate_print_json(result);
    } else {
        cp_gate_print(result, options->verbose);
    }
    enum cp_exit written =
        options->markdown ? write_markdown(options->markdown, result) : CP_EXIT_OK;
    return code == CP_EXIT_VIOLATED || written == CP_EXIT_OK ? code : written;
}

// A link counts as what it points to.
static bool is_same_file(const char *one, const char *other) {
    struct stat a, b;
    return stat(one, &a) == 0 && stat(other, &b) == 0 && a.st_dev == b.st_dev &&
           a.st_ino == b.st_ino;
}

static enum cp_exit compare(const struct cp_options *options,
                            const struct cp_gate_thresholds *thresholds) {
    const char *base = options->arguments[0], *fresh = options->arguments[1];
    char error[CP_MESSAGE_MAX], help[CP_MESSAGE_MAX];
    struct cp_gate_result result;
    enum cp_exit code = CP_EXIT_USAGE;
    if (is_same_file(base, fresh)) {
        fprintf(stderr, "cutproof: warning: '%s' is compared with itself: nothing can differ\n",
                base);
    }
    if (cp_gate_compare(base, fresh, &thresholds->limits, cp_gate_scenario_key, &result, error,
                        help) < 0) {
        cp_complain("%s", error);
        if (*help) {
            cp_help("%s", help);
        }
    } else {
        cp_gate_thresholds_warn(thresholds);
        code = print(options, &result);
    }
    cp_gate_result_free(&result);
    return code;
}

enum cp_exit cp_command_gate(const struct cp_options *options) {
    struct cp_gate_thresholds thresholds;
    if (options->argument_count != 2) {
        cp_complain("which logs? Give two: BASE, and NEW, which is to be no worse");
        cp_help("cutproof gate main.db .cutproof/runs/latest/run.db");
        return CP_EXIT_USAGE;
    }
    int err = cp_gate_thresholds_read(options->thresholds, &thresholds);
    enum cp_exit code = err ? CP_EXIT_USAGE : compare(options, &thresholds);
    cp_gate_thresholds_free(&thresholds);
    return code;
}

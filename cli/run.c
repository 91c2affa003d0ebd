// run.c: explore cases and keep a log.

#include "cli/command.h"
#include "cli/progress.h"
#include "cli/program.h"
#include "cli/run_state.h"
#include "cli/select.h"
#include "cli/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now_s(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static enum cp_exit complain_memory(void) {
    cp_complain("out of memory");
    return CP_EXIT_INTERNAL;
}

// --- a new log

int cp_run_log_selection(const struct cp_run *run) {
    int err = 0;
    for (size_t i = 0; !err && i < run->case_count; i++) {
        const struct cp_case *test_case = &run->cases[i].test_case;
        const char *yaml = cp_select_text_of(&run->list, test_case);
        err = cp_log_add_selected(run->log, test_case->name, test_case->file);
        err = err ? err : cp_log_add_scenario(run->log, test_case->file, yaml ? yaml : "");
    }
    return err;
}

static int create_log(struct cp_run *run, char *error) {
    const struct cp_options *options = run->options;
    char *command_line = cp_options_command_line(options);
    const struct cp_log_run about = {.version = CP_VERSION,
                                     .core_name = run->program->name,
                                     .core_hash = run->program->core_hash,
                                     .command_line = command_line ? command_line : "",
                                     .engine = cp_engine_name(options->engine),
                                     .shard = options->shard_text,
                                     .is_audit = options->audit};
    int err = cp_log_create(run->place.log, &about, &run->log, error);
    free(command_line);
    if (!err && cp_run_log_selection(run) < 0) {
        snprintf(error, CP_MESSAGE_MAX, "%s", cp_log_error(run->log));
        cp_log_close(run->log, false);
        err = -1;
    }
    return err;
}

static enum cp_exit open_log(struct cp_run *run) {
    char error[CP_MESSAGE_MAX];
    enum cp_exit code = cp_run_place_make(run->options->log, &run->place);
    if (code != CP_EXIT_OK) {
        return code;
    }
    if (create_log(run, error) < 0) {
        cp_complain("%s", error);
        return CP_EXIT_USAGE;
    }
    if (!run->options->log) {
        cp_run_place_link(&run->place);
    }
    return CP_EXIT_OK;
}

static enum cp_exit set_up(struct cp_run *run) {
    const struct cp_options *options = run->options;
    enum cp_exit code =
        cp_select_cases(options, options->arguments, options->argument_count, &run->list);
    if (code != CP_EXIT_OK) {
        return code;
    }
    run->program = cp_cli_load_program(options);
    if (!run->program) {
        return CP_EXIT_USAGE;
    }
    code = cp_cli_fit_firmware(options, run->list.cases, run->list.count);
    if (code != CP_EXIT_OK) {
        return code;
    }
    return cp_run_plan(run) < 0 ? complain_memory() : open_log(run);
}

// --- the run

static void run_all(struct cp_run *run) {
    double started_s = now_s();
    if (run->options->format == CP_FORMAT_HUMAN) {
        printf("Run %s  cutproof %s  core %s %s\n", run->place.id, CP_VERSION, run->program->name,
               run->program->core_hash);
        fflush(stdout);
    }
    if (cp_resume_make_directory(run->place.log) < 0) {
        fprintf(stderr,
                "cutproof: warning: cannot make '%s.resume': %s; a partial run starts anew\n",
                run->place.log, strerror(errno));
    }
    cp_run_cases(run);
    cp_resume_remove_directory(run->place.log);
    run->summary.seconds = now_s() - started_s;
}

// A run is complete when every selected case was explored to its end.
static bool is_complete(const struct cp_run *run) {
    bool is_whole = !run->has_log_failed;
    for (size_t i = 0; i < run->case_count; i++) {
        is_whole = is_whole && run->cases[i].has_ended && run->cases[i].result.is_complete;
    }
    return is_whole;
}

void cp_run_finish(struct cp_run *run) {
    struct cp_summary *summary = &run->summary;
    summary->is_complete = is_complete(run);
    if (cp_progress_is_stopped()) {
        summary->code = cp_exit_worse(summary->code, CP_EXIT_INTERRUPTED);
    }
    if (cp_log_close(run->log, summary->is_complete) < 0 || run->has_log_failed) {
        cp_complain("the log '%s' is not whole", run->place.log);
        summary->code = cp_exit_worse(summary->code, CP_EXIT_INTERNAL);
    }
    if (run->options->format == CP_FORMAT_JSON) {
        cp_summary_print_json(summary, &run->place);
    } else {
        cp_summary_print(summary, &run->place, run->options);
    }
}

enum cp_exit cp_command_run(const struct cp_options *options) {
    struct cp_run run = {.options = options};
    enum cp_exit code = options->resume ? cp_run_resume(&run) : set_up(&run);
    if (code == CP_EXIT_OK) {
        cp_progress_catch_signals();
        run_all(&run);
        cp_run_finish(&run);
        code = cp_exit_worse(run.summary.code, cp_cli_write_executed(options));
    }
    cp_run_free(&run);
    return code;
}

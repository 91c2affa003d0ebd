// run.c: explore cases and keep a log.

#include "cli/command.h"
#include "cli/failure.h"
#include "cli/jsonl.h"
#include "cli/progress.h"
#include "cli/program.h"
#include "cli/run_place.h"
#include "cli/select.h"
#include "cli/summary.h"
#include "cli/text.h"
#include "cli/verdict.h"
#include "reports/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct run {
    const struct cp_options *options;
    struct cp_case_list cases;
    const struct cp_program *program;
    struct cp_run_place place;
    struct cp_log *log;
    struct cp_summary summary;
    int name_width;
    bool has_log_failed;
};

static double now_s(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

// The command line in one string, quoted where a shell would need it.
static char *join_command_line(const struct cp_options *options) {
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out) {
        return NULL;
    }
    for (int i = 0; i < options->all_count; i++) {
        bool is_plain =
            strcspn(options->all[i], " '\"$\\*?[]()&;<>|`!#\t\n") == strlen(options->all[i]);
        fprintf(out, is_plain ? "%s%s" : "%s'%s'", i ? " " : "", options->all[i]);
    }
    fclose(out);
    return text;
}

static enum cp_exit open_log(struct run *run) {
    enum cp_exit code = cp_run_place_make(run->options->log, &run->place);
    if (code != CP_EXIT_OK) {
        return code;
    }
    char error[CP_MESSAGE_MAX];
    char *command_line = join_command_line(run->options);
    const struct cp_log_run about = {CP_VERSION, run->program->name, run->program->core_hash,
                                     command_line ? command_line : ""};
    int err = cp_log_create(run->place.log, &about, &run->log, error);
    free(command_line);
    if (err) {
        cp_complain("%s", error);
        return CP_EXIT_USAGE;
    }
    if (!run->options->log) {
        cp_run_place_link(&run->place);
    }
    return CP_EXIT_OK;
}

static enum cp_exit set_up(struct run *run) {
    const struct cp_options *options = run->options;
    enum cp_exit code =
        cp_select_cases(options, options->arguments, options->argument_count, &run->cases);
    if (code != CP_EXIT_OK) {
        return code;
    }
    run->program = cp_cli_load_program(options);
    if (!run->program) {
        return CP_EXIT_USAGE;
    }
    run->summary.selected_count = run->cases.count;
    run->summary.ended = calloc(run->cases.count, sizeof *run->summary.ended);
    if (!run->summary.ended) {
        cp_complain("out of memory");
        return CP_EXIT_INTERNAL;
    }
    for (size_t i = 0; i < run->cases.count; i++) {
        int width = (int)strlen(run->cases.cases[i].name);
        run->name_width = width > run->name_width ? width : run->name_width;
    }
    return open_log(run);
}

static int log_state(void *context, const struct cp_state_row *row) {
    struct run *run = context;
    return cp_log_state(run->log, row);
}

static void note_log(struct run *run, int err) {
    if (err && !run->has_log_failed) {
        cp_progress_clear();
        cp_complain("%s", cp_log_error(run->log));
        run->has_log_failed = true;
    }
}

static void explore(struct run *run, struct cp_ended *ended) {
    const struct cp_case *test_case = ended->test_case;
    const char *yaml = cp_select_text_of(&run->cases, test_case);
    const struct cp_sink sink = {run, log_state, cp_progress_tick};
    ended->hash = cp_case_hash(test_case, run->program);
    note_log(run, cp_log_begin_case(run->log, test_case, ended->hash, yaml));
    cp_explore(test_case, run->program, NULL, &sink, &ended->result);
    note_log(run, cp_log_end_case(run->log, test_case, &ended->result));
    ended->code = cp_verdict_exit(test_case, &ended->result);
    cp_progress_clear();
}

static void print_violations(const struct run *run, const struct cp_ended *ended) {
    for (uint32_t i = 0; i < ended->result.violation_count; i++) {
        const struct cp_violation *violation = &ended->result.violations[i];
        bool is_claimed = cp_verdict_is_claimed(ended->test_case, violation);
        if (!is_claimed || run->options->list_violations) {
            cp_failure_print(ended->test_case, run->program, ended->hash, violation, run->options);
        }
    }
}

static void print_case(const struct run *run, const struct cp_ended *ended) {
    if (run->options->format == CP_FORMAT_JSON) {
        struct cp_jsonl json = {.out = stdout};
        cp_verdict_print_json(ended->test_case, ended->hash, &ended->result, &json);
    } else {
        char reason[CP_MESSAGE_MAX * 2];
        cp_verdict_print_line(ended->test_case, &ended->result, run->name_width);
        cp_verdict_reason(ended->test_case, &ended->result, reason, sizeof reason);
        if (*reason) {
            printf("  reason    %s\n", reason);
        }
        print_violations(run, ended);
    }
    fflush(stdout); // a reader of a pipe sees each case when it is over
}

// The sites and wear of a case are in the log now; of many cases they would be much.
static void run_case(struct run *run, const struct cp_case *test_case) {
    struct cp_ended *ended = &run->summary.ended[run->summary.ended_count++];
    ended->test_case = test_case;
    explore(run, ended);
    print_case(run, ended);
    cp_result_free(&ended->result);
    run->summary.code = cp_exit_worse(run->summary.code, ended->code);
}

static bool must_stop(const struct run *run) {
    bool has_failed = run->options->fail_fast && run->summary.code != CP_EXIT_OK;
    return has_failed || run->has_log_failed || cp_progress_is_stopped();
}

static void run_cases(struct run *run) {
    double started_s = now_s();
    if (run->options->format == CP_FORMAT_HUMAN) {
        printf("Run %s  cutproof %s  core %s %s\n", run->place.id, CP_VERSION, run->program->name,
               run->program->core_hash);
        fflush(stdout);
    }
    for (size_t i = 0; i < run->cases.count && !must_stop(run); i++) {
        run_case(run, &run->cases.cases[i]);
    }
    run->summary.seconds = now_s() - started_s;
}

// A run is complete when every selected case was run to its end.
static void finish(struct run *run) {
    struct cp_summary *summary = &run->summary;
    bool is_complete = summary->ended_count == summary->selected_count && !run->has_log_failed &&
                       !cp_progress_is_stopped();
    if (cp_progress_is_stopped()) {
        summary->code = cp_exit_worse(summary->code, CP_EXIT_INTERRUPTED);
    }
    if (cp_log_close(run->log, is_complete) < 0 || run->has_log_failed) {
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
    struct run run = {.options = options};
    enum cp_exit code = set_up(&run);
    if (code == CP_EXIT_OK) {
        cp_progress_catch_signals();
        run_cases(&run);
        finish(&run);
        code = run.summary.code;
    }
    free(run.summary.ended);
    cp_case_list_free(&run.cases);
    return code;
}

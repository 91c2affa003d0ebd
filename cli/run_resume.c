// run_resume.c: go on with a run that a signal or a budget ended.

#include "cli/option_values.h"
#include "cli/log_cases.h"
#include "cli/program.h"
#include "cli/run_state.h"
#include "cli/text.h"
#include "cli/verdict.h"
#include "reports/log_look.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct resume {
    struct cp_run *run;
    struct cp_look *look;
    struct cp_look_run about;
    bool has_failed; // after a message
};

static enum cp_exit complain(const struct resume *resume) {
    cp_complain("%s: %s", resume->run->options->resume, cp_look_error(resume->look));
    return CP_EXIT_USAGE;
}

// --- what was asked

// What shapes the run is in the log; saying it again could only contradict it.
static enum cp_exit check_options(const struct cp_options *options) {
    const char *refused = options->argument_count > 0 ? "a scenario"
                          : options->log              ? "--log"
                          : options->case_name        ? "--case"
                          : options->tag              ? "--tag"
                          : options->engine_name      ? "--engine"
                          : options->shard_text       ? "--shard"
                          : options->audit            ? "--audit"
                                                      : NULL;
    if (!refused) {
        return CP_EXIT_OK;
    }
    cp_complain("%s cannot be given with --resume", refused);
    cp_help("the log says what is run and how; budgets and --jobs can be given anew");
    return CP_EXIT_USAGE;
}

static enum cp_exit take_options(struct resume *resume) {
    struct cp_run *run = resume->run;
    struct cp_options *options = &run->resumed_options;
    *options = *run->options;
    options->log = options->resume;
    options->engine_name = cp_engine_name(resume->about.engine);
    options->audit = resume->about.is_audit;
    snprintf(run->shard, sizeof run->shard, "%s", resume->about.shard);
    options->shard_text = *run->shard ? run->shard : NULL;
    if (cp_option_values(options) < 0) {
        return CP_EXIT_USAGE;
    }
    run->options = options;
    run->program = cp_cli_load_program(options); // of the engine that the log is of
    return run->program ? CP_EXIT_OK : CP_EXIT_USAGE;
}

static enum cp_exit check_core(const struct resume *resume) {
    const struct cp_program *program = resume->run->program;
    if (strcmp(program->core_hash, resume->about.core_hash) == 0) {
        return CP_EXIT_OK;
    }
    cp_complain("the log is of core %s %s, this is %s %s", resume->about.core_name,
                resume->about.core_hash, program->name, program->core_hash);
    cp_help("what is known of one core says nothing of another; give the --core it was run "
            "with, or start a new run");
    return CP_EXIT_USAGE;
}

static enum cp_exit load_cases(struct resume *resume) {
    struct cp_log_cases cases = {.list = &resume->run->list};
    if (cp_log_cases_add(&cases, resume->look, resume->run->place.log) < 0) {
        cp_log_cases_free(&cases);
        return CP_EXIT_USAGE;
    }
    cp_log_cases_choose(&cases);
    return CP_EXIT_OK;
}

// --- what is known of each case

static struct cp_case_run *find(struct cp_run *run, const char *name) {
    for (size_t i = 0; i < run->case_count; i++) {
        if (strcmp(run->cases[i].test_case.name, name) == 0) {
            return &run->cases[i];
        }
    }
    return NULL;
}

static int take_case(void *context, struct cp_look_case *found) {
    struct resume *resume = context;
    struct cp_case_run *one = find(resume->run, found->name);
    if (!one || one->about.hash != found->hash) {
        cp_complain("the case '%s' means something else to this build of cutproof", found->name);
        cp_result_free(&found->result);
        resume->has_failed = true;
        return 0;
    }
    one->is_known = true;
    one->log_id = found->id;
    if (found->has_ended && found->result.is_complete) {
        one->result = found->result;
        one->has_ended = true;
    } else {
        cp_result_free(&found->result);
    }
    return 0;
}

static int restore_row(void *context, const struct cp_state_row *row) {
    struct cp_case_run *one = context;
    return cp_merge_restore_row(one->merge, row->id, row->hash_high, row->hash_low, row->cuts);
}

static int put_row(void *context, const struct cp_state_row *row) {
    struct cp_case_run *one = context;
    return cp_log_state(one->run->log, one->log_id, row);
}

// The parts as they were, and the states of the whole from the log.
static int restore_parts(struct resume *resume, struct cp_case_run *one, uint32_t part_count) {
    struct cp_run *run = resume->run;
    bool is_cuts_bounded = one->test_case.bounds.cuts_max != CP_UNLIMITED;
    cp_run_set_parts(one, part_count);
    one->merge = cp_merge_new(part_count, is_cuts_bounded, put_row, one);
    one->part_results = calloc(part_count, sizeof *one->part_results);
    if (!one->merge || !one->part_results) {
        return -1;
    }
    int err = cp_look_each_state(resume->look, one->log_id, restore_row, one);
    return err ? err
               : cp_resume_load_parts(run->place.log, (size_t)(one - run->cases), one->merge,
                                      one->part_results);
}

static void forget_parts(struct cp_case_run *one) {
    for (uint32_t part = 0; one->part_results && part < one->part_count; part++) {
        cp_result_free(&one->part_results[part]);
    }
    free(one->part_results);
    cp_merge_free(one->merge);
    one->part_results = NULL;
    one->merge = NULL;
    cp_run_set_parts(one, 1);
}

// The results of parts that have ended hold addresses of where a library lay in that
// process; a checkpoint does not.
static bool can_go_on(const struct resume *resume, uint32_t part_count) {
    return part_count <= 1 || resume->run->options->core == NULL;
}

static void restore_case(struct resume *resume, struct cp_case_run *one) {
    const char *log = resume->run->place.log;
    size_t index = (size_t)(one - resume->run->cases);
    uint32_t part_count = cp_resume_count_parts(log, index);
    if (!one->is_known || one->has_ended || !can_go_on(resume, part_count)) {
        return;
    }
    if (part_count > 1) {
        one->is_resumed = restore_parts(resume, one, part_count) == 0;
        if (!one->is_resumed) {
            forget_parts(one);
        }
    } else if (cp_resume_has_checkpoint(log, index, 0)) {
        cp_run_set_parts(one, 1);
        one->is_resumed = true;
    }
}

static enum cp_exit restore_cases(struct resume *resume) {
    struct cp_run *run = resume->run;
    if (cp_look_each_case(resume->look, take_case, resume) < 0) {
        return complain(resume);
    }
    for (size_t i = 0; i < run->case_count; i++) {
        restore_case(resume, &run->cases[i]);
    }
    return resume->has_failed ? CP_EXIT_USAGE : CP_EXIT_OK;
}

// --- the log

static int restart_cases(struct cp_run *run) {
    int err = 0;
    for (size_t i = 0; !err && i < run->case_count; i++) {
        struct cp_case_run *one = &run->cases[i];
        if (one->is_known && !one->has_ended) {
            err = cp_log_restart_case(run->log, one->log_id, one->is_resumed);
        }
        if (one->has_ended) {
            enum cp_exit code = cp_verdict_exit(&one->test_case, &one->result);
            run->summary.code = cp_exit_worse(run->summary.code, code);
        }
    }
    return err;
}

static enum cp_exit open_log(struct cp_run *run) {
    char error[CP_MESSAGE_MAX];
    if (cp_log_reopen(run->place.log, &run->log, error) < 0) {
        cp_complain("%s", error);
        return CP_EXIT_USAGE;
    }
    if (restart_cases(run) < 0) {
        cp_complain("%s", cp_log_error(run->log));
        cp_log_close(run->log, false);
        return CP_EXIT_INTERNAL;
    }
    return CP_EXIT_OK;
}

static enum cp_exit read_log(struct resume *resume) {
    struct cp_run *run = resume->run;
    if (cp_look_run(resume->look, &resume->about) < 0) {
        return complain(resume);
    }
    enum cp_exit code = take_options(resume);
    code = code != CP_EXIT_OK ? code : check_core(resume);
    code = code != CP_EXIT_OK ? code : load_cases(resume);
    code = code != CP_EXIT_OK ? code
                              : cp_cli_fit_firmware(run->options, run->list.cases, run->list.count);
    if (code == CP_EXIT_OK && cp_run_plan(run) < 0) {
        cp_complain("out of memory");
        code = CP_EXIT_INTERNAL;
    }
    return code != CP_EXIT_OK ? code : restore_cases(resume);
}

enum cp_exit cp_run_resume(struct cp_run *run) {
    char error[CP_MESSAGE_MAX];
    struct resume resume = {.run = run};
    enum cp_exit code = check_options(run->options);
    if (code == CP_EXIT_OK) {
        code = cp_run_place_make(run->options->resume, &run->place);
    }
    if (code != CP_EXIT_OK) {
        return code;
    }
    resume.look = cp_look_open(run->place.log, error);
    if (!resume.look) {
        cp_complain("%s", error);
        return CP_EXIT_USAGE;
    }
    code = read_log(&resume);
    cp_look_close(resume.look);
    return code == CP_EXIT_OK ? open_log(run) : code;
}

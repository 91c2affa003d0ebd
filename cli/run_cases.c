// run_cases.c: the searches of a run, from the first to the last printed verdict.

#include "cli/failure.h"
#include "cli/jsonl.h"
#include "cli/progress.h"
#include "cli/run_state.h"
#include "cli/text.h"
#include "cli/verdict.h"
#include "cli/workers.h"

#include <stdio.h>
#include <stdlib.h>

void cp_run_note_log(struct cp_run *run, int err) {
    if (err && !run->has_log_failed) {
        cp_progress_clear();
        cp_complain("%s", *cp_log_error(run->log) ? cp_log_error(run->log) : "out of memory");
        run->has_log_failed = true;
    }
}

static bool must_drop(void *context) {
    const struct cp_run *run = context;
    return run->has_log_failed || (run->options->fail_fast && run->summary.code != CP_EXIT_OK);
}

// --- beginning

static int log_whole_row(void *context, const struct cp_state_row *row) {
    struct cp_case_run *one = context;
    return cp_log_state(one->run->log, one->log_id, row);
}

static int begin_split(struct cp_case_run *one) {
    bool is_cuts_bounded = one->test_case.bounds.cuts_max != CP_UNLIMITED;
    if (!one->merge) {
        one->merge = cp_merge_new(one->part_count, is_cuts_bounded, log_whole_row, one);
        one->part_results = calloc(one->part_count, sizeof *one->part_results);
    }
    return one->merge && one->part_results ? 0 : -1;
}

// A case that goes on is in the log already; see run_resume.c.
static void begin_case(struct cp_run *run, struct cp_case_run *one) {
    one->has_begun = true;
    if (!one->is_known) {
        cp_run_note_log(run, cp_log_begin_case(run->log, &one->about, &one->log_id));
    }
    if (one->part_count > 1 && begin_split(one) < 0) {
        cp_run_set_parts(one, 1); // one process needs less memory
    }
}

static bool is_part_done(const struct cp_case_run *one, uint32_t part) {
    return one->part_results && one->part_results[part].is_complete;
}

static void fill_task(struct cp_run *run, struct cp_case_run *one, struct cp_task *task) {
    size_t index = (size_t)(one - run->cases);
    uint32_t part = one->parts_begun;
    *task = (struct cp_task){&one->searched, one->search, index, part};
    if (one->part_count > 1) {
        task->options.shard_index = part;
        task->options.shard_count = one->part_count;
    }
    cp_resume_checkpoint(run->place.log, index, part, run->checkpoint);
    task->options.checkpoint = run->checkpoint;
    bool goes_on = one->is_resumed && cp_resume_has_checkpoint(run->place.log, index, part);
    task->options.resume = goes_on ? run->checkpoint : NULL;
}

static bool next_task(void *context, struct cp_task *task) {
    struct cp_run *run = context;
    if (must_drop(run) || cp_progress_is_stopped()) {
        return false;
    }
    for (; run->next_case < run->case_count; run->next_case++) {
        struct cp_case_run *one = &run->cases[run->next_case];
        if (one->has_ended) {
            continue;
        }
        if (!one->has_begun) {
            begin_case(run, one);
        }
        while (one->parts_begun < one->part_count && is_part_done(one, one->parts_begun)) {
            one->parts_begun++;
            one->parts_ended++;
        }
        if (one->parts_begun < one->part_count) {
            fill_task(run, one, task);
            one->parts_begun++;
            return true;
        }
    }
    return false;
}

// --- rows

static int take_row(void *context, const struct cp_task *task, const struct cp_state_row *row) {
    struct cp_run *run = context;
    struct cp_case_run *one = &run->cases[task->case_index];
    if (!one->merge) {
        return cp_log_state(run->log, one->log_id, row);
    }
    struct cp_state_row whole = *row;
    whole.site = cp_merge_site(one->merge, task->part, row->site);
    return cp_merge_row(one->merge, task->part, &whole);
}

static bool tick(void *context, const struct cp_progress *progress, uint32_t others) {
    (void)context;
    cp_progress_set_others(others);
    return cp_progress_tick(NULL, progress);
}

// --- ending

static void print_violations(const struct cp_run *run, const struct cp_ended *ended) {
    for (uint32_t i = 0; i < ended->result.violation_count; i++) {
        const struct cp_violation *violation = &ended->result.violations[i];
        bool is_claimed = cp_verdict_is_claimed(ended->test_case, violation);
        if (!is_claimed || run->options->list_violations) {
            cp_failure_print(ended->test_case, run->program, ended->hash, violation, run->options);
        }
    }
}

static void print_ended(const struct cp_run *run, const struct cp_ended *ended) {
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
        if (run->options->verbose || run->options->audit) {
            cp_verdict_print_more(&ended->result, run->options);
        }
        print_violations(run, ended);
    }
    fflush(stdout); // a reader of a pipe sees each case when it is over
}

// The sites and wear of a case are in the log now; of many cases they would be much.
void cp_run_print_case(struct cp_run *run, struct cp_case_run *one) {
    struct cp_ended *ended = &run->summary.ended[run->summary.ended_count++];
    one->is_printed = true;
    cp_result_free(&one->result);
    *ended = (struct cp_ended){&one->test_case, one->result, one->about.hash,
                               cp_verdict_exit(&one->test_case, &one->result)};
    cp_progress_clear();
    print_ended(run, ended);
}

// In the order of selection, whichever ends first.
static void print_ready(struct cp_run *run) {
    for (size_t i = 0; i < run->case_count; i++) {
        struct cp_case_run *one = &run->cases[i];
        if (!one->has_ended) {
            return;
        }
        if (!one->is_printed) {
            cp_run_print_case(run, one);
        }
    }
}

// What is needed to go on with the parts later. Without it the case begins again.
static void keep_parts(struct cp_run *run, struct cp_case_run *one) {
    size_t index = (size_t)(one - run->cases);
    for (uint32_t part = 0; part < one->part_count; part++) {
        bool has_begun = cp_merge_known_of(one->merge, part).id_count > 0;
        if (has_begun && !one->part_results[part].is_complete &&
            !cp_resume_has_checkpoint(run->place.log, index, part)) {
            return;
        }
    }
    cp_resume_save_parts(run->place.log, index, one->merge, one->part_results);
}

static int conclude_split(struct cp_case_run *one) {
    int err = 0;
    for (uint32_t part = 0; !err && part < one->part_count; part++) {
        err = cp_merge_result(one->merge, part, &one->part_results[part]);
    }
    cp_merge_conclude(one->merge, &one->test_case, &one->search, &one->result);
    return err;
}

static void end_split(struct cp_run *run, struct cp_case_run *one) {
    if (conclude_split(one) < 0) {
        one->result.verdict = CP_VERDICT_ERROR;
        one->result.is_complete = one->result.expectation_met = false;
        snprintf(one->result.error, sizeof one->result.error, "out of memory");
    }
    if (!one->result.is_complete) {
        keep_parts(run, one);
    }
    cp_merge_free(one->merge);
    one->merge = NULL;
}

static void end_case(struct cp_run *run, struct cp_case_run *one) {
    size_t index = (size_t)(one - run->cases);
    if (one->merge) {
        end_split(run, one);
    }
    cp_run_note_log(run, cp_log_end_case(run->log, one->log_id, &one->about, &one->result));
    if (one->result.is_complete) {
        cp_resume_forget_case(run->place.log, index, one->part_count);
    }
    one->has_ended = true;
    run->summary.code =
        cp_exit_worse(run->summary.code, cp_verdict_exit(&one->test_case, &one->result));
    print_ready(run);
}

static void take_end(void *context, const struct cp_task *task, struct cp_result *result) {
    struct cp_run *run = context;
    struct cp_case_run *one = &run->cases[task->case_index];
    one->parts_ended++;
    if (one->merge) {
        cp_run_note_log(run, cp_merge_end_rows(one->merge, task->part));
        one->part_results[task->part] = *result;
    } else {
        one->result = *result;
    }
    if (one->parts_ended == one->part_count) {
        end_case(run, one);
    }
}

// --- all

// The parts that a signal kept from beginning are the rest of the case.
static void end_unbegun(struct cp_run *run, struct cp_case_run *one) {
    for (; one->parts_begun < one->part_count; one->parts_begun++) {
        one->part_results[one->parts_begun] = (struct cp_result){.verdict = CP_VERDICT_BOUNDED,
                                                                 .stop = CP_STOP_INTERRUPTED,
                                                                 .interrupted = true,
                                                                 .is_wear_exact = true};
    }
    end_case(run, one);
}

// What was dropped is as if it had never begun.
static void drop_open(struct cp_run *run) {
    for (size_t i = 0; i < run->case_count && !run->has_log_failed; i++) {
        struct cp_case_run *one = &run->cases[i];
        if (!one->has_begun || one->has_ended) {
            continue;
        }
        if (one->merge && !must_drop(run)) {
            end_unbegun(run, one);
        } else {
            cp_run_note_log(run, cp_log_drop_case(run->log, one->log_id));
        }
    }
}

static void print_rest(struct cp_run *run) {
    for (size_t i = 0; i < run->case_count; i++) {
        if (run->cases[i].has_ended && !run->cases[i].is_printed) {
            cp_run_print_case(run, &run->cases[i]);
        }
    }
}

void cp_run_cases(struct cp_run *run) {
    const struct cp_workers_client client = {run, next_task, take_row, take_end, tick, must_drop};
    print_ready(run);
    cp_workers_run(run->options->jobs, run->program, &client);
    cp_progress_clear();
    drop_open(run);
    print_rest(run);
}

// run_state.h: a run and its cases, which the files run*.c share.

#ifndef CP_CLI_RUN_STATE_H
#define CP_CLI_RUN_STATE_H

#include "cli/options.h"
#include "cli/resume_file.h"
#include "cli/run_place.h"
#include "cli/summary.h"
#include "faults/merge.h"
#include "reports/log.h"
#include "scenarios/load.h"

// A selected case. It is explored at once or, to use more processors, in parts.
struct cp_case_run {
    struct cp_case test_case; // under the budgets of the command line
    struct cp_case searched;  // one part of it: the parts share the memory
    struct cp_log_case about;
    struct cp_explore_options search;
    struct cp_run *run;
    int64_t log_id;
    uint32_t part_count; // 1: not split
    uint32_t parts_begun, parts_ended;
    struct cp_merge *merge;         // of a case that is split
    struct cp_result *part_results; // likewise
    bool is_resumed;                // its states are in the log, and it goes on
    bool is_known;                  // it is in the log already
    bool has_begun, has_ended, is_printed;
    struct cp_result result;
};

struct cp_run {
    const struct cp_options *options;
    struct cp_options resumed_options; // with --resume: as the log says
    struct cp_case_list list;
    struct cp_case_run *cases;
    size_t case_count, next_case;
    const struct cp_program *program;
    struct cp_run_place place;
    struct cp_log *log;
    struct cp_summary summary;
    int name_width;
    char shard[24]; // with --resume: as the log says
    bool has_log_failed;
    char checkpoint[CP_RESUME_PATH_MAX]; // of the search begun last
};

// --- run_plan.c

// Make the run's cases from its list: budgets, options, parts. Negative without memory.
int cp_run_plan(struct cp_run *run);
void cp_run_free(struct cp_run *run);

// Explore the case in so many parts.
void cp_run_set_parts(struct cp_case_run *one, uint32_t part_count);

// --- run_cases.c

// Explore what has not ended, log it, print it in the order of selection.
void cp_run_cases(struct cp_run *run);

// Once for a run: a log that cannot be written is told.
void cp_run_note_log(struct cp_run *run, int err);

// Print a case that has ended and count it.
void cp_run_print_case(struct cp_run *run, struct cp_case_run *one);

// --- run.c

// Put the selected cases and the text of their files into the log.
int cp_run_log_selection(const struct cp_run *run);

// Close the log and print the summary.
void cp_run_finish(struct cp_run *run);

// --- run_resume.c

// Take scenarios, options and what has ended from the log, and open it.
enum cp_exit cp_run_resume(struct cp_run *run);

#endif

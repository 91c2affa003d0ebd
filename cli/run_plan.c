// run_plan.c: which searches a run consists of.

#include "cli/option_values.h"
#include "cli/run_state.h"

#include <stdlib.h>
#include <string.h>

// A case is split only where it pays. The parts overlap, each has its own tables, and
// each begins with the same uncut life: below this a single process is as fast.
#define LARGE_STATES 100000u

// A bound on states says what one search may see, so such a case stays whole; so does
// one that claims a failure, since what shows it is found at once.
static bool is_large(const struct cp_case_run *one) {
    const struct cp_expect *expect = &one->test_case.expect;
    return expect->verdict != CP_VERDICT_VIOLATED && expect->states_min >= LARGE_STATES &&
           one->test_case.bounds.states_max == CP_UNLIMITED && one->test_case.faults.cut;
}

// The last cases, which would leave processors idle, are split among all of them.
static uint32_t count_parts(const struct cp_run *run, size_t index) {
    bool is_one_of_last = run->case_count - index < run->options->jobs;
    bool is_part = run->options->shard_count > 1;
    return is_one_of_last && !is_part && is_large(&run->cases[index]) ? run->options->jobs : 1;
}

// The parts of a case run at the same time.
void cp_run_set_parts(struct cp_case_run *one, uint32_t part_count) {
    uint64_t memory = one->test_case.bounds.memory_max_bytes;
    one->part_count = part_count;
    one->searched = one->test_case;
    one->searched.bounds.memory_max_bytes = (memory ? memory : CP_MEMORY_MAX_BYTES) / part_count;
}

static void plan_case(struct cp_run *run, size_t index) {
    struct cp_case_run *one = &run->cases[index];
    one->run = run;
    one->test_case = run->list.cases[index];
    one->search = cp_option_search(run->options, &one->test_case);
    cp_option_budgets(run->options, &one->test_case);
    one->about = (struct cp_log_case){
        .test_case = &one->test_case,
        .hash = cp_case_hash(&one->test_case, run->program),
        .engine = cp_engine_name(run->options->engine),
        .shard = run->options->shard_text,
        .program = run->program,
    };
    cp_run_set_parts(one, count_parts(run, index));
    int width = (int)strlen(one->test_case.name);
    run->name_width = width > run->name_width ? width : run->name_width;
}

int cp_run_plan(struct cp_run *run) {
    run->case_count = run->list.count;
    run->cases = calloc(run->case_count, sizeof *run->cases);
    run->summary.selected_count = run->case_count;
    run->summary.ended = calloc(run->case_count, sizeof *run->summary.ended);
    if (!run->cases || !run->summary.ended) {
        return -1;
    }
    for (size_t i = 0; i < run->case_count; i++) {
        plan_case(run, i);
    }
    return 0;
}

static void free_case(struct cp_case_run *one) {
    for (uint32_t part = 0; one->part_results && part < one->part_count; part++) {
        cp_result_free(&one->part_results[part]);
    }
    free(one->part_results);
    cp_merge_free(one->merge);
    cp_result_free(&one->result);
}

void cp_run_free(struct cp_run *run) {
    for (size_t i = 0; run->cases && i < run->case_count; i++) {
        free_case(&run->cases[i]);
    }
    free(run->cases);
    free(run->summary.ended);
    cp_case_list_free(&run->list);
}

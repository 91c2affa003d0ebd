// explorer.c: every cut of every run, to the fixpoint.
//
// From each known state the device is powered on and left to run to the end of
// its story; a journal keeps what happened. Then the journal is walked back. At
// each event the power is cut after it, and inside it in every way the fault
// model knows; if the flash (with the ghost of the promises) that this leaves is
// new, the device is powered on from there, one level deeper, before the walk
// goes on. A run stops early where flash and volatile state together are known:
// what follows has been explored. So each operation is executed a small number
// of times, however deeply cuts are nested.
//
// The uncut run always comes first. That makes a boot loop exact to find: a run
// that resets into a state of its own uncut past.

#include "faults/checkpoint.h"
#include "faults/large.h"
#include "faults/search.h"
#include "faults/uncut.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SAMPLES 128u

double cp_now_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void count_uncut(const struct cp_explorer *x) {
    struct cp_uncut uncut = {0};
    cp_uncut_journal(&uncut, &x->world);
    cp_uncut_take(&uncut, x->result);
}

static void search(struct cp_explorer *x, bool is_sample) {
    struct cp_frame first = {.torn_left = x->test_case->bounds.torn_max,
                             .edge = CP_EDGE_START,
                             .is_free = x->options->shard_count <= 1};
    bool is_new;
    if (!cp_x_reach(x, 0, first.torn_left, &first.id, &is_new)) {
        return;
    }
    struct cp_hash hash = cp_world_hash(&x->world);
    if (is_new) {
        cp_x_add_pending(x, &(struct cp_state_row){.id = first.id,
                                                   .site = UINT32_MAX,
                                                   .edge = CP_EDGE_START,
                                                   .hash_high = hash.high,
                                                   .hash_low = hash.low});
    }
    if (!cp_x_push_frame(x, &first)) {
        return;
    }
    x->current_id = first.id;
    cp_x_power_on(x);
    if (!x->options->resume) {
        count_uncut(x);
    }
    x->uncut_events = (uint32_t)x->world.entry_count;
    if (is_sample) {
        x->stride = (uint32_t)(x->world.entry_count / SAMPLES) + 1;
    }
    while (x->stop == CP_STOP_NONE && x->frame_count > 0) {
        cp_x_step_back(x);
    }
}

static void take_max(uint64_t *most, uint64_t value) {
    *most = value > *most ? value : *most;
}

// What was left out could make the number smaller as well as larger.
static void check_uptime(struct cp_explorer *x) {
    const struct cp_fault_model *faults = &x->test_case->faults;
    bool is_asked = x->test_case->uptime_max_us > 0 && faults->cut &&
                    (faults->cut_phases >> CP_PHASE_BOOTLOADER & 1u) != 0;
    if (is_asked && x->stop == CP_STOP_NONE && !x->bound_was_hit) {
        cp_promises_uptime(&x->world.promises, x->result->liveness.uptime_us);
    }
}

static void collect(struct cp_explorer *x) {
    struct cp_result *result = x->result;
    result->seconds = x->seconds_before + cp_now_seconds() - x->started_seconds;
    result->states = x->last_id;
    result->visited_bytes = cp_x_memory_bytes(x);
    result->is_wear_exact = x->allowances.page_count > 0 && !x->allowances.ignores_wear;
    if (cp_liveness_conclude(&x->liveness, x->last_id, &result->liveness)) {
        cp_x_stop(x, CP_STOP_MEMORY);
    }
    take_max(&result->unfed_us_max, x->world.machine->unfed_us_max);
    check_uptime(x);
    memcpy(result->promises, x->world.promises.counts, sizeof(result->promises));
    result->sites = x->sites.sites; // handed over
    result->site_count = x->sites.count;
    x->sites.sites = NULL;
    cp_wear_collect(&x->world.wear, x->test_case->device_count, result);
    cp_cuts_conclude(&x->cuts);
    result->cuts = x->cuts.runs; // handed over
    result->cut_count = x->cuts.count;
    x->cuts.runs = NULL;
}

static int init(struct cp_explorer *x, const struct cp_program *program) {
    if (cp_world_init(&x->world, x->test_case, program, x->result->error)) {
        return -1;
    }
    x->world.promises.report = cp_x_on_violation;
    x->world.promises.context = x;
    bool follows_wear = (x->test_case->promises >> CP_PROMISE_BOUNDED_WEAR & 1u) != 0;
    if (cp_visited_init(&x->reboot) || cp_visited_init(&x->running) ||
        cp_visited_init(&x->reopened) ||
        cp_allowances_init(&x->allowances, &x->world, follows_wear) ||
        cp_memo_init(&x->boots, false, cp_x_free_start) || cp_memo_init(&x->classes, true, free)) {
        snprintf(x->result->error, sizeof(x->result->error), "out of memory");
        return -1;
    }
    if (x->notes) {
        cp_audit_watch(x->notes, x->world.machine);
    }
    return x->options->resume ? cp_checkpoint_load(x, program, x->options->resume) : 0;
}

bool cp_x_leaves_checkpoint(const struct cp_explorer *x) {
    return x->options->checkpoint &&
           (x->stop == CP_STOP_STATES || x->stop == CP_STOP_TIME ||
            x->stop == CP_STOP_INTERRUPTED || x->stop == CP_STOP_MEMORY_BUDGET);
}

static void leave_checkpoint(const struct cp_explorer *x, const struct cp_program *program) {
    if (cp_x_leaves_checkpoint(x)) {
        (void)cp_checkpoint_save(x, program, x->options->checkpoint); // or it starts anew
    }
}

static void release(struct cp_explorer *x) {
    cp_world_free(&x->world);
    cp_sites_free(&x->sites);
    cp_cuts_free(&x->cuts);
    cp_visited_free(&x->reboot);
    cp_visited_free(&x->running);
    cp_visited_free(&x->reopened);
    cp_allowances_free(&x->allowances);
    cp_memo_free(&x->boots);
    cp_memo_free(&x->classes);
    cp_liveness_free(&x->liveness);
    free(x->frames);
    free(x->wear_saves);
    cp_large_free(x->outcomes);
    cp_large_free(x->branches);
    cp_large_free(x->pending);
}

void cp_explorer_run(const struct cp_case *test_case, const struct cp_program *program,
                     const struct cp_search *how, struct cp_result *result, enum cp_stop *stop) {
    static const struct cp_explore_options defaults;
    struct cp_explorer x = {.test_case = test_case,
                            .options = how->options ? how->options : &defaults,
                            .segment = CP_SEGMENT_NONE,
                            .notes = how->notes,
                            .sink = how->sink,
                            .result = result,
                            .wanted = how->wanted,
                            .stride = 1,
                            .claims_open = test_case->expect.violates & test_case->promises};
    assert(cp_cpu_can_snapshot(cp_cpu_open())); // or cp_explore() takes the slow engine
    memset(result, 0, sizeof(*result));
    x.started_seconds = cp_now_seconds();
    result->verdict = CP_VERDICT_ERROR;
    if (init(&x, program) == 0) {
        search(&x, how->is_sample);
        leave_checkpoint(&x, program);
        collect(&x);
        result->verdict = CP_VERDICT_PROVED;
        if (result->violation_count > 0) {
            result->verdict = CP_VERDICT_VIOLATED;
        } else if (x.bound_was_hit || x.stop != CP_STOP_NONE) {
            result->verdict = CP_VERDICT_BOUNDED;
        }
    }
    *stop = x.stop;
    release(&x);
}

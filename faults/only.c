// only.c: see only.h.

#include "faults/only.h"

#include "faults/explorer.h"
#include "faults/sites.h"
#include "faults/tears.h"
#include "faults/uncut.h"
#include "faults/variant.h"
#include "faults/visited.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct only {
    const struct cp_case *test_case;
    const struct cp_program *program;
    const struct cp_sink *sink;
    struct cp_result *result;
    struct cp_sites sites;
    struct cp_visited states;
    struct cp_wear_levels wear; // the most of all traces
    uint32_t claims_open;       // bit per promise that is claimed and was not seen broken
    double started_seconds;
    bool is_wear_ready, has_uncut;
    enum cp_stop stop;
};

// One replay: of a trace, or of what comes before one of its cuts.
struct run {
    struct only *only;
    char trace[CP_TRACE_MAX];
    bool is_whole;
    struct cp_hash before, hash; // at the last but one power-on, and at the last
    // Of the last cut:
    uint32_t event_index, site;
    enum cp_edge edge;
    uint32_t tear;
    enum cp_phase phase;
    uint32_t operation_index; // event of the last operation of this power-on; 0: none
    enum cp_outcome outcome;  // of the last power-on, as far as it was seen
    uint8_t image;
    bool is_broken;
    uint32_t cuts;
};

uint32_t cp_only_count(const char *only) {
    uint32_t count = 0;
    for (; *only; only++) {
        count += *only == '\n';
    }
    return count;
}

// --- the end of it

// What is wrong with the host goes before what is wrong with the core.
static void stop_for(struct only *o, enum cp_stop reason) {
    bool is_failure = reason == CP_STOP_MEMORY || reason == CP_STOP_LOG_FAILED;
    if (o->stop == CP_STOP_NONE || is_failure) {
        o->stop = reason;
    }
}

// Between two traces: none of them takes long.
static bool goes_on(struct only *o) {
    double seconds = cp_now_seconds() - o->started_seconds;
    struct cp_progress progress = {o->test_case, o->states.count, o->result->operations, seconds,
                                   o->result->cuts_deepest};
    uint32_t seconds_max = o->test_case->bounds.seconds_max;
    if (seconds_max != CP_UNLIMITED && seconds > seconds_max) {
        stop_for(o, CP_STOP_TIME);
    }
    if (o->sink && o->sink->tick && !o->sink->tick(o->sink->context, &progress)) {
        stop_for(o, CP_STOP_INTERRUPTED);
    }
    return o->stop == CP_STOP_NONE;
}

// --- what breaks

static bool is_known(const struct cp_result *result, enum cp_promise promise) {
    for (uint32_t i = 0; i < result->violation_count; i++) {
        if (result->violations[i].promise == promise) {
            return true;
        }
    }
    return false;
}

static void note_violation(struct run *run, const struct cp_step *step) {
    struct only *o = run->only;
    if (is_known(o->result, step->promise)) {
        return;
    }
    struct cp_violation *violation = &o->result->violations[o->result->violation_count++];
    memset(violation, 0, sizeof(*violation));
    violation->promise = step->promise;
    violation->cuts = step->cuts;
    snprintf(violation->trace, sizeof(violation->trace), "%s", run->trace);
    const char *message = strchr(step->text, ':'); // behind the name of the promise
    snprintf(violation->message, sizeof(violation->message), "%s", message ? message + 2 : "");
    if ((o->test_case->expect.violates >> step->promise & 1u) == 0) {
        stop_for(o, CP_STOP_VIOLATION);
    }
    o->claims_open &= ~(1u << step->promise);
}

// --- the steps of a replay

static void note_power_on(struct run *run, const struct cp_world *world,
                          const struct cp_step *step) {
    run->before = run->hash;
    run->hash = cp_world_hash(world);
    run->outcome = CP_OUTCOME_UNKNOWN;
    run->image = CP_IMAGE_NONE;
    run->operation_index = 0;
    run->cuts = step->cuts;
}

// The site of the machine's present event, which is counted as executed.
static uint32_t site_of(struct only *o, const struct cp_world *world) {
    uint32_t site = cp_sites_find(&o->sites, &world->machine->event);
    if (site == UINT32_MAX) {
        stop_for(o, CP_STOP_MEMORY);
    }
    return site;
}

// At a cut after an operation, or in it, the machine still stands at that.
static void note_cut(struct run *run, const struct cp_world *world, const struct cp_step *step) {
    bool is_operation = step->event_index > 0 && run->operation_index == step->event_index;
    run->event_index = step->event_index;
    run->phase =
        world->machine->mode == CP_MODE_BOOTLOADER ? CP_PHASE_BOOTLOADER : CP_PHASE_APPLICATION;
    run->site = is_operation ? site_of(run->only, world) : UINT32_MAX;
    if (run->site == UINT32_MAX) {
        return;
    }
    struct cp_site *site = &run->only->sites.sites[run->site];
    site->times--; // it was counted when it was done
    site->cuts_torn += run->is_whole && step->word_count > 0;
    site->cuts_after += run->is_whole && step->word_count == 0;
}

static void note_operation(struct run *run, const struct cp_world *world,
                           const struct cp_step *step) {
    run->operation_index = step->event_index;
    if (run->is_whole) {
        (void)site_of(run->only, world);
        run->only->result->operations++;
    }
}

static void note_event(struct run *run, const struct cp_world *world, const struct cp_step *step) {
    run->only->result->boots += run->is_whole && step->is_reset;
    if (run->outcome != CP_OUTCOME_UNKNOWN) {
        return;
    }
    if (world->machine->event.kind == CP_EVENT_JUMP) {
        run->image = cp_world_started_image(world);
        run->outcome = run->image == CP_IMAGE_NONE ? CP_OUTCOME_MIXED : CP_OUTCOME_STARTED;
    } else if (world->machine->event.kind == CP_EVENT_DFU_MODE) {
        run->outcome = CP_OUTCOME_DFU_MODE;
    }
}

// A device that is dead starts nothing; one that starts a mix is told of as an event.
static void note_broken(struct run *run, const struct cp_world *world, const struct cp_step *step) {
    enum cp_event_kind kind = world->machine->event.kind;
    run->is_broken = true;
    if (step->promise == CP_PROMISE_BOOTABLE && run->outcome == CP_OUTCOME_UNKNOWN &&
        kind != CP_EVENT_JUMP && kind != CP_EVENT_DFU_MODE) {
        run->outcome = CP_OUTCOME_NO_BOOT;
    }
}

static void keep_most(struct only *o, const struct cp_world *world) {
    if (!o->is_wear_ready) {
        o->is_wear_ready = cp_wear_init(&o->wear, world->machine) == 0;
    }
    for (uint32_t i = 0; o->is_wear_ready && i < o->wear.page_count; i++) {
        if (world->wear.erases_max[i] > o->wear.erases_max[i]) {
            o->wear.erases_max[i] = world->wear.erases_max[i];
        }
        if (world->wear.levels_max[i] > o->wear.levels_max[i]) {
            o->wear.levels_max[i] = world->wear.levels_max[i];
        }
    }
}

static void note_end(struct run *run, const struct cp_world *world) {
    struct only *o = run->only;
    if (*run->trace == '\0' && !o->has_uncut) {
        struct cp_uncut uncut = {0};
        cp_uncut_journal(&uncut, world);
        cp_uncut_take(&uncut, o->result);
        o->has_uncut = true;
    }
    if (!run->is_whole) {
        return;
    }
    for (uint32_t i = 0; i < CP_PROMISE_COUNT; i++) {
        o->result->promises[i].exercised += world->promises.counts[i].exercised;
        o->result->promises[i].violated += world->promises.counts[i].violated;
    }
    if (world->machine->unfed_us_max > o->result->unfed_us_max) {
        o->result->unfed_us_max = world->machine->unfed_us_max;
    }
    keep_most(o, world);
}

static void on_step(void *context, const struct cp_world *world, const struct cp_step *step) {
    struct run *run = context;
    struct cp_result *result = run->only->result;
    if (!step) {
        note_end(run, world);
        return;
    }
    switch (step->kind) {
    case CP_STEP_POWER_ON:
        note_power_on(run, world, step);
        result->boots += run->is_whole;
        break;
    case CP_STEP_PROGRAM:
    case CP_STEP_ERASE: note_operation(run, world, step); break;
    case CP_STEP_EVENT: note_event(run, world, step); break;
    case CP_STEP_CUT:
        note_cut(run, world, step);
        result->cuts_explored += run->is_whole;
        break;
    case CP_STEP_VIOLATION:
        note_broken(run, world, step);
        if (run->is_whole) {
            note_violation(run, step);
        }
    }
}

// --- states

static enum cp_outcome outcome_of(const struct run *run) {
    if (run->outcome != CP_OUTCOME_UNKNOWN) {
        return run->outcome;
    }
    // Left alone, a run ends where a promise breaks: before that it started nothing.
    return run->is_broken ? CP_OUTCOME_UNKNOWN : CP_OUTCOME_NO_BOOT;
}

static uint32_t id_of(struct only *o, struct cp_hash hash, bool *is_new) {
    struct cp_visited_slot *slot = cp_visited_find(&o->states, hash, is_new);
    if (!slot) {
        stop_for(o, CP_STOP_MEMORY);
        return 0;
    }
    if (*is_new) {
        slot->id = (uint32_t)o->states.count;
    }
    return slot->id;
}

// The state at the last power-on of the run, unless it was told.
static void tell_state(struct run *run) {
    struct only *o = run->only;
    bool is_new, is_known_parent = true;
    uint32_t parent = run->cuts > 0 ? id_of(o, run->before, &is_known_parent) : 0;
    uint32_t id = id_of(o, run->hash, &is_new);
    if (id == 0 || !is_new) {
        return;
    }
    struct cp_state_row row = {.id = id,
                               .parent = parent,
                               .cuts = run->cuts,
                               .event_index = run->cuts > 0 ? run->event_index : 0,
                               .site = run->cuts > 0 ? run->site : UINT32_MAX,
                               .edge = run->cuts > 0 ? run->edge : CP_EDGE_START,
                               .tear = run->tear,
                               .phase = run->phase,
                               .outcome = outcome_of(run),
                               .final_image = run->image,
                               .hash_high = run->hash.high,
                               .hash_low = run->hash.low};
    if (o->sink && o->sink->state && o->sink->state(o->sink->context, &row) < 0) {
        stop_for(o, CP_STOP_LOG_FAILED);
    }
}

// --- a trace and its beginnings

static void take_tear(struct run *run, const struct cp_token *token) {
    const struct cp_fault_model *faults = &run->only->test_case->faults;
    for (uint32_t i = 0; i < CP_PROGRAM_TEAR_COUNT; i++) {
        if (strcmp(cp_program_tear_name((enum cp_program_tear)i), token->tear) == 0) {
            run->edge = CP_EDGE_TORN_PROGRAM;
            run->tear = i;
        }
    }
    // Some names are of both; which it was the operation says, and that came before.
    for (uint32_t i = 0; i < cp_erase_tear_total(faults); i++) {
        char name[32];
        cp_erase_tear_label(faults, i, name);
        bool is_erase = run->site != UINT32_MAX && run->only->sites.sites[run->site].is_erase;
        if (strcmp(name, token->tear) == 0 && is_erase) {
            run->edge = CP_EDGE_TORN_ERASE;
            run->tear = i;
        }
    }
}

static void take_edge(struct run *run, const struct cp_tokens *tokens) {
    uint32_t count = tokens->count;
    while (count > 0 && !cp_token_is_cut(&tokens->tokens[count - 1])) {
        count--;
    }
    if (count == 0) {
        return;
    }
    const struct cp_token *cut = &tokens->tokens[count - 1];
    run->edge = cut->kind == CP_TOKEN_RESET ? CP_EDGE_MCU_RESET : CP_EDGE_AFTER;
    if (cut->kind == CP_TOKEN_TORN) {
        take_tear(run, cut);
    }
}

// Returns 0, or -1 with the error in the result.
static int run_tokens(struct only *o, const struct cp_tokens *tokens, bool is_whole,
                      struct run *run) {
    struct cp_violation violation;
    char error[CP_MESSAGE_MAX];
    *run = (struct run){.only = o, .is_whole = is_whole, .site = UINT32_MAX};
    cp_tokens_write(tokens, run->trace);
    if (cp_replay_watched(o->test_case, o->program, run->trace, on_step, run, &violation, error) <
        0) {
        snprintf(o->result->error, sizeof(o->result->error), "'%.80s': %.150s", run->trace, error);
        return -1;
    }
    take_edge(run, tokens);
    return 0;
}

static void run_trace(struct only *o, const char *trace) {
    struct cp_tokens whole, beginning;
    if (cp_tokens_read(trace, &whole)) {
        snprintf(o->result->error, sizeof(o->result->error), "'%.80s' is no trace", trace);
        return;
    }
    struct run of_all, run;
    if (run_tokens(o, &whole, true, &of_all)) {
        return;
    }
    if (of_all.cuts > o->result->cuts_deepest) {
        o->result->cuts_deepest = of_all.cuts;
    }
    // What comes before each cut, left alone.
    for (uint32_t cut = 0; cp_tokens_cut(&whole, cut) < whole.count; cut++) {
        beginning = whole;
        beginning.count = cut == 0 ? 0 : cp_tokens_cut(&whole, cut - 1) + 1;
        if (run_tokens(o, &beginning, false, &run)) {
            return;
        }
        tell_state(&run);
    }
    tell_state(&of_all);
}

static void run_all(struct only *o, uint32_t index, uint32_t step) {
    const char *next = o->test_case->bounds.only;
    for (uint32_t i = 0; *next && goes_on(o) && !*o->result->error; i++) {
        char trace[CP_TRACE_MAX];
        size_t length = strcspn(next, "\n");
        snprintf(trace, sizeof(trace), "%.*s", (int)length, next);
        next += length + (next[length] == '\n');
        if (i % step == index) {
            run_trace(o, trace);
        }
    }
}

static void collect(struct only *o) {
    struct cp_result *result = o->result;
    bool is_claim = o->test_case->expect.verdict == CP_VERDICT_VIOLATED;
    if (is_claim && o->claims_open == 0) {
        stop_for(o, CP_STOP_CLAIMS_MET);
    }
    result->seconds = cp_now_seconds() - o->started_seconds;
    result->states = o->states.count;
    result->visited_bytes = cp_visited_size_bytes(&o->states);
    result->sites = o->sites.sites; // handed over
    result->site_count = o->sites.count;
    o->sites.sites = NULL;
    result->verdict = result->violation_count > 0 ? CP_VERDICT_VIOLATED : CP_VERDICT_BOUNDED;
    if (*result->error) {
        result->verdict = CP_VERDICT_ERROR;
    }
    if (o->is_wear_ready) {
        cp_wear_collect(&o->wear, o->test_case->device_count, result);
    }
}

void cp_only_run(const struct cp_case *test_case, const struct cp_program *program,
                 const struct cp_explore_options *options, const struct cp_sink *sink,
                 struct cp_result *result, enum cp_stop *stop) {
    struct only only = {.test_case = test_case,
                        .program = program,
                        .sink = sink,
                        .result = result,
                        .claims_open = test_case->expect.violates & test_case->promises,
                        .started_seconds = cp_now_seconds()};
    bool is_part = options && options->shard_count > 1;
    memset(result, 0, sizeof(*result));
    if (cp_visited_init(&only.states)) {
        only.stop = CP_STOP_MEMORY;
    } else {
        run_all(&only, is_part ? options->shard_index : 0, is_part ? options->shard_count : 1);
    }
    collect(&only);
    *stop = only.stop;
    cp_sites_free(&only.sites);
    cp_visited_free(&only.states);
    if (only.is_wear_ready) {
        cp_wear_free(&only.wear);
    }
}

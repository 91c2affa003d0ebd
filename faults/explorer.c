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

#include "faults/explorer.h"

#include "faults/tears.h"
#include "faults/trace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define EVENTS_PER_TICK 2048u

double cp_now_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void stop_for(struct cp_explorer *x, enum cp_stop reason) {
    if (x->stop == CP_STOP_NONE) {
        x->stop = reason;
    }
}

static struct cp_frame *top_frame(struct cp_explorer *x) {
    return &x->frames[x->frame_count - 1];
}

// --- violations

static void append_choices(const struct cp_world *world, size_t from, size_t to, char *trace) {
    for (size_t i = from; i < to; i++) {
        const struct cp_entry *entry = &world->entries[i];
        if (entry->kind == CP_ENTRY_CHOICE && entry->option > 0) {
            struct cp_token token = {.kind = CP_TOKEN_CHOICE,
                                     .event_index = (uint32_t)(i - from + 1),
                                     .option = entry->option};
            cp_trace_append(trace, CP_TRACE_MAX, &token);
        }
    }
}

static void append_cut(const struct cp_explorer *x, const struct cp_frame *frame, char *trace) {
    struct cp_token token = {.kind = CP_TOKEN_AFTER, .event_index = frame->event_index};
    if (frame->edge == CP_EDGE_TORN_PROGRAM) {
        token.kind = CP_TOKEN_TORN;
        snprintf(token.tear, sizeof(token.tear), "%s",
                 cp_program_tear_name((enum cp_program_tear)frame->tear));
    } else if (frame->edge == CP_EDGE_TORN_ERASE) {
        token.kind = CP_TOKEN_TORN;
        cp_erase_tear_label(&x->test_case->faults, frame->tear, token.tear);
    }
    cp_trace_append(trace, CP_TRACE_MAX, &token);
}

static void write_trace(const struct cp_explorer *x, char *trace) {
    trace[0] = '\0';
    for (size_t i = 0; i < x->frame_count; i++) {
        const struct cp_frame *frame = &x->frames[i];
        bool is_last = i + 1 == x->frame_count;
        size_t end = is_last ? x->world.entry_count : x->frames[i + 1].base;
        if (i > 0) {
            append_cut(x, frame, trace);
        }
        append_choices(&x->world, frame->base, end, trace);
    }
}

static void record_violation(struct cp_explorer *x, enum cp_promise promise, const char *message) {
    struct cp_result *result = x->result;
    for (uint32_t i = 0; i < result->violation_count; i++) {
        if (result->violations[i].promise == promise) {
            return; // the first is enough
        }
    }
    struct cp_violation *violation = &result->violations[result->violation_count++];
    violation->promise = promise;
    violation->cuts = top_frame(x)->cuts;
    violation->is_shortest = violation->cuts == 0;
    snprintf(violation->message, sizeof(violation->message), "%s", message);
    write_trace(x, violation->trace);
}

static void on_violation(void *context, enum cp_promise promise, const char *message) {
    struct cp_explorer *x = context;
    if ((x->test_case->promises >> promise & 1u) == 0) {
        return;
    }
    record_violation(x, promise, message);
    if ((x->test_case->expect.violates >> promise & 1u) == 0) {
        stop_for(x, CP_STOP_VIOLATION);
        return;
    }
    x->claims_open &= ~(1u << promise);
    if (x->claims_open == 0) {
        stop_for(x, CP_STOP_CLAIMS_MET);
    }
}

// --- states and their outcomes

static int keep_outcome(struct cp_explorer *x, uint32_t id, enum cp_outcome outcome,
                        uint8_t image) {
    if (id >= x->outcome_capacity) {
        size_t capacity = 2 * (size_t)id + 1024;
        struct cp_outcome_of *outcomes = realloc(x->outcomes, capacity * sizeof(*outcomes));
        if (!outcomes) {
            stop_for(x, CP_STOP_MEMORY);
            return -1;
        }
        memset(outcomes + x->outcome_capacity, CP_OUTCOME_UNKNOWN,
               (capacity - x->outcome_capacity) * sizeof(*outcomes));
        x->outcomes = outcomes;
        x->outcome_capacity = capacity;
    }
    x->outcomes[id] = (struct cp_outcome_of){(uint8_t)outcome, image};
    return 0;
}

// The states that are still booting have all come to this.
static void resolve(struct cp_explorer *x, enum cp_outcome outcome, uint8_t image) {
    for (size_t i = 0; i < x->pending_count; i++) {
        struct cp_state_row *row = &x->pending[i];
        row->outcome = outcome;
        row->final_image = image;
        if (keep_outcome(x, row->id, outcome, image)) {
            return;
        }
        if (x->sink && x->sink->state && x->sink->state(x->sink->context, row) < 0) {
            stop_for(x, CP_STOP_LOG_FAILED);
        }
    }
    x->pending_count = 0;
}

static void resolve_like(struct cp_explorer *x, uint32_t id) {
    struct cp_outcome_of known = {CP_OUTCOME_UNKNOWN, CP_IMAGE_NONE};
    if (id < x->outcome_capacity && x->outcomes[id].outcome != CP_OUTCOME_UNKNOWN) {
        known = x->outcomes[id];
    }
    resolve(x, (enum cp_outcome)known.outcome, known.image);
}

static void add_pending(struct cp_explorer *x, const struct cp_state_row *row) {
    if (x->pending_count == x->pending_capacity) {
        size_t capacity = 2 * x->pending_capacity + 16;
        struct cp_state_row *pending = realloc(x->pending, capacity * sizeof(*pending));
        if (!pending) {
            stop_for(x, CP_STOP_MEMORY);
            return;
        }
        x->pending = pending;
        x->pending_capacity = capacity;
    }
    x->pending[x->pending_count++] = *row;
}

// A bound on cuts makes the same flash another state with fewer cuts left.
static struct cp_hash with_bound(const struct cp_explorer *x, struct cp_hash hash, uint32_t cuts) {
    if (x->test_case->bounds.cuts_max == CP_UNLIMITED) {
        return hash;
    }
    return cp_hash_add(hash, cp_hash_pair(cuts, 5));
}

// Look up the state at a reset. Returns its slot if it is to be explored: it is
// new, or it was explored with fewer torn operations allowed. NULL if it is
// known or the search has to stop; *known_id is its id then.
static bool reach(struct cp_explorer *x, uint32_t cuts, uint32_t torn_left, uint32_t *id,
                  bool *is_new) {
    struct cp_hash key = with_bound(x, cp_world_hash(&x->world), cuts);
    struct cp_visited_slot *slot = cp_visited_find(&x->reboot, key, is_new);
    if (!slot) {
        stop_for(x, CP_STOP_MEMORY);
        *id = 0;
        return false;
    }
    if (*is_new) {
        if (x->last_id >= x->test_case->bounds.states_max) {
            stop_for(x, CP_STOP_STATES);
            *id = 0;
            return false;
        }
        slot->id = ++x->last_id;
    } else if (torn_left <= slot->torn_left) {
        *id = slot->id;
        return false;
    }
    slot->torn_left = torn_left;
    *id = slot->id;
    return true;
}

// Is the running program, here and with this flash, known? If so *id is the
// state whose boot was here before.
static bool is_known_run(struct cp_explorer *x, struct cp_hash at, uint32_t *id) {
    const struct cp_frame *frame = top_frame(x);
    bool is_new;
    struct cp_visited_slot *slot =
        cp_visited_find(&x->running, with_bound(x, at, frame->cuts), &is_new);
    if (!slot) {
        stop_for(x, CP_STOP_MEMORY);
        return true;
    }
    if (!is_new && frame->torn_left <= slot->torn_left) {
        *id = slot->id;
        return true;
    }
    slot->torn_left = frame->torn_left;
    if (is_new) {
        slot->id = x->current_id;
    }
    return false;
}

// The run has come to where state `id` was once, and stops here. If that is its own
// past, it goes round for ever; otherwise it ends as the boot of `id` did.
static void end_known(struct cp_explorer *x, struct cp_hash at, uint32_t id) {
    bool never_boots;
    cp_world_rejoins(&x->world, top_frame(x)->base, at, &never_boots);
    if (never_boots) {
        resolve(x, CP_OUTCOME_NO_BOOT, CP_IMAGE_NONE);
    } else {
        resolve_like(x, id);
    }
}

// --- forward: one event of the run. Each returns false where the run ends.

static void out_of_memory(struct cp_explorer *x) {
    stop_for(x, CP_STOP_MEMORY);
}

static bool on_operation(struct cp_explorer *x, const struct cp_event *event) {
    uint32_t id;
    struct cp_hash at = cp_world_place(&x->world);
    if (is_known_run(x, at, &id)) {
        end_known(x, at, id);
        return false;
    }
    uint32_t site = cp_sites_find(&x->sites, event);
    x->result->operations++;
    struct cp_entry *entry = cp_world_operation(&x->world, site);
    if (!entry) {
        out_of_memory(x);
        return false;
    }
    entry->at = at;
    return true;
}

// Push what happened, with the ghost as it was before.
static struct cp_entry *push_milestone(struct cp_explorer *x, struct cp_ghost before, bool ended) {
    struct cp_entry *entry = cp_world_event(&x->world, CP_ENTRY_MILESTONE, before, ended);
    if (!entry) {
        out_of_memory(x);
    }
    return entry;
}

static bool on_note(struct cp_explorer *x, const struct cp_event *event) {
    uint32_t id;
    struct cp_hash at = cp_world_place(&x->world);
    if (is_known_run(x, at, &id)) {
        end_known(x, at, id);
        return false;
    }
    struct cp_ghost before = x->world.promises.ghost;
    uint8_t running = x->world.machine->image;
    bool ended = cp_promises_note(&x->world.promises, event->note, event->value, running);
    struct cp_entry *entry = push_milestone(x, before, ended);
    if (entry) {
        entry->at = at;
    }
    return entry != NULL;
}

static bool on_choice(struct cp_explorer *x, const struct cp_event *event) {
    uint32_t id;
    if (is_known_run(x, cp_world_place(&x->world), &id)) {
        resolve_like(x, id); // to wait for the world is no loop
        return false;
    }
    struct cp_entry *entry =
        cp_world_event(&x->world, CP_ENTRY_CHOICE, x->world.promises.ghost, false);
    if (!entry) {
        out_of_memory(x);
        return false;
    }
    entry->option_count = event->value;
    entry->snapshot = calloc(1, sizeof(*entry->snapshot));
    if (!entry->snapshot || cp_machine_snapshot(x->world.machine, entry->snapshot)) {
        out_of_memory(x);
        return false;
    }
    cp_machine_answer(x->world.machine, 0);
    return true;
}

// `entry` is the milestone that tells of the start.
static bool start(struct cp_explorer *x, struct cp_entry *entry, enum cp_mode mode,
                  uint8_t image) {
    uint32_t id;
    struct cp_hash at = cp_world_place_of_start(&x->world, mode, image);
    if (is_known_run(x, at, &id)) {
        end_known(x, at, id);
        return false;
    }
    entry->at = at;
    cp_machine_start(x->world.machine, mode, image);
    return true;
}

static bool on_jump(struct cp_explorer *x) {
    struct cp_ghost before = x->world.promises.ghost;
    uint8_t image = cp_facts_active_image(&x->world.facts);
    resolve(x, image == CP_IMAGE_NONE ? CP_OUTCOME_MIXED : CP_OUTCOME_STARTED, image);
    bool ended = cp_promises_started(&x->world.promises, image);
    struct cp_entry *entry = push_milestone(x, before, ended);
    if (!entry || image == CP_IMAGE_NONE) {
        return false;
    }
    entry->is_start = true;
    entry->mode = CP_MODE_APPLICATION; // a cut from here on hits the application
    return start(x, entry, CP_MODE_APPLICATION, image);
}

static bool on_dfu_mode(struct cp_explorer *x) {
    struct cp_ghost before = x->world.promises.ghost;
    resolve(x, CP_OUTCOME_DFU_MODE, CP_IMAGE_NONE);
    cp_promises_dfu_mode(&x->world.promises);
    struct cp_entry *entry = push_milestone(x, before, false);
    if (!entry) {
        return false;
    }
    entry->mode = CP_MODE_DFU;
    return start(x, entry, CP_MODE_DFU, before.base);
}

static bool on_idle(struct cp_explorer *x) {
    if (x->world.machine->mode == CP_MODE_DFU && !x->test_case->dfu_host_present) {
        cp_promises_dfu_idle(&x->world.promises);
    }
    return false;
}

// The newest entry resets into state `id`. If that state's run lies in the uncut
// past of this one, the device goes round for ever.
static void check_cycle(struct cp_explorer *x, uint32_t id, const char *why) {
    const struct cp_world *world = &x->world;
    size_t from = world->entry_count - 1; // where the run of the state at `from` begins
    uint32_t state_id = x->current_id;
    for (;;) {
        while (from > top_frame(x)->base && world->entries[from - 1].kind != CP_ENTRY_RESET) {
            from--;
        }
        if (state_id == id) {
            break;
        }
        if (from == top_frame(x)->base) {
            return;
        }
        state_id = world->entries[--from].state_id;
    }
    if (cp_world_went_round(&x->world, from, why)) {
        resolve(x, CP_OUTCOME_NO_BOOT, CP_IMAGE_NONE);
    }
}

static bool on_reset(struct cp_explorer *x, const char *why) {
    const struct cp_frame *frame = top_frame(x);
    struct cp_entry *entry =
        cp_world_event(&x->world, CP_ENTRY_RESET, x->world.promises.ghost, false);
    if (!entry) {
        out_of_memory(x);
        return false;
    }
    entry->state_id = x->current_id;
    uint32_t id;
    bool is_new;
    if (!reach(x, frame->cuts, frame->torn_left, &id, &is_new)) {
        check_cycle(x, id, why);
        resolve_like(x, id);
        return false;
    }
    if (is_new) {
        struct cp_hash hash = cp_world_hash(&x->world);
        add_pending(x, &(struct cp_state_row){
                           .id = id, .parent = frame->id, .cuts = frame->cuts,
                           .event_index = (uint32_t)(x->world.entry_count - frame->base),
                           .site = UINT32_MAX, .edge = CP_EDGE_RESET,
                           .phase = entry->mode == CP_MODE_BOOTLOADER ? CP_PHASE_BOOTLOADER
                                                                      : CP_PHASE_APPLICATION,
                           .hash_high = hash.high, .hash_low = hash.low});
    }
    x->current_id = id;
    x->result->boots++;
    cp_machine_reset(x->world.machine, false);
    cp_machine_start(x->world.machine, CP_MODE_BOOTLOADER, CP_IMAGE_NONE);
    return true;
}

static bool on_panic(struct cp_explorer *x, const struct cp_event *event) {
    char why[64];
    snprintf(why, sizeof(why), "the %s gives up with error %d",
             x->world.machine->mode == CP_MODE_BOOTLOADER ? "bootloader" : "application",
             (int)event->value);
    return on_reset(x, why);
}

static bool on_dead_end(struct cp_explorer *x, const struct cp_event *event) {
    cp_promises_dead_end(&x->world.promises, event->message);
    resolve(x, CP_OUTCOME_NO_BOOT, CP_IMAGE_NONE);
    return false;
}

static bool on_illegal(struct cp_explorer *x, const struct cp_event *event) {
    cp_promises_illegal(&x->world.promises, event->message);
    return true;
}

static bool on_event(struct cp_explorer *x, const struct cp_event *event) {
    switch (event->kind) {
    case CP_EVENT_PROGRAM:
    case CP_EVENT_ERASE:
        x->world.promises.counts[CP_PROMISE_LEGAL_FLASH_USE].exercised++;
        return on_operation(x, event);
    case CP_EVENT_ILLEGAL:
        return on_illegal(x, event);
    case CP_EVENT_NOTE:
        return on_note(x, event);
    case CP_EVENT_CHOICE:
        return on_choice(x, event);
    case CP_EVENT_JUMP:
        return on_jump(x);
    case CP_EVENT_DFU_MODE:
        return on_dfu_mode(x);
    case CP_EVENT_PANIC:
        return on_panic(x, event);
    case CP_EVENT_RESET:
        return on_reset(x, "the device resets itself");
    case CP_EVENT_HANG:
        return on_reset(x, "the device hangs until the watchdog resets it");
    case CP_EVENT_IDLE:
        return on_idle(x);
    case CP_EVENT_CRASH:
    case CP_EVENT_STALL:
        return on_dead_end(x, event);
    }
    return false;
}

static uint64_t memory_bytes(const struct cp_explorer *x) {
    return cp_visited_size_bytes(&x->reboot) + cp_visited_size_bytes(&x->running) +
           x->world.entry_capacity * sizeof(struct cp_entry) + x->world.pool_capacity +
           x->outcome_capacity * sizeof(struct cp_outcome_of);
}

static void tick(struct cp_explorer *x) {
    if (++x->events_to_tick < EVENTS_PER_TICK) {
        return;
    }
    x->events_to_tick = 0;
    double seconds = cp_now_seconds() - x->started_seconds;
    uint32_t seconds_max = x->test_case->bounds.seconds_max;
    if (seconds_max != CP_UNLIMITED && seconds > seconds_max) {
        stop_for(x, CP_STOP_TIME);
    }
    if (memory_bytes(x) > CP_MEMORY_MAX_BYTES) {
        stop_for(x, CP_STOP_MEMORY_BUDGET);
    }
    struct cp_progress progress = {x->test_case, x->last_id, x->result->operations, seconds,
                                   top_frame(x)->cuts};
    if (x->sink && x->sink->tick && !x->sink->tick(x->sink->context, &progress)) {
        stop_for(x, CP_STOP_INTERRUPTED);
    }
}

static void run_forward(struct cp_explorer *x) {
    while (x->stop == CP_STOP_NONE && on_event(x, cp_machine_run(x->world.machine))) {
        tick(x);
    }
    resolve(x, CP_OUTCOME_UNKNOWN, CP_IMAGE_NONE); // none are left but after a stop
}

// --- backward: the cuts of one event

static bool push_frame(struct cp_explorer *x, const struct cp_frame *frame) {
    if (x->frame_count == x->frame_capacity) {
        size_t capacity = 2 * x->frame_capacity + 64;
        struct cp_frame *frames = realloc(x->frames, capacity * sizeof(*frames));
        if (!frames) {
            out_of_memory(x);
            return false;
        }
        x->frames = frames;
        x->frame_capacity = capacity;
    }
    x->frames[x->frame_count++] = *frame;
    return true;
}

static void power_on(struct cp_explorer *x) {
    x->result->boots++;
    cp_machine_reset(x->world.machine, true);
    cp_machine_start(x->world.machine, CP_MODE_BOOTLOADER, CP_IMAGE_NONE);
    run_forward(x);
}

static enum cp_phase phase_of(const struct cp_entry *entry) {
    return entry->mode == CP_MODE_BOOTLOADER ? CP_PHASE_BOOTLOADER : CP_PHASE_APPLICATION;
}

static bool may_cut(struct cp_explorer *x, const struct cp_entry *entry) {
    const struct cp_fault_model *faults = &x->test_case->faults;
    if (!faults->cut || (faults->cut_phases >> phase_of(entry) & 1u) == 0) {
        return false;
    }
    if (top_frame(x)->cuts >= x->test_case->bounds.cuts_max) {
        x->bound_was_hit = true;
        return false;
    }
    return true;
}

// The power is cut here, and the flash is as the cut leaves it. If that is a
// state to explore, run from it. Returns true if it did.
static bool cut(struct cp_explorer *x, const struct cp_entry *entry, enum cp_edge edge,
                uint32_t tear, uint32_t event_index) {
    const struct cp_frame *parent = top_frame(x);
    uint32_t torn_left = parent->torn_left;
    if (edge != CP_EDGE_AFTER && torn_left != CP_UNLIMITED) {
        torn_left--;
    }
    struct cp_frame frame = {.base = x->world.entry_count, .cuts = parent->cuts + 1,
                             .torn_left = torn_left, .epoch_cuts = x->world.epoch_cuts,
                             .interrupted_id = x->current_id, .edge = edge,
                             .event_index = event_index, .tear = tear};
    x->result->cuts_explored++;
    bool is_new;
    if (!reach(x, frame.cuts, torn_left, &frame.id, &is_new)) {
        return false;
    }
    if (is_new) {
        struct cp_hash hash = cp_world_hash(&x->world);
        add_pending(x, &(struct cp_state_row){
                           .id = frame.id, .parent = parent->id, .cuts = frame.cuts,
                           .event_index = event_index, .site = entry->site, .edge = edge,
                           .tear = tear, .phase = phase_of(entry),
                           .hash_high = hash.high, .hash_low = hash.low});
    }
    if (!push_frame(x, &frame)) {
        return false;
    }
    if (frame.cuts > x->result->cuts_deepest) {
        x->result->cuts_deepest = frame.cuts;
    }
    x->world.epoch_cuts++;
    x->current_id = frame.id;
    power_on(x);
    return true;
}

static uint32_t event_index_of(struct cp_explorer *x, const struct cp_entry *entry) {
    return (uint32_t)((size_t)(entry - x->world.entries) - top_frame(x)->base + 1);
}

static bool is_operation(const struct cp_entry *entry) {
    return entry->kind == CP_ENTRY_PROGRAM || entry->kind == CP_ENTRY_ERASE;
}

static bool cut_after(struct cp_explorer *x, struct cp_entry *entry) {
    if (!(is_operation(entry) || entry->kind == CP_ENTRY_MILESTONE) || !may_cut(x, entry)) {
        return false;
    }
    if (is_operation(entry) && entry->site < x->sites.count) {
        x->sites.sites[entry->site].cuts_after++;
    }
    struct cp_entry copy = *entry; // the journal may move
    copy.site = is_operation(entry) ? entry->site : UINT32_MAX;
    return cut(x, &copy, CP_EDGE_AFTER, 0, event_index_of(x, entry));
}

static bool has_tears(const struct cp_fault_model *faults, enum cp_entry_kind kind) {
    return kind == CP_ENTRY_PROGRAM ? faults->program_tears != 0
                                    : faults->erase_tears != 0 || faults->erase_bit_mask_count > 0;
}

static bool may_tear(struct cp_explorer *x, const struct cp_entry *entry) {
    const struct cp_fault_model *faults = &x->test_case->faults;
    enum cp_area area = cp_machine_area(x->world.machine, entry->device, 4 * entry->word);
    if (area == CP_AREA_COUNT || (faults->torn_areas >> area & 1u) == 0 ||
        !has_tears(faults, entry->kind)) {
        return false;
    }
    if (!may_cut(x, entry)) {
        return false;
    }
    if (top_frame(x)->torn_left == 0) {
        x->bound_was_hit = true;
        return false;
    }
    return true;
}

static bool tear_and_cut(struct cp_explorer *x, struct cp_entry *entry, enum cp_edge edge,
                         uint32_t tear) {
    struct cp_entry copy = *entry;
    uint32_t event_index = event_index_of(x, entry);
    int torn = edge == CP_EDGE_TORN_PROGRAM
                   ? cp_world_tear_program(&x->world, entry, (enum cp_program_tear)tear)
                   : cp_world_tear_erase(&x->world, entry, tear);
    if (torn < 0) {
        out_of_memory(x);
    }
    if (torn <= 0) {
        return false;
    }
    if (copy.site < x->sites.count) {
        x->sites.sites[copy.site].cuts_torn++;
    }
    if (cut(x, &copy, edge, tear, event_index)) {
        return true; // the torn form stays on the journal until the walk comes back
    }
    cp_world_undo(&x->world, &x->world.entries[x->world.entry_count - 1]);
    cp_world_pop(&x->world);
    return false;
}

// Try the torn forms of an undone operation that are still to be tried. Returns
// true if one of them was run; the walk comes back here for the others.
static bool cut_inside(struct cp_explorer *x) {
    const struct cp_fault_model *faults = &x->test_case->faults;
    size_t at = x->world.entry_count - 1;
    if (!is_operation(&x->world.entries[at]) || !may_tear(x, &x->world.entries[at])) {
        return false;
    }
    bool is_erase = x->world.entries[at].kind == CP_ENTRY_ERASE;
    uint32_t total = is_erase ? cp_erase_tear_total(faults) : CP_PROGRAM_TEAR_COUNT;
    while (x->stop == CP_STOP_NONE && x->world.entries[at].next_variant <= total) {
        uint32_t tear = x->world.entries[at].next_variant++ - 1;
        bool enabled = is_erase ? cp_erase_tear_enabled(faults, tear)
                                : (faults->program_tears >> tear & 1u) != 0;
        if (enabled && tear_and_cut(x, &x->world.entries[at],
                                    is_erase ? CP_EDGE_TORN_ERASE : CP_EDGE_TORN_PROGRAM, tear)) {
            return true;
        }
    }
    return false;
}

static bool next_option(struct cp_explorer *x, struct cp_entry *entry) {
    if (entry->kind != CP_ENTRY_CHOICE || entry->option + 1 >= entry->option_count) {
        return false;
    }
    entry->option++;
    cp_machine_restore(x->world.machine, entry->snapshot);
    cp_machine_answer(x->world.machine, entry->option);
    run_forward(x);
    return true;
}

static void pop_frame(struct cp_explorer *x) {
    const struct cp_frame *frame = top_frame(x);
    x->world.epoch_cuts = frame->epoch_cuts;
    x->current_id = frame->interrupted_id;
    x->frame_count--;
}

static void step_back(struct cp_explorer *x) {
    if (x->world.entry_count == top_frame(x)->base) {
        pop_frame(x);
        return;
    }
    struct cp_entry *entry = &x->world.entries[x->world.entry_count - 1];
    if (entry->kind == CP_ENTRY_TORN_PROGRAM || entry->kind == CP_ENTRY_TORN_ERASE) {
        cp_world_undo(&x->world, entry);
        cp_world_pop(&x->world);
        return;
    }
    if (entry->next_variant == 0) {
        entry->next_variant = 1;
        if (cut_after(x, entry)) {
            return;
        }
        entry = &x->world.entries[x->world.entry_count - 1];
    }
    if (next_option(x, entry)) {
        return;
    }
    if (!entry->is_undone) {
        cp_world_undo(&x->world, entry);
    }
    if (cut_inside(x)) {
        return;
    }
    entry = &x->world.entries[x->world.entry_count - 1];
    if (entry->kind == CP_ENTRY_RESET) {
        x->current_id = entry->state_id;
    }
    cp_world_pop(&x->world);
}

// --- the whole search

static void count_uncut(struct cp_explorer *x) {
    struct cp_result *result = x->result;
    for (size_t i = 0; i < x->world.entry_count; i++) {
        const struct cp_entry *entry = &x->world.entries[i];
        const struct cp_part *part = &x->test_case->devices[entry->device];
        if (entry->kind == CP_ENTRY_PROGRAM) {
            result->uncut_programs++;
            result->uncut_time_us += part->program_time_us;
        } else if (entry->kind == CP_ENTRY_ERASE) {
            result->uncut_erases++;
            result->uncut_time_us += part->erase_time_us;
        }
    }
}

static void search(struct cp_explorer *x) {
    struct cp_frame first = {.torn_left = x->test_case->bounds.torn_max, .edge = CP_EDGE_START};
    bool is_new;
    if (!reach(x, 0, first.torn_left, &first.id, &is_new)) {
        return;
    }
    struct cp_hash hash = cp_world_hash(&x->world);
    add_pending(x, &(struct cp_state_row){.id = first.id, .site = UINT32_MAX,
                                          .edge = CP_EDGE_START, .hash_high = hash.high,
                                          .hash_low = hash.low});
    if (!push_frame(x, &first)) {
        return;
    }
    x->current_id = first.id;
    power_on(x);
    count_uncut(x);
    while (x->stop == CP_STOP_NONE && x->frame_count > 0) {
        step_back(x);
    }
}

static void collect_wear(struct cp_explorer *x) {
    struct cp_result *result = x->result;
    uint32_t total = x->world.page_count[0] + x->world.page_count[1];
    result->wear = calloc(total + 1, sizeof(*result->wear));
    if (!result->wear) {
        return;
    }
    for (uint32_t device = 0; device < x->test_case->device_count; device++) {
        for (uint32_t page = 0; page < x->world.page_count[device]; page++) {
            if (x->world.erases_max[device][page] > 0) {
                result->wear[result->wear_count++] = (struct cp_wear){
                    device, page, x->world.erases_max[device][page]};
            }
        }
    }
}

static void collect(struct cp_explorer *x) {
    struct cp_result *result = x->result;
    result->seconds = cp_now_seconds() - x->started_seconds;
    result->states = x->last_id;
    result->visited_bytes =
        cp_visited_size_bytes(&x->reboot) + cp_visited_size_bytes(&x->running);
    memcpy(result->promises, x->world.promises.counts, sizeof(result->promises));
    result->sites = x->sites.sites; // handed over
    result->site_count = x->sites.count;
    x->sites.sites = NULL;
    collect_wear(x);
}

static int init(struct cp_explorer *x, const struct cp_program *program) {
    if (cp_world_init(&x->world, x->test_case, program, x->result->error)) {
        return -1;
    }
    x->world.promises.report = on_violation;
    x->world.promises.context = x;
    if (cp_visited_init(&x->reboot) || cp_visited_init(&x->running)) {
        snprintf(x->result->error, sizeof(x->result->error), "out of memory");
        return -1;
    }
    return 0;
}

static void release(struct cp_explorer *x) {
    cp_world_free(&x->world);
    cp_sites_free(&x->sites);
    cp_visited_free(&x->reboot);
    cp_visited_free(&x->running);
    free(x->frames);
    free(x->outcomes);
    free(x->pending);
}

void cp_explorer_run(const struct cp_case *test_case, const struct cp_program *program,
                     const struct cp_sink *sink, struct cp_result *result, enum cp_stop *stop) {
    struct cp_explorer x = {.test_case = test_case, .sink = sink, .result = result,
                            .claims_open = test_case->expect.violates & test_case->promises};
    memset(result, 0, sizeof(*result));
    x.started_seconds = cp_now_seconds();
    result->verdict = CP_VERDICT_ERROR;
    if (init(&x, program) == 0) {
        search(&x);
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

// forward.c: one run from power-on to its end, event by event.
// Each on_... returns false where the run ends.

#include "faults/search.h"

#include <stdio.h>
#include <stdlib.h>

#define EVENTS_PER_TICK 2048u

// The operation is not executed here: it was, where the run was known from.
static void uncount(struct cp_explorer *x, uint32_t site) {
    if (site < x->sites.count) {
        x->sites.sites[site].times--;
    }
}

// After an erase many runs are the same again that were cut at different words of the
// page, and a driver may read all of it to see whether it is erased. So it is asked here
// already whether this is known, and not only at the next event.
static bool is_known_after(struct cp_explorer *x, struct cp_entry *entry,
                           struct cp_hash volatile_hash) {
    uint32_t id;
    struct cp_hash after =
        cp_hash_add(cp_world_hash(&x->world), cp_hash_pair(volatile_hash.low, 8));
    if (cp_x_is_known_run(x, after, &id)) {
        cp_x_end_known(x, after, id);
        return true;
    }
    entry->after = after;
    return false;
}

static bool on_operation(struct cp_explorer *x, const struct cp_event *event) {
    uint32_t id;
    struct cp_hash at = cp_world_place(&x->world);
    struct cp_hash volatile_hash = cp_hash_sub(at, cp_world_hash(&x->world));
    cp_visited_prefetch(&x->running, at);
    uint32_t site = cp_sites_find(&x->sites, event);
    if (cp_x_is_known_run(x, at, &id)) {
        uncount(x, site);
        cp_x_end_known(x, at, id);
        return false;
    }
    x->result->operations++;
    struct cp_entry *entry = cp_world_operation(&x->world, site);
    if (!entry) {
        cp_x_stop(x, CP_STOP_MEMORY);
        return false;
    }
    entry->at = at;
    cp_x_note_operation(x, entry);
    return entry->kind != CP_ENTRY_ERASE || !is_known_after(x, entry, volatile_hash);
}

// Push what happened, with the ghost as it was before.
static struct cp_entry *push_milestone(struct cp_explorer *x, struct cp_ghost before, bool ended) {
    struct cp_entry *entry = cp_world_event(&x->world, CP_ENTRY_MILESTONE, before, ended);
    if (!entry) {
        cp_x_stop(x, CP_STOP_MEMORY);
    }
    return entry;
}

static bool on_note(struct cp_explorer *x, const struct cp_event *event) {
    uint32_t id;
    struct cp_hash at = cp_world_place(&x->world);
    if (cp_x_is_known_run(x, at, &id)) {
        cp_x_end_known(x, at, id);
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

bool cp_x_keep_snapshot(struct cp_explorer *x, struct cp_entry *entry) {
    entry->snapshot = calloc(1, sizeof(*entry->snapshot));
    if (!entry->snapshot || cp_machine_snapshot(x->world.machine, entry->snapshot)) {
        cp_x_stop(x, CP_STOP_MEMORY);
        return false;
    }
    return true;
}

static bool on_choice(struct cp_explorer *x, const struct cp_event *event) {
    uint32_t id;
    struct cp_hash at = cp_world_place(&x->world);
    if (cp_x_is_known_run(x, at, &id)) {
        cp_x_resolve_like(x, id); // to wait for the world is no loop
        return false;
    }
    struct cp_entry *entry =
        cp_world_event(&x->world, CP_ENTRY_CHOICE, x->world.promises.ghost, false);
    if (!entry) {
        cp_x_stop(x, CP_STOP_MEMORY);
        return false;
    }
    entry->at = at;
    entry->option_count = event->value;
    if (!cp_x_keep_snapshot(x, entry)) {
        return false;
    }
    entry->segment = x->segment;
    entry->is_fate = event->fates != NULL;
    cp_x_end_segment(x, CP_SEGMENT_FORKS, CP_SEGMENT_NONE, 0);
    cp_x_begin_option(x, entry->segment);
    cp_world_choose(&x->world, 0);
    return true;
}

// `entry` is the milestone that tells of the start.
static bool start(struct cp_explorer *x, struct cp_entry *entry, enum cp_mode mode, uint8_t image,
                  enum cp_area area) {
    uint32_t id;
    struct cp_hash at = cp_world_place_of_start(&x->world, mode, image, area);
    if (cp_x_is_known_run(x, at, &id)) {
        cp_x_end_known(x, at, id);
        return false;
    }
    entry->at = at;
    cp_machine_start_in(x->world.machine, mode, image, area);
    x->is_starting = true;
    return true;
}

static bool on_jump(struct cp_explorer *x) {
    struct cp_ghost before = x->world.promises.ghost;
    cp_x_end_segment(x, CP_SEGMENT_STARTS, 0, 0);
    enum cp_area area = (enum cp_area)x->world.machine->event.value;
    uint8_t image = cp_world_started_image(&x->world);
    cp_x_resolve(x, image == CP_IMAGE_NONE ? CP_OUTCOME_MIXED : CP_OUTCOME_STARTED, image);
    bool ended = cp_promises_started(&x->world.promises, image);
    struct cp_entry *entry = push_milestone(x, before, ended);
    if (!entry || image == CP_IMAGE_NONE) {
        return false;
    }
    entry->is_start = true;
    entry->mode = CP_MODE_APPLICATION; // a cut from here on hits the application
    return start(x, entry, CP_MODE_APPLICATION, image, area);
}

static bool on_dfu_mode(struct cp_explorer *x) {
    struct cp_ghost before = x->world.promises.ghost;
    cp_x_end_segment(x, CP_SEGMENT_STARTS, 0, 0);
    cp_x_resolve(x, CP_OUTCOME_DFU_MODE, CP_IMAGE_NONE);
    cp_promises_dfu_mode(&x->world.promises);
    struct cp_entry *entry = push_milestone(x, before, false);
    if (!entry) {
        return false;
    }
    entry->mode = CP_MODE_DFU;
    return start(x, entry, CP_MODE_DFU, before.base, CP_AREA_ACTIVE);
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
        while (from > cp_x_top_frame(x)->base && world->entries[from - 1].kind != CP_ENTRY_RESET) {
            from--;
        }
        if (state_id == id) {
            break;
        }
        if (from == cp_x_top_frame(x)->base) {
            return;
        }
        state_id = world->entries[--from].state_id;
    }
    if (cp_world_went_round(&x->world, from, why)) {
        cp_x_resolve(x, CP_OUTCOME_NO_BOOT, CP_IMAGE_NONE);
    }
}

// Into what the chips are now, whatever they were when this life began.
static void begin_next_life(struct cp_explorer *x, struct cp_entry *entry) {
    entry->survivor_before = x->world.survivor;
    x->world.survivor = entry->survivor;
}

static bool on_reset(struct cp_explorer *x, const char *why) {
    const struct cp_frame *frame = cp_x_top_frame(x);
    if (x->world.machine->is_dying) {
        return false; // the power goes for all before anything comes of it
    }
    struct cp_entry *entry =
        cp_world_event(&x->world, CP_ENTRY_RESET, x->world.promises.ghost, false);
    if (!entry) {
        cp_x_stop(x, CP_STOP_MEMORY);
        return false;
    }
    entry->state_id = x->current_id;
    begin_next_life(x, entry);
    cp_promises_run_ends(&x->world.promises, entry->mode != CP_MODE_BOOTLOADER);
    uint32_t id;
    bool is_new;
    bool is_to_explore = cp_x_reach(x, frame->cuts, frame->torn_left, &id, &is_new);
    entry->reached_id = id;
    cp_x_end_segment(x, CP_SEGMENT_RESETS, id, 0);
    if (!is_to_explore) {
        check_cycle(x, id, why);
        cp_x_resolve_like(x, id);
        return false;
    }
    if (is_new) {
        struct cp_hash hash = cp_world_hash(&x->world);
        cp_x_add_pending(x, &(struct cp_state_row){
                                .id = id,
                                .parent = frame->id,
                                .cuts = frame->cuts,
                                .event_index = (uint32_t)(x->world.entry_count - frame->base),
                                .site = UINT32_MAX,
                                .edge = CP_EDGE_RESET,
                                .phase = entry->mode == CP_MODE_BOOTLOADER ? CP_PHASE_BOOTLOADER
                                                                           : CP_PHASE_APPLICATION,
                                .hash_high = hash.high,
                                .hash_low = hash.low});
    }
    x->current_id = id;
    x->branch = 0; // what follows is the boot of that state
    x->result->boots++;
    cp_world_begin_life(&x->world);
    cp_machine_start(x->world.machine, CP_MODE_BOOTLOADER, CP_IMAGE_NONE);
    x->is_starting = true;
    cp_x_begin_boot(x, id);
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
    if (x->world.machine->is_dying) {
        return false;
    }
    if (x->world.machine->is_apart) {
        cp_x_apart(x, event->message);
        return false;
    }
    cp_promises_dead_end(&x->world.promises, event->message);
    cp_x_resolve(x, CP_OUTCOME_NO_BOOT, CP_IMAGE_NONE);
    return false;
}

static bool on_watchdog(struct cp_explorer *x, const struct cp_event *event) {
    if (!x->world.machine->is_dying) {
        cp_promises_unfed(&x->world.promises, event->message);
    }
    return on_reset(x, CP_WATCHDOG_RESETS);
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
    case CP_EVENT_ILLEGAL: return on_illegal(x, event);
    case CP_EVENT_NOTE: return on_note(x, event);
    case CP_EVENT_CHOICE: return on_choice(x, event);
    case CP_EVENT_READ: return cp_x_on_read(x);
    case CP_EVENT_JUMP: return on_jump(x);
    case CP_EVENT_DFU_MODE: return on_dfu_mode(x);
    case CP_EVENT_PANIC: return on_panic(x, event);
    case CP_EVENT_RESET: return on_reset(x, "the device resets itself");
    case CP_EVENT_HANG: return on_reset(x, "the device hangs until the watchdog resets it");
    case CP_EVENT_WATCHDOG: return on_watchdog(x, event);
    case CP_EVENT_IDLE: return on_idle(x);
    case CP_EVENT_CRASH:
    case CP_EVENT_STALL: return on_dead_end(x, event);
    }
    return false;
}

uint64_t cp_x_memory_bytes(const struct cp_explorer *x) {
    return cp_visited_size_bytes(&x->reboot) + cp_visited_size_bytes(&x->running) +
           x->world.entry_capacity * sizeof(struct cp_entry) + x->world.pool_capacity +
           x->outcome_capacity * sizeof(struct cp_outcome_of) +
           x->branch_capacity * sizeof(struct cp_branch) +
           cp_allowances_size_bytes(&x->allowances) + cp_memo_size_bytes(&x->boots) +
           cp_memo_size_bytes(&x->classes) + cp_liveness_size_bytes(&x->liveness);
}

static void tick(struct cp_explorer *x) {
    if (++x->events_to_tick < EVENTS_PER_TICK) {
        return;
    }
    x->events_to_tick = 0;
    double seconds = cp_now_seconds() - x->started_seconds;
    uint32_t seconds_max = x->test_case->bounds.seconds_max;
    if (seconds_max != CP_UNLIMITED && seconds > seconds_max) {
        cp_x_stop(x, CP_STOP_TIME);
    }
    uint64_t memory_max_bytes = x->test_case->bounds.memory_max_bytes;
    if (cp_x_memory_bytes(x) > (memory_max_bytes ? memory_max_bytes : CP_MEMORY_MAX_BYTES)) {
        cp_x_stop(x, CP_STOP_MEMORY_BUDGET);
    }
    struct cp_progress progress = {x->test_case, x->last_id, x->result->operations, seconds,
                                   cp_x_top_frame(x)->cuts};
    if (x->sink && x->sink->tick && !x->sink->tick(x->sink->context, &progress)) {
        cp_x_stop(x, CP_STOP_INTERRUPTED);
    }
}

static const struct cp_event *next_event(struct cp_explorer *x) {
    if (x->is_starting) {
        x->is_starting = false;
        return cp_x_first_event(x);
    }
    return cp_machine_run(x->world.machine);
}

void cp_x_run_forward(struct cp_explorer *x) {
    x->path_is_broken = false;
    while (x->stop == CP_STOP_NONE && on_event(x, next_event(x)) && !x->path_is_broken) {
        tick(x);
    }
    cp_x_end_segment(x, CP_SEGMENT_STARTS, 0, 0); // there is no way to go on
    if (cp_x_leaves_checkpoint(x)) {
        // These have the newest ids. They are met again by whoever goes on.
        x->last_id -= (uint32_t)x->pending_count;
        x->pending_count = 0;
    }
    cp_x_resolve(x, CP_OUTCOME_UNKNOWN, CP_IMAGE_NONE); // none are left but after a stop
}

void cp_x_power_on(struct cp_explorer *x) {
    x->result->boots++;
    cp_world_begin_life(&x->world);
    cp_machine_start(x->world.machine, CP_MODE_BOOTLOADER, CP_IMAGE_NONE);
    x->is_starting = true;
    cp_x_begin_boot(x, x->current_id);
    cp_x_run_forward(x);
}

// backward.c: the walk back over a run, cutting the power at each of its events.

#include "faults/search.h"
#include "faults/tears.h"

#include <stdlib.h>

static size_t save_size_bytes(const struct cp_explorer *x) {
    return cp_wear_save_size_bytes(&x->world.wear);
}

// Where the wear before the power loss that leads to frame `index` is kept.
static uint8_t *wear_save(const struct cp_explorer *x, size_t index) {
    return x->wear_saves + index * save_size_bytes(x);
}

bool cp_x_push_frame(struct cp_explorer *x, const struct cp_frame *frame) {
    if (x->frame_count + 1 >= x->frame_capacity) { // the next one's save is made before it
        size_t capacity = 2 * x->frame_capacity + 64;
        struct cp_frame *frames = realloc(x->frames, capacity * sizeof(*frames));
        if (!frames) {
            cp_x_stop(x, CP_STOP_MEMORY);
            return false;
        }
        x->frames = frames;
        uint8_t *saves = realloc(x->wear_saves, capacity * save_size_bytes(x));
        if (!saves) {
            cp_x_stop(x, CP_STOP_MEMORY);
            return false;
        }
        x->wear_saves = saves;
        x->frame_capacity = capacity;
    }
    x->frames[x->frame_count++] = *frame;
    return true;
}

// --- parts of a case
//
// Nearly all cuts are at words of ACTIVE and DFU. These are divided among the parts;
// all others are made in each part. Below a cut at such a word everything belongs to
// the part that made it. So a history belongs to the part that has its first such
// word, and each part reaches it: by cuts that all parts make, to that word, and then
// freely. A path that ends at a known state loses nothing by it: what that state was
// not explored for here, another part explores from it.

static bool is_data_word(const struct cp_explorer *x, const struct cp_entry *entry) {
    if (entry->kind != CP_ENTRY_PROGRAM) {
        return false;
    }
    enum cp_area area = cp_machine_area(x->world.machine, entry->device, 4 * entry->word);
    return area == CP_AREA_ACTIVE || area == CP_AREA_DFU;
}

// Runs of words go to one part, so that pages are shared evenly.
static bool is_of_another_part(const struct cp_explorer *x, const struct cp_entry *entry) {
    return !x->frames[x->frame_count - 1].is_free && is_data_word(x, entry) &&
           entry->word / 16 % x->options->shard_count != x->options->shard_index;
}

// In a sample, most of the first run's programs outside STATE are.
static bool is_passed_over(const struct cp_explorer *x, const struct cp_entry *entry) {
    if (x->stride == 1 || x->frame_count > 1 || entry->kind != CP_ENTRY_PROGRAM ||
        cp_machine_area(x->world.machine, entry->device, 4 * entry->word) == CP_AREA_STATE) {
        return false;
    }
    return (size_t)(entry - x->world.entries) % x->stride != 0;
}

// What a cut at the event interrupts: behind a reset that is the bootloader.
static enum cp_phase phase_of_cut(const struct cp_entry *entry) {
    return entry->kind == CP_ENTRY_RESET ? CP_PHASE_BOOTLOADER : cp_x_phase_of(entry);
}

static bool may_cut(struct cp_explorer *x, const struct cp_entry *entry) {
    const struct cp_fault_model *faults = &x->test_case->faults;
    if (!faults->cut || (faults->cut_phases >> phase_of_cut(entry) & 1u) == 0 ||
        is_of_another_part(x, entry)) {
        return false;
    }
    if (cp_x_top_frame(x)->cuts >= x->test_case->bounds.cuts_max || is_passed_over(x, entry)) {
        x->bound_was_hit = true;
        return false;
    }
    return true;
}

// Progress is recorded in STATE: what a loss after an operation there leaves is noted.
static void note_progress(struct cp_explorer *x, const struct cp_entry *entry, enum cp_edge edge,
                          uint32_t id) {
    bool is_operation = entry->kind == CP_ENTRY_PROGRAM || entry->kind == CP_ENTRY_ERASE;
    if (edge == CP_EDGE_AFTER && is_operation && entry->segment != CP_SEGMENT_NONE &&
        cp_machine_area(x->world.machine, entry->device, 4 * entry->word) == CP_AREA_STATE &&
        cp_liveness_cut(&x->liveness, entry->segment, entry->segment_operations, id)) {
        cp_x_stop(x, CP_STOP_MEMORY);
    }
}

// The power is cut here, and the flash is as the cut leaves it. If that is a
// state to explore, run from it. Returns true if it did.
static bool cut(struct cp_explorer *x, const struct cp_entry *entry, enum cp_edge edge,
                uint32_t tear, uint32_t event_index) {
    const struct cp_frame *parent = cp_x_top_frame(x);
    bool is_first_run = cp_x_is_first_run(x, event_index);
    uint32_t torn_left = parent->torn_left;
    bool is_torn = edge == CP_EDGE_TORN_PROGRAM || edge == CP_EDGE_TORN_ERASE;
    if (is_torn && torn_left != CP_UNLIMITED) {
        torn_left--;
    }
    struct cp_frame frame = {.base = x->world.entry_count,
                             .cuts = parent->cuts + 1,
                             .torn_left = torn_left,
                             .interrupted_id = x->current_id,
                             .edge = edge,
                             .event_index = event_index,
                             .tear = tear,
                             .survivor_before = x->world.survivor,
                             .ghost = x->world.promises.ghost,
                             .is_free = parent->is_free || is_data_word(x, entry)};
    x->result->cuts_explored++;
    x->world.survivor = edge == CP_EDGE_MCU_RESET ? entry->survivor : 0;
    cp_promises_run_ends(&x->world.promises, false);
    cp_visited_prefetch(&x->reboot, cp_world_hash(&x->world));
    cp_wear_power_lost(&x->world.wear, wear_save(x, x->frame_count));
    bool is_new;
    bool is_to_explore = cp_x_reach(x, frame.cuts, torn_left, &frame.id, &is_new);
    note_progress(x, entry, edge, frame.id);
    if (!is_to_explore) {
        x->world.survivor = frame.survivor_before;
        x->world.promises.ghost = frame.ghost;
        cp_wear_undo_power_lost(&x->world.wear, wear_save(x, x->frame_count));
        if (is_first_run) {
            cp_x_note_cut(x, edge, tear, event_index, frame.id);
        }
        return false;
    }
    if (is_new) {
        struct cp_hash hash = cp_world_hash(&x->world);
        cp_x_add_pending(x, &(struct cp_state_row){.id = frame.id,
                                                   .parent = parent->id,
                                                   .cuts = frame.cuts,
                                                   .event_index = event_index,
                                                   .site = entry->site,
                                                   .edge = edge,
                                                   .tear = tear,
                                                   .phase = phase_of_cut(entry),
                                                   .hash_high = hash.high,
                                                   .hash_low = hash.low});
    }
    if (!cp_x_push_frame(x, &frame)) {
        return false;
    }
    if (frame.cuts > x->result->cuts_deepest) {
        x->result->cuts_deepest = frame.cuts;
    }
    x->current_id = frame.id;
    cp_x_power_on(x);
    if (is_first_run) {
        cp_x_note_cut(x, edge, tear, event_index, frame.id);
    }
    return true;
}

static bool is_operation(const struct cp_entry *entry) {
    return entry->kind == CP_ENTRY_PROGRAM || entry->kind == CP_ENTRY_ERASE;
}

// Behind a reset the power can be cut as well, before the boot has done anything. That is
// another state only where the boot would have been told who caused the reset.
static bool is_reset_with_cause(const struct cp_explorer *x, const struct cp_entry *entry) {
    return entry->kind == CP_ENTRY_RESET && x->world.promises.ghost.reset_cause != CP_RESET_OTHER;
}

static bool may_cut_behind(struct cp_explorer *x, const struct cp_entry *entry) {
    return (is_operation(entry) || entry->kind == CP_ENTRY_MILESTONE ||
            is_reset_with_cause(x, entry)) &&
           may_cut(x, entry);
}

static bool cut_after(struct cp_explorer *x, struct cp_entry *entry) {
    if (!may_cut_behind(x, entry)) {
        cp_x_note_uncut(x, entry);
        return false;
    }
    if (is_operation(entry) && entry->site < x->sites.count) {
        x->sites.sites[entry->site].cuts_after++;
    }
    struct cp_entry copy = *entry; // the journal may move
    copy.site = is_operation(entry) ? entry->site : UINT32_MAX;
    return cut(x, &copy, CP_EDGE_AFTER, 0, cp_x_event_index_of(x, entry));
}

// The MCU alone is reset here. Where no chip outlives that, it is the same as a cut.
static bool reset_after(struct cp_explorer *x, struct cp_entry *entry) {
    if (!x->test_case->faults.reset || entry->survivor == 0 || x->world.machine->is_dying ||
        !may_cut_behind(x, entry)) {
        return false;
    }
    struct cp_entry copy = *entry;
    copy.site = is_operation(entry) ? entry->site : UINT32_MAX;
    return cut(x, &copy, CP_EDGE_MCU_RESET, 0, cp_x_event_index_of(x, entry));
}

static bool has_tears(const struct cp_fault_model *faults, enum cp_entry_kind kind) {
    return kind == CP_ENTRY_PROGRAM ? faults->program_tears != 0
                                    : faults->erase_tears != 0 || faults->erase_bit_mask_count > 0;
}

static bool may_tear(struct cp_explorer *x, const struct cp_entry *entry) {
    const struct cp_fault_model *faults = &x->test_case->faults;
    enum cp_area area = cp_machine_area(x->world.machine, entry->device, 4 * entry->word);
    if (area == CP_AREA_COUNT || (faults->torn_areas >> area & 1u) == 0 ||
        !has_tears(faults, entry->kind) || entry->fate != CP_FATE_DONE) {
        return false;
    }
    if (!may_cut(x, entry)) {
        return false;
    }
    if (cp_x_top_frame(x)->torn_left == 0) {
        x->bound_was_hit = true;
        return false;
    }
    return true;
}

static bool tear_and_cut(struct cp_explorer *x, struct cp_entry *entry, enum cp_edge edge,
                         uint32_t tear) {
    struct cp_entry copy = *entry;
    uint32_t event_index = cp_x_event_index_of(x, entry);
    int torn = edge == CP_EDGE_TORN_PROGRAM
                   ? cp_world_tear_program(&x->world, entry, (enum cp_program_tear)tear)
                   : cp_world_tear_erase(&x->world, entry, tear);
    if (torn < 0) {
        cp_x_stop(x, CP_STOP_MEMORY);
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
#define FIRST_TEAR 2u // of an entry's variants, after the cut and the reset behind it

static bool cut_inside(struct cp_explorer *x) {
    const struct cp_fault_model *faults = &x->test_case->faults;
    size_t at = x->world.entry_count - 1;
    if (!is_operation(&x->world.entries[at]) || !may_tear(x, &x->world.entries[at])) {
        return false;
    }
    bool is_erase = x->world.entries[at].kind == CP_ENTRY_ERASE;
    uint32_t total = is_erase ? cp_erase_tear_total(faults) : CP_PROGRAM_TEAR_COUNT;
    while (x->stop == CP_STOP_NONE && x->world.entries[at].next_variant < FIRST_TEAR + total) {
        uint32_t tear = x->world.entries[at].next_variant++ - FIRST_TEAR;
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
    cp_x_leave_first_run(x, entry);
    cp_machine_restore(x->world.machine, entry->snapshot);
    // How long a boot takes is asked of boots in which nothing fails.
    cp_x_begin_option(x, entry->is_fate ? CP_SEGMENT_NONE : entry->segment);
    x->world.promises.ghost = entry->ghost;
    cp_world_choose(&x->world, entry->option);
    cp_x_begin_branch(x, entry->mode);
    cp_x_run_forward(x);
    return true;
}

static void pop_frame(struct cp_explorer *x) {
    const struct cp_frame *frame = cp_x_top_frame(x);
    x->current_id = frame->interrupted_id;
    x->world.survivor = frame->survivor_before;
    x->world.promises.ghost = frame->ghost;
    if (--x->frame_count > 0) {
        cp_wear_undo_power_lost(&x->world.wear, wear_save(x, x->frame_count));
    }
}

// Cuts after the newest event that are still to be tried. Returns true if one was run.
static bool cut_behind(struct cp_explorer *x, struct cp_entry *entry) {
    size_t at = (size_t)(entry - x->world.entries);
    if (entry->next_variant == 0) {
        entry->next_variant = FIRST_TEAR - 1;
        if (cut_after(x, entry)) {
            return true;
        }
        entry = &x->world.entries[at]; // the journal may have moved
    }
    if (entry->next_variant == FIRST_TEAR - 1) {
        entry->next_variant = FIRST_TEAR;
        return reset_after(x, entry);
    }
    return false;
}

void cp_x_step_back(struct cp_explorer *x) {
    if (x->world.entry_count == cp_x_top_frame(x)->base) {
        pop_frame(x);
        return;
    }
    struct cp_entry *entry = &x->world.entries[x->world.entry_count - 1];
    if (entry->kind == CP_ENTRY_TORN_PROGRAM || entry->kind == CP_ENTRY_TORN_ERASE) {
        cp_world_undo(&x->world, entry);
        cp_world_pop(&x->world);
        return;
    }
    if (cut_behind(x, entry) || x->stop != CP_STOP_NONE) {
        return; // what is on the journal at a stop is open to whoever goes on
    }
    entry = &x->world.entries[x->world.entry_count - 1];
    if (next_option(x, entry)) {
        return;
    }
    if (!entry->is_undone) {
        cp_world_undo(&x->world, entry);
    }
    if (entry->kind == CP_ENTRY_READ) {
        cp_x_leave_first_run(x, entry);
        if (cp_x_next_class(x, entry)) {
            return;
        }
    }
    if (cut_inside(x) || x->stop != CP_STOP_NONE) {
        return;
    }
    entry = &x->world.entries[x->world.entry_count - 1];
    if (entry->kind == CP_ENTRY_RESET) {
        x->current_id = entry->state_id;
    }
    cp_world_pop(&x->world);
}

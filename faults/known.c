// known.c: which states and runs are known, and what became of each state.

#include "faults/large.h"
#include "faults/search.h"

#include <string.h>

void cp_x_stop(struct cp_explorer *x, enum cp_stop reason) {
    if (x->stop == CP_STOP_NONE) {
        x->stop = reason;
    }
}

static int keep_outcome(struct cp_explorer *x, uint32_t id, enum cp_outcome outcome,
                        uint8_t image) {
    if (id >= x->outcome_capacity) {
        size_t capacity = 2 * (size_t)id + 1024;
        struct cp_outcome_of *outcomes = cp_large_resize(x->outcomes, capacity * sizeof(*outcomes));
        if (!outcomes) {
            cp_x_stop(x, CP_STOP_MEMORY);
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
void cp_x_resolve(struct cp_explorer *x, enum cp_outcome outcome, uint8_t image) {
    for (size_t i = 0; i < x->pending_count; i++) {
        struct cp_state_row *row = &x->pending[i];
        row->outcome = outcome;
        row->final_image = image;
        if (keep_outcome(x, row->id, outcome, image)) {
            return;
        }
        if (x->sink && x->sink->state && x->sink->state(x->sink->context, row) < 0) {
            cp_x_stop(x, CP_STOP_LOG_FAILED);
        }
    }
    x->pending_count = 0;
    if (x->branch_open != 0) {
        x->branches[x->branch_open & ~CP_BRANCH].end =
            (struct cp_outcome_of){(uint8_t)outcome, image};
    }
    x->branch = x->branch_open = 0;
}

struct cp_outcome_of cp_x_outcome_of(const struct cp_explorer *x, uint32_t id) {
    struct cp_outcome_of known = {CP_OUTCOME_UNKNOWN, CP_IMAGE_NONE};
    if ((id & CP_BRANCH) != 0) {
        return x->branches[id & ~CP_BRANCH].end;
    }
    if (id < x->outcome_capacity && x->outcomes[id].outcome != CP_OUTCOME_UNKNOWN) {
        known = x->outcomes[id];
    }
    return known;
}

void cp_x_resolve_like(struct cp_explorer *x, uint32_t id) {
    struct cp_outcome_of known = cp_x_outcome_of(x, id);
    cp_x_resolve(x, (enum cp_outcome)known.outcome, known.image);
}

// What an application is asked comes too late to make a difference to its boot.
void cp_x_begin_branch(struct cp_explorer *x, enum cp_mode mode) {
    if (mode != CP_MODE_BOOTLOADER) {
        return;
    }
    if (x->branch_count == x->branch_capacity) {
        size_t capacity = 2 * (size_t)x->branch_capacity + 256;
        struct cp_branch *branches = cp_large_resize(x->branches, capacity * sizeof(*branches));
        if (!branches) {
            cp_x_stop(x, CP_STOP_MEMORY);
            return;
        }
        x->branches = branches;
        x->branch_capacity = (uint32_t)capacity;
    }
    x->branches[x->branch_count] =
        (struct cp_branch){{CP_OUTCOME_UNKNOWN, CP_IMAGE_NONE}, x->current_id};
    x->branch = x->branch_open = CP_BRANCH | x->branch_count++;
}

void cp_x_add_pending(struct cp_explorer *x, const struct cp_state_row *row) {
    if (x->pending_count == x->pending_capacity) {
        size_t capacity = 2 * x->pending_capacity + 16;
        struct cp_state_row *pending = cp_large_resize(x->pending, capacity * sizeof(*pending));
        if (!pending) {
            cp_x_stop(x, CP_STOP_MEMORY);
            return;
        }
        x->pending = pending;
        x->pending_capacity = capacity;
    }
    x->pending[x->pending_count++] = *row;
}

// Note in the slot what is allowed now; true if that is no more than what was.
static bool is_covered(struct cp_explorer *x, struct cp_visited_slot *slot, bool is_new,
                       uint32_t cuts, uint32_t torn_left) {
    uint32_t cuts_max = x->test_case->bounds.cuts_max;
    uint32_t cuts_left = cuts_max == CP_UNLIMITED ? CP_UNLIMITED : cuts_max - cuts;
    uint32_t now = cp_allowance_now(&x->allowances, &x->world, cuts_left, torn_left);
    if (now == UINT32_MAX) {
        cp_x_stop(x, CP_STOP_MEMORY);
        return true;
    }
    uint32_t had = is_new ? CP_ALLOWANCE_NONE : slot->allowances;
    if (cp_allowance_set_covers(&x->allowances, had, now)) {
        return true;
    }
    slot->allowances = cp_allowance_set_add(&x->allowances, had, now);
    if (slot->allowances == CP_ALLOWANCE_NONE) {
        cp_x_stop(x, CP_STOP_MEMORY);
        return true;
    }
    return false;
}

bool cp_x_reach(struct cp_explorer *x, uint32_t cuts, uint32_t torn_left, uint32_t *id,
                bool *is_new) {
    struct cp_hash key = cp_world_hash(&x->world);
    *id = 0;
    if (x->last_id >= x->test_case->bounds.states_max && !cp_visited_look(&x->reboot, key) &&
        !cp_visited_look(&x->reopened, key)) {
        cp_x_stop(x, CP_STOP_STATES);
        return false;
    }
    struct cp_visited_slot *slot = cp_visited_find(&x->reboot, key, is_new);
    if (!slot) {
        cp_x_stop(x, CP_STOP_MEMORY);
        return false;
    }
    const struct cp_visited_slot *open =
        *is_new && x->reopened.count > 0 ? cp_visited_look(&x->reopened, slot->key) : NULL;
    if (open) {
        slot->id = open->id;
    } else if (*is_new) {
        slot->id = ++x->last_id;
    }
    *id = slot->id;
    bool is_to_explore = !is_covered(x, slot, *is_new, cuts, torn_left);
    *is_new = *is_new && !open; // it was told of before
    return is_to_explore;
}

bool cp_x_is_known_run(struct cp_explorer *x, struct cp_hash at, uint32_t *id) {
    const struct cp_frame *frame = cp_x_top_frame(x);
    bool is_new;
    struct cp_visited_slot *slot = cp_visited_find(&x->running, at, &is_new);
    if (!slot) {
        cp_x_stop(x, CP_STOP_MEMORY);
        return true;
    }
    if (is_covered(x, slot, is_new, frame->cuts, frame->torn_left)) {
        *id = slot->id;
        cp_x_end_segment(x, slot->segment == CP_SEGMENT_NONE ? CP_SEGMENT_STARTS : CP_SEGMENT_JOINS,
                         slot->segment, slot->segment_operations);
        return true;
    }
    if (is_new) {
        slot->id = x->branch != 0 ? x->branch : x->current_id;
        slot->segment = x->segment;
        slot->segment_operations = x->segment_operations;
    }
    return false;
}

// The run has come to where state `id` was once, and stops here. If that is its own
// past, it goes round for ever; otherwise it ends as the boot of `id` did.
void cp_x_end_known(struct cp_explorer *x, struct cp_hash at, uint32_t id) {
    bool never_boots;
    cp_world_rejoins(&x->world, cp_x_top_frame(x)->base, at, &never_boots);
    if (never_boots) {
        cp_x_resolve(x, CP_OUTCOME_NO_BOOT, CP_IMAGE_NONE);
    } else {
        cp_x_resolve_like(x, id);
    }
}

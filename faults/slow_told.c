// slow_told.c: what became of each state of the slow engine, and which of them go round
// for ever.
//
// A state whose boot resets the device ends as the state does that it resets to. That
// one may not have been booted yet; so such states wait for the end of the level.

#include "faults/slow_search.h"

#include <stdio.h>

static void tell(struct cp_slow *s, struct cp_slow_state *state) {
    const struct cp_slow_node *node = &s->nodes[state->first_node];
    uint32_t parent = node->parent;
    while (parent != CP_NODE_NONE && s->nodes[parent].edge == CP_EDGE_RESET) {
        parent = s->nodes[parent].parent; // events are counted from the power-on
    }
    struct cp_state_row row = {.id = (uint32_t)(state - s->states) + 1,
                               .parent = parent == CP_NODE_NONE ? 0 : s->nodes[parent].state,
                               .cuts = node->cuts,
                               .event_index = node->event_index,
                               .site = node->site,
                               .edge = node->edge,
                               .tear = node->tear,
                               .phase = node->phase,
                               .outcome = state->outcome,
                               .final_image = state->image,
                               .hash_high = state->hash.high,
                               .hash_low = state->hash.low};
    state->is_told = true;
    if (s->sink && s->sink->state && s->sink->state(s->sink->context, &row) < 0) {
        cp_slow_stop(s, CP_STOP_LOG_FAILED);
    }
}

static struct cp_slow_state *present_state(struct cp_slow *s) {
    return cp_slow_state_of(s, s->nodes[s->boot.node].state);
}

void cp_slow_outcome(struct cp_slow *s, enum cp_outcome outcome, uint8_t image) {
    struct cp_slow_state *state = present_state(s);
    if (s->boot.is_plain && !s->boot.is_quiet && !state->is_told && !s->boot.deeds.starts) {
        state->outcome = outcome;
        state->image = image;
        tell(s, state);
    }
}

// --- loops

static void add_deeds(struct cp_deeds *sum, struct cp_deeds deeds) {
    sum->starts |= deeds.starts;
    sum->erases |= deeds.erases;
    sum->ends |= deeds.ends;
}

static void describe_loop(enum cp_event_kind kind, uint32_t error, bool is_bootloader,
                          char message[CP_MESSAGE_MAX]) {
    char why[64] = "the device resets itself";
    if (kind == CP_EVENT_HANG) {
        snprintf(why, sizeof(why), "the device hangs until the watchdog resets it");
    } else if (kind == CP_EVENT_WATCHDOG) {
        snprintf(why, sizeof(why), "%s", CP_WATCHDOG_RESETS);
    } else if (kind == CP_EVENT_PANIC) {
        snprintf(why, sizeof(why), "the %s gives up with error %d",
                 is_bootloader ? "bootloader" : "application", (int)error);
    }
    snprintf(message, CP_MESSAGE_MAX, "boot loop: %s, and so at every reset", why);
}

// The device, without a power loss, comes back to where it was, and did this on the way.
static void went_round(struct cp_slow *s, struct cp_deeds deeds, const char *message) {
    if (!deeds.starts) {
        cp_promises_boot_loop(&s->world.promises, message);
    } else if (deeds.erases && !deeds.ends) {
        cp_promises_endless_wear(&s->world.promises);
    }
}

// A boot with other answers than the plainest resets into a state on its own way here,
// since the power came on. Loops of the plainest answers are found at the end of a level.
static void look_back(struct cp_slow *s, uint32_t id, enum cp_event_kind kind, uint32_t error) {
    struct cp_deeds deeds = s->boot.deeds;
    uint32_t node = s->boot.node;
    while (s->nodes[node].state != id) {
        if (s->nodes[node].edge != CP_EDGE_RESET) {
            return;
        }
        add_deeds(&deeds, s->nodes[node].deeds);
        node = s->nodes[node].parent;
    }
    char message[CP_MESSAGE_MAX];
    describe_loop(kind, error, s->world.machine->mode == CP_MODE_BOOTLOADER, message);
    went_round(s, deeds, message);
}

void cp_slow_resets_to(struct cp_slow *s, uint32_t id, enum cp_event_kind kind, uint32_t error) {
    if (!s->boot.is_plain) {
        look_back(s, id, kind, error);
        return;
    }
    struct cp_slow_state *state = present_state(s);
    state->resets_to = id;
    state->reset_kind = kind;
    state->reset_error = error;
    state->deeds = s->boot.deeds;
}

// The states from `id` on, each resetting to the next, come back to it.
static void on_loop(struct cp_slow *s, uint32_t id) {
    struct cp_deeds deeds = {false, false, false};
    const struct cp_slow_state *state = cp_slow_state_of(s, id), *last;
    uint32_t first_node = state->first_node;
    do {
        add_deeds(&deeds, state->deeds);
        last = state;
        state = cp_slow_state_of(s, state->resets_to);
        if (state->first_node < first_node) {
            first_node = state->first_node;
        }
    } while (state != cp_slow_state_of(s, id));
    char message[CP_MESSAGE_MAX];
    describe_loop(last->reset_kind, last->reset_error, !deeds.starts, message);
    s->boot.node = first_node; // for the trace
    s->boot.question_count = s->boot.asked = 0;
    went_round(s, deeds, message);
}

static void look_for_loop(struct cp_slow *s, uint32_t id) {
    uint32_t walk = ++s->walk_count;
    while (id != 0 && cp_slow_state_of(s, id)->walk == 0) {
        cp_slow_state_of(s, id)->walk = walk;
        id = cp_slow_state_of(s, id)->resets_to;
    }
    if (id != 0 && cp_slow_state_of(s, id)->walk == walk) {
        on_loop(s, id);
    }
}

// --- the end of a level

// A state on a loop that starts nothing does not boot.
static void settle(struct cp_slow *s, struct cp_slow_state *state) {
    const struct cp_slow_state *end = state;
    uint32_t steps = 0;
    while (end->outcome == CP_OUTCOME_UNKNOWN && end->resets_to != 0 && steps <= s->state_count) {
        end = cp_slow_state_of(s, end->resets_to);
        steps++;
    }
    if (steps > s->state_count) {
        state->outcome = CP_OUTCOME_NO_BOOT;
    } else {
        state->outcome = end->outcome;
        state->image = end->image;
    }
    tell(s, state);
}

void cp_slow_end_level(struct cp_slow *s) {
    for (size_t i = 0; i < s->booted.count && s->stop == CP_STOP_NONE; i++) {
        look_for_loop(s, s->booted.items[i]);
    }
    for (size_t i = 0; i < s->booted.count && s->stop == CP_STOP_NONE; i++) {
        struct cp_slow_state *state = cp_slow_state_of(s, s->booted.items[i]);
        if (!state->is_told) {
            settle(s, state);
        }
    }
    s->booted.count = 0;
}

void cp_slow_tell_rest(struct cp_slow *s) {
    for (uint32_t id = 1; id <= s->state_count; id++) {
        struct cp_slow_state *state = cp_slow_state_of(s, id);
        if (!state->is_told) {
            settle(s, state);
        }
    }
}

// slow_states.c: the states of the slow engine, kept as cells that many states share.

#include "faults/slow_search.h"

#include <stdlib.h>
#include <string.h>

#define SEED_OF_CELLS 61u
#define SEED_OF_WEAR  62u

int cp_slow_init_states(struct cp_slow *s) {
    const struct cp_machine *machine = s->world.machine;
    for (uint32_t i = 0; i < machine->config.device_count; i++) {
        s->first_cell[i] = s->cell_count;
        s->cell_count += machine->devices[i].nor.cell_count;
    }
    uint32_t page_bytes = 0;
    for (uint32_t i = 0; i < machine->config.device_count; i++) {
        const struct cp_part *part = &machine->devices[i].part;
        for (uint32_t page = 0; page < cp_part_page_count(part); page++) {
            uint32_t size_bytes = cp_part_page_at(part, page).size_bytes;
            page_bytes = size_bytes > page_bytes ? size_bytes : page_bytes;
        }
    }
    s->cells_now = malloc(s->cell_count * sizeof(*s->cells_now));
    // A saved cell has at most words, high words and two bytes for each word, and its sums.
    s->cell_save = malloc(page_bytes / 4 * 12 + page_bytes / machine->config.cell_size_bytes * 64);
    s->level_save = malloc(cp_wear_save_size_bytes(&s->world.wear));
    s->update_save = malloc(cp_wear_update_save_size_bytes(&s->world.wear));
    if (!s->cells_now || !s->cell_save || !s->level_save || !s->update_save) {
        return -1;
    }
    memset(s->cells_now, 0xFF, s->cell_count * sizeof(*s->cells_now)); // CP_BLOB_NONE
    bool follows_wear = (s->test_case->promises >> CP_PROMISE_BOUNDED_WEAR & 1u) != 0;
    return cp_visited_init(&s->reboot) || cp_blobs_init(&s->blobs) ||
                   cp_allowances_init(&s->allowances, &s->world, follows_wear)
               ? -1
               : 0;
}

void cp_slow_free_states(struct cp_slow *s) {
    free(s->states);
    free(s->state_cells);
    free(s->nodes);
    free(s->cells_now);
    free(s->cell_save);
    free(s->level_save);
    free(s->update_save);
    cp_visited_free(&s->reboot);
    cp_blobs_free(&s->blobs);
    cp_allowances_free(&s->allowances);
}

uint64_t cp_slow_states_bytes(const struct cp_slow *s) {
    size_t state_bytes = sizeof(*s->states) + s->cell_count * sizeof(*s->state_cells);
    return cp_visited_size_bytes(&s->reboot) + cp_blobs_size_bytes(&s->blobs) +
           cp_allowances_size_bytes(&s->allowances) + s->state_capacity * state_bytes +
           s->node_capacity * sizeof(*s->nodes);
}

// --- cells

void cp_slow_touch_page(struct cp_slow *s, uint32_t device, uint32_t word) {
    const struct cp_device *touched = &s->world.machine->devices[device];
    struct cp_page page = cp_part_page(&touched->part, 4 * word);
    uint32_t cell_size_bytes = touched->nor.cell_size_bytes;
    uint32_t first = page.offset_bytes / cell_size_bytes;
    for (uint32_t i = 0; i < page.size_bytes / cell_size_bytes; i++) {
        s->cells_now[s->first_cell[device] + first + i] = CP_BLOB_NONE;
    }
}

static uint32_t intern_cell(struct cp_slow *s, const struct cp_nor *nor, uint32_t cell) {
    struct {
        struct cp_hash content, wear;
    } sums = {nor->content[cell], nor->wear_sum[cell]};
    struct cp_hash key = cp_hash_bytes(&sums, sizeof(sums), SEED_OF_CELLS);
    uint32_t id = cp_blobs_look(&s->blobs, key);
    if (id == CP_BLOB_NONE) {
        uint8_t *save = cp_blobs_add(&s->blobs, key, cp_nor_cell_save_size_bytes(nor, cell), &id);
        if (!save) {
            cp_slow_stop(s, CP_STOP_MEMORY);
            return CP_BLOB_NONE;
        }
        cp_nor_save_cell(nor, cell, save);
    }
    return id;
}

// Know all cells as they are now.
static void intern_cells(struct cp_slow *s) {
    for (uint32_t i = 0; i < s->world.machine->config.device_count; i++) {
        const struct cp_nor *nor = &s->world.machine->devices[i].nor;
        uint32_t *now = s->cells_now + s->first_cell[i];
        for (uint32_t cell = 0; cell < nor->cell_count; cell++) {
            if (now[cell] == CP_BLOB_NONE) {
                now[cell] = intern_cell(s, nor, cell);
            }
        }
    }
}

// --- states and nodes

static int reserve_state(struct cp_slow *s) {
    if (s->state_count < s->state_capacity) {
        return 0;
    }
    uint32_t capacity = s->state_capacity + s->state_capacity / 2 + 256;
    struct cp_slow_state *states = realloc(s->states, capacity * sizeof(*states));
    if (!states) {
        return -1;
    }
    s->states = states;
    size_t row_bytes = s->cell_count * sizeof(*s->state_cells);
    uint32_t *cells = realloc(s->state_cells, capacity * row_bytes);
    if (!cells) {
        return -1;
    }
    s->state_cells = cells;
    s->state_capacity = capacity;
    return 0;
}

static int reserve_node(struct cp_slow *s) {
    if (s->node_count < s->node_capacity) {
        return 0;
    }
    uint32_t capacity = 2 * s->node_capacity + 256;
    struct cp_slow_node *nodes = realloc(s->nodes, capacity * sizeof(*nodes));
    if (!nodes) {
        return -1;
    }
    s->nodes = nodes;
    s->node_capacity = capacity;
    return 0;
}

static uint32_t add_state(struct cp_slow *s, struct cp_hash hash) {
    if (s->state_count >= s->test_case->bounds.states_max) {
        cp_slow_stop(s, CP_STOP_STATES);
        return 0;
    }
    if (reserve_state(s)) {
        cp_slow_stop(s, CP_STOP_MEMORY);
        return 0;
    }
    intern_cells(s);
    memcpy(s->state_cells + (size_t)s->state_count * s->cell_count, s->cells_now,
           s->cell_count * sizeof(*s->cells_now));
    s->states[s->state_count] = (struct cp_slow_state){.hash = hash,
                                                       .ghost = s->world.promises.ghost,
                                                       .survivor = s->world.survivor,
                                                       .first_node = CP_NODE_NONE,
                                                       .newest_node = CP_NODE_NONE,
                                                       .outcome = CP_OUTCOME_UNKNOWN,
                                                       .image = CP_IMAGE_NONE};
    return ++s->state_count;
}

// Levels and counts of erases as they are now.
static uint32_t intern_wear(struct cp_slow *s) {
    struct cp_wear_levels *wear = &s->world.wear;
    size_t size_bytes = cp_wear_update_save_size_bytes(wear);
    cp_wear_end_update(wear, s->update_save); // the one way to get at them
    cp_wear_undo_end_update(wear, s->update_save);
    return cp_blobs_intern(&s->blobs, s->update_save, size_bytes, SEED_OF_WEAR);
}

// Is there a node of the same state from which as much is explored, with at most so many
// cuts? A reset can lead to a state with fewer cuts than are known.
static bool is_covered(const struct cp_slow *s, uint32_t state, uint32_t allowance, uint32_t cuts) {
    uint32_t at = cp_slow_state_of(s, state)->newest_node;
    while (at != CP_NODE_NONE) {
        const struct cp_slow_node *node = &s->nodes[at];
        if (node->cuts <= cuts && cp_allowance_covers(&s->allowances, node->allowance, allowance)) {
            return true;
        }
        at = node->older;
    }
    return false;
}

bool cp_slow_is_superseded(const struct cp_slow *s, uint32_t node) {
    const struct cp_slow_node *of = &s->nodes[node];
    return of->cuts > 0 && is_covered(s, of->state, of->allowance, of->cuts - 1);
}

static bool add_node(struct cp_slow *s, struct cp_slow_node *node) {
    struct cp_slow_state *state = cp_slow_state_of(s, node->state);
    node->wear = intern_wear(s);
    if (reserve_node(s) || node->wear == CP_BLOB_NONE) {
        cp_slow_stop(s, CP_STOP_MEMORY);
        return false;
    }
    node->older = state->newest_node;
    state->newest_node = s->node_count;
    if (state->first_node == CP_NODE_NONE || s->nodes[state->first_node].cuts > node->cuts) {
        state->first_node = s->node_count;
    }
    s->nodes[s->node_count] = *node;
    if (node->cuts > s->result->cuts_deepest) {
        s->result->cuts_deepest = node->cuts;
    }
    struct cp_slow_list *list = node->edge == CP_EDGE_RESET ? &s->now : &s->next;
    return cp_slow_push(s, list, s->node_count++);
}

uint32_t cp_slow_reach(struct cp_slow *s, struct cp_slow_node *node) {
    bool is_new;
    struct cp_hash hash = cp_world_hash(&s->world);
    struct cp_visited_slot *slot = cp_visited_find(&s->reboot, hash, &is_new);
    if (slot && is_new) {
        slot->id = add_state(s, hash);
    }
    if (!slot || slot->id == 0) {
        cp_slow_stop(s, CP_STOP_MEMORY);
        return 0;
    }
    node->state = slot->id;
    uint32_t cuts_max = s->test_case->bounds.cuts_max;
    uint32_t cuts_left = cuts_max == CP_UNLIMITED ? CP_UNLIMITED : cuts_max - node->cuts;
    node->allowance = cp_allowance_now(&s->allowances, &s->world, cuts_left, node->torn_left);
    if (node->allowance == UINT32_MAX) {
        cp_slow_stop(s, CP_STOP_MEMORY);
        return 0;
    }
    if (!is_covered(s, node->state, node->allowance, node->cuts) && !add_node(s, node)) {
        return 0;
    }
    return node->state;
}

void cp_slow_load(struct cp_slow *s, uint32_t node) {
    struct cp_world *world = &s->world;
    const struct cp_slow_state *state = cp_slow_state_of(s, s->nodes[node].state);
    const uint32_t *cells = s->state_cells + (size_t)(s->nodes[node].state - 1) * s->cell_count;
    for (uint32_t i = 0; i < world->machine->config.device_count; i++) {
        struct cp_nor *nor = &world->machine->devices[i].nor;
        for (uint32_t cell = 0; cell < nor->cell_count; cell++) {
            uint32_t at = s->first_cell[i] + cell;
            if (s->cells_now[at] != cells[at]) {
                cp_facts_before(&world->facts, nor, i, cell);
                cp_nor_restore_cell(nor, cell, cp_blobs_get(&s->blobs, cells[at]));
                cp_facts_after(&world->facts, nor, i, cell);
                s->cells_now[at] = cells[at];
            }
        }
    }
    world->promises.ghost = state->ghost;
    world->survivor = state->survivor;
    cp_wear_undo_end_update(&world->wear, cp_blobs_get(&s->blobs, s->nodes[node].wear));
}

// allowance.c: see allowance.h.

#include "faults/allowance.h"

#include "faults/large.h"

#include <string.h>

int cp_allowances_init(struct cp_allowances *allowances, const struct cp_world *world,
                       bool follows_wear) {
    memset(allowances, 0, sizeof(*allowances));
    if (follows_wear) {
        allowances->page_count = world->wear.page_count;
    }
    return cp_visited_init(&allowances->ids) || cp_visited_init(&allowances->node_ids) ? -1 : 0;
}

void cp_allowances_free(struct cp_allowances *allowances) {
    cp_visited_free(&allowances->ids);
    cp_visited_free(&allowances->node_ids);
    cp_large_free(allowances->nodes);
    cp_large_free(allowances->keys);
    cp_large_free(allowances->left);
    cp_large_free(allowances->levels);
}

static int reserve(struct cp_allowances *allowances) {
    if (allowances->count < allowances->capacity) {
        return 0;
    }
    uint32_t capacity = 2 * allowances->capacity + 64;
    struct cp_hash *keys = cp_large_resize(allowances->keys, capacity * sizeof(*keys));
    if (!keys) {
        return -1;
    }
    allowances->keys = keys;
    struct cp_left *left = cp_large_resize(allowances->left, capacity * sizeof(*left));
    if (!left) {
        return -1;
    }
    allowances->left = left;
    size_t values = (size_t)capacity * allowances->page_count + 1;
    uint8_t *levels = cp_large_resize(allowances->levels, values);
    if (!levels) {
        return -1;
    }
    allowances->levels = levels;
    allowances->capacity = capacity;
    return 0;
}

uint32_t cp_allowance_now(struct cp_allowances *allowances, const struct cp_world *world,
                          uint32_t cuts_left, uint32_t torn_left) {
    struct cp_hash key = cp_hash_pair((uint64_t)cuts_left << 32 | torn_left, 51);
    if (allowances->page_count > 0 && !allowances->ignores_wear) {
        key = cp_hash_add(key, cp_hash_pair(world->wear.hash, 52));
    }
    const struct cp_visited_slot *known = cp_visited_look(&allowances->ids, key);
    if (known) {
        return known->id;
    }
    bool is_new;
    struct cp_visited_slot *slot = cp_visited_find(&allowances->ids, key, &is_new);
    if (!slot || reserve(allowances)) {
        return UINT32_MAX;
    }
    slot->id = allowances->count++;
    allowances->keys[slot->id] = key;
    allowances->left[slot->id] = (struct cp_left){cuts_left, torn_left};
    memcpy(allowances->levels + (size_t)slot->id * allowances->page_count, world->wear.levels,
           allowances->page_count);
    return slot->id;
}

#define EIGHTHS 0x8080808080808080u

bool cp_allowance_covers(const struct cp_allowances *allowances, uint32_t old, uint32_t new) {
    if (old == new) {
        return true;
    }
    const struct cp_left *had = &allowances->left[old], *has = &allowances->left[new];
    if (had->cuts < has->cuts || had->torn < has->torn) {
        return false;
    }
    if (allowances->ignores_wear) {
        return true;
    }
    const uint8_t *a = allowances->levels + (size_t)old * allowances->page_count;
    const uint8_t *b = allowances->levels + (size_t) new * allowances->page_count;
    uint32_t page = 0;
    for (; page + 8 <= allowances->page_count; page += 8) {
        uint64_t eight_old, eight_new;
        memcpy(&eight_old, a + page, sizeof(eight_old));
        memcpy(&eight_new, b + page, sizeof(eight_new));
        // Levels have seven bits, so the eighth stays set where old >= new.
        if ((((eight_old | EIGHTHS) - eight_new) & EIGHTHS) != EIGHTHS) {
            return false;
        }
    }
    bool is_less = false;
    for (; page < allowances->page_count; page++) {
        is_less |= a[page] < b[page];
    }
    return !is_less;
}

bool cp_allowance_set_covers(const struct cp_allowances *allowances, uint32_t set, uint32_t new) {
    for (; set != CP_ALLOWANCE_NONE; set = allowances->nodes[set].next) {
        if (cp_allowance_covers(allowances, allowances->nodes[set].allowance, new)) {
            return true;
        }
    }
    return false;
}

// The node of an allowance before a set; there is one of each.
static uint32_t node_of(struct cp_allowances *allowances, uint32_t allowance, uint32_t next) {
    bool is_new;
    struct cp_visited_slot *slot =
        cp_visited_find(&allowances->node_ids, cp_hash_pair(allowance, next), &is_new);
    if (!slot) {
        return CP_ALLOWANCE_NONE;
    }
    if (!is_new) {
        return slot->id;
    }
    if (allowances->node_count == allowances->node_capacity) {
        uint32_t capacity = 2 * allowances->node_capacity + 64;
        struct cp_allowance_node *nodes =
            cp_large_resize(allowances->nodes, capacity * sizeof(*nodes));
        if (!nodes) {
            return CP_ALLOWANCE_NONE;
        }
        allowances->nodes = nodes;
        allowances->node_capacity = capacity;
    }
    slot->id = allowances->node_count;
    allowances->nodes[allowances->node_count++] = (struct cp_allowance_node){allowance, next};
    return slot->id;
}

uint32_t cp_allowance_set_add(struct cp_allowances *allowances, uint32_t set, uint32_t new) {
    uint32_t kept = CP_ALLOWANCE_NONE;
    for (; set != CP_ALLOWANCE_NONE; set = allowances->nodes[set].next) {
        uint32_t old = allowances->nodes[set].allowance;
        if (!cp_allowance_covers(allowances, new, old)) {
            kept = node_of(allowances, old, kept);
            if (kept == CP_ALLOWANCE_NONE) {
                return CP_ALLOWANCE_NONE;
            }
        }
    }
    return node_of(allowances, new, kept);
}

int cp_allowances_take_sets(struct cp_allowances *allowances, uint32_t count,
                            const struct cp_allowance_node *nodes) {
    for (uint32_t i = 0; i < count; i++) {
        if (node_of(allowances, nodes[i].allowance, nodes[i].next) != i) {
            return -1;
        }
    }
    return 0;
}

int cp_allowances_take(struct cp_allowances *allowances, uint32_t count, struct cp_hash *keys,
                       struct cp_left *left, uint8_t *levels) {
    allowances->keys = keys;
    allowances->left = left;
    allowances->levels = levels;
    allowances->count = allowances->capacity = count;
    for (uint32_t id = 0; id < count; id++) {
        bool is_new;
        struct cp_visited_slot *slot = cp_visited_find(&allowances->ids, keys[id], &is_new);
        if (!slot) {
            return -1;
        }
        slot->id = id;
    }
    return 0;
}

size_t cp_allowances_size_bytes(const struct cp_allowances *allowances) {
    return cp_visited_size_bytes(&allowances->ids) + cp_visited_size_bytes(&allowances->node_ids) +
           allowances->node_capacity * sizeof(*allowances->nodes) +
           allowances->capacity *
               (sizeof(*allowances->left) + sizeof(*allowances->keys) + allowances->page_count);
}

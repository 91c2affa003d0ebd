// allowance.c: see allowance.h.

#include "faults/allowance.h"

#include <stdlib.h>
#include <string.h>

int cp_allowances_init(struct cp_allowances *allowances, const struct cp_world *world,
                       bool follows_wear) {
    memset(allowances, 0, sizeof(*allowances));
    if (follows_wear) {
        allowances->page_count = world->page_count[0] + world->page_count[1];
    }
    return cp_visited_init(&allowances->ids);
}

void cp_allowances_free(struct cp_allowances *allowances) {
    cp_visited_free(&allowances->ids);
    free(allowances->left);
    free(allowances->excess);
}

static int reserve(struct cp_allowances *allowances) {
    if (allowances->count < allowances->capacity) {
        return 0;
    }
    uint32_t capacity = 2 * allowances->capacity + 64;
    struct cp_left *left = realloc(allowances->left, capacity * sizeof(*left));
    if (!left) {
        return -1;
    }
    allowances->left = left;
    size_t values = (size_t)capacity * allowances->page_count + 1;
    int16_t *excess = realloc(allowances->excess, values * sizeof(*excess));
    if (!excess) {
        return -1;
    }
    allowances->excess = excess;
    allowances->capacity = capacity;
    return 0;
}

// Histories with more than INT16_MAX power losses in one update are not told apart by
// how many more.
static int16_t excess_of(uint16_t erases, uint32_t cuts) {
    int32_t losses = cuts > INT16_MAX ? INT16_MAX : (int32_t)cuts;
    int32_t excess = (int32_t)erases - losses;
    return (int16_t)(excess > INT16_MAX ? INT16_MAX : excess);
}

static void fill(struct cp_allowances *allowances, const struct cp_world *world, uint32_t id,
                 struct cp_left left) {
    int16_t *excess = allowances->excess + (size_t)id * allowances->page_count;
    allowances->left[id] = left;
    for (uint32_t device = 0; allowances->page_count > 0 && device < CP_DEVICES_MAX; device++) {
        for (uint32_t page = 0; page < world->page_count[device]; page++) {
            *excess++ = excess_of(world->erases[device][page], world->epoch_cuts);
        }
    }
}

uint32_t cp_allowance_now(struct cp_allowances *allowances, const struct cp_world *world,
                          uint32_t cuts_left, uint32_t torn_left) {
    struct cp_hash key = cp_hash_pair((uint64_t)cuts_left << 32 | torn_left, 51);
    if (allowances->page_count > 0) {
        key = cp_hash_add(key, cp_hash_pair(world->erases_hash, world->epoch_cuts));
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
    fill(allowances, world, slot->id, (struct cp_left){cuts_left, torn_left});
    return slot->id;
}

bool cp_allowance_covers(const struct cp_allowances *allowances, uint32_t old, uint32_t new) {
    if (old == new) {
        return true;
    }
    const struct cp_left *had = &allowances->left[old], *has = &allowances->left[new];
    if (had->cuts < has->cuts || had->torn < has->torn) {
        return false;
    }
    const int16_t *a = allowances->excess + (size_t)old * allowances->page_count;
    const int16_t *b = allowances->excess + (size_t)new * allowances->page_count;
    int16_t is_less = 0;
    for (uint32_t page = 0; page < allowances->page_count; page++) {
        is_less |= a[page] < b[page];
    }
    return !is_less;
}

size_t cp_allowances_size_bytes(const struct cp_allowances *allowances) {
    return cp_visited_size_bytes(&allowances->ids) +
           allowances->capacity * (sizeof(*allowances->left) +
                                   allowances->page_count * sizeof(*allowances->excess));
}

// memo.c: see memo.h.

#include "faults/memo.h"

#include <stdlib.h>
#include <string.h>

#define NO_CELLS       UINT32_MAX
#define SETS_MAX       16u     // of cells, for one key
#define ITEM_COUNT_MAX 200000u // beyond, pieces are executed again

struct cp_memo_cells {
    struct cp_footprint footprint;
    uint32_t next; // the next set of the same key
};

int cp_memo_init(struct cp_memo *memo, bool is_wear_read, void (*free_item)(void *item)) {
    memset(memo, 0, sizeof(*memo));
    memo->is_wear_read = is_wear_read;
    memo->free_item = free_item;
    return cp_visited_init(&memo->places) || cp_visited_init(&memo->results) ? -1 : 0;
}

void cp_memo_free(struct cp_memo *memo) {
    for (uint32_t i = 0; i < memo->item_count; i++) {
        memo->free_item(memo->items[i]);
    }
    free(memo->items);
    free(memo->cells);
    cp_visited_free(&memo->places);
    cp_visited_free(&memo->results);
}

static struct cp_hash with_contents(const struct cp_memo *memo, const struct cp_machine *machine,
                                    const struct cp_footprint *footprint, struct cp_hash key) {
    for (uint32_t i = 0; i < footprint->count; i++) {
        const struct cp_nor *nor = &machine->devices[footprint->cells[i] >> 24].nor;
        uint32_t cell = footprint->cells[i] & 0xFFFFFFu;
        struct cp_hash parts[3] = {key, nor->content[cell], {0, 0}};
        if (memo->is_wear_read) {
            parts[2] = nor->wear_sum[cell];
        }
        // With the cell, or the result of one that held the same would be taken for it.
        key = cp_hash_bytes(parts, sizeof(parts), footprint->cells[i]);
    }
    return key;
}

void *cp_memo_find(const struct cp_memo *memo, const struct cp_machine *machine,
                   struct cp_hash key) {
    const struct cp_visited_slot *place = cp_visited_look(&memo->places, key);
    for (uint32_t at = place ? place->id : NO_CELLS; at != NO_CELLS; at = memo->cells[at].next) {
        const struct cp_footprint *footprint = &memo->cells[at].footprint;
        struct cp_hash hash = with_contents(memo, machine, footprint, key);
        const struct cp_visited_slot *found = cp_visited_look(&memo->results, hash);
        if (found) {
            return memo->items[found->id];
        }
    }
    return NULL;
}

static bool is_same_footprint(const struct cp_footprint *a, const struct cp_footprint *b) {
    return a->count == b->count && memcmp(a->cells, b->cells, a->count * sizeof(*a->cells)) == 0;
}

// Is the footprint among the sets of the key? Otherwise add it; -1 if that cannot be.
static int keep_footprint(struct cp_memo *memo, const struct cp_footprint *footprint,
                          struct cp_hash key) {
    bool is_new;
    struct cp_visited_slot *place = cp_visited_find(&memo->places, key, &is_new);
    if (!place) {
        return -1;
    }
    uint32_t first = is_new ? NO_CELLS : place->id, sets = 0;
    for (uint32_t at = first; at != NO_CELLS; at = memo->cells[at].next) {
        if (is_same_footprint(&memo->cells[at].footprint, footprint)) {
            return 0;
        }
        sets++;
    }
    place->id = first;
    if (sets == SETS_MAX) {
        return -1;
    }
    if (memo->cells_count == memo->cells_capacity) {
        uint32_t capacity = 2 * memo->cells_capacity + 64;
        struct cp_memo_cells *cells = realloc(memo->cells, capacity * sizeof(*cells));
        if (!cells) {
            return -1;
        }
        memo->cells = cells;
        memo->cells_capacity = capacity;
    }
    memo->cells[memo->cells_count] = (struct cp_memo_cells){*footprint, first};
    place->id = memo->cells_count++;
    return 0;
}

static int push_item(struct cp_memo *memo, void *item) {
    if (memo->item_count == memo->item_capacity) {
        uint32_t capacity = 2 * memo->item_capacity + 64;
        void **items = realloc(memo->items, capacity * sizeof(*items));
        if (!items) {
            return -1;
        }
        memo->items = items;
        memo->item_capacity = capacity;
    }
    memo->items[memo->item_count++] = item;
    return 0;
}

int cp_memo_add(struct cp_memo *memo, const struct cp_machine *machine, struct cp_hash key,
                void *item, size_t size_bytes) {
    const struct cp_footprint *footprint = &machine->footprint;
    if (footprint->is_too_large || memo->item_count == ITEM_COUNT_MAX ||
        keep_footprint(memo, footprint, key)) {
        return -1;
    }
    if (push_item(memo, item)) {
        return -1;
    }
    bool is_new;
    struct cp_hash hash = with_contents(memo, machine, footprint, key);
    struct cp_visited_slot *slot = cp_visited_find(&memo->results, hash, &is_new);
    if (slot) { // without memory it is kept and never found
        slot->id = memo->item_count - 1;
    }
    memo->item_bytes += size_bytes;
    return 0;
}

size_t cp_memo_size_bytes(const struct cp_memo *memo) {
    return cp_visited_size_bytes(&memo->places) + cp_visited_size_bytes(&memo->results) +
           memo->cells_capacity * sizeof(*memo->cells) +
           memo->item_capacity * sizeof(*memo->items) + memo->item_bytes;
}

// visited.c: open addressing with linear probing; keys are hashes already.

#include "faults/visited.h"

#include "faults/large.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY 4096u
#define FULL_PERCENT   80u
static struct cp_visited_slot *allocate(size_t capacity) {
    return cp_large_resize(NULL, capacity * sizeof(struct cp_visited_slot));
}

int cp_visited_init(struct cp_visited *visited) {
    visited->capacity = FIRST_CAPACITY;
    visited->count = 0;
    visited->slots = allocate(visited->capacity);
    return visited->slots ? 0 : -1;
}

void cp_visited_free(struct cp_visited *visited) {
    cp_large_free(visited->slots);
    visited->slots = NULL;
}

static bool is_empty(const struct cp_visited_slot *slot) {
    return slot->key.low == 0 && slot->key.high == 0;
}

static struct cp_visited_slot *probe(struct cp_visited_slot *slots, size_t capacity,
                                     struct cp_hash key) {
    size_t at = key.low & (capacity - 1);
    while (!is_empty(&slots[at]) && !cp_hash_equal(slots[at].key, key)) {
        at = (at + 1) & (capacity - 1);
    }
    return &slots[at];
}

// Take a slot's key out and put it where it belongs now.
static void replace(struct cp_visited *visited, struct cp_visited_slot *slot) {
    struct cp_visited_slot moved = *slot;
    memset(slot, 0, sizeof(*slot));
    if (!is_empty(&moved)) {
        *probe(visited->slots, visited->capacity, moved.key) = moved;
    }
}

// The slots of a set before the first empty one.
static size_t count_first(const struct cp_visited *visited) {
    size_t count = 0;
    while (!is_empty(&visited->slots[count])) {
        count++;
    }
    return count;
}

// In place: each key stays near its slot or goes as near to the slot `capacity` behind
// it. Between that slot and where it belonged lie only keys that were moved before, so
// none is cut off by one that is taken out later. But the end of the set goes on at its
// beginning; what lies there is put aside until the rest is done.
static int grow(struct cp_visited *visited) {
    size_t had = visited->capacity, first_count = count_first(visited);
    size_t first_bytes = first_count * sizeof(*visited->slots);
    struct cp_visited_slot *first = malloc(first_bytes + 1);
    void *slots = first ? cp_large_resize(visited->slots, 2 * had * sizeof(*first)) : NULL;
    if (!slots) {
        free(first);
        return -1;
    }
    visited->slots = slots;
    visited->capacity = 2 * had;
    memcpy(first, slots, first_bytes);
    memset(slots, 0, first_bytes);
    for (size_t i = first_count; i < had; i++) {
        replace(visited, &visited->slots[i]);
    }
    for (size_t i = 0; i < first_count; i++) {
        replace(visited, &first[i]);
    }
    free(first);
    return 0;
}

int cp_visited_reserve(struct cp_visited *visited, size_t count) {
    size_t capacity = visited->capacity;
    while (count * 100 >= capacity * FULL_PERCENT) {
        capacity *= 2;
    }
    struct cp_visited_slot *slots = allocate(capacity);
    if (!slots) {
        return -1;
    }
    cp_large_free(visited->slots);
    visited->slots = slots;
    visited->capacity = capacity;
    return 0;
}

static struct cp_hash not_empty(struct cp_hash key) {
    if (key.low == 0 && key.high == 0) {
        key.low = 1; // the one key that means empty
    }
    return key;
}

struct cp_visited_slot *cp_visited_find(struct cp_visited *visited, struct cp_hash key,
                                        bool *is_new) {
    key = not_empty(key);
    struct cp_visited_slot *slot = probe(visited->slots, visited->capacity, key);
    *is_new = is_empty(slot);
    if (!*is_new) {
        return slot;
    }
    if (visited->count * 100 >= visited->capacity * FULL_PERCENT) {
        if (grow(visited)) {
            return NULL;
        }
        slot = probe(visited->slots, visited->capacity, key);
    }
    slot->key = key;
    visited->count++;
    return slot;
}

struct cp_visited_slot *cp_visited_look(const struct cp_visited *visited, struct cp_hash key) {
    struct cp_visited_slot *slot = probe(visited->slots, visited->capacity, not_empty(key));
    return is_empty(slot) ? NULL : slot;
}

size_t cp_visited_size_bytes(const struct cp_visited *visited) {
    return visited->capacity * sizeof(*visited->slots);
}

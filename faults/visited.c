// visited.c: open addressing with linear probing; keys are hashes already.

#include "faults/visited.h"

#include <stdlib.h>

#define FIRST_CAPACITY 4096u
#define FULL_PERCENT   80u

int cp_visited_init(struct cp_visited *visited) {
    visited->capacity = FIRST_CAPACITY;
    visited->count = 0;
    visited->slots = calloc(visited->capacity, sizeof(*visited->slots));
    return visited->slots ? 0 : -1;
}

void cp_visited_free(struct cp_visited *visited) {
    free(visited->slots);
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

static int grow(struct cp_visited *visited) {
    size_t capacity = visited->capacity * 2;
    struct cp_visited_slot *slots = calloc(capacity, sizeof(*slots));
    if (!slots) {
        return -1;
    }
    for (size_t i = 0; i < visited->capacity; i++) {
        if (!is_empty(&visited->slots[i])) {
            *probe(slots, capacity, visited->slots[i].key) = visited->slots[i];
        }
    }
    free(visited->slots);
    visited->slots = slots;
    visited->capacity = capacity;
    return 0;
}

int cp_visited_reserve(struct cp_visited *visited, size_t count) {
    size_t capacity = visited->capacity;
    while (count * 100 >= capacity * FULL_PERCENT) {
        capacity *= 2;
    }
    struct cp_visited_slot *slots = calloc(capacity, sizeof(*slots));
    if (!slots) {
        return -1;
    }
    free(visited->slots);
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

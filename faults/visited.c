// visited.c: open addressing with linear probing; keys are hashes already.

#define _GNU_SOURCE
#include "faults/visited.h"

#include <stdlib.h>
#include <sys/mman.h>

#define FIRST_CAPACITY 4096u
#define FULL_PERCENT   80u
// A large table is read at random: in large pages that costs half as much.
#define LARGE_BYTES ((size_t)8 << 20)

static struct cp_visited_slot *allocate(size_t capacity) {
    size_t size_bytes = capacity * sizeof(struct cp_visited_slot);
    if (size_bytes < LARGE_BYTES) {
        return calloc(capacity, sizeof(struct cp_visited_slot));
    }
    void *memory =
        mmap(NULL, size_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        return NULL;
    }
    (void)madvise(memory, size_bytes, MADV_HUGEPAGE); // a wish
    return memory;
}

static void release(struct cp_visited_slot *slots, size_t capacity) {
    size_t size_bytes = capacity * sizeof(*slots);
    if (slots && size_bytes >= LARGE_BYTES) {
        munmap(slots, size_bytes);
    } else {
        free(slots);
    }
}

int cp_visited_init(struct cp_visited *visited) {
    visited->capacity = FIRST_CAPACITY;
    visited->count = 0;
    visited->slots = allocate(visited->capacity);
    return visited->slots ? 0 : -1;
}

void cp_visited_free(struct cp_visited *visited) {
    release(visited->slots, visited->capacity);
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
    struct cp_visited_slot *slots = allocate(capacity);
    if (!slots) {
        return -1;
    }
    for (size_t i = 0; i < visited->capacity; i++) {
        if (!is_empty(&visited->slots[i])) {
            *probe(slots, capacity, visited->slots[i].key) = visited->slots[i];
        }
    }
    release(visited->slots, visited->capacity);
    visited->slots = slots;
    visited->capacity = capacity;
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
    release(visited->slots, visited->capacity);
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

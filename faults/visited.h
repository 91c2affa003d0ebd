// visited.h: the set of states that are known, with what is known of each.

#ifndef CP_FAULTS_VISITED_H
#define CP_FAULTS_VISITED_H

#include "sim/hash.h"

#include <stdbool.h>

struct cp_visited_slot {
    struct cp_hash key;  // {0, 0} marks an empty slot
    uint32_t id;         // the state whose boot put it here
    uint32_t allowances; // with what still allowed it was explored: see allowance.h
    uint32_t segment, segment_operations; // whose boot, and how far: see liveness.h
};

struct cp_visited {
    struct cp_visited_slot *slots;
    size_t capacity; // a power of two
    size_t count;
};

// Returns 0, or -1 when there is no memory.
int cp_visited_init(struct cp_visited *visited);
void cp_visited_free(struct cp_visited *visited);

// Make an empty set large enough for so many keys. Returns 0, or -1 without memory.
int cp_visited_reserve(struct cp_visited *visited, size_t count);

// The slot of `key`, inserted with *is_new = true if it was not there. The slot
// stays valid until the next insertion. NULL when there is no memory.
struct cp_visited_slot *cp_visited_find(struct cp_visited *visited, struct cp_hash key,
                                        bool *is_new);

// The slot of `key`, or NULL if it is not there.
struct cp_visited_slot *cp_visited_look(const struct cp_visited *visited, struct cp_hash key);

// The key will be looked up soon: begin to fetch its slot.
static inline void cp_visited_prefetch(const struct cp_visited *visited, struct cp_hash key) {
    __builtin_prefetch(&visited->slots[key.low & (visited->capacity - 1)]);
}

size_t cp_visited_size_bytes(const struct cp_visited *visited);

#endif

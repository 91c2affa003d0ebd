// visited.h: the set of states that are known, with a small value for each.

#ifndef CP_FAULTS_VISITED_H
#define CP_FAULTS_VISITED_H

#include "sim/hash.h"

#include <stdbool.h>

struct cp_visited_slot {
    struct cp_hash key; // {0, 0} marks an empty slot
    uint32_t id;        // the state whose boot put it here
    uint32_t torn_left; // with how many torn operations still allowed it was explored
};

struct cp_visited {
    struct cp_visited_slot *slots;
    size_t capacity; // a power of two
    size_t count;
};

// Returns 0, or -1 when there is no memory.
int cp_visited_init(struct cp_visited *visited);
void cp_visited_free(struct cp_visited *visited);

// The slot of `key`, inserted with *is_new = true if it was not there. The slot
// stays valid until the next call. NULL when there is no memory.
struct cp_visited_slot *cp_visited_find(struct cp_visited *visited, struct cp_hash key,
                                        bool *is_new);

size_t cp_visited_size_bytes(const struct cp_visited *visited);

#endif

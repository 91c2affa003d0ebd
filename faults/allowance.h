// allowance.h: with what still allowed a state was explored.
//
// Some of what a path has behind it is not part of a state, or no two paths would
// ever meet: how many power losses are still allowed, how many operations may still be
// torn, and how often each page was erased
// in this update, less one for each power loss in it. A state that is met again need
// not be explored again if it was explored with at least as much allowed: as many
// losses and torn operations, and on each page as many erases behind it. Then whatever the new path
// could break, the old one broke as well. Otherwise it is explored again.

#ifndef CP_FAULTS_ALLOWANCE_H
#define CP_FAULTS_ALLOWANCE_H

#include "faults/visited.h"
#include "faults/world.h"

struct cp_left {
    uint32_t cuts, torn; // still allowed; CP_UNLIMITED where there is no bound
};

struct cp_allowances {
    uint32_t page_count; // 0 if wear is not followed
    bool ignores_wear;   // or not any more: that it is unbounded is known
    struct cp_visited ids;
    struct cp_hash *keys; // by id
    struct cp_left *left; // by id
    uint8_t *levels;      // by id: page_count values
    uint32_t count, capacity;
    struct cp_allowance_node *nodes; // of sets, which share their ends
    uint32_t node_count, node_capacity;
    struct cp_visited node_ids;
};

#define CP_ALLOWANCE_NONE UINT32_MAX

// A set of allowances none of which covers another: this one, and those of set `next`.
struct cp_allowance_node {
    uint32_t allowance, next;
};

// Returns 0, or -1 without memory.
int cp_allowances_init(struct cp_allowances *allowances, const struct cp_world *world,
                       bool follows_wear);
void cp_allowances_free(struct cp_allowances *allowances);

// The number of what is allowed on the present path. UINT32_MAX without memory.
uint32_t cp_allowance_now(struct cp_allowances *allowances, const struct cp_world *world,
                          uint32_t cuts_left, uint32_t torn_left);

// Does `old` allow at least as much as `new`?
bool cp_allowance_covers(const struct cp_allowances *allowances, uint32_t old, uint32_t new);

// A state can be explored with several allowances that do not cover each other. Does
// one of a set cover `new`?
bool cp_allowance_set_covers(const struct cp_allowances *allowances, uint32_t set, uint32_t new);

// The set with `new` and without what that covers; of CP_ALLOWANCE_NONE it is `new` alone.
// CP_ALLOWANCE_NONE without memory.
uint32_t cp_allowance_set_add(struct cp_allowances *allowances, uint32_t set, uint32_t new);

// Take sets that were saved. Returns 0, or -1 without memory.
int cp_allowances_take_sets(struct cp_allowances *allowances, uint32_t count,
                            const struct cp_allowance_node *nodes);

// Take what was saved of others, as the first ids. Returns 0, or -1 without memory.
int cp_allowances_take(struct cp_allowances *allowances, uint32_t count, struct cp_hash *keys,
                       struct cp_left *left, uint8_t *levels);

size_t cp_allowances_size_bytes(const struct cp_allowances *allowances);

#endif

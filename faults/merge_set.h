// merge_set.h: the states of a merged case by their hash.

#ifndef CP_FAULTS_MERGE_SET_H
#define CP_FAULTS_MERGE_SET_H

#include <stddef.h>
#include <stdint.h>

// 24 bytes; the table is between three eighths and three quarters full.
struct cp_merge_entry {
    uint64_t high, low;
    uint32_t id; // 0: empty
};

struct cp_merge_set {
    struct cp_merge_entry *entries;
    size_t size, count; // size: a power of two
};

// The entry of a state, or the empty one where it belongs; the caller fills that in
// by cp_merge_set_put(). NULL without memory.
struct cp_merge_entry *cp_merge_set_find(struct cp_merge_set *set, uint64_t high, uint64_t low);
void cp_merge_set_put(struct cp_merge_set *set, struct cp_merge_entry *at, uint64_t high,
                      uint64_t low, uint32_t id);
void cp_merge_set_free(struct cp_merge_set *set);

#endif

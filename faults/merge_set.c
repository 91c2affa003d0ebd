// merge_set.c: open addressing; the hashes of states are uniform already.

#include "faults/merge_set.h"

#include <stdlib.h>

#define FIRST_SIZE 1024u

static struct cp_merge_entry *slot_of(const struct cp_merge_set *set, uint64_t high, uint64_t low) {
    size_t at = (size_t)low & (set->size - 1);
    for (;; at = (at + 1) & (set->size - 1)) {
        struct cp_merge_entry *entry = &set->entries[at];
        if (entry->id == 0 || (entry->low == low && entry->high == high)) {
            return entry;
        }
    }
}

static int grow(struct cp_merge_set *set) {
    struct cp_merge_set larger = {.size = set->size ? 2 * set->size : FIRST_SIZE,
                                  .count = set->count};
    larger.entries = calloc(larger.size, sizeof *larger.entries);
    if (!larger.entries) {
        return -1;
    }
    for (size_t i = 0; i < set->size; i++) {
        const struct cp_merge_entry *entry = &set->entries[i];
        if (entry->id != 0) {
            *slot_of(&larger, entry->high, entry->low) = *entry;
        }
    }
    free(set->entries);
    *set = larger;
    return 0;
}

struct cp_merge_entry *cp_merge_set_find(struct cp_merge_set *set, uint64_t high, uint64_t low) {
    if (set->count >= set->size - set->size / 4 && grow(set) < 0) {
        return NULL;
    }
    return slot_of(set, high, low);
}

void cp_merge_set_put(struct cp_merge_set *set, struct cp_merge_entry *at, uint64_t high,
                      uint64_t low, uint32_t id) {
    *at = (struct cp_merge_entry){high, low, id};
    set->count++;
}

void cp_merge_set_free(struct cp_merge_set *set) {
    free(set->entries);
    *set = (struct cp_merge_set){0};
}

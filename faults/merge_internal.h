// merge_internal.h: what merge.c and merge_result.c share. Not for others.

#ifndef CP_FAULTS_MERGE_INTERNAL_H
#define CP_FAULTS_MERGE_INTERNAL_H

#include "faults/cuts.h"
#include "faults/merge.h"
#include "faults/merge_set.h"

struct cp_merge_numbers {
    uint32_t *values;
    size_t count, capacity;
};

struct cp_merge_part {
    struct cp_merge_numbers ids;   // of the whole, by the part's; 0: not seen yet
    struct cp_merge_numbers sites; // of the whole plus 1, by the part's
    struct cp_state_row *waiting;  // for their parents
    size_t waiting_count, waiting_capacity, waited_count;
};

struct cp_merge {
    uint32_t part_count;
    struct cp_merge_part *parts;
    bool is_cuts_bounded;
    cp_merge_emit *emit;
    void *context;
    struct cp_merge_set known;
    struct cp_merge_numbers cuts; // by id of the whole
    struct cp_site *sites;        // without frames: a number whose place is not known yet
    uint32_t site_count;
    size_t site_capacity;
    struct cp_result whole; // of the parts so far; its sites are above, its first cuts below
    struct cp_cuts first_cuts;
    uint32_t stops;         // bit per enum cp_stop of a part
    bool has_states_budget; // a part stopped at a bound that was a budget
};

// Let there be a site of this number.
int cp_merge_reserve_site(struct cp_merge *merge, uint32_t site);

#endif

// merge.h: one case out of its parts, which overlap.
//
// A case can be explored in parts, by processes that know nothing of each other. A
// state that two of them reached is one state. The rows of the whole have ids and
// parents of their own, from 1 in the order of arrival; the history of a row leads
// over rows of the whole, whichever part found them.

#ifndef CP_FAULTS_MERGE_H
#define CP_FAULTS_MERGE_H

#include "faults/explore.h"

struct cp_merge;

// Takes each row of the whole. Negative to stop.
typedef int cp_merge_emit(void *context, const struct cp_state_row *row);

// `is_cuts_bounded`: a state can be met again with more cuts left, and what follows then
// counts its own cuts, not those of its parent's row. Returns NULL without memory.
struct cp_merge *cp_merge_new(uint32_t part_count, bool is_cuts_bounded, cp_merge_emit *emit,
                              void *context);
void cp_merge_free(struct cp_merge *merge);

uint32_t cp_merge_part_count(const struct cp_merge *merge);

// A row of a part. Its site must be one of the whole already. Negative without memory,
// or what emit() returned. A row whose parent is not known yet waits for it.
int cp_merge_row(struct cp_merge *merge, uint32_t part, const struct cp_state_row *row);

// No more rows come from this part for now: what still waits is let go.
int cp_merge_end_rows(struct cp_merge *merge, uint32_t part);

// The number in the whole of a site of a part. What place it is may not be known
// before the part's result: then one place may get two numbers.
uint32_t cp_merge_site(struct cp_merge *merge, uint32_t part, uint32_t site);

// What a part came to. Negative without memory.
int cp_merge_result(struct cp_merge *merge, uint32_t part, const struct cp_result *result);

// What the whole comes to; free it with cp_result_free(). Of two numbers of one place
// the second is in the sites with no counts. `options` are those of the parts.
void cp_merge_conclude(const struct cp_merge *merge, const struct cp_case *test_case,
                       const struct cp_explore_options *options, struct cp_result *whole);

// --- to go on later: what was known of each part, to be kept and put back

struct cp_merge_known {
    const uint32_t *ids; // of the whole, by the part's id
    const uint32_t *sites;
    uint32_t id_count, site_count;
};

struct cp_merge_known cp_merge_known_of(const struct cp_merge *merge, uint32_t part);
int cp_merge_restore_part(struct cp_merge *merge, uint32_t part,
                          const struct cp_merge_known *known);

// A row that was emitted before; those of the whole in any order, all of them.
int cp_merge_restore_row(struct cp_merge *merge, uint32_t id, uint64_t hash_high, uint64_t hash_low,
                         uint32_t cuts);

#endif

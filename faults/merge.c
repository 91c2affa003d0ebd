// merge.c: rows of several parts become rows of one case.

#include "faults/merge.h"

#include "faults/merge_internal.h"

#include <stdlib.h>
#include <string.h>

#define WAITING_FIRST 256u

// Room for one element more. Returns the array, or NULL with the old one untouched.
static void *grown(void *array, size_t count, size_t *capacity, size_t size) {
    if (count < *capacity) {
        return array;
    }
    size_t wanted = *capacity ? 2 * *capacity : 64;
    void *larger = realloc(array, wanted * size);
    if (larger) {
        *capacity = wanted;
    }
    return larger;
}

// Room for `index` in an array of numbers, with zeros up to there.
static int reach(struct cp_merge_numbers *numbers, uint32_t index) {
    if (index >= numbers->capacity) {
        size_t wanted = numbers->capacity ? numbers->capacity : 64;
        while (wanted <= index) {
            wanted *= 2;
        }
        uint32_t *larger = realloc(numbers->values, wanted * sizeof *larger);
        if (!larger) {
            return -1;
        }
        memset(larger + numbers->capacity, 0, (wanted - numbers->capacity) * sizeof *larger);
        numbers->values = larger;
        numbers->capacity = wanted;
    }
    if (index >= numbers->count) {
        numbers->count = index + 1;
    }
    return 0;
}

static uint32_t number_at(const struct cp_merge_numbers *numbers, uint32_t index) {
    return index < numbers->count ? numbers->values[index] : 0;
}

struct cp_merge *cp_merge_new(uint32_t part_count, bool is_cuts_bounded, cp_merge_emit *emit,
                              void *context) {
    struct cp_merge *merge = calloc(1, sizeof *merge);
    if (!merge) {
        return NULL;
    }
    *merge = (struct cp_merge){.part_count = part_count,
                               .is_cuts_bounded = is_cuts_bounded,
                               .emit = emit,
                               .context = context,
                               .whole = {.verdict = CP_VERDICT_PROVED, .is_wear_exact = true}};
    merge->parts = calloc(part_count, sizeof *merge->parts);
    if (!merge->parts) {
        free(merge);
        return NULL;
    }
    return merge;
}

void cp_merge_free(struct cp_merge *merge) {
    if (!merge) {
        return;
    }
    for (uint32_t i = 0; i < merge->part_count; i++) {
        free(merge->parts[i].ids.values);
        free(merge->parts[i].sites.values);
        free(merge->parts[i].waiting);
    }
    free(merge->parts);
    free(merge->cuts.values);
    free(merge->sites);
    free(merge->whole.wear);
    cp_cuts_free(&merge->first_cuts);
    cp_merge_set_free(&merge->known);
    free(merge);
}

uint32_t cp_merge_part_count(const struct cp_merge *merge) {
    return merge->part_count;
}

// --- rows

// The way over the parent of the whole may have another number of cuts than the way
// that the part took.
static uint32_t cuts_of(const struct cp_merge *merge, const struct cp_state_row *row,
                        uint32_t parent) {
    if (parent == 0 || merge->is_cuts_bounded) {
        return row->cuts;
    }
    return number_at(&merge->cuts, parent) + (row->edge == CP_EDGE_RESET ? 0 : 1);
}

static int add_known(struct cp_merge *merge, struct cp_merge_entry *at, uint32_t id, uint64_t high,
                     uint64_t low, uint32_t cuts) {
    if (reach(&merge->cuts, id) < 0) {
        return -1;
    }
    merge->cuts.values[id] = cuts;
    merge->whole.cuts_deepest = cuts > merge->whole.cuts_deepest ? cuts : merge->whole.cuts_deepest;
    cp_merge_set_put(&merge->known, at, high, low, id);
    return 0;
}

static int add_row(struct cp_merge *merge, struct cp_merge_part *part,
                   const struct cp_state_row *row, uint32_t parent) {
    struct cp_state_row whole = *row;
    whole.parent = parent;
    whole.cuts = cuts_of(merge, row, parent);
    struct cp_merge_entry *at = cp_merge_set_find(&merge->known, row->hash_high, row->hash_low);
    if (!at || reach(&part->ids, row->id) < 0) {
        return -1;
    }
    if (at->id != 0) {
        part->ids.values[row->id] = at->id;
        return 0;
    }
    whole.id = (uint32_t)merge->known.count + 1;
    part->ids.values[row->id] = whole.id;
    if (add_known(merge, at, whole.id, row->hash_high, row->hash_low, whole.cuts) < 0) {
        return -1;
    }
    return merge->emit(merge->context, &whole);
}

static int wait(struct cp_merge_part *part, const struct cp_state_row *row) {
    struct cp_state_row *rows =
        grown(part->waiting, part->waiting_count, &part->waiting_capacity, sizeof *rows);
    if (!rows) {
        return -1;
    }
    part->waiting = rows;
    part->waiting[part->waiting_count++] = *row;
    return 0;
}

// Let go the rows whose parents have come; those that are their children come later
// in the list, or in the next round.
static int let_go(struct cp_merge *merge, struct cp_merge_part *part) {
    size_t kept = 0;
    int err = 0;
    for (size_t i = 0; i < part->waiting_count; i++) {
        const struct cp_state_row row = part->waiting[i];
        uint32_t parent = number_at(&part->ids, row.parent);
        if (err || parent == 0) {
            part->waiting[kept++] = row;
        } else {
            err = add_row(merge, part, &row, parent);
        }
    }
    part->waiting_count = kept;
    return err;
}

int cp_merge_row(struct cp_merge *merge, uint32_t part_index, const struct cp_state_row *row) {
    struct cp_merge_part *part = &merge->parts[part_index];
    uint32_t parent = row->parent == 0 ? 0 : number_at(&part->ids, row->parent);
    if (row->parent == 0 || parent != 0) {
        return add_row(merge, part, row, parent);
    }
    int err = wait(part, row);
    // Not at each row, or many that wait long would cost their square.
    if (!err && part->waiting_count >= WAITING_FIRST + 2 * part->waited_count) {
        err = let_go(merge, part);
        part->waited_count = part->waiting_count;
    }
    return err;
}

// A part that died may have told of a state and not of its parent.
int cp_merge_end_rows(struct cp_merge *merge, uint32_t part_index) {
    struct cp_merge_part *part = &merge->parts[part_index];
    size_t before = SIZE_MAX;
    int err = 0;
    while (!err && part->waiting_count < before) {
        before = part->waiting_count;
        err = let_go(merge, part);
    }
    for (size_t i = 0; !err && i < part->waiting_count; i++) {
        err = add_row(merge, part, &part->waiting[i], 0);
    }
    part->waiting_count = 0;
    return err;
}

// --- kept and put back

struct cp_merge_known cp_merge_known_of(const struct cp_merge *merge, uint32_t part_index) {
    const struct cp_merge_part *part = &merge->parts[part_index];
    return (struct cp_merge_known){part->ids.values, part->sites.values, (uint32_t)part->ids.count,
                                   (uint32_t)part->sites.count};
}

static int copy_numbers(struct cp_merge_numbers *to, const uint32_t *values, uint32_t count) {
    if (count == 0) {
        return 0;
    }
    if (reach(to, count - 1) < 0) {
        return -1;
    }
    memcpy(to->values, values, count * sizeof *values);
    return 0;
}

int cp_merge_restore_part(struct cp_merge *merge, uint32_t part_index,
                          const struct cp_merge_known *known) {
    struct cp_merge_part *part = &merge->parts[part_index];
    for (uint32_t i = 0; i < known->site_count; i++) {
        uint32_t site = known->sites[i];
        if (site != 0 && cp_merge_reserve_site(merge, site - 1) < 0) {
            return -1;
        }
    }
    int err = copy_numbers(&part->ids, known->ids, known->id_count);
    return err ? err : copy_numbers(&part->sites, known->sites, known->site_count);
}

int cp_merge_restore_row(struct cp_merge *merge, uint32_t id, uint64_t hash_high, uint64_t hash_low,
                         uint32_t cuts) {
    struct cp_merge_entry *at = cp_merge_set_find(&merge->known, hash_high, hash_low);
    return at && at->id == 0 ? add_known(merge, at, id, hash_high, hash_low, cuts) : -1;
}

// --- sites

int cp_merge_reserve_site(struct cp_merge *merge, uint32_t site) {
    while (merge->site_count <= site) {
        struct cp_site *sites =
            grown(merge->sites, merge->site_count, &merge->site_capacity, sizeof *sites);
        if (!sites) {
            return -1;
        }
        merge->sites = sites;
        memset(&sites[merge->site_count++], 0, sizeof *sites);
    }
    return 0;
}

uint32_t cp_merge_site(struct cp_merge *merge, uint32_t part_index, uint32_t site) {
    struct cp_merge_numbers *sites = &merge->parts[part_index].sites;
    if (site == UINT32_MAX) {
        return UINT32_MAX;
    }
    if (number_at(sites, site) == 0) {
        uint32_t added = merge->site_count;
        if (reach(sites, site) < 0 || cp_merge_reserve_site(merge, added) < 0) {
            return UINT32_MAX;
        }
        sites->values[site] = added + 1; // 0: none yet
    }
    return sites->values[site] - 1;
}

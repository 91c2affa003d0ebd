// liveness.c: see liveness.h.

#include "faults/liveness.h"

#include "faults/large.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

void cp_liveness_free(struct cp_liveness_notes *notes) {
    cp_large_free(notes->segments);
    cp_large_free(notes->stretches);
    cp_large_free(notes->segment_of_state);
    cp_large_free(notes->cuts);
    memset(notes, 0, sizeof(*notes));
}

static int reserve_state(struct cp_liveness_notes *notes, uint32_t state_id) {
    if (state_id < notes->state_capacity) {
        return 0;
    }
    size_t capacity = 2 * (size_t)state_id + 1024;
    uint32_t *segments = cp_large_resize(notes->segment_of_state, capacity * sizeof(*segments));
    if (!segments) {
        return -1;
    }
    memset(segments + notes->state_capacity, 0xFF,
           (capacity - notes->state_capacity) * sizeof(*segments));
    notes->segment_of_state = segments;
    notes->state_capacity = (uint32_t)capacity;
    return 0;
}

static int reserve_segment(struct cp_liveness_notes *notes) {
    if (notes->segment_count < notes->segment_capacity) {
        return 0;
    }
    uint32_t capacity = 2 * notes->segment_capacity + 1024;
    struct cp_segment *segments = cp_large_resize(notes->segments, capacity * sizeof(*segments));
    if (!segments) {
        return -1;
    }
    notes->segments = segments;
    notes->segment_capacity = capacity;
    return 0;
}

static int reserve_stretch(struct cp_liveness_notes *notes) {
    if (notes->stretch_count < notes->stretch_capacity) {
        return 0;
    }
    uint32_t capacity = 2 * notes->stretch_capacity + 1024;
    struct cp_stretch *stretches = cp_large_resize(notes->stretches, capacity * sizeof(*stretches));
    if (!stretches) {
        return -1;
    }
    notes->stretches = stretches;
    notes->stretch_capacity = capacity;
    return 0;
}

uint32_t cp_liveness_begin(struct cp_liveness_notes *notes, uint32_t state_id, uint32_t fork) {
    if (reserve_segment(notes) || reserve_state(notes, state_id)) {
        return CP_SEGMENT_NONE;
    }
    notes->present_stretch = notes->stretch_count;
    if (state_id != 0 && notes->segment_of_state[state_id] != CP_SEGMENT_NONE) {
        return notes->segment_of_state[state_id]; // a boot that is explored again
    }
    uint32_t made = notes->segment_count++;
    struct cp_segment *segment = &notes->segments[made];
    *segment = (struct cp_segment){.sibling = CP_SEGMENT_NONE};
    if (state_id != 0) {
        notes->segment_of_state[state_id] = made;
    } else {
        segment->sibling = notes->segments[fork].next;
        notes->segments[fork].next = made;
    }
    return made;
}

int cp_liveness_operation(struct cp_liveness_notes *notes, uint32_t time_us) {
    struct cp_stretch next = {time_us, 1, time_us};
    if (notes->stretch_count > notes->present_stretch) {
        struct cp_stretch *newest = &notes->stretches[notes->stretch_count - 1];
        if (newest->time_us == time_us) {
            newest->operations_end++;
            newest->end_us += time_us;
            return 0;
        }
        next.end_us += newest->end_us;
        next.operations_end += newest->operations_end;
    }
    if (reserve_stretch(notes)) {
        return -1;
    }
    notes->stretches[notes->stretch_count++] = next;
    return 0;
}

static bool is_same_as_kept(const struct cp_liveness_notes *notes, uint32_t count) {
    return count == notes->kept_count &&
           memcmp(notes->stretches + notes->kept_stretch, notes->stretches + notes->present_stretch,
                  count * sizeof(*notes->stretches)) == 0;
}

// The stretches of the present segment are those of `ended`.
static void keep_stretches(struct cp_liveness_notes *notes, struct cp_segment *ended) {
    uint32_t count = notes->stretch_count - notes->present_stretch;
    if (count > 0 && is_same_as_kept(notes, count)) {
        notes->stretch_count = notes->present_stretch;
    } else if (count > 0) {
        notes->kept_stretch = notes->present_stretch;
        notes->kept_count = count;
    }
    ended->first_stretch = notes->kept_stretch;
    ended->stretch_count = count & 0x1FFFFFFFu;
    notes->present_stretch = notes->stretch_count;
}

void cp_liveness_end(struct cp_liveness_notes *notes, uint32_t segment, uint32_t operations,
                     enum cp_segment_end end, uint32_t next, uint32_t next_offset) {
    struct cp_segment *ended = &notes->segments[segment];
    if (end == CP_SEGMENT_JOINS && next == segment) {
        notes->stretch_count = notes->present_stretch;
        return; // explored again, it comes to where it was then: what it did is noted
    }
    keep_stretches(notes, ended);
    ended->operations = operations;
    ended->end = (unsigned)end & 7u;
    ended->next = next;
    ended->next_offset = next_offset;
}

int cp_liveness_cut(struct cp_liveness_notes *notes, uint32_t segment, uint32_t offset,
                    uint32_t state_id) {
    if (notes->cut_count == notes->cut_capacity) {
        uint32_t capacity = 2 * notes->cut_capacity + 1024;
        struct cp_progress_cut *cuts = cp_large_resize(notes->cuts, capacity * sizeof(*cuts));
        if (!cuts) {
            return -1;
        }
        notes->cuts = cuts;
        notes->cut_capacity = capacity;
    }
    notes->cuts[notes->cut_count++] = (struct cp_progress_cut){segment, offset, state_id};
    return 0;
}

uint64_t cp_liveness_size_bytes(const struct cp_liveness_notes *notes) {
    return notes->segment_capacity * sizeof(*notes->segments) +
           notes->stretch_capacity * sizeof(*notes->stretches) +
           notes->state_capacity * sizeof(*notes->segment_of_state) +
           notes->cut_capacity * sizeof(*notes->cuts);
}

// --- how much is left from the beginning of each segment: operations, or their time

#define NOT_YET UINT64_MAX
#define ON_PATH (UINT64_MAX - 1u) // waits for another one

static uint64_t known(uint64_t left) {
    return left == ON_PATH ? 0 : left; // a circle, closed where it is met again
}

struct conclusion {
    const struct cp_liveness_notes *notes;
    bool is_time;        // asked is how long, not how many
    uint64_t *left;      // by segment
    uint32_t *first_cut; // by segment, index into the sorted cuts
    uint32_t *path;      // segments that wait for another one
    uint32_t path_count;
};

static uint32_t segment_of(const struct cp_liveness_notes *notes, uint32_t state_id) {
    return state_id < notes->state_capacity ? notes->segment_of_state[state_id] : CP_SEGMENT_NONE;
}

// How long the first `operations` of a segment take.
static uint64_t time_up_to(const struct cp_liveness_notes *notes, const struct cp_segment *segment,
                           uint32_t operations) {
    const struct cp_stretch *stretches = notes->stretches + segment->first_stretch;
    uint32_t low = 0, high = segment->stretch_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (stretches[middle].operations_end < operations) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low == segment->stretch_count) {
        return low == 0 ? 0 : stretches[low - 1].end_us;
    }
    const struct cp_stretch *at = &stretches[low];
    return at->end_us - (uint64_t)(at->operations_end - operations) * at->time_us;
}

// What the operations of a segment from `first` on cost, up to `end`.
static uint64_t cost(const struct conclusion *all, uint32_t at, uint32_t first, uint32_t end) {
    const struct cp_segment *segment = &all->notes->segments[at];
    if (end <= first) {
        return 0;
    }
    return all->is_time ? time_up_to(all->notes, segment, end) -
                              (first > 0 ? time_up_to(all->notes, segment, first) : 0)
                        : end - first;
}

// The segment on which this one waits, or CP_SEGMENT_NONE if its own number is known now.
static uint32_t settle(const struct conclusion *all, uint32_t at) {
    const struct cp_segment *segment = &all->notes->segments[at];
    uint64_t rest = 0;
    if (segment->end == CP_SEGMENT_JOINS) {
        if (all->left[segment->next] == NOT_YET) {
            return segment->next;
        }
        uint64_t left = known(all->left[segment->next]);
        uint64_t before = cost(all, segment->next, 0, segment->next_offset);
        rest = left > before ? left - before : 0;
    } else if (segment->end == CP_SEGMENT_RESETS) {
        uint32_t next = segment_of(all->notes, segment->next);
        if (next != CP_SEGMENT_NONE && all->left[next] == NOT_YET) {
            return next;
        }
        rest = next == CP_SEGMENT_NONE ? 0 : known(all->left[next]);
    } else if (segment->end == CP_SEGMENT_FORKS) {
        for (uint32_t option = segment->next; option != CP_SEGMENT_NONE;
             option = all->notes->segments[option].sibling) {
            if (all->left[option] == NOT_YET) {
                return option;
            }
            uint64_t left = known(all->left[option]);
            rest = left > rest ? left : rest;
        }
    }
    all->left[at] = cost(all, at, 0, segment->operations) + rest;
    return CP_SEGMENT_NONE;
}

// A segment that waits for itself goes round for ever, which is reported elsewhere.
static void settle_from(struct conclusion *all, uint32_t at) {
    all->path_count = 0;
    while (at != CP_SEGMENT_NONE) {
        uint32_t waits_for = all->left[at] >= ON_PATH ? settle(all, at) : CP_SEGMENT_NONE;
        if (waits_for != CP_SEGMENT_NONE) {
            all->left[at] = ON_PATH;
            all->path[all->path_count++] = at;
            at = waits_for;
        } else {
            at = all->path_count > 0 ? all->path[--all->path_count] : CP_SEGMENT_NONE;
        }
    }
}

static int by_segment_and_offset(const void *a, const void *b) {
    const struct cp_progress_cut *left = a, *right = b;
    if (left->segment != right->segment) {
        return left->segment < right->segment ? -1 : 1;
    }
    return left->offset == right->offset ? 0 : left->offset < right->offset ? -1 : 1;
}

static void sort_cuts(struct conclusion *all) {
    const struct cp_liveness_notes *notes = all->notes;
    if (notes->cut_count > 0) {
        qsort(notes->cuts, notes->cut_count, sizeof(*notes->cuts), by_segment_and_offset);
    }
    memset(all->first_cut, 0xFF, notes->segment_count * sizeof(*all->first_cut));
    for (uint32_t i = notes->cut_count; i-- > 0;) {
        all->first_cut[notes->cuts[i].segment] = i;
    }
}

// The first cut of a segment after `offset` that leaves less than `left` to do:
// the operation after which it is, or 0 if there is none.
static uint32_t progress_after(const struct conclusion *all, uint32_t at, uint32_t offset,
                               uint64_t left) {
    const struct cp_liveness_notes *notes = all->notes;
    for (uint32_t i = all->first_cut[at]; i < notes->cut_count && notes->cuts[i].segment == at;
         i++) {
        uint32_t then = segment_of(notes, notes->cuts[i].state_id);
        if (notes->cuts[i].offset > offset && then != CP_SEGMENT_NONE && all->left[then] < left) {
            return notes->cuts[i].offset;
        }
    }
    return 0;
}

// From the beginning of a state's boot, what it costs until progress is safe. Where
// the way forks, until an image is started.
static uint64_t uptime_of(const struct conclusion *all, uint32_t at) {
    uint64_t left = all->left[at], done = 0;
    uint32_t offset = 0;
    for (;;) {
        const struct cp_segment *segment = &all->notes->segments[at];
        uint32_t found = progress_after(all, at, offset, left);
        if (found > 0) {
            return done + cost(all, at, offset, found);
        }
        done += cost(all, at, offset, segment->operations);
        offset = 0;
        if (segment->end == CP_SEGMENT_JOINS) {
            at = segment->next;
            offset = segment->next_offset;
        } else if (segment->end == CP_SEGMENT_RESETS) {
            at = segment_of(all->notes, segment->next);
        } else {
            return left;
        }
        if (at == CP_SEGMENT_NONE || done >= left) {
            return left;
        }
    }
}

static void conclude(struct conclusion *all, uint32_t state_count, uint64_t *uptime,
                     uint64_t *boot_max) {
    memset(all->left, 0xFF, all->notes->segment_count * sizeof(*all->left));
    for (uint32_t i = 0; i < all->notes->segment_count; i++) {
        settle_from(all, i);
    }
    for (uint32_t id = 1; id <= state_count; id++) {
        uint32_t segment = segment_of(all->notes, id);
        if (segment == CP_SEGMENT_NONE || all->left[segment] == 0) {
            continue;
        }
        uint64_t enough = uptime_of(all, segment);
        *uptime = enough > *uptime ? enough : *uptime;
        *boot_max = all->left[segment] > *boot_max ? all->left[segment] : *boot_max;
    }
}

int cp_liveness_conclude(struct cp_liveness_notes *notes, uint32_t state_count,
                         struct cp_liveness *liveness) {
    size_t count = (size_t)notes->segment_count + 1;
    struct conclusion all = {.notes = notes,
                             .left = cp_large_resize(NULL, count * sizeof(uint64_t)),
                             .first_cut = cp_large_resize(NULL, count * sizeof(uint32_t)),
                             .path = cp_large_resize(NULL, count * sizeof(uint32_t))};
    int err = all.left && all.first_cut && all.path ? 0 : -1;
    memset(liveness, 0, sizeof(*liveness));
    if (!err) {
        sort_cuts(&all);
        conclude(&all, state_count, &liveness->uptime_operations, &liveness->boot_operations_max);
        all.is_time = true;
        conclude(&all, state_count, &liveness->uptime_us, &liveness->boot_us_max);
    }
    cp_large_free(all.left);
    cp_large_free(all.first_cut);
    cp_large_free(all.path);
    return err;
}

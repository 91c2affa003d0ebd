// cuts.c: see cuts.h.

#include "faults/cuts.h"

#include <stdlib.h>

void cp_cuts_free(struct cp_cuts *cuts) {
    free(cuts->runs);
    *cuts = (struct cp_cuts){0};
}

static uint32_t fault_of(const struct cp_cut_run *run) {
    switch (run->edge) {
    case CP_EDGE_TORN_PROGRAM: return 2 + run->tear;
    case CP_EDGE_TORN_ERASE: return 2 + CP_PROGRAM_TEAR_COUNT + run->tear;
    case CP_EDGE_MCU_RESET: return 1;
    default: return 0;
    }
}

static bool has_same_end(const struct cp_cut_run *a, const struct cp_cut_run *b) {
    return a->outcome == b->outcome && a->final_image == b->final_image;
}

// Make `run` a part of a run that it meets at either end.
static bool extend(struct cp_cut_run *known, const struct cp_cut_run *run) {
    if (!has_same_end(known, run)) {
        return false;
    }
    if (known->last + 1 == run->first) {
        known->last = run->last;
        return true;
    }
    if (run->last + 1 == known->first) {
        known->first = run->first;
        return true;
    }
    return false;
}

static int reserve(struct cp_cuts *cuts) {
    if (cuts->count < cuts->capacity) {
        return 0;
    }
    uint32_t capacity = 2 * cuts->capacity + 64;
    struct cp_cut_run *runs = realloc(cuts->runs, capacity * sizeof(*runs));
    if (!runs) {
        return -1;
    }
    cuts->runs = runs;
    cuts->capacity = capacity;
    return 0;
}

int cp_cuts_add(struct cp_cuts *cuts, const struct cp_cut_run *run) {
    uint32_t *newest = &cuts->newest[fault_of(run)];
    if (*newest > 0 && extend(&cuts->runs[*newest - 1], run)) {
        return 0;
    }
    if (reserve(cuts)) {
        return -1;
    }
    cuts->runs[cuts->count++] = *run;
    *newest = cuts->count;
    return 0;
}

// Of those that begin at the same event the longest comes first.
static int order(const void *a, const void *b) {
    const struct cp_cut_run *one = a, *other = b;
    uint32_t fault = fault_of(one), other_fault = fault_of(other);
    if (fault != other_fault) {
        return fault < other_fault ? -1 : 1;
    }
    if (one->first != other->first) {
        return one->first < other->first ? -1 : 1;
    }
    return one->last == other->last ? 0 : one->last > other->last ? -1 : 1;
}

// What of `run` is not in `known`, which begins before it. False if nothing is.
static bool cut_off_known(const struct cp_cut_run *known, struct cp_cut_run *run) {
    if (fault_of(known) == fault_of(run) && run->first <= known->last) {
        run->first = known->last + 1;
    }
    return run->first <= run->last;
}

void cp_cuts_conclude(struct cp_cuts *cuts) {
    uint32_t kept = 0;
    if (cuts->count > 0) {
        qsort(cuts->runs, cuts->count, sizeof(*cuts->runs), order);
    }
    for (uint32_t i = 0; i < cuts->count; i++) {
        struct cp_cut_run run = cuts->runs[i];
        struct cp_cut_run *known = kept > 0 ? &cuts->runs[kept - 1] : NULL;
        if (known && !cut_off_known(known, &run)) {
            continue;
        }
        bool is_of_known = known && fault_of(known) == fault_of(&run) && extend(known, &run);
        if (!is_of_known) {
            cuts->runs[kept++] = run;
        }
    }
    cuts->count = kept;
    for (uint32_t i = 0; i < CP_CUT_FAULTS; i++) {
        cuts->newest[i] = 0;
    }
}

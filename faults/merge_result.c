// merge_result.c: what several parts came to becomes what the whole comes to.

#include "faults/conclude.h"
#include "faults/merge_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// --- sites

static bool is_same_place(const struct cp_site *one, const struct cp_site *other) {
    return one->frame_count == other->frame_count &&
           memcmp(one->frames, other->frames, one->frame_count * sizeof one->frames[0]) == 0;
}

static struct cp_site *find_place(struct cp_merge *merge, const struct cp_site *wanted) {
    for (uint32_t i = 0; i < merge->site_count; i++) {
        if (merge->sites[i].frame_count > 0 && is_same_place(&merge->sites[i], wanted)) {
            return &merge->sites[i];
        }
    }
    return NULL;
}

static int merge_site(struct cp_merge *merge, uint32_t part, uint32_t index,
                      const struct cp_site *site) {
    struct cp_site *same = find_place(merge, site);
    const struct cp_merge_numbers *numbers = &merge->parts[part].sites;
    bool is_numbered = index < numbers->count && numbers->values[index] != 0;
    if (!same || is_numbered) {
        uint32_t number = cp_merge_site(merge, part, index);
        if (number == UINT32_MAX) {
            return -1;
        }
        same = find_place(merge, site); // the array may have moved
        struct cp_site *numbered = &merge->sites[number];
        *numbered = *site;
        if (!same || same == numbered) {
            return 0;
        }
        numbered->times = numbered->cuts_after = numbered->cuts_torn = 0;
    }
    same->times += site->times;
    same->cuts_after += site->cuts_after;
    same->cuts_torn += site->cuts_torn;
    return 0;
}

static int merge_sites(struct cp_merge *merge, uint32_t part, const struct cp_result *result) {
    int err = 0;
    for (uint32_t i = 0; !err && i < result->site_count; i++) {
        err = merge_site(merge, part, i, &result->sites[i]);
    }
    return err;
}

// --- wear and violations

static struct cp_wear *find_wear(const struct cp_result *whole, const struct cp_wear *wanted) {
    for (uint32_t i = 0; i < whole->wear_count; i++) {
        if (whole->wear[i].device == wanted->device && whole->wear[i].page == wanted->page) {
            return &whole->wear[i];
        }
    }
    return NULL;
}

static int merge_wear(struct cp_result *whole, const struct cp_result *part) {
    size_t most = (size_t)whole->wear_count + part->wear_count;
    struct cp_wear *wear = realloc(whole->wear, (most + 1) * sizeof *wear);
    if (!wear) {
        return -1;
    }
    whole->wear = wear;
    for (uint32_t i = 0; i < part->wear_count; i++) {
        const struct cp_wear *more = &part->wear[i];
        struct cp_wear *known = find_wear(whole, more);
        if (!known) {
            wear[whole->wear_count++] = *more;
            continue;
        }
        known->erases_max =
            more->erases_max > known->erases_max ? more->erases_max : known->erases_max;
        known->excess_max =
            more->excess_max > known->excess_max ? more->excess_max : known->excess_max;
    }
    return 0;
}

static int merge_cuts(struct cp_merge *merge, const struct cp_result *part) {
    int err = 0;
    for (uint32_t i = 0; !err && i < part->cut_count; i++) {
        err = cp_cuts_add(&merge->first_cuts, &part->cuts[i]);
    }
    return err;
}

static void merge_violation(struct cp_result *whole, const struct cp_violation *more) {
    for (uint32_t i = 0; i < whole->violation_count; i++) {
        struct cp_violation *known = &whole->violations[i];
        if (known->promise == more->promise) {
            *known = more->cuts < known->cuts ? *more : *known;
            return;
        }
    }
    if (whole->violation_count < CP_PROMISE_COUNT) {
        whole->violations[whole->violation_count++] = *more;
    }
}

// --- counts

static void merge_counts(struct cp_result *whole, const struct cp_result *part) {
    whole->cuts_explored += part->cuts_explored;
    whole->operations += part->operations;
    whole->boots += part->boots;
    whole->visited_bytes += part->visited_bytes;
    whole->memo_hits += part->memo_hits;
    whole->torn_reads += part->torn_reads;
    whole->audit.reads += part->audit.reads;
    whole->audit.values += part->audit.values;
    whole->audit.surprises += part->audit.surprises;
    for (int i = 0; i < CP_PROMISE_COUNT; i++) {
        whole->promises[i].exercised += part->promises[i].exercised;
        whole->promises[i].violated += part->promises[i].violated;
    }
}

static void take_max(uint64_t *whole, uint64_t part) {
    *whole = part > *whole ? part : *whole;
}

static void merge_maxima(struct cp_result *whole, const struct cp_result *part) {
    struct cp_liveness *liveness = &whole->liveness;
    whole->seconds = part->seconds > whole->seconds ? part->seconds : whole->seconds;
    take_max(&liveness->uptime_operations, part->liveness.uptime_operations);
    take_max(&liveness->boot_operations_max, part->liveness.boot_operations_max);
    take_max(&liveness->uptime_us, part->liveness.uptime_us);
    take_max(&liveness->boot_us_max, part->liveness.boot_us_max);
    take_max(&whole->uncut_programs, part->uncut_programs);
    take_max(&whole->uncut_erases, part->uncut_erases);
    take_max(&whole->uncut_time_us, part->uncut_time_us);
    take_max(&whole->update_us, part->update_us);
    take_max(&whole->revert_us, part->revert_us);
    take_max(&whole->unfed_us_max, part->unfed_us_max);
    whole->cuts_max = whole->cuts_max > part->cuts_max ? whole->cuts_max : part->cuts_max;
    whole->is_wear_exact = whole->is_wear_exact && part->is_wear_exact;
}

static int weight_of(enum cp_verdict verdict) {
    static const int weights[] = {
        [CP_VERDICT_PROVED] = 0,
        [CP_VERDICT_BOUNDED] = 1,
        [CP_VERDICT_ERROR] = 2,
        [CP_VERDICT_VIOLATED] = 3,
    };
    return weights[verdict];
}

static void merge_verdict(struct cp_merge *merge, const struct cp_result *part) {
    struct cp_result *whole = &merge->whole;
    if (weight_of(part->verdict) > weight_of(whole->verdict)) {
        whole->verdict = part->verdict;
    }
    if (*part->error && !*whole->error) {
        snprintf(whole->error, sizeof whole->error, "%s", part->error);
    }
    merge->stops |= 1u << part->stop;
    merge->has_states_budget |= part->stop == CP_STOP_STATES && !part->is_complete;
}

int cp_merge_result(struct cp_merge *merge, uint32_t part, const struct cp_result *result) {
    merge_verdict(merge, result);
    merge_counts(&merge->whole, result);
    merge_maxima(&merge->whole, result);
    for (uint32_t i = 0; i < result->violation_count; i++) {
        merge_violation(&merge->whole, &result->violations[i]);
    }
    int err = merge_wear(&merge->whole, result);
    err = err ? err : merge_cuts(merge, result);
    return err ? err : merge_sites(merge, part, result);
}

// --- the whole

static bool has_all_claims(const struct cp_case *test_case, const struct cp_result *whole) {
    uint32_t open = test_case->expect.violates;
    for (uint32_t i = 0; i < whole->violation_count; i++) {
        open &= ~(1u << whole->violations[i].promise);
    }
    return test_case->expect.violates != 0 && open == 0;
}

// Why the whole ended: a violation before all else, since that is where a search of
// the whole would have ended; then what is worst.
static enum cp_stop stop_of(const struct cp_merge *merge, const struct cp_case *test_case) {
    static const enum cp_stop order[] = {
        CP_STOP_NO_FUNCTION, CP_STOP_APART,       CP_STOP_VIOLATION, CP_STOP_MEMORY,
        CP_STOP_LOG_FAILED,  CP_STOP_INTERRUPTED, CP_STOP_TIME,      CP_STOP_MEMORY_BUDGET,
        CP_STOP_STATES,      CP_STOP_CLAIMS_MET,
    };
    if (has_all_claims(test_case, &merge->whole) && !(merge->stops >> CP_STOP_VIOLATION & 1)) {
        return CP_STOP_CLAIMS_MET;
    }
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        if (merge->stops >> order[i] & 1) {
            return order[i];
        }
    }
    return CP_STOP_NONE;
}

static void copy_sites(const struct cp_merge *merge, struct cp_result *whole) {
    struct cp_site *sites = calloc((size_t)merge->site_count + 1, sizeof *sites);
    if (sites && merge->site_count > 0) {
        memcpy(sites, merge->sites, merge->site_count * sizeof *sites);
    }
    whole->sites = sites;
    whole->site_count = sites ? merge->site_count : 0;
}

static void copy_wear(const struct cp_merge *merge, struct cp_result *whole) {
    whole->wear = calloc((size_t)merge->whole.wear_count + 1, sizeof *whole->wear);
    if (whole->wear && merge->whole.wear_count > 0) {
        memcpy(whole->wear, merge->whole.wear, merge->whole.wear_count * sizeof *whole->wear);
    }
    whole->wear_count = whole->wear ? merge->whole.wear_count : 0;
}

static void copy_cuts(const struct cp_merge *merge, struct cp_result *whole) {
    struct cp_cuts cuts = {0};
    int err = 0;
    for (uint32_t i = 0; !err && i < merge->first_cuts.count; i++) {
        err = cp_cuts_add(&cuts, &merge->first_cuts.runs[i]);
    }
    cp_cuts_conclude(&cuts);
    whole->cuts = cuts.runs;
    whole->cut_count = cuts.count;
}

void cp_merge_conclude(const struct cp_merge *merge, const struct cp_case *test_case,
                       const struct cp_explore_options *options, struct cp_result *whole) {
    struct cp_explore_options undivided = options ? *options : (struct cp_explore_options){0};
    struct cp_case searched = *test_case;
    undivided.shard_index = undivided.shard_count = 0;
    undivided.is_states_budget = merge->has_states_budget;
    searched.bounds.cuts_max = merge->whole.cuts_max;
    *whole = merge->whole;
    whole->states = merge->known.count;
    copy_sites(merge, whole);
    copy_wear(merge, whole);
    copy_cuts(merge, whole);
    cp_conclude(test_case, &searched, stop_of(merge, test_case), &undivided, whole);
}

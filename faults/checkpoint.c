// checkpoint.c: see checkpoint.h.

#define _GNU_SOURCE
#include "faults/checkpoint.h"

#include "faults/large.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAGIC   0x314B434370746350u // "PctpCCK1"
#define VERSION 4u

// Sites of a core that is loaded as a library are told from where it was loaded.
#define IN_LIBRARY ((uintptr_t)1 << 62)

struct header {
    uint64_t magic;
    uint32_t version, case_hash;
    char core_hash[32];
    uint32_t shard_index, shard_count, is_audit, entry_size_bytes;
    struct cp_case bounds_of; // the case as it was searched
    struct cp_result result;  // its counts
    struct cp_promise_count counts[CP_PROMISE_COUNT];
    uint32_t last_id, claims_open;
    bool bound_was_hit, ignores_wear;
    uint64_t reboot_count, running_count, open_count, outcome_count;
    uint32_t allowance_count, allowance_set_count, page_count, site_count;
    uint32_t segment_count, segment_state_count, cut_count, cut_size_bytes;
    uint32_t stretch_count, first_cut_count, first_cut_size_bytes, branch_count;
};

struct file {
    FILE *stream;
    bool has_failed;
};

static void put(struct file *file, const void *data, size_t size_bytes) {
    if (size_bytes > 0 && fwrite(data, size_bytes, 1, file->stream) != 1) {
        file->has_failed = true;
    }
}

static void get(struct file *file, void *data, size_t size_bytes) {
    if (size_bytes > 0 && fread(data, size_bytes, 1, file->stream) != 1) {
        file->has_failed = true;
    }
}

// --- what is open

static int add_open(struct cp_visited *open, struct cp_hash key, uint32_t id) {
    bool is_new;
    struct cp_visited_slot *slot = cp_visited_find(open, key, &is_new);
    if (!slot) {
        return -1;
    }
    slot->id = id;
    return 0;
}

static bool is_open_id(const struct cp_explorer *x, uint32_t id, const uint8_t *open_ids) {
    return id <= x->last_id && (open_ids[id / 8] >> id % 8 & 1) != 0;
}

// A state that was not told of, since the search stopped in its boot, has a larger id.
static void mark(const struct cp_explorer *x, uint8_t *bits, uint32_t id) {
    if (id <= x->last_id) {
        bits[id / 8] |= (uint8_t)(1u << id % 8);
    }
}

// The ids of the states whose boots are on the present path, a bit each.
static uint8_t *find_open_ids(const struct cp_explorer *x) {
    uint8_t *bits = calloc(x->last_id / 8 + 1, 1);
    if (!bits) {
        return NULL;
    }
    for (size_t i = 0; i < x->frame_count; i++) {
        mark(x, bits, x->frames[i].id);
        mark(x, bits, x->frames[i].interrupted_id);
    }
    for (size_t i = 0; i < x->world.entry_count; i++) {
        if (x->world.entries[i].kind == CP_ENTRY_RESET) {
            mark(x, bits, x->world.entries[i].state_id);
        }
    }
    mark(x, bits, x->current_id);
    return bits;
}

// Of an erase there are two: before it, and when it is done.
static int add_open_places(struct cp_visited *places, const struct cp_entry *entry) {
    int err = add_open(places, entry->at, 0);
    return err || entry->kind != CP_ENTRY_ERASE ? err : add_open(places, entry->after, 0);
}

static int find_open(const struct cp_explorer *x, struct cp_visited *states,
                     struct cp_visited *places) {
    uint8_t *ids = find_open_ids(x);
    int err = ids ? 0 : -1;
    for (size_t i = 0; !err && i < x->reboot.capacity; i++) {
        const struct cp_visited_slot *slot = &x->reboot.slots[i];
        if (slot->id != 0 && is_open_id(x, slot->id, ids)) {
            err = add_open(states, slot->key, slot->id);
        }
    }
    for (size_t i = 0; !err && i < x->reopened.capacity; i++) {
        const struct cp_visited_slot *slot = &x->reopened.slots[i];
        if (slot->id != 0 && !cp_visited_look(&x->reboot, slot->key)) {
            err = add_open(states, slot->key, slot->id); // not met again so far
        }
    }
    for (size_t i = 0; !err && i < x->world.entry_count; i++) {
        err = add_open_places(places, &x->world.entries[i]);
    }
    free(ids);
    return err;
}

// --- saving

static bool is_used(const struct cp_visited_slot *slot) {
    return slot->key.low != 0 || slot->key.high != 0;
}

// A place of a branch is one of the state that was booted.
static uint32_t state_of(const struct cp_explorer *x, uint32_t id) {
    return (id & CP_BRANCH) != 0 ? x->branches[id & ~CP_BRANCH].state_id : id;
}

static bool is_closed(const struct cp_explorer *x, const struct cp_visited_slot *slot,
                      const struct cp_visited *open) {
    return is_used(slot) && state_of(x, slot->id) <= x->last_id &&
           !cp_visited_look(open, slot->key);
}

static uint64_t count_closed(const struct cp_explorer *x, const struct cp_visited *set,
                             const struct cp_visited *open) {
    uint64_t count = 0;
    for (size_t i = 0; i < set->capacity; i++) {
        count += is_closed(x, &set->slots[i], open);
    }
    return count;
}

static void put_closed(struct file *file, const struct cp_explorer *x, const struct cp_visited *set,
                       const struct cp_visited *open) {
    for (size_t i = 0; i < set->capacity; i++) {
        if (is_closed(x, &set->slots[i], open)) {
            put(file, &set->slots[i], sizeof(set->slots[i]));
        }
    }
}

static uintptr_t library_of(const struct cp_program *program) {
    Dl_info info;
    return dladdr(program, &info) ? (uintptr_t)info.dli_fbase : 0;
}

static uintptr_t base_of(uintptr_t address) {
    Dl_info info;
    return dladdr((void *)address, &info) ? (uintptr_t)info.dli_fbase : 0;
}

static void put_sites(struct file *file, const struct cp_sites *sites, uintptr_t library) {
    for (uint32_t i = 0; i < sites->count; i++) {
        struct cp_site site = sites->sites[i];
        for (uint32_t k = 0; k < site.frame_count; k++) {
            if (library != 0 && base_of(site.frames[k]) == library) {
                site.frames[k] = (site.frames[k] - library) | IN_LIBRARY;
            }
        }
        put(file, &site, sizeof(site));
    }
}

static struct header header_of(const struct cp_explorer *x, const struct cp_program *program) {
    struct header header;
    memset(&header, 0, sizeof(header));
    header.magic = MAGIC;
    header.version = VERSION;
    header.case_hash = cp_case_hash(x->test_case, program);
    snprintf(header.core_hash, sizeof(header.core_hash), "%s", program->core_hash);
    header.shard_index = x->options->shard_index;
    header.shard_count = x->options->shard_count;
    header.is_audit = x->options->is_audit;
    header.entry_size_bytes = sizeof(struct cp_visited_slot);
    header.first_cut_size_bytes = sizeof(struct cp_cut_run);
    return header;
}

static void put_header(struct file *file, const struct cp_explorer *x,
                       const struct cp_program *program, const struct cp_visited *states,
                       const struct cp_visited *places) {
    struct header header = header_of(x, program);
    header.bounds_of = *x->test_case;
    header.result = *x->result;
    header.result.sites = NULL;
    header.result.wear = NULL;
    header.result.cuts = NULL;
    header.result.seconds = cp_now_seconds() - x->started_seconds;
    memcpy(header.counts, x->world.promises.counts, sizeof(header.counts));
    header.last_id = x->last_id;
    header.claims_open = x->claims_open;
    header.bound_was_hit = x->bound_was_hit;
    header.ignores_wear = x->allowances.ignores_wear;
    header.reboot_count = count_closed(x, &x->reboot, states);
    header.running_count = count_closed(x, &x->running, places);
    header.open_count = states->count;
    header.outcome_count = x->outcome_capacity;
    header.allowance_count = x->allowances.count;
    header.allowance_set_count = x->allowances.node_count;
    header.page_count = x->world.wear.page_count;
    header.site_count = x->sites.count;
    header.segment_count = x->liveness.segment_count;
    header.segment_state_count = x->liveness.state_capacity;
    header.stretch_count = x->liveness.stretch_count;
    header.cut_count = x->liveness.cut_count;
    header.cut_size_bytes = sizeof(struct cp_progress_cut);
    header.first_cut_count = x->cuts.count;
    header.branch_count = x->branch_count;
    put(file, &header, sizeof(header));
}

static void put_all(struct file *file, const struct cp_explorer *x,
                    const struct cp_program *program, const struct cp_visited *states,
                    const struct cp_visited *places) {
    const struct cp_allowances *allowances = &x->allowances;
    const struct cp_liveness_notes *notes = &x->liveness;
    const struct cp_wear_levels *wear = &x->world.wear;
    put_header(file, x, program, states, places);
    put_closed(file, x, &x->reboot, states);
    put_closed(file, x, &x->running, places);
    for (size_t i = 0; i < states->capacity; i++) {
        if (is_used(&states->slots[i])) {
            put(file, &states->slots[i], sizeof(states->slots[i]));
        }
    }
    put(file, x->outcomes, x->outcome_capacity * sizeof(*x->outcomes));
    put(file, allowances->keys, allowances->count * sizeof(*allowances->keys));
    put(file, allowances->left, allowances->count * sizeof(*allowances->left));
    put(file, allowances->levels, (size_t)allowances->count * allowances->page_count);
    put(file, allowances->nodes, allowances->node_count * sizeof(*allowances->nodes));
    put(file, wear->levels_max, wear->page_count);
    put(file, wear->erases_max, wear->page_count * sizeof(*wear->erases_max));
    put_sites(file, &x->sites, library_of(program));
    put(file, notes->segments, notes->segment_count * sizeof(*notes->segments));
    put(file, notes->stretches, notes->stretch_count * sizeof(*notes->stretches));
    put(file, notes->segment_of_state, notes->state_capacity * sizeof(*notes->segment_of_state));
    put(file, notes->cuts, (size_t)notes->cut_count * sizeof(struct cp_progress_cut));
    put(file, x->cuts.runs, x->cuts.count * sizeof(*x->cuts.runs));
    put(file, x->branches, x->branch_count * sizeof(*x->branches));
}

static int write_file(const struct cp_explorer *x, const struct cp_program *program,
                      const char *path, const struct cp_visited *states,
                      const struct cp_visited *places) {
    struct file file = {fopen(path, "wb"), false};
    if (!file.stream) {
        return -1;
    }
    put_all(&file, x, program, states, places);
    return fclose(file.stream) != 0 || file.has_failed ? -1 : 0;
}

int cp_checkpoint_save(const struct cp_explorer *x, const struct cp_program *program,
                       const char *path) {
    struct cp_visited states = {0}, places = {0};
    char *aside = NULL;
    int err = asprintf(&aside, "%s.new", path) < 0 ? -1 : 0;
    if (!err) {
        err = cp_visited_init(&states) || cp_visited_init(&places) ||
              find_open(x, &states, &places) || write_file(x, program, aside, &states, &places);
        err = err || rename(aside, path) ? -1 : 0;
        if (err) {
            remove(aside);
        }
    }
    cp_visited_free(&states);
    cp_visited_free(&places);
    free(aside);
    return err;
}

// --- loading

static int refuse(struct cp_explorer *x, const char *path, const char *why) {
    snprintf(x->result->error, sizeof(x->result->error), "cannot go on from '%.120s': %s", path,
             why);
    return -1;
}

// The slots come in the order of a table: into a smaller one they would cluster.
static void get_set(struct file *file, struct cp_visited *set, uint64_t count) {
    if (cp_visited_reserve(set, count)) {
        file->has_failed = true;
    }
    for (uint64_t i = 0; i < count && !file->has_failed; i++) {
        struct cp_visited_slot slot;
        bool is_new;
        get(file, &slot, sizeof(slot));
        struct cp_visited_slot *made =
            file->has_failed ? NULL : cp_visited_find(set, slot.key, &is_new);
        if (!made) {
            file->has_failed = true;
            return;
        }
        *made = slot;
    }
}

// Read `count` items into a large array; NULL for none or on failure.
static void *get_items(struct file *file, uint64_t count, size_t size_bytes) {
    void *items = count > 0 ? cp_large_resize(NULL, count * size_bytes) : NULL;
    if (count > 0 && !items) {
        file->has_failed = true;
    } else if (items) {
        get(file, items, count * size_bytes);
    }
    return items;
}

static void get_sites(struct file *file, struct cp_sites *sites, uint32_t count,
                      uintptr_t library) {
    for (uint32_t i = 0; i < count && !file->has_failed; i++) {
        struct cp_site site;
        get(file, &site, sizeof(site));
        for (uint32_t k = 0; k < site.frame_count && k < CP_SITE_FRAMES_MAX; k++) {
            if ((site.frames[k] & IN_LIBRARY) != 0) {
                site.frames[k] = (site.frames[k] & ~IN_LIBRARY) + library;
            }
        }
        file->has_failed |= file->has_failed || cp_sites_add(sites, &site);
    }
}

static void get_liveness(struct file *file, struct cp_liveness_notes *notes,
                         const struct header *header) {
    notes->segment_count = notes->segment_capacity = header->segment_count;
    notes->segments = get_items(file, header->segment_count, sizeof(*notes->segments));
    notes->stretch_count = notes->stretch_capacity = header->stretch_count;
    notes->stretches = get_items(file, header->stretch_count, sizeof(*notes->stretches));
    notes->state_capacity = header->segment_state_count;
    notes->segment_of_state =
        get_items(file, header->segment_state_count, sizeof(*notes->segment_of_state));
    notes->cut_count = notes->cut_capacity = header->cut_count;
    notes->cuts = get_items(file, header->cut_count, sizeof(struct cp_progress_cut));
}

static void get_first_cuts(struct file *file, struct cp_cuts *cuts, uint32_t count) {
    for (uint32_t i = 0; i < count && !file->has_failed; i++) {
        struct cp_cut_run run;
        get(file, &run, sizeof(run));
        file->has_failed |= file->has_failed || cp_cuts_add(cuts, &run);
    }
}

static void take_header(struct cp_explorer *x, const struct header *header) {
    *x->result = header->result;
    memcpy(x->world.promises.counts, header->counts, sizeof(header->counts));
    x->last_id = header->last_id;
    x->claims_open = header->claims_open;
    x->bound_was_hit = header->bound_was_hit;
    x->allowances.ignores_wear = header->ignores_wear;
    x->seconds_before = header->result.seconds;
}

static void get_all(struct file *file, struct cp_explorer *x, const struct header *header,
                    const struct cp_program *program) {
    struct cp_wear_levels *wear = &x->world.wear;
    get_set(file, &x->reboot, header->reboot_count);
    get_set(file, &x->running, header->running_count);
    get_set(file, &x->reopened, header->open_count);
    cp_large_free(x->outcomes);
    x->outcomes = get_items(file, header->outcome_count, sizeof(*x->outcomes));
    x->outcome_capacity = header->outcome_count;
    struct cp_hash *keys = get_items(file, header->allowance_count, sizeof(*keys));
    struct cp_left *left = get_items(file, header->allowance_count, sizeof(*left));
    uint8_t *levels = get_items(file, (uint64_t)header->allowance_count * x->allowances.page_count,
                                sizeof(*levels));
    if (file->has_failed ||
        cp_allowances_take(&x->allowances, header->allowance_count, keys, left, levels)) {
        file->has_failed = true;
    }
    struct cp_allowance_node *nodes = get_items(file, header->allowance_set_count, sizeof(*nodes));
    if (file->has_failed ||
        cp_allowances_take_sets(&x->allowances, header->allowance_set_count, nodes)) {
        file->has_failed = true;
    }
    cp_large_free(nodes);
    get(file, wear->levels_max, wear->page_count);
    get(file, wear->erases_max, wear->page_count * sizeof(*wear->erases_max));
    get_sites(file, &x->sites, header->site_count, library_of(program));
    get_liveness(file, &x->liveness, header);
    get_first_cuts(file, &x->cuts, header->first_cut_count);
    x->branches = get_items(file, header->branch_count, sizeof(*x->branches));
    x->branch_count = x->branch_capacity = header->branch_count;
}

static bool is_of_search(const struct header *found, const struct header *wanted) {
    return found->magic == wanted->magic && found->version == wanted->version &&
           found->case_hash == wanted->case_hash &&
           memcmp(found->core_hash, wanted->core_hash, sizeof(found->core_hash)) == 0 &&
           found->shard_index == wanted->shard_index && found->shard_count == wanted->shard_count &&
           found->is_audit == wanted->is_audit &&
           found->entry_size_bytes == wanted->entry_size_bytes &&
           found->first_cut_size_bytes == wanted->first_cut_size_bytes &&
           found->cut_size_bytes == sizeof(struct cp_progress_cut);
}

// Faults, bounds on histories and promises decide what was explored.
static bool is_same_question(const struct cp_case *a, const struct cp_case *b) {
    return memcmp(&a->faults, &b->faults, sizeof(a->faults)) == 0 &&
           a->bounds.cuts_max == b->bounds.cuts_max && a->bounds.torn_max == b->bounds.torn_max &&
           a->promises == b->promises && a->expect.violates == b->expect.violates &&
           a->erases_per_update_max == b->erases_per_update_max;
}

int cp_checkpoint_load(struct cp_explorer *x, const struct cp_program *program, const char *path) {
    struct file file = {fopen(path, "rb"), false};
    if (!file.stream) {
        return refuse(x, path, "there is no such file");
    }
    struct header header, wanted = header_of(x, program);
    get(&file, &header, sizeof(header));
    int err = 0;
    if (file.has_failed || !is_of_search(&header, &wanted) ||
        header.page_count != x->world.wear.page_count ||
        !is_same_question(&header.bounds_of, x->test_case)) {
        err = refuse(x, path, "it was left by another case, program or build");
    } else {
        take_header(x, &header);
        get_all(&file, x, &header, program);
        if (file.has_failed) {
            err = refuse(x, path, "it is not whole, or memory ran out");
        }
    }
    fclose(file.stream);
    return err;
}

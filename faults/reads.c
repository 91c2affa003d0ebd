// reads.c: reads of undecided words, a branch for each class of values.

#include "faults/probe.h"
#include "faults/search.h"

#include <stdlib.h>

// Where the program stands, and what the word may be. What else matters is read.
static struct cp_hash key_of_read(const struct cp_machine *machine) {
    const struct cp_event *event = &machine->event;
    const struct cp_nor *nor = &machine->devices[event->device].nor;
    uint64_t range = (uint64_t)nor->words[event->word] << 32 | cp_nor_high(nor, event->word);
    return cp_hash_add(cp_machine_volatile_hash(machine), cp_hash_pair(range, 41));
}

static void count_audit(struct cp_explorer *x, const struct cp_classes *classes) {
    if (x->options->is_audit) {
        x->result->audit.reads++;
        x->result->audit.values += classes->values_tried;
        x->result->audit.surprises += classes->audit_count;
    }
}

// The classes of the present read: known, or found out. *is_kept: not to be freed.
static const struct cp_classes *classes_of_read(struct cp_explorer *x, bool *is_kept) {
    struct cp_machine *machine = x->world.machine;
    struct cp_hash key = key_of_read(machine);
    *is_kept = true;
    const struct cp_classes *known = cp_memo_find(&x->classes, machine, key);
    if (known) {
        return known;
    }
    struct cp_classes *found = cp_probe(&x->world, x->options->is_audit);
    if (!found) {
        cp_x_stop(x, CP_STOP_MEMORY);
        return NULL;
    }
    count_audit(x, found);
    size_t size_bytes = sizeof(*found) + found->count * sizeof(uint32_t);
    *is_kept = cp_memo_add(&x->classes, machine, key, found, size_bytes) == 0;
    return found;
}

static struct cp_entry *push_read(struct cp_explorer *x) {
    bool is_kept;
    const struct cp_classes *classes = classes_of_read(x, &is_kept);
    if (!classes) {
        return NULL;
    }
    struct cp_entry *entry = cp_world_read(&x->world, classes->values, classes->count);
    if (!is_kept) {
        free((void *)(uintptr_t)classes);
    }
    if (!entry) {
        cp_x_stop(x, CP_STOP_MEMORY);
    }
    return entry;
}

static void take(struct cp_explorer *x, struct cp_entry *entry, uint32_t option) {
    x->result->torn_reads++;
    cp_world_take_option(&x->world, entry, option);
    cp_x_begin_option(x, entry->segment);
}

bool cp_x_on_read(struct cp_explorer *x) {
    uint32_t id;
    struct cp_hash at = cp_world_place(&x->world);
    if (cp_x_is_known_run(x, at, &id)) {
        cp_x_resolve_like(x, id); // to read again what may read otherwise is no loop
        return false;
    }
    struct cp_entry *entry = push_read(x);
    if (!entry || !cp_x_keep_snapshot(x, entry)) {
        return false;
    }
    entry->at = at;
    entry->segment = x->segment;
    cp_x_end_segment(x, CP_SEGMENT_FORKS, CP_SEGMENT_NONE, 0);
    take(x, entry, 0);
    return true;
}

bool cp_x_next_class(struct cp_explorer *x, struct cp_entry *entry) {
    if (entry->option + 1 >= entry->option_count) {
        return false;
    }
    cp_machine_restore(x->world.machine, entry->snapshot);
    take(x, entry, entry->option + 1);
    cp_x_run_forward(x);
    return true;
}

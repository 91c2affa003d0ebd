// reads.c: reads of undecided words, a branch for each class of values.

#include "faults/probe.h"
#include "faults/search.h"

#include <stdlib.h>
#include <string.h>

// Where the program stands, and what the word may be. What else matters is read.
static struct cp_hash key_of_read(const struct cp_machine *machine) {
    const struct cp_event *event = &machine->event;
    const struct cp_nor *nor = &machine->devices[event->device].nor;
    uint64_t range = (uint64_t)nor->words[event->word] << 32 | cp_nor_high(nor, event->word);
    uint64_t is_doubtful = cp_nor_is_doubtful(nor, event->word);
    return cp_hash_add(cp_machine_volatile_hash(machine),
                       cp_hash_pair(range, 41 | is_doubtful << 32));
}

static void count_audit(struct cp_explorer *x, const struct cp_classes *classes) {
    if (x->notes) {
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
    struct cp_classes *found = cp_probe(&x->world, x->notes);
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

// --- the audit of words that were decided

// Try `value`, which the word holds, and all that it stands for.
static struct cp_classes *try_others(struct cp_explorer *x, const struct cp_audit_class *class) {
    uint32_t *values = malloc((class->count + 1) * sizeof(*values));
    if (!values) {
        return NULL;
    }
    values[0] = class->value;
    memcpy(values + 1, class->others, class->count * sizeof(*values));
    struct cp_classes *classes = cp_probe_values(&x->world, values, class->count + 1);
    free(values);
    return classes;
}

// Was the word written since the power came on? Then it is what was written, and no
// torn word from before.
static bool was_written(const struct cp_explorer *x, const struct cp_audit_class *class) {
    for (size_t i = x->world.entry_count; i > x->frames[x->frame_count - 1].base; i--) {
        const struct cp_entry *entry = &x->world.entries[i - 1];
        bool is_operation = entry->kind == CP_ENTRY_ERASE || entry->kind == CP_ENTRY_PROGRAM;
        uint32_t count = is_operation ? entry->word_count : 0;
        if (entry->device == class->device && class->word - entry->word < count) {
            return true;
        }
    }
    return false;
}

// What the word holds stands for other values. Does the program tell them apart here?
static void audit_word(struct cp_explorer *x, const struct cp_audit_class *class) {
    struct cp_machine *machine = x->world.machine;
    struct cp_hash key = cp_hash_add(key_of_read(machine), cp_hash_pair(class->count, 43));
    const struct cp_classes *known = cp_memo_find(&x->classes, machine, key);
    if (known && known->audit_count == 0) {
        return;
    }
    struct cp_classes *classes = try_others(x, class);
    if (!classes) {
        cp_x_stop(x, CP_STOP_MEMORY);
        return;
    }
    if (classes->audit_count == 0 || !was_written(x, class)) {
        count_audit(x, classes);
    }
    if (known || cp_memo_add(&x->classes, machine, key, classes, sizeof(*classes))) {
        free(classes);
    }
}

// A watched word: it is as it was decided, and no event of the run.
static bool on_watched_read(struct cp_explorer *x) {
    struct cp_machine *machine = x->world.machine;
    const struct cp_event event = machine->event;
    uint32_t value = machine->devices[event.device].nor.words[event.word];
    const struct cp_audit_class *class = cp_audit_look(x->notes, event.device, event.word, value);
    if (class) {
        audit_word(x, class);
    }
    cp_machine_answer(machine, value);
    return true;
}

bool cp_x_on_read(struct cp_explorer *x) {
    const struct cp_event *event = &x->world.machine->event;
    const struct cp_nor *nor = &x->world.machine->devices[event->device].nor;
    if (!cp_nor_is_open(nor, event->word) && !cp_nor_is_doubtful(nor, event->word)) {
        return on_watched_read(x);
    }
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
    cp_x_begin_branch(x, entry->mode);
    cp_x_run_forward(x);
    return true;
}

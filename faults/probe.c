// probe.c: see probe.h.

#include "faults/probe.h"

#include "faults/values.h"

#include <stdlib.h>
#include <string.h>

// Values that differ in what is dead on the stack are followed for so many events.
#define EVENTS_MAX 64u

// An operation done on trial, to be undone: cells as they were.
struct trial {
    uint32_t device, cell_first, cell_end;
    uint8_t *saved;
};

// What the program does from the read on.
struct story {
    struct cp_hash events[EVENTS_MAX];
    struct cp_hash places[EVENTS_MAX];
    uint32_t count;
    bool is_ended;
};

struct prober {
    struct cp_world *world;
    struct cp_machine_snapshot snapshot;
    struct cp_range range;
    enum cp_read_kind kind;
    uint32_t device, word; // that is read
    uint32_t first, count; // that it decides
    struct cp_word old[CP_ECC_WORDS_MAX];
    struct trial trials[EVENTS_MAX];
    uint32_t trial_count;
    struct cp_audit_notes *notes; // or NULL
    bool is_next_enough;          // values with the same next event are of one class
    bool is_out_of_memory;
};

// --- operations on trial

static void note_cells(struct cp_machine *machine, uint32_t device, uint32_t first, uint32_t end) {
    for (uint32_t cell = first; cell < end; cell++) {
        cp_machine_note_cell(machine, device, cell);
    }
}

// Keep the cells that an operation changes.
static bool save_cells(struct prober *p, const struct cp_event *event, struct trial *trial) {
    struct cp_machine *machine = p->world->machine;
    const struct cp_nor *nor = &machine->devices[event->device].nor;
    uint32_t first = event->word / nor->words_per_cell;
    uint32_t last = (event->word + event->word_count - 1) / nor->words_per_cell;
    *trial = (struct trial){.device = event->device, .cell_first = first, .cell_end = last + 1};
    size_t size_bytes = 0;
    for (uint32_t cell = first; cell <= last; cell++) {
        size_bytes += cp_nor_cell_save_size_bytes(nor, cell);
    }
    uint8_t *save = trial->saved = malloc(size_bytes);
    if (!save) {
        p->is_out_of_memory = true;
        return false;
    }
    note_cells(machine, event->device, first, last + 1);
    for (uint32_t cell = first; cell <= last; cell++) {
        cp_nor_save_cell(nor, cell, save);
        save += cp_nor_cell_save_size_bytes(nor, cell);
    }
    return true;
}

static void try_program(struct prober *p, const struct cp_event *event) {
    struct cp_device *device = &p->world->machine->devices[event->device];
    for (uint32_t i = 0; i < event->word_count; i++) {
        uint32_t word = event->word + i;
        struct cp_word whole =
            cp_word_program(&device->part, cp_word_get(&device->nor, word), event->words[i]);
        cp_nor_restore_word(&device->nor, word, whole.low, whole.high, whole.undecided,
                            whole.programs);
    }
}

static void try_erase(struct prober *p, const struct cp_event *event, const struct trial *trial) {
    struct cp_nor *nor = &p->world->machine->devices[event->device].nor;
    for (uint32_t cell = trial->cell_first; cell < trial->cell_end; cell++) {
        cp_nor_erase_cell(nor, cell);
    }
}

static void undo_trials(struct prober *p) {
    while (p->trial_count > 0) {
        struct trial *trial = &p->trials[--p->trial_count];
        struct cp_nor *nor = &p->world->machine->devices[trial->device].nor;
        const uint8_t *saved = trial->saved;
        for (uint32_t cell = trial->cell_first; cell < trial->cell_end; cell++) {
            saved = cp_nor_restore_cell(nor, cell, saved);
        }
        free(trial->saved);
    }
}

// --- stories

static bool ends(enum cp_event_kind kind) {
    switch (kind) {
    case CP_EVENT_PROGRAM:
    case CP_EVENT_ERASE:
    case CP_EVENT_ILLEGAL:
    case CP_EVENT_NOTE:
    case CP_EVENT_CHOICE:
    case CP_EVENT_READ: return false;
    case CP_EVENT_JUMP:
    case CP_EVENT_DFU_MODE:
    case CP_EVENT_PANIC:
    case CP_EVENT_RESET:
    case CP_EVENT_HANG:
    case CP_EVENT_IDLE:
    case CP_EVENT_CRASH:
    case CP_EVENT_STALL:
    case CP_EVENT_WATCHDOG: return true;
    }
    return true;
}

static struct cp_hash hash_event(const struct cp_event *event) {
    uint32_t words[5] = {(uint32_t)event->kind, event->device, event->word, event->value,
                         (uint32_t)event->note};
    return cp_hash_bytes(words, sizeof(words), 21);
}

// Let the machine go on from an event of a trial. An undecided word that is read on the
// way gives one end of its range, or with `takes_other` the other.
static void go_on(struct prober *p, const struct cp_event *event, bool takes_other) {
    struct trial *trial = &p->trials[p->trial_count];
    const struct cp_nor *nor = &p->world->machine->devices[event->device].nor;
    bool is_operation = event->kind == CP_EVENT_PROGRAM || event->kind == CP_EVENT_ERASE;
    if (is_operation && save_cells(p, event, trial)) {
        p->trial_count++;
        if (event->kind == CP_EVENT_PROGRAM) {
            try_program(p, event);
        } else {
            try_erase(p, event, trial);
        }
    } else if (event->kind == CP_EVENT_READ && event->value == 1) {
        cp_machine_answer(p->world->machine, takes_other);
    } else if (event->kind == CP_EVENT_READ) {
        cp_machine_answer(p->world->machine,
                          takes_other ? nor->words[event->word] : cp_nor_high(nor, event->word));
    } else if (event->kind == CP_EVENT_CHOICE) {
        cp_machine_answer(p->world->machine, 0);
    }
}

static void put(struct prober *p, uint32_t index, const struct cp_word *word) {
    cp_nor_restore_word(&p->world->machine->devices[p->device].nor, p->first + index, word->low,
                        word->high, word->undecided, word->programs);
}

// Where reading decides, the word reads the same again.
static void answer(struct prober *p, uint32_t value) {
    bool decides = cp_world_read_decides(p->world, p->device, p->word);
    for (uint32_t i = 0; decides && i < p->count; i++) {
        struct cp_word word = {value, value, p->old[i].undecided & CP_NOR_DOUBTFUL,
                               p->old[i].programs};
        if (p->kind == CP_READ_DOUBT) {
            word = cp_word_without_doubt(p->old[i], value == 1);
        }
        put(p, i, &word);
    }
    cp_machine_answer(p->world->machine, value);
}

static void tell(struct prober *p, uint32_t value, uint32_t events_max, bool takes_other,
                 struct story *story) {
    struct cp_machine *machine = p->world->machine;
    cp_machine_restore(machine, &p->snapshot);
    answer(p, value);
    story->count = 0;
    story->is_ended = false;
    while (story->count < events_max && !p->is_out_of_memory) {
        const struct cp_event *event = cp_machine_run(machine);
        story->events[story->count] = hash_event(event);
        story->is_ended = ends(event->kind);
        if (!story->is_ended) {
            story->places[story->count] = cp_machine_volatile_hash(machine);
        }
        story->count++;
        if (story->is_ended || story->count == events_max) {
            break;
        }
        go_on(p, event, takes_other);
    }
    undo_trials(p);
    for (uint32_t i = 0; i < p->count; i++) {
        put(p, i, &p->old[i]);
    }
}

enum likeness { SAME, DIFFERENT, UNCLEAR };

static enum likeness compare(const struct story *a, const struct story *b) {
    for (uint32_t i = 0; i < a->count && i < b->count; i++) {
        if (!cp_hash_equal(a->events[i], b->events[i])) {
            return DIFFERENT;
        }
        bool a_ends = a->is_ended && i + 1 == a->count, b_ends = b->is_ended && i + 1 == b->count;
        if (a_ends || b_ends) {
            return a_ends && b_ends ? SAME : DIFFERENT;
        }
        if (cp_hash_equal(a->places[i], b->places[i])) {
            return SAME;
        }
    }
    return UNCLEAR;
}

// Follow two values no further than it takes to tell; most are soon the same.
static enum likeness follow(struct prober *p, uint32_t a, uint32_t b, bool takes_other,
                            struct story stories[2]) {
    enum likeness likeness = UNCLEAR;
    for (uint32_t events = 2; likeness == UNCLEAR && events <= EVENTS_MAX; events *= 2) {
        tell(p, a, events, takes_other, &stories[0]);
        tell(p, b, events, takes_other, &stories[1]);
        likeness = compare(&stories[0], &stories[1]);
    }
    return likeness;
}

// With what else is undecided at one end, then at the other.
static bool is_same_in_the_end(struct prober *p, uint32_t a, uint32_t b) {
    struct story *stories = malloc(2 * sizeof(*stories));
    if (!stories) {
        p->is_out_of_memory = true;
        return false;
    }
    bool is_same =
        follow(p, a, b, false, stories) == SAME && follow(p, a, b, true, stories) == SAME;
    free(stories);
    return is_same;
}

// --- classes

struct class {
    uint32_t value;
    struct cp_hash event, place;
    bool is_ended;
    uint32_t alias; // of a class that was seen before: its index + 1, or 0
};

// Where a value leads by its next event; looked up among what other values led to.
struct found {
    struct class *seen; // every different next place
    uint32_t seen_count, seen_capacity;
    struct cp_visited index; // of them
};

static struct cp_hash key_of(const struct prober *p, const struct story *story) {
    return story->is_ended || p->is_next_enough ? story->events[0]
                                                : cp_hash_add(story->places[0], story->events[0]);
}

static int see(struct found *found, struct cp_hash key, const struct class *new) {
    if (found->seen_count == found->seen_capacity) {
        uint32_t capacity = 2 * found->seen_capacity + 16;
        struct class *seen = realloc(found->seen, capacity * sizeof(*seen));
        if (!seen) {
            return -1;
        }
        found->seen = seen;
        found->seen_capacity = capacity;
    }
    bool is_new;
    struct cp_visited_slot *slot = cp_visited_find(&found->index, key, &is_new);
    if (!slot) {
        return -1;
    }
    slot->id = found->seen_count;
    found->seen[found->seen_count++] = *new;
    return 0;
}

static bool is_of_known_class(struct prober *p, struct found *found, const struct story *story,
                              struct class *new) {
    for (uint32_t i = 0; i < found->seen_count; i++) {
        const struct class *old = &found->seen[i];
        if (old->alias == 0 && !old->is_ended && !story->is_ended &&
            cp_hash_equal(old->event, story->events[0]) &&
            is_same_in_the_end(p, old->value, new->value)) {
            new->alias = i + 1;
            return true;
        }
    }
    return false;
}

// What stands for the class that entry `index` belongs to.
static uint32_t representative(const struct found *found, uint32_t index) {
    uint32_t alias = found->seen[index].alias;
    return found->seen[alias == 0 ? index : alias - 1].value;
}

// Returns 1 if the value makes a new class, 0 if not, -1 without memory. *stands_for is
// the value that stands for its class.
static int classify(struct prober *p, struct found *found, uint32_t value, uint32_t *stands_for) {
    struct story story;
    tell(p, value, 1, false, &story);
    struct cp_hash key = key_of(p, &story);
    const struct cp_visited_slot *slot = cp_visited_look(&found->index, key);
    if (slot) {
        *stands_for = representative(found, slot->id);
        return 0;
    }
    struct class new = {.value = value, .event = story.events[0], .is_ended = story.is_ended};
    bool is_known = is_of_known_class(p, found, &story, &new);
    if (p->is_out_of_memory || see(found, key, &new)) {
        return -1;
    }
    *stands_for = representative(found, found->seen_count - 1);
    return is_known ? 0 : 1;
}

// Keep for an audit that one value was taken for another.
static int note(const struct prober *p, uint32_t value, uint32_t stands_for) {
    if (!p->notes || value == stands_for) {
        return 0;
    }
    return cp_audit_note(p->notes, p->device, p->word, stands_for, value);
}

static struct cp_classes *classify_all(struct prober *p, const uint32_t *values, uint32_t count,
                                       uint32_t usual_count, struct found *found) {
    struct cp_classes *classes = NULL;
    uint32_t capacity = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (!classes || classes->count == capacity) {
            capacity = 2 * capacity + 4;
            struct cp_classes *larger =
                realloc(classes, sizeof(*classes) + capacity * sizeof(uint32_t));
            if (!larger) {
                free(classes);
                return NULL;
            }
            if (!classes) {
                larger->count = larger->audit_count = 0;
            }
            classes = larger;
        }
        uint32_t stands_for;
        int is_new = classify(p, found, values[i], &stands_for);
        if (is_new < 0 || (is_new == 0 && note(p, values[i], stands_for))) {
            free(classes);
            return NULL;
        }
        if (is_new > 0) {
            classes->values[classes->count++] = values[i];
            classes->audit_count += i >= usual_count;
        }
    }
    if (classes) {
        classes->values_tried = count;
    }
    return classes;
}

static struct cp_classes *page_forms(uint32_t count) {
    struct cp_classes *classes = malloc(sizeof(*classes) + count * sizeof(uint32_t));
    if (classes) {
        classes->count = classes->values_tried = count;
        classes->audit_count = 0;
        for (uint32_t i = 0; i < count; i++) {
            classes->values[i] = i;
        }
    }
    return classes;
}

static struct cp_classes *probe_list(struct prober *p, const uint32_t *values, uint32_t count,
                                     uint32_t usual_count) {
    struct found found = {0};
    struct cp_classes *classes = NULL;
    if (cp_visited_init(&found.index) == 0) {
        classes = classify_all(p, values, count, usual_count, &found);
        cp_visited_free(&found.index);
    }
    free(found.seen);
    return classes;
}

static struct cp_classes *probe_word(struct prober *p, uint32_t plain, bool is_data) {
    uint32_t *values = malloc(2 * CP_VALUES_MAX * sizeof(*values));
    if (!values) {
        return NULL;
    }
    static const uint32_t doubts[] = {0, 1};
    if (p->kind == CP_READ_DOUBT) {
        free(values);
        return probe_list(p, doubts, 2, 2);
    }
    enum cp_values_kind usual = is_data ? CP_VALUES_DATA : CP_VALUES_STATE;
    uint32_t usual_count = cp_values(p->range, plain, usual, values), count = usual_count;
    if (p->notes) {
        count += cp_values(p->range, plain, CP_VALUES_AUDIT, values + count);
    }
    struct cp_classes *classes = probe_list(p, values, count, usual_count);
    free(values);
    return classes;
}

static int begin(struct prober *p, struct cp_world *world, struct cp_audit_notes *notes) {
    const struct cp_event *event = &world->machine->event;
    const struct cp_device *device = &world->machine->devices[event->device];
    const struct cp_nor *nor = &device->nor;
    *p = (struct prober){.world = world,
                         .notes = notes,
                         .kind = cp_world_read_kind(world, event),
                         .device = event->device,
                         .word = event->word,
                         .first = event->word,
                         .count = 1,
                         .range = {nor->words[event->word], cp_nor_high(nor, event->word)}};
    if (p->kind == CP_READ_DOUBT) {
        p->count = cp_part_ecc_words(&device->part);
        p->first -= p->first % p->count;
    }
    for (uint32_t i = 0; i < p->count; i++) {
        p->old[i] = cp_word_get(nor, p->first + i);
    }
    return cp_machine_snapshot(world->machine, &p->snapshot);
}

static void end(struct prober *p) {
    cp_machine_restore(p->world->machine, &p->snapshot);
    cp_machine_snapshot_free(&p->snapshot);
}

struct cp_classes *cp_probe(struct cp_world *world, struct cp_audit_notes *notes) {
    struct cp_machine *machine = world->machine;
    const struct cp_event event = machine->event;
    cp_machine_clear_footprint(machine);
    if (cp_world_read_kind(world, &event) == CP_READ_PAGE) {
        return page_forms(cp_world_form_count(world, &event));
    }
    // Of data it is an assumption, not a claim, that one wrong value is like another.
    bool is_data = cp_machine_area(machine, event.device, 4 * event.word) != CP_AREA_STATE;
    struct prober p;
    if (begin(&p, world, is_data ? NULL : notes)) {
        return NULL;
    }
    uint32_t plain = cp_world_plain_option(world, &event);
    struct cp_classes *classes = probe_word(&p, plain, is_data);
    end(&p);
    return classes;
}

struct cp_classes *cp_probe_values(struct cp_world *world, const uint32_t *values, uint32_t count) {
    struct prober p;
    cp_machine_clear_footprint(world->machine);
    if (begin(&p, world, NULL)) {
        return NULL;
    }
    p.is_next_enough = true;
    struct cp_classes *classes = probe_list(&p, values, count, 1);
    end(&p);
    return classes;
}

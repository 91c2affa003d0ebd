// world.c: see world.h.

#include "faults/world_internal.h"

#include "faults/large.h"
#include "faults/setup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void init_ghost(struct cp_world *world) {
    struct cp_ghost *ghost = &world->promises.ghost;
    memset(ghost, 0, sizeof(*ghost));
    ghost->base = world->test_case->start_image;
    ghost->target = CP_IMAGE_NONE;
    ghost->previous = CP_IMAGE_NONE;
    ghost->damaged = world->test_case->damaged;
}

int cp_world_init(struct cp_world *world, const struct cp_case *test_case,
                  const struct cp_program *program, char *error) {
    memset(world, 0, sizeof(*world));
    world->test_case = test_case;
    world->promises.test_case = test_case;
    init_ghost(world);
    snprintf(error, CP_MESSAGE_MAX, "out of memory, or the file of an image is gone");
    if (cp_setup_images(test_case, world->image_bytes)) {
        return -1;
    }
    snprintf(error, CP_MESSAGE_MAX, "out of memory");
    world->machine = cp_setup_machine(test_case, program, world->image_bytes, error);
    if (!world->machine || cp_wear_init(&world->wear, world->machine) ||
        cp_facts_init(&world->facts, world->machine, test_case->image_count)) {
        cp_world_free(world);
        return -1;
    }
    error[0] = '\0';
    return 0;
}

void cp_world_free(struct cp_world *world) {
    while (world->entry_count > 0) {
        world->entries[world->entry_count - 1].is_undone = true;
        cp_world_pop(world);
    }
    cp_large_free(world->entries);
    cp_large_free(world->pool);
    cp_wear_free(&world->wear);
    cp_facts_free(&world->facts);
    cp_machine_destroy(world->machine);
    cp_setup_free_images(world->image_bytes);
    memset(world, 0, sizeof(*world));
}

uint8_t cp_world_started_image(const struct cp_world *world) {
    const struct cp_case *test_case = world->test_case;
    enum cp_area area = (enum cp_area)world->machine->event.value;
    uint8_t image = cp_facts_image_in(&world->facts, area);
    bool is_elsewhere =
        test_case->is_direct && image != CP_IMAGE_NONE && test_case->images[image].slot != area;
    return is_elsewhere ? CP_IMAGE_NONE : image;
}

// --- the journal's memory

struct cp_entry *cp_w_push(struct cp_world *world, enum cp_entry_kind kind) {
    if (world->entry_count == world->entry_capacity) {
        size_t capacity = world->entry_capacity == 0 ? 1024 : 2 * world->entry_capacity;
        struct cp_entry *entries = cp_large_resize(world->entries, capacity * sizeof(*entries));
        if (!entries) {
            world->is_out_of_memory = true;
            return NULL;
        }
        world->entries = entries;
        world->entry_capacity = capacity;
    }
    struct cp_entry *entry = &world->entries[world->entry_count++];
    memset(entry, 0, sizeof(*entry));
    entry->kind = kind;
    entry->mode = world->machine->mode;
    entry->pool_mark = world->pool_size;
    entry->ghost = world->promises.ghost;
    entry->survivor = cp_machine_survivor(world->machine);
    return entry;
}

uint8_t *cp_w_pool_take(struct cp_world *world, size_t size_bytes) {
    size_bytes = cp_w_pool_size_bytes(size_bytes);
    if (world->pool_size + size_bytes > world->pool_capacity) {
        size_t capacity = 2 * world->pool_capacity + size_bytes;
        uint8_t *pool = cp_large_resize(world->pool, capacity);
        if (!pool) {
            world->is_out_of_memory = true;
            return NULL;
        }
        world->pool = pool;
        world->pool_capacity = capacity;
    }
    uint8_t *taken = world->pool + world->pool_size;
    world->pool_size += size_bytes;
    return taken;
}

void cp_world_pop(struct cp_world *world) {
    struct cp_entry *entry = &world->entries[--world->entry_count];
    if (entry->snapshot) {
        cp_machine_snapshot_free(entry->snapshot);
        free(entry->snapshot);
    }
    world->pool_size = entry->pool_mark;
}

// --- entries

static void erase_page(struct cp_world *world, const struct cp_entry *entry) {
    struct cp_nor *nor = cp_w_nor(world, entry->device);
    struct cp_cells cells = cp_w_cells_of_page(world, entry);
    for (uint32_t cell = cells.first; cell < cells.end; cell++) {
        cp_facts_before(&world->facts, nor, entry->device, cell);
        cp_nor_erase_cell(nor, cell);
        cp_facts_after(&world->facts, nor, entry->device, cell);
    }
}

static void count_erase(struct cp_world *world, const struct cp_entry *entry) {
    uint32_t first = cp_w_page_of(world, entry), count = cp_w_page_count(world, entry);
    for (uint32_t page = first; page < first + count; page++) {
        uint8_t level = cp_wear_erase(&world->wear, entry->device, page);
        cp_promises_erased(&world->promises, entry->device, page, level);
    }
}

static void uncount_erase(struct cp_world *world, const struct cp_entry *entry) {
    uint32_t first = cp_w_page_of(world, entry), count = cp_w_page_count(world, entry);
    for (uint32_t page = first; page < first + count; page++) {
        cp_wear_undo_erase(&world->wear, entry->device, page);
    }
}

static void program_words(struct cp_world *world, struct cp_entry *entry,
                          const struct cp_event *event) {
    const struct cp_part *part = cp_w_part(world, entry->device);
    struct cp_word words[CP_EVENT_WORDS_MAX];
    const struct cp_word *old = cp_w_old_words(world, entry);
    for (uint32_t i = 0; i < event->word_count; i++) {
        words[i] = cp_word_program(part, old[i], event->words[i]);
    }
    cp_w_put_words(world, entry->device, entry->word, words, event->word_count);
}

static struct cp_entry *program(struct cp_world *world, const struct cp_event *event) {
    struct cp_entry *entry = cp_w_push(world, CP_ENTRY_PROGRAM);
    if (!entry) {
        return NULL;
    }
    entry->device = event->device;
    entry->word = event->word;
    entry->word_count = event->word_count;
    entry->asked = event->words[0];
    if (cp_w_keep_words(world, entry) || cp_w_keep_asked(world, entry, event->words)) {
        return NULL;
    }
    struct cp_word whole =
        cp_word_program(cp_w_part(world, event->device), entry->old, entry->asked);
    entry->new_value = whole.low;
    if (event->word_count == 1) {
        cp_w_put_words(world, entry->device, entry->word, &whole, 1);
    } else {
        program_words(world, entry, event);
    }
    return entry;
}

static struct cp_entry *erase(struct cp_world *world, const struct cp_event *event) {
    struct cp_entry *entry = cp_w_push(world, CP_ENTRY_ERASE);
    if (!entry) {
        return NULL;
    }
    entry->device = event->device;
    entry->word = event->word;
    entry->word_count = event->word_count;
    if (cp_w_save_page(world, entry)) {
        return NULL;
    }
    erase_page(world, entry);
    count_erase(world, entry);
    return entry;
}

// An operation that fails leaves what was, or what a torn one leaves of which nothing is
// known. Its fate is kept: it cannot be torn on top of that.
static void fail_operation(struct cp_world *world, struct cp_entry *entry, enum cp_fate fate) {
    bool is_some =
        fate == CP_FATE_REPORTED_SOME || fate == CP_FATE_SILENT_SOME || fate == CP_FATE_DIES_SOME;
    entry->fate = fate;
    if (is_some) {
        cp_w_leave_some(world, entry);
    }
}

static struct cp_entry *failing(struct cp_world *world, const struct cp_event *event) {
    bool is_erase = event->kind == CP_EVENT_ERASE;
    struct cp_entry *entry = cp_w_push(world, is_erase ? CP_ENTRY_ERASE : CP_ENTRY_PROGRAM);
    if (!entry) {
        return NULL;
    }
    entry->device = event->device;
    entry->word = event->word;
    entry->word_count = event->word_count;
    entry->asked = event->value;
    if (is_erase ? cp_w_save_page(world, entry) : cp_w_keep_words(world, entry)) {
        return NULL;
    }
    if (!is_erase && cp_w_keep_asked(world, entry, event->words)) {
        return NULL;
    }
    if (is_erase) {
        count_erase(world, entry);
    }
    fail_operation(world, entry, event->fate);
    return entry;
}

struct cp_entry *cp_world_operation(struct cp_world *world, uint32_t site) {
    const struct cp_event *event = &world->machine->event;
    struct cp_entry *entry = event->fate != CP_FATE_DONE     ? failing(world, event)
                             : event->kind == CP_EVENT_ERASE ? erase(world, event)
                                                             : program(world, event);
    if (entry) {
        entry->site = site;
        cp_promises_operation(&world->promises, &world->facts);
    }
    return entry;
}

// Wear is counted for one update: keep the old counts and start anew.
static int end_epoch(struct cp_world *world) {
    uint8_t *save = cp_w_pool_take(world, cp_wear_update_save_size_bytes(&world->wear));
    if (!save) {
        return -1;
    }
    cp_wear_end_update(&world->wear, save);
    return 0;
}

struct cp_entry *cp_world_event(struct cp_world *world, enum cp_entry_kind kind,
                                struct cp_ghost before, bool ended) {
    struct cp_entry *entry = cp_w_push(world, kind);
    if (!entry) {
        return NULL;
    }
    entry->ghost = before;
    if (ended) {
        entry->is_epoch_end = true;
        if (end_epoch(world)) {
            return NULL;
        }
    }
    return entry;
}

static void undo_read(struct cp_world *world, const struct cp_entry *entry) {
    if (entry->read_kind == CP_READ_PAGE) {
        cp_w_restore_page(world, entry);
    } else {
        cp_w_restore_words(world, entry);
    }
}

void cp_world_undo(struct cp_world *world, struct cp_entry *entry) {
    switch (entry->kind) {
    case CP_ENTRY_PROGRAM:
    case CP_ENTRY_TORN_PROGRAM: cp_w_restore_words(world, entry); break;
    case CP_ENTRY_ERASE:
    case CP_ENTRY_TORN_ERASE:
        uncount_erase(world, entry);
        cp_w_restore_page(world, entry);
        break;
    case CP_ENTRY_MILESTONE:
        if (entry->is_epoch_end) {
            cp_wear_undo_end_update(&world->wear, world->pool + entry->pool_mark);
        }
        break;
    case CP_ENTRY_READ: undo_read(world, entry); break;
    case CP_ENTRY_RESET: world->survivor = entry->survivor_before; break;
    case CP_ENTRY_CHOICE: break;
    }
    world->promises.ghost = entry->ghost;
    entry->is_undone = true;
}

// --- lives and choices

static void count_errors_left(struct cp_world *world) {
    uint32_t errors_max = world->test_case->faults.errors_max,
             errors = world->promises.ghost.errors;
    world->machine->errors_left = errors < errors_max ? errors_max - errors : 0;
}

void cp_world_begin_life(struct cp_world *world) {
    cp_machine_reset_to(world->machine, world->survivor);
    world->machine->is_reset_by_application = world->promises.ghost.reset_cause != CP_RESET_OTHER;
    count_errors_left(world);
}

void cp_world_choose(struct cp_world *world, uint32_t option) {
    const struct cp_event *event = &world->machine->event;
    if (event->fates && cp_fate_is_error((enum cp_fate)event->fates[option])) {
        world->promises.ghost.errors++;
        count_errors_left(world);
    }
    cp_machine_answer(world->machine, option);
}

// world.c: see world.h.

#include "faults/world.h"

#include "faults/setup.h"
#include "faults/tears.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void init_ghost(struct cp_world *world) {
    struct cp_ghost *ghost = &world->promises.ghost;
    memset(ghost, 0, sizeof(*ghost));
    ghost->base = world->test_case->start_image;
    ghost->target = CP_IMAGE_NONE;
    ghost->previous = CP_IMAGE_NONE;
}

int cp_world_init(struct cp_world *world, const struct cp_case *test_case,
                  const struct cp_program *program, char *error) {
    memset(world, 0, sizeof(*world));
    world->test_case = test_case;
    world->promises.test_case = test_case;
    init_ghost(world);
    snprintf(error, CP_MESSAGE_MAX, "out of memory");
    if (cp_setup_images(test_case, world->image_bytes)) {
        return -1;
    }
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
    free(world->entries);
    free(world->pool);
    cp_wear_free(&world->wear);
    cp_facts_free(&world->facts);
    cp_machine_destroy(world->machine);
    cp_setup_free_images(world->image_bytes);
    memset(world, 0, sizeof(*world));
}

// --- the journal's memory

static struct cp_entry *push(struct cp_world *world, enum cp_entry_kind kind) {
    if (world->entry_count == world->entry_capacity) {
        size_t capacity = world->entry_capacity == 0 ? 1024 : 2 * world->entry_capacity;
        struct cp_entry *entries = realloc(world->entries, capacity * sizeof(*entries));
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
    return entry;
}

static uint8_t *pool_take(struct cp_world *world, size_t size_bytes) {
    if (world->pool_size + size_bytes > world->pool_capacity) {
        size_t capacity = 2 * world->pool_capacity + size_bytes;
        uint8_t *pool = realloc(world->pool, capacity);
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
        cp_cpu_snapshot_free(&entry->snapshot->cpu);
        free(entry->snapshot);
    }
    world->pool_size = entry->pool_mark;
}

// --- changes of the flash

static struct cp_nor *nor_of(struct cp_world *world, uint32_t device) {
    return &world->machine->devices[device].nor;
}

static void set_range(struct cp_world *world, uint32_t device, uint32_t word, uint32_t low,
                      uint32_t high, uint8_t programs) {
    struct cp_nor *nor = nor_of(world, device);
    uint32_t cell = word / nor->words_per_cell;
    cp_facts_before(&world->facts, nor, device, cell);
    cp_nor_set_range(nor, word, low, high, programs);
    cp_facts_after(&world->facts, nor, device, cell);
}

// Beyond the part's limit one more program makes no difference, and counting on
// would only tell states apart that behave alike.
static uint8_t one_more(const struct cp_world *world, uint32_t device, uint8_t programs) {
    uint8_t limit = world->machine->devices[device].part.programs_per_word;
    return programs >= limit ? limit : (uint8_t)(programs + 1);
}

static uint32_t page_words(const struct cp_world *world, uint32_t device) {
    return world->machine->devices[device].part.erase_size_bytes / 4;
}

struct cells {
    uint32_t first, end;
};

static struct cells cells_of_page(const struct cp_world *world, const struct cp_entry *entry) {
    const struct cp_nor *nor = &world->machine->devices[entry->device].nor;
    uint32_t first = entry->word / nor->words_per_cell;
    uint32_t count = page_words(world, entry->device) / nor->words_per_cell;
    return (struct cells){first, first + count};
}

// Keep the cells of an entry's page, so that it can be put back.
static int save_page(struct cp_world *world, struct cp_entry *entry) {
    struct cp_nor *nor = nor_of(world, entry->device);
    struct cells cells = cells_of_page(world, entry);
    for (uint32_t cell = cells.first; cell < cells.end; cell++) {
        uint8_t *save = pool_take(world, cp_nor_cell_save_size_bytes(nor, cell));
        if (!save) {
            return -1;
        }
        cp_nor_save_cell(nor, cell, save);
    }
    return 0;
}

static void restore_page(struct cp_world *world, const struct cp_entry *entry) {
    struct cp_nor *nor = nor_of(world, entry->device);
    struct cells cells = cells_of_page(world, entry);
    const uint8_t *save = world->pool + entry->pool_mark;
    for (uint32_t cell = cells.first; cell < cells.end; cell++) {
        cp_facts_before(&world->facts, nor, entry->device, cell);
        save = cp_nor_restore_cell(nor, cell, save);
        cp_facts_after(&world->facts, nor, entry->device, cell);
    }
}

static void erase_page(struct cp_world *world, const struct cp_entry *entry) {
    struct cp_nor *nor = nor_of(world, entry->device);
    struct cells cells = cells_of_page(world, entry);
    for (uint32_t cell = cells.first; cell < cells.end; cell++) {
        cp_facts_before(&world->facts, nor, entry->device, cell);
        cp_nor_erase_cell(nor, cell);
        cp_facts_after(&world->facts, nor, entry->device, cell);
    }
}

// --- entries

static uint32_t page_of(const struct cp_world *world, const struct cp_entry *entry) {
    return entry->word / page_words(world, entry->device);
}

static void count_erase(struct cp_world *world, const struct cp_entry *entry) {
    uint32_t page = page_of(world, entry);
    uint8_t level = cp_wear_erase(&world->wear, entry->device, page);
    cp_promises_erased(&world->promises, entry->device, page, level);
}

static struct cp_entry *program(struct cp_world *world, const struct cp_event *event) {
    struct cp_entry *entry = push(world, CP_ENTRY_PROGRAM);
    if (!entry) {
        return NULL;
    }
    const struct cp_nor *nor = nor_of(world, event->device);
    entry->device = event->device;
    entry->word = event->word;
    entry->old_value = nor->words[event->word];
    entry->old_high = cp_nor_high(nor, event->word);
    entry->old_programs = nor->programs[event->word];
    entry->old_undecided = nor->undecided[event->word];
    entry->new_value = entry->old_value & event->value; // programming only clears bits
    entry->new_high = entry->old_high & event->value;
    set_range(world, entry->device, entry->word, entry->new_value, entry->new_high,
              one_more(world, entry->device, entry->old_programs));
    return entry;
}

static struct cp_entry *erase(struct cp_world *world, const struct cp_event *event) {
    struct cp_entry *entry = push(world, CP_ENTRY_ERASE);
    if (!entry) {
        return NULL;
    }
    entry->device = event->device;
    entry->word = event->word;
    if (save_page(world, entry)) {
        return NULL;
    }
    erase_page(world, entry);
    count_erase(world, entry);
    return entry;
}

struct cp_entry *cp_world_operation(struct cp_world *world, uint32_t site) {
    const struct cp_event *event = &world->machine->event;
    struct cp_entry *entry =
        event->kind == CP_EVENT_ERASE ? erase(world, event) : program(world, event);
    if (entry) {
        entry->site = site;
        cp_promises_operation(&world->promises, &world->facts);
    }
    return entry;
}

// Wear is counted for one update: keep the old counts and start anew.
static int end_epoch(struct cp_world *world) {
    uint8_t *save = pool_take(world, cp_wear_update_save_size_bytes(&world->wear));
    if (!save) {
        return -1;
    }
    cp_wear_end_update(&world->wear, save);
    return 0;
}

struct cp_entry *cp_world_event(struct cp_world *world, enum cp_entry_kind kind,
                                struct cp_ghost before, bool ended) {
    struct cp_entry *entry = push(world, kind);
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

// An entry whose page is saved in the pool, below its options.
bool cp_entry_is_page(const struct cp_entry *entry) {
    return entry->options_mark > entry->pool_mark;
}

static void restore_word(struct cp_world *world, const struct cp_entry *entry) {
    struct cp_nor *nor = nor_of(world, entry->device);
    uint32_t cell = entry->word / nor->words_per_cell;
    cp_facts_before(&world->facts, nor, entry->device, cell);
    cp_nor_restore_word(nor, entry->word, entry->old_value, entry->old_high, entry->old_undecided,
                        entry->old_programs);
    cp_facts_after(&world->facts, nor, entry->device, cell);
}

static void undo_read(struct cp_world *world, const struct cp_entry *entry) {
    if (cp_entry_is_page(entry)) {
        restore_page(world, entry);
    } else {
        restore_word(world, entry);
    }
}

void cp_world_undo(struct cp_world *world, struct cp_entry *entry) {
    switch (entry->kind) {
    case CP_ENTRY_PROGRAM:
    case CP_ENTRY_TORN_PROGRAM: restore_word(world, entry); break;
    case CP_ENTRY_ERASE:
    case CP_ENTRY_TORN_ERASE:
        cp_wear_undo_erase(&world->wear, entry->device, page_of(world, entry));
        restore_page(world, entry);
        break;
    case CP_ENTRY_MILESTONE:
        if (entry->is_epoch_end) {
            cp_wear_undo_end_update(&world->wear, world->pool + entry->pool_mark);
        }
        break;
    case CP_ENTRY_READ: undo_read(world, entry); break;
    case CP_ENTRY_CHOICE:
    case CP_ENTRY_RESET: break;
    }
    world->promises.ghost = entry->ghost;
    entry->is_undone = true;
}

// --- torn forms

static struct cp_entry *push_torn(struct cp_world *world, enum cp_entry_kind kind,
                                  const struct cp_entry *below) {
    struct cp_entry copy = *below; // push() may move the journal
    struct cp_entry *entry = push(world, kind);
    if (entry) {
        entry->mode = copy.mode;
        entry->device = copy.device;
        entry->word = copy.word;
        entry->old_value = copy.old_value;
        entry->old_high = copy.old_high;
        entry->old_programs = copy.old_programs;
        entry->old_undecided = copy.old_undecided;
        entry->site = copy.site;
    }
    return entry;
}

int cp_world_tear_program(struct cp_world *world, struct cp_entry *below,
                          enum cp_program_tear tear) {
    struct cp_range torn =
        cp_tear_program_range((struct cp_range){below->old_value, below->old_high},
                              below->new_high | ~below->old_high, tear);
    if ((torn.low == below->old_value && torn.high == below->old_high) ||
        (torn.low == below->new_value && torn.high == below->new_high)) {
        return 0;
    }
    struct cp_entry *entry = push_torn(world, CP_ENTRY_TORN_PROGRAM, below);
    if (!entry) {
        return -1;
    }
    entry->new_value = torn.low;
    entry->new_high = torn.high;
    set_range(world, entry->device, entry->word, torn.low, torn.high,
              one_more(world, entry->device, entry->old_programs));
    return 1;
}

struct difference {
    bool from_old, from_erased;
};

static void tear_word(struct cp_world *world, const struct cp_entry *entry, uint32_t word,
                      uint32_t tear, struct difference *difference) {
    struct cp_nor *nor = nor_of(world, entry->device);
    struct cp_range old = {nor->words[word], cp_nor_high(nor, word)};
    uint8_t programs = nor->programs[word];
    if (old.low == nor->erased_word && programs == 0) {
        return; // erased before, erased after
    }
    bool is_erased;
    struct cp_range torn =
        cp_tear_erase_range(&world->test_case->faults, tear, word - entry->word,
                            page_words(world, entry->device), old, nor->erased_word, &is_erased);
    uint8_t torn_programs = is_erased ? 0 : programs;
    difference->from_old |=
        torn.low != old.low || torn.high != old.high || torn_programs != programs;
    difference->from_erased |= torn.low != nor->erased_word || torn_programs != 0;
    cp_nor_put_range(nor, word, torn.low, torn.high, torn_programs);
}

static void tear_cell(struct cp_world *world, const struct cp_entry *entry, uint32_t cell,
                      uint32_t tear, struct difference *difference) {
    struct cp_nor *nor = nor_of(world, entry->device);
    uint32_t first = cell * nor->words_per_cell;
    struct cp_hash begun = cp_nor_begin_cell(nor, cell);
    cp_facts_before(&world->facts, nor, entry->device, cell);
    for (uint32_t word = first; word < first + nor->words_per_cell; word++) {
        tear_word(world, entry, word, tear, difference);
    }
    cp_nor_end_cell(nor, cell, begun);
    cp_facts_after(&world->facts, nor, entry->device, cell);
}

// The page is left undecided. An erase of an erased page changes nothing unless what
// was there is forgotten.
static void undecide_cell(struct cp_world *world, const struct cp_entry *entry, uint32_t cell,
                          uint32_t tear, struct difference *difference) {
    struct cp_nor *nor = nor_of(world, entry->device);
    struct cp_hash content = nor->content[cell];
    cp_facts_before(&world->facts, nor, entry->device, cell);
    cp_nor_undecide_cell(nor, cell, tear == CP_TEAR_ERASE_ANY);
    cp_facts_after(&world->facts, nor, entry->device, cell);
    bool was_erased = cp_hash_equal(content, nor->erased_content);
    difference->from_old |= !cp_hash_equal(content, nor->content[cell]);
    difference->from_erased |= tear == CP_TEAR_ERASE_ANY || !was_erased;
}

// Tear the page; true when that differs from what was and from a whole erase.
static bool tear_page(struct cp_world *world, const struct cp_entry *entry, uint32_t tear) {
    struct cells cells = cells_of_page(world, entry);
    struct difference difference = {false, false};
    for (uint32_t cell = cells.first; cell < cells.end; cell++) {
        if (tear == CP_TEAR_ERASE_ANY || tear == CP_TEAR_ERASE_ANY_SUBSET) {
            undecide_cell(world, entry, cell, tear, &difference);
        } else {
            tear_cell(world, entry, cell, tear, &difference);
        }
    }
    return difference.from_old && difference.from_erased;
}

int cp_world_tear_erase(struct cp_world *world, struct cp_entry *below, uint32_t tear) {
    struct cp_entry *entry = push_torn(world, CP_ENTRY_TORN_ERASE, below);
    if (!entry || save_page(world, entry)) {
        return -1;
    }
    cp_wear_erase(&world->wear, entry->device, page_of(world, entry));
    if (!tear_page(world, entry, tear)) {
        cp_world_undo(world, entry);
        cp_world_pop(world);
        return 0;
    }
    return 1;
}

// --- reads of undecided words

static bool is_data(const struct cp_world *world, uint32_t device, uint32_t word) {
    enum cp_area area = cp_machine_area(world->machine, device, 4 * word);
    return area == CP_AREA_ACTIVE || area == CP_AREA_DFU;
}

// Only a torn erase leaves most of a page undecided.
static bool is_torn_erase(const struct cp_nor *nor, uint32_t word) {
    return 2 * nor->undecided_count[word / nor->words_per_cell] > nor->words_per_cell;
}

bool cp_world_reads_page(const struct cp_world *world, const struct cp_event *event) {
    return is_data(world, event->device, event->word) &&
           is_torn_erase(&world->machine->devices[event->device].nor, event->word);
}

bool cp_world_read_decides(const struct cp_world *world, uint32_t device, uint32_t word) {
    return world->test_case->faults.torn_reads == CP_TORN_READS_STABLE ||
           is_data(world, device, word);
}

uint32_t cp_world_plain_option(const struct cp_world *world, const struct cp_event *event) {
    const struct cp_nor *nor = &world->machine->devices[event->device].nor;
    if (cp_world_reads_page(world, event)) {
        return CP_PAGE_ERASED;
    }
    return is_torn_erase(nor, event->word) ? cp_nor_high(nor, event->word)
                                           : nor->words[event->word];
}

struct cp_entry *cp_world_read(struct cp_world *world, const uint32_t *options,
                               uint32_t option_count) {
    const struct cp_event event = world->machine->event;
    const struct cp_nor *nor = nor_of(world, event.device);
    struct cp_entry *entry = push(world, CP_ENTRY_READ);
    if (!entry) {
        return NULL;
    }
    entry->device = event.device;
    entry->word = event.word;
    entry->old_value = nor->words[event.word];
    entry->old_high = cp_nor_high(nor, event.word);
    entry->old_programs = nor->programs[event.word];
    entry->old_undecided = nor->undecided[event.word];
    entry->option_count = option_count;
    entry->plain_value = cp_world_plain_option(world, &event);
    if (cp_world_reads_page(world, &event)) {
        entry->word -= entry->word % page_words(world, event.device);
        entry->read_word = event.word;
        if (save_page(world, entry)) {
            return NULL;
        }
    }
    entry->options_mark = world->pool_size;
    uint8_t *kept = pool_take(world, option_count * sizeof(*options));
    if (!kept) {
        return NULL;
    }
    memcpy(kept, options, option_count * sizeof(*options));
    return entry;
}

static uint32_t formed_word(const struct cp_nor *nor, enum cp_page_form form, uint32_t index,
                            uint32_t count, uint32_t old) {
    bool keeps_old = form == CP_PAGE_OLD || (form == CP_PAGE_EVEN_WORDS_ERASED && index % 2 == 1) ||
                     (form == CP_PAGE_LAST_WORD_OLD && index == count - 1);
    return keeps_old ? old : nor->erased_word;
}

static void form_page(struct cp_world *world, const struct cp_entry *entry,
                      enum cp_page_form form) {
    struct cp_nor *nor = nor_of(world, entry->device);
    struct cells cells = cells_of_page(world, entry);
    uint32_t count = page_words(world, entry->device);
    for (uint32_t cell = cells.first; cell < cells.end; cell++) {
        struct cp_hash begun = cp_nor_begin_cell(nor, cell);
        cp_facts_before(&world->facts, nor, entry->device, cell);
        uint32_t first = cell * nor->words_per_cell;
        for (uint32_t word = first; word < first + nor->words_per_cell; word++) {
            if (!nor->undecided[word]) {
                continue;
            }
            uint32_t value = formed_word(nor, form, word - entry->word, count, nor->words[word]);
            cp_nor_put_range(nor, word, value, value, nor->programs[word]);
        }
        cp_nor_end_cell(nor, cell, begun);
        cp_facts_after(&world->facts, nor, entry->device, cell);
    }
}

void cp_world_take_option(struct cp_world *world, struct cp_entry *entry, uint32_t option) {
    uint32_t value;
    memcpy(&value, world->pool + entry->options_mark + option * sizeof(value), sizeof(value));
    entry->option = option;
    entry->is_undone = false;
    entry->new_value = value;
    if (cp_entry_is_page(entry)) {
        form_page(world, entry, (enum cp_page_form)value);
        value = nor_of(world, entry->device)->words[entry->read_word];
    } else if (cp_world_read_decides(world, entry->device, entry->word)) {
        set_range(world, entry->device, entry->word, value, value, entry->old_programs);
    }
    cp_machine_answer(world->machine, value);
}

static bool goes_round(struct cp_world *world, size_t from, const char *message) {
    bool starts = false, resets = false, erases = false, ends = false;
    for (size_t i = from; i < world->entry_count; i++) {
        starts |= world->entries[i].is_start;
        resets |= world->entries[i].kind == CP_ENTRY_RESET;
        ends |= world->entries[i].is_epoch_end;
        erases |= world->entries[i].kind == CP_ENTRY_ERASE;
    }
    starts |= !resets && world->machine->mode != CP_MODE_BOOTLOADER; // it was, before
    if (!starts) {
        cp_promises_dead_end(&world->promises, message);
    } else if (erases && !ends) {
        cp_promises_endless_wear(&world->promises);
    }
    return !starts;
}

bool cp_world_went_round(struct cp_world *world, size_t from, const char *why) {
    char message[CP_MESSAGE_MAX];
    snprintf(message, sizeof(message), "boot loop: %s, and so at every reset", why);
    return goes_round(world, from, message);
}

struct cp_hash cp_world_place(const struct cp_world *world) {
    return cp_hash_add(cp_world_hash(world), cp_machine_volatile_hash(world->machine));
}

struct cp_hash cp_world_place_of_start(const struct cp_world *world, enum cp_mode mode,
                                       uint8_t image) {
    return cp_hash_add(cp_world_hash(world), cp_hash_pair(((uint64_t)mode << 32) | image, 7));
}

bool cp_world_rejoins(struct cp_world *world, size_t base, struct cp_hash at, bool *never_boots) {
    *never_boots = false;
    for (size_t i = world->entry_count; i > base; i--) {
        if (cp_hash_equal(world->entries[i - 1].at, at)) {
            *never_boots = goes_round(world, i - 1,
                                      "boot loop: the bootloader comes back to where it was, "
                                      "with the same flash, and never ends");
            return true;
        }
    }
    return false;
}

struct cp_hash cp_world_hash(const struct cp_world *world) {
    uint64_t ghost;
    memcpy(&ghost, &world->promises.ghost, sizeof(ghost));
    struct cp_hash sum = cp_hash_pair(ghost, 4);
    for (uint32_t i = 0; i < world->machine->config.device_count; i++) {
        sum = cp_hash_add(sum, world->machine->devices[i].nor.hash);
    }
    return sum;
}

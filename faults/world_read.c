// world_read.c: reads of undecided words, and what they decide.

#include "faults/world_internal.h"

#include <string.h>

static bool is_data(const struct cp_world *world, uint32_t device, uint32_t word) {
    enum cp_area area = cp_machine_area(world->machine, device, 4 * word);
    return area == CP_AREA_ACTIVE || area == CP_AREA_DFU;
}

// Only a torn erase leaves most of a page undecided.
static bool is_torn_erase(const struct cp_nor *nor, uint32_t word) {
    return 2 * nor->undecided_count[word / nor->words_per_cell] > nor->words_per_cell;
}

enum cp_read_kind cp_world_read_kind(const struct cp_world *world, const struct cp_event *event) {
    if (is_data(world, event->device, event->word) &&
        is_torn_erase(&world->machine->devices[event->device].nor, event->word)) {
        return CP_READ_PAGE;
    }
    return event->value == 1 ? CP_READ_DOUBT : CP_READ_WORD;
}

uint32_t cp_world_form_count(const struct cp_world *world, const struct cp_event *event) {
    return cp_part_can_fail_ecc(cp_w_part(world, event->device)) ? CP_PAGE_FORM_COUNT
                                                                 : CP_PAGE_PLAIN_FORM_COUNT;
}

bool cp_world_read_decides(const struct cp_world *world, uint32_t device, uint32_t word) {
    return world->test_case->faults.torn_reads == CP_TORN_READS_STABLE ||
           is_data(world, device, word);
}

uint32_t cp_world_plain_word(const struct cp_world *world, uint32_t device, uint32_t word) {
    const struct cp_nor *nor = &world->machine->devices[device].nor;
    return is_torn_erase(nor, word) ? cp_nor_high(nor, word) : nor->words[word];
}

uint32_t cp_world_plain_option(const struct cp_world *world, const struct cp_event *event) {
    switch (cp_world_read_kind(world, event)) {
    case CP_READ_PAGE: return CP_PAGE_ERASED;
    case CP_READ_DOUBT: return 0;
    case CP_READ_WORD: break;
    }
    return cp_world_plain_word(world, event->device, event->word);
}

// What the read decides becomes the entry's, and is kept.
static int keep_what_is_read(struct cp_world *world, struct cp_entry *entry) {
    const struct cp_part *part = cp_w_part(world, entry->device);
    uint32_t unit = cp_part_ecc_words(part);
    switch (entry->read_kind) {
    case CP_READ_PAGE: {
        struct cp_page page = cp_part_page(part, 4 * entry->word);
        entry->word = page.offset_bytes / 4;
        entry->word_count = page.size_bytes / 4;
        return cp_w_save_page(world, entry);
    }
    case CP_READ_DOUBT:
        entry->word -= entry->word % unit;
        entry->word_count = unit;
        return cp_w_keep_words(world, entry);
    case CP_READ_WORD: entry->word_count = 1; break;
    }
    return cp_w_keep_words(world, entry);
}

struct cp_entry *cp_world_read(struct cp_world *world, const uint32_t *options,
                               uint32_t option_count) {
    const struct cp_event event = world->machine->event;
    struct cp_entry *entry = cp_w_push(world, CP_ENTRY_READ);
    if (!entry) {
        return NULL;
    }
    entry->device = event.device;
    entry->word = entry->read_word = event.word;
    entry->read_kind = cp_world_read_kind(world, &event);
    entry->option_count = option_count;
    entry->plain_value = cp_world_plain_option(world, &event);
    if (keep_what_is_read(world, entry)) {
        return NULL;
    }
    entry->options_mark = world->pool_size;
    uint8_t *kept = cp_w_pool_take(world, option_count * sizeof(*options));
    if (!kept) {
        return NULL;
    }
    memcpy(kept, options, option_count * sizeof(*options));
    return entry;
}

// A word that a torn erase left undecided, as the form of its page says.
static struct cp_word formed_word(const struct cp_part *part, enum cp_page_form form,
                                  uint32_t index, uint32_t count, struct cp_word word) {
    uint32_t unit = cp_part_can_fail_ecc(part) ? cp_part_ecc_words(part) : 1;
    bool is_last = index / unit == (count - 1) / unit;
    bool keeps_old = form == CP_PAGE_OLD ||
                     (form == CP_PAGE_EVEN_WORDS_ERASED && index / unit % 2 == 1) ||
                     (form == CP_PAGE_LAST_WORD_OLD && is_last);
    if (form == CP_PAGE_UNCORRECTABLE || (form == CP_PAGE_LAST_UNCORRECTABLE && is_last)) {
        return (struct cp_word){0, 0, CP_NOR_UNCORRECTABLE, word.programs};
    }
    if (keeps_old) {
        return (struct cp_word){word.low, word.low, 0, word.programs};
    }
    return (struct cp_word){CP_NOR_ERASED_WORD, CP_NOR_ERASED_WORD, 0, 0};
}

static void form_page(struct cp_world *world, const struct cp_entry *entry,
                      enum cp_page_form form) {
    struct cp_nor *nor = cp_w_nor(world, entry->device);
    struct cp_cells cells = cp_w_cells_of_page(world, entry);
    const struct cp_part *part = cp_w_part(world, entry->device);
    for (uint32_t cell = cells.first; cell < cells.end; cell++) {
        struct cp_hash begun = cp_nor_begin_cell(nor, cell);
        cp_facts_before(&world->facts, nor, entry->device, cell);
        uint32_t first = cell * nor->words_per_cell;
        for (uint32_t word = first; word < first + nor->words_per_cell; word++) {
            if ((nor->undecided[word] & (CP_NOR_OPEN | CP_NOR_DOUBTFUL)) == 0) {
                continue;
            }
            struct cp_word formed = formed_word(part, form, word - entry->word, entry->word_count,
                                                cp_word_get(nor, word));
            cp_word_put(nor, word, &formed);
        }
        cp_nor_end_cell(nor, cell, begun);
        cp_facts_after(&world->facts, nor, entry->device, cell);
    }
}

static void decide_doubt(struct cp_world *world, const struct cp_entry *entry, uint32_t value) {
    struct cp_word words[CP_EVENT_WORDS_MAX];
    const struct cp_word *old = cp_w_old_words(world, entry);
    for (uint32_t i = 0; i < entry->word_count; i++) {
        words[i] = cp_word_without_doubt(old[i], value == 1);
    }
    cp_w_put_words(world, entry->device, entry->word, words, entry->word_count);
}

static void decide_word(struct cp_world *world, const struct cp_entry *entry, uint32_t value) {
    uint8_t doubtful = entry->old.undecided & CP_NOR_DOUBTFUL;
    struct cp_word word = {value, value, doubtful, entry->old.programs};
    cp_w_put_words(world, entry->device, entry->word, &word, 1);
}

void cp_world_take_option(struct cp_world *world, struct cp_entry *entry, uint32_t option) {
    uint32_t value;
    memcpy(&value, world->pool + entry->options_mark + option * sizeof(value), sizeof(value));
    entry->option = option;
    entry->is_undone = false;
    entry->new_value = value;
    bool decides = cp_world_read_decides(world, entry->device, entry->word);
    if (entry->read_kind == CP_READ_PAGE) {
        form_page(world, entry, (enum cp_page_form)value);
        value = cp_w_nor(world, entry->device)->words[entry->read_word];
    } else if (decides && entry->read_kind == CP_READ_DOUBT) {
        decide_doubt(world, entry, value);
    } else if (decides) {
        decide_word(world, entry, value);
    }
    cp_machine_answer(world->machine, value);
}

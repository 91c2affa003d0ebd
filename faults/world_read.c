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
    const struct cp_nor *nor = cp_w_nor(world, event.device);
    struct cp_entry *entry = cp_w_push(world, CP_ENTRY_READ);
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
        entry->word -= entry->word % cp_w_page_words(world, event.device);
        entry->read_word = event.word;
        if (cp_w_save_page(world, entry)) {
            return NULL;
        }
    }
    entry->options_mark = world->pool_size;
    uint8_t *kept = cp_w_pool_take(world, option_count * sizeof(*options));
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
    struct cp_nor *nor = cp_w_nor(world, entry->device);
    struct cp_cells cells = cp_w_cells_of_page(world, entry);
    uint32_t count = cp_w_page_words(world, entry->device);
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
        value = cp_w_nor(world, entry->device)->words[entry->read_word];
    } else if (cp_world_read_decides(world, entry->device, entry->word)) {
        cp_w_set_range(world, entry->device, entry->word, value, value, entry->old_programs);
    }
    cp_machine_answer(world->machine, value);
}

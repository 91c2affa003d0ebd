// world_flash.c: changes of the flash that keep the facts of it up to date.

#include "faults/world_internal.h"

#include <string.h>

struct cp_nor *cp_w_nor(struct cp_world *world, uint32_t device) {
    return &world->machine->devices[device].nor;
}

const struct cp_part *cp_w_part(const struct cp_world *world, uint32_t device) {
    return &world->machine->devices[device].part;
}

// --- words

void cp_w_put_words(struct cp_world *world, uint32_t device, uint32_t first,
                    const struct cp_word *words, uint32_t count) {
    struct cp_nor *nor = cp_w_nor(world, device);
    for (uint32_t done = 0; done < count;) {
        uint32_t cell = (first + done) / nor->words_per_cell;
        uint32_t end = (cell + 1) * nor->words_per_cell - first;
        struct cp_hash begun = cp_nor_begin_cell(nor, cell);
        cp_facts_before(&world->facts, nor, device, cell);
        for (; done < count && done < end; done++) {
            cp_word_put(nor, first + done, &words[done]);
        }
        cp_nor_end_cell(nor, cell, begun);
        cp_facts_after(&world->facts, nor, device, cell);
    }
}

const struct cp_word *cp_w_old_words(const struct cp_world *world, const struct cp_entry *entry) {
    if (entry->word_count <= 1) {
        return &entry->old;
    }
    return (const struct cp_word *)(const void *)(world->pool + entry->pool_mark);
}

int cp_w_keep_words(struct cp_world *world, struct cp_entry *entry) {
    const struct cp_nor *nor = cp_w_nor(world, entry->device);
    entry->old = cp_word_get(nor, entry->word);
    if (entry->word_count <= 1) {
        return 0;
    }
    uint8_t *kept = cp_w_pool_take(world, entry->word_count * sizeof(struct cp_word));
    if (!kept) {
        return -1;
    }
    for (uint32_t i = 0; i < entry->word_count; i++) {
        struct cp_word word = cp_word_get(nor, entry->word + i);
        memcpy(kept + i * sizeof(word), &word, sizeof(word));
    }
    return 0;
}

static size_t kept_words_bytes(const struct cp_entry *entry) {
    return cp_w_pool_size_bytes(entry->word_count * sizeof(struct cp_word));
}

int cp_w_keep_asked(struct cp_world *world, const struct cp_entry *entry, const uint32_t *words) {
    if (entry->word_count == 1) {
        return 0;
    }
    uint8_t *kept = cp_w_pool_take(world, entry->word_count * sizeof(*words));
    if (!kept) {
        return -1;
    }
    memcpy(kept, words, entry->word_count * sizeof(*words));
    return 0;
}

uint32_t cp_w_asked(const struct cp_world *world, const struct cp_entry *entry, uint32_t index) {
    uint32_t asked = entry->asked;
    if (entry->word_count > 1) {
        const uint8_t *kept = world->pool + entry->pool_mark + kept_words_bytes(entry);
        memcpy(&asked, kept + index * sizeof(asked), sizeof(asked));
    }
    return asked;
}

void cp_w_restore_words(struct cp_world *world, const struct cp_entry *entry) {
    cp_w_put_words(world, entry->device, entry->word, cp_w_old_words(world, entry),
                   entry->word_count);
}

// --- pages

struct cp_cells cp_w_cells_of_page(const struct cp_world *world, const struct cp_entry *entry) {
    const struct cp_nor *nor = &world->machine->devices[entry->device].nor;
    uint32_t first = entry->word / nor->words_per_cell;
    return (struct cp_cells){first, first + entry->word_count / nor->words_per_cell};
}

uint32_t cp_w_page_of(const struct cp_world *world, const struct cp_entry *entry) {
    return cp_part_page(cp_w_part(world, entry->device), 4 * entry->word).index;
}

uint32_t cp_w_page_count(const struct cp_world *world, const struct cp_entry *entry) {
    uint32_t end_bytes = 4 * (entry->word + entry->word_count);
    return cp_part_page(cp_w_part(world, entry->device), end_bytes - 4).index -
           cp_w_page_of(world, entry) + 1;
}

// Keep the cells of an entry's page, so that it can be put back.
int cp_w_save_page(struct cp_world *world, struct cp_entry *entry) {
    struct cp_nor *nor = cp_w_nor(world, entry->device);
    struct cp_cells cells = cp_w_cells_of_page(world, entry);
    size_t size_bytes = 0;
    for (uint32_t cell = cells.first; cell < cells.end; cell++) {
        size_bytes += cp_nor_cell_save_size_bytes(nor, cell);
    }
    uint8_t *save = cp_w_pool_take(world, size_bytes);
    if (!save) {
        return -1;
    }
    for (uint32_t cell = cells.first; cell < cells.end; cell++) {
        cp_nor_save_cell(nor, cell, save);
        save += cp_nor_cell_save_size_bytes(nor, cell);
    }
    return 0;
}

void cp_w_restore_page(struct cp_world *world, const struct cp_entry *entry) {
    struct cp_nor *nor = cp_w_nor(world, entry->device);
    struct cp_cells cells = cp_w_cells_of_page(world, entry);
    const uint8_t *save = world->pool + entry->pool_mark;
    for (uint32_t cell = cells.first; cell < cells.end; cell++) {
        cp_facts_before(&world->facts, nor, entry->device, cell);
        save = cp_nor_restore_cell(nor, cell, save);
        cp_facts_after(&world->facts, nor, entry->device, cell);
    }
}

uint32_t cp_entry_time_us(const struct cp_case *test_case, const struct cp_entry *entry) {
    return cp_part_time_us(&test_case->devices[entry->device], entry->kind == CP_ENTRY_ERASE,
                           entry->word, entry->word_count);
}

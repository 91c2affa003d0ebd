// world_flash.c: changes of the flash that keep the facts of it up to date.

#include "faults/world_internal.h"

#include <string.h>

struct cp_nor *cp_w_nor(struct cp_world *world, uint32_t device) {
    return &world->machine->devices[device].nor;
}

void cp_w_set_range(struct cp_world *world, uint32_t device, uint32_t word, uint32_t low,
                    uint32_t high, uint8_t programs) {
    struct cp_nor *nor = cp_w_nor(world, device);
    uint32_t cell = word / nor->words_per_cell;
    cp_facts_before(&world->facts, nor, device, cell);
    cp_nor_set_range(nor, word, low, high, programs);
    cp_facts_after(&world->facts, nor, device, cell);
}

// Beyond the part's limit one more program makes no difference, and counting on
// would only tell states apart that behave alike.
uint8_t cp_w_one_more(const struct cp_world *world, uint32_t device, uint8_t programs) {
    uint8_t limit = world->machine->devices[device].part.programs_per_word;
    return programs >= limit ? limit : (uint8_t)(programs + 1);
}

uint32_t cp_w_page_words(const struct cp_world *world, uint32_t device) {
    return world->machine->devices[device].part.erase_size_bytes / 4;
}

struct cp_cells cp_w_cells_of_page(const struct cp_world *world, const struct cp_entry *entry) {
    const struct cp_nor *nor = &world->machine->devices[entry->device].nor;
    uint32_t first = entry->word / nor->words_per_cell;
    uint32_t count = cp_w_page_words(world, entry->device) / nor->words_per_cell;
    return (struct cp_cells){first, first + count};
}

// Keep the cells of an entry's page, so that it can be put back.
int cp_w_save_page(struct cp_world *world, struct cp_entry *entry) {
    struct cp_nor *nor = cp_w_nor(world, entry->device);
    struct cp_cells cells = cp_w_cells_of_page(world, entry);
    for (uint32_t cell = cells.first; cell < cells.end; cell++) {
        uint8_t *save = cp_w_pool_take(world, cp_nor_cell_save_size_bytes(nor, cell));
        if (!save) {
            return -1;
        }
        cp_nor_save_cell(nor, cell, save);
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

uint32_t cp_w_page_of(const struct cp_world *world, const struct cp_entry *entry) {
    return entry->word / cp_w_page_words(world, entry->device);
}

// world_tear.c: what a power cut inside an operation leaves.

#include "faults/world_internal.h"

#include "faults/tears.h"

static struct cp_entry *push_torn(struct cp_world *world, enum cp_entry_kind kind,
                                  const struct cp_entry *below) {
    struct cp_entry copy = *below; // cp_w_push() may move the journal
    struct cp_entry *entry = cp_w_push(world, kind);
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
    cp_w_set_range(world, entry->device, entry->word, torn.low, torn.high,
                   cp_w_one_more(world, entry->device, entry->old_programs));
    return 1;
}

struct difference {
    bool from_old, from_erased;
};

static void tear_word(struct cp_world *world, const struct cp_entry *entry, uint32_t word,
                      uint32_t tear, struct difference *difference) {
    struct cp_nor *nor = cp_w_nor(world, entry->device);
    struct cp_range old = {nor->words[word], cp_nor_high(nor, word)};
    uint8_t programs = nor->programs[word];
    if (old.low == nor->erased_word && programs == 0) {
        return; // erased before, erased after
    }
    bool is_erased;
    struct cp_range torn = cp_tear_erase_range(&world->test_case->faults, tear, word - entry->word,
                                               cp_w_page_words(world, entry->device), old,
                                               nor->erased_word, &is_erased);
    uint8_t torn_programs = is_erased ? 0 : programs;
    difference->from_old |=
        torn.low != old.low || torn.high != old.high || torn_programs != programs;
    difference->from_erased |= torn.low != nor->erased_word || torn_programs != 0;
    cp_nor_put_range(nor, word, torn.low, torn.high, torn_programs);
}

static void tear_cell(struct cp_world *world, const struct cp_entry *entry, uint32_t cell,
                      uint32_t tear, struct difference *difference) {
    struct cp_nor *nor = cp_w_nor(world, entry->device);
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
    struct cp_nor *nor = cp_w_nor(world, entry->device);
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
    struct cp_cells cells = cp_w_cells_of_page(world, entry);
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

// The page was torn so before, and nothing was written since.
static bool is_forgotten(struct cp_world *world, const struct cp_entry *below) {
    struct cp_cells cells = cp_w_cells_of_page(world, below);
    for (uint32_t cell = cells.first; cell < cells.end; cell++) {
        if (!cp_nor_is_forgotten(cp_w_nor(world, below->device), cell)) {
            return false;
        }
    }
    return true;
}

int cp_world_tear_erase(struct cp_world *world, struct cp_entry *below, uint32_t tear) {
    if (tear == CP_TEAR_ERASE_ANY && is_forgotten(world, below)) {
        return 0;
    }
    struct cp_entry *entry = push_torn(world, CP_ENTRY_TORN_ERASE, below);
    if (!entry || cp_w_save_page(world, entry)) {
        return -1;
    }
    cp_wear_erase(&world->wear, entry->device, cp_w_page_of(world, entry));
    if (!tear_page(world, entry, tear)) {
        cp_world_undo(world, entry);
        cp_world_pop(world);
        return 0;
    }
    return 1;
}

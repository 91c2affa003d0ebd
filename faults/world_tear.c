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
        entry->word_count = copy.word_count;
        entry->old = copy.old;
        entry->asked = copy.asked;
        entry->site = copy.site;
    }
    return entry;
}

struct difference {
    bool from_old, from_whole;
};

// The words that this tear of an undone program leaves.
static struct difference torn_words(const struct cp_world *world, const struct cp_entry *entry,
                                    enum cp_program_tear tear, struct cp_word *words) {
    const struct cp_part *part = cp_w_part(world, entry->device);
    const struct cp_word *old = cp_w_old_words(world, entry);
    struct difference difference = {false, false};
    for (uint32_t i = 0; i < entry->word_count; i++) {
        uint32_t asked = cp_w_asked(world, entry, i);
        struct cp_word whole = cp_word_program(part, old[i], asked);
        words[i] = cp_word_tear_program(part, tear, old[i], asked, i, entry->word_count);
        difference.from_old |= !cp_word_same_content(&words[i], &old[i]);
        difference.from_whole |= !cp_word_same_content(&words[i], &whole);
    }
    return difference;
}

int cp_world_tear_program(struct cp_world *world, struct cp_entry *below,
                          enum cp_program_tear tear) {
    struct cp_word words[CP_EVENT_WORDS_MAX];
    struct difference difference = torn_words(world, below, tear, words);
    if (!difference.from_old || !difference.from_whole) {
        return 0;
    }
    struct cp_entry *entry = push_torn(world, CP_ENTRY_TORN_PROGRAM, below);
    if (!entry || cp_w_keep_words(world, entry)) {
        return -1;
    }
    entry->new_value = words[0].low;
    cp_w_put_words(world, entry->device, entry->word, words, entry->word_count);
    return 1;
}

bool cp_world_tear_changes(const struct cp_world *world, const struct cp_entry *entry,
                           uint32_t tear) {
    const struct cp_part *part = cp_w_part(world, entry->device);
    const struct cp_nor *nor = &world->machine->devices[entry->device].nor;
    if (entry->kind == CP_ENTRY_PROGRAM) {
        struct cp_word words[CP_EVENT_WORDS_MAX];
        return torn_words(world, entry, (enum cp_program_tear)tear, words).from_old;
    }
    for (uint32_t i = 0; i < entry->word_count; i++) {
        struct cp_word old = cp_word_get(nor, entry->word + i);
        struct cp_word torn =
            cp_word_tear_erase(part, &world->test_case->faults, tear, old, i, entry->word_count);
        if (!cp_word_same_content(&torn, &old) || torn.programs != old.programs) {
            return true;
        }
    }
    return false;
}

static void tear_cell(struct cp_world *world, const struct cp_entry *entry, uint32_t cell,
                      uint32_t tear, struct difference *difference) {
    const struct cp_part *part = cp_w_part(world, entry->device);
    struct cp_nor *nor = cp_w_nor(world, entry->device);
    uint32_t first = cell * nor->words_per_cell;
    struct cp_hash begun = cp_nor_begin_cell(nor, cell);
    cp_facts_before(&world->facts, nor, entry->device, cell);
    for (uint32_t word = first; word < first + nor->words_per_cell; word++) {
        struct cp_word old = cp_word_get(nor, word);
        struct cp_word torn = cp_word_tear_erase(part, &world->test_case->faults, tear, old,
                                                 word - entry->word, entry->word_count);
        difference->from_old |= !cp_word_same_content(&torn, &old) || torn.programs != old.programs;
        difference->from_whole |=
            torn.low != nor->erased_word || torn.programs != 0 || torn.undecided != 0;
        cp_word_put(nor, word, &torn);
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
    cp_nor_undecide_cell(nor, cell, tear == CP_TEAR_ERASE_ANY,
                         cp_part_can_fail_ecc(cp_w_part(world, entry->device)));
    cp_facts_after(&world->facts, nor, entry->device, cell);
    bool was_erased = cp_hash_equal(content, nor->erased_content);
    difference->from_old |= !cp_hash_equal(content, nor->content[cell]);
    difference->from_whole |= tear == CP_TEAR_ERASE_ANY || !was_erased;
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
    return difference.from_old && difference.from_whole;
}

// The page was torn so before, and nothing was written since.
static bool is_forgotten(struct cp_world *world, const struct cp_entry *below) {
    struct cp_cells cells = cp_w_cells_of_page(world, below);
    bool doubts = cp_part_can_fail_ecc(cp_w_part(world, below->device));
    for (uint32_t cell = cells.first; cell < cells.end; cell++) {
        if (!cp_nor_is_forgotten(cp_w_nor(world, below->device), cell, doubts)) {
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
    uint32_t first = cp_w_page_of(world, entry), count = cp_w_page_count(world, entry);
    for (uint32_t page = first; page < first + count; page++) {
        cp_wear_erase(&world->wear, entry->device, page);
    }
    if (!tear_page(world, entry, tear)) {
        cp_world_undo(world, entry);
        cp_world_pop(world);
        return 0;
    }
    return 1;
}

void cp_w_leave_some(struct cp_world *world, struct cp_entry *entry) {
    if (entry->kind == CP_ENTRY_ERASE) {
        (void)tear_page(world, entry, CP_TEAR_ERASE_ANY_SUBSET);
        return;
    }
    struct cp_word words[CP_EVENT_WORDS_MAX];
    (void)torn_words(world, entry, CP_TEAR_ANY, words);
    entry->new_value = words[0].low;
    cp_w_put_words(world, entry->device, entry->word, words, entry->word_count);
}

// slow_cut.c: the power cut of the slow engine, after an event and inside an operation.
//
// What a torn operation leaves is put into the flash, reached, and the page is put back
// from a copy, all before the operation is done.

#include "faults/slow_search.h"
#include "faults/tears.h"

static bool is_data(const struct cp_slow *s, uint32_t device, uint32_t word) {
    enum cp_area area = cp_machine_area(s->world.machine, device, 4 * word);
    return area == CP_AREA_ACTIVE || area == CP_AREA_DFU;
}

// Nearly all cuts are at words of data; they are divided among the parts of a case as
// backward.c does it.
static bool is_of_another_part(const struct cp_slow *s, uint32_t device, uint32_t word) {
    return !s->nodes[s->boot.node].is_free && is_data(s, device, word) &&
           word / 16 % s->options->shard_count != s->options->shard_index;
}

static bool may_cut(struct cp_slow *s, enum cp_mode mode) {
    const struct cp_fault_model *faults = &s->test_case->faults;
    enum cp_phase phase = mode == CP_MODE_BOOTLOADER ? CP_PHASE_BOOTLOADER : CP_PHASE_APPLICATION;
    if (!faults->cut || (faults->cut_phases >> phase & 1u) == 0) {
        return false;
    }
    if (s->nodes[s->boot.node].cuts >= s->test_case->bounds.cuts_max) {
        s->bound_was_hit = true;
        return false;
    }
    return true;
}

static void cut(struct cp_slow *s, struct cp_slow_node *child) {
    uint32_t survivor = s->world.survivor;
    struct cp_ghost ghost = s->world.promises.ghost;
    s->world.survivor =
        child->edge == CP_EDGE_MCU_RESET ? cp_machine_survivor(s->world.machine) : 0;
    cp_promises_run_ends(&s->world.promises, false);
    s->result->cuts_explored++;
    cp_wear_power_lost(&s->world.wear, s->level_save);
    uint32_t id = cp_slow_reach(s, child);
    cp_slow_note_cut(s, child->edge, child->tear, id);
    cp_wear_undo_power_lost(&s->world.wear, s->level_save);
    s->world.survivor = survivor;
    s->world.promises.ghost = ghost;
}

// The MCU alone is reset there as well, where that leaves something else.
static void reset_too(struct cp_slow *s, const struct cp_slow_node *cut_child) {
    const struct cp_machine *machine = s->world.machine;
    if (s->test_case->faults.reset && cp_machine_survivor(machine) != 0 && !machine->is_dying) {
        struct cp_slow_node child = *cut_child;
        child.edge = CP_EDGE_MCU_RESET;
        cut(s, &child);
    }
}

void cp_slow_cut_after_milestone(struct cp_slow *s, enum cp_mode mode) {
    if (may_cut(s, mode)) {
        struct cp_slow_node child = cp_slow_child(s, CP_EDGE_AFTER, mode), other = child;
        cut(s, &child);
        reset_too(s, &other);
    }
}

void cp_slow_cut_after_operation(struct cp_slow *s, uint32_t site, uint32_t device, uint32_t word,
                                 bool is_program) {
    enum cp_mode mode = s->world.machine->mode;
    bool is_shared = is_program && is_data(s, device, word);
    if ((is_program && is_of_another_part(s, device, word)) || !may_cut(s, mode)) {
        return;
    }
    if (site < s->sites.count) {
        s->sites.sites[site].cuts_after++;
    }
    struct cp_slow_node child = cp_slow_child(s, CP_EDGE_AFTER, mode);
    child.site = site;
    child.is_free |= is_shared;
    struct cp_slow_node other = child;
    cut(s, &child);
    reset_too(s, &other);
}

// --- torn operations

// The operation that is to be torn.
struct torn {
    const struct cp_event *event;
    uint32_t site;
    uint32_t first_cell, end_cell; // of the page, or of the word
    struct cp_nor *nor;
    const struct cp_part *part;
};

static void save_cells(struct cp_slow *s, const struct torn *torn) {
    uint8_t *save = s->cell_save;
    for (uint32_t cell = torn->first_cell; cell < torn->end_cell; cell++) {
        cp_nor_save_cell(torn->nor, cell, save);
        save += cp_nor_cell_save_size_bytes(torn->nor, cell);
    }
}

static void restore_cells(struct cp_slow *s, const struct torn *torn) {
    const uint8_t *save = s->cell_save;
    for (uint32_t cell = torn->first_cell; cell < torn->end_cell; cell++) {
        save = cp_nor_restore_cell(torn->nor, cell, save);
    }
    cp_slow_touch_page(s, torn->event->device, torn->event->word);
}

// The flash is as the torn operation leaves it.
static void cut_torn(struct cp_slow *s, const struct torn *torn, enum cp_edge edge, uint32_t tear) {
    struct cp_slow_node child = cp_slow_child(s, edge, s->world.machine->mode);
    child.site = torn->site;
    child.tear = tear;
    child.is_free |=
        edge == CP_EDGE_TORN_PROGRAM && is_data(s, torn->event->device, torn->event->word);
    if (child.torn_left != CP_UNLIMITED) {
        child.torn_left--;
    }
    if (torn->site < s->sites.count) {
        s->sites.sites[torn->site].cuts_torn++;
    }
    cp_slow_touch_page(s, torn->event->device, torn->event->word);
    cut(s, &child);
}

static void tear_program(struct cp_slow *s, const struct torn *torn, enum cp_program_tear tear) {
    const struct cp_event *event = torn->event;
    bool is_other_than_old = false, is_other_than_whole = false;
    for (uint32_t i = 0; i < event->word_count; i++) {
        uint32_t asked = event->words[i];
        struct cp_word old = cp_word_get(torn->nor, event->word + i);
        struct cp_word whole = cp_word_program(torn->part, old, asked);
        struct cp_word left =
            cp_word_tear_program(torn->part, tear, old, asked, i, event->word_count);
        is_other_than_old |= !cp_word_same_content(&left, &old);
        is_other_than_whole |= !cp_word_same_content(&left, &whole);
        cp_nor_restore_word(torn->nor, event->word + i, left.low, left.high, left.undecided,
                            left.programs);
    }
    if (is_other_than_old && is_other_than_whole) {
        cut_torn(s, torn, CP_EDGE_TORN_PROGRAM, tear);
    }
    restore_cells(s, torn);
}

static void tear_programs(struct cp_slow *s, const struct torn *torn) {
    for (uint32_t tear = 0; tear < CP_PROGRAM_TEAR_COUNT && s->stop == CP_STOP_NONE; tear++) {
        if ((s->test_case->faults.program_tears >> tear & 1u) != 0) {
            tear_program(s, torn, (enum cp_program_tear)tear);
        }
    }
}

// The words of one cell after a torn erase of a shape. An erased word stays one.
static void tear_words(struct cp_slow *s, const struct torn *torn, uint32_t cell, uint32_t tear) {
    struct cp_nor *nor = torn->nor;
    uint32_t first = cell * nor->words_per_cell;
    struct cp_hash begun = cp_nor_begin_cell(nor, cell);
    for (uint32_t word = first; word < first + nor->words_per_cell; word++) {
        struct cp_word left =
            cp_word_tear_erase(torn->part, &s->test_case->faults, tear, cp_word_get(nor, word),
                               word - torn->event->word, torn->event->word_count);
        cp_word_put(nor, word, &left);
    }
    cp_nor_end_cell(nor, cell, begun);
}

static bool is_erased_cell(const struct cp_nor *nor, uint32_t cell) {
    static const struct cp_hash nothing = {0, 0};
    return cp_hash_equal(nor->content[cell], nor->erased_content) &&
           cp_hash_equal(nor->wear_sum[cell], nothing);
}

// Tear the page; true when that differs from what was and from a whole erase. A cell
// that reads as erased cannot become undecided unless what was there is forgotten.
static bool tear_page(struct cp_slow *s, const struct torn *torn, uint32_t tear) {
    struct cp_nor *nor = torn->nor;
    bool is_other_than_old = false, is_other_than_erased = false;
    for (uint32_t cell = torn->first_cell; cell < torn->end_cell; cell++) {
        struct cp_hash content = nor->content[cell], wear = nor->wear_sum[cell];
        bool was_erased = cp_hash_equal(content, nor->erased_content);
        if (tear == CP_TEAR_ERASE_ANY || tear == CP_TEAR_ERASE_ANY_SUBSET) {
            cp_nor_undecide_cell(nor, cell, tear == CP_TEAR_ERASE_ANY,
                                 cp_part_can_fail_ecc(torn->part));
            is_other_than_erased |= tear == CP_TEAR_ERASE_ANY || !was_erased;
        } else {
            tear_words(s, torn, cell, tear);
            is_other_than_erased |= !is_erased_cell(nor, cell);
        }
        is_other_than_old |= !cp_hash_equal(content, nor->content[cell]) ||
                             !cp_hash_equal(wear, nor->wear_sum[cell]);
    }
    return is_other_than_old && is_other_than_erased;
}

// A torn erase counts as one.
static void tear_erases(struct cp_slow *s, const struct torn *torn) {
    const struct cp_fault_model *faults = &s->test_case->faults;
    uint32_t device = torn->event->device;
    uint32_t page = cp_part_page(torn->part, 4 * torn->event->word).index;
    for (uint32_t tear = 0; tear < cp_erase_tear_total(faults) && s->stop == CP_STOP_NONE; tear++) {
        if (!cp_erase_tear_enabled(faults, tear)) {
            continue;
        }
        if (tear_page(s, torn, tear)) {
            cp_wear_erase(&s->world.wear, device, page);
            cut_torn(s, torn, CP_EDGE_TORN_ERASE, tear);
            cp_wear_undo_erase(&s->world.wear, device, page);
        }
        restore_cells(s, torn);
    }
}

static bool may_tear(struct cp_slow *s, const struct cp_event *event) {
    const struct cp_fault_model *faults = &s->test_case->faults;
    enum cp_area area = cp_machine_area(s->world.machine, event->device, 4 * event->word);
    bool is_program = event->kind == CP_EVENT_PROGRAM;
    bool has_tears = is_program ? faults->program_tears != 0
                                : faults->erase_tears != 0 || faults->erase_bit_mask_count > 0;
    if (area == CP_AREA_COUNT || (faults->torn_areas >> area & 1u) == 0 || !has_tears ||
        (is_program && is_of_another_part(s, event->device, event->word)) ||
        !may_cut(s, s->world.machine->mode)) {
        return false;
    }
    if (s->nodes[s->boot.node].torn_left == 0) {
        s->bound_was_hit = true;
        return false;
    }
    return true;
}

void cp_slow_cut_inside(struct cp_slow *s, uint32_t site) {
    const struct cp_event *event = &s->world.machine->event;
    if (event->fate != CP_FATE_DONE || !may_tear(s, event)) {
        return;
    }
    struct cp_device *device = &s->world.machine->devices[event->device];
    uint32_t words_per_cell = device->nor.words_per_cell;
    struct torn torn = {.event = event,
                        .site = site,
                        .first_cell = event->word / words_per_cell,
                        .end_cell = (event->word + event->word_count - 1) / words_per_cell + 1,
                        .nor = &device->nor,
                        .part = &device->part};
    save_cells(s, &torn);
    if (event->kind == CP_EVENT_PROGRAM) {
        tear_programs(s, &torn);
    } else {
        tear_erases(s, &torn);
    }
}

// claims.c: the faults, the bounds, the promises, and what is expected of them.

#include "scenarios/draft.h"
#include "scenarios/table.h"
#include "scenarios/value.h"

#include <stdio.h>
#include <string.h>

static void add_mask(struct cp_draft *draft, const struct cp_node *item) {
    uint64_t mask;
    struct cp_fault_model *faults = &draft->out->faults;
    if (!cp_value_hex(item->text, &mask)) {
        return;
    }
    if (faults->erase_bit_mask_count == CP_BIT_MASKS_MAX) {
        cp_report_add(draft->report, item->mark, "more than %u bit masks", CP_BIT_MASKS_MAX);
        return;
    }
    faults->erase_bit_masks[faults->erase_bit_mask_count++] = (uint32_t)mask;
}

static void read_masks(struct cp_draft *draft) {
    const struct cp_node *list = cp_read_node(draft, "faults.torn_erase");
    for (const struct cp_node *item = list == NULL ? NULL : list->first; item != NULL;
         item = item->next) {
        add_mask(draft, item);
    }
}

static void read_bounds(struct cp_draft *draft) {
    uint64_t time_us = 0;
    struct cp_bounds *bounds = &draft->out->bounds;
    cp_read_number_32(draft, "explore.cuts", &bounds->cuts_max);
    cp_read_number_32(draft, "explore.torn", &bounds->torn_max);
    cp_read_number_32(draft, "explore.states", &bounds->states_max);
    cp_read_number(draft, "explore.time", &time_us);
    cp_read_number(draft, "explore.memory", &bounds->memory_max_bytes);
    bounds->seconds_max = (uint32_t)(time_us / 1000000u);
}

// `all` means every shape; `any` is no shape but stands for all of them together.
static uint32_t shapes_of_all(uint32_t tears, uint32_t shape_count, uint32_t tear_count) {
    return tears == (1u << tear_count) - 1u ? (1u << shape_count) - 1u : tears;
}

// An undecided word can be read as any shape leaves it, so nothing goes beside it.
static void check_alone(struct cp_draft *draft, const char *path, const char *word) {
    const struct cp_node *list = cp_read_node(draft, path);
    for (const struct cp_node *item = list == NULL ? NULL : list->first; item != NULL;
         item = item->next) {
        if (strcmp(item->text, word) == 0 && list->first->next != NULL) {
            cp_report_add(draft->report, item->mark, "'%s' includes every other shape", word);
            cp_report_help(draft->report, "write [%s] alone, or only the other shapes", word);
        }
    }
}

static void check_undecided(struct cp_draft *draft) {
    check_alone(draft, "faults.torn_program", cp_program_tear_name(CP_TEAR_ANY));
    check_alone(draft, "faults.torn_erase", cp_erase_tear_name(CP_TEAR_ERASE_ANY));
    check_alone(draft, "faults.torn_erase", cp_erase_tear_name(CP_TEAR_ERASE_ANY_SUBSET));
}

void cp_decode_faults(struct cp_draft *draft) {
    uint32_t cut = 0, areas = 0, reads = 0;
    struct cp_fault_model *faults = &draft->out->faults;
    cp_read_word(draft, "faults.cut", &cut);
    faults->cut = cut != 0;
    cp_read_words(draft, "faults.during", &faults->cut_phases);
    cp_read_words(draft, "faults.torn_program", &faults->program_tears);
    cp_read_words(draft, "faults.torn_erase", &faults->erase_tears);
    faults->program_tears =
        shapes_of_all(faults->program_tears, CP_PROGRAM_SHAPE_COUNT, CP_PROGRAM_TEAR_COUNT);
    faults->erase_tears =
        shapes_of_all(faults->erase_tears, CP_ERASE_SHAPE_COUNT, CP_ERASE_TEAR_COUNT);
    cp_read_words(draft, "faults.torn_in", &areas);
    faults->torn_areas = areas << CP_AREA_STATE;
    cp_read_word(draft, "faults.torn_reads", &reads);
    faults->torn_reads = (enum cp_torn_reads)reads;
    check_undecided(draft);
    read_masks(draft);
    read_bounds(draft);
}

// --- expectations ---

static void need_with_violated(struct cp_draft *draft, bool is_violated, const char *key) {
    char path[32];
    snprintf(path, sizeof path, "expect.%s", key);
    if (is_violated && !cp_read_has(draft, path)) {
        cp_report_add(draft->report, cp_read_place(draft, "expect.verdict"),
                      "the key '%s' is missing", key);
        cp_report_help(draft->report, "say which promises are violated, and why");
    }
    if (!is_violated && cp_read_has(draft, path)) {
        cp_report_add(draft->report, cp_node_find(draft->root, path)->key->mark,
                      "'%s' goes only with 'verdict: violated'", key);
    }
}

// A promise that is not checked cannot be seen to be broken.
static void check_violates(struct cp_draft *draft) {
    const struct cp_key *key = cp_key_find("expect.violates");
    const struct cp_node *list = cp_read_node(draft, "expect.violates");
    for (const struct cp_node *item = list == NULL ? NULL : list->first; item != NULL;
         item = item->next) {
        int promise = cp_key_word_index(key, item->text);
        if (promise >= 0 && (draft->out->promises & (1u << promise)) == 0) {
            cp_report_add(draft->report, item->mark, "'%s' is not among the properties",
                          item->text);
            cp_report_help(draft->report, "add it to `properties`, so that it is checked");
        }
    }
}

static void copy_reason(struct cp_draft *draft) {
    const char *because = cp_read_text(draft, "expect.because");
    if (because != NULL) {
        snprintf(draft->out->expect.because, sizeof draft->out->expect.because, "%s", because);
    }
}

void cp_decode_expect(struct cp_draft *draft) {
    uint32_t verdict;
    bool promises_known = cp_read_words(draft, "properties", &draft->out->promises);
    cp_read_number_32(draft, "wear.erases_per_update", &draft->out->erases_per_update_max);
    cp_read_words(draft, "expect.violates", &draft->out->expect.violates);
    cp_read_number_32(draft, "expect.min_states", &draft->out->expect.states_min);
    copy_reason(draft);
    if (promises_known) {
        check_violates(draft);
    }
    if (cp_read_word(draft, "expect.verdict", &verdict)) {
        draft->out->expect.verdict = (enum cp_verdict)verdict;
        need_with_violated(draft, verdict == CP_VERDICT_VIOLATED, "violates");
        need_with_violated(draft, verdict == CP_VERDICT_VIOLATED, "because");
    }
}

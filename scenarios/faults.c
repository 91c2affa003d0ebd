// faults.c: the faults of a case, as they are listed, or as its parts have them.

#include "scenarios/fault_parts.h"
#include "scenarios/table.h"
#include "scenarios/value.h"

#include <string.h>

enum { MODEL_LISTED, MODEL_PART }; // in the order of cp_word_fault_model

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

// `all` means every shape; `any` is no shape but stands for all of them together.
static uint32_t shapes_of_all(uint32_t tears, uint32_t shape_count, uint32_t tear_count) {
    return tears == (1u << tear_count) - 1u ? (1u << shape_count) - 1u : tears;
}

// `weak` and `uncorrectable` are no shapes: they can go beside `any`.
static bool is_shape(const char *word) {
    return strcmp(word, cp_erase_tear_name(CP_TEAR_ERASE_WEAK)) != 0 &&
           strcmp(word, cp_program_tear_name(CP_TEAR_UNCORRECTABLE)) != 0;
}

static size_t count_shapes(const struct cp_node *list) {
    size_t count = 0;
    for (const struct cp_node *item = list->first; item != NULL; item = item->next) {
        count += is_shape(item->text);
    }
    return count;
}

// An undecided word can be read as any shape leaves it, so no other goes beside it.
static void check_alone(struct cp_draft *draft, const char *path, const char *word) {
    const struct cp_node *list = cp_read_node(draft, path);
    for (const struct cp_node *item = list == NULL ? NULL : list->first; item != NULL;
         item = item->next) {
        if (strcmp(item->text, word) == 0 && count_shapes(list) > 1) {
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

// --- reading ---

// With `model: part` a key that is not there is left as the parts have it.
static bool is_told(const struct cp_draft *draft, const char *path) {
    return draft->fault_model != MODEL_PART || cp_read_has(draft, path);
}

static void read_cut(struct cp_draft *draft) {
    uint32_t cut;
    struct cp_fault_model *faults = &draft->out->faults;
    if (cp_read_word(draft, "faults.cut", &cut)) {
        faults->cut = cut != 0;
    } else if (draft->fault_model == MODEL_LISTED && !cp_read_has(draft, "faults.cut")) {
        cp_report_add(draft->report, cp_read_place(draft, "faults.cut"),
                      "the key 'cut' is missing");
        cp_report_help(draft->report, "%s", cp_key_find("faults.cut")->help);
    }
    cp_read_words(draft, "faults.during", &faults->cut_phases);
}

static void read_tears(struct cp_draft *draft) {
    uint32_t tears;
    struct cp_fault_model *faults = &draft->out->faults;
    if (is_told(draft, "faults.torn_program") &&
        cp_read_words(draft, "faults.torn_program", &tears)) {
        faults->program_tears = shapes_of_all(tears, CP_PROGRAM_SHAPE_COUNT, CP_PROGRAM_TEAR_COUNT);
    }
    if (is_told(draft, "faults.torn_erase") && cp_read_words(draft, "faults.torn_erase", &tears)) {
        faults->erase_tears = shapes_of_all(tears, CP_ERASE_SHAPE_COUNT, CP_ERASE_TEAR_COUNT);
    }
    read_masks(draft);
    check_undecided(draft);
}

static void read_torn_reads(struct cp_draft *draft) {
    uint32_t reads;
    if (is_told(draft, "faults.torn_reads") && cp_read_word(draft, "faults.torn_reads", &reads)) {
        draft->out->faults.torn_reads = (enum cp_torn_reads)reads;
    }
}

static void read_resets(struct cp_draft *draft) {
    struct cp_fault_model *faults = &draft->out->faults;
    if (is_told(draft, "faults.reset")) {
        cp_read_boolean(draft, "faults.reset", &faults->reset);
    }
    if (is_told(draft, "faults.external_dies")) {
        cp_read_boolean(draft, "faults.external_dies", &faults->external_dies);
    }
}

static void read_errors(struct cp_draft *draft) {
    struct cp_fault_model *faults = &draft->out->faults;
    if (is_told(draft, "faults.operation_errors")) {
        cp_read_words(draft, "faults.operation_errors", &faults->operation_errors);
    }
    if (faults->operation_errors != 0) {
        cp_read_number_32(draft, "faults.errors", &faults->errors_max);
    } else if (cp_read_has(draft, "faults.errors")) {
        cp_report_add(draft->report, cp_node_find(draft->root, "faults.errors")->key->mark,
                      "'errors' has no meaning without 'operation_errors'");
        cp_report_help(draft->report, "say how they fail: operation_errors: [silent]");
    }
    faults->operation_errors &= cp_errors_of_parts(draft); // `all` is what the parts have
}

void cp_decode_faults(struct cp_draft *draft) {
    uint32_t areas = 0;
    cp_read_word(draft, "faults.model", &draft->fault_model);
    cp_read_words(draft, "faults.torn_in", &areas);
    draft->out->faults.torn_areas = areas << CP_AREA_STATE;
    if (draft->fault_model == MODEL_PART) {
        cp_take_faults_of_parts(draft);
    }
    read_cut(draft);
    read_tears(draft);
    read_torn_reads(draft);
    read_resets(draft);
    read_errors(draft);
    cp_check_faults_of_parts(draft);
}

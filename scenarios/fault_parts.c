// fault_parts.c: which faults the parts of a case have.
//
// A part counts where STATE, ACTIVE or DFU lies on it: nothing else of it is written.

#include "scenarios/fault_parts.h"

#include "scenarios/layout.h"
#include "scenarios/table.h"

#include <stdio.h>
#include <string.h>

// The faults, bit per enum cp_part_fault, of the parts below these areas.
static uint32_t faults_below(const struct cp_draft *draft, uint32_t areas) {
    uint32_t faults = 0;
    for (uint32_t area = CP_AREA_STATE; area < CP_AREA_COUNT; area++) {
        if ((areas >> area & 1u) != 0 && draft->area_known[area]) {
            faults |= cp_draft_device_of(draft, (enum cp_area)area)->faults;
        }
    }
    return faults;
}

#define WRITTEN_AREAS (1u << CP_AREA_STATE | 1u << CP_AREA_ACTIVE | 1u << CP_AREA_DFU)

static uint32_t erase_tears_of(uint32_t has) {
    uint32_t tears = (has & CP_FAULT_TORN_ERASE) != 0 ? 1u << CP_TEAR_ERASE_ANY : 0;
    return tears | ((has & CP_FAULT_WEAK_ERASE) != 0 ? 1u << CP_TEAR_ERASE_WEAK : 0);
}

static uint32_t errors_of(uint32_t has) {
    uint32_t errors = (has & CP_FAULT_ERROR_REPORTED) != 0 ? 1u << CP_ERROR_REPORTED : 0;
    return errors | ((has & CP_FAULT_ERROR_SILENT) != 0 ? 1u << CP_ERROR_SILENT : 0);
}

uint32_t cp_errors_of_parts(const struct cp_draft *draft) {
    return errors_of(faults_below(draft, draft->out->faults.torn_areas));
}

void cp_take_faults_of_parts(struct cp_draft *draft) {
    struct cp_fault_model *faults = &draft->out->faults;
    uint32_t has = faults_below(draft, WRITTEN_AREAS);
    uint32_t torn = faults_below(draft, faults->torn_areas);
    uint32_t state = faults_below(draft, faults->torn_areas & 1u << CP_AREA_STATE);
    faults->cut = true;
    faults->program_tears = (torn & CP_FAULT_TORN_PROGRAM) != 0 ? 1u << CP_TEAR_ANY : 0;
    faults->erase_tears = erase_tears_of(torn);
    if ((state & CP_FAULT_UNSTABLE_READS) != 0) {
        faults->torn_reads = CP_TORN_READS_UNSTABLE;
    }
    faults->reset = (has & CP_FAULT_SURVIVES_RESET) != 0;
    faults->external_dies = (has & CP_FAULT_LOSES_POWER_FIRST) != 0;
    faults->operation_errors = errors_of(torn);
}

// --- faults that are asked for ---

// Can it be known what is missing? What is wrong with an area was reported already.
static bool are_known(const struct cp_draft *draft, uint32_t areas) {
    for (uint32_t area = CP_AREA_STATE; area < CP_AREA_COUNT; area++) {
        if ((areas >> area & 1u) != 0 && !draft->area_known[area]) {
            return false;
        }
    }
    return areas != 0;
}

static size_t append(char text[CP_HELP_MAX], size_t length, const char *before, const char *word) {
    length += (size_t)snprintf(text + length, CP_HELP_MAX - length, "%s%s", before, word);
    return length < CP_HELP_MAX ? length : CP_HELP_MAX - 1;
}

static size_t append_part(char text[CP_HELP_MAX], size_t length, const struct cp_part *part) {
    const char *before = " has ";
    length = append(text, length, length == 0 ? "" : "; ", part->name);
    for (uint32_t i = 0; i < CP_PART_FAULT_COUNT; i++) {
        if ((part->faults >> i & 1u) != 0) {
            length = append(text, length, before, cp_part_fault_name(i));
            before = ", ";
        }
    }
    return part->faults == 0 ? append(text, length, before, "no faults") : length;
}

static void help_parts(struct cp_draft *draft, uint32_t areas) {
    char text[CP_HELP_MAX] = "";
    size_t length = 0;
    uint32_t told = 0;
    for (uint32_t area = CP_AREA_STATE; area < CP_AREA_COUNT; area++) {
        uint32_t device = draft->out->areas[area].device;
        if ((areas >> area & 1u) != 0 && (told >> device & 1u) == 0) {
            length = append_part(text, length, &draft->out->devices[device]);
            told |= 1u << device;
        }
    }
    cp_report_help(draft->report, "%s", text);
}

static const char *name_of(enum cp_part_fault fault) {
    return cp_part_fault_name((uint32_t)__builtin_ctz(fault));
}

// `what` stands at a place and asks for a fault of one of the parts below the areas.
static void need(struct cp_draft *draft, struct cp_mark place, const char *what,
                 enum cp_part_fault fault, uint32_t areas) {
    if (are_known(draft, areas) && (faults_below(draft, areas) & fault) == 0) {
        const char *where = areas == WRITTEN_AREAS         ? ""
                            : areas == 1u << CP_AREA_STATE ? " below 'state'"
                                                           : " below the areas of 'torn_in'";
        cp_report_add(draft->report, place, "'%.40s' needs a part with %s%s", what, name_of(fault),
                      where);
        help_parts(draft, areas);
    }
}

struct demand {
    const char *word;
    enum cp_part_fault fault;
};

static const struct demand demands[] = {
    {"weak", CP_FAULT_WEAK_ERASE},         {"uncorrectable", CP_FAULT_UNCORRECTABLE},
    {"reported", CP_FAULT_ERROR_REPORTED}, {"silent", CP_FAULT_ERROR_SILENT},
    {"unstable", CP_FAULT_UNSTABLE_READS},
};

static enum cp_part_fault fault_of(const char *word, enum cp_part_fault otherwise) {
    for (size_t i = 0; i < sizeof demands / sizeof demands[0]; i++) {
        if (strcmp(demands[i].word, word) == 0) {
            return demands[i].fault;
        }
    }
    return otherwise;
}

// The words of a key; any that is in no demand asks for the plain fault.
static void need_words(struct cp_draft *draft, const char *path, enum cp_part_fault plain,
                       uint32_t areas) {
    const struct cp_node *node = cp_read_node(draft, path);
    if (node == NULL || strcmp(node->text, "none") == 0 || strcmp(node->text, "stable") == 0) {
        return;
    }
    if (node->kind != CP_NODE_LIST) {
        need(draft, node->mark, node->text, fault_of(node->text, plain), areas);
        return;
    }
    for (const struct cp_node *item = node->first; item != NULL; item = item->next) {
        need(draft, item->mark, item->text, fault_of(item->text, plain), areas);
    }
}

// No part but a chip of its own outlives a reset, or loses its power alone.
static void need_true(struct cp_draft *draft, const char *path, enum cp_part_fault fault) {
    const struct cp_node *node = cp_read_node(draft, path);
    if (node != NULL && strcmp(node->text, "true") == 0) {
        need(draft, node->key->mark, node->key->text, fault, WRITTEN_AREAS);
    }
}

void cp_check_faults_of_parts(struct cp_draft *draft) {
    uint32_t torn = draft->out->faults.torn_areas;
    need_words(draft, "faults.torn_program", CP_FAULT_TORN_PROGRAM, torn);
    need_words(draft, "faults.torn_erase", CP_FAULT_TORN_ERASE, torn);
    need_words(draft, "faults.torn_reads", CP_FAULT_UNSTABLE_READS, 1u << CP_AREA_STATE);
    need_words(draft, "faults.operation_errors", CP_FAULT_ERROR_SILENT, torn);
    need_true(draft, "faults.reset", CP_FAULT_SURVIVES_RESET);
    need_true(draft, "faults.external_dies", CP_FAULT_LOSES_POWER_FIRST);
}

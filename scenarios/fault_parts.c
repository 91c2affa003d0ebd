// fault_parts.c: which faults the parts of a case have.
//
// A part counts where STATE, ACTIVE or DFU lies on it: nothing else of it is written.

#include "scenarios/fault_parts.h"

#include "scenarios/layout.h"

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

#define ALL_AREAS ((1u << CP_AREA_COUNT) - 1u)

static uint32_t erase_tears_of(uint32_t has) {
    uint32_t tears = (has & CP_FAULT_TORN_ERASE) != 0 ? 1u << CP_TEAR_ERASE_ANY : 0;
    return tears | ((has & CP_FAULT_WEAK_ERASE) != 0 ? 1u << CP_TEAR_ERASE_WEAK : 0);
}

static uint32_t errors_of(uint32_t has) {
    uint32_t errors = (has & CP_FAULT_ERROR_REPORTED) != 0 ? 1u << CP_ERROR_REPORTED : 0;
    return errors | ((has & CP_FAULT_ERROR_SILENT) != 0 ? 1u << CP_ERROR_SILENT : 0);
}

void cp_take_faults_of_parts(struct cp_draft *draft) {
    struct cp_fault_model *faults = &draft->out->faults;
    uint32_t has = faults_below(draft, ALL_AREAS);
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
    faults->operation_errors = errors_of(has);
}

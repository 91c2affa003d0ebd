// parts_fictional.c: parts that nobody makes, to try what the real ones do not show.

#include "sim/part_tables.h"

#define NVMC_FAULTS                                                                                \
    (CP_FAULT_TORN_PROGRAM | CP_FAULT_TORN_ERASE | CP_FAULT_WEAK_ERASE | CP_FAULT_UNSTABLE_READS | \
     CP_FAULT_ERROR_SILENT)

static const struct cp_part parts[] = {
    {
        // There is no second controller yet. What an external flash changes for
        // the swap is its page size, and that this part has.
        .name = "nvmc-8k",
        .about = "fictional: stands in for an external flash; 1 MiB, 8 KiB pages, NVMC registers",
        .family = "fictional",
        .controller = CP_CONTROLLER_NVMC,
        .registers_address = 0x50010000u,
        .flash_address = 0x60000000u,
        .size_bytes = 1u * CP_MIB,
        .erase_size_bytes = 8u * CP_KIB,
        .write_size_bytes = 4u,
        .erase_value = 0xFFu,
        .rule = CP_RULE_AND_COUNTED,
        .programs_per_word = 2u,
        .faults = NVMC_FAULTS,
        .program_time_us = 41u,
        .erase_time_us = 85000u,
        .endurance_erases = 10000u,
        .source = "invented; times and limits are those of nrf52840",
    },
    {
        // To see how the exploration grows with the pages, beyond the parts there are.
        .name = "nvmc-4m",
        .about = "fictional: nRF52840's flash, four times as large; 4 MiB, 4 KiB pages",
        .family = "fictional",
        .controller = CP_CONTROLLER_NVMC,
        .registers_address = 0x4001E000u,
        .flash_address = 0x00000000u,
        .size_bytes = 4u * CP_MIB,
        .erase_size_bytes = 4u * CP_KIB,
        .write_size_bytes = 4u,
        .erase_value = 0xFFu,
        .rule = CP_RULE_AND_COUNTED,
        .programs_per_word = 2u,
        .faults = NVMC_FAULTS,
        .program_time_us = 41u,
        .erase_time_us = 85000u,
        .endurance_erases = 10000u,
        .source = "invented; all but the size is that of nrf52840",
    },
};

const struct cp_part_table cp_parts_fictional = CP_PART_TABLE(parts);

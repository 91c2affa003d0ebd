// parts_nordic.c: Nordic parts, and where each fact comes from.

#include "sim/part_tables.h"

// No error flags, no ECC: an operation fails silently or not at all.
#define NVMC_FAULTS                                                                                \
    (CP_FAULT_TORN_PROGRAM | CP_FAULT_TORN_ERASE | CP_FAULT_WEAK_ERASE | CP_FAULT_UNSTABLE_READS | \
     CP_FAULT_ERROR_SILENT)

static const struct cp_part parts[] = {
    {
        .name = "nrf52840",
        .about = "Nordic nRF52840: 1 MiB NVMC flash, 4 KiB pages, 4-byte words",
        .family = "nRF52",
        .controller = CP_CONTROLLER_NVMC,
        .registers_address = 0x4001E000u,
        .flash_address = 0x00000000u,
        .size_bytes = 1u * CP_MIB,
        .erase_size_bytes = 4u * CP_KIB,
        .write_size_bytes = 4u,
        .erase_value = 0xFFu,
        .rule = CP_RULE_AND_COUNTED,
        .programs_per_word = 2u,
        .faults = NVMC_FAULTS,
        .program_time_us = 41u,
        .erase_time_us = 85000u,
        .endurance_erases = 10000u,
        .source = "page size and addresses: Nordic MDK; word time: product specification 1.11; "
                  "page erase time: nrfx; 2 programs per word and endurance: from memory, "
                  "unverified",
    },
    {
        .name = "nrf51822",
        .about = "Nordic nRF51822: 256 KiB NVMC flash, 1 KiB pages, 4-byte words",
        .family = "nRF51",
        .controller = CP_CONTROLLER_NVMC,
        .registers_address = 0x4001E000u,
        .flash_address = 0x00000000u,
        .size_bytes = 256u * CP_KIB,
        .erase_size_bytes = 1u * CP_KIB,
        .write_size_bytes = 4u,
        .erase_value = 0xFFu,
        .rule = CP_RULE_AND_COUNTED,
        .programs_per_word = 2u,
        .faults = NVMC_FAULTS,
        .program_time_us = 47u, // at most 46.3
        .erase_time_us = 22300u,
        .endurance_erases = 20000u,
        .source = "size: Nordic linker scripts; page size: FICR; endurance: Nordic DevZone; "
                  "2 programs per word and both times: from memory, unverified",
    },
};

const struct cp_part_table cp_parts_nordic = CP_PART_TABLE(parts);

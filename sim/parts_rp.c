// parts_rp.c: the RP2040 with the SPI NOR chips it is sold with, and where each fact comes
// from.

#include "sim/part_tables.h"

// The chip's, but that what it does outlives no reset: the boot ROM waits for it. It has no
// supply of its own.
#define RP2040_FAULTS                                                                              \
    (CP_FAULT_TORN_PROGRAM | CP_FAULT_TORN_ERASE | CP_FAULT_WEAK_ERASE | CP_FAULT_UNSTABLE_READS | \
     CP_FAULT_ERROR_SILENT)

#define RP2040_COMMON                                                                              \
    .family = "RP2040", .controller = CP_CONTROLLER_RP2040, .registers_address = 0x18000000u,      \
    .flash_address = 0x10000000u, .erase_size_bytes = 4u * CP_KIB, .write_size_bytes = 4u,         \
    .erase_value = 0xFFu, .rule = CP_RULE_AND, .programs_per_word = 255u, .faults = RP2040_FAULTS, \
    .program_time_us = 3000u, .erase_time_us = 400000u, .endurance_erases = 100000u

static const struct cp_part parts[] = {
    {
        RP2040_COMMON,
        .name = "rp2040",
        .about = "RP2040 with a W25Q16JV as on the Pico: 2 MiB, 4 KiB pages, run from there",
        .size_bytes = 2u * CP_MIB,
        .jedec_id = 0xEF4015u,
        .source = "address and pages: embassy's driver; ID: Zephyr board files; sequences of the "
                  "boot ROM, times and "
                  "endurance: from memory, unverified",
    },
    {
        RP2040_COMMON,
        .name = "rp2040-16m",
        .about = "RP2040 with a W25Q128JV: 16 MiB, 4 KiB pages, run from there",
        .size_bytes = 16u * CP_MIB,
        .jedec_id = 0xEF4018u,
        .source = "address and pages: embassy's driver; ID, sequences of the boot ROM, times and "
                  "endurance: from memory, unverified",
    },
};

const struct cp_part_table cp_parts_rp = CP_PART_TABLE(parts);

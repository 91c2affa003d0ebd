// part.c: the parts whose flash can be simulated, and where each fact comes from.
//
// Only parts whose rules the simulator really enforces are listed. The nRF52832
// is left out on purpose: it counts programs per block of 512 bytes (181 between
// two erases), and that is not modelled yet. The RRAM of the nRF54L15 is left
// out for the same reason.

#include "sim/part.h"

#include <string.h>

#define KIB 1024u
#define MIB (1024u * 1024u)

static const struct cp_part parts[] = {
    {
        .name = "nrf52840",
        .about = "Nordic nRF52840: 1 MiB NVMC flash, 4 KiB pages, 4-byte words",
        .controller = CP_CONTROLLER_NVMC,
        .registers_address = 0x4001E000u,
        .flash_address = 0x00000000u,
        .size_bytes = 1u * MIB,
        .erase_size_bytes = 4u * KIB,
        .write_size_bytes = 4u,
        .erase_value = 0xFFu,
        .programs_per_word = 2u,
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
        .controller = CP_CONTROLLER_NVMC,
        .registers_address = 0x4001E000u,
        .flash_address = 0x00000000u,
        .size_bytes = 256u * KIB,
        .erase_size_bytes = 1u * KIB,
        .write_size_bytes = 4u,
        .erase_value = 0xFFu,
        .programs_per_word = 2u,
        .program_time_us = 47u, // at most 46.3
        .erase_time_us = 22300u,
        .endurance_erases = 20000u,
        .source = "size: Nordic linker scripts; page size: FICR; endurance: Nordic DevZone; "
                  "2 programs per word and both times: from memory, unverified",
    },
    {
        // There is no second controller yet. What an external flash changes for
        // the swap is its page size, and that this part has.
        .name = "nvmc-8k",
        .about = "fictional: stands in for an external flash; 1 MiB, 8 KiB pages, NVMC registers",
        .controller = CP_CONTROLLER_NVMC,
        .registers_address = 0x50010000u,
        .flash_address = 0x60000000u,
        .size_bytes = 1u * MIB,
        .erase_size_bytes = 8u * KIB,
        .write_size_bytes = 4u,
        .erase_value = 0xFFu,
        .programs_per_word = 2u,
        .program_time_us = 41u,
        .erase_time_us = 85000u,
        .endurance_erases = 10000u,
        .source = "invented; times and limits are those of nrf52840",
    },
    {
        // To see how the exploration grows with the pages, beyond the parts there are.
        .name = "nvmc-4m",
        .about = "fictional: nRF52840's flash, four times as large; 4 MiB, 4 KiB pages",
        .controller = CP_CONTROLLER_NVMC,
        .registers_address = 0x4001E000u,
        .flash_address = 0x00000000u,
        .size_bytes = 4u * MIB,
        .erase_size_bytes = 4u * KIB,
        .write_size_bytes = 4u,
        .erase_value = 0xFFu,
        .programs_per_word = 2u,
        .program_time_us = 41u,
        .erase_time_us = 85000u,
        .endurance_erases = 10000u,
        .source = "invented; all but the size is that of nrf52840",
    },
};

#define PART_COUNT (sizeof parts / sizeof parts[0])

const struct cp_part *cp_parts(size_t *count) {
    *count = PART_COUNT;
    return parts;
}

const struct cp_part *cp_part_find(const char *name) {
    for (size_t i = 0; i < PART_COUNT; i++) {
        if (strcmp(parts[i].name, name) == 0) {
            return &parts[i];
        }
    }
    return NULL;
}

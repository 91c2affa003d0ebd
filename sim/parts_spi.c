// parts_spi.c: SPI NOR chips behind a SPI master, and where each fact comes from. The
// addresses are those of the master and the GPIO port on an nRF51 or nRF52 target;
// cp_part_connect() puts in those of others.

#include "sim/part_tables.h"

// A chip of its own, with its own supply. What fails, fails in silence, but MX25's says so.
#define W25Q_FAULTS                                                                                \
    (CP_FAULT_TORN_PROGRAM | CP_FAULT_TORN_ERASE | CP_FAULT_WEAK_ERASE | CP_FAULT_UNSTABLE_READS | \
     CP_FAULT_ERROR_SILENT | CP_FAULT_SURVIVES_RESET | CP_FAULT_LOSES_POWER_FIRST)
#define MX25_FAULTS (W25Q_FAULTS | CP_FAULT_ERROR_REPORTED)

#define NOR_COMMON                                                                                 \
    .controller = CP_CONTROLLER_NRF_SPI, .registers_address = 0x40003000u,                         \
    .select_address = 0x50000000u, .erase_size_bytes = 4u * CP_KIB, .write_size_bytes = 4u,        \
    .erase_value = 0xFFu, .rule = CP_RULE_AND, .programs_per_word = 255u,                          \
    .endurance_erases = 100000u

#define W25Q                                                                                       \
    NOR_COMMON, .family = "W25Q", .faults = W25Q_FAULTS, .program_time_us = 3000u,                 \
                .erase_time_us = 400000u
#define MX25R                                                                                      \
    NOR_COMMON, .family = "MX25R", .faults = MX25_FAULTS, .program_time_us = 10000u,               \
                .erase_time_us = 240000u
#define GD25                                                                                       \
    NOR_COMMON, .family = "GD25", .faults = W25Q_FAULTS, .program_time_us = 2400u,                 \
                .erase_time_us = 400000u

#define FROM_MEMORY "times, endurance, chip's behaviour: from memory, unverified"

static const struct cp_part parts[] = {
    {
        W25Q,
        .name = "w25q16jv",
        .about = "Winbond W25Q16JV: SPI NOR, 2 MiB, 4 KiB pages",
        .size_bytes = 2u * CP_MIB,
        .jedec_id = 0xEF4015u,
        .source = "ID: Zephyr board files; size: its third byte; " FROM_MEMORY,
    },
    {
        W25Q,
        .name = "w25q32jv",
        .about = "Winbond W25Q32JV: SPI NOR, 4 MiB, 4 KiB pages",
        .size_bytes = 4u * CP_MIB,
        .jedec_id = 0xEF4016u,
        .source = "ID, size, " FROM_MEMORY,
    },
    {
        W25Q,
        .name = "w25q64jv",
        .about = "Winbond W25Q64JV: SPI NOR, 8 MiB, 4 KiB pages",
        .size_bytes = 8u * CP_MIB,
        .jedec_id = 0xEF4017u,
        .source = "ID: Zephyr board files; size: its third byte; " FROM_MEMORY,
    },
    {
        W25Q,
        .name = "w25q128jv",
        .about = "Winbond W25Q128JV: SPI NOR, 16 MiB, 4 KiB pages",
        .size_bytes = 16u * CP_MIB,
        .jedec_id = 0xEF4018u,
        .source = "ID, size, " FROM_MEMORY,
    },
    {
        W25Q,
        .name = "w25q256jv",
        .about = "Winbond W25Q256JV: SPI NOR, 32 MiB, 4 KiB pages, addresses of 4 bytes",
        .size_bytes = 32u * CP_MIB,
        .jedec_id = 0xEF4019u,
        .source = "ID, size, commands with 4 address bytes, " FROM_MEMORY,
    },
    {
        MX25R,
        .name = "mx25r1635f",
        .about = "Macronix MX25R1635F: SPI NOR of low power, 2 MiB, 4 KiB pages",
        .size_bytes = 2u * CP_MIB,
        .jedec_id = 0xC22815u,
        .source = "ID, size, " FROM_MEMORY "; program time in ultra low power mode, the default",
    },
    {
        MX25R,
        .name = "mx25r6435f",
        .about = "Macronix MX25R6435F: SPI NOR of low power, 8 MiB, 4 KiB pages; on Nordic's DKs",
        .size_bytes = 8u * CP_MIB,
        .jedec_id = 0xC22817u,
        .source = "ID: Zephyr board files; size: its third byte; " FROM_MEMORY
                  "; program time in ultra low power mode, the default",
    },
    {
        NOR_COMMON,
        .name = "mx25l25645g",
        .about = "Macronix MX25L25645G: SPI NOR, 32 MiB, 4 KiB pages, addresses of 4 bytes",
        .family = "MX25L",
        .faults = MX25_FAULTS,
        .size_bytes = 32u * CP_MIB,
        .jedec_id = 0xC22019u,
        .program_time_us = 1500u,
        .erase_time_us = 400000u,
        .source = "ID, size, commands with 4 address bytes, " FROM_MEMORY,
    },
    {
        GD25,
        .name = "gd25q16c",
        .about = "GigaDevice GD25Q16C: SPI NOR, 2 MiB, 4 KiB pages",
        .size_bytes = 2u * CP_MIB,
        .jedec_id = 0xC84015u,
        .source = "ID: Zephyr board files; size: its third byte; " FROM_MEMORY,
    },
    {
        GD25,
        .name = "gd25q64c",
        .about = "GigaDevice GD25Q64C: SPI NOR, 8 MiB, 4 KiB pages",
        .size_bytes = 8u * CP_MIB,
        .jedec_id = 0xC84017u,
        .source = "ID, size, " FROM_MEMORY,
    },
};

const struct cp_part_table cp_parts_spi = CP_PART_TABLE(parts);

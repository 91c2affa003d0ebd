// parts_st_f.c: STM32 F parts, and where each fact comes from.

#include "sim/part_tables.h"

// No ECC, and no flag for an operation that fails.
#define STM32_FAULTS                                                                               \
    (CP_FAULT_TORN_PROGRAM | CP_FAULT_TORN_ERASE | CP_FAULT_WEAK_ERASE | CP_FAULT_UNSTABLE_READS | \
     CP_FAULT_ERROR_SILENT)

#define STM32_COMMON .flash_address = 0x08000000u, .erase_value = 0xFFu, .faults = STM32_FAULTS

// The part refuses by itself what it does not allow: only 0x0000 goes over a half-word that
// does not read erased. So there is nothing left to count.
#define F0_COMMON                                                                                  \
    STM32_COMMON, .registers_address = 0x40022000u, .write_size_bytes = 2u, .rule = CP_RULE_AND,   \
                  .erase_time_us = 40000u

#define F4_COMMON                                                                                  \
    STM32_COMMON, .registers_address = 0x40023C00u, .write_size_bytes = 4u, .rule = CP_RULE_AND,   \
                  .program_time_us = 100u, .endurance_erases = 10000u

// Sectors of a bank, with their erase times.
#define SECTORS_16K(count)                                                                         \
    { (count) * 16u * CP_KIB, 16u * CP_KIB, 500000u }
#define SECTORS_32K(count)                                                                         \
    { (count) * 32u * CP_KIB, 32u * CP_KIB, 500000u }
#define SECTORS_64K(count)                                                                         \
    { (count) * 64u * CP_KIB, 64u * CP_KIB, 1100000u }
#define SECTORS_128K(count)                                                                        \
    { (count) * 128u * CP_KIB, 128u * CP_KIB, 2000000u }
#define SECTORS_256K(count)                                                                        \
    { (count) * 256u * CP_KIB, 256u * CP_KIB, 4000000u }

#define F0_SOURCE                                                                                  \
    "page size: stm32-data; addresses: ST CMSIS headers; program unit and rule: RM0091; times "    \
    "and "                                                                                         \
    "endurance: from memory, unverified"
#define F1_SOURCE                                                                                  \
    "page size: stm32-data; addresses: ST CMSIS headers; program unit and rule: ST manual text; "  \
    "times and endurance: from memory, unverified"
#define F3_SOURCE                                                                                  \
    "page size: stm32-data; addresses: ST CMSIS headers; program unit and rule: RM0364; times "    \
    "and "                                                                                         \
    "endurance: from memory, unverified"
#define F4_SOURCE                                                                                  \
    "sectors: stm32-data; addresses: ST CMSIS headers; program rule: RM0090; times (word-wide) "   \
    "and endurance: from memory, unverified"
#define F7_SOURCE                                                                                  \
    "sectors: stm32-data; addresses: ST CMSIS headers; 4 s erase of 256 KiB: Zephyr device tree; " \
    "program rule, other times and endurance: from memory, unverified"

static const struct cp_part parts[] = {
    {
        .name = "stm32f030c8",
        .about = "ST STM32F030C8: 64 KiB, 1 KiB pages, half-words, once each",
        .family = "STM32F0",
        .controller = CP_CONTROLLER_STM32_F0,
        F0_COMMON,
        .size_bytes = 64u * CP_KIB,
        .erase_size_bytes = 1u * CP_KIB,
        .program_time_us = 60u,
        .endurance_erases = 1000u,
        .source = F0_SOURCE,
    },
    {
        .name = "stm32f072rb",
        .about = "ST STM32F072RB: 128 KiB, 2 KiB pages, half-words, once each",
        .family = "STM32F0",
        .controller = CP_CONTROLLER_STM32_F0,
        F0_COMMON,
        .size_bytes = 128u * CP_KIB,
        .erase_size_bytes = 2u * CP_KIB,
        .program_time_us = 60u,
        .endurance_erases = 10000u,
        .source = F0_SOURCE,
    },
    {
        .name = "stm32f091rc",
        .about = "ST STM32F091RC: 256 KiB, 2 KiB pages, half-words, once each",
        .family = "STM32F0",
        .controller = CP_CONTROLLER_STM32_F0,
        F0_COMMON,
        .size_bytes = 256u * CP_KIB,
        .erase_size_bytes = 2u * CP_KIB,
        .program_time_us = 60u,
        .endurance_erases = 10000u,
        .source = F0_SOURCE,
    },
    {
        .name = "stm32f103c8",
        .about = "ST STM32F103C8: 64 KiB, 1 KiB pages, half-words, once each",
        .family = "STM32F1",
        .controller = CP_CONTROLLER_STM32_F0,
        F0_COMMON,
        .size_bytes = 64u * CP_KIB,
        .erase_size_bytes = 1u * CP_KIB,
        .program_time_us = 70u,
        .endurance_erases = 10000u,
        .source = F1_SOURCE,
    },
    {
        .name = "stm32f103rb",
        .about = "ST STM32F103RB: 128 KiB, 1 KiB pages, half-words, once each",
        .family = "STM32F1",
        .controller = CP_CONTROLLER_STM32_F0,
        F0_COMMON,
        .size_bytes = 128u * CP_KIB,
        .erase_size_bytes = 1u * CP_KIB,
        .program_time_us = 70u,
        .endurance_erases = 10000u,
        .source = F1_SOURCE,
    },
    {
        .name = "stm32f103zg",
        .about = "ST STM32F103ZG: 1 MiB, two banks of 2 KiB pages, half-words, once each",
        .family = "STM32F1",
        .controller = CP_CONTROLLER_STM32_F1_XL,
        F0_COMMON,
        .size_bytes = 1u * CP_MIB,
        .bank_size_bytes = 512u * CP_KIB,
        .erase_size_bytes = 2u * CP_KIB,
        .program_time_us = 70u,
        .endurance_erases = 10000u,
        .source = F1_SOURCE,
    },
    {
        .name = "stm32f302r8",
        .about = "ST STM32F302R8: 64 KiB, 2 KiB pages, half-words, once each",
        .family = "STM32F3",
        .controller = CP_CONTROLLER_STM32_F0,
        F0_COMMON,
        .size_bytes = 64u * CP_KIB,
        .erase_size_bytes = 2u * CP_KIB,
        .program_time_us = 60u,
        .endurance_erases = 10000u,
        .source = F3_SOURCE,
    },
    {
        .name = "stm32f303cc",
        .about = "ST STM32F303CC: 256 KiB, 2 KiB pages, half-words, once each",
        .family = "STM32F3",
        .controller = CP_CONTROLLER_STM32_F0,
        F0_COMMON,
        .size_bytes = 256u * CP_KIB,
        .erase_size_bytes = 2u * CP_KIB,
        .program_time_us = 60u,
        .endurance_erases = 10000u,
        .source = F3_SOURCE,
    },
    {
        .name = "stm32f205rg",
        .about = "ST STM32F205RG: 1 MiB, sectors 4x16K, 1x64K, 7x128K",
        .family = "STM32F2",
        .controller = CP_CONTROLLER_STM32_F4,
        F4_COMMON,
        .size_bytes = 1u * CP_MIB,
        .erase_size_bytes = 16u * CP_KIB,
        .regions = {SECTORS_16K(4u), SECTORS_64K(1u), SECTORS_128K(7u)},
        .region_count = 3u,
        .source = F4_SOURCE,
    },
    {
        .name = "stm32f405rg",
        .about = "ST STM32F405RG: 1 MiB, sectors 4x16K, 1x64K, 7x128K",
        .family = "STM32F4",
        .controller = CP_CONTROLLER_STM32_F4,
        F4_COMMON,
        .size_bytes = 1u * CP_MIB,
        .erase_size_bytes = 16u * CP_KIB,
        .regions = {SECTORS_16K(4u), SECTORS_64K(1u), SECTORS_128K(7u)},
        .region_count = 3u,
        .source = F4_SOURCE,
    },
    {
        .name = "stm32f407vg",
        .about = "ST STM32F407VG: 1 MiB, sectors 4x16K, 1x64K, 7x128K",
        .family = "STM32F4",
        .controller = CP_CONTROLLER_STM32_F4,
        F4_COMMON,
        .size_bytes = 1u * CP_MIB,
        .erase_size_bytes = 16u * CP_KIB,
        .regions = {SECTORS_16K(4u), SECTORS_64K(1u), SECTORS_128K(7u)},
        .region_count = 3u,
        .source = F4_SOURCE,
    },
    {
        .name = "stm32f429zi",
        .about = "ST STM32F429ZI: 2 MiB, two banks of sectors 4x16K, 1x64K, 7x128K",
        .family = "STM32F4",
        .controller = CP_CONTROLLER_STM32_F4,
        F4_COMMON,
        .size_bytes = 2u * CP_MIB,
        .bank_size_bytes = 1u * CP_MIB,
        .erase_size_bytes = 16u * CP_KIB,
        .regions = {SECTORS_16K(4u), SECTORS_64K(1u), SECTORS_128K(7u), SECTORS_16K(4u),
                    SECTORS_64K(1u), SECTORS_128K(7u)},
        .region_count = 6u,
        .source = F4_SOURCE,
    },
    {
        .name = "stm32f446re",
        .about = "ST STM32F446RE: 512 KiB, sectors 4x16K, 1x64K, 3x128K",
        .family = "STM32F4",
        .controller = CP_CONTROLLER_STM32_F4,
        F4_COMMON,
        .size_bytes = 512u * CP_KIB,
        .erase_size_bytes = 16u * CP_KIB,
        .regions = {SECTORS_16K(4u), SECTORS_64K(1u), SECTORS_128K(3u)},
        .region_count = 3u,
        .source = F4_SOURCE,
    },
    {
        .name = "stm32f722re",
        .about = "ST STM32F722RE: 512 KiB, sectors 4x16K, 1x64K, 3x128K",
        .family = "STM32F7",
        .controller = CP_CONTROLLER_STM32_F7,
        F4_COMMON,
        .size_bytes = 512u * CP_KIB,
        .erase_size_bytes = 16u * CP_KIB,
        .regions = {SECTORS_16K(4u), SECTORS_64K(1u), SECTORS_128K(3u)},
        .region_count = 3u,
        .source = F7_SOURCE,
    },
    {
        .name = "stm32f746ng",
        .about = "ST STM32F746NG: 1 MiB, sectors 4x32K, 1x128K, 3x256K",
        .family = "STM32F7",
        .controller = CP_CONTROLLER_STM32_F7,
        F4_COMMON,
        .size_bytes = 1u * CP_MIB,
        .erase_size_bytes = 32u * CP_KIB,
        .regions = {SECTORS_32K(4u), SECTORS_128K(1u), SECTORS_256K(3u)},
        .region_count = 3u,
        .source = F7_SOURCE,
    },
    {
        .name = "stm32f767zi",
        .about = "ST STM32F767ZI: 2 MiB, one bank (nDBANK = 1), sectors 4x32K, 1x128K, 7x256K",
        .family = "STM32F7",
        .controller = CP_CONTROLLER_STM32_F7,
        F4_COMMON,
        .size_bytes = 2u * CP_MIB,
        .erase_size_bytes = 32u * CP_KIB,
        .regions = {SECTORS_32K(4u), SECTORS_128K(1u), SECTORS_256K(7u)},
        .region_count = 3u,
        .source = F7_SOURCE,
    },
    {
        .name = "stm32f767zi-dual",
        .about = "ST STM32F767ZI: 2 MiB, nDBANK = 0, two banks of sectors 4x16K, 1x64K, 7x128K",
        .family = "STM32F7",
        .controller = CP_CONTROLLER_STM32_F7,
        F4_COMMON,
        .size_bytes = 2u * CP_MIB,
        .bank_size_bytes = 1u * CP_MIB,
        .erase_size_bytes = 16u * CP_KIB,
        .regions = {SECTORS_16K(4u), SECTORS_64K(1u), SECTORS_128K(7u), SECTORS_16K(4u),
                    SECTORS_64K(1u), SECTORS_128K(7u)},
        .region_count = 6u,
        .source = F7_SOURCE,
    },
};

const struct cp_part_table cp_parts_st_f = CP_PART_TABLE(parts);

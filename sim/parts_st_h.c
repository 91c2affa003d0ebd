// parts_st_h.c: STM32 parts of the lines U5, H5 and H7, and where each fact comes from.

#include "sim/part_tables.h"

#define FLASH_ADDRESS 0x08000000u

// What ECC flash can do when it is cut. Which of the two errors it can have differs.
#define ECC_FAULTS                                                                                 \
    (CP_FAULT_TORN_PROGRAM | CP_FAULT_TORN_ERASE | CP_FAULT_WEAK_ERASE | CP_FAULT_UNSTABLE_READS | \
     CP_FAULT_UNCORRECTABLE)

// --- U5: 9 bits of ECC for 16 bytes; OPERR tells of a failed operation.
#define U5                                                                                         \
    .family = "STM32U5", .controller = CP_CONTROLLER_STM32_U5, .registers_address = 0x40022000u,   \
    .flash_address = FLASH_ADDRESS, .erase_size_bytes = 8u * CP_KIB, .write_size_bytes = 16u,      \
    .erase_value = 0xFFu, .rule = CP_RULE_ONCE_THEN_ZERO, .programs_per_word = 1u,                 \
    .ecc_size_bytes = 16u, .ecc_read = CP_ECC_NMI, .faults = ECC_FAULTS | CP_FAULT_ERROR_REPORTED, \
    .program_time_us = 118u, .erase_time_us = 3500u, .endurance_erases = 10000u
#define U5_SOURCE                                                                                  \
    "sizes and banks: embassy stm32-data; registers, quad word, PROGERR and zeros: ST's register " \
    "text (stm32-data flash_u5.yaml); 9 bits of ECC, both times and endurance: from memory, "      \
    "unverified"

// --- H5: the same ECC; no flag for a failed operation.
#define H5                                                                                         \
    .family = "STM32H5", .controller = CP_CONTROLLER_STM32_H5, .registers_address = 0x40022000u,   \
    .flash_address = FLASH_ADDRESS, .erase_size_bytes = 8u * CP_KIB, .write_size_bytes = 16u,      \
    .erase_value = 0xFFu, .rule = CP_RULE_ONCE, .programs_per_word = 1u, .ecc_size_bytes = 16u,    \
    .ecc_read = CP_ECC_NMI, .faults = ECC_FAULTS | CP_FAULT_ERROR_SILENT, .program_time_us = 60u,  \
    .erase_time_us = 5000u, .endurance_erases = 10000u
#define H5_SOURCE                                                                                  \
    "sizes and banks: embassy stm32-data; registers and unit: ST's register text (stm32-data "     \
    "flash_h50.yaml) and CMSIS headers; one program for each unit, 9 bits of ECC, both times and " \
    "endurance: from memory, unverified"

// --- H7 with sectors of 128 KiB: 10 bits of ECC for 32 bytes; OPERR.
#define H7                                                                                         \
    .family = "STM32H7", .controller = CP_CONTROLLER_STM32_H7, .registers_address = 0x52002000u,   \
    .flash_address = FLASH_ADDRESS, .erase_size_bytes = 128u * CP_KIB, .write_size_bytes = 32u,    \
    .erase_value = 0xFFu, .rule = CP_RULE_ONCE, .programs_per_word = 1u, .ecc_size_bytes = 32u,    \
    .ecc_read = CP_ECC_BUS_FAULT, .faults = ECC_FAULTS | CP_FAULT_ERROR_REPORTED,                  \
    .program_time_us = 600u, .erase_time_us = 4000000u, .endurance_erases = 10000u
#define H7_SOURCE                                                                                  \
    "sizes and banks: embassy stm32-data; unit: CMSIS headers; one program for each word, ECC "    \
    "and bus fault: RM0399; erase time: Zephyr devicetree; program time and endurance: from "      \
    "memory, unverified"

// --- H7A3, H7B3, H7B0: sectors of 8 KiB, 16 bytes; no OPERR.
#define H7A                                                                                        \
    .family = "STM32H7A", .controller = CP_CONTROLLER_STM32_H7A, .registers_address = 0x52002000u, \
    .flash_address = FLASH_ADDRESS, .erase_size_bytes = 8u * CP_KIB, .write_size_bytes = 16u,      \
    .erase_value = 0xFFu, .rule = CP_RULE_ONCE, .programs_per_word = 1u, .ecc_size_bytes = 16u,    \
    .ecc_read = CP_ECC_BUS_FAULT, .faults = ECC_FAULTS | CP_FAULT_ERROR_SILENT,                    \
    .program_time_us = 200u, .erase_time_us = 3000u, .endurance_erases = 10000u
#define H7A_SOURCE                                                                                 \
    "sizes and banks: embassy stm32-data; registers and unit: CMSIS headers, ST's SVD of the "     \
    "H7B0; one program for each word and bus fault: as RM0399 for the H743; both times and "       \
    "endurance: from memory, unverified"

static const struct cp_part parts[] = {
    {
        .name = "stm32u535re",
        .about = "ST STM32U535RE: 512 KiB in two banks, 8 KiB pages, 16-byte quad words, ECC",
        U5,
        .size_bytes = 512u * CP_KIB,
        .bank_size_bytes = 256u * CP_KIB,
        .source = U5_SOURCE,
    },
    {
        .name = "stm32u575zg",
        .about = "ST STM32U575ZG: 1 MiB in two banks, 8 KiB pages, 16-byte quad words, ECC",
        U5,
        .size_bytes = 1u * CP_MIB,
        .bank_size_bytes = 512u * CP_KIB,
        .source = U5_SOURCE,
    },
    {
        .name = "stm32u575zi",
        .about = "ST STM32U575ZI: 2 MiB in two banks, 8 KiB pages, 16-byte quad words, ECC",
        U5,
        .size_bytes = 2u * CP_MIB,
        .bank_size_bytes = 1u * CP_MIB,
        .source = U5_SOURCE,
    },
    {
        .name = "stm32u585ai",
        .about = "ST STM32U585AI: 2 MiB in two banks, 8 KiB pages, 16-byte quad words, ECC",
        U5,
        .size_bytes = 2u * CP_MIB,
        .bank_size_bytes = 1u * CP_MIB,
        .source = U5_SOURCE,
    },
    {
        .name = "stm32u5a5zj",
        .about = "ST STM32U5A5ZJ: 4 MiB in two banks, 8 KiB pages, 16-byte quad words, ECC",
        U5,
        .size_bytes = 4u * CP_MIB,
        .bank_size_bytes = 2u * CP_MIB,
        .source = U5_SOURCE,
    },
    {
        .name = "stm32h503rb",
        .about = "ST STM32H503RB: 128 KiB in two banks, 8 KiB sectors, 16-byte words, ECC",
        H5,
        .size_bytes = 128u * CP_KIB,
        .bank_size_bytes = 64u * CP_KIB,
        .source = H5_SOURCE,
    },
    {
        .name = "stm32h563zi",
        .about = "ST STM32H563ZI: 2 MiB in two banks, 8 KiB sectors, 16-byte words, ECC",
        H5,
        .size_bytes = 2u * CP_MIB,
        .bank_size_bytes = 1u * CP_MIB,
        .source = H5_SOURCE,
    },
    {
        .name = "stm32h723zg",
        .about = "ST STM32H723ZG: 1 MiB in one bank, 128 KiB sectors, 32-byte words, ECC",
        H7,
        .size_bytes = 1u * CP_MIB,
        .source = H7_SOURCE,
    },
    {
        .name = "stm32h743vg",
        .about = "ST STM32H743VG: two banks of 512 KiB with a gap, 128 KiB sectors, 32-byte words",
        H7,
        .size_bytes = 1536u * CP_KIB,
        .bank_size_bytes = 1u * CP_MIB,
        .regions = {{512u * CP_KIB, 128u * CP_KIB, 4000000u},
                    {512u * CP_KIB, 0, 0},
                    {512u * CP_KIB, 128u * CP_KIB, 4000000u}},
        .region_count = 3,
        .source = H7_SOURCE,
    },
    {
        .name = "stm32h743zi",
        .about = "ST STM32H743ZI: 2 MiB in two banks, 128 KiB sectors, 32-byte words, ECC",
        H7,
        .size_bytes = 2u * CP_MIB,
        .bank_size_bytes = 1u * CP_MIB,
        .source = H7_SOURCE,
    },
    {
        .name = "stm32h745zi",
        .about = "ST STM32H745ZI: 2 MiB in two banks, 128 KiB sectors, 32-byte words, ECC",
        H7,
        .size_bytes = 2u * CP_MIB,
        .bank_size_bytes = 1u * CP_MIB,
        .source = H7_SOURCE,
    },
    {
        .name = "stm32h750vb",
        .about = "ST STM32H750VB: a single sector of 128 KiB, 32-byte words, ECC",
        H7,
        .size_bytes = 128u * CP_KIB,
        .source = H7_SOURCE,
    },
    {
        .name = "stm32h7a3zi",
        .about = "ST STM32H7A3ZI: 2 MiB in two banks, 8 KiB sectors, 16-byte words, ECC",
        H7A,
        .size_bytes = 2u * CP_MIB,
        .bank_size_bytes = 1u * CP_MIB,
        .source = H7A_SOURCE,
    },
    {
        .name = "stm32h7b0vb",
        .about = "ST STM32H7B0VB: 128 KiB in one bank, 8 KiB sectors, 16-byte words, ECC",
        H7A,
        .size_bytes = 128u * CP_KIB,
        .source = H7A_SOURCE,
    },
};

const struct cp_part_table cp_parts_st_h = CP_PART_TABLE(parts);

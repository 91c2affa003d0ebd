// parts_st_l0.c: STM32 L0 and L1 parts, and where each fact comes from.

#include "sim/part_tables.h"

// No flag for an operation that fails. L0 has an ECC, but nothing tells of it, so that a word
// simply reads as some value.
#define L0_FAULTS                                                                                  \
    (CP_FAULT_TORN_PROGRAM | CP_FAULT_TORN_ERASE | CP_FAULT_WEAK_ERASE | CP_FAULT_UNSTABLE_READS | \
     CP_FAULT_ERROR_SILENT)

#define L0_COMMON                                                                                  \
    .flash_address = 0x08000000u, .write_size_bytes = 4u, .erase_value = 0x00u,                    \
    .rule = CP_RULE_ONCE, .programs_per_word = 1u, .faults = L0_FAULTS, .program_time_us = 3940u,  \
    .erase_time_us = 3940u, .endurance_erases = 10000u

#define L0_SOURCE                                                                                  \
    "page size and program unit: ST HAL; addresses: ST CMSIS headers; program rule: ST register "  \
    "text; that ECC is not told of, times and endurance: from memory, unverified"
#define L1_SOURCE                                                                                  \
    "page size and program unit: ST HAL; addresses: ST CMSIS headers; program rule, times and "    \
    "endurance: from memory, unverified"

static const struct cp_part parts[] = {
    {
        .name = "stm32l053r8",
        .about = "ST STM32L053R8: 64 KiB, 128-byte pages, erased to 0x00",
        .family = "STM32L0",
        .controller = CP_CONTROLLER_STM32_L0,
        L0_COMMON,
        .size_bytes = 64u * CP_KIB,
        .registers_address = 0x40022000u,
        .erase_size_bytes = 128u,
        .source = L0_SOURCE,
    },
    {
        .name = "stm32l072cz",
        .about = "ST STM32L072CZ: 192 KiB, two banks of 128-byte pages, erased to 0x00",
        .family = "STM32L0",
        .controller = CP_CONTROLLER_STM32_L0,
        L0_COMMON,
        .size_bytes = 192u * CP_KIB,
        .registers_address = 0x40022000u,
        .bank_size_bytes = 96u * CP_KIB,
        .erase_size_bytes = 128u,
        .source = L0_SOURCE,
    },
    {
        .name = "stm32l151cb",
        .about = "ST STM32L151CB: 128 KiB, 256-byte pages, erased to 0x00",
        .family = "STM32L1",
        .controller = CP_CONTROLLER_STM32_L1,
        L0_COMMON,
        .size_bytes = 128u * CP_KIB,
        .registers_address = 0x40023C00u,
        .erase_size_bytes = 256u,
        .source = L1_SOURCE,
    },
    {
        .name = "stm32l152re",
        .about = "ST STM32L152RE: 512 KiB, two banks of 256-byte pages, erased to 0x00",
        .family = "STM32L1",
        .controller = CP_CONTROLLER_STM32_L1,
        L0_COMMON,
        .size_bytes = 512u * CP_KIB,
        .registers_address = 0x40023C00u,
        .bank_size_bytes = 256u * CP_KIB,
        .erase_size_bytes = 256u,
        .source = L1_SOURCE,
    },
};

const struct cp_part_table cp_parts_st_l0 = CP_PART_TABLE(parts);

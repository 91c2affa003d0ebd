// parts_st_l.c: STM32 parts that program double words, and where each fact comes from.

#include "sim/part_tables.h"

// A program that fails sets PROGERR; an erase that fails says nothing unless its error
// interrupt is on, so that it is silent to a driver that polls.
#define L4_FAULTS                                                                                  \
    (CP_FAULT_TORN_PROGRAM | CP_FAULT_TORN_ERASE | CP_FAULT_WEAK_ERASE | CP_FAULT_UNSTABLE_READS | \
     CP_FAULT_UNCORRECTABLE | CP_FAULT_ERROR_REPORTED | CP_FAULT_ERROR_SILENT)

// What they all have in common.
#define L4_COMMON                                                                                  \
    .flash_address = 0x08000000u, .write_size_bytes = 8u, .erase_value = 0xFFu,                    \
    .rule = CP_RULE_ONCE_THEN_ZERO, .programs_per_word = 1u, .ecc_size_bytes = 8u,                 \
    .ecc_read = CP_ECC_NMI, .faults = L4_FAULTS, .endurance_erases = 10000u

#define L4_TIMES     .program_time_us = 91u, .erase_time_us = 24500u // of L4, L5, G4, WB and WL
#define G0_TIMES     .program_time_us = 125u, .erase_time_us = 40000u

#define REGISTERS    0x40022000u
#define REGISTERS_WX 0x58004000u // WB and WL

// The program rule and ECC: RM0440 for G4; for the others as noted in each source.
#define L4_SOURCE                                                                                  \
    "page size, program unit and ECC unit: ST HAL and stm32-data; addresses: ST CMSIS headers; "   \
    "program rule: RM0440, taken to hold for this family; times and endurance: from memory, "      \
    "unverified"
#define G4_SOURCE                                                                                  \
    "page size, program rule and ECC: RM0440; addresses: ST CMSIS headers; times and endurance: "  \
    "from memory, unverified"
#define G0_SOURCE                                                                                  \
    "page size: stm32-data; addresses: ST CMSIS headers; program rule with its erratum: ES0548 "   \
    "2.2.3 as measured by others on STM32G0B1; endurance: DS13560; times: from memory, "           \
    "unverified (92 us and 22 ms measured)"

static const struct cp_part parts[] = {
    {
        .name = "stm32l432kc",
        .about = "ST STM32L432KC: 256 KiB, one bank of 2 KiB pages",
        .family = "STM32L4",
        .controller = CP_CONTROLLER_STM32_L4,
        .registers_address = REGISTERS,
        .size_bytes = 256u * CP_KIB,
        .erase_size_bytes = 2u * CP_KIB,
        L4_COMMON,
        L4_TIMES,
        .source = L4_SOURCE,
    },
    {
        .name = "stm32l452re",
        .about = "ST STM32L452RE: 512 KiB, one bank of 2 KiB pages",
        .family = "STM32L4",
        .controller = CP_CONTROLLER_STM32_L4,
        .registers_address = REGISTERS,
        .size_bytes = 512u * CP_KIB,
        .erase_size_bytes = 2u * CP_KIB,
        L4_COMMON,
        L4_TIMES,
        .source = L4_SOURCE,
    },
    {
        .name = "stm32l476rg",
        .about = "ST STM32L476RG: 1 MiB, two banks of 2 KiB pages",
        .family = "STM32L4",
        .controller = CP_CONTROLLER_STM32_L4,
        .registers_address = REGISTERS,
        .size_bytes = 1u * CP_MIB,
        .bank_size_bytes = 512u * CP_KIB,
        .erase_size_bytes = 2u * CP_KIB,
        L4_COMMON,
        L4_TIMES,
        .source = L4_SOURCE,
    },
    {
        .name = "stm32l496zg",
        .about = "ST STM32L496ZG: 1 MiB, two banks of 2 KiB pages",
        .family = "STM32L4",
        .controller = CP_CONTROLLER_STM32_L4,
        .registers_address = REGISTERS,
        .size_bytes = 1u * CP_MIB,
        .bank_size_bytes = 512u * CP_KIB,
        .erase_size_bytes = 2u * CP_KIB,
        L4_COMMON,
        L4_TIMES,
        .source = L4_SOURCE,
    },
    {
        .name = "stm32l4r5zi",
        .about = "ST STM32L4R5ZI: 2 MiB, two banks of 4 KiB pages (DBANK = 1)",
        .family = "STM32L4+",
        .controller = CP_CONTROLLER_STM32_L4,
        .registers_address = REGISTERS,
        .size_bytes = 2u * CP_MIB,
        .bank_size_bytes = 1u * CP_MIB,
        .erase_size_bytes = 4u * CP_KIB,
        L4_COMMON,
        L4_TIMES,
        .source = L4_SOURCE,
    },
    {
        .name = "stm32l4r5zi-single",
        .about = "ST STM32L4R5ZI with DBANK = 0: 2 MiB, one bank of 8 KiB pages",
        .family = "STM32L4+",
        .controller = CP_CONTROLLER_STM32_L4,
        .registers_address = REGISTERS,
        .size_bytes = 2u * CP_MIB,
        .erase_size_bytes = 8u * CP_KIB,
        L4_COMMON,
        L4_TIMES,
        .source = L4_SOURCE,
    },
    {
        .name = "stm32l552ze",
        .about = "ST STM32L552ZE: 512 KiB, two banks of 2 KiB pages (DBANK = 1)",
        .family = "STM32L5",
        .controller = CP_CONTROLLER_STM32_L5,
        .registers_address = REGISTERS,
        .size_bytes = 512u * CP_KIB,
        .bank_size_bytes = 256u * CP_KIB,
        .erase_size_bytes = 2u * CP_KIB,
        L4_COMMON,
        L4_TIMES,
        .source = L4_SOURCE,
    },
    {
        .name = "stm32l552ze-single",
        .about = "ST STM32L552ZE with DBANK = 0: 512 KiB, one bank of 4 KiB pages",
        .family = "STM32L5",
        .controller = CP_CONTROLLER_STM32_L5,
        .registers_address = REGISTERS,
        .size_bytes = 512u * CP_KIB,
        .erase_size_bytes = 4u * CP_KIB,
        L4_COMMON,
        L4_TIMES,
        .source = L4_SOURCE,
    },
    {
        .name = "stm32g030f6",
        .about = "ST STM32G030F6: 32 KiB, one bank of 2 KiB pages",
        .family = "STM32G0",
        .controller = CP_CONTROLLER_STM32_G0,
        .registers_address = REGISTERS,
        .size_bytes = 32u * CP_KIB,
        .erase_size_bytes = 2u * CP_KIB,
        L4_COMMON,
        G0_TIMES,
        .source = G0_SOURCE,
    },
    {
        .name = "stm32g071rb",
        .about = "ST STM32G071RB: 128 KiB, one bank of 2 KiB pages",
        .family = "STM32G0",
        .controller = CP_CONTROLLER_STM32_G0,
        .registers_address = REGISTERS,
        .size_bytes = 128u * CP_KIB,
        .erase_size_bytes = 2u * CP_KIB,
        L4_COMMON,
        G0_TIMES,
        .source = G0_SOURCE,
    },
    {
        .name = "stm32g0b1re",
        .about = "ST STM32G0B1RE: 512 KiB, two banks of 2 KiB pages",
        .family = "STM32G0",
        .controller = CP_CONTROLLER_STM32_G0,
        .registers_address = REGISTERS,
        .size_bytes = 512u * CP_KIB,
        .bank_size_bytes = 256u * CP_KIB,
        .erase_size_bytes = 2u * CP_KIB,
        L4_COMMON,
        G0_TIMES,
        .source = G0_SOURCE,
    },
    {
        .name = "stm32g431rb",
        .about = "ST STM32G431RB: 128 KiB, one bank of 2 KiB pages",
        .family = "STM32G4",
        .controller = CP_CONTROLLER_STM32_G4,
        .registers_address = REGISTERS,
        .size_bytes = 128u * CP_KIB,
        .erase_size_bytes = 2u * CP_KIB,
        L4_COMMON,
        L4_TIMES,
        .source = G4_SOURCE,
    },
    {
        .name = "stm32g474re",
        .about = "ST STM32G474RE: 512 KiB, two banks of 2 KiB pages (DBANK = 1)",
        .family = "STM32G4",
        .controller = CP_CONTROLLER_STM32_G4,
        .registers_address = REGISTERS,
        .size_bytes = 512u * CP_KIB,
        .bank_size_bytes = 256u * CP_KIB,
        .erase_size_bytes = 2u * CP_KIB,
        L4_COMMON,
        L4_TIMES,
        .source = G4_SOURCE,
    },
    {
        .name = "stm32g474re-single",
        .about = "ST STM32G474RE with DBANK = 0: 512 KiB, one bank of 4 KiB pages",
        .family = "STM32G4",
        .controller = CP_CONTROLLER_STM32_G4,
        .registers_address = REGISTERS,
        .size_bytes = 512u * CP_KIB,
        .erase_size_bytes = 4u * CP_KIB,
        L4_COMMON,
        L4_TIMES,
        .source = G4_SOURCE,
    },
    {
        .name = "stm32wb55rg",
        .about =
            "ST STM32WB55RG: 1 MiB, one bank of 4 KiB pages; the last ones hold the radio stack",
        .family = "STM32WB",
        .controller = CP_CONTROLLER_STM32_WB,
        .registers_address = REGISTERS_WX,
        .size_bytes = 1u * CP_MIB,
        .erase_size_bytes = 4u * CP_KIB,
        L4_COMMON,
        L4_TIMES,
        .source = L4_SOURCE,
    },
    {
        .name = "stm32wb15cc",
        .about =
            "ST STM32WB15CC: 320 KiB, one bank of 2 KiB pages; the last ones hold the radio stack",
        .family = "STM32WB",
        .controller = CP_CONTROLLER_STM32_WB,
        .registers_address = REGISTERS_WX,
        .size_bytes = 320u * CP_KIB,
        .erase_size_bytes = 2u * CP_KIB,
        L4_COMMON,
        L4_TIMES,
        .source = L4_SOURCE,
    },
    {
        .name = "stm32wle5jc",
        .about = "ST STM32WLE5JC: 256 KiB, one bank of 2 KiB pages",
        .family = "STM32WL",
        .controller = CP_CONTROLLER_STM32_WL,
        .registers_address = REGISTERS_WX,
        .size_bytes = 256u * CP_KIB,
        .erase_size_bytes = 2u * CP_KIB,
        L4_COMMON,
        L4_TIMES,
        .source = L4_SOURCE,
    },
    {
        .name = "stm32wl55jc",
        .about = "ST STM32WL55JC: 256 KiB, one bank of 2 KiB pages",
        .family = "STM32WL",
        .controller = CP_CONTROLLER_STM32_WL,
        .registers_address = REGISTERS_WX,
        .size_bytes = 256u * CP_KIB,
        .erase_size_bytes = 2u * CP_KIB,
        L4_COMMON,
        L4_TIMES,
        .source = L4_SOURCE,
    },
};

const struct cp_part_table cp_parts_st_l = CP_PART_TABLE(parts);

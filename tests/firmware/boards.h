// boards.h: a board for each port, told by a macro, as a product would describe it.
//
// Sizes are those of a typical part. The addresses of registers for reset cause and watchdog
// are from memory, unverified: what is measured does not depend on them. Only for firmware.c,
// which is to know all this when it is compiled.

#ifndef CP_TESTS_FIRMWARE_BOARDS_H
#define CP_TESTS_FIRMWARE_BOARDS_H

#include <stdbool.h>
#include <stdint.h>

#include "cutproof/boot.h"

#define KIB 1024u

// Where a product keeps what, from the start of the flash.
struct board_area {
    uint32_t offset_bytes, size_bytes;
};

struct board {
    uint32_t active_address; // where the CPU sees ACTIVE
    struct board_area active, dfu, state;
    // The register that tells why there was a reset; its bits for watchdog, software and
    // lockup; what clears it.
    uint32_t reset_cause_address, reset_cause_mask, reset_cause_clear;
    // What keeps the watchdog quiet.
    uint32_t watchdog_address, watchdog_value;
};

// --- what is the same on the parts of a maker

#define NRF_CAUSES .reset_cause_mask = 0xE, .reset_cause_clear = 0xFFFFFFFF
#define NRF_DOG    .watchdog_address = 0x40010600, .watchdog_value = 0x6E524635
// 4-KiB pages: a bootloader of 32 KiB, ACTIVE of 240, DFU a page more, two of STATE.
#define AREAS_4K                                                                                   \
    .active = {32 * KIB, 240 * KIB}, .dfu = {272 * KIB, 244 * KIB}, .state = {24 * KIB, 8 * KIB}
#define AREAS_8K                                                                                   \
    .active = {64 * KIB, 240 * KIB}, .dfu = {512 * KIB, 248 * KIB}, .state = {48 * KIB, 16 * KIB}
#define AREAS_128K                                                                                 \
    .active = {384 * KIB, 256 * KIB}, .dfu = {640 * KIB, 384 * KIB}, .state = {128 * KIB, 256 * KIB}
#define STM32_DOG .watchdog_address = 0x40003000, .watchdog_value = 0xAAAA
#define STM32_CAUSES(address, bit)                                                                 \
    .reset_cause_address = (address), .reset_cause_mask = 0x70000000,                              \
    .reset_cause_clear = 1u << (bit)
#define STM32_FLASH 0x08000000u

#if defined(BOARD_NVMC) || defined(BOARD_NVMC_SPINOR)
#include "core/port/nrf/nvmc.h"

static const struct cp_nrf_nvmc port = {0x4001E000, 0, CP_NRF_NVMC_READY_POLLS_MAX};
static const struct board board = {32 * KIB, AREAS_4K, 0x40000400, NRF_CAUSES, NRF_DOG};

static void init_internal(struct cp_flash *flash) {
    cp_nrf_nvmc_flash(flash, &port, 1024 * KIB, 4 * KIB);
}

#elif defined(BOARD_NVMC_NRF51)
#include "core/port/nrf/nvmc.h"

static const struct cp_nrf_nvmc port = {0x4001E000, 0, CP_NRF_NVMC_READY_POLLS_MAX};
static const struct board board = {
    .active_address = 16 * KIB,
    .active = {16 * KIB, 110 * KIB},
    .dfu = {126 * KIB, 111 * KIB},
    .state = {14 * KIB, 2 * KIB},
    .reset_cause_address = 0x40000400,
    NRF_CAUSES,
    NRF_DOG,
};

static void init_internal(struct cp_flash *flash) {
    cp_nrf_nvmc_flash(flash, &port, 256 * KIB, 1 * KIB);
}

#elif defined(BOARD_NVMC_NS)
#include "core/port/nrf/nvmc_ns.h"

static const struct cp_nrf_nvmc_ns port = {
    .registers_address = CP_NRF_NVMC_NS_SECURE_ADDRESS,
    .ready_polls_max = CP_NRF_NVMC_NS_READY_POLLS_MAX,
};
static const struct board board = {32 * KIB, AREAS_4K, 0x50005400, NRF_CAUSES, NRF_DOG};

static void init_internal(struct cp_flash *flash) {
    cp_nrf_nvmc_ns_flash(flash, &port, 1024 * KIB, 4 * KIB);
}

#elif defined(BOARD_RRAMC)
#include "core/port/nrf/rramc.h"

#define BOARD_HAS_ECC_FAULT
static const struct cp_nrf_rramc port = {0x5004B000, 0, CP_NRF_RRAMC_POLLS_MAX};
static const struct board board = {32 * KIB, AREAS_4K, 0x5010E600, NRF_CAUSES, NRF_DOG};

static void init_internal(struct cp_flash *flash) {
    cp_nrf_rramc_flash(flash, &port, 1524 * KIB, CP_NRF_RRAMC_ERASE_SIZE_BYTES);
}

#elif defined(BOARD_RP2040)
#include "core/port/rp2040/flash.h"

static const struct cp_rp2040_flash port = {CP_RP2040_XIP_ADDRESS, CP_RP2040_XIP_ADDRESS,
                                            CP_RP2040_POLLS_MAX};
static const struct board board = {
    .active_address = CP_RP2040_XIP_ADDRESS + 32 * KIB,
    AREAS_4K,
    .reset_cause_address = 0x40058008, // cleared by a power loss only
    .reset_cause_mask = 3,
    .watchdog_address = 0x40058004,
    .watchdog_value = 0xFFFFFF,
};

static void init_internal(struct cp_flash *flash) {
    cp_rp2040_flash(flash, &port, 2048 * KIB);
}

#elif defined(BOARD_STM32_F0)
#include "core/port/stm32/f0.h"

static const struct cp_stm32_f0 port = {0x40022000, STM32_FLASH, 0, CP_STM32_F0_POLLS_MAX};
static const struct board board = {STM32_FLASH + 32 * KIB, AREAS_4K, STM32_CAUSES(0x40021024, 24),
                                   STM32_DOG};

static void init_internal(struct cp_flash *flash) {
    cp_stm32_f0_flash(flash, &port, 512 * KIB + 4 * KIB, 2 * KIB);
}

#elif defined(BOARD_STM32_F4)
#include "core/port/stm32/f4.h"

static const struct cp_stm32_f4 port = {
    .registers_address = 0x40023C00,
    .flash_address = STM32_FLASH + 128 * KIB, // the sectors of 128 KiB
    .first_sector = 5,
    .polls_max = CP_STM32_F4_POLLS_MAX,
};
static const struct board board = {STM32_FLASH + 512 * KIB, AREAS_128K,
                                   STM32_CAUSES(0x40023874, 24), STM32_DOG};

static void init_internal(struct cp_flash *flash) {
    cp_stm32_f4_flash(flash, &port, 1024 * KIB, 128 * KIB);
}

#elif defined(BOARD_STM32_H7)
#include "core/port/stm32/h7.h"

#define BOARD_HAS_ECC_FAULT
static const struct cp_stm32_h7 port = {
    .registers_address = 0x52002000,
    .flash_address = STM32_FLASH,
    .bank1_address = STM32_FLASH,
    .bank2_address = 0x08100000,
    .polls_max = CP_STM32_H7_POLLS_MAX,
};
static const struct board board = {STM32_FLASH + 384 * KIB, AREAS_128K,
                                   STM32_CAUSES(0x580244D0, 16), STM32_DOG};

static void init_internal(struct cp_flash *flash) {
    cp_stm32_h7_flash(flash, &port, 2048 * KIB, 128 * KIB);
}

#elif defined(BOARD_STM32_H5)
#include "core/port/stm32/h5.h"

static const struct cp_stm32_h5 port = {
    .registers_address = 0x40022000,
    .icache_address = 0x40030400,
    .flash_address = STM32_FLASH,
    .bank1_address = STM32_FLASH,
    .bank2_address = 0x08100000,
    .polls_max = CP_STM32_H5_POLLS_MAX,
};
static const struct board board = {STM32_FLASH + 64 * KIB, AREAS_8K, STM32_CAUSES(0x44020CF4, 23),
                                   STM32_DOG};

static void init_internal(struct cp_flash *flash) {
    cp_stm32_h5_flash(flash, &port, 2048 * KIB, 8 * KIB);
}

#define BOARD_HAS_ECC_NMI
static bool acknowledge_ecc(void) {
    cp_stm32_h5_acknowledge_ecc(&port);
    return true;
}

#elif defined(BOARD_STM32_U5)
#include "core/port/stm32/u5.h"

static const struct cp_stm32_u5 port = {
    .registers_address = 0x40022000,
    .icache_address = 0x40030400,
    .flash_address = STM32_FLASH,
    .bank1_address = STM32_FLASH,
    .bank2_address = 0x08100000,
    .polls_max = CP_STM32_U5_POLLS_MAX,
};
static const struct board board = {STM32_FLASH + 64 * KIB, AREAS_8K, STM32_CAUSES(0x46020CF4, 23),
                                   STM32_DOG};

static void init_internal(struct cp_flash *flash) {
    cp_stm32_u5_flash(flash, &port, 2048 * KIB, 8 * KIB);
}

#define BOARD_HAS_ECC_NMI
static bool acknowledge_ecc(void) {
    cp_stm32_u5_acknowledge_ecc(&port);
    return true;
}

#elif defined(BOARD_STM32_L0)
#include "core/port/stm32/l0.h"

// An L1: the pages of an L0 are smaller than the buffer.
static const struct cp_stm32_l0 port = {0x40023C00, STM32_FLASH, true, CP_STM32_L0_POLLS_MAX};
static const struct board board = {
    .active_address = STM32_FLASH + 16 * KIB,
    .active = {16 * KIB, 80 * KIB},
    .dfu = {96 * KIB, 80 * KIB + 256},
    .state = {8 * KIB, 8 * KIB},
    STM32_CAUSES(0x40023834, 24),
    STM32_DOG,
};

static void init_internal(struct cp_flash *flash) {
    cp_stm32_l0_flash(flash, &port, 256 * KIB, 256);
}

#elif defined(BOARD_STM32_L4) || defined(BOARD_STM32_L4_SPINOR)
#include "core/port/stm32/l4.h"

static const struct cp_stm32_l4 port = {
    .family = CP_STM32_FAMILY_L4,
    .registers_address = 0x40022000,
    .flash_address = STM32_FLASH,
    .bank_size_bytes = 512 * KIB,
    .polls_max = CP_STM32_L4_POLLS_MAX,
};
static const struct board board = {STM32_FLASH + 32 * KIB, AREAS_4K, STM32_CAUSES(0x40021094, 23),
                                   STM32_DOG};

static void init_internal(struct cp_flash *flash) {
    cp_stm32_l4_flash(flash, &port, 1024 * KIB, 2 * KIB);
}

#define BOARD_HAS_ECC_NMI
static bool acknowledge_ecc(void) {
    return cp_stm32_l4_acknowledge_ecc(&port);
}

#else
#error "no board is named"
#endif

// --- a chip for DFU, where there is one

#if defined(BOARD_NVMC_SPINOR)
#include "core/port/nrf/spi.h"
#include "core/port/spinor/spinor.h"

#define BOARD_HAS_CHIP

static const struct cp_nrf_spi master = {
    .registers_address = 0x40003000,
    .gpio_address = 0x50000000,
    .frequency = CP_NRF_SPI_FREQUENCY_8M,
    .sck_pin = 19,
    .mosi_pin = 20,
    .miso_pin = 21,
    .select_pin = 17,
    .ready_polls_max = CP_NRF_SPI_READY_POLLS_MAX,
};

static void init_master(struct cp_spi *spi) {
    cp_nrf_spi_bus(spi, &master);
}

#elif defined(BOARD_STM32_L4_SPINOR)
#include "core/port/stm32/spi.h"
#include "core/port/spinor/spinor.h"

#define BOARD_HAS_CHIP

static const struct cp_stm32_spi master = {
    .registers_address = 0x40013000,
    .gpio_address = 0x48000000,
    .sck_pin = 5,
    .mosi_pin = 7,
    .miso_pin = 6,
    .select_pin = 4,
    .alternate_function = 5,
    .divider = 2,
    .polls_max = CP_STM32_SPI_POLLS_MAX,
};

static void init_master(struct cp_spi *spi) {
    cp_stm32_spi_bus(spi, &master);
}
#endif

#endif

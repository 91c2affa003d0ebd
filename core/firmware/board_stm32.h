// board_stm32.h: as board_port.c, for the STM32 families. Only for that file.

#ifndef CP_FIRMWARE_BOARD_STM32_H
#define CP_FIRMWARE_BOARD_STM32_H

#include "core/firmware/board.h"
#include "core/firmware/board_port.h"
#include "layout.h"

// What two families share a port for, and what the second of them is.
#if defined(CP_BOARD_CONTROLLER_STM32_F1_XL) || defined(CP_BOARD_CONTROLLER_STM32_F7) ||           \
    defined(CP_BOARD_CONTROLLER_STM32_L1) || defined(CP_BOARD_CONTROLLER_STM32_L5) ||              \
    defined(CP_BOARD_CONTROLLER_STM32_H7A)
#define IS_SECOND true
#else
#define IS_SECOND false
#endif

#define STM32_ICACHE_ADDRESS 0x40030400u

#if defined(CP_BOARD_CONTROLLER_STM32_F0) || defined(CP_BOARD_CONTROLLER_STM32_F1_XL)
#include "core/port/stm32/f0.h"

static struct cp_stm32_f0 ports[CP_BOARD_AREA_COUNT];

static void port_init(struct cp_stm32_f0 *port, const struct cp_board_run *run,
                      struct cp_flash *flash) {
    *port = (struct cp_stm32_f0){
        .registers_address = CP_BOARD_REGISTERS_ADDRESS,
        .flash_address = CP_BOARD_FLASH_ADDRESS + run->offset_bytes,
        .bank2_address = IS_SECOND ? BANK2_ADDRESS : 0,
        .polls_max = CP_STM32_F0_POLLS_MAX,
    };
    cp_stm32_f0_flash(flash, port, run->size_bytes, run->erase_size_bytes);
}

#elif defined(CP_BOARD_CONTROLLER_STM32_F4) || defined(CP_BOARD_CONTROLLER_STM32_F7)
#include "core/port/stm32/f4.h"

static struct cp_stm32_f4 ports[CP_BOARD_AREA_COUNT];

// A bank has four small sectors, one as large as these four, and then ones twice as large.
// F74x to F77x with one bank: small ones of 32 KiB, which parts.cmake tells.
#if !defined(CP_FIRMWARE_SMALL_SECTOR_BYTES)
#define CP_FIRMWARE_SMALL_SECTOR_BYTES 0x4000u
#endif

static uint32_t sector_in_bank(uint32_t offset_bytes) {
    const uint32_t small = offset_bytes / CP_FIRMWARE_SMALL_SECTOR_BYTES;
    return small <= 4 ? small : 4 + small / 8;
}

static uint32_t sector_at(uint32_t offset_bytes) {
    const uint32_t bank_bytes = CP_BOARD_BANK_SIZE_BYTES;
    if (bank_bytes == 0 || offset_bytes < bank_bytes) {
        return sector_in_bank(offset_bytes);
    }
    return CP_STM32_F4_BANK2_SECTOR + sector_in_bank(offset_bytes - bank_bytes);
}

static void port_init(struct cp_stm32_f4 *port, const struct cp_board_run *run,
                      struct cp_flash *flash) {
    *port = (struct cp_stm32_f4){
        .registers_address = CP_BOARD_REGISTERS_ADDRESS,
        .flash_address = CP_BOARD_FLASH_ADDRESS + run->offset_bytes,
        .first_sector = sector_at(run->offset_bytes),
        .is_f7 = IS_SECOND,
        .polls_max = CP_STM32_F4_POLLS_MAX,
    };
    cp_stm32_f4_flash(flash, port, run->size_bytes, run->erase_size_bytes);
}

#elif defined(CP_BOARD_CONTROLLER_STM32_L0) || defined(CP_BOARD_CONTROLLER_STM32_L1)
#include "core/port/stm32/l0.h"

static struct cp_stm32_l0 ports[CP_BOARD_AREA_COUNT];

static void port_init(struct cp_stm32_l0 *port, const struct cp_board_run *run,
                      struct cp_flash *flash) {
    *port = (struct cp_stm32_l0){
        .registers_address = CP_BOARD_REGISTERS_ADDRESS,
        .flash_address = CP_BOARD_FLASH_ADDRESS + run->offset_bytes,
        .is_l1 = IS_SECOND,
        .polls_max = CP_STM32_L0_POLLS_MAX,
    };
    cp_stm32_l0_flash(flash, port, run->size_bytes, run->erase_size_bytes);
}

#elif defined(CP_BOARD_CONTROLLER_STM32_U5)
#include "core/port/stm32/u5.h"

static struct cp_stm32_u5 ports[CP_BOARD_AREA_COUNT];

static void port_init(struct cp_stm32_u5 *port, const struct cp_board_run *run,
                      struct cp_flash *flash) {
    *port = (struct cp_stm32_u5){
        .registers_address = CP_BOARD_REGISTERS_ADDRESS,
        .icache_address = STM32_ICACHE_ADDRESS,
        .flash_address = CP_BOARD_FLASH_ADDRESS + run->offset_bytes,
        .bank1_address = CP_BOARD_FLASH_ADDRESS,
        .bank2_address = BANK2_ADDRESS,
        .polls_max = CP_STM32_U5_POLLS_MAX,
    };
    cp_stm32_u5_flash(flash, port, run->size_bytes, run->erase_size_bytes);
}

static bool acknowledge(const struct cp_stm32_u5 *port) {
    cp_stm32_u5_acknowledge_ecc(port);
    return true;
}

#elif defined(CP_BOARD_CONTROLLER_STM32_H5)
#include "core/port/stm32/h5.h"

static struct cp_stm32_h5 ports[CP_BOARD_AREA_COUNT];

static void port_init(struct cp_stm32_h5 *port, const struct cp_board_run *run,
                      struct cp_flash *flash) {
    *port = (struct cp_stm32_h5){
        .registers_address = CP_BOARD_REGISTERS_ADDRESS,
        .icache_address = STM32_ICACHE_ADDRESS,
        .flash_address = CP_BOARD_FLASH_ADDRESS + run->offset_bytes,
        .bank1_address = CP_BOARD_FLASH_ADDRESS,
        .bank2_address = BANK2_ADDRESS,
        .polls_max = CP_STM32_H5_POLLS_MAX,
    };
    cp_stm32_h5_flash(flash, port, run->size_bytes, run->erase_size_bytes);
}

static bool acknowledge(const struct cp_stm32_h5 *port) {
    cp_stm32_h5_acknowledge_ecc(port);
    return true;
}

#elif defined(CP_BOARD_CONTROLLER_STM32_H7) || defined(CP_BOARD_CONTROLLER_STM32_H7A)
#include "core/port/stm32/h7.h"

static struct cp_stm32_h7 ports[CP_BOARD_AREA_COUNT];

static void port_init(struct cp_stm32_h7 *port, const struct cp_board_run *run,
                      struct cp_flash *flash) {
    *port = (struct cp_stm32_h7){
        .registers_address = CP_BOARD_REGISTERS_ADDRESS,
        .flash_address = CP_BOARD_FLASH_ADDRESS + run->offset_bytes,
        .bank1_address = CP_BOARD_FLASH_ADDRESS,
        .bank2_address = BANK2_ADDRESS,
        .is_h7a = IS_SECOND,
        .polls_max = CP_STM32_H7_POLLS_MAX,
    };
    cp_stm32_h7_flash(flash, port, run->size_bytes, run->erase_size_bytes);
}

#else
#include "core/port/stm32/l4.h"

#if defined(CP_BOARD_CONTROLLER_STM32_L4)
#define FAMILY CP_STM32_FAMILY_L4
#elif defined(CP_BOARD_CONTROLLER_STM32_L5)
#define FAMILY CP_STM32_FAMILY_L5
#elif defined(CP_BOARD_CONTROLLER_STM32_G0)
#define FAMILY CP_STM32_FAMILY_G0
#elif defined(CP_BOARD_CONTROLLER_STM32_G4)
#define FAMILY CP_STM32_FAMILY_G4
#elif defined(CP_BOARD_CONTROLLER_STM32_WB)
#define FAMILY CP_STM32_FAMILY_WB
#elif defined(CP_BOARD_CONTROLLER_STM32_WL)
#define FAMILY CP_STM32_FAMILY_WL
#else
#error "layout.h names no flash controller that is known"
#endif

static struct cp_stm32_l4 ports[CP_BOARD_AREA_COUNT];

static void port_init(struct cp_stm32_l4 *port, const struct cp_board_run *run,
                      struct cp_flash *flash) {
    *port = (struct cp_stm32_l4){
        .family = FAMILY,
        .registers_address = CP_BOARD_REGISTERS_ADDRESS,
        .flash_address = CP_BOARD_FLASH_ADDRESS,
        .bank_size_bytes = CP_BOARD_BANK_SIZE_BYTES,
        .icache_address = IS_SECOND ? STM32_ICACHE_ADDRESS : 0,
        .polls_max = CP_STM32_L4_POLLS_MAX,
    };
    cp_stm32_l4_flash(flash, port, run->size_bytes, run->erase_size_bytes);
}

static bool acknowledge(const struct cp_stm32_l4 *port) {
    return cp_stm32_l4_acknowledge_ecc(port);
}
#endif

#endif

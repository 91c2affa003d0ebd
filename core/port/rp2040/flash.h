// flash.h: flash port for the RP2040: the SPI NOR chip that the program runs from.

#ifndef CP_PORT_RP2040_FLASH_H
#define CP_PORT_RP2040_FLASH_H

#include "cutproof/flash.h"

// While the chip programs or erases nothing can be fetched from it: the functions that
// work on it lie in this section, which the product's linker script puts into RAM (it is
// one that the Pico SDK's scripts put there).
#if defined(__arm__)
#define CP_RP2040_IN_RAM __attribute__((noinline, section(".time_critical.cutproof")))
#else
#define CP_RP2040_IN_RAM __attribute__((noinline))
#endif

struct cp_rp2040_flash {
    uint32_t flash_address; // where the chip is seen: 0x10000000, or a window of pages further on
    uint32_t xip_address;   // where the chip's first byte is seen: 0x10000000
    uint32_t polls_max;     // of the SSI for a byte, and of the chip for an operation
};

#define CP_RP2040_XIP_ADDRESS 0x10000000u

// Polls of the chip's status that outlast the erase of 4 KiB (400 ms, W25Q16JV, from
// memory, unverified): each takes two bytes, at 125 MHz / 6 about a microsecond.
#define CP_RP2040_POLLS_MAX 4000000u

// Fill in *flash. size_bytes is the chip's or less; pages are of 4096 bytes, the unit of
// programming is 4 bytes; a program fills up the chip's pages of 256 bytes with 0xFF,
// which leaves what is there. *dev must outlive *flash. Never fails.
//
// Interrupts are off during each operation on a page, up to 400 ms for an erase. The other
// core must not run from flash meanwhile, nor DMA read from it: that is the caller's to see
// to. After each operation the chip is read with the command 03, one bit at a time; a
// product that wants its fast reads back runs its second-stage bootloader again.
//
// Its functions return CP_ERR_BOUNDS, CP_ERR_ALIGNMENT, or CP_ERR_FLASH: the SSI or the
// chip stays busy, the chip does not take the write enable, or what was programmed or
// erased does not read back (the chip ignores commands for protected blocks in silence).
void cp_rp2040_flash(struct cp_flash *flash, const struct cp_rp2040_flash *dev,
                     uint32_t size_bytes);

#endif

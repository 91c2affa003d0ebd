// f0.h: flash port for STM32 parts that program half-words: F0, F1 and F3.
//
// Where the facts come from: register offsets and bits from ST's CMSIS headers, those of the
// second bank of large F1 parts as well; sequences, keys, flags and what widths are allowed
// from RM0091 (F0), and taken to hold for F1 and F3, whose manuals say the same (from memory,
// unverified).

#ifndef CP_PORT_STM32_F0_H
#define CP_PORT_STM32_F0_H

#include "cutproof/flash.h"

// One flash interface, and the window of its flash that a cp_flash covers. The window may
// reach over both banks. HSI, the internal oscillator, must be on: the interface needs it.
struct cp_stm32_f0 {
    uint32_t registers_address; // 0x40022000
    uint32_t flash_address;     // first byte of the window
    // F1 of more than 512 KiB: 0x08080000, where the bank begins that has registers of its
    // own; otherwise 0.
    uint32_t bank2_address;
    uint32_t polls_max; // polls of SR before an operation is given up
};

// Polls that outlast the longest operation (40 ms page erase) at 72 MHz.
#define CP_STM32_F0_POLLS_MAX        2000000u

#define CP_STM32_F0_WRITE_SIZE_BYTES 2u

// Fill in *flash for a window of size_bytes with pages of erase_size_bytes (1 or 2 KiB). *f0
// must outlive *flash. Never fails. Besides CP_ERR_BOUNDS and CP_ERR_ALIGNMENT, its functions
// return CP_ERR_FLASH from program and erase
// - when the interface stays busy (then it is left as it is, since its registers cannot be
//   written) or locked (a wrong key was given since the last reset);
// - when an error flag comes up: the page is write-protected, or a half-word is programmed
//   that is not erased, with something else than 0x0000;
// - when the flash does not read back as programmed or erased: no flag tells of that.
// Otherwise the interface is locked again, with no mode on and no flag left. Reads never fail.
void cp_stm32_f0_flash(struct cp_flash *flash, const struct cp_stm32_f0 *f0, uint32_t size_bytes,
                       uint32_t erase_size_bytes);

#endif

// l0.h: flash port for the program memory of STM32 L0 and L1.
//
// These parts erase to 0x00, and programming sets bits. A word is programmed once between two
// erases, and not even with what it holds already: L0 refuses it, L1 ors it in, which nothing
// promises.
//
// Where the facts come from: registers, bits and keys from ST's CMSIS headers and HAL; what
// NOTZEROERR says from ST's register text; that a store to locked flash sets WRPERR from ST's
// manual as quoted in its forum; all other flags and what wrong keys do from memory, unverified.

#ifndef CP_PORT_STM32_L0_H
#define CP_PORT_STM32_L0_H

#include <stdbool.h>

#include "cutproof/flash.h"

// One flash interface, and the window of its flash that a cp_flash covers. Banks do not
// matter to it.
struct cp_stm32_l0 {
    uint32_t registers_address; // L0: 0x40022000; L1: 0x40023C00
    uint32_t flash_address;     // first byte of the window
    bool is_l1;
    uint32_t polls_max; // polls of SR before an operation is given up
};

// Polls that outlast the longest operation (3.94 ms, from memory) at 32 MHz, many times.
#define CP_STM32_L0_POLLS_MAX        200000u

#define CP_STM32_L0_WRITE_SIZE_BYTES 4u

// Fill in *flash for a window of size_bytes with pages of erase_size_bytes (L0: 128; L1: 256).
// Its erase value is 0x00. *l0 must outlive *flash. Never fails. Besides CP_ERR_BOUNDS and
// CP_ERR_ALIGNMENT, its functions return CP_ERR_FLASH from program and erase
// - when the interface stays busy (then it is left as it is) or locked (a wrong key was given
//   since the last reset);
// - when an error flag comes up: the page is write-protected; on L0, a word is programmed that
//   is not zero, or the operation was given up for a fetch;
// - when the flash does not read back as programmed or erased: no flag tells of that.
// Otherwise the interface is locked again, with no mode on and no flag left. Reads never fail.
void cp_stm32_l0_flash(struct cp_flash *flash, const struct cp_stm32_l0 *l0, uint32_t size_bytes,
                       uint32_t erase_size_bytes);

#endif

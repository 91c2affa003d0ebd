// l4.h: flash port for STM32 parts that program double words: L4, L4+, L5, G0, G4, WB, WL.
//
// Where the facts come from: register offsets and bits from ST's CMSIS headers; the program
// and erase sequences and what each flag means from RM0440 (G4), and taken to hold for the
// other families, whose manuals say the same (from memory, unverified); that a half-filled
// double word hangs, and numbers of pages from 256 on in the second bank, from measurements
// and drivers of others on STM32G0B1.

#ifndef CP_PORT_STM32_L4_H
#define CP_PORT_STM32_L4_H

#include <stdbool.h>

#include "cutproof/flash.h"

// What the register block looks like.
enum cp_stm32_l4_family {
    CP_STM32_FAMILY_L4, // and L4+
    CP_STM32_FAMILY_L5, // non-secure registers; TrustZone is off
    CP_STM32_FAMILY_G0,
    CP_STM32_FAMILY_G4,
    CP_STM32_FAMILY_WB, // CPU1; who shares the flash with a radio stack must hold its semaphores
    CP_STM32_FAMILY_WL,
};

// One flash controller and the flash behind it. All pages of these parts have one size.
struct cp_stm32_l4 {
    enum cp_stm32_l4_family family;
    uint32_t registers_address; // 0x40022000; WB and WL: 0x58004000
    uint32_t flash_address;     // of the first byte of bank 1: 0x08000000
    // Of bank 1, which bank 2 follows at once; 0: the part has one bank, or the option byte
    // DBANK or DUALBANK makes it one. The banks must not be swapped by an option byte.
    uint32_t bank_size_bytes;
    uint32_t icache_address; // L5: of the ICACHE, 0x40030400; otherwise 0
    uint32_t polls_max;      // of the busy flags, before an operation is given up
};

// Polls that outlast the longest operation (40 ms page erase of G0) at 170 MHz.
#define CP_STM32_L4_POLLS_MAX 4000000u

// Fill in *flash. size_bytes and erase_size_bytes (2, 4 or 8 KiB) are the part's in the bank
// mode that its option bytes choose; the program unit is a double word of 8 bytes.
// *dev must outlive *flash. Never fails. Its functions return
// - CP_ERR_BOUNDS or CP_ERR_ALIGNMENT for a range that does not suit;
// - CP_ERR_FLASH when the controller stays busy or locked (until a reset; then it is left as
//   it is), when it sets an error flag (the page is write-protected; a double word was
//   programmed before, be it with ones, and the new data is not all zeros; on G0 programmed
//   ones do not even take zeros), when an operation that was not complained of reads back
//   otherwise (an erase that fails sets no flag), and when a word that is read cannot be
//   corrected by ECC.
void cp_stm32_l4_flash(struct cp_flash *flash, const struct cp_stm32_l4 *dev, uint32_t size_bytes,
                       uint32_t erase_size_bytes);

// Take back what an uncorrectable read left: clear the flags of ECCR, of which ECCD raises
// the NMI again and again as long as it is set. The firmware's NMI handler calls this first;
// false says that the NMI came from elsewhere. The port calls it after each guarded read
// that failed. Never fails.
bool cp_stm32_l4_acknowledge_ecc(const struct cp_stm32_l4 *dev);

#endif

// u5.h: flash port for the STM32 U5 (U535 to U5A9), TrustZone off or from the non-secure side.
//
// Pages of 8 KiB; quad words of 16 bytes, each programmed once between two erases, though all
// zeros are always taken. 9 bits of ECC for each quad word; one that cannot be corrected raises
// NMI when it is read.
//
// Sources: registers and flags from ST's register text (embassy stm32-data, flash_u5.yaml) and
// CMSIS headers; sequences as ST's HAL has them; the ICACHE from memory, unverified.

#ifndef CP_PORT_STM32_U5_H
#define CP_PORT_STM32_U5_H

#include "cutproof/flash.h"

// One flash interface, and the window of its flash that a cp_flash covers. The window may
// reach over both banks.
struct cp_stm32_u5 {
    uint32_t registers_address; // 0x40022000
    uint32_t icache_address;    // 0x40030400; 0 if the firmware looks after the ICACHE itself
    uint32_t flash_address;     // first byte of the window
    uint32_t bank1_address;     // 0x08000000
    uint32_t bank2_address;     // 0x08100000 on a 2 MiB part; 0 if DUALBANK is off
    uint32_t polls_max;         // polls of NSSR before an operation is given up
};

// Polls that outlast the longest page erase (3.5 ms) at 160 MHz.
#define CP_STM32_U5_POLLS_MAX        1000000u

#define CP_STM32_U5_WRITE_SIZE_BYTES 16u

// Fill in *flash for a window of size_bytes with pages of erase_size_bytes (8 KiB). *u5 must
// outlive *flash. Never fails. Besides CP_ERR_BOUNDS and CP_ERR_ALIGNMENT, its functions return
// CP_ERR_FLASH
// - read: a word cannot be corrected; the bytes before it have been read. ECCR is clear again;
// - program, erase: the controller stays busy or locked (a wrong key was given before), an
//   error flag came up (write protection, a quad word that is not blank, a failed operation),
//   or a word does not read back as it should.
// A controller that never gets ready is left alone; else it is locked again and has no flag set.
void cp_stm32_u5_flash(struct cp_flash *flash, const struct cp_stm32_u5 *u5, uint32_t size_bytes,
                       uint32_t erase_size_bytes);

// Clear ECCR.ECCD and ECCC, so that the NMI ends and the next error is seen. The port does so
// after a read that failed; a firmware's NMI handler has to do it before it returns.
void cp_stm32_u5_acknowledge_ecc(const struct cp_stm32_u5 *u5);

#endif

// h5.h: flash port for the STM32 H5 (H503 to H573), TrustZone off or from the non-secure side.
//
// Sectors of 8 KiB; words of 16 bytes, each programmed once between two erases. 9 bits of ECC
// for each word; one that cannot be corrected raises NMI when it is read. The sectors of the
// high-cycle data area are not covered.
//
// Sources: registers and flags from ST's register text (embassy stm32-data, flash_h50.yaml) and
// CMSIS headers; sequences as ST's HAL has them; the ICACHE from memory, unverified.

#ifndef CP_PORT_STM32_H5_H
#define CP_PORT_STM32_H5_H

#include "cutproof/flash.h"

// One flash interface, and the window of its flash that a cp_flash covers. The window may
// reach over both banks.
struct cp_stm32_h5 {
    uint32_t registers_address; // 0x40022000
    uint32_t icache_address;    // 0x40030400; 0 if the firmware looks after the ICACHE itself
    uint32_t flash_address;     // first byte of the window
    uint32_t bank1_address;     // 0x08000000
    uint32_t bank2_address;     // 0x08100000 on a 2 MiB part, 0x08010000 on the H503
    uint32_t polls_max;         // polls of NSSR before an operation is given up
};

// Polls that outlast the longest sector erase (about 2 ms, from memory) at 250 MHz, many times.
#define CP_STM32_H5_POLLS_MAX        2000000u

#define CP_STM32_H5_WRITE_SIZE_BYTES 16u

// Fill in *flash for a window of size_bytes with sectors of erase_size_bytes (8 KiB). *h5 must
// outlive *flash. Never fails. Besides CP_ERR_BOUNDS and CP_ERR_ALIGNMENT, its functions return
// CP_ERR_FLASH
// - read: a word cannot be corrected; the bytes before it have been read. ECCD is clear again;
// - program, erase: the controller stays busy or locked (a wrong key was given before), an
//   error flag came up (write protection, a broken sequence), or the flash does not read back
//   as programmed or erased: no flag tells of an operation that failed.
// A controller that never gets ready is left alone; else it is locked again and has no flag set.
void cp_stm32_h5_flash(struct cp_flash *flash, const struct cp_stm32_h5 *h5, uint32_t size_bytes,
                       uint32_t erase_size_bytes);

// Clear ECCDETR.ECCD, so that the NMI ends and the next error is seen. The port does so after
// a read that failed; a firmware's NMI handler has to do it before it returns.
void cp_stm32_h5_acknowledge_ecc(const struct cp_stm32_h5 *h5);

#endif

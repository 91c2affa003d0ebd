// f4.h: flash port for the STM32 F2, F4 and F7.
//
// Sectors of different sizes: a cp_flash covers a run of sectors of one size. Bits may be
// cleared as often as one likes between two erases. Words are programmed (PSIZE x32), which
// needs a supply of 2.7 V at least (from memory, unverified).
//
// Where the facts come from: register offsets and bits from ST's CMSIS headers; that the
// sectors of bank 2 are numbered from 16 on from ST's HAL; program rule from RM0090; what
// flags say, and the ART of the F7, from memory, unverified.

#ifndef CP_PORT_STM32_F4_H
#define CP_PORT_STM32_F4_H

#include <stdbool.h>

#include "cutproof/flash.h"

// One flash interface, and the sectors of one size that a cp_flash covers, all in one bank.
struct cp_stm32_f4 {
    uint32_t registers_address; // 0x40023C00
    uint32_t flash_address;     // first byte of the first of these sectors
    uint32_t first_sector;      // its number, as CR.SNB wants it; the second bank begins with 16
    bool is_f7;
    uint32_t polls_max; // polls of SR before an operation is given up
    // F7: drop what the D-cache of the CPU holds of a range of flash, of whole words. NULL if
    // it is off or the flash is not cacheable. The flash must not be write-back.
    void (*drop_cache)(uint32_t address, uint32_t size_bytes);
};

// The number of the first sector of bank 2.
#define CP_STM32_F4_BANK2_SECTOR 16u

// Polls that outlast the longest operation (4 s erase of 256 KiB) at 216 MHz, 10 cycles each.
#define CP_STM32_F4_POLLS_MAX        90000000u

#define CP_STM32_F4_WRITE_SIZE_BYTES 4u

// Fill in *flash for size_bytes of sectors of erase_size_bytes. *f4 must outlive *flash. Never
// fails. Besides CP_ERR_BOUNDS and CP_ERR_ALIGNMENT, its functions return CP_ERR_FLASH from
// program and erase
// - when the interface stays busy (then it is left as it is, since CR cannot be written) or
//   locked (a wrong key was given since the last reset);
// - when an error flag comes up: the sector is write-protected, or the option bytes or the
//   supply do not suit;
// - when the flash does not read back as programmed or erased: no flag tells of that.
// Otherwise the interface is locked again, with no mode on and no flag left; caches that were
// on are on again and empty. Reads never fail.
void cp_stm32_f4_flash(struct cp_flash *flash, const struct cp_stm32_f4 *f4, uint32_t size_bytes,
                       uint32_t erase_size_bytes);

#endif

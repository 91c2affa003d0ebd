// h7.h: flash port for the STM32 H7: the H72x to H75x, with sectors of 128 KiB and words of
// 32 bytes, and the H7A3, H7B3 and H7B0, with sectors of 8 KiB and words of 16.
//
// A word is programmed once between two erases: a second program is not refused, and its ECC
// is wrong from then on. A word that cannot be corrected raises a bus fault when it is read.
//
// Sources: registers from CMSIS headers; flags and sequences from RM0399 4.7 (H745, the same
// interface as the H743; from memory) and ST's register text of the H7B0 (SVD).

#ifndef CP_PORT_STM32_H7_H
#define CP_PORT_STM32_H7_H

#include <stdbool.h>

#include "cutproof/flash.h"

// The interface of both banks, and the window of the flash that a cp_flash covers. Where the
// first bank is full (1 MiB) a window may reach over both; on smaller parts there is a gap.
struct cp_stm32_h7 {
    uint32_t registers_address; // 0x52002000
    uint32_t flash_address;     // first byte of the window
    uint32_t bank1_address;     // 0x08000000
    uint32_t bank2_address;     // 0x08100000, also where bank 1 is smaller; 0 if there is none
    bool is_h7a;                // H7A3, H7B3, H7B0
    uint32_t polls_max;         // polls of SR before an operation is given up
    // Drop what the D-cache holds of a range of flash, of whole sectors or words. NULL if
    // the D-cache is off or the flash is not cacheable.
    void (*drop_cache)(uint32_t address, uint32_t size_bytes);
};

// Polls that outlast the longest sector erase (4 s) at 550 MHz, 10 cycles each.
#define CP_STM32_H7_POLLS_MAX         220000000u

#define CP_STM32_H7_WRITE_SIZE_BYTES  32u
#define CP_STM32_H7A_WRITE_SIZE_BYTES 16u

// Fill in *flash for a window of size_bytes with sectors of erase_size_bytes (128 KiB; H7A:
// 8 KiB). *h7 must outlive *flash. Never fails. Besides CP_ERR_BOUNDS and CP_ERR_ALIGNMENT, its
// functions return CP_ERR_FLASH
// - read: a word cannot be corrected, or may not be read; the bytes before it have been read.
//   The flags of the bank are clear again;
// - program, erase: the bank stays busy or locked (a wrong key was given before), an error flag
//   came up (write protection, a broken sequence, a failed operation), or a word does not read
//   back as programmed. An H7A has no flag for a failed operation: there the sector is read
//   back after an erase as well.
// A bank that never gets ready is left alone; else it is locked again and has no flag set.
void cp_stm32_h7_flash(struct cp_flash *flash, const struct cp_stm32_h7 *h7, uint32_t size_bytes,
                       uint32_t erase_size_bytes);

#endif

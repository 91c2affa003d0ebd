// spinor.h: flash port for SPI NOR chips that describe themselves (SFDP, JESD216):
// Winbond W25Q, Macronix MX25R and MX25L, GigaDevice GD25, and most others.

#ifndef CP_PORT_SPINOR_SPINOR_H
#define CP_PORT_SPINOR_SPINOR_H

#include "core/port/spinor/spi.h"

#include <stdbool.h>

// One chip, as it described itself. The caller keeps it in RAM and gives it to
// cp_spinor_init() to be filled in; nobody writes to it afterwards.
struct cp_spinor {
    const struct cp_spi *spi;
    uint32_t id;               // as RDID gives it, maker first: 0xEF4018
    uint32_t size_bytes;       // that can be reached, see below
    uint32_t page_size_bytes;  // what one program command may write
    uint32_t erase_size_bytes; // the smallest erase there is, usually 4 KiB
    uint32_t program_time_us;  // at most, of a page
    uint32_t erase_time_us;    // at most, of erase_size_bytes
    uint8_t erase_opcode;
    bool has_four_byte_addresses; // addressed with commands 13, 12 and 21
};

// Wake the chip, let an operation end that a reset of the MCU alone left running or
// suspended, reset the chip's modes, and read what it says of itself. Takes some 200 us,
// and up to CP_SPINOR_BUSY_MAX_US more if the chip is found busy.
//
// Chips of more than 16 MiB are addressed with the commands that have 4 address bytes,
// never with a mode that could outlive a reset. Of a chip without such commands the
// first 16 MiB are used.
//
// CP_OK; CP_ERR_FLASH if no chip answers, it stays busy, it has no SFDP, or it can only
// be used in a mode of its own (4-byte addresses without the commands for them).
int cp_spinor_init(struct cp_spinor *nor, const struct cp_spi *spi);

// A flash on the chip, of all its size. *nor must outlive *flash. Never fails.
// The unit of programming is 4 bytes; programs of any length are split at the chip's
// pages. Its functions return CP_ERR_BOUNDS, CP_ERR_ALIGNMENT, or CP_ERR_FLASH: the
// master does not get on, the chip stays busy, does not take the write enable (it sleeps,
// or is not there), or what was programmed or erased does not read back: most chips
// ignore a command for a protected block without saying so.
void cp_spinor_flash(struct cp_flash *flash, const struct cp_spinor *nor);

// How long a chip may be busy when it is found, at most: two erases of 64 KiB (3.5 s each,
// MX25R6435F, from memory, unverified). An erase of the whole chip takes minutes; the
// core starts none.
#define CP_SPINOR_BUSY_MAX_US 8000000u

#endif

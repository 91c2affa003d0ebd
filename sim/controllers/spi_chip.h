// spi_chip.h: a SPI NOR chip, as it answers behind the models of SPI masters.
//
// Opcodes are those of Zephyr's spi_nor.h; how the chip behaves, and 21, 75, 7A, DC and E9,
// are from memory, unverified. Modelled: all that such a chip ignores in silence (no
// write enable, busy, asleep, waking, protected, a chip select that rises inside a byte or
// after the wrong number of bytes); a program that goes round in its page of 256 bytes,
// where the last 256 bytes win; erases rounded down to their unit; 66 directly before 99;
// addresses of 3 and 4 bytes; suspend and resume; SFDP; being busy until it is polled.
//
// Reported as illegal: a reset that aborts an operation (the page it worked on then holds
// anything; here, zeros), since the data sheets ask to look at WIP and the suspend bit
// first.
//
// Maker by maker: W25Q ignores operations on protected blocks without a trace, MX25 sets
// a bit in its security register (2B). On silicon the protection bits are non-volatile;
// here they are gone when the power is.

#ifndef CP_SIM_CONTROLLERS_SPI_CHIP_H
#define CP_SIM_CONTROLLERS_SPI_CHIP_H

#include "sim/controller.h"

enum cp_spi_operation {
    CP_SPI_NO_OPERATION,
    CP_SPI_PROGRAM,
    CP_SPI_ERASE,
    CP_SPI_STATUS, // a write of the status register
};

// Without padding; all zeros is a chip after power-on.
struct cp_spi_chip {
    // What outlives a reset of the MCU.
    uint32_t is_dead;          // it has no supply
    uint32_t busy_polls;       // WIP reads 1 so many more times
    uint32_t operation;        // that is under way or suspended: enum cp_spi_operation
    uint32_t operation_page;   // where, in pages of 256 bytes
    uint32_t is_write_enabled; // WEL
    uint32_t is_asleep;        // deep power-down
    uint32_t is_four_byte;
    uint32_t is_suspended;
    uint32_t is_reset_enabled; // the last command was 66
    uint32_t is_continuous;    // reads on without a command (RP2040 only)
    uint32_t protection;       // BP and TB, as in the status register
    uint32_t failures;         // P_FAIL, E_FAIL of MX25
    uint32_t wake_us;          // it takes no command for so long

    // Of the present frame.
    uint32_t is_selected;
    uint32_t is_torn;    // the chip select rises inside a byte
    uint32_t is_ignored; // the chip does not take this frame
    uint32_t byte_count; // that came
    uint32_t opcode;
    uint32_t address;
    uint32_t word;                 // of the array, at address; read once for its 4 bytes
    uint32_t first_byte, end_byte; // of the page, that were sent
    uint32_t page[64];             // to program
};

// Power comes on; or only the MCU was reset, and the chip select rises.
void cp_spi_chip_reset(struct cp_spi_chip *chip, bool power_lost);

// The chip select goes low, a byte is exchanged, it goes high. Operations happen when it
// goes high.
void cp_spi_chip_select(const struct cp_access *access, struct cp_spi_chip *chip);
uint8_t cp_spi_chip_transfer(const struct cp_access *access, struct cp_spi_chip *chip,
                             uint8_t sent);
void cp_spi_chip_deselect(const struct cp_access *access, struct cp_spi_chip *chip);

// The hooks of struct cp_controller_model, for a chip.
uint32_t cp_spi_chip_survivor(const struct cp_spi_chip *chip);
void cp_spi_chip_revive(struct cp_spi_chip *chip, uint32_t survivor);
void cp_spi_chip_die(struct cp_spi_chip *chip);
const char *cp_spi_chip_left_open(const struct cp_spi_chip *chip);

// SFDP of a part, a byte at a time; 0xFF where there is nothing.
uint8_t cp_spi_sfdp(const struct cp_part *part, uint32_t address);

#endif

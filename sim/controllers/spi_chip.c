// spi_chip.c: a SPI NOR chip behind the models of SPI masters; see spi_chip.h.

#include "sim/controllers/spi_chip.h"

#include <stddef.h>
#include <string.h>

#define PAGE_BYTES        256u
#define PAGE_WORDS        64u
#define NOTHING           0xFFu // what nobody drives reads as
#define BUSY_POLLS        3u    // of the status, that an operation takes

#define STATUS_WIP        1u
#define STATUS_WEL        2u
#define STATUS_PROTECTION 0x3Cu // TB, BP2..BP0; of MX25 BP3..BP0
#define STATUS_SUS        0x80u // of status register 2
#define P_FAIL            0x20u
#define E_FAIL            0x40u

enum { WINBOND = 0xEF, MACRONIX = 0xC2, GIGADEVICE = 0xC8 };

static uint32_t maker(const struct cp_access *access) {
    return access->device->part.jedec_id >> 16;
}

static bool is_macronix(const struct cp_access *access) {
    return maker(access) == MACRONIX;
}

static bool is_large(const struct cp_access *access) {
    return access->device->part.size_bytes > 16u * 1024 * 1024;
}

// Waking from deep power-down, tRES1; from memory, unverified but W25Q's.
static uint32_t wake_time_us(const struct cp_access *access) {
    return is_macronix(access) ? 35 : maker(access) == GIGADEVICE ? 20 : 3;
}

// The reset, tRST; from memory, unverified but W25Q's.
static uint32_t reset_time_us(const struct cp_access *access) {
    return is_macronix(access) ? 40 : maker(access) == GIGADEVICE ? 60 : 30;
}

// --- frames

static void clear_frame(struct cp_spi_chip *chip) {
    memset((uint8_t *)chip + offsetof(struct cp_spi_chip, is_selected), 0,
           sizeof *chip - offsetof(struct cp_spi_chip, is_selected));
}

void cp_spi_chip_reset(struct cp_spi_chip *chip, bool power_lost) {
    if (power_lost) {
        memset(chip, 0, sizeof *chip);
    }
    // The chip select floats up in the middle of whatever it was.
    clear_frame(chip);
}

// The time that the program waited has passed for the chip too.
static void let_time_pass(const struct cp_access *access, struct cp_spi_chip *chip) {
    const uint32_t waited_us = cp_bus_waited_us(access);
    chip->wake_us = waited_us < chip->wake_us ? chip->wake_us - waited_us : 0;
}

void cp_spi_chip_select(const struct cp_access *access, struct cp_spi_chip *chip) {
    if (chip->is_selected) {
        return;
    }
    let_time_pass(access, chip);
    chip->is_selected = 1;
    chip->is_ignored = chip->is_dead || chip->wake_us > 0;
    if (chip->is_asleep && is_macronix(access)) { // a pulse of the chip select wakes it
        chip->is_asleep = 0;
        chip->wake_us = wake_time_us(access);
        chip->is_ignored = 1;
    }
}

// --- which commands are taken when

static bool is_taken_while_busy(const struct cp_access *access, uint32_t opcode) {
    switch (opcode) {
    case 0x05:
    case 0x66:
    case 0x75:
    case 0x99: return true;
    case 0x35: return !is_macronix(access);
    case 0x2B:
    case 0xB0: return is_macronix(access);
    default: return false;
    }
}

static bool is_taken_while_suspended(uint32_t opcode) {
    switch (opcode) {
    case 0x02:
    case 0x12:
    case 0x20:
    case 0x21:
    case 0x52:
    case 0x5C:
    case 0xD8:
    case 0xDC:
    case 0xC7:
    case 0x60:
    case 0x01:
    case 0xB9: return false;
    default: return true;
    }
}

static bool is_taken(const struct cp_access *access, const struct cp_spi_chip *chip,
                     uint32_t opcode) {
    if (chip->is_continuous) {
        return false; // it takes the byte for an address
    }
    if (chip->is_asleep) {
        return opcode == 0xAB;
    }
    if (chip->busy_polls > 0) {
        return is_taken_while_busy(access, opcode);
    }
    return !chip->is_suspended || is_taken_while_suspended(opcode);
}

// How many address bytes follow; 0 where none do or the command is unknown.
static uint32_t address_bytes(const struct cp_access *access, const struct cp_spi_chip *chip) {
    switch (chip->opcode) {
    case 0x5A: return 3;
    case 0x02:
    case 0x03:
    case 0x0B:
    case 0x20:
    case 0x52:
    case 0xD8: return chip->is_four_byte ? 4 : 3;
    case 0x0C:
    case 0x12:
    case 0x13:
    case 0x21:
    case 0x5C:
    case 0xDC: return is_large(access) ? 4 : 0;
    default: return 0;
    }
}

// --- bytes that come out

// Each reading of WIP = 1 is one of the polls that the operation takes.
static uint8_t read_status(struct cp_spi_chip *chip) {
    const uint32_t status = (chip->busy_polls > 0 ? STATUS_WIP : 0) |
                            (chip->is_write_enabled ? STATUS_WEL : 0) | chip->protection;
    if (chip->busy_polls > 0 && --chip->busy_polls == 0) {
        chip->is_write_enabled = 0;
        chip->operation = CP_SPI_NO_OPERATION;
        chip->operation_page = 0;
    }
    return (uint8_t)status;
}

static uint8_t read_array(const struct cp_access *access, struct cp_spi_chip *chip) {
    const uint32_t offset_bytes = chip->address % access->device->part.size_bytes;
    chip->address = offset_bytes + 1;
    if (chip->end_byte == 0 || offset_bytes % 4 == 0) { // a word is read once
        chip->end_byte = 1;
        (void)cp_bus_read(access, offset_bytes & ~3u, &chip->word);
    }
    return (uint8_t)(chip->word >> 8 * (offset_bytes % 4));
}

static uint8_t read_security(const struct cp_spi_chip *chip) {
    uint32_t suspended = 0;
    if (chip->is_suspended) {
        suspended = chip->operation == CP_SPI_ERASE ? 8 : 4;
    }
    return (uint8_t)(chip->failures | suspended);
}

// The byte after `position` others, of a command that reads registers.
static uint8_t read_register(const struct cp_access *access, struct cp_spi_chip *chip,
                             uint32_t position) {
    switch (chip->opcode) {
    case 0x05: return read_status(chip);
    case 0x35: return is_macronix(access) ? NOTHING : chip->is_suspended ? STATUS_SUS : 0;
    case 0x15: return 0;
    case 0x2B: return is_macronix(access) ? read_security(chip) : NOTHING;
    case 0x9F: return (uint8_t)(access->device->part.jedec_id >> 8 * (2 - (position - 1) % 3));
    default: return NOTHING;
    }
}

// --- bytes that come in

static void take_page_byte(struct cp_spi_chip *chip, uint32_t position, uint8_t sent) {
    const uint32_t at = (chip->address + position) % PAGE_BYTES;
    uint8_t *page = (uint8_t *)chip->page;
    if (chip->end_byte == 0) {
        memset(page, 0xFF, PAGE_BYTES);
        chip->first_byte = at;
        chip->end_byte = at + 1;
    }
    page[at] = sent;
    chip->first_byte = at < chip->first_byte ? at : chip->first_byte;
    chip->end_byte = at + 1 > chip->end_byte ? at + 1 : chip->end_byte;
}

// A byte after the address of a command.
static uint8_t exchange_data(const struct cp_access *access, struct cp_spi_chip *chip,
                             uint32_t position, uint8_t sent) {
    switch (chip->opcode) {
    case 0x03:
    case 0x13: return read_array(access, chip);
    case 0x0B:
    case 0x0C: return position == 0 ? NOTHING : read_array(access, chip);
    case 0x5A:
        return position == 0 ? NOTHING
                             : cp_spi_sfdp(&access->device->part, chip->address + position - 1);
    case 0x02:
    case 0x12: take_page_byte(chip, position, sent); return NOTHING;
    default: return NOTHING;
    }
}

uint8_t cp_spi_chip_transfer(const struct cp_access *access, struct cp_spi_chip *chip,
                             uint8_t sent) {
    if (!chip->is_selected || chip->is_ignored) {
        return NOTHING;
    }
    const uint32_t position = chip->byte_count++;
    if (position == 0) {
        chip->opcode = sent;
        chip->is_ignored = !is_taken(access, chip, sent);
        return NOTHING;
    }
    const uint32_t address = address_bytes(access, chip);
    if (position <= address) {
        chip->address = chip->address << 8 | sent;
        return NOTHING;
    }
    if (address > 0) {
        return exchange_data(access, chip, position - address - 1, sent);
    }
    if (chip->opcode == 0x01 && position == 1) {
        chip->page[0] = sent;
    }
    return read_register(access, chip, position);
}

// --- operations, when the chip select rises

// The blocks at the top, or with TB of W25Q at the bottom: all, half of it, a quarter ...
static bool is_protected(const struct cp_access *access, const struct cp_spi_chip *chip,
                         uint32_t offset_bytes, uint32_t size_bytes) {
    const uint32_t bits = is_macronix(access) ? 4 : 3, all = (1u << bits) - 1;
    const uint32_t level = chip->protection >> 2 & all, whole = access->device->part.size_bytes;
    if (level == 0) {
        return false;
    }
    const uint32_t protected_bytes = whole >> (all - level);
    if (!is_macronix(access) && (chip->protection & 0x20) != 0) {
        return offset_bytes < protected_bytes;
    }
    return offset_bytes + size_bytes > whole - protected_bytes;
}

// A protected block: MX25 says so, W25Q does not, and keeps its write enable.
static bool is_refused(const struct cp_access *access, struct cp_spi_chip *chip,
                       uint32_t offset_bytes, uint32_t size_bytes, uint32_t failure) {
    if (!is_protected(access, chip, offset_bytes, size_bytes)) {
        return false;
    }
    if (is_macronix(access)) {
        chip->failures |= failure;
        chip->is_write_enabled = 0;
    }
    return true;
}

// Busy from before the operation on: a reset of the MCU may find it so.
static void begin(struct cp_spi_chip *chip, enum cp_spi_operation operation,
                  uint32_t offset_bytes) {
    chip->busy_polls = BUSY_POLLS;
    chip->operation = (uint32_t)operation;
    chip->operation_page = offset_bytes / PAGE_BYTES;
    chip->failures = 0;
}

static void end(const struct cp_access *access, struct cp_spi_chip *chip, enum cp_done done,
                uint32_t failure) {
    if (done == CP_DONE_REPORTED && is_macronix(access)) {
        chip->failures |= failure;
    }
    if (done == CP_DONE_REFUSED) {
        chip->busy_polls = 0;
        chip->operation = CP_SPI_NO_OPERATION;
        chip->operation_page = 0;
        chip->is_write_enabled = 0;
    }
}

// The words lie in the chip while the operation is under way, and nowhere afterwards.
static void program(const struct cp_access *access, struct cp_spi_chip *chip) {
    const uint32_t page_bytes =
        (chip->address % access->device->part.size_bytes) & ~(PAGE_BYTES - 1);
    const uint32_t first = chip->first_byte / 4, end_word = (chip->end_byte + 3) / 4;
    if (!chip->is_write_enabled || end_word == 0 ||
        is_refused(access, chip, page_bytes, PAGE_BYTES, P_FAIL)) {
        return;
    }
    chip->is_selected = chip->byte_count = chip->opcode = chip->address = 0;
    begin(chip, CP_SPI_PROGRAM, page_bytes);
    end(access, chip,
        cp_bus_program(access, page_bytes + 4 * first, &chip->page[first], end_word - first),
        P_FAIL);
}

static void erase(const struct cp_access *access, struct cp_spi_chip *chip, uint32_t size_bytes) {
    const uint32_t whole = access->device->part.size_bytes;
    size_bytes = size_bytes < whole ? size_bytes : whole;
    const uint32_t offset_bytes = (chip->address % whole) & ~(size_bytes - 1);
    if (!chip->is_write_enabled || is_refused(access, chip, offset_bytes, size_bytes, E_FAIL)) {
        return;
    }
    clear_frame(chip);
    begin(chip, CP_SPI_ERASE, offset_bytes);
    end(access, chip, cp_bus_erase(access, offset_bytes, size_bytes), E_FAIL);
}

static void write_status(struct cp_spi_chip *chip) {
    if (chip->is_write_enabled) {
        begin(chip, CP_SPI_STATUS, 0);
        chip->protection = chip->page[0] & STATUS_PROTECTION;
    }
}

static void suspend(struct cp_spi_chip *chip) {
    if (chip->busy_polls > 0 && chip->operation != CP_SPI_STATUS && !chip->is_suspended) {
        chip->busy_polls = 0;
        chip->is_suspended = 1;
    }
}

static void resume(struct cp_spi_chip *chip) {
    if (chip->is_suspended) {
        chip->busy_polls = BUSY_POLLS;
        chip->is_suspended = 0;
    }
}

// An aborted operation leaves its page with anything in it. Zeros are one of the things
// that come in the course of an erase.
static void abort_operation(const struct cp_access *access, const struct cp_spi_chip *chip) {
    static const uint32_t zeros[PAGE_WORDS];
    const uint32_t offset_bytes = chip->operation_page * PAGE_BYTES;
    cp_bus_illegal(access, "W25Q128JV data sheet, Reset; from memory, unverified",
                   "reset of the chip while %s at 0x%x is under way: it is aborted, and its page "
                   "holds anything",
                   chip->operation == CP_SPI_ERASE ? "an erase" : "a program",
                   (unsigned)offset_bytes);
    (void)cp_bus_program(access, offset_bytes, zeros, PAGE_WORDS);
}

static void software_reset(const struct cp_access *access, struct cp_spi_chip *chip) {
    clear_frame(chip);
    if (chip->operation == CP_SPI_PROGRAM || chip->operation == CP_SPI_ERASE) {
        abort_operation(access, chip);
    }
    *chip = (struct cp_spi_chip){
        .is_dead = chip->is_dead,
        .protection = chip->protection, // non-volatile
        .wake_us = reset_time_us(access),
    };
}

static void sleep_or_wake(const struct cp_access *access, struct cp_spi_chip *chip) {
    if (chip->opcode == 0xB9) {
        chip->is_asleep = 1;
    } else if (chip->is_asleep) {
        chip->is_asleep = 0;
        chip->wake_us = wake_time_us(access);
    }
}

// Commands that are complete with their first byte, and ignored with more.
static void execute_simple(const struct cp_access *access, struct cp_spi_chip *chip,
                           bool was_reset_enabled) {
    switch (chip->opcode) {
    case 0x06: chip->is_write_enabled = 1; break;
    case 0x04: chip->is_write_enabled = 0; break;
    case 0x75: suspend(chip); break;
    case 0x7A: resume(chip); break;
    case 0xB0:
        if (is_macronix(access)) {
            suspend(chip);
        }
        break;
    case 0x30:
        if (is_macronix(access)) {
            resume(chip);
        }
        break;
    case 0xB7: chip->is_four_byte = is_large(access); break;
    case 0xE9: chip->is_four_byte = 0; break;
    case 0xC7:
    case 0x60: erase(access, chip, access->device->part.size_bytes); break;
    case 0x99:
        if (was_reset_enabled) {
            software_reset(access, chip);
        }
        break;
    case 0xB9: sleep_or_wake(access, chip); break;
    default: break;
    }
}

// Erases take their address and not a byte more.
static void execute_erase(const struct cp_access *access, struct cp_spi_chip *chip) {
    const uint32_t size_bytes = address_bytes(access, chip);
    if (size_bytes == 0 || chip->byte_count != 1 + size_bytes) {
        return;
    }
    switch (chip->opcode) {
    case 0x20:
    case 0x21: erase(access, chip, 4u * 1024); break;
    case 0x52:
    case 0x5C: erase(access, chip, 32u * 1024); break;
    case 0xD8:
    case 0xDC: erase(access, chip, 64u * 1024); break;
    default: break;
    }
}

static void execute(const struct cp_access *access, struct cp_spi_chip *chip,
                    bool was_reset_enabled) {
    switch (chip->opcode) {
    case 0x02:
    case 0x12: program(access, chip); return;
    case 0x01:
        if (chip->byte_count >= 2) {
            write_status(chip);
        }
        return;
    case 0x66: chip->is_reset_enabled = chip->byte_count == 1; return;
    case 0xAB: sleep_or_wake(access, chip); return;
    default: break;
    }
    if (chip->byte_count == 1) {
        execute_simple(access, chip, was_reset_enabled);
    } else {
        execute_erase(access, chip);
    }
}

void cp_spi_chip_deselect(const struct cp_access *access, struct cp_spi_chip *chip) {
    if (!chip->is_selected) {
        return;
    }
    const bool was_reset_enabled = chip->is_reset_enabled != 0;
    chip->is_reset_enabled = 0; // by whatever comes in between
    if (!chip->is_ignored && !chip->is_torn && chip->byte_count > 0) {
        execute(access, chip, was_reset_enabled);
    }
    clear_frame(chip);
}

// --- resets of the MCU, and what is left to the application

enum {
    SURVIVES_DEAD = 0,
    SURVIVES_BUSY = 1,
    SURVIVES_WRITE_ENABLE = 2,
    SURVIVES_SLEEP = 3,
    SURVIVES_FOUR_BYTE = 4,
    SURVIVES_SUSPENDED = 5,
    SURVIVES_OPERATION = 6,  // 2 bits
    SURVIVES_PROTECTION = 8, // 4 bits
    SURVIVES_FAILURES = 12,  // 2 bits
    SURVIVES_PAGE = 14,      // 17 bits: up to 32 MiB
    SURVIVES_RESET_ENABLE = 31,
};

uint32_t cp_spi_chip_survivor(const struct cp_spi_chip *chip) {
    return chip->is_dead << SURVIVES_DEAD | (chip->busy_polls > 0 ? 1u : 0u) << SURVIVES_BUSY |
           chip->is_write_enabled << SURVIVES_WRITE_ENABLE | chip->is_asleep << SURVIVES_SLEEP |
           chip->is_four_byte << SURVIVES_FOUR_BYTE | chip->is_suspended << SURVIVES_SUSPENDED |
           chip->operation << SURVIVES_OPERATION | (chip->protection >> 2) << SURVIVES_PROTECTION |
           (chip->failures >> 5) << SURVIVES_FAILURES | chip->operation_page << SURVIVES_PAGE |
           chip->is_reset_enabled << SURVIVES_RESET_ENABLE;
}

void cp_spi_chip_revive(struct cp_spi_chip *chip, uint32_t survivor) {
    *chip = (struct cp_spi_chip){
        .is_dead = survivor >> SURVIVES_DEAD & 1,
        .busy_polls = (survivor >> SURVIVES_BUSY & 1) * BUSY_POLLS,
        .is_write_enabled = survivor >> SURVIVES_WRITE_ENABLE & 1,
        .is_asleep = survivor >> SURVIVES_SLEEP & 1,
        .is_four_byte = survivor >> SURVIVES_FOUR_BYTE & 1,
        .is_suspended = survivor >> SURVIVES_SUSPENDED & 1,
        .operation = survivor >> SURVIVES_OPERATION & 3,
        .protection = (survivor >> SURVIVES_PROTECTION & 15) << 2,
        .failures = (survivor >> SURVIVES_FAILURES & 3) << 5,
        .operation_page = survivor >> SURVIVES_PAGE & 0x1FFFF,
        .is_reset_enabled = survivor >> SURVIVES_RESET_ENABLE & 1,
    };
}

void cp_spi_chip_die(struct cp_spi_chip *chip) {
    *chip = (struct cp_spi_chip){.is_dead = 1};
}

const char *cp_spi_chip_left_open(const struct cp_spi_chip *chip) {
    if (chip->is_selected) {
        return "the chip select of the SPI NOR low: any transfer would be a command for it";
    }
    if (chip->is_write_enabled && chip->busy_polls == 0) {
        return "the write enable of the SPI NOR left on: any stray command would change it";
    }
    return chip->is_four_byte ? "the SPI NOR in the mode of 4-byte addresses, which outlives a "
                                "reset of the MCU"
                              : NULL;
}

// spinor.c: flash port for SPI NOR chips; see spinor.h.
//
// A chip ignores in silence what it does not take: a program without write enable, any
// command but a few while it is busy or asleep, an erase of a protected block. So the
// write enable is checked before each operation and the result read back after it.
//
// The chip is not reset with the MCU. It may be found busy, suspended, asleep or with
// addresses of 4 bytes; begin_anew() brings it back from all of these, in an order that
// does not abort an operation: an aborted erase leaves a page that holds anything.
//
// Commands, the status register and SFDP (JESD216): opcodes are those of Zephyr's
// spi_nor.h; 21, 7A and the fields of SFDP beyond the first header are from memory,
// unverified. Times of waking and reset are the longest known: 35 us (MX25R) and 60 us
// (GD25), from memory, unverified.

#include "core/port/spinor/spinor.h"

#include <stddef.h>

#include "core/port/mapped.h"
#include "core/port/mmio.h"

enum {
    PAGE_PROGRAM = 0x02,
    READ = 0x03,
    WRITE_DISABLE = 0x04,
    READ_STATUS = 0x05,
    WRITE_ENABLE = 0x06,
    PAGE_PROGRAM_4 = 0x12,
    READ_4 = 0x13,
    READ_SFDP = 0x5A,
    RESET_ENABLE = 0x66,
    RESUME = 0x7A,
    RESET = 0x99,
    READ_ID = 0x9F,
    WAKE = 0xAB,
    NO_COMMAND = 0xFF, // ends the reading on and on that some commands begin
};

#define STATUS_BUSY          1u // WIP
#define STATUS_WRITE_ENABLED 2u // WEL
#define STATUS_NO_ANSWER     0xFFu

#define WAKE_TIME_US         50u
#define RESET_TIME_US        100u
#define RESET_BUSY_MAX_US    50000u // 12 ms after an aborted erase, from memory, unverified
#define POLL_TIME_US         20u

#define WRITE_SIZE_BYTES     4u
#define PIECE_BYTES          32u // that are read back at a time
#define THREE_BYTE_MAX_BYTES 0x1000000u

// --- commands

struct command {
    uint8_t bytes[6];
    uint32_t size_bytes;
};

static struct command command_at(uint8_t opcode, uint32_t address, bool has_four_bytes) {
    struct command command = {{opcode}, has_four_bytes ? 5 : 4};
    for (uint32_t i = 1; i < command.size_bytes; i++) {
        command.bytes[i] = (uint8_t)(address >> 8 * (command.size_bytes - 1 - i));
    }
    return command;
}

// One frame: a command, and data that goes out or comes in.
static int run(const struct cp_spi *spi, const struct command *command, const uint8_t *sent,
               uint8_t *received, uint32_t size_bytes) {
    spi->select(spi);
    int err = spi->transfer(spi, command->bytes, NULL, command->size_bytes);
    if (!err && size_bytes > 0) {
        err = spi->transfer(spi, sent, received, size_bytes);
    }
    spi->deselect(spi);
    return err;
}

static int run_simple(const struct cp_spi *spi, uint8_t opcode) {
    const struct command command = {{opcode}, 1};
    return run(spi, &command, NULL, NULL, 0);
}

static int read_status(const struct cp_spi *spi, uint8_t *status) {
    const struct command command = {{READ_STATUS}, 1};
    return run(spi, &command, NULL, status, 1);
}

// Poll until the chip is idle, some thousand times at most. A chip that does not answer
// reads as busy.
static int wait_idle(const struct cp_spi *spi, uint32_t time_max_us) {
    const uint32_t poll_time_us = POLL_TIME_US + time_max_us / 1000;
    for (uint32_t waited_us = 0;; waited_us += poll_time_us) {
        uint8_t status;
        int err = read_status(spi, &status);
        if (err || (status & STATUS_BUSY) == 0) {
            return err;
        }
        if (waited_us >= time_max_us) {
            return CP_ERR_FLASH;
        }
        mmio_wait_us(poll_time_us);
    }
}

// --- finding the chip

static int wake(const struct cp_spi *spi) {
    const struct command no_command = {{NO_COMMAND, NO_COMMAND}, 2};
    int err = run(spi, &no_command, NULL, NULL, 0);
    if (!err) {
        err = run_simple(spi, WAKE);
    }
    mmio_wait_us(WAKE_TIME_US);
    return err;
}

// An operation that runs on is waited for, a suspended one goes on first. A chip that
// does not answer at all may do so after its reset, so nothing is waited for.
static int let_operation_end(const struct cp_spi *spi) {
    uint8_t status;
    int err = run_simple(spi, RESUME); // ignored where nothing is suspended
    if (!err) {
        err = read_status(spi, &status);
    }
    if (err || status == STATUS_NO_ANSWER) {
        return err;
    }
    return wait_idle(spi, CP_SPINOR_BUSY_MAX_US);
}

static int reset(const struct cp_spi *spi) {
    int err = run_simple(spi, RESET_ENABLE);
    if (!err) {
        err = run_simple(spi, RESET);
    }
    mmio_wait_us(RESET_TIME_US);
    return err ? err : wait_idle(spi, RESET_BUSY_MAX_US);
}

static int begin_anew(const struct cp_spi *spi) {
    int err = wake(spi);
    if (!err) {
        err = let_operation_end(spi);
    }
    return err ? err : reset(spi);
}

static int read_id(struct cp_spinor *nor) {
    const struct command command = {{READ_ID}, 1};
    uint8_t id[3];
    int err = run(nor->spi, &command, NULL, id, sizeof id);
    if (err) {
        return err;
    }
    nor->id = (uint32_t)id[0] << 16 | (uint32_t)id[1] << 8 | id[2];
    return nor->id == 0 || nor->id == 0xFFFFFFu ? CP_ERR_FLASH : CP_OK;
}

// --- SFDP

enum {
    SFDP_SIGNATURE = 0x50444653, // "SFDP"
    SFDP_HEADER_BYTES = 8,
    BASIC_ID = 0xFF00,
    FOUR_BYTE_ID = 0xFF84,
    BASIC_DWORDS_MAX = 16,
    BASIC_DWORDS_MIN = 9,
    ERASE_TYPES = 4,
};

// A table of parameters: where it is, how many words it has.
struct table {
    uint32_t address;
    uint32_t dwords;
};

static int read_sfdp(const struct cp_spi *spi, uint32_t address, uint32_t *words, uint32_t count) {
    struct command command = command_at(READ_SFDP, address, false);
    command.size_bytes++; // 8 clocks of no meaning
    spi->select(spi);
    int err = spi->transfer(spi, command.bytes, NULL, command.size_bytes);
    for (uint32_t i = 0; i < count && !err; i++) {
        uint8_t bytes[4];
        err = spi->transfer(spi, NULL, bytes, sizeof bytes);
        words[i] = cp_port_load32(bytes);
    }
    spi->deselect(spi);
    return err;
}

// Find a table by its id, the newest if there are several; dwords stays 0 if there is none.
static int find_table(const struct cp_spi *spi, uint32_t id, struct table *table) {
    uint32_t header[2];
    int err = read_sfdp(spi, 0, header, 2);
    if (err || header[0] != SFDP_SIGNATURE) {
        return err ? err : CP_ERR_FLASH;
    }
    const uint32_t count = (header[1] >> 16 & 0xFF) + 1;
    for (uint32_t i = 1; i <= count; i++) {
        err = read_sfdp(spi, i * SFDP_HEADER_BYTES, header, 2);
        if (err) {
            return err;
        }
        if ((header[1] >> 24 << 8 | (header[0] & 0xFF)) == id) {
            *table = (struct table){header[1] & 0xFFFFFF, header[0] >> 24};
        }
    }
    return CP_OK;
}

// Word n of the basic table as JESD216 counts them, from 1.
#define BASIC(words, n) ((words)[(n)-1])

static int read_basic(const struct cp_spi *spi, uint32_t *words) {
    struct table table = {0, 0};
    int err = find_table(spi, BASIC_ID, &table);
    if (err) {
        return err;
    }
    if (table.dwords < BASIC_DWORDS_MIN) {
        return CP_ERR_FLASH;
    }
    const uint32_t count = table.dwords < BASIC_DWORDS_MAX ? table.dwords : BASIC_DWORDS_MAX;
    return read_sfdp(spi, table.address, words, count);
}

static int take_size(struct cp_spinor *nor, uint32_t density) {
    const bool is_power = density >> 31 != 0;
    const uint32_t value = density & 0x7FFFFFFFu;
    if (is_power ? value < 15 || value > 34 : (value & 7) != 7) {
        return CP_ERR_FLASH;
    }
    nor->size_bytes = is_power ? 1u << (value - 3) : value / 8 + 1;
    return CP_OK;
}

static uint32_t erase_type(const uint32_t *words, uint32_t index) {
    return BASIC(words, 8 + index / 2) >> 16 * (index % 2) & 0xFFFF;
}

// The smallest erase; returns its index.
static uint32_t take_erase(struct cp_spinor *nor, const uint32_t *words) {
    uint32_t found = ERASE_TYPES;
    for (uint32_t i = 0; i < ERASE_TYPES; i++) {
        const uint32_t type = erase_type(words, i), power = type & 0xFF;
        if (power > 0 && power < 32 &&
            (found == ERASE_TYPES || 1u << power < nor->erase_size_bytes)) {
            nor->erase_size_bytes = 1u << power;
            nor->erase_opcode = (uint8_t)(type >> 8);
            found = i;
        }
    }
    return found;
}

// Typical times, times a factor that gives the longest. Where the table is too old to
// have them: an erase of 4 KiB and a page of the slowest parts, twice.
static void take_times(struct cp_spinor *nor, const uint32_t *words, uint32_t erase_index) {
    static const uint16_t erase_units_ms[] = {1, 16, 128, 1000};
    const uint32_t erase = BASIC(words, 10), program = BASIC(words, 11);
    const uint32_t typical = erase >> (4 + 7 * erase_index);
    nor->erase_time_us = erase == 0 ? 1000000u
                                    : ((typical & 31) + 1) * erase_units_ms[typical >> 5 & 3] *
                                          1000u * 2 * ((erase & 15) + 1);
    nor->program_time_us = program == 0 ? 20000u
                                        : ((program >> 8 & 31) + 1) * (program >> 13 & 1 ? 64 : 8) *
                                              2 * ((program & 15) + 1);
    nor->page_size_bytes = program == 0 ? 256u : 1u << (program >> 4 & 15);
}

// The commands with 4 address bytes, if the chip has them all.
static int find_four_byte_commands(struct cp_spinor *nor, uint32_t erase_index) {
    struct table table = {0, 0};
    uint32_t words[2] = {0, 0};
    int err = find_table(nor->spi, FOUR_BYTE_ID, &table);
    if (!err && table.dwords >= 2) {
        err = read_sfdp(nor->spi, table.address, words, 2);
    }
    const uint32_t needed = 1u << 0 | 1u << 6 | 1u << (9 + erase_index); // 13, 12, the erase
    if (!err && (words[0] & needed) == needed) {
        nor->has_four_byte_addresses = true;
        nor->erase_opcode = (uint8_t)(words[1] >> 8 * erase_index);
    }
    return err;
}

// What the chip needs beyond 16 MiB; and one that always wants 4 bytes is no use without
// its commands.
static int take_addresses(struct cp_spinor *nor, const uint32_t *words, uint32_t erase_index) {
    const bool is_always_four = (BASIC(words, 1) >> 17 & 3) == 2;
    if (nor->size_bytes <= THREE_BYTE_MAX_BYTES && !is_always_four) {
        return CP_OK;
    }
    int err = find_four_byte_commands(nor, erase_index);
    if (err || nor->has_four_byte_addresses) {
        return err;
    }
    nor->size_bytes = THREE_BYTE_MAX_BYTES;
    return is_always_four ? CP_ERR_FLASH : CP_OK;
}

static int describe(struct cp_spinor *nor) {
    uint32_t words[BASIC_DWORDS_MAX] = {0};
    int err = read_basic(nor->spi, words);
    if (!err) {
        err = take_size(nor, BASIC(words, 2));
    }
    if (err) {
        return err;
    }
    const uint32_t erase_index = take_erase(nor, words);
    if (erase_index == ERASE_TYPES) {
        return CP_ERR_FLASH;
    }
    take_times(nor, words, erase_index);
    return take_addresses(nor, words, erase_index);
}

int cp_spinor_init(struct cp_spinor *nor, const struct cp_spi *spi) {
    *nor = (struct cp_spinor){.spi = spi};
    int err = begin_anew(spi);
    if (!err) {
        err = read_id(nor);
    }
    return err ? err : describe(nor);
}

// --- the flash

static const struct cp_spinor *nor_of(const struct cp_flash *flash) {
    return flash->device;
}

static struct command array_command(const struct cp_spinor *nor, uint8_t three, uint8_t four,
                                    uint32_t address) {
    return command_at(nor->has_four_byte_addresses ? four : three, address,
                      nor->has_four_byte_addresses);
}

static int read_array(const struct cp_spinor *nor, uint32_t address, uint8_t *bytes,
                      uint32_t size_bytes) {
    const struct command command = array_command(nor, READ, READ_4, address);
    return run(nor->spi, &command, NULL, bytes, size_bytes);
}

static int nor_read(const struct cp_flash *flash, uint32_t offset_bytes, void *data,
                    uint32_t size_bytes) {
    int err = cp_port_check_range(flash, offset_bytes, size_bytes, 1);
    if (err || size_bytes == 0) {
        return err;
    }
    return read_array(nor_of(flash), offset_bytes, data, size_bytes);
}

// Without it the chip ignores what follows.
static int enable_write(const struct cp_spinor *nor) {
    uint8_t status;
    int err = run_simple(nor->spi, WRITE_ENABLE);
    if (!err) {
        err = read_status(nor->spi, &status);
    }
    if (err) {
        return err;
    }
    return (status & (STATUS_WRITE_ENABLED | STATUS_BUSY)) == STATUS_WRITE_ENABLED ? CP_OK
                                                                                   : CP_ERR_FLASH;
}

// One program or erase, from write enable to idle. The write enable ends with the
// operation; if the chip did not take it, it is taken back.
static int operate(const struct cp_spinor *nor, const struct command *command, const uint8_t *sent,
                   uint32_t size_bytes, uint32_t time_max_us) {
    int err = enable_write(nor);
    if (!err) {
        err = run(nor->spi, command, sent, NULL, size_bytes);
    }
    if (!err) {
        err = wait_idle(nor->spi, time_max_us);
    }
    return err;
}

static bool is_same(const uint8_t *bytes, const uint8_t *expected, uint32_t size_bytes) {
    for (uint32_t i = 0; i < size_bytes; i++) {
        if (bytes[i] != (expected ? expected[i] : 0xFF)) {
            return false;
        }
    }
    return true;
}

// Does the range read as `expected`, or as erased where that is NULL?
static int verify(const struct cp_spinor *nor, uint32_t address, const uint8_t *expected,
                  uint32_t size_bytes) {
    const struct cp_spi *spi = nor->spi;
    const struct command command = array_command(nor, READ, READ_4, address);
    spi->select(spi);
    int err = spi->transfer(spi, command.bytes, NULL, command.size_bytes);
    while (!err && size_bytes > 0) {
        uint8_t piece[PIECE_BYTES];
        const uint32_t count = size_bytes < PIECE_BYTES ? size_bytes : PIECE_BYTES;
        err = spi->transfer(spi, NULL, piece, count);
        if (!err && !is_same(piece, expected, count)) {
            err = CP_ERR_FLASH;
        }
        expected = expected ? expected + count : NULL;
        size_bytes -= count;
    }
    spi->deselect(spi);
    return err;
}

// Never leave the write enable on, also after an error; the first error is the one to tell.
static int end_operation(const struct cp_spinor *nor, int err) {
    if (err) {
        (void)run_simple(nor->spi, WRITE_DISABLE);
    }
    return err;
}

// Part of one page of the chip: beyond its end the chip would go on at its start.
static int program_page(const struct cp_spinor *nor, uint32_t address, const uint8_t *bytes,
                        uint32_t size_bytes) {
    const struct command command = array_command(nor, PAGE_PROGRAM, PAGE_PROGRAM_4, address);
    int err = operate(nor, &command, bytes, size_bytes, nor->program_time_us);
    if (!err) {
        err = verify(nor, address, bytes, size_bytes);
    }
    return end_operation(nor, err);
}

static int nor_program(const struct cp_flash *flash, uint32_t offset_bytes, const void *data,
                       uint32_t size_bytes) {
    const struct cp_spinor *nor = nor_of(flash);
    const uint8_t *bytes = data;
    int err = cp_port_check_range(flash, offset_bytes, size_bytes, WRITE_SIZE_BYTES);
    while (!err && size_bytes > 0) {
        const uint32_t room_bytes = nor->page_size_bytes - offset_bytes % nor->page_size_bytes;
        const uint32_t count = size_bytes < room_bytes ? size_bytes : room_bytes;
        err = program_page(nor, offset_bytes, bytes, count);
        offset_bytes += count;
        bytes += count;
        size_bytes -= count;
    }
    return err;
}

static int nor_erase(const struct cp_flash *flash, uint32_t offset_bytes) {
    const struct cp_spinor *nor = nor_of(flash);
    int err = cp_port_check_page(flash, offset_bytes);
    if (err) {
        return err;
    }
    const struct command command =
        array_command(nor, nor->erase_opcode, nor->erase_opcode, offset_bytes);
    err = operate(nor, &command, NULL, 0, nor->erase_time_us);
    if (!err) {
        err = verify(nor, offset_bytes, NULL, nor->erase_size_bytes);
    }
    return end_operation(nor, err);
}

void cp_spinor_flash(struct cp_flash *flash, const struct cp_spinor *nor) {
    *flash = (struct cp_flash){
        .size_bytes = nor->size_bytes,
        .erase_size_bytes = nor->erase_size_bytes,
        .write_size_bytes = WRITE_SIZE_BYTES,
        .erase_value = 0xFF,
        .reprograms_full = true,
        .read = nor_read,
        .program = nor_program,
        .erase = nor_erase,
        .device = nor,
    };
}

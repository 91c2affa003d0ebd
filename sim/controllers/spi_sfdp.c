// spi_sfdp.c: what the SPI NOR chips of parts_spi.c say of themselves (JESD216).
//
// The tables are made from the part's facts, not copied from silicon. GigaDevice's are of
// the first edition, with 9 words and no times; the others have 16. Chips of more than 16
// MiB have the table of commands with 4 address bytes as well. The first header and
// words 1, 2, 8, 9 and 11 are as in Zephyr's jesd216.h; the rest is from memory, unverified.

#include "sim/controllers/spi_chip.h"

enum {
    BASIC_AT = 0x80,
    FOUR_BYTE_AT = 0xD0,
    BASIC_ID = 0xFF00,
    FOUR_BYTE_ID = 0xFF84,
    FOUR_BYTE_DWORDS = 2,
};

static bool has_four_byte_commands(const struct cp_part *part) {
    return part->size_bytes > 16u * 1024 * 1024;
}

static uint32_t basic_dwords(const struct cp_part *part) {
    return part->jedec_id >> 16 == 0xC8 ? 9 : 16;
}

// The factor N for which 2 * (N + 1) times the typical time is the longest or more.
static uint32_t factor(uint32_t longest_us, uint32_t typical_us) {
    const uint32_t n = (longest_us + 2 * typical_us - 1) / (2 * typical_us) - 1;
    return n < 15 ? n : 15;
}

// Typical times: 48 ms for 4 KiB, 128 ms for 32 KiB, 256 ms for 64 KiB; 704 us a page, 1408 us
// where the longest is too long for that.
static uint32_t erase_times(const struct cp_part *part) {
    return factor(part->erase_time_us, 48000) | (2 | 1u << 5) << 4 | (0 | 2u << 5) << 11 |
           (1 | 2u << 5) << 18;
}

static uint32_t program_times(const struct cp_part *part) {
    const uint32_t count = part->program_time_us > 5000 ? 22 : 11;
    return factor(part->program_time_us, 64 * count) | 8u << 4 | (count - 1) << 8 | 1u << 13;
}

// Word n, from 1, as JESD216 counts them.
static uint32_t basic_word(const struct cp_part *part, uint32_t n) {
    switch (n) {
    case 1: return 0xFF800000u | (has_four_byte_commands(part) ? 1u << 17 : 0) | 0x20u << 8 | 0xE5u;
    case 2: return 8 * part->size_bytes - 1;
    case 8: return 12u | 0x20u << 8 | 15u << 16 | 0x52u << 24;
    case 9: return 16u | 0xD8u << 8;
    case 10: return erase_times(part);
    case 11: return program_times(part);
    case 14: return 0xB9u << 23 | 0xABu << 15;
    case 16: return 1u << 12 | (has_four_byte_commands(part) ? 1u << 24 | 1u << 29 : 0);
    default: return 0;
    }
}

// 13, 0C, 12, and the erases of types 1 to 3.
static uint32_t four_byte_word(uint32_t n) {
    return n == 1 ? 1u << 0 | 1u << 1 | 1u << 6 | 7u << 9 : 0x21u | 0x5Cu << 8 | 0xDCu << 16;
}

static uint32_t header_word(const struct cp_part *part, uint32_t index) {
    const uint32_t dwords = basic_dwords(part);
    switch (index) {
    case 0: return 0x50444653;
    case 1:
        return (dwords == 9 ? 0 : 6u) | 1u << 8 | (has_four_byte_commands(part) ? 1u << 16 : 0) |
               0xFFu << 24;
    case 2: return (BASIC_ID & 0xFF) | (dwords == 9 ? 0 : 6u << 8) | 1u << 16 | dwords << 24;
    case 3: return BASIC_AT | (uint32_t)(BASIC_ID >> 8) << 24;
    case 4: return (FOUR_BYTE_ID & 0xFF) | 1u << 16 | (uint32_t)FOUR_BYTE_DWORDS << 24;
    default: return FOUR_BYTE_AT | (uint32_t)(FOUR_BYTE_ID >> 8) << 24;
    }
}

static uint32_t sfdp_word(const struct cp_part *part, uint32_t address) {
    const uint32_t header_words = has_four_byte_commands(part) ? 6 : 4;
    if (address / 4 < header_words) {
        return header_word(part, address / 4);
    }
    if (address >= BASIC_AT && address < BASIC_AT + 4 * basic_dwords(part)) {
        return basic_word(part, (address - BASIC_AT) / 4 + 1);
    }
    if (has_four_byte_commands(part) && address >= FOUR_BYTE_AT &&
        address < FOUR_BYTE_AT + 4 * FOUR_BYTE_DWORDS) {
        return four_byte_word((address - FOUR_BYTE_AT) / 4 + 1);
    }
    return 0xFFFFFFFFu;
}

uint8_t cp_spi_sfdp(const struct cp_part *part, uint32_t address) {
    return (uint8_t)(sfdp_word(part, address) >> 8 * (address % 4));
}

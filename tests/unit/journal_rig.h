// journal_rig.h: boards with the format `journal`, and flashes whose operations can be made to
// fail: with an error or in silence, once or for good, not at all or by half.
//
// Stricter than ram_flash.h: a byte is programmed once between two erases, but for one with all
// bits programmed where the flash takes that; and a page of STATE only if it was erased since
// power-on, as the format promises.

#ifndef CP_TESTS_JOURNAL_RIG_H
#define CP_TESTS_JOURNAL_RIG_H

#include "core/src/journal.h"
#include "tests/unit/ram_flash.h"

enum { RIG_PAGE_COUNT = 3, RIG_PAGE_BYTES = 64, RIG_UNIT_COUNT = 6 };

static const uint32_t rig_write_sizes[RIG_UNIT_COUNT] = {1, 2, 4, 8, 16, 32};

// What fails: operations number from .. to - 1 of those that lie in `where` (NULL: anywhere).
struct rig_fault {
    const struct cp_partition *where;
    uint32_t from, to;
    bool is_silent;  // says CP_OK all the same
    bool is_partial; // does half of it
    bool erases_only;
    uint32_t count; // operations so far
};

// One rig at a time; no function of a flash is told more than its flash.
static struct rig_fault rig_fault;

// A word that cannot be corrected: what is read over it, in any flash, fails. NULL: none.
static const uint8_t *rig_unreadable;

// The flash that is held to that, and its pages that were erased since power-on, one bit each.
static const struct cp_flash *rig_state_flash;
static uint32_t rig_fresh_pages;

static inline void rig_no_fault(void) {
    rig_fault = (struct rig_fault){0};
    rig_unreadable = NULL;
}

static inline bool rig_fails(const struct cp_flash *flash, uint32_t offset_bytes, bool is_erase) {
    const struct cp_partition *where = rig_fault.where;
    if (rig_fault.erases_only && !is_erase) {
        return false;
    }
    if (where && (where->flash != flash || offset_bytes < where->offset_bytes ||
                  offset_bytes - where->offset_bytes >= where->size_bytes)) {
        return false;
    }
    const uint32_t number = rig_fault.count++;
    return number >= rig_fault.from && number < rig_fault.to;
}

static inline int rig_fail(void) {
    return rig_fault.is_silent ? CP_OK : CP_ERR_FLASH;
}

static inline bool rig_is_full(const struct cp_flash *flash, const uint8_t *data,
                               uint32_t size_bytes) {
    uint32_t i = 0;
    while (i < size_bytes && (data[i] ^ flash->erase_value) == 0xFF) {
        i++;
    }
    return i == size_bytes;
}

static inline int rig_program(const struct cp_flash *flash, uint32_t offset_bytes, const void *data,
                              uint32_t size_bytes) {
    struct ram_flash *ram = ram_of(flash);
    assert_true((uint64_t)offset_bytes + size_bytes <= flash->size_bytes);
    if (!flash->reprograms_full || !rig_is_full(flash, data, size_bytes)) {
        for (uint32_t i = 0; i < size_bytes; i++) {
            assert_int_equal(ram->bytes[offset_bytes + i], flash->erase_value);
        }
        const uint32_t page = offset_bytes / flash->erase_size_bytes;
        assert_true(flash != rig_state_flash || (rig_fresh_pages >> page & 1) != 0);
    }
    if (!rig_fails(flash, offset_bytes, false)) {
        return ram_program(flash, offset_bytes, data, size_bytes);
    }
    if (rig_fault.is_partial) {
        memcpy(ram->bytes + offset_bytes, data, size_bytes / 2);
    }
    return rig_fail();
}

static inline int rig_erase(const struct cp_flash *flash, uint32_t offset_bytes) {
    struct ram_flash *ram = ram_of(flash);
    if (flash == rig_state_flash) {
        assert_true(flash->size_bytes / flash->erase_size_bytes <= 32);
        rig_fresh_pages |= 1u << offset_bytes / flash->erase_size_bytes;
    }
    if (!rig_fails(flash, offset_bytes, true)) {
        return ram_erase(flash, offset_bytes);
    }
    ram->erases_of_page[offset_bytes / flash->erase_size_bytes]++;
    if (rig_fault.is_partial) {
        memset(ram->bytes + offset_bytes, flash->erase_value, flash->erase_size_bytes / 2);
    }
    return rig_fail();
}

static inline int rig_read(const struct cp_flash *flash, uint32_t offset_bytes, void *data,
                           uint32_t size_bytes) {
    const uint8_t *from = ram_of(flash)->bytes + offset_bytes;
    if (rig_unreadable && rig_unreadable + 4 > from && rig_unreadable < from + size_bytes) {
        return CP_ERR_FLASH;
    }
    return ram_read(flash, offset_bytes, data, size_bytes);
}

static inline void rig_take(struct ram_flash *ram, bool reprograms_full) {
    ram->flash.read = rig_read;
    ram->flash.program = rig_program;
    ram->flash.erase = rig_erase;
    ram->flash.reprograms_full = reprograms_full;
}

// --- STATE alone

static inline uint32_t rig_unit_bytes(uint32_t write_size_bytes) {
    return write_size_bytes < 4 ? 4 : write_size_bytes;
}

// What half of STATE needs for so many page units.
static inline uint32_t rig_half_bytes(uint32_t page_count, uint32_t write_size_bytes) {
    const uint32_t unit = rig_unit_bytes(write_size_bytes);
    return 32 + unit + (2 * page_count + 8) * unit;
}

// As many pages of RIG_PAGE_BYTES as two halves need, and one that is left over.
static inline struct cp_partition rig_state(struct ram_flash *ram, struct ram_power *power,
                                            uint32_t write_size_bytes, uint8_t erase_value,
                                            bool reprograms_full) {
    const uint32_t half_bytes = rig_half_bytes(RIG_PAGE_COUNT, write_size_bytes);
    const uint32_t half_pages = (half_bytes + RIG_PAGE_BYTES - 1) / RIG_PAGE_BYTES;
    const struct cp_partition state =
        ram_partition(ram, power, (2 * half_pages + 1) * RIG_PAGE_BYTES, RIG_PAGE_BYTES,
                      write_size_bytes, erase_value);
    rig_take(ram, reprograms_full);
    return state;
}

// --- boards

struct rig {
    struct ram_board board;
    struct ram_flash factory;
    struct cp_partition factory_partition;
};

struct rig_kind {
    uint32_t write_size_bytes; // of STATE
    uint8_t erase_value;
    bool reprograms_full;
};

// ACTIVE, DFU and FACTORY have units of 4 bytes; FACTORY is not given to the bootloader yet.
static inline void rig_init(struct rig *rig, struct rig_kind kind) {
    const struct ram_geometry geometry = {
        .active_erase_bytes = RIG_PAGE_BYTES,
        .dfu_erase_bytes = RIG_PAGE_BYTES,
        .state_erase_bytes = RIG_PAGE_BYTES,
        .active_write_bytes = 4,
        .dfu_write_bytes = 4,
        .state_write_bytes = kind.write_size_bytes,
        .erase_value = kind.erase_value,
        .unit_count = RIG_PAGE_COUNT,
        .buffer_bytes = 32,
    };
    struct ram_board *board = &rig->board;
    rig_no_fault();
    ram_board_init(board, &geometry);
    ram_flash_free(&board->state);
    board->boot.state = rig_state(&board->state, &board->power, kind.write_size_bytes,
                                  kind.erase_value, kind.reprograms_full);
    rig_state_flash = &board->state.flash;
    rig_fresh_pages = 0;
    rig_take(&board->active, kind.reprograms_full);
    rig_take(&board->dfu, kind.reprograms_full);
    board->boot.format = &cp_state_format_journal;
    board->app.state = board->boot.state;
    board->app.format = board->boot.format;
    rig->factory_partition =
        ram_partition(&rig->factory, &board->power, board->boot.active.size_bytes, RIG_PAGE_BYTES,
                      4, kind.erase_value);
    ram_put_image(&board->boot.active, RAM_OLD, board->boot.active.size_bytes);
    ram_put_image(&board->boot.dfu, RAM_NEW, board->boot.active.size_bytes);
}

static inline void rig_free(struct rig *rig) {
    rig_no_fault();
    ram_check_guards(&rig->factory);
    ram_flash_free(&rig->factory);
    ram_board_free(&rig->board);
}

#endif

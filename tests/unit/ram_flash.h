// ram_flash.h: a strict flash in RAM, and boards made of it, for the core's tests.
//
// Strict: an operation outside the flash, misaligned, or programming a byte that
// is neither erased nor already of that value fails the test on the spot, but for
// one with all bits programmed where the flash takes that (reprograms_full). The
// power can be cut at any operation; from there on every access fails, as on a
// device that is off. Around each partition lies a page that must never change.

#ifndef CP_TESTS_RAM_FLASH_H
#define CP_TESTS_RAM_FLASH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cutproof/updater.h"

#define RAM_NEVER      UINT32_MAX
#define RAM_GUARD_BYTE 0x5A

enum ram_image { RAM_OLD = 1, RAM_NEW = 2 };

// One supply for all flashes of a board.
struct ram_power {
    uint32_t op_count;  // programs and erases since power on
    uint32_t cut_at_op; // the operation at which it fails
    bool tears;         // that operation is done by half; otherwise not at all
    bool is_off;
    uint32_t read_count;
    uint32_t fail_at_read; // a read that reports an error, with the power on
};

struct ram_flash {
    struct cp_flash flash;
    uint8_t *bytes;
    struct ram_power *power;
    bool write_once; // refuses to program any word that is not erased
    uint32_t *erases_of_page;
};

static inline void ram_power_on(struct ram_power *power) {
    *power = (struct ram_power){.cut_at_op = RAM_NEVER, .fail_at_read = RAM_NEVER};
}

static inline struct ram_flash *ram_of(const struct cp_flash *flash) {
    union {
        const void *from;
        void *to;
    } device = {flash->device};
    return device.to;
}

// How many bytes of this operation still happen.
static inline uint32_t ram_op(struct ram_power *power, uint32_t size_bytes) {
    if (power->is_off) {
        return 0;
    }
    if (power->op_count++ != power->cut_at_op) {
        return size_bytes;
    }
    power->is_off = true;
    return power->tears ? size_bytes / 2 : 0;
}

static inline int ram_read(const struct cp_flash *flash, uint32_t offset_bytes, void *data,
                           uint32_t size_bytes) {
    struct ram_flash *ram = ram_of(flash);
    assert_true((uint64_t)offset_bytes + size_bytes <= flash->size_bytes);
    if (ram->power->is_off || ram->power->read_count++ == ram->power->fail_at_read) {
        return CP_ERR_FLASH;
    }
    memcpy(data, ram->bytes + offset_bytes, size_bytes);
    return CP_OK;
}

static inline int ram_program(const struct cp_flash *flash, uint32_t offset_bytes, const void *data,
                              uint32_t size_bytes) {
    struct ram_flash *ram = ram_of(flash);
    uint8_t *to = ram->bytes + offset_bytes;
    assert_true((uint64_t)offset_bytes + size_bytes <= flash->size_bytes);
    assert_int_equal(offset_bytes % flash->write_size_bytes, 0);
    assert_int_equal(size_bytes % flash->write_size_bytes, 0);
    const uint32_t done_bytes = ram_op(ram->power, size_bytes);
    for (uint32_t i = 0; i < done_bytes; i++) {
        if (ram->write_once && to[i] != flash->erase_value) {
            return CP_ERR_FLASH;
        }
        const uint8_t value = ((const uint8_t *)data)[i];
        assert_true(to[i] == flash->erase_value || to[i] == value ||
                    (flash->reprograms_full && (value ^ flash->erase_value) == 0xFF));
        to[i] = value;
    }
    return ram->power->is_off ? CP_ERR_FLASH : CP_OK;
}

static inline int ram_erase(const struct cp_flash *flash, uint32_t offset_bytes) {
    struct ram_flash *ram = ram_of(flash);
    assert_true((uint64_t)offset_bytes + flash->erase_size_bytes <= flash->size_bytes);
    assert_int_equal(offset_bytes % flash->erase_size_bytes, 0);
    const uint32_t done_bytes = ram_op(ram->power, flash->erase_size_bytes);
    memset(ram->bytes + offset_bytes, flash->erase_value, done_bytes);
    ram->erases_of_page[offset_bytes / flash->erase_size_bytes] += done_bytes > 0;
    return ram->power->is_off ? CP_ERR_FLASH : CP_OK;
}

static inline void ram_flash_init(struct ram_flash *ram, struct ram_power *power,
                                  uint32_t page_count, uint32_t erase_size_bytes,
                                  uint32_t write_size_bytes, uint8_t erase_value) {
    *ram = (struct ram_flash){
        .flash = {.size_bytes = page_count * erase_size_bytes,
                  .erase_size_bytes = erase_size_bytes,
                  .write_size_bytes = write_size_bytes,
                  .erase_value = erase_value,
                  .read = ram_read,
                  .program = ram_program,
                  .erase = ram_erase,
                  .device = ram},
        .bytes = malloc((size_t)page_count * erase_size_bytes),
        .power = power,
        .erases_of_page = calloc(page_count, sizeof(uint32_t)),
    };
    assert_non_null(ram->bytes);
    assert_non_null(ram->erases_of_page);
    memset(ram->bytes, RAM_GUARD_BYTE, ram->flash.size_bytes);
}

static inline void ram_flash_free(struct ram_flash *ram) {
    free(ram->bytes);
    free(ram->erases_of_page);
}

// --- boards ---

struct ram_geometry {
    uint32_t active_erase_bytes, dfu_erase_bytes, state_erase_bytes;
    uint32_t active_write_bytes, dfu_write_bytes, state_write_bytes;
    uint8_t erase_value;
    uint32_t unit_count; // page units of ACTIVE
    uint32_t buffer_bytes;
};

#define RAM_BUFFER_MAX_BYTES 512

struct ram_board {
    struct ram_power power;
    struct ram_flash active, dfu, state;
    struct cp_boot_config boot;
    struct cp_updater_config app;
    struct cp_updater updater;
    uint8_t buffer[RAM_BUFFER_MAX_BYTES];
};

// What every geometry that is allowed should do, the tests do on each of these.
static const struct ram_geometry ram_geometries[] = {
    {64, 64, 64, 4, 4, 1, 0xFF, 3, 64},    // one-byte state words
    {64, 64, 4, 4, 4, 4, 0xFF, 3, 64},     // STATE has the 14 words it needs and no more
    {64, 64, 64, 4, 4, 4, 0x00, 3, 16},    // erases to zeros
    {64, 64, 128, 1, 1, 8, 0xFF, 3, 1},    // byte by byte
    {128, 64, 256, 8, 4, 16, 0xFF, 2, 8},  // ACTIVE has the larger pages
    {64, 128, 64, 4, 8, 32, 0xFF, 2, 128}, // DFU has them; STATE is several pages
    {256, 32, 32, 32, 1, 4, 0x00, 2, 32},  // eight DFU pages a unit
    {64, 64, 32, 16, 16, 16, 0xFF, 1, 32}, // a single page unit
};
#define RAM_GEOMETRY_COUNT (sizeof(ram_geometries) / sizeof(ram_geometries[0]))

static inline uint32_t ram_unit_bytes(const struct ram_geometry *geometry) {
    const uint32_t active_bytes = geometry->active_erase_bytes;
    return active_bytes > geometry->dfu_erase_bytes ? active_bytes : geometry->dfu_erase_bytes;
}

// A flash with a guard page on either side of one partition.
static inline struct cp_partition ram_partition(struct ram_flash *ram, struct ram_power *power,
                                                uint32_t size_bytes, uint32_t erase_bytes,
                                                uint32_t write_bytes, uint8_t erase_value) {
    const uint32_t page_count = (size_bytes + erase_bytes - 1) / erase_bytes;
    ram_flash_init(ram, power, page_count + 2, erase_bytes, write_bytes, erase_value);
    memset(ram->bytes + erase_bytes, erase_value, page_count * erase_bytes);
    return (struct cp_partition){&ram->flash, erase_bytes, page_count * erase_bytes};
}

static inline void ram_board_init(struct ram_board *board, const struct ram_geometry *g) {
    const uint32_t unit_bytes = ram_unit_bytes(g);
    const uint32_t active_bytes = g->unit_count * unit_bytes;
    const uint32_t state_bytes = (2 + 4 * g->unit_count) * g->state_write_bytes;
    memset(board, 0, sizeof(*board));
    ram_power_on(&board->power);
    assert_true(g->buffer_bytes <= RAM_BUFFER_MAX_BYTES);
    board->boot = (struct cp_boot_config){
        .active = ram_partition(&board->active, &board->power, active_bytes, g->active_erase_bytes,
                                g->active_write_bytes, g->erase_value),
        .dfu = ram_partition(&board->dfu, &board->power, active_bytes + unit_bytes,
                             g->dfu_erase_bytes, g->dfu_write_bytes, g->erase_value),
        .state = ram_partition(&board->state, &board->power, state_bytes, g->state_erase_bytes,
                               g->state_write_bytes, g->erase_value),
        .format = &cp_state_format_seed,
        .buffer = board->buffer,
        .buffer_size_bytes =
            g->buffer_bytes < g->state_write_bytes ? g->state_write_bytes : g->buffer_bytes,
    };
    board->app = (struct cp_updater_config){
        .dfu = board->boot.dfu,
        .state = board->boot.state,
        .active_size_bytes = active_bytes,
        .format = board->boot.format,
        .buffer = board->buffer,
        .buffer_size_bytes = board->boot.buffer_size_bytes,
    };
}

static inline void ram_check_guards(const struct ram_flash *ram) {
    const uint32_t page_bytes = ram->flash.erase_size_bytes;
    for (uint32_t i = 0; i < page_bytes; i++) {
        assert_int_equal(ram->bytes[i], RAM_GUARD_BYTE);
        assert_int_equal(ram->bytes[ram->flash.size_bytes - page_bytes + i], RAM_GUARD_BYTE);
    }
}

static inline void ram_board_free(struct ram_board *board) {
    ram_check_guards(&board->active);
    ram_check_guards(&board->dfu);
    ram_check_guards(&board->state);
    ram_flash_free(&board->active);
    ram_flash_free(&board->dfu);
    ram_flash_free(&board->state);
}

// Byte `offset` of an image: no two pages are alike, nor two images.
static inline uint8_t ram_image_byte(enum ram_image image, uint32_t offset_bytes) {
    const uint32_t mixed = (offset_bytes + 1) * 2654435761u * (uint32_t)image;
    return (uint8_t)(mixed >> 24 ^ mixed >> 13 ^ (uint32_t)image);
}

static inline void ram_put_image(const struct cp_partition *partition, enum ram_image image,
                                 uint32_t size_bytes) {
    struct ram_flash *ram = ram_of(partition->flash);
    for (uint32_t i = 0; i < size_bytes; i++) {
        ram->bytes[partition->offset_bytes + i] = ram_image_byte(image, i);
    }
}

static inline bool ram_has_image(const struct cp_partition *partition, enum ram_image image,
                                 uint32_t size_bytes) {
    const struct ram_flash *ram = ram_of(partition->flash);
    for (uint32_t i = 0; i < size_bytes; i++) {
        if (ram->bytes[partition->offset_bytes + i] != ram_image_byte(image, i)) {
            return false;
        }
    }
    return true;
}

static inline bool ram_active_is(const struct ram_board *board, enum ram_image image) {
    return ram_has_image(&board->boot.active, image, board->boot.active.size_bytes);
}

// --- a life: each call is one boot of the device ---

static inline int ram_boot(struct ram_board *board, enum cp_state *state) {
    memset(board->buffer, 0, sizeof(board->buffer));
    return cp_boot_prepare(&board->boot, state);
}

static inline enum cp_state ram_boot_ok(struct ram_board *board) {
    enum cp_state state = CP_STATE_BOOT;
    ram_power_on(&board->power);
    assert_int_equal(ram_boot(board, &state), CP_OK);
    return state;
}

static inline enum cp_state ram_state(struct ram_board *board) {
    enum cp_state state = CP_STATE_BOOT;
    ram_power_on(&board->power);
    assert_int_equal(cp_updater_init(&board->updater, &board->app), CP_OK);
    assert_int_equal(cp_updater_get_state(&board->updater, &state), CP_OK);
    return state;
}

// OLD is running, NEW is in DFU, and the update is requested.
static inline void ram_board_requested(struct ram_board *board, const struct ram_geometry *g) {
    ram_board_init(board, g);
    ram_put_image(&board->boot.active, RAM_OLD, board->boot.active.size_bytes);
    ram_put_image(&board->boot.dfu, RAM_NEW, board->boot.active.size_bytes);
    assert_int_equal(ram_state(board), CP_STATE_BOOT);
    assert_int_equal(cp_updater_request(&board->updater), CP_OK);
}

// NEW is running on trial.
static inline void ram_board_on_trial(struct ram_board *board, const struct ram_geometry *g) {
    ram_board_requested(board, g);
    assert_int_equal(ram_boot_ok(board), CP_STATE_SWAP);
}

#endif

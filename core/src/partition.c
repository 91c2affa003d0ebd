// partition.c: access to a range of a flash that can never leave the range.
//
// Ports check the bounds of their device; only the core knows where one
// partition ends and the next begins, so that check is made here.

#include "partition.h"

#include <stddef.h>

#define WRITE_SIZE_MAX_BYTES 32u
#define PIECE_BYTES          32u

bool cp_range_fits(uint32_t offset_bytes, uint32_t size_bytes, uint32_t limit_bytes) {
    return size_bytes <= limit_bytes && offset_bytes <= limit_bytes - size_bytes;
}

static bool is_multiple(uint32_t offset_bytes, uint32_t size_bytes, uint32_t unit_bytes) {
    return offset_bytes % unit_bytes == 0 && size_bytes % unit_bytes == 0;
}

static bool write_size_is_valid(uint32_t write_size_bytes) {
    const bool is_power_of_two = (write_size_bytes & (write_size_bytes - 1)) == 0;
    return write_size_bytes != 0 && write_size_bytes <= WRITE_SIZE_MAX_BYTES && is_power_of_two;
}

static int flash_check(const struct cp_flash *flash) {
    if (!flash || !flash->read || !flash->program || !flash->erase) {
        return CP_ERR_ARGUMENT;
    }
    if (flash->size_bytes == 0 || flash->erase_size_bytes == 0 ||
        !write_size_is_valid(flash->write_size_bytes)) {
        return CP_ERR_ARGUMENT;
    }
    if (flash->erase_size_bytes % flash->write_size_bytes != 0 ||
        flash->size_bytes % flash->erase_size_bytes != 0) {
        return CP_ERR_ARGUMENT;
    }
    if (flash->erase_value != 0x00 && flash->erase_value != 0xFF) {
        return CP_ERR_ARGUMENT;
    }
    return CP_OK;
}

int cp_partition_check(const struct cp_partition *partition) {
    int err = flash_check(partition->flash);
    if (err) {
        return err;
    }
    if (partition->size_bytes == 0) {
        return CP_ERR_ARGUMENT;
    }
    if (!cp_range_fits(partition->offset_bytes, partition->size_bytes,
                       partition->flash->size_bytes)) {
        return CP_ERR_BOUNDS;
    }
    if (!is_multiple(partition->offset_bytes, partition->size_bytes,
                     partition->flash->erase_size_bytes)) {
        return CP_ERR_ALIGNMENT;
    }
    return CP_OK;
}

// Two descriptions with the same port and device are one flash.
static bool is_same_flash(const struct cp_flash *a, const struct cp_flash *b) {
    return a == b || (a->read == b->read && a->device == b->device);
}

bool cp_partition_overlaps(const struct cp_partition *a, const struct cp_partition *b) {
    // Neither sum wraps: both partitions were found to lie inside their flash.
    return is_same_flash(a->flash, b->flash) && a->offset_bytes < b->offset_bytes + b->size_bytes &&
           b->offset_bytes < a->offset_bytes + a->size_bytes;
}

int cp_partition_read(const struct cp_partition *partition, uint32_t offset_bytes, void *data,
                      uint32_t size_bytes) {
    if (!cp_range_fits(offset_bytes, size_bytes, partition->size_bytes)) {
        return CP_ERR_BOUNDS;
    }
    const struct cp_flash *flash = partition->flash;
    return flash->read(flash, partition->offset_bytes + offset_bytes, data, size_bytes);
}

int cp_partition_program(const struct cp_partition *partition, uint32_t offset_bytes,
                         const void *data, uint32_t size_bytes) {
    const struct cp_flash *flash = partition->flash;
    if (!cp_range_fits(offset_bytes, size_bytes, partition->size_bytes)) {
        return CP_ERR_BOUNDS;
    }
    if (!is_multiple(offset_bytes, size_bytes, flash->write_size_bytes)) {
        return CP_ERR_ALIGNMENT;
    }
    return flash->program(flash, partition->offset_bytes + offset_bytes, data, size_bytes);
}

static bool is_equal(const struct cp_partition *partition, const uint8_t *read,
                     const uint8_t *expected, uint32_t size_bytes) {
    uint32_t i = 0;
    while (i < size_bytes && read[i] == (expected ? expected[i] : partition->flash->erase_value)) {
        i++;
    }
    return i == size_bytes;
}

int cp_partition_compare(const struct cp_partition *partition, uint32_t offset_bytes,
                         const uint8_t *expected, uint32_t size_bytes) {
    uint8_t piece[PIECE_BYTES] = {0};
    for (uint32_t done_bytes = 0; done_bytes < size_bytes; done_bytes += PIECE_BYTES) {
        const uint32_t left_bytes = size_bytes - done_bytes;
        const uint32_t piece_bytes = left_bytes < PIECE_BYTES ? left_bytes : PIECE_BYTES;
        int err = cp_partition_read(partition, offset_bytes + done_bytes, piece, piece_bytes);
        if (err) {
            return err;
        }
        if (!is_equal(partition, piece, expected ? expected + done_bytes : NULL, piece_bytes)) {
            return CP_ERR_FLASH;
        }
    }
    return CP_OK;
}

int cp_partition_erase(const struct cp_partition *partition, uint32_t offset_bytes,
                       uint32_t size_bytes) {
    const struct cp_flash *flash = partition->flash;
    if (!cp_range_fits(offset_bytes, size_bytes, partition->size_bytes)) {
        return CP_ERR_BOUNDS;
    }
    if (!is_multiple(offset_bytes, size_bytes, flash->erase_size_bytes)) {
        return CP_ERR_ALIGNMENT;
    }
    for (uint32_t done_bytes = 0; done_bytes < size_bytes; done_bytes += flash->erase_size_bytes) {
        int err = flash->erase(flash, partition->offset_bytes + offset_bytes + done_bytes);
        if (err) {
            return err;
        }
    }
    return CP_OK;
}

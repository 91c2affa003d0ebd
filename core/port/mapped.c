// mapped.c: see mapped.h.

#include "core/port/mapped.h"

#include "core/port/mmio.h"

#define WORD CP_PORT_WORD_SIZE_BYTES

// Written without an addition, so that no pair of values wraps around.
static bool range_fits(const struct cp_flash *flash, uint32_t offset_bytes, uint32_t size_bytes) {
    return size_bytes <= flash->size_bytes && offset_bytes <= flash->size_bytes - size_bytes;
}

int cp_port_check_range(const struct cp_flash *flash, uint32_t offset_bytes, uint32_t size_bytes,
                        uint32_t unit_bytes) {
    if (!range_fits(flash, offset_bytes, size_bytes)) {
        return CP_ERR_BOUNDS;
    }
    return ((offset_bytes | size_bytes) & (unit_bytes - 1)) == 0 ? CP_OK : CP_ERR_ALIGNMENT;
}

int cp_port_check_page(const struct cp_flash *flash, uint32_t offset_bytes) {
    if (!range_fits(flash, offset_bytes, flash->erase_size_bytes)) {
        return CP_ERR_BOUNDS;
    }
    return offset_bytes % flash->erase_size_bytes == 0 ? CP_OK : CP_ERR_ALIGNMENT;
}

int cp_port_poll(uint32_t register_address, uint32_t mask, uint32_t wanted, uint32_t polls_max) {
    for (uint32_t polls = 0; polls < polls_max; polls++) {
        if ((mmio_read32(register_address) & mask) == wanted) {
            return CP_OK;
        }
    }
    return CP_ERR_FLASH;
}

int cp_port_read_plain(const void *device, uint32_t address, uint32_t *word) {
    (void)device;
    *word = mmio_read32(address);
    return CP_OK;
}

// Take part of the aligned word around an address; returns how many bytes.
static uint32_t take_part(uint32_t word, uint32_t skip_bytes, uint8_t *bytes, uint32_t size_bytes) {
    uint32_t count = 0;
    while (count < size_bytes && skip_bytes + count < WORD) {
        bytes[count] = (uint8_t)(word >> 8 * (skip_bytes + count));
        count++;
    }
    return count;
}

int cp_port_read(const void *device, cp_port_read_word read_word, uint32_t address, void *data,
                 uint32_t size_bytes) {
    uint8_t *bytes = data;
    while (size_bytes > 0) {
        const uint32_t skip_bytes = address % WORD;
        uint32_t word;
        int err = read_word(device, address - skip_bytes, &word);
        if (err) {
            return err;
        }
        uint32_t count = WORD;
        if (skip_bytes == 0 && size_bytes >= WORD) {
            cp_port_store32(bytes, word);
        } else {
            count = take_part(word, skip_bytes, bytes, size_bytes);
        }
        address += count;
        bytes += count;
        size_bytes -= count;
    }
    return CP_OK;
}

int cp_port_verify(const void *device, cp_port_read_word read_word, uint32_t address,
                   const uint8_t *data, uint32_t size_bytes) {
    for (uint32_t done_bytes = 0; done_bytes < size_bytes; done_bytes += WORD) {
        uint32_t word;
        int err = read_word(device, address + done_bytes, &word);
        if (err) {
            return err;
        }
        if (word != cp_port_load32(data + done_bytes)) {
            return CP_ERR_FLASH;
        }
    }
    return CP_OK;
}

int cp_port_verify_erased(const void *device, cp_port_read_word read_word, uint32_t address,
                          uint32_t size_bytes, uint32_t erased_word) {
    for (uint32_t done_bytes = 0; done_bytes < size_bytes; done_bytes += WORD) {
        uint32_t word;
        int err = read_word(device, address + done_bytes, &word);
        if (err) {
            return err;
        }
        if (word != erased_word) {
            return CP_ERR_FLASH;
        }
    }
    return CP_OK;
}

// nvmc.c: flash port for the NVMC of nRF51 and nRF52 parts.
//
// The NVMC is switched to write or erase mode, does one operation at a time, and
// says READY when it is done. It has no error flags: a store in the wrong mode or
// a worn cell leaves no trace but the data, so each program is read back. Only
// whole aligned words may be stored; a byte store is a HardFault.
//
// Whatever happens, the NVMC is left in read mode, so that no stray store of the
// application can change the flash.

#include "core/port/nrf/nvmc.h"

#include <stdbool.h>
#include <stddef.h>

#include "core/port/mmio.h"

// Registers, as offsets from registers_address (Nordic MDK, nrf52840.h).
enum {
    NVMC_READY = 0x400,     // bit 0: no operation is under way
    NVMC_CONFIG = 0x504,    // bits 1..0: what stores to the flash do
    NVMC_ERASEPAGE = 0x508, // store the address of a page to erase it
};

#define NVMC_READY_BIT 1u
#define NVMC_CONFIG_READ 0u
#define NVMC_CONFIG_WRITE 1u
#define NVMC_CONFIG_ERASE 2u

#define WORD_SIZE_BYTES 4u

static uint32_t load32_le(const uint8_t *bytes) {
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
           (uint32_t)bytes[3] << 24;
}

static void store32_le(uint8_t *bytes, uint32_t word) {
    bytes[0] = (uint8_t)word;
    bytes[1] = (uint8_t)(word >> 8);
    bytes[2] = (uint8_t)(word >> 16);
    bytes[3] = (uint8_t)(word >> 24);
}

static const struct cp_nrf_nvmc *nvmc_of(const struct cp_flash *flash) {
    return flash->device;
}

// Written without an addition, so that no pair of values wraps around.
static bool range_fits(const struct cp_flash *flash, uint32_t offset_bytes, uint32_t size_bytes) {
    return size_bytes <= flash->size_bytes && offset_bytes <= flash->size_bytes - size_bytes;
}

static int wait_ready(const struct cp_nrf_nvmc *nvmc) {
    for (uint32_t polls = 0; polls < nvmc->ready_polls_max; polls++) {
        if (mmio_read32(nvmc->registers_address + NVMC_READY) & NVMC_READY_BIT) {
            return CP_OK;
        }
    }
    return CP_ERR_FLASH;
}

static int set_mode(const struct cp_nrf_nvmc *nvmc, uint32_t mode) {
    mmio_write32(nvmc->registers_address + NVMC_CONFIG, mode);
    return wait_ready(nvmc);
}

// Back to read mode, also after an error; the first error is the one to tell.
static int end_mode(const struct cp_nrf_nvmc *nvmc, int err) {
    int end_err = set_mode(nvmc, NVMC_CONFIG_READ);
    return err ? err : end_err;
}

// Read part of the aligned word around an address; returns how many bytes.
static uint32_t read_part(uint32_t address, uint8_t *bytes, uint32_t size_bytes) {
    const uint32_t skip_bytes = address % WORD_SIZE_BYTES;
    const uint32_t word = mmio_read32(address - skip_bytes);
    uint32_t count = 0;
    while (count < size_bytes && skip_bytes + count < WORD_SIZE_BYTES) {
        bytes[count] = (uint8_t)(word >> 8 * (skip_bytes + count));
        count++;
    }
    return count;
}

static int nvmc_read(const struct cp_flash *flash, uint32_t offset_bytes, void *data,
                     uint32_t size_bytes) {
    if (!range_fits(flash, offset_bytes, size_bytes)) {
        return CP_ERR_BOUNDS;
    }
    uint32_t address = nvmc_of(flash)->flash_address + offset_bytes;
    uint8_t *bytes = data;
    while (size_bytes > 0) {
        uint32_t count = WORD_SIZE_BYTES;
        if (address % WORD_SIZE_BYTES == 0 && size_bytes >= WORD_SIZE_BYTES) {
            store32_le(bytes, mmio_read32(address));
        } else {
            count = read_part(address, bytes, size_bytes);
        }
        address += count;
        bytes += count;
        size_bytes -= count;
    }
    return CP_OK;
}

static int program_words(const struct cp_nrf_nvmc *nvmc, uint32_t address, const uint8_t *bytes,
                         uint32_t size_bytes) {
    for (uint32_t done_bytes = 0; done_bytes < size_bytes; done_bytes += WORD_SIZE_BYTES) {
        mmio_write32(address + done_bytes, load32_le(bytes + done_bytes));
        mmio_barrier();
        int err = wait_ready(nvmc);
        if (err) {
            return err;
        }
    }
    return CP_OK;
}

static int verify_words(uint32_t address, const uint8_t *bytes, uint32_t size_bytes) {
    for (uint32_t done_bytes = 0; done_bytes < size_bytes; done_bytes += WORD_SIZE_BYTES) {
        if (mmio_read32(address + done_bytes) != load32_le(bytes + done_bytes)) {
            return CP_ERR_FLASH;
        }
    }
    return CP_OK;
}

static int nvmc_program(const struct cp_flash *flash, uint32_t offset_bytes, const void *data,
                        uint32_t size_bytes) {
    const struct cp_nrf_nvmc *nvmc = nvmc_of(flash);
    const uint32_t address = nvmc->flash_address + offset_bytes;
    if (!range_fits(flash, offset_bytes, size_bytes)) {
        return CP_ERR_BOUNDS;
    }
    if (offset_bytes % WORD_SIZE_BYTES != 0 || size_bytes % WORD_SIZE_BYTES != 0) {
        return CP_ERR_ALIGNMENT;
    }
    int err = set_mode(nvmc, NVMC_CONFIG_WRITE);
    if (!err) {
        err = program_words(nvmc, address, data, size_bytes);
    }
    err = end_mode(nvmc, err);
    return err ? err : verify_words(address, data, size_bytes);
}

static int erase_page(const struct cp_nrf_nvmc *nvmc, uint32_t address) {
    mmio_write32(nvmc->registers_address + NVMC_ERASEPAGE, address);
    return wait_ready(nvmc);
}

static int nvmc_erase(const struct cp_flash *flash, uint32_t offset_bytes) {
    const struct cp_nrf_nvmc *nvmc = nvmc_of(flash);
    if (!range_fits(flash, offset_bytes, flash->erase_size_bytes)) {
        return CP_ERR_BOUNDS;
    }
    if (offset_bytes % flash->erase_size_bytes != 0) {
        return CP_ERR_ALIGNMENT;
    }
    int err = set_mode(nvmc, NVMC_CONFIG_ERASE);
    if (!err) {
        err = erase_page(nvmc, nvmc->flash_address + offset_bytes);
    }
    return end_mode(nvmc, err);
}

void cp_nrf_nvmc_flash(struct cp_flash *flash, const struct cp_nrf_nvmc *nvmc,
                       uint32_t size_bytes, uint32_t erase_size_bytes) {
    *flash = (struct cp_flash){
        .size_bytes = size_bytes,
        .erase_size_bytes = erase_size_bytes,
        .write_size_bytes = WORD_SIZE_BYTES,
        .erase_value = 0xFF,
        .read = nvmc_read,
        .program = nvmc_program,
        .erase = nvmc_erase,
        .device = nvmc,
    };
}

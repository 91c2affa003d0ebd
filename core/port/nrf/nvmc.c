// nvmc.c: flash port for the NVMC of nRF51 and nRF52 parts.
//
// The NVMC is switched to write or erase mode, does one operation at a time, and
// says READY when it is done. It has no error flags: a store in the wrong mode or
// a worn cell leaves no trace but the data, so whatever is done is read back. Only
// whole aligned words may be stored; a byte store is a HardFault.
//
// Whatever happens, the NVMC is left in read mode, so that no stray store of the
// application can change the flash.

#include "core/port/nrf/nvmc.h"

#include "core/port/mapped.h"
#include "core/port/mmio.h"

// Registers, as offsets from registers_address (Nordic MDK, nrf52840.h).
enum {
    NVMC_READY = 0x400,     // bit 0: no operation is under way
    NVMC_CONFIG = 0x504,    // bits 1..0: what stores to the flash do
    NVMC_ERASEPAGE = 0x508, // store the address of a page to erase it
};

#define NVMC_READY_BIT    1u
#define NVMC_CONFIG_READ  0u
#define NVMC_CONFIG_WRITE 1u
#define NVMC_CONFIG_ERASE 2u

#define WORD_SIZE_BYTES   CP_PORT_WORD_SIZE_BYTES

static const struct cp_nrf_nvmc *nvmc_of(const struct cp_flash *flash) {
    return flash->device;
}

static int wait_ready(const struct cp_nrf_nvmc *nvmc) {
    return cp_port_poll(nvmc->registers_address + NVMC_READY, NVMC_READY_BIT, NVMC_READY_BIT,
                        nvmc->ready_polls_max);
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

static int nvmc_read(const struct cp_flash *flash, uint32_t offset_bytes, void *data,
                     uint32_t size_bytes) {
    int err = cp_port_check_range(flash, offset_bytes, size_bytes, 1);
    if (err) {
        return err;
    }
    return cp_port_read(nvmc_of(flash), cp_port_read_plain,
                        nvmc_of(flash)->flash_address + offset_bytes, data, size_bytes);
}

static int program_words(const struct cp_nrf_nvmc *nvmc, uint32_t address, const uint8_t *bytes,
                         uint32_t size_bytes) {
    for (uint32_t done_bytes = 0; done_bytes < size_bytes; done_bytes += WORD_SIZE_BYTES) {
        mmio_write32(address + done_bytes, cp_port_load32(bytes + done_bytes));
        mmio_barrier();
        int err = wait_ready(nvmc);
        if (err) {
            return err;
        }
    }
    return CP_OK;
}

static int nvmc_program(const struct cp_flash *flash, uint32_t offset_bytes, const void *data,
                        uint32_t size_bytes) {
    const struct cp_nrf_nvmc *nvmc = nvmc_of(flash);
    const uint32_t address = nvmc->flash_address + offset_bytes;
    int err = cp_port_check_range(flash, offset_bytes, size_bytes, WORD_SIZE_BYTES);
    if (err) {
        return err;
    }
    err = set_mode(nvmc, NVMC_CONFIG_WRITE);
    if (!err) {
        err = program_words(nvmc, address, data, size_bytes);
    }
    err = end_mode(nvmc, err);
    return err ? err : cp_port_verify(nvmc, cp_port_read_plain, address, data, size_bytes);
}

static int erase_page(const struct cp_nrf_nvmc *nvmc, uint32_t address) {
    mmio_write32(nvmc->registers_address + NVMC_ERASEPAGE, address);
    return wait_ready(nvmc);
}

static int nvmc_erase(const struct cp_flash *flash, uint32_t offset_bytes) {
    const struct cp_nrf_nvmc *nvmc = nvmc_of(flash);
    int err = cp_port_check_page(flash, offset_bytes);
    if (err) {
        return err;
    }
    const uint32_t address = nvmc->flash_address + offset_bytes;
    err = set_mode(nvmc, NVMC_CONFIG_ERASE);
    if (!err) {
        err = erase_page(nvmc, address);
    }
    err = end_mode(nvmc, err);
    return err ? err
               : cp_port_verify_erased(nvmc, cp_port_read_plain, address, flash->erase_size_bytes,
                                       UINT32_MAX);
}

void cp_nrf_nvmc_flash(struct cp_flash *flash, const struct cp_nrf_nvmc *nvmc, uint32_t size_bytes,
                       uint32_t erase_size_bytes) {
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

// nvmc_ns.c: flash port for the NVMC of nRF5340 and nRF9160.
//
// As on nRF52 there is a mode to write and one to erase, one operation at a time, READY
// when it is done, and no error flag of any kind; so all that was programmed or erased is
// read back. READY is polled everywhere: READYNEXT, which tells that the next word may
// come, would save little and does not say that the last one is done.
//
// Whatever happens, the NVMC is left in read mode, so that no stray store of the
// application can change the flash.

#include "core/port/nrf/nvmc_ns.h"

#include "core/port/mapped.h"
#include "core/port/mmio.h"

// Registers, as offsets from registers_address (Nordic MDK, nrf5340_application.h).
enum {
    NVMC_READY = 0x400,    // bit 0: no operation is under way
    NVMC_CONFIG = 0x504,   // bits 2..0: what stores to secure pages do
    NVMC_CONFIGNS = 0x584, // bits 1..0: what stores to non-secure pages do
};

#define NVMC_READY_BIT    1u
#define NVMC_CONFIG_READ  0u
#define NVMC_CONFIG_WRITE 1u
#define NVMC_CONFIG_ERASE 2u

// Stored to the first word of a page in erase mode it erases the page (nRF5340 product
// specification, NVMC, "Erasing a page in flash").
#define ERASED_WORD     0xFFFFFFFFu

#define WORD_SIZE_BYTES CP_PORT_WORD_SIZE_BYTES

static const struct cp_nrf_nvmc_ns *nvmc_of(const struct cp_flash *flash) {
    return flash->device;
}

static int wait_ready(const struct cp_nrf_nvmc_ns *nvmc) {
    return cp_port_poll(nvmc->registers_address + NVMC_READY, NVMC_READY_BIT, NVMC_READY_BIT,
                        nvmc->ready_polls_max);
}

static int set_mode(const struct cp_nrf_nvmc_ns *nvmc, uint32_t mode) {
    const uint32_t config = nvmc->pages_are_nonsecure ? NVMC_CONFIGNS : NVMC_CONFIG;
    mmio_write32(nvmc->registers_address + config, mode);
    mmio_barrier();
    return wait_ready(nvmc);
}

// The mode may not be changed under an operation.
static int begin_mode(const struct cp_nrf_nvmc_ns *nvmc, uint32_t mode) {
    int err = wait_ready(nvmc);
    return err ? err : set_mode(nvmc, mode);
}

// Back to read mode, also after an error; the first error is the one to tell.
static int end_mode(const struct cp_nrf_nvmc_ns *nvmc, int err) {
    int end_err = set_mode(nvmc, NVMC_CONFIG_READ);
    return err ? err : end_err;
}

static int store_word(const struct cp_nrf_nvmc_ns *nvmc, uint32_t address, uint32_t word) {
    mmio_write32(address, word);
    mmio_barrier();
    return wait_ready(nvmc);
}

static int nvmc_read(const struct cp_flash *flash, uint32_t offset_bytes, void *data,
                     uint32_t size_bytes) {
    const struct cp_nrf_nvmc_ns *nvmc = nvmc_of(flash);
    int err = cp_port_check_range(flash, offset_bytes, size_bytes, 1);
    if (err) {
        return err;
    }
    return cp_port_read(nvmc, cp_port_read_plain, nvmc->flash_address + offset_bytes, data,
                        size_bytes);
}

static int program_words(const struct cp_nrf_nvmc_ns *nvmc, uint32_t address, const uint8_t *bytes,
                         uint32_t size_bytes) {
    for (uint32_t done_bytes = 0; done_bytes < size_bytes; done_bytes += WORD_SIZE_BYTES) {
        int err = store_word(nvmc, address + done_bytes, cp_port_load32(bytes + done_bytes));
        if (err) {
            return err;
        }
    }
    return CP_OK;
}

static int nvmc_program(const struct cp_flash *flash, uint32_t offset_bytes, const void *data,
                        uint32_t size_bytes) {
    const struct cp_nrf_nvmc_ns *nvmc = nvmc_of(flash);
    const uint32_t address = nvmc->flash_address + offset_bytes;
    int err = cp_port_check_range(flash, offset_bytes, size_bytes, WORD_SIZE_BYTES);
    if (err) {
        return err;
    }
    err = begin_mode(nvmc, NVMC_CONFIG_WRITE);
    if (!err) {
        err = program_words(nvmc, address, data, size_bytes);
    }
    err = end_mode(nvmc, err);
    return err ? err : cp_port_verify(nvmc, cp_port_read_plain, address, data, size_bytes);
}

static int nvmc_erase(const struct cp_flash *flash, uint32_t offset_bytes) {
    const struct cp_nrf_nvmc_ns *nvmc = nvmc_of(flash);
    const uint32_t address = nvmc->flash_address + offset_bytes;
    int err = cp_port_check_page(flash, offset_bytes);
    if (err) {
        return err;
    }
    err = begin_mode(nvmc, NVMC_CONFIG_ERASE);
    if (!err) {
        err = store_word(nvmc, address, ERASED_WORD);
    }
    err = end_mode(nvmc, err);
    return err ? err
               : cp_port_verify_erased(nvmc, cp_port_read_plain, address, flash->erase_size_bytes,
                                       ERASED_WORD);
}

void cp_nrf_nvmc_ns_flash(struct cp_flash *flash, const struct cp_nrf_nvmc_ns *nvmc,
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

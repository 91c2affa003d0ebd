// rramc.c: flash port for the RRAMC of nRF54L parts.
//
// Stores go to a write buffer of up to 32 lines and from there to the RRAM, when the buffer
// is full, when another address comes, or when it is told to. What is in the buffer is lost
// with the power, so every call here ends with a commit, and with the buffer empty.
// Without the buffer each stored word would write its whole line: four times the wear.
//
// Whatever happens, writing is switched off again, so that no stray store of the
// application can change the memory.

#include "core/port/nrf/rramc.h"

#include <stdbool.h>

#include "core/port/mapped.h"
#include "core/port/mmio.h"

// Registers, as offsets from registers_address (Nordic MDK, nrf54l15_application.h).
enum {
    RRAMC_CLRWRITEBUF = 0x004,    // task: forget what is in the buffer
    RRAMC_COMMITWRITEBUF = 0x008, // task: write what is in the buffer
    RRAMC_ACCESSERROR = 0x10C,    // event: a write was refused
    RRAMC_READY = 0x400,          // bit 0: no operation is under way
    RRAMC_WRITEBUFEMPTY = 0x418,  // bit 0: nothing is in the buffer
    RRAMC_CONFIG = 0x500,         // bit 0: stores write; bits 13..8: lines of buffer
};

#define RRAMC_CONFIG_OFF       0u
#define RRAMC_CONFIG_WEN       1u
#define RRAMC_CONFIG_LINES_POS 8
#define RRAMC_BUFFER_LINES     32u

#define WORD_SIZE_BYTES        CP_PORT_WORD_SIZE_BYTES
#define LINE_SIZE_BYTES        CP_NRF_RRAMC_LINE_SIZE_BYTES
#define BUFFER_SIZE_BYTES      (RRAMC_BUFFER_LINES * LINE_SIZE_BYTES)
#define ERASED_WORD            0xFFFFFFFFu

static const struct cp_nrf_rramc *rramc_of(const struct cp_flash *flash) {
    return flash->device;
}

static int wait_for(const struct cp_nrf_rramc *rramc, uint32_t status) {
    return cp_port_poll(rramc->registers_address + status, 1u, 1u, rramc->polls_max);
}

static int set_config(const struct cp_nrf_rramc *rramc, uint32_t config) {
    mmio_write32(rramc->registers_address + RRAMC_CONFIG, config);
    mmio_barrier();
    return wait_for(rramc, RRAMC_READY);
}

// Switch writing on, with an empty buffer and no refusal of old.
static int begin_write(const struct cp_nrf_rramc *rramc) {
    int err = wait_for(rramc, RRAMC_READY);
    if (err) {
        return err;
    }
    mmio_write32(rramc->registers_address + RRAMC_ACCESSERROR, 0);
    return set_config(rramc, RRAMC_CONFIG_WEN | RRAMC_BUFFER_LINES << RRAMC_CONFIG_LINES_POS);
}

static int commit(const struct cp_nrf_rramc *rramc) {
    mmio_barrier(); // the stores come first
    mmio_write32(rramc->registers_address + RRAMC_COMMITWRITEBUF, 1);
    mmio_barrier();
    int err = wait_for(rramc, RRAMC_WRITEBUFEMPTY);
    return err ? err : wait_for(rramc, RRAMC_READY);
}

// Switch writing off, also after an error; the first error is the one to tell.
static int end_write(const struct cp_nrf_rramc *rramc, int err) {
    if (err) {
        mmio_write32(rramc->registers_address + RRAMC_CLRWRITEBUF, 1);
    }
    int end_err = set_config(rramc, RRAMC_CONFIG_OFF);
    if (!end_err && mmio_read32(rramc->registers_address + RRAMC_ACCESSERROR) != 0) {
        mmio_write32(rramc->registers_address + RRAMC_ACCESSERROR, 0);
        end_err = CP_ERR_FLASH;
    }
    return err ? err : end_err;
}

static int read_word(const void *device, uint32_t address, uint32_t *word) {
    (void)device;
    return mmio_read32_guarded(address, word) ? CP_OK : CP_ERR_FLASH;
}

static int rramc_read(const struct cp_flash *flash, uint32_t offset_bytes, void *data,
                      uint32_t size_bytes) {
    const struct cp_nrf_rramc *rramc = rramc_of(flash);
    int err = cp_port_check_range(flash, offset_bytes, size_bytes, 1);
    if (err) {
        return err;
    }
    return cp_port_read(rramc, read_word, rramc->flash_address + offset_bytes, data, size_bytes);
}

// Write as many lines as the buffer holds, or fewer.
static int write_lines(const struct cp_nrf_rramc *rramc, uint32_t address, const uint8_t *bytes,
                       uint32_t size_bytes) {
    int err = begin_write(rramc);
    if (!err) {
        for (uint32_t done_bytes = 0; done_bytes < size_bytes; done_bytes += WORD_SIZE_BYTES) {
            mmio_write32(address + done_bytes, cp_port_load32(bytes + done_bytes));
        }
        err = commit(rramc);
    }
    return end_write(rramc, err);
}

static int rramc_program(const struct cp_flash *flash, uint32_t offset_bytes, const void *data,
                         uint32_t size_bytes) {
    const struct cp_nrf_rramc *rramc = rramc_of(flash);
    const uint32_t address = rramc->flash_address + offset_bytes;
    const uint8_t *bytes = data;
    int err = cp_port_check_range(flash, offset_bytes, size_bytes, LINE_SIZE_BYTES);
    if (err) {
        return err;
    }
    for (uint32_t done_bytes = 0; done_bytes < size_bytes; done_bytes += BUFFER_SIZE_BYTES) {
        const uint32_t left_bytes = size_bytes - done_bytes;
        err = write_lines(rramc, address + done_bytes, bytes + done_bytes,
                          left_bytes < BUFFER_SIZE_BYTES ? left_bytes : BUFFER_SIZE_BYTES);
        if (err) {
            return err;
        }
    }
    return cp_port_verify(rramc, read_word, address, data, size_bytes);
}

// A line that cannot be read has to be written as well.
static bool line_is_erased(uint32_t address) {
    for (uint32_t i = 0; i < LINE_SIZE_BYTES; i += WORD_SIZE_BYTES) {
        uint32_t word;
        if (!mmio_read32_guarded(address + i, &word) || word != ERASED_WORD) {
            return false;
        }
    }
    return true;
}

// Which lines of a buffer's length are to be written; a bit each. Looked up before writing
// begins, since a read may commit what is in the buffer.
static uint32_t find_lines(uint32_t address, uint32_t size_bytes) {
    uint32_t lines = 0;
    for (uint32_t i = 0; i < size_bytes / LINE_SIZE_BYTES; i++) {
        lines |= (uint32_t)!line_is_erased(address + i * LINE_SIZE_BYTES) << i;
    }
    return lines;
}

static void store_erased_line(uint32_t address) {
    for (uint32_t i = 0; i < LINE_SIZE_BYTES; i += WORD_SIZE_BYTES) {
        mmio_write32(address + i, ERASED_WORD);
    }
}

static int erase_lines(const struct cp_nrf_rramc *rramc, uint32_t address, uint32_t size_bytes) {
    const uint32_t lines = find_lines(address, size_bytes);
    if (lines == 0) {
        return CP_OK;
    }
    int err = begin_write(rramc);
    if (!err) {
        for (uint32_t i = 0; i < RRAMC_BUFFER_LINES; i++) {
            if (lines >> i & 1u) {
                store_erased_line(address + i * LINE_SIZE_BYTES);
            }
        }
        err = commit(rramc);
    }
    return end_write(rramc, err);
}

// From the first line to the last: a cut then never leaves the beginning of a page while
// what it speaks of is gone.
static int rramc_erase(const struct cp_flash *flash, uint32_t offset_bytes) {
    const struct cp_nrf_rramc *rramc = rramc_of(flash);
    const uint32_t address = rramc->flash_address + offset_bytes;
    const uint32_t size_bytes = flash->erase_size_bytes;
    int err = cp_port_check_page(flash, offset_bytes);
    for (uint32_t done_bytes = 0; !err && done_bytes < size_bytes;
         done_bytes += BUFFER_SIZE_BYTES) {
        const uint32_t left_bytes = size_bytes - done_bytes;
        err = erase_lines(rramc, address + done_bytes,
                          left_bytes < BUFFER_SIZE_BYTES ? left_bytes : BUFFER_SIZE_BYTES);
    }
    return err ? err : cp_port_verify_erased(rramc, read_word, address, size_bytes, ERASED_WORD);
}

void cp_nrf_rramc_flash(struct cp_flash *flash, const struct cp_nrf_rramc *rramc,
                        uint32_t size_bytes, uint32_t erase_size_bytes) {
    *flash = (struct cp_flash){
        .size_bytes = size_bytes,
        .erase_size_bytes = erase_size_bytes,
        .write_size_bytes = LINE_SIZE_BYTES,
        .erase_value = 0xFF,
        .read = rramc_read,
        .program = rramc_program,
        .erase = rramc_erase,
        .device = rramc,
    };
}

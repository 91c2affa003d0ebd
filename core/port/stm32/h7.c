// h7.c: flash port for the STM32 H7.
//
// Each bank has registers of its own; an operation uses those of the bank it is in. With
// SWAP_BANK addresses and registers are exchanged together, so there is nothing to do for it.
// Stores fill a buffer of one word, with barriers around, since the M7 reorders and merges
// stores to memory; then QW is set until the operation is done. BSY comes up later than QW and
// is not the one to wait for. Flags are cleared through CCR; SR cannot be written.
//
// Whatever becomes of an operation, no mode stays on and the bank is locked again.

#include "core/port/stm32/h7.h"

#include "core/port/mapped.h"
#include "core/port/mmio.h"

// Registers of a bank, as offsets from its block; that of bank 2 begins at +0x100.
enum {
    H7_KEYR = 0x04,
    H7_CR = 0x0C,
    H7_SR = 0x10,
    H7_CCR = 0x14,
    H7_BANK_2 = 0x100,
};

#define KEY_1          0x45670123u
#define KEY_2          0xCDEF89ABu

#define SR_BSY         (1u << 0)
#define SR_QW          (1u << 2)
#define SR_EOP         (1u << 16)
#define SR_ERRORS      0x006E0000u // WRPERR17 PGSERR18 STRBERR19 INCERR21 OPERR22
#define SR_READ_ERRORS 0x07800000u // RDPERR23 RDSERR24 SNECCERR25 DBECCERR26

#define CR_LOCK        (1u << 0)
#define CR_PG          (1u << 1)
#define CR_SER         (1u << 2)

#define CR_PSIZE       0x30u // parallelism; H7A has none
#define CR_START       (1u << 7)
#define CR_SNB_SHIFT   8
#define H7A_START      (1u << 5)
#define H7A_SNB_SHIFT  6

#define ERASED_WORD    0xFFFFFFFFu

static const struct cp_stm32_h7 *h7_of(const struct cp_flash *flash) {
    return flash->device;
}

// --- banks

static bool is_in_bank_2(const struct cp_stm32_h7 *h7, uint32_t address) {
    return h7->bank2_address != 0 && address >= h7->bank2_address;
}

// The registers of the bank that an address is in.
static uint32_t bank_at(const struct cp_stm32_h7 *h7, uint32_t address) {
    return h7->registers_address + (is_in_bank_2(h7, address) ? H7_BANK_2 : 0);
}

// --- reads

static int read_word(const void *device, uint32_t address, uint32_t *word) {
    if (mmio_read32_guarded(address, word)) {
        return CP_OK;
    }
    mmio_write32(bank_at(device, address) + H7_CCR, SR_READ_ERRORS);
    return CP_ERR_FLASH;
}

static int h7_read(const struct cp_flash *flash, uint32_t offset_bytes, void *data,
                   uint32_t size_bytes) {
    const struct cp_stm32_h7 *h7 = h7_of(flash);
    int err = cp_port_check_range(flash, offset_bytes, size_bytes, 1);
    return err ? err
               : cp_port_read(h7, read_word, h7->flash_address + offset_bytes, data, size_bytes);
}

// --- the frame of an operation on one bank

static int wait_done(const struct cp_stm32_h7 *h7, uint32_t bank) {
    return cp_port_poll(bank + H7_SR, SR_QW | SR_BSY, 0, h7->polls_max);
}

// CP_ERR_FLASH if an error flag is up; none is after it.
static int take_errors(uint32_t bank) {
    const uint32_t errors = mmio_read32(bank + H7_SR) & SR_ERRORS;
    mmio_write32(bank + H7_CCR, SR_ERRORS | SR_EOP);
    return errors ? CP_ERR_FLASH : CP_OK;
}

// A key is a fault while there is nothing to unlock.
static int unlock(uint32_t bank) {
    if (mmio_read32(bank + H7_CR) & CR_LOCK) {
        mmio_write32(bank + H7_KEYR, KEY_1);
        mmio_write32(bank + H7_KEYR, KEY_2);
    }
    return mmio_read32(bank + H7_CR) & CR_LOCK ? CP_ERR_FLASH : CP_OK;
}

// The mode bits; parallelism stays as the firmware has set it.
static void write_control(const struct cp_stm32_h7 *h7, uint32_t bank, uint32_t value) {
    const uint32_t kept = h7->is_h7a ? 0 : mmio_read32(bank + H7_CR) & CR_PSIZE;
    mmio_write32(bank + H7_CR, kept | value);
}

// After an error nothing was begun, and there is nothing to end.
static int begin(const struct cp_stm32_h7 *h7, uint32_t bank) {
    int err = wait_done(h7, bank);
    if (err) {
        return err;
    }
    (void)take_errors(bank); // of whoever was here before
    err = unlock(bank);
    if (!err) {
        write_control(h7, bank, 0); // PG = 0 empties a buffer that was left half filled
    }
    return err;
}

// Also after an error, which is the one to tell.
static int end(const struct cp_stm32_h7 *h7, uint32_t bank, int err) {
    write_control(h7, bank, 0);
    write_control(h7, bank, CR_LOCK);
    return err;
}

// How the operation that is queued ended.
static int finish(const struct cp_stm32_h7 *h7, uint32_t bank) {
    int err = wait_done(h7, bank);
    int flag_err = take_errors(bank);
    return err ? err : flag_err;
}

static void drop_cache(const struct cp_stm32_h7 *h7, uint32_t address, uint32_t size_bytes) {
    if (h7->drop_cache) {
        h7->drop_cache(address, size_bytes);
    }
}

// --- program

static int program_unit(const struct cp_stm32_h7 *h7, uint32_t bank, uint32_t address,
                        const uint8_t *bytes, uint32_t unit_bytes) {
    mmio_barrier();
    for (uint32_t i = 0; i < unit_bytes; i += CP_PORT_WORD_SIZE_BYTES) {
        mmio_write32(address + i, cp_port_load32(bytes + i));
    }
    mmio_barrier();
    return finish(h7, bank);
}

static int program_units(const struct cp_stm32_h7 *h7, uint32_t bank, uint32_t address,
                         const uint8_t *bytes, uint32_t size_bytes) {
    const uint32_t unit_bytes =
        h7->is_h7a ? CP_STM32_H7A_WRITE_SIZE_BYTES : CP_STM32_H7_WRITE_SIZE_BYTES;
    write_control(h7, bank, CR_PG);
    for (uint32_t done_bytes = 0; done_bytes < size_bytes; done_bytes += unit_bytes) {
        int err = program_unit(h7, bank, address + done_bytes, bytes + done_bytes, unit_bytes);
        if (err) {
            return err;
        }
    }
    return CP_OK;
}

// A range within one bank.
static int program_range(const struct cp_stm32_h7 *h7, uint32_t address, const uint8_t *bytes,
                         uint32_t size_bytes) {
    const uint32_t bank = bank_at(h7, address);
    int err = begin(h7, bank);
    if (err) {
        return err;
    }
    err = end(h7, bank, program_units(h7, bank, address, bytes, size_bytes));
    drop_cache(h7, address, size_bytes);
    return err ? err : cp_port_verify(h7, read_word, address, bytes, size_bytes);
}

// How much of a range lies before bank 2.
static uint32_t before_bank_2(const struct cp_stm32_h7 *h7, uint32_t address, uint32_t size_bytes) {
    if (h7->bank2_address == 0 || address >= h7->bank2_address ||
        size_bytes <= h7->bank2_address - address) {
        return size_bytes;
    }
    return h7->bank2_address - address;
}

static int h7_program(const struct cp_flash *flash, uint32_t offset_bytes, const void *data,
                      uint32_t size_bytes) {
    const struct cp_stm32_h7 *h7 = h7_of(flash);
    const uint32_t address = h7->flash_address + offset_bytes;
    const uint8_t *bytes = data;
    int err = cp_port_check_range(flash, offset_bytes, size_bytes, flash->write_size_bytes);
    if (err || size_bytes == 0) {
        return err;
    }
    const uint32_t first_bytes = before_bank_2(h7, address, size_bytes);
    err = program_range(h7, address, bytes, first_bytes);
    if (err || first_bytes == size_bytes) {
        return err;
    }
    return program_range(h7, address + first_bytes, bytes + first_bytes, size_bytes - first_bytes);
}

// --- erase

static int erase_sector(const struct cp_stm32_h7 *h7, uint32_t bank, uint32_t address,
                        uint32_t sector_bytes) {
    const uint32_t start = is_in_bank_2(h7, address) ? h7->bank2_address : h7->bank1_address;
    const uint32_t sector = (address - start) / sector_bytes;
    const uint32_t mode = CR_SER | sector << (h7->is_h7a ? H7A_SNB_SHIFT : CR_SNB_SHIFT);
    write_control(h7, bank, mode);
    write_control(h7, bank, mode | (h7->is_h7a ? H7A_START : CR_START));
    mmio_barrier();
    return finish(h7, bank);
}

static int h7_erase(const struct cp_flash *flash, uint32_t offset_bytes) {
    const struct cp_stm32_h7 *h7 = h7_of(flash);
    const uint32_t address = h7->flash_address + offset_bytes;
    int err = cp_port_check_page(flash, offset_bytes);
    if (err) {
        return err;
    }
    const uint32_t bank = bank_at(h7, address);
    err = begin(h7, bank);
    if (err) {
        return err;
    }
    err = end(h7, bank, erase_sector(h7, bank, address, flash->erase_size_bytes));
    drop_cache(h7, address, flash->erase_size_bytes);
    if (err || !h7->is_h7a) {
        return err;
    }
    return cp_port_verify_erased(h7, read_word, address, flash->erase_size_bytes, ERASED_WORD);
}

void cp_stm32_h7_flash(struct cp_flash *flash, const struct cp_stm32_h7 *h7, uint32_t size_bytes,
                       uint32_t erase_size_bytes) {
    *flash = (struct cp_flash){
        .size_bytes = size_bytes,
        .erase_size_bytes = erase_size_bytes,
        .write_size_bytes =
            h7->is_h7a ? CP_STM32_H7A_WRITE_SIZE_BYTES : CP_STM32_H7_WRITE_SIZE_BYTES,
        .erase_value = 0xFF,
        .read = h7_read,
        .program = h7_program,
        .erase = h7_erase,
        .device = h7,
    };
}

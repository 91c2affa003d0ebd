// h5.c: flash port for the STM32 H5.
//
// Four stores fill the write buffer, which is then programmed. Interrupts are off meanwhile:
// a handler that stored elsewhere would find the buffer partly filled. Flags are cleared
// through NSCCR; NSSR cannot be written. BKSEL names the physical bank, whatever SWAP_BANK says.
// No flag tells of an operation that failed, so both kinds are read back.
//
// Whatever becomes of an operation, no mode stays on and the interface is locked again.

#include "core/port/stm32/h5.h"

#include "core/port/mapped.h"
#include "core/port/mmio.h"

// Registers, as offsets from registers_address.
enum {
    H5_NSKEYR = 0x04,
    H5_NSSR = 0x20,
    H5_NSCR = 0x28,
    H5_NSCCR = 0x30,
    H5_OPTSR_CUR = 0x50,
    H5_ECCDETR = 0x104,
};

#define KEY_1           0x45670123u
#define KEY_2           0xCDEF89ABu

#define NSSR_BSY        (1u << 0)
#define NSSR_WBNE       (1u << 1)
#define NSSR_DBNE       (1u << 3)
#define NSSR_EOP        (1u << 16)
#define NSSR_ERRORS     (0xFu << 17) // WRPERR17 PGSERR18 STRBERR19 INCERR20

#define NSCR_LOCK       (1u << 0)
#define NSCR_PG         (1u << 1)
#define NSCR_SER        (1u << 2)
#define NSCR_STRT       (1u << 5)
#define NSCR_SNB_SHIFT  6
#define NSCR_BKSEL      (1u << 31)

#define OPTSR_SWAP_BANK (1u << 31)
#define ECCDETR_ECCD    (1u << 31)

// ICACHE, as offsets from icache_address.
enum { ICACHE_CR = 0x00, ICACHE_SR = 0x04, ICACHE_FCR = 0x0C };

#define ICACHE_CR_EN       1u
#define ICACHE_CR_CACHEINV 2u
#define ICACHE_SR_BUSYF    1u
#define ICACHE_BSYENDF     2u

#define UNIT_SIZE_BYTES    CP_STM32_H5_WRITE_SIZE_BYTES
#define ERASED_WORD        0xFFFFFFFFu

static const struct cp_stm32_h5 *h5_of(const struct cp_flash *flash) {
    return flash->device;
}

static void write_control(const struct cp_stm32_h5 *h5, uint32_t value) {
    mmio_write32(h5->registers_address + H5_NSCR, value);
}

// --- reads

void cp_stm32_h5_acknowledge_ecc(const struct cp_stm32_h5 *h5) {
    mmio_write32(h5->registers_address + H5_ECCDETR, ECCDETR_ECCD);
}

static int read_word(const void *device, uint32_t address, uint32_t *word) {
    if (mmio_read32_guarded(address, word)) {
        return CP_OK;
    }
    cp_stm32_h5_acknowledge_ecc(device);
    return CP_ERR_FLASH;
}

static int h5_read(const struct cp_flash *flash, uint32_t offset_bytes, void *data,
                   uint32_t size_bytes) {
    const struct cp_stm32_h5 *h5 = h5_of(flash);
    int err = cp_port_check_range(flash, offset_bytes, size_bytes, 1);
    return err ? err
               : cp_port_read(h5, read_word, h5->flash_address + offset_bytes, data, size_bytes);
}

// --- the frame of an operation

static int wait_ready(const struct cp_stm32_h5 *h5) {
    return cp_port_poll(h5->registers_address + H5_NSSR, NSSR_BSY | NSSR_WBNE | NSSR_DBNE, 0,
                        h5->polls_max);
}

// CP_ERR_FLASH if an error flag is up; none is after it.
static int take_errors(const struct cp_stm32_h5 *h5) {
    const uint32_t errors = mmio_read32(h5->registers_address + H5_NSSR) & NSSR_ERRORS;
    mmio_write32(h5->registers_address + H5_NSCCR, NSSR_ERRORS | NSSR_EOP);
    return errors ? CP_ERR_FLASH : CP_OK;
}

// A key is a fault while there is nothing to unlock.
static int unlock(const struct cp_stm32_h5 *h5) {
    if (mmio_read32(h5->registers_address + H5_NSCR) & NSCR_LOCK) {
        mmio_write32(h5->registers_address + H5_NSKEYR, KEY_1);
        mmio_write32(h5->registers_address + H5_NSKEYR, KEY_2);
    }
    return mmio_read32(h5->registers_address + H5_NSCR) & NSCR_LOCK ? CP_ERR_FLASH : CP_OK;
}

// After an error nothing was begun, and there is nothing to end.
static int begin(const struct cp_stm32_h5 *h5) {
    int err = wait_ready(h5);
    if (err) {
        return err;
    }
    (void)take_errors(h5); // of whoever was here before
    return unlock(h5);
}

// What the ICACHE holds may be of the flash as it was before.
static int refresh_icache(const struct cp_stm32_h5 *h5) {
    if (h5->icache_address == 0 || !(mmio_read32(h5->icache_address + ICACHE_CR) & ICACHE_CR_EN)) {
        return CP_OK;
    }
    mmio_write32(h5->icache_address + ICACHE_CR, ICACHE_CR_EN | ICACHE_CR_CACHEINV);
    int err = cp_port_poll(h5->icache_address + ICACHE_SR, ICACHE_SR_BUSYF, 0, h5->polls_max);
    mmio_write32(h5->icache_address + ICACHE_FCR, ICACHE_BSYENDF);
    return err;
}

// Also after an error; the first error is the one to tell.
static int end(const struct cp_stm32_h5 *h5, int err) {
    write_control(h5, 0);
    write_control(h5, NSCR_LOCK);
    int end_err = refresh_icache(h5);
    return err ? err : end_err;
}

// How the operation that runs ended.
static int finish(const struct cp_stm32_h5 *h5) {
    int err = wait_ready(h5);
    int flag_err = take_errors(h5);
    return err ? err : flag_err;
}

// --- program

static int program_unit(const struct cp_stm32_h5 *h5, uint32_t address, const uint8_t *bytes) {
    const uint32_t irq = mmio_irq_disable();
    for (uint32_t i = 0; i < UNIT_SIZE_BYTES; i += CP_PORT_WORD_SIZE_BYTES) {
        mmio_write32(address + i, cp_port_load32(bytes + i));
    }
    mmio_barrier();
    mmio_irq_restore(irq);
    return finish(h5);
}

static int program_units(const struct cp_stm32_h5 *h5, uint32_t address, const uint8_t *bytes,
                         uint32_t size_bytes) {
    write_control(h5, NSCR_PG);
    mmio_barrier();
    for (uint32_t done_bytes = 0; done_bytes < size_bytes; done_bytes += UNIT_SIZE_BYTES) {
        int err = program_unit(h5, address + done_bytes, bytes + done_bytes);
        if (err) {
            return err;
        }
    }
    return CP_OK;
}

static int h5_program(const struct cp_flash *flash, uint32_t offset_bytes, const void *data,
                      uint32_t size_bytes) {
    const struct cp_stm32_h5 *h5 = h5_of(flash);
    const uint32_t address = h5->flash_address + offset_bytes;
    int err = cp_port_check_range(flash, offset_bytes, size_bytes, UNIT_SIZE_BYTES);
    if (err) {
        return err;
    }
    err = begin(h5);
    if (err) {
        return err;
    }
    err = end(h5, program_units(h5, address, data, size_bytes));
    return err ? err : cp_port_verify(h5, read_word, address, data, size_bytes);
}

// --- erase

// SNB and BKSEL of a sector. BKSEL names the physical bank: with SWAP_BANK the second half of
// the addresses is bank 1.
static uint32_t sector_bits(const struct cp_stm32_h5 *h5, uint32_t address, uint32_t sector_bytes) {
    const bool is_upper = h5->bank2_address != 0 && address >= h5->bank2_address;
    const bool is_swapped = mmio_read32(h5->registers_address + H5_OPTSR_CUR) & OPTSR_SWAP_BANK;
    const uint32_t start = is_upper ? h5->bank2_address : h5->bank1_address;
    const uint32_t sector = (address - start) / sector_bytes;
    return sector << NSCR_SNB_SHIFT | (is_upper != is_swapped ? NSCR_BKSEL : 0);
}

static int erase_sector(const struct cp_stm32_h5 *h5, uint32_t address, uint32_t sector_bytes) {
    const uint32_t control = NSCR_SER | sector_bits(h5, address, sector_bytes);
    write_control(h5, control);
    write_control(h5, control | NSCR_STRT);
    mmio_barrier();
    return finish(h5);
}

static int h5_erase(const struct cp_flash *flash, uint32_t offset_bytes) {
    const struct cp_stm32_h5 *h5 = h5_of(flash);
    const uint32_t address = h5->flash_address + offset_bytes;
    int err = cp_port_check_page(flash, offset_bytes);
    if (err) {
        return err;
    }
    err = begin(h5);
    if (err) {
        return err;
    }
    err = end(h5, erase_sector(h5, address, flash->erase_size_bytes));
    return err ? err
               : cp_port_verify_erased(h5, read_word, address, flash->erase_size_bytes,
                                       ERASED_WORD);
}

void cp_stm32_h5_flash(struct cp_flash *flash, const struct cp_stm32_h5 *h5, uint32_t size_bytes,
                       uint32_t erase_size_bytes) {
    *flash = (struct cp_flash){
        .size_bytes = size_bytes,
        .erase_size_bytes = erase_size_bytes,
        .write_size_bytes = CP_STM32_H5_WRITE_SIZE_BYTES,
        .erase_value = 0xFF,
        .read = h5_read,
        .program = h5_program,
        .erase = h5_erase,
        .device = h5,
    };
}

// u5.c: flash port for the STM32 U5.
//
// A quad word is four stores, with interrupts off: after the first of them the interface waits
// for the others, and a handler that took over in between could leave it waiting for ever. Any
// error flag left from before blocks the next program, so all are cleared first. A page is named
// by its number within the physical bank, whatever SWAP_BANK says. OPERR, the flag of a failed
// operation, comes up only with ERRIE; the interrupt itself stays disabled in the NVIC.
//
// Whatever becomes of an operation, no mode stays on and the interface is locked again.

#include "core/port/stm32/u5.h"

#include "core/port/mapped.h"
#include "core/port/mmio.h"

// Registers, as offsets from registers_address.
enum {
    U5_NSKEYR = 0x08,
    U5_NSSR = 0x20,
    U5_NSCR = 0x28,
    U5_ECCR = 0x30,
    U5_OPTR = 0x40,
};

#define KEY_1          0x45670123u
#define KEY_2          0xCDEF89ABu

#define NSSR_ERRORS    0x20FAu // OPERR1 PROGERR3 WRPERR4 PGAERR5 SIZERR6 PGSERR7 OPTWERR13
#define NSSR_EOP       0x1u
#define NSSR_BSY       (1u << 16)
#define NSSR_WDW       (1u << 17)

#define NSCR_PG        (1u << 0)
#define NSCR_PER       (1u << 1)
#define NSCR_PNB_SHIFT 3
#define NSCR_BKER      (1u << 11)
#define NSCR_STRT      (1u << 16)
#define NSCR_ERRIE     (1u << 25)
#define NSCR_LOCK      (1u << 31)

#define ECCR_ECCIE     (1u << 24)
#define ECCR_ECCC      (1u << 30)
#define ECCR_ECCD      (1u << 31)

#define OPTR_SWAP_BANK (1u << 20)

// ICACHE, as offsets from icache_address.
enum { ICACHE_CR = 0x00, ICACHE_SR = 0x04, ICACHE_FCR = 0x0C };

#define ICACHE_CR_EN       1u
#define ICACHE_CR_CACHEINV 2u
#define ICACHE_SR_BUSYF    1u
#define ICACHE_BSYENDF     2u

#define QUAD_SIZE_BYTES    CP_STM32_U5_WRITE_SIZE_BYTES

static const struct cp_stm32_u5 *u5_of(const struct cp_flash *flash) {
    return flash->device;
}

static void write_control(const struct cp_stm32_u5 *u5, uint32_t value) {
    mmio_write32(u5->registers_address + U5_NSCR, value);
}

// --- reads

void cp_stm32_u5_acknowledge_ecc(const struct cp_stm32_u5 *u5) {
    const uint32_t eccr = mmio_read32(u5->registers_address + U5_ECCR);
    mmio_write32(u5->registers_address + U5_ECCR, (eccr & ECCR_ECCIE) | ECCR_ECCD | ECCR_ECCC);
}

static int read_word(const void *device, uint32_t address, uint32_t *word) {
    if (mmio_read32_guarded(address, word)) {
        return CP_OK;
    }
    cp_stm32_u5_acknowledge_ecc(device);
    return CP_ERR_FLASH;
}

static int u5_read(const struct cp_flash *flash, uint32_t offset_bytes, void *data,
                   uint32_t size_bytes) {
    const struct cp_stm32_u5 *u5 = u5_of(flash);
    int err = cp_port_check_range(flash, offset_bytes, size_bytes, 1);
    return err ? err
               : cp_port_read(u5, read_word, u5->flash_address + offset_bytes, data, size_bytes);
}

// --- the frame of an operation

static int wait_ready(const struct cp_stm32_u5 *u5) {
    return cp_port_poll(u5->registers_address + U5_NSSR, NSSR_BSY | NSSR_WDW, 0, u5->polls_max);
}

// CP_ERR_FLASH if an error flag is up; none is after it.
static int take_errors(const struct cp_stm32_u5 *u5) {
    const uint32_t errors = mmio_read32(u5->registers_address + U5_NSSR) & NSSR_ERRORS;
    mmio_write32(u5->registers_address + U5_NSSR, NSSR_ERRORS | NSSR_EOP); // cleared by ones
    return errors ? CP_ERR_FLASH : CP_OK;
}

// A key is a fault while there is nothing to unlock.
static int unlock(const struct cp_stm32_u5 *u5) {
    if (mmio_read32(u5->registers_address + U5_NSCR) & NSCR_LOCK) {
        mmio_write32(u5->registers_address + U5_NSKEYR, KEY_1);
        mmio_write32(u5->registers_address + U5_NSKEYR, KEY_2);
    }
    return mmio_read32(u5->registers_address + U5_NSCR) & NSCR_LOCK ? CP_ERR_FLASH : CP_OK;
}

// After an error nothing was begun, and there is nothing to end.
static int begin(const struct cp_stm32_u5 *u5) {
    int err = wait_ready(u5);
    if (err) {
        return err;
    }
    (void)take_errors(u5); // of whoever was here before
    return unlock(u5);
}

// What the ICACHE holds may be of the flash as it was before.
static int refresh_icache(const struct cp_stm32_u5 *u5) {
    if (u5->icache_address == 0 || !(mmio_read32(u5->icache_address + ICACHE_CR) & ICACHE_CR_EN)) {
        return CP_OK;
    }
    mmio_write32(u5->icache_address + ICACHE_CR, ICACHE_CR_EN | ICACHE_CR_CACHEINV);
    int err = cp_port_poll(u5->icache_address + ICACHE_SR, ICACHE_SR_BUSYF, 0, u5->polls_max);
    mmio_write32(u5->icache_address + ICACHE_FCR, ICACHE_BSYENDF);
    return err;
}

// Also after an error; the first error is the one to tell.
static int end(const struct cp_stm32_u5 *u5, int err) {
    write_control(u5, 0);
    write_control(u5, NSCR_LOCK);
    int end_err = refresh_icache(u5);
    return err ? err : end_err;
}

// How the operation that runs ended.
static int finish(const struct cp_stm32_u5 *u5) {
    int err = wait_ready(u5);
    int flag_err = take_errors(u5);
    return err ? err : flag_err;
}

// --- program

static int program_quad(const struct cp_stm32_u5 *u5, uint32_t address, const uint8_t *bytes) {
    const uint32_t irq = mmio_irq_disable();
    for (uint32_t i = 0; i < QUAD_SIZE_BYTES; i += CP_PORT_WORD_SIZE_BYTES) {
        mmio_write32(address + i, cp_port_load32(bytes + i));
    }
    mmio_barrier();
    mmio_irq_restore(irq);
    return finish(u5);
}

static int program_quads(const struct cp_stm32_u5 *u5, uint32_t address, const uint8_t *bytes,
                         uint32_t size_bytes) {
    write_control(u5, NSCR_PG | NSCR_ERRIE);
    mmio_barrier();
    for (uint32_t done_bytes = 0; done_bytes < size_bytes; done_bytes += QUAD_SIZE_BYTES) {
        int err = program_quad(u5, address + done_bytes, bytes + done_bytes);
        if (err) {
            return err;
        }
    }
    return CP_OK;
}

static int u5_program(const struct cp_flash *flash, uint32_t offset_bytes, const void *data,
                      uint32_t size_bytes) {
    const struct cp_stm32_u5 *u5 = u5_of(flash);
    const uint32_t address = u5->flash_address + offset_bytes;
    int err = cp_port_check_range(flash, offset_bytes, size_bytes, QUAD_SIZE_BYTES);
    if (err) {
        return err;
    }
    err = begin(u5);
    if (err) {
        return err;
    }
    err = end(u5, program_quads(u5, address, data, size_bytes));
    return err ? err : cp_port_verify(u5, read_word, address, data, size_bytes);
}

// --- erase

// PNB and BKER of a page. BKER names the physical bank: with SWAP_BANK the second half of the
// addresses is bank 1.
static uint32_t page_bits(const struct cp_stm32_u5 *u5, uint32_t address, uint32_t page_bytes) {
    const bool is_upper = u5->bank2_address != 0 && address >= u5->bank2_address;
    const bool is_swapped = mmio_read32(u5->registers_address + U5_OPTR) & OPTR_SWAP_BANK;
    const uint32_t start = is_upper ? u5->bank2_address : u5->bank1_address;
    const uint32_t page = (address - start) / page_bytes;
    return page << NSCR_PNB_SHIFT | (is_upper != is_swapped ? NSCR_BKER : 0);
}

static int erase_page(const struct cp_stm32_u5 *u5, uint32_t address, uint32_t page_bytes) {
    const uint32_t control = NSCR_PER | NSCR_ERRIE | page_bits(u5, address, page_bytes);
    write_control(u5, control);
    write_control(u5, control | NSCR_STRT);
    mmio_barrier();
    return finish(u5);
}

static int u5_erase(const struct cp_flash *flash, uint32_t offset_bytes) {
    const struct cp_stm32_u5 *u5 = u5_of(flash);
    int err = cp_port_check_page(flash, offset_bytes);
    if (err) {
        return err;
    }
    err = begin(u5);
    if (err) {
        return err;
    }
    return end(u5, erase_page(u5, u5->flash_address + offset_bytes, flash->erase_size_bytes));
}

void cp_stm32_u5_flash(struct cp_flash *flash, const struct cp_stm32_u5 *u5, uint32_t size_bytes,
                       uint32_t erase_size_bytes) {
    *flash = (struct cp_flash){
        .size_bytes = size_bytes,
        .erase_size_bytes = erase_size_bytes,
        .write_size_bytes = CP_STM32_U5_WRITE_SIZE_BYTES,
        .erase_value = 0xFF,
        .reprograms_full = true,
        .read = u5_read,
        .program = u5_program,
        .erase = u5_erase,
        .device = u5,
    };
}

// f4.c: flash port for the STM32 F2, F4 and F7; see f4.h.
//
// A store to the flash must be as wide as CR.PSIZE says, and a sector is erased by its number.
// There is no flag for an operation that failed, so everything is read back: with the caches
// reset before, or they would tell what was there.
//
// The caches of ACR are off during an operation: on parts with two banks the D-cache can be
// corrupted by it (errata 2.2.12 of STM32F42x), and they can be reset only while off.
//
// Whatever happens, no mode stays on and CR is locked again, unless the interface never
// becomes ready: CR cannot be written while it is busy.

#include "core/port/stm32/f4.h"

#include "core/port/mapped.h"
#include "core/port/mmio.h"

enum { ACR = 0x00, KEYR = 0x04, SR = 0x0C, CR = 0x10 };

#define KEY1         0x45670123u
#define KEY2         0xCDEF89ABu

#define SR_ERRORS    0xF2u // OPERR, WRPERR, PGAERR, PGPERR, PGSERR (F7: ERSERR)
#define SR_FLAGS     0xF3u // these and EOP: cleared by writing 1
#define SR_BSY       (1u << 16)

#define CR_PG        (1u << 0)
#define CR_SER       (1u << 1)
#define CR_SNB_SHIFT 3u
#define CR_PSIZE_X32 (2u << 8)
#define CR_STRT      (1u << 16)
#define CR_LOCK      (1u << 31)

// ACR. The F7 has one cache there, the ART: its bits are those of the I-cache.
#define ICEN        (1u << 9)
#define DCEN        (1u << 10)
#define ICRST       (1u << 11)
#define DCRST       (1u << 12)

#define ERASED_WORD 0xFFFFFFFFu

static const struct cp_stm32_f4 *device_of(const struct cp_flash *flash) {
    return flash->device;
}

static uint32_t read_register(const struct cp_stm32_f4 *f4, uint32_t offset_bytes) {
    return mmio_read32(f4->registers_address + offset_bytes);
}

static void write_register(const struct cp_stm32_f4 *f4, uint32_t offset_bytes, uint32_t value) {
    mmio_write32(f4->registers_address + offset_bytes, value);
}

// --- caches

static uint32_t caches_on(const struct cp_stm32_f4 *f4) {
    return f4->is_f7 ? ICEN : ICEN | DCEN;
}

// Returns ACR as it was.
static uint32_t disable_caches(const struct cp_stm32_f4 *f4) {
    const uint32_t acr = read_register(f4, ACR);
    write_register(f4, ACR, acr & ~caches_on(f4));
    return acr;
}

static void reset_caches(const struct cp_stm32_f4 *f4, uint32_t acr) {
    const uint32_t off = acr & ~caches_on(f4);
    write_register(f4, ACR, off | (f4->is_f7 ? ICRST : ICRST | DCRST));
    write_register(f4, ACR, off);
    write_register(f4, ACR, acr);
}

static void drop_cache(const struct cp_stm32_f4 *f4, uint32_t address, uint32_t size_bytes) {
    if (f4->drop_cache) {
        f4->drop_cache(address, size_bytes);
    }
}

// --- begin and end of all that changes the flash

static int wait_idle(const struct cp_stm32_f4 *f4) {
    return cp_port_poll(f4->registers_address + SR, SR_BSY, 0, f4->polls_max);
}

// Keys while CR is not locked would lock it until the next reset, as wrong keys do.
static int unlock(const struct cp_stm32_f4 *f4) {
    if ((read_register(f4, CR) & CR_LOCK) != 0) {
        write_register(f4, KEYR, KEY1);
        write_register(f4, KEYR, KEY2);
    }
    return (read_register(f4, CR) & CR_LOCK) == 0 ? CP_OK : CP_ERR_FLASH;
}

static int begin(const struct cp_stm32_f4 *f4, uint32_t *acr) {
    int err = wait_idle(f4);
    if (err) {
        return err;
    }
    write_register(f4, SR, SR_FLAGS); // what an earlier operation left is not ours
    err = unlock(f4);
    if (err) {
        return err;
    }
    *acr = disable_caches(f4);
    return CP_OK;
}

// Wait for an operation's end and see how it went.
static int finish_operation(const struct cp_stm32_f4 *f4) {
    int err = wait_idle(f4);
    if (err) {
        return err;
    }
    const uint32_t flags = read_register(f4, SR);
    write_register(f4, SR, SR_FLAGS);
    return (flags & SR_ERRORS) == 0 ? CP_OK : CP_ERR_FLASH;
}

// Also after an error; the first one is the one to tell.
static int end(const struct cp_stm32_f4 *f4, uint32_t acr, int err) {
    if ((read_register(f4, SR) & SR_BSY) != 0) {
        return CP_ERR_FLASH;
    }
    write_register(f4, CR, 0);
    write_register(f4, CR, CR_LOCK);
    reset_caches(f4, acr);
    return err;
}

// --- reads

static int f4_read(const struct cp_flash *flash, uint32_t offset_bytes, void *data,
                   uint32_t size_bytes) {
    const struct cp_stm32_f4 *f4 = device_of(flash);
    int err = cp_port_check_range(flash, offset_bytes, size_bytes, 1);
    if (err) {
        return err;
    }
    return cp_port_read(f4, cp_port_read_plain, f4->flash_address + offset_bytes, data, size_bytes);
}

// --- programs

static int program_words(const struct cp_stm32_f4 *f4, uint32_t address, const uint8_t *bytes,
                         uint32_t size_bytes) {
    write_register(f4, CR, CR_PG | CR_PSIZE_X32);
    for (uint32_t done_bytes = 0; done_bytes < size_bytes;
         done_bytes += CP_STM32_F4_WRITE_SIZE_BYTES) {
        mmio_write32(address + done_bytes, cp_port_load32(bytes + done_bytes));
        mmio_barrier();
        int err = finish_operation(f4);
        if (err) {
            return err;
        }
    }
    return CP_OK;
}

static int f4_program(const struct cp_flash *flash, uint32_t offset_bytes, const void *data,
                      uint32_t size_bytes) {
    const struct cp_stm32_f4 *f4 = device_of(flash);
    const uint32_t address = f4->flash_address + offset_bytes;
    uint32_t acr;
    int err = cp_port_check_range(flash, offset_bytes, size_bytes, CP_STM32_F4_WRITE_SIZE_BYTES);
    if (err) {
        return err;
    }
    err = begin(f4, &acr);
    if (err) {
        return err;
    }
    err = end(f4, acr, program_words(f4, address, data, size_bytes));
    drop_cache(f4, address, size_bytes);
    return err ? err : cp_port_verify(f4, cp_port_read_plain, address, data, size_bytes);
}

// --- erase

static int erase_sector(const struct cp_stm32_f4 *f4, uint32_t sector) {
    const uint32_t select = CR_SER | CR_PSIZE_X32 | sector << CR_SNB_SHIFT;
    write_register(f4, CR, select);
    write_register(f4, CR, select | CR_STRT);
    mmio_barrier();
    return finish_operation(f4);
}

static int f4_erase(const struct cp_flash *flash, uint32_t offset_bytes) {
    const struct cp_stm32_f4 *f4 = device_of(flash);
    const uint32_t address = f4->flash_address + offset_bytes;
    uint32_t acr;
    int err = cp_port_check_page(flash, offset_bytes);
    if (err) {
        return err;
    }
    err = begin(f4, &acr);
    if (err) {
        return err;
    }
    const uint32_t sector = f4->first_sector + offset_bytes / flash->erase_size_bytes;
    err = end(f4, acr, erase_sector(f4, sector));
    drop_cache(f4, address, flash->erase_size_bytes);
    return err ? err
               : cp_port_verify_erased(f4, cp_port_read_plain, address, flash->erase_size_bytes,
                                       ERASED_WORD);
}

void cp_stm32_f4_flash(struct cp_flash *flash, const struct cp_stm32_f4 *f4, uint32_t size_bytes,
                       uint32_t erase_size_bytes) {
    *flash = (struct cp_flash){
        .size_bytes = size_bytes,
        .erase_size_bytes = erase_size_bytes,
        .write_size_bytes = CP_STM32_F4_WRITE_SIZE_BYTES,
        .erase_value = 0xFF,
        .reprograms_full = true,
        .read = f4_read,
        .program = f4_program,
        .erase = f4_erase,
        .device = f4,
    };
}

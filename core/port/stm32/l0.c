// l0.c: flash port for the program memory of STM32 L0 and L1; see l0.h.
//
// Two locks are opened one after the other: PECR first, then the program memory. With ERASE
// and PROG set, any store erases the page it goes to; with neither, it programs a word.
// There is no flag for an operation that failed, so everything is read back.
//
// Keys are written only to a lock that is closed. Whatever happens, no mode stays on and both
// are closed again, unless the interface never becomes ready.

#include "core/port/stm32/l0.h"

#include "core/port/mapped.h"
#include "core/port/mmio.h"

enum { PECR = 0x04, PEKEYR = 0x0C, PRGKEYR = 0x10, SR = 0x18 };

#define PEKEY1       0x89ABCDEFu
#define PEKEY2       0x02030405u
#define PRGKEY1      0x8C9DAEBFu
#define PRGKEY2      0x13141516u

#define PECR_PELOCK  (1u << 0)
#define PECR_PRGLOCK (1u << 1)
#define PECR_PROG    (1u << 3)
#define PECR_DATA    (1u << 4)
#define PECR_FIX     (1u << 8)
#define PECR_ERASE   (1u << 9)
#define PECR_FPRG    (1u << 10)
#define PECR_MODES   (PECR_PROG | PECR_DATA | PECR_FIX | PECR_ERASE | PECR_FPRG)

#define SR_BSY       (1u << 0)
#define SR_EOP       (1u << 1)
#define SR_ERRORS_L1 0x00000F00u // WRPERR, PGAERR, SIZERR, OPTVERR
#define SR_ERRORS_L0 0x00032F00u // these, RDERR, NOTZEROERR, FWWERR

#define ERASED_WORD  0x00000000u
#define ANY_WORD     0x00000000u // stored to start an erase

static const struct cp_stm32_l0 *device_of(const struct cp_flash *flash) {
    return flash->device;
}

static uint32_t errors_of(const struct cp_stm32_l0 *l0) {
    return l0->is_l1 ? SR_ERRORS_L1 : SR_ERRORS_L0;
}

static uint32_t read_register(const struct cp_stm32_l0 *l0, uint32_t offset_bytes) {
    return mmio_read32(l0->registers_address + offset_bytes);
}

static void write_register(const struct cp_stm32_l0 *l0, uint32_t offset_bytes, uint32_t value) {
    mmio_write32(l0->registers_address + offset_bytes, value);
}

// --- begin and end of all that changes the flash

static int wait_idle(const struct cp_stm32_l0 *l0) {
    return cp_port_poll(l0->registers_address + SR, SR_BSY, 0, l0->polls_max);
}

static void open_lock(const struct cp_stm32_l0 *l0, uint32_t lock, uint32_t key_register,
                      uint32_t key1, uint32_t key2) {
    if ((read_register(l0, PECR) & lock) != 0) {
        write_register(l0, key_register, key1);
        write_register(l0, key_register, key2);
    }
}

// Without the first lock open, keys for the second would be wrong ones.
static int unlock(const struct cp_stm32_l0 *l0) {
    open_lock(l0, PECR_PELOCK, PEKEYR, PEKEY1, PEKEY2);
    if ((read_register(l0, PECR) & PECR_PELOCK) != 0) {
        return CP_ERR_FLASH;
    }
    open_lock(l0, PECR_PRGLOCK, PRGKEYR, PRGKEY1, PRGKEY2);
    return (read_register(l0, PECR) & PECR_PRGLOCK) == 0 ? CP_OK : CP_ERR_FLASH;
}

// Closing the first lock closes both.
static void lock(const struct cp_stm32_l0 *l0) {
    write_register(l0, PECR, read_register(l0, PECR) | PECR_PELOCK);
}

static void set_mode(const struct cp_stm32_l0 *l0, uint32_t mode) {
    write_register(l0, PECR, (read_register(l0, PECR) & ~PECR_MODES) | mode);
}

static int begin(const struct cp_stm32_l0 *l0, uint32_t mode) {
    int err = wait_idle(l0);
    if (err) {
        return err;
    }
    // What an earlier operation left is not ours.
    write_register(l0, SR, errors_of(l0) | SR_EOP);
    err = unlock(l0);
    if (err) {
        lock(l0);
        return err;
    }
    set_mode(l0, mode);
    return CP_OK;
}

// Wait for an operation's end and see how it went.
static int finish_operation(const struct cp_stm32_l0 *l0) {
    int err = wait_idle(l0);
    if (err) {
        return err;
    }
    const uint32_t flags = read_register(l0, SR);
    write_register(l0, SR, errors_of(l0) | SR_EOP);
    return (flags & errors_of(l0)) == 0 ? CP_OK : CP_ERR_FLASH;
}

// Also after an error; the first one is the one to tell.
static int end(const struct cp_stm32_l0 *l0, int err) {
    if ((read_register(l0, SR) & SR_BSY) != 0) {
        return CP_ERR_FLASH;
    }
    set_mode(l0, 0);
    lock(l0);
    return err;
}

// --- reads

static int l0_read(const struct cp_flash *flash, uint32_t offset_bytes, void *data,
                   uint32_t size_bytes) {
    const struct cp_stm32_l0 *l0 = device_of(flash);
    int err = cp_port_check_range(flash, offset_bytes, size_bytes, 1);
    if (err) {
        return err;
    }
    return cp_port_read(l0, cp_port_read_plain, l0->flash_address + offset_bytes, data, size_bytes);
}

// --- programs

static int store_word(const struct cp_stm32_l0 *l0, uint32_t address, uint32_t word) {
    mmio_write32(address, word);
    mmio_barrier();
    return finish_operation(l0);
}

static int program_words(const struct cp_stm32_l0 *l0, uint32_t address, const uint8_t *bytes,
                         uint32_t size_bytes) {
    for (uint32_t done_bytes = 0; done_bytes < size_bytes;
         done_bytes += CP_STM32_L0_WRITE_SIZE_BYTES) {
        int err = store_word(l0, address + done_bytes, cp_port_load32(bytes + done_bytes));
        if (err) {
            return err;
        }
    }
    return CP_OK;
}

static int l0_program(const struct cp_flash *flash, uint32_t offset_bytes, const void *data,
                      uint32_t size_bytes) {
    const struct cp_stm32_l0 *l0 = device_of(flash);
    const uint32_t address = l0->flash_address + offset_bytes;
    int err = cp_port_check_range(flash, offset_bytes, size_bytes, CP_STM32_L0_WRITE_SIZE_BYTES);
    if (err) {
        return err;
    }
    err = begin(l0, 0);
    if (err) {
        return err;
    }
    err = end(l0, program_words(l0, address, data, size_bytes));
    return err ? err : cp_port_verify(l0, cp_port_read_plain, address, data, size_bytes);
}

// --- erase

static int l0_erase(const struct cp_flash *flash, uint32_t offset_bytes) {
    const struct cp_stm32_l0 *l0 = device_of(flash);
    const uint32_t address = l0->flash_address + offset_bytes;
    int err = cp_port_check_page(flash, offset_bytes);
    if (err) {
        return err;
    }
    err = begin(l0, PECR_ERASE | PECR_PROG);
    if (err) {
        return err;
    }
    err = end(l0, store_word(l0, address, ANY_WORD));
    return err ? err
               : cp_port_verify_erased(l0, cp_port_read_plain, address, flash->erase_size_bytes,
                                       ERASED_WORD);
}

void cp_stm32_l0_flash(struct cp_flash *flash, const struct cp_stm32_l0 *l0, uint32_t size_bytes,
                       uint32_t erase_size_bytes) {
    *flash = (struct cp_flash){
        .size_bytes = size_bytes,
        .erase_size_bytes = erase_size_bytes,
        .write_size_bytes = CP_STM32_L0_WRITE_SIZE_BYTES,
        .erase_value = 0x00,
        .read = l0_read,
        .program = l0_program,
        .erase = l0_erase,
        .device = l0,
    };
}

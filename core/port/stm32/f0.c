// f0.c: flash port for STM32 parts that program half-words; see f0.h.
//
// The flash takes half-words only: any other store is a bus error. One that is erased can be
// programmed once, and any may be programmed to 0x0000; all else is refused with PGERR. There
// is no flag for an operation that failed, so everything is read back.
//
// Keys are written only while CR is locked. Whatever happens, no mode stays on and CR is
// locked again, unless the interface never becomes ready: its registers cannot be written
// while it is busy.

#include "core/port/stm32/f0.h"

#include "core/port/mapped.h"
#include "core/port/mmio.h"

// Offsets from the registers of a bank.
enum { KEYR = 0x04, SR = 0x0C, CR = 0x10, AR = 0x14 };

#define BANK2_REGISTERS 0x40u // from those of bank 1

#define KEY1            0x45670123u
#define KEY2            0xCDEF89ABu

#define SR_BSY          (1u << 0)
#define SR_PGERR        (1u << 2)
#define SR_WRPRTERR     (1u << 4)
#define SR_EOP          (1u << 5)
#define SR_ERRORS       (SR_PGERR | SR_WRPRTERR)
#define SR_FLAGS        (SR_ERRORS | SR_EOP) // cleared by writing 1

#define CR_PG           (1u << 0)
#define CR_PER          (1u << 1)
#define CR_STRT         (1u << 6)
#define CR_LOCK         (1u << 7)

#define UNIT_SIZE_BYTES CP_STM32_F0_WRITE_SIZE_BYTES
#define ERASED_WORD     0xFFFFFFFFu

static const struct cp_stm32_f0 *device_of(const struct cp_flash *flash) {
    return flash->device;
}

static bool is_in_bank2(const struct cp_stm32_f0 *f0, uint32_t address) {
    return f0->bank2_address != 0 && address >= f0->bank2_address;
}

// The registers that an address is programmed and erased with.
static uint32_t registers_of(const struct cp_stm32_f0 *f0, uint32_t address) {
    return f0->registers_address + (is_in_bank2(f0, address) ? BANK2_REGISTERS : 0);
}

// --- begin and end of all that changes the flash

static int wait_idle(const struct cp_stm32_f0 *f0, uint32_t registers) {
    return cp_port_poll(registers + SR, SR_BSY, 0, f0->polls_max);
}

// Keys while CR is not locked would lock it until the next reset, as wrong keys do.
static int unlock(uint32_t registers) {
    if ((mmio_read32(registers + CR) & CR_LOCK) != 0) {
        mmio_write32(registers + KEYR, KEY1);
        mmio_write32(registers + KEYR, KEY2);
    }
    return (mmio_read32(registers + CR) & CR_LOCK) == 0 ? CP_OK : CP_ERR_FLASH;
}

static int begin(const struct cp_stm32_f0 *f0, uint32_t registers, uint32_t mode) {
    int err = wait_idle(f0, registers);
    if (err) {
        return err;
    }
    mmio_write32(registers + SR, SR_FLAGS); // what an earlier operation left is not ours
    err = unlock(registers);
    if (err) {
        return err;
    }
    mmio_write32(registers + CR, mode);
    return CP_OK;
}

// Wait for an operation's end and see how it went.
static int finish_operation(const struct cp_stm32_f0 *f0, uint32_t registers) {
    int err = wait_idle(f0, registers);
    if (err) {
        return err;
    }
    const uint32_t flags = mmio_read32(registers + SR);
    mmio_write32(registers + SR, SR_FLAGS);
    return (flags & SR_ERRORS) == 0 ? CP_OK : CP_ERR_FLASH;
}

// Also after an error; the first one is the one to tell.
static int end(uint32_t registers, int err) {
    if ((mmio_read32(registers + SR) & SR_BSY) != 0) {
        return CP_ERR_FLASH;
    }
    mmio_write32(registers + CR, 0);
    mmio_write32(registers + CR, CR_LOCK);
    return err;
}

// --- reads

static int f0_read(const struct cp_flash *flash, uint32_t offset_bytes, void *data,
                   uint32_t size_bytes) {
    const struct cp_stm32_f0 *f0 = device_of(flash);
    int err = cp_port_check_range(flash, offset_bytes, size_bytes, 1);
    if (err) {
        return err;
    }
    return cp_port_read(f0, cp_port_read_plain, f0->flash_address + offset_bytes, data, size_bytes);
}

// --- programs

static uint16_t load16(const uint8_t *bytes) {
    return (uint16_t)(bytes[0] | bytes[1] << 8);
}

static bool reads_as(uint32_t address, uint16_t half_word) {
    const uint32_t word = mmio_read32(address & ~3u);
    return (uint16_t)(word >> 8 * (address & 2u)) == half_word;
}

static int program_half_word(const struct cp_stm32_f0 *f0, uint32_t registers, uint32_t address,
                             uint16_t half_word) {
    mmio_write16(address, half_word);
    mmio_barrier();
    int err = finish_operation(f0, registers);
    if (err) {
        return err;
    }
    return reads_as(address, half_word) ? CP_OK : CP_ERR_FLASH;
}

static int program_half_words(const struct cp_stm32_f0 *f0, uint32_t registers, uint32_t address,
                              const uint8_t *bytes, uint32_t size_bytes) {
    for (uint32_t done_bytes = 0; done_bytes < size_bytes; done_bytes += UNIT_SIZE_BYTES) {
        int err =
            program_half_word(f0, registers, address + done_bytes, load16(bytes + done_bytes));
        if (err) {
            return err;
        }
    }
    return CP_OK;
}

// A range that lies in one bank.
static int program_in_bank(const struct cp_stm32_f0 *f0, uint32_t address, const uint8_t *bytes,
                           uint32_t size_bytes) {
    const uint32_t registers = registers_of(f0, address);
    int err = begin(f0, registers, CR_PG);
    if (err) {
        return err;
    }
    return end(registers, program_half_words(f0, registers, address, bytes, size_bytes));
}

// How much of a range lies in the bank that it begins in.
static uint32_t bytes_in_bank(const struct cp_stm32_f0 *f0, uint32_t address, uint32_t size_bytes) {
    if (f0->bank2_address == 0 || is_in_bank2(f0, address)) {
        return size_bytes;
    }
    const uint32_t rest_bytes = f0->bank2_address - address;
    return size_bytes < rest_bytes ? size_bytes : rest_bytes;
}

static int f0_program(const struct cp_flash *flash, uint32_t offset_bytes, const void *data,
                      uint32_t size_bytes) {
    const struct cp_stm32_f0 *f0 = device_of(flash);
    uint32_t address = f0->flash_address + offset_bytes;
    const uint8_t *bytes = data;
    int err = cp_port_check_range(flash, offset_bytes, size_bytes, UNIT_SIZE_BYTES);
    while (!err && size_bytes > 0) {
        const uint32_t count = bytes_in_bank(f0, address, size_bytes);
        err = program_in_bank(f0, address, bytes, count);
        address += count;
        bytes += count;
        size_bytes -= count;
    }
    return err;
}

// --- erase

// BSY is up one cycle after STRT only: a read of another register takes that cycle.
static int erase_page(const struct cp_stm32_f0 *f0, uint32_t registers, uint32_t address) {
    mmio_write32(registers + AR, address);
    mmio_write32(registers + CR, CR_PER | CR_STRT);
    (void)mmio_read32(registers + CR);
    return finish_operation(f0, registers);
}

static int f0_erase(const struct cp_flash *flash, uint32_t offset_bytes) {
    const struct cp_stm32_f0 *f0 = device_of(flash);
    const uint32_t address = f0->flash_address + offset_bytes;
    const uint32_t registers = registers_of(f0, address);
    int err = cp_port_check_page(flash, offset_bytes);
    if (err) {
        return err;
    }
    err = begin(f0, registers, CR_PER);
    if (err) {
        return err;
    }
    err = end(registers, erase_page(f0, registers, address));
    return err ? err
               : cp_port_verify_erased(f0, cp_port_read_plain, address, flash->erase_size_bytes,
                                       ERASED_WORD);
}

void cp_stm32_f0_flash(struct cp_flash *flash, const struct cp_stm32_f0 *f0, uint32_t size_bytes,
                       uint32_t erase_size_bytes) {
    *flash = (struct cp_flash){
        .size_bytes = size_bytes,
        .erase_size_bytes = erase_size_bytes,
        .write_size_bytes = UNIT_SIZE_BYTES,
        .erase_value = 0xFF,
        .reprograms_full = true,
        .read = f0_read,
        .program = f0_program,
        .erase = f0_erase,
        .device = f0,
    };
}

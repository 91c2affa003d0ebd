// l4.c: flash port for STM32 parts that program double words; see l4.h.
//
// An operation is refused with PGSERR if an error flag of an earlier one is still set, so
// flags are cleared before and after. Two words make one program: if anything comes between
// the two stores the controller waits for the second until a reset, so interrupts are off
// there. The caches are off during an operation and invalidated after it.
//
// Whatever happens, no mode stays on and CR is locked again, unless the controller never
// becomes ready: while it is busy CR cannot be written (G0: a HardFault).

#include "core/port/stm32/l4.h"

#include "core/port/mapped.h"
#include "core/port/mmio.h"

#define DOUBLE_WORD_SIZE_BYTES 8u
#define ERASED_WORD            0xFFFFFFFFu

#define KEY1                   0x45670123u
#define KEY2                   0xCDEF89ABu

// SR; the same bits in all families, where they exist.
#define SR_OPERR   (1u << 1)
#define SR_PROGERR (1u << 3)
#define SR_WRPERR  (1u << 4)
#define SR_PGAERR  (1u << 5)
#define SR_SIZERR  (1u << 6)
#define SR_PGSERR  (1u << 7)
#define SR_BSY     (1u << 16) // G0: of bank 1
#define SR_BSY2    (1u << 17) // G0: of bank 2
#define SR_CFGBSY  (1u << 18) // G0, WB, WL
#define SR_PESD    (1u << 19) // WB, WL: the other CPU suspends all operations

// What tells that an operation of ours failed. OPTVERR is none: WB sets it at power-up.
#define SR_FAILED          (SR_OPERR | SR_PROGERR | SR_WRPERR | SR_PGAERR | SR_SIZERR | SR_PGSERR)
#define SR_ALL_FLAGS       0xC3FBu // these, EOP, MISERR, FASTERR, RDERR, OPTVERR
#define SR_L5_FLAGS        0x20FBu // these, EOP, OPTWERR

#define CR_PG              (1u << 0)
#define CR_PER             (1u << 1)
#define CR_PNB_SHIFT       3u
#define CR_BKER            (1u << 11)
#define CR_BKER_G0         (1u << 13)
#define CR_STRT            (1u << 16)
#define CR_LOCK            (1u << 31)

#define PNB_BANK2_G0       256u // its pages are numbered from there

#define ECCR_UNCORRECTABLE (1u << 31 | 1u << 29) // ECCD; ECCD2 of the upper half of 128 bits

// ACR
#define ICEN     (1u << 9)
#define DCEN     (1u << 10)
#define ICRST    (1u << 11)
#define DCRST    (1u << 12)

#define G0_ECC2R 0x1Cu // of the second bank

// L5: the cache is a peripheral of its own (offsets and bits from memory, unverified).
enum { ICACHE_CR = 0x00, ICACHE_SR = 0x04 };
#define ICACHE_EN       (1u << 0)
#define ICACHE_CACHEINV (1u << 1)
#define ICACHE_BUSYF    (1u << 0)

// Register offsets, and the bits that differ.
struct layout {
    uint32_t keyr, sr, cr, eccr;
    uint32_t busy; // bits of SR that must be 0 before an operation is begun, and after it
    uint32_t flags;
    uint32_t bank2_select;            // of CR
    uint32_t caches_on, caches_reset; // of ACR, which is at 0
};

#define LAYOUT_L4 .keyr = 0x08, .sr = 0x10, .cr = 0x14, .eccr = 0x18, .flags = SR_ALL_FLAGS
#define CACHES_L4 .caches_on = ICEN | DCEN, .caches_reset = ICRST | DCRST

static const struct layout layouts[] = {
    [CP_STM32_FAMILY_L4] = {LAYOUT_L4, CACHES_L4, .busy = SR_BSY, .bank2_select = CR_BKER},
    [CP_STM32_FAMILY_L5] = {.keyr = 0x08,
                            .sr = 0x20,
                            .cr = 0x28,
                            .eccr = 0x30,
                            .busy = SR_BSY,
                            .flags = SR_L5_FLAGS,
                            .bank2_select = CR_BKER},
    [CP_STM32_FAMILY_G0] = {LAYOUT_L4, .busy = SR_BSY | SR_BSY2 | SR_CFGBSY,
                            .bank2_select = CR_BKER_G0 | PNB_BANK2_G0 << CR_PNB_SHIFT,
                            .caches_on = ICEN, .caches_reset = ICRST},
    [CP_STM32_FAMILY_G4] = {LAYOUT_L4, CACHES_L4, .busy = SR_BSY, .bank2_select = CR_BKER},
    [CP_STM32_FAMILY_WB] = {LAYOUT_L4, CACHES_L4, .busy = SR_BSY | SR_CFGBSY | SR_PESD},
    [CP_STM32_FAMILY_WL] = {LAYOUT_L4, CACHES_L4, .busy = SR_BSY | SR_CFGBSY | SR_PESD},
};

static const struct cp_stm32_l4 *device_of(const struct cp_flash *flash) {
    return flash->device;
}

static const struct layout *layout_of(const struct cp_stm32_l4 *dev) {
    return &layouts[dev->family];
}

// --- registers

static uint32_t read_sr(const struct cp_stm32_l4 *dev) {
    return mmio_read32(dev->registers_address + layout_of(dev)->sr);
}

static void write_sr(const struct cp_stm32_l4 *dev, uint32_t flags) {
    mmio_write32(dev->registers_address + layout_of(dev)->sr, flags);
}

static uint32_t read_cr(const struct cp_stm32_l4 *dev) {
    return mmio_read32(dev->registers_address + layout_of(dev)->cr);
}

static void write_cr(const struct cp_stm32_l4 *dev, uint32_t value) {
    mmio_write32(dev->registers_address + layout_of(dev)->cr, value);
}

static int wait_idle(const struct cp_stm32_l4 *dev) {
    const struct layout *layout = layout_of(dev);
    return cp_port_poll(dev->registers_address + layout->sr, layout->busy, 0, dev->polls_max);
}

// Wait for an operation's end and see how it went. Busy flags first: error flags are not
// there before.
static int finish_operation(const struct cp_stm32_l4 *dev) {
    int err = wait_idle(dev);
    if (err) {
        return err;
    }
    if ((read_sr(dev) & SR_FAILED) == 0) {
        return CP_OK;
    }
    write_sr(dev, layout_of(dev)->flags);
    return CP_ERR_FLASH;
}

// --- caches

// Returns ACR as it was.
static uint32_t disable_caches(const struct cp_stm32_l4 *dev) {
    const uint32_t acr = mmio_read32(dev->registers_address);
    if ((acr & layout_of(dev)->caches_on) != 0) {
        mmio_write32(dev->registers_address, acr & ~layout_of(dev)->caches_on);
    }
    return acr;
}

static int invalidate_icache(const struct cp_stm32_l4 *dev) {
    const uint32_t control = dev->icache_address + ICACHE_CR;
    if (dev->icache_address == 0 || (mmio_read32(control) & ICACHE_EN) == 0) {
        return CP_OK;
    }
    mmio_write32(control, mmio_read32(control) | ICACHE_CACHEINV);
    return cp_port_poll(dev->icache_address + ICACHE_SR, ICACHE_BUSYF, 0, dev->polls_max);
}

// A cache can be reset only while it is off.
static int reset_caches(const struct cp_stm32_l4 *dev, uint32_t acr) {
    const struct layout *layout = layout_of(dev);
    if (layout->caches_on == 0) {
        return invalidate_icache(dev);
    }
    mmio_write32(dev->registers_address, (acr & ~layout->caches_on) | layout->caches_reset);
    mmio_write32(dev->registers_address, acr & ~layout->caches_on);
    mmio_write32(dev->registers_address, acr);
    return CP_OK;
}

// --- begin and end of all that changes the flash

// Keys while CR is not locked would lock it until the next reset, as wrong keys do.
static int unlock(const struct cp_stm32_l4 *dev) {
    if ((read_cr(dev) & CR_LOCK) != 0) {
        mmio_write32(dev->registers_address + layout_of(dev)->keyr, KEY1);
        mmio_write32(dev->registers_address + layout_of(dev)->keyr, KEY2);
    }
    return (read_cr(dev) & CR_LOCK) == 0 ? CP_OK : CP_ERR_FLASH;
}

static int begin(const struct cp_stm32_l4 *dev, uint32_t *acr) {
    int err = wait_idle(dev);
    if (err) {
        return err;
    }
    write_sr(dev, layout_of(dev)->flags); // a stale one would refuse what comes now
    err = unlock(dev);
    if (err) {
        return err;
    }
    *acr = disable_caches(dev);
    return CP_OK;
}

// Also after an error; the first one is the one to tell.
static int end(const struct cp_stm32_l4 *dev, uint32_t acr, int err) {
    if ((read_sr(dev) & layout_of(dev)->busy) != 0) {
        return CP_ERR_FLASH; // only a reset ends this
    }
    write_cr(dev, 0);
    write_cr(dev, CR_LOCK);
    const int cache_err = reset_caches(dev, acr);
    return err ? err : cache_err;
}

// --- reads

static bool clear_ecc(uint32_t register_address) {
    const uint32_t eccr = mmio_read32(register_address);
    mmio_write32(register_address, eccr); // flags go, ECCIE stays
    return (eccr & ECCR_UNCORRECTABLE) != 0;
}

bool cp_stm32_l4_acknowledge_ecc(const struct cp_stm32_l4 *dev) {
    bool was_pending = clear_ecc(dev->registers_address + layout_of(dev)->eccr);
    if (dev->family == CP_STM32_FAMILY_G0 && dev->bank_size_bytes != 0) {
        was_pending = clear_ecc(dev->registers_address + G0_ECC2R) || was_pending;
    }
    return was_pending;
}

static int read_word(const void *device, uint32_t address, uint32_t *word) {
    if (mmio_read32_guarded(address, word)) {
        return CP_OK;
    }
    (void)cp_stm32_l4_acknowledge_ecc(device);
    return CP_ERR_FLASH;
}

static int l4_read(const struct cp_flash *flash, uint32_t offset_bytes, void *data,
                   uint32_t size_bytes) {
    const struct cp_stm32_l4 *dev = device_of(flash);
    int err = cp_port_check_range(flash, offset_bytes, size_bytes, 1);
    if (err) {
        return err;
    }
    return cp_port_read(dev, read_word, dev->flash_address + offset_bytes, data, size_bytes);
}

// --- programs

static int program_double_word(const struct cp_stm32_l4 *dev, uint32_t address,
                               const uint8_t *bytes) {
    const uint32_t low = cp_port_load32(bytes);
    const uint32_t high = cp_port_load32(bytes + CP_PORT_WORD_SIZE_BYTES);
    const uint32_t irq_state = mmio_irq_disable();
    mmio_write32(address, low);
    mmio_barrier(); // the lower word first
    mmio_write32(address + CP_PORT_WORD_SIZE_BYTES, high);
    mmio_barrier();
    mmio_irq_restore(irq_state);
    return finish_operation(dev);
}

static int program_range(const struct cp_stm32_l4 *dev, uint32_t address, const uint8_t *bytes,
                         uint32_t size_bytes) {
    write_cr(dev, CR_PG);
    for (uint32_t done_bytes = 0; done_bytes < size_bytes; done_bytes += DOUBLE_WORD_SIZE_BYTES) {
        int err = program_double_word(dev, address + done_bytes, bytes + done_bytes);
        if (err) {
            return err;
        }
    }
    return CP_OK;
}

static int l4_program(const struct cp_flash *flash, uint32_t offset_bytes, const void *data,
                      uint32_t size_bytes) {
    const struct cp_stm32_l4 *dev = device_of(flash);
    const uint32_t address = dev->flash_address + offset_bytes;
    uint32_t acr;
    int err = cp_port_check_range(flash, offset_bytes, size_bytes, DOUBLE_WORD_SIZE_BYTES);
    if (err) {
        return err;
    }
    err = begin(dev, &acr);
    if (err) {
        return err;
    }
    err = end(dev, acr, program_range(dev, address, data, size_bytes));
    return err ? err : cp_port_verify(dev, read_word, address, data, size_bytes);
}

// --- erase

// PER and which page: pages are counted in their bank, and PNB has bits for one bank only.
static uint32_t select_page(const struct cp_flash *flash, uint32_t offset_bytes) {
    const struct cp_stm32_l4 *dev = device_of(flash);
    uint32_t select = CR_PER;
    if (dev->bank_size_bytes != 0 && offset_bytes >= dev->bank_size_bytes) {
        select |= layout_of(dev)->bank2_select;
        offset_bytes -= dev->bank_size_bytes;
    }
    return select + (offset_bytes / flash->erase_size_bytes << CR_PNB_SHIFT);
}

static int erase_page(const struct cp_stm32_l4 *dev, uint32_t select) {
    write_cr(dev, select);
    write_cr(dev, select | CR_STRT);
    mmio_barrier();
    return finish_operation(dev);
}

static int l4_erase(const struct cp_flash *flash, uint32_t offset_bytes) {
    const struct cp_stm32_l4 *dev = device_of(flash);
    uint32_t acr;
    int err = cp_port_check_page(flash, offset_bytes);
    if (err) {
        return err;
    }
    err = begin(dev, &acr);
    if (err) {
        return err;
    }
    err = end(dev, acr, erase_page(dev, select_page(flash, offset_bytes)));
    return err ? err
               : cp_port_verify_erased(dev, read_word, dev->flash_address + offset_bytes,
                                       flash->erase_size_bytes, ERASED_WORD);
}

void cp_stm32_l4_flash(struct cp_flash *flash, const struct cp_stm32_l4 *dev, uint32_t size_bytes,
                       uint32_t erase_size_bytes) {
    *flash = (struct cp_flash){
        .size_bytes = size_bytes,
        .erase_size_bytes = erase_size_bytes,
        .write_size_bytes = DOUBLE_WORD_SIZE_BYTES,
        .erase_value = 0xFF,
        .reprograms_full = true,
        .read = l4_read,
        .program = l4_program,
        .erase = l4_erase,
        .device = dev,
    };
}

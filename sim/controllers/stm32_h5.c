// stm32_h5.c: register model of the flash interface of the STM32 H5, TrustZone off.
//
// Stores go into one write buffer of 16 bytes; when it is whole it is programmed. WBNE says
// that it is partly filled: complete it, or set FW to fill up with ones. A store elsewhere
// meanwhile raises INCERR, a byte stored twice STRBERR. A store without PG, or with PGSERR or
// INCERR not cleared, raises PGSERR and is lost with the buffer. NSSR is read-only: flags are
// cleared by NSCCR. A sector is chosen by SNB and BKSEL alone, and BKSEL means the physical
// bank, also when the banks are swapped. No flag tells of an operation that failed. An
// uncorrectable word raises NMI and sets ECCDETR.ECCD, which stays.
//
// Sources: ST register text as in embassy's stm32-data, flash_h50.yaml, and CMSIS headers;
// the conditions of PGSERR and INCERR as RM0399 has them for the same buffer in the H7.
// Assumed: writes of NSCR and stores while BSY is set, which the part stalls, are reported as
// illegal use. Not modelled: the high-cycle data area, and OPSR, which tells after a reset what it
// interrupted.

#include "sim/controllers/models.h"

#include "sim/controllers/stm32_h.h"

enum {
    ACR = 0x00,
    NSKEYR = 0x04,
    NSSR = 0x20,
    NSCR = 0x28,
    NSCCR = 0x30,
    OPTSR_CUR = 0x50,
    ECCCORR = 0x100,
    ECCDETR = 0x104,
};

#define SR_BSY           (1u << 0)
#define SR_WBNE          (1u << 1)
#define SR_EOP           (1u << 16)
#define SR_WRPERR        (1u << 17)
#define SR_PGSERR        (1u << 18)
#define SR_STRBERR       (1u << 19)
#define SR_INCERR        (1u << 20)
#define SR_OPTCHANGEERR  (1u << 23)
#define SR_BLOCKING      (SR_PGSERR | SR_INCERR)
#define SR_CLEARABLE     (SR_EOP | SR_WRPERR | SR_BLOCKING | SR_STRBERR | SR_OPTCHANGEERR)

#define CR_LOCK          (1u << 0)
#define CR_PG            (1u << 1)
#define CR_SER           (1u << 2)
#define CR_BER           (1u << 3)
#define CR_FW            (1u << 4)
#define CR_STRT          (1u << 5)
#define CR_SNB_SHIFT     6
#define CR_SNB_MASK      0x7Fu
#define CR_SNB           (CR_SNB_MASK << CR_SNB_SHIFT)
#define CR_MER           (1u << 15)
#define CR_INTERRUPTS    0x00FF0000u
#define CR_BKSEL         (1u << 31)
#define CR_ERASES        (CR_SER | CR_BER | CR_MER)
#define CR_KEPT          (CR_PG | CR_ERASES | CR_SNB | CR_INTERRUPTS | CR_BKSEL)

#define ECC_BANK_2       (1u << 22)
#define ECC_ECCD         (1u << 31)
#define ECC_ADDRESS_MASK 0xFFFFu

#define OPTSR_SWAP_BANK  (1u << 31)

#define UNIT_SIZE_BYTES  16u
#define BUSY_POLLS       2u

#define CR_RESERVED      (~(CR_KEPT | CR_FW | CR_STRT | CR_LOCK))

struct h5 {
    uint32_t optsr; // of the option bytes: no reset changes it
    uint32_t cr, sr, eccdetr;
    struct stm32_keys keys;
    struct stm32_buffer buffer;
    uint32_t busy_polls;
    struct stm32_icache icache;
};

_Static_assert(sizeof(struct h5) <= CP_CONTROLLER_STATE_MAX_BYTES, "the state has room");

static struct h5 *h5_of(const struct cp_access *access) {
    return (struct h5 *)(void *)access->device->state;
}

static void reset(struct cp_device *device, bool power_lost) {
    (void)power_lost; // it is part of the MCU
    struct h5 *h5 = (struct h5 *)(void *)device->state;
    *h5 = (struct h5){.optsr = h5->optsr, .cr = CR_LOCK};
}

// --- banks

static uint32_t bank_size_bytes(const struct cp_access *access) {
    const struct cp_part *part = &access->device->part;
    return part->bank_size_bytes ? part->bank_size_bytes : part->size_bytes;
}

static bool is_swapped(const struct cp_access *access) {
    return (h5_of(access)->optsr & OPTSR_SWAP_BANK) != 0;
}

static bool is_in_bank_2(const struct cp_access *access, uint32_t offset_bytes) {
    return (offset_bytes >= bank_size_bytes(access)) != is_swapped(access);
}

// --- reads of registers

static uint32_t read_status(struct h5 *h5) {
    uint32_t sr = h5->sr | (h5->buffer.bytes ? SR_WBNE : 0);
    if (h5->busy_polls > 0) {
        sr |= SR_BSY;
        h5->busy_polls--;
    }
    return sr;
}

static uint32_t read(const struct cp_access *access, uint32_t window, uint32_t offset_bytes) {
    struct h5 *h5 = h5_of(access);
    if (window == 1) {
        return cp_stm32_icache_read(access, &h5->icache, offset_bytes);
    }
    switch (offset_bytes) {
    case ACR: return 0;
    case NSKEYR: return 0;
    case NSSR: return read_status(h5);
    case NSCR: return h5->cr;
    case NSCCR: return 0;
    case OPTSR_CUR: return h5->optsr;
    case ECCCORR: return 0;
    case ECCDETR: return h5->eccdetr;
    default:
        cp_bus_illegal(access, "RM0481, FLASH registers",
                       "read of FLASH + 0x%x, a register that is not there with TrustZone off, or "
                       "that this model does not have",
                       (unsigned)offset_bytes);
        return 0;
    }
}

// --- operations

static bool is_busy(const struct cp_access *access, const char *what) {
    if (h5_of(access)->busy_polls == 0) {
        return false;
    }
    cp_bus_illegal(access, "RM0481, FLASH program and erase",
                   "%s while an operation runs: poll BSY first", what);
    return true;
}

// CP_DONE_REPORTED is as good as silent: there is no flag for it.
static void end_operation(const struct cp_access *access, enum cp_done done) {
    struct h5 *h5 = h5_of(access);
    if (done == CP_DONE_REFUSED) {
        h5->sr |= SR_WRPERR;
        return;
    }
    h5->busy_polls = BUSY_POLLS;
    h5->sr |= SR_EOP;
    cp_stm32_icache_age(&h5->icache);
}

static void program_unit(const struct cp_access *access) {
    struct h5 *h5 = h5_of(access);
    end_operation(access, cp_stm32_buffer_program(access, &h5->buffer, UNIT_SIZE_BYTES));
}

static void erase_sector(const struct cp_access *access) {
    struct h5 *h5 = h5_of(access);
    const uint32_t sector = h5->cr >> CR_SNB_SHIFT & CR_SNB_MASK;
    const uint32_t within_bytes = sector * access->device->part.erase_size_bytes;
    const bool second = (h5->cr & CR_BKSEL) != 0;
    const bool is_single = access->device->part.bank_size_bytes == 0;
    if (within_bytes >= bank_size_bytes(access) || (second && is_single)) {
        cp_bus_illegal(access, "RM0481, FLASH_NSCR",
                       "erase of sector %u of bank %d: no such sector", (unsigned)sector,
                       second ? 2 : 1);
        return;
    }
    const bool upper = second != is_swapped(access);
    const uint32_t offset_bytes = within_bytes + (upper ? bank_size_bytes(access) : 0);
    end_operation(access, cp_bus_erase(access, offset_bytes, 0));
}

static void start(const struct cp_access *access) {
    struct h5 *h5 = h5_of(access);
    const uint32_t erases = h5->cr & CR_ERASES;
    if (erases == CR_SER) {
        erase_sector(access);
    } else if ((erases & CR_MER) != 0 && erases != CR_MER) {
        h5->sr |= SR_PGSERR;
    } else if (erases != 0) {
        cp_bus_illegal(access, "RM0481, FLASH_NSCR",
                       "bank or mass erase: it takes the bootloader or STATE with it");
    }
}

static void write_control(const struct cp_access *access, uint32_t value) {
    struct h5 *h5 = h5_of(access);
    if (is_busy(access, "NSCR written")) {
        return;
    }
    if (value & CR_RESERVED) {
        cp_bus_illegal(access, "RM0481, FLASH_NSCR", "reserved bits 0x%x of NSCR set",
                       (unsigned)(value & CR_RESERVED));
    }
    if (h5->cr & CR_LOCK) {
        return; // a locked register keeps what it has
    }
    if (value & CR_LOCK) {
        h5->cr |= CR_LOCK;
        return;
    }
    h5->cr = value & CR_KEPT;
    if ((value & CR_FW) != 0 && h5->buffer.bytes != 0) {
        program_unit(access);
    } else if (value & CR_STRT) {
        start(access);
    }
}

static void write_key(const struct cp_access *access, uint32_t value) {
    struct h5 *h5 = h5_of(access);
    if (cp_stm32_keys_write(access, "RM0481, FLASH_NSKEYR", &h5->keys, (h5->cr & CR_LOCK) != 0,
                            value)) {
        h5->cr &= ~CR_LOCK;
    }
}

static void refuse_write(const struct cp_access *access, uint32_t offset_bytes) {
    if (offset_bytes == NSSR) {
        cp_bus_illegal(access, "RM0481, FLASH_NSCCR",
                       "NSSR written, which is read-only: flags are cleared by NSCCR");
        return;
    }
    cp_bus_illegal(access, "RM0481, FLASH registers",
                   "write of FLASH + 0x%x, a register that is not there with TrustZone off, is "
                   "read-only, or that this model does not have",
                   (unsigned)offset_bytes);
}

static void write(const struct cp_access *access, uint32_t window, uint32_t offset_bytes,
                  uint32_t value, uint32_t width_bytes) {
    struct h5 *h5 = h5_of(access);
    if (width_bytes != 4) {
        cp_bus_illegal(access, "RM0481, FLASH registers", "a register written by less than a word");
        return;
    }
    if (window == 1) {
        cp_stm32_icache_write(access, &h5->icache, offset_bytes, value);
        return;
    }
    switch (offset_bytes) {
    case ACR: break;
    case NSKEYR: write_key(access, value); break;
    case NSCR: write_control(access, value); break;
    case NSCCR: h5->sr &= ~(value & SR_CLEARABLE); break;
    case ECCCORR: break;
    case ECCDETR: h5->eccdetr = value & ECC_ECCD ? 0 : h5->eccdetr; break;
    default: refuse_write(access, offset_bytes);
    }
}

// --- the mapped flash

static void store(const struct cp_access *access, uint32_t offset_bytes, uint32_t value,
                  uint32_t width_bytes) {
    struct h5 *h5 = h5_of(access);
    if (is_busy(access, "store to flash")) {
        return;
    }
    if ((h5->cr & CR_PG) == 0 || (h5->sr & SR_BLOCKING) != 0) {
        h5->sr |= SR_PGSERR;
        cp_stm32_buffer_drop(&h5->buffer);
        return;
    }
    const uint32_t put =
        cp_stm32_buffer_put(&h5->buffer, UNIT_SIZE_BYTES, offset_bytes, value, width_bytes);
    h5->sr |= put & STM32_BUFFER_ELSEWHERE ? SR_INCERR : 0;
    h5->sr |= put & STM32_BUFFER_AGAIN ? SR_STRBERR : 0;
    if (put & STM32_BUFFER_FULL) {
        program_unit(access);
    }
}

static void load(const struct cp_access *access, uint32_t offset_bytes) {
    (void)offset_bytes;
    cp_stm32_icache_load(access, &h5_of(access)->icache);
}

static void uncorrectable(const struct cp_access *access, uint32_t offset_bytes) {
    struct h5 *h5 = h5_of(access);
    if (h5->eccdetr & ECC_ECCD) {
        cp_bus_illegal(access, "RM0481, FLASH_ECCDETR",
                       "a word that cannot be corrected is read while ECCD still tells of another: "
                       "the NMI handler must clear it");
        return;
    }
    const uint32_t unit = offset_bytes % bank_size_bytes(access) / UNIT_SIZE_BYTES;
    h5->eccdetr = ECC_ECCD | (unit & ECC_ADDRESS_MASK) |
                  (is_in_bank_2(access, offset_bytes) ? ECC_BANK_2 : 0);
}

static const char *left_open(const struct cp_device *device) {
    const struct h5 *h5 = (const struct h5 *)(const void *)device->state;
    if ((h5->cr & CR_LOCK) == 0) {
        return "NSCR unlocked, where a stray store can change the flash and new keys fault,";
    }
    if ((h5->cr & (CR_PG | CR_ERASES)) != 0) {
        return "PG, SER, BER or MER set in NSCR, which LOCK does not undo,";
    }
    if (h5->buffer.bytes != 0) {
        return "a partly filled write buffer, where the next store is an inconsistency,";
    }
    return h5->icache.is_stale ? "an ICACHE older than the flash" : NULL;
}

const struct cp_controller_model cp_model_stm32_h5 = {
    .name = "stm32-h5",
    .state_size_bytes = sizeof(struct h5),
    .windows = {{0, 0x400}, {CP_STM32_ICACHE_ADDRESS, CP_STM32_ICACHE_SIZE_BYTES}},
    .reset = reset,
    .read = read,
    .write = write,
    .store = store,
    .load = load,
    .uncorrectable = uncorrectable,
    .left_open = left_open,
};

// stm32_f4.c: register model of the flash of STM32 F2, F4 and F7.
//
// Enforced, from RM0090 (F4) where nothing else is said, and taken to hold for all these
// families:
//   - keys: a wrong one, or (from memory, unverified) any while CR is not locked, locks CR
//     until a reset and faults;
//   - a store is as wide as PSIZE says, else PGPERR; without PG, or with another mode, PGSERR
//     (from memory, unverified). Neither is performed;
//   - STRT without a mode: F2 and F4 forbid it and have no flag; F7 has ERSERR (from memory,
//     unverified);
//   - the sector erased is the one that CR.SNB says; those of the second bank begin with 16;
//   - CR cannot be written, and nothing stored, while BSY;
//   - the caches of ACR are stale after an operation until they are reset while off. They are
//     on from the start here, as the start-up code of a firmware leaves them. On an F4 with
//     two banks the D-cache must be off during an operation (errata 2.2.12 of STM32F42x).
// PGAERR needs an access that crosses a row of 128 bits, which no aligned one does. There is no
// flag for an operation that failed. The caches of the F7's CPU are not modelled.

#include "sim/controllers/models.h"

enum {
    ACR = 0x00,
    KEYR = 0x04,
    SR = 0x0C,
    CR = 0x10,
    OPTCR = 0x14,
    OPTCR1 = 0x18,
};

#define SR_EOP      (1u << 0)
#define SR_OPERR    (1u << 1)
#define SR_WRPERR   (1u << 4)
#define SR_PGPERR   (1u << 6)
#define SR_PGSERR   (1u << 7) // F7: ERSERR
#define SR_BSY      (1u << 16)
#define SR_FLAGS    0x1F3u

#define CR_PG       (1u << 0)
#define CR_SER      (1u << 1)
#define CR_MER      (1u << 2)
#define CR_MER2     (1u << 15) // where there are two banks
#define CR_STRT     (1u << 16)
#define CR_EOPIE    (1u << 24)
#define CR_ERRIE    (1u << 25)
#define CR_LOCK     (1u << 31)
#define CR_MODES    (CR_PG | CR_SER | CR_MER | CR_MER2)
#define CR_ONE_BANK 0x0300037Fu // PG, SER, MER, SNB of 4 bits, PSIZE, EOPIE, ERRIE
#define CR_TWO_MORE 0x00008080u // the fifth bit of SNB, MER2

#define ICEN        (1u << 9) // F7: the ART
#define DCEN        (1u << 10)
#define ICRST       (1u << 11)
#define DCRST       (1u << 12)

#define KEY1        0x45670123u
#define KEY2        0xCDEF89ABu

enum { KEYS_NONE, KEYS_FIRST, KEYS_LOCKED_OUT };
enum { STALE_CODE = 1, STALE_DATA = 2 };

#define BANK2_SECTOR    16u
#define OPTCR_AT_RESET  0x0FFFAAEDu // a bit of nWRP (27..16) that is 0 protects its sector
#define OPTCR1_AT_RESET 0x0FFF0000u
#define BUSY_POLLS      2u // so that one look is not enough

// tests/unit/test_port_stm32_f4.c knows how this is laid out.
struct f4 {
    uint32_t sr, cr, acr;
    uint32_t optcr, optcr1;
    uint32_t eop_at_end; // the operation under way sets EOP
    uint32_t busy_polls;
    uint32_t stale; // caches that hold what was there before
    uint32_t keys;
};

static struct f4 *f4_of(const struct cp_access *access) {
    return (struct f4 *)(void *)access->device->state;
}

static bool is_f7(const struct cp_device *device) {
    return device->part.controller == CP_CONTROLLER_STM32_F7;
}

static const char *manual_of(const struct cp_access *access) {
    switch (access->device->part.family[6]) { // of "STM32F4"
    case '2': return "RM0033";
    case '7': return "RM0410";
    default: return "RM0090";
    }
}

static void reset(struct cp_device *device, bool power_lost) {
    (void)power_lost; // it is part of the MCU
    *(struct f4 *)(void *)device->state = (struct f4){
        .cr = CR_LOCK,
        .acr = is_f7(device) ? ICEN : ICEN | DCEN,
        .optcr = OPTCR_AT_RESET,
        .optcr1 = OPTCR1_AT_RESET,
    };
}

// OPERR comes with the others where it is to interrupt.
static void set_error(struct f4 *f4, uint32_t flag) {
    f4->sr |= flag | ((f4->cr & CR_ERRIE) != 0 ? SR_OPERR : 0);
}

// --- operations

static void begin_operation(const struct cp_access *access) {
    struct f4 *f4 = f4_of(access);
    f4->busy_polls = BUSY_POLLS;
    f4->eop_at_end = (f4->cr & CR_EOPIE) != 0;
    f4->stale = is_f7(access->device) ? STALE_CODE : STALE_CODE | STALE_DATA;
}

static uint32_t read_sr(struct f4 *f4) {
    const uint32_t sr = f4->sr;
    if (f4->busy_polls == 0) {
        return sr;
    }
    if (--f4->busy_polls == 0) {
        f4->sr |= f4->eop_at_end ? SR_EOP : 0;
        f4->cr &= ~CR_STRT;
    }
    return sr | SR_BSY;
}

static bool is_busy(const struct cp_access *access, const char *what) {
    if (f4_of(access)->busy_polls == 0) {
        return false;
    }
    cp_bus_illegal(access, manual_of(access), "%s while BSY: poll SR first", what);
    return true;
}

static bool has_two_banks(const struct cp_part *part) {
    return part->bank_size_bytes != 0;
}

static bool is_in_bank2(const struct cp_part *part, uint32_t offset_bytes) {
    return has_two_banks(part) && offset_bytes >= part->bank_size_bytes;
}

// How many pages bank 1 has.
static uint32_t pages_of_bank1(const struct cp_part *part) {
    return has_two_banks(part) ? cp_part_page(part, part->bank_size_bytes).index
                               : cp_part_page_count(part);
}

// F4: a bit for each sector, in a register for each bank. F7 with two banks: six bits for
// each, two sectors a bit (from memory, unverified).
static bool is_protected(const struct cp_access *access, uint32_t offset_bytes) {
    const struct cp_part *part = &access->device->part;
    const struct f4 *f4 = f4_of(access);
    const bool is_second = is_in_bank2(part, offset_bytes);
    uint32_t sector =
        cp_part_page(part, offset_bytes).index - (is_second ? pages_of_bank1(part) : 0);
    uint32_t nwrp = is_second ? f4->optcr1 : f4->optcr;
    if (is_f7(access->device)) {
        nwrp = f4->optcr;
        sector = has_two_banks(part) ? sector / 2 + (is_second ? 6 : 0) : sector;
    }
    return (nwrp >> (16 + sector) & 1u) == 0;
}

static void check_dcache(const struct cp_access *access) {
    if (!is_f7(access->device) && has_two_banks(&access->device->part) &&
        (f4_of(access)->acr & DCEN) != 0) {
        cp_bus_illegal(access, "STM32F42x errata 2.2.12",
                       "operation with the D-cache on, which it can corrupt on a part with two "
                       "banks");
    }
}

// --- erase

// The sector that CR selects; of size 0 if there is none.
static struct cp_page selected_page(const struct cp_access *access) {
    const struct cp_part *part = &access->device->part;
    const uint32_t number = f4_of(access)->cr >> 3 & 0x1Fu;
    const uint32_t pages = pages_of_bank1(part);
    if (number < BANK2_SECTOR) {
        return number < pages ? cp_part_page_at(part, number) : (struct cp_page){0, 0, 0, 0};
    }
    if (!has_two_banks(part)) {
        return (struct cp_page){0, 0, 0, 0};
    }
    return cp_part_page_at(part, number - BANK2_SECTOR + pages);
}

static void erase_sector(const struct cp_access *access) {
    const struct cp_page page = selected_page(access);
    if (page.size_bytes == 0) {
        cp_bus_illegal(access, manual_of(access),
                       "erase of sector %u, which the part does not have",
                       (unsigned)(f4_of(access)->cr >> 3 & 0x1Fu));
        return;
    }
    check_dcache(access);
    if (is_protected(access, page.offset_bytes)) {
        set_error(f4_of(access), SR_WRPERR);
    } else if (cp_bus_erase(access, page.offset_bytes, 0) != CP_DONE_REFUSED) {
        begin_operation(access);
    }
}

static void start(const struct cp_access *access) {
    struct f4 *f4 = f4_of(access);
    if ((f4->cr & (CR_MER | CR_MER2)) != 0) {
        cp_bus_illegal(access, manual_of(access),
                       "mass erase: it takes the sectors of the bootloader with it");
    } else if ((f4->cr & CR_PG) != 0) {
        set_error(f4, SR_PGSERR);
    } else if ((f4->cr & CR_SER) != 0) {
        erase_sector(access);
    } else if (is_f7(access->device)) {
        set_error(f4, SR_PGSERR);
    } else {
        cp_bus_illegal(access, manual_of(access), "CR.STRT without SER or MER");
    }
    if (f4->busy_polls == 0) {
        f4->cr &= ~CR_STRT;
    }
}

// --- programs

// A narrow store leaves the rest of its word as it is.
static uint32_t widened(uint32_t offset_bytes, uint32_t value, uint32_t width_bytes) {
    if (width_bytes == 4) {
        return value;
    }
    const uint32_t shift = 8 * (offset_bytes & 3u);
    const uint32_t mask = ((1u << 8 * width_bytes) - 1) << shift;
    return (value << shift & mask) | ~mask;
}

static void program(const struct cp_access *access, uint32_t offset_bytes, uint32_t word) {
    check_dcache(access);
    if (is_protected(access, offset_bytes)) {
        set_error(f4_of(access), SR_WRPERR);
    } else if (cp_bus_program(access, offset_bytes & ~3u, &word, 1) != CP_DONE_REFUSED) {
        begin_operation(access);
    }
}

static void store(const struct cp_access *access, uint32_t offset_bytes, uint32_t value,
                  uint32_t width_bytes) {
    struct f4 *f4 = f4_of(access);
    if (is_busy(access, "store to flash")) {
        return;
    }
    if ((f4->cr & CR_MODES) != CR_PG) {
        set_error(f4, SR_PGSERR);
    } else if (width_bytes != 1u << (f4->cr >> 8 & 3u)) {
        set_error(f4, SR_PGPERR);
    } else {
        program(access, offset_bytes, widened(offset_bytes, value, width_bytes));
    }
}

// --- registers

static void lock_out(const struct cp_access *access, const char *why) {
    struct f4 *f4 = f4_of(access);
    f4->cr = (f4->cr & ~CR_MODES) | CR_LOCK;
    f4->keys = KEYS_LOCKED_OUT;
    cp_bus_fault(access, manual_of(access), "%s: bus error, and CR stays locked until a reset",
                 why);
}

static void write_keyr(const struct cp_access *access, uint32_t value) {
    struct f4 *f4 = f4_of(access);
    if (f4->keys == KEYS_LOCKED_OUT) {
        lock_out(access, "key after a wrong key");
    } else if ((f4->cr & CR_LOCK) == 0) {
        lock_out(access, "key while CR is not locked");
    } else if (value != (f4->keys == KEYS_NONE ? KEY1 : KEY2)) {
        lock_out(access, "wrong key");
    } else if (f4->keys == KEYS_NONE) {
        f4->keys = KEYS_FIRST;
    } else {
        f4->keys = KEYS_NONE;
        f4->cr &= ~CR_LOCK;
    }
}

// While CR is locked a write is ignored.
static void write_cr(const struct cp_access *access, uint32_t value) {
    struct f4 *f4 = f4_of(access);
    uint32_t kept = CR_ONE_BANK | (has_two_banks(&access->device->part) ? CR_TWO_MORE : 0);
    if (is_busy(access, "CR written") || (f4->cr & CR_LOCK) != 0) {
        return;
    }
    if ((value & ~(kept | CR_STRT | CR_LOCK)) != 0) {
        cp_bus_illegal(access, manual_of(access), "CR = 0x%x: bits that this part does not have",
                       (unsigned)value);
    }
    f4->cr = value & (kept | CR_STRT | CR_LOCK);
    if ((value & CR_STRT) != 0) {
        start(access);
    }
}

// A cache is reset only while it is off.
static void write_acr(const struct cp_access *access, uint32_t value) {
    struct f4 *f4 = f4_of(access);
    if ((value & ICRST) != 0 && (f4->acr & ICEN) == 0) {
        f4->stale &= ~(uint32_t)STALE_CODE;
    }
    if ((value & DCRST) != 0 && (f4->acr & DCEN) == 0) {
        f4->stale &= ~(uint32_t)STALE_DATA;
    }
    f4->acr = value;
}

static uint32_t read(const struct cp_access *access, uint32_t window, uint32_t offset_bytes) {
    (void)window;
    struct f4 *f4 = f4_of(access);
    switch (offset_bytes) {
    case ACR: return f4->acr;
    case SR: return read_sr(f4);
    case CR: return f4->cr;
    case OPTCR: return f4->optcr;
    case OPTCR1: return f4->optcr1;
    default:
        cp_bus_illegal(access, manual_of(access),
                       "read of FLASH + 0x%x, a register it does not have or that is write-only",
                       (unsigned)offset_bytes);
        return 0;
    }
}

static void write_register(const struct cp_access *access, uint32_t offset_bytes, uint32_t value) {
    switch (offset_bytes) {
    case ACR: write_acr(access, value); break;
    case KEYR: write_keyr(access, value); break;
    case SR: f4_of(access)->sr &= ~(value & SR_FLAGS); break;
    case CR: write_cr(access, value); break;
    default:
        cp_bus_illegal(access, manual_of(access),
                       "write of FLASH + 0x%x, a register it does not have or that is for option "
                       "bytes",
                       (unsigned)offset_bytes);
    }
}

static void write(const struct cp_access *access, uint32_t window, uint32_t offset_bytes,
                  uint32_t value, uint32_t width_bytes) {
    (void)window;
    if (width_bytes != 4) {
        cp_bus_illegal(access, manual_of(access),
                       "%u-byte write of FLASH + 0x%x: registers are written as words",
                       (unsigned)width_bytes, (unsigned)offset_bytes);
        return;
    }
    write_register(access, offset_bytes, value);
}

// --- reads of the flash, and the hand-over

static void load(const struct cp_access *access, uint32_t offset_bytes) {
    const struct f4 *f4 = f4_of(access);
    if ((f4->acr & DCEN) != 0 && (f4->stale & STALE_DATA) != 0) {
        cp_bus_illegal(access, manual_of(access),
                       "read of 0x%x through the D-cache, which was not reset since the flash "
                       "changed",
                       (unsigned)offset_bytes);
    }
}

static const char *left_open(const struct cp_device *device) {
    const struct f4 *f4 = (const struct f4 *)(const void *)device->state;
    if (f4->busy_polls > 0) {
        return "an operation still running";
    }
    if ((f4->cr & CR_MODES) != 0) {
        return "CR.PG, SER or MER still set";
    }
    if ((f4->cr & CR_LOCK) == 0) {
        return "CR not locked: a stray store could change the flash";
    }
    return f4->stale != 0 ? "a cache that was not reset since the flash changed" : NULL;
}

const struct cp_controller_model cp_model_stm32_f4 = {
    .name = "stm32-f4",
    .windows = {{0, 0x400}},
    .state_size_bytes = sizeof(struct f4),
    .reset = reset,
    .read = read,
    .write = write,
    .store = store,
    .load = load,
    .left_open = left_open,
};

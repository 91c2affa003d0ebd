// stm32_u5.c: register model of the flash interface of the STM32 U5, TrustZone off.
//
// A quad word of 16 bytes is programmed by four word stores in ascending order; between the
// first and the last NSSR.WDW is set, and nothing but the missing stores or a reset ends that.
// A quad word that is not blank takes zeros only, else PROGERR. The first error flag blocks
// every later program with PGSERR until it is cleared. EOP and OPERR are set only with their
// interrupt enables. A page is chosen by PNB and BKER alone: an index that is wrong erases
// the wrong page. An uncorrectable word raises NMI and sets ECCR.ECCD, which stays.
//
// Sources: ST register text as in embassy's stm32-data, flash_u5.yaml; sequences as ST's HAL
// has them. Assumed: BSY shows one poll after WDW; writes of NSCR and stores while an
// operation runs, which the part stalls or drops, are reported as illegal use. Not modelled:
// OPSR, which tells after a reset what it interrupted, and bursts.

#include "sim/controllers/models.h"

#include "sim/controllers/stm32_h.h"

enum {
    ACR = 0x00,
    NSKEYR = 0x08,
    NSSR = 0x20,
    NSCR = 0x28,
    ECCR = 0x30,
    OPTR = 0x40,
};

#define SR_EOP          (1u << 0)
#define SR_OPERR        (1u << 1)
#define SR_PROGERR      (1u << 3)
#define SR_WRPERR       (1u << 4)
#define SR_PGAERR       (1u << 5)
#define SR_SIZERR       (1u << 6)
#define SR_PGSERR       (1u << 7)
#define SR_OPTWERR      (1u << 13)
#define SR_BSY          (1u << 16)
#define SR_WDW          (1u << 17)
#define SR_BLOCKING     (SR_PROGERR | SR_WRPERR | SR_PGAERR | SR_SIZERR | SR_PGSERR)
#define SR_CLEARABLE    (SR_EOP | SR_OPERR | SR_BLOCKING | SR_OPTWERR)

#define CR_PG           (1u << 0)
#define CR_PER          (1u << 1)
#define CR_MER1         (1u << 2)
#define CR_PNB_SHIFT    3
#define CR_PNB_MASK     0xFFu
#define CR_PNB          (CR_PNB_MASK << CR_PNB_SHIFT)
#define CR_BKER         (1u << 11)
#define CR_MER2         (1u << 15)
#define CR_STRT         (1u << 16)
#define CR_EOPIE        (1u << 24)
#define CR_ERRIE        (1u << 25)
#define CR_LOCK         (1u << 31)
#define CR_ERASES       (CR_PER | CR_MER1 | CR_MER2)
#define CR_KEPT         (CR_PG | CR_ERASES | CR_PNB | CR_BKER | CR_EOPIE | CR_ERRIE)

#define ECCR_BANK_2     (1u << 21)
#define ECCR_ECCIE      (1u << 24)
#define ECCR_ECCC       (1u << 30)
#define ECCR_ECCD       (1u << 31)

#define ADDRESS_MASK    0xFFFFFu

#define OPTR_SWAP_BANK  (1u << 20)
#define OPTR_DUALBANK   (1u << 21)

#define QUAD_SIZE_BYTES 16u
#define BUSY_POLLS      3u // one with WDW alone, two with BSY as well

// BWR, OPTSTRT, OBL_LAUNCH and OPTLOCK are there, and not modelled.
#define CR_RESERVED (~(CR_KEPT | CR_STRT | CR_LOCK | 0x48024000u))

struct u5 {
    uint32_t optr; // of the option bytes: no reset changes it
    uint32_t cr, sr, eccr;
    struct stm32_keys keys;
    uint32_t busy_polls;
    uint32_t sr_at_end; // flags that come up when the operation is over
    uint32_t words[4], count, at;
    uint32_t was_open; // interrupts were enabled between two stores of this quad word
    struct stm32_icache icache;
};

_Static_assert(sizeof(struct u5) <= CP_CONTROLLER_STATE_MAX_BYTES, "the state has room");

static struct u5 *u5_of(const struct cp_access *access) {
    return (struct u5 *)(void *)access->device->state;
}

static void reset(struct cp_device *device, bool power_lost) {
    (void)power_lost; // it is part of the MCU
    struct u5 *u5 = (struct u5 *)(void *)device->state;
    *u5 = (struct u5){.optr = u5->optr, .cr = CR_LOCK};
}

// --- banks

static uint32_t bank_size_bytes(const struct cp_access *access) {
    const struct cp_part *part = &access->device->part;
    return part->bank_size_bytes ? part->bank_size_bytes : part->size_bytes;
}

// SWAP_BANK exchanges where the banks are mapped, not what BKER calls them.
static bool is_swapped(const struct cp_access *access) {
    return (u5_of(access)->optr & OPTR_SWAP_BANK) != 0;
}

static bool is_in_bank_2(const struct cp_access *access, uint32_t offset_bytes) {
    return (offset_bytes >= bank_size_bytes(access)) != is_swapped(access);
}

static uint32_t address_bits(const struct cp_access *access, uint32_t offset_bytes,
                             uint32_t bank_2_bit) {
    return (offset_bytes % bank_size_bytes(access) & ADDRESS_MASK) |
           (is_in_bank_2(access, offset_bytes) ? bank_2_bit : 0);
}

// --- status

static uint32_t read_status(struct u5 *u5) {
    uint32_t sr = u5->sr | (u5->count > 0 ? SR_WDW : 0);
    if (u5->busy_polls > 0) {
        sr |= SR_WDW | (u5->busy_polls < BUSY_POLLS ? SR_BSY : 0);
        u5->busy_polls--;
        if (u5->busy_polls == 0) {
            u5->sr |= u5->sr_at_end;
            u5->sr_at_end = 0;
        }
    }
    return sr;
}

static uint32_t read(const struct cp_access *access, uint32_t window, uint32_t offset_bytes) {
    struct u5 *u5 = u5_of(access);
    if (window == 1) {
        return cp_stm32_icache_read(access, &u5->icache, offset_bytes);
    }
    switch (offset_bytes) {
    case ACR: return 0;
    case NSKEYR: return 0;
    case NSSR: return read_status(u5);
    case NSCR: return u5->cr;
    case ECCR: return u5->eccr;
    case OPTR: return u5->optr | (access->device->part.bank_size_bytes ? OPTR_DUALBANK : 0);
    default:
        cp_bus_illegal(access, "RM0456, FLASH registers",
                       "read of FLASH + 0x%x, a register that is not there with TrustZone off, or "
                       "that this model does not have",
                       (unsigned)offset_bytes);
        return 0;
    }
}

// --- operations

static bool is_busy(const struct cp_access *access, const char *what) {
    if (u5_of(access)->busy_polls == 0) {
        return false;
    }
    cp_bus_illegal(access, "RM0456, FLASH program and erase",
                   "%s while an operation runs: poll BSY and WDW first", what);
    return true;
}

static void end_operation(const struct cp_access *access, enum cp_done done) {
    struct u5 *u5 = u5_of(access);
    if (done == CP_DONE_REFUSED) {
        u5->sr |= SR_WRPERR;
        return;
    }
    u5->busy_polls = BUSY_POLLS;
    cp_stm32_icache_age(&u5->icache);
    if (done == CP_DONE_REPORTED) {
        u5->sr_at_end = u5->cr & CR_ERRIE ? SR_OPERR : 0;
    } else {
        u5->sr_at_end = u5->cr & CR_EOPIE ? SR_EOP : 0;
    }
}

static void erase_page(const struct cp_access *access) {
    struct u5 *u5 = u5_of(access);
    const uint32_t page = u5->cr >> CR_PNB_SHIFT & CR_PNB_MASK;
    const uint32_t within_bytes = page * access->device->part.erase_size_bytes;
    const bool second = (u5->cr & CR_BKER) != 0;
    const bool is_single = access->device->part.bank_size_bytes == 0;
    if (within_bytes >= bank_size_bytes(access) || (second && is_single)) {
        cp_bus_illegal(access, "RM0456, FLASH_NSCR", "erase of page %u of bank %d: no such page",
                       (unsigned)page, second ? 2 : 1);
        return;
    }
    const bool upper = second != is_swapped(access);
    const uint32_t offset_bytes = within_bytes + (upper ? bank_size_bytes(access) : 0);
    end_operation(access, cp_bus_erase(access, offset_bytes, 0));
}

static void start(const struct cp_access *access) {
    struct u5 *u5 = u5_of(access);
    const uint32_t erases = u5->cr & CR_ERASES;
    if (erases == 0 || (u5->cr & CR_PG) != 0 || (u5->sr & SR_BLOCKING) != 0) {
        u5->sr |= SR_PGSERR;
    } else if (erases != CR_PER) {
        cp_bus_illegal(access, "RM0456, FLASH_NSCR",
                       "mass erase: it takes the bootloader or STATE with it");
    } else {
        erase_page(access);
    }
}

static void write_control(const struct cp_access *access, uint32_t value) {
    struct u5 *u5 = u5_of(access);
    if (is_busy(access, "NSCR written")) {
        return;
    }
    if (u5->count > 0) {
        cp_bus_illegal(access, "RM0456, FLASH programming",
                       "NSCR written after %u of the 4 words of a quad word: WDW stays set until "
                       "a reset",
                       (unsigned)u5->count);
        return;
    }
    if (value & CR_RESERVED) {
        cp_bus_illegal(access, "RM0456, FLASH_NSCR", "reserved bits 0x%x of NSCR set",
                       (unsigned)(value & CR_RESERVED));
    }
    if (u5->cr & CR_LOCK) {
        return; // a locked register keeps what it has
    }
    if (value & CR_LOCK) {
        u5->cr |= CR_LOCK;
        return;
    }
    u5->cr = value & CR_KEPT;
    if (value & CR_STRT) {
        start(access);
    }
}

static void write_ecc(struct u5 *u5, uint32_t value) {
    uint32_t flags = u5->eccr & ~value & (ECCR_ECCC | ECCR_ECCD);
    uint32_t where = flags ? u5->eccr & (ADDRESS_MASK | ECCR_BANK_2) : 0;
    u5->eccr = flags | where | (value & ECCR_ECCIE);
}

static void write_key(const struct cp_access *access, uint32_t value) {
    struct u5 *u5 = u5_of(access);
    if (cp_stm32_keys_write(access, "RM0456, FLASH_NSKEYR", &u5->keys, (u5->cr & CR_LOCK) != 0,
                            value)) {
        u5->cr &= ~CR_LOCK;
    }
}

static void write(const struct cp_access *access, uint32_t window, uint32_t offset_bytes,
                  uint32_t value, uint32_t width_bytes) {
    struct u5 *u5 = u5_of(access);
    if (width_bytes != 4) {
        cp_bus_illegal(access, "RM0456, FLASH registers", "a register written by less than a word");
        return;
    }
    if (window == 1) {
        cp_stm32_icache_write(access, &u5->icache, offset_bytes, value);
        return;
    }
    switch (offset_bytes) {
    case ACR: break;
    case NSKEYR: write_key(access, value); break;
    case NSSR: u5->sr &= ~(value & SR_CLEARABLE); break;
    case NSCR: write_control(access, value); break;
    case ECCR: write_ecc(u5, value); break;
    default:
        cp_bus_illegal(access, "RM0456, FLASH registers",
                       "write of FLASH + 0x%x, a register that is not there with TrustZone off, is "
                       "read-only, or that this model does not have",
                       (unsigned)offset_bytes);
    }
}

// --- stores to the flash

static void drop_quad(struct u5 *u5) {
    u5->count = u5->at = u5->was_open = 0;
    for (uint32_t i = 0; i < 4; i++) {
        u5->words[i] = 0;
    }
}

static void refuse(struct u5 *u5, uint32_t flag) {
    u5->sr |= flag;
    drop_quad(u5);
}

// Only a blank quad word takes any value; any other takes zeros.
static bool takes(const struct cp_access *access, const struct u5 *u5) {
    return (u5->words[0] | u5->words[1] | u5->words[2] | u5->words[3]) == 0 ||
           cp_bus_is_blank(access, u5->at, 4);
}

__attribute__((noinline)) static void program_quad(const struct cp_access *access) {
    struct u5 *u5 = u5_of(access);
    if (!takes(access, u5)) {
        refuse(u5, SR_PROGERR);
        return;
    }
    const uint32_t words[4] = {u5->words[0], u5->words[1], u5->words[2], u5->words[3]};
    const uint32_t at = u5->at;
    drop_quad(u5);
    end_operation(access, cp_bus_program(access, at, words, 4));
}

// An interrupt after a store that is not the last may fault, or run long enough for a power
// cut or a reset, and no other program can begin meanwhile.
static void watch_interrupts(const struct cp_access *access) {
    struct u5 *u5 = u5_of(access);
    if (!u5->was_open && !cp_bus_irq_is_disabled(access)) {
        u5->was_open = 1;
        cp_bus_illegal(access, "RM0456, FLASH programming",
                       "store %u of 4 of a quad word with interrupts enabled: one that comes now "
                       "leaves it half filled, and WDW set",
                       (unsigned)u5->count);
    }
}

static uint32_t fault_of_store(const struct u5 *u5, uint32_t offset_bytes, uint32_t width_bytes) {
    if ((u5->cr & CR_PG) == 0 || (u5->cr & CR_ERASES) != 0 || (u5->sr & SR_BLOCKING) != 0) {
        return SR_PGSERR;
    }
    if (width_bytes != 4) {
        return SR_SIZERR;
    }
    const bool fits = u5->count == 0 ? offset_bytes % QUAD_SIZE_BYTES == 0
                                     : offset_bytes == u5->at + 4 * u5->count;
    return fits ? 0 : SR_PGAERR;
}

static void store(const struct cp_access *access, uint32_t offset_bytes, uint32_t value,
                  uint32_t width_bytes) {
    struct u5 *u5 = u5_of(access);
    if (is_busy(access, "store to flash")) {
        return;
    }
    const uint32_t flag = fault_of_store(u5, offset_bytes, width_bytes);
    if (flag) {
        refuse(u5, flag);
        return;
    }
    u5->at = u5->count == 0 ? offset_bytes : u5->at;
    u5->words[u5->count++] = value;
    if (u5->count == 4) {
        program_quad(access);
    } else {
        watch_interrupts(access);
    }
}

// --- reads of the flash

static void load(const struct cp_access *access, uint32_t offset_bytes) {
    (void)offset_bytes;
    cp_stm32_icache_load(access, &u5_of(access)->icache);
}

static void uncorrectable(const struct cp_access *access, uint32_t offset_bytes) {
    struct u5 *u5 = u5_of(access);
    if (u5->eccr & ECCR_ECCD) {
        cp_bus_illegal(access, "RM0456, FLASH_ECCR",
                       "a word that cannot be corrected is read while ECCD still tells of another: "
                       "the NMI handler must clear it");
        return;
    }
    u5->eccr =
        (u5->eccr & ECCR_ECCIE) | ECCR_ECCD | address_bits(access, offset_bytes, ECCR_BANK_2);
}

static const char *left_open(const struct cp_device *device) {
    const struct u5 *u5 = (const struct u5 *)(const void *)device->state;
    if ((u5->cr & CR_LOCK) == 0) {
        return "NSCR unlocked, where a stray store can change the flash and new keys fault,";
    }
    if ((u5->cr & (CR_PG | CR_ERASES)) != 0) {
        return "PG, PER or MER set in NSCR, which LOCK does not undo,";
    }
    return u5->icache.is_stale ? "an ICACHE older than the flash" : NULL;
}

const struct cp_controller_model cp_model_stm32_u5 = {
    .name = "stm32-u5",
    .state_size_bytes = sizeof(struct u5),
    .windows = {{0, 0x400}, {CP_STM32_ICACHE_ADDRESS, CP_STM32_ICACHE_SIZE_BYTES}},
    .reset = reset,
    .read = read,
    .write = write,
    .store = store,
    .load = load,
    .uncorrectable = uncorrectable,
    .left_open = left_open,
};

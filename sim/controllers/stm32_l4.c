// stm32_l4.c: register model of the flash of STM32 L4, L4+, L5, G0, G4, WB and WL.
//
// A program is one double word, stored as two words. Enforced, from RM0440 (G4) where
// nothing else is said, and taken to hold for all these families:
//   - keys: a wrong one, or any while CR is not locked, locks CR until a reset and faults;
//   - no operation while one runs: SR has to be polled until it is not busy. Error flags of
//     an operation appear when it ends;
//   - an operation is refused with PGSERR while an error flag is set, or without its mode;
//   - a half-filled double word keeps the controller busy until a reset, and CR faults then
//     (measured by others on STM32G0B1, taken to hold for WB and WL; for the families
//     without CFGBSY it is assumed that BSY shows it);
//   - a double word that was programmed takes zeros only: else PROGERR. On G0 not even
//     these if it was programmed with ones (ES0548 2.2.3, as found by others);
//   - page and bank are what the bits of CR say, whatever was meant;
//   - caches are stale after an operation until they are reset while off;
//   - ECCD raises the NMI until it is cleared.
// Interrupts must be off between the two stores: a handler that takes its code from the
// flash, or stores there, would come between them.

#include "sim/controllers/models.h"

// Register offsets that differ, and what stands for "there is none".
#define NONE 0xFFFu

enum { ACR = 0x00 };

#define SR_EOP     (1u << 0)
#define SR_OPERR   (1u << 1)
#define SR_PROGERR (1u << 3)
#define SR_WRPERR  (1u << 4)
#define SR_PGAERR  (1u << 5)
#define SR_SIZERR  (1u << 6)
#define SR_PGSERR  (1u << 7)
#define SR_MISERR  (1u << 8)
#define SR_FASTERR (1u << 9)
#define SR_OPTVERR (1u << 15)
#define SR_BSY     (1u << 16)
#define SR_BSY2    (1u << 17)
#define SR_CFGBSY  (1u << 18)
#define SR_FLAGS   0xFFFFu // all below BSY are cleared by writing 1

// The flags that refuse the next operation.
#define SR_BLOCKS                                                                                  \
    (SR_PROGERR | SR_WRPERR | SR_PGAERR | SR_SIZERR | SR_PGSERR | SR_MISERR | SR_FASTERR)

#define CR_PG        (1u << 0)
#define CR_PER       (1u << 1)
#define CR_MER1      (1u << 2)
#define CR_PNB_SHIFT 3u
#define CR_MER2      (1u << 15)
#define CR_STRT      (1u << 16)
#define CR_FSTPG     (1u << 18)
#define CR_EOPIE     (1u << 24)
#define CR_ERRIE     (1u << 25)
#define CR_OPTLOCK   (1u << 30)
#define CR_LOCK      (1u << 31)
#define CR_KEPT      (CR_PG | CR_PER | CR_MER1 | CR_EOPIE | CR_ERRIE) // in all families

#define ECCR_ECCIE   (1u << 24)
#define ECCR_ECCC2   (1u << 28)
#define ECCR_ECCD2   (1u << 29)
#define ECCR_ECCC    (1u << 30)
#define ECCR_ECCD    (1u << 31)
#define ECCR_FLAGS   (ECCR_ECCC2 | ECCR_ECCD2 | ECCR_ECCC | ECCR_ECCD)

#define ACR_ICEN     (1u << 9)
#define ACR_DCEN     (1u << 10)
#define ACR_ICRST    (1u << 11)
#define ACR_DCRST    (1u << 12)

// ICACHE of the L5 (from memory, unverified).
enum { ICACHE_CR = 0x00, ICACHE_SR = 0x04, ICACHE_FCR = 0x0C };
#define ICACHE_EN       (1u << 0)
#define ICACHE_CACHEINV (1u << 1)

#define KEY1            0x45670123u
#define KEY2            0xCDEF89ABu

enum { KEYS_NONE, KEYS_FIRST, KEYS_LOCKED_OUT };
enum { STALE_CODE = 1, STALE_DATA = 2 };
enum { WRP_COUNT = 4 };

// What tells the families apart.
struct family {
    const char *manual;
    uint32_t keyr, sr, cr, eccr, ecc2r, wrp[WRP_COUNT];
    uint32_t optr, bank_mode; // its bit that says: two banks
    uint32_t bank_select;     // BKER; it counts where there are two banks
    uint32_t page_bits;       // of PNB; G0: where there are two banks
    uint32_t pages_from;      // where the numbers of bank 2 begin; those from 0 on do as well
    uint32_t caches;          // ACR_ICEN and ACR_DCEN, where there are such
    uint32_t wide_page_bytes; // pages of this size: 128 bits are read at a time
    bool has_cfgbsy;
    bool zeros_need_data; // erratum: ones that were programmed cannot be made zeros
    bool starts_with_optverr;
};

#define OFFSETS_L4                                                                                 \
    .keyr = 0x08, .sr = 0x10, .cr = 0x14, .eccr = 0x18, .ecc2r = NONE, .optr = 0x20,               \
    .bank_mode = 1u << 22, .wrp = {0x2C, 0x30, 0x4C, 0x50}

static const struct family families[] = {
    {.manual = "RM0351",
     OFFSETS_L4,
     .bank_select = 1u << 11,
     .page_bits = 8,
     .caches = ACR_ICEN | ACR_DCEN,
     .wide_page_bytes = 8192},
    {.manual = "RM0438",
     .keyr = 0x08,
     .sr = 0x20,
     .cr = 0x28,
     .eccr = 0x30,
     .ecc2r = NONE,
     .optr = 0x40,
     .bank_mode = 1u << 22,
     .wrp = {0x58, 0x5C, 0x68, 0x6C},
     .bank_select = 1u << 11,
     .page_bits = 7,
     .wide_page_bytes = 4096},
    {.manual = "RM0444",
     .keyr = 0x08,
     .sr = 0x10,
     .cr = 0x14,
     .eccr = 0x18,
     .ecc2r = 0x1C,
     .optr = 0x20,
     .bank_mode = 1u << 21,
     .wrp = {0x2C, 0x30, 0x4C, 0x50},
     .bank_select = 1u << 13,
     .page_bits = 10,
     .pages_from = 256,
     .caches = ACR_ICEN,
     .has_cfgbsy = true,
     .zeros_need_data = true},
    {.manual = "RM0440",
     OFFSETS_L4,
     .bank_select = 1u << 11,
     .page_bits = 7,
     .caches = ACR_ICEN | ACR_DCEN,
     .wide_page_bytes = 4096},
    {.manual = "RM0434",
     OFFSETS_L4,
     .page_bits = 8,
     .caches = ACR_ICEN | ACR_DCEN,
     .has_cfgbsy = true,
     .starts_with_optverr = true},
    {.manual = "RM0453",
     OFFSETS_L4,
     .page_bits = 7,
     .caches = ACR_ICEN | ACR_DCEN,
     .has_cfgbsy = true},
};

#define G0_PAGE_BITS_OF_ONE_BANK 6u

// tests/unit/test_port_stm32_l4.c knows where `sr`, `cr` and `wrp` lie.
struct l4 {
    uint32_t sr; // flags
    uint32_t cr;
    uint32_t wrp[WRP_COUNT]; // pages that are write-protected: first | last << 16
    uint32_t sr_at_end;      // flags that appear when the operation under way ends
    uint32_t busy_polls;
    uint32_t busy_bits; // of SR, meanwhile
    uint32_t acr;
    uint32_t eccr, ecc2r;
    uint32_t keys;
    uint32_t is_half_filled, half_offset_bytes, half_word;
    uint32_t stale; // caches that hold what was there before
    uint32_t icache_cr;
};

static struct l4 *l4_of(const struct cp_access *access) {
    return (struct l4 *)(void *)access->device->state;
}

static const struct family *family_of(const struct cp_device *device) {
    _Static_assert(sizeof(families) / sizeof(families[0]) ==
                       CP_CONTROLLER_STM32_WL - CP_CONTROLLER_STM32_L4 + 1,
                   "one family for each controller of this model");
    return &families[device->part.controller - CP_CONTROLLER_STM32_L4];
}

static const char *manual_of(const struct cp_access *access) {
    return family_of(access->device)->manual;
}

static void reset(struct cp_device *device, bool power_lost) {
    const struct family *family = family_of(device);
    struct l4 *l4 = (struct l4 *)(void *)device->state;
    *l4 = (struct l4){.cr = CR_LOCK | CR_OPTLOCK,
                      .acr = family->caches,
                      .sr = power_lost && family->starts_with_optverr ? SR_OPTVERR : 0};
    for (uint32_t i = 0; i < WRP_COUNT; i++) {
        l4->wrp[i] = 0xFFu; // first page after the last: none
    }
}

static bool is_in_bank2(const struct cp_part *part, uint32_t offset_bytes) {
    return part->bank_size_bytes != 0 && offset_bytes >= part->bank_size_bytes;
}

// OPERR comes with the others where it is to interrupt.
static void set_errors(struct l4 *l4, uint32_t flags) {
    l4->sr |= flags | (flags != 0 && (l4->cr & CR_ERRIE) != 0 ? SR_OPERR : 0);
}

// --- operations

// How often SR is read before an operation is done: BSY is seen twice, so that one look is
// not enough, and CFGBSY longer than anybody looks at the flags after BSY.
enum { POLLS_OF_BSY = 2, POLLS_OF_CFGBSY = 4 };

// An operation was begun and ends with these flags, seen once it is no longer busy.
static void begin_operation(const struct cp_access *access, uint32_t offset_bytes, uint32_t flags) {
    const struct family *family = family_of(access->device);
    struct l4 *l4 = l4_of(access);
    bool has_bsy2 = family->ecc2r != NONE && is_in_bank2(&access->device->part, offset_bytes);
    l4->busy_bits = (has_bsy2 ? SR_BSY2 : SR_BSY) | (family->has_cfgbsy ? SR_CFGBSY : 0);
    l4->busy_polls = POLLS_OF_BSY + (family->has_cfgbsy ? POLLS_OF_CFGBSY : 0);
    l4->sr_at_end = flags;
}

static void end_operation(struct l4 *l4) {
    uint32_t errors = l4->sr_at_end;
    l4->sr_at_end = 0;
    l4->busy_bits = 0;
    set_errors(l4, errors);
    if (errors == 0 && (l4->cr & CR_EOPIE) != 0) {
        l4->sr |= SR_EOP;
    }
}

// The caches of ACR keep what they hold while they are off; ICACHE does not.
static void make_caches_stale(const struct cp_access *access) {
    struct l4 *l4 = l4_of(access);
    if (family_of(access->device)->caches != 0 || (l4->icache_cr & ICACHE_EN) != 0) {
        l4->stale =
            family_of(access->device)->caches == ACR_ICEN ? STALE_CODE : STALE_CODE | STALE_DATA;
    }
}

static uint32_t read_sr(const struct cp_access *access) {
    struct l4 *l4 = l4_of(access);
    uint32_t sr = l4->sr;
    if (l4->is_half_filled) {
        return sr | (family_of(access->device)->has_cfgbsy ? SR_CFGBSY : SR_BSY);
    }
    if (l4->busy_polls > 0) {
        bool is_tail = (l4->busy_bits & SR_CFGBSY) != 0 && l4->busy_polls <= POLLS_OF_CFGBSY;
        sr |= is_tail ? SR_CFGBSY : l4->busy_bits;
        if (--l4->busy_polls == 0) {
            end_operation(l4);
        }
    }
    return sr;
}

static bool is_busy(const struct cp_access *access, const char *what) {
    if (l4_of(access)->busy_polls == 0) {
        return false;
    }
    cp_bus_illegal(access, manual_of(access),
                   "%s while an operation runs: poll SR until it is not busy", what);
    return true;
}

static bool is_protected(const struct cp_access *access, uint32_t offset_bytes) {
    const struct cp_part *part = &access->device->part;
    bool is_second = is_in_bank2(part, offset_bytes);
    uint32_t page =
        (offset_bytes - (is_second ? part->bank_size_bytes : 0)) / part->erase_size_bytes;
    for (uint32_t i = 0; i < 2; i++) {
        uint32_t wrp = l4_of(access)->wrp[2 * is_second + i];
        if (page >= (wrp & 0xFFFFu) && page <= wrp >> 16) {
            return true;
        }
    }
    return false;
}

// --- erase

// The page that CR selects; of size 0 if there is none.
static struct cp_page selected_page(const struct cp_access *access) {
    const struct family *family = family_of(access->device);
    const struct cp_part *part = &access->device->part;
    uint32_t cr = l4_of(access)->cr;
    bool has_banks = part->bank_size_bytes != 0;
    bool is_second = has_banks && (cr & family->bank_select) != 0;
    uint32_t bits =
        family->pages_from != 0 && !has_banks ? G0_PAGE_BITS_OF_ONE_BANK : family->page_bits;
    uint32_t page = cr >> CR_PNB_SHIFT & ((1u << bits) - 1);
    if (is_second && page >= family->pages_from) {
        page -= family->pages_from;
    }
    uint32_t pages =
        (has_banks ? part->bank_size_bytes : part->size_bytes) / part->erase_size_bytes;
    if (page >= pages) {
        return (struct cp_page){0, 0, 0, 0};
    }
    return cp_part_page(part,
                        (is_second ? part->bank_size_bytes : 0) + page * part->erase_size_bytes);
}

static void erase_page(const struct cp_access *access) {
    struct cp_page page = selected_page(access);
    if (page.size_bytes == 0) {
        cp_bus_illegal(access, manual_of(access),
                       "erase with CR = 0x%x, which selects a page that the part does not have",
                       (unsigned)l4_of(access)->cr);
        return;
    }
    if (is_protected(access, page.offset_bytes)) {
        begin_operation(access, page.offset_bytes, SR_WRPERR);
        return;
    }
    enum cp_done done = cp_bus_erase(access, page.offset_bytes, 0);
    if (done != CP_DONE_REFUSED) {
        const struct l4 *l4 = l4_of(access);
        make_caches_stale(access);
        // The one flag for an erase that fails is OPERR, and that is for the interrupt only.
        bool is_told = done == CP_DONE_REPORTED && (l4->cr & CR_ERRIE) != 0;
        begin_operation(access, page.offset_bytes, is_told ? SR_OPERR : 0);
    }
}

static void start_erase(const struct cp_access *access) {
    struct l4 *l4 = l4_of(access);
    if ((l4->cr & (CR_PER | CR_MER1 | CR_MER2)) == 0) {
        cp_bus_illegal(access, manual_of(access),
                       "CR.STRT without PER or MER: the result is unpredictable");
    } else if ((l4->sr & SR_BLOCKS) != 0 || (l4->cr & CR_PG) != 0) {
        set_errors(l4, SR_PGSERR);
    } else if ((l4->cr & (CR_MER1 | CR_MER2)) != 0) {
        cp_bus_illegal(access, manual_of(access),
                       "mass erase: it takes the pages of the bootloader with it");
    } else {
        erase_page(access);
    }
}

// --- programs

static bool is_ones(const struct cp_access *access, uint32_t offset_bytes) {
    const struct cp_nor *nor = &access->device->nor;
    uint32_t word = offset_bytes / 4;
    return nor->undecided[word] == 0 && nor->words[word] == nor->erased_word &&
           nor->undecided[word + 1] == 0 && nor->words[word + 1] == nor->erased_word;
}

// Does the part refuse these two words as it is programmed now?
static bool is_refused(const struct cp_access *access, uint32_t offset_bytes,
                       const uint32_t words[2]) {
    if (cp_bus_is_blank(access, offset_bytes, 2)) {
        return false;
    }
    return words[0] != 0 || words[1] != 0 ||
           (family_of(access->device)->zeros_need_data && is_ones(access, offset_bytes));
}

static void program(const struct cp_access *access, uint32_t offset_bytes,
                    const uint32_t words[2]) {
    if (is_protected(access, offset_bytes)) {
        begin_operation(access, offset_bytes, SR_WRPERR);
    } else if (is_refused(access, offset_bytes, words)) {
        begin_operation(access, offset_bytes, SR_PROGERR);
    } else {
        enum cp_done done = cp_bus_program(access, offset_bytes, words, 2);
        if (done != CP_DONE_REFUSED) {
            make_caches_stale(access);
            begin_operation(access, offset_bytes, done == CP_DONE_REPORTED ? SR_PROGERR : 0);
        }
    }
}

static void store_first(const struct cp_access *access, uint32_t offset_bytes, uint32_t value) {
    struct l4 *l4 = l4_of(access);
    uint32_t modes = l4->cr & (CR_PG | CR_PER | CR_MER1 | CR_MER2);
    if (modes != CR_PG || (l4->sr & SR_BLOCKS) != 0) {
        set_errors(l4, SR_PGSERR);
        return;
    }
    l4->is_half_filled = 1;
    l4->half_offset_bytes = offset_bytes;
    l4->half_word = value;
}

static void store_second(const struct cp_access *access, uint32_t offset_bytes, uint32_t value) {
    struct l4 *l4 = l4_of(access);
    const uint32_t first_bytes = l4->half_offset_bytes;
    const uint32_t words[2] = {l4->half_word, value};
    l4->is_half_filled = l4->half_offset_bytes = l4->half_word = 0;
    if (first_bytes % 8 != 0 || offset_bytes != first_bytes + 4) {
        set_errors(l4, SR_PGAERR);
        return;
    }
    program(access, first_bytes, words);
}

static void store_narrow(const struct cp_access *access, uint32_t offset_bytes) {
    struct l4 *l4 = l4_of(access);
    bool is_blocked = (l4->sr & SR_BLOCKS) != 0 || (l4->cr & CR_PG) == 0;
    l4->is_half_filled = l4->half_offset_bytes = l4->half_word = 0;
    set_errors(l4,
               SR_SIZERR | (is_blocked ? SR_PGSERR : 0) | (offset_bytes % 8 != 0 ? SR_PGAERR : 0));
}

static void store(const struct cp_access *access, uint32_t offset_bytes, uint32_t value,
                  uint32_t width_bytes) {
    if (is_busy(access, "store to flash")) {
        return;
    }
    if (width_bytes != 4) {
        store_narrow(access, offset_bytes);
        return;
    }
    if (!cp_bus_irq_is_disabled(access)) {
        cp_bus_illegal(access, manual_of(access),
                       "store to flash at 0x%x with interrupts on: one that comes between the two "
                       "words of a double word leaves it half-filled",
                       (unsigned)offset_bytes);
    }
    if (l4_of(access)->is_half_filled) {
        store_second(access, offset_bytes, value);
    } else {
        store_first(access, offset_bytes, value);
    }
}

// --- registers

static void lock_out(const struct cp_access *access, const char *why) {
    struct l4 *l4 = l4_of(access);
    l4->cr |= CR_LOCK;
    l4->keys = KEYS_LOCKED_OUT;
    cp_bus_fault(access, manual_of(access), "%s: HardFault, and CR stays locked until a reset",
                 why);
}

static void write_keyr(const struct cp_access *access, uint32_t value) {
    struct l4 *l4 = l4_of(access);
    if (l4->keys == KEYS_LOCKED_OUT) {
        lock_out(access, "key after a wrong key");
    } else if ((l4->cr & CR_LOCK) == 0) {
        lock_out(access, "key while CR is not locked");
    } else if (value != (l4->keys == KEYS_NONE ? KEY1 : KEY2)) {
        lock_out(access, "wrong key");
    } else if (l4->keys == KEYS_NONE) {
        l4->keys = KEYS_FIRST;
    } else {
        l4->keys = KEYS_NONE;
        l4->cr &= ~CR_LOCK;
    }
}

static bool can_write_cr(const struct cp_access *access) {
    if (l4_of(access)->is_half_filled) {
        if (family_of(access->device)->has_cfgbsy) {
            cp_bus_fault(access, "STM32G0B1, measured by others",
                         "CR written while CFGBSY: half a double word was stored, and only a "
                         "reset ends that");
        }
        cp_bus_illegal(access, manual_of(access),
                       "CR written with half a double word stored: only a reset ends that");
        return false;
    }
    return !is_busy(access, "CR written");
}

// While CR is locked a write is ignored.
static void write_cr(const struct cp_access *access, uint32_t value) {
    const struct family *family = family_of(access->device);
    struct l4 *l4 = l4_of(access);
    if (!can_write_cr(access) || (l4->cr & CR_LOCK) != 0) {
        return;
    }
    if ((value & CR_FSTPG) != 0) {
        cp_bus_illegal(access, manual_of(access), "CR.FSTPG: fast programming is not modelled");
    }
    uint32_t mer2 = access->device->part.bank_size_bytes != 0 ? CR_MER2 : 0;
    uint32_t pnb = ((1u << family->page_bits) - 1) << CR_PNB_SHIFT;
    l4->cr = (value & (CR_KEPT | CR_LOCK | mer2 | pnb | family->bank_select)) | CR_OPTLOCK;
    if ((value & CR_STRT) != 0) {
        start_erase(access);
    }
}

// A cache is reset only while it is off.
static void write_acr(const struct cp_access *access, uint32_t value) {
    struct l4 *l4 = l4_of(access);
    if ((value & ACR_ICRST) != 0 && (l4->acr & ACR_ICEN) == 0) {
        l4->stale &= ~(uint32_t)STALE_CODE;
    }
    if ((value & ACR_DCRST) != 0 && (l4->acr & ACR_DCEN) == 0) {
        l4->stale &= ~(uint32_t)STALE_DATA;
    }
    l4->acr = value;
}

static void clear_ecc(uint32_t *eccr, uint32_t value) {
    *eccr = (*eccr & ~(value & ECCR_FLAGS) & ~ECCR_ECCIE) | (value & ECCR_ECCIE);
    if ((*eccr & ECCR_FLAGS) == 0) {
        *eccr &= ECCR_ECCIE; // the address goes with its flag
    }
}

static bool is_wrp(const struct family *family, uint32_t offset_bytes, uint32_t *index) {
    for (*index = 0; *index < WRP_COUNT; (*index)++) {
        if (family->wrp[*index] == offset_bytes) {
            return true;
        }
    }
    return false;
}

// Of the option bytes only the bank mode. L4 has it a bit lower than L4+, with its larger
// pages.
static uint32_t read_optr(const struct cp_access *access) {
    const struct family *family = family_of(access->device);
    const struct cp_part *part = &access->device->part;
    bool is_l4 = part->controller == CP_CONTROLLER_STM32_L4 && part->erase_size_bytes == 2048;
    return part->bank_size_bytes == 0 ? 0 : family->bank_mode >> is_l4;
}

static uint32_t read_icache(const struct cp_access *access, uint32_t offset_bytes) {
    if (offset_bytes == ICACHE_CR) {
        return l4_of(access)->icache_cr;
    }
    if (offset_bytes != ICACHE_SR) {
        cp_bus_illegal(access, manual_of(access), "read of ICACHE + 0x%x, which is not modelled",
                       (unsigned)offset_bytes);
    }
    return 0;
}

static void write_icache(const struct cp_access *access, uint32_t offset_bytes, uint32_t value) {
    struct l4 *l4 = l4_of(access);
    if (offset_bytes == ICACHE_CR) {
        if ((value & ICACHE_CACHEINV) != 0) {
            l4->stale = 0;
        }
        l4->icache_cr = value & ~ICACHE_CACHEINV;
    } else if (offset_bytes != ICACHE_FCR) {
        cp_bus_illegal(access, manual_of(access), "write of ICACHE + 0x%x, which is not modelled",
                       (unsigned)offset_bytes);
    }
}

static uint32_t read(const struct cp_access *access, uint32_t window, uint32_t offset_bytes) {
    const struct family *family = family_of(access->device);
    const struct l4 *l4 = l4_of(access);
    uint32_t index;
    if (window == 1) {
        return read_icache(access, offset_bytes);
    }
    if (offset_bytes == family->sr) {
        return read_sr(access);
    }
    if (offset_bytes == family->cr) {
        return l4->cr;
    }
    if (offset_bytes == ACR) {
        return l4->acr;
    }
    if (offset_bytes == family->eccr) {
        return l4->eccr;
    }
    if (offset_bytes == family->ecc2r) {
        return l4->ecc2r;
    }
    if (is_wrp(family, offset_bytes, &index)) {
        return l4->wrp[index];
    }
    if (offset_bytes == family->optr) {
        return read_optr(access);
    }
    cp_bus_illegal(access, manual_of(access),
                   "read of FLASH + 0x%x, a register it does not have or that is write-only",
                   (unsigned)offset_bytes);
    return 0;
}

static void write_register(const struct cp_access *access, uint32_t offset_bytes, uint32_t value) {
    const struct family *family = family_of(access->device);
    struct l4 *l4 = l4_of(access);
    if (offset_bytes == family->sr) {
        l4->sr &= ~(value & SR_FLAGS);
    } else if (offset_bytes == family->cr) {
        write_cr(access, value);
    } else if (offset_bytes == family->keyr) {
        write_keyr(access, value);
    } else if (offset_bytes == ACR) {
        write_acr(access, value);
    } else if (offset_bytes == family->eccr) {
        clear_ecc(&l4->eccr, value);
    } else if (offset_bytes == family->ecc2r) {
        clear_ecc(&l4->ecc2r, value);
    } else {
        cp_bus_illegal(access, manual_of(access),
                       "write of FLASH + 0x%x, a register it does not have, that is read-only or "
                       "that is for option bytes",
                       (unsigned)offset_bytes);
    }
}

static void write(const struct cp_access *access, uint32_t window, uint32_t offset_bytes,
                  uint32_t value, uint32_t width_bytes) {
    if (width_bytes != 4) {
        cp_bus_illegal(access, manual_of(access),
                       "%u-byte write of FLASH + 0x%x: registers are written as words",
                       (unsigned)width_bytes, (unsigned)offset_bytes);
    } else if (window == 1) {
        write_icache(access, offset_bytes, value);
    } else {
        write_register(access, offset_bytes, value);
    }
}

// --- reads of the flash

static void load(const struct cp_access *access, uint32_t offset_bytes) {
    const struct l4 *l4 = l4_of(access);
    bool is_cached = (l4->acr & ACR_DCEN) != 0 || (l4->icache_cr & ICACHE_EN) != 0;
    if (is_cached && (l4->stale & STALE_DATA) != 0) {
        cp_bus_illegal(access, manual_of(access),
                       "read of 0x%x through a cache that was not reset since the flash changed",
                       (unsigned)offset_bytes);
    }
}

static void uncorrectable(const struct cp_access *access, uint32_t offset_bytes) {
    const struct family *family = family_of(access->device);
    const struct cp_part *part = &access->device->part;
    struct l4 *l4 = l4_of(access);
    bool is_second = is_in_bank2(part, offset_bytes);
    uint32_t *eccr = is_second && family->ecc2r != NONE ? &l4->ecc2r : &l4->eccr;
    bool is_upper = part->erase_size_bytes == family->wide_page_bytes && offset_bytes % 16 >= 8;
    if ((*eccr & (ECCR_ECCD | ECCR_ECCD2)) != 0) {
        cp_bus_illegal(access, manual_of(access),
                       "another uncorrectable read at 0x%x while ECCR.ECCD is set: whoever handles "
                       "the NMI must clear it",
                       (unsigned)offset_bytes);
        return;
    }
    // What the address counts differs by family; nothing here depends on it.
    uint32_t within_bytes = offset_bytes - (is_second ? part->bank_size_bytes : 0);
    *eccr |= (is_upper ? ECCR_ECCD2 : ECCR_ECCD) | (within_bytes / 8 & 0x7FFFFu);
}

static const char *left_open(const struct cp_device *device) {
    const struct l4 *l4 = (const struct l4 *)(const void *)device->state;
    if (l4->busy_polls > 0 || l4->is_half_filled) {
        return "an operation still running";
    }
    if ((l4->cr & (CR_PG | CR_PER | CR_MER1 | CR_MER2)) != 0) {
        return "CR.PG, PER or MER still set";
    }
    if ((l4->cr & CR_LOCK) == 0) {
        return "CR not locked: a stray store could change the flash";
    }
    if (((l4->eccr | l4->ecc2r) & (ECCR_ECCD | ECCR_ECCD2)) != 0) {
        return "ECCR.ECCD set: the NMI would come again at once";
    }
    return l4->stale != 0 ? "a cache that was not reset since the flash changed" : NULL;
}

const struct cp_controller_model cp_model_stm32_l4 = {
    .name = "stm32-l4",
    .windows = {{0, 0x400}},
    .state_size_bytes = sizeof(struct l4),
    .reset = reset,
    .read = read,
    .write = write,
    .store = store,
    .load = load,
    .uncorrectable = uncorrectable,
    .left_open = left_open,
};

// With the ICACHE, which on the other families is in ACR.
const struct cp_controller_model cp_model_stm32_l5 = {
    .name = "stm32-l5",
    .windows = {{0, 0x400}, {0x40030400u, 0x400}},
    .state_size_bytes = sizeof(struct l4),
    .reset = reset,
    .read = read,
    .write = write,
    .store = store,
    .load = load,
    .uncorrectable = uncorrectable,
    .left_open = left_open,
};

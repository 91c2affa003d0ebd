// stm32_f0.c: register model of the flash of STM32 F0, F1 and F3, and of F1 parts of more than
// 512 KiB, whose second bank has registers of its own.
//
// Enforced, from RM0091 (F0) and taken to hold for all these families where nothing else is
// said:
//   - keys: a wrong one, or (from memory, unverified) any while CR is not locked, locks CR
//     until a reset and faults;
//   - the flash takes half-words: any other store is a bus error;
//   - a half-word that is not erased takes 0x0000 only: else PGERR, and it stays. That goes by
//     what it reads, not by whether it was programmed;
//   - BSY is up a cycle after STRT: an SR that is read at once does not show it yet;
//   - registers cannot be written while BSY;
//   - the page erased is the one that AR points into.
// What the manuals leave open is illegal: a store without PG, two modes at once, AR in the
// other bank. There is no flag for an operation that failed. Reads of the flash while BSY
// only stall the CPU, and are not held against the program. Clocks are not modelled.

#include "sim/controllers/models.h"

enum {
    ACR = 0x00,
    KEYR = 0x04,
    SR = 0x0C,
    CR = 0x10,
    AR = 0x14,
    OBR = 0x1C,
    WRPR = 0x20,
    BANK2 = 0x40, // its KEYR, SR, CR and AR lie so much further on
};

#define SR_BSY      (1u << 0)
#define SR_PGERR    (1u << 2)
#define SR_WRPRTERR (1u << 4)
#define SR_EOP      (1u << 5)
#define SR_FLAGS    (SR_PGERR | SR_WRPRTERR | SR_EOP)

#define CR_PG       (1u << 0)
#define CR_PER      (1u << 1)
#define CR_MER      (1u << 2)
#define CR_STRT     (1u << 6)
#define CR_LOCK     (1u << 7)
#define CR_ERRIE    (1u << 10)
#define CR_EOPIE    (1u << 12)
#define CR_MODES    (CR_PG | CR_PER | CR_MER)
#define CR_KEPT     (CR_MODES | CR_ERRIE | CR_EOPIE)

#define KEY1        0x45670123u
#define KEY2        0xCDEF89ABu

enum { KEYS_NONE, KEYS_FIRST, KEYS_LOCKED_OUT };

#define ACR_AT_RESET        0x30u // the prefetch buffer is on
#define WRP_GROUP_BYTES     4096u // one bit of WRPR; the last one has all the rest
#define BUSY_POLLS          2u    // so that one look is not enough
#define NOT_A_REGISTER_TEXT "a register it does not have"

struct bank {
    uint32_t sr, cr, ar;
    uint32_t sr_at_end; // flags that appear when the operation under way ends
    uint32_t busy_polls;
    uint32_t is_starting; // STRT was set a cycle ago: BSY is not up yet
    uint32_t keys;
};

// tests/unit/test_port_stm32_f0.c knows how this is laid out.
struct f0 {
    struct bank banks[2];
    uint32_t acr;
    uint32_t wrpr; // a bit that is 0 protects its pages
};

static struct f0 *f0_of(const struct cp_access *access) {
    return (struct f0 *)(void *)access->device->state;
}

static const char *manual_of(const struct cp_access *access) {
    const struct cp_part *part = &access->device->part;
    if (part->controller == CP_CONTROLLER_STM32_F1_XL) {
        return "PM0068";
    }
    switch (part->family[6]) { // of "STM32F1"
    case '1': return "PM0075";
    case '3': return "RM0316";
    default: return "RM0091";
    }
}

static bool has_two_banks(const struct cp_part *part) {
    return part->controller == CP_CONTROLLER_STM32_F1_XL;
}

static uint32_t bank_index(const struct cp_part *part, uint32_t offset_bytes) {
    return has_two_banks(part) && offset_bytes >= part->bank_size_bytes;
}

static void reset(struct cp_device *device, bool power_lost) {
    (void)power_lost; // it is part of the MCU
    *(struct f0 *)(void *)device->state = (struct f0){
        .banks = {{.cr = CR_LOCK}, {.cr = CR_LOCK}}, .acr = ACR_AT_RESET, .wrpr = UINT32_MAX};
}

// --- operations

static void begin_operation(struct bank *bank, uint32_t flags) {
    bank->busy_polls = BUSY_POLLS;
    bank->sr_at_end = flags;
}

static uint32_t read_sr(struct bank *bank) {
    const uint32_t sr = bank->sr;
    if (bank->is_starting) {
        bank->is_starting = 0;
        return sr;
    }
    if (bank->busy_polls == 0) {
        return sr;
    }
    if (--bank->busy_polls == 0) {
        bank->sr |= bank->sr_at_end;
        bank->sr_at_end = 0;
        bank->cr &= ~CR_STRT;
    }
    return sr | SR_BSY;
}

static bool is_busy(const struct cp_access *access, const struct bank *bank, const char *what) {
    if (bank->busy_polls == 0) {
        return false;
    }
    cp_bus_illegal(access, manual_of(access), "%s while BSY: poll SR first", what);
    return true;
}

static bool is_protected(const struct cp_access *access, uint32_t offset_bytes) {
    const uint32_t group = offset_bytes / WRP_GROUP_BYTES;
    return (f0_of(access)->wrpr >> (group < 31 ? group : 31) & 1u) == 0;
}

// --- erase

static void erase_page(const struct cp_access *access, struct bank *bank) {
    const struct cp_part *part = &access->device->part;
    const uint32_t offset_bytes = bank->ar - part->flash_address;
    const struct cp_page page = cp_part_page(part, offset_bytes);
    if (offset_bytes >= part->size_bytes || page.size_bytes == 0 ||
        bank != &f0_of(access)->banks[bank_index(part, offset_bytes)]) {
        cp_bus_illegal(access, manual_of(access),
                       "erase with AR = 0x%x, which is not in the flash of these registers",
                       (unsigned)bank->ar);
        return;
    }
    if (is_protected(access, page.offset_bytes)) {
        begin_operation(bank, SR_WRPRTERR);
    } else if (cp_bus_erase(access, page.offset_bytes, 0) != CP_DONE_REFUSED) {
        begin_operation(bank, SR_EOP);
    } else {
        return;
    }
    bank->is_starting = 1;
}

static void start(const struct cp_access *access, struct bank *bank) {
    if ((bank->cr & CR_MODES) == CR_MER) {
        cp_bus_illegal(access, manual_of(access),
                       "mass erase: it takes the pages of the bootloader with it");
    } else if ((bank->cr & CR_MODES) != CR_PER) {
        cp_bus_illegal(access, manual_of(access), "CR.STRT with CR = 0x%x: not with PER alone",
                       (unsigned)bank->cr);
    } else {
        erase_page(access, bank);
    }
}

// --- programs

// The half-word as it reads decides; if that is open, the search does.
static bool is_refused(const struct cp_access *access, uint32_t offset_bytes, uint32_t half_word) {
    uint32_t word = UINT32_MAX;
    (void)cp_bus_read(access, offset_bytes & ~3u, &word); // no ECC: it never fails
    const uint32_t present = word >> 8 * (offset_bytes & 2u) & 0xFFFFu;
    return present != 0xFFFFu && half_word != 0;
}

static void program(const struct cp_access *access, struct bank *bank, uint32_t offset_bytes,
                    uint32_t half_word) {
    const uint32_t shift = 8 * (offset_bytes & 2u);
    const uint32_t word = half_word << shift | ~(0xFFFFu << shift); // the other half stays
    if (is_protected(access, offset_bytes)) {
        begin_operation(bank, SR_WRPRTERR);
    } else if (is_refused(access, offset_bytes, half_word)) {
        begin_operation(bank, SR_PGERR);
    } else if (cp_bus_program(access, offset_bytes & ~3u, &word, 1) != CP_DONE_REFUSED) {
        begin_operation(bank, SR_EOP);
    }
}

static void store(const struct cp_access *access, uint32_t offset_bytes, uint32_t value,
                  uint32_t width_bytes) {
    struct bank *bank = &f0_of(access)->banks[bank_index(&access->device->part, offset_bytes)];
    if (width_bytes != 2) {
        cp_bus_fault(access, manual_of(access),
                     "store of %u byte%s at 0x%x: only half-words can be stored, else a bus error",
                     (unsigned)width_bytes, width_bytes == 1 ? "" : "s", (unsigned)offset_bytes);
    } else if (is_busy(access, bank, "store to flash")) {
        return;
    } else if ((bank->cr & CR_MODES) != CR_PG) {
        cp_bus_illegal(access, manual_of(access), "store to flash at 0x%x without CR.PG alone",
                       (unsigned)offset_bytes);
    } else {
        program(access, bank, offset_bytes, value & 0xFFFFu);
    }
}

// --- registers

static void lock_out(const struct cp_access *access, struct bank *bank, const char *why) {
    bank->cr = (bank->cr & ~CR_MODES) | CR_LOCK;
    bank->keys = KEYS_LOCKED_OUT;
    cp_bus_fault(access, manual_of(access), "%s: HardFault, and CR stays locked until a reset",
                 why);
}

static void write_keyr(const struct cp_access *access, struct bank *bank, uint32_t value) {
    if (bank->keys == KEYS_LOCKED_OUT) {
        lock_out(access, bank, "key after a wrong key");
    } else if ((bank->cr & CR_LOCK) == 0) {
        lock_out(access, bank, "key while CR is not locked");
    } else if (value != (bank->keys == KEYS_NONE ? KEY1 : KEY2)) {
        lock_out(access, bank, "wrong key");
    } else if (bank->keys == KEYS_NONE) {
        bank->keys = KEYS_FIRST;
    } else {
        bank->keys = KEYS_NONE;
        bank->cr &= ~CR_LOCK;
    }
}

// While CR is locked a write is ignored.
static void write_cr(const struct cp_access *access, struct bank *bank, uint32_t value) {
    if ((bank->cr & CR_LOCK) != 0) {
        return;
    }
    if ((value & ~(CR_KEPT | CR_STRT | CR_LOCK)) != 0) {
        cp_bus_illegal(access, manual_of(access),
                       "CR = 0x%x: bits that are reserved or for option bytes", (unsigned)value);
    }
    bank->cr = value & (CR_KEPT | CR_STRT | CR_LOCK);
    if ((value & CR_STRT) != 0) {
        start(access, bank);
    }
}

static void write_bank(const struct cp_access *access, struct bank *bank, uint32_t offset_bytes,
                       uint32_t value) {
    bank->is_starting = 0; // the access took its time
    if (is_busy(access, bank, "register written")) {
        return;
    }
    switch (offset_bytes) {
    case KEYR: write_keyr(access, bank, value); break;
    case SR: bank->sr &= ~(value & SR_FLAGS); break;
    case CR: write_cr(access, bank, value); break;
    default: bank->ar = value; break;
    }
}

static bool is_of_bank(uint32_t offset_bytes) {
    return offset_bytes == KEYR || offset_bytes == SR || offset_bytes == CR || offset_bytes == AR;
}

// The bank that a register belongs to, and its offset there; NULL if it is none of a bank.
static struct bank *bank_at(const struct cp_access *access, uint32_t *offset_bytes) {
    struct f0 *f0 = f0_of(access);
    if (is_of_bank(*offset_bytes)) {
        return &f0->banks[0];
    }
    if (*offset_bytes >= BANK2 && is_of_bank(*offset_bytes - BANK2) &&
        has_two_banks(&access->device->part)) {
        *offset_bytes -= BANK2;
        return &f0->banks[1];
    }
    return NULL;
}

static uint32_t read_bank(const struct cp_access *access, struct bank *bank,
                          uint32_t offset_bytes) {
    if (offset_bytes == SR) {
        return read_sr(bank);
    }
    bank->is_starting = 0;
    if (offset_bytes == CR) {
        return bank->cr;
    }
    cp_bus_illegal(access, manual_of(access), "read of FLASH + 0x%x, which is write-only",
                   (unsigned)offset_bytes);
    return 0;
}

static uint32_t read(const struct cp_access *access, uint32_t window, uint32_t offset_bytes) {
    (void)window;
    const struct f0 *f0 = f0_of(access);
    uint32_t within_bytes = offset_bytes;
    struct bank *bank = bank_at(access, &within_bytes);
    if (bank) {
        return read_bank(access, bank, within_bytes);
    }
    switch (offset_bytes) {
    case ACR: return f0->acr;
    case OBR: return 0; // of the option bytes only the write protection is modelled
    case WRPR: return f0->wrpr;
    default:
        cp_bus_illegal(access, manual_of(access), "read of FLASH + 0x%x, " NOT_A_REGISTER_TEXT,
                       (unsigned)offset_bytes);
        return 0;
    }
}

static void write(const struct cp_access *access, uint32_t window, uint32_t offset_bytes,
                  uint32_t value, uint32_t width_bytes) {
    (void)window;
    uint32_t within_bytes = offset_bytes;
    struct bank *bank = bank_at(access, &within_bytes);
    if (width_bytes != 4) {
        cp_bus_illegal(access, manual_of(access),
                       "%u-byte write of FLASH + 0x%x: registers are written as words",
                       (unsigned)width_bytes, (unsigned)offset_bytes);
    } else if (bank) {
        write_bank(access, bank, within_bytes, value);
    } else if (offset_bytes == ACR) {
        f0_of(access)->acr = value;
    } else {
        cp_bus_illegal(access, manual_of(access),
                       "write of FLASH + 0x%x, " NOT_A_REGISTER_TEXT
                       ", that is read-only or that is for option bytes",
                       (unsigned)offset_bytes);
    }
}

// --- the hand-over

static const char *bank_left_open(const struct bank *bank) {
    if (bank->busy_polls > 0) {
        return "an operation still running";
    }
    if ((bank->cr & CR_MODES) != 0) {
        return "CR.PG, PER or MER still set";
    }
    return (bank->cr & CR_LOCK) == 0 ? "CR not locked: a stray store could change the flash" : NULL;
}

static const char *left_open(const struct cp_device *device) {
    const struct f0 *f0 = (const struct f0 *)(const void *)device->state;
    const char *first = bank_left_open(&f0->banks[0]);
    return first ? first : bank_left_open(&f0->banks[1]);
}

const struct cp_controller_model cp_model_stm32_f0 = {
    .name = "stm32-f0",
    .windows = {{0, 0x400}},
    .state_size_bytes = sizeof(struct f0),
    .reset = reset,
    .read = read,
    .write = write,
    .store = store,
    .left_open = left_open,
};

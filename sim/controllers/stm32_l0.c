// stm32_l0.c: register model of the program memory of STM32 L0 and L1.
//
// Enforced, from ST's headers, HAL and register text, and where marked (*) from memory,
// unverified:
//   - two locks, PECR and then the program memory; a wrong key, or one for a lock that is
//     open, or for the second while the first is closed, locks PECR until a reset and
//     faults (*);
//   - with ERASE and PROG set a store erases the page it goes to; otherwise it programs a word;
//   - a store to locked or protected flash sets WRPERR, one that is not a word SIZERR (*);
//     neither is performed;
//   - L0: a word that does not read 0 is not programmed: NOTZEROERR. L1: it is, and is what the
//     part's rule forbids;
//   - PECR is not written, and nothing stored, while BSY (*).
// Programming half a page needs code in RAM, and is not modelled, nor is the data EEPROM. There
// is no flag for an operation that failed. L0 has an ECC that tells nobody what it does.

#include "sim/controllers/models.h"

enum {
    ACR = 0x00,
    PECR = 0x04,
    PEKEYR = 0x0C,
    PRGKEYR = 0x10,
    SR = 0x18,
    OBR = 0x1C,
};

#define PECR_PELOCK      (1u << 0)
#define PECR_PRGLOCK     (1u << 1)
#define PECR_OPTLOCK     (1u << 2)
#define PECR_PROG        (1u << 3)
#define PECR_DATA        (1u << 4)
#define PECR_FIX         (1u << 8)
#define PECR_ERASE       (1u << 9)
#define PECR_FPRG        (1u << 10)
#define PECR_EOPIE       (1u << 16)
#define PECR_ERRIE       (1u << 17)
#define PECR_LOCKS       (PECR_PELOCK | PECR_PRGLOCK | PECR_OPTLOCK)
#define PECR_MODES       (PECR_PROG | PECR_DATA | PECR_FIX | PECR_ERASE | PECR_FPRG)
#define PECR_NOT_LOCKS   (PECR_MODES | PECR_EOPIE | PECR_ERRIE)

#define SR_BSY           (1u << 0)
#define SR_EOP           (1u << 1)
#define SR_AT_REST       0x0Cu // ENDHV, READY
#define SR_WRPERR        (1u << 8)
#define SR_SIZERR        (1u << 10)
#define SR_NOTZEROERR    (1u << 16)
#define SR_FLAGS_L0      0x00032F02u
#define SR_FLAGS_L1      0x00000F02u

#define PEKEY1           0x89ABCDEFu
#define PEKEY2           0x02030405u
#define PRGKEY1          0x8C9DAEBFu
#define PRGKEY2          0x13141516u

#define WRP_SECTOR_BYTES 4096u
#define WRP_COUNT        4u
#define BUSY_POLLS       2u // so that one look is not enough

// tests/unit/test_port_stm32_l0.c knows how this is laid out.
struct l0 {
    uint32_t sr, pecr, acr;
    uint32_t wrp[WRP_COUNT]; // a bit that is 1 protects its sector
    uint32_t busy_polls;
    uint32_t keys; // of the lock that is being opened: how many were right
    uint32_t is_locked_out;
};

static struct l0 *l0_of(const struct cp_access *access) {
    return (struct l0 *)(void *)access->device->state;
}

static bool is_l1(const struct cp_access *access) {
    return access->device->part.controller == CP_CONTROLLER_STM32_L1;
}

static const char *manual_of(const struct cp_access *access) {
    return is_l1(access) ? "RM0038" : "RM0367";
}

static void reset(struct cp_device *device, bool power_lost) {
    (void)power_lost; // it is part of the MCU
    *(struct l0 *)(void *)device->state = (struct l0){.pecr = PECR_LOCKS};
}

// --- operations

static uint32_t read_sr(struct l0 *l0) {
    const uint32_t sr = l0->sr | SR_AT_REST;
    if (l0->busy_polls == 0) {
        return sr;
    }
    if (--l0->busy_polls == 0) {
        l0->sr |= SR_EOP;
    }
    return sr | SR_BSY;
}

static bool is_busy(const struct cp_access *access, const char *what) {
    if (l0_of(access)->busy_polls == 0) {
        return false;
    }
    cp_bus_illegal(access, manual_of(access), "%s while BSY: poll SR first", what);
    return true;
}

static void begin_operation(const struct cp_access *access, enum cp_done done) {
    if (done != CP_DONE_REFUSED) {
        l0_of(access)->busy_polls = BUSY_POLLS;
    }
}

static bool is_protected(const struct cp_access *access, uint32_t offset_bytes) {
    const uint32_t sector = offset_bytes / WRP_SECTOR_BYTES;
    return (l0_of(access)->wrp[sector / 32] >> sector % 32 & 1u) != 0;
}

// The word as it reads decides; if that is open, the search does.
static bool is_refused(const struct cp_access *access, uint32_t offset_bytes) {
    uint32_t word = 0;
    if (is_l1(access)) {
        return false;
    }
    (void)cp_bus_read(access, offset_bytes, &word); // it never fails
    return word != 0;
}

static void program(const struct cp_access *access, uint32_t offset_bytes, uint32_t word) {
    if (is_refused(access, offset_bytes)) {
        l0_of(access)->sr |= SR_NOTZEROERR;
    } else {
        begin_operation(access, cp_bus_program(access, offset_bytes, &word, 1));
    }
}

static void erase(const struct cp_access *access, uint32_t offset_bytes) {
    const struct cp_page page = cp_part_page(&access->device->part, offset_bytes);
    begin_operation(access, cp_bus_erase(access, page.offset_bytes, 0));
}

// By the mode. L0 may have PROG set to program words; L1 may not (from memory, unverified).
static void operate(const struct cp_access *access, uint32_t offset_bytes, uint32_t value) {
    const uint32_t mode = l0_of(access)->pecr & PECR_MODES;
    if (mode == (PECR_ERASE | PECR_PROG)) {
        erase(access, offset_bytes);
    } else if (mode == 0 || (mode == PECR_PROG && !is_l1(access))) {
        program(access, offset_bytes, value);
    } else {
        cp_bus_illegal(access, manual_of(access),
                       "store to flash at 0x%x with PECR = 0x%x, which is no mode for program "
                       "memory, or one that is not modelled",
                       (unsigned)offset_bytes, (unsigned)l0_of(access)->pecr);
    }
}

static void store(const struct cp_access *access, uint32_t offset_bytes, uint32_t value,
                  uint32_t width_bytes) {
    struct l0 *l0 = l0_of(access);
    if (is_busy(access, "store to flash")) {
        return;
    }
    if ((l0->pecr & (PECR_PELOCK | PECR_PRGLOCK)) != 0 || is_protected(access, offset_bytes)) {
        l0->sr |= SR_WRPERR;
    } else if (width_bytes != 4) {
        l0->sr |= SR_SIZERR;
    } else {
        operate(access, offset_bytes, value);
    }
}

// --- registers

static void lock_out(const struct cp_access *access, const char *why) {
    struct l0 *l0 = l0_of(access);
    l0->pecr = (l0->pecr & ~PECR_MODES) | PECR_LOCKS;
    l0->is_locked_out = 1;
    cp_bus_fault(access, manual_of(access), "%s: HardFault, and PECR stays locked until a reset",
                 why);
}

static void write_key(const struct cp_access *access, uint32_t lock, uint32_t value, uint32_t key1,
                      uint32_t key2) {
    struct l0 *l0 = l0_of(access);
    if (l0->is_locked_out) {
        lock_out(access, "key after a wrong key");
    } else if ((l0->pecr & lock) == 0) {
        lock_out(access, "key for a lock that is open");
    } else if (lock == PECR_PRGLOCK && (l0->pecr & PECR_PELOCK) != 0) {
        lock_out(access, "key for the program memory while PECR is locked");
    } else if (value != (l0->keys == 0 ? key1 : key2)) {
        lock_out(access, "wrong key");
    } else if (l0->keys == 0) {
        l0->keys = 1;
    } else {
        l0->keys = 0;
        l0->pecr &= ~lock;
    }
}

// Locks can be closed here, and the first one closes all; while it is closed, a write is
// ignored.
static void write_pecr(const struct cp_access *access, uint32_t value) {
    struct l0 *l0 = l0_of(access);
    if (is_busy(access, "PECR written") || (l0->pecr & PECR_PELOCK) != 0) {
        return;
    }
    if ((value & ~(PECR_LOCKS | PECR_NOT_LOCKS)) != 0) {
        cp_bus_illegal(access, manual_of(access),
                       "PECR = 0x%x: bits that are reserved or not modelled", (unsigned)value);
    }
    const uint32_t closed = (value & PECR_PELOCK) != 0 ? PECR_LOCKS : value & PECR_LOCKS;
    l0->pecr = (l0->pecr & PECR_LOCKS) | closed | (value & PECR_NOT_LOCKS);
}

static void write_sr(const struct cp_access *access, uint32_t value) {
    const uint32_t flags = is_l1(access) ? SR_FLAGS_L1 : SR_FLAGS_L0;
    if ((value & ~(flags | SR_AT_REST | SR_BSY)) != 0) {
        cp_bus_illegal(access, manual_of(access), "SR = 0x%x: bits that are reserved",
                       (unsigned)value);
    }
    l0_of(access)->sr &= ~(value & flags);
}

static bool is_wrp(const struct cp_access *access, uint32_t offset_bytes, uint32_t *index) {
    static const uint32_t offsets[WRP_COUNT] = {0x20, 0x80, 0x84, 0x88};
    const uint32_t count = is_l1(access) ? WRP_COUNT : 2;
    for (*index = 0; *index < count; (*index)++) {
        if (offsets[*index] == offset_bytes) {
            return true;
        }
    }
    return false;
}

static uint32_t read(const struct cp_access *access, uint32_t window, uint32_t offset_bytes) {
    (void)window;
    struct l0 *l0 = l0_of(access);
    uint32_t index;
    if (is_wrp(access, offset_bytes, &index)) {
        return l0->wrp[index];
    }
    switch (offset_bytes) {
    case ACR: return l0->acr;
    case PECR: return l0->pecr;
    case SR: return read_sr(l0);
    case OBR: return 0; // of the option bytes only the write protection is modelled
    default:
        cp_bus_illegal(access, manual_of(access),
                       "read of FLASH + 0x%x, a register it does not have or that is write-only",
                       (unsigned)offset_bytes);
        return 0;
    }
}

static void write_register(const struct cp_access *access, uint32_t offset_bytes, uint32_t value) {
    switch (offset_bytes) {
    case ACR: l0_of(access)->acr = value; break;
    case PECR: write_pecr(access, value); break;
    case PEKEYR: write_key(access, PECR_PELOCK, value, PEKEY1, PEKEY2); break;
    case PRGKEYR: write_key(access, PECR_PRGLOCK, value, PRGKEY1, PRGKEY2); break;
    case SR: write_sr(access, value); break;
    default:
        cp_bus_illegal(access, manual_of(access),
                       "write of FLASH + 0x%x, a register it does not have, that is read-only or "
                       "that is for option bytes",
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

static const char *left_open(const struct cp_device *device) {
    const struct l0 *l0 = (const struct l0 *)(const void *)device->state;
    if (l0->busy_polls > 0) {
        return "an operation still running";
    }
    if ((l0->pecr & PECR_MODES) != 0) {
        return "PECR.PROG or ERASE still set";
    }
    return (l0->pecr & PECR_PELOCK) == 0 ? "PECR not locked: a stray store could change the flash"
                                         : NULL;
}

const struct cp_controller_model cp_model_stm32_l0 = {
    .name = "stm32-l0",
    .windows = {{0, 0x400}},
    .state_size_bytes = sizeof(struct l0),
    .reset = reset,
    .read = read,
    .write = write,
    .store = store,
    .left_open = left_open,
};

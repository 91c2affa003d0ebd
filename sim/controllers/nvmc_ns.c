// nvmc_ns.c: register model of the Nordic NVMC with secure and non-secure pages (nRF5340,
// nRF9160).
//
// Enforced, with the sources in docs/SPEC.md: a store to flash needs Wen in the mode
// register that counts; a page is erased by storing 0xFFFFFFFF to its first word in Een,
// and there is no ERASEPAGE; stores are whole words; after an operation READY (between two
// words READYNEXT) must be polled until it is 1. There are no keys and no error flags.
//
// Which mode register counts follows from where the part's registers are:
//   0x50039000  secure code on secure pages: CONFIG; CONFIGNS is there and does nothing
//   0x40039000  non-secure code on non-secure pages: CONFIGNS; CONFIG reads 0, ignores writes
//               (that it does so and does not fault: from memory, unverified)
//   elsewhere   the network core, which knows no security: CONFIG; there is no CONFIGNS

#include "sim/controllers/models.h"

#include <string.h>

enum {
    READY = 0x400,
    READYNEXT = 0x408,
    CONFIG = 0x504,
    ERASEALL = 0x50C,
    ERASEPAGEPARTIALCFG = 0x51C,
    ICACHECNF = 0x540,
    CONFIGNS = 0x584,
};

enum { WEN_READ = 0, WEN_WRITE = 1, WEN_ERASE = 2, WEN_PARTIAL_ERASE = 4 };

#define SECURE_ADDRESS    0x50039000u
#define NONSECURE_ADDRESS 0x40039000u

// An operation was started, and how far the program knows that it is over.
enum { BUSY_NOT = 0, BUSY_SEEN = 1, BUSY_STARTED = 2 };

struct nvmc_ns {
    uint32_t config;   // CONFIG.WEN
    uint32_t configns; // CONFIGNS.WEN
    uint32_t busy;     // until READY was read as 1
    uint32_t next;     // until READYNEXT was
    uint32_t partial;  // ERASEPAGEPARTIALCFG
};

static struct nvmc_ns *nvmc_of(const struct cp_access *access) {
    return (struct nvmc_ns *)(void *)access->device->state;
}

static bool is_secure(const struct cp_access *access) {
    return access->device->part.registers_address == SECURE_ADDRESS;
}

static bool is_nonsecure(const struct cp_access *access) {
    return access->device->part.registers_address == NONSECURE_ADDRESS;
}

static bool has_configns(const struct cp_access *access) {
    return is_secure(access) || is_nonsecure(access);
}

static uint32_t mode(const struct cp_access *access) {
    const struct nvmc_ns *nvmc = nvmc_of(access);
    return is_nonsecure(access) ? nvmc->configns : nvmc->config;
}

static const char *mode_register(const struct cp_access *access) {
    return is_nonsecure(access) ? "CONFIGNS" : "CONFIG";
}

static void reset(struct cp_device *device, bool power_lost) {
    (void)power_lost; // it is part of the MCU
    *(struct nvmc_ns *)(void *)device->state = (struct nvmc_ns){.partial = 10};
}

static uint32_t read_ready(struct nvmc_ns *nvmc) {
    if (nvmc->busy == BUSY_STARTED) {
        nvmc->busy = BUSY_SEEN;
        return 0;
    }
    nvmc->busy = nvmc->next = BUSY_NOT;
    return 1;
}

// After the erase of a page there is no next word: READYNEXT comes with READY.
static uint32_t read_readynext(struct nvmc_ns *nvmc) {
    if (nvmc->next == BUSY_STARTED) {
        nvmc->next = BUSY_SEEN;
        return 0;
    }
    nvmc->next = BUSY_NOT;
    return 1;
}

// The application core of the nRF5340 has a CACHE peripheral instead.
static bool has_icache(const struct cp_access *access) {
    return strncmp(access->device->part.name, "nrf5340-app", 11) != 0;
}

static void no_register(const struct cp_access *access, const char *what, uint32_t offset_bytes) {
    cp_bus_illegal(access, "Nordic MDK",
                   "%s of a register the NVMC does not have, or that is read-only (+0x%x)", what,
                   (unsigned)offset_bytes);
}

static uint32_t read(const struct cp_access *access, uint32_t window, uint32_t offset_bytes) {
    (void)window;
    struct nvmc_ns *nvmc = nvmc_of(access);
    switch (offset_bytes) {
    case READY: return read_ready(nvmc);
    case READYNEXT: return read_readynext(nvmc);
    case CONFIG: return nvmc->config;
    case ERASEPAGEPARTIALCFG: return nvmc->partial;
    case ICACHECNF:
        if (has_icache(access)) {
            return 0;
        }
        break;
    case CONFIGNS:
        if (has_configns(access)) {
            return nvmc->configns;
        }
        break;
    default: break;
    }
    no_register(access, "read", offset_bytes);
    return 0;
}

// The mode must not change under an operation.
static void check_idle(const struct cp_access *access, const char *what) {
    if (nvmc_of(access)->busy != BUSY_NOT) {
        cp_bus_illegal(access, "NVMC, READY",
                       "%s written while an operation runs: poll READY first", what);
    }
}

static void write_config(const struct cp_access *access, uint32_t value) {
    if (is_nonsecure(access)) {
        return;
    }
    check_idle(access, "CONFIG");
    if (value > WEN_ERASE && value != WEN_PARTIAL_ERASE) {
        cp_bus_illegal(access, "NVMC, CONFIG", "CONFIG.WEN set to %u: its modes are one-hot",
                       (unsigned)value);
    }
    nvmc_of(access)->config = value & 7u;
}

static void write_configns(const struct cp_access *access, uint32_t value) {
    check_idle(access, "CONFIGNS");
    if (value > WEN_ERASE) {
        cp_bus_illegal(access, "NVMC, CONFIGNS", "CONFIGNS.WEN set to %u: its modes are one-hot",
                       (unsigned)value);
    }
    nvmc_of(access)->configns = value & 3u;
}

static void write(const struct cp_access *access, uint32_t window, uint32_t offset_bytes,
                  uint32_t value, uint32_t width_bytes) {
    (void)window;
    if (width_bytes != 4) {
        cp_bus_illegal(access, "Nordic MDK", "NVMC + 0x%x written by %u bytes: registers are words",
                       (unsigned)offset_bytes, (unsigned)width_bytes);
    } else if (offset_bytes == CONFIG) {
        write_config(access, value);
    } else if (offset_bytes == CONFIGNS && has_configns(access)) {
        write_configns(access, value);
    } else if (offset_bytes == ERASEPAGEPARTIALCFG) {
        nvmc_of(access)->partial = value & 0x7Fu;
    } else if (offset_bytes == ERASEALL) {
        cp_bus_illegal(access, "NVMC, ERASEALL", "ERASEALL would erase the bootloader as well");
    } else if (offset_bytes != ICACHECNF || !has_icache(access)) {
        no_register(access, "write", offset_bytes);
    }
}

static void start(const struct cp_access *access, enum cp_done done) {
    if (done != CP_DONE_REFUSED) {
        nvmc_of(access)->busy = nvmc_of(access)->next = BUSY_STARTED;
    }
}

static void program(const struct cp_access *access, uint32_t offset_bytes, uint32_t value) {
    const struct nvmc_ns *nvmc = nvmc_of(access);
    if (nvmc->busy != BUSY_NOT && nvmc->next != BUSY_NOT) {
        cp_bus_illegal(access, "NVMC, READYNEXT",
                       "store to flash while a word is programmed: poll READY or READYNEXT first");
        return;
    }
    start(access, cp_bus_program(access, offset_bytes, &value, 1));
}

static void erase(const struct cp_access *access, uint32_t offset_bytes, uint32_t value) {
    struct cp_page page = cp_part_page(&access->device->part, offset_bytes);
    if (nvmc_of(access)->busy != BUSY_NOT) {
        cp_bus_illegal(access, "NVMC, READY",
                       "store to flash while a page is erased: poll READY first");
    } else if (value != 0xFFFFFFFFu || offset_bytes != page.offset_bytes) {
        cp_bus_illegal(access, "NVMC, erasing a page",
                       "store of 0x%x at 0x%x in Een: only 0xFFFFFFFF to the first word of a page "
                       "erases it",
                       (unsigned)value, (unsigned)offset_bytes);
    } else {
        start(access, cp_bus_erase(access, offset_bytes, 0));
    }
}

static void store(const struct cp_access *access, uint32_t offset_bytes, uint32_t value,
                  uint32_t width_bytes) {
    if (width_bytes != 4) {
        cp_bus_fault(access, "NVMC, writing to flash",
                     "store of %u byte%s at 0x%x: only whole words can be stored, else a HardFault",
                     (unsigned)width_bytes, width_bytes == 1 ? "" : "s", (unsigned)offset_bytes);
        return;
    }
    switch (mode(access)) {
    case WEN_WRITE: program(access, offset_bytes, value); break;
    case WEN_ERASE: erase(access, offset_bytes, value); break;
    case WEN_PARTIAL_ERASE:
        cp_bus_illegal(access, "NVMC, partial erase",
                       "store to flash in PEen: what is left of a page that is erased in part is "
                       "undefined");
        break;
    default:
        cp_bus_illegal(access, "NVMC, CONFIG", "store to flash at 0x%x with %s.WEN at Ren",
                       (unsigned)offset_bytes, mode_register(access));
    }
}

static const char *left_open(const struct cp_device *device) {
    const struct nvmc_ns *nvmc = (const struct nvmc_ns *)(const void *)device->state;
    if (nvmc->busy != BUSY_NOT) {
        return "an operation of the NVMC that nobody waited for";
    }
    if (nvmc->config == WEN_READ && nvmc->configns == WEN_READ) {
        return NULL;
    }
    return "CONFIG.WEN or CONFIGNS.WEN not back at Ren: any stray store would change the flash";
}

const struct cp_controller_model cp_model_nvmc_ns = {
    .name = "nvmc-ns",
    .state_size_bytes = sizeof(struct nvmc_ns),
    .windows = {{0, 0x1000}},
    .reset = reset,
    .read = read,
    .write = write,
    .store = store,
    .left_open = left_open,
};

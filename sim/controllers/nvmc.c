// nvmc.c: register model of the Nordic NVMC (nRF51, nRF52).
//
// Enforced, with the sources in docs/SPEC.md: a store to flash needs CONFIG.WEN =
// Wen and a page erase needs Een; stores are whole words at word addresses; an
// erase address is the start of a page; after an operation READY must be polled
// until it is 1 before the next write to CONFIG, ERASEPAGE or the flash. (A read
// of the flash meanwhile only stalls the CPU.) There are no keys and no error flags.
//
// READYNEXT tells that the next word may come. Only nRF52833 and nRF52840 have it, and on
// nRF52840 erratum 233 forbids its use: it is not generated correctly (nrfx).

#include "sim/controllers/models.h"

#include <string.h>

enum {
    READY = 0x400,
    READYNEXT = 0x408,
    CONFIG = 0x504,
    ERASEPAGE = 0x508,
    ICACHECNF = 0x540,
};

enum { WEN_READ = 0, WEN_WRITE = 1, WEN_ERASE = 2 };

struct nvmc {
    uint32_t config;     // CONFIG.WEN
    uint32_t busy_polls; // READY reads 0 this many more times
    uint32_t next_polls; // READYNEXT does
};

static struct nvmc *nvmc_of(const struct cp_access *access) {
    return (struct nvmc *)(void *)access->device->state;
}

static void reset(struct cp_device *device, bool power_lost) {
    (void)power_lost; // it is part of the MCU
    *(struct nvmc *)(void *)device->state = (struct nvmc){WEN_READ, 0, 0};
}

static uint32_t read_ready(struct nvmc *nvmc) {
    if (nvmc->busy_polls > 0) {
        nvmc->busy_polls--;
        return 0;
    }
    nvmc->next_polls = 0;
    return 1;
}

static uint32_t read_readynext(struct nvmc *nvmc) {
    if (nvmc->next_polls > 0) {
        nvmc->next_polls--;
        return 0;
    }
    return 1;
}

static bool is_part(const struct cp_access *access, const char *name) {
    return strcmp(access->device->part.name, name) == 0;
}

static bool has_readynext(const struct cp_access *access) {
    return is_part(access, "nrf52833") || is_part(access, "nrf52840");
}

static bool has_icache(const struct cp_access *access) {
    return strcmp(access->device->part.family, "nRF51") != 0;
}

static void check_erratum_233(const struct cp_access *access) {
    if (is_part(access, "nrf52840")) {
        cp_bus_illegal(access, "nRF52840 erratum 233",
                       "READYNEXT read, which this part does not generate correctly: poll READY");
    }
}

static uint32_t read(const struct cp_access *access, uint32_t window, uint32_t offset_bytes) {
    (void)window;
    struct nvmc *nvmc = nvmc_of(access);
    if (offset_bytes == READY) {
        return read_ready(nvmc);
    }
    if (offset_bytes == READYNEXT && has_readynext(access)) {
        check_erratum_233(access);
        return read_readynext(nvmc);
    }
    if (offset_bytes == CONFIG) {
        return nvmc->config;
    }
    if (offset_bytes != ICACHECNF || !has_icache(access)) {
        cp_bus_illegal(access, "Nordic MDK", "read of a register the NVMC does not have (+0x%x)",
                       (unsigned)offset_bytes);
    }
    return 0;
}

static bool is_busy(const struct cp_access *access, const char *what) {
    if (nvmc_of(access)->busy_polls == 0) {
        return false;
    }
    cp_bus_illegal(access, "NVMC, READY", "%s while an operation runs: poll READY first", what);
    return true;
}

static void write_config(const struct cp_access *access, uint32_t value) {
    (void)is_busy(access, "CONFIG written");
    if (value > WEN_ERASE) {
        cp_bus_illegal(access, "NVMC, CONFIG",
                       "CONFIG.WEN set to a reserved value: the result is unpredictable");
    }
    nvmc_of(access)->config = value & 3u;
}

static void start(const struct cp_access *access, enum cp_done done) {
    if (done != CP_DONE_REFUSED) {
        nvmc_of(access)->busy_polls = nvmc_of(access)->next_polls = 1;
    }
}

static void erase_page(const struct cp_access *access, uint32_t address) {
    uint32_t offset_bytes = address - access->device->part.flash_address;
    struct cp_page page = cp_part_page(&access->device->part, offset_bytes);
    if (page.size_bytes == 0) {
        cp_bus_illegal(access, "NVMC, ERASEPAGE", "ERASEPAGE with 0x%x, which is not in the flash",
                       (unsigned)address);
    } else if (offset_bytes != page.offset_bytes) {
        cp_bus_illegal(access, "NVMC, ERASEPAGE",
                       "ERASEPAGE with 0x%x, which is not the start of a page", (unsigned)address);
    } else {
        start(access, cp_bus_erase(access, offset_bytes, 0));
    }
}

static void write_erasepage(const struct cp_access *access, uint32_t address) {
    if (is_busy(access, "ERASEPAGE written")) {
        return;
    }
    if (nvmc_of(access)->config != WEN_ERASE) {
        cp_bus_illegal(access, "NVMC, ERASEPAGE",
                       "ERASEPAGE written without CONFIG.WEN = Een: the erase is ignored");
        return;
    }
    erase_page(access, address);
}

static void write(const struct cp_access *access, uint32_t window, uint32_t offset_bytes,
                  uint32_t value, uint32_t width_bytes) {
    (void)window;
    (void)width_bytes;
    switch (offset_bytes) {
    case CONFIG: write_config(access, value); break;
    case ERASEPAGE: write_erasepage(access, value); break;
    case ICACHECNF:
        if (has_icache(access)) {
            break;
        }
        // fall through
    default:
        cp_bus_illegal(access, "Nordic MDK",
                       "write of a register the NVMC does not have, or that is read-only (+0x%x)",
                       (unsigned)offset_bytes);
    }
}

static void store(const struct cp_access *access, uint32_t offset_bytes, uint32_t value,
                  uint32_t width_bytes) {
    if (width_bytes != 4) {
        cp_bus_fault(access, "NVMC, writing to flash",
                     "store of %u byte%s at 0x%x: only whole words can be stored, else a HardFault",
                     (unsigned)width_bytes, width_bytes == 1 ? "" : "s", (unsigned)offset_bytes);
    }
    if (nvmc_of(access)->next_polls > 0 && is_busy(access, "store to flash")) {
        return;
    }
    if (nvmc_of(access)->config != WEN_WRITE) {
        cp_bus_illegal(access, "NVMC, CONFIG", "store to flash at 0x%x without CONFIG.WEN = Wen",
                       (unsigned)offset_bytes);
        return;
    }
    start(access, cp_bus_program(access, offset_bytes, &value, 1));
}

static const char *left_open(const struct cp_device *device) {
    static const char *const modes[] = {NULL, "CONFIG.WEN = 1, where any stray store is a program,",
                                        "CONFIG.WEN = 2, where any stray store may erase,",
                                        "CONFIG.WEN = 3, which is reserved,"};
    return modes[((const struct nvmc *)(const void *)device->state)->config];
}

const struct cp_controller_model cp_model_nvmc = {
    .name = "nvmc",
    .state_size_bytes = sizeof(struct nvmc),
    .windows = {{0, 0x1000}},
    .reset = reset,
    .read = read,
    .write = write,
    .store = store,
    .left_open = left_open,
};

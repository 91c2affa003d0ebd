// nvmc.c: see nvmc.h.

#include "sim/nvmc.h"

#include <stddef.h>

enum {
    READY = 0x400,
    CONFIG = 0x504,
    ERASEPAGE = 0x508,
    ICACHECNF = 0x540,
};

enum { WEN_READ = 0, WEN_WRITE = 1, WEN_ERASE = 2 };

void cp_nvmc_reset(struct cp_nvmc *nvmc) {
    nvmc->config = WEN_READ;
    nvmc->busy_polls = 0;
}

uint32_t cp_nvmc_read(struct cp_nvmc *nvmc, uint32_t offset, const char **illegal) {
    switch (offset) {
    case READY:
        if (nvmc->busy_polls > 0) {
            nvmc->busy_polls--;
            return 0;
        }
        return 1;
    case CONFIG: return nvmc->config;
    case ICACHECNF: return 0;
    default: *illegal = "read of a register the NVMC does not have"; return 0;
    }
}

static void write_config(struct cp_nvmc *nvmc, uint32_t value, const char **illegal) {
    if (nvmc->busy_polls > 0) {
        *illegal = "CONFIG written while an operation runs: poll READY first";
    } else if (value > WEN_ERASE) {
        *illegal = "CONFIG.WEN set to a reserved value: the result is unpredictable";
    }
    nvmc->config = value & 3u;
}

static enum cp_nvmc_action write_erasepage(const struct cp_nvmc *nvmc, const char **illegal) {
    if (nvmc->busy_polls > 0) {
        *illegal = "ERASEPAGE written while an operation runs: poll READY first";
        return CP_NVMC_NOTHING;
    }
    if (nvmc->config != WEN_ERASE) {
        *illegal = "ERASEPAGE written without CONFIG.WEN = Een: the erase is ignored";
        return CP_NVMC_NOTHING;
    }
    return CP_NVMC_ERASE_PAGE;
}

enum cp_nvmc_action cp_nvmc_write(struct cp_nvmc *nvmc, uint32_t offset, uint32_t value,
                                  const char **illegal) {
    switch (offset) {
    case CONFIG: write_config(nvmc, value, illegal); return CP_NVMC_NOTHING;
    case ERASEPAGE: return write_erasepage(nvmc, illegal);
    case ICACHECNF: return CP_NVMC_NOTHING;
    default:
        *illegal = "write of a register the NVMC does not have, or that is read-only";
        return CP_NVMC_NOTHING;
    }
}

bool cp_nvmc_may_program(const struct cp_nvmc *nvmc, const char **illegal) {
    if (nvmc->busy_polls > 0) {
        *illegal = "store to flash while an operation runs: poll READY first";
    } else if (nvmc->config != WEN_WRITE) {
        *illegal = "store to flash without CONFIG.WEN = Wen";
    } else {
        return true;
    }
    return false;
}

void cp_nvmc_started(struct cp_nvmc *nvmc) {
    nvmc->busy_polls = 1;
}

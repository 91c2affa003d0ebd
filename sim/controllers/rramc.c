// rramc.c: register model of the Nordic RRAMC (nRF54L).
//
// Stores are gathered in a write buffer of up to 32 lines of 16 bytes. It is committed line
// by line, from the lowest on, when it is full, when a store falls outside of it, when one of
// its lines is read, when the time of READYNEXTTIMEOUT is over, and by COMMITWRITEBUF; a
// reset loses it. Without a buffer each store writes its whole line. (Nordic product
// specification as cited in docs/SPEC.md, Zephyr.)
//
// A store while writing is disabled or into a protected region is dropped, with
// EVENTS_ACCESSERROR: that is for the driver to notice. A line that is written in part takes
// the rest from what it holds. From memory, unverified: that the buffer covers the lines
// from that of its first store on; that bytes and half-words can be stored; that only the
// first address of an access error is kept; what ECC.ERRORADDR is after a reset.

#include "sim/controllers/models.h"

#include <string.h>

enum {
    TASKS_WAKEUP = 0x000,
    TASKS_CLRWRITEBUF = 0x004,
    TASKS_COMMITWRITEBUF = 0x008,
    EVENTS_WOKENUP = 0x100,
    EVENTS_READY = 0x104,
    EVENTS_READYNEXT = 0x108,
    EVENTS_ACCESSERROR = 0x10C,
    READY = 0x400,
    READYNEXT = 0x404,
    ACCESSERRORADDR = 0x408,
    WRITEBUFEMPTY = 0x418,
    ECC_ERRORADDR = 0x420,
    CONFIG = 0x500,
    READYNEXTTIMEOUT = 0x50C,
    ERASEALL = 0x540,
    REGION_ADDRESS = 0x570, // of region 4, the only one that is free for use
    REGION_CONFIG = 0x574,
};

#define LINE_BYTES     16u
#define LINE_WORDS     4u
#define LINES_MAX      32u
#define WHOLE_LINE     0xFFFFu

#define CONFIG_WEN     1u
#define TIMEOUT_ENABLE (1u << 31)
#define REGION_WRITE   (1u << 1)
#define REGION_LOCK    (1u << 13)

#define NO_ADDRESS     0x00FFFFFFu

// Lines were written, and how far the program knows that it is over.
enum { BUSY_NOT = 0, BUSY_SEEN = 1, BUSY_STARTED = 2 };

struct rramc {
    uint32_t config;
    uint32_t busy; // until READY was read as 1
    uint32_t access_error, access_error_address;
    uint32_t ready_event;
    uint32_t ecc_error_address;
    uint32_t timeout;
    uint32_t region_address, region_config;
    uint32_t first_line;                    // of the buffer
    uint32_t words[LINES_MAX * LINE_WORDS]; // zero where nothing was stored
    uint32_t bytes_stored[LINES_MAX / 2];   // 16 bits a line, a bit each byte
};

_Static_assert(sizeof(struct rramc) <= CP_CONTROLLER_STATE_MAX_BYTES, "it has to fit");

static struct rramc *rramc_of(const struct cp_access *access) {
    return (struct rramc *)(void *)access->device->state;
}

static void reset(struct cp_device *device, bool power_lost) {
    (void)power_lost; // it is part of the MCU
    struct rramc *rramc = (struct rramc *)(void *)device->state;
    memset(rramc, 0, sizeof(*rramc));
    rramc->access_error_address = NO_ADDRESS;
    rramc->ecc_error_address = NO_ADDRESS;
}

// --- the buffer

static uint32_t capacity(const struct rramc *rramc) {
    return rramc->config >> 8 & 0x3Fu;
}

static uint32_t stored_in(const struct rramc *rramc, uint32_t index) {
    return rramc->bytes_stored[index / 2] >> (index % 2 * 16) & WHOLE_LINE;
}

static void add_stored(struct rramc *rramc, uint32_t index, uint32_t bytes) {
    rramc->bytes_stored[index / 2] |= bytes << (index % 2 * 16);
}

static bool is_empty(const struct rramc *rramc) {
    for (uint32_t i = 0; i < LINES_MAX / 2; i++) {
        if (rramc->bytes_stored[i] != 0) {
            return false;
        }
    }
    return true;
}

static bool is_full(const struct rramc *rramc) {
    for (uint32_t i = 0; i < capacity(rramc); i++) {
        if (stored_in(rramc, i) != WHOLE_LINE) {
            return false;
        }
    }
    return true;
}

static void clear_line(struct rramc *rramc, uint32_t index) {
    rramc->bytes_stored[index / 2] &= ~(WHOLE_LINE << (index % 2 * 16));
    memset(&rramc->words[index * LINE_WORDS], 0, LINE_BYTES);
}

static void clear_buffer(struct rramc *rramc) {
    memset(rramc->words, 0, sizeof(rramc->words));
    memset(rramc->bytes_stored, 0, sizeof(rramc->bytes_stored));
    rramc->first_line = 0;
}

// The bits of a word that its four bits of "stored" stand for.
static uint32_t bits_of(uint32_t stored) {
    uint32_t bits = 0;
    for (uint32_t i = 0; i < 4; i++) {
        bits |= (stored >> i & 1u) ? 0xFFu << 8 * i : 0;
    }
    return bits;
}

// A word of a line as it is to be written: where it was not stored, what is there.
static uint32_t merge(const struct cp_access *access, uint32_t offset_bytes, uint32_t word,
                      uint32_t stored) {
    const uint32_t bits = bits_of(stored);
    uint32_t old = 0xFFFFFFFFu;
    if (bits != 0xFFFFFFFFu && !cp_bus_read(access, offset_bytes, &old)) {
        cp_bus_illegal(access, "nRF54L RRAMC, ECC: from memory, unverified",
                       "line at 0x%x written in part while it is uncorrectable: its other bytes "
                       "are lost",
                       (unsigned)(offset_bytes - offset_bytes % LINE_BYTES));
    }
    return (word & bits) | (old & ~bits);
}

// The words lie in a frame of their own: they do not change while the line is written.
__attribute__((noinline)) static enum cp_done write_line(const struct cp_access *access,
                                                         uint32_t line, const uint32_t *words,
                                                         uint32_t stored) {
    uint32_t merged[LINE_WORDS];
    for (uint32_t i = 0; i < LINE_WORDS; i++) {
        merged[i] = merge(access, line * LINE_BYTES + 4 * i, words[i], stored >> 4 * i & 0xFu);
    }
    return cp_bus_program(access, line * LINE_BYTES, merged, LINE_WORDS);
}

static void start_busy(struct rramc *rramc) {
    rramc->busy = BUSY_STARTED;
    rramc->ready_event = 1;
}

// A write that fails is not reported: no flag is known for it.
static void commit(const struct cp_access *access) {
    struct rramc *rramc = rramc_of(access);
    for (uint32_t i = 0; i < LINES_MAX; i++) {
        if (stored_in(rramc, i) != 0) {
            (void)write_line(access, rramc->first_line + i, &rramc->words[i * LINE_WORDS],
                             stored_in(rramc, i));
            clear_line(rramc, i);
            start_busy(rramc);
        }
    }
    rramc->first_line = 0; // an empty buffer is always the same
}

static void commit_after_timeout(const struct cp_access *access) {
    if (rramc_of(access)->timeout & TIMEOUT_ENABLE) {
        commit(access);
    }
}

// --- stores

static bool is_protected(const struct rramc *rramc, uint32_t address) {
    const uint32_t size_bytes = (rramc->region_config >> 16 & 0x1Fu) * 1024u;
    return address - rramc->region_address < size_bytes &&
           (rramc->region_config & REGION_WRITE) == 0;
}

static void refuse(struct rramc *rramc, uint32_t address) {
    if (!rramc->access_error) {
        rramc->access_error_address = address;
    }
    rramc->access_error = 1;
}

static void put(struct rramc *rramc, uint32_t offset_bytes, uint32_t value, uint32_t width_bytes) {
    const uint32_t index = offset_bytes / LINE_BYTES - rramc->first_line;
    const uint32_t bytes = ((1u << width_bytes) - 1) << offset_bytes % 4;
    uint32_t *word = &rramc->words[index * LINE_WORDS + offset_bytes % LINE_BYTES / 4];
    *word = (*word & ~bits_of(bytes)) | (value << 8 * (offset_bytes % 4) & bits_of(bytes));
    add_stored(rramc, index, ((1u << width_bytes) - 1) << offset_bytes % LINE_BYTES);
}

static void store(const struct cp_access *access, uint32_t offset_bytes, uint32_t value,
                  uint32_t width_bytes) {
    struct rramc *rramc = rramc_of(access);
    const uint32_t address = access->device->part.flash_address + offset_bytes;
    const uint32_t line = offset_bytes / LINE_BYTES, lines = capacity(rramc);
    if ((rramc->config & CONFIG_WEN) == 0 || is_protected(rramc, address)) {
        refuse(rramc, address);
        return;
    }
    if (!is_empty(rramc) && line - rramc->first_line >= lines) {
        commit(access);
    }
    if (is_empty(rramc)) {
        rramc->first_line = line;
    }
    put(rramc, offset_bytes, value, width_bytes);
    if (lines == 0 || is_full(rramc)) {
        commit(access);
    }
}

static void load(const struct cp_access *access, uint32_t offset_bytes) {
    const struct rramc *rramc = rramc_of(access);
    const uint32_t index = offset_bytes / LINE_BYTES - rramc->first_line;
    if (index < LINES_MAX && stored_in(rramc, index) != 0) {
        commit(access);
    }
}

static void uncorrectable(const struct cp_access *access, uint32_t offset_bytes) {
    struct rramc *rramc = rramc_of(access);
    if (rramc->ecc_error_address == NO_ADDRESS) {
        rramc->ecc_error_address = access->device->part.flash_address + offset_bytes;
    }
}

// --- registers

// One poll says that lines are being written, the next that they are.
static uint32_t read_ready(struct rramc *rramc) {
    if (rramc->busy == BUSY_STARTED) {
        rramc->busy = BUSY_SEEN;
        return 0;
    }
    rramc->busy = BUSY_NOT;
    return 1;
}

static uint32_t read(const struct cp_access *access, uint32_t window, uint32_t offset_bytes) {
    (void)window;
    struct rramc *rramc = rramc_of(access);
    commit_after_timeout(access);
    switch (offset_bytes) {
    case EVENTS_WOKENUP: return 0;
    case EVENTS_READY:
    case EVENTS_READYNEXT: return rramc->ready_event;
    case EVENTS_ACCESSERROR: return rramc->access_error;
    case READY: return read_ready(rramc);
    case READYNEXT: return 1; // a store meanwhile waits on the bus
    case ACCESSERRORADDR: return rramc->access_error_address;
    case WRITEBUFEMPTY: return is_empty(rramc);
    case ECC_ERRORADDR: return rramc->ecc_error_address;
    case CONFIG: return rramc->config;
    case READYNEXTTIMEOUT: return rramc->timeout;
    case REGION_ADDRESS: return rramc->region_address;
    case REGION_CONFIG: return rramc->region_config;
    default:
        cp_bus_illegal(access, "Nordic MDK", "read of a register the RRAMC does not have (+0x%x)",
                       (unsigned)offset_bytes);
        return 0;
    }
}

static void write_config(const struct cp_access *access, uint32_t value) {
    struct rramc *rramc = rramc_of(access);
    if (rramc->busy != BUSY_NOT) {
        cp_bus_illegal(access, "RRAMC, READY",
                       "CONFIG written while lines are written: poll READY "
                       "first");
    }
    if (value != rramc->config && !is_empty(rramc)) {
        cp_bus_illegal(access, "RRAMC, CONFIG: from memory, unverified",
                       "CONFIG changed with lines in the write buffer: nothing says that they are "
                       "written");
        clear_buffer(rramc);
    }
    if ((value & ~(CONFIG_WEN | 0x3F00u)) != 0 || (value >> 8 & 0x3Fu) > LINES_MAX) {
        cp_bus_illegal(access, "RRAMC, CONFIG", "CONFIG set to 0x%x: the buffer has 32 lines",
                       (unsigned)value);
        return;
    }
    rramc->config = value;
}

static void write_region(struct rramc *rramc, uint32_t *field, uint32_t value) {
    if ((rramc->region_config & REGION_LOCK) == 0) {
        *field = value;
    }
}

static void no_register(const struct cp_access *access, uint32_t offset_bytes) {
    if (offset_bytes == ERASEALL) {
        cp_bus_illegal(access, "RRAMC, ERASE.ERASEALL",
                       "ERASEALL would erase the bootloader as well");
        return;
    }
    cp_bus_illegal(access, "Nordic MDK",
                   "write of a register the RRAMC does not have, that is read-only or that is not "
                   "for use (+0x%x)",
                   (unsigned)offset_bytes);
}

static void write_task(const struct cp_access *access, uint32_t offset_bytes) {
    switch (offset_bytes) {
    case TASKS_CLRWRITEBUF: clear_buffer(rramc_of(access)); break;
    case TASKS_COMMITWRITEBUF: commit(access); break;
    default: break; // TASKS_WAKEUP
    }
}

static void write_register(const struct cp_access *access, uint32_t offset_bytes, uint32_t value) {
    struct rramc *rramc = rramc_of(access);
    switch (offset_bytes) {
    case EVENTS_WOKENUP: break;
    case EVENTS_READY:
    case EVENTS_READYNEXT: rramc->ready_event = value & 1u; break;
    case EVENTS_ACCESSERROR: rramc->access_error = value & 1u; break;
    case CONFIG: write_config(access, value); break;
    case READYNEXTTIMEOUT: rramc->timeout = value; break;
    case REGION_ADDRESS: write_region(rramc, &rramc->region_address, value); break;
    case REGION_CONFIG: write_region(rramc, &rramc->region_config, value); break;
    default: no_register(access, offset_bytes);
    }
}

static void write(const struct cp_access *access, uint32_t window, uint32_t offset_bytes,
                  uint32_t value, uint32_t width_bytes) {
    (void)window;
    if (width_bytes != 4) {
        cp_bus_illegal(access, "Nordic MDK",
                       "RRAMC + 0x%x written by %u bytes: registers are words",
                       (unsigned)offset_bytes, (unsigned)width_bytes);
    } else if (offset_bytes > TASKS_COMMITWRITEBUF) {
        write_register(access, offset_bytes, value);
    } else if (value & 1u) {
        write_task(access, offset_bytes);
    }
}

static const char *left_open(const struct cp_device *device) {
    const struct rramc *rramc = (const struct rramc *)(const void *)device->state;
    if (!is_empty(rramc)) {
        return "lines in the write buffer that are not in the RRAM";
    }
    return rramc->config & CONFIG_WEN
               ? "CONFIG.WEN not disabled: any stray store would change the RRAM"
               : NULL;
}

const struct cp_controller_model cp_model_rramc = {
    .name = "rramc",
    .state_size_bytes = sizeof(struct rramc),
    .windows = {{0, 0x1000}},
    .reset = reset,
    .read = read,
    .write = write,
    .store = store,
    .load = load,
    .uncorrectable = uncorrectable,
    .left_open = left_open,
};

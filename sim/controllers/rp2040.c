// rp2040.c: register model of the RP2040's SSI, with the SPI NOR chip that it runs from.
//
// Modelled: the SSI exchanging bytes (a frame each where it moves the chip select itself),
// the override of the chip select, the pulls of the data pads by which a chip is made to
// leave continuous read, XIP with the command 03 or as the second-stage bootloader of the
// Pico sets it up (EB, continuous), and the XIP cache, which must be flushed after an
// operation. The chip is in continuous read when the bootloader begins.
//
// An access to the window at 0x10000000 while XIP is not set up, or the chip busy, raises
// a fault: the next instruction is as lost as the data. So XIP must not be switched off
// with interrupts enabled, whose handlers lie there. A read of a stale cache is illegal.
//
// Nothing outlives a reset of the MCU: the boot ROM cannot load the second stage until the
// chip has finished and answers to 03. (A chip in deep power-down would not start at all.)
// Registers: from memory, unverified.

#include "sim/controllers/models.h"
#include "sim/controllers/spi_chip.h"

enum { SSI_WINDOW, IO_WINDOW, XIP_WINDOW, PADS_WINDOW };

enum {
    CTRLR0 = 0x00,
    SSIENR = 0x08,
    SER = 0x10,
    BAUDR = 0x14,
    RXFLR = 0x24,
    SR = 0x28,
    DR0 = 0x60,
    RX_SAMPLE_DLY = 0xF0,
    SPI_CTRLR0 = 0xF4,

    SS_CTRL = 0x0C,
    XIP_CTRL = 0x00,
    XIP_FLUSH = 0x04,
    PAD_SD0 = 0x08,
};

#define CTRLR0_BYTES  (7u << 16)
#define CTRLR0_03     (31u << 16 | 3u << 8)
#define SPI_CTRLR0_03 (3u << 24 | 2u << 8 | 6u << 2)
#define CTRLR0_EB     (2u << 21 | 31u << 16 | 3u << 8)
#define SPI_CTRLR0_EB (0xA0u << 24 | 4u << 11 | 8u << 2 | 2u)
#define SR_BUSY       (1u << 0)
#define SR_TFNF       (1u << 1)
#define SR_TFE        (1u << 2)
#define SR_RFNE       (1u << 3)
#define OUTOVER_LOW   2u
#define OUTOVER_HIGH  3u
#define PAD_PULL_MASK (1u << 7 | 1u << 3 | 1u << 2)
#define PAD_PULLED_UP (1u << 7 | 1u << 3)
#define PAD_RESET     0x56u

enum { FIFO_BYTES = 16, PAD_COUNT = 4, CONTINUOUS_EXIT_BYTES = 4 };

struct rp2040 {
    uint32_t ctrlr0, ssienr, ser, baudr, spi_ctrlr0;
    uint32_t busy_polls; // the last byte is under way
    uint32_t received[FIFO_BYTES];
    uint32_t received_count;
    uint32_t override; // OUTOVER of the chip select
    uint32_t pads[PAD_COUNT];
    uint32_t high_bytes;     // of this frame, with the data pads pulled up
    uint32_t is_cache_stale; // an operation came after the last flush
    struct cp_spi_chip chip;
};

static struct rp2040 *state_of(struct cp_device *device) {
    return (struct rp2040 *)(void *)device->state;
}

// As the second-stage bootloader leaves it.
static void reset(struct cp_device *device, bool power_lost) {
    (void)power_lost;
    struct rp2040 *rp = state_of(device);
    *rp = (struct rp2040){.ctrlr0 = CTRLR0_EB,
                          .ssienr = 1,
                          .ser = 1,
                          .baudr = 4,
                          .spi_ctrlr0 = SPI_CTRLR0_EB,
                          .pads = {PAD_RESET, PAD_RESET, PAD_RESET, PAD_RESET}};
    rp->chip.is_continuous = 1;
}

// --- XIP

static const char *why_no_xip(const struct rp2040 *rp) {
    if (rp->ssienr == 0 || rp->ser != 1 || rp->override != 0) {
        return "the SSI is off, or the chip select held";
    }
    if (rp->chip.busy_polls > 0 || rp->chip.is_dead || rp->chip.is_asleep) {
        return "the chip is busy or does not answer";
    }
    if (rp->chip.is_continuous) {
        return rp->ctrlr0 == CTRLR0_EB && rp->spi_ctrlr0 == SPI_CTRLR0_EB
                   ? NULL
                   : "the chip is in continuous read, and the SSI is not";
    }
    return rp->ctrlr0 == CTRLR0_03 && rp->spi_ctrlr0 == SPI_CTRLR0_03
               ? NULL
               : "the SSI is not set up to read by itself";
}

static void load(const struct cp_access *access, uint32_t offset_bytes) {
    const struct rp2040 *rp = state_of(access->device);
    const char *why = why_no_xip(rp);
    if (why) {
        cp_bus_fault(access, "RP2040, XIP; from memory, unverified",
                     "read of the flash at 0x%x while XIP does not work: %s",
                     (unsigned)offset_bytes, why);
    }
    if (rp->is_cache_stale) {
        cp_bus_illegal(access, "RP2040, XIP cache; from memory, unverified",
                       "read of the flash at 0x%x through a cache that was not flushed after an "
                       "operation",
                       (unsigned)offset_bytes);
    }
}

static void store(const struct cp_access *access, uint32_t offset_bytes, uint32_t value,
                  uint32_t width_bytes) {
    (void)value;
    cp_bus_fault(access, "RP2040, XIP", "store of %u bytes to the flash at 0x%x",
                 (unsigned)width_bytes, (unsigned)offset_bytes);
}

// --- the chip select and bytes

static void select_chip(const struct cp_access *access) {
    struct rp2040 *rp = state_of(access->device);
    cp_spi_chip_select(access, &rp->chip);
}

// After 4 bytes of ones on all pins a chip reads no further.
static void deselect_chip(const struct cp_access *access) {
    struct rp2040 *rp = state_of(access->device);
    const uint32_t operation = rp->chip.operation;
    if (rp->chip.is_selected && rp->high_bytes >= CONTINUOUS_EXIT_BYTES) {
        rp->chip.is_continuous = 0;
    }
    rp->high_bytes = 0;
    rp->chip.is_torn |= rp->busy_polls > 0;
    cp_spi_chip_deselect(access, &rp->chip);
    rp->is_cache_stale |= operation != rp->chip.operation;
}

static void write_override(const struct cp_access *access, uint32_t value) {
    struct rp2040 *rp = state_of(access->device);
    rp->override = value >> 8 & 3;
    if (rp->override == OUTOVER_LOW) {
        select_chip(access);
    } else {
        deselect_chip(access);
    }
}

static bool are_pads_high(const struct rp2040 *rp) {
    for (uint32_t i = 0; i < PAD_COUNT; i++) {
        if ((rp->pads[i] & PAD_PULL_MASK) != PAD_PULLED_UP) {
            return false;
        }
    }
    return true;
}

static void exchange(const struct cp_access *access, uint32_t value) {
    struct rp2040 *rp = state_of(access->device);
    const bool is_single = rp->override == 0; // the SSI has nothing more to send
    if (is_single) {
        select_chip(access);
    }
    rp->high_bytes += are_pads_high(rp) && rp->chip.is_selected;
    const uint8_t received = cp_spi_chip_transfer(access, &rp->chip, (uint8_t)value);
    if (is_single) {
        deselect_chip(access);
    }
    rp->busy_polls = 1;
    if (rp->received_count < FIFO_BYTES) {
        rp->received[rp->received_count++] = received;
    }
}

static void send(const struct cp_access *access, uint32_t value) {
    const struct rp2040 *rp = state_of(access->device);
    if (rp->ssienr == 0 || rp->ctrlr0 != CTRLR0_BYTES || rp->ser != 1) {
        cp_bus_illegal(access, "RP2040, SSI",
                       "DR0 written while the SSI is not set up to exchange bytes");
        return;
    }
    exchange(access, value);
}

static uint32_t take(struct rp2040 *rp) {
    if (rp->received_count == 0 || rp->busy_polls > 0) {
        return 0;
    }
    const uint32_t received = rp->received[0];
    rp->received_count--;
    for (uint32_t i = 0; i < FIFO_BYTES; i++) {
        rp->received[i] = i < rp->received_count ? rp->received[i + 1] : 0;
    }
    return received;
}

// --- registers

static uint32_t no_register(const struct cp_access *access, const char *what, uint32_t window,
                            uint32_t offset_bytes) {
    static const char *const names[] = {"the SSI", "IO_QSPI", "XIP_CTRL", "PADS_QSPI"};
    cp_bus_illegal(access, "RP2040", "%s of %s + 0x%x, which is not modelled or not there", what,
                   names[window], (unsigned)offset_bytes);
    return 0;
}

static uint32_t read_status(struct rp2040 *rp) {
    if (rp->busy_polls > 0) {
        rp->busy_polls--;
        return SR_BUSY | SR_TFNF | SR_TFE;
    }
    return SR_TFNF | SR_TFE | (rp->received_count > 0 ? SR_RFNE : 0);
}

static uint32_t read_ssi(const struct cp_access *access, uint32_t offset_bytes) {
    struct rp2040 *rp = state_of(access->device);
    switch (offset_bytes) {
    case CTRLR0: return rp->ctrlr0;
    case SSIENR: return rp->ssienr;
    case SER: return rp->ser;
    case BAUDR: return rp->baudr;
    case RXFLR: return rp->busy_polls > 0 ? 0 : rp->received_count;
    case SR: return read_status(rp);
    case DR0: return take(rp);
    case SPI_CTRLR0: return rp->spi_ctrlr0;
    default: return no_register(access, "read", SSI_WINDOW, offset_bytes);
    }
}

static uint32_t read(const struct cp_access *access, uint32_t window, uint32_t offset_bytes) {
    const struct rp2040 *rp = state_of(access->device);
    if (window == SSI_WINDOW) {
        return read_ssi(access, offset_bytes);
    }
    if (window == IO_WINDOW && offset_bytes == SS_CTRL) {
        return rp->override << 8;
    }
    if (window == XIP_WINDOW && (offset_bytes == XIP_CTRL || offset_bytes == XIP_FLUSH)) {
        return offset_bytes == XIP_CTRL ? 3 : 0;
    }
    if (window == PADS_WINDOW && offset_bytes >= PAD_SD0 &&
        offset_bytes < PAD_SD0 + 4 * PAD_COUNT) {
        return rp->pads[(offset_bytes - PAD_SD0) / 4];
    }
    return no_register(access, "read", window, offset_bytes);
}

static void write_enable(const struct cp_access *access, uint32_t value) {
    struct rp2040 *rp = state_of(access->device);
    if ((value & 1) == 0) {
        if (!cp_bus_irq_is_disabled(access)) {
            cp_bus_illegal(access, "RP2040, XIP",
                           "XIP switched off with interrupts enabled: a handler in flash could "
                           "not be fetched");
        }
        rp->busy_polls = rp->received_count = 0;
        for (uint32_t i = 0; i < FIFO_BYTES; i++) {
            rp->received[i] = 0;
        }
    }
    rp->ssienr = value & 1;
}

static void configure(const struct cp_access *access, uint32_t *setting, uint32_t value) {
    if (state_of(access->device)->ssienr != 0) {
        cp_bus_illegal(access, "RP2040, SSI",
                       "the SSI's mode written while it is enabled: the write is ignored");
        return;
    }
    *setting = value;
}

static void write_ssi(const struct cp_access *access, uint32_t offset_bytes, uint32_t value) {
    struct rp2040 *rp = state_of(access->device);
    switch (offset_bytes) {
    case CTRLR0: configure(access, &rp->ctrlr0, value); break;
    case SSIENR: write_enable(access, value); break;
    case SER: rp->ser = value & 1; break;
    case BAUDR: configure(access, &rp->baudr, value); break;
    case RX_SAMPLE_DLY: break;
    case SPI_CTRLR0: configure(access, &rp->spi_ctrlr0, value); break;
    case DR0: send(access, value); break;
    default: (void)no_register(access, "write", SSI_WINDOW, offset_bytes);
    }
}

static void write(const struct cp_access *access, uint32_t window, uint32_t offset_bytes,
                  uint32_t value, uint32_t width_bytes) {
    struct rp2040 *rp = state_of(access->device);
    if (width_bytes != 4) {
        cp_bus_illegal(access, "RP2040, bus fabric",
                       "a register written with %u bytes, which are repeated over all its lanes",
                       (unsigned)width_bytes);
    }
    if (window == SSI_WINDOW) {
        write_ssi(access, offset_bytes, value);
    } else if (window == IO_WINDOW && offset_bytes == SS_CTRL) {
        write_override(access, value);
    } else if (window == XIP_WINDOW && offset_bytes == XIP_FLUSH) {
        rp->is_cache_stale = 0;
    } else if (window == PADS_WINDOW && offset_bytes >= PAD_SD0 &&
               offset_bytes < PAD_SD0 + 4 * PAD_COUNT) {
        rp->pads[(offset_bytes - PAD_SD0) / 4] = value;
    } else {
        (void)no_register(access, "write", window, offset_bytes);
    }
}

static const char *left_open(const struct cp_device *device) {
    const struct rp2040 *rp = (const struct rp2040 *)(const void *)device->state;
    const char *why = why_no_xip(rp);
    if (why) {
        return "XIP not working: ACTIVE could not be fetched";
    }
    for (uint32_t i = 0; i < PAD_COUNT; i++) {
        if (rp->pads[i] != PAD_RESET) {
            return "the data pads of the flash left with other pulls, or their outputs off";
        }
    }
    return rp->is_cache_stale ? "the XIP cache stale" : cp_spi_chip_left_open(&rp->chip);
}

const struct cp_controller_model cp_model_rp2040 = {
    .name = "rp2040",
    .state_size_bytes = sizeof(struct rp2040),
    .windows = {{0x18000000u, 0x1000},
                {0x40018000u, 0x1000},
                {0x14000000u, 0x1000},
                {0x40020000u, 0x1000}},
    .reset = reset,
    .read = read,
    .write = write,
    .store = store,
    .load = load,
    .left_open = left_open,
};

_Static_assert(sizeof(struct rp2040) <= CP_CONTROLLER_STATE_MAX_BYTES, "the state fits");

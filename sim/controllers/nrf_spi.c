// nrf_spi.c: register model of the legacy SPI master of nRF51 and nRF52, with a SPI NOR
// chip behind it.
//
// The board is that of the nRF52840 DK: chip select P0.17, SCK 19, MOSI 20, MISO 21. The
// chip sees a byte if the master is enabled in mode 0 or 3 with the most significant bit
// first, its pins are selected and outputs where they have to be. A byte takes a poll of
// EVENTS_READY; a chip select that moves meanwhile tears it, and RXD has the byte before
// until then. RXD holds back the byte after one that was not read; with both full the next
// store to TXD would lose a byte, which is illegal.
// Registers: offsets from memory, unverified.

#include "sim/controllers/models.h"
#include "sim/controllers/spi_chip.h"

enum { SPI_WINDOW, GPIO_WINDOW };

enum {
    SPI_READY = 0x108,
    SPI_INTENCLR = 0x308,
    SPI_ENABLE = 0x500,
    SPI_PSELSCK = 0x508,
    SPI_PSELMOSI = 0x50C,
    SPI_PSELMISO = 0x510,
    SPI_RXD = 0x518,
    SPI_TXD = 0x51C,
    SPI_FREQUENCY = 0x524,
    SPI_CONFIG = 0x554,

    GPIO_OUT = 0x504,
    GPIO_OUTSET = 0x508,
    GPIO_OUTCLR = 0x50C,
    GPIO_DIR = 0x514,
    GPIO_DIRSET = 0x518,
    GPIO_DIRCLR = 0x51C,
    GPIO_PIN_CNF = 0x700,
};

enum { SELECT_PIN = 17, SCK_PIN = 19, MOSI_PIN = 20, MISO_PIN = 21 };

struct nrf_spi {
    uint32_t enable, psel_sck, psel_mosi, psel_miso, frequency, config;
    uint32_t is_ready;     // EVENTS_READY
    uint32_t is_moving;    // a byte is between TXD and RXD
    uint32_t moving;       // what comes of it
    uint32_t moving_polls; // so many more polls of READY, and it arrives
    uint32_t received;     // in RXD
    uint32_t is_unread;    // RXD holds a byte that nobody read
    uint32_t out, dir;     // of P0
    struct cp_spi_chip chip;
};

static struct nrf_spi *state_of(struct cp_device *device) {
    return (struct nrf_spi *)(void *)device->state;
}

static void reset(struct cp_device *device, bool power_lost) {
    struct nrf_spi *spi = state_of(device);
    struct cp_spi_chip chip = spi->chip;
    cp_spi_chip_reset(&chip, power_lost);
    *spi = (struct nrf_spi){.psel_sck = 0xFFFFFFFFu,
                            .psel_mosi = 0xFFFFFFFFu,
                            .psel_miso = 0xFFFFFFFFu,
                            .frequency = 0x04000000u,
                            .chip = chip};
}

// --- what the chip sees

static bool is_output(const struct nrf_spi *spi, uint32_t pin) {
    return (spi->dir >> pin & 1) != 0;
}

static bool is_connected(const struct nrf_spi *spi) {
    const bool is_mode_right = spi->config == 0 || spi->config == 6; // CPHA and CPOL, or none
    return is_mode_right && spi->psel_sck == SCK_PIN && spi->psel_mosi == MOSI_PIN &&
           is_output(spi, SCK_PIN) && is_output(spi, MOSI_PIN);
}

static void move_select(const struct cp_access *access) {
    struct nrf_spi *spi = state_of(access->device);
    const bool is_low = is_output(spi, SELECT_PIN) && (spi->out >> SELECT_PIN & 1) == 0;
    if (is_low == (spi->chip.is_selected != 0)) {
        return;
    }
    spi->chip.is_torn |= spi->is_moving;
    if (is_low) {
        cp_spi_chip_select(access, &spi->chip);
    } else {
        cp_spi_chip_deselect(access, &spi->chip);
    }
}

// The byte that was under way arrives, if there is room for it.
static void arrive(struct nrf_spi *spi) {
    if (spi->is_moving && !spi->is_unread) {
        spi->received = spi->moving;
        spi->is_unread = 1;
        spi->is_moving = spi->moving = spi->moving_polls = 0;
        spi->is_ready = 1;
    }
}

static void send(const struct cp_access *access, uint32_t value) {
    struct nrf_spi *spi = state_of(access->device);
    if (spi->enable != 1) {
        cp_bus_illegal(access, "nRF SPI, ENABLE", "TXD written while the SPI is not enabled");
        return;
    }
    arrive(spi); // one that is under way has the time
    if (spi->is_moving) {
        cp_bus_illegal(access, "nRF SPI, TXD",
                       "TXD written while a byte is under way and RXD is full or was not read: "
                       "a byte is lost");
        return;
    }
    const uint8_t received =
        is_connected(spi) ? cp_spi_chip_transfer(access, &spi->chip, (uint8_t)value) : 0xFFu;
    spi->is_moving = spi->moving_polls = 1;
    spi->moving = spi->psel_miso == MISO_PIN ? received : 0;
}

// --- registers

static uint32_t read_ready(struct nrf_spi *spi) {
    if (spi->moving_polls > 0) {
        spi->moving_polls--;
    } else {
        arrive(spi);
    }
    return spi->is_ready;
}

static uint32_t read_received(struct nrf_spi *spi) {
    const uint32_t received = spi->received;
    spi->is_unread = 0;
    return received;
}

static uint32_t no_register(const struct cp_access *access, const char *what,
                            uint32_t offset_bytes) {
    cp_bus_illegal(access, "Nordic MDK", "%s + 0x%x, a register it does not have", what,
                   (unsigned)offset_bytes);
    return 0;
}

static uint32_t read_spi(const struct cp_access *access, uint32_t offset_bytes) {
    struct nrf_spi *spi = state_of(access->device);
    switch (offset_bytes) {
    case SPI_READY: return read_ready(spi);
    case SPI_ENABLE: return spi->enable;
    case SPI_PSELSCK: return spi->psel_sck;
    case SPI_PSELMOSI: return spi->psel_mosi;
    case SPI_PSELMISO: return spi->psel_miso;
    case SPI_RXD: return read_received(spi);
    case SPI_FREQUENCY: return spi->frequency;
    case SPI_CONFIG: return spi->config;
    default: return no_register(access, "read of SPI", offset_bytes);
    }
}

static uint32_t read_gpio(const struct cp_access *access, uint32_t offset_bytes) {
    const struct nrf_spi *spi = state_of(access->device);
    switch (offset_bytes) {
    case GPIO_OUT:
    case GPIO_OUTSET:
    case GPIO_OUTCLR: return spi->out;
    case GPIO_DIR:
    case GPIO_DIRSET:
    case GPIO_DIRCLR: return spi->dir;
    default: return no_register(access, "read of GPIO", offset_bytes);
    }
}

static uint32_t read(const struct cp_access *access, uint32_t window, uint32_t offset_bytes) {
    return window == SPI_WINDOW ? read_spi(access, offset_bytes) : read_gpio(access, offset_bytes);
}

static void write_enable(const struct cp_access *access, uint32_t value) {
    struct nrf_spi *spi = state_of(access->device);
    if (value != 0 && value != 1) {
        cp_bus_illegal(access, "nRF SPI, ENABLE", "ENABLE set to a value that is not the SPI's");
    }
    spi->chip.is_torn |= spi->is_moving;
    spi->is_moving = spi->moving = spi->moving_polls = spi->is_unread = 0;
    spi->enable = value;
}

static void configure(const struct cp_access *access, uint32_t *setting, uint32_t value) {
    if (state_of(access->device)->enable != 0) {
        cp_bus_illegal(access, "nRF SPI, from memory, unverified",
                       "pins or mode changed while the SPI is enabled");
    }
    *setting = value;
}

static void write_spi(const struct cp_access *access, uint32_t offset_bytes, uint32_t value) {
    struct nrf_spi *spi = state_of(access->device);
    switch (offset_bytes) {
    case SPI_READY: spi->is_ready = value & 1; break;
    case SPI_INTENCLR: break;
    case SPI_ENABLE: write_enable(access, value); break;
    case SPI_PSELSCK: configure(access, &spi->psel_sck, value); break;
    case SPI_PSELMOSI: configure(access, &spi->psel_mosi, value); break;
    case SPI_PSELMISO: configure(access, &spi->psel_miso, value); break;
    case SPI_TXD: send(access, value); break;
    case SPI_FREQUENCY: spi->frequency = value; break;
    case SPI_CONFIG: configure(access, &spi->config, value); break;
    default: (void)no_register(access, "write of SPI", offset_bytes);
    }
}

static void write_gpio(const struct cp_access *access, uint32_t offset_bytes, uint32_t value) {
    struct nrf_spi *spi = state_of(access->device);
    switch (offset_bytes) {
    case GPIO_OUT: spi->out = value; break;
    case GPIO_OUTSET: spi->out |= value; break;
    case GPIO_OUTCLR: spi->out &= ~value; break;
    case GPIO_DIR: spi->dir = value; break;
    case GPIO_DIRSET: spi->dir |= value; break;
    case GPIO_DIRCLR: spi->dir &= ~value; break;
    default:
        if (offset_bytes < GPIO_PIN_CNF || offset_bytes >= GPIO_PIN_CNF + 4 * 32) {
            (void)no_register(access, "write of GPIO", offset_bytes);
            return;
        }
        const uint32_t pin = 1u << (offset_bytes - GPIO_PIN_CNF) / 4;
        spi->dir = (value & 1) != 0 ? spi->dir | pin : spi->dir & ~pin;
    }
    move_select(access);
}

static void write(const struct cp_access *access, uint32_t window, uint32_t offset_bytes,
                  uint32_t value, uint32_t width_bytes) {
    if (width_bytes != 4) {
        cp_bus_illegal(access, "nRF peripherals", "a register written with %u bytes",
                       (unsigned)width_bytes);
    }
    if (window == SPI_WINDOW) {
        write_spi(access, offset_bytes, value);
    } else {
        write_gpio(access, offset_bytes, value);
    }
}

static const char *left_open(const struct cp_device *device) {
    const struct nrf_spi *spi = (const struct nrf_spi *)(const void *)device->state;
    return cp_spi_chip_left_open(&spi->chip);
}

static uint32_t survivor(const struct cp_device *device) {
    return cp_spi_chip_survivor(&((const struct nrf_spi *)(const void *)device->state)->chip);
}

static void revive(struct cp_device *device, uint32_t survivor_of) {
    cp_spi_chip_revive(&state_of(device)->chip, survivor_of);
}

static void die(struct cp_device *device) {
    cp_spi_chip_die(&state_of(device)->chip);
}

const struct cp_controller_model cp_model_nrf_spi = {
    .name = "nrf-spi",
    .state_size_bytes = sizeof(struct nrf_spi),
    .windows = {{0, 0x1000}, {0x50000000u, 0x1000}},
    .reset = reset,
    .read = read,
    .write = write,
    .left_open = left_open,
    .survivor = survivor,
    .revive = revive,
    .die = die,
};

_Static_assert(sizeof(struct nrf_spi) <= CP_CONTROLLER_STATE_MAX_BYTES, "the state fits");

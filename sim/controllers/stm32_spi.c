// stm32_spi.c: register model of the SPI of STM32 parts, with a SPI NOR chip behind it.
//
// Two generations: the first (F2, F4, L1), and the one with FIFOs (F0, F3, L4, L5, G4,
// WB, WL), which the parts have whose GPIOs are on AHB2 at 0x48000000. The board has chip
// select on PA4, SCK PA5, MISO PA6, MOSI PA7, alternate function 5.
//
// The chip sees a byte if the master is enabled with its select input held high, in mode 0
// or 3, most significant bit first, and the pins are the SPI's. BSY falls after a poll of
// SR; a chip select that moves meanwhile tears the byte. A store of more than a byte sends
// two of them where there are FIFOs, and RXNE comes from two bytes on without FRXTH. What
// is received while DR is full is lost, with OVR. A select input that is low makes a
// master lose SPE and MSTR (MODF). The clocks are not modelled.
// Registers: offsets and bits from memory, unverified.

#include "sim/controllers/models.h"
#include "sim/controllers/spi_chip.h"

enum { SPI_WINDOW, GPIO_WINDOW, GPIO_AHB2_WINDOW };

#define GPIO_AHB2_ADDRESS 0x48000000u

enum { CR1 = 0x00, CR2 = 0x04, SR = 0x08, DR = 0x0C };
enum {
    MODER = 0x00,
    OTYPER = 0x04,
    OSPEEDR = 0x08,
    PUPDR = 0x0C,
    ODR = 0x14,
    BSRR = 0x18,
    AFRL = 0x20,
    AFRH = 0x24
};

#define CR1_MODE     3u // CPHA and CPOL
#define CR1_MSTR     (1u << 2)
#define CR1_SPE      (1u << 6)
#define CR1_LSBFIRST (1u << 7)
#define CR1_SSI      (1u << 8)
#define CR1_SSM      (1u << 9)
#define CR1_RXONLY   (1u << 10)
#define CR1_DFF      (1u << 11) // frames of 16 bits; with FIFOs the length of the CRC
#define CR1_BIDIMODE (1u << 15)
#define CR2_DS       (15u << 8)
#define CR2_DS_8BIT  (7u << 8)
#define CR2_FRXTH    (1u << 12)
#define SR_RXNE      1u
#define SR_TXE       2u
#define SR_MODF      (1u << 5)
#define SR_OVR       (1u << 6)
#define SR_BSY       (1u << 7)

enum { SELECT_PIN = 4, SCK_PIN = 5, MISO_PIN = 6, MOSI_PIN = 7, FUNCTION = 5, FIFO_BYTES = 4 };
enum { MODE_OUTPUT = 1, MODE_AF = 2 };

struct stm32_spi {
    uint32_t cr1, cr2, flags;
    uint32_t busy_polls;               // BSY reads 1 so many more times, and nothing arrives
    uint32_t received[FIFO_BYTES + 4]; // the bytes that arrived, and those that will
    uint32_t received_count;
    uint32_t moder, odr, afrl;
    uint32_t is_overrun_half_cleared; // DR was read, SR not yet
    struct cp_spi_chip chip;
};

static struct stm32_spi *state_of(struct cp_device *device) {
    return (struct stm32_spi *)(void *)device->state;
}

static bool has_fifo(const struct cp_device *device) {
    return device->part.select_address == GPIO_AHB2_ADDRESS;
}

// Pins begin as inputs, or as analog ones.
static void reset(struct cp_device *device, bool power_lost) {
    struct stm32_spi *spi = state_of(device);
    struct cp_spi_chip chip = spi->chip;
    cp_spi_chip_reset(&chip, power_lost);
    *spi = (struct stm32_spi){.cr2 = has_fifo(device) ? CR2_DS_8BIT : 0,
                              .moder = has_fifo(device) ? 0xABFFFFFFu : 0xA8000000u,
                              .chip = chip};
}

// --- what the chip sees

static uint32_t mode_of(const struct stm32_spi *spi, uint32_t pin) {
    return spi->moder >> 2 * pin & 3;
}

static bool is_spi_pin(const struct stm32_spi *spi, uint32_t pin) {
    return mode_of(spi, pin) == MODE_AF && (spi->afrl >> 4 * pin & 15) == FUNCTION;
}

static bool is_connected(const struct stm32_spi *spi) {
    const uint32_t mode = spi->cr1 & CR1_MODE;
    return (mode == 0 || mode == CR1_MODE) && is_spi_pin(spi, SCK_PIN) &&
           is_spi_pin(spi, MOSI_PIN) &&
           (spi->cr1 & (CR1_LSBFIRST | CR1_BIDIMODE | CR1_RXONLY)) == 0;
}

static void move_select(const struct cp_access *access) {
    struct stm32_spi *spi = state_of(access->device);
    const bool is_low =
        mode_of(spi, SELECT_PIN) == MODE_OUTPUT && (spi->odr >> SELECT_PIN & 1) == 0;
    if (is_low == (spi->chip.is_selected != 0)) {
        return;
    }
    spi->chip.is_torn |= spi->busy_polls > 0;
    if (is_low) {
        cp_spi_chip_select(access, &spi->chip);
    } else {
        cp_spi_chip_deselect(access, &spi->chip);
    }
}

static void send_byte(const struct cp_access *access, uint8_t value) {
    struct stm32_spi *spi = state_of(access->device);
    uint8_t received = is_connected(spi) ? cp_spi_chip_transfer(access, &spi->chip, value) : 0xFFu;
    received = is_spi_pin(spi, MISO_PIN) ? received : 0;
    spi->busy_polls = 1;
    if (spi->received_count < (has_fifo(access->device) ? (uint32_t)FIFO_BYTES : 1u)) {
        spi->received[spi->received_count++] = received;
    } else {
        spi->flags |= SR_OVR;
        spi->is_overrun_half_cleared = 0;
    }
}

static uint32_t frame_bytes(const struct cp_access *access, uint32_t width_bytes) {
    const struct stm32_spi *spi = state_of(access->device);
    if (has_fifo(access->device)) {
        return width_bytes > 1 ? 2 : 1;
    }
    return (spi->cr1 & CR1_DFF) != 0 ? 2 : 1;
}

static void send(const struct cp_access *access, uint32_t value, uint32_t width_bytes) {
    struct stm32_spi *spi = state_of(access->device);
    if ((spi->cr1 & (CR1_SPE | CR1_MSTR)) != (CR1_SPE | CR1_MSTR)) {
        cp_bus_illegal(access, "STM32 SPI, from memory, unverified",
                       "DR written while the SPI is not an enabled master: nothing is sent");
        return;
    }
    const uint32_t count = frame_bytes(access, width_bytes);
    if (count == 2 && !has_fifo(access->device)) { // one frame, its high byte first
        send_byte(access, (uint8_t)(value >> 8));
        spi->received_count -= spi->received_count > 0;
        send_byte(access, (uint8_t)value);
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        send_byte(access, (uint8_t)(value >> 8 * i));
    }
}

// --- registers

static uint32_t read_sr(struct cp_device *device) {
    struct stm32_spi *spi = state_of(device);
    if (spi->busy_polls > 0) {
        spi->busy_polls--;
        return spi->flags | SR_BSY | SR_TXE;
    }
    const bool wants_two = has_fifo(device) && (spi->cr2 & CR2_FRXTH) == 0;
    const uint32_t flags =
        spi->flags | SR_TXE | (spi->received_count > (wants_two ? 1u : 0u) ? SR_RXNE : 0);
    if (spi->is_overrun_half_cleared) {
        spi->flags &= ~SR_OVR;
        spi->is_overrun_half_cleared = 0;
    }
    return flags;
}

// A read takes one byte; where there are FIFOs it takes two if there are two.
static uint32_t read_dr(struct cp_device *device) {
    struct stm32_spi *spi = state_of(device);
    spi->is_overrun_half_cleared = (spi->flags & SR_OVR) != 0;
    if (spi->busy_polls > 0 || spi->received_count == 0) {
        return 0;
    }
    const uint32_t taken = has_fifo(device) && spi->received_count > 1 ? 2 : 1;
    const uint32_t value = spi->received[0] | (taken == 2 ? spi->received[1] << 8 : 0);
    spi->received_count -= taken;
    for (uint32_t i = 0; i < FIFO_BYTES; i++) {
        spi->received[i] = i < spi->received_count ? spi->received[i + taken] : 0;
    }
    return value;
}

static uint32_t no_register(const struct cp_access *access, const char *what,
                            uint32_t offset_bytes) {
    cp_bus_illegal(access, "ST CMSIS headers", "%s + 0x%x, which is not modelled or not there",
                   what, (unsigned)offset_bytes);
    return 0;
}

static uint32_t read_spi(const struct cp_access *access, uint32_t offset_bytes) {
    switch (offset_bytes) {
    case CR1: return state_of(access->device)->cr1;
    case CR2: return state_of(access->device)->cr2;
    case SR: return read_sr(access->device);
    case DR: return read_dr(access->device);
    default: return no_register(access, "read of SPI", offset_bytes);
    }
}

static uint32_t read_gpio(const struct cp_access *access, uint32_t offset_bytes) {
    const struct stm32_spi *spi = state_of(access->device);
    switch (offset_bytes) {
    case MODER: return spi->moder;
    case ODR: return spi->odr;
    case AFRL: return spi->afrl;
    case OTYPER:
    case OSPEEDR:
    case PUPDR:
    case AFRH: return 0;
    default: return no_register(access, "read of GPIOA", offset_bytes);
    }
}

// The port that the chip is not on is not modelled.
static bool is_present(const struct cp_access *access, uint32_t window) {
    const uint32_t address = access->device->part.select_address;
    return window == SPI_WINDOW || (window == GPIO_AHB2_WINDOW) == (address == GPIO_AHB2_ADDRESS);
}

static uint32_t read(const struct cp_access *access, uint32_t window, uint32_t offset_bytes) {
    if (!is_present(access, window)) {
        return no_register(access, "read of a GPIO of another family", offset_bytes);
    }
    return window == SPI_WINDOW ? read_spi(access, offset_bytes) : read_gpio(access, offset_bytes);
}

static void write_cr1(const struct cp_access *access, uint32_t value) {
    struct stm32_spi *spi = state_of(access->device);
    const bool is_selected = (value & CR1_SSM) != 0 && (value & CR1_SSI) == 0;
    if ((value & CR1_SPE) == 0) {
        spi->chip.is_torn |= spi->busy_polls > 0;
        spi->busy_polls = 0;
    }
    if ((value & CR1_MSTR) != 0 && is_selected) {
        spi->flags |= SR_MODF;
        value &= ~(CR1_MSTR | CR1_SPE);
    }
    spi->cr1 = value;
}

// DS takes no value below 3: then it is 7.
static void write_cr2(const struct cp_access *access, uint32_t value) {
    struct stm32_spi *spi = state_of(access->device);
    if (!has_fifo(access->device)) {
        if ((value & (CR2_DS | CR2_FRXTH)) != 0) {
            cp_bus_illegal(access, "STM32 SPI, CR2", "reserved bits of CR2 set");
        }
        spi->cr2 = value & ~(CR2_DS | CR2_FRXTH);
        return;
    }
    spi->cr2 = (value & CR2_DS) < 3u << 8 ? value | CR2_DS_8BIT : value;
    if ((spi->cr2 & CR2_DS) != CR2_DS_8BIT) {
        cp_bus_illegal(access, "STM32 SPI, CR2", "frames that are not bytes: not modelled");
    }
}

static void write_spi(const struct cp_access *access, uint32_t offset_bytes, uint32_t value,
                      uint32_t width_bytes) {
    switch (offset_bytes) {
    case CR1: write_cr1(access, value); break;
    case CR2: write_cr2(access, value); break;
    case SR: break; // the flags of errors that are cleared here are not modelled
    case DR: send(access, value, width_bytes); break;
    default: (void)no_register(access, "write of SPI", offset_bytes);
    }
}

static void write_gpio(const struct cp_access *access, uint32_t offset_bytes, uint32_t value) {
    struct stm32_spi *spi = state_of(access->device);
    switch (offset_bytes) {
    case MODER: spi->moder = value; break;
    case ODR: spi->odr = value & 0xFFFF; break;
    case BSRR: spi->odr = (spi->odr & ~(value >> 16)) | (value & 0xFFFF); break;
    case AFRL: spi->afrl = value; break;
    case OTYPER:
    case OSPEEDR:
    case PUPDR:
    case AFRH: break;
    default: (void)no_register(access, "write of GPIOA", offset_bytes);
    }
    move_select(access);
}

static void write(const struct cp_access *access, uint32_t window, uint32_t offset_bytes,
                  uint32_t value, uint32_t width_bytes) {
    if (!is_present(access, window)) {
        (void)no_register(access, "write of a GPIO of another family", offset_bytes);
    } else if (window == SPI_WINDOW) {
        write_spi(access, offset_bytes, value, width_bytes);
    } else {
        write_gpio(access, offset_bytes, value);
    }
}

static const char *left_open(const struct cp_device *device) {
    const struct stm32_spi *spi = (const struct stm32_spi *)(const void *)device->state;
    return cp_spi_chip_left_open(&spi->chip);
}

static uint32_t survivor(const struct cp_device *device) {
    return cp_spi_chip_survivor(&((const struct stm32_spi *)(const void *)device->state)->chip);
}

static void revive(struct cp_device *device, uint32_t survivor_of) {
    cp_spi_chip_revive(&state_of(device)->chip, survivor_of);
}

static void die(struct cp_device *device) {
    cp_spi_chip_die(&state_of(device)->chip);
}

const struct cp_controller_model cp_model_stm32_spi = {
    .name = "stm32-spi",
    .state_size_bytes = sizeof(struct stm32_spi),
    .windows = {{0, 0x400}, {0x40020000u, 0x400}, {GPIO_AHB2_ADDRESS, 0x400}},
    .reset = reset,
    .read = read,
    .write = write,
    .left_open = left_open,
    .survivor = survivor,
    .revive = revive,
    .die = die,
};

_Static_assert(sizeof(struct stm32_spi) <= CP_CONTROLLER_STATE_MAX_BYTES, "the state fits");

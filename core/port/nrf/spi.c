// spi.c: SPI bus port for the legacy SPI master of nRF51 and nRF52 parts.
//
// A byte stored to TXD is exchanged for one of the chip's; EVENTS_READY says that it lies
// in RXD. One byte is under way at a time, so when the last was read the bus is still and
// the chip select may rise.
//
// Registers: Nordic MDK names, offsets from memory, unverified.

#include "core/port/nrf/spi.h"

#include <stddef.h>

#include "core/port/mapped.h"
#include "core/port/mmio.h"

enum {
    SPI_EVENTS_READY = 0x108,
    SPI_ENABLE = 0x500,
    SPI_PSELSCK = 0x508,
    SPI_PSELMOSI = 0x50C,
    SPI_PSELMISO = 0x510,
    SPI_RXD = 0x518,
    SPI_TXD = 0x51C,
    SPI_FREQUENCY = 0x524,
    SPI_CONFIG = 0x554, // 0: mode 0, most significant bit first

    GPIO_OUTSET = 0x508,
    GPIO_OUTCLR = 0x50C,
    GPIO_DIRSET = 0x518,
    GPIO_PIN_CNF = 0x700, // and 4 more for each pin
};

#define ENABLE_OFF       0u
#define ENABLE_SPI       1u
#define PIN_CNF_INPUT    0u // connected, no pull
#define PSEL_UNCONNECTED 0xFFFFFFFFu

static const struct cp_nrf_spi *master_of(const struct cp_spi *spi) {
    return spi->device;
}

static void write_spi(const struct cp_nrf_spi *master, uint32_t offset_bytes, uint32_t value) {
    mmio_write32(master->registers_address + offset_bytes, value);
}

static void write_gpio(const struct cp_nrf_spi *master, uint32_t offset_bytes, uint32_t value) {
    mmio_write32(master->gpio_address + offset_bytes, value);
}

// The pins keep their levels when the master is switched off. The chip select is high
// before it becomes an output: else the chip would see a frame.
static void set_up_pins(const struct cp_nrf_spi *master) {
    write_gpio(master, GPIO_OUTSET, 1u << master->select_pin);
    write_gpio(master, GPIO_OUTCLR, 1u << master->sck_pin | 1u << master->mosi_pin);
    write_gpio(master, GPIO_DIRSET,
               1u << master->select_pin | 1u << master->sck_pin | 1u << master->mosi_pin);
    write_gpio(master, GPIO_PIN_CNF + 4u * master->miso_pin, PIN_CNF_INPUT);
}

static void set_up_master(const struct cp_nrf_spi *master) {
    write_spi(master, SPI_ENABLE, ENABLE_OFF);
    write_spi(master, SPI_PSELSCK, master->sck_pin);
    write_spi(master, SPI_PSELMOSI, master->mosi_pin);
    write_spi(master, SPI_PSELMISO, master->miso_pin);
    write_spi(master, SPI_FREQUENCY, master->frequency);
    write_spi(master, SPI_CONFIG, 0);
    write_spi(master, SPI_EVENTS_READY, 0);
    write_spi(master, SPI_ENABLE, ENABLE_SPI);
}

static void select(const struct cp_spi *spi) {
    const struct cp_nrf_spi *master = master_of(spi);
    set_up_pins(master);
    set_up_master(master);
    write_gpio(master, GPIO_OUTCLR, 1u << master->select_pin);
}

static void deselect(const struct cp_spi *spi) {
    const struct cp_nrf_spi *master = master_of(spi);
    write_gpio(master, GPIO_OUTSET, 1u << master->select_pin);
    write_spi(master, SPI_ENABLE, ENABLE_OFF);
    write_spi(master, SPI_PSELSCK, PSEL_UNCONNECTED);
    write_spi(master, SPI_PSELMOSI, PSEL_UNCONNECTED);
    write_spi(master, SPI_PSELMISO, PSEL_UNCONNECTED);
}

static int exchange(const struct cp_nrf_spi *master, uint8_t sent, uint8_t *received) {
    write_spi(master, SPI_TXD, sent);
    int err =
        cp_port_poll(master->registers_address + SPI_EVENTS_READY, 1, 1, master->ready_polls_max);
    if (err) {
        return err;
    }
    write_spi(master, SPI_EVENTS_READY, 0);
    *received = (uint8_t)mmio_read32(master->registers_address + SPI_RXD);
    return CP_OK;
}

static int transfer(const struct cp_spi *spi, const uint8_t *sent, uint8_t *received,
                    uint32_t size_bytes) {
    for (uint32_t i = 0; i < size_bytes; i++) {
        uint8_t byte;
        int err = exchange(master_of(spi), sent ? sent[i] : 0xFF, &byte);
        if (err) {
            return err;
        }
        if (received) {
            received[i] = byte;
        }
    }
    return CP_OK;
}

void cp_nrf_spi_bus(struct cp_spi *spi, const struct cp_nrf_spi *master) {
    *spi = (struct cp_spi){
        .select = select,
        .deselect = deselect,
        .transfer = transfer,
        .device = master,
    };
}

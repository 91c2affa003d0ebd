// spi.c: SPI bus port for the SPI of STM32 parts.
//
// One byte is under way at a time: store it to DR, wait for RXNE, take the chip's. The
// data register is 16 bits wide where there are FIFOs, and a store of more than 8 bits
// sends two bytes; so bytes are stored as bytes. Before the chip select rises BSY must
// be low: RXNE comes half a clock before the last edge.
//
// Registers: ST's CMSIS header names, offsets and bits from memory, unverified.

#include "core/port/stm32/spi.h"

#include <stddef.h>

#include "core/port/mapped.h"
#include "core/port/mmio.h"

enum {
    SPI_CR1 = 0x00,
    SPI_CR2 = 0x04,
    SPI_SR = 0x08,
    SPI_DR = 0x0C,

    GPIO_MODER = 0x00, // 2 bits a pin
    GPIO_BSRR = 0x18,  // low half sets, high half resets
    GPIO_AFRL = 0x20,  // 4 bits a pin; pins 8..15 in the next register
};

#define CR1_MSTR    (1u << 2)
#define CR1_BR      3u
#define CR1_SPE     (1u << 6)
#define CR1_SSI     (1u << 8)
#define CR1_SSM     (1u << 9)
#define CR2_DS      (15u << 8) // there are FIFOs if this does not read as 0
#define CR2_DS_8BIT (7u << 8)
#define CR2_FRXTH   (1u << 12) // RXNE from one byte on
#define SR_RXNE     1u
#define SR_BSY      (1u << 7)
#define MODE_OUTPUT 1u
#define MODE_AF     2u

static const struct cp_stm32_spi *master_of(const struct cp_spi *spi) {
    return spi->device;
}

static void change(uint32_t address, uint32_t mask, uint32_t value) {
    mmio_write32(address, (mmio_read32(address) & ~mask) | value);
}

static void set_mode(const struct cp_stm32_spi *master, uint32_t pin, uint32_t mode) {
    change(master->gpio_address + GPIO_MODER, 3u << 2 * pin, mode << 2 * pin);
}

static void set_function(const struct cp_stm32_spi *master, uint32_t pin) {
    const uint32_t shift = 4 * (pin % 8);
    change(master->gpio_address + GPIO_AFRL + 4 * (pin / 8), 15u << shift,
           (uint32_t)master->alternate_function << shift);
    set_mode(master, pin, MODE_AF);
}

// The chip select is high before it becomes an output: else the chip would see a frame.
static void set_up_pins(const struct cp_stm32_spi *master) {
    mmio_write32(master->gpio_address + GPIO_BSRR, 1u << master->select_pin);
    set_mode(master, master->select_pin, MODE_OUTPUT);
    set_function(master, master->sck_pin);
    set_function(master, master->mosi_pin);
    set_function(master, master->miso_pin);
}

// Mode 0, bytes, the select input held high by software. What was received before and
// nobody took is dropped.
static void set_up_master(const struct cp_stm32_spi *master) {
    const uint32_t registers = master->registers_address;
    const uint32_t mode = CR1_MSTR | CR1_SSI | CR1_SSM | (uint32_t)master->divider << CR1_BR;
    mmio_write32(registers + SPI_CR1, mode);
    if ((mmio_read32(registers + SPI_CR2) & CR2_DS) != 0) {
        mmio_write32(registers + SPI_CR2, CR2_DS_8BIT | CR2_FRXTH);
    } else {
        mmio_write32(registers + SPI_CR2, 0);
    }
    mmio_write32(registers + SPI_CR1, mode | CR1_SPE);
    for (uint32_t i = 0; i < 4 && (mmio_read32(registers + SPI_SR) & SR_RXNE) != 0; i++) {
        (void)mmio_read32(registers + SPI_DR);
    }
}

static void select(const struct cp_spi *spi) {
    const struct cp_stm32_spi *master = master_of(spi);
    set_up_pins(master);
    set_up_master(master);
    mmio_write32(master->gpio_address + GPIO_BSRR, 1u << (16 + master->select_pin));
}

static void deselect(const struct cp_spi *spi) {
    const struct cp_stm32_spi *master = master_of(spi);
    (void)cp_port_poll(master->registers_address + SPI_SR, SR_BSY, 0, master->polls_max);
    mmio_write32(master->gpio_address + GPIO_BSRR, 1u << master->select_pin);
    mmio_write32(master->registers_address + SPI_CR1, 0);
}

static int exchange(const struct cp_stm32_spi *master, uint8_t sent, uint8_t *received) {
    mmio_write8(master->registers_address + SPI_DR, sent);
    int err = cp_port_poll(master->registers_address + SPI_SR, SR_RXNE, SR_RXNE, master->polls_max);
    if (err) {
        return err;
    }
    *received = (uint8_t)mmio_read32(master->registers_address + SPI_DR);
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

void cp_stm32_spi_bus(struct cp_spi *spi, const struct cp_stm32_spi *master) {
    *spi = (struct cp_spi){
        .select = select,
        .deselect = deselect,
        .transfer = transfer,
        .device = master,
    };
}

// spi.h: SPI bus port for the legacy SPI master of nRF51 and nRF52 parts (the one without
// EasyDMA, which moves a byte at a time), with the chip select on a GPIO of port P0.

#ifndef CP_PORT_NRF_SPI_H
#define CP_PORT_NRF_SPI_H

#include "core/port/spinor/spi.h"

struct cp_nrf_spi {
    uint32_t registers_address; // 0x40003000 SPI0, 0x40004000 SPI1 on nRF51 and nRF52
    uint32_t gpio_address;      // of P0: 0x50000000 on nRF51 and nRF52
    uint32_t frequency;         // as FREQUENCY has it
    uint8_t sck_pin, mosi_pin, miso_pin, select_pin; // of P0, 0..31
    uint32_t ready_polls_max;                        // polls of READY for one byte
};

#define CP_NRF_SPI_FREQUENCY_8M 0x80000000u
#define CP_NRF_SPI_FREQUENCY_1M 0x10000000u

// Polls that outlast a byte at the lowest frequency (125 kHz) at 64 MHz.
#define CP_NRF_SPI_READY_POLLS_MAX 10000u

// Fill in *spi for a master. *master must outlive *spi. Never fails; a transfer gives
// CP_ERR_FLASH when READY stays low.
// Sets up pins and master at each select, and switches the master off at each deselect:
// the chip select stays an output and high. The shared peripherals of the same number
// (TWI0, SPIM0, ...) must be switched off by the caller.
void cp_nrf_spi_bus(struct cp_spi *spi, const struct cp_nrf_spi *master);

#endif

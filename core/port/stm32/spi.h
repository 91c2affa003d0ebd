// spi.h: SPI bus port for the SPI of STM32 parts, with the chip select on a GPIO.
//
// For the SPI of F1, F2, F4, L0 and L1, and for the one with FIFOs of F0, F3, F7, L4, L5,
// G0, G4, WB and WL; the port sees which it is. The SPI of H5, H7 and U5 is another one,
// and F1 has other GPIOs.

#ifndef CP_PORT_STM32_SPI_H
#define CP_PORT_STM32_SPI_H

#include "core/port/spinor/spi.h"

struct cp_stm32_spi {
    uint32_t registers_address;                      // SPI1: 0x40013000
    uint32_t gpio_address;                           // of the port with all four pins
    uint8_t sck_pin, mosi_pin, miso_pin, select_pin; // of that port, 0..15
    uint8_t alternate_function;                      // of SCK, MOSI and MISO
    uint8_t divider;    // the SPI clock is that of its bus by 2^(divider + 1), 0..7
    uint32_t polls_max; // polls of SR for one byte
};

// Polls that outlast a byte at the largest divider.
#define CP_STM32_SPI_POLLS_MAX 10000u

// Fill in *spi for a master. *master must outlive *spi. Never fails; a transfer gives
// CP_ERR_FLASH when the master does not become ready.
// The caller enables the clocks of SPI and GPIO. Sets up pins and master at each select,
// and switches the master off at each deselect; the chip select stays an output and high.
void cp_stm32_spi_bus(struct cp_spi *spi, const struct cp_stm32_spi *master);

#endif

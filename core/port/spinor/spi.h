// spi.h: what the driver of SPI NOR chips needs of a SPI master.
//
// One chip on one bus: mode 0 or 3, the most significant bit first, a chip select that
// stays low from select to deselect. Whoever else is on the bus is not to be served
// meanwhile. Ports for masters: core/port/nrf/spi.h, core/port/stm32/spi.h.

#ifndef CP_PORT_SPINOR_SPI_H
#define CP_PORT_SPINOR_SPI_H

#include "cutproof/flash.h"

struct cp_spi {
    // Make the master ready and take the chip select low. Also the first call after a
    // reset, when nothing was set up before.
    void (*select)(const struct cp_spi *spi);

    // Take the chip select high, after the last bit of the last byte, and the master out
    // of use. Also called when a transfer failed.
    void (*deselect)(const struct cp_spi *spi);

    // Send and receive size_bytes. With sent == NULL 0xFF is sent; with received == NULL
    // what comes is dropped. CP_ERR_FLASH when the master does not get on.
    int (*transfer)(const struct cp_spi *spi, const uint8_t *sent, uint8_t *received,
                    uint32_t size_bytes);

    const void *device; // the master's own description
};

#endif

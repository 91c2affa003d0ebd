// bus_aspeed.c: the flash controller of an AST1030 (FMC) in its user mode, as QEMU has it.
//
// In that mode each byte that is stored to the chip's window is sent, and each that is loaded
// from it is received.

#include "core/port/mmio.h"
#include "tests/qemu/chip/machine.h"

#define CONF         0x7E620000u
#define CONF_WRITES  (1u << 16) // to the first chip
#define CONTROL      0x7E620010u
#define USER_MODE    3u
#define SELECT_HIGH  (1u << 2)
#define WINDOW       0x80000000u

static void select(const struct cp_spi *spi) {
    (void)spi;
    mmio_write32(CONF, mmio_read32(CONF) | CONF_WRITES);
    mmio_write32(CONTROL, USER_MODE | SELECT_HIGH);
    mmio_write32(CONTROL, USER_MODE);
}

static void deselect(const struct cp_spi *spi) {
    (void)spi;
    mmio_write32(CONTROL, USER_MODE | SELECT_HIGH);
}

static int transfer(const struct cp_spi *spi, const uint8_t *sent, uint8_t *received,
                    uint32_t size_bytes) {
    (void)spi;
    if (sent && received) {
        return CP_ERR_FLASH; // the controller does one at a time
    }
    for (uint32_t i = 0; i < size_bytes; i++) {
        if (sent) {
            mmio_write8(WINDOW, sent[i]);
        } else {
            const uint8_t byte = *(const volatile uint8_t *)WINDOW;
            if (received) {
                received[i] = byte;
            }
        }
    }
    return CP_OK;
}

void machine_bus(struct cp_spi *bus) {
    *bus = (struct cp_spi){.select = select, .deselect = deselect, .transfer = transfer};
}

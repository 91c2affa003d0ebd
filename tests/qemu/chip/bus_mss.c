// bus_mss.c: the SPI master of a SmartFusion2 (MSS SPI), as QEMU's emcraft-sf2 has it.
//
// The master raises the chip select by itself, when it has sent as many bytes as it was told
// before. How many there will be nobody knows until deselect(). So what was sent last waits until
// it is known to be the last; and a frame that ends with reading has one byte more, which the
// chip sends for nobody.

#include "core/port/mmio.h"
#include "core/port/mapped.h"
#include "tests/qemu/chip/machine.h"

#include <stddef.h>

#define CONTROL         0x40001000u
#define FRAME_SIZE_BITS 0x40001004u
#define STATUS          0x40001008u
#define RECEIVED        0x40001010u
#define SENT            0x40001014u
#define SELECT          0x4000101Cu

#define CONTROL_ON      (1u << 0 | 1u << 1 | 1u << 26 | 1u << 29) // master; select; 32 bytes
#define CONTROL_OFF     (1u << 1)
#define COUNT_SHIFT     8
#define COUNT_MAX       0xFFFFu
#define RECEIVED_EMPTY  (1u << 6)
#define FIFO_BYTES      32u
#define POLLS_MAX       1000u

static bool is_waiting; // a byte that was to be sent
static uint8_t waiting;

static void select(const struct cp_spi *spi) {
    (void)spi;
    mmio_write32(CONTROL, CONTROL_OFF);
    mmio_write32(FRAME_SIZE_BITS, 8);
    mmio_write32(SELECT, 1);
    is_waiting = false;
}

// At most a FIFO of bytes; after `count` of them the chip select rises.
static int exchange(const uint8_t *sent, uint8_t *received, uint32_t size_bytes, uint32_t count) {
    mmio_write32(CONTROL, CONTROL_ON | count << COUNT_SHIFT);
    for (uint32_t i = 0; i < size_bytes; i++) {
        mmio_write32(SENT, sent ? sent[i] : 0xFF);
    }
    for (uint32_t i = 0; i < size_bytes; i++) {
        int err = cp_port_poll(STATUS, RECEIVED_EMPTY, 0, POLLS_MAX);
        if (err) {
            return err;
        }
        const uint8_t byte = (uint8_t)mmio_read32(RECEIVED);
        if (received) {
            received[i] = byte;
        }
    }
    return CP_OK;
}

static int exchange_all(const uint8_t *sent, uint8_t *received, uint32_t size_bytes) {
    int err = CP_OK;
    while (!err && size_bytes > 0) {
        const uint32_t count = size_bytes < FIFO_BYTES ? size_bytes : FIFO_BYTES;
        err = exchange(sent, received, count, COUNT_MAX);
        sent = sent ? sent + count : NULL;
        received = received ? received + count : NULL;
        size_bytes -= count;
    }
    return err;
}

static int transfer(const struct cp_spi *spi, const uint8_t *sent, uint8_t *received,
                    uint32_t size_bytes) {
    (void)spi;
    int err = CP_OK;
    if (size_bytes > 0 && is_waiting) {
        is_waiting = false;
        err = exchange_all(&waiting, NULL, 1);
    }
    if (!err && size_bytes > 0 && sent && !received) {
        size_bytes--;
        waiting = sent[size_bytes];
        is_waiting = true;
    }
    return err ? err : exchange_all(sent, received, size_bytes);
}

static void deselect(const struct cp_spi *spi) {
    (void)spi;
    (void)exchange(is_waiting ? &waiting : NULL, NULL, 1, 1);
    is_waiting = false;
    mmio_write32(CONTROL, CONTROL_OFF);
}

void machine_bus(struct cp_spi *bus) {
    *bus = (struct cp_spi){.select = select, .deselect = deselect, .transfer = transfer};
}

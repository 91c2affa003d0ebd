// power.c: see power.h.

#include "tests/qemu/chip/power.h"

#include <stddef.h>

#include "tests/qemu/chip/machine.h"
#include "tests/qemu/chip/order.h"
#include "tests/qemu/chip/uart.h"

enum kind { READS, PROGRAMS, ERASES };

static uint32_t operations;
static enum kind kind; // of the frame that is under way
static uint32_t address;
static bool is_begun; // its command is sent

static _Noreturn void cut(void) {
    uart_say(kind == ERASES ? "cut erase " : "cut program ");
    uart_say_hex(address);
    uart_say("\n");
    for (;;) {
    }
}

static bool is_cut(enum order_where where) {
    const struct order *order = order_of(MACHINE_ORDER);
    return kind != READS && operations == order->cut_operation && order->cut_where == where;
}

static const struct cp_spi *behind(const struct cp_spi *spi) {
    return spi->device;
}

static enum kind kind_of(uint8_t opcode) {
    switch (opcode) {
    case 0x02: case 0x12: return PROGRAMS;
    case 0x20: case 0x21: case 0x52: case 0x5C: case 0xD8: case 0xDC: return ERASES;
    default: return READS;
    }
}

static void begin(const uint8_t *command, uint32_t size_bytes) {
    is_begun = true;
    kind = kind_of(command[0]);
    address = 0;
    for (uint32_t i = 1; i < size_bytes; i++) {
        address = address << 8 | command[i];
    }
    operations += kind != READS;
    if (is_cut(ORDER_BEFORE) || (kind == ERASES && is_cut(ORDER_INSIDE))) {
        cut();
    }
}

static void select(const struct cp_spi *spi) {
    is_begun = false;
    kind = READS;
    behind(spi)->select(behind(spi));
}

static int transfer(const struct cp_spi *spi, const uint8_t *sent, uint8_t *received,
                    uint32_t size_bytes) {
    if (!is_begun) {
        begin(sent, size_bytes);
    } else if (kind == PROGRAMS && is_cut(ORDER_INSIDE)) {
        (void)behind(spi)->transfer(behind(spi), sent, received, (size_bytes + 1) / 2);
        behind(spi)->deselect(behind(spi));
        cut();
    }
    return behind(spi)->transfer(behind(spi), sent, received, size_bytes);
}

static void deselect(const struct cp_spi *spi) {
    behind(spi)->deselect(behind(spi));
    if (is_cut(ORDER_BEHIND)) {
        cut();
    }
    kind = READS;
}

void power_bus(struct cp_spi *bus, const struct cp_spi *inner) {
    *bus = (struct cp_spi){
        .select = select, .deselect = deselect, .transfer = transfer, .device = inner};
}

uint32_t power_operations(void) {
    return operations;
}

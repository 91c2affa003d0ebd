// uart.c: see uart.h. Both machines have a 16550 with a register in each word.

#include "tests/qemu/chip/uart.h"

#include "core/port/mmio.h"
#include "tests/qemu/chip/machine.h"

#define DATA       (MACHINE_UART_ADDRESS + 0x00u)
#define STATUS     (MACHINE_UART_ADDRESS + 0x14u)
#define DATA_EMPTY 0x20u

static void say_byte(char byte) {
    while ((mmio_read32(STATUS) & DATA_EMPTY) == 0) {
    }
    mmio_write32(DATA, (uint8_t)byte);
}

void uart_say(const char *text) {
    for (; *text != '\0'; text++) {
        say_byte(*text);
    }
}

void uart_say_hex(uint32_t value) {
    for (int shift = 28; shift >= 0; shift -= 4) {
        say_byte("0123456789abcdef"[value >> shift & 0xF]);
    }
}

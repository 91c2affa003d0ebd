// uart.h: the line to the test that runs the machine: text, one thing a line.

#ifndef CP_TESTS_QEMU_CHIP_UART_H
#define CP_TESTS_QEMU_CHIP_UART_H

#include <stdint.h>

void uart_say(const char *text);

void uart_say_hex(uint32_t value);

#endif

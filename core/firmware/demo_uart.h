// demo_uart.h: bytes over a UART at 115200 baud, without interrupts; and a watchdog, which only
// a demo application on a real part needs.

#ifndef CP_FIRMWARE_DEMO_UART_H
#define CP_FIRMWARE_DEMO_UART_H

#include <stdbool.h>
#include <stdint.h>

void demo_uart_init(void);

// Returns when the byte is on its way.
void demo_uart_send(uint8_t byte);

// False if none has come after about so many milliseconds. Receives nothing in between calls
// but what the part's FIFO holds.
bool demo_uart_receive(uint8_t *byte, uint32_t timeout_ms);

// Start the part's watchdog, if it does not run: a reset follows when nothing has called
// cp_system_feed() for some seconds.
void demo_watchdog_start(void);

#endif

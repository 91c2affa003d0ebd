// demo_uart_nrf.c: UART0, WDT, and TIMER0 for time-outs, of nRF51 and nRF52; see demo_uart.h.
//
// docs/firmware.md has these registers in one table, with their sources.

#include "core/firmware/demo_uart.h"

#include "core/port/mmio.h"

// Where boards have their USB bridge: the micro:bit, and the nRF52840 DK.
#if defined(CP_FAMILY_NRF51)
#define TXD_PIN 24u
#define RXD_PIN 25u
#else
#define TXD_PIN 6u
#define RXD_PIN 8u
#endif

#define GPIO_OUTSET     0x50000508u
#define GPIO_DIRSET     0x50000518u
#define GPIO_PIN_CNF    0x50000700u
#define PIN_CNF_PULL_UP (3u << 2)

#define UART_STARTRX    0x40002000u
#define UART_STARTTX    0x40002008u
#define UART_RXDRDY     0x40002108u
#define UART_TXDRDY     0x4000211Cu
#define UART_ENABLE     0x40002500u
#define UART_PSELTXD    0x4000250Cu
#define UART_PSELRXD    0x40002514u
#define UART_RXD        0x40002518u
#define UART_TXD        0x4000251Cu
#define UART_BAUDRATE   0x40002524u
#define ENABLE          4u
#define BAUDRATE_115200 0x01D7E000u
#define SEND_POLLS_MAX  100000u

#define TIMER_START     0x40008000u
#define TIMER_CAPTURE0  0x40008040u
#define TIMER_BITMODE   0x40008508u
#define TIMER_PRESCALER 0x40008510u
#define TIMER_CC0       0x40008540u
#define BITMODE_32      3u
#define PRESCALER_1_MHZ 4u // 16 MHz / 2^4
#define US_PER_MS       1000u

// The FIFO takes 6 bytes, which are 520 us, and a wait may be half as long again. An emulator
// needs the pause to see to its side of the line.
#define POLL_WAIT_US    200u

#define WDT_START       0x40010000u
#define WDT_RUNSTATUS   0x40010400u
#define WDT_CRV         0x40010504u
#define CRV_TICKS_PER_S 32768u
#define WATCHDOG_TIME_S 8u

void demo_uart_init(void) {
    mmio_write32(GPIO_OUTSET, 1u << TXD_PIN);
    mmio_write32(GPIO_DIRSET, 1u << TXD_PIN);
    mmio_write32(GPIO_PIN_CNF + 4 * RXD_PIN, PIN_CNF_PULL_UP);
    mmio_write32(UART_PSELTXD, TXD_PIN);
    mmio_write32(UART_PSELRXD, RXD_PIN);
    mmio_write32(UART_BAUDRATE, BAUDRATE_115200);
    mmio_write32(UART_ENABLE, ENABLE);
    mmio_write32(UART_RXDRDY, 0);
    mmio_write32(UART_STARTTX, 1);
    mmio_write32(UART_STARTRX, 1);
    mmio_write32(TIMER_BITMODE, BITMODE_32);
    mmio_write32(TIMER_PRESCALER, PRESCALER_1_MHZ);
    mmio_write32(TIMER_START, 1);
}

static uint32_t now_us(void) {
    mmio_write32(TIMER_CAPTURE0, 1);
    return mmio_read32(TIMER_CC0);
}

// A UART that never gets ready takes no bytes, and nobody hears of it.
void demo_uart_send(uint8_t byte) {
    mmio_write32(UART_TXDRDY, 0);
    mmio_write32(UART_TXD, byte);
    for (uint32_t polls = 0; polls < SEND_POLLS_MAX && mmio_read32(UART_TXDRDY) == 0; polls++) {
    }
}

bool demo_uart_receive(uint8_t *byte, uint32_t timeout_ms) {
    const uint32_t start_us = now_us();
    while (mmio_read32(UART_RXDRDY) == 0) {
        if (now_us() - start_us > timeout_ms * US_PER_MS) {
            return false;
        }
        mmio_wait_us(POLL_WAIT_US);
    }
    mmio_write32(UART_RXDRDY, 0);
    *byte = (uint8_t)mmio_read32(UART_RXD);
    return true;
}

// The first reload register is enabled, and the watchdog runs on while the core sleeps: both
// as after reset. What runs cannot be configured.
void demo_watchdog_start(void) {
    if ((mmio_read32(WDT_RUNSTATUS) & 1u) == 0) {
        mmio_write32(WDT_CRV, WATCHDOG_TIME_S * CRV_TICKS_PER_S);
        mmio_write32(WDT_START, 1);
    }
}

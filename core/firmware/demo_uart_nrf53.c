// demo_uart_nrf53.c: UARTE0, WDT, and TIMER0 for time-outs, of nRF53 and nRF91; see demo_uart.h.
//
// All of them at their secure addresses. docs/firmware.md has these registers in one table, with
// their sources.

#include "core/firmware/demo_uart.h"

#include "core/port/mmio.h"

// Where the development kits have their USB bridge.
#if defined(CP_FAMILY_NRF53)
#define TXD_PIN 20u
#define RXD_PIN 22u
#else
#define TXD_PIN 29u
#define RXD_PIN 28u
#endif

#define GPIO_OUTSET     0x50842508u
#define GPIO_DIRSET     0x50842518u
#define GPIO_PIN_CNF    0x50842700u
#define PIN_CNF_PULL_UP (3u << 2)

#define UARTE_STARTRX   0x50008000u
#define UARTE_STARTTX   0x50008008u
#define UARTE_ENDRX     0x50008110u
#define UARTE_ENDTX     0x50008120u
#define UARTE_ENABLE    0x50008500u
#define UARTE_PSELTXD   0x5000850Cu
#define UARTE_PSELRXD   0x50008514u
#define UARTE_BAUDRATE  0x50008524u
#define UARTE_RXD_PTR   0x50008534u
#define UARTE_RXD_COUNT 0x50008538u
#define UARTE_TXD_PTR   0x50008544u
#define UARTE_TXD_COUNT 0x50008548u
#define ENABLE          8u
#define BAUDRATE_115200 0x01D60000u
#define SEND_POLLS_MAX  100000u

#define TIMER_START     0x5000F000u
#define TIMER_CAPTURE0  0x5000F040u
#define TIMER_BITMODE   0x5000F508u
#define TIMER_PRESCALER 0x5000F510u
#define TIMER_CC0       0x5000F540u
#define BITMODE_32      3u
#define PRESCALER_1_MHZ 4u // 16 MHz / 2^4
#define US_PER_MS       1000u

#define WDT_START       0x50018000u
#define WDT_RUNSTATUS   0x50018400u
#define WDT_CRV         0x50018504u
#define CRV_TICKS_PER_S 32768u
#define WATCHDOG_TIME_S 8u

// The UARTE moves bytes from and to RAM by itself. One at a time: what comes meanwhile waits in
// its FIFO.
static volatile uint8_t sent, received;

static void start_receiving(void) {
    mmio_write32(UARTE_ENDRX, 0);
    mmio_write32(UARTE_STARTRX, 1);
}

static void pins_init(void) {
    mmio_write32(GPIO_OUTSET, 1u << TXD_PIN);
    mmio_write32(GPIO_DIRSET, 1u << TXD_PIN);
    mmio_write32(GPIO_PIN_CNF + 4 * RXD_PIN, PIN_CNF_PULL_UP);
    mmio_write32(UARTE_PSELTXD, TXD_PIN);
    mmio_write32(UARTE_PSELRXD, RXD_PIN);
}

void demo_uart_init(void) {
    pins_init();
    mmio_write32(UARTE_BAUDRATE, BAUDRATE_115200);
    mmio_write32(UARTE_RXD_PTR, (uint32_t)&received);
    mmio_write32(UARTE_RXD_COUNT, 1);
    mmio_write32(UARTE_TXD_PTR, (uint32_t)&sent);
    mmio_write32(UARTE_TXD_COUNT, 1);
    mmio_write32(UARTE_ENABLE, ENABLE);
    start_receiving();
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
    sent = byte;
    mmio_write32(UARTE_ENDTX, 0);
    mmio_write32(UARTE_STARTTX, 1);
    for (uint32_t polls = 0; polls < SEND_POLLS_MAX && mmio_read32(UARTE_ENDTX) == 0; polls++) {
    }
}

bool demo_uart_receive(uint8_t *byte, uint32_t timeout_ms) {
    const uint32_t start_us = now_us();
    while (mmio_read32(UARTE_ENDRX) == 0) {
        if (now_us() - start_us > timeout_ms * US_PER_MS) {
            return false;
        }
    }
    *byte = received;
    start_receiving();
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

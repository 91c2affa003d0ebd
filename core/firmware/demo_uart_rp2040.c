// demo_uart_rp2040.c: UART0 and the watchdog of the RP2040; see demo_uart.h.
//
// The core runs on from the ring oscillator, as after reset; that is no clock for a UART, which
// gets the crystal's 12 MHz. docs/firmware.md has these registers in one table, with their sources.

#include "core/firmware/demo_uart.h"

#include "core/port/mmio.h"

#define RESETS         0x4000C000u
#define RESETS_DONE    0x4000C008u
#define RESETS_NEEDED  (1u << 5 | 1u << 8 | 1u << 22) // IO_BANK0, PADS_BANK0, UART0

#define XOSC_CTRL      0x40024000u
#define XOSC_STATUS    0x40024004u
#define XOSC_STARTUP   0x4002400Cu
#define CTRL_ENABLE    0x00FABAA0u // 1 to 15 MHz
#define STATUS_STABLE  (1u << 31)
#define STARTUP_1_MS   47u // times 256 cycles
#define CLK_PERI_CTRL  0x40008048u
#define PERI_FROM_XOSC (1u << 11 | 4u << 5) // ENABLE, AUXSRC
#define CLOCK_HZ       12000000u
#define BAUD           115200u

#define GPIO0_CTRL     0x40014004u // TXD; RXD is GPIO 1
#define GPIO1_CTRL     0x4001400Cu
#define FUNCTION_UART  2u
#define PADS_GPIO1     0x4001C008u
#define PAD_PULL_UP    0x5Au // as after reset, and pulled up instead of down

#define UART_DR        0x40034000u
#define UART_FR        0x40034018u
#define UART_IBRD      0x40034024u
#define UART_FBRD      0x40034028u
#define UART_LCR_H     0x4003402Cu
#define UART_CR        0x40034030u
#define FR_BUSY        (1u << 3)
#define FR_RXFE        (1u << 4)
#define LCR_H_8_FIFO   (3u << 5 | 1u << 4)
#define CR_ENABLE      (1u | 1u << 8 | 1u << 9)            // UARTEN, TXE, RXE
#define DIVISOR_64THS  ((4u * CLOCK_HZ + BAUD / 2) / BAUD) // of 16 times the baud rate

#define POLLS_MAX      100000u
#define POLLS_PER_MS   400u // the ring oscillator has about 6.5 MHz; 16 cycles each; from memory

#define WATCHDOG_CTRL  0x40058000u
#define WATCHDOG_LOAD  0x40058004u
#define WATCHDOG_TICK  0x4005802Cu
#define CTRL_RUNS      (1u << 30)
#define TICK_1_US      (1u << 9 | 6u) // ENABLE; cycles of the ring oscillator
#define LOAD_8_S       0x00FFFFFFu    // it counts two for each tick
#define PSM_WDSEL      0x40010008u
#define WDSEL_ALL      0x0001FFFCu // but the oscillators

static void wait_for(uint32_t address, uint32_t mask) {
    for (uint32_t polls = 0; polls < POLLS_MAX && (mmio_read32(address) & mask) != mask; polls++) {
    }
}

void demo_uart_init(void) {
    mmio_write32(XOSC_STARTUP, STARTUP_1_MS);
    mmio_write32(XOSC_CTRL, CTRL_ENABLE);
    wait_for(XOSC_STATUS, STATUS_STABLE);
    mmio_write32(CLK_PERI_CTRL, PERI_FROM_XOSC);
    mmio_write32(RESETS, mmio_read32(RESETS) & ~RESETS_NEEDED);
    wait_for(RESETS_DONE, RESETS_NEEDED);
    mmio_write32(PADS_GPIO1, PAD_PULL_UP);
    mmio_write32(GPIO0_CTRL, FUNCTION_UART);
    mmio_write32(GPIO1_CTRL, FUNCTION_UART);
    mmio_write32(UART_IBRD, DIVISOR_64THS / 64);
    mmio_write32(UART_FBRD, DIVISOR_64THS % 64);
    mmio_write32(UART_LCR_H, LCR_H_8_FIFO);
    mmio_write32(UART_CR, CR_ENABLE);
}

// Complete, since a reset may follow.
void demo_uart_send(uint8_t byte) {
    mmio_write32(UART_DR, byte);
    for (uint32_t polls = 0; polls < POLLS_MAX && (mmio_read32(UART_FR) & FR_BUSY) != 0; polls++) {
    }
}

bool demo_uart_receive(uint8_t *byte, uint32_t timeout_ms) {
    for (uint32_t polls = 0; (mmio_read32(UART_FR) & FR_RXFE) != 0; polls++) {
        if (polls == timeout_ms * POLLS_PER_MS) {
            return false;
        }
    }
    *byte = (uint8_t)mmio_read32(UART_DR);
    return true;
}

void demo_watchdog_start(void) {
    if ((mmio_read32(WATCHDOG_CTRL) & CTRL_RUNS) == 0) {
        mmio_write32(PSM_WDSEL, WDSEL_ALL);
        mmio_write32(WATCHDOG_TICK, TICK_1_US);
        mmio_write32(WATCHDOG_LOAD, LOAD_8_S);
        mmio_write32(WATCHDOG_CTRL, CTRL_RUNS);
    }
}

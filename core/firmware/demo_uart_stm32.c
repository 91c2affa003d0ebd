// demo_uart_stm32.c: a USART and IWDG of the STM32; see demo_uart.h. Where: demo_uart_stm32.h.

#include "core/firmware/demo_uart.h"

#include "core/firmware/demo_uart_stm32.h"
#include "core/port/mmio.h"

#define BAUD           115200u
#define STATUS_RXNE    (1u << 5)
#define STATUS_TC      (1u << 6)
#define ICR_ERRORS     0xFu // PECF, FECF, NCF, ORECF: an overrun would end all
#define SEND_POLLS_MAX 100000u
#define POLLS_PER_MS   (CLOCK_HZ / 16000u) // about 16 cycles each; from memory

#define KR_START       0xCCCCu
#define KR_UNLOCK      0x5555u
#define PR_64          4u // LSI of 32 kHz: 2 ms a tick
#define RELOAD_8_S     4000u

static void change(uint32_t address, uint32_t mask, uint32_t value) {
    mmio_write32(address, (mmio_read32(address) & ~mask) | value);
}

#if defined(IS_OLD_PORT)
// CRL has four bits for each of the pins 0 to 7: TXD alternate, push-pull; RXD pulled up.
#define PORT_CRL    (PORT + 0x00u)
#define PORT_BSRR   (PORT + 0x10u)
#define CRL_SHIFT   (TXD_PIN * 4u)
#define CRL_TXD_RXD 0x8Bu

static void pins_init(void) {
    mmio_write32(PORT_BSRR, 2u << TXD_PIN);
    change(PORT_CRL, 0xFFu << CRL_SHIFT, CRL_TXD_RXD << CRL_SHIFT);
}
#else
#define PORT_MODER   (PORT + 0x00u)
#define PORT_PUPDR   (PORT + 0x0Cu)
#define PORT_AFR     (PORT + (TXD_PIN < 8u ? 0x20u : 0x24u)) // AFRL, AFRH
#define PAIR_SHIFT   (TXD_PIN * 2u)
#define AFR_SHIFT    (TXD_PIN % 8u * 4u)
#define MODER_PAIR   0xAu // alternate functions
#define PUPDR_PAIR   0x4u // RXD pulled up: a line that nobody drives is quiet
#define AFR_FUNCTION (ALTERNATE_FUNCTION | ALTERNATE_FUNCTION << 4)

static void pins_init(void) {
    change(PORT_PUPDR, 0xFu << PAIR_SHIFT, PUPDR_PAIR << PAIR_SHIFT);
    change(PORT_AFR, 0xFFu << AFR_SHIFT, AFR_FUNCTION << AFR_SHIFT);
    change(PORT_MODER, 0xFu << PAIR_SHIFT, MODER_PAIR << PAIR_SHIFT);
}
#endif

#if defined(MSI_RANGE)
static void clock_init(void) {
    change(MSI_RANGE, MSI_RANGE_MASK, MSI_RANGE_4_MHZ);
}
#else
static void clock_init(void) {
}
#endif

void demo_uart_init(void) {
    clock_init();
    change(PORT_CLOCK, 0, 1u << PORT_CLOCK_BIT);
    change(UART_CLOCK, 0, 1u << UART_CLOCK_BIT);
    (void)mmio_read32(UART_CLOCK); // the clocks are on when it is read back
    pins_init();
    mmio_write32(USART_BRR, (CLOCK_HZ + BAUD / 2) / BAUD);
    mmio_write32(USART_CR1, CR1_ENABLE);
}

// Complete, since a reset may follow.
void demo_uart_send(uint8_t byte) {
    mmio_write32(USART_SENT, byte);
    for (uint32_t polls = 0; polls < SEND_POLLS_MAX && (mmio_read32(USART_STATUS) & STATUS_TC) == 0;
         polls++) {
    }
}

#if defined(USART_ICR)
static void clear_errors(void) {
    mmio_write32(USART_ICR, ICR_ERRORS);
}
#else
static void clear_errors(void) { // by reading SR and then DR
    (void)mmio_read32(USART_STATUS);
    (void)mmio_read32(USART_RECEIVED);
}
#endif

bool demo_uart_receive(uint8_t *byte, uint32_t timeout_ms) {
    for (uint32_t polls = 0; (mmio_read32(USART_STATUS) & STATUS_RXNE) == 0; polls++) {
        if (polls == timeout_ms * POLLS_PER_MS) {
            clear_errors();
            return false;
        }
    }
    *byte = (uint8_t)mmio_read32(USART_RECEIVED);
    return true;
}

void demo_watchdog_start(void) {
    mmio_write32(IWDG_KR, KR_START);
    mmio_write32(IWDG_KR, KR_UNLOCK);
    mmio_write32(IWDG_PR, PR_64);
    mmio_write32(IWDG_RLR, RELOAD_8_S);
}

// demo_uart_stm32.c: USART2 and IWDG of the STM32L4; see demo_uart.h.
//
// docs/firmware.md has these registers in one table, with their sources.

#include "core/firmware/demo_uart.h"

#include "core/port/mmio.h"

#if !defined(CP_FAMILY_STM32_L4)
#error "only the STM32L4 has a UART here"
#endif

// PA2 and PA3, where a Nucleo has its ST-LINK, alternate function 7; the clock is MSI, as after
// reset.
#define RCC_AHB2ENR     0x4002104Cu
#define AHB2ENR_GPIOA   1u
#define RCC_APB1ENR1    0x40021058u
#define APB1ENR1_USART2 (1u << 17)
#define CLOCK_HZ        4000000u
#define BAUD            115200u

#define GPIOA_MODER     0x48000000u
#define MODER_MASK      (0xFu << 4)
#define MODER_ALTERNATE (0xAu << 4)
#define GPIOA_AFRL      0x48000020u
#define AFRL_MASK       (0xFFu << 8)
#define AFRL_USART2     (0x77u << 8)

#define USART_CR1       0x40004400u
#define CR1_ENABLE      (1u << 3 | 1u << 2 | 1u) // TE, RE, UE
#define USART_BRR       0x4000440Cu
#define USART_ISR       0x4000441Cu
#define ISR_RXNE        (1u << 5)
#define ISR_TC          (1u << 6)
#define USART_ICR       0x40004420u
#define ICR_ERRORS      0xFu // PECF, FECF, NCF, ORECF: an overrun would end all
#define USART_RDR       0x40004424u
#define USART_TDR       0x40004428u
#define SEND_POLLS_MAX  100000u
#define POLLS_PER_MS    250u // about 16 cycles each; from memory

#define IWDG_KR         0x40003000u
#define IWDG_PR         0x40003004u
#define IWDG_RLR        0x40003008u
#define KR_START        0xCCCCu
#define KR_UNLOCK       0x5555u
#define PR_64           4u // LSI of 32 kHz: 2 ms a tick
#define RELOAD_8_S      4000u

static void change(uint32_t address, uint32_t mask, uint32_t value) {
    mmio_write32(address, (mmio_read32(address) & ~mask) | value);
}

void demo_uart_init(void) {
    change(RCC_AHB2ENR, 0, AHB2ENR_GPIOA);
    change(RCC_APB1ENR1, 0, APB1ENR1_USART2);
    (void)mmio_read32(RCC_APB1ENR1); // the clocks are on when it is read back
    change(GPIOA_AFRL, AFRL_MASK, AFRL_USART2);
    change(GPIOA_MODER, MODER_MASK, MODER_ALTERNATE);
    mmio_write32(USART_BRR, (CLOCK_HZ + BAUD / 2) / BAUD);
    mmio_write32(USART_CR1, CR1_ENABLE);
}

// Complete, since a reset may follow.
void demo_uart_send(uint8_t byte) {
    mmio_write32(USART_TDR, byte);
    for (uint32_t polls = 0; polls < SEND_POLLS_MAX && (mmio_read32(USART_ISR) & ISR_TC) == 0;
         polls++) {
    }
}

bool demo_uart_receive(uint8_t *byte, uint32_t timeout_ms) {
    for (uint32_t polls = 0; (mmio_read32(USART_ISR) & ISR_RXNE) == 0; polls++) {
        if (polls == timeout_ms * POLLS_PER_MS) {
            mmio_write32(USART_ICR, ICR_ERRORS);
            return false;
        }
    }
    *byte = (uint8_t)mmio_read32(USART_RDR);
    return true;
}

void demo_watchdog_start(void) {
    mmio_write32(IWDG_KR, KR_START);
    mmio_write32(IWDG_KR, KR_UNLOCK);
    mmio_write32(IWDG_PR, PR_64);
    mmio_write32(IWDG_RLR, RELOAD_8_S);
}

// demo_uart_stm32.h: where each STM32 family has a UART that its boards lead to the ST-LINK, and
// what it takes to switch that on. Only for demo_uart_stm32.c.
//
// docs/firmware.md has these registers in one table, with their sources. Clocks are those after
// reset, but for the L0.

#ifndef CP_FIRMWARE_DEMO_UART_STM32_H
#define CP_FIRMWARE_DEMO_UART_STM32_H

// Which clocks: a register and a bit for the port, another for the UART. Which pins: TXD, and RXD
// is the next one. Which alternate function they get.
#if defined(CP_FAMILY_STM32_F1) // any board: PA2 and PA3
#define CLOCK_HZ       8000000u
#define PORT_CLOCK     0x40021018u // RCC_APB2ENR
#define PORT_CLOCK_BIT 2u
#define UART_CLOCK     0x4002101Cu // RCC_APB1ENR
#define UART_CLOCK_BIT 17u
#define PORT           0x40010800u // GPIOA
#define TXD_PIN        2u
#define UART           0x40004400u // USART2
#define IS_OLD_PORT    1

#elif defined(CP_FAMILY_STM32_F4) // PA2 and PA3, as Nucleo boards have it
#define CLOCK_HZ           16000000u
#define PORT_CLOCK         0x40023830u // RCC_AHB1ENR
#define PORT_CLOCK_BIT     0u
#define UART_CLOCK         0x40023840u // RCC_APB1ENR
#define UART_CLOCK_BIT     17u
#define PORT               0x40020000u
#define TXD_PIN            2u
#define ALTERNATE_FUNCTION 7u
#define UART               0x40004400u

#elif defined(CP_FAMILY_STM32_L0) // Nucleo
#define CLOCK_HZ           4194304u
#define MSI_RANGE          0x40021004u // RCC_ICSCR: after reset 2 MHz, too slow for this
#define MSI_RANGE_MASK     (7u << 13)
#define MSI_RANGE_4_MHZ    (6u << 13)
#define PORT_CLOCK         0x4002102Cu // RCC_IOPENR
#define PORT_CLOCK_BIT     0u
#define UART_CLOCK         0x40021038u // RCC_APB1ENR
#define UART_CLOCK_BIT     17u
#define PORT               0x50000000u
#define TXD_PIN            2u
#define ALTERNATE_FUNCTION 4u
#define UART               0x40004400u

#elif defined(CP_FAMILY_STM32_L4) || defined(CP_FAMILY_STM32_G4) // Nucleo
#if defined(CP_FAMILY_STM32_L4)
#define CLOCK_HZ 4000000u
#else
#define CLOCK_HZ 16000000u
#endif
#define PORT_CLOCK         0x4002104Cu // RCC_AHB2ENR
#define PORT_CLOCK_BIT     0u
#define UART_CLOCK         0x40021058u // RCC_APB1ENR1
#define UART_CLOCK_BIT     17u
#define PORT               0x48000000u
#define TXD_PIN            2u
#define ALTERNATE_FUNCTION 7u
#define UART               0x40004400u

#elif defined(CP_FAMILY_STM32_G0) // Nucleo
#define CLOCK_HZ           16000000u
#define PORT_CLOCK         0x40021034u // RCC_IOPENR
#define PORT_CLOCK_BIT     0u
#define UART_CLOCK         0x4002103Cu // RCC_APBENR1
#define UART_CLOCK_BIT     17u
#define PORT               0x50000000u
#define TXD_PIN            2u
#define ALTERNATE_FUNCTION 1u
#define UART               0x40004400u

#elif defined(CP_FAMILY_STM32_WB) // Nucleo: USART1 on PB6 and PB7
#define CLOCK_HZ           4000000u
#define PORT_CLOCK         0x5800004Cu // RCC_AHB2ENR
#define PORT_CLOCK_BIT     1u
#define UART_CLOCK         0x58000060u // RCC_APB2ENR
#define UART_CLOCK_BIT     14u
#define PORT               0x48000400u // GPIOB
#define TXD_PIN            6u
#define ALTERNATE_FUNCTION 7u
#define UART               0x40013800u // USART1

#elif defined(CP_FAMILY_STM32_H7) // Nucleo-144: USART3 on PD8 and PD9
#define CLOCK_HZ           64000000u
#define PORT_CLOCK         0x580244E0u // RCC_AHB4ENR
#define PORT_CLOCK_BIT     3u
#define UART_CLOCK         0x580244E8u // RCC_APB1LENR
#define UART_CLOCK_BIT     18u
#define PORT               0x58020C00u // GPIOD
#define TXD_PIN            8u
#define ALTERNATE_FUNCTION 7u
#define UART               0x40004800u // USART3

#elif defined(CP_FAMILY_STM32_U5) // B-U585I-IOT02A: USART1 on PA9 and PA10
#define CLOCK_HZ           4000000u
#define PORT_CLOCK         0x46020C8Cu // RCC_AHB2ENR1
#define PORT_CLOCK_BIT     0u
#define UART_CLOCK         0x46020CA4u // RCC_APB2ENR
#define UART_CLOCK_BIT     14u
#define PORT               0x42020000u // GPIOA
#define TXD_PIN            9u
#define ALTERNATE_FUNCTION 7u
#define UART               0x40013800u // USART1

#else
#error "no UART of this family of STM32 is known here"
#endif

// F1 to F4, and those after them.
#if defined(CP_FAMILY_STM32_F1) || defined(CP_FAMILY_STM32_F4)
#define USART_STATUS   (UART + 0x00u) // SR
#define USART_RECEIVED (UART + 0x04u) // DR
#define USART_SENT     (UART + 0x04u)
#define USART_BRR      (UART + 0x08u)
#define USART_CR1      (UART + 0x0Cu)
#define CR1_ENABLE     (1u << 13 | 1u << 3 | 1u << 2) // UE, TE, RE
#else
#define USART_CR1      (UART + 0x00u)
#define USART_BRR      (UART + 0x0Cu)
#define USART_STATUS   (UART + 0x1Cu) // ISR
#define USART_ICR      (UART + 0x20u)
#define USART_RECEIVED (UART + 0x24u)           // RDR
#define USART_SENT     (UART + 0x28u)           // TDR
#define CR1_ENABLE     (1u << 3 | 1u << 2 | 1u) // TE, RE, UE
#endif

#if defined(CP_FAMILY_STM32_H7)
#define IWDG_KR 0x58004800u
#else
#define IWDG_KR 0x40003000u
#endif
#define IWDG_PR  (IWDG_KR + 4u)
#define IWDG_RLR (IWDG_KR + 8u)

#endif

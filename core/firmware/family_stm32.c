// family_stm32.c: reset cause and watchdog of the STM32 families; see system.h.
//
// docs/firmware.md has these registers in one table, with their sources. No clock has to be
// on for any of them.

#include "core/firmware/system.h"

#include "core/port/mmio.h"

// The register with the flags of reset causes, and the bit of it that clears them.
#if defined(CP_FAMILY_STM32_F1)
#define CAUSE         0x40021024u // RCC_CSR
#define CAUSE_RMVF    (1u << 24)
#define CLOCK_MHZ_MAX 72u
#elif defined(CP_FAMILY_STM32_F4)
#define CAUSE         0x40023874u
#define CAUSE_RMVF    (1u << 24)
#define CLOCK_MHZ_MAX 180u
#elif defined(CP_FAMILY_STM32_L0)
#define CAUSE         0x40021050u
#define CAUSE_RMVF    (1u << 23)
#define CLOCK_MHZ_MAX 32u
#elif defined(CP_FAMILY_STM32_L4) || defined(CP_FAMILY_STM32_G4)
#define CAUSE         0x40021094u
#define CAUSE_RMVF    (1u << 23)
#define CLOCK_MHZ_MAX 170u
#elif defined(CP_FAMILY_STM32_G0)
#define CAUSE         0x40021060u // RCC_CSR2 on some
#define CAUSE_RMVF    (1u << 23)
#define CLOCK_MHZ_MAX 64u
#elif defined(CP_FAMILY_STM32_WB)
#define CAUSE         0x58000094u
#define CAUSE_RMVF    (1u << 23)
#define CLOCK_MHZ_MAX 64u
#elif defined(CP_FAMILY_STM32_U5)
#define CAUSE         0x46020CF4u
#define CAUSE_RMVF    (1u << 23)
#define CLOCK_MHZ_MAX 160u
#elif defined(CP_FAMILY_STM32_H7)
#define CAUSE         0x580244D0u // RCC_RSR
#define CAUSE_RMVF    (1u << 16)
#define CLOCK_MHZ_MAX 550u
#else
#error "parts.cmake names no family of STM32 that is known"
#endif

// Software, independent watchdog, window watchdog.
#if defined(CP_FAMILY_STM32_H7)
#define CAUSE_APPLICATION (1u << 24 | 1u << 26 | 1u << 28)
#define IWDG_KR           0x58004800u
#else
#define CAUSE_APPLICATION (1u << 28 | 1u << 29 | 1u << 30)
#define IWDG_KR           0x40003000u
#endif

#define IWDG_FEED 0xAAAAu

const uint32_t cp_system_clock_mhz_max = CLOCK_MHZ_MAX;

// Nothing tells whether the watchdog runs. If it does not, this has no effect.
void cp_system_feed(void) {
    mmio_write32(IWDG_KR, IWDG_FEED);
}

bool cp_system_is_reset_by_application(void) {
    return (mmio_read32(CAUSE) & CAUSE_APPLICATION) != 0;
}

// The register has other bits as well, such as that which keeps LSI on.
void cp_system_clear_reset_cause(void) {
    mmio_write32(CAUSE, mmio_read32(CAUSE) | CAUSE_RMVF);
}

// family_nrf.c: reset cause and watchdog of Nordic's parts; see system.h.
//
// docs/firmware.md has these registers in one table, with their sources.

#include "core/firmware/system.h"

#include "core/port/mmio.h"

// RESETREAS: DOG, SREQ and LOCKUP.
#if defined(CP_FAMILY_NRF51)
#define RESETREAS         0x40000400u
#define CAUSE_APPLICATION (1u << 1 | 1u << 2 | 1u << 3)
#define WDT               0x40010000u
#define CLOCK_MHZ_MAX     16u
#elif defined(CP_FAMILY_NRF52)
#define RESETREAS         0x40000400u
#define CAUSE_APPLICATION (1u << 1 | 1u << 2 | 1u << 3)
#define WDT               0x40010000u
#define CLOCK_MHZ_MAX     64u
#elif defined(CP_FAMILY_NRF53)
#define RESETREAS         0x50005400u // of RESET; DOG0 and DOG1
#define CAUSE_APPLICATION (1u << 1 | 1u << 3 | 1u << 4 | 1u << 25)
#define WDT               0x50018000u // WDT0
#define CLOCK_MHZ_MAX     128u
#elif defined(CP_FAMILY_NRF91)
#define RESETREAS         0x50005400u
#define CAUSE_APPLICATION (1u << 1 | 1u << 16 | 1u << 17)
#define WDT               0x50018000u
#define CLOCK_MHZ_MAX     64u
#else
#error "parts.cmake names no family of Nordic's that is known"
#endif

#define WDT_RUNSTATUS (WDT + 0x400u)
#define WDT_RR0       (WDT + 0x600u)
#define WDT_RR_VALUE  0x6E524635u

const uint32_t cp_system_clock_mhz_max = CLOCK_MHZ_MAX;

// Whoever enables other reload registers than the first has to feed these as well.
void cp_system_feed(void) {
    if ((mmio_read32(WDT_RUNSTATUS) & 1u) != 0) {
        mmio_write32(WDT_RR0, WDT_RR_VALUE);
    }
}

bool cp_system_is_reset_by_application(void) {
    return (mmio_read32(RESETREAS) & CAUSE_APPLICATION) != 0;
}

// A bit is set by each reset of its kind, and cleared by writing 1.
void cp_system_clear_reset_cause(void) {
    mmio_write32(RESETREAS, UINT32_MAX);
}

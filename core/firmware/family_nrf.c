// family_nrf.c: reset cause and watchdog of Nordic's parts; see system.h.
//
// docs/firmware.md has these registers in one table, with their sources.

#include "core/firmware/system.h"

#include "core/port/mmio.h"

#if defined(CP_FAMILY_NRF51)
#define RESETREAS     0x40000400u
#define WDT           0x40010000u
#define CLOCK_MHZ_MAX 16u
#elif defined(CP_FAMILY_NRF52)
#define RESETREAS     0x40000400u
#define WDT           0x40010000u
#define CLOCK_MHZ_MAX 64u
#else
#error "parts.cmake names no family of Nordic's that is known"
#endif

// Bits of RESETREAS are set by each reset of their kind, and cleared by writing 1.
#define CAUSE_DOG     (1u << 1)
#define CAUSE_SREQ    (1u << 2)
#define CAUSE_LOCKUP  (1u << 3)

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
    return (mmio_read32(RESETREAS) & (CAUSE_DOG | CAUSE_SREQ | CAUSE_LOCKUP)) != 0;
}

void cp_system_clear_reset_cause(void) {
    mmio_write32(RESETREAS, UINT32_MAX);
}

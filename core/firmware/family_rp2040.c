// family_rp2040.c: reset cause and watchdog of the RP2040; see system.h.
//
// docs/firmware.md has these registers in one table, with their sources.
//
// No register of the RP2040 tells of a reset by AIRCR. But the watchdog's scratch registers
// outlive every reset of the core and lose what they hold with the power and at the RUN pin.
// So one of them says that an application was started.

#include "core/firmware/system.h"

#include "core/port/mmio.h"

#define WATCHDOG_CTRL     0x40058000u
#define WATCHDOG_LOAD     0x40058004u
#define WATCHDOG_SCRATCH0 0x4005800Cu

#define CTRL_ENABLE       (1u << 30)
#define LOAD_MAX          0x00FFFFFFu
#define STARTED           0x5AFEB007u

const uint32_t cp_system_clock_mhz_max = 12u; // ROSC, from which it comes out of reset

void cp_system_feed(void) {
    if ((mmio_read32(WATCHDOG_CTRL) & CTRL_ENABLE) != 0) {
        mmio_write32(WATCHDOG_LOAD, LOAD_MAX);
    }
}

bool cp_system_is_reset_by_application(void) {
    return mmio_read32(WATCHDOG_SCRATCH0) == STARTED;
}

// From here on every reset that leaves the register alone is the application's.
void cp_system_clear_reset_cause(void) {
    mmio_write32(WATCHDOG_SCRATCH0, STARTED);
}

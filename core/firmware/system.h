// system.h: the part around the flash: reset, who caused it, the watchdog.
//
// Reset and waiting are the same everywhere, system.c; the rest is a family's: family_*.c.

#ifndef CP_FIRMWARE_SYSTEM_H
#define CP_FIRMWARE_SYSTEM_H

#include <stdbool.h>
#include <stdint.h>

// Ask for a reset of the part, by AIRCR (Armv7-M Architecture Reference Manual, B3.2.6).
_Noreturn void cp_system_reset(void);

// Feed the watchdog. Nothing happens if it does not run.
void cp_system_feed(void);

// Did the application cause the reset: its watchdog, a lockup, or a reset it asked for? Also
// true if the bootloader did so: bootloader.c tells that apart.
bool cp_system_is_reset_by_application(void);

// So that the next reset tells of itself.
void cp_system_clear_reset_cause(void);

// The fastest clock that mmio_wait_us() has to reckon with.
extern const uint32_t cp_system_clock_mhz_max;

#endif

// system.h: the part around the flash: reset, who caused it, the watchdog.

#ifndef CP_FIRMWARE_SYSTEM_H
#define CP_FIRMWARE_SYSTEM_H

#include <stdbool.h>

// Ask for a reset of the part, by AIRCR (Armv7-M Architecture Reference Manual, B3.2.6).
_Noreturn void cp_system_reset(void);

// Feed the watchdog, if it runs.
void cp_system_feed(void);

// Did the application cause the reset: its watchdog, a lockup, or a reset it asked for?
bool cp_system_is_reset_by_application(void);

// So that the next reset tells of itself.
void cp_system_clear_reset_cause(void);

#endif

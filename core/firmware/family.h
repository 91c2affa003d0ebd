// family.h: what a family of parts has besides its flash: who caused the reset, a watchdog.
//
// CP_FAMILY_... is defined by the build, from parts.cmake. docs/firmware.md has all these
// registers in one table, with their sources. Each family defines:
//   CP_FAMILY_CAUSE_ADDRESS   the register that says what caused the reset
//   CP_FAMILY_CAUSE_MASK      its bits for software, watchdog and lockup
//   CP_FAMILY_CAUSE_CLEAR     what is written, or set if it is not _IS_W1C, to clear it
//   CP_FAMILY_WATCHDOG_FEED, CP_FAMILY_WATCHDOG_VALUE   what keeps the watchdog quiet
//   CP_FAMILY_WATCHDOG_RUNS   if there is such a register: bit 0 says that it has to be fed
//   CP_FAMILY_CLOCK_MHZ_MAX   the fastest clock that mmio_wait_us() has to reckon with

#ifndef CP_FIRMWARE_FAMILY_H
#define CP_FIRMWARE_FAMILY_H

#include "core/firmware/family_nrf.h"

#endif

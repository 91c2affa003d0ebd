// family_nrf.h: reset cause and watchdog of Nordic's parts. See family.h.
//
// Sources: register names and offsets from Nordic's MDK as remembered; all of it from memory,
// unverified, but RESETREAS of the nRF52.

#ifndef CP_FIRMWARE_FAMILY_NRF_H
#define CP_FIRMWARE_FAMILY_NRF_H

// POWER.RESETREAS, a bit is cleared by writing 1: DOG 1, SREQ 2, LOCKUP 3.
#if defined(CP_FAMILY_NRF51) || defined(CP_FAMILY_NRF52)
#define CP_FAMILY_CAUSE_ADDRESS 0x40000400u
#define CP_FAMILY_CAUSE_MASK    0xEu
#define CP_FAMILY_WDT_ADDRESS   0x40010000u
#endif
#define CP_FAMILY_CAUSE_CLEAR  0xFFFFFFFFu
#define CP_FAMILY_CAUSE_IS_W1C 1

// RUNSTATUS bit 0 says that the watchdog runs; RR[0] takes the one value that feeds it.
#define CP_FAMILY_WATCHDOG_RUNS  (CP_FAMILY_WDT_ADDRESS + 0x400u)
#define CP_FAMILY_WATCHDOG_FEED  (CP_FAMILY_WDT_ADDRESS + 0x600u)
#define CP_FAMILY_WATCHDOG_VALUE 0x6E524635u

#if defined(CP_FAMILY_NRF51)
#define CP_FAMILY_CLOCK_MHZ_MAX 16u
#elif defined(CP_FAMILY_NRF52)
#define CP_FAMILY_CLOCK_MHZ_MAX 64u
#endif

#endif

// system.c: see system.h.

#include "core/firmware/system.h"

#include "core/firmware/family.h"
#include "core/port/mmio.h"

#define AIRCR               0xE000ED0Cu
#define AIRCR_RESET_REQUEST 0x05FA0004u // with the key

#define CYCLES_PER_LOOP     3u // at least: a subtraction and a branch that is taken

_Noreturn void cp_system_reset(void) {
    mmio_barrier();
    mmio_write32(AIRCR, AIRCR_RESET_REQUEST);
    for (;;) { // it takes a few cycles
    }
}

void cp_system_feed(void) {
#if defined(CP_FAMILY_WATCHDOG_RUNS)
    if ((mmio_read32(CP_FAMILY_WATCHDOG_RUNS) & 1u) == 0) {
        return;
    }
#endif
    mmio_write32(CP_FAMILY_WATCHDOG_FEED, CP_FAMILY_WATCHDOG_VALUE);
}

bool cp_system_is_reset_by_application(void) {
    return (mmio_read32(CP_FAMILY_CAUSE_ADDRESS) & CP_FAMILY_CAUSE_MASK) != 0;
}

void cp_system_clear_reset_cause(void) {
#if CP_FAMILY_CAUSE_IS_W1C
    mmio_write32(CP_FAMILY_CAUSE_ADDRESS, CP_FAMILY_CAUSE_CLEAR);
#else
    const uint32_t cause = mmio_read32(CP_FAMILY_CAUSE_ADDRESS);
    mmio_write32(CP_FAMILY_CAUSE_ADDRESS, cause | CP_FAMILY_CAUSE_CLEAR);
#endif
}

// --- what ports ask of the firmware: core/port/mmio.h

void mmio_wait_us(uint32_t time_us) {
    const uint32_t loops_per_us = CP_FAMILY_CLOCK_MHZ_MAX / CYCLES_PER_LOOP + 1;
    for (uint32_t loops = time_us * loops_per_us; loops > 0; loops--) {
        __asm__ volatile("");
    }
}

// system.c: see system.h.

#include "core/firmware/system.h"

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

// Asked for by ports: core/port/mmio.h.
void mmio_wait_us(uint32_t time_us) {
    const uint32_t loops_per_us = cp_system_clock_mhz_max / CYCLES_PER_LOOP + 1;
    for (uint32_t loops = time_us * loops_per_us; loops > 0; loops--) {
        __asm__ volatile("");
    }
}

// mmio.h: the one seam between a port and the hardware.
//
// On ARM each access is one volatile load or store. On the host it is a call
// into the simulated bus, so that a port's source is the same line for line on
// both. Memory-mapped flash is read and programmed through these as well.

#ifndef CP_PORT_MMIO_H
#define CP_PORT_MMIO_H

#include <stdint.h>

#if defined(__arm__)

static inline uint32_t mmio_read32(uint32_t address) {
    return *(const volatile uint32_t *)address;
}

static inline void mmio_write32(uint32_t address, uint32_t value) {
    *(volatile uint32_t *)address = value;
}

// Complete all earlier accesses before any later one (ARM: DMB).
static inline void mmio_barrier(void) {
    __asm__ volatile("dmb" ::: "memory");
}

#else

uint32_t mmio_read32(uint32_t address);
void mmio_write32(uint32_t address, uint32_t value);
void mmio_barrier(void);

#endif

#endif

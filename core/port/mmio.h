// mmio.h: the one seam between a port and the hardware.
//
// On ARM each access is one volatile load or store. On the host it is a call
// into the simulated bus, so that a port's source is the same line for line on
// both. Memory-mapped flash is read and programmed through these as well.

#ifndef CP_PORT_MMIO_H
#define CP_PORT_MMIO_H

#include <stdbool.h>
#include <stdint.h>

#if defined(__arm__)

static inline uint32_t mmio_read32(uint32_t address) {
    return *(const volatile uint32_t *)address;
}

static inline void mmio_write32(uint32_t address, uint32_t value) {
    *(volatile uint32_t *)address = value;
}

static inline void mmio_write16(uint32_t address, uint16_t value) {
    *(volatile uint16_t *)address = value;
}

static inline void mmio_write8(uint32_t address, uint8_t value) {
    *(volatile uint8_t *)address = value;
}

// Complete all earlier accesses before any later one.
static inline void mmio_barrier(void) {
    __asm__ volatile("dsb\n\tisb" ::: "memory");
}

// No interrupt from here on. Returns what mmio_irq_restore() wants to undo it; pairs nest.
static inline uint32_t mmio_irq_disable(void) {
    uint32_t state;
    __asm__ volatile("mrs %0, primask\n\tcpsid i" : "=r"(state)::"memory");
    return state;
}

static inline void mmio_irq_restore(uint32_t state) {
    __asm__ volatile("msr primask, %0" ::"r"(state) : "memory");
}

#else

uint32_t mmio_read32(uint32_t address);
void mmio_write32(uint32_t address, uint32_t value);
void mmio_write16(uint32_t address, uint16_t value);
void mmio_write8(uint32_t address, uint8_t value);
void mmio_barrier(void);
uint32_t mmio_irq_disable(void);
void mmio_irq_restore(uint32_t state);

#endif

// The functions below are the firmware's: they need to know the CPU and its clock.

// Read a word of flash that may be uncorrectable. Returns false, and leaves *value
// alone, if the read raised a bus fault or an NMI: the fault was taken and returned
// from. The flash controller's flags still say so; the port clears them.
bool mmio_read32_guarded(uint32_t address, uint32_t *value);

// Wait at least so long.
void mmio_wait_us(uint32_t time_us);

#endif

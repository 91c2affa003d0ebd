// power.h: a bus that counts what changes the chip, and loses its power when it was ordered to.

#ifndef CP_TESTS_QEMU_CHIP_POWER_H
#define CP_TESTS_QEMU_CHIP_POWER_H

#include "core/port/spinor/spi.h"

// *bus passes on to *behind, which must outlive it. Where the power is cut it says "cut", what
// was under way, and waits to be killed.
void power_bus(struct cp_spi *bus, const struct cp_spi *behind);

// Programs and erases so far.
uint32_t power_operations(void);

#endif

// machine.h: the two machines of QEMU that the SPI NOR driver is tried on.
//
// emcraft-sf2: Cortex-M3, a s25sl12801, a chip that is too old to describe itself.
// ast1030-evb: Cortex-M4, any chip that QEMU knows; those of today describe themselves (SFDP).
// Addresses: QEMU's documentation and sources, as it is QEMU that is programmed here.

#ifndef CP_TESTS_QEMU_CHIP_MACHINE_H
#define CP_TESTS_QEMU_CHIP_MACHINE_H

#include "core/port/spinor/spi.h"

#if defined(MACHINE_EMCRAFT)
#define MACHINE_UART_ADDRESS 0x40000000u
#define MACHINE_ORDER        0x2000FFE0u // where the test writes: order.h
#else
#define MACHINE_UART_ADDRESS 0x7E784000u
#define MACHINE_ORDER        0x000BFFE0u
#endif

// The bus to the chip: bus_mss.c or bus_aspeed.c.
void machine_bus(struct cp_spi *bus);

#endif

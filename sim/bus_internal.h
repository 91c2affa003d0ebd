// bus_internal.h: what the parts of the bus share; for sim/bus*.c, sim/calls.c
// and sim/arm only.

#ifndef CP_SIM_BUS_INTERNAL_H
#define CP_SIM_BUS_INTERNAL_H

#include "sim/machine.h"

// The machine that is attached.
extern struct cp_machine *cp_bus_machine;

// Give control to whoever runs the machine, with this event.
void cp_bus_yield(enum cp_event_kind kind, uint32_t value, const void *frame);

// Forget the operation, read or note that was the last event.
void cp_bus_clear_event(void);

// Illegal use that is not of one device.
__attribute__((format(printf, 2, 3))) void cp_bus_misuse(const void *frame, const char *format,
                                                         ...);

// The program ends here, as a device that hangs until its watchdog resets it.
__attribute__((format(printf, 1, 2))) void cp_bus_crash(const char *format, ...);

// The program goes on without doing anything.
__attribute__((format(printf, 1, 2))) void cp_bus_stall(const char *format, ...);

// Read a word of flash as mmio_read32() does, if that can be no event and the controller
// has nothing to say. False if it may be one: nothing was done then.
bool cp_bus_peek(uint32_t address, uint32_t *word);

// Code is fetched from there. It matters where flash cannot be read at times.
void cp_bus_fetch(uint32_t address);

// One more access; too many without an event are a stall.
void cp_bus_count_access(const void *frame);

#endif

// bus.h: the bus behind mmio_read32() and mmio_write32(), and the calls of
// program.h. They have no argument that names a machine, so one is attached.

#ifndef CP_SIM_BUS_H
#define CP_SIM_BUS_H

#include "sim/machine.h"

void cp_bus_attach(struct cp_machine *machine);
void cp_bus_detach(struct cp_machine *machine);

// For a debugger: at its next event, illegal use apart, the program calls cp_bus_stop_here()
// on its own stack, before anything comes of the event. A breakpoint there shows the program as
// it asks for it.
void cp_bus_stop_at_next_event(void);
void cp_bus_stop_here(void);

#endif

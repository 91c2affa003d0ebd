// program_memory.h: what a program remembers elsewhere than on its stack.
//
// A program that is an emulator has registers and RAM of its own. The machine treats
// them as it treats the stack: it starts them anew, hashes, keeps and puts them back.

#ifndef CP_SIM_PROGRAM_MEMORY_H
#define CP_SIM_PROGRAM_MEMORY_H

#include "sim/machine.h"

struct cp_program_memory {
    // The machine was made and will run the program. 0, or -1 with a message in
    // error[CP_EVENT_MESSAGE_MAX] of why it cannot.
    int (*prepare)(const struct cp_machine *machine, char *error);

    // The machine is about to start the program, on the caller's stack.
    void (*start)(struct cp_machine *machine);

    // Hash of all of it at an event.
    struct cp_hash (*hash)(const struct cp_machine *machine);

    // Keep it as it is at an event: allocated with malloc(), NULL without memory.
    void *(*keep)(const struct cp_machine *machine);
    void (*put_back)(struct cp_machine *machine, const void *kept);

    // The program is about to tell of an event; `is_awaited`: of the one that
    // cp_bus_stop_at_next_event() meant. On the program's stack; may call cp_machine_pause().
    void (*asks)(struct cp_machine *machine, enum cp_event_kind kind, bool is_awaited);
    void (*paused)(struct cp_machine *machine);

    // The call chain at an event, innermost first, as return addresses; how many, at most max.
    uint32_t (*frames)(const struct cp_machine *machine, uintptr_t *frames, uint32_t max);
};

#endif

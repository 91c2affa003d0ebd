// debug.h: stop the ARM core for a debugger, look at it, and let it go on.
//
// Where the core is to stop, the program's stack gives control to whoever runs the machine,
// and the debugger is called there: it may wait for a person, and use as much stack as it
// likes. Nothing that it looks at is changed by that. A power cut is no stop: the core is
// abandoned, the next one begins at its reset vector, and breakpoints and a step hold there
// as well.
//
// There is one debugger, as there is one system.

#ifndef CP_SIM_ARM_DEBUG_H
#define CP_SIM_ARM_DEBUG_H

#include "sim/arm/emulator.h"
#include "sim/machine.h"

#define CP_ARM_BREAKPOINTS_MAX 128u
#define CP_ARM_WATCHES_MAX     16u

// Why it stands.
enum cp_arm_stop {
    CP_ARM_STOP_EVENT,     // it asks for what cp_bus_stop_at_next_event() meant; not done yet
    CP_ARM_STOP_BREAK,     // at a breakpoint
    CP_ARM_STOP_WATCH,     // after a store, or a flash operation, at cp_arm_debug_watched()
    CP_ARM_STOP_STEP,      // before the instruction after the one that was to be executed
    CP_ARM_STOP_INTERRUPT, // cp_arm_debug_interrupt() was called
    CP_ARM_STOP_PROGRAM,   // an application begins that is not the one that ran last
    CP_ARM_STOP_ILLEGAL,   // it used the flash as its manual forbids; the message says how
    CP_ARM_STOP_CRASH,     // it cannot go on
    CP_ARM_STOP_STALL,     // it goes on without doing anything
};

// How it goes on.
enum cp_arm_go { CP_ARM_GO, CP_ARM_GO_STEP };

struct cp_arm_debugger {
    // The core stands; the message is empty unless the stop has one. Returns how it goes on.
    enum cp_arm_go (*stopped)(void *context, enum cp_arm_stop why, const char *message);
    void *context;
};

// From now on. NULL: nobody; then all breakpoints are forgotten.
void cp_arm_debug_attach(const struct cp_arm_debugger *debugger);

// Stop before the next instruction. A signal handler may call it.
void cp_arm_debug_interrupt(void);

// Tell of applications that begin, with CP_ARM_STOP_PROGRAM.
void cp_arm_debug_tell_programs(void);

// Stop before this instruction is executed, or no longer. Set twice it is set once. False if
// there are too many. Any address will do: gdb sets one where the outermost function returns to.
bool cp_arm_debug_break(uint32_t address, bool is_set);

// Stop after each store to this range of RAM, or after each operation on this range of flash,
// or no longer. After an operation at which the power is cut, that is at the next power-on. False
// if there are too many, or neither is there.
bool cp_arm_debug_watch(uint32_t address, uint32_t size_bytes, bool is_set);

// The address that CP_ARM_STOP_WATCH is about: the first of its range.
uint32_t cp_arm_debug_watched(void);

// --- what can be seen while it stands

// Numbers as enum CP_ARM_SP and its like; and the program counter.
enum { CP_ARM_DEBUG_PC = 17, CP_ARM_DEBUG_REGISTERS };

// XPSR with its Thumb and IT bits. False if there is no such register; on writing also where
// an access is under way, which would be executed again with other registers.
bool cp_arm_debug_register(uint32_t number, uint32_t *value);
bool cp_arm_debug_set_register(uint32_t number, uint32_t value);

// RAM, flash, and registers that are read without a side effect: those of the core, and who
// caused the reset. Of an undecided word of flash its low value. Returns how many bytes from
// the first on are there.
uint32_t cp_arm_debug_read(uint32_t address, uint8_t *bytes, uint32_t size_bytes);

// RAM alone. False if it is not all RAM.
bool cp_arm_debug_write(uint32_t address, const uint8_t *bytes, uint32_t size_bytes);

// All that there is to know of a word of flash.
struct cp_arm_flash_word {
    uint32_t low, high; // as the part gives it: each bit that differs may be 0 or 1
    uint8_t undecided;  // CP_NOR_OPEN and the like
    uint8_t programs;   // since its erase
    uint32_t offset_bytes;
    enum cp_area area; // CP_AREA_COUNT: none
};

// At an address, or of another device at an offset. False if no flash is there.
bool cp_arm_debug_flash(uint32_t device, uint32_t address, struct cp_arm_flash_word *word);

// The ELF of the bootloader; NULL before any machine ran it.
const char *cp_arm_debug_bootloader(void);

// The ELF of the application that ran last; NULL if none did, or none belongs to its image.
const char *cp_arm_debug_application(void);

// What runs; of an application the image.
enum cp_mode cp_arm_debug_mode(uint8_t *image);

// --- for sim/arm only

void cp_arm_debug_started(struct cp_machine *machine); // a program, at its first instruction
void cp_arm_debug_at(struct cp_machine *machine, uint32_t address); // a mark
void cp_arm_debug_taken(void);                                      // an exception
void cp_arm_debug_asks(struct cp_machine *machine, enum cp_event_kind kind, bool is_awaited);
void cp_arm_debug_paused(struct cp_machine *machine);

#endif

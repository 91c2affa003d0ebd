// emulator.h: an ARM core that runs one program from flash, behind a call.
//
// Whoever owns an emulator asks it to go on to the next thing that it wants of the world:
// a load or a store outside of its code and RAM, a branch to code that is not its own, a
// stop. That runs on a stack of its own, inside libunicorn; between two calls the emulator
// stands still in the middle of an instruction, and the call that answers it is cheap. Its
// whole state is registers and RAM, and can be hashed, kept and put back at any such point:
// an emulator that was put back runs the instruction again that it stood in, with what was
// answered before.
//
// RAM is mapped read-only and written by a hook: stores to normal RAM are slow in Unicorn
// 2.0.1. Flash is not mapped but for the program's own code, so that each access is seen.

#ifndef CP_SIM_ARM_EMULATOR_H
#define CP_SIM_ARM_EMULATOR_H

#include "sim/hash.h"

#include <stdbool.h>
#include <stdint.h>

#define CP_EMULATOR_ANSWERS_MAX 16u // of one instruction: LDM and STM of all registers

enum cp_arm_model { CP_ARM_M0, CP_ARM_M3, CP_ARM_M4, CP_ARM_M7, CP_ARM_M33 };

// What the emulator wants.
enum cp_arm_want {
    CP_ARM_LOAD,   // of `address`; answer with the value
    CP_ARM_STORE,  // of `value` to `address`
    CP_ARM_BRANCH, // to `address`, which is not its code
    CP_ARM_MARK,   // it is about to execute a marked instruction
    CP_ARM_SLEEP,  // it executed WFI
    CP_ARM_FAULT,  // it cannot go on; `message` says why
    CP_ARM_BUSY,   // it executed very many instructions since the last time
};

struct cp_arm_request {
    enum cp_arm_want want;
    uint32_t address, value, width_bytes;
    const char *message;
    uint32_t pc; // of the instruction that wants it
};

enum { CP_ARM_SP = 13, CP_ARM_LR = 14, CP_ARM_XPSR = 15, CP_ARM_PRIMASK = 16, CP_ARM_REGISTERS };

// All of the core, at the start of an instruction.
struct cp_arm_context {
    uint32_t registers[CP_ARM_REGISTERS];
    uint32_t pc; // of the instruction
    uint32_t it; // ITSTATE there
    // What the instruction was answered before.
    uint32_t answer_count;
    uint32_t answers[CP_EMULATOR_ANSWERS_MAX];
};

struct cp_emulator_config {
    enum cp_arm_model model;
    const uint8_t *code; // what it runs, copied
    uint32_t code_address, code_size_bytes;
    uint32_t ram_address, ram_size_bytes;
    // What of the address space it may reach by requests, besides; the rest is a fault.
    struct {
        uint32_t address, size_bytes;
    } windows[16];
    uint32_t window_count;
    // May a load of the window be answered at once? Returns true with the value.
    bool (*peek)(uint32_t address, uint32_t *value);
    // Where to note which instructions were executed: a byte for each half-word of the code,
    // not 0 if one began there. NULL: nowhere.
    uint8_t *executed;
    // After so many without a request it is CP_ARM_BUSY.
    uint32_t instructions_max;
};

struct cp_emulator;

// NULL with the reason in *error.
struct cp_emulator *cp_emulator_open(const struct cp_emulator_config *config, const char **error);
void cp_emulator_close(struct cp_emulator *emulator);

// Stop at this instruction when it is to be executed, with CP_ARM_MARK.
void cp_emulator_mark(struct cp_emulator *emulator, uint32_t address);

// The same, and not any more. Both kinds of marks are told alike.
void cp_emulator_break(struct cp_emulator *emulator, uint32_t address, bool is_set);

// Call this at each store of the core to RAM, just after it; NULL: nothing.
void cp_emulator_on_store(struct cp_emulator *emulator,
                          void (*stored)(uint32_t address, uint32_t size_bytes));

// Begin anew, as after a reset: RAM holds `fill` in each byte, registers are zero but for
// the stack pointer. What it was doing is abandoned.
void cp_emulator_start(struct cp_emulator *emulator, uint32_t stack_pointer, uint32_t pc,
                       uint8_t fill);

// Answer what it wanted before, if it did, and run to what it wants next. The request is
// valid until the next call.
const struct cp_arm_request *cp_emulator_run(struct cp_emulator *emulator, uint32_t answer);

// The core as it stands, and another one to go on with: then the next cp_emulator_run()
// begins with the instruction at its pc, and its answer goes to that instruction if it is
// `is_waiting` for one.
const struct cp_arm_context *cp_emulator_context(struct cp_emulator *emulator);
void cp_emulator_set_context(struct cp_emulator *emulator, const struct cp_arm_context *context,
                             bool is_waiting);

// The same at a mark, which it has passed then. False where it does not stand at one.
bool cp_emulator_put_context(struct cp_emulator *emulator, const struct cp_arm_context *context);

// RAM; NULL if the range is not in it.
uint8_t *cp_emulator_ram(struct cp_emulator *emulator, uint32_t address, uint32_t size_bytes);

// Store to RAM as the core would; nothing where the range is not in it.
void cp_emulator_store(struct cp_emulator *emulator, uint32_t address, const void *data,
                       uint32_t size_bytes);

// Are its interrupts disabled, where it stands?
bool cp_emulator_is_masked(struct cp_emulator *emulator);

// Stop before the next instruction, with CP_ARM_MARK. One that was begun is done first.
void cp_emulator_interrupt(struct cp_emulator *emulator);

// Hash of core and RAM, where the emulator stands. Below the stack pointer all is `fill`
// again afterwards: nothing there is alive.
struct cp_hash cp_emulator_hash(struct cp_emulator *emulator);

// Core and RAM in memory from malloc(), with room for `extra_bytes` of the caller's in
// front; NULL without memory. And back.
void *cp_emulator_keep(struct cp_emulator *emulator, size_t extra_bytes);
void cp_emulator_put_back(struct cp_emulator *emulator, const void *kept, size_t extra_bytes);

#endif

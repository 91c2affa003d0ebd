// cpu.h: the seam behind which a program under test runs.
//
// The explorer knows a program only as: start it, run it to its next event,
// snapshot it, restore it, hash it. Behind the seam is the host-compiled core, on
// a stack of its own that is clean at each start. An emulated ARM core and others
// plug in here.
//
// On x86-64 and AArch64 the stack lies at a fixed address (cpu_native.c). At an
// event all of the program's volatile state is the live part of that stack, with
// the callee-saved registers pushed on it. Other hosts can start and run a program
// but not keep it (cpu_portable.c).

#ifndef CP_SIM_CPU_H
#define CP_SIM_CPU_H

#include "sim/hash.h"

#include <stdbool.h>

// Why cp_cpu_run() came back.
enum cp_cpu_stop {
    CP_CPU_EVENT,   // the program called cp_cpu_yield()
    CP_CPU_CRASH,   // it used memory it may not use, ran off its stack, or returned
    CP_CPU_STALLED, // it ran for seconds without an event
};

struct cp_cpu_snapshot {
    uintptr_t stack_pointer;
    uint8_t *bytes; // the live stack, and what a sanitizer knows of it
    size_t size_bytes;
    void *memory; // what the program keeps elsewhere; NULL: nothing
};

struct cp_cpu;

// The CPU for this process: the native one, or the portable one where the host has
// no native one or the environment says CUTPROOF_CPU=portable. The environment is
// read at the first call; any other value is as none. NULL without memory.
struct cp_cpu *cp_cpu_open(void);

// There is one native CPU in a process, since its stack has a fixed address.
// NULL when that address is taken, there is no memory, or the host has no stack
// switch of ours.
struct cp_cpu *cp_cpu_native(void);

// Another one, for a program that runs in step with the first.
struct cp_cpu *cp_cpu_native_second(void);

// The one portable CPU. NULL when there is no memory.
struct cp_cpu *cp_cpu_portable(void);

// Whether cp_cpu_snapshot() and cp_cpu_hash() work. False for the portable CPU:
// then only a search that starts every boot anew can run.
bool cp_cpu_can_snapshot(const struct cp_cpu *cpu);

// Fill the stack with this byte from the next start or restore on (0 unless told
// otherwise). A result must not depend on it; a test varies it.
void cp_cpu_set_stack_fill(struct cp_cpu *cpu, uint8_t fill);

// The byte that the stack is filled with.
uint8_t cp_cpu_stack_fill(const struct cp_cpu *cpu);

// How often something was found on the stack, by a look at all of it now and then,
// that a start had left there. See cp_cpu_clear_below() in cpu.c; it is 0 unless a
// program has frames of kilobytes that it hardly writes to.
uint64_t cp_cpu_stack_misses(const struct cp_cpu *cpu);

// Prepare to run entry(argument) on an empty stack; whatever ran is abandoned.
void cp_cpu_start(struct cp_cpu *cpu, void (*entry)(void *argument), void *argument);

// Run to the next event. After CP_CPU_CRASH or CP_CPU_STALLED only a start is possible.
enum cp_cpu_stop cp_cpu_run(struct cp_cpu *cpu);

// Called by the program, through the bus: give control back to cp_cpu_run()'s caller.
void cp_cpu_yield(struct cp_cpu *cpu);

// Called by the program, through the bus, now and then: clear what calls that have returned
// left on the stack. The frames of later calls would keep some of it, in places that they
// never write, and two runs that do the same would differ in it.
void cp_cpu_clear_dead(const struct cp_cpu *cpu);

// True while the program is running, that is between cp_cpu_run() and its return.
bool cp_cpu_is_running(const struct cp_cpu *cpu);

// Keep and put back the program as it stands at an event. The snapshot's bytes
// are allocated; cp_cpu_snapshot_free() frees them. Returns 0, or -1 without memory
// or if the CPU cannot keep programs; then there is nothing to restore or to free.
int cp_cpu_snapshot(const struct cp_cpu *cpu, struct cp_cpu_snapshot *snapshot);
void cp_cpu_restore(struct cp_cpu *cpu, const struct cp_cpu_snapshot *snapshot);
void cp_cpu_snapshot_free(struct cp_cpu_snapshot *snapshot);

// Hash of the program's volatile state at an event; zero if the CPU cannot keep
// programs, and then it tells no two of them apart.
struct cp_hash cp_cpu_hash(const struct cp_cpu *cpu);

// Return addresses of the call chain from a frame on the program's stack,
// innermost first; returns how many, at most max. None where the host's frames
// have a shape that we do not know.
uint32_t cp_cpu_frames(const struct cp_cpu *cpu, const void *frame, uintptr_t *frames,
                       uint32_t max);

#endif

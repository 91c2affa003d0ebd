// cpu_native.c: run the host-compiled program on its own stack.
//
// The stack lies at a fixed address with a guard page below, so that pointers
// into it mean the same in every boot and every process. A crash or a stall of
// the program is caught by a signal handler on a third stack, which leaves the
// program where it is and returns to the caller of cp_cpu_run().

#define _GNU_SOURCE
#include "sim/cpu.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#define STACK_SIZE_BYTES (256u * 1024u)
#else
#define STACK_SIZE_BYTES (32u * 1024u)
#endif

#if !defined(__x86_64__)
#error "cpu_native.c: only x86-64 hosts have a stack switch so far"
#endif

#define STACK_ADDRESS    ((uintptr_t)0x200000000000u)
#define GUARD_SIZE_BYTES 65536u
#define SAVED_REGISTERS  6u // what cp_cpu_switch() pushes
#define STALL_SECONDS    5

void cp_cpu_switch(void **save_stack_pointer, void *load_stack_pointer);

struct cp_cpu {
    uint8_t *stack; // the lowest usable byte
    uint8_t *top;
    void *program_stack_pointer;
    void *caller_stack_pointer;
    void (*entry)(void *argument);
    void *argument;
    volatile bool running;
    volatile enum cp_cpu_stop stop;
    volatile uint64_t events;
    uint64_t events_at_last_alarm;
    int alarms_without_event;
    uint8_t fill;
};

static struct cp_cpu the_cpu;

#if defined(__SANITIZE_ADDRESS__)
// Locals must stay on the real stack, where they can be hashed; crashes are ours.
const char *__asan_default_options(void);
const char *__asan_default_options(void) {
    return "detect_stack_use_after_return=0:handle_segv=0:handle_sigbus=0:handle_sigfpe=0:"
           "handle_sigill=0:use_sigaltstack=0";
}

static void tell_enter_program(const struct cp_cpu *cpu) {
    __sanitizer_start_switch_fiber(NULL, cpu->stack, STACK_SIZE_BYTES);
}

static const void *caller_stack_bottom;
static size_t caller_stack_size_bytes;

static void tell_entered_program(void) {
    __sanitizer_finish_switch_fiber(NULL, &caller_stack_bottom, &caller_stack_size_bytes);
}

static void tell_enter_caller(void) {
    __sanitizer_start_switch_fiber(NULL, caller_stack_bottom, caller_stack_size_bytes);
}

static void tell_entered_caller(void) {
    __sanitizer_finish_switch_fiber(NULL, NULL, NULL);
}

static void unpoison_stack(const struct cp_cpu *cpu) {
    __asan_unpoison_memory_region(cpu->stack, STACK_SIZE_BYTES);
}

// The shadow bytes of the live stack belong to it: restoring one without the
// other would report accesses that are right.
static uint8_t *shadow_of(const uint8_t *address) {
    size_t scale, offset;
    __asan_get_shadow_mapping(&scale, &offset);
    return (uint8_t *)(((uintptr_t)address >> scale) + offset);
}

static size_t shadow_size_bytes(size_t live_bytes) {
    return live_bytes / 8;
}
#else
static void tell_enter_program(const struct cp_cpu *cpu) {
    (void)cpu;
}
static void tell_entered_program(void) {
}
static void tell_enter_caller(void) {
}
static void tell_entered_caller(void) {
}
static void unpoison_stack(const struct cp_cpu *cpu) {
    (void)cpu;
}
static uint8_t *shadow_of(const uint8_t *address) {
    (void)address;
    return NULL;
}
static size_t shadow_size_bytes(size_t live_bytes) {
    (void)live_bytes;
    return 0;
}
#endif

// Copy without a sanitizer's leave: the live stack has red zones in it.
static void copy_raw(void *to, const void *from, size_t size_bytes) {
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size_bytes) : : "memory");
}

static void leave_program(struct cp_cpu *cpu, enum cp_cpu_stop stop) {
    cpu->stop = stop;
    cpu->running = false;
    void *discarded;
    tell_enter_caller();
    cp_cpu_switch(stop == CP_CPU_EVENT ? &cpu->program_stack_pointer : &discarded,
                  cpu->caller_stack_pointer);
}

static void on_crash(int signal_number) {
    if (the_cpu.running) {
        leave_program(&the_cpu, CP_CPU_CRASH);
    }
    // Not the program's fault but ours: die of it with the default action.
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

static void on_alarm(int signal_number) {
    (void)signal_number;
    if (!the_cpu.running || the_cpu.events != the_cpu.events_at_last_alarm) {
        the_cpu.events_at_last_alarm = the_cpu.events;
        the_cpu.alarms_without_event = 0;
    } else if (++the_cpu.alarms_without_event >= STALL_SECONDS) {
        the_cpu.alarms_without_event = 0;
        leave_program(&the_cpu, CP_CPU_STALLED);
    }
}

static int install_handlers(void) {
    static uint8_t handler_stack[65536];
    stack_t stack = {.ss_sp = handler_stack, .ss_size = sizeof(handler_stack)};
    // SA_NODEFER: the handler may never return, so the signal must stay deliverable.
    struct sigaction crash = {.sa_handler = on_crash, .sa_flags = SA_ONSTACK | SA_NODEFER};
    struct sigaction alarm_action = {.sa_handler = on_alarm,
                                     .sa_flags = SA_ONSTACK | SA_NODEFER | SA_RESTART};
    struct itimerval each_second = {{1, 0}, {1, 0}};
    return sigaltstack(&stack, NULL) || sigaction(SIGSEGV, &crash, NULL) ||
           sigaction(SIGBUS, &crash, NULL) || sigaction(SIGFPE, &crash, NULL) ||
           sigaction(SIGILL, &crash, NULL) || sigaction(SIGALRM, &alarm_action, NULL) ||
           setitimer(ITIMER_REAL, &each_second, NULL);
}

struct cp_cpu *cp_cpu_native(void) {
    struct cp_cpu *cpu = &the_cpu;
    if (cpu->stack) {
        return cpu;
    }
    size_t size_bytes = GUARD_SIZE_BYTES + STACK_SIZE_BYTES;
    uint8_t *memory = mmap((void *)STACK_ADDRESS, size_bytes, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (memory != (uint8_t *)STACK_ADDRESS) {
        return NULL;
    }
    if (mprotect(memory, GUARD_SIZE_BYTES, PROT_NONE) || install_handlers()) {
        return NULL;
    }
    cpu->stack = memory + GUARD_SIZE_BYTES;
    cpu->top = cpu->stack + STACK_SIZE_BYTES;
    return cpu;
}

void cp_cpu_set_stack_fill(struct cp_cpu *cpu, uint8_t fill) {
    cpu->fill = fill;
}

static void program_main(void) {
    tell_entered_program();
    the_cpu.entry(the_cpu.argument);
    leave_program(&the_cpu, CP_CPU_CRASH); // an entry has to end with a cp_end_* call
}

void cp_cpu_start(struct cp_cpu *cpu, void (*entry)(void *argument), void *argument) {
    unpoison_stack(cpu);
    memset(cpu->stack, cpu->fill, STACK_SIZE_BYTES);
    cpu->entry = entry;
    cpu->argument = argument;
    // From the top down: a null return address that ends the chain of frames,
    // program_main, and the registers that cp_cpu_switch() pops, all zero.
    uintptr_t *word = (uintptr_t *)(void *)cpu->top;
    *--word = 0; // also aligns the stack as after a call
    *--word = (uintptr_t)program_main;
    for (uint32_t i = 0; i < SAVED_REGISTERS; i++) {
        *--word = 0;
    }
    cpu->program_stack_pointer = word;
}

enum cp_cpu_stop cp_cpu_run(struct cp_cpu *cpu) {
    cpu->running = true;
    tell_enter_program(cpu);
    cp_cpu_switch(&cpu->caller_stack_pointer, cpu->program_stack_pointer);
    tell_entered_caller();
    return cpu->stop;
}

void cp_cpu_yield(struct cp_cpu *cpu) {
    cpu->events++;
    leave_program(cpu, CP_CPU_EVENT);
    tell_entered_program();
}

bool cp_cpu_is_running(const struct cp_cpu *cpu) {
    return cpu->running;
}

static size_t live_bytes(const struct cp_cpu *cpu) {
    return (size_t)(cpu->top - (uint8_t *)cpu->program_stack_pointer);
}

int cp_cpu_snapshot(const struct cp_cpu *cpu, struct cp_cpu_snapshot *snapshot) {
    size_t live = live_bytes(cpu);
    snapshot->stack_pointer = (uintptr_t)cpu->program_stack_pointer;
    snapshot->size_bytes = live;
    snapshot->bytes = malloc(live + shadow_size_bytes(live));
    if (!snapshot->bytes) {
        return -1;
    }
    copy_raw(snapshot->bytes, cpu->program_stack_pointer, live);
    copy_raw(snapshot->bytes + live, shadow_of(cpu->program_stack_pointer),
             shadow_size_bytes(live));
    return 0;
}

void cp_cpu_restore(struct cp_cpu *cpu, const struct cp_cpu_snapshot *snapshot) {
    size_t live = snapshot->size_bytes;
    unpoison_stack(cpu);
    memset(cpu->stack, cpu->fill, STACK_SIZE_BYTES);
    cpu->program_stack_pointer = cpu->top - live;
    copy_raw(cpu->program_stack_pointer, snapshot->bytes, live);
    copy_raw(shadow_of(cpu->program_stack_pointer), snapshot->bytes + live,
             shadow_size_bytes(live));
}

void cp_cpu_snapshot_free(struct cp_cpu_snapshot *snapshot) {
    free(snapshot->bytes);
    snapshot->bytes = NULL;
}

struct cp_hash cp_cpu_hash(const struct cp_cpu *cpu) {
    size_t live = live_bytes(cpu);
#if defined(__SANITIZE_ADDRESS__)
    static uint8_t scratch[STACK_SIZE_BYTES];
    copy_raw(scratch, cpu->program_stack_pointer, live);
    return cp_hash_bytes(scratch, live, live);
#else
    return cp_hash_bytes(cpu->program_stack_pointer, live, live);
#endif
}

uint32_t cp_cpu_frames(const struct cp_cpu *cpu, const void *frame, uintptr_t *frames,
                       uint32_t max) {
    uint32_t count = 0;
    uintptr_t pointer = (uintptr_t)frame;
    while (count < max && pointer >= (uintptr_t)cpu->stack &&
           pointer + 2 * sizeof(uintptr_t) <= (uintptr_t)cpu->top) {
        uintptr_t words[2]; // the caller's frame pointer and the return address
        copy_raw(words, (const void *)pointer, sizeof(words));
        if (words[1] == 0 || words[0] <= pointer) {
            break;
        }
        frames[count++] = words[1];
        pointer = words[0];
    }
    return count;
}

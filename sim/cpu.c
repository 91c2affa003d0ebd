// cpu.c: run the host-compiled program on its own stack; see cpu.h.
//
// A crash or a stall of the program is caught by a signal handler on a third
// stack, which leaves the program where it is and returns to the caller of
// cp_cpu_run(). The stack is made clean before each start, for what it costs see
// cp_cpu_clear_below().

#define _GNU_SOURCE
#include "sim/cpu_seam.h"

#include "sim/cpu_asan.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>

#define STALL_SECONDS      5
#define CLEAN_WINDOW_BYTES (CP_STACK_SIZE_BYTES / 32u) // a kilobyte; more with red zones
#define CLEARS_PER_LOOK    4096u

static struct cp_cpu *volatile running; // the CPU whose program runs, if one does

// --- opening

static struct cp_cpu *choose(void) {
    const char *wanted = getenv("CUTPROOF_CPU");
    struct cp_cpu *native = wanted && strcmp(wanted, "portable") == 0 ? NULL : cp_cpu_native();
    return native ? native : cp_cpu_portable();
}

struct cp_cpu *cp_cpu_open(void) {
    static struct cp_cpu *chosen;
    if (!chosen) {
        chosen = choose();
    }
    return chosen;
}

// --- what ends a run

static void leave_program(struct cp_cpu *cpu, enum cp_cpu_stop stop) {
    cpu->stop = stop;
    running = NULL;
    cp_asan_enter_caller();
    cpu->by->leave(cpu, stop != CP_CPU_EVENT);
}

static void on_crash(int signal_number) {
    if (running) {
        leave_program(running, CP_CPU_CRASH);
    }
    // Not the program's fault but ours: die of it with the default action.
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

static void on_alarm(int signal_number) {
    (void)signal_number;
    static uint64_t events_at_last_alarm;
    static int alarms_without_event;
    struct cp_cpu *cpu = running;
    if (!cpu || cpu->events != events_at_last_alarm) {
        events_at_last_alarm = cpu ? cpu->events : UINT64_MAX;
        alarms_without_event = 0;
    } else if (++alarms_without_event >= STALL_SECONDS) {
        alarms_without_event = 0;
        leave_program(cpu, CP_CPU_STALLED);
    }
}

static int install_handlers(void) {
    static bool are_installed;
    static uint8_t handler_stack[65536];
    stack_t stack = {.ss_sp = handler_stack, .ss_size = sizeof(handler_stack)};
    // SA_NODEFER: the handler may never return, so the signal must stay deliverable.
    struct sigaction crash = {.sa_handler = on_crash, .sa_flags = SA_ONSTACK | SA_NODEFER};
    struct sigaction alarm_action = {.sa_handler = on_alarm,
                                     .sa_flags = SA_ONSTACK | SA_NODEFER | SA_RESTART};
    struct itimerval each_second = {{1, 0}, {1, 0}};
    if (!are_installed) {
        are_installed = !(sigaltstack(&stack, NULL) || sigaction(SIGSEGV, &crash, NULL) ||
                          sigaction(SIGBUS, &crash, NULL) || sigaction(SIGFPE, &crash, NULL) ||
                          sigaction(SIGILL, &crash, NULL) || sigaction(SIGTRAP, &crash, NULL) ||
                          sigaction(SIGALRM, &alarm_action, NULL) ||
                          setitimer(ITIMER_REAL, &each_second, NULL));
    }
    return are_installed ? 0 : -1;
}

// --- the stack

static uint8_t *map_stack(uintptr_t address) {
    size_t size_bytes = CP_STACK_GUARD_BYTES + CP_STACK_SIZE_BYTES;
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | (address ? MAP_FIXED_NOREPLACE : 0);
    uint8_t *memory = mmap((void *)address, size_bytes, PROT_READ | PROT_WRITE, flags, -1, 0);
    if (memory == MAP_FAILED) {
        return NULL;
    }
    // A kernel that does not know MAP_FIXED_NOREPLACE takes the address as a hint.
    if ((address && (uintptr_t)memory != address) ||
        mprotect(memory, CP_STACK_GUARD_BYTES, PROT_NONE)) {
        munmap(memory, size_bytes);
        return NULL;
    }
    return memory + CP_STACK_GUARD_BYTES;
}

int cp_cpu_set_up(struct cp_cpu *cpu, const struct cp_cpu_backend *by, uintptr_t address) {
    uint8_t *stack = map_stack(address);
    if (!stack || install_handlers()) {
        return -1;
    }
    cpu->by = by;
    cpu->stack = stack;
    cpu->top = stack + CP_STACK_SIZE_BYTES;
    cpu->low = cpu->top;
    return 0;
}

static bool is_clean(const struct cp_cpu *cpu, const uint8_t *from, const uint8_t *to) {
    // Each byte is as the one before it, and the first is right.
    return from == to ||
           (*from == cpu->fill && memcmp(from, from + 1, (size_t)(to - from) - 1) == 0);
}

// The first byte at or above `from` that is not clean, or `to`.
static uint8_t *first_trace(const struct cp_cpu *cpu, uint8_t *from, const uint8_t *to) {
    while (from < to && *from == cpu->fill) {
        from++;
    }
    return from;
}

// Lower the mark until the bytes just below it are clean.
static void lower_mark(struct cp_cpu *cpu) {
    while (cpu->low > cpu->stack) {
        size_t room = (size_t)(cpu->low - cpu->stack);
        uint8_t *window = cpu->low - (room < CLEAN_WINDOW_BYTES ? room : CLEAN_WINDOW_BYTES);
        if (is_clean(cpu, window, cpu->low)) {
            return;
        }
        cpu->low = first_trace(cpu, window, cpu->low);
    }
}

// Look at all below the mark: was anything left there?
static void look_everywhere(struct cp_cpu *cpu) {
    uint8_t *trace = first_trace(cpu, cpu->stack, cpu->low);
    if (trace < cpu->low) {
        cpu->misses++;
        cpu->low = trace;
    }
}

// So far below the present frame, which may use some of it without saying so.
#define RED_ZONE_BYTES 128u
#define DEAD_BYTES     1024u

#if defined(__x86_64__)
static inline void fill_below(uint8_t fill) {
    __asm__ volatile("lea %c[start](%%rsp), %%rdi\n\tmov %[count], %%ecx\n\trep stosb"
                     :
                     : [start] "i"(-(int)(RED_ZONE_BYTES + DEAD_BYTES)), [count] "i"(DEAD_BYTES),
                       "a"(fill)
                     : "rdi", "rcx", "memory", "cc");
}
#elif defined(__aarch64__)
static inline void fill_below(uint8_t fill) {
    __asm__ volatile(
        "sub x9, sp, %[start]\n\tmov x10, %[count]\n"
        "1:\tstrb %w[fill], [x9], #1\n\tsubs x10, x10, #1\n\tb.ne 1b"
        :
        : [start] "i"(RED_ZONE_BYTES + DEAD_BYTES), [count] "i"(DEAD_BYTES), [fill] "r"(fill)
        : "x9", "x10", "memory", "cc");
}
#else
static inline void fill_below(uint8_t fill) {
    (void)fill; // no search keeps programs here: nothing is compared
}
#endif

// No call in between: it would return through what was cleared.
__attribute__((noinline)) void cp_cpu_clear_dead(const struct cp_cpu *cpu) {
    uintptr_t frame = (uintptr_t)__builtin_frame_address(0), stack = (uintptr_t)cpu->stack;
    if (frame - stack < CP_STACK_SIZE_BYTES && frame - stack > 2 * (RED_ZONE_BYTES + DEAD_BYTES)) {
        fill_below(cpu->fill);
    }
}

// Filling all of the stack would be a good part of what a state costs, so it is
// filled from a mark up: the lowest byte that any program has written to. The mark
// is at most where a program was at an event. What was deeper in between left
// traces next to it, or in the kilobyte below, and so on down. A frame of more than
// a kilobyte that was not written to hides what is below it; so does one written
// with the fill byte alone. Therefore all of the stack is looked at now and then,
// and the mark put right for good. What is missed until then is garbage that only
// a variable without a value can hold, and it can only make two equal states look
// different.
void cp_cpu_clear_below(struct cp_cpu *cpu, uint8_t *live) {
    cp_asan_unpoison(cpu->stack, CP_STACK_SIZE_BYTES);
    uint8_t *from = cpu->stack;
    if (!cpu->is_unknown) {
        lower_mark(cpu);
        if (++cpu->clears % CLEARS_PER_LOOK == 0) {
            look_everywhere(cpu);
        }
        from = cpu->low;
    }
    cpu->is_unknown = false;
    if (from < live) {
        memset(from, cpu->fill, (size_t)(live - from));
    }
    cpu->low = cpu->low < live ? cpu->low : live;
}

void cp_cpu_set_stack_fill(struct cp_cpu *cpu, uint8_t fill) {
    cpu->is_unknown = cpu->is_unknown || cpu->fill != fill;
    cpu->fill = fill;
}

uint8_t cp_cpu_stack_fill(const struct cp_cpu *cpu) {
    return cpu->fill;
}

uint64_t cp_cpu_stack_misses(const struct cp_cpu *cpu) {
    return cpu->misses;
}

// --- running

void cp_cpu_program_main(void) {
    cp_asan_entered_program();
    running->entry(running->argument);
    leave_program(running, CP_CPU_CRASH); // an entry has to end with a cp_end_* call
    __builtin_unreachable();
}

void cp_cpu_start(struct cp_cpu *cpu, void (*entry)(void *argument), void *argument) {
    cp_cpu_clear_below(cpu, cpu->top);
    cpu->entry = entry;
    cpu->argument = argument;
    cpu->by->prepare(cpu);
}

enum cp_cpu_stop cp_cpu_run(struct cp_cpu *cpu) {
    running = cpu;
    cp_asan_enter_program(cpu->stack, CP_STACK_SIZE_BYTES);
    cpu->by->enter(cpu);
    cp_asan_entered_caller();
    cpu->is_unknown = cpu->is_unknown || cpu->stop != CP_CPU_EVENT;
    return cpu->stop;
}

void cp_cpu_yield(struct cp_cpu *cpu) {
    uint8_t *here = __builtin_frame_address(0);
    cpu->low = here < cpu->low ? here : cpu->low;
    cpu->events++;
    leave_program(cpu, CP_CPU_EVENT);
    cp_asan_entered_program();
}

bool cp_cpu_is_running(const struct cp_cpu *cpu) {
    return running == cpu;
}

// --- snapshots and hashes

bool cp_cpu_can_snapshot(const struct cp_cpu *cpu) {
    return cpu->by->can_snapshot;
}

int cp_cpu_snapshot(const struct cp_cpu *cpu, struct cp_cpu_snapshot *snapshot) {
    *snapshot = (struct cp_cpu_snapshot){0};
    return cpu->by->can_snapshot ? cpu->by->snapshot(cpu, snapshot) : -1;
}

void cp_cpu_restore(struct cp_cpu *cpu, const struct cp_cpu_snapshot *snapshot) {
    if (cpu->by->can_snapshot) {
        cpu->by->restore(cpu, snapshot);
    }
}

void cp_cpu_snapshot_free(struct cp_cpu_snapshot *snapshot) {
    free(snapshot->bytes);
    free(snapshot->memory);
    snapshot->bytes = NULL;
    snapshot->memory = NULL;
}

struct cp_hash cp_cpu_hash(const struct cp_cpu *cpu) {
    return cpu->by->can_snapshot ? cpu->by->hash(cpu) : (struct cp_hash){0, 0};
}

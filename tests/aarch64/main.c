// main.c: one small program of the prover, for comparing two architectures.
//
// It explores small cases and prints what must not depend on the architecture:
// verdicts, the number of states, and a digest of the set of states. It also tries
// both CPUs of sim/cpu.h. It needs neither libraries nor files, so that it can be
// linked statically for AArch64 and run under qemu-user. scripts/aarch64_check
// builds it for the host as well and compares; lines that begin with "#" may differ.

#include "tests/digest/small_cases.h"

// --- the CPUs

static struct cp_cpu *cpu;
static uintptr_t frames[8];
static uint32_t frame_count;

__attribute__((noinline)) static void look_at_frames(void) {
    frame_count = cp_cpu_frames(cpu, __builtin_frame_address(0), frames, 8);
}

static void yields(void *argument) {
    volatile uint32_t *counter = argument;
    for (;;) {
        look_at_frames();
        ++*counter;
        cp_cpu_yield(cpu);
    }
}

// Numbers that live in callee-saved registers, some of them floating-point ones.
static void sums(void *argument) {
    uint64_t sum = 1;
    double product = 1.0;
    for (uint64_t i = 1; i < 9; i++) {
        sum += i * sum;
        product *= 1.0 + (double)i;
        cp_cpu_yield(cpu);
    }
    *(uint64_t *)argument = sum + (uint64_t)product;
    cp_cpu_yield(cpu);
}

__attribute__((noinline)) static uint32_t recurses(volatile uint32_t *above) {
    volatile uint32_t frame[64];
    frame[0] = *above + 1;
    return frame[0] == 0 ? 0 : recurses(frame) + frame[0];
}

static void overruns(void *argument) {
    *(volatile uint32_t *)argument = recurses(argument);
}

static void stores_to_null(void *argument) {
    (void)argument;
    volatile uint32_t *volatile nowhere = NULL;
    *nowhere = 1;
}

static void traps(void *argument) {
    (void)argument;
    __builtin_trap();
}

static void returns(void *argument) {
    (void)argument;
}

static void loops(void *argument) {
    for (volatile uint32_t *i = argument;; ++*i) {
    }
}

static enum cp_cpu_stop stop_of(void (*entry)(void *)) {
    uint64_t argument = 0;
    cp_cpu_start(cpu, entry, &argument);
    return cp_cpu_run(cpu);
}

static uint64_t sum_with_own_sum(void) {
    uint64_t sum = 0;
    double mine = 0.5; // both sides have something to lose
    cp_cpu_start(cpu, sums, &sum);
    for (int i = 0; i < 9; i++) {
        cp_cpu_run(cpu);
        mine *= 2;
    }
    return sum + (uint64_t)mine;
}

static void try_cpu(const char *name, struct cp_cpu *tried) {
    cpu = tried;
    if (!cpu) {
        die("a CPU cannot be opened");
    }
    printf("cpu %s: can snapshot %d, sum %" PRIu64 "\n", name, cp_cpu_can_snapshot(cpu),
           sum_with_own_sum());
    printf("  stops: yields %d, overruns %d, stores %d, traps %d, returns %d\n",
           (int)stop_of(yields), (int)stop_of(overruns), (int)stop_of(stores_to_null),
           (int)stop_of(traps), (int)stop_of(returns));
    uint32_t counter = 0;
    cp_cpu_start(cpu, yields, &counter);
    for (int i = 0; i < 1000; i++) {
        cp_cpu_run(cpu);
    }
    // Below cp_cpu_program_main() there may be frames of the C library.
    const bool has_frames = frame_count >= 2 && frames[0] - (uintptr_t)yields < 400;
    printf("  after crashes: %u events, frames %d\n", (unsigned)counter, has_frames);
}

int main(void) {
    setvbuf(stdout, NULL, _IOLBF, 0);
    try_cpu("native", cp_cpu_native());
    try_cpu("portable", cp_cpu_portable());
    cpu = cp_cpu_native();
    printf("a loop stops: %d\n", (int)stop_of(loops)); // takes seconds
    for (int i = 0; i < SMALL_CASES; i++) {
        const struct cp_case test_case = small_case(i);
        const struct digest digest = digest_of(&test_case, CP_ENGINE_FAST);
        print_digest(&test_case, &digest);
    }
    return 0;
}

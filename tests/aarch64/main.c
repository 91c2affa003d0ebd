// main.c: one small program of the prover, for comparing two architectures.
//
// It explores small cases and prints what must not depend on the architecture:
// verdicts, the number of states, and a digest of the set of states. It also tries
// both CPUs of sim/cpu.h. It needs neither libraries nor files, so that it can be
// linked statically for AArch64 and run under qemu-user. scripts/aarch64_check
// builds it for the host as well and compares; lines that begin with "#" may differ.

#include "faults/explore.h"
#include "sim/cpu.h"
#include "sim/hash.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OLD_IMAGE, NEW_IMAGE, IMAGES };

static _Noreturn void die(const char *what) {
    fprintf(stderr, "aarch64 test: error: %s\n", what);
    exit(2);
}

// --- cases

// One page each for bootloader and STATE, two for ACTIVE, three for DFU.
static void set_area(struct cp_case *made, enum cp_area area, uint32_t page, uint32_t count) {
    const uint32_t page_bytes = made->devices[0].erase_size_bytes;
    made->areas[area] = (struct cp_program_area){0, page * page_bytes, count * page_bytes};
}

static void set_image(struct cp_case *made, uint8_t image, const char *name,
                      enum cp_firmware firmware, uint8_t next) {
    struct cp_image *filled = &made->images[image];
    snprintf(filled->name, sizeof(filled->name), "%s", name);
    filled->size_bytes = made->areas[CP_AREA_ACTIVE].size_bytes;
    filled->seed = 7u + image;
    filled->firmware = firmware;
    filled->next = next;
}

static struct cp_case make_case(const char *name, uint32_t page_bytes, enum cp_firmware firmware) {
    const struct cp_part *part = cp_part_find("nrf51822");
    if (!part) {
        die("no such part");
    }
    struct cp_case made = {.device_count = 1, .image_count = IMAGES};
    snprintf(made.name, sizeof(made.name), "%s", name);
    made.devices[0] = *part;
    made.devices[0].erase_size_bytes = page_bytes;
    made.devices[0].size_bytes = 8 * page_bytes;
    set_area(&made, CP_AREA_BOOTLOADER, 0, 1);
    set_area(&made, CP_AREA_STATE, 1, 1);
    set_area(&made, CP_AREA_ACTIVE, 2, 2);
    set_area(&made, CP_AREA_DFU, 4, 3);
    set_image(&made, OLD_IMAGE, "old", CP_FIRMWARE_GOOD, NEW_IMAGE);
    set_image(&made, NEW_IMAGE, "new", firmware, CP_IMAGE_NONE);
    made.dfu_image = NEW_IMAGE;
    made.buffer_size_bytes = 64;
    made.chunk_size_bytes = 64;
    snprintf(made.format, sizeof(made.format), "seed");
    made.faults.cut = true;
    made.faults.cut_phases = 1u << CP_PHASE_BOOTLOADER | 1u << CP_PHASE_APPLICATION;
    made.faults.torn_areas = (1u << CP_AREA_COUNT) - 1u;
    made.bounds = (struct cp_bounds){.cuts_max = CP_UNLIMITED,
                                     .torn_max = CP_UNLIMITED,
                                     .states_max = CP_UNLIMITED,
                                     .seconds_max = CP_UNLIMITED};
    // All are claimed to be broken: as some never are, no violation ends the search.
    made.promises = (1u << CP_PROMISE_COUNT) - 1u;
    made.expect.violates = made.promises;
    made.expect.verdict = CP_VERDICT_VIOLATED;
    made.erases_per_update_max = 3;
    return made;
}

// --- the set of states

struct set {
    struct cp_hash *items;
    size_t count, capacity;
};

static int add_state(void *context, const struct cp_state_row *row) {
    struct set *set = context;
    if (set->count == set->capacity) {
        set->capacity = 2 * set->capacity + 1024;
        set->items = realloc(set->items, set->capacity * sizeof(*set->items));
        if (!set->items) {
            die("out of memory");
        }
    }
    set->items[set->count++] = (struct cp_hash){row->hash_low, row->hash_high};
    return 0;
}

static int compare(const void *a, const void *b) {
    const struct cp_hash *left = a, *right = b;
    if (left->high != right->high) {
        return left->high < right->high ? -1 : 1;
    }
    return left->low == right->low ? 0 : left->low < right->low ? -1 : 1;
}

static uint32_t broken(const struct cp_result *result) {
    uint32_t bits = 0;
    for (uint32_t i = 0; i < result->violation_count; i++) {
        bits |= 1u << result->violations[i].promise;
    }
    return bits;
}

static void explore(const struct cp_case *test_case) {
    char error[CP_MESSAGE_MAX] = "";
    const struct cp_program *program = cp_program_load(NULL, error);
    if (!program) {
        die(error);
    }
    struct set set = {0};
    const struct cp_sink sink = {.context = &set, .state = add_state};
    struct cp_result result;
    cp_explore(test_case, program, NULL, &sink, &result);
    if (result.verdict == CP_VERDICT_ERROR || result.states != set.count) {
        die(result.verdict == CP_VERDICT_ERROR ? result.error : "states are not all reported");
    }
    if (set.count > 0) {
        qsort(set.items, set.count, sizeof(*set.items), compare);
    }
    const struct cp_hash digest = cp_hash_bytes(set.items, set.count * sizeof(*set.items), 0);
    printf("case %s: %" PRIu64 " states, digest %016" PRIx64 "%016" PRIx64 ", broken promises %x\n",
           test_case->name, result.states, digest.high, digest.low, (unsigned)broken(&result));
    printf("# %" PRIu64 " operations\n", result.operations);
    cp_result_free(&result);
    free(set.items);
}

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

    struct cp_case good = make_case("good", 256, CP_FIRMWARE_GOOD);
    explore(&good);
    struct cp_case either = make_case("either", 256, CP_FIRMWARE_EITHER);
    either.download = CP_DOWNLOAD_AS_IT_GOES;
    either.after_revert = CP_AFTER_REVERT_RETRY;
    explore(&either);
    struct cp_case torn = make_case("torn", 64, CP_FIRMWARE_BAD);
    torn.faults.program_tears = (1u << CP_PROGRAM_SHAPE_COUNT) - 1u;
    torn.faults.erase_tears = (1u << CP_ERASE_SHAPE_COUNT) - 1u;
    torn.bounds.torn_max = 1;
    explore(&torn);
    return 0;
}

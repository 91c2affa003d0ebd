// test_sim_cpu.c: the seam behind which programs run, and the machine around it.
//
// Start, run, yield; a snapshot that can be gone on from again and again; hashes
// that are equal where the program stands the same, and differ where it does not;
// a stack that is clean whatever ran before; and programs that crash, overrun
// their stack, or never come back. What the portable CPU can do is tried on it too.

#include "machine_life.h"

#include "cpu_signals.h"

#include "core/port/mmio.h"
#include "sim/cpu_seam.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAGE_BYTES = 256, FLASH_BYTES = 4 * PAGE_BYTES, STATE_AT = PAGE_BYTES };

#define CONFIG (0x4001E000u + 0x504u)
#define READY  (0x4001E000u + 0x400u)

typedef void (*work)(void);

static work present_work;

static bool forgets_to_end; // the entry returns, which it must not

static void run_bootloader(const struct cp_program_board *board) {
    (void)board;
    present_work();
    if (forgets_to_end) {
        return;
    }
    cp_end_jump();
}

static void run_application(const struct cp_program_board *board, uint8_t image) {
    (void)board;
    present_work();
    cp_note(CP_NOTE_STATE_REPORTED, image);
    cp_end_idle();
}

static const struct cp_program small = {.abi = CP_PROGRAM_ABI,
                                        .name = "small",
                                        .core_hash = "0",
                                        .bootloader = run_bootloader,
                                        .application = run_application,
                                        .dfu_mode = run_application};

static struct cp_machine *machine; // of the present test

static int set_up(void **state) {
    (void)state;
    struct cp_machine_config config = {
        .device_count = 1, .cell_size_bytes = PAGE_BYTES, .program = &small};
    config.devices[0] = life_part(FLASH_BYTES, PAGE_BYTES);
    config.board.areas[CP_AREA_BOOTLOADER] = (struct cp_program_area){0, 0, PAGE_BYTES};
    config.board.areas[CP_AREA_STATE] = (struct cp_program_area){0, STATE_AT, 2 * PAGE_BYTES};
    machine = life_create(&config);
    return 0;
}

static int set_up_portable(void **state) {
    set_up(state);
    machine->cpu = cp_cpu_portable();
    assert_non_null(machine->cpu);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    cp_machine_destroy(machine);
    return 0;
}

static void start(work done) {
    present_work = done;
    cp_machine_reset(machine, true);
    cp_machine_start(machine, CP_MODE_BOOTLOADER, CP_IMAGE_NONE);
}

// Run to the next event, which has to be a note.
static uint32_t next_note(void) {
    const struct cp_event *event = cp_machine_run(machine);
    assert_int_equal(event->kind, CP_EVENT_NOTE);
    return event->value;
}

// --- which CPU

// In a child, since the environment is read only once in a process.
static bool opens(const char *wanted, struct cp_cpu *expected) {
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (wanted) {
            setenv("CUTPROOF_CPU", wanted, 1);
        } else {
            unsetenv("CUTPROOF_CPU");
        }
        const bool is_expected = cp_cpu_open() == expected;
        setenv("CUTPROOF_CPU", expected == cp_cpu_native() ? "portable" : "native", 1);
        _exit(is_expected && cp_cpu_open() == expected ? 0 : 1);
    }
    int status = 0;
    return waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

// The first test, before a machine is created.
static void test_open(void **state) {
    (void)state;
    assert_non_null(cp_cpu_native());
    assert_non_null(cp_cpu_portable());
    assert_ptr_not_equal(cp_cpu_native(), cp_cpu_portable());
    assert_true(opens(NULL, cp_cpu_native()));
    assert_true(opens("", cp_cpu_native()));
    assert_true(opens("portable", cp_cpu_portable()));
}

// --- events

static void tell(uint32_t value) {
    cp_note(CP_NOTE_CONFIRM_RETURNED, value);
}

static bool was_running_inside;

static void three_notes(void) {
    was_running_inside = cp_cpu_is_running(machine->cpu);
    tell(1);
    cp_note(CP_NOTE_CONFIRM_BEGUN, 2);
    tell(cp_choose(5) + 10);
}

static void test_events_come_in_order(void **state) {
    (void)state;
    start(three_notes);
    assert_int_equal(next_note(), 1);
    assert_int_equal(machine->event.note, CP_NOTE_CONFIRM_RETURNED);
    assert_true(was_running_inside);
    assert_false(cp_cpu_is_running(machine->cpu));
    assert_int_equal(next_note(), 2);
    assert_int_equal(machine->event.note, CP_NOTE_CONFIRM_BEGUN);
    assert_int_equal(cp_machine_run(machine)->kind, CP_EVENT_CHOICE);
    assert_int_equal(machine->event.value, 5);
    cp_machine_answer(machine, 3);
    assert_int_equal(next_note(), 13);
    assert_int_equal(cp_machine_run(machine)->kind, CP_EVENT_JUMP);
}

static void test_application_knows_its_image(void **state) {
    (void)state;
    present_work = three_notes;
    cp_machine_start(machine, CP_MODE_APPLICATION, 6);
    assert_int_equal(next_note(), 1);
    assert_int_equal(next_note(), 2);
    assert_int_equal(cp_machine_run(machine)->kind, CP_EVENT_CHOICE);
    assert_int_equal(next_note(), 10);
    assert_int_equal(next_note(), 6);
    assert_int_equal(cp_machine_run(machine)->kind, CP_EVENT_IDLE);
}

static void ends_in_dfu_mode(void) {
    cp_end_dfu_mode();
}

static void ends_in_panic(void) {
    cp_end_panic(-7);
}

static void ends_in_reset(void) {
    cp_end_reset();
}

static void ends_in_hang(void) {
    cp_end_hang();
}

static void test_ends(void **state) {
    (void)state;
    start(ends_in_dfu_mode);
    assert_int_equal(cp_machine_run(machine)->kind, CP_EVENT_DFU_MODE);
    start(ends_in_panic);
    assert_int_equal(cp_machine_run(machine)->kind, CP_EVENT_PANIC);
    assert_int_equal((int)machine->event.value, -7);
    start(ends_in_reset);
    assert_int_equal(cp_machine_run(machine)->kind, CP_EVENT_RESET);
    start(ends_in_hang);
    assert_int_equal(cp_machine_run(machine)->kind, CP_EVENT_HANG);
}

static void test_start_abandons(void **state) {
    (void)state;
    for (int i = 0; i < 1000; i++) {
        start(three_notes);
        assert_int_equal(next_note(), 1);
    }
    assert_int_equal(next_note(), 2);
}

// --- snapshots and hashes

enum { LAPS = 12 };

// All its memory is on the stack: an array, a sum, and how deep it has called.
static void sum_up(const uint32_t *numbers, uint32_t count, uint32_t sum) {
    if (count == 0) {
        tell(sum);
        return;
    }
    tell(count);
    sum_up(numbers + 1, count - 1, sum + numbers[0]);
    tell(100 + count);
}

static void remembers(void) {
    uint32_t numbers[LAPS];
    for (uint32_t i = 0; i < LAPS; i++) {
        numbers[i] = i * i + cp_choose(2);
    }
    sum_up(numbers, LAPS, 0);
}

struct trail {
    uint32_t values[4 * LAPS];
    struct cp_hash hashes[4 * LAPS];
    uint32_t count;
};

// Follow it to its end, from wherever it stands.
static void follow(struct trail *trail) {
    memset(trail, 0, sizeof(*trail));
    const struct cp_event *event = cp_machine_run(machine);
    for (; event->kind == CP_EVENT_NOTE || event->kind == CP_EVENT_CHOICE;
         event = cp_machine_run(machine)) {
        assert_true(trail->count < 4 * LAPS);
        trail->values[trail->count] = event->value;
        trail->hashes[trail->count++] = cp_machine_volatile_hash(machine);
    }
    assert_int_equal(event->kind, CP_EVENT_JUMP);
}

static void expect_same_trail(const struct trail *a, const struct trail *b) {
    assert_int_equal(a->count, b->count);
    assert_memory_equal(a->values, b->values, sizeof(a->values));
    assert_memory_equal(a->hashes, b->hashes, sizeof(a->hashes));
}

static void test_same_run_same_hashes(void **state) {
    (void)state;
    static struct trail first, second;
    start(remembers);
    follow(&first);
    start(remembers);
    follow(&second);
    assert_int_equal(first.count, 3 * LAPS + 1);
    expect_same_trail(&first, &second);
    for (uint32_t i = 0; i < first.count; i++) { // and at each event another
        for (uint32_t k = 0; k < i; k++) {
            assert_false(cp_hash_equal(first.hashes[i], first.hashes[k]));
        }
    }
}

static void test_snapshot_resumes(void **state) {
    (void)state;
    static struct trail first, again;
    for (uint32_t at = 1; at < 3 * LAPS; at += 5) {
        struct cp_machine_snapshot snapshot;
        start(remembers);
        for (uint32_t i = 0; i < at; i++) {
            cp_machine_run(machine);
        }
        assert_int_equal(cp_machine_snapshot(machine, &snapshot), 0);
        const struct cp_hash there = cp_cpu_hash(machine->cpu);
        follow(&first);
        assert_int_equal(first.count, 3 * LAPS + 1 - at);
        for (int times = 0; times < 3; times++) {
            start(three_notes); // something else runs meanwhile
            assert_int_equal(next_note(), 1);
            cp_machine_restore(machine, &snapshot);
            assert_true(cp_hash_equal(cp_cpu_hash(machine->cpu), there));
            follow(&again);
            expect_same_trail(&first, &again);
        }
        cp_cpu_snapshot_free(&snapshot.cpu);
    }
}

// A snapshot at a choice: each answer leads elsewhere, and hashes tell.
static void test_snapshot_of_a_choice(void **state) {
    (void)state;
    static struct trail zero, one;
    struct cp_machine_snapshot snapshot;
    start(remembers);
    assert_int_equal(cp_machine_run(machine)->kind, CP_EVENT_CHOICE);
    assert_int_equal(cp_machine_snapshot(machine, &snapshot), 0);
    cp_machine_answer(machine, 0);
    const struct cp_event *event = cp_machine_run(machine);
    assert_int_equal(event->kind, CP_EVENT_CHOICE);
    const struct cp_hash after_zero = cp_machine_volatile_hash(machine);
    follow(&zero);
    cp_machine_restore(machine, &snapshot);
    cp_machine_answer(machine, 1);
    cp_machine_run(machine);
    const struct cp_hash after_one = cp_machine_volatile_hash(machine);
    cp_machine_answer(machine, 0);
    follow(&one);
    // The same event with the same value at the same place; only a local differs.
    assert_false(cp_hash_equal(after_zero, after_one));
    assert_int_equal(zero.count, one.count);
    assert_int_equal(one.values[zero.count - LAPS - 1], zero.values[zero.count - LAPS - 1] + 1);
    cp_cpu_snapshot_free(&snapshot.cpu);
}

static void uses_flash(void) {
    mmio_write32(CONFIG, 1);
    mmio_write32(STATE_AT, 5);
    tell(mmio_read32(READY));
    tell(mmio_read32(CONFIG));
}

// Of two states that differ in a register of the controller only, the hashes differ.
static void test_registers_are_volatile_state(void **state) {
    (void)state;
    struct cp_machine_snapshot snapshot;
    start(uses_flash);
    assert_int_equal(cp_machine_run(machine)->kind, CP_EVENT_PROGRAM);
    assert_int_equal(machine->event.value, 5);
    assert_int_equal(machine->event.word, STATE_AT / 4);
    assert_int_equal(cp_machine_snapshot(machine, &snapshot), 0);
    const struct cp_hash there = cp_machine_volatile_hash(machine);
    life_nvmc(machine)->config = 2;
    assert_false(cp_hash_equal(cp_machine_volatile_hash(machine), there));
    life_nvmc(machine)->config = 1;
    life_nvmc(machine)->busy_polls = 1;
    assert_false(cp_hash_equal(cp_machine_volatile_hash(machine), there));
    cp_machine_reset(machine, true);
    cp_machine_restore(machine, &snapshot); // brings the registers back
    assert_true(cp_hash_equal(cp_machine_volatile_hash(machine), there));
    assert_int_equal(next_note(), 0);
    assert_int_equal(next_note(), 1);
    cp_cpu_snapshot_free(&snapshot.cpu);
}

// --- the stack

static void looks_below(void) {
    const volatile uint8_t *below = (const uint8_t *)__builtin_frame_address(0) - 4096;
    tell(below[0]);
    tell(below[77]);
}

static void test_stack_fill(void **state) {
    (void)state;
    static const uint8_t fills[] = {0xA5, 0x01, 0x00};
    for (size_t i = 0; i < sizeof(fills); i++) {
        cp_cpu_set_stack_fill(machine->cpu, fills[i]);
        start(looks_below);
        assert_int_equal(next_note(), fills[i]);
        struct cp_machine_snapshot snapshot;
        assert_int_equal(cp_machine_snapshot(machine, &snapshot), 0);
        start(remembers); // leaves its traces on the stack
        static struct trail trail;
        follow(&trail);
        cp_machine_restore(machine, &snapshot);
        assert_int_equal(next_note(), fills[i]);
        cp_cpu_snapshot_free(&snapshot.cpu);
    }
}

// Everything below the live part is the fill byte. The portable CPU's start writes
// what its library likes to the top.
static bool is_stack_clean(const struct cp_cpu *cpu) {
    const uint8_t *live = cp_cpu_can_snapshot(cpu) ? cpu->program_stack_pointer : cpu->top - 256;
    for (const uint8_t *at = cpu->stack; at < live; at++) {
        if (*at != cpu->fill) {
            return false;
        }
    }
    return true;
}

enum { STEP_BYTES = 400 };

// Leaves a trace every few hundred bytes, and is back up at its next event.
__attribute__((noinline)) static uint32_t digs(uint32_t depth_bytes) {
    volatile uint8_t step[STEP_BYTES];
    step[0] = 0x77;
    return (depth_bytes < STEP_BYTES ? 0 : digs(depth_bytes - STEP_BYTES)) + step[0];
}

static uint32_t dig_bytes;

static void digs_and_tells(void) {
    tell(1);
    tell(digs(dig_bytes) & 1);
    tell(2);
}

static void test_stack_is_clean(void **state) {
    (void)state;
    static const uint8_t fills[] = {0, 0xA5, 0};
    for (uint32_t i = 0; i < 60; i++) {
        struct cp_machine_snapshot snapshot;
        const bool is_kept = cp_cpu_can_snapshot(machine->cpu);
        cp_cpu_set_stack_fill(machine->cpu, fills[i / 20]);
        dig_bytes = 300 * i;
        start(digs_and_tells);
        assert_true(is_stack_clean(machine->cpu));
        next_note();
        if (is_kept) {
            assert_int_equal(cp_machine_snapshot(machine, &snapshot), 0);
        }
        next_note();
        if (is_kept) {
            cp_machine_restore(machine, &snapshot);
            assert_true(is_stack_clean(machine->cpu));
            cp_cpu_snapshot_free(&snapshot.cpu);
            next_note();
        }
    }
    start(three_notes);
    assert_true(is_stack_clean(machine->cpu));
    assert_int_equal(cp_cpu_stack_misses(machine->cpu), 0);
}

// Most of a stack that is not written to, and a trace below it.
__attribute__((noinline)) static uint32_t skips(void) {
    volatile uint8_t hardly_written[CP_STACK_SIZE_BYTES / 4 * 3];
    hardly_written[0] = 0x77;
    return hardly_written[0];
}

static void skips_and_tells(void) {
    tell(skips());
}

// Such a trace is not seen at once, but it is within 4096 starts, and from then on
// the stack is clean at every start.
static void test_stack_misses(void **state) {
    (void)state;
    const uint64_t before = cp_cpu_stack_misses(machine->cpu);
    for (uint32_t i = 0; i < 4097; i++) {
        start(skips_and_tells);
        next_note();
    }
    assert_int_equal(cp_cpu_stack_misses(machine->cpu), before + 1);
    for (uint32_t i = 0; i < 5000; i++) {
        start(skips_and_tells);
        next_note();
    }
    start(skips_and_tells);
    assert_true(is_stack_clean(machine->cpu));
    assert_int_equal(cp_cpu_stack_misses(machine->cpu), before + 1);
}

// --- what the portable CPU cannot do

static void test_can_snapshot(void **state) {
    (void)state;
    const struct cp_hash zero = {0, 0};
    assert_true(cp_cpu_can_snapshot(machine->cpu));
    start(three_notes);
    next_note();
    assert_false(cp_hash_equal(cp_cpu_hash(machine->cpu), zero));

    machine->cpu = cp_cpu_portable();
    struct cp_cpu_snapshot snapshot;
    assert_false(cp_cpu_can_snapshot(machine->cpu));
    start(three_notes);
    next_note();
    assert_int_equal(cp_cpu_snapshot(machine->cpu, &snapshot), -1);
    assert_true(cp_hash_equal(cp_cpu_hash(machine->cpu), zero));
    cp_cpu_restore(machine->cpu, &snapshot); // nothing to put back: it goes on
    cp_cpu_snapshot_free(&snapshot);
    assert_int_equal(next_note(), 2);
}

// --- frames

__attribute__((noinline)) static void deep(uint32_t value) {
    tell(value);
    tell(value + 1);
}

static void calls_deep(void) {
    deep(1);
    deep(3);
}

static bool has_frame_in(const struct cp_event *event, uintptr_t function) {
    for (uint32_t i = 0; i < event->frame_count; i++) {
        if (event->frames[i] - function < 400) {
            return true;
        }
    }
    return false;
}

static void test_frames(void **state) {
    (void)state;
    uintptr_t frames[4][CP_EVENT_FRAMES_MAX];
    start(calls_deep);
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(next_note(), i + 1);
        assert_in_range(machine->event.frame_count, 3, CP_EVENT_FRAMES_MAX);
        assert_true(has_frame_in(&machine->event, (uintptr_t)deep));
        assert_true(has_frame_in(&machine->event, (uintptr_t)calls_deep));
        memcpy(frames[i], machine->event.frames, sizeof(frames[i]));
        for (uint32_t k = 0; k < i; k++) { // each by another way
            assert_memory_not_equal(frames[i], frames[k], sizeof(frames[0]));
        }
    }
}

// --- crashes and stalls

static void writes_to_null(void) {
    volatile uint32_t *volatile nowhere = NULL;
    *nowhere = 1;
}

static void divides_by_zero(void) {
    volatile uint32_t zero = 0;
    tell(1000 / zero);
}

static void traps(void) {
    __builtin_trap();
}

__attribute__((noinline)) static uint32_t recurses(volatile uint32_t *above) {
    volatile uint32_t frame[64];
    frame[0] = *above + 1;
    if (frame[0] == 0) {
        return 0; // never, as the stack ends long before
    }
    return recurses(frame) + frame[0];
}

static void overruns_stack(void) {
    volatile uint32_t zero = 0;
    tell(recurses(&zero));
}

static void expect_crash(work done) {
    for (int times = 0; times < 3; times++) {
        start(done);
        const struct cp_event *event = cp_machine_run(machine);
        assert_int_equal(event->kind, CP_EVENT_CRASH);
        assert_non_null(strstr(event->message, "crashed"));
        start(three_notes); // and life goes on
        assert_int_equal(next_note(), 1);
        assert_int_equal(next_note(), 2);
    }
}

static void test_crashes(void **state) {
    (void)state;
    cpu_signals_use();
#if !defined(__SANITIZE_ADDRESS__) // a sanitizer reports these itself
    expect_crash(writes_to_null);
#else
    (void)writes_to_null;
#endif
#if !defined(__SANITIZE_ADDRESS__) && defined(__x86_64__) // on AArch64 the quotient is 0
    expect_crash(divides_by_zero);
#else
    (void)divides_by_zero;
#endif
    expect_crash(traps);
    expect_crash(overruns_stack);
}

static void does_nothing(void) {
}

static void names_no_image(void) {
    cp_note(CP_NOTE_REQUEST_BEGUN, CP_IMAGES_MAX - 1);
}

static void test_broken_contract(void **state) {
    (void)state;
    forgets_to_end = true;
    start(does_nothing);
    assert_int_equal(cp_machine_run(machine)->kind, CP_EVENT_CRASH);
    forgets_to_end = false;
    start(names_no_image);
    assert_int_equal(cp_machine_run(machine)->kind, CP_EVENT_CRASH);
    assert_non_null(strstr(machine->event.message, "image 7"));
}

static void polls_for_ever(void) {
    while (mmio_read32(READY) != 7) {
    }
}

static void loops_for_ever(void) {
    for (volatile uint32_t i = 0;; i++) {
    }
}

static void test_stalls(void **state) {
    (void)state;
    start(polls_for_ever);
    assert_int_equal(cp_machine_run(machine)->kind, CP_EVENT_STALL);
    assert_non_null(strstr(machine->event.message, "bus accesses"));
    start(loops_for_ever); // told by the clock, after some seconds
    assert_int_equal(cp_machine_run(machine)->kind, CP_EVENT_STALL);
    start(three_notes);
    assert_int_equal(next_note(), 1);
}

int main(void) {
    cpu_signals_keep();
#define PORTABLE(test)                                                                             \
    { "portable: " #test, test, set_up_portable, tear_down, NULL }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_open),
        cmocka_unit_test_setup_teardown(test_events_come_in_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_application_knows_its_image, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_ends, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_start_abandons, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_same_run_same_hashes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_snapshot_resumes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_snapshot_of_a_choice, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_registers_are_volatile_state, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_stack_fill, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_stack_is_clean, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_stack_misses, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_can_snapshot, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_frames, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_crashes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_broken_contract, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_stalls, set_up, tear_down),
        PORTABLE(test_events_come_in_order),
        PORTABLE(test_application_knows_its_image),
        PORTABLE(test_ends),
        PORTABLE(test_start_abandons),
        PORTABLE(test_stack_is_clean),
        PORTABLE(test_stack_misses),
        PORTABLE(test_frames),
        PORTABLE(test_crashes),
        PORTABLE(test_broken_contract),
        PORTABLE(test_stalls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

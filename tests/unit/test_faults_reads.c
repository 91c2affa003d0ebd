// test_faults_reads.c: the real core reads torn words of STATE; the classes of values
// that it tells apart, and what a read decides.

#include "case_fixture.h"

#include "faults/audit.h"
#include "faults/probe.h"

struct bench {
    struct cp_case test_case;
    struct cp_world world;
    uint32_t state_word; // the first of STATE
};

static void open_bench(struct bench *bench, enum cp_torn_reads reads) {
    char error[CP_MESSAGE_MAX];
    bench->test_case = fixture_case(64, CP_FIRMWARE_GOOD);
    bench->test_case.faults.torn_reads = reads;
    assert_int_equal(cp_world_init(&bench->world, &bench->test_case, &cp_program, error), 0);
    bench->state_word = bench->test_case.areas[CP_AREA_STATE].offset_bytes / 4;
}

static void set_state(struct bench *bench, uint32_t word, uint32_t low, uint32_t high) {
    cp_nor_set_range(&bench->world.machine->devices[0].nor, bench->state_word + word, low, high, 1);
}

// Switch on; the bootloader runs to where it reads this word of STATE.
static void run_to_read(struct bench *bench, uint32_t word) {
    struct cp_machine *machine = bench->world.machine;
    cp_machine_reset(machine, true);
    cp_machine_start(machine, CP_MODE_BOOTLOADER, CP_IMAGE_NONE);
    const struct cp_event *event = cp_machine_run(machine);
    assert_int_equal(event->kind, CP_EVENT_READ);
    assert_int_equal(event->word, bench->state_word + word);
}

static bool has_value(const struct cp_classes *classes, uint32_t value) {
    for (uint32_t i = 0; i < classes->count; i++) {
        if (classes->values[i] == value) {
            return true;
        }
    }
    return false;
}

// Probe; nothing is changed by it.
static struct cp_classes *probe(struct bench *bench, struct cp_audit_notes *notes) {
    struct cp_machine *machine = bench->world.machine;
    const struct cp_hash flash = cp_world_hash(&bench->world);
    const struct cp_hash place = cp_machine_volatile_hash(machine);
    const struct cp_event event = machine->event;
    struct cp_classes *classes = cp_probe(&bench->world, notes);
    assert_non_null(classes);
    assert_true(cp_hash_equal(cp_world_hash(&bench->world), flash));
    assert_true(cp_hash_equal(cp_machine_volatile_hash(machine), place));
    assert_memory_equal(&machine->event, &event, sizeof(event));
    assert_true(cp_nor_is_open(&machine->devices[0].nor, event.word));
    return classes;
}

static void tear_step(struct bench *bench) {
    set_state(bench, 0, 0xF0F0F0F0u, 0xF0F0F0F0u); // Swap, so that it looks at the steps
    set_state(bench, 2, 0, UINT32_MAX);
}

// A torn progress word is done or it is not.
static void test_step_has_two_classes(void **state) {
    (void)state;
    struct bench bench;
    open_bench(&bench, CP_TORN_READS_STABLE);
    tear_step(&bench);
    run_to_read(&bench, 2);
    struct cp_classes *classes = probe(&bench, NULL);
    assert_int_equal(classes->count, 2);
    assert_int_equal(classes->audit_count, 0);
    assert_true(classes->values_tried > 100);
    assert_int_equal(classes->values[0], 0); // as if complete
    assert_int_equal(classes->values[1], UINT32_MAX);
    free(classes);
    cp_world_free(&bench.world);
}

// An audit finds the same two, and keeps which values each of them stands for.
static void test_audit_of_a_step(void **state) {
    (void)state;
    struct bench bench;
    struct cp_audit_notes notes;
    assert_int_equal(cp_audit_init(&notes), 0);
    open_bench(&bench, CP_TORN_READS_STABLE);
    tear_step(&bench);
    run_to_read(&bench, 2);
    struct cp_classes *classes = probe(&bench, &notes);
    assert_int_equal(classes->count, 2);
    assert_int_equal(classes->audit_count, 0);
    assert_int_equal(notes.count, 2);
    const uint32_t word = bench.state_word + 2;
    const struct cp_audit_class *done = cp_audit_look(&notes, 0, word, 0);
    const struct cp_audit_class *not_done = cp_audit_look(&notes, 0, word, UINT32_MAX);
    assert_non_null(done);
    assert_non_null(not_done);
    assert_null(cp_audit_look(&notes, 0, word + 1, 0));
    assert_true(done->count + not_done->count + 2 <= classes->values_tried);
    for (uint32_t i = 0; i < done->count; i++) {
        for (uint32_t byte = 0; byte < 4; byte++) {
            assert_int_not_equal(done->others[i] >> 8 * byte & 0xFF, 0xFF);
        }
    }
    free(classes);
    cp_audit_free(&notes);
    cp_world_free(&bench.world);
}

// Boot torn over an erased word can read as Swap, and as nothing else that matters.
static void test_magic_reads_as_another(void **state) {
    (void)state;
    struct bench bench;
    open_bench(&bench, CP_TORN_READS_STABLE);
    set_state(&bench, 0, 0xD0D0D0D0u, UINT32_MAX);
    run_to_read(&bench, 0);
    struct cp_classes *classes = probe(&bench, NULL);
    assert_int_equal(classes->values[0], 0xD0D0D0D0u);
    assert_true(has_value(classes, 0xF0F0F0F0u));
    assert_int_equal(classes->count, 2);
    free(classes);
    cp_world_free(&bench.world);
}

// Revert has the fewest bits: torn it can be any of the four.
static void test_revert_reads_as_all(void **state) {
    (void)state;
    struct bench bench;
    open_bench(&bench, CP_TORN_READS_STABLE);
    set_state(&bench, 0, 0xC0C0C0C0u, UINT32_MAX);
    run_to_read(&bench, 0);
    struct cp_classes *classes = probe(&bench, NULL);
    assert_true(has_value(classes, 0xF0F0F0F0u));
    assert_true(has_value(classes, 0xE0E0E0E0u));
    free(classes);
    cp_world_free(&bench.world);
}

// Read a value, and journal it. True if the word is decided.
static bool take(struct bench *bench, uint32_t value) {
    const struct cp_nor *nor = &bench->world.machine->devices[0].nor;
    const uint32_t word = bench->world.machine->event.word;
    struct cp_entry *entry = cp_world_read(&bench->world, &value, 1);
    assert_non_null(entry);
    assert_int_equal(entry->plain_value, nor->words[word]);
    cp_world_take_option(&bench->world, entry, 0);
    assert_true(cp_nor_is_open(nor, word) || nor->words[word] == value);
    return !cp_nor_is_open(nor, word);
}

static void test_stable_reads_decide(void **state) {
    (void)state;
    for (int reads = CP_TORN_READS_STABLE; reads <= CP_TORN_READS_UNSTABLE; reads++) {
        struct bench bench;
        open_bench(&bench, (enum cp_torn_reads)reads);
        tear_step(&bench);
        const struct cp_hash before = cp_world_hash(&bench.world);
        run_to_read(&bench, 2);
        const bool is_decided = take(&bench, UINT32_MAX);
        assert_int_equal(is_decided, reads == CP_TORN_READS_STABLE);
        if (is_decided) { // it is not asked for again
            assert_int_not_equal(cp_machine_run(bench.world.machine)->kind, CP_EVENT_READ);
        }
        cp_world_undo(&bench.world, &bench.world.entries[bench.world.entry_count - 1]);
        cp_world_pop(&bench.world);
        assert_true(cp_hash_equal(cp_world_hash(&bench.world), before));
        run_to_read(&bench, 2);
        cp_world_free(&bench.world);
    }
}

// A word of data is decided in any case: what cannot be trusted there is told by a digest.
static void test_data_is_decided(void **state) {
    (void)state;
    struct bench bench;
    open_bench(&bench, CP_TORN_READS_UNSTABLE);
    const uint32_t active = bench.test_case.areas[CP_AREA_ACTIVE].offset_bytes / 4;
    assert_true(cp_world_read_decides(&bench.world, 0, active));
    assert_false(cp_world_read_decides(&bench.world, 0, bench.state_word));
    cp_world_free(&bench.world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_step_has_two_classes),   cmocka_unit_test(test_audit_of_a_step),
        cmocka_unit_test(test_magic_reads_as_another), cmocka_unit_test(test_revert_reads_as_all),
        cmocka_unit_test(test_stable_reads_decide),    cmocka_unit_test(test_data_is_decided),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

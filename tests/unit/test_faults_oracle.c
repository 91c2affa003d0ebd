// test_faults_oracle.c: the fast engine against the slow one, state for state.
//
// On small flashes both must reach the same set of states and see the same promises
// broken: for each firmware, with clean cuts, torn operations and undecided words, in
// each phase, with a download, with two flashes, and within each bound.

#include "case_fixture.h"

#include "faults/replay.h"
#include "sim/cpu.h"

static const enum cp_firmware firmwares[] = {CP_FIRMWARE_GOOD, CP_FIRMWARE_BAD, CP_FIRMWARE_HANGS,
                                             CP_FIRMWARE_EITHER};
enum { FIRMWARES = 4 };

// --- the first run, each event of it cut once

static void count_event(void *context, const struct cp_step *step) {
    uint32_t *events = context;
    *events = step->event_index > *events ? step->event_index : *events;
}

// Its events, up to where it repeats itself if it does.
static uint32_t events_of_first_run(const struct cp_case *given) {
    struct cp_case test_case = *given;
    struct cp_violation violation;
    char error[CP_MESSAGE_MAX];
    uint32_t events = 0;
    test_case.promises = 0; // a violation would end the replay
    assert_int_equal(
        cp_replay(&test_case, &cp_program, "", count_event, &events, &violation, error), 0);
    return events;
}

// The slow engine sees only at a reset that a run repeats itself.
static void clip(struct cp_result *slow, uint32_t events) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < slow->cut_count; i++) {
        struct cp_cut_run run = slow->cuts[i];
        run.last = run.last > events ? events : run.last;
        if (run.first <= events) {
            slow->cuts[kept++] = run;
        }
    }
    slow->cut_count = kept;
}

static bool is_cut_everywhere(const struct cp_case *test_case) {
    return test_case->faults.cut && test_case->bounds.cuts_max > 0 &&
           test_case->faults.cut_phases == (BIT(CP_PHASE_BOOTLOADER) | BIT(CP_PHASE_APPLICATION));
}

// No event is left out.
static void expect_all_events(const struct cp_result *fast, uint32_t events) {
    uint32_t last = 0;
    for (uint32_t i = 0; i < fast->cut_count && fast->cuts[i].edge == CP_EDGE_AFTER; i++) {
        assert_int_equal(fast->cuts[i].first, last + 1);
        last = fast->cuts[i].last;
    }
    assert_int_equal(last, events);
}

// Each event was cut in the same ways, and came to the same.
static void expect_same_cuts(const struct cp_case *test_case, const struct cp_result *fast,
                             struct cp_result *slow) {
    const uint32_t events = events_of_first_run(test_case);
    clip(slow, events);
    assert_int_equal(fast->cut_count, slow->cut_count);
    for (uint32_t i = 0; i < fast->cut_count; i++) {
        const struct cp_cut_run *one = &fast->cuts[i], *other = &slow->cuts[i];
        assert_int_equal(one->edge, other->edge);
        assert_int_equal(one->tear, other->tear);
        assert_int_equal(one->first, other->first);
        assert_int_equal(one->last, other->last);
        assert_int_equal(one->outcome, other->outcome);
        assert_int_equal(one->final_image, other->final_image);
    }
    if (is_cut_everywhere(test_case)) {
        expect_all_events(fast, events);
    }
}

static int by_hash(const void *a, const void *b) {
    const struct cp_state_row *one = a, *other = b;
    const struct cp_hash left = {one->hash_low, one->hash_high};
    const struct cp_hash right = {other->hash_low, other->hash_high};
    return hash_order(&left, &right);
}

// Each state came to the same when it was booted and left alone.
static void expect_same_outcomes(struct reached *fast, struct reached *slow) {
    qsort(fast->rows, fast->row_count, sizeof(*fast->rows), by_hash);
    qsort(slow->rows, slow->row_count, sizeof(*slow->rows), by_hash);
    for (size_t i = 0; i < fast->row_count; i++) {
        assert_int_equal(fast->rows[i].outcome, slow->rows[i].outcome);
        assert_int_equal(fast->rows[i].final_image, slow->rows[i].final_image);
    }
}

// Both ways, and nothing may differ. Returns what the fast engine reached.
static struct reached expect_same(const struct cp_case *given, size_t states_min) {
    const struct cp_case test_case = fixture_relentless(*given);
    struct reached slow = fixture_explore_by(CP_ENGINE_SLOW, &test_case, &cp_program);
    struct reached fast = fixture_explore_by(CP_ENGINE_FAST, &test_case, &cp_program);
    assert_int_equal(fast.hash_count, slow.hash_count);
    assert_true(is_same_set(&fast, &slow));
    assert_int_equal(fast.row_count, fast.hash_count); // each state is told once
    assert_int_equal(slow.row_count, slow.hash_count);
    assert_int_equal(fast.result.states, fast.hash_count);
    assert_int_equal(slow.result.states, slow.hash_count);
    assert_in_range(fast.hash_count, states_min, SIZE_MAX);
    assert_int_equal(fast.result.verdict, slow.result.verdict);
    assert_int_equal(fast.result.stop, slow.result.stop);
    assert_int_equal(violated_bits(&fast.result), violated_bits(&slow.result));
    expect_same_outcomes(&fast, &slow);
    expect_same_cuts(&test_case, &fast.result, &slow.result);
    reached_free(&slow);
    return fast;
}

static void expect_same_set(const struct cp_case *given, size_t states_min) {
    struct reached reached = expect_same(given, states_min);
    reached_free(&reached);
}

// Within each bound the same set, which grows with it.
static void expect_same_within(const struct cp_case *given, uint32_t *bound, uint32_t bounds) {
    struct reached last = {0};
    for (*bound = 0; *bound < bounds; (*bound)++) {
        struct reached reached = expect_same(given, last.hash_count + 1);
        assert_true(is_subset(&last, &reached));
        reached_free(&last);
        last = reached;
    }
    reached_free(&last);
}

static void test_clean_cuts(void **state) {
    (void)state;
    for (int i = 0; i < FIRMWARES; i++) {
        struct cp_case test_case = fixture_case(64, firmwares[i]);
        expect_same_set(&test_case, 700);
        test_case = fixture_case(128, firmwares[i]);
        expect_same_set(&test_case, 1200);
    }
}

static void test_larger_pages(void **state) {
    (void)state;
    struct cp_case test_case = fixture_case(256, CP_FIRMWARE_EITHER);
    expect_same_set(&test_case, 2800);
}

static void test_torn_erases(void **state) {
    (void)state;
    for (int i = 0; i < FIRMWARES; i++) {
        struct cp_case test_case = fixture_case(64, firmwares[i]);
        test_case.faults.erase_tears = BIT(CP_TEAR_FIRST_HALF) | BIT(CP_TEAR_ERASE_EVEN_BITS);
        test_case.faults.erase_bit_masks[0] = 0x30000000u;
        test_case.faults.erase_bit_mask_count = 1;
        expect_same_set(&test_case, 730);
    }
}

static void test_torn_programs(void **state) {
    (void)state;
    struct cp_case test_case = fixture_case(64, CP_FIRMWARE_EITHER);
    test_case.faults.program_tears = BIT(CP_TEAR_LOW_HALF) | BIT(CP_TEAR_HIGHEST_BIT_MISSING);
    test_case.faults.torn_areas = BIT(CP_AREA_ACTIVE) | BIT(CP_AREA_DFU);
    expect_same_set(&test_case, 1500);
    // Torn words of the progress survive, and multiply.
    test_case.faults.program_tears = BIT(CP_TEAR_LOW_HALF);
    test_case.faults.torn_areas = BIT(CP_AREA_STATE);
    expect_same_set(&test_case, 50000);
}

static void test_phases(void **state) {
    (void)state;
    struct cp_case both = fixture_case(64, CP_FIRMWARE_EITHER);
    both.faults.erase_tears = BIT(CP_TEAR_SECOND_HALF);
    struct cp_case one = both;
    struct reached all = expect_same(&both, 700);
    for (int phase = 0; phase < CP_PHASE_COUNT; phase++) {
        one.faults.cut_phases = BIT(phase);
        struct reached some = expect_same(&one, 12);
        assert_true(some.hash_count < all.hash_count);
        assert_true(is_subset(&some, &all));
        reached_free(&some);
    }
    reached_free(&all);
}

static void test_no_cuts(void **state) {
    (void)state;
    struct cp_case test_case = fixture_case(64, CP_FIRMWARE_EITHER);
    test_case.faults.cut = false;
    struct reached reached = expect_same(&test_case, 3); // as delivered, requested, on trial
    assert_in_range(reached.hash_count, 3, 5);
    assert_int_equal(reached.result.cuts_explored, 0);
    reached_free(&reached);
}

static void test_downloads(void **state) {
    (void)state;
    struct cp_case test_case = fixture_case(64, CP_FIRMWARE_GOOD);
    test_case.dfu_image = CP_IMAGE_NONE;
    test_case.download = CP_DOWNLOAD_PREPARE;
    expect_same_set(&test_case, 1000);
    test_case.images[NEW_IMAGE].next = OLD_IMAGE; // for ever to and fro
    expect_same_set(&test_case, 2000);
    test_case.images[NEW_IMAGE].firmware = CP_FIRMWARE_BAD;
    test_case.after_revert = CP_AFTER_REVERT_RETRY;
    expect_same_set(&test_case, 1000);
}

static void test_dfu_mode(void **state) {
    (void)state;
    struct cp_case test_case = fixture_case(64, CP_FIRMWARE_EITHER);
    test_case.dfu_image = CP_IMAGE_NONE;
    test_case.download = CP_DOWNLOAD_PREPARE;
    test_case.detach = true;
    expect_same_set(&test_case, 3); // nobody sends anything
    test_case.dfu_host_present = true;
    expect_same_set(&test_case, 1000);
}

static void test_two_devices(void **state) {
    (void)state;
    struct cp_case test_case = fixture_case(64, CP_FIRMWARE_EITHER);
    test_case.devices[1] = *cp_part_find("nvmc-8k");
    test_case.devices[1].erase_size_bytes = 128;
    test_case.devices[1].size_bytes = 512;
    test_case.device_count = 2;
    test_case.areas[CP_AREA_DFU] = (struct cp_program_area){1, 0, 256};
    test_case.faults.erase_tears = BIT(CP_TEAR_ODD_WORDS);
    expect_same_set(&test_case, 700);
}

// --- the format journal, whose boots are told who caused the reset

static struct cp_case journal_case(enum cp_firmware firmware, uint32_t trial_attempts) {
    struct cp_case made = fixture_case(128, firmware);
    made.devices[0] = *cp_part_find("nrf52840");
    made.devices[0].erase_size_bytes = 128;
    made.devices[0].size_bytes = 8 * 128;
    fixture_area(&made, CP_AREA_STATE, 1, 2);
    fixture_area(&made, CP_AREA_ACTIVE, 3, 1);
    fixture_area(&made, CP_AREA_DFU, 4, 2);
    made.images[OLD_IMAGE].size_bytes = made.images[NEW_IMAGE].size_bytes = 128;
    snprintf(made.format, sizeof(made.format), "journal");
    made.tells_reset_cause = true;
    made.trial_attempts = trial_attempts;
    made.erases_per_update_max = 3 + trial_attempts;
    return made;
}

static void test_journal(void **state) {
    (void)state;
    struct cp_case test_case = journal_case(CP_FIRMWARE_HANGS, 1);
    expect_same_set(&test_case, 5000);
    test_case = journal_case(CP_FIRMWARE_EITHER, 2);
    expect_same_set(&test_case, 5000);
    test_case.faults.cut_phases = BIT(CP_PHASE_APPLICATION);
    expect_same_set(&test_case, 50);
    test_case.faults.operation_errors = BIT(CP_ERROR_SILENT);
    test_case.faults.errors_max = 1;
    test_case.faults.torn_areas = BIT(CP_AREA_STATE);
    test_case.faults.cut = false;
    expect_same_set(&test_case, 20);
}

static void test_journal_of_undecided_words(void **state) {
    (void)state;
    struct cp_case test_case = journal_case(CP_FIRMWARE_BAD, 2);
    test_case.faults.torn_areas = BIT(CP_AREA_STATE);
    test_case.faults.program_tears = BIT(CP_TEAR_ANY);
    test_case.faults.erase_tears = BIT(CP_TEAR_ERASE_ANY);
    expect_same_within(&test_case, &test_case.bounds.cuts_max, 2);
    test_case.faults.torn_reads = CP_TORN_READS_UNSTABLE;
    expect_same_within(&test_case, &test_case.bounds.cuts_max, 2);
}

// Two slots, to and fro for ever: each slot runs, is written and is returned to.
static void test_slots(void **state) {
    (void)state;
    struct cp_case test_case = journal_case(CP_FIRMWARE_EITHER, 1);
    fixture_area(&test_case, CP_AREA_DFU, 4, 1);
    test_case.is_direct = true;
    test_case.images[OLD_IMAGE].slot = CP_AREA_ACTIVE;
    test_case.images[NEW_IMAGE].slot = CP_AREA_DFU;
    test_case.images[NEW_IMAGE].next = OLD_IMAGE;
    test_case.dfu_image = CP_IMAGE_NONE;
    test_case.download = CP_DOWNLOAD_AS_IT_GOES;
    expect_same_set(&test_case, 1000);
    test_case.detach = test_case.dfu_host_present = true;
    expect_same_set(&test_case, 1000);
    test_case.detach = false;
    test_case.faults.torn_areas = BIT(CP_AREA_STATE);
    test_case.faults.program_tears = BIT(CP_TEAR_ANY);
    test_case.faults.erase_tears = BIT(CP_TEAR_ERASE_ANY);
    expect_same_within(&test_case, &test_case.bounds.cuts_max, 2);
}

// A device that is delivered damaged, with an image of last resort.
static void test_rescue(void **state) {
    (void)state;
    struct cp_case test_case = journal_case(CP_FIRMWARE_GOOD, 1);
    fixture_area(&test_case, CP_AREA_FACTORY, 6, 1);
    test_case.factory_image = OLD_IMAGE;
    test_case.damaged = CP_DAMAGED_STATE | CP_DAMAGED_ACTIVE;
    test_case.images[OLD_IMAGE].next = CP_IMAGE_NONE;
    expect_same_set(&test_case, 300);
}

// Signed images; the update is one to install, or to refuse.
static void test_signatures(void **state) {
    (void)state;
    for (int signature = 0; signature < CP_SIGNATURE_COUNT; signature++) {
        struct cp_case test_case = journal_case(CP_FIRMWARE_GOOD, 1);
        test_case.is_signed = test_case.has_rollback_protection = true;
        test_case.verifies_each_boot = true;
        test_case.images[NEW_IMAGE].signature = (enum cp_signature)signature;
        test_case.bounds.cuts_max = 1;
        expect_same_set(&test_case, signature == CP_SIGNATURE_VALID ? 90 : 30);
    }
}

// --- bounds

static void test_bounded_cuts(void **state) {
    (void)state;
    for (int i = 0; i < FIRMWARES; i++) {
        struct cp_case test_case = fixture_case(64, firmwares[i]);
        test_case.faults.erase_tears = BIT(CP_TEAR_FIRST_HALF) | BIT(CP_TEAR_SECOND_HALF);
        expect_same_within(&test_case, &test_case.bounds.cuts_max, 5);
    }
}

static void test_bounded_tears(void **state) {
    (void)state;
    struct cp_case test_case = fixture_case(64, CP_FIRMWARE_EITHER);
    test_case.faults.erase_tears = BIT(CP_TEAR_FIRST_HALF) | BIT(CP_TEAR_ERASE_ODD_BITS);
    test_case.faults.program_tears = BIT(CP_TEAR_ODD_BITS);
    test_case.faults.torn_areas = BIT(CP_AREA_STATE);
    expect_same_within(&test_case, &test_case.bounds.torn_max, 4);
}

// --- undecided words

static void test_undecided_data(void **state) {
    (void)state;
    struct cp_case test_case = fixture_case(64, CP_FIRMWARE_EITHER);
    test_case.faults.torn_areas = BIT(CP_AREA_ACTIVE) | BIT(CP_AREA_DFU);
    test_case.faults.program_tears = BIT(CP_TEAR_ANY);
    expect_same_set(&test_case, 1000);
    test_case.faults.erase_tears = BIT(CP_TEAR_ERASE_ANY_SUBSET);
    expect_same_set(&test_case, 1000);
    test_case.faults.erase_tears = BIT(CP_TEAR_ERASE_ANY);
    expect_same_set(&test_case, 1000);
}

// Where a read decides nothing, two cuts break everything there is, and the search ends.
static void test_undecided_state_words(void **state) {
    (void)state;
    struct cp_case test_case = fixture_case(64, CP_FIRMWARE_EITHER);
    test_case.faults.torn_areas = BIT(CP_AREA_STATE);
    test_case.faults.program_tears = BIT(CP_TEAR_ANY);
    expect_same_within(&test_case, &test_case.bounds.cuts_max, 3);
    test_case.faults.torn_reads = CP_TORN_READS_UNSTABLE;
    expect_same_within(&test_case, &test_case.bounds.cuts_max, 2);
}

static void test_undecided_state_page(void **state) {
    (void)state;
    struct cp_case test_case = fixture_case(64, CP_FIRMWARE_EITHER);
    test_case.faults.torn_areas = BIT(CP_AREA_STATE);
    test_case.faults.erase_tears = BIT(CP_TEAR_ERASE_ANY_SUBSET);
    expect_same_within(&test_case, &test_case.bounds.cuts_max, 2);
    test_case.faults.torn_reads = CP_TORN_READS_UNSTABLE; // each word is read again and again
    fixture_area(&test_case, CP_AREA_ACTIVE, 2, 1);
    fixture_area(&test_case, CP_AREA_DFU, 4, 2);
    test_case.images[OLD_IMAGE].size_bytes = test_case.images[NEW_IMAGE].size_bytes = 64;
    expect_same_within(&test_case, &test_case.bounds.cuts_max, 2);
}

// --- other faults

// One operation of a history fails, and nobody says so; cuts come on top of that.
static void test_operations_that_fail(void **state) {
    (void)state;
    struct cp_case test_case = fixture_case(64, CP_FIRMWARE_EITHER);
    test_case.faults.operation_errors = BIT(CP_ERROR_SILENT);
    test_case.faults.errors_max = 1;
    test_case.faults.cut = false;
    expect_same_set(&test_case, 20);
    test_case.faults.cut = true;
    test_case.faults.torn_areas = BIT(CP_AREA_DFU);
    expect_same_within(&test_case, &test_case.bounds.cuts_max, 2);
}

// A part with ECC of eight bytes, which makes torn units uncorrectable. Its reads go
// through no guard, so that each of them is the end of the run.
static void test_uncorrectable_units(void **state) {
    (void)state;
    struct cp_case test_case = fixture_case(64, CP_FIRMWARE_EITHER);
    test_case.devices[0].ecc_size_bytes = 8;
    test_case.devices[0].ecc_read = CP_ECC_NMI;
    test_case.devices[0].faults |= CP_FAULT_UNCORRECTABLE;
    test_case.faults.program_tears = BIT(CP_TEAR_UNCORRECTABLE);
    test_case.faults.erase_tears = BIT(CP_TEAR_ERASE_UNCORRECTABLE);
    expect_same_within(&test_case, &test_case.bounds.cuts_max, 2);
    test_case.faults.program_tears = BIT(CP_TEAR_ANY);
    test_case.faults.erase_tears = BIT(CP_TEAR_ERASE_ANY);
    test_case.faults.torn_areas = BIT(CP_AREA_ACTIVE) | BIT(CP_AREA_DFU);
    expect_same_within(&test_case, &test_case.bounds.cuts_max, 2);
    test_case.faults.torn_areas = BIT(CP_AREA_STATE);
    expect_same_within(&test_case, &test_case.bounds.cuts_max, 2);
}

static void test_weak_pages(void **state) {
    (void)state;
    struct cp_case test_case = fixture_case(64, CP_FIRMWARE_EITHER);
    test_case.faults.erase_tears = BIT(CP_TEAR_ERASE_WEAK);
    expect_same_within(&test_case, &test_case.bounds.cuts_max, 3);
}

// --- what must not matter

static void test_stack_fill_does_not_matter(void **state) {
    (void)state;
    struct cp_case test_case = fixture_case(64, CP_FIRMWARE_EITHER);
    test_case.faults.erase_tears = BIT(CP_TEAR_EVEN_WORDS);
    test_case = fixture_relentless(test_case);
    struct reached zeros = fixture_explore(&test_case, &cp_program);
    cp_cpu_set_stack_fill(cp_cpu_native(), 0xA5);
    struct reached filled = fixture_explore(&test_case, &cp_program);
    cp_cpu_set_stack_fill(cp_cpu_native(), 0);
    assert_true(is_same_set(&zeros, &filled));
    assert_int_equal(zeros.result.verdict, filled.result.verdict);
    assert_int_equal(violated_bits(&zeros.result), violated_bits(&filled.result));
    reached_free(&zeros);
    reached_free(&filled);
}

static void test_running_twice_does_not_matter(void **state) {
    (void)state;
    struct cp_case test_case = fixture_case(64, CP_FIRMWARE_EITHER);
    test_case.faults.erase_tears = BIT(CP_TEAR_ONLY_FIRST_WORD);
    test_case = fixture_relentless(test_case);
    struct reached once = fixture_explore(&test_case, &cp_program);
    struct reached again = fixture_explore(&test_case, &cp_program);
    assert_int_equal(once.row_count, again.row_count);
    for (size_t i = 0; i < once.row_count; i++) {
        const struct cp_state_row *a = &once.rows[i], *b = &again.rows[i];
        assert_int_equal(a->id, b->id);
        assert_int_equal(a->parent, b->parent);
        assert_int_equal(a->event_index, b->event_index);
        assert_int_equal(a->outcome, b->outcome);
        assert_true(a->hash_low == b->hash_low && a->hash_high == b->hash_high);
    }
    assert_int_equal(once.result.operations, again.result.operations);
    assert_int_equal(once.result.cuts_explored, again.result.cuts_explored);
    assert_int_equal(once.result.violation_count, again.result.violation_count);
    for (uint32_t i = 0; i < once.result.violation_count; i++) {
        assert_string_equal(once.result.violations[i].trace, again.result.violations[i].trace);
    }
    reached_free(&once);
    reached_free(&again);
}

static void test_either_is_good_and_bad(void **state) {
    (void)state;
    struct reached sets[FIRMWARES];
    bool started[FIXTURE_IMAGES] = {false};
    for (int i = 0; i < FIRMWARES; i++) {
        struct cp_case test_case = fixture_case(64, firmwares[i]);
        test_case = fixture_relentless(test_case);
        sets[i] = fixture_explore(&test_case, &cp_program);
    }
    const struct reached *either = &sets[CP_FIRMWARE_EITHER];
    assert_true(is_subset(&sets[CP_FIRMWARE_GOOD], either));
    assert_true(is_subset(&sets[CP_FIRMWARE_BAD], either));
    assert_true(is_same_set(&sets[CP_FIRMWARE_BAD], &sets[CP_FIRMWARE_HANGS]));
    assert_false(is_same_set(&sets[CP_FIRMWARE_BAD], either));
    for (size_t i = 0; i < either->row_count; i++) {
        if (either->rows[i].outcome == CP_OUTCOME_STARTED) {
            started[either->rows[i].final_image] = true;
        }
    }
    assert_true(started[OLD_IMAGE] && started[NEW_IMAGE]);
    for (int i = 0; i < FIRMWARES; i++) {
        reached_free(&sets[i]);
    }
}

// Without any cut the choice is what brings both endings about.
static void test_either_without_cuts(void **state) {
    (void)state;
    size_t states[FIRMWARES];
    for (int i = 0; i < FIRMWARES; i++) {
        struct cp_case test_case = fixture_case(64, firmwares[i]);
        test_case.faults.cut = false;
        test_case = fixture_relentless(test_case);
        struct reached reached = fixture_explore(&test_case, &cp_program);
        states[i] = reached.hash_count;
        reached_free(&reached);
    }
    assert_int_equal(states[CP_FIRMWARE_GOOD], 2); // as delivered, requested
    assert_int_equal(states[CP_FIRMWARE_BAD], 3);  // and on trial
    assert_int_equal(states[CP_FIRMWARE_EITHER], 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clean_cuts),
        cmocka_unit_test(test_larger_pages),
        cmocka_unit_test(test_torn_erases),
        cmocka_unit_test(test_torn_programs),
        cmocka_unit_test(test_phases),
        cmocka_unit_test(test_no_cuts),
        cmocka_unit_test(test_downloads),
        cmocka_unit_test(test_dfu_mode),
        cmocka_unit_test(test_two_devices),
        cmocka_unit_test(test_journal),
        cmocka_unit_test(test_journal_of_undecided_words),
        cmocka_unit_test(test_slots),
        cmocka_unit_test(test_rescue),
        cmocka_unit_test(test_signatures),
        cmocka_unit_test(test_bounded_cuts),
        cmocka_unit_test(test_bounded_tears),
        cmocka_unit_test(test_undecided_data),
        cmocka_unit_test(test_undecided_state_words),
        cmocka_unit_test(test_undecided_state_page),
        cmocka_unit_test(test_operations_that_fail),
        cmocka_unit_test(test_uncorrectable_units),
        cmocka_unit_test(test_weak_pages),
        cmocka_unit_test(test_stack_fill_does_not_matter),
        cmocka_unit_test(test_running_twice_does_not_matter),
        cmocka_unit_test(test_either_is_good_and_bad),
        cmocka_unit_test(test_either_without_cuts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

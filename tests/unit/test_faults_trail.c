// test_faults_trail.c: a trace told in full: windows, what pages and ACTIVE hold, STATE in
// words, several programs as one; of torn words, two chips, two slots and a factory.

#include "case_fixture.h"

#include "faults/trail.h"
#include "scenarios/load.h"

#define STEPS_MAX 20000u

struct told {
    struct cp_trail_step *steps;
    uint32_t count, areas_count;
    struct cp_trail_area areas[CP_AREA_COUNT];
    uint8_t *last_device; // device 0 after the last step
    struct cp_violation violation;
    int result;
    char error[CP_MESSAGE_MAX];
};

static void check_device(struct told *told, const struct cp_trail *trail,
                         const struct cp_trail_step *step) {
    cp_trail_read_device(trail, 0, told->last_device);
    if (step->window_size_bytes > 0 && step->step.device == 0) {
        const struct cp_trail_area *area = &told->areas[step->step.area];
        const uint32_t page = area->offset_bytes + step->step.page * area->page_size_bytes;
        assert_memory_equal(told->last_device + page + step->window_offset_bytes, step->after,
                            step->window_size_bytes);
    }
}

static void on_step(void *context, const struct cp_trail *trail, const struct cp_trail_step *step) {
    struct told *told = context;
    if (told->count == 0) {
        told->areas_count = cp_trail_areas(trail, told->areas);
        told->last_device = malloc(cp_trail_device_size_bytes(trail, 0));
        assert_non_null(told->last_device);
    }
    check_device(told, trail, step);
    assert_true(told->count < STEPS_MAX);
    told->steps[told->count++] = *step;
}

static struct told tell_so(const struct cp_case *test_case, const char *trace, bool is_brief) {
    struct told told = {.steps = calloc(STEPS_MAX, sizeof(struct cp_trail_step))};
    assert_non_null(told.steps);
    const struct cp_trail_options options = {.is_brief = is_brief};
    told.result = cp_trail_run(test_case, &cp_program, trace, options, on_step, &told,
                               &told.violation, told.error);
    return told;
}

static void forget(struct told *told) {
    free(told->steps);
    free(told->last_device);
}

// The first case of a file.
static struct cp_case first_of(const char *path) {
    struct cp_case_list list = {0};
    assert_int_equal(cp_scenarios_load(path, &list, stderr), 0);
    struct cp_case test_case = list.cases[0];
    cp_case_list_free(&list);
    return test_case;
}

static const struct cp_trail_step *at_event(const struct told *told, uint32_t cuts,
                                            uint32_t event) {
    for (uint32_t i = 0; i < told->count; i++) {
        const struct cp_trail_step *step = &told->steps[i];
        if (step->step.cuts == cuts && event >= step->step.event_index &&
            event < step->step.event_index + step->event_count &&
            step->step.kind != CP_STEP_POWER_ON) {
            return step;
        }
    }
    fail();
    return NULL;
}

static const struct cp_trail_step *find_said(const struct told *told, const char *state_says) {
    for (uint32_t i = 0; i < told->count; i++) {
        if (strcmp(told->steps[i].state_says, state_says) == 0) {
            return &told->steps[i];
        }
    }
    fail_msg("STATE never says '%s'", state_says);
    return NULL;
}

static const struct cp_trail_step *find_held(const struct told *told, enum cp_area area,
                                             uint32_t page, const char *holds) {
    for (uint32_t i = 0; i < told->count; i++) {
        const struct cp_trail_step *step = &told->steps[i];
        if (step->step.area == area && step->step.page == page &&
            strcmp(step->page_holds, holds) == 0) {
            return step;
        }
    }
    fail_msg("page %u of area %d never holds '%s'", page, area, holds);
    return NULL;
}

// --- an uncut update: 64-byte pages, two of ACTIVE, STATE of one

static void test_uncut_update(void **state) {
    (void)state;
    struct cp_case test_case = fixture_case(64, CP_FIRMWARE_GOOD);
    struct told told = tell_so(&test_case, "", false);
    assert_int_equal(told.result, 0);
    assert_int_equal(told.areas_count, 4); // no FACTORY
    assert_string_equal(told.areas[CP_AREA_DFU].name, "dfu");
    assert_int_equal(told.areas[CP_AREA_DFU].page_count, 3);
    assert_int_equal(told.areas[CP_AREA_DFU].page_size_bytes, 64);
    const struct cp_trail_step *first = &told.steps[0], *last = &told.steps[told.count - 1];
    assert_int_equal(first->step.kind, CP_STEP_POWER_ON);
    assert_string_equal(first->active_holds, "old");
    assert_string_equal(first->state_says, "seed: magic erased, read as Boot");
    assert_string_equal(last->active_holds, "new");
    assert_string_equal(last->state_says, "seed: Boot");
    assert_int_equal(last->life, 1); // the reset after the request
    assert_int_equal(last->mode, CP_MODE_APPLICATION);
    find_said(&told, "seed: Swap, 3 of 4 swap steps");
    // The last page of old moves to the page behind that of new: docs/SPEC.md, 1.3.
    find_held(&told, CP_AREA_DFU, 2, "part of old");
    find_held(&told, CP_AREA_DFU, 2, "old[1]");
    find_held(&told, CP_AREA_ACTIVE, 1, "erased");
    find_held(&told, CP_AREA_ACTIVE, 1, "new");
    find_held(&told, CP_AREA_STATE, 0, "state");
    forget(&told);
}

static void test_windows(void **state) {
    (void)state;
    struct cp_case test_case = fixture_case(256, CP_FIRMWARE_GOOD);
    struct told told = tell_so(&test_case, "", false);
    uint32_t operations = 0;
    for (uint32_t i = 0; i < told.count; i++) {
        const struct cp_trail_step *step = &told.steps[i];
        const bool is_operation =
            step->step.kind == CP_STEP_PROGRAM || step->step.kind == CP_STEP_ERASE;
        assert_int_equal(step->window_size_bytes, is_operation ? CP_TRAIL_WINDOW_BYTES : 0);
        if (step->step.kind == CP_STEP_PROGRAM) {
            const uint32_t at = step->step.page_offset_bytes - step->window_offset_bytes;
            uint32_t before, after;
            assert_true(at + 4 <= CP_TRAIL_WINDOW_BYTES);
            memcpy(&before, step->before + at, 4);
            memcpy(&after, step->after + at, 4);
            assert_int_equal(before, step->step.old_value);
            assert_int_equal(after, step->step.new_value);
            operations++;
        }
    }
    assert_true(operations > 4 * 64); // two pages of 64 words, each copied twice
    forget(&told);
}

// Told as one: the same events and words, the same end, fewer steps.
static void test_brief(void **state) {
    (void)state;
    struct cp_case test_case = fixture_case(256, CP_FIRMWARE_GOOD);
    struct told full = tell_so(&test_case, "", false), brief = tell_so(&test_case, "", true);
    uint32_t events = 0, words = 0, brief_events = 0, brief_words = 0;
    for (uint32_t i = 0; i < full.count; i++) {
        events += full.steps[i].event_count;
        words += full.steps[i].step.word_count;
    }
    for (uint32_t i = 0; i < brief.count; i++) {
        const struct cp_trail_step *step = &brief.steps[i];
        brief_events += step->event_count;
        brief_words += step->step.word_count;
        assert_true(step->event_count == 1 || step->window_size_bytes == 0);
        assert_true(step->event_count == 1 || step->step.area != CP_AREA_STATE);
        if (i > 0 && step->step.kind != CP_STEP_POWER_ON) { // each event is told once
            const struct cp_trail_step *before = &brief.steps[i - 1];
            const bool is_new = step->step.event_index != before->step.event_index;
            assert_true(!is_new ||
                        step->step.event_index == before->step.event_index + before->event_count);
        }
    }
    assert_int_equal(brief_events, events);
    assert_int_equal(brief_words, words);
    assert_true(brief.count < full.count / 4);
    const struct cp_trail_step *whole = find_held(&brief, CP_AREA_ACTIVE, 0, "new");
    assert_int_equal(whole->event_count, 64);
    assert_int_equal(whole->step.word_count, 64);
    assert_memory_equal(full.last_device, brief.last_device, 8 * 256);
    forget(&full);
    forget(&brief);
}

// Around a cut everything is told one by one.
static void test_brief_near_a_cut(void **state) {
    (void)state;
    struct cp_case test_case = fixture_case(256, CP_FIRMWARE_GOOD);
    test_case.promises = BIT(CP_PROMISE_BOOTABLE);
    struct told told = tell_so(&test_case, "a60", true);
    assert_int_equal(told.result, 0);
    for (uint32_t event = 45; event <= 60; event++) {
        assert_int_equal(at_event(&told, 0, event)->event_count, 1);
    }
    assert_true(at_event(&told, 0, 20)->event_count > 1);
    for (uint32_t event = 1; event <= 16; event++) {
        assert_int_equal(at_event(&told, 1, event)->event_count, 1);
    }
    assert_true(at_event(&told, 1, 17)->event_count > 1);
    const struct cp_trail_step *last = &told.steps[told.count - 1];
    assert_int_equal(last->life, 2);
    assert_int_equal(last->step.cuts, 1);
    forget(&told);
}

// --- torn words

static void test_torn_word_of_state(void **state) {
    (void)state;
    struct cp_case test_case = fixture_case(64, CP_FIRMWARE_GOOD);
    test_case.promises = BIT(CP_PROMISE_BOOTABLE);
    test_case.faults.program_tears = BIT(CP_TEAR_ANY);
    struct told told = tell_so(&test_case, "t6.any", false); // the magic of the request
    assert_int_equal(told.result, 0);
    uint32_t cut = 0;
    while (told.steps[cut].step.kind != CP_STEP_CUT) {
        cut++;
    }
    const struct cp_trail_step *torn = &told.steps[cut];
    assert_string_equal(torn->page_holds, "torn");
    assert_string_equal(torn->state_says, "seed: Swap (torn), 0 of 4 swap steps");
    assert_int_equal(torn->window_size_bytes, 64);
    assert_int_equal(torn->before[0], 0xFF); // before the program, not after it
    assert_int_equal(torn->after[0], 0xF0);
    // It is read, and decided as if the program had been completed.
    find_said(&told, "seed: Swap, 1 of 4 swap steps");
    forget(&told);
}

static void test_torn_page(void **state) {
    (void)state;
    struct cp_case test_case = fixture_case(64, CP_FIRMWARE_GOOD);
    test_case.promises = BIT(CP_PROMISE_BOOTABLE);
    test_case.faults.erase_tears = BIT(CP_TEAR_ERASE_ANY_SUBSET) | BIT(CP_TEAR_FIRST_HALF);
    struct told told = tell_so(&test_case, "t9.any-subset", false); // DFU[2], which is erased
    forget(&told);
    told = tell_so(&test_case, "", false);
    uint32_t event = 0;
    for (uint32_t i = 0; event == 0; i++) {
        const struct cp_step *step = &told.steps[i].step;
        event = step->kind == CP_STEP_ERASE && step->area == CP_AREA_ACTIVE ? step->event_index : 0;
    }
    forget(&told);
    char trace[32];
    snprintf(trace, sizeof(trace), "t%u.any-subset", event);
    told = tell_so(&test_case, trace, false);
    assert_string_equal(find_held(&told, CP_AREA_ACTIVE, 1, "torn")->active_holds, "neither");
    forget(&told);
    snprintf(trace, sizeof(trace), "t%u.first-half", event);
    told = tell_so(&test_case, trace, false);
    find_held(&told, CP_AREA_ACTIVE, 1, "part of old"); // its second half is still there
    forget(&told);
}

static void test_violation(void **state) {
    (void)state;
    struct cp_case test_case = fixture_case(64, CP_FIRMWARE_GOOD);
    struct told uncut = tell_so(&test_case, "", false);
    uint32_t confirm = 0; // the program that makes the progress invalid (H1)
    for (uint32_t i = 0; i < uncut.count; i++) {
        if (strstr(uncut.steps[i].step.text, "confirm begun")) {
            confirm = uncut.steps[i].step.event_index + 1;
        }
    }
    forget(&uncut);
    char trace[16];
    snprintf(trace, sizeof(trace), "a%u", confirm);
    struct told told = tell_so(&test_case, trace, true);
    assert_int_equal(told.result, 1);
    bool is_told = false;
    for (uint32_t i = 0; i < told.count; i++) {
        is_told |= told.steps[i].step.kind == CP_STEP_VIOLATION;
    }
    assert_true(is_told);
    find_said(&told, "seed: Swap, progress not valid");
    forget(&told);
}

// --- other devices, other formats

static void test_external_dfu(void **state) {
    (void)state;
    struct cp_case test_case = first_of("scenarios/parts/nrf52840-w25q64jv.yaml");
    struct told told = tell_so(&test_case, "", true);
    assert_int_equal(told.result, 0);
    assert_int_equal(told.areas[CP_AREA_DFU].device, 1);
    assert_int_equal(told.areas[CP_AREA_ACTIVE].device, 0);
    find_held(&told, CP_AREA_DFU, 2, "old[1]");
    assert_string_equal(told.steps[told.count - 1].active_holds, "new");
    forget(&told);
}

static void test_direct(void **state) {
    (void)state;
    struct cp_case test_case = first_of("scenarios/direct/one-update.yaml");
    struct told told = tell_so(&test_case, "", true);
    assert_int_equal(told.result, 0);
    find_held(&told, CP_AREA_DFU, 0, "new");
    find_said(&told, "journal: half 1 counts: TRIAL, slot A trusted, slot B runs, attempt 1, "
                     "STARTED; half 0 erased");
    assert_string_equal(told.steps[told.count - 1].active_holds, "old");
    forget(&told);
}

static void test_factory(void **state) {
    (void)state;
    struct cp_case test_case = first_of("scenarios/journal/rescue.yaml");
    struct told told = tell_so(&test_case, "", true);
    assert_int_equal(told.result, 0);
    assert_int_equal(told.areas_count, 5);
    assert_string_equal(told.areas[4].name, "factory");
    assert_string_equal(told.steps[0].active_holds, "neither");
    find_said(&told, "journal: half 0 counts: RESTORE; half 1 erased");
    assert_string_equal(told.steps[told.count - 1].active_holds, "spare");
    forget(&told);
}

// What an operation does when none fails is not worth a step, but when one does it is.
static void test_operations_that_fail(void **state) {
    (void)state;
    struct cp_case test_case = fixture_case(256, CP_FIRMWARE_GOOD);
    test_case.faults.operation_errors = BIT(CP_ERROR_SILENT);
    test_case.faults.errors_max = 1;
    struct told told = tell_so(&test_case, "", true);
    uint32_t largest = 0;
    for (uint32_t i = 0; i < told.count; i++) {
        assert_false(told.steps[i].step.is_fate);
        largest = told.steps[i].event_count > largest ? told.steps[i].event_count : largest;
    }
    assert_int_equal(largest, 127); // 64 programs, and the question of each but the first
    forget(&told);
    told = tell_so(&test_case, "c4=1", true);
    assert_string_equal(at_event(&told, 0, 4)->step.text,
                        "the next operation goes: silent-nothing");
    forget(&told);
}

static void test_traces_that_do_not_fit(void **state) {
    (void)state;
    struct cp_case test_case = fixture_case(64, CP_FIRMWARE_GOOD);
    struct told told = tell_so(&test_case, "a9999", true);
    assert_int_equal(told.result, -1);
    assert_non_null(strstr(told.error, "is never reached"));
    forget(&told);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_uncut_update),
        cmocka_unit_test(test_windows),
        cmocka_unit_test(test_brief),
        cmocka_unit_test(test_brief_near_a_cut),
        cmocka_unit_test(test_torn_word_of_state),
        cmocka_unit_test(test_torn_page),
        cmocka_unit_test(test_violation),
        cmocka_unit_test(test_external_dfu),
        cmocka_unit_test(test_direct),
        cmocka_unit_test(test_factory),
        cmocka_unit_test(test_operations_that_fail),
        cmocka_unit_test(test_traces_that_do_not_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

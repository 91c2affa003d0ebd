// test_faults_first_run.c: the cuts of the first run: how they are kept, that parts of a case
// make the same as all of it, as does a search that was gone on with, and that a replay of each
// comes to what is said of it.

#include "case_fixture.h"

#include "faults/cuts.h"
#include "faults/replay.h"

#include <unistd.h>

// --- how they are kept

static void add(struct cp_cuts *cuts, enum cp_edge edge, uint32_t first, uint32_t last,
                uint8_t image) {
    const struct cp_cut_run run = {
        .edge = edge, .first = first, .last = last, .final_image = image};
    assert_int_equal(cp_cuts_add(cuts, &run), 0);
}

static void expect_run(const struct cp_cuts *cuts, uint32_t index, enum cp_edge edge,
                       uint32_t first, uint32_t last, uint8_t image) {
    assert_in_range(index + 1, 1, cuts->count);
    assert_int_equal(cuts->runs[index].edge, edge);
    assert_int_equal(cuts->runs[index].first, first);
    assert_int_equal(cuts->runs[index].last, last);
    assert_int_equal(cuts->runs[index].final_image, image);
}

static void test_runs_grow_either_way(void **state) {
    (void)state;
    struct cp_cuts cuts = {0};
    for (uint32_t event = 100; event > 50; event--) {
        add(&cuts, CP_EDGE_TORN_PROGRAM, event, event, 0);
        add(&cuts, CP_EDGE_AFTER, event, event, event > 70);
    }
    assert_int_equal(cuts.count, 3);
    for (uint32_t event = 101; event < 110; event++) {
        add(&cuts, CP_EDGE_TORN_PROGRAM, event, event, 0);
    }
    cp_cuts_conclude(&cuts);
    assert_int_equal(cuts.count, 3);
    expect_run(&cuts, 0, CP_EDGE_AFTER, 51, 70, 0);
    expect_run(&cuts, 1, CP_EDGE_AFTER, 71, 100, 1);
    expect_run(&cuts, 2, CP_EDGE_TORN_PROGRAM, 51, 109, 0);
    cp_cuts_free(&cuts);
}

static void test_what_is_noted_twice_is_there_once(void **state) {
    (void)state;
    struct cp_cuts cuts = {0};
    add(&cuts, CP_EDGE_AFTER, 10, 20, 0);
    add(&cuts, CP_EDGE_AFTER, 31, 40, 0);
    add(&cuts, CP_EDGE_AFTER, 15, 18, 0);
    add(&cuts, CP_EDGE_AFTER, 15, 30, 0);
    add(&cuts, CP_EDGE_AFTER, 10, 12, 0);
    add(&cuts, CP_EDGE_AFTER, 50, 50, 0); // a gap stays one
    add(&cuts, CP_EDGE_AFTER, 51, 52, 1);
    cp_cuts_conclude(&cuts);
    assert_int_equal(cuts.count, 3);
    expect_run(&cuts, 0, CP_EDGE_AFTER, 10, 40, 0);
    expect_run(&cuts, 1, CP_EDGE_AFTER, 50, 50, 0);
    expect_run(&cuts, 2, CP_EDGE_AFTER, 51, 52, 1);
    cp_cuts_free(&cuts);
}

static void test_no_cuts_are_none(void **state) {
    (void)state;
    struct cp_cuts cuts = {0};
    cp_cuts_conclude(&cuts);
    assert_int_equal(cuts.count, 0);
    cp_cuts_free(&cuts);
}

// --- of a search

static struct cp_case torn_case(enum cp_firmware firmware) {
    struct cp_case made = fixture_case(128, firmware);
    made.faults.program_tears = BIT(CP_TEAR_LOW_HALF);
    made.faults.torn_areas = BIT(CP_AREA_ACTIVE) | BIT(CP_AREA_DFU);
    made.faults.erase_tears = BIT(CP_TEAR_FIRST_HALF);
    return fixture_relentless(made);
}

static void expect_same(const struct cp_result *one, const struct cp_cut_run *cuts,
                        uint32_t count) {
    assert_true(count > 3);
    assert_int_equal(one->cut_count, count);
    for (uint32_t i = 0; i < count; i++) {
        assert_int_equal(one->cuts[i].edge, cuts[i].edge);
        assert_int_equal(one->cuts[i].tear, cuts[i].tear);
        assert_int_equal(one->cuts[i].first, cuts[i].first);
        assert_int_equal(one->cuts[i].last, cuts[i].last);
        assert_int_equal(one->cuts[i].outcome, cuts[i].outcome);
        assert_int_equal(one->cuts[i].final_image, cuts[i].final_image);
    }
}

static void expect_parts_make_the_whole(enum cp_engine engine) {
    const struct cp_case test_case = torn_case(CP_FIRMWARE_EITHER);
    struct reached whole = fixture_explore_by(engine, &test_case, &cp_program);
    struct cp_cuts cuts = {0};
    for (uint32_t part = 0; part < 3; part++) {
        const struct cp_explore_options options = {
            .engine = engine, .shard_index = part, .shard_count = 3};
        struct cp_result result;
        cp_explore(&test_case, &cp_program, &options, NULL, &result);
        for (uint32_t i = 0; i < result.cut_count; i++) {
            assert_int_equal(cp_cuts_add(&cuts, &result.cuts[i]), 0);
        }
        cp_result_free(&result);
    }
    assert_true(cuts.count > whole.result.cut_count); // each has some of it
    cp_cuts_conclude(&cuts);
    expect_same(&whole.result, cuts.runs, cuts.count);
    cp_cuts_free(&cuts);
    reached_free(&whole);
}

static void test_parts_make_the_whole(void **state) {
    (void)state;
    expect_parts_make_the_whole(CP_ENGINE_FAST);
    expect_parts_make_the_whole(CP_ENGINE_SLOW);
}

// A budget of states that grows by a few each time.
static void test_going_on(void **state) {
    (void)state;
    struct cp_case test_case = torn_case(CP_FIRMWARE_EITHER);
    struct reached whole = fixture_explore(&test_case, &cp_program);
    char path[] = "/tmp/cutproof-test-XXXXXX";
    const int file = mkstemp(path);
    assert_true(file >= 0);
    close(file);
    struct cp_explore_options options = {.is_states_budget = true, .checkpoint = path};
    struct cp_result result;
    uint32_t searches = 0;
    for (uint32_t states_max = 20;; states_max += 211) {
        test_case.bounds.states_max = states_max;
        cp_explore(&test_case, &cp_program, &options, NULL, &result);
        options.resume = path;
        searches++;
        if (result.is_complete) {
            break;
        }
        cp_result_free(&result);
    }
    assert_true(searches > 10);
    assert_int_equal(result.states, whole.result.states); // none is passed over
    expect_same(&result, whole.result.cuts, whole.result.cut_count);
    cp_result_free(&result);
    reached_free(&whole);
    unlink(path);
}

// A violation ends the search; the first run is cut to its end all the same, if asked for.
static void test_of_a_violated_case(void **state) {
    (void)state;
    struct cp_case test_case = torn_case(CP_FIRMWARE_GOOD);
    struct reached whole = fixture_explore(&test_case, &cp_program);
    test_case.expect.violates = 0;
    struct cp_explore_options options = {.cuts_whole_first_run = false};
    for (int i = 0; i < 2; i++, options.cuts_whole_first_run = true) {
        struct cp_result result;
        cp_explore(&test_case, &cp_program, &options, NULL, &result);
        assert_int_equal(result.stop, CP_STOP_VIOLATION);
        assert_true(result.states < whole.result.states);
        if (options.cuts_whole_first_run) {
            expect_same(&result, whole.result.cuts, whole.result.cut_count);
        } else {
            assert_int_not_equal(result.cut_count, whole.result.cut_count);
        }
        cp_result_free(&result);
    }
    reached_free(&whole);
}

// --- a replay says the same

struct end {
    uint32_t cuts, image;
    bool is_started;
};

// The first start after the cut.
static void look_for_start(void *context, const struct cp_step *step) {
    struct end *end = context;
    if (step->cuts == 1 && !end->is_started && strstr(step->text, "is started and holds '")) {
        end->is_started = true;
        end->image = strstr(step->text, "'new'") ? NEW_IMAGE : OLD_IMAGE;
    }
}

static void expect_replay(const struct cp_case *test_case, const struct cp_cut_run *run,
                          uint32_t event) {
    struct end end = {0};
    struct cp_violation violation;
    char error[CP_MESSAGE_MAX], trace[48];
    snprintf(trace, sizeof(trace), "a%u", event);
    if (run->edge != CP_EDGE_AFTER) {
        bool is_program = run->edge == CP_EDGE_TORN_PROGRAM;
        snprintf(trace, sizeof(trace), "t%u.%s", event, is_program ? "low-half" : "first-half");
    }
    assert_int_equal(
        cp_replay(test_case, &cp_program, trace, look_for_start, &end, &violation, error), 0);
    assert_int_equal(end.is_started, run->outcome == CP_OUTCOME_STARTED);
    assert_int_equal(end.image, run->final_image);
}

static void test_a_replay_says_the_same(void **state) {
    (void)state;
    for (int firmware = CP_FIRMWARE_GOOD; firmware <= CP_FIRMWARE_EITHER; firmware++) {
        struct cp_case test_case = torn_case((enum cp_firmware)firmware);
        struct reached reached = fixture_explore(&test_case, &cp_program);
        test_case.promises = 0; // no violation is to end a replay
        for (uint32_t i = 0; i < reached.result.cut_count; i++) {
            const struct cp_cut_run *run = &reached.result.cuts[i];
            expect_replay(&test_case, run, run->first);
            expect_replay(&test_case, run, (run->first + run->last) / 2);
            expect_replay(&test_case, run, run->last);
        }
        reached_free(&reached);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_runs_grow_either_way),
        cmocka_unit_test(test_what_is_noted_twice_is_there_once),
        cmocka_unit_test(test_no_cuts_are_none),
        cmocka_unit_test(test_parts_make_the_whole),
        cmocka_unit_test(test_going_on),
        cmocka_unit_test(test_of_a_violated_case),
        cmocka_unit_test(test_a_replay_says_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

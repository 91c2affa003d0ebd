// test_cli_wire.c: what a worker tells comes over as it was, and what is no message is
// refused.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/resume_file.h"
#include "cli/worker_wire.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct taken {
    struct cp_state_row last_row;
    struct cp_wire_progress progress;
    struct cp_result result;
    uint32_t row_count, result_part, known_part, id_count;
    uint32_t ids[4];
    bool has_result;
    int answer;
};

static int take_rows(void *context, const struct cp_state_row *rows, uint32_t count) {
    struct taken *taken = context;
    taken->row_count += count;
    taken->last_row = rows[count - 1];
    return taken->answer;
}

static int take_progress(void *context, const struct cp_wire_progress *progress) {
    struct taken *taken = context;
    taken->progress = *progress;
    return 0;
}

static int take_result(void *context, uint32_t part, struct cp_result *result) {
    struct taken *taken = context;
    taken->result = *result;
    taken->result_part = part;
    taken->has_result = true;
    return 0;
}

static int take_known(void *context, uint32_t part, const struct cp_merge_known *known) {
    struct taken *taken = context;
    taken->known_part = part;
    taken->id_count = known->id_count;
    memcpy(taken->ids, known->ids, known->id_count * sizeof taken->ids[0]);
    return 0;
}

struct wire {
    int ends[2];
    struct cp_wire_out out;
    struct cp_wire_in in;
    struct taken taken;
};

static int set_up(void **context) {
    struct wire *wire = calloc(1, sizeof *wire);
    assert_non_null(wire);
    assert_int_equal(pipe(wire->ends), 0);
    wire->out.file = wire->ends[1];
    *context = wire;
    return 0;
}

static int tear_down(void **context) {
    struct wire *wire = *context;
    close(wire->ends[0]);
    if (wire->out.file >= 0) {
        close(wire->out.file);
    }
    cp_wire_in_free(&wire->in);
    if (wire->taken.has_result) {
        cp_result_free(&wire->taken.result);
    }
    free(wire);
    return 0;
}

static int take(struct wire *wire) {
    const struct cp_wire_taker taker = {&wire->taken, take_rows, take_progress, take_result,
                                        take_known};
    return cp_wire_take(&wire->in, wire->ends[0], &taker);
}

static void close_out(struct wire *wire) {
    close(wire->out.file);
    wire->out.file = -1;
}

static void rows_come_in_batches(void **context) {
    struct wire *wire = *context;
    const struct cp_wire_progress progress = {.states = 600, .seconds = 1.5};
    for (uint32_t id = 1; id <= 600; id++) {
        const struct cp_state_row row = {.id = id, .hash_high = id * 7, .site = UINT32_MAX};
        assert_int_equal(cp_wire_put_row(&wire->out, &row), 0);
    }
    assert_int_equal(take(wire), 1);
    assert_int_equal(wire->taken.row_count, CP_WIRE_ROWS);
    assert_int_equal(cp_wire_put_progress(&wire->out, &progress), 0); // and the rows before it
    assert_int_equal(take(wire), 1);
    assert_int_equal(wire->taken.row_count, 600);
    assert_int_equal(wire->taken.last_row.id, 600);
    assert_int_equal(wire->taken.last_row.hash_high, 4200);
    assert_int_equal(wire->taken.progress.states, 600);
    close_out(wire);
    assert_int_equal(take(wire), 0);
}

static void a_result_comes_with_its_lists(void **context) {
    struct wire *wire = *context;
    const struct cp_site sites[] = {{.frames = {1}, .frame_count = 1, .times = 9}, {.times = 8}};
    struct cp_wear wear[] = {{1, 2, 3, -1}};
    struct cp_cut_run cuts[] = {{.first = 1, .last = 4}, {.first = 5, .last = 77}};
    struct cp_result result = {.verdict = CP_VERDICT_VIOLATED,
                               .states = 12,
                               .sites = sites,
                               .site_count = 2,
                               .wear = wear,
                               .wear_count = 1,
                               .cuts = cuts,
                               .cut_count = 2};
    strcpy(result.violations[0].trace, "a1,t2.even-bits");
    result.violation_count = 1;
    assert_int_equal(cp_wire_put_result(&wire->out, 3, &result), 0);
    assert_int_equal(take(wire), 1);
    assert_true(wire->taken.has_result);
    assert_int_equal(wire->taken.result_part, 3);
    assert_int_equal(wire->taken.result.sites[1].times, 8);
    assert_int_equal(wire->taken.result.wear[0].excess_max, -1);
    assert_int_equal(wire->taken.result.cuts[1].last, 77);
    assert_string_equal(wire->taken.result.violations[0].trace, "a1,t2.even-bits");
}

static void what_is_cut_off_is_an_error(void **context) {
    struct wire *wire = *context;
    const struct cp_result result = {.verdict = CP_VERDICT_PROVED};
    uint8_t bytes[sizeof result + 64];
    assert_int_equal(cp_wire_put_result(&wire->out, 0, &result), 0);
    ssize_t size = read(wire->ends[0], bytes, sizeof bytes);
    assert_true(size > (ssize_t)sizeof result);
    assert_int_equal(write(wire->out.file, bytes, (size_t)size - 1), size - 1);
    close_out(wire);
    assert_int_equal(take(wire), 1);
    assert_true(take(wire) < 0);
    assert_false(wire->taken.has_result);
}

static void what_is_no_message_is_an_error(void **context) {
    struct wire *wire = *context;
    const char text[] = "a line that the program under test printed by mistake";
    assert_int_equal(write(wire->out.file, text, sizeof text), sizeof text);
    assert_true(take(wire) < 0);
}

static void a_wrong_size_is_an_error(void **context) {
    struct wire *wire = *context;
    struct cp_result result = {.verdict = CP_VERDICT_PROVED};
    uint8_t bytes[sizeof result + 64];
    assert_int_equal(cp_wire_put_result(&wire->out, 0, &result), 0);
    ssize_t size = read(wire->ends[0], bytes, sizeof bytes);
    // The result says that it has a site, and none follows.
    result.site_count = 1;
    memcpy(bytes + size - (ssize_t)sizeof result, &result, sizeof result);
    assert_int_equal(write(wire->out.file, bytes, (size_t)size), size);
    assert_true(take(wire) < 0);
}

static void a_taker_can_refuse(void **context) {
    struct wire *wire = *context;
    const struct cp_state_row row = {.id = 1};
    wire->taken.answer = -1;
    cp_wire_put_row(&wire->out, &row);
    cp_wire_flush(&wire->out);
    assert_true(take(wire) < 0);
}

// --- parts kept beside a log

static int ignore_row(void *context, const struct cp_state_row *row) {
    (void)context;
    (void)row;
    return 0;
}

static void put_states(struct cp_merge *merge, uint32_t part, uint32_t count) {
    for (uint32_t id = 1; id <= count; id++) {
        const struct cp_state_row row = {
            .id = id, .parent = id - 1, .hash_low = id * 100 + part, .site = UINT32_MAX};
        assert_int_equal(cp_merge_row(merge, part, &row), 0);
    }
}

static void parts_are_kept_and_put_back(void **context) {
    (void)context;
    char directory[] = "/tmp/cp_wire_XXXXXX", log[64], path[CP_RESUME_PATH_MAX];
    assert_non_null(mkdtemp(directory));
    snprintf(log, sizeof log, "%s/run.db", directory);
    assert_int_equal(cp_resume_count_parts(log, 4), 0);
    struct cp_merge *merge = cp_merge_new(2, false, ignore_row, NULL);
    const struct cp_result results[2] = {{.is_complete = true, .operations = 77}, {0}};
    put_states(merge, 0, 3);
    put_states(merge, 1, 2);
    assert_true(cp_resume_save_parts(log, 4, merge, results) < 0); // there is no directory
    assert_int_equal(cp_resume_make_directory(log), 0);
    assert_int_equal(cp_resume_save_parts(log, 4, merge, results), 0);
    assert_int_equal(cp_resume_count_parts(log, 4), 2);
    struct cp_merge *back = cp_merge_new(2, false, ignore_row, NULL);
    struct cp_result results_back[2] = {0};
    assert_int_equal(cp_resume_load_parts(log, 4, back, results_back), 0);
    assert_int_equal(cp_merge_known_of(back, 0).id_count, 4);
    assert_int_equal(cp_merge_known_of(back, 1).ids[2], 5);
    assert_int_equal(results_back[0].operations, 77);
    assert_false(results_back[1].is_complete);
    snprintf(path, sizeof path, "%s.resume/4.parts", log);
    assert_int_equal(truncate(path, 21), 0);
    assert_true(cp_resume_load_parts(log, 4, back, results_back) < 0);
    assert_int_equal(cp_resume_count_parts(log, 4), 0);
    cp_resume_forget_case(log, 4, 2);
    cp_resume_remove_directory(log);
    assert_int_equal(rmdir(directory), 0); // nothing was left
    cp_result_free(&results_back[0]);
    cp_merge_free(merge);
    cp_merge_free(back);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(rows_come_in_batches, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_result_comes_with_its_lists, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_cut_off_is_an_error, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_no_message_is_an_error, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_wrong_size_is_an_error, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_taker_can_refuse, set_up, tear_down),
        cmocka_unit_test(parts_are_kept_and_put_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// test_reports_log.c: the run log holds what it is told, survives a kill, and is
// told from files that are no log.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "reports/log.h"
#include "reports/log_look.h"
#include "reports/log_schema.h"
#include "reports/log_steps.h"

#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const struct cp_log_run run = {.version = "1.2.3",
                                      .core_name = "seed",
                                      .core_hash = "0123abcd",
                                      .command_line = "cutproof run x",
                                      .engine = "fast"};

struct scratch {
    char directory[64];
    char path[96];
};

static int set_up(void **context) {
    struct scratch *scratch = calloc(1, sizeof *scratch);
    assert_non_null(scratch);
    strcpy(scratch->directory, "/tmp/cp_log_XXXXXX");
    assert_non_null(mkdtemp(scratch->directory));
    snprintf(scratch->path, sizeof scratch->path, "%s/run.db", scratch->directory);
    *context = scratch;
    return 0;
}

static int tear_down(void **context) {
    char command[96];
    struct scratch *scratch = *context;
    snprintf(command, sizeof command, "rm -rf '%s'", scratch->directory);
    int code = system(command);
    free(scratch);
    return code;
}

static struct cp_case make_case(const char *name, uint32_t violates) {
    struct cp_case made = {.file = "scenarios/a.yaml", .line = 3, .format = "seed"};
    snprintf(made.name, sizeof made.name, "%s", name);
    made.devices[0].name = "nrf52840";
    made.device_count = 1;
    made.faults = (struct cp_fault_model){.cut = true, .program_tears = 1};
    made.promises = 1u << CP_PROMISE_BOOTABLE | 1u << CP_PROMISE_TELLS_TRUTH;
    made.expect.verdict = violates ? CP_VERDICT_VIOLATED : CP_VERDICT_PROVED;
    made.expect.violates = violates;
    snprintf(made.expect.because, sizeof made.expect.because, "H1");
    return made;
}

static struct cp_result make_result(enum cp_verdict verdict, bool met) {
    struct cp_result made = {
        .verdict = verdict, .expectation_met = met, .states = 7, .uncut_time_us = 5};
    snprintf(made.bound, sizeof made.bound, "every cut");
    return made;
}

static struct cp_log *create(const char *path) {
    char error[CP_MESSAGE_MAX] = "";
    struct cp_log *log;
    if (cp_log_create(path, &run, &log, error) < 0) {
        fail_msg("%s", error);
    }
    return log;
}

static struct cp_log_case about_case(const struct cp_case *test_case) {
    return (struct cp_log_case){.test_case = test_case, .hash = 0x3f9a1c20, .engine = "fast"};
}

static int64_t begin_case(struct cp_log *log, const struct cp_case *test_case) {
    int64_t case_id = 0;
    const struct cp_log_case about = about_case(test_case);
    assert_int_equal(cp_log_add_scenario(log, test_case->file, "name: it's\n"), 0);
    assert_int_equal(cp_log_begin_case(log, &about, &case_id), 0);
    return case_id;
}

static void end_case(struct cp_log *log, int64_t case_id, const struct cp_case *test_case,
                     const struct cp_result *result) {
    const struct cp_log_case about = about_case(test_case);
    assert_int_equal(cp_log_end_case(log, case_id, &about, result), 0);
}

static void log_case(struct cp_log *log, const struct cp_case *test_case,
                     const struct cp_result *result) {
    end_case(log, begin_case(log, test_case), test_case, result);
}

// The rows of a query as text: columns divided by '|', rows ended by ';'.
static int add_row(void *context, int count, char **values, char **names) {
    (void)names;
    char *text = context;
    for (int i = 0; i < count; i++) {
        strcat(strcat(text, i ? "|" : ""), values[i] ? values[i] : "-");
    }
    strcat(text, ";");
    return 0;
}

static void assert_rows(const char *path, const char *sql, const char *expected) {
    char text[4096] = "";
    char *message = NULL;
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    sqlite3_exec(db, sql, add_row, text, &message);
    if (message) {
        fail_msg("%s: %s", sql, message);
    }
    sqlite3_close(db);
    assert_string_equal(text, expected);
}

static void run_is_recorded(void **context) {
    struct scratch *scratch = *context;
    char error[CP_MESSAGE_MAX];
    assert_int_equal(cp_log_close(create(scratch->path), true), 0);
    assert_int_equal(cp_log_check(scratch->path, error), CP_LOG_COMPLETE);
    assert_rows(scratch->path,
                "SELECT version, core_name, core_hash, command_line, complete,"
                " finished_at >= started_at FROM run",
                "1.2.3|seed|0123abcd|cutproof run x|1|1;");
    assert_rows(scratch->path, "PRAGMA journal_mode", "delete;");
}

static void existing_file_is_never_overwritten(void **context) {
    struct scratch *scratch = *context;
    struct cp_log *log;
    char error[CP_MESSAGE_MAX];
    FILE *file = fopen(scratch->path, "w");
    fputs("precious", file);
    fclose(file);
    assert_true(cp_log_create(scratch->path, &run, &log, error) < 0);
    assert_non_null(strstr(error, "never overwritten"));
    char text[16] = "";
    file = fopen(scratch->path, "r");
    assert_non_null(fgets(text, sizeof text, file));
    fclose(file);
    assert_string_equal(text, "precious");
}

static void states_have_names(void **context) {
    struct scratch *scratch = *context;
    struct cp_log *log = create(scratch->path);
    struct cp_case test_case = make_case("a/b", 0);
    const struct cp_site site = {.frames = {1}, .frame_count = 1, .times = 5};
    struct cp_result result = make_result(CP_VERDICT_PROVED, true);
    result.sites = &site;
    result.site_count = 1;
    const struct cp_state_row rows[] = {
        {.id = 1, .site = UINT32_MAX, .final_image = 0},
        {.id = 2,
         .parent = 1,
         .cuts = 1,
         .event_index = 9,
         .edge = CP_EDGE_TORN_PROGRAM,
         .tear = CP_TEAR_BYTES_2,
         .phase = CP_PHASE_APPLICATION,
         .outcome = CP_OUTCOME_NO_BOOT,
         .final_image = CP_IMAGE_NONE,
         .hash_high = 1,
         .hash_low = 0xAB},
    };
    int64_t case_id = begin_case(log, &test_case);
    assert_int_equal(cp_log_state(log, case_id, &rows[0]), 0);
    assert_int_equal(cp_log_state(log, case_id, &rows[1]), 0);
    end_case(log, case_id, &test_case, &result);
    assert_int_equal(cp_log_close(log, true), 0);
    char expected[256];
    snprintf(expected, sizeof expected, "2|1|9|torn-program %s|application|%s|-|program|%s;",
             cp_program_tear_name(CP_TEAR_BYTES_2), cp_outcome_name(CP_OUTCOME_NO_BOOT),
             "000000000000000100000000000000ab");
    assert_rows(scratch->path,
                "SELECT id, parent, operation_index, fault, phase, outcome, final_image,"
                " operation, hash FROM states_named WHERE id = 2",
                expected);
    assert_rows(scratch->path, "SELECT site, final_image FROM states WHERE id = 1", "-|0;");
    assert_rows(scratch->path, "SELECT sum(count), count(*) FROM outcomes", "2|2;");
    assert_rows(scratch->path, "SELECT fault, times FROM sites ORDER BY times DESC, fault",
                "none|5;after|0;torn|0;");
}

static void put_states(struct cp_log *log, int64_t case_id, uint32_t first, uint32_t count) {
    for (uint32_t id = first; id < first + count; id++) {
        const struct cp_state_row row = {.id = id, .parent = id - 1, .hash_low = id};
        assert_int_equal(cp_log_state(log, case_id, &row), 0);
    }
}

static void cases_can_be_open_at_the_same_time(void **context) {
    struct scratch *scratch = *context;
    struct cp_log *log = create(scratch->path);
    struct cp_case one = make_case("one", 0), two = make_case("two", 0), three = make_case("3", 0);
    struct cp_result result = make_result(CP_VERDICT_PROVED, true);
    int64_t first = begin_case(log, &one), second = begin_case(log, &two);
    int64_t third = begin_case(log, &three);
    put_states(log, first, 1, 3);
    put_states(log, second, 1, 5);
    put_states(log, third, 1, 2);
    put_states(log, first, 4, 1);
    end_case(log, second, &two, &result);
    end_case(log, first, &one, &result);
    assert_int_equal(cp_log_drop_case(log, third), 0);
    assert_int_equal(cp_log_close(log, true), 0);
    assert_rows(scratch->path,
                "SELECT scenario, count(*), verdict FROM cases c JOIN states s ON c.id = s.case_id"
                " GROUP BY 1 ORDER BY 1",
                "one|4|PROVED;two|5|PROVED;");
    assert_rows(scratch->path, "SELECT count(*) FROM states", "9;");
}

static void a_case_can_be_opened_again(void **context) {
    struct scratch *scratch = *context;
    char error[CP_MESSAGE_MAX];
    struct cp_log *log = create(scratch->path);
    struct cp_case one = make_case("one", 0), two = make_case("two", 0);
    struct cp_result result = make_result(CP_VERDICT_BOUNDED, false);
    int64_t first = begin_case(log, &one), second = begin_case(log, &two);
    put_states(log, first, 1, 3);
    put_states(log, second, 1, 3);
    end_case(log, first, &one, &result);
    end_case(log, second, &two, &result);
    assert_int_equal(cp_log_close(log, true), 0);
    assert_int_equal(cp_log_reopen(scratch->path, &log, error), 0);
    assert_int_equal(cp_log_restart_case(log, first, true), 0);
    assert_int_equal(cp_log_restart_case(log, second, false), 0);
    assert_rows(scratch->path, "SELECT complete, finished_at FROM run", "0|-;");
    assert_rows(scratch->path, "SELECT DISTINCT verdict, is_complete FROM cases", "-|-;");
    put_states(log, first, 4, 2);
    put_states(log, second, 1, 1);
    result.verdict = CP_VERDICT_PROVED;
    end_case(log, first, &one, &result);
    end_case(log, second, &two, &result);
    assert_int_equal(cp_log_close(log, true), 0);
    assert_rows(scratch->path, "SELECT case_id, count(*), max(id) FROM states GROUP BY 1",
                "1|5|5;2|1|1;");
    assert_rows(scratch->path, "SELECT case_id, count(*) FROM times GROUP BY 1", "1|1;2|1;");
    assert_true(cp_log_reopen("/nonexistent/run.db", &log, error) < 0);
}

struct seen {
    struct cp_look_case found;
    struct cp_state_row last;
    uint32_t case_count, state_count, site_count;
};

static int see_case(void *context, struct cp_look_case *found) {
    struct seen *seen = context;
    if (seen->case_count++ == 0) {
        seen->found = *found;
    } else {
        cp_result_free(&found->result);
    }
    return 0;
}

static int see_state(void *context, const struct cp_state_row *row) {
    struct seen *seen = context;
    seen->last = *row;
    seen->state_count++;
    return 0;
}

static int see_site(void *context, const struct cp_log_site *site) {
    struct seen *seen = context;
    seen->site_count += strcmp(site->operation, "program") == 0;
    return seen->site_count == 2 ? 7 : 0;
}

static struct cp_result full_result(const struct cp_site *site, struct cp_wear *wear) {
    struct cp_result made = make_result(CP_VERDICT_VIOLATED, true);
    made.stop = CP_STOP_CLAIMS_MET;
    made.is_complete = true;
    made.cuts_max = 2;
    made.memo_hits = 11;
    made.liveness = (struct cp_liveness){12, 13, 17, 18};
    made.uncut_programs = 19;
    made.update_us = 20;
    made.unfed_us_max = UINT32_MAX + (uint64_t)21;
    made.audit = (struct cp_audit){14, 15, 16};
    made.sites = site;
    made.site_count = 1;
    made.wear = wear;
    made.wear_count = 1;
    made.violations[0] = (struct cp_violation){.promise = CP_PROMISE_TELLS_TRUTH,
                                               .trace = "a1,t2.mask-20202020",
                                               .cuts = 2,
                                               .is_of_search = true,
                                               .indifferent = "the tear"};
    made.violation_count = 1;
    return made;
}

static void expect_cut(const struct cp_cut_run *found, const struct cp_cut_run *wanted) {
    assert_int_equal(found->edge, wanted->edge);
    assert_int_equal(found->tear, wanted->tear);
    assert_int_equal(found->first, wanted->first);
    assert_int_equal(found->last, wanted->last);
    assert_int_equal(found->outcome, wanted->outcome);
    assert_int_equal(found->final_image, wanted->final_image);
}

static void what_is_written_can_be_read_back(void **context) {
    struct scratch *scratch = *context;
    char error[CP_MESSAGE_MAX];
    struct cp_log *log = create(scratch->path);
    struct cp_case one = make_case("one", 1u << CP_PROMISE_TELLS_TRUTH), two = make_case("two", 0);
    struct cp_wear wear = {1, 2, 3, -4};
    const struct cp_site site = {.frames = {1}, .frame_count = 1, .times = 5};
    struct cp_cut_run cuts[] = {
        {CP_EDGE_AFTER, 0, 1, 40, CP_OUTCOME_STARTED, 1},
        {CP_EDGE_TORN_PROGRAM, CP_TEAR_ANY, 7, 7, CP_OUTCOME_NO_BOOT, CP_IMAGE_NONE},
        {CP_EDGE_TORN_ERASE, CP_ERASE_TEAR_COUNT + 2, 9, 12, CP_OUTCOME_DFU_MODE, CP_IMAGE_NONE},
    };
    struct cp_result result = full_result(&site, &wear);
    result.cuts = cuts;
    result.cut_count = 3;
    const struct cp_state_row row = {.id = 9,
                                     .edge = CP_EDGE_TORN_ERASE,
                                     .tear = CP_ERASE_TEAR_COUNT + 3,
                                     .site = 4,
                                     .outcome = CP_OUTCOME_DFU_MODE,
                                     .final_image = CP_IMAGE_NONE,
                                     .hash_high = UINT64_MAX - 1,
                                     .hash_low = 3};
    int64_t first = begin_case(log, &one), second = begin_case(log, &two);
    put_states(log, second, 1, 3);
    assert_int_equal(cp_log_state(log, first, &row), 0);
    put_states(log, second, 4, 3);
    end_case(log, first, &one, &result);
    assert_int_equal(cp_log_close(log, false), 0);

    struct seen seen = {0};
    struct cp_look *look = cp_look_open(scratch->path, error);
    assert_non_null(look);
    assert_int_equal(cp_look_each_case(look, see_case, &seen), 0);
    assert_int_equal(seen.case_count, 2);
    assert_string_equal(seen.found.name, "one");
    assert_int_equal(seen.found.hash, 0x3f9a1c20);
    const struct cp_result *back = &seen.found.result;
    assert_int_equal(back->verdict, CP_VERDICT_VIOLATED);
    assert_int_equal(back->stop, CP_STOP_CLAIMS_MET);
    assert_true(back->is_complete && back->expectation_met && back->cuts_max == 2);
    assert_int_equal(back->liveness.boot_operations_max, 13);
    assert_memory_equal(&back->liveness, &result.liveness, sizeof result.liveness);
    assert_int_equal(back->uncut_programs, 19);
    assert_int_equal(back->update_us, 20);
    assert_int_equal(back->revert_us, 0);
    assert_int_equal(back->unfed_us_max, UINT32_MAX + (uint64_t)21);
    assert_int_equal(back->audit.surprises, 16);
    assert_memory_equal(back->wear, &wear, sizeof wear);
    assert_int_equal(back->cut_count, 3);
    expect_cut(&back->cuts[0], &cuts[0]);
    expect_cut(&back->cuts[1], &cuts[1]);
    expect_cut(&back->cuts[2], &cuts[2]);
    assert_memory_equal(&back->violations[0], &result.violations[0], sizeof result.violations[0]);
    assert_int_equal(cp_look_each_state(look, first, see_state, &seen), 0);
    assert_int_equal(seen.state_count, 1);
    assert_memory_equal(&seen.last, &row, sizeof row);
    assert_int_equal(cp_look_each_state(look, second, see_state, &seen), 0);
    assert_int_equal(seen.state_count, 7);
    assert_int_equal(cp_look_each_state(look, 99, see_state, &seen), 0);
    assert_int_equal(seen.state_count, 7);
    assert_int_equal(cp_look_each_site(look, first, see_site, &seen), 7); // as the taker said
    cp_result_free(&seen.found.result);
    cp_look_close(look);
}

// --- steps

static struct cp_trail_step step_of(uint32_t number) {
    struct cp_trail_step step = {.event_count = 1, .mode = CP_MODE_BOOTLOADER};
    step.step.kind = number == 0 ? CP_STEP_POWER_ON : CP_STEP_EVENT;
    step.step.event_index = number;
    step.step.area = CP_AREA_COUNT;
    snprintf(step.step.text, sizeof step.step.text, "step %u", number);
    snprintf(step.active_holds, sizeof step.active_holds, number < 5000 ? "old" : "new");
    snprintf(step.state_says, sizeof step.state_says, "seed: Boot");
    step.is_near_cut = number >= 3000 && number < 3020;
    return step;
}

static void of_many_steps_the_ends_are_kept(void **context) {
    struct scratch *scratch = *context;
    struct cp_log *log = create(scratch->path);
    struct cp_log_steps *steps = cp_log_steps_new(log, 1, 1);
    assert_non_null(steps);
    for (uint32_t number = 0; number < 3000; number++) {
        const struct cp_trail_step step = step_of(number);
        assert_int_equal(cp_log_steps_add(steps, &step), 0);
    }
    assert_true(cp_log_steps_is_whole(steps)); // so far
    for (uint32_t number = 3000; number < 10000; number++) {
        const struct cp_trail_step step = step_of(number);
        assert_int_equal(cp_log_steps_add(steps, &step), 0);
    }
    assert_int_equal(cp_log_steps_end(steps), 0);
    assert_false(cp_log_steps_is_whole(steps));
    assert_int_equal(cp_log_steps_events(steps), 9999);
    assert_string_equal(cp_log_steps_active(steps), "new");
    cp_log_steps_free(steps);
    assert_int_equal(cp_log_close(log, true), 0);
    const char *path = scratch->path;
    assert_rows(path, "SELECT count(*) FROM steps", "3020;");
    assert_rows(path, "SELECT count(*) FROM steps WHERE step < 1500", "1500;");
    assert_rows(path, "SELECT count(*) FROM steps WHERE step BETWEEN 3000 AND 3019", "20;");
    assert_rows(path, "SELECT count(*) FROM steps WHERE step >= 8500", "1500;");
    assert_rows(path, "SELECT count(*) FROM steps WHERE text = 'step ' || step", "3020;");
    // Told where it changes, in the order of the rows that are there.
    assert_rows(path, "SELECT step FROM steps WHERE active_holds IS NOT NULL", "0;8500;");
    assert_rows(path, "SELECT step FROM steps WHERE state_says IS NOT NULL", "0;");
}

static void failures_are_what_nobody_claimed(void **context) {
    struct scratch *scratch = *context;
    struct cp_log *log = create(scratch->path);
    struct cp_result violated = make_result(CP_VERDICT_VIOLATED, false);
    violated.violations[0] =
        (struct cp_violation){.promise = CP_PROMISE_BOOTABLE, .trace = "a137,a12", .cuts = 2};
    violated.violation_count = 1;
    struct cp_result bounded = make_result(CP_VERDICT_BOUNDED, false);
    struct cp_result proved = make_result(CP_VERDICT_PROVED, false);
    struct cp_case plain = make_case("plain", 0);
    struct cp_case bound = make_case("bound", 0);
    struct cp_case claims_right = make_case("right", 1u << CP_PROMISE_BOOTABLE);
    struct cp_case claims_wrong = make_case("wrong", 1u << CP_PROMISE_TELLS_TRUTH);
    log_case(log, &plain, &violated);
    log_case(log, &bound, &bounded);
    log_case(log, &claims_wrong, &proved);
    violated.expectation_met = true;
    log_case(log, &claims_right, &violated);
    assert_int_equal(cp_log_close(log, true), 0);
    assert_rows(scratch->path, "SELECT scenario, kind, promise, replay_id FROM failures ORDER BY 1",
                "bound|not as expected|-|-;"
                "plain|violated|bootable|plain@3f9a1c20:a137,a12;"
                "wrong|claim does not hold|tells-truth|-;");
    assert_rows(scratch->path, "SELECT count(*) FROM unexercised WHERE kind = 'promise'", "4;");
}

static void collect(void *context, const char *name) {
    strcat(strcat(context, name), ";");
}

static void cases_are_found_again(void **context) {
    struct scratch *scratch = *context;
    struct cp_log *log = create(scratch->path);
    struct cp_case first = make_case("one", 0), second = make_case("two[a=1]", 0);
    struct cp_result result = make_result(CP_VERDICT_PROVED, true);
    log_case(log, &first, &result);
    log_case(log, &second, &result);
    assert_int_equal(cp_log_close(log, false), 0);

    char error[CP_MESSAGE_MAX], file[256], names[64] = "";
    char *yaml = NULL;
    uint32_t hash = 0;
    assert_int_equal(cp_log_find_case(scratch->path, "two[a=1]", &yaml, file, &hash, error), 0);
    assert_string_equal(yaml, "name: it's\n");
    assert_string_equal(file, "scenarios/a.yaml");
    assert_int_equal(hash, 0x3f9a1c20);
    free(yaml);
    assert_true(cp_log_find_case(scratch->path, "three", &yaml, file, &hash, error) < 0);
    assert_int_equal(cp_log_each_case(scratch->path, collect, names, error), 0);
    assert_string_equal(names, "one;two[a=1];");
}

static void write_file(const char *path, const char *text) {
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void change(const char *path, const char *sql) {
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void check_tells_files_apart(void **context) {
    struct scratch *scratch = *context;
    const char *path = scratch->path;
    char error[CP_MESSAGE_MAX];
    assert_int_equal(cp_log_check(path, error), CP_LOG_NO_FILE);
    write_file(path, "This is no database, and long enough to be taken for one if unlucky. "
                     "This is no database, and long enough to be taken for one if unlucky.");
    assert_int_equal(cp_log_check(path, error), CP_LOG_NOT_SQLITE);
    unlink(path);
    assert_int_equal(cp_log_check(scratch->directory, error), CP_LOG_UNREADABLE);
    change(path, "CREATE TABLE t(a)");
    assert_int_equal(cp_log_check(path, error), CP_LOG_NOT_OURS);
    unlink(path);
    assert_int_equal(cp_log_close(create(path), false), 0);
    assert_int_equal(cp_log_check(path, error), CP_LOG_INCOMPLETE);
    change(path, "PRAGMA user_version = 99");
    assert_int_equal(cp_log_check(path, error), CP_LOG_OTHER_SCHEMA);
    assert_non_null(strstr(error, "99"));
}

// A log that cannot be made is an error in the words of the system.
static void unwritable_place_is_an_error(void **context) {
    (void)context;
    char error[CP_MESSAGE_MAX] = "";
    struct cp_log *log;
    assert_true(cp_log_create("/nonexistent/run.db", &run, &log, error) < 0);
    assert_non_null(strstr(error, "No such file"));
    assert_null(log);
}

static _Noreturn void write_for_ever(const char *path) {
    struct cp_log *log = create(path);
    struct cp_case test_case = make_case("killed", 0);
    int64_t case_id = begin_case(log, &test_case);
    int err = 0;
    for (uint32_t id = 1; !err; id++) {
        const struct cp_state_row row = {.id = id, .hash_low = id * 0x9E3779B97F4A7C15};
        err = cp_log_state(log, case_id, &row);
    }
    _exit(1);
}

static void sleep_ms(long ms) {
    nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

static void kill_after(const char *path, long ms) {
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        write_for_ever(path);
    }
    sleep_ms(ms);
    kill(child, SIGKILL);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
}

static void killed_run_leaves_a_readable_log(void **context) {
    struct scratch *scratch = *context;
    char error[CP_MESSAGE_MAX];
    for (long ms = 60; ms <= 1500; ms = ms * 3 / 2 + 17) {
        unlink(scratch->path);
        kill_after(scratch->path, ms);
        assert_int_equal(cp_log_check(scratch->path, error), CP_LOG_INCOMPLETE);
        assert_rows(scratch->path, "PRAGMA integrity_check", "ok;");
        assert_rows(scratch->path, "SELECT complete, finished_at FROM run", "0|-;");
        assert_rows(scratch->path, "SELECT count(*) = max(id) OR count(*) = 0 FROM states", "1;");
    }
}

static void rows_are_committed_within_a_second(void **context) {
    struct scratch *scratch = *context;
    kill_after(scratch->path, 2500);
    assert_rows(scratch->path, "SELECT count(*) > 0 FROM states", "1;");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(run_is_recorded, set_up, tear_down),
        cmocka_unit_test_setup_teardown(existing_file_is_never_overwritten, set_up, tear_down),
        cmocka_unit_test_setup_teardown(states_have_names, set_up, tear_down),
        cmocka_unit_test_setup_teardown(cases_can_be_open_at_the_same_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_case_can_be_opened_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_written_can_be_read_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(of_many_steps_the_ends_are_kept, set_up, tear_down),
        cmocka_unit_test_setup_teardown(failures_are_what_nobody_claimed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(cases_are_found_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(check_tells_files_apart, set_up, tear_down),
        cmocka_unit_test_setup_teardown(unwritable_place_is_an_error, set_up, tear_down),
        cmocka_unit_test_setup_teardown(killed_run_leaves_a_readable_log, set_up, tear_down),
        cmocka_unit_test_setup_teardown(rows_are_committed_within_a_second, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

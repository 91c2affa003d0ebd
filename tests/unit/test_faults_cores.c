// test_faults_cores.c: the two engines agree on every faulty core.
//
// Each core of tests/faulty/ is searched by both on small flashes with few cuts, with
// every promise claimed to be broken so that no violation ends the search: the same
// states, the same promises broken, and a trace of each that a replay breaks again.

#include "case_fixture.h"

#include "faults/replay.h"

#include <dirent.h>

// Where the build puts the cores; tests/CMakeLists.txt says it. Those with a faulty driver
// lie there as well, but are not among these patches: they need cases of their own parts.
static const char cores[] = CP_TESTS_CORES;
static const char patches[] = "tests/faulty";

static struct cp_case swap_case(void) {
    return fixture_case(64, CP_FIRMWARE_EITHER);
}

static struct cp_case download_case(void) {
    struct cp_case test_case = fixture_case(64, CP_FIRMWARE_BAD);
    test_case.dfu_image = CP_IMAGE_NONE;
    test_case.download = CP_DOWNLOAD_AS_IT_GOES;
    test_case.chunk_size_bytes = 32;
    test_case.after_revert = CP_AFTER_REVERT_RETRY;
    return test_case;
}

static struct cp_case careless_case(void) {
    struct cp_case test_case = download_case();
    test_case.images[NEW_IMAGE].firmware = CP_FIRMWARE_CARELESS;
    test_case.images[NEW_IMAGE].next = OLD_IMAGE;
    return test_case;
}

static struct cp_case external_case(void) {
    struct cp_case test_case = fixture_case(64, CP_FIRMWARE_BAD);
    test_case.devices[1] = *cp_part_find("nvmc-8k");
    test_case.devices[1].erase_size_bytes = 128;
    test_case.devices[1].size_bytes = 512;
    test_case.device_count = 2;
    test_case.areas[CP_AREA_DFU] = (struct cp_program_area){1, 0, 256};
    test_case.dfu_image = CP_IMAGE_NONE;
    test_case.download = CP_DOWNLOAD_PREPARE;
    test_case.detach = test_case.dfu_host_present = true;
    return test_case;
}

// --- one core

static void ignore_step(void *context, const struct cp_step *step) {
    (void)context;
    (void)step;
}

// Its trace breaks the promise, with as many cuts as it says.
static void expect_replayed(const struct cp_case *given, const struct cp_program *program,
                            const struct cp_violation *found) {
    struct cp_case test_case = *given;
    struct cp_violation replayed;
    char error[CP_MESSAGE_MAX] = "";
    test_case.promises = BIT(found->promise);
    int broken = cp_replay(&test_case, program, found->trace, ignore_step, NULL, &replayed, error);
    assert_string_equal(error, "");
    assert_int_equal(broken, 1);
    assert_int_equal(replayed.promise, found->promise);
    assert_int_equal(replayed.cuts, found->cuts);
}

static uint32_t expect_same(const struct cp_case *test_case, const struct cp_program *program) {
    struct reached slow = fixture_explore_by(CP_ENGINE_SLOW, test_case, program);
    struct reached fast = fixture_explore_by(CP_ENGINE_FAST, test_case, program);
    const uint32_t broken = violated_bits(&slow.result);
    if (!is_same_set(&fast, &slow) || violated_bits(&fast.result) != broken ||
        fast.result.verdict != slow.result.verdict) {
        fail_msg("%s: fast %zu states, promises %x; slow %zu states, promises %x", program->name,
                 fast.hash_count, (unsigned)violated_bits(&fast.result), slow.hash_count,
                 (unsigned)broken);
    }
    for (uint32_t i = 0; i < slow.result.violation_count; i++) {
        const struct cp_violation *found = &slow.result.violations[i];
        expect_replayed(test_case, program, found);
        assert_int_equal(found->cuts, violation_of(&fast.result, found->promise)->cuts);
    }
    reached_free(&slow);
    reached_free(&fast);
    return broken;
}

// Two slots, to and fro.
static struct cp_case slots_case(void) {
    struct cp_case made = fixture_case(128, CP_FIRMWARE_EITHER);
    made.devices[0].erase_size_bytes = 128;
    made.devices[0].size_bytes = 8 * 128;
    fixture_area(&made, CP_AREA_STATE, 1, 2);
    fixture_area(&made, CP_AREA_ACTIVE, 3, 1);
    fixture_area(&made, CP_AREA_DFU, 4, 1);
    made.images[OLD_IMAGE].size_bytes = made.images[NEW_IMAGE].size_bytes = 64;
    made.images[OLD_IMAGE].slot = CP_AREA_ACTIVE;
    made.images[NEW_IMAGE].slot = CP_AREA_DFU;
    made.images[NEW_IMAGE].next = OLD_IMAGE;
    snprintf(made.format, sizeof(made.format), "journal");
    made.is_direct = made.tells_reset_cause = true;
    made.dfu_image = CP_IMAGE_NONE;
    made.download = CP_DOWNLOAD_AS_IT_GOES;
    made.erases_per_update_max = 4;
    return made;
}

static uint32_t broken_by(const struct cp_program *program) {
    struct cp_case cases[] = {swap_case(), download_case(), careless_case(), external_case(),
                              slots_case()};
    uint32_t broken = 0;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct cp_case test_case = fixture_relentless(cases[i]);
        test_case.bounds.cuts_max = i == 0 ? 2 : 1;
        broken |= expect_same(&test_case, program);
    }
    return broken;
}

// --- all of them

// One is no function of the flash: what it does depends on what was run before.
static bool is_patch(const char *name) {
    const char *end = strrchr(name, '.');
    return end && strcmp(end, ".patch") == 0 && strcmp(name, "keeps_a_counter.patch") != 0;
}

static void test_every_faulty_core(void **state) {
    (void)state;
    const uint32_t broken_anyway = broken_by(&cp_program);
    uint32_t count = 0, caught = 0;
    DIR *folder = opendir(patches);
    assert_non_null(folder);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        if (!is_patch(entry->d_name)) {
            continue;
        }
        char path[1024], error[CP_MESSAGE_MAX];
        const int length = (int)strcspn(entry->d_name, ".");
        snprintf(path, sizeof(path), "%s/%.*s.so", cores, length, entry->d_name);
        const struct cp_program *program = cp_program_load(path, error);
        if (!program) {
            fail_msg("%s", error);
        }
        count++;
        caught += (broken_by(program) & ~broken_anyway) != 0;
    }
    closedir(folder);
    assert_true(count >= 31);
    // The others break only what the seed format breaks as well, with few cuts.
    assert_true(caught >= 20);
    print_message("%u cores, %u of them break more than the real one\n", count, caught);
}

// What it does changes when it has been booted often enough.
static void test_core_that_is_no_function_of_the_flash(void **state) {
    (void)state;
    char error[CP_MESSAGE_MAX];
    const struct cp_program *program = cp_program_load(CP_TESTS_CORES "/keeps_a_counter.so", error);
    assert_non_null(program);
    const struct cp_case test_case = fixture_relentless(swap_case());
    struct reached slow = fixture_explore_by(CP_ENGINE_SLOW, &test_case, program);
    assert_int_equal(slow.result.verdict, CP_VERDICT_ERROR);
    assert_int_equal(slow.result.stop, CP_STOP_NO_FUNCTION);
    reached_free(&slow);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_faulty_core),
        cmocka_unit_test(test_core_that_is_no_function_of_the_flash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

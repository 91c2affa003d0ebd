// test_scenarios_faults.c: the keys of faults, as they are listed or as parts have them,
// and the limits of time.

#include "test_scenarios_text.h"

#define FAULTS                                                                                     \
    "  cut: every-event\n  during: [bootloader]\n"                                                 \
    "  torn_program: [bytes-1, highest-bit-missing]\n"                                             \
    "  torn_erase: [first-half, 0x20202020]\n  torn_in: [state, dfu]\n"

#define SPI "external: {part: w25q64jv}\nlayout:\n"

// The plain scenario with other faults; `extra` goes before its layout. In DFU on an
// external chip if there is one.
static struct loaded load_faults(const char *faults, const char *before_layout) {
    char *good = text_of(PLAIN), *one = text_with(good, FAULTS, faults);
    char *two = text_with(one, "layout:\n", before_layout);
    bool is_external = strstr(before_layout, "external") != NULL;
    char *three = text_with(two, "68KiB}", is_external ? "68KiB, device: external}" : "68KiB}");
    struct loaded loaded = load_text(three);
    free(three);
    free(two);
    free(one);
    free(good);
    return loaded;
}

static struct cp_fault_model faults_of(struct loaded loaded) {
    if (loaded.error_count != 0) {
        print_error("%s\n", loaded.errors);
    }
    assert_int_equal(loaded.error_count, 0);
    struct cp_fault_model faults = loaded.list.cases[0].faults;
    unload(&loaded);
    return faults;
}

static void listed_faults(void **state) {
    (void)state;
    struct cp_fault_model faults = faults_of(load_faults("  cut: none\n", "layout:\n"));
    assert_false(faults.reset || faults.external_dies || faults.cut);
    assert_int_equal(faults.operation_errors | faults.errors_max, 0);
    faults = faults_of(load_faults("  cut: every-event\n  reset: true\n  external_dies: true\n"
                                   "  operation_errors: [silent]\n",
                                   SPI));
    assert_true(faults.reset && faults.external_dies && faults.cut);
    assert_int_equal(faults.operation_errors, 1u << CP_ERROR_SILENT);
    assert_int_equal(faults.errors_max, 1);
    faults = faults_of(load_faults("  cut: none\n  operation_errors: [silent]\n  errors: 3\n"
                                   "  torn_erase: [any, weak]\n",
                                   "layout:\n"));
    assert_int_equal(faults.errors_max, 3);
    assert_int_equal(faults.erase_tears, 1u << CP_TEAR_ERASE_ANY | 1u << CP_TEAR_ERASE_WEAK);
}

static void faults_of_a_part(void **state) {
    (void)state;
    struct cp_fault_model faults = faults_of(load_faults("  model: part\n", "layout:\n"));
    assert_true(faults.cut);
    assert_int_equal(faults.cut_phases, (1u << CP_PHASE_COUNT) - 1u);
    assert_int_equal(faults.program_tears, 1u << CP_TEAR_ANY);
    assert_int_equal(faults.erase_tears, 1u << CP_TEAR_ERASE_ANY | 1u << CP_TEAR_ERASE_WEAK);
    assert_int_equal(faults.torn_reads, CP_TORN_READS_UNSTABLE);
    assert_int_equal(faults.operation_errors, 1u << CP_ERROR_SILENT);
    assert_int_equal(faults.errors_max, 1);
    assert_false(faults.reset || faults.external_dies);
    faults = faults_of(load_faults("  model: part\n", SPI));
    assert_true(faults.reset && faults.external_dies);
}

static void keys_override_the_part(void **state) {
    (void)state;
    struct cp_fault_model faults = faults_of(
        load_faults("  {model: part, cut: none, torn_program: [low-half], torn_erase: none,"
                    " torn_reads: stable, reset: false, external_dies: false,"
                    " operation_errors: none, torn_in: [dfu], during: [application]}\n",
                    SPI));
    assert_false(faults.cut || faults.reset || faults.external_dies);
    assert_int_equal(faults.cut_phases, 1u << CP_PHASE_APPLICATION);
    assert_int_equal(faults.program_tears, 1u << CP_TEAR_LOW_HALF);
    assert_int_equal(faults.erase_tears, 0);
    assert_int_equal(faults.torn_reads, CP_TORN_READS_STABLE);
    assert_int_equal(faults.torn_areas, 1u << CP_AREA_DFU);
    assert_int_equal(faults.operation_errors | faults.errors_max, 0);
    faults = faults_of(load_faults("  model: part\n  errors: 2\n", "layout:\n"));
    assert_int_equal(faults.errors_max, 2);
}

// An area can be torn as its own part can be; it is enough that one of them can.
static void faults_of_one_part_of_two(void **state) {
    (void)state;
    char *good = text_of(PLAIN);
    char *cuts = text_with(good, FAULTS, "  cut: every-event\n  torn_program: [uncorrectable]\n");
    char *part = text_with(cuts, "nrf52840, programs_per_word: 1", "stm32l476rg");
    char *chip = text_with(part, "layout:\n", SPI);
    char *apart = text_with(chip, "68KiB}", "68KiB, device: external}");
    char *only_dfu = text_with(apart, "[uncorrectable]\n", "[uncorrectable]\n  torn_in: [dfu]\n");
    struct loaded both = load_text(apart), external = load_text(only_dfu);
    assert_null(strstr(both.errors, "uncorrectable"));
    assert_non_null(strstr(external.errors, "t.yaml:21:18: error: 'uncorrectable' needs a part "
                                            "with uncorrectable below the areas of 'torn_in'\n"));
    assert_non_null(strstr(external.errors, "help: w25q64jv has torn-program, "));
    unload(&both);
    unload(&external);
    free(only_dfu);
    free(apart);
    free(chip);
    free(part);
    free(cuts);
    free(good);
}

// `all` the ways to fail are those that the part has.
static void errors_of_a_part(void **state) {
    (void)state;
    struct cp_fault_model faults =
        faults_of(load_faults("  cut: none\n  operation_errors: all\n", "layout:\n"));
    assert_int_equal(faults.operation_errors, 1u << CP_ERROR_SILENT);
}

static void limits_of_time(void **state) {
    (void)state;
    char *good = text_of(PLAIN);
    char *timed = text_with(good, "properties: [bootable, ",
                            "watchdog: 2s\nuptime: 500ms\nproperties: [bootable, progresses, ");
    struct loaded loaded = load_text(timed), plain = load_text(good);
    assert_int_equal(loaded.error_count, 0);
    assert_int_equal(loaded.list.cases[0].watchdog_us, 2000000);
    assert_int_equal(loaded.list.cases[0].uptime_max_us, 500000);
    assert_true(loaded.list.cases[0].promises >> CP_PROMISE_PROGRESSES & 1u);
    assert_int_equal(plain.list.cases[0].watchdog_us | plain.list.cases[0].uptime_max_us, 0);
    unload(&loaded);
    unload(&plain);
    free(timed);
    free(good);
}

#define NRF52840_HAS                                                                               \
    "nrf52840 has torn-program, torn-erase, weak-erase, unstable-reads, error-silent"

static const struct mistake mistakes[] = {
    {PLAIN, "  cut: every-event\n", "", "18:1: error: the key 'cut' is missing",
     "Cut the power before and after each flash operation and milestone. Required, but with "
     "`model: part`."},
    {PLAIN, "cut: every-event", "cut: every-event\n  model: parts",
     "20:10: error: unknown model 'parts'", "did you mean 'part'?"},
    {PLAIN, "cut: every-event", "cut: every-event\n  errors: 2",
     "20:3: error: 'errors' has no meaning without 'operation_errors'",
     "say how they fail: operation_errors: [silent]"},
    {PLAIN, "cut: every-event", "cut: every-event\n  operation_errors: [quiet]",
     "20:22: error: unknown operation_errors 'quiet'", "one of: reported, silent"},
    {PLAIN, "[bytes-1,", "[uncorrectable,",
     "21:18: error: 'uncorrectable' needs a part with uncorrectable below the areas of 'torn_in'",
     NRF52840_HAS},
    {PLAIN, "0x20202020", "uncorrectable",
     "22:28: error: 'uncorrectable' needs a part with uncorrectable below the areas of 'torn_in'",
     NRF52840_HAS},
    {PLAIN, "cut: every-event", "cut: every-event\n  operation_errors: [silent, reported]",
     "20:30: error: 'reported' needs a part with error-reported below the areas of 'torn_in'",
     NRF52840_HAS},
    {PLAIN, "cut: every-event", "cut: every-event\n  reset: true",
     "20:3: error: 'reset' needs a part with survives-reset", NRF52840_HAS},
    {PLAIN, "cut: every-event", "model: part\n  external_dies: true",
     "20:3: error: 'external_dies' needs a part with loses-power-first", NRF52840_HAS},
    {PLAIN, "explore: {", "watchdog: 2s\nexplore: {",
     "24:1: error: 'watchdog' has no meaning without 'progresses'",
     "add `progresses` to `properties`, so that it is checked"},
    {PLAIN, "properties: [", "uptime: 500\nproperties: [progresses, ",
     "25:9: error: '500' has no unit", NULL},
};

static void mistakes_in_faults(void **state) {
    (void)state;
    check_mistakes(mistakes, sizeof(mistakes) / sizeof(mistakes[0]));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(listed_faults),
        cmocka_unit_test(faults_of_a_part),
        cmocka_unit_test(keys_override_the_part),
        cmocka_unit_test(limits_of_time),
        cmocka_unit_test(faults_of_one_part_of_two),
        cmocka_unit_test(errors_of_a_part),

        cmocka_unit_test(mistakes_in_faults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

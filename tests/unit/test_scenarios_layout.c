// test_scenarios_layout.c: layouts on parts whose pages differ, or that have holes, and the
// write sizes of several devices.

#include "test_scenarios_text.h"

#include "faults/explore.h"

// 512 KiB, a hole of as much, 512 KiB; all in 128 KiB pages.
#define HOLED                                                                                      \
    "schema: 1\nname: samples/holed\nabout: On both sides of a hole.\n"                            \
    "target: {part: stm32h743vg}\nlayout:\n"                                                       \
    "  bootloader: {at: 0x0, size: 128KiB}\n"                                                      \
    "  state:  {at: 0x20000, size: 128KiB}\n"                                                      \
    "  active: {at: 0x40000, size: 128KiB}\n"                                                      \
    "  dfu:    {at: 0x100000, size: 256KiB}\n"                                                     \
    "images: {old: {size: 64KiB}, new: {size: 32KiB}}\n"                                           \
    "lifecycle: {start: old, dfu: new, updates: [new]}\n"                                          \
    "faults: {cut: none}\nproperties: [bootable]\nexpect: {verdict: proved}\n"

struct wrong {
    const char *find, *replace, *error, *help;
};

static bool is_found(const char *good, const struct wrong *wrong) {
    char help[300];
    char *bad = text_with(good, wrong->find, wrong->replace);
    struct loaded loaded = load_text(bad);
    snprintf(help, sizeof(help), "      = help: %s\n", wrong->help);
    bool is_right = loaded.error_count == 1 && strstr(loaded.errors, wrong->error) != NULL &&
                    strstr(loaded.errors, help) != NULL;
    if (!is_right) {
        print_error("expected %s\n%s\nfound %d:\n%s\n", wrong->error, wrong->help,
                    loaded.error_count, loaded.errors);
    }
    unload(&loaded);
    free(bad);
    return is_right;
}

static void both_sides_of_a_hole(void **state) {
    (void)state;
    struct loaded loaded = load_text(HOLED);
    assert_string_equal(loaded.errors, "");
    unload(&loaded);
    static const struct wrong wrongs[] = {
        {"at: 0x100000", "at: 0x80000", "t.yaml:9:16: error: 'dfu' begins where there is no flash",
         "stm32h743vg has a hole from 0x80000 to 0x100000"},
        {"at: 0x100000", "at: 0x60000",
         "t.yaml:9:31: error: 'dfu' does not lie in pages of one size",
         "stm32h743vg has no flash from 0x80000 to 0x100000"},
        {"at: 0x100000", "at: 0x108000",
         "t.yaml:9:16: error: 'at' of 'dfu' is not a multiple of the erase size",
         "pages of stm32h743vg are 128KiB there; 0x100000 and 0x120000 are the nearest"},
        {"size: 64KiB", "size: 65520B",
         "t.yaml:10:22: error: the size of image 'old' is not whole words", "words are 32B"},
    };
    bool all_right = true;
    for (size_t i = 0; i < sizeof(wrongs) / sizeof(wrongs[0]); i++) {
        all_right = is_found(HOLED, &wrongs[i]) && all_right;
    }
    assert_true(all_right);
}

// Four pages of 16 KiB, one of 64 KiB, and seven of 128 KiB.
#define MIXED                                                                                      \
    "schema: 1\nname: samples/mixed\nabout: In pages of three sizes.\n"                            \
    "target: {part: stm32f407vg, erase_time: 3s}\nlayout:\n"                                       \
    "  bootloader: {at: 0x0, size: 48KiB}\n"                                                       \
    "  state:  {at: 0xC000, size: 16KiB}\n"                                                        \
    "  active: {at: 0x10000, size: 64KiB}\n"                                                       \
    "  dfu:    {at: 0x20000, size: 256KiB}\n"                                                      \
    "images: {old: {size: 64KiB}, new: {size: 32KiB}}\n"                                           \
    "lifecycle: {start: old, dfu: new, updates: [new]}\n"                                          \
    "faults: {cut: none}\nproperties: [bootable]\nexpect: {verdict: proved}\n"

static void pages_of_three_sizes(void **state) {
    (void)state;
    char *good =
        text_with(MIXED, "active: {at: 0x10000, size: 64KiB", "active: {at: 0x60000, size: 128KiB");
    struct loaded loaded = load_text(good);
    assert_string_equal(loaded.errors, "");
    assert_int_equal(loaded.list.cases[0].devices[0].regions[1].erase_time_us, 3000000);
    unload(&loaded);
    static const struct wrong wrongs[] = {
        {"{at: 0x0, size: 48KiB}", "{at: 0x0, size: 40KiB}",
         "t.yaml:6:31: error: 'size' of 'bootloader' is not a multiple of the erase size",
         "pages of stm32f407vg are 16KiB there; 0x8000 and 0xC000 are the nearest"},
        {"{at: 0xC000, size: 16KiB}", "{at: 0xC000, size: 80KiB}",
         "t.yaml:7:30: error: 'state' does not lie in pages of one size",
         "pages of stm32f407vg are 16KiB from 0x0 to 0x10000, and 64KiB then"},
        {"{at: 0x60000, size: 128KiB}", "{at: 0x68000, size: 128KiB}",
         "t.yaml:8:16: error: 'at' of 'active' is not a multiple of the erase size",
         "pages of stm32f407vg are 128KiB there; 0x60000 and 0x80000 are the nearest"},
        {"0xC000, size: 16KiB}", "0x10000, size: 16KiB}",
         "t.yaml:7:31: error: 'size' of 'state' is not a multiple of the erase size",
         "pages of stm32f407vg are 64KiB there; 0x0 and 0x10000 are the nearest"},
    };
    bool all_right = true;
    for (size_t i = 0; i < sizeof(wrongs) / sizeof(wrongs[0]); i++) {
        all_right = is_found(good, &wrongs[i]) && all_right;
    }
    assert_true(all_right);
    free(good);
    // A page unit is the larger of the two page sizes.
    loaded = load_text(MIXED);
    assert_non_null(
        strstr(loaded.errors, "8:31: error: 'active' is not a whole number of page units"));
    assert_non_null(strstr(loaded.errors, "the larger page size of 'active' and 'dfu': 128KiB"));
    unload(&loaded);
}

// A part that programs half words has images of whole words all the same.
static void half_words(void **state) {
    (void)state;
    char *good = text_of(PLAIN);
    char *part = text_with(good, "{part: nrf52840, programs_per_word: 1,", "{part: stm32f103zg,");
    char *odd = text_with(part, "old: {size: 64KiB}", "old: {size: 1022B}");
    struct loaded fits = load_text(part), loaded = load_text(odd);
    assert_string_equal(fits.errors, "");
    assert_int_equal(loaded.error_count, 1);
    assert_non_null(strstr(loaded.errors, "the size of image 'old' is not whole words"));
    unload(&fits);
    unload(&loaded);
    free(odd);
    free(part);
    free(good);
}

// The bootloader is not written: its pages may differ, but they are whole.
static void bootloader_in_pages_of_two_sizes(void **state) {
    (void)state;
    char *one = text_with(MIXED, "{at: 0x0, size: 48KiB}\n  state:  {at: 0xC000, size: 16KiB}",
                          "{at: 0x0, size: 128KiB}\n  state:  {at: 0x80000, size: 128KiB}");
    char *good =
        text_with(one, "active: {at: 0x10000, size: 64KiB", "active: {at: 0x60000, size: 128KiB");
    struct loaded loaded = load_text(good);
    assert_string_equal(loaded.errors, "");
    unload(&loaded);
    static const struct wrong wrong = {
        "0x0, size: 128KiB", "0x0, size: 96KiB",
        "t.yaml:6:31: error: 'size' of 'bootloader' is not a multiple of the erase size",
        "pages of stm32f407vg are 64KiB there; 0x10000 and 0x20000 are the nearest"};
    assert_true(is_found(good, &wrong));
    free(good);
    free(one);
}

// Pages of 6 KiB and of 4 KiB cannot be swapped with one another.
static void pages_that_do_not_divide(void **state) {
    (void)state;
    char *good = text_of(PLAIN);
    char *external = text_with(good, "layout:\n",
                               "external: {part: nvmc-8k, erase_size: 6KiB, size: 1020KiB}\n"
                               "layout:\n");
    char *text = text_with(external, "dfu:    {at: 0x17000, size: 68KiB",
                           "dfu:    {at: 0x0, size: 120KiB, device: external");
    struct loaded loaded = load_text(text);
    assert_non_null(strstr(loaded.errors, "t.yaml:11:3: error: pages of 'dfu' and 'active' do not "
                                          "divide one another\n"));
    assert_non_null(strstr(loaded.errors, "help: they are 6KiB and 4KiB\n"));
    unload(&loaded);
    free(text);
    free(external);
    free(good);
}

// What a case is explored with must divide every page: 6 KiB and 8 KiB have 2 KiB in common.
static void odd_pages_can_be_explored(void **state) {
    (void)state;
    char *good = text_of(PLAIN), error[CP_MESSAGE_MAX];
    char *external = text_with(good, "layout:\n",
                               "external: {part: nvmc-8k, erase_size: 6KiB, size: 1020KiB}\n"
                               "layout:\n");
    char *text = text_with(external, "explore: {cuts: 3, time: 60s}", "explore: {cuts: 0}");
    struct loaded loaded = load_text(text);
    assert_string_equal(loaded.errors, "");
    struct cp_result result;
    cp_explore(&loaded.list.cases[0], cp_program_load(NULL, error), NULL, NULL, &result);
    assert_int_not_equal(result.verdict, CP_VERDICT_ERROR);
    cp_result_free(&result);
    unload(&loaded);
    free(text);
    free(external);
    free(good);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_sides_of_a_hole),
        cmocka_unit_test(pages_of_three_sizes),
        cmocka_unit_test(half_words),
        cmocka_unit_test(bootloader_in_pages_of_two_sizes),
        cmocka_unit_test(pages_that_do_not_divide),
        cmocka_unit_test(odd_pages_can_be_explored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

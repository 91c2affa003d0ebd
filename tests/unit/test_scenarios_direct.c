// test_scenarios_direct.c: what a scenario says of two slots, and what does not go together.

#include "test_scenarios_text.h"

#define DIRECT                                                                                     \
    "schema: 1\nname: samples/direct\nabout: Two slots.\n"                                         \
    "target: {part: nrf52840}\nformat: journal\nstrategy: direct\n"                                \
    "layout:\n"                                                                                    \
    "  bootloader: {at: 0x0, size: 4KiB}\n"                                                        \
    "  state:   {at: 0x1000, size: 8KiB}\n"                                                        \
    "  active:  {at: 0x4000, size: 12KiB}\n"                                                       \
    "  dfu:     {at: 0x8000, size: 8KiB}\n"                                                        \
    "  buffer: 96B\n"                                                                              \
    "images:\n"                                                                                    \
    "  old: {size: 12KiB, slot: a}\n"                                                              \
    "  new: {size: 8KiB, slot: b}\n"                                                               \
    "lifecycle: {start: old, updates: [new], download: prepare, chunk: 64B}\n"                     \
    "faults: {cut: none}\nproperties: [bootable]\nexpect: {verdict: proved}\n"

static void slots_of_any_size(void **state) {
    (void)state;
    struct loaded loaded = load_text(DIRECT);
    assert_string_equal(loaded.errors, "");
    const struct cp_case *c = &loaded.list.cases[0];
    assert_true(c->is_direct);
    assert_int_equal(c->images[0].slot, CP_AREA_ACTIVE);
    assert_int_equal(c->images[1].slot, CP_AREA_DFU);
    assert_int_equal(c->erases_per_update_max, 4);
    unload(&loaded);
}

static void swap_unless_it_is_said(void **state) {
    (void)state;
    struct cp_case_list list = {0};
    assert_int_equal(cp_scenarios_load(PLAIN, &list, stderr), 0);
    assert_false(list.cases[0].is_direct);
    assert_int_equal(list.cases[0].images[0].slot, CP_AREA_ACTIVE);
    cp_case_list_free(&list);
}

struct wrong {
    const char *find, *replace, *error, *help;
};

static const struct wrong wrongs[] = {
    {"format: journal\n", "", "'strategy: direct' goes only with 'format: journal'",
     "no other format can say which slot to start"},
    {"strategy: direct", "strategy: dircet", "unknown strategy 'dircet'", "did you mean 'direct'?"},
    {"strategy: direct\n", "", "'slot' has no meaning without 'strategy: direct'", NULL},
    {"strategy: direct\n", "", "'dfu' is not one page unit larger than 'active'", NULL},
    {"strategy: direct\n", "", "'buffer' does not divide the page unit", NULL},
    {", slot: b", "", "the key 'slot' is missing",
     "say for which slot image 'new' is linked: a or b"},
    {"slot: b", "slot: c", "unknown slot 'c'", NULL},
    {"size: 12KiB, slot: a", "size: 8KiB, slot: b", "image 'old' is not linked for slot a",
     "a device is delivered with its image in slot a, 'active'"},
    {"size: 8KiB, slot: b", "size: 12KiB, slot: b", "image 'new' is larger than 'dfu'",
     "'dfu' has 8KiB"},
    {"dfu:     {at: 0x8000, size: 8KiB}\n",
     "dfu:     {at: 0x8000, size: 8KiB}\n  factory: {at: 0xC000, size: 12KiB}\n",
     "'factory' goes only with 'strategy: swap'", "nothing is copied with 'strategy: direct'"},
    {"buffer: 96B", "buffer: 6B", "'buffer' is not a multiple of the write size", NULL},
    {"0x1000, size: 8KiB", "0x1000, size: 4KiB",
     "'state' is too small for the two halves of a journal",
     "format journal needs 68B in each: 32B + (1 + 2 * 0 pages + 8) * 4B"},
};

static bool is_found(const struct wrong *wrong) {
    char *text = text_with(DIRECT, wrong->find, wrong->replace);
    struct loaded loaded = load_text(text);
    bool is_right = loaded.error_count > 0 && strstr(loaded.errors, wrong->error) != NULL &&
                    (wrong->help == NULL || strstr(loaded.errors, wrong->help) != NULL);
    if (!is_right) {
        print_error("expected %s\nfound %d:\n%s\n", wrong->error, loaded.error_count,
                    loaded.errors);
    }
    free(text);
    unload(&loaded);
    return is_right;
}

static void what_does_not_go_together(void **state) {
    (void)state;
    bool all_right = true;
    for (size_t i = 0; i < sizeof(wrongs) / sizeof(wrongs[0]); i++) {
        all_right = is_found(&wrongs[i]) && all_right;
    }
    assert_true(all_right);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slots_of_any_size),
        cmocka_unit_test(swap_unless_it_is_said),
        cmocka_unit_test(what_does_not_go_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

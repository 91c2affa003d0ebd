// test_scenarios_journal.c: what a scenario says of the format journal: trials, signatures, an
// image of last resort; and what does not go together.

#include "test_scenarios_text.h"

#define JOURNAL                                                                                    \
    "schema: 1\nname: samples/journal\nabout: All that the journal has.\n"                         \
    "target: {part: nrf52840}\nformat: journal\n"                                                  \
    "trial: {attempts: 3}\n"                                                                       \
    "security: {signed: true, rollback_protection: true, verify_each_boot: true}\n"                \
    "layout:\n"                                                                                    \
    "  bootloader: {at: 0x0, size: 4KiB}\n"                                                        \
    "  state:   {at: 0x1000, size: 8KiB}\n"                                                        \
    "  active:  {at: 0x4000, size: 8KiB}\n"                                                        \
    "  dfu:     {at: 0x8000, size: 12KiB}\n"                                                       \
    "  factory: {at: 0xC000, size: 8KiB}\n"                                                        \
    "images:\n"                                                                                    \
    "  old: {size: 8KiB, security_counter: 5}\n"                                                   \
    "  new: {size: 4KiB, signature: bit-flipped, security_counter: 4294967295}\n"                  \
    "  spare: {size: 8KiB}\n"                                                                      \
    "lifecycle: {start: old, dfu: new, updates: [new], factory: spare, damaged: both}\n"           \
    "faults: {cut: none}\nproperties: [bootable, authentic, no-downgrade, last-resort, "           \
    "error-safe]\nexpect: {verdict: proved}\n"

static void all_that_the_journal_has(void **state) {
    (void)state;
    struct loaded loaded = load_text(JOURNAL);
    assert_string_equal(loaded.errors, "");
    const struct cp_case *c = &loaded.list.cases[0];
    assert_string_equal(c->format, "journal");
    assert_true(c->tells_reset_cause);
    assert_int_equal(c->trial_attempts, 3);
    assert_true(c->is_signed && c->has_rollback_protection && c->verifies_each_boot);
    assert_true(c->application_verifies);
    assert_int_equal(c->areas[CP_AREA_FACTORY].offset_bytes, 0xC000);
    assert_int_equal(c->areas[CP_AREA_FACTORY].size_bytes, 8192);
    assert_int_equal(c->images[0].security_counter, 5);
    assert_int_equal(c->images[0].signature, CP_SIGNATURE_VALID);
    assert_int_equal(c->images[1].security_counter, UINT32_MAX);
    assert_int_equal(c->images[1].signature, CP_SIGNATURE_BIT_FLIPPED);
    assert_int_equal(c->factory_image, 2);
    assert_int_equal(c->damaged, CP_DAMAGED_ACTIVE | CP_DAMAGED_STATE);
    assert_int_equal(c->promises, 1u << CP_PROMISE_BOOTABLE | 1u << CP_PROMISE_AUTHENTIC |
                                      1u << CP_PROMISE_NO_DOWNGRADE | 1u << CP_PROMISE_LAST_RESORT |
                                      1u << CP_PROMISE_ERROR_SAFE);
    assert_int_equal(c->erases_per_update_max, 6); // two attempts more than one
    unload(&loaded);
}

// Without any of it nothing is different.
static void the_seed_has_none_of_it(void **state) {
    (void)state;
    struct cp_case_list list = {0};
    assert_int_equal(cp_scenarios_load(PLAIN, &list, stderr), 0);
    const struct cp_case *c = &list.cases[0];
    assert_false(c->tells_reset_cause);
    assert_int_equal(c->trial_attempts, 1);
    assert_false(c->is_signed || c->has_rollback_protection || c->verifies_each_boot);
    assert_int_equal(c->areas[CP_AREA_FACTORY].size_bytes, 0);
    assert_int_equal(c->factory_image, CP_IMAGE_NONE);
    assert_int_equal(c->damaged, 0);
    assert_false(c->dfu_mode_times_out);
    assert_int_equal(c->erases_per_update_max, 3);
    cp_case_list_free(&list);
}

struct change {
    const char *find, *replace;
};

static char *changed(const char *text, const struct change *changes) {
    char *result = calloc(1, strlen(text) + 1);
    assert_non_null(result);
    memcpy(result, text, strlen(text));
    for (; changes->find != NULL; changes++) {
        char *next = text_with(result, changes->find, changes->replace);
        free(result);
        result = next;
    }
    return result;
}

static struct loaded load_changed(const struct change *changes) {
    char *text = changed(JOURNAL, changes);
    struct loaded loaded = load_text(text);
    free(text);
    return loaded;
}

static void erases_of_an_update(void **state) {
    (void)state;
    static const struct change detach[] = {
        {"damaged: both", "detach: true, dfu_host: absent, dfu_timeout: true"},
        {"dfu: new, ", "download: prepare, "},
        {NULL, NULL}};
    struct loaded loaded = load_changed(detach);
    assert_string_equal(loaded.errors, "");
    assert_int_equal(loaded.list.cases[0].erases_per_update_max, 8);
    assert_true(loaded.list.cases[0].dfu_mode_times_out);
    unload(&loaded);
    static const struct change said[] = {{"faults:", "wear: {erases_per_update: 5}\nfaults:"},
                                         {NULL, NULL}};
    loaded = load_changed(said);
    assert_string_equal(loaded.errors, "");
    assert_int_equal(loaded.list.cases[0].erases_per_update_max, 5);
    unload(&loaded);
}

struct wrong {
    struct change changes[4];
    const char *error, *help;
};

static const struct wrong wrongs[] = {
    {{{"format: journal\n", "format: seed\n"},
      {"security: {signed: true, rollback_protection: true, verify_each_boot: true}\n", ""},
      {", signature: bit-flipped, security_counter: 4294967295", ""},
      {", security_counter: 5", ""}},
     "'trial' has no meaning without 'format: journal'",
     "the format seed knows nothing of it"},
    {{{"format: journal\n", ""}}, "'security' has no meaning without 'format: journal'", NULL},
    {{{"format: journal\n", ""}}, "'factory' has no meaning without 'format: journal'", NULL},
    {{{"attempts: 3", "attempts: 16"}}, "'16' is out of range", "from 1 to 15"},
    {{{"attempts: 3", "attempts: 0"}}, "'0' is out of range", "from 1 to 15"},
    {{{"signed: true", "signed: false"}},
     "'rollback_protection' has no meaning without 'signed: true'",
     NULL},
    {{{"signed: true", "signed: false"}},
     "'verify_each_boot' has no meaning without 'signed: true'",
     NULL},
    {{{"signed: true", "application_verifies: false"}},
     "'application_verifies' has no meaning without 'signed: true'",
     NULL},
    {{{"signed: true", "signed: false"}},
     "'signature' has no meaning without 'signed: true'",
     "add the key `security: {signed: true}`"},
    {{{"signed: true", "signed: false"}},
     "'security_counter' has no meaning without 'signed: true'",
     NULL},
    {{{"bit-flipped", "bit-fliped"}},
     "unknown signature 'bit-fliped'",
     "did you mean 'bit-flipped'?"},
    {{{"new: {size: 4KiB", "new: {size: 96B"}},
     "image 'new' has no room for its signature",
     "it takes 96B at the end of the image"},
    {{{"old: {size: 8KiB", "old: {size: 4KiB"}},
     "'old' does not fill 'active', and cannot be verified at each boot",
     NULL},
    {{{"spare: {size: 8KiB", "spare: {size: 4KiB"}},
     "'spare' does not fill 'active', and cannot be verified at each boot",
     NULL},
    {{{"  factory: {at: 0xC000, size: 8KiB}\n", ""}}, "there is no 'factory' in 'layout'", NULL},
    {{{"factory: spare, ", ""}},
     "nobody says which image 'factory' holds",
     "name it under `lifecycle.factory`"},
    {{{"factory: spare", "factory: spar"}}, "unknown image 'spar'", "did you mean 'spare'?"},
    {{{"  factory: {at: 0xC000, size: 8KiB}\n", ""}, {"factory: spare, ", ""}},
     "a device without 'factory' does not survive that",
     "add `layout.factory` and `lifecycle.factory`, or claim the failure"},
    {{{"0xC000, size: 8KiB", "0xC000, size: 4KiB"}},
     "'factory' is smaller than 'active'",
     "all of it is copied: it needs 8KiB"},
    {{{"0xC000, size: 8KiB", "0xB000, size: 8KiB"},
      {"dfu:     {at: 0x8000, size: 12KiB", "dfu:     {at: 0x8000, size: 16KiB"}},
     "'factory' overlaps 'dfu'",
     NULL},
    {{{"damaged: both", "damaged: all"}},
     "unknown damaged 'all'",
     "one of: none, active, state, both"},
    {{{"damaged: both", "dfu_timeout: true"}},
     "'dfu_timeout' has no meaning without 'detach: true'",
     NULL},
    {{{"0x1000, size: 8KiB", "0x1000, size: 4KiB"}},
     "'state' is too small for the two halves of a journal",
     "format journal needs 84B in each: 32B + (1 + 2 * 2 pages + 8) * 4B; two halves of whole "
     "pages of 4KiB"},
};

static bool is_found(const struct wrong *wrong) {
    struct change changes[5] = {{0}};
    memcpy(changes, wrong->changes, sizeof(wrong->changes));
    struct loaded loaded = load_changed(changes);
    bool is_right = loaded.error_count > 0 && strstr(loaded.errors, wrong->error) != NULL &&
                    (wrong->help == NULL || strstr(loaded.errors, wrong->help) != NULL);
    if (!is_right) {
        print_error("expected %s\n%s\nfound %d:\n%s\n", wrong->error,
                    wrong->help == NULL ? "" : wrong->help, loaded.error_count, loaded.errors);
    }
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

// What cannot be survived can be claimed.
static void a_claim_needs_no_factory(void **state) {
    (void)state;
    static const struct change claim[] = {
        {"  factory: {at: 0xC000, size: 8KiB}\n", ""},
        {"factory: spare, ", ""},
        {"{verdict: proved}", "{verdict: violated, violates: [bootable], because: noise}"},
        {NULL, NULL}};
    struct loaded loaded = load_changed(claim);
    assert_string_equal(loaded.errors, "");
    unload(&loaded);
}

// A half is half of the area, in whole pages: of three pages one is left over.
static void halves_of_whole_pages(void **state) {
    (void)state;
    static const struct change three[] = {{"0x1000, size: 8KiB", "0x1000, size: 12KiB"},
                                          {NULL, NULL}};
    struct loaded loaded = load_changed(three);
    assert_string_equal(loaded.errors, "");
    unload(&loaded);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_that_the_journal_has), cmocka_unit_test(the_seed_has_none_of_it),
        cmocka_unit_test(erases_of_an_update),      cmocka_unit_test(what_does_not_go_together),
        cmocka_unit_test(a_claim_needs_no_factory), cmocka_unit_test(halves_of_whole_pages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

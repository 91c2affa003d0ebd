// test_scenarios_errors.c: each kind of error, by its place, its words and its
// hint; and that one mistake gives one error.

#include "test_scenarios_text.h"

static const struct mistake mistakes[] = {
    // keys
    {PLAIN, "  torn_in:", "  torn_im:", "23:3: error: unknown key 'torn_im'",
     "did you mean 'torn_in'?"},
    {PLAIN, "about: One", "about: One\nabout: Two", "4:1: error: duplicate key 'about'",
     "it was first given on line 3"},
    {PLAIN, "  start: old\n", "", "14:1: error: the key 'start' is missing", NULL},
    {PLAIN, "  cut: every", "  ? [a]\n  : b\n  cut: every", "19:5: error: a key must be a word",
     NULL},
    // types and units
    {PLAIN, "size: 24KiB", "size: 24576", "7:31: error: '24576' has no unit",
     "write a size with its unit, such as 16B, 64KiB or 1MiB"},
    {PLAIN, "at: 0x0", "at: 0", "7:20: error: '0' has no unit",
     "write an offset such as 0x6000, or with its unit such as 24KiB"},
    {PLAIN, "time: 60s", "time: 60", "24:26: error: '60' has no unit", NULL},
    {PLAIN, "60KiB", "60KB", "13:15: error: '60KB' has an unknown unit",
     "the units are B, KiB, MiB, GiB, TiB"},
    {PLAIN, "time: 60s", "time: 1500ms", "24:26: error: '1500ms' is not a multiple of 1s", NULL},
    {PLAIN, "60KiB", "big", "13:15: error: 'big' is not a number", NULL},
    {PLAIN, "seed: 77", "seed: \"77\"", "13:28: error: a number in quotes is a text", NULL},
    {PLAIN, "seed: 77", "seed: 077", "13:28: error: '077' is not a number", NULL},
    {PLAIN, "programs_per_word: 1,", "programs_per_word: 256,",
     "5:45: error: '256' is out of range", "from 1 to 255"},
    {PLAIN, "time: 60s", "time: 99999999999999999999h",
     "24:26: error: '99999999999999999999h' is out of range", "from 1s to 168h"},
    {PLAIN, "violates: [tells-truth]", "violates: tells-truth",
     "28:13: error: expected a list, found a single value", "write [tells-truth]"},
    {PLAIN, "start: old", "start: [old]", "15:10: error: expected a single value, found a list",
     NULL},
    {PLAIN, "explore: {cuts: 3, time: 60s}", "explore: 3",
     "24:10: error: expected a mapping of keys to values", NULL},
    {PLAIN, "about: One update that is there from the start, on one device.", "about: 5",
     "3:8: error: '5' is not a text", NULL},
    {PLAIN, "samples/plain", "Samples", "2:7: error: 'Samples' is not a name", NULL},
    {PLAIN, "smoke]", "Smoke]", "4:16: error: 'Smoke' is not a tag", NULL},
    {MATRIX, "detach: true", "detach: yes", "21:11: error: 'yes' is neither true nor false", NULL},
    {PLAIN, "[state, dfu]", "[]", "23:12: error: the list is empty", NULL},
    {PLAIN, "[state, dfu]", "[dfu, dfu]", "23:18: error: 'dfu' is there twice", NULL},
    {PLAIN, "0x20202020", "0x0", "22:28: error: '0x0' tears nothing", NULL},
    {PLAIN, "0x20202020", "any", "22:28: error: 'any' includes every other shape",
     "write [any] alone, or only the other shapes"},
    {PLAIN, "0x20202020", "any, weak", "22:28: error: 'any' includes every other shape", NULL},
    {PLAIN, "0x20202020", "any-subset", "22:28: error: 'any-subset' includes every other shape",
     "write [any-subset] alone, or only the other shapes"},
    {PLAIN, "[bytes-1,", "[any, bytes-1,", "21:18: error: 'any' includes every other shape",
     "write [any] alone, or only the other shapes"},
    {PLAIN, "time: 60s", "memory: 1GB", "24:28: error: '1GB' has an unknown unit",
     "the units are B, KiB, MiB, GiB, TiB"},
    {PLAIN, "time: 60s", "memory: 20TiB", "24:28: error: '20TiB' is out of range",
     "from 1MiB to 16TiB"},
    // words
    {PLAIN, "nrf52840", "nrf52480", "5:16: error: unknown part 'nrf52480'",
     "did you mean 'nrf52840'?"},
    {PLAIN, "[bytes-1,", "[byte-1,", "21:18: error: unknown tear 'byte-1'",
     "did you mean 'bytes-1'?"},
    {PLAIN, "[bootable,", "[botable,", "25:14: error: unknown promise 'botable'",
     "did you mean 'bootable'?"},
    {PLAIN, "firmware: bad", "firmware: ugly", "13:42: error: unknown firmware 'ugly'",
     "one of: good, bad, hangs, either, careless"},
    {PLAIN, "start: old", "start: odl", "15:10: error: unknown image 'odl'", "did you mean 'old'?"},
    {PLAIN, "start: old", "start: none", "15:10: error: unknown image 'none'", NULL},
    {PLAIN, "  old: {", "  Odd: {size: 4KiB}\n  old: {",
     "12:3: error: 'Odd' is not a name for an image", NULL},
    // layout
    {PLAIN, "at: 0x7000", "at: 0x6000", "9:3: error: 'active' overlaps 'state'",
     "'active' is 0x6000 to 0x16000, 'state' is 0x6000 to 0x7000"},
    {PLAIN, "at: 0x17000", "at: 0x17010",
     "10:16: error: 'at' of 'dfu' is not a multiple of the erase size",
     "pages of nrf52840 are 4KiB; 0x17000 and 0x18000 are the nearest"},
    {PLAIN, "at: 0x17000", "at: 0xF0000", "10:3: error: 'dfu' ends beyond its device",
     "it ends at 0x101000; nrf52840 has 1MiB, up to 0x100000"},
    {PLAIN, "68KiB}", "68KiB, device: external}", "10:46: error: there is no external device",
     NULL},
    {PLAIN, "68KiB", "64KiB", "10:31: error: 'dfu' is not one page unit larger than 'active'",
     "it needs 68KiB: the size of 'active' and one page unit of 4KiB"},
    {MATRIX, "32KiB}\n  dfu:    {at: 0x0, size: 40KiB", "36KiB}\n  dfu:    {at: 0x0, size: 48KiB",
     "9:30: error: 'active' is not a whole number of page units", NULL},
    {PLAIN, "layout:\n", "external: {part: nrf51822}\nlayout:\n",
     "6:18: error: 'nrf51822' lies at the same addresses as the target 'nrf52840'", NULL},
    {PLAIN, "dfu:    {", "buffer: 48B\n  dfu:    {",
     "10:11: error: 'buffer' does not divide the page unit", "the page unit is 4KiB"},
    {PLAIN, "dfu:    {", "buffer: 2B\n  dfu:    {",
     "10:11: error: 'buffer' is not a multiple of the write size", NULL},
    // images and script
    {PLAIN, "old: {size: 64KiB}", "old: {size: 68KiB}",
     "12:15: error: image 'old' is larger than 'active'", "'active' has 64KiB"},
    {PLAIN, "old: {size: 64KiB}", "old: {size: 63B}",
     "12:15: error: the size of image 'old' is not whole words", NULL},
    {PLAIN, "seed: 77", "seed: 1", "13:28: error: images 'old' and 'new' have the same seed", NULL},
    {MATRIX, "[new, newer]", "[new, old]", "17:18: error: image 'old' comes up twice", NULL},
    {PLAIN, "  dfu: new\n", "", "14:1: error: without a download there is nothing in DFU", NULL},
    {MATRIX, "chunk: 1KiB", "chunk: 1022B",
     "19:10: error: 'chunk' is not a multiple of the write size of 'dfu'", NULL},
    {PLAIN, "  start: old", "  dfu_host: absent\n  start: old",
     "15:13: error: 'dfu_host' has no meaning without 'detach: true'", NULL},
    // expectations
    {PLAIN, "properties: [bootable, tells-truth]", "properties: [bootable]",
     "28:14: error: 'tells-truth' is not among the properties", NULL},
    {PLAIN, "  violates: [tells-truth]\n", "", "27:12: error: the key 'violates' is missing", NULL},
    {MATRIX, "verdict: bounded", "verdict: bounded, violates: [resumes]",
     "26:28: error: 'violates' goes only with 'verdict: violated'", NULL},
    // matrix
    {MATRIX, "layout.buffer:", "layout.bufer:",
     "28:3: error: unknown key 'layout.bufer' in the matrix", "did you mean 'layout.buffer'?"},
    {MATRIX, "layout.buffer:", "lifecycle.updates:",
     "28:3: error: 'lifecycle.updates' cannot be varied", NULL},
    {MATRIX, "images.new.firmware:", "images.mew.firmware:",
     "29:3: error: 'images.mew.firmware' is of an unknown image", NULL},
    {MATRIX, "[4B, 8KiB]", "4B", "28:18: error: expected a list of values", NULL},
    {MATRIX, "[4B, 8KiB]", "[4B, 4B]", "28:23: error: '4B' is there twice", NULL},
    {MATRIX, "[4B, 8KiB]", "[4B, 48B]", "28:23: error: 'buffer' does not divide the page unit",
     NULL},
    {MATRIX, "[4B, 8KiB]", "[4B, 16KiB]", "28:23: error: '16KiB' is out of range",
     "from 1B to 8KiB"},
    {MATRIX, "layout.buffer: [4B, 8KiB]", "layout.state.at: [0x6000, 0x7000]",
     "28:29: error: 'active' overlaps 'state'", NULL},
    // YAML
    {PLAIN, "start: old", "start: &a old", "15:10: error: anchors are not allowed", NULL},
    {PLAIN, "start: old", "start: !!str old", "15:10: error: tags are not allowed", NULL},
    {PLAIN, "  min_states: 1000\n", "  min_states: 1000\n---\na: 1\n",
     "31:1: error: a second document in the file", NULL},
    {PLAIN, "[state, dfu]", "[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]",
     "23:26: error: nested more than 16 deep", NULL},
    {PLAIN, "start: old", "start: old: er",
     "15:13: error: not valid YAML: mapping values are not allowed in this context", NULL},
    {PLAIN, "start: old", "start: o\xFFld", "15:11: error: not UTF-8: byte 0xFF",
     "save the file as UTF-8"},
};

static void one_mistake_one_error(void **state) {
    (void)state;
    check_mistakes(mistakes, sizeof(mistakes) / sizeof(mistakes[0]));
}

static void exact_form(void **state) {
    (void)state;
    char *good = text_of(PLAIN), *bad = text_with(good, "explore: {", "explor: {");
    struct loaded loaded = load_text(bad);
    assert_string_equal(loaded.errors, "t.yaml:24:1: error: unknown key 'explor'\n"
                                       "   24 | explor: {cuts: 3, time: 60s}\n"
                                       "      | ^^^^^^\n"
                                       "      = help: did you mean 'explore'?\n");
    unload(&loaded);
    free(bad);
    free(good);
}

// Columns and carets count characters; control characters do not get through.
static void characters_not_bytes(void **state) {
    (void)state;
    char *good = text_of(PLAIN);
    char *bad =
        text_with(good, "  start: old", "  start: old\n  \"\xC3\xA4\": {\"\xE2\x82\xAC\": &a 1}");
    struct loaded loaded = load_text(bad);
    assert_int_equal(loaded.error_count, 2);
    assert_non_null(strstr(loaded.errors, "t.yaml:16:14: error: anchors are not allowed\n"));
    assert_non_null(strstr(loaded.errors, "\n      |              ^^^^\n"));
    unload(&loaded);
    free(bad);
    free(good);
}

static void all_errors_in_order(void **state) {
    (void)state;
    char *good = text_of(PLAIN), *one = text_with(good, "at: 0x17000", "at: 0x17800");
    char *two = text_with(one, "start: old", "start: *x");
    char *three = text_with(two, "schema: 1", "schema: 1\nshema: 1");
    struct loaded loaded = load_text(three);
    assert_int_equal(loaded.error_count, 3);
    const char *first = strstr(loaded.errors, "t.yaml:2:1: error: unknown key 'shema'");
    const char *second = strstr(loaded.errors, "t.yaml:11:16: error: 'at' of 'dfu'");
    const char *third = strstr(loaded.errors, "t.yaml:16:10: error: aliases are not allowed");
    assert_ptr_equal(first, loaded.errors);
    assert_true(first < second && second < third);
    unload(&loaded);
    free(three);
    free(two);
    free(one);
    free(good);
}

// STATE holds (2 + 4 N) words: 1 KiB is enough for 63 pages, and not for 64.
static void state_too_small(void **state) {
    (void)state;
    char *good = text_of(PLAIN);
    char *part = text_with(good, "{part: nrf52840,", "{part: nrf51822,");
    char *full =
        text_with(part, "state:  {at: 0x6000, size: 4KiB}", "state:  {at: 0x6000, size: 1KiB}");
    char *less =
        text_with(full, "active: {at: 0x7000, size: 64KiB}", "active: {at: 0x7000, size: 63KiB}");
    struct loaded fits = load_text(less), too_large = load_text(full);
    assert_null(strstr(fits.errors, "too small"));
    assert_int_equal(too_large.error_count, 1);
    assert_non_null(strstr(too_large.errors,
                           "t.yaml:8:30: error: 'state' is too small for the progress of a swap"));
    assert_non_null(strstr(too_large.errors, "format seed needs 1032B: (2 + 4 * 64 pages) * 4B"));
    unload(&fits);
    unload(&too_large);
    free(less);
    free(full);
    free(part);
    free(good);
}

// Two updates, none of them downloaded.
static void second_update_without_download(void **state) {
    (void)state;
    char *good = text_of(MATRIX), *bad = text_with(good, "download: as-it-goes", "dfu: newer");
    struct loaded loaded = load_text(bad);
    assert_int_equal(loaded.error_count, 2);
    assert_non_null(strstr(loaded.errors, "17:13: error: 'new' is not the image in DFU"));
    assert_non_null(strstr(loaded.errors, "17:18: error: a second update needs a download"));
    assert_non_null(strstr(loaded.errors, "      = case: samples/matrix[layout.buffer=4B,"));
    unload(&loaded);
    free(bad);
    free(good);
}

static void nothing_in_it(void **state) {
    (void)state;
    static const char *const texts[] = {"", "# only a comment\n", "---\n", "\n\n"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct loaded loaded = load_text(texts[i]);
        assert_int_equal(loaded.error_count, 1);
        assert_ptr_equal(strstr(loaded.errors, "t.yaml: error: the file is empty\n"),
                         loaded.errors);
        unload(&loaded);
    }
}

static void odd_bytes(void **state) {
    (void)state;
    static const char *const texts[] = {
        "- a\n",
        "a",
        "[",
        "{a",
        "\"",
        "\xEF\xBB\xBF"
        "a: 1\n",
        "\xFE\xFF",
        "a: \"\\0\"\n",
        "*a",
        "&a",
        "? : :",
        "matrix: 1\n",
        "matrix: {a: {}}\n",
        "images: []\n",
        "images: {a.b: {size: 1}}\n",
        "images: {: {}}\nlifecycle: {start: }\n",
        "layout: {active: [], dfu: 1, state: }\n",
        "expect: \n",
        "a\x01: b\n",
        "%YAML 9.9\n---\na\n",
        "schema: 1\r\nname\r: x\r",
        "\xC2\x85x: *\n",
        "matrix: {images..size: [1B], '': [1], layout.active.at.b: [1], '*': [2]}\n",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct loaded loaded = load_text(texts[i]);
        assert_true(loaded.error_count > 0);
        assert_int_equal(loaded.list.count, 0);
        unload(&loaded);
    }
    struct loaded zero = load_bytes("a: b\0c\n", 7);
    assert_non_null(strstr(zero.errors, "t.yaml:1:5: error: not valid YAML: control characters"));
    unload(&zero);
}

static void too_many_nodes(void **state) {
    (void)state;
    char *text = calloc(1, 65536);
    assert_non_null(text);
    strcpy(text, "tags: [");
    for (size_t i = 0; i < 10000; i++) {
        memcpy(text + 7 + i * 3, "a, ", 3);
    }
    struct loaded loaded = load_text(text);
    assert_non_null(strstr(loaded.errors, "error: the file has more than 10000 nodes"));
    unload(&loaded);
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_mistake_one_error), cmocka_unit_test(exact_form),
        cmocka_unit_test(characters_not_bytes),  cmocka_unit_test(all_errors_in_order),
        cmocka_unit_test(state_too_small),       cmocka_unit_test(second_update_without_download),
        cmocka_unit_test(nothing_in_it),         cmocka_unit_test(odd_bytes),
        cmocka_unit_test(too_many_nodes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

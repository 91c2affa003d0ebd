// test_scenarios_files.c: paths, directories, the committed schema, small parts.

#include "test_scenarios_text.h"

#include "sim/controller.h"
#include "scenarios/suggest.h"
#include "scenarios/value.h"

static struct loaded load_path(const char *path, struct cp_case_list list) {
    struct loaded loaded = {.list = list};
    size_t size;
    FILE *errors = open_memstream(&loaded.errors, &size);
    assert_non_null(errors);
    loaded.error_count = cp_scenarios_load(path, &loaded.list, errors);
    fclose(errors);
    return loaded;
}

static void paths_without_scenarios(void **state) {
    (void)state;
    struct loaded missing = load_path("no/such.yaml", (struct cp_case_list){0});
    assert_int_equal(missing.error_count, 1);
    assert_string_equal(missing.errors, "no/such.yaml: error: No such file or directory\n");
    unload(&missing);
    struct loaded empty = load_path("sim", (struct cp_case_list){0});
    assert_int_equal(empty.error_count, 1);
    assert_non_null(strstr(empty.errors, "sim: error: no scenario in this directory\n"));
    unload(&empty);
}

static void directory_in_name_order(void **state) {
    (void)state;
    struct loaded loaded = load_path("tests/data/scenarios/good/", (struct cp_case_list){0});
    assert_int_equal(loaded.error_count, 0);
    assert_int_equal(loaded.list.count, 9);
    assert_string_equal(loaded.list.cases[6].name, "samples/only");
    assert_string_equal(loaded.list.cases[6].bounds.only,
                        "a137,t12.bytes-1\nc3=1,v4=f0f0f0f0,r9\n\n");
    assert_string_equal(loaded.list.cases[7].name, "samples/own-part");
    assert_string_equal(loaded.list.cases[8].name, "samples/plain");
    assert_null(loaded.list.cases[8].bounds.only);
    assert_int_equal(loaded.list.text_count, 4);
    assert_string_equal(loaded.list.texts[3].file, PLAIN);
    assert_int_equal(loaded.list.texts[3].size_bytes, strlen(loaded.list.texts[3].text));
    unload(&loaded);
}

static void same_file_is_read_once(void **state) {
    (void)state;
    struct loaded first = load_path(PLAIN, (struct cp_case_list){0});
    struct loaded second = load_path("./tests/../" PLAIN, first.list);
    assert_int_equal(second.error_count, 0);
    assert_int_equal(second.list.count, 1);
    free(first.errors);
    unload(&second);
}

static void name_can_be_taken_once(void **state) {
    (void)state;
    char *good = text_of(PLAIN);
    struct loaded copy = load_text(good);
    struct loaded again = load_path(PLAIN, copy.list);
    assert_int_equal(again.error_count, 1);
    assert_non_null(strstr(again.errors, PLAIN ":2:7: error: the name 'samples/plain' is taken"));
    assert_int_equal(again.list.count, 1);
    free(copy.errors);
    unload(&again);
    free(good);
}

static void bad_samples_are_refused(void **state) {
    (void)state;
    struct loaded loaded = load_path("tests/data/scenarios/bad", (struct cp_case_list){0});
    assert_int_equal(loaded.list.count, 0);
    for (size_t i = 0; i < loaded.list.text_count; i++) {
        if (strstr(loaded.errors, loaded.list.texts[i].file) == NULL) {
            fail_msg("%s was accepted", loaded.list.texts[i].file);
        }
    }
    assert_true(loaded.list.text_count >= 10);
    unload(&loaded);
}

static void committed_schema_is_printed_one(void **state) {
    (void)state;
    char *committed = text_of("scenarios/schema/scenario-1.json"), *printed;
    size_t size;
    FILE *out = open_memstream(&printed, &size);
    assert_non_null(out);
    cp_scenario_print_schema(out);
    fclose(out);
    assert_string_equal(printed, committed);
    free(printed);
    free(committed);
}

static void reference_has_every_key(void **state) {
    (void)state;
    char *printed, row[80];
    size_t size, count;
    const struct cp_key *keys = cp_keys(&count);
    FILE *out = open_memstream(&printed, &size);
    assert_non_null(out);
    cp_scenario_print_reference(out);
    fclose(out);
    for (size_t i = 0; i < count; i++) {
        snprintf(row, sizeof(row), "\n| `%s` | ", keys[i].path);
        assert_non_null(strstr(printed, row));
    }
    free(printed);
}

// A default that its own key would refuse could never be read.
static void defaults_are_valid(void **state) {
    (void)state;
    size_t count;
    const struct cp_key *keys = cp_keys(&count);
    for (size_t i = 0; i < count; i++) {
        const struct cp_key *key = &keys[i];
        uint64_t value;
        if (key->fallback == NULL) {
            continue;
        }
        if (key->type == CP_KEY_INTEGER || key->type == CP_KEY_SIZE || key->type == CP_KEY_TIME) {
            assert_int_equal(cp_value_number(key, key->fallback, &value), CP_VALUE_OK);
        } else if (key->type == CP_KEY_WORD) {
            assert_true(cp_key_word_index(key, key->fallback) >= 0);
        }
    }
}

static void edit_distance(void **state) {
    (void)state;
    assert_int_equal(cp_edit_distance("faults", "faults"), 0);
    assert_int_equal(cp_edit_distance("fualts", "faults"), 1);
    assert_int_equal(cp_edit_distance("", "abc"), 3);
    assert_int_equal(cp_edit_distance("kitten", "sitting"), 3);
    struct cp_suggestion suggestion = cp_suggest("at");
    cp_suggest_offer(&suggestion, "size");
    assert_null(suggestion.best);
}

static void sizes_as_text(void **state) {
    (void)state;
    char text[CP_VALUE_TEXT_MAX];
    assert_string_equal(cp_size_text(text, 0), "0B");
    assert_string_equal(cp_size_text(text, 264), "264B");
    assert_string_equal(cp_size_text(text, 68 * 1024), "68KiB");
    assert_string_equal(cp_size_text(text, 2 * 1024 * 1024), "2MiB");
}

static void parts_are_sound(void **state) {
    (void)state;
    for (size_t i = 0; i < cp_part_count(); i++) {
        const struct cp_part *part = cp_part_at(i);
        assert_ptr_equal(cp_part_find(part->name), part);
        uint32_t end_bytes = 0;
        for (uint32_t page = 0; page < cp_part_page_count(part); page++) {
            struct cp_page at = cp_part_page_at(part, page);
            assert_int_equal(cp_part_page(part, at.offset_bytes + at.size_bytes - 1).index, page);
            assert_true(at.offset_bytes >= end_bytes && at.size_bytes >= part->erase_size_bytes);
            assert_int_equal(at.size_bytes % part->write_size_bytes, 0);
            assert_true(at.erase_time_us > 0);
            end_bytes = at.offset_bytes + at.size_bytes;
        }
        assert_true(end_bytes <= part->size_bytes);
        assert_true(part->endurance_erases > 0 && part->faults != 0);
        assert_non_null(cp_controller_model(part->controller));
        assert_non_null(part->family);
        assert_non_null(part->about);
        assert_non_null(part->source);
    }
    assert_int_equal(cp_part_find("nrf52832")->rule, CP_RULE_BLOCK_COUNTED);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_without_scenarios),
        cmocka_unit_test(directory_in_name_order),
        cmocka_unit_test(same_file_is_read_once),
        cmocka_unit_test(name_can_be_taken_once),
        cmocka_unit_test(bad_samples_are_refused),
        cmocka_unit_test(committed_schema_is_printed_one),
        cmocka_unit_test(reference_has_every_key),
        cmocka_unit_test(defaults_are_valid),
        cmocka_unit_test(edit_distance),
        cmocka_unit_test(sizes_as_text),
        cmocka_unit_test(parts_are_sound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

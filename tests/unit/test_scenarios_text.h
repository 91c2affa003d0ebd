// test_scenarios_text.h: load a scenario given as a text, for the loader's tests.

#ifndef CP_TEST_SCENARIOS_TEXT_H
#define CP_TEST_SCENARIOS_TEXT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "scenarios/load.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PLAIN  "tests/data/scenarios/good/plain.yaml"
#define MATRIX "tests/data/scenarios/good/matrix.yaml"

struct loaded {
    struct cp_case_list list;
    int error_count;
    char *errors; // as printed, the file being called t.yaml
};

// The text of a file; free() it.
static inline char *text_of(const char *path) {
    char *text = calloc(1, 131072);
    FILE *file = fopen(path, "rb");
    assert_non_null(text);
    assert_non_null(file);
    assert_true(fread(text, 1, 131071, file) > 0);
    fclose(file);
    return text;
}

// The text with the one place of `find` replaced; free() it.
static inline char *text_with(const char *text, const char *find, const char *replace) {
    const char *at = strstr(text, find);
    assert_non_null(at);
    assert_null(strstr(at + 1, find));
    char *result = calloc(1, strlen(text) + strlen(replace) + 1);
    assert_non_null(result);
    memcpy(result, text, (size_t)(at - text));
    strcat(result, replace);
    strcat(result, at + strlen(find));
    return result;
}

static inline struct loaded load_bytes(const char *text, size_t size) {
    char directory[] = "/tmp/cutproof-test-XXXXXX", back[4096];
    struct loaded loaded = {0};
    size_t errors_size;
    FILE *errors = open_memstream(&loaded.errors, &errors_size);
    assert_non_null(errors);
    assert_non_null(mkdtemp(directory));
    assert_non_null(getcwd(back, sizeof(back)));
    assert_int_equal(chdir(directory), 0);
    FILE *file = fopen("t.yaml", "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, size, file), size);
    fclose(file);
    loaded.error_count = cp_scenarios_load("t.yaml", &loaded.list, errors);
    fclose(errors);
    assert_int_equal(unlink("t.yaml"), 0);
    assert_int_equal(chdir(back), 0);
    assert_int_equal(rmdir(directory), 0);
    return loaded;
}

static inline struct loaded load_text(const char *text) {
    return load_bytes(text, strlen(text));
}

static inline void unload(struct loaded *loaded) {
    cp_case_list_free(&loaded->list);
    free(loaded->errors);
}

// --- mistakes

struct mistake {
    const char *file;
    const char *find, *replace; // the mistake made in that good file
    const char *error;          // "line:column: error: message"
    const char *help;           // NULL = not compared
};

static inline bool is_reported(const struct loaded *loaded, const struct mistake *mistake) {
    char error[300], help[300];
    snprintf(error, sizeof(error), "t.yaml:%s\n", mistake->error);
    snprintf(help, sizeof(help), "\n      = help: %s\n",
             mistake->help == NULL ? "" : mistake->help);
    return loaded->error_count == 1 && strncmp(loaded->errors, error, strlen(error)) == 0 &&
           (mistake->help == NULL || strstr(loaded->errors, help) != NULL);
}

// Returns whether it was reported as it should be.
static inline bool check_mistake(const struct mistake *mistake) {
    char *good = text_of(mistake->file), *bad = text_with(good, mistake->find, mistake->replace);
    struct loaded loaded = load_text(bad);
    bool is_right = is_reported(&loaded, mistake) && loaded.list.count == 0;
    if (!is_right) {
        print_error("expected %s\n%s\nfound %d:\n%s\n", mistake->error,
                    mistake->help == NULL ? "" : mistake->help, loaded.error_count, loaded.errors);
    }
    unload(&loaded);
    free(bad);
    free(good);
    return is_right;
}

static inline void check_mistakes(const struct mistake *mistakes, size_t count) {
    bool all_right = true;
    for (size_t i = 0; i < count; i++) {
        all_right = check_mistake(&mistakes[i]) && all_right;
    }
    assert_true(all_right);
}

#endif

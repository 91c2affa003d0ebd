// matrix.c: one scenario as several cases.

#include "scenarios/matrix.h"

#include "scenarios/check.h"
#include "scenarios/suggest.h"

#include <stdio.h>
#include <string.h>

static void report_unknown(const struct cp_node *name, struct cp_report *report) {
    size_t count;
    const struct cp_key *keys = cp_keys(&count);
    struct cp_suggestion suggestion = cp_suggest(name->text);
    for (size_t i = 0; i < count; i++) {
        if (cp_key_suits_matrix(&keys[i]) && strchr(keys[i].path, '*') == NULL) {
            cp_suggest_offer(&suggestion, keys[i].path);
        }
    }
    cp_report_add(report, name->mark, "unknown key '%.60s' in the matrix", name->text);
    if (suggestion.best != NULL) {
        cp_report_help(report, "did you mean '%s'?", suggestion.best);
    } else {
        cp_report_help(report, "write the whole path, such as layout.buffer");
    }
}

static bool image_exists(struct cp_node *root, const char *path) {
    char image[64] = "";
    if (strncmp(path, "images.", 7) != 0) {
        return true;
    }
    snprintf(image, sizeof image, "%.*s", (int)(7 + strcspn(path + 7, ".")), path);
    return cp_node_find(root, image) != NULL;
}

// The key an axis varies, or NULL after reporting why it cannot.
static const struct cp_key *axis_key(struct cp_node *root, const struct cp_node *name,
                                     struct cp_report *report) {
    const struct cp_key *key = cp_key_find(name->text);
    if (key == NULL) {
        report_unknown(name, report);
    } else if (!cp_key_suits_matrix(key)) {
        cp_report_add(report, name->mark, "'%.60s' cannot be varied", name->text);
        cp_report_help(report, "the matrix is for keys that have a single value");
    } else if (!image_exists(root, name->text)) {
        cp_report_add(report, name->mark, "'%.60s' is of an unknown image", name->text);
        cp_report_help(report, "images are given under the key `images`");
    } else {
        return key;
    }
    return NULL;
}

static void refuse_twice(const struct cp_node *list, const struct cp_node *item,
                         struct cp_report *report) {
    for (const struct cp_node *other = list->first; other != item; other = other->next) {
        if (strcmp(other->text, item->text) == 0) {
            cp_report_add(report, item->mark, "'%.60s' is there twice", item->text);
            return;
        }
    }
}

static void check_choices(const struct cp_key *key, const struct cp_node *list,
                          struct cp_report *report) {
    for (struct cp_node *item = list->first; item != NULL; item = item->next) {
        if (item->kind != CP_NODE_SCALAR) {
            cp_report_add(report, item->mark, "the matrix varies single values");
            continue;
        }
        cp_check_value(key, item, report);
        refuse_twice(list, item, report);
    }
}

static void read_axis(struct cp_matrix *matrix, struct cp_node *root, const struct cp_node *list,
                      struct cp_report *report) {
    const struct cp_key *key = axis_key(root, list->key, report);
    if (list->kind != CP_NODE_LIST || list->first == NULL) {
        cp_report_add(report, list->mark, "expected a list of values");
        cp_report_help(report, "such as layout.buffer: [4B, 64B]");
        return;
    }
    if (key != NULL) {
        check_choices(key, list, report);
    }
    if (matrix->axis_count == CP_MATRIX_AXES_MAX) {
        cp_report_add(report, list->key->mark, "more than %u keys in the matrix",
                      CP_MATRIX_AXES_MAX);
        return;
    }
    uint32_t count = (uint32_t)cp_node_count(list);
    matrix->axes[matrix->axis_count++] = (struct cp_axis){list, count};
    matrix->case_count =
        count > CP_MATRIX_CASES_MAX ? CP_MATRIX_CASES_MAX + 1 : matrix->case_count * count;
    if (matrix->case_count > CP_MATRIX_CASES_MAX) {
        cp_report_add(report, list->key->mark, "the matrix makes more than %u cases",
                      CP_MATRIX_CASES_MAX);
        matrix->case_count = 1;
    }
}

static void read_axes(struct cp_matrix *matrix, struct cp_node *root, const struct cp_node *map,
                      struct cp_report *report) {
    if (map->kind != CP_NODE_MAP || map->first == NULL) {
        cp_report_add(report, map->mark, "expected a mapping of dotted keys to lists of values");
        return;
    }
    for (const struct cp_node *list = map->first; list != NULL; list = list->next) {
        read_axis(matrix, root, list, report);
    }
}

void cp_matrix_read(struct cp_matrix *matrix, struct cp_node *root, struct cp_report *report) {
    const struct cp_node *map = cp_node_find(root, "matrix");
    size_t before = report->added;
    *matrix = (struct cp_matrix){.case_count = 1};
    if (map != NULL && !map->is_broken) {
        read_axes(matrix, root, map, report);
    }
    if (report->added != before) {
        *matrix = (struct cp_matrix){.case_count = 1};
    }
}

static const struct cp_node *choice(const struct cp_axis *axis, uint32_t index) {
    const struct cp_node *node = axis->values->first;
    for (uint32_t i = 0; i < index; i++) {
        node = node->next;
    }
    return node;
}

// Append to a name; false when it does not fit.
static bool append(char name[CP_NAME_MAX], const char *before, const char *key, const char *value) {
    size_t length = strlen(name);
    int wrote = snprintf(name + length, CP_NAME_MAX - length, "%s%s=%s", before, key, value);
    return (size_t)wrote < CP_NAME_MAX - length;
}

bool cp_matrix_choose(const struct cp_matrix *matrix, uint32_t index, struct cp_tree *tree,
                      char name[CP_NAME_MAX]) {
    bool fits = true;
    uint32_t stride = matrix->case_count;
    for (uint32_t i = 0; i < matrix->axis_count; i++) {
        const struct cp_axis *axis = &matrix->axes[i];
        stride /= axis->count;
        const struct cp_node *value = choice(axis, index / stride % axis->count);
        cp_tree_put(tree, axis->values->key->text, value);
        fits = append(name, i == 0 ? "[" : ",", axis->values->key->text, value->text) && fits;
    }
    if (matrix->axis_count > 0) {
        size_t length = strlen(name);
        fits = fits && length + 1 < CP_NAME_MAX;
        snprintf(name + length, CP_NAME_MAX - length, "]");
    }
    return fits;
}

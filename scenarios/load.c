// load.c: from scenario YAML to cases.
//
// A file is parsed once to check it, and once more for each combination of its
// matrix: the chosen values are put into a fresh tree, and that tree is checked
// and read like a file without a matrix. So a combination is validated wholly,
// and its errors point at the value that the matrix chose.

#include "scenarios/load.h"

#include "scenarios/check.h"
#include "scenarios/draft.h"
#include "scenarios/file.h"
#include "scenarios/matrix.h"
#include "scenarios/memory.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void append_case(struct cp_case_list *list, const struct cp_case *test_case) {
    list->cases = cp_grow(list->cases, list->count, &list->capacity, sizeof *list->cases);
    list->cases[list->count++] = *test_case;
}

// A case is found by its name, in logs and on the command line.
static void refuse_taken_name(const struct cp_case_list *list, const struct cp_node *root,
                              const char *name, struct cp_report *report) {
    const struct cp_node *node = cp_node_entry(root, "name", 4);
    for (size_t i = 0; i < list->count; i++) {
        if (node != NULL && !node->is_broken && strcmp(list->cases[i].name, name) == 0) {
            cp_report_add(report, node->mark, "the name '%.60s' is taken", node->text);
            cp_report_help(report, "by %s:%u", list->cases[i].file, list->cases[i].line);
        }
    }
}

static void name_case(const struct cp_matrix *matrix, uint32_t index, struct cp_tree *tree,
                      struct cp_report *report, char name[CP_NAME_MAX]) {
    const struct cp_node *node = cp_node_entry(tree->root, "name", 4);
    snprintf(name, CP_NAME_MAX, "%s", node == NULL ? "" : node->text);
    if (!cp_matrix_choose(matrix, index, tree, name)) {
        cp_report_add(report, matrix->axes[0].values->key->mark,
                      "the names of the cases are too long");
        cp_report_help(report, "at most %u bytes; this one begins with %.60s", CP_NAME_MAX - 1,
                       name);
    }
}

// One combination of the matrix, or the file itself when it has none.
static void load_case(struct cp_case_list *list, struct cp_report *report, uint32_t index) {
    char name[CP_NAME_MAX];
    struct cp_case test_case = {0};
    struct cp_tree tree = {0};
    struct cp_matrix matrix;
    cp_tree_parse(&tree, report);
    cp_matrix_read(&matrix, tree.root, report);
    name_case(&matrix, index, &tree, report, name);
    report->context = matrix.axis_count > 0 ? name : NULL;
    cp_check_tree(tree.root, report);
    if (tree.root->kind == CP_NODE_MAP) {
        cp_decode(tree.root, report, list, &test_case);
        refuse_taken_name(list, tree.root, name, report);
    }
    report->context = NULL;
    snprintf(test_case.name, sizeof test_case.name, "%s", name);
    append_case(list, &test_case);
    cp_tree_free(&tree);
}

static uint32_t check_file(struct cp_report *report) {
    struct cp_tree tree = {0};
    struct cp_matrix matrix = {0};
    cp_tree_parse(&tree, report);
    if (tree.root != NULL) {
        cp_check_tree(tree.root, report);
        cp_matrix_read(&matrix, tree.root, report);
    }
    cp_tree_free(&tree);
    return matrix.case_count;
}

static int load_file(const char *path, struct cp_case_list *list, FILE *errors) {
    size_t count_before = list->count;
    if (cp_scenario_was_read(path, list)) {
        return 0;
    }
    const struct cp_scenario_text *text = cp_scenario_read(path, list, errors);
    if (text == NULL) {
        return 1;
    }
    struct cp_report report = {.file = path, .text = text->text, .size_bytes = text->size_bytes};
    uint32_t case_count = check_file(&report);
    for (uint32_t i = 0; i < case_count; i++) {
        load_case(list, &report, i);
    }
    int result = (int)report.count;
    if (result > 0) {
        list->count = count_before;
    }
    cp_report_print(&report, errors);
    cp_report_free(&report);
    return result;
}

static bool is_directory(const char *path) {
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

int cp_scenarios_load(const char *path, struct cp_case_list *list, FILE *errors) {
    if (!is_directory(path)) {
        return load_file(path, list, errors);
    }
    int result = cp_scenarios_each(path, list, errors, load_file);
    if (result < 0) {
        fprintf(errors,
                "%s: error: no scenario in this directory\n"
                "      = help: scenarios are files named *.yaml\n",
                path);
        return 1;
    }
    return result;
}

const char *cp_case_list_keep(struct cp_case_list *list, const char *text) {
    for (size_t i = 0; i < list->kept_count; i++) {
        if (strcmp(list->kept[i], text) == 0) {
            return list->kept[i];
        }
    }
    char *copy = cp_allocate(strlen(text) + 1);
    memcpy(copy, text, strlen(text));
    list->kept = cp_grow(list->kept, list->kept_count, &list->kept_capacity, sizeof *list->kept);
    list->kept[list->kept_count++] = copy;
    return copy;
}

void cp_case_list_free(struct cp_case_list *list) {
    for (size_t i = 0; i < list->kept_count; i++) {
        free(list->kept[i]);
    }
    free(list->kept);
    for (size_t i = 0; i < list->text_count; i++) {
        free(list->texts[i].text);
    }
    free(list->texts);
    free(list->cases);
    *list = (struct cp_case_list){0};
}

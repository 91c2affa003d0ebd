// save.c: one case of a scenario, with one trace of it, as a scenario of its own.
//
// The tree of the file is changed and written again by libyaml. Short mappings and lists
// stand in one line, as people write them.

#include "scenarios/save.h"

#include "scenarios/matrix.h"
#include "scenarios/yaml_build.h"

#include <string.h>
#include <yaml.h>

#define WIDTH          96
#define LINE_MAX_BYTES 80u // of a mapping or list that stands in one line

// --- changing the tree

static struct cp_node *text_node(struct cp_tree *tree, const char *text, bool is_plain) {
    struct cp_node *node = cp_node_new(tree, CP_NODE_SCALAR, text, strlen(text));
    node->is_plain = is_plain;
    return node;
}

static void remove_entry(struct cp_node *map, const char *key) {
    struct cp_node *before = NULL;
    for (struct cp_node *entry = map->first; entry != NULL; before = entry, entry = entry->next) {
        if (strcmp(entry->key->text, key) != 0) {
            continue;
        }
        if (before == NULL) {
            map->first = entry->next;
        } else {
            before->next = entry->next;
        }
        if (map->last == entry) {
            map->last = before;
        }
        return;
    }
}

static void leave_only(struct cp_tree *tree, const struct cp_saved_trace *saved) {
    struct cp_node *explore = cp_node_find(tree->root, "explore");
    if (explore != NULL) {
        remove_entry(explore, "cuts");
        remove_entry(explore, "torn");
        remove_entry(explore, "states");
    }
    cp_tree_put(tree, "explore.only", text_node(tree, saved->trace, false));
}

static void expect_what_happened(struct cp_tree *tree, const struct cp_saved_trace *saved) {
    remove_entry(tree->root, "expect");
    const char *verdict = saved->violates ? "violated" : "bounded";
    cp_tree_put(tree, "expect.verdict", text_node(tree, verdict, true));
    if (!saved->violates) {
        return;
    }
    struct cp_node *list = cp_node_new(tree, CP_NODE_LIST, "", 0);
    for (uint32_t i = 0; i < CP_PROMISE_COUNT; i++) {
        if (saved->violates >> i & 1u) {
            cp_node_append(list, text_node(tree, cp_promise_name((enum cp_promise)i), true));
        }
    }
    cp_tree_put(tree, "expect.violates", list);
    cp_tree_put(tree, "expect.because", text_node(tree, saved->because, false));
}

static void change(struct cp_tree *tree, const struct cp_saved_trace *saved) {
    remove_entry(tree->root, "matrix");
    remove_entry(tree->root, "tags");
    cp_tree_put(tree, "name", text_node(tree, saved->name, true));
    cp_tree_put(tree, "about", text_node(tree, saved->about, false));
    leave_only(tree, saved);
    expect_what_happened(tree, saved);
}

// --- writing it

// As long as the node is in one line, at least.
static size_t line_bytes(const struct cp_node *node) {
    size_t size = strlen(node->text) + 2;
    for (const struct cp_node *child = node->first; child != NULL; child = child->next) {
        size += line_bytes(child) + (child->key ? strlen(child->key->text) + 2 : 0);
    }
    return size;
}

static bool is_one_line(const struct cp_node *node) {
    return node->first == NULL || line_bytes(node) <= LINE_MAX_BYTES;
}

static bool emit(yaml_emitter_t *emitter, yaml_event_t *event, int is_made) {
    return is_made && yaml_emitter_emit(emitter, event);
}

// A key, and what was written without quotes, gets them only where it needs them.
static bool emit_scalar(yaml_emitter_t *emitter, const struct cp_node *node, bool is_key) {
    yaml_event_t event;
    yaml_scalar_style_t style =
        is_key || node->is_plain ? YAML_PLAIN_SCALAR_STYLE : YAML_DOUBLE_QUOTED_SCALAR_STYLE;
    return emit(emitter, &event,
                yaml_scalar_event_initialize(&event, NULL, NULL,
                                             (yaml_char_t *)(uintptr_t)node->text,
                                             (int)strlen(node->text), 1, 1, style));
}

static bool emit_node(yaml_emitter_t *emitter, const struct cp_node *node, bool is_top);

static bool emit_children(yaml_emitter_t *emitter, const struct cp_node *node) {
    for (const struct cp_node *child = node->first; child != NULL; child = child->next) {
        if ((child->key != NULL && !emit_scalar(emitter, child->key, true)) ||
            !emit_node(emitter, child, false)) {
            return false;
        }
    }
    return true;
}

// Calls itself through emit_children(), as deep as the parser lets a tree be.
static bool emit_node(yaml_emitter_t *emitter, const struct cp_node *node, bool is_top) {
    yaml_event_t event;
    bool is_flow = !is_top && is_one_line(node);
    if (node->kind == CP_NODE_SCALAR) {
        return emit_scalar(emitter, node, false);
    }
    if (node->kind == CP_NODE_LIST) {
        return emit(emitter, &event,
                    yaml_sequence_start_event_initialize(&event, NULL, NULL, 1,
                                                         is_flow ? YAML_FLOW_SEQUENCE_STYLE
                                                                 : YAML_BLOCK_SEQUENCE_STYLE)) &&
               emit_children(emitter, node) &&
               emit(emitter, &event, yaml_sequence_end_event_initialize(&event));
    }
    return emit(emitter, &event,
                yaml_mapping_start_event_initialize(&event, NULL, NULL, 1,
                                                    is_flow ? YAML_FLOW_MAPPING_STYLE
                                                            : YAML_BLOCK_MAPPING_STYLE)) &&
           emit_children(emitter, node) &&
           emit(emitter, &event, yaml_mapping_end_event_initialize(&event));
}

static int write_tree(const struct cp_tree *tree, FILE *out) {
    yaml_emitter_t emitter;
    yaml_event_t event;
    if (!yaml_emitter_initialize(&emitter)) {
        return -1;
    }
    yaml_emitter_set_output_file(&emitter, out);
    yaml_emitter_set_width(&emitter, WIDTH);
    yaml_emitter_set_unicode(&emitter, 1);
    bool is_done =
        emit(&emitter, &event, yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING)) &&
        emit(&emitter, &event, yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1)) &&
        emit_node(&emitter, tree->root, true) &&
        emit(&emitter, &event, yaml_document_end_event_initialize(&event, 1)) &&
        emit(&emitter, &event, yaml_stream_end_event_initialize(&event)) &&
        yaml_emitter_flush(&emitter);
    yaml_emitter_delete(&emitter);
    return is_done ? 0 : -1;
}

// --- the case

// Make the tree of that case. False where combination `index` is of another.
static bool choose(struct cp_tree *tree, struct cp_report *report, uint32_t index,
                   const char *case_name, uint32_t *count) {
    char name[CP_NAME_MAX];
    struct cp_matrix matrix;
    *count = 0;
    cp_tree_parse(tree, report);
    if (tree->root == NULL) {
        return false;
    }
    cp_matrix_read(&matrix, tree->root, report);
    const struct cp_node *node = cp_node_entry(tree->root, "name", 4);
    snprintf(name, sizeof name, "%s", node == NULL ? "" : node->text);
    *count = matrix.case_count;
    return cp_matrix_choose(&matrix, index, tree, name) && strcmp(name, case_name) == 0;
}

int cp_scenario_save(const char *file, const char *yaml, const char *case_name,
                     const struct cp_saved_trace *saved, FILE *out, FILE *errors) {
    struct cp_report report = {.file = file, .text = yaml, .size_bytes = strlen(yaml)};
    int result = -1;
    uint32_t count = 1;
    for (uint32_t i = 0; i < count && result < 0; i++) {
        struct cp_tree tree = {0};
        if (choose(&tree, &report, i, case_name, &count)) {
            change(&tree, saved);
            fprintf(out, "# %s\n", saved->comment);
            result = write_tree(&tree, out);
            count = 0;
        }
        cp_tree_free(&tree);
    }
    cp_report_print(&report, errors);
    cp_report_free(&report);
    return result;
}

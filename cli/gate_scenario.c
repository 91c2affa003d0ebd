// gate_scenario.c: which key of a scenario was edited, comments and order aside.

#include "cli/gate_scenario.h"

#include "scenarios/table.h"
#include "scenarios/yaml_tree.h"

#include <string.h>

// What decides nothing that is compared, and what decides how much is tried and expected, but
// not what an operation or a state is.
static const char *const ignored[] = {"schema", "name", "about", "tags", "matrix", NULL};
static const char *const told[] = {"faults", "explore", "properties", "expect", "wear", NULL};

static bool is_in(const char *const *names, const char *name) {
    for (size_t i = 0; names[i]; i++) {
        if (strcmp(names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_equal(const struct cp_node *one, const struct cp_node *other);

static bool is_equal_list(const struct cp_node *one, const struct cp_node *other) {
    const struct cp_node *next = other->first;
    for (const struct cp_node *node = one->first; node; node = node->next) {
        if (!next || !is_equal(node, next)) {
            return false;
        }
        next = next->next;
    }
    return next == NULL;
}

static bool is_equal_map(const struct cp_node *one, const struct cp_node *other) {
    for (const struct cp_node *node = one->first; node; node = node->next) {
        if (!is_equal(node, cp_node_entry(other, node->key->text, strlen(node->key->text)))) {
            return false;
        }
    }
    return cp_node_count(one) == cp_node_count(other);
}

// At most as deep as the tree: CP_YAML_DEPTH_MAX. NULL is a key that is not there.
static bool is_equal(const struct cp_node *one, const struct cp_node *other) {
    if (!one || !other || one->kind != other->kind) {
        return one == other;
    }
    return one->kind == CP_NODE_SCALAR ? strcmp(one->text, other->text) == 0
           : one->kind == CP_NODE_LIST ? is_equal_list(one, other)
                                       : is_equal_map(one, other);
}

// The first key of `names`, or else the first that is in no list, whose value differs.
static const char *find_key(const struct cp_node *base, const struct cp_node *fresh,
                            bool is_of_told) {
    size_t count;
    const struct cp_key *keys = cp_keys(&count);
    for (size_t i = 0; i < count; i++) {
        const char *name = cp_key_name_below(&keys[i], "");
        bool is_candidate =
            name && (is_of_told ? is_in(told, name) : !is_in(told, name) && !is_in(ignored, name));
        if (is_candidate && !is_equal(cp_node_entry(base, name, strlen(name)),
                                      cp_node_entry(fresh, name, strlen(name)))) {
            return name;
        }
    }
    return NULL;
}

static void parse(const char *text, struct cp_tree *tree) {
    struct cp_report report = {.file = "", .text = text, .size_bytes = strlen(text)};
    cp_tree_parse(tree, &report);
    cp_report_free(&report);
}

const char *cp_gate_scenario_key(const char *base, const char *fresh, const char **other) {
    struct cp_tree base_tree = {0}, fresh_tree = {0};
    const char *key = "text"; // one of them is no scenario any more
    parse(base, &base_tree);
    parse(fresh, &fresh_tree);
    if (base_tree.root && fresh_tree.root) {
        key = find_key(base_tree.root, fresh_tree.root, false);
        *other = find_key(base_tree.root, fresh_tree.root, true);
    }
    cp_tree_free(&base_tree);
    cp_tree_free(&fresh_tree);
    return key;
}

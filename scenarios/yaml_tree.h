// yaml_tree.h: a YAML text as a tree of nodes that know their place.
//
// Built from libyaml's events and not from its document, because a document no
// longer shows duplicate keys and aliases, which a strict reader must refuse.

#ifndef CP_SCENARIOS_YAML_TREE_H
#define CP_SCENARIOS_YAML_TREE_H

#include "scenarios/errors.h"

#define CP_YAML_DEPTH_MAX 16u
#define CP_YAML_NODES_MAX 10000u

enum cp_node_kind { CP_NODE_SCALAR, CP_NODE_LIST, CP_NODE_MAP };

struct cp_node {
    enum cp_node_kind kind;
    struct cp_mark mark;
    bool is_plain;         // a scalar without quotes
    bool is_broken;        // an error was reported for it; do not use its value
    bool from_matrix;      // its value was put there by the matrix
    struct cp_node *key;   // of an entry of a mapping; NULL elsewhere
    struct cp_node *first; // of a list or mapping
    struct cp_node *last;
    struct cp_node *next;  // in the parent
    struct cp_node *newer; // all nodes of the tree, to free them
    const char *text;      // of a scalar; "" otherwise
    char storage[];
};

struct cp_tree {
    struct cp_node *root; // NULL when the text could not be read
    struct cp_node *all;
    uint32_t count;
};

// Parse report->text. Errors go to the report; tree->root is set unless the
// text as a whole makes no sense.
void cp_tree_parse(struct cp_tree *tree, struct cp_report *report);
void cp_tree_free(struct cp_tree *tree);

// The value of a key of a mapping, or NULL.
struct cp_node *cp_node_entry(const struct cp_node *map, const char *key, size_t key_length);

// The node at a dotted path below `root`, or NULL.
struct cp_node *cp_node_find(struct cp_node *root, const char *path);

size_t cp_node_count(const struct cp_node *parent);

// Put the value of `source` at a dotted path, making the mappings above it.
void cp_tree_put(struct cp_tree *tree, const char *path, const struct cp_node *source);

#endif

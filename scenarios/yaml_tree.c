// yaml_tree.c: the nodes of a tree: making, finding, replacing, freeing.

#include "scenarios/yaml_build.h"

#include "scenarios/memory.h"

#include <stdlib.h>
#include <string.h>

struct cp_node *cp_node_new(struct cp_tree *tree, enum cp_node_kind kind, const char *text,
                            size_t length) {
    struct cp_node *node = cp_allocate(sizeof *node + length + 1);
    memcpy(node->storage, text, length);
    node->text = node->storage;
    node->kind = kind;
    node->newer = tree->all;
    tree->all = node;
    tree->count++;
    return node;
}

void cp_node_append(struct cp_node *parent, struct cp_node *child) {
    if (parent->last == NULL) {
        parent->first = child;
    } else {
        parent->last->next = child;
    }
    parent->last = child;
}

void cp_tree_free(struct cp_tree *tree) {
    while (tree->all != NULL) {
        struct cp_node *node = tree->all;
        tree->all = node->newer;
        free(node);
    }
    tree->root = NULL;
}

static bool is_named(const struct cp_node *entry, const char *key, size_t key_length) {
    return entry->key != NULL && strlen(entry->key->text) == key_length &&
           memcmp(entry->key->text, key, key_length) == 0;
}

struct cp_node *cp_node_entry(const struct cp_node *map, const char *key, size_t key_length) {
    if (map->kind != CP_NODE_MAP) {
        return NULL;
    }
    for (struct cp_node *entry = map->first; entry != NULL; entry = entry->next) {
        if (is_named(entry, key, key_length)) {
            return entry;
        }
    }
    return NULL;
}

struct cp_node *cp_node_find(struct cp_node *root, const char *path) {
    struct cp_node *node = root;
    while (node != NULL) {
        size_t length = strcspn(path, ".");
        node = cp_node_entry(node, path, length);
        if (path[length] == '\0') {
            break;
        }
        path += length + 1;
    }
    return node;
}

size_t cp_node_count(const struct cp_node *parent) {
    size_t count = 0;
    for (const struct cp_node *node = parent->first; node != NULL; node = node->next) {
        count++;
    }
    return count;
}

// The entry of that key, made as an empty mapping if it is not there.
static struct cp_node *need_entry(struct cp_tree *tree, struct cp_node *map, const char *key,
                                  size_t length, struct cp_mark mark) {
    struct cp_node *entry = cp_node_entry(map, key, length);
    if (entry != NULL) {
        return entry;
    }
    entry = cp_node_new(tree, CP_NODE_MAP, "", 0);
    entry->key = cp_node_new(tree, CP_NODE_SCALAR, key, length);
    entry->mark = entry->key->mark = mark;
    cp_node_append(map, entry);
    return entry;
}

static void take_value(struct cp_node *node, const struct cp_node *source) {
    node->kind = source->kind;
    node->mark = source->mark;
    node->is_plain = source->is_plain;
    node->is_broken = source->is_broken;
    node->first = source->first;
    node->last = source->last;
    node->text = source->text;
    node->from_matrix = true;
}

void cp_tree_put(struct cp_tree *tree, const char *path, const struct cp_node *source) {
    struct cp_node *node = tree->root;
    for (;;) {
        size_t length = strcspn(path, ".");
        if (node->kind != CP_NODE_MAP) {
            return; // the check of the file itself reports that
        }
        node = need_entry(tree, node, path, length, source->mark);
        if (path[length] == '\0') {
            break;
        }
        path += length + 1;
    }
    take_value(node, source);
}

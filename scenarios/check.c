// check.c: the keys of a tree: none unknown, none missing.

#include "scenarios/check.h"

#include "scenarios/suggest.h"

#include <string.h>

static void check_map(const char *path, struct cp_node *map, struct cp_report *report);

static void report_unknown(const char *path, const struct cp_node *key, struct cp_report *report) {
    size_t count;
    const struct cp_key *keys = cp_keys(&count);
    struct cp_suggestion suggestion = cp_suggest(key->text);
    for (size_t i = 0; i < count; i++) {
        const char *known = cp_key_name_below(&keys[i], path);
        if (known != NULL) {
            cp_suggest_offer(&suggestion, known);
        }
    }
    cp_report_add(report, key->mark, "unknown key '%.60s'", key->text);
    if (suggestion.best != NULL) {
        cp_report_help(report, "did you mean '%s'?", suggestion.best);
    }
}

// Where a key is missing: below the key of its mapping, or at the first line.
static struct cp_mark place_of(const struct cp_node *map) {
    return map->key != NULL ? map->key->mark : (struct cp_mark){1, 1, 1};
}

static void report_missing(const char *path, const struct cp_node *map, struct cp_report *report) {
    size_t count;
    const struct cp_key *keys = cp_keys(&count);
    for (size_t i = 0; i < count; i++) {
        const char *name = cp_key_name_below(&keys[i], path);
        if (name == NULL || (keys[i].flags & CP_KEY_REQUIRED) == 0 ||
            cp_node_entry(map, name, strlen(name)) != NULL) {
            continue;
        }
        cp_report_add(report, place_of(map), "the key '%s' is missing", name);
        cp_report_help(report, "%s", keys[i].help);
    }
}

static bool is_map(struct cp_node *node, struct cp_report *report) {
    if (!node->is_broken && node->kind != CP_NODE_MAP) {
        cp_report_add(report, node->mark, "expected a mapping of keys to values");
        node->is_broken = true;
    }
    return !node->is_broken;
}

static void check_image_name(const struct cp_node *key, struct cp_report *report) {
    if (!cp_is_image_name(key->text)) {
        cp_report_add(report, key->mark, "'%.40s' is not a name for an image", key->text);
        cp_report_help(report, "use a-z, 0-9 and '-', a letter first, at most 31; not 'none'");
    }
}

static void check_part_name(const struct cp_node *key, struct cp_report *report) {
    if (!cp_is_part_name(key->text)) {
        cp_report_add(report, key->mark, "'%.60s' is not a name for a part", key->text);
        cp_report_help(report, "use a-z, 0-9 and '-', a letter first, at most %u",
                       CP_USER_PART_NAME_MAX);
    }
}

// A mapping whose keys are names the user chooses.
static void check_named(const struct cp_key *key, struct cp_node *map, struct cp_report *report) {
    size_t count = cp_node_count(map);
    bool is_images = key->type == CP_KEY_IMAGES;
    for (struct cp_node *item = map->first; item != NULL; item = item->next) {
        (is_images ? check_image_name : check_part_name)(item->key, report);
        if (is_map(item, report)) {
            check_map(is_images ? "images.*" : "parts.*", item, report);
        }
    }
    if (count < key->min || count > key->max) {
        cp_report_add(report, place_of(map), "%s %s", count == 0 ? "no" : "too many", key->path);
        cp_report_help(report, "from %u to %u", (unsigned)key->min, (unsigned)key->max);
    }
}

static void check_entry(const struct cp_key *key, struct cp_node *node, struct cp_report *report) {
    if (key->type == CP_KEY_MATRIX) {
        return; // see matrix.c
    }
    bool is_named = key->type == CP_KEY_IMAGES || key->type == CP_KEY_PARTS;
    if (key->type != CP_KEY_MAP && !is_named) {
        cp_check_value(key, node, report);
    } else if (is_map(node, report)) {
        if (is_named) {
            check_named(key, node, report);
        } else {
            check_map(key->path, node, report);
        }
    }
}

// Calls itself through check_entry(), at most as deep as the table.
static void check_map(const char *path, struct cp_node *map, struct cp_report *report) {
    for (struct cp_node *entry = map->first; entry != NULL; entry = entry->next) {
        const struct cp_key *key = cp_key_child(path, entry->key->text);
        if (key == NULL) {
            report_unknown(path, entry->key, report);
        } else {
            check_entry(key, entry, report);
        }
    }
    report_missing(path, map, report);
}

void cp_check_tree(struct cp_node *root, struct cp_report *report) {
    if (is_map(root, report)) {
        check_map("", root, report);
    }
}

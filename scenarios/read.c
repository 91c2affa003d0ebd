// read.c: values of a checked tree by their path, with the defaults of the table.

#include "scenarios/draft.h"
#include "scenarios/table.h"
#include "scenarios/value.h"

#include <stdio.h>
#include <string.h>

struct cp_node *cp_read_node(const struct cp_draft *draft, const char *path) {
    struct cp_node *node = cp_node_find(draft->root, path);
    return node == NULL || node->is_broken ? NULL : node;
}

bool cp_read_has(const struct cp_draft *draft, const char *path) {
    return cp_node_find(draft->root, path) != NULL;
}

const char *cp_read_text(const struct cp_draft *draft, const char *path) {
    const struct cp_node *node = cp_node_find(draft->root, path);
    if (node == NULL) {
        return cp_key_find(path)->fallback;
    }
    return node->is_broken || node->kind != CP_NODE_SCALAR ? NULL : node->text;
}

bool cp_read_number(const struct cp_draft *draft, const char *path, uint64_t *value) {
    uint64_t number;
    const char *text = cp_read_text(draft, path);
    if (text == NULL || cp_value_number(cp_key_find(path), text, &number) != CP_VALUE_OK) {
        return false;
    }
    *value = number;
    return true;
}

bool cp_read_number_32(const struct cp_draft *draft, const char *path, uint32_t *value) {
    uint64_t number;
    if (!cp_read_number(draft, path, &number) || number > UINT32_MAX) {
        return false;
    }
    *value = (uint32_t)number;
    return true;
}

bool cp_read_word(const struct cp_draft *draft, const char *path, uint32_t *index) {
    const char *text = cp_read_text(draft, path);
    int found = text == NULL ? -1 : cp_key_word_index(cp_key_find(path), text);
    if (found < 0) {
        return false;
    }
    *index = (uint32_t)found;
    return true;
}

bool cp_read_boolean(const struct cp_draft *draft, const char *path, bool *value) {
    const char *text = cp_read_text(draft, path);
    if (text == NULL) {
        return false;
    }
    *value = strcmp(text, "true") == 0;
    return true;
}

static uint32_t mask_of_all(const struct cp_key *key) {
    uint32_t mask = 0;
    for (size_t i = 0; key->word(i) != NULL; i++) {
        mask |= 1u << i;
    }
    return mask;
}

static uint32_t mask_of_list(const struct cp_key *key, const struct cp_node *list) {
    uint32_t mask = 0;
    for (const struct cp_node *item = list->first; item != NULL; item = item->next) {
        int index = cp_key_word_index(key, item->text);
        mask |= index < 0 ? 0 : 1u << index; // a bit mask is no word
    }
    return mask;
}

bool cp_read_words(const struct cp_draft *draft, const char *path, uint32_t *mask) {
    const struct cp_key *key = cp_key_find(path);
    const struct cp_node *node = cp_read_node(draft, path);
    if (node != NULL && node->kind == CP_NODE_LIST) {
        *mask = mask_of_list(key, node);
        return true;
    }
    const char *text = cp_read_text(draft, path);
    if (text == NULL) {
        return false;
    }
    *mask = strcmp(text, "all") == 0 ? mask_of_all(key) : 0;
    return true;
}

struct cp_mark cp_read_place(const struct cp_draft *draft, const char *path) {
    char above[CP_NAME_MAX];
    const struct cp_node *node = cp_node_find(draft->root, path);
    if (node != NULL) {
        return node->mark;
    }
    snprintf(above, sizeof above, "%s", path);
    for (char *dot = strrchr(above, '.'); dot != NULL; dot = strrchr(above, '.')) {
        *dot = '\0';
        node = cp_node_find(draft->root, above);
        if (node != NULL) {
            return node->key->mark;
        }
    }
    return (struct cp_mark){1, 1, 1};
}

// user_parts.c: the parts that a file adds.
//
// They are in the file itself and not in one beside it: a log keeps the text of a scenario,
// and that must do to run it again.

#include "scenarios/user_parts.h"

#include "scenarios/check.h"
#include "scenarios/memory.h"
#include "scenarios/part_keys.h"
#include "scenarios/suggest.h"

#include <stdio.h>
#include <string.h>

static const struct cp_user_part *find_own(const struct cp_draft *draft, const char *name) {
    for (uint32_t i = 0; i < draft->part_count; i++) {
        if (strcmp(draft->parts[i].part.name, name) == 0) {
            return &draft->parts[i];
        }
    }
    return NULL;
}

static void report_unknown(struct cp_draft *draft, const char *path, const char *name) {
    struct cp_suggestion suggestion = cp_suggest(name);
    for (uint32_t i = 0; i < draft->part_count; i++) {
        cp_suggest_offer(&suggestion, draft->parts[i].part.name);
    }
    for (size_t i = 0; i < cp_part_count(); i++) {
        cp_suggest_offer(&suggestion, cp_part_at(i)->name);
    }
    cp_report_add(draft->report, cp_read_place(draft, path), "unknown part '%.60s'", name);
    if (suggestion.best != NULL) {
        cp_report_help(draft->report, "did you mean '%s'?", suggestion.best);
    } else {
        cp_report_help(draft->report, "`cutproof list --targets` lists them; `parts` adds more");
    }
}

bool cp_read_part(struct cp_draft *draft, const char *path, struct cp_part *part,
                  const struct cp_part **origin) {
    const char *name = cp_read_text(draft, path);
    if (name == NULL) {
        return false;
    }
    const struct cp_user_part *own = find_own(draft, name);
    const struct cp_part *known = own != NULL ? &own->part : cp_part_find(name);
    if (known == NULL) {
        report_unknown(draft, path, name);
        return false;
    }
    *part = *known;
    *origin = own != NULL ? own->origin : known;
    return own == NULL || !own->is_broken;
}

// --- reading ---

static const char *read_text(struct cp_draft *draft, const char *where, const char *key,
                             const char *otherwise) {
    char path[CP_PART_PATH_MAX];
    const char *text = cp_read_text(draft, cp_part_path(path, where, key));
    return text == NULL ? otherwise : cp_case_list_keep(draft->list, text);
}

static void read_own(struct cp_draft *draft, const struct cp_node *node) {
    char where[CP_PART_PATH_MAX], path[CP_PART_PATH_MAX];
    const char *name = cp_case_list_keep(draft->list, node->key->text);
    struct cp_user_part own = {.is_broken = true};
    snprintf(where, sizeof where, "parts.%s", name);
    if (cp_part_find(name) != NULL) {
        cp_report_add(draft->report, node->key->mark, "there is a part '%s' already", name);
        cp_report_help(draft->report, "it can be changed where it is used: {part: %s, ...}", name);
    }
    if (cp_read_part(draft, cp_part_path(path, where, "like"), &own.part, &own.origin)) {
        own.part.source = "given in the scenario";
        own.part.family = read_text(draft, where, "family", own.part.family);
        own.part.about = read_text(draft, where, "about", own.part.about);
        own.part.name = name;
        own.is_broken = !cp_change_part(draft, where, &own.part);
    }
    own.part.name = name;
    draft->parts[draft->part_count++] = own;
}

// What is wrong with a name was reported; with a dot in it, it is no key of a path.
static bool can_be_read(const char *name) {
    return name[0] != '\0' && strlen(name) <= CP_USER_PART_NAME_MAX && strchr(name, '.') == NULL;
}

void cp_decode_parts(struct cp_draft *draft) {
    const struct cp_node *map = cp_read_node(draft, "parts");
    if (map == NULL || map->kind != CP_NODE_MAP) {
        return;
    }
    draft->parts = cp_allocate(CP_USER_PARTS_MAX * sizeof *draft->parts);
    for (const struct cp_node *node = map->first; node != NULL; node = node->next) {
        if (can_be_read(node->key->text) && draft->part_count < CP_USER_PARTS_MAX) {
            read_own(draft, node);
        }
    }
}

// gate_thresholds.c: read a file of thresholds, as strictly as a scenario.

#include "cli/gate_thresholds.h"

#include "scenarios/file.h"
#include "scenarios/memory.h"
#include "scenarios/suggest.h"

#include <stdlib.h>
#include <string.h>

#define DIGITS_MAX 15u // of a number, so that it is exact

static const char *const sections[] = {"schema", "limits", "cases", "measures", NULL};

// --- errors

static void report_unknown(struct cp_report *report, const struct cp_node *key, const char *kind,
                           struct cp_suggestion *nearest) {
    cp_report_add(report, key->mark, "unknown %s '%.60s'", kind, key->text);
    if (nearest->best) {
        cp_report_help(report, "did you mean '%s'?", nearest->best);
    } else {
        cp_report_help(report, "docs/gate.md lists them");
    }
}

static bool is_map(struct cp_report *report, const struct cp_node *node, const char *of) {
    if (node->kind == CP_NODE_MAP) {
        return true;
    }
    cp_report_add(report, node->mark, "expected a mapping of %s", of);
    return false;
}

// --- one limit

// A plain decimal number of which nothing is rounded; false if it is none.
static bool read_decimal(const char *text, const char *end, double *value) {
    size_t length = (size_t)(end - text), whole = strspn(text, "0123456789");
    size_t rest = text[whole] == '.' ? 1 + strspn(text + whole + 1, "0123456789") : 0;
    if (whole == 0 || rest == 1 || whole + rest != length || length > DIGITS_MAX) {
        return false;
    }
    *value = strtod(text, NULL);
    return true;
}

static bool read_limit(struct cp_report *report, struct cp_node *node,
                       struct cp_gate_limit *limit) {
    const char *text = node->text;
    const char *end = text + strlen(text);
    *limit = (struct cp_gate_limit){0};
    if (node->kind == CP_NODE_SCALAR && strcmp(text, "unlimited") == 0) {
        limit->is_unlimited = true;
        return true;
    }
    limit->is_percent = end > text && end[-1] == '%';
    if (node->kind == CP_NODE_SCALAR &&
        read_decimal(text, limit->is_percent ? end - 1 : end, &limit->value)) {
        return true;
    }
    cp_report_add(report, node->mark, "'%.40s' is no threshold", text);
    cp_report_help(report, "a count such as 0 or 12, a percentage such as 2.5%%, or unlimited");
    return false;
}

static int find_limit(const char *name) {
    for (int i = 0; i < CP_GATE_LIMIT_COUNT; i++) {
        if (strcmp(cp_gate_limit_rows[i].name, name) == 0) {
            return i;
        }
    }
    return -1;
}

static void report_unknown_limit(struct cp_report *report, const struct cp_node *key) {
    struct cp_suggestion nearest = cp_suggest(key->text);
    for (int i = 0; i < CP_GATE_LIMIT_COUNT; i++) {
        cp_suggest_offer(&nearest, cp_gate_limit_rows[i].name);
    }
    report_unknown(report, key, "threshold", &nearest);
}

// The limits of a mapping; is_given may be NULL.
static void read_limits(struct cp_report *report, const struct cp_node *map,
                        struct cp_gate_limit *limits, bool *is_given) {
    for (struct cp_node *node = map->first; node; node = node->next) {
        struct cp_gate_limit limit;
        int id = find_limit(node->key->text);
        if (id < 0) {
            report_unknown_limit(report, node->key);
        } else if (is_given && (id == CP_GATE_MEASURES || id == CP_GATE_SECONDS)) {
            cp_report_add(report, node->key->mark, "'%s' is not of a case", node->key->text);
            cp_report_help(report, "give it below 'limits'%s",
                           id == CP_GATE_MEASURES ? ", or by name below 'measures'" : "");
        } else if (read_limit(report, node, &limit)) {
            limits[id] = limit;
            if (is_given) {
                is_given[id] = true;
            }
        }
    }
}

// --- rules

static struct cp_gate_rule *add_rule(struct cp_gate_thresholds *thresholds,
                                     const struct cp_node *node, bool is_of_measures) {
    struct cp_gate_limits *limits = &thresholds->limits;
    size_t count = limits->rule_count;
    size_t capacity = count, mark_capacity = count;
    limits->rules = cp_grow(limits->rules, count, &capacity, sizeof *limits->rules);
    thresholds->marks =
        cp_grow(thresholds->marks, count, &mark_capacity, sizeof *thresholds->marks);
    thresholds->marks[count] = node->key->mark;
    limits->rules[count] =
        (struct cp_gate_rule){.pattern = node->key->text, .is_of_measures = is_of_measures};
    limits->rule_count++;
    return &limits->rules[count];
}

static void read_cases(struct cp_gate_thresholds *thresholds, struct cp_report *report,
                       const struct cp_node *map) {
    for (struct cp_node *node = map->first; node; node = node->next) {
        if (is_map(report, node, "thresholds")) {
            struct cp_gate_rule *rule = add_rule(thresholds, node, false);
            read_limits(report, node, rule->limits, rule->is_given);
        }
    }
}

static void read_measures(struct cp_gate_thresholds *thresholds, struct cp_report *report,
                          const struct cp_node *map) {
    for (struct cp_node *node = map->first; node; node = node->next) {
        struct cp_gate_rule *rule = add_rule(thresholds, node, true);
        rule->is_given[CP_GATE_MEASURES] =
            read_limit(report, node, &rule->limits[CP_GATE_MEASURES]);
    }
}

// --- the file

static void read_schema(struct cp_report *report, const struct cp_node *node) {
    if (node->kind != CP_NODE_SCALAR || strcmp(node->text, "1") != 0) {
        cp_report_add(report, node->mark, "'%.20s' is no schema version of thresholds", node->text);
        cp_report_help(report, "this program reads 1");
    }
}

static void read_section(struct cp_gate_thresholds *thresholds, struct cp_report *report,
                         const struct cp_node *node) {
    const char *name = node->key->text;
    struct cp_suggestion nearest = cp_suggest(name);
    if (strcmp(name, "schema") == 0) {
        read_schema(report, node);
    } else if (strcmp(name, "limits") == 0 && is_map(report, node, "thresholds")) {
        read_limits(report, node, thresholds->limits.all, NULL);
    } else if (strcmp(name, "cases") == 0 && is_map(report, node, "cases to thresholds")) {
        read_cases(thresholds, report, node);
    } else if (strcmp(name, "measures") == 0 && is_map(report, node, "measures to thresholds")) {
        read_measures(thresholds, report, node);
    }
    for (size_t i = 0; sections[i]; i++) {
        if (strcmp(sections[i], name) == 0) {
            return;
        }
        cp_suggest_offer(&nearest, sections[i]);
    }
    report_unknown(report, node->key, "key", &nearest);
}

static void read_root(struct cp_gate_thresholds *thresholds, struct cp_report *report) {
    const struct cp_node *root = thresholds->tree.root;
    if (!root || !is_map(report, root, "keys to values")) {
        return;
    }
    if (!cp_node_entry(root, "schema", strlen("schema"))) {
        cp_report_add(report, (struct cp_mark){1, 1, 1}, "the key 'schema' is missing");
        cp_report_help(report, "the version of this kind of file: schema: 1");
    }
    for (const struct cp_node *node = root->first; node; node = node->next) {
        read_section(thresholds, report, node);
    }
}

int cp_gate_thresholds_read(const char *path, struct cp_gate_thresholds *thresholds) {
    *thresholds = (struct cp_gate_thresholds){.limits = cp_gate_limits_default(), .path = path};
    if (!path) {
        return 0;
    }
    const struct cp_scenario_text *text = cp_scenario_read(path, &thresholds->text, stderr);
    if (!text) {
        return -1;
    }
    struct cp_report report = {.file = path, .text = text->text, .size_bytes = text->size_bytes};
    cp_tree_parse(&thresholds->tree, &report);
    read_root(thresholds, &report);
    int err = report.count > 0 ? -1 : 0;
    cp_report_print(&report, stderr);
    cp_report_free(&report);
    return err;
}

void cp_gate_thresholds_warn(const struct cp_gate_thresholds *thresholds) {
    for (size_t i = 0; i < thresholds->limits.rule_count; i++) {
        const struct cp_gate_rule *rule = &thresholds->limits.rules[i];
        if (!rule->is_used) {
            fprintf(stderr, "%s:%u:%u: warning: '%s' fits no %s of the two logs\n",
                    thresholds->path, thresholds->marks[i].line, thresholds->marks[i].column,
                    rule->pattern, rule->is_of_measures ? "measure" : "case");
        }
    }
}

void cp_gate_thresholds_free(struct cp_gate_thresholds *thresholds) {
    free(thresholds->limits.rules);
    free(thresholds->marks);
    cp_tree_free(&thresholds->tree);
    cp_case_list_free(&thresholds->text);
}

// yaml_build.c: from libyaml's events to a tree, refusing what a scenario does
// not need: anchors and aliases, tags, a second document, deep nesting, keys
// that are not words, keys given twice.

#include "scenarios/utf8.h"
#include "scenarios/yaml_build.h"

#include <string.h>
#include <yaml.h>

struct builder {
    yaml_parser_t parser;
    struct cp_tree *tree;
    struct cp_report *report;
    struct cp_node *parents[CP_YAML_DEPTH_MAX];
    struct cp_node *keys[CP_YAML_DEPTH_MAX]; // the key that waits for its value
    bool drops_value[CP_YAML_DEPTH_MAX];     // that key was given before
    uint32_t depth;
    uint32_t documents;
    bool done;
};

static struct cp_mark place(yaml_mark_t start, yaml_mark_t end) {
    struct cp_mark mark = {(uint32_t)start.line + 1, (uint32_t)start.column + 1, 1};
    if (end.line == start.line && end.column > start.column) {
        mark.width = (uint32_t)(end.column - start.column);
    }
    return mark;
}

static struct cp_mark event_place(const yaml_event_t *event) {
    return place(event->start_mark, event->end_mark);
}

// An error after which nothing sensible follows: half a tree would only lack keys.
static void give_up(struct builder *builder, const yaml_event_t *event, const char *message) {
    cp_report_add(builder->report, event_place(event), "%s", message);
    builder->tree->root = NULL;
    builder->done = true;
}

static void accept_key(struct builder *builder, struct cp_node *key) {
    uint32_t top = builder->depth - 1;
    const struct cp_node *before =
        cp_node_entry(builder->parents[top], key->text, strlen(key->text));
    builder->keys[top] = key;
    builder->drops_value[top] = before != NULL || key->kind != CP_NODE_SCALAR;
    if (key->kind != CP_NODE_SCALAR) {
        cp_report_add(builder->report, key->mark, "a key must be a word");
    } else if (before != NULL) {
        cp_report_add(builder->report, key->mark, "duplicate key '%s'", key->text);
        cp_report_help(builder->report, "it was first given on line %u", before->key->mark.line);
    }
}

static void accept_value(struct builder *builder, struct cp_node *node) {
    uint32_t top = builder->depth - 1;
    node->key = builder->keys[top];
    builder->keys[top] = NULL;
    if (!builder->drops_value[top]) {
        cp_node_append(builder->parents[top], node);
    }
}

static void attach(struct builder *builder, struct cp_node *node) {
    if (builder->depth == 0) {
        builder->tree->root = node;
        return;
    }
    uint32_t top = builder->depth - 1;
    if (builder->parents[top]->kind == CP_NODE_LIST) {
        cp_node_append(builder->parents[top], node);
    } else if (builder->keys[top] == NULL) {
        accept_key(builder, node);
    } else {
        accept_value(builder, node);
    }
}

static struct cp_node *add(struct builder *builder, const yaml_event_t *event,
                           enum cp_node_kind kind, const char *text, size_t length) {
    if (builder->tree->count >= CP_YAML_NODES_MAX) {
        give_up(builder, event, "the file has more than 10000 nodes");
        return NULL;
    }
    struct cp_node *node = cp_node_new(builder->tree, kind, text, length);
    node->mark = event_place(event);
    attach(builder, node);
    return node;
}

static void open_parent(struct builder *builder, const yaml_event_t *event,
                        enum cp_node_kind kind) {
    if (builder->depth == CP_YAML_DEPTH_MAX) {
        give_up(builder, event, "nested more than 16 deep");
        return;
    }
    struct cp_node *node = add(builder, event, kind, "", 0);
    if (node != NULL) {
        builder->keys[builder->depth] = NULL;
        builder->drops_value[builder->depth] = false;
        builder->parents[builder->depth++] = node;
    }
}

// Now that its end is known, all of a list or mapping in brackets can be underlined.
static void close_parent(struct builder *builder, const yaml_event_t *event) {
    struct cp_node *node = builder->parents[--builder->depth];
    uint32_t end_line = (uint32_t)event->end_mark.line + 1;
    uint32_t end_column = (uint32_t)event->end_mark.column + 1;
    if (end_line == node->mark.line && end_column > node->mark.column) {
        node->mark.width = end_column - node->mark.column;
    }
}

static void take_scalar(struct builder *builder, const yaml_event_t *event) {
    const char *text = (const char *)event->data.scalar.value;
    size_t length = event->data.scalar.length;
    struct cp_node *node = add(builder, event, CP_NODE_SCALAR, text, length);
    if (node == NULL) {
        return;
    }
    node->is_plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    if (strlen(node->text) != length) {
        cp_report_add(builder->report, node->mark, "a zero byte in a text");
        node->is_broken = true;
    }
}

static void take_alias(struct builder *builder, const yaml_event_t *event) {
    cp_report_add(builder->report, event_place(event), "aliases are not allowed");
    cp_report_help(builder->report, "write the value out; a scenario is read by people");
    struct cp_node *node = add(builder, event, CP_NODE_SCALAR, "", 0);
    if (node != NULL) {
        node->is_broken = true;
    }
}

static void begin_document(struct builder *builder, const yaml_event_t *event) {
    if (builder->documents++ > 0) {
        cp_report_add(builder->report, event_place(event), "a second document in the file");
        cp_report_help(builder->report, "write each scenario in a file of its own");
        builder->done = true; // the first one is still checked
    }
}

static const yaml_char_t *anchor_of(const yaml_event_t *event) {
    switch (event->type) {
    case YAML_SCALAR_EVENT: return event->data.scalar.anchor;
    case YAML_SEQUENCE_START_EVENT: return event->data.sequence_start.anchor;
    case YAML_MAPPING_START_EVENT: return event->data.mapping_start.anchor;
    default: return NULL;
    }
}

static const yaml_char_t *tag_of(const yaml_event_t *event) {
    switch (event->type) {
    case YAML_SCALAR_EVENT: return event->data.scalar.tag;
    case YAML_SEQUENCE_START_EVENT: return event->data.sequence_start.tag;
    case YAML_MAPPING_START_EVENT: return event->data.mapping_start.tag;
    default: return NULL;
    }
}

static void refuse_decoration(struct builder *builder, const yaml_event_t *event) {
    if (anchor_of(event) != NULL) {
        cp_report_add(builder->report, event_place(event), "anchors are not allowed");
        cp_report_help(builder->report, "remove '&%s'", (const char *)anchor_of(event));
    }
    if (tag_of(event) != NULL) {
        cp_report_add(builder->report, event_place(event), "tags are not allowed");
        cp_report_help(builder->report, "the type of each key is known; write only the value");
    }
}

static void take_event(struct builder *builder, const yaml_event_t *event) {
    refuse_decoration(builder, event);
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT: begin_document(builder, event); break;
    case YAML_ALIAS_EVENT: take_alias(builder, event); break;
    case YAML_SCALAR_EVENT: take_scalar(builder, event); break;
    case YAML_SEQUENCE_START_EVENT: open_parent(builder, event, CP_NODE_LIST); break;
    case YAML_MAPPING_START_EVENT: open_parent(builder, event, CP_NODE_MAP); break;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT: close_parent(builder, event); break;
    case YAML_STREAM_END_EVENT: builder->done = true; break;
    default: break;
    }
}

// --- errors of the text itself ---

// The place of a byte; the text before it is valid.
static struct cp_mark place_of_byte(const struct cp_report *report, size_t byte) {
    struct cp_mark mark = {1, 1, 1};
    for (size_t at = 0; at < byte && at < report->size_bytes;) {
        size_t skip = cp_line_break_size_bytes(report->text + at, report->size_bytes - at);
        if (skip != 0) {
            mark.line++;
            mark.column = 1;
        } else if (((unsigned char)report->text[at] & 0xC0u) != 0x80u) {
            mark.column++;
        }
        at += skip != 0 ? skip : 1;
    }
    return mark;
}

static void report_parser(struct builder *builder) {
    const yaml_parser_t *parser = &builder->parser;
    struct cp_mark mark = place(parser->problem_mark, parser->problem_mark);
    bool is_reader = parser->error == YAML_READER_ERROR;
    if (is_reader) {
        mark = place_of_byte(builder->report, parser->problem_offset);
    }
    cp_report_add(builder->report, mark, "not valid YAML: %s",
                  parser->problem != NULL ? parser->problem : "unknown problem");
    if (!is_reader && parser->context != NULL) {
        cp_report_help(builder->report, "%s that began on line %u", parser->context,
                       (uint32_t)parser->context_mark.line + 1);
    }
    builder->tree->root = NULL;
    builder->done = true;
}

static void run(struct builder *builder) {
    while (!builder->done) {
        yaml_event_t event;
        if (yaml_parser_parse(&builder->parser, &event) == 0) {
            report_parser(builder);
            return;
        }
        take_event(builder, &event);
        yaml_event_delete(&event);
    }
}

static void refuse_nothing(struct builder *builder) {
    const struct cp_node *root = builder->tree->root;
    bool is_nothing =
        root == NULL || (root->kind == CP_NODE_SCALAR && root->is_plain && root->text[0] == '\0');
    if (is_nothing && builder->report->count == 0) {
        cp_report_add(builder->report, (struct cp_mark){0, 0, 0}, "the file is empty");
        cp_report_help(builder->report, "`cutproof init` writes a scenario that runs");
        builder->tree->root = NULL;
    }
}

// libyaml would refuse them as well, but not say where.
static bool refuse_other_encodings(struct cp_report *report) {
    const unsigned char *text = (const unsigned char *)report->text;
    for (size_t at = 0; at < report->size_bytes;) {
        size_t size = cp_utf8_size_bytes(text + at, report->size_bytes - at);
        if (size == 0) {
            cp_report_add(report, place_of_byte(report, at), "not UTF-8: byte 0x%02X", text[at]);
            cp_report_help(report, "save the file as UTF-8");
            return true;
        }
        at += size;
    }
    return false;
}

void cp_tree_parse(struct cp_tree *tree, struct cp_report *report) {
    struct builder builder = {.tree = tree, .report = report};
    if (refuse_other_encodings(report)) {
        return;
    }
    if (yaml_parser_initialize(&builder.parser) == 0) {
        cp_report_add(report, (struct cp_mark){0, 0, 0}, "libyaml could not be started");
        return;
    }
    yaml_parser_set_encoding(&builder.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&builder.parser, (const unsigned char *)report->text,
                                 report->size_bytes);
    run(&builder);
    refuse_nothing(&builder);
    yaml_parser_delete(&builder.parser);
}

// decode.c: a checked tree becomes a case.

#include "scenarios/draft.h"

#include <stdio.h>
#include <string.h>

static void decode_head(struct cp_draft *draft) {
    const char *name = cp_read_text(draft, "name"), *format = cp_read_text(draft, "format");
    const struct cp_node *node = cp_node_find(draft->root, "name");
    snprintf(draft->out->name, sizeof draft->out->name, "%s", name == NULL ? "" : name);
    snprintf(draft->out->format, sizeof draft->out->format, "%s", format == NULL ? "" : format);
    snprintf(draft->out->file, sizeof draft->out->file, "%s", draft->report->file);
    draft->out->line = node == NULL ? 1 : node->key->mark.line;
}

void cp_decode(struct cp_node *root, struct cp_report *report, struct cp_case *out) {
    struct cp_draft draft = {.root = root, .report = report, .out = out};
    decode_head(&draft);
    cp_decode_devices(&draft);
    cp_decode_layout(&draft);
    cp_check_layout(&draft);
    cp_decode_images(&draft);
    cp_decode_lifecycle(&draft);
    cp_decode_faults(&draft);
    cp_decode_expect(&draft);
}

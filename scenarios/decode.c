// decode.c: a checked tree becomes a case.

#include "scenarios/draft.h"
#include "scenarios/image_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void decode_head(struct cp_draft *draft) {
    const char *name = cp_read_text(draft, "name"), *format = cp_read_text(draft, "format");
    const struct cp_node *node = cp_node_find(draft->root, "name");
    snprintf(draft->out->name, sizeof draft->out->name, "%s", name == NULL ? "" : name);
    snprintf(draft->out->format, sizeof draft->out->format, "%s", format == NULL ? "" : format);
    draft->is_journal = format != NULL && strcmp(format, "journal") == 0;
    draft->out->tells_reset_cause = draft->is_journal;
    snprintf(draft->out->file, sizeof draft->out->file, "%s", draft->report->file);
    draft->out->line = node == NULL ? 1 : node->key->mark.line;
}

static void decode_tags(struct cp_draft *draft) {
    const struct cp_node *list = cp_read_node(draft, "tags");
    char *tags = draft->out->tags;
    size_t length = 0;
    for (const struct cp_node *item = list ? list->first : NULL; item; item = item->next) {
        length += (size_t)snprintf(tags + length, CP_TAGS_MAX - length, "%s%s,",
                                   length == 0 ? "," : "", item->text);
        if (length >= CP_TAGS_MAX) {
            cp_report_add(draft->report, item->mark, "the tags are too long together");
            return;
        }
    }
}

void cp_decode(struct cp_node *root, struct cp_report *report, struct cp_case_list *list,
               struct cp_case *out) {
    struct cp_draft draft = {.root = root, .report = report, .list = list, .out = out};
    decode_head(&draft);
    decode_tags(&draft);
    cp_decode_parts(&draft);
    cp_decode_devices(&draft);
    cp_decode_strategy(&draft);
    cp_decode_layout(&draft);
    cp_check_layout(&draft);
    cp_decode_security(&draft);
    cp_decode_firmware(&draft);
    cp_decode_images(&draft);
    cp_decode_lifecycle(&draft);
    cp_decode_faults(&draft);
    cp_decode_bounds(&draft);
    cp_decode_expect(&draft);
    cp_check_security(&draft);
    cp_check_slots(&draft);
    free(draft.parts);
}

// steps.c: a step of a replay in words.

#include "cli/steps.h"

#include "faults/source_line.h"

#include <stdio.h>

static const char *area_name(enum cp_area area) {
    static const char *const names[] = {"bootloader", "state", "active", "dfu", "factory"};
    return (unsigned)area < CP_AREA_COUNT ? names[area] : "outside";
}

static const char *kind_name(enum cp_step_kind kind) {
    static const char *const names[] = {
        [CP_STEP_POWER_ON] = "power-on", [CP_STEP_PROGRAM] = "program",
        [CP_STEP_ERASE] = "erase",       [CP_STEP_EVENT] = "event",
        [CP_STEP_CUT] = "cut",           [CP_STEP_VIOLATION] = "violation",
    };
    return names[kind];
}

bool cp_step_is_operation(const struct cp_step *step) {
    return step->kind == CP_STEP_PROGRAM || step->kind == CP_STEP_ERASE;
}

static void describe_operation(const struct cp_step *step, struct cp_step_text *text) {
    char place[48];
    snprintf(place, sizeof place, "%s[%u]", area_name(step->area), step->page);
    if (step->kind == CP_STEP_PROGRAM) {
        snprintf(text->what, sizeof text->what, "program  %-10s +0x%03x  0x%08x -> 0x%08x", place,
                 step->page_offset_bytes, step->old_value ^ step->inversion,
                 step->new_value ^ step->inversion);
        size_t end = strlen(text->what);
        if (step->word_count > 1) {
            snprintf(text->what + end, sizeof text->what - end, " and %u words more",
                     step->word_count - 1);
        }
    } else {
        snprintf(text->what, sizeof text->what, "erase    %-10s", place);
    }
}

void cp_step_describe(const struct cp_step *step, struct cp_step_text *text) {
    text->where[0] = '\0';
    if (step->frame_count > 0) {
        struct cp_source_line line;
        cp_source_line_of_chain(step->frames, step->frame_count, &line);
        snprintf(text->where, sizeof text->where, "%s:%u (%s)", line.file, line.line,
                 line.function);
    }
    if (cp_step_is_operation(step)) {
        describe_operation(step, text);
    } else {
        snprintf(text->what, sizeof text->what, "%s", step->text);
    }
}

static void print_json_operation(const struct cp_step *step, struct cp_jsonl *json) {
    cp_jsonl_text(json, "area", area_name(step->area));
    cp_jsonl_count(json, "page", step->page);
    cp_jsonl_count(json, "page_offset", step->page_offset_bytes);
    cp_jsonl_count(json, "address", step->address);
    if (step->kind == CP_STEP_PROGRAM) {
        cp_jsonl_count(json, "word_count", step->word_count);
        cp_jsonl_count(json, "old_value", step->old_value ^ step->inversion);
        cp_jsonl_count(json, "new_value", step->new_value ^ step->inversion);
    }
}

void cp_step_print_json(const struct cp_step *step, struct cp_jsonl *json) {
    cp_jsonl_open(json, NULL, '{');
    cp_jsonl_text(json, "type", "step");
    cp_jsonl_text(json, "kind", kind_name(step->kind));
    cp_jsonl_count(json, "event_index", step->event_index);
    cp_jsonl_count(json, "cuts", step->cuts);
    if (cp_step_is_operation(step)) {
        print_json_operation(step, json);
    } else {
        cp_jsonl_text(json, "text", step->text);
    }
    if (step->frame_count > 0) {
        struct cp_source_line line;
        cp_source_line_of_chain(step->frames, step->frame_count, &line);
        cp_jsonl_text(json, "file", line.file);
        cp_jsonl_count(json, "line", line.line);
        cp_jsonl_text(json, "function", line.function);
    }
    cp_jsonl_close(json, '}');
}

void cp_step_print_chain(const struct cp_step *step) {
    for (uint32_t i = 0; i < step->frame_count; i++) {
        struct cp_source_line line;
        cp_source_line(step->frames[i], &line);
        printf("              %s %s:%u (%s)\n", i ? "from" : "at  ", line.file, line.line,
               line.function);
    }
}

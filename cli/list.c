// list.c: list the cases of scenarios, or the parts that can be simulated.

#include "cli/list_parts.h"
#include "cli/case_text.h"
#include "cli/command.h"
#include "cli/jsonl.h"
#include "cli/select.h"
#include "cli/text.h"
#include "sim/controller.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *part_name(const struct cp_case *test_case) {
    return test_case->device_count ? test_case->devices[0].name : "?";
}

static void print_case(const struct cp_case *test_case, int name_width) {
    char faults[160], bounds[160];
    cp_case_text_faults(&test_case->faults, faults, sizeof faults);
    cp_case_text_bounds(&test_case->bounds, bounds, sizeof bounds);
    printf("%-*s  %-12s %-8s %-8s  %s; %s\n", name_width, test_case->name, part_name(test_case),
           test_case->format, cp_verdict_name(test_case->expect.verdict), faults, bounds);
}

static void print_bound_json(struct cp_jsonl *json, const char *key, uint32_t bound) {
    if (bound == CP_UNLIMITED) {
        cp_jsonl_text(json, key, NULL);
    } else {
        cp_jsonl_count(json, key, bound);
    }
}

static void print_promises_json(struct cp_jsonl *json, const char *key, uint32_t bits) {
    cp_jsonl_open(json, key, '[');
    for (uint32_t i = 0; i < CP_PROMISE_COUNT; i++) {
        if (bits >> i & 1) {
            cp_jsonl_text(json, NULL, cp_promise_name((enum cp_promise)i));
        }
    }
    cp_jsonl_close(json, ']');
}

static void print_bounds_json(struct cp_jsonl *json, const struct cp_bounds *bounds) {
    cp_jsonl_open(json, "bounds", '{');
    print_bound_json(json, "cuts_max", bounds->cuts_max);
    print_bound_json(json, "torn_max", bounds->torn_max);
    print_bound_json(json, "states_max", bounds->states_max);
    print_bound_json(json, "seconds_max", bounds->seconds_max);
    cp_jsonl_close(json, '}');
}

// With the controllers: a chip is connected to the SPI of whatever target it is beside.
static void print_devices_json(struct cp_jsonl *json, const struct cp_case *test_case) {
    cp_jsonl_open(json, "devices", '[');
    for (uint32_t i = 0; i < test_case->device_count; i++) {
        const struct cp_part *part = &test_case->devices[i];
        cp_jsonl_open(json, NULL, '{');
        cp_jsonl_text(json, "part", part->name);
        cp_jsonl_text(json, "controller", cp_controller_model(part->controller)->name);
        cp_jsonl_close(json, '}');
    }
    cp_jsonl_close(json, ']');
}

// They are kept between commas: ",smoke,seed,".
static void print_tags_json(struct cp_jsonl *json, const char *tags) {
    cp_jsonl_open(json, "tags", '[');
    for (const char *at = tags + strspn(tags, ","); *at; at += strspn(at, ",")) {
        char tag[CP_TAGS_MAX];
        size_t length = strcspn(at, ",");
        snprintf(tag, sizeof tag, "%.*s", (int)length, at);
        cp_jsonl_text(json, NULL, tag);
        at += length;
    }
    cp_jsonl_close(json, ']');
}

static void print_case_json(const struct cp_case *test_case) {
    struct cp_jsonl json = {.out = stdout};
    char faults[160];
    cp_case_text_faults(&test_case->faults, faults, sizeof faults);
    cp_jsonl_open(&json, NULL, '{');
    cp_jsonl_text(&json, "type", "case");
    cp_jsonl_text(&json, "name", test_case->name);
    cp_jsonl_text(&json, "file", test_case->file);
    cp_jsonl_count(&json, "line", test_case->line);
    print_tags_json(&json, test_case->tags);
    cp_jsonl_text(&json, "part", part_name(test_case));
    print_devices_json(&json, test_case);
    cp_jsonl_text(&json, "format", test_case->format);
    cp_jsonl_text(&json, "faults", faults);
    print_bounds_json(&json, &test_case->bounds);
    print_promises_json(&json, "promises", test_case->promises);
    cp_jsonl_text(&json, "expected", cp_verdict_name(test_case->expect.verdict));
    print_promises_json(&json, "violates", test_case->expect.violates);
    cp_jsonl_count(&json, "states_min", test_case->expect.states_min);
    cp_jsonl_close(&json, '}');
}

static void list_cases(const struct cp_case_list *list, enum cp_format format) {
    int width = 0;
    for (size_t i = 0; i < list->count; i++) {
        int length = (int)strlen(list->cases[i].name);
        width = length > width ? length : width;
    }
    for (size_t i = 0; i < list->count; i++) {
        if (format == CP_FORMAT_JSON) {
            print_case_json(&list->cases[i]);
        } else {
            print_case(&list->cases[i], width);
        }
    }
}

enum cp_exit cp_command_list(const struct cp_options *options) {
    if (options->targets) {
        cp_list_parts(options->format);
        return CP_EXIT_OK;
    }
    struct cp_case_list list = {0};
    enum cp_exit code =
        cp_select_cases(options, options->arguments, options->argument_count, &list);
    if (code == CP_EXIT_OK) {
        list_cases(&list, options->format);
    }
    cp_case_list_free(&list);
    return code;
}

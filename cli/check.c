// check.c: validate scenarios, or print what a scenario may contain.

#include "cli/command.h"
#include "cli/jsonl.h"
#include "cli/select.h"
#include "cli/text.h"

#include <stdio.h>

static void print_good(const struct cp_case_list *list, enum cp_format format) {
    if (format == CP_FORMAT_HUMAN) {
        printf("%s case%s in %s file%s: no errors\n", cp_number(list->count).text,
               list->count == 1 ? "" : "s", cp_number(list->text_count).text,
               list->text_count == 1 ? "" : "s");
        return;
    }
    struct cp_jsonl json = {.out = stdout};
    cp_jsonl_open(&json, NULL, '{');
    cp_jsonl_text(&json, "type", "summary");
    cp_jsonl_count(&json, "cases", list->count);
    cp_jsonl_count(&json, "files", list->text_count);
    cp_jsonl_close(&json, '}');
}

static enum cp_exit check_files(const struct cp_options *options) {
    struct cp_case_list list = {0};
    enum cp_exit code =
        cp_select_cases(options, options->arguments, options->argument_count, &list);
    if (code == CP_EXIT_OK) {
        print_good(&list, options->format);
    }
    cp_case_list_free(&list);
    return code;
}

enum cp_exit cp_command_check(const struct cp_options *options) {
    if (options->print_schema) {
        cp_scenario_print_schema(stdout);
    } else if (options->print_reference) {
        cp_scenario_print_reference(stdout);
    } else {
        return check_files(options);
    }
    return CP_EXIT_OK;
}

// layout.c: where a scenario's areas lie, for people, for a linker, and for a compiler.

#include "cli/command.h"
#include "cli/layout_text.h"
#include "cli/select.h"
#include "cli/text.h"

#include <stdio.h>
#include <string.h>

static enum cp_exit complain_many(const struct cp_case_list *list) {
    cp_complain("there are %zu cases, and not all have the same layout", list->count);
    cp_help("choose one with --case NAME, such as '%s'", list->cases[0].name);
    return CP_EXIT_USAGE;
}

// A header has the name of its scenario.
static bool is_of_one_file(const struct cp_case_list *list) {
    for (size_t i = 1; i < list->count; i++) {
        if (strcmp(list->cases[i].file, list->cases[0].file) != 0) {
            return false;
        }
    }
    return true;
}

static enum cp_exit complain_many_files(const struct cp_case_list *list) {
    cp_complain("there are cases of several scenarios, a layout is of one");
    cp_help("give one file, such as '%s'", list->cases[0].file);
    return CP_EXIT_USAGE;
}

static enum cp_exit complain_many_forms(void) {
    cp_complain("--header, --linker and --description cannot be given together");
    cp_help("each is printed by itself");
    return CP_EXIT_USAGE;
}

static void print(const struct cp_options *options, const struct cp_case *test_case) {
    if (options->header) {
        cp_layout_print_header(test_case, stdout);
    } else if (options->linker) {
        cp_layout_print_linker(test_case, stdout);
    } else if (options->description) {
        cp_layout_describe(test_case, stdout);
    } else {
        cp_layout_print_table(test_case, stdout);
    }
}

static enum cp_exit check_is_one(const struct cp_case_list *list) {
    if (!is_of_one_file(list)) {
        return complain_many_files(list);
    }
    return cp_layout_is_same(list->cases, list->count) ? CP_EXIT_OK : complain_many(list);
}

// The firmware that a layout is for may not have been built yet.
enum cp_exit cp_command_layout(const struct cp_options *options) {
    struct cp_case_list list = {.ignores_files = true};
    if (options->header + options->linker + options->description > 1) {
        return complain_many_forms();
    }
    enum cp_exit code =
        cp_select_cases(options, options->arguments, options->argument_count, &list);
    if (code == CP_EXIT_OK) {
        code = check_is_one(&list);
    }
    if (code == CP_EXIT_OK) {
        print(options, &list.cases[0]);
    }
    cp_case_list_free(&list);
    return code;
}

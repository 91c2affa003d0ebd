// completion.c: the command that prints completion scripts and the man page.

#include "cli/completion.h"

#include "cli/command.h"
#include "cli/text.h"

#include <string.h>

static const struct {
    const char *name;
    void (*write)(FILE *out);
} forms[] = {
    {"bash", cp_completion_write_bash},
    {"zsh", cp_completion_write_zsh},
    {"fish", cp_completion_write_fish},
    {"man", cp_completion_write_man},
};

#define FORM_COUNT (sizeof forms / sizeof forms[0])

static enum cp_exit write_form(const char *name) {
    struct cp_suggestion nearest = cp_suggestion_of(name);
    for (size_t i = 0; i < FORM_COUNT; i++) {
        if (strcmp(forms[i].name, name) == 0) {
            forms[i].write(stdout);
            return CP_EXIT_OK;
        }
        cp_suggestion_offer(&nearest, forms[i].name);
    }
    cp_complain("there is no completion for '%s'", name);
    cp_help(nearest.best ? "did you mean '%s'?" : "give bash, zsh, fish or man%s",
            nearest.best ? nearest.best : "");
    return CP_EXIT_USAGE;
}

enum cp_exit cp_command_completion(const struct cp_options *options) {
    char *const *words = options->arguments;
    if (options->argument_count > 0 &&
        cp_completion_offer(words[0], words + 1, options->argument_count - 1)) {
        return CP_EXIT_OK;
    }
    if (options->argument_count != 1) {
        cp_complain("for which shell?");
        cp_help("give bash, zsh or fish, or man for the man page");
        return CP_EXIT_USAGE;
    }
    return write_form(words[0]);
}

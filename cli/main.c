// main.c: the way to a command.

#include "cli/commands.h"
#include "cli/text.h"

#include <stdio.h>
#include <string.h>

static enum cp_exit run_command(const struct cp_command *command, int argc, char **argv) {
    struct cp_options options = {
        .color = "auto", .format_name = "human", .all = argv, .all_count = argc};
    if (cp_options_parse(command->bit, argc - 1, argv + 1, &options) < 0) {
        fprintf(stderr, "      = help: see 'cutproof help %s'\n", command->name);
        return CP_EXIT_USAGE;
    }
    cp_color_choose(options.color);
    if (options.help) {
        cp_command_print_help(command);
        return CP_EXIT_OK;
    }
    return command->run(&options);
}

// The command that a first word asks for; NULL after a message.
static const struct cp_command *command_of(const char *word) {
    static const char *const others[][2] = {
        {"--help", "help"}, {"-h", "help"}, {"--version", "version"}};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (strcmp(word, others[i][0]) == 0) {
            return cp_command_find(others[i][1]);
        }
    }
    return cp_command_find(word);
}

static enum cp_exit dispatch(int argc, char **argv) {
    if (argc < 2) {
        cp_commands_print_overview(stderr);
        return CP_EXIT_USAGE;
    }
    const struct cp_command *command = command_of(argv[1]);
    return command ? run_command(command, argc, argv) : CP_EXIT_USAGE;
}

int main(int argc, char **argv) {
    enum cp_exit code = dispatch(argc, argv);
    // A report cut short by a full disk must not look like a good one.
    if (fflush(stdout) == EOF || ferror(stdout)) {
        cp_complain("cannot write to standard output");
        code = cp_exit_worse(code, CP_EXIT_INTERNAL);
    }
    return (int)code;
}

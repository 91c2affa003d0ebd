// commands.h: the table of commands, which main, the help, the completions and the man
// page are made of.

#ifndef CP_CLI_COMMANDS_H
#define CP_CLI_COMMANDS_H

#include "cli/exit_code.h"
#include "cli/options.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct cp_command {
    const char *name;
    uint32_t bit; // of enum cp_command_bit: which options it has
    enum cp_exit (*run)(const struct cp_options *options);
    const char *usage; // its arguments, in words that completion_words.c knows
    const char *about;
    const char *example;
};

// The command at a place in the table, in the order of the help; NULL behind the last.
const struct cp_command *cp_command_at(size_t index);

// The command of that name; NULL after a message on stderr if there is none.
const struct cp_command *cp_command_find(const char *name);

// The list of all commands, and the exit codes.
void cp_commands_print_overview(FILE *out);

// All about one command, on stdout.
void cp_command_print_help(const struct cp_command *command);

#endif

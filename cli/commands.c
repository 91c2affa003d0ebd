// commands.c: the table of commands, and the help made from it.

#include "cli/commands.h"

#include "cli/command.h"
#include "cli/text.h"

#include <string.h>

static const struct cp_command commands[] = {
    {"init", CP_COMMAND_INIT, cp_command_init, "[DIR]", "write a scenario that runs",
     "cutproof init my-board"},
    {"check", CP_COMMAND_CHECK, cp_command_check, "FILE|DIR...", "validate scenarios, run nothing",
     "cutproof check scenarios"},
    {"list", CP_COMMAND_LIST, cp_command_list, "FILE|DIR...",
     "list the cases of scenarios, or parts", "cutproof list --targets"},
    {"layout", CP_COMMAND_LAYOUT, cp_command_layout, "FILE",
     "print where everything lies, for people or a linker",
     "cutproof layout boards/nrf52840.yaml --linker"},
    {"run", CP_COMMAND_RUN, cp_command_run, "FILE|DIR...", "explore every power cut, keep a log",
     "cutproof run scenarios/seed/update-confirm.yaml"},
    {"replay", CP_COMMAND_REPLAY, cp_command_replay, "ID [FILE|DIR...]",
     "run one trace again, step by step",
     "cutproof replay 'seed/update-confirm@3f9a1c20:a137,a12'"},
    {"merge", CP_COMMAND_MERGE, cp_command_merge, "LOG...", "make one log of those of all parts",
     "cutproof merge --log all.db part1.db part2.db"},
    {"report", CP_COMMAND_REPORT, cp_command_report, "[LOG...]",
     "make pages, tables and test results of logs",
     "cutproof report --html report.html --junit junit.xml"},
    {"gate", CP_COMMAND_GATE, cp_command_gate, "BASE NEW", "compare two logs, fail on a regression",
     "cutproof gate main.db .cutproof/runs/latest/run.db"},
    {"measure", CP_COMMAND_MEASURE, cp_command_measure, "LOG NAME=VALUE...",
     "add sizes or coverage of the core to a log",
     "cutproof measure run.db core.nrf52.flash_bytes=5204"},
    {"completion", CP_COMMAND_COMPLETION, cp_command_completion, "bash|zsh|fish|man",
     "print completions for a shell, or the man page", "cutproof completion bash"},
    {"bench", CP_COMMAND_BENCH, cp_command_bench, "[FILE|DIR...]",
     "measure these cases, or run the benchmark", "cutproof bench scenarios/seed"},
    {"doctor", CP_COMMAND_DOCTOR, cp_command_doctor, "", "check that this machine can run cases",
     "cutproof doctor"},
    {"keygen", CP_COMMAND_KEYGEN, cp_command_keygen, "", "make a key pair for signed images",
     "cutproof keygen --out release.pem --public public_key.h"},
    {"sign", CP_COMMAND_SIGN, cp_command_sign, "IMAGE", "make a signed image",
     "cutproof sign app.bin --key release.pem --out app.signed.bin --version 1.2.3"},
    {"verify", CP_COMMAND_VERIFY, cp_command_verify, "FILE", "check a signed image",
     "cutproof verify app.signed.bin --public-key public_key.h"},
    {"help", CP_COMMAND_HELP, cp_command_help, "[COMMAND]", "tell more of a command",
     "cutproof help run"},
    {"version", CP_COMMAND_VERSION, cp_command_version, "", "tell which version this is",
     "cutproof version"},
};

#define COMMAND_COUNT (sizeof commands / sizeof commands[0])

const struct cp_command *cp_command_at(size_t index) {
    return index < COMMAND_COUNT ? &commands[index] : NULL;
}

const struct cp_command *cp_command_find(const char *name) {
    struct cp_suggestion nearest = cp_suggestion_of(name);
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(commands[i].name, name) == 0) {
            return &commands[i];
        }
        cp_suggestion_offer(&nearest, commands[i].name);
    }
    cp_complain("unknown command '%s'", name);
    cp_help(nearest.best ? "did you mean '%s'?" : "see 'cutproof help'%s",
            nearest.best ? nearest.best : "");
    return NULL;
}

void cp_commands_print_overview(FILE *out) {
    fputs("Cutproof proves that a bootloader survives power loss at any moment.\n\n"
          "  cutproof run scenarios            explore every power cut of every case\n"
          "  cutproof replay ID                run one trace again, step by step\n\n"
          "Commands (cutproof help COMMAND tells more):\n",
          out);
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        fprintf(out, "  %-10s  %-18s %s\n", commands[i].name, commands[i].usage, commands[i].about);
    }
    fputs("\nExit codes:\n", out);
    for (int code = 0; cp_exit_about(code); code++) {
        fprintf(out, "  %d  %s\n", code, cp_exit_about(code));
    }
}

void cp_command_print_help(const struct cp_command *command) {
    printf("cutproof %s%s%s\n  %s\n\nOptions:\n", command->name, *command->usage ? " " : "",
           command->usage, command->about);
    cp_options_print_help(command->bit);
    printf("\nExample:\n  %s\n", command->example);
}

enum cp_exit cp_command_help(const struct cp_options *options) {
    if (options->argument_count == 0) {
        cp_commands_print_overview(stdout);
        return CP_EXIT_OK;
    }
    const struct cp_command *command = cp_command_find(options->arguments[0]);
    if (!command) {
        return CP_EXIT_USAGE;
    }
    cp_command_print_help(command);
    return CP_EXIT_OK;
}

enum cp_exit cp_command_version(const struct cp_options *options) {
    (void)options;
    puts("cutproof " CP_VERSION);
    return CP_EXIT_OK;
}

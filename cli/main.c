// main.c: the command table, help, and the way to a command.

#include "cli/command.h"
#include "cli/text.h"

#include <stdio.h>
#include <string.h>

static const struct command {
    const char *name;
    uint32_t bit;
    enum cp_exit (*run)(const struct cp_options *options);
    const char *usage;
    const char *about;
    const char *example;
} commands[] = {
    {"init", CP_COMMAND_INIT, cp_command_init, "[DIR]", "write a scenario that runs",
     "cutproof init my-board"},
    {"check", CP_COMMAND_CHECK, cp_command_check, "FILE|DIR...", "validate scenarios, run nothing",
     "cutproof check scenarios"},
    {"list", CP_COMMAND_LIST, cp_command_list, "FILE|DIR...",
     "list the cases of scenarios, or parts", "cutproof list --targets"},
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
};

#define COMMAND_COUNT (sizeof commands / sizeof commands[0])

static const struct command *find_command(const char *name) {
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

static void print_overview(FILE *out) {
    fputs("Cutproof proves that a bootloader survives power loss at any moment.\n\n"
          "  cutproof run scenarios            explore every power cut of every case\n"
          "  cutproof replay ID                run one trace again, step by step\n\n"
          "Commands (cutproof help COMMAND tells more):\n",
          out);
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        fprintf(out, "  %-10s %-18s %s\n", commands[i].name, commands[i].usage, commands[i].about);
    }
    fputs("\nExit codes: 0 all as expected, 1 violated, unexpected or refused, 2 interrupted,\n"
          "3 internal error, 4 usage or scenario error, 5 nothing selected, 6 inconclusive.\n",
          out);
}

static enum cp_exit print_command_help(const struct command *command) {
    printf("cutproof %s %s\n  %s\n\nOptions:\n", command->name, command->usage, command->about);
    cp_options_print_help(command->bit);
    printf("\nExample:\n  %s\n", command->example);
    return CP_EXIT_OK;
}

static enum cp_exit run_help(const char *name) {
    if (!name) {
        print_overview(stdout);
        return CP_EXIT_OK;
    }
    const struct command *command = find_command(name);
    return command ? print_command_help(command) : CP_EXIT_USAGE;
}

static enum cp_exit run_command(const struct command *command, int argc, char **argv) {
    struct cp_options options = {
        .color = "auto", .format_name = "human", .all = argv, .all_count = argc};
    if (cp_options_parse(command->bit, argc - 1, argv + 1, &options) < 0) {
        fprintf(stderr, "      = help: see 'cutproof help %s'\n", command->name);
        return CP_EXIT_USAGE;
    }
    cp_color_choose(options.color);
    return options.help ? print_command_help(command) : command->run(&options);
}

static enum cp_exit dispatch(int argc, char **argv) {
    const char *first = argc > 1 ? argv[1] : NULL;
    if (!first) {
        print_overview(stderr);
        return CP_EXIT_USAGE;
    }
    if (strcmp(first, "--version") == 0 || strcmp(first, "version") == 0) {
        puts("cutproof " CP_VERSION);
        return CP_EXIT_OK;
    }
    if (strcmp(first, "help") == 0 || strcmp(first, "--help") == 0 || strcmp(first, "-h") == 0) {
        return run_help(argc > 2 ? argv[2] : NULL);
    }
    const struct command *command = find_command(first);
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

// completion_zsh.c: what the completion script for zsh has from the tables.

#include "cli/completion.h"

#include <string.h>

// Text within single quotes, of which _arguments and _describe make words at ':'.
static void write_escaped(const char *text, FILE *out) {
    for (; *text; text++) {
        if (*text == '\'') {
            fputs("'\\'", out);
        } else if (strchr("[]:\\", *text)) {
            fputc('\\', out);
        }
        fputc(*text, out);
    }
}

// What _arguments does to complete a word: after the colon.
static void write_action(const struct cp_word *word, FILE *out) {
    static const char *const actions[] = {
        [CP_WORD_OTHER] = " ",
        [CP_WORD_ONE_OF] = "(",
        [CP_WORD_FILE] = "_files",
        [CP_WORD_DIRECTORY] = "_files -/",
        [CP_WORD_CASE] = " _cutproof_ask cases .yaml",
        [CP_WORD_TAG] = " _cutproof_ask tags .yaml",
        [CP_WORD_ID] = " _cutproof_ask ids .db",
        [CP_WORD_COMMAND] = "_cutproof_commands",
    };
    fputs(actions[word->kind], out);
    if (word->kind == CP_WORD_FILE && *word->suffix) {
        fprintf(out, " -g \"*%s(-.)\"", word->suffix);
    }
    if (word->kind == CP_WORD_ONE_OF) {
        for (const char *at = word->text; *at; at++) {
            fputc(*at == '|' ? ' ' : *at, out);
        }
        fputc(')', out);
    }
}

// One form of an option, which excludes the other one: (-j --jobs)-j+[help]:N:action
static void write_form(const struct cp_option_row *row, const char *form, FILE *out) {
    struct cp_word word;
    fputs("                '", out);
    if (row->letter) {
        fprintf(out, "(-%c --%s)", row->letter, row->name);
    }
    fprintf(out, "%s[", form);
    write_escaped(row->help, out);
    fputc(']', out);
    if (row->argument) {
        cp_word_read(row->argument, &word);
        fputc(':', out);
        write_escaped(word.text, out);
        fputc(':', out);
        write_action(&word, out);
    }
    fputs("' \\\n", out);
}

static void write_option(const struct cp_option_row *row, FILE *out) {
    char form[48];
    if (row->letter) {
        snprintf(form, sizeof form, "-%c%s", row->letter, row->argument ? "+" : "");
        write_form(row, form, out);
    }
    snprintf(form, sizeof form, "--%s%s", row->name, row->argument ? "=" : "");
    write_form(row, form, out);
}

static void write_arguments(const char *usage, FILE *out) {
    struct cp_word word;
    while (cp_word_next(&usage, &word)) {
        fprintf(out, "                '%s", word.repeats ? "*:" : word.is_optional ? "::" : ":");
        write_escaped(word.text, out);
        fputc(':', out);
        write_action(&word, out);
        fputs("' \\\n", out);
    }
}

static void write_table(FILE *out) {
    for (size_t i = 0; cp_command_at(i); i++) {
        const struct cp_command *command = cp_command_at(i);
        fprintf(out, "        (%s)\n            _arguments -s -S \\\n", command->name);
        cp_completion_each_option(command, write_option, out);
        write_arguments(command->usage, out);
        fputs("                && return\n            ;;\n", out);
    }
}

static void write_commands(FILE *out) {
    for (size_t i = 0; cp_command_at(i); i++) {
        fprintf(out, "        '%s:", cp_command_at(i)->name);
        write_escaped(cp_command_at(i)->about, out);
        fputs("'\n", out);
    }
}

void cp_completion_write_zsh(FILE *out) {
    static const struct cp_hole holes[] = {
        {"@COMMANDS@", write_commands}, {"@TABLE@", write_table}, {0}};
    cp_template_write(cp_completion_zsh, holes, out);
}

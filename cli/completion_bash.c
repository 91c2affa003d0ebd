// completion_bash.c: what the completion script for bash has from the tables.

#include "cli/completion.h"

static void write_kind(const struct cp_word *word, FILE *out) {
    static const char *const names[] = {
        [CP_WORD_OTHER] = "-",   [CP_WORD_ONE_OF] = "one-of:",
        [CP_WORD_FILE] = "file", [CP_WORD_DIRECTORY] = "directory",
        [CP_WORD_CASE] = "case", [CP_WORD_TAG] = "tag",
        [CP_WORD_ID] = "id",     [CP_WORD_COMMAND] = "command",
    };
    fputs(names[word->kind], out);
    if (word->kind == CP_WORD_FILE && *word->suffix) {
        fprintf(out, ":%s", word->suffix);
    }
    for (const char *at = word->text; word->kind == CP_WORD_ONE_OF && *at; at++) {
        fputc(*at == '|' ? ',' : *at, out);
    }
}

static void write_option(const struct cp_option_row *row, FILE *out) {
    if (row->letter) {
        fprintf(out, "-%c ", row->letter);
    }
    fprintf(out, "--%s ", row->name);
}

static void write_value(const struct cp_option_row *row, FILE *out) {
    struct cp_word word;
    if (!row->argument) {
        return;
    }
    cp_word_read(row->argument, &word);
    if (row->letter) {
        fprintf(out, "-%c=", row->letter);
        write_kind(&word, out);
        fputc(' ', out);
    }
    fprintf(out, "--%s=", row->name);
    write_kind(&word, out);
    fputc(' ', out);
}

static void write_arguments(const char *usage, FILE *out) {
    struct cp_word word;
    while (cp_word_next(&usage, &word)) {
        write_kind(&word, out);
        fputs(word.repeats ? "... " : " ", out);
    }
}

static void write_table(FILE *out) {
    for (size_t i = 0; cp_command_at(i); i++) {
        const struct cp_command *command = cp_command_at(i);
        fprintf(out, "        %s)\n            options='", command->name);
        cp_completion_each_option(command, write_option, out);
        fputs("'\n            values='", out);
        cp_completion_each_option(command, write_value, out);
        fputs("'\n            arguments='", out);
        write_arguments(command->usage, out);
        fputs("'\n            ;;\n", out);
    }
}

static void write_commands(FILE *out) {
    fputs("_cutproof_commands='", out);
    for (size_t i = 0; cp_command_at(i); i++) {
        fprintf(out, "%s ", cp_command_at(i)->name);
    }
    fputs("'\n", out);
}

void cp_completion_write_bash(FILE *out) {
    static const struct cp_hole holes[] = {
        {"@COMMANDS@", write_commands}, {"@TABLE@", write_table}, {0}};
    cp_template_write(cp_completion_bash, holes, out);
}

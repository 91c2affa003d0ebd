// completion_fish.c: what the completion script for fish has from the tables.
//
// A line for each option and each argument of each command. The place of an argument is
// not looked at: all kinds that a command takes are offered at each of its arguments.

#include "cli/completion.h"

#include <string.h>

static void write_quoted(const char *text, FILE *out) {
    fputc('\'', out);
    for (; *text; text++) {
        if (strchr("'\\", *text)) {
            fputc('\\', out);
        }
        fputc(*text, out);
    }
    fputc('\'', out);
}

static void write_commands(FILE *out) {
    fputs(" -a '", out);
    for (size_t i = 0; cp_command_at(i); i++) {
        fprintf(out, "%s%s", i ? " " : "", cp_command_at(i)->name);
    }
    fputc('\'', out);
}

static void write_words(const struct cp_word *word, FILE *out) {
    static const char *const asked[] = {
        [CP_WORD_DIRECTORY] = "__fish_complete_directories",
        [CP_WORD_CASE] = "__cutproof_ask cases .yaml",
        [CP_WORD_TAG] = "__cutproof_ask tags .yaml",
        [CP_WORD_ID] = "__cutproof_ask ids .db",
    };
    if (word->kind == CP_WORD_ONE_OF) {
        fputs(" -a '", out);
        for (const char *at = word->text; *at; at++) {
            fputc(*at == '|' ? ' ' : *at, out);
        }
        fputc('\'', out);
    } else if (word->kind == CP_WORD_COMMAND) {
        write_commands(out);
    } else if (word->kind == CP_WORD_FILE && *word->suffix) {
        fprintf(out, " -a '(__fish_complete_suffix %s)'", word->suffix);
    } else if (word->kind == CP_WORD_FILE) {
        fputs(" -F", out);
    } else if (word->kind != CP_WORD_OTHER) {
        fprintf(out, " -a '(%s)'", asked[word->kind]);
    }
}

static void write_option(const struct cp_option_row *row, FILE *out) {
    struct cp_word word;
    fprintf(out, " -l %s", row->name);
    if (row->letter) {
        fprintf(out, " -s %c", row->letter);
    }
    if (row->argument) {
        cp_word_read(row->argument, &word);
        fputs(word.kind == CP_WORD_FILE && !*word.suffix ? " -r" : " -x", out); // -x: no files
        write_words(&word, out);
    }
    fputs(" -d ", out);
    write_quoted(row->help, out);
    fputc('\n', out);
}

static void write_condition(const struct cp_command *command, FILE *out) {
    fprintf(out, "complete -c cutproof -n '__cutproof_is %s'", command->name);
}

static void write_table(FILE *out) {
    for (size_t i = 0; cp_command_at(i); i++) {
        const struct cp_command *command = cp_command_at(i);
        const char *usage = command->usage;
        struct cp_word word;
        fprintf(out, "\ncomplete -c cutproof -n __cutproof_has_none -a %s -d ", command->name);
        write_quoted(command->about, out);
        fputc('\n', out);
        while (cp_word_next(&usage, &word)) {
            if (word.kind != CP_WORD_OTHER) {
                write_condition(command, out);
                write_words(&word, out);
                fputc('\n', out);
            }
        }
        for (size_t option = 0; cp_option_at(option); option++) {
            if (cp_option_at(option)->commands & command->bit) {
                write_condition(command, out);
                write_option(cp_option_at(option), out);
            }
        }
    }
}

void cp_completion_write_fish(FILE *out) {
    static const struct cp_hole holes[] = {{"@TABLE@", write_table}, {0}};
    cp_template_write(cp_completion_fish, holes, out);
}

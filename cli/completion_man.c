// completion_man.c: what the man page has from the tables.

#include "cli/completion.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

// Text in mdoc: no escape, no macro, and hyphens that can be copied.
static void write_text(const char *text, FILE *out) {
    if (*text == '.' || *text == '\'') {
        fputs("\\&", out);
    }
    for (; *text; text++) {
        if (*text == '\\') {
            fputs("\\e", out);
        } else if (*text == '-') {
            fputs("\\-", out);
        } else {
            fputc(*text, out);
        }
    }
}

// The page is of the day on which it was made, or of SOURCE_DATE_EPOCH, as packagers set it.
static void write_head(FILE *out) {
    const char *given = getenv("SOURCE_DATE_EPOCH");
    time_t now = given ? (time_t)strtoll(given, NULL, 10) : time(NULL);
    struct tm utc = {0};
    char day[64];
    strftime(day, sizeof day, "%B %e, %Y", gmtime_r(&now, &utc));
    fprintf(out, ".Dd %s\n.Dt CUTPROOF 1\n.Os cutproof %s\n", day, CP_VERSION);
}

static void write_synopsis(FILE *out) {
    for (size_t i = 0; cp_command_at(i); i++) {
        fprintf(out, ".Nm\n.Cm %s\n", cp_command_at(i)->name);
        fputs(".Op Ar option ...\n", out);
        if (*cp_command_at(i)->usage) {
            fputs(".Ar ", out);
            write_text(cp_command_at(i)->usage, out);
            fputc('\n', out);
        }
    }
}

static void write_option(const struct cp_option_row *row, FILE *out) {
    fputs(".It ", out);
    if (row->letter) {
        fprintf(out, "Fl %c , ", row->letter);
    }
    fputs("Fl \\-", out);
    write_text(row->name, out);
    if (row->argument) {
        fputs(" Ar \\&", out);
        write_text(row->argument, out);
    }
    fputc('\n', out);
    write_text(row->help, out);
    fputc('\n', out);
}

static void write_own_option(const struct cp_option_row *row, FILE *out) {
    if (!cp_completion_is_common(row)) {
        write_option(row, out);
    }
}

static bool has_own_options(const struct cp_command *command) {
    for (size_t i = 0; cp_option_at(i); i++) {
        if (cp_option_at(i)->commands & command->bit && !cp_completion_is_common(cp_option_at(i))) {
            return true;
        }
    }
    return false;
}

static void write_command(const struct cp_command *command, FILE *out) {
    fprintf(out, ".Ss %s ", command->name);
    write_text(command->usage, out);
    fputc('\n', out);
    write_text(command->about, out);
    fputc('\n', out);
    if (has_own_options(command)) {
        fputs(".Bl -tag -width Ds\n", out);
        cp_completion_each_option(command, write_own_option, out);
        fputs(".El\n", out);
    }
}

static void write_commands(FILE *out) {
    for (size_t i = 0; cp_command_at(i); i++) {
        write_command(cp_command_at(i), out);
    }
}

static void write_common(FILE *out) {
    fputs(".Bl -tag -width Ds\n", out);
    for (size_t i = 0; cp_option_at(i); i++) {
        if (cp_completion_is_common(cp_option_at(i))) {
            write_option(cp_option_at(i), out);
        }
    }
    fputs(".El\n", out);
}

static void write_exits(FILE *out) {
    fputs(".Bl -tag -width Ds\n", out);
    for (int code = 0; cp_exit_about(code); code++) {
        fprintf(out, ".It %d\n", code);
        write_text(cp_exit_about(code), out);
        fputc('\n', out);
    }
    fputs(".El\n", out);
}

static void write_examples(FILE *out) {
    fputs(".Bd -literal -offset indent\n", out);
    for (size_t i = 0; cp_command_at(i); i++) {
        write_text(cp_command_at(i)->example, out);
        fputc('\n', out);
    }
    fputs(".Ed\n", out);
}

void cp_completion_write_man(FILE *out) {
    static const struct cp_hole holes[] = {{"@HEAD@", write_head},
                                           {"@SYNOPSIS@", write_synopsis},
                                           {"@COMMANDS@", write_commands},
                                           {"@COMMON@", write_common},
                                           {"@EXITS@", write_exits},
                                           {"@EXAMPLES@", write_examples},
                                           {0}};
    cp_template_write(cp_completion_man, holes, out);
}

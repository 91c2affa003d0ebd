// completion.h: what `cutproof completion` is made of, for its files completion*.c.
//
// The scripts and the man page are templates, compiled in from the files beside this one.
// A line @NAME@ of a template is filled from the tables of commands and options.

#ifndef CP_CLI_COMPLETION_H
#define CP_CLI_COMPLETION_H

#include "cli/commands.h"
#include "cli/options.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

// What a word of a usage, or the value of an option, stands for.
enum cp_word_kind {
    CP_WORD_OTHER,  // nothing can be offered: a number, a time
    CP_WORD_ONE_OF, // of the words in `text`, with '|' between them
    CP_WORD_FILE,   // with the suffix, or any
    CP_WORD_DIRECTORY,
    CP_WORD_CASE,
    CP_WORD_TAG,
    CP_WORD_ID,
    CP_WORD_COMMAND,
};

#define CP_WORD_MAX 64u

struct cp_word {
    enum cp_word_kind kind;
    char text[CP_WORD_MAX]; // without brackets and dots: FILE|DIR
    char suffix[8];         // of files, such as ".yaml"; "": any
    bool is_optional, repeats;
};

// What the value of an option is: the word that the help shows for it.
void cp_word_read(const char *text, struct cp_word *word);

// The next word of a usage, which is moved on behind it. False: there is none.
bool cp_word_next(const char **usage, struct cp_word *word);

// A line of a template, and what is written in its place.
struct cp_hole {
    const char *line; // NULL ends the list
    void (*fill)(FILE *out);
};

// Write a template with its holes filled.
void cp_template_write(const char *text, const struct cp_hole *holes, FILE *out);

// Call for each option of a command, in the order of the help.
void cp_completion_each_option(const struct cp_command *command,
                               void (*found)(const struct cp_option_row *row, FILE *out),
                               FILE *out);

// Whether all commands have this option.
bool cp_completion_is_common(const struct cp_option_row *row);

void cp_completion_write_bash(FILE *out);
void cp_completion_write_zsh(FILE *out);
void cp_completion_write_fish(FILE *out);
void cp_completion_write_man(FILE *out);

// What the scripts ask for while a line is typed: "cases" and "tags" of scenarios, "ids" of
// the failures in logs; a line each, sorted by nothing. What cannot be read is passed over:
// a line that is half typed is no error. False: `what` is none of them.
bool cp_completion_offer(const char *what, char *const *paths, int path_count);

// The templates.
extern const char cp_completion_bash[], cp_completion_zsh[], cp_completion_fish[],
    cp_completion_man[];

#endif

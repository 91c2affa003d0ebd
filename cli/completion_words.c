// completion_words.c: what can be offered for the words that the help shows.

#include "cli/completion.h"

#include <ctype.h>
#include <string.h>

static const struct {
    const char *text;
    enum cp_word_kind kind;
    const char *suffix;
} known[] = {
    {"FILE|DIR", CP_WORD_FILE, ".yaml"},
    {"LOG", CP_WORD_FILE, ".db"},
    {"BASE", CP_WORD_FILE, ".db"},
    {"NEW", CP_WORD_FILE, ".db"},
    {"FILE", CP_WORD_FILE, ""},
    {"IMAGE", CP_WORD_FILE, ""},
    {"DIR", CP_WORD_DIRECTORY, ""},
    {"NAME", CP_WORD_CASE, ""},
    {"TAG", CP_WORD_TAG, ""},
    {"ID", CP_WORD_ID, ""},
    {"COMMAND", CP_WORD_COMMAND, ""},
};

#define KNOWN_COUNT (sizeof known / sizeof known[0])

static bool is_lower(const char *text) {
    for (; *text; text++) {
        if (!islower((unsigned char)*text)) {
            return false;
        }
    }
    return true;
}

// FILE.yaml, LIB.so: a file of that suffix. X.Y.Z is none.
static bool has_suffix(const char *text, const char **suffix) {
    *suffix = strrchr(text, '.');
    return *suffix && (*suffix)[1] && is_lower(*suffix + 1);
}

static void read_kind(struct cp_word *word) {
    const char *suffix = "";
    word->kind = CP_WORD_OTHER;
    if (islower((unsigned char)word->text[0])) {
        word->kind = CP_WORD_ONE_OF;
    } else if (has_suffix(word->text, &suffix)) {
        word->kind = CP_WORD_FILE;
    } else {
        suffix = "";
    }
    for (size_t i = 0; i < KNOWN_COUNT; i++) {
        if (strcmp(known[i].text, word->text) == 0) {
            word->kind = known[i].kind;
            suffix = known[i].suffix;
        }
    }
    snprintf(word->suffix, sizeof word->suffix, "%s", suffix);
}

void cp_word_read(const char *text, struct cp_word *word) {
    *word = (struct cp_word){0};
    snprintf(word->text, sizeof word->text, "%s", text);
    read_kind(word);
}

bool cp_word_next(const char **usage, struct cp_word *word) {
    const char *start = *usage + strspn(*usage, " ");
    size_t length = strcspn(start, " ");
    *usage = start + length;
    *word = (struct cp_word){.is_optional = *start == '['};
    if (length == 0) {
        return false;
    }
    start += word->is_optional;
    length -= 2u * word->is_optional;
    if (length > 3 && strncmp(start + length - 3, "...", 3) == 0) {
        word->repeats = true;
        length -= 3;
    }
    snprintf(word->text, sizeof word->text, "%.*s", (int)length, start);
    read_kind(word);
    return true;
}

void cp_template_write(const char *text, const struct cp_hole *holes, FILE *out) {
    while (*text) {
        size_t length = strcspn(text, "\n");
        const struct cp_hole *hole = holes;
        while (hole->line &&
               (strlen(hole->line) != length || strncmp(hole->line, text, length) != 0)) {
            hole++;
        }
        if (hole->line) {
            hole->fill(out);
        } else {
            fprintf(out, "%.*s\n", (int)length, text);
        }
        text += length + (text[length] == '\n');
    }
}

bool cp_completion_is_common(const struct cp_option_row *row) {
    return row->commands == CP_COMMAND_ALL;
}

void cp_completion_each_option(const struct cp_command *command,
                               void (*found)(const struct cp_option_row *row, FILE *out),
                               FILE *out) {
    for (size_t i = 0; cp_option_at(i); i++) {
        if (cp_option_at(i)->commands & command->bit) {
            found(cp_option_at(i), out);
        }
    }
}

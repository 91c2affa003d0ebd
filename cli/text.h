// text.h: numbers, suggestions, messages and colour.

#ifndef CP_CLI_TEXT_H
#define CP_CLI_TEXT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct cp_number {
    char text[28];
};

// A count with thousands separators: printf("%s", cp_number(n).text).
struct cp_number cp_number(uint64_t value);

// A time for people: "0.2s", "41.2s", "12m 05s", "3h 02m".
struct cp_number cp_duration(double seconds);

// A time on the part: "41 us", "85.0 ms", "23.52 s".
struct cp_number cp_time_us(uint64_t time_us);

// A search for the name nearest to a misspelt word.
struct cp_suggestion {
    const char *word;
    const char *best; // NULL: nothing is near
    size_t distance;
};

struct cp_suggestion cp_suggestion_of(const char *word);
void cp_suggestion_offer(struct cp_suggestion *search, const char *name);

// Write a line "cutproof: error: ..." or "    = help: ..." to stderr.
void cp_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
void cp_help(const char *format, ...) __attribute__((format(printf, 1, 2)));

enum cp_color {
    CP_COLOR_NONE,
    CP_COLOR_GOOD,
    CP_COLOR_BAD,
    CP_COLOR_DOUBT,
    CP_COLOR_BOLD,
    CP_COLOR_DIM,
};

// Decide about colour: "auto", "always" or "never"; auto heeds NO_COLOR, TERM
// and whether the stream is a terminal.
void cp_color_choose(const char *mode);

// The escape sequence that begins a colour on a stream, CP_COLOR_NONE ends it;
// "" when there is no colour.
const char *cp_color(FILE *stream, enum cp_color color);

// Whether a stream is a terminal on which a line can be rewritten.
bool cp_is_live(FILE *stream);

#endif

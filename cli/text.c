// text.c: numbers, suggestions, messages and colour.

#include "cli/text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WORD_MAX 96u // longer names are not misspellings but something else

struct cp_number cp_number(uint64_t value) {
    char digits[24];
    struct cp_number number;
    size_t length = (size_t)snprintf(digits, sizeof digits, "%" PRIu64, value);
    size_t end = 0;
    for (size_t i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0) {
            number.text[end++] = ',';
        }
        number.text[end++] = digits[i];
    }
    number.text[end] = '\0';
    return number;
}

struct cp_number cp_duration(double seconds) {
    struct cp_number number;
    unsigned whole = (unsigned)(seconds + 0.5);
    if (seconds < 99.95) {
        snprintf(number.text, sizeof number.text, "%.1fs", seconds);
    } else if (whole < 3600) {
        snprintf(number.text, sizeof number.text, "%um %02us", whole / 60, whole % 60);
    } else {
        snprintf(number.text, sizeof number.text, "%uh %02um", whole / 3600, whole / 60 % 60);
    }
    return number;
}

struct cp_number cp_time_us(uint64_t time_us) {
    struct cp_number number;
    if (time_us < 1000) {
        snprintf(number.text, sizeof number.text, "%u us", (unsigned)time_us);
    } else if (time_us < 1000000) {
        snprintf(number.text, sizeof number.text, "%.1f ms", (double)time_us / 1e3);
    } else {
        snprintf(number.text, sizeof number.text, "%.2f s", (double)time_us / 1e6);
    }
    return number;
}

struct cp_suggestion cp_suggestion_of(const char *word) {
    return (struct cp_suggestion){.word = word, .distance = strlen(word) / 3 + 1};
}

static size_t min3(size_t a, size_t b, size_t c) {
    size_t least = a < b ? a : b;
    return least < c ? least : c;
}

// The edit distance: one row of the usual table at a time.
static size_t distance(const char *left, const char *right) {
    size_t row[WORD_MAX + 1];
    size_t width = strlen(right);
    if (width > WORD_MAX || strlen(left) > WORD_MAX) {
        return SIZE_MAX;
    }
    for (size_t i = 0; i <= width; i++) {
        row[i] = i;
    }
    for (; *left; left++) {
        size_t diagonal = row[0]++;
        for (size_t i = 1; i <= width; i++) {
            size_t above = row[i];
            row[i] = min3(above + 1, row[i - 1] + 1, diagonal + (*left != right[i - 1]));
            diagonal = above;
        }
    }
    return row[width];
}

void cp_suggestion_offer(struct cp_suggestion *search, const char *name) {
    size_t found = distance(search->word, name);
    if (found < search->distance || (found == search->distance && !search->best)) {
        search->distance = found;
        search->best = name;
    }
}

void cp_complain(const char *format, ...) {
    va_list values;
    fprintf(stderr, "cutproof: %serror:%s ", cp_color(stderr, CP_COLOR_BAD),
            cp_color(stderr, CP_COLOR_NONE));
    va_start(values, format);
    vfprintf(stderr, format, values);
    va_end(values);
    fputc('\n', stderr);
}

void cp_help(const char *format, ...) {
    va_list values;
    fputs("      = help: ", stderr);
    va_start(values, format);
    vfprintf(stderr, format, values);
    va_end(values);
    fputc('\n', stderr);
}

static const char *color_mode = "auto";

void cp_color_choose(const char *mode) {
    color_mode = mode;
}

bool cp_is_live(FILE *stream) {
    const char *term = getenv("TERM");
    return isatty(fileno(stream)) && term && *term && strcmp(term, "dumb") != 0;
}

static bool is_colored(FILE *stream) {
    if (strcmp(color_mode, "auto") != 0) {
        return strcmp(color_mode, "always") == 0;
    }
    const char *refused = getenv("NO_COLOR");
    return !(refused && *refused) && cp_is_live(stream);
}

const char *cp_color(FILE *stream, enum cp_color color) {
    static const char *const escapes[] = {
        [CP_COLOR_NONE] = "\033[0m",   [CP_COLOR_GOOD] = "\033[32m", [CP_COLOR_BAD] = "\033[31m",
        [CP_COLOR_DOUBT] = "\033[33m", [CP_COLOR_BOLD] = "\033[1m",  [CP_COLOR_DIM] = "\033[2m",
    };
    return is_colored(stream) ? escapes[color] : "";
}

// measure.c: add what was measured of the build to a log, for the gate and for reports.

#include "cli/command.h"
#include "cli/jsonl.h"
#include "cli/text.h"
#include "reports/log.h"
#include "reports/measures.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NAME_MAX_CHARACTERS 95u
#define UNIT_MAX_CHARACTERS 15u

static const char *const directions[] = {"worse", "better", "neither", NULL};

// What the last part of a name says of the unit, and of what more of it is.
static const struct suffix {
    const char *text, *unit, *more_is;
} suffixes[] = {
    {"_bytes", "bytes", "worse"},
    {"_us", "us", "worse"},
    {"_operations", "operations", "worse"},
    {"_percent", "percent", "better"},
    {"_covered", "", "better"},
};

// Units as written, what they are in a log, and how many of that.
static const struct unit {
    const char *text, *unit;
    double factor;
} units[] = {
    {"B", "bytes", 1},   {"KiB", "bytes", 1024}, {"MiB", "bytes", 1024.0 * 1024},
    {"us", "us", 1},     {"ms", "us", 1000},     {"s", "us", 1000000},
    {"%", "percent", 1},
};

struct measure {
    char name[NAME_MAX_CHARACTERS + 1], unit[UNIT_MAX_CHARACTERS + 1];
    const char *more_is;
    double value;
};

static int refuse(const char *argument, const char *why, const char *help) {
    cp_complain("'%s': %s", argument, why);
    cp_help("%s", help);
    return -1;
}

// --- the name: parts of a-z, 0-9, _ and - that begin with a letter or digit, divided by dots

static bool is_letter_or_digit(char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9');
}

static bool is_name(const char *name) {
    for (bool is_first = true; *name; name++) {
        if (!is_letter_or_digit(*name) && (is_first || !strchr("_-.", *name))) {
            return false;
        }
        is_first = *name == '.';
        if (is_first && !name[1]) {
            return false;
        }
    }
    return true;
}

static int read_name(const char *argument, size_t length, struct measure *measure) {
    if (length > 0 && length <= NAME_MAX_CHARACTERS) {
        memcpy(measure->name, argument, length);
        measure->name[length] = '\0';
        if (is_name(measure->name)) {
            return 0;
        }
    }
    return refuse(argument, "this is no name of a measure",
                  "lower-case words divided by dots, at most 95 characters, such as "
                  "core.nrf52.flash_bytes");
}

static const struct suffix *suffix_of(const char *name) {
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        size_t length = strlen(suffixes[i].text), whole = strlen(name);
        if (whole > length && strcmp(name + whole - length, suffixes[i].text) == 0) {
            return &suffixes[i];
        }
    }
    return NULL;
}

// --- the value and its unit

static int refuse_value(const char *argument) {
    return refuse(argument, "a finite number is expected behind the '='",
                  "such as core.nrf52.flash_bytes=5204 or core.lines_percent=97.3%");
}

static int take_unit(const char *argument, const char *text, size_t length,
                     struct measure *measure) {
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strlen(units[i].text) == length && memcmp(units[i].text, text, length) == 0) {
            snprintf(measure->unit, sizeof measure->unit, "%s", units[i].unit);
            measure->value *= units[i].factor;
            return isfinite(measure->value) ? 0 : refuse_value(argument);
        }
    }
    if (length > UNIT_MAX_CHARACTERS || strspn(text, "abcdefghijklmnopqrstuvwxyz") < length) {
        return refuse(argument, "this unit is not known",
                      "B, KiB, MiB, us, ms, s, %, or a word of at most 15 small letters");
    }
    memcpy(measure->unit, text, length);
    measure->unit[length] = '\0';
    return 0;
}

// A plain decimal number, with an exponent if need be; no `inf`, no `nan`, no hexadecimal.
static int read_value(const char *argument, const char *text, size_t length,
                      struct measure *measure) {
    char *end;
    const char *digits = text + (*text == '-');
    bool is_plain = *digits >= '0' && *digits <= '9' && digits[1] != 'x' && digits[1] != 'X';
    measure->value = is_plain ? strtod(text, &end) : NAN;
    if (!isfinite(measure->value)) {
        return refuse_value(argument);
    }
    return take_unit(argument, end, length - (size_t)(end - text), measure);
}

static int check_unit(const char *argument, struct measure *measure) {
    const struct suffix *suffix = suffix_of(measure->name);
    measure->more_is = suffix ? suffix->more_is : "neither";
    if (suffix && !measure->unit[0]) {
        snprintf(measure->unit, sizeof measure->unit, "%s", suffix->unit);
    }
    if (suffix && *suffix->unit && strcmp(measure->unit, suffix->unit) != 0) {
        cp_complain("'%s': the name says %s, the unit %s", argument, suffix->unit, measure->unit);
        cp_help("leave the unit out, or give one of %s", suffix->unit);
        return -1;
    }
    return 0;
}

static int read_direction(const char *argument, const char *text, struct measure *measure) {
    for (size_t i = 0; directions[i]; i++) {
        if (strcmp(directions[i], text) == 0) {
            measure->more_is = directions[i];
            return 0;
        }
    }
    return refuse(argument, "what more of it is stands behind the comma",
                  "worse, better or neither, such as core.branches=412,better");
}

// NAME=VALUE[UNIT][,worse|,better|,neither]
static int read_measure(const char *argument, struct measure *measure) {
    const char *equals = strchr(argument, '=');
    if (!equals) {
        return refuse(argument, "a measure is NAME=VALUE", "such as core.nrf52.flash_bytes=5204");
    }
    const char *value = equals + 1, *comma = strchr(value, ',');
    size_t length = comma ? (size_t)(comma - value) : strlen(value);
    int err = read_name(argument, (size_t)(equals - argument), measure);
    err = err ? err : read_value(argument, value, length, measure);
    err = err ? err : check_unit(argument, measure);
    return err || !comma ? err : read_direction(argument, comma + 1, measure);
}

// --- all

static int check_twice(const struct measure *measures, size_t count) {
    for (size_t i = 0; i + 1 < count; i++) {
        if (strcmp(measures[i].name, measures[count - 1].name) == 0) {
            return refuse(measures[i].name, "this measure is given twice", "give it once");
        }
    }
    return 0;
}

static int put(const struct cp_options *options, const struct measure *measures, size_t count) {
    char error[CP_MESSAGE_MAX];
    struct cp_measure *rows = calloc(count, sizeof *rows);
    char *source = options->source ? strdup(options->source) : cp_options_command_line(options);
    for (size_t i = 0; rows && i < count; i++) {
        rows[i] = (struct cp_measure){measures[i].name, measures[i].value, measures[i].unit,
                                      measures[i].more_is};
    }
    snprintf(error, sizeof error, "out of memory");
    int err =
        rows && source ? cp_measures_put(options->arguments[0], rows, count, source, error) : -1;
    if (err) {
        cp_complain("%s", error);
    }
    free(source);
    free(rows);
    return err;
}

static void print_done(const struct cp_options *options, size_t count) {
    struct cp_jsonl json = {.out = stdout};
    if (options->format == CP_FORMAT_HUMAN) {
        printf("%s measure%s in %s\n", cp_number(count).text, count == 1 ? "" : "s",
               options->arguments[0]);
        return;
    }
    cp_jsonl_open(&json, NULL, '{');
    cp_jsonl_text(&json, "type", "measures");
    cp_jsonl_text(&json, "log", options->arguments[0]);
    cp_jsonl_count(&json, "measures", count);
    cp_jsonl_close(&json, '}');
}

static int measure_all(const struct cp_options *options, size_t count) {
    struct measure *measures = calloc(count, sizeof *measures);
    int err = measures ? 0 : (cp_complain("out of memory"), -1);
    for (size_t i = 0; !err && i < count; i++) {
        err = read_measure(options->arguments[i + 1], &measures[i]);
        err = err ? err : check_twice(measures, i + 1);
    }
    err = err ? err : put(options, measures, count);
    if (!err) {
        print_done(options, count);
    }
    free(measures);
    return err;
}

enum cp_exit cp_command_measure(const struct cp_options *options) {
    if (options->argument_count < 2) {
        cp_complain("which log, and which measures?");
        cp_help("cutproof measure run.db core.nrf52.flash_bytes=5204 core.lines_percent=97.3%%");
        return CP_EXIT_USAGE;
    }
    return measure_all(options, (size_t)options->argument_count - 1) ? CP_EXIT_USAGE : CP_EXIT_OK;
}

// value.c: numbers with units.

#include "scenarios/value.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct unit {
    const char *name;
    uint64_t factor;
};

// Ascending, ended by a NULL name.
static const struct unit size_units[] = {
    {"B", 1}, {"KiB", 1ull << 10}, {"MiB", 1ull << 20}, {"GiB", 1ull << 30}, {"TiB", 1ull << 40},
    {NULL, 0}};
static const struct unit time_units[] = {{"us", 1},       {"ms", 1000},      {"s", 1000000},
                                         {"m", 60000000}, {"h", 3600000000}, {NULL, 0}};

static const struct unit *units_of(enum cp_key_type type) {
    switch (type) {
    case CP_KEY_SIZE:
    case CP_KEY_OFFSET: return size_units;
    case CP_KEY_TIME: return time_units;
    default: return NULL;
    }
}

const char *cp_value_units(enum cp_key_type type) {
    const struct unit *units = units_of(type);
    return units == NULL ? NULL : units == size_units ? "B, KiB, MiB, GiB, TiB" : "us, ms, s, m, h";
}

const char *cp_value_unit_pattern(enum cp_key_type type) {
    const struct unit *units = units_of(type);
    return units == NULL ? NULL : units == size_units ? "B|KiB|MiB|GiB|TiB" : "us|ms|s|m|h";
}

static int digit_value(char digit) {
    if (digit >= '0' && digit <= '9') {
        return digit - '0';
    }
    if (digit >= 'a' && digit <= 'f') {
        return digit - 'a' + 10;
    }
    return digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : 16;
}

// Read digits; a value that does not fit stays at UINT64_MAX. Returns the rest.
static const char *read_digits(const char *text, unsigned base, uint64_t *value) {
    *value = 0;
    for (; digit_value(*text) < (int)base; text++) {
        uint64_t digit = (uint64_t)digit_value(*text);
        *value = *value > (UINT64_MAX - digit) / base ? UINT64_MAX : *value * base + digit;
    }
    return text;
}

bool cp_value_hex(const char *text, uint64_t *value) {
    if (strncmp(text, "0x", 2) != 0 || text[2] == '\0') {
        return false;
    }
    return *read_digits(text + 2, 16, value) == '\0' && *value <= UINT32_MAX;
}

static enum cp_value_fault apply_unit(const struct unit *units, const char *name, uint64_t *value) {
    if (*name == '\0') {
        return CP_VALUE_WITHOUT_UNIT;
    }
    for (const struct unit *unit = units; unit->name != NULL; unit++) {
        if (strcmp(unit->name, name) == 0) {
            *value = *value > UINT64_MAX / unit->factor ? UINT64_MAX : *value * unit->factor;
            return CP_VALUE_OK;
        }
    }
    return CP_VALUE_UNKNOWN_UNIT;
}

static enum cp_value_fault parse(const struct cp_key *key, const char *text, uint64_t *value) {
    const struct unit *units = units_of(key->type);
    bool may_be_hex = key->type == CP_KEY_OFFSET || key->type == CP_KEY_HEX;
    if (may_be_hex && cp_value_hex(text, value)) {
        return CP_VALUE_OK;
    }
    if (key->type == CP_KEY_HEX) {
        return CP_VALUE_NOT_A_NUMBER;
    }
    const char *rest = read_digits(text, 10, value);
    if (rest == text) {
        return CP_VALUE_NOT_A_NUMBER;
    }
    if (units != NULL) {
        return apply_unit(units, rest, value);
    }
    bool has_leading_zero = text[0] == '0' && rest > text + 1; // octal to some readers
    return *rest == '\0' && !has_leading_zero ? CP_VALUE_OK : CP_VALUE_NOT_A_NUMBER;
}

enum cp_value_fault cp_value_number(const struct cp_key *key, const char *text, uint64_t *value) {
    if ((key->flags & CP_KEY_OR_UNLIMITED) != 0 && strcmp(text, "unlimited") == 0) {
        *value = UINT32_MAX;
        return CP_VALUE_OK;
    }
    enum cp_value_fault fault = parse(key, text, value);
    if (fault != CP_VALUE_OK) {
        return fault;
    }
    if (*value < key->min) {
        return CP_VALUE_TOO_SMALL;
    }
    if (*value > key->max) {
        return CP_VALUE_TOO_LARGE;
    }
    return key->step != 0 && *value % key->step != 0 ? CP_VALUE_NOT_A_MULTIPLE : CP_VALUE_OK;
}

const char *cp_value_text(char text[CP_VALUE_TEXT_MAX], enum cp_key_type type, uint64_t value) {
    const struct unit *best = NULL, *units = units_of(type);
    if (type == CP_KEY_HEX) {
        snprintf(text, CP_VALUE_TEXT_MAX, "0x%" PRIX64, value);
        return text;
    }
    for (const struct unit *unit = units; unit != NULL && unit->name != NULL; unit++) {
        if (value % unit->factor == 0 && (value != 0 || best == NULL)) {
            best = unit;
        }
    }
    snprintf(text, CP_VALUE_TEXT_MAX, "%" PRIu64 "%s", best == NULL ? value : value / best->factor,
             best == NULL ? "" : best->name);
    return text;
}

const char *cp_size_text(char text[CP_VALUE_TEXT_MAX], uint64_t size_bytes) {
    return cp_value_text(text, CP_KEY_SIZE, size_bytes);
}

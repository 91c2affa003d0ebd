// value.h: numbers with units, as text and as value.

#ifndef CP_SCENARIOS_VALUE_H
#define CP_SCENARIOS_VALUE_H

#include "scenarios/table.h"

enum cp_value_fault {
    CP_VALUE_OK,
    CP_VALUE_NOT_A_NUMBER,
    CP_VALUE_WITHOUT_UNIT,
    CP_VALUE_UNKNOWN_UNIT,
    CP_VALUE_TOO_SMALL,
    CP_VALUE_TOO_LARGE,
    CP_VALUE_NOT_A_MULTIPLE,
};

// The value of a text under a key: bytes of sizes and offsets, microseconds of
// times. `unlimited`, where the key allows it, is UINT32_MAX.
enum cp_value_fault cp_value_number(const struct cp_key *key, const char *text, uint64_t *value);

// A hexadecimal number such as 0x20202020 of at most 32 bits.
bool cp_value_hex(const char *text, uint64_t *value);

// The units of a type as a list for people, "us, ms, s, m, h", or as an alternative
// of a regular expression, "us|ms|s|m|h". NULL when it has none.
const char *cp_value_units(enum cp_key_type type);
const char *cp_value_unit_pattern(enum cp_key_type type);

// A value as a person would write it, in the largest unit that divides it.
#define CP_VALUE_TEXT_MAX 24u
const char *cp_value_text(char text[CP_VALUE_TEXT_MAX], enum cp_key_type type, uint64_t value);

// The same for a size in bytes.
const char *cp_size_text(char text[CP_VALUE_TEXT_MAX], uint64_t size_bytes);

#endif

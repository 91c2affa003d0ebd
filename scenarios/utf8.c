// utf8.c: which bytes are UTF-8, as Unicode table 3-7 has it.

#include "scenarios/utf8.h"

#include <stdbool.h>

static size_t sequence_size_bytes(unsigned char first) {
    if (first < 0x80u) {
        return 1;
    }
    if (first < 0xC2u || first > 0xF4u) {
        return 0;
    }
    return first < 0xE0u ? 2 : first < 0xF0u ? 3 : 4;
}

static bool second_is_valid(unsigned char first, unsigned char second) {
    switch (first) {
    case 0xE0u: return second >= 0xA0u; // not longer than needed
    case 0xEDu: return second <= 0x9Fu; // not a surrogate
    case 0xF0u: return second >= 0x90u;
    case 0xF4u: return second <= 0x8Fu; // not beyond U+10FFFF
    default: return true;
    }
}

size_t cp_utf8_size_bytes(const unsigned char *text, size_t left) {
    size_t size = sequence_size_bytes(text[0]);
    if (size == 0 || size > left || (size > 1 && !second_is_valid(text[0], text[1]))) {
        return 0;
    }
    for (size_t i = 1; i < size; i++) {
        if ((text[i] & 0xC0u) != 0x80u) {
            return 0;
        }
    }
    return size;
}

// state_decode.c: which format, and what its readers share; see state_decode.h.

#include "faults/state_decode_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void cp_state_say(struct cp_state_words *words, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(words->text + words->used, words->size - words->used, format, arguments);
    va_end(arguments);
    if (length > 0) {
        size_t left = words->size - words->used - 1;
        words->used += (size_t)length < left ? (size_t)length : left;
    }
}

bool cp_state_holds(const struct cp_state_view *view, uint32_t offset_bytes, uint32_t size_bytes,
                    uint8_t value) {
    for (uint32_t i = 0; i < size_bytes; i++) {
        if (view->bytes[offset_bytes + i] != value) {
            return false;
        }
    }
    return true;
}

bool cp_state_is_torn(const struct cp_state_view *view, uint32_t offset_bytes,
                      uint32_t size_bytes) {
    if (!view->doubts) {
        return false;
    }
    for (uint32_t at = offset_bytes / 4; at <= (offset_bytes + size_bytes - 1) / 4; at++) {
        if (view->doubts[at]) {
            return true;
        }
    }
    return false;
}

void cp_state_decode(const struct cp_state_view *view, char *text, size_t size) {
    struct cp_state_words words = {text, size, 0};
    text[0] = '\0';
    if (strcmp(view->format, "seed") == 0) {
        cp_state_decode_seed(view, &words);
    } else if (strcmp(view->format, "journal") == 0) {
        cp_state_decode_journal(view, &words);
    } else {
        cp_state_say(&words, "%s: a format that is not known here", view->format);
    }
}

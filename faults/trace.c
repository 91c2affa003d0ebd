// trace.c: see trace.h.

#include "faults/trace.h"

#include "faults/result.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void cp_trace_append(char *text, size_t size, const struct cp_token *token) {
    char piece[64];
    unsigned event_index = token->event_index;
    switch (token->kind) {
    case CP_TOKEN_AFTER: snprintf(piece, sizeof(piece), "a%u", event_index); break;
    case CP_TOKEN_RESET: snprintf(piece, sizeof(piece), "r%u", event_index); break;
    case CP_TOKEN_TORN: snprintf(piece, sizeof(piece), "t%u.%s", event_index, token->tear); break;
    case CP_TOKEN_CHOICE:
        snprintf(piece, sizeof(piece), "c%u=%u", event_index, (unsigned)token->option);
        break;
    case CP_TOKEN_READ: snprintf(piece, sizeof(piece), "v%u=%s", event_index, token->tear); break;
    }
    size_t length = strlen(text);
    if (length + strlen(piece) + 2 + strlen(",...") > size) {
        if (length < 3 || strcmp(text + length - 3, "...") != 0) {
            snprintf(text + length, size - length, ",...");
        }
        return;
    }
    snprintf(text + length, size - length, "%s%s", length > 0 ? "," : "", piece);
}

static int fail(char *error, const char *at, const char *why) {
    snprintf(error, CP_MESSAGE_MAX, "trace: at '%.40s': %s", at, why);
    return -1;
}

static int parse_number(const char **cursor, uint32_t *value) {
    if (**cursor < '0' || **cursor > '9') {
        return -1;
    }
    char *end;
    errno = 0;
    unsigned long number = strtoul(*cursor, &end, 10);
    if (errno != 0 || number > UINT32_MAX) {
        return -1;
    }
    *cursor = end;
    *value = (uint32_t)number;
    return 0;
}

static int parse_text(const char **cursor, char before, struct cp_token *token) {
    if (**cursor != before) {
        return -1;
    }
    size_t length = strcspn(++*cursor, ",");
    if (length == 0 || length >= sizeof(token->tear)) {
        return -1;
    }
    memcpy(token->tear, *cursor, length);
    token->tear[length] = '\0';
    *cursor += length;
    return 0;
}

static int parse_after_letter(const char **cursor, char letter, struct cp_token *token) {
    if (parse_number(cursor, &token->event_index)) {
        return -1;
    }
    switch (letter) {
    case 'a': token->kind = CP_TOKEN_AFTER; return 0;
    case 'r': token->kind = CP_TOKEN_RESET; return token->event_index == 0 ? -1 : 0;
    case 'b': // before event N is after the one that came before it
        token->kind = CP_TOKEN_AFTER;
        return token->event_index-- == 0 ? -1 : 0;
    case 't':
        token->kind = CP_TOKEN_TORN;
        return token->event_index == 0 ? -1 : parse_text(cursor, '.', token);
    case 'c':
        token->kind = CP_TOKEN_CHOICE;
        return *(*cursor)++ == '=' ? parse_number(cursor, &token->option) : -1;
    case 'v':
        token->kind = CP_TOKEN_READ;
        return token->event_index == 0 ? -1 : parse_text(cursor, '=', token);
    default: return -1;
    }
}

int cp_trace_next(const char **cursor, struct cp_token *token, char *error) {
    const char *at = *cursor;
    memset(token, 0, sizeof(*token));
    if (*at == '\0') {
        return 0;
    }
    char letter = *(*cursor)++;
    if (parse_after_letter(cursor, letter, token)) {
        return fail(error, at,
                    "expected aN, bN, rN, tN.TEAR, cN=K or vN=VALUE, as in a137,t12.low-half");
    }
    if (**cursor == ',') {
        ++*cursor;
        if (**cursor == '\0') {
            return fail(error, at, "nothing follows the last comma");
        }
    } else if (**cursor != '\0') {
        return fail(error, at, "expected a comma between two cuts");
    }
    return 1;
}

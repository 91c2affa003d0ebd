// html_pack.c: JSON in the form in which it can stand in a page.

#include "reports/html_pack.h"

#include "faults/result.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define LESS_THAN "\\u003c"

static char *base64(const uint8_t *bytes, size_t size) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *text = malloc((size + 2) / 3 * 4 + 1);
    char *end = text;
    for (size_t i = 0; text && i < size; i += 3) {
        size_t left = size - i;
        uint32_t group = (uint32_t)bytes[i] << 16;
        group |= left > 1 ? (uint32_t)bytes[i + 1] << 8 : 0;
        group |= left > 2 ? bytes[i + 2] : 0;
        *end++ = digits[group >> 18];
        *end++ = digits[group >> 12 & 63];
        *end++ = left > 1 ? digits[group >> 6 & 63] : '=';
        *end++ = left > 2 ? digits[group & 63] : '=';
    }
    if (text) {
        *end = '\0';
    }
    return text;
}

static char *pack_text(const char *json) {
    size_t length = strlen(json);
    uLongf size = compressBound((uLong)length);
    uint8_t *bytes = malloc(size);
    char *packed = NULL;
    if (bytes &&
        compress2(bytes, &size, (const Bytef *)json, (uLong)length, Z_BEST_COMPRESSION) == Z_OK) {
        packed = base64(bytes, size);
    }
    free(bytes);
    return packed;
}

int cp_html_pack(const json_t *value, char **packed, char *error) {
    char *json = json_dumps(value, JSON_COMPACT | JSON_ENSURE_ASCII);
    *packed = json ? pack_text(json) : NULL;
    free(json);
    if (!*packed) {
        snprintf(error, CP_MESSAGE_MAX, "out of memory");
        return -1;
    }
    return 0;
}

// Outside of strings JSON has no '<'.
static char *escape(const char *json) {
    size_t size = strlen(json) + 1;
    for (const char *at = strchr(json, '<'); at; at = strchr(at + 1, '<')) {
        size += strlen(LESS_THAN) - 1;
    }
    char *text = malloc(size), *end = text;
    for (; text && *json; json++) {
        if (*json == '<') {
            memcpy(end, LESS_THAN, strlen(LESS_THAN));
            end += strlen(LESS_THAN);
        } else {
            *end++ = *json;
        }
    }
    if (text) {
        *end = '\0';
    }
    return text;
}

char *cp_html_script_text(const json_t *value) {
    char *json = json_dumps(value, JSON_COMPACT | JSON_ENSURE_ASCII);
    char *text = json ? escape(json) : NULL;
    free(json);
    return text;
}

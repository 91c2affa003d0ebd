// jsonl.c: write JSON. Text that is no UTF-8 has its bad bytes replaced, since a
// file name can hold anything and a reader must still be able to parse the line.

#include "cli/jsonl.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

// Length of the UTF-8 sequence at text, or 0 if it is none.
static size_t utf8_length(const unsigned char *text) {
    size_t length = text[0] < 0x80                       ? 1
                    : text[0] >= 0xC2 && text[0] <= 0xDF ? 2
                    : text[0] >= 0xE0 && text[0] <= 0xEF ? 3
                    : text[0] >= 0xF0 && text[0] <= 0xF4 ? 4
                                                         : 0;
    for (size_t i = 1; i < length; i++) {
        if ((text[i] & 0xC0) != 0x80) {
            return 0;
        }
    }
    bool is_overlong = (text[0] == 0xE0 && text[1] < 0xA0) || (text[0] == 0xF0 && text[1] < 0x90);
    bool is_beyond = (text[0] == 0xED && text[1] > 0x9F) || (text[0] == 0xF4 && text[1] > 0x8F);
    return is_overlong || is_beyond ? 0 : length;
}

static void write_ascii(FILE *out, unsigned char letter) {
    if (letter == '"' || letter == '\\') {
        fprintf(out, "\\%c", letter);
    } else if (letter < 0x20 || letter == 0x7F) {
        fprintf(out, "\\u%04x", letter);
    } else {
        fputc(letter, out);
    }
}

static void write_string(FILE *out, const char *string) {
    const unsigned char *text = (const unsigned char *)string;
    fputc('"', out);
    while (*text) {
        size_t length = utf8_length(text);
        if (length == 1) {
            write_ascii(out, *text);
        } else if (length == 0) {
            fputs("\\ufffd", out);
        } else {
            fwrite(text, 1, length, out);
        }
        text += length ? length : 1;
    }
    fputc('"', out);
}

static void begin_value(struct cp_jsonl *json, const char *key) {
    if (json->depth > 0 && json->has_value[json->depth]) {
        fputc(',', json->out);
    }
    json->has_value[json->depth] = true;
    if (key) {
        write_string(json->out, key);
        fputc(':', json->out);
    }
}

void cp_jsonl_open(struct cp_jsonl *json, const char *key, char bracket) {
    begin_value(json, key);
    fputc(bracket, json->out);
    json->has_value[++json->depth] = false;
}

void cp_jsonl_close(struct cp_jsonl *json, char bracket) {
    fputc(bracket, json->out);
    if (--json->depth == 0) {
        fputc('\n', json->out);
    }
}

void cp_jsonl_text(struct cp_jsonl *json, const char *key, const char *text) {
    begin_value(json, key);
    if (text) {
        write_string(json->out, text);
    } else {
        fputs("null", json->out);
    }
}

void cp_jsonl_count(struct cp_jsonl *json, const char *key, uint64_t value) {
    begin_value(json, key);
    fprintf(json->out, "%" PRIu64, value);
}

void cp_jsonl_real(struct cp_jsonl *json, const char *key, double value) {
    begin_value(json, key);
    fprintf(json->out, "%.6f", value);
}

void cp_jsonl_bool(struct cp_jsonl *json, const char *key, bool value) {
    begin_value(json, key);
    fputs(value ? "true" : "false", json->out);
}

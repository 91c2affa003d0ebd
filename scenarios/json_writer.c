// json_writer.c: indented JSON on a stream.

#include "scenarios/json_writer.h"

#include <inttypes.h>

static void print_escaped(FILE *out, const char *text) {
    fputc('"', out);
    for (; *text != '\0'; text++) {
        unsigned char byte = (unsigned char)*text;
        if (byte == '"' || byte == '\\') {
            fprintf(out, "\\%c", byte);
        } else if (byte < 0x20) {
            fprintf(out, "\\u%04x", byte);
        } else {
            fputc(byte, out);
        }
    }
    fputc('"', out);
}

static void begin_line(struct cp_json *json) {
    fputc('\n', json->out);
    for (unsigned i = 0; i < json->depth; i++) {
        fputs("  ", json->out);
    }
}

static void begin_item(struct cp_json *json, const char *key) {
    if (json->has_items) {
        fputc(',', json->out);
    }
    if (json->depth > 0) {
        begin_line(json);
    }
    json->has_items = true;
    if (key != NULL) {
        print_escaped(json->out, key);
        fputs(": ", json->out);
    }
}

void cp_json_open(struct cp_json *json, const char *key, char bracket) {
    begin_item(json, key);
    fputc(bracket, json->out);
    json->depth++;
    json->has_items = false;
}

void cp_json_close(struct cp_json *json, char bracket) {
    json->depth--;
    if (json->has_items) {
        begin_line(json);
    }
    fputc(bracket, json->out);
    json->has_items = true;
}

void cp_json_string(struct cp_json *json, const char *key, const char *value) {
    begin_item(json, key);
    print_escaped(json->out, value);
}

void cp_json_number(struct cp_json *json, const char *key, uint64_t value) {
    begin_item(json, key);
    fprintf(json->out, "%" PRIu64, value);
}

void cp_json_boolean(struct cp_json *json, const char *key, bool value) {
    begin_item(json, key);
    fputs(value ? "true" : "false", json->out);
}

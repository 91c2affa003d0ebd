// json_writer.h: indented JSON on a stream, value by value.

#ifndef CP_SCENARIOS_JSON_WRITER_H
#define CP_SCENARIOS_JSON_WRITER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct cp_json {
    FILE *out;
    unsigned depth;
    bool has_items; // in what is open now
};

// `key` is NULL inside a list. `bracket` is '{' or '['.
void cp_json_open(struct cp_json *json, const char *key, char bracket);
void cp_json_close(struct cp_json *json, char bracket);
void cp_json_string(struct cp_json *json, const char *key, const char *value);
void cp_json_number(struct cp_json *json, const char *key, uint64_t value);
void cp_json_boolean(struct cp_json *json, const char *key, bool value);

#endif

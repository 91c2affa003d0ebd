// json.h: write JSON, a line for each top-level object.

#ifndef CP_CLI_JSON_H
#define CP_CLI_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define CP_JSON_DEPTH_MAX 8u

struct cp_json {
    FILE *out;
    uint32_t depth;
    bool has_value[CP_JSON_DEPTH_MAX]; // at each depth; a comma comes before the next
};

// `key` is NULL in an array and at the top. Closing the outermost object ends the line.
void cp_json_open(struct cp_json *json, const char *key, char bracket);
void cp_json_close(struct cp_json *json, char bracket);
void cp_json_text(struct cp_json *json, const char *key, const char *text); // NULL text: null
void cp_json_count(struct cp_json *json, const char *key, uint64_t value);
void cp_json_real(struct cp_json *json, const char *key, double value);
void cp_json_bool(struct cp_json *json, const char *key, bool value);

#endif

// jsonl.h: write JSON, a line for each top-level object.

#ifndef CP_CLI_JSONL_H
#define CP_CLI_JSONL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define CP_JSONL_DEPTH_MAX 8u

struct cp_jsonl {
    FILE *out;
    uint32_t depth;
    bool has_value[CP_JSONL_DEPTH_MAX]; // at each depth; a comma comes before the next
};

// `key` is NULL in an array and at the top. Closing the outermost object ends the line.
void cp_jsonl_open(struct cp_jsonl *json, const char *key, char bracket);
void cp_jsonl_close(struct cp_jsonl *json, char bracket);
void cp_jsonl_text(struct cp_jsonl *json, const char *key, const char *text); // NULL text: null
void cp_jsonl_count(struct cp_jsonl *json, const char *key, uint64_t value);
void cp_jsonl_real(struct cp_jsonl *json, const char *key, double value);
void cp_jsonl_bool(struct cp_jsonl *json, const char *key, bool value);

#endif

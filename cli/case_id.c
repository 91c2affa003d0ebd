// case_id.c: parse and write case ids.
//
//   id    = name "@" hash ":" trace
//   hash  = 8 lowercase hex digits, cp_case_hash()
//   trace = "" or steps divided by ","; what a step means is the replayer's matter

#include "cli/case_id.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HASH_DIGITS     8u
#define HEX_DIGITS      "0123456789abcdef"
#define STEP_CHARACTERS "abcdefghijklmnopqrstuvwxyz0123456789.-=+"

static int fail(char *error, const char *what) {
    snprintf(error, CP_MESSAGE_MAX, "%s", what);
    return -1;
}

// No step is empty, and each begins with the letter of its kind.
static bool is_trace(const char *trace) {
    if (*trace == '\0') {
        return true;
    }
    for (;;) {
        size_t length = strspn(trace, STEP_CHARACTERS);
        if (length == 0 || trace[0] < 'a' || trace[0] > 'z') {
            return false;
        }
        if (trace[length] == '\0') {
            return true;
        }
        if (trace[length] != ',') {
            return false;
        }
        trace += length + 1;
    }
}

int cp_case_id_parse(const char *text, struct cp_case_id *id, char *error) {
    const char *at = strrchr(text, '@');
    if (!at) {
        return fail(error, "there is no '@' after the case name");
    }
    size_t name_length = (size_t)(at - text);
    if (name_length == 0 || name_length >= sizeof id->name) {
        return fail(error, "the case name before '@' is empty or too long");
    }
    if (strspn(at + 1, HEX_DIGITS) != HASH_DIGITS || at[1 + HASH_DIGITS] != ':') {
        return fail(error, "after '@' there must be 8 lowercase hex digits and ':'");
    }
    const char *trace = at + 1 + HASH_DIGITS + 1;
    if (strlen(trace) >= sizeof id->trace || !is_trace(trace)) {
        return fail(error, "after ':' there must be cuts like 'a137,a12', or nothing");
    }
    memcpy(id->name, text, name_length);
    id->name[name_length] = '\0';
    id->hash = (uint32_t)strtoul(at + 1, NULL, 16);
    snprintf(id->trace, sizeof id->trace, "%s", trace);
    return 0;
}

void cp_case_id_format(const char *name, uint32_t hash, const char *trace, char *out) {
    snprintf(out, CP_CASE_ID_MAX, "%s@%08" PRIx32 ":%s", name, hash, trace);
}

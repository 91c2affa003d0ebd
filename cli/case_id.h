// case_id.h: NAME@HASH8:TRACE, the one line that holds a case and its power cuts.

#ifndef CP_CLI_CASE_ID_H
#define CP_CLI_CASE_ID_H

#include "faults/result.h"

#define CP_CASE_ID_MAX (CP_NAME_MAX + CP_TRACE_MAX + 16u)

struct cp_case_id {
    char name[CP_NAME_MAX];
    uint32_t hash;
    char trace[CP_TRACE_MAX];
};

// Parse strictly. Returns 0, or -1 with what is wrong in error[CP_MESSAGE_MAX].
int cp_case_id_parse(const char *text, struct cp_case_id *id, char *error);

// Write an id into out[CP_CASE_ID_MAX].
void cp_case_id_format(const char *name, uint32_t hash, const char *trace, char *out);

#endif

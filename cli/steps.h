// steps.h: a step of a replay in words.

#ifndef CP_CLI_STEPS_H
#define CP_CLI_STEPS_H

#include "cli/jsonl.h"
#include "faults/replay.h"

struct cp_step_text {
    char what[CP_MESSAGE_MAX + 64]; // "program  state[0] +0x008  0xffffffff -> 0x00000000"
    char where[352];                // "core/src/boot.c:214 (swap)", or ""
};

// `test_case` gives the page sizes.
void cp_step_describe(const struct cp_step *step, struct cp_step_text *text);

bool cp_step_is_operation(const struct cp_step *step);

// One JSON object.
void cp_step_print_json(const struct cp_step *step, struct cp_jsonl *json);

// The call chain of a step, a line each, indented.
void cp_step_print_chain(const struct cp_step *step);

#endif

// trace.h: a trace in writing. A trace is a comma-separated list of
//
//   aN        cut the power after event N of the run (bN: before event N)
//   rN        reset the MCU alone after event N; an external chip stays as it is
//   tN.TEAR   cut it inside the operation that is event N, leaving TEAR behind
//   cN=K      where event N is a choice, take option K (0 is taken unasked)
//   vN=VALUE  where event N reads a torn word, it gives VALUE: 8 hexadecimal digits, or
//             where a page is decided as a whole its form (unasked: the operation as if
//             it had been completed)
//
// Events are counted from 1 from each power-on: flash operations, milestones,
// choices and resets. After the last cut the device is left alone.

#ifndef CP_FAULTS_TRACE_H
#define CP_FAULTS_TRACE_H

#include "faults/case.h"

#include <stddef.h>

enum cp_token_kind {
    CP_TOKEN_AFTER,
    CP_TOKEN_RESET,
    CP_TOKEN_TORN,
    CP_TOKEN_CHOICE,
    CP_TOKEN_READ
};

struct cp_token {
    enum cp_token_kind kind;
    uint32_t event_index; // 0 with CP_TOKEN_AFTER: before the first event
    uint32_t option;      // of a choice
    char tear[32];        // of a torn operation; of a read its VALUE
};

// Append a token to `text` of `size` bytes; a text that is too long ends in "...".
void cp_trace_append(char *text, size_t size, const struct cp_token *token);

// Read the next token at *cursor and move it on. Returns 1, 0 at the end, or -1
// with a message in error[CP_MESSAGE_MAX] (see result.h).
int cp_trace_next(const char **cursor, struct cp_token *token, char *error);

#endif

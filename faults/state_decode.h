// state_decode.h: STATE in one line of words, for people who look at a trace.
//
// It reads the formats `seed` and `journal` as docs/SPEC.md, docs/journal.md, docs/direct.md
// and docs/downloads.md describe them, apart from the core: a mistake of the core's own reader
// would otherwise not be seen. No verdict rests on it.

#ifndef CP_FAULTS_STATE_DECODE_H
#define CP_FAULTS_STATE_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cp_state_view {
    const char *format; // "seed", "journal"; any other is told as unknown
    bool is_direct;     // of the journal: ACTIVE and DFU are slots A and B
    const uint8_t *bytes;
    const uint8_t *doubts; // for each 32-bit word 1 if it is torn, or has no value; or NULL
    uint32_t size_bytes;   // of `bytes`, all of STATE
    uint32_t page_size_bytes;
    uint32_t write_size_bytes; // W: what is programmed at a time
    uint8_t erase_value;
    uint32_t page_unit_count; // N: of ACTIVE
};

// "seed: Swap, 3 of 4 swap steps", "journal: half 1 counts: TRIAL, attempt 2, STARTED; half 0
// erased". Torn words are read as `bytes` has them, and named. The text is cut off where
// it does not fit.
void cp_state_decode(const struct cp_state_view *view, char *text, size_t size);

#endif

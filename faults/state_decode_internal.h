// state_decode_internal.h: what the readers of the two formats share. Not for others.

#ifndef CP_FAULTS_STATE_DECODE_INTERNAL_H
#define CP_FAULTS_STATE_DECODE_INTERNAL_H

#include "faults/state_decode.h"

// A line of words that grows at its end, up to what fits.
struct cp_state_words {
    char *text;
    size_t size, used;
};

__attribute__((format(printf, 2, 3))) void cp_state_say(struct cp_state_words *words,
                                                        const char *format, ...);

// Does a range that lies in STATE hold one byte value throughout?
bool cp_state_holds(const struct cp_state_view *view, uint32_t offset_bytes, uint32_t size_bytes,
                    uint8_t value);

// Is a word of the range torn?
bool cp_state_is_torn(const struct cp_state_view *view, uint32_t offset_bytes, uint32_t size_bytes);

void cp_state_decode_seed(const struct cp_state_view *view, struct cp_state_words *words);
void cp_state_decode_journal(const struct cp_state_view *view, struct cp_state_words *words);

#endif

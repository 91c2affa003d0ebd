// variant.h: traces that differ a little from one that breaks a promise, and whether they
// break it too.

#ifndef CP_FAULTS_VARIANT_H
#define CP_FAULTS_VARIANT_H

#include "faults/replay.h"
#include "faults/trace.h"

#define CP_TOKENS_MAX (CP_TRACE_MAX / 3) // "a1,"

struct cp_tokens {
    struct cp_token tokens[CP_TOKENS_MAX];
    uint32_t count;
};

enum cp_variant {
    CP_VARIANT_BREAKS,    // the same promise
    CP_VARIANT_PASSES,    // no promise is broken that the case does not claim
    CP_VARIANT_OTHERWISE, // another one is, or the trace does not fit: an event is not reached
    CP_VARIANT_UNKNOWN,   // time or tries have run out
};

struct cp_variants {
    struct cp_case test_case; // looks at no claimed promise but the one
    const struct cp_program *program;
    enum cp_promise promise;
    uint32_t tries_left;
    double cpu_seconds_end; // of the process: what else runs on the host decides nothing
};

// So many traces are tried at most, for so many seconds of the CPU.
void cp_variants_init(struct cp_variants *variants, const struct cp_case *test_case,
                      const struct cp_program *program, enum cp_promise promise, uint32_t tries_max,
                      double deadline_seconds);

// Returns 0, or -1 if the text is no trace.
int cp_tokens_read(const char *trace, struct cp_tokens *tokens);
void cp_tokens_write(const struct cp_tokens *tokens, char trace[CP_TRACE_MAX]);

bool cp_token_is_cut(const struct cp_token *token);

// The place of cut number `cut` (from 0) among the tokens; `count` if there are fewer.
uint32_t cp_tokens_cut(const struct cp_tokens *tokens, uint32_t cut);

// In the run after cut number `cut`, let the read that is this event give `value`.
void cp_tokens_set_read(struct cp_tokens *tokens, uint32_t cut, uint32_t event_index,
                        const char *value);

void cp_tokens_remove(struct cp_tokens *tokens, uint32_t at);

// Does the trace break the promise? `error` and steps are of no interest.
enum cp_variant cp_variant_try(struct cp_variants *variants, const struct cp_tokens *tokens);

// What a torn cut of a trace tore, and where that was read first.
struct cp_torn_cut {
    uint32_t event_index;
    bool is_torn, is_erase;
    uint32_t old_value, whole_value; // of a program: before, and after the whole operation
    enum cp_area area;
    uint32_t page, address;
    bool is_read;         // in the run that follows
    uint32_t read_event;  // there
    uint32_t read_value;  // what it gave
    bool is_read_as_page; // a form, not a value
};

// Of the first `count_max` cuts of a trace. Returns how many it has of these; 0 too if
// it cannot be replayed.
uint32_t cp_variant_cuts(const struct cp_variants *variants, const char *trace,
                         struct cp_torn_cut *cuts, uint32_t count_max);

#endif

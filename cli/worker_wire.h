// worker_wire.h: what a worker process tells its parent, as frames in a pipe.
//
// Both are the same program, so what goes over is memory as it is. The same frames
// keep a split case that is to be gone on with later; see resume_file.h.

#ifndef CP_CLI_WORKER_WIRE_H
#define CP_CLI_WORKER_WIRE_H

#include "faults/merge.h"

#define CP_WIRE_ROWS 512u // a batch: one system call for some hundred rows

struct cp_wire_out {
    int file;
    uint32_t row_count;
    struct cp_state_row rows[CP_WIRE_ROWS];
};

struct cp_wire_progress {
    uint64_t states, operations;
    double seconds;
    uint32_t cuts_now;
};

// Negative if the other end is gone, or the file cannot be written.
int cp_wire_put_row(struct cp_wire_out *out, const struct cp_state_row *row);
int cp_wire_flush(struct cp_wire_out *out);
int cp_wire_put_progress(struct cp_wire_out *out, const struct cp_wire_progress *progress);
int cp_wire_put_result(struct cp_wire_out *out, uint32_t part, const struct cp_result *result);
int cp_wire_put_known(struct cp_wire_out *out, uint32_t part, const struct cp_merge_known *known);

// Takes what comes in. A negative return ends the reading. NULL: not expected here.
struct cp_wire_taker {
    void *context;
    int (*rows)(void *context, const struct cp_state_row *rows, uint32_t count);
    int (*progress)(void *context, const struct cp_wire_progress *progress);
    int (*result)(void *context, uint32_t part, struct cp_result *result); // is the taker's
    int (*known)(void *context, uint32_t part, const struct cp_merge_known *known);
};

struct cp_wire_in {
    uint8_t *bytes;
    size_t count, capacity;
};

// Read once, what there is; take what is whole. 1: more may come; 0: the end; negative:
// what came is no message of ours, or the taker said so.
int cp_wire_take(struct cp_wire_in *in, int file, const struct cp_wire_taker *taker);
void cp_wire_in_free(struct cp_wire_in *in);

#endif

// workers.h: explore several cases, or parts of one, at a time.

#ifndef CP_CLI_WORKERS_H
#define CP_CLI_WORKERS_H

#include "faults/explore.h"

// One search: a case, or one part of it.
struct cp_task {
    const struct cp_case *test_case;
    struct cp_explore_options options;
    size_t case_index; // the client's
    uint32_t part;
};

// Who has the searches done. All calls come from the process that asks, one at a time.
struct cp_workers_client {
    void *context;
    // The next search; false: there is none, or none is to begin any more.
    bool (*next)(void *context, struct cp_task *task);
    // Negative: the search must not go on.
    int (*row)(void *context, const struct cp_task *task, const struct cp_state_row *row);
    // The result is the client's. A worker that died gives an error.
    void (*ended)(void *context, const struct cp_task *task, struct cp_result *result);
    // How far a search is, beside `others`; false: end all searches with what they have.
    bool (*tick)(void *context, const struct cp_progress *progress, uint32_t others);
    // Whether to leave the searches that still run to themselves: they are killed, and
    // nothing more is told of them.
    bool (*must_drop)(void *context);
};

// Until there is no search left. With one job all happens in this process, else each
// search in a process of its own.
void cp_workers_run(uint32_t jobs, const struct cp_program *program,
                    const struct cp_workers_client *client);

#endif

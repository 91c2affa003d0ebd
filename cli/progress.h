// progress.h: the live line while cases run, and stopping on SIGINT and SIGTERM.

#ifndef CP_CLI_PROGRESS_H
#define CP_CLI_PROGRESS_H

#include "faults/result.h"

// Stop at the next tick when SIGINT or SIGTERM arrives; a second one kills.
void cp_progress_catch_signals(void);
bool cp_progress_is_stopped(void);

// The same in a worker process, which a second signal does not kill: the terminal and
// the parent may both send one.
void cp_progress_catch_signals_again(void);

// Beside the case that is shown so many other searches run.
void cp_progress_set_others(uint32_t others);

// A tick for struct cp_sink: shows how far the case is on stderr, as a live line
// on a terminal and as a plain line every 30 seconds elsewhere. False to stop.
bool cp_progress_tick(void *context, const struct cp_progress *progress);

// Take the live line away, before anything else is printed.
void cp_progress_clear(void);

#endif

// progress.h: the live line while cases run, and stopping on SIGINT and SIGTERM.

#ifndef CP_CLI_PROGRESS_H
#define CP_CLI_PROGRESS_H

#include "faults/result.h"

// Stop at the next tick when SIGINT or SIGTERM arrives; a second one kills.
void cp_progress_catch_signals(void);
bool cp_progress_is_stopped(void);

// A tick for struct cp_sink: shows how far the case is on stderr, as a live line
// on a terminal and as a plain line every 30 seconds elsewhere. False to stop.
bool cp_progress_tick(void *context, const struct cp_progress *progress);

// Take the live line away, before anything else is printed.
void cp_progress_clear(void);

#endif

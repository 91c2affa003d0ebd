// gdb_monitor.h: what gdb's `monitor` tells: of the trace, and of words of flash.

#ifndef CP_CLI_GDB_MONITOR_H
#define CP_CLI_GDB_MONITOR_H

#include "faults/replay.h"

#include <stddef.h>

// A trace, and how far it has been run.
struct cp_gdb_story {
    const struct cp_case *test_case;
    const char *trace;
    struct cp_step last; // the newest step; all zeros before the first
};

void cp_gdb_monitor(const struct cp_gdb_story *story, const char *line, char *answer, size_t size);

#endif

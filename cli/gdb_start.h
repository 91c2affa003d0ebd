// gdb_start.h: what is the same whether gdb debugs the host build or ARM code.

#ifndef CP_CLI_GDB_START_H
#define CP_CLI_GDB_START_H

#include "cli/replay.h"

#define CP_GDB_PATH_SIZE 4096u

// The folder that this program lies in, without a slash at its end. 0, or -1 after a message.
int cp_gdb_own_folder(char folder[CP_GDB_PATH_SIZE]);

// The command by which gdb finds the project's sources, or "".
void cp_gdb_find_sources(const char *folder, char command[CP_GDB_PATH_SIZE]);

bool cp_gdb_is_on_path(const char *name);

// Make a file for gdb to read, and its name. It lives in memory alone, so that there is
// nothing to clean up. 0, or -1 after a message.
int cp_gdb_make_script(const char *first, const char *second, char name[64]);

// Say what the program asks for at this event.
void cp_gdb_tell_stop(const struct cp_replay *replay, struct cp_point point);

#endif

// gdb_server.h: the socket at which gdb is served, on this machine only.

#ifndef CP_CLI_GDB_SERVER_H
#define CP_CLI_GDB_SERVER_H

#include "cli/gdb_commands.h"

#include <sys/types.h>

struct cp_gdb_server {
    int listener, connection; // -1: none
    unsigned port;            // of 127.0.0.1
    struct cp_gdb_reader reader;
    struct cp_gdb_session session;
    uint8_t bytes[1024]; // that were read
    size_t byte_count, byte_at;
    char frame[CP_GDB_FRAME_MAX]; // that was sent last
    size_t frame_length;
};

// Listen at a port that the kernel chooses. 0, or -1 with errno.
int cp_gdb_server_open(struct cp_gdb_server *server);

// Wait until gdb connects, and begin a session. `child` is the gdb that was started for it, or
// 0: 0, or -1 if that has ended or there is no connection to be had.
int cp_gdb_server_accept(struct cp_gdb_server *server, const struct cp_gdb_target *target,
                         pid_t child);

// Serve until it is to go on, or gdb leaves: never CP_GDB_REPLY. CP_GDB_KILL too if gdb is gone.
enum cp_gdb_action cp_gdb_server_serve(struct cp_gdb_server *server);

// Send a packet, or one with a text for gdb's user, while the target runs.
void cp_gdb_server_send(struct cp_gdb_server *server, const char *payload);
void cp_gdb_server_print(struct cp_gdb_server *server, const char *text);

// Did gdb send Ctrl-C, or go away?
bool cp_gdb_server_is_interrupted(struct cp_gdb_server *server);

// Call on_input(), from a signal handler, whenever something arrives.
void cp_gdb_server_watch(const struct cp_gdb_server *server, void (*on_input)(int signal));

void cp_gdb_server_close(struct cp_gdb_server *server);

#endif

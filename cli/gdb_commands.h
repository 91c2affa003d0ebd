// gdb_commands.h: the commands of gdb's remote protocol.
//
// "Debugging with GDB", appendix E. An empty reply says that a command is not known.

#ifndef CP_CLI_GDB_COMMANDS_H
#define CP_CLI_GDB_COMMANDS_H

#include "cli/gdb_packet.h"
#include "cli/gdb_target.h"

// What follows from a packet.
enum cp_gdb_action {
    CP_GDB_REPLY,    // send the reply
    CP_GDB_CONTINUE, // let the target run; the reply is sent when it stops
    CP_GDB_STEP,     // one instruction
    CP_GDB_DETACH,   // send the reply; gdb leaves, the target goes on
    CP_GDB_KILL,     // gdb leaves and wants the target to end; there may be no one to reply to
};

struct cp_gdb_session {
    const struct cp_gdb_target *target;
    char stop[64];  // the reply that says why it stands
    bool needs_ack; // each packet is acknowledged; so it begins
    bool reads_libraries;
    char reply[CP_GDB_PAYLOAD_MAX + 1];
};

// A session with a target that stands.
void cp_gdb_begin(struct cp_gdb_session *session, const struct cp_gdb_target *target);

// Do what a packet asks for, and write the reply to it.
enum cp_gdb_action cp_gdb_execute(struct cp_gdb_session *session, const char *packet);

// --- the parts of it; each writes the reply

void cp_gdb_reply(struct cp_gdb_session *session, const char *text);
void cp_gdb_reply_error(struct cp_gdb_session *session, const char *message);

// gdb_registers.c. `packet` is behind its letter.
void cp_gdb_read_registers(struct cp_gdb_session *session);
void cp_gdb_write_registers(struct cp_gdb_session *session, const char *packet);
void cp_gdb_read_register(struct cp_gdb_session *session, const char *packet);
void cp_gdb_write_register(struct cp_gdb_session *session, const char *packet);

// The registers as XML: "Debugging with GDB", appendix G, "Target Descriptions".
extern const char cp_gdb_target_description[];

// The numbers that it gives them.
enum cp_gdb_register {
    CP_GDB_SP = 13,
    CP_GDB_LR = 14,
    CP_GDB_PC = 15,
    CP_GDB_XPSR = 25,
    CP_GDB_PRIMASK = 26,
    CP_GDB_REGISTERS
};

// gdb_memory.c
void cp_gdb_read_memory(struct cp_gdb_session *session, const char *packet);
void cp_gdb_write_memory(struct cp_gdb_session *session, const char *packet);
void cp_gdb_breakpoint(struct cp_gdb_session *session, const char *packet, bool is_set);

// gdb_query.c
void cp_gdb_query(struct cp_gdb_session *session, const char *packet);
void cp_gdb_set(struct cp_gdb_session *session, const char *packet);

#endif

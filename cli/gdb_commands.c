// gdb_commands.c: what a packet asks for, by its first letter; see gdb_commands.h.

#include "cli/gdb_commands.h"

#include <stdio.h>
#include <string.h>

void cp_gdb_reply(struct cp_gdb_session *session, const char *text) {
    snprintf(session->reply, sizeof session->reply, "%s", text);
}

void cp_gdb_reply_error(struct cp_gdb_session *session, const char *message) {
    snprintf(session->reply, sizeof session->reply, "E.%s", message);
}

void cp_gdb_begin(struct cp_gdb_session *session, const struct cp_gdb_target *target) {
    *session = (struct cp_gdb_session){.target = target, .needs_ack = true};
    snprintf(session->stop, sizeof session->stop, "T05thread:1;");
}

// `c` and `s` may name an address to go on at.
static enum cp_gdb_action go_on(struct cp_gdb_session *session, const char *packet,
                                enum cp_gdb_action action) {
    const struct cp_gdb_target *target = session->target;
    uint32_t address;
    if (*packet == '\0') {
        return action;
    }
    if (!cp_gdb_get_number(&packet, &address) || *packet ||
        !target->write_register(target->context, CP_GDB_PC, address)) {
        cp_gdb_reply_error(session, "it cannot go on there");
        return CP_GDB_REPLY;
    }
    return action;
}

// There is one thread: the first action is that for it. Signals mean nothing to a core.
static enum cp_gdb_action go_on_by_action(struct cp_gdb_session *session, const char *packet) {
    switch (*packet) {
    case 'c':
    case 'C': return CP_GDB_CONTINUE;
    case 's':
    case 'S': return CP_GDB_STEP;
    default: cp_gdb_reply_error(session, "no such action"); return CP_GDB_REPLY;
    }
}

static enum cp_gdb_action execute_long(struct cp_gdb_session *session, const char *packet) {
    if (strcmp(packet, "vCont?") == 0) {
        cp_gdb_reply(session, "vCont;c;C;s;S");
    } else if (strncmp(packet, "vCont;", 6) == 0) {
        return go_on_by_action(session, packet + 6);
    } else if (strncmp(packet, "vKill", 5) == 0) {
        cp_gdb_reply(session, "OK");
        return CP_GDB_KILL;
    }
    return CP_GDB_REPLY;
}

enum cp_gdb_action cp_gdb_execute(struct cp_gdb_session *session, const char *packet) {
    const char *rest = packet + (*packet != '\0');
    cp_gdb_reply(session, "");
    switch (*packet) {
    case '?': cp_gdb_reply(session, session->stop); break;
    case 'g': cp_gdb_read_registers(session); break;
    case 'G': cp_gdb_write_registers(session, rest); break;
    case 'p': cp_gdb_read_register(session, rest); break;
    case 'P': cp_gdb_write_register(session, rest); break;
    case 'm': cp_gdb_read_memory(session, rest); break;
    case 'M': cp_gdb_write_memory(session, rest); break;
    case 'Z': cp_gdb_breakpoint(session, rest, true); break;
    case 'z': cp_gdb_breakpoint(session, rest, false); break;
    case 'q': cp_gdb_query(session, rest); break;
    case 'Q': cp_gdb_set(session, rest); break;
    case 'H':
    case 'T': cp_gdb_reply(session, "OK"); break; // there is one thread
    case 'c': return go_on(session, rest, CP_GDB_CONTINUE);
    case 's': return go_on(session, rest, CP_GDB_STEP);
    case 'v': return execute_long(session, packet);
    case 'D': cp_gdb_reply(session, "OK"); return CP_GDB_DETACH;
    case 'k': return CP_GDB_KILL;
    default: break;
    }
    return CP_GDB_REPLY;
}

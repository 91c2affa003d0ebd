// gdb_query.c: what gdb asks about the target, and what it sets of the protocol.

#include "cli/gdb_commands.h"

#include <stdio.h>
#include <string.h>

#define LINE_MAX   256u
#define ANSWER_MAX 1024u

static bool begins_with(const char **packet, const char *name) {
    size_t length = strlen(name);
    bool is_it = strncmp(*packet, name, length) == 0;
    *packet += is_it ? length : 0;
    return is_it;
}

// --- XML, in pieces: 'm' and a piece, or 'l' and the last one

static void send_piece(struct cp_gdb_session *session, const char *range, const char *xml) {
    uint32_t offset, size;
    size_t length = strlen(xml);
    if (!cp_gdb_get_number(&range, &offset) || !cp_gdb_skip(&range, ',') ||
        !cp_gdb_get_number(&range, &size) || offset > length) {
        cp_gdb_reply_error(session, "not a part of it");
        return;
    }
    size = size < CP_GDB_PAYLOAD_MAX - 1 ? size : CP_GDB_PAYLOAD_MAX - 1;
    bool is_last = length - offset <= size;
    snprintf(session->reply, sizeof session->reply, "%c%.*s", is_last ? 'l' : 'm', (int)size,
             xml + offset);
}

static void transfer(struct cp_gdb_session *session, const char *packet) {
    const struct cp_gdb_target *target = session->target;
    if (begins_with(&packet, "features:read:target.xml:")) {
        send_piece(session, packet, cp_gdb_target_description);
    } else if (begins_with(&packet, "libraries:read::")) {
        session->reads_libraries = true;
        send_piece(session, packet, target->libraries(target->context));
    }
}

// --- monitor

static void monitor(struct cp_gdb_session *session, const char *packet) {
    const struct cp_gdb_target *target = session->target;
    char line[LINE_MAX], answer[ANSWER_MAX] = "";
    int length = cp_gdb_get_bytes(packet, (uint8_t *)line, sizeof line - 1);
    if (length < 0) {
        cp_gdb_reply(session, "E01"); // of words gdb would print the digits
        return;
    }
    line[length] = '\0';
    target->monitor(target->context, line, answer, sizeof answer);
    cp_gdb_put_bytes(session->reply, (const uint8_t *)answer, strlen(answer));
}

// --- all of them

void cp_gdb_query(struct cp_gdb_session *session, const char *packet) {
    if (begins_with(&packet, "Supported")) {
        snprintf(session->reply, sizeof session->reply,
                 "PacketSize=%x;QStartNoAckMode+;qXfer:features:read+;qXfer:libraries:read+",
                 CP_GDB_PAYLOAD_MAX);
    } else if (begins_with(&packet, "Xfer:")) {
        transfer(session, packet);
    } else if (begins_with(&packet, "Rcmd,")) {
        monitor(session, packet);
    } else if (begins_with(&packet, "Attached")) {
        cp_gdb_reply(session, "0"); // so that gdb's `quit` ends the replay
    } else if (begins_with(&packet, "fThreadInfo")) {
        cp_gdb_reply(session, "m1");
    } else if (begins_with(&packet, "sThreadInfo")) {
        cp_gdb_reply(session, "l");
    } else if (strcmp(packet, "C") == 0) {
        cp_gdb_reply(session, "QC1");
    }
}

void cp_gdb_set(struct cp_gdb_session *session, const char *packet) {
    if (strcmp(packet, "StartNoAckMode") == 0) {
        session->needs_ack = false;
        cp_gdb_reply(session, "OK");
    }
}

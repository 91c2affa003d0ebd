// gdb_memory.c: memory and breakpoints, for gdb.

#include "cli/gdb_commands.h"

#define BYTES_MAX (CP_GDB_PAYLOAD_MAX / 2)
#define NO_MEMORY "E0e" // to a read gdb understands no words

// "ADDRESS,LENGTH"
static bool get_range(const char **packet, uint32_t *address, uint32_t *size_bytes) {
    return cp_gdb_get_number(packet, address) && cp_gdb_skip(packet, ',') &&
           cp_gdb_get_number(packet, size_bytes);
}

// Fewer bytes than were asked for say that the rest cannot be read.
void cp_gdb_read_memory(struct cp_gdb_session *session, const char *packet) {
    const struct cp_gdb_target *target = session->target;
    uint8_t bytes[BYTES_MAX];
    uint32_t address, size_bytes;
    if (!get_range(&packet, &address, &size_bytes) || *packet) {
        cp_gdb_reply(session, NO_MEMORY);
        return;
    }
    size_bytes = size_bytes < BYTES_MAX ? size_bytes : BYTES_MAX;
    uint32_t count = target->read_memory(target->context, address, bytes, size_bytes);
    if (count == 0 && size_bytes > 0) {
        cp_gdb_reply(session, NO_MEMORY);
        return;
    }
    cp_gdb_put_bytes(session->reply, bytes, count);
}

void cp_gdb_write_memory(struct cp_gdb_session *session, const char *packet) {
    const struct cp_gdb_target *target = session->target;
    uint8_t bytes[BYTES_MAX];
    uint32_t address, size_bytes;
    if (!get_range(&packet, &address, &size_bytes) || !cp_gdb_skip(&packet, ':') ||
        cp_gdb_get_bytes(packet, bytes, sizeof bytes) != (int)size_bytes) {
        cp_gdb_reply_error(session, "not an address, a length and as many bytes");
    } else if (!target->write_memory(target->context, address, bytes, size_bytes)) {
        cp_gdb_reply_error(session, "only RAM can be written to");
    } else {
        cp_gdb_reply(session, "OK");
    }
}

// "TYPE,ADDRESS,KIND". Software and hardware breakpoints are the same here. A watchpoint, whose
// KIND is a length, can be on what is written; that reads are not watched an empty reply says.
void cp_gdb_breakpoint(struct cp_gdb_session *session, const char *packet, bool is_set) {
    enum { SOFTWARE, HARDWARE, WRITES };
    const struct cp_gdb_target *target = session->target;
    uint32_t type, address, kind;
    if (!cp_gdb_get_number(&packet, &type) || !cp_gdb_skip(&packet, ',') ||
        !get_range(&packet, &address, &kind)) {
        cp_gdb_reply_error(session, "not a type, an address and a kind");
        return;
    }
    if (type > WRITES) {
        return;
    }
    bool is_done = type == WRITES ? target->set_watch(target->context, address, kind, is_set)
                                  : target->set_breakpoint(target->context, address, is_set);
    if (is_done) {
        cp_gdb_reply(session, "OK");
    } else {
        cp_gdb_reply_error(session, "there are too many of them, or it cannot be watched");
    }
}

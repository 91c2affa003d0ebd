// gdb_registers.c: the registers of a Cortex-M, for gdb.
//
// The feature org.gnu.gdb.arm.m-profile is gdb's own ("Debugging with GDB", G.5.3, "ARM
// Features"); with it gdb knows the frames of exceptions. PRIMASK is none of that.

#include "cli/gdb_commands.h"

#include <stdio.h>

// Without the operating system gdb may take the file for one of Linux.
const char cp_gdb_target_description[] =
    "<?xml version=\"1.0\"?>\n"
    "<!DOCTYPE target SYSTEM \"gdb-target.dtd\">\n"
    "<target version=\"1.0\">\n"
    "  <architecture>arm</architecture>\n"
    "  <osabi>none</osabi>\n"
    "  <feature name=\"org.gnu.gdb.arm.m-profile\">\n"
    "    <reg name=\"r0\" bitsize=\"32\" regnum=\"0\"/>\n"
    "    <reg name=\"r1\" bitsize=\"32\"/>\n"
    "    <reg name=\"r2\" bitsize=\"32\"/>\n"
    "    <reg name=\"r3\" bitsize=\"32\"/>\n"
    "    <reg name=\"r4\" bitsize=\"32\"/>\n"
    "    <reg name=\"r5\" bitsize=\"32\"/>\n"
    "    <reg name=\"r6\" bitsize=\"32\"/>\n"
    "    <reg name=\"r7\" bitsize=\"32\"/>\n"
    "    <reg name=\"r8\" bitsize=\"32\"/>\n"
    "    <reg name=\"r9\" bitsize=\"32\"/>\n"
    "    <reg name=\"r10\" bitsize=\"32\"/>\n"
    "    <reg name=\"r11\" bitsize=\"32\"/>\n"
    "    <reg name=\"r12\" bitsize=\"32\"/>\n"
    "    <reg name=\"sp\" bitsize=\"32\" type=\"data_ptr\"/>\n"
    "    <reg name=\"lr\" bitsize=\"32\"/>\n"
    "    <reg name=\"pc\" bitsize=\"32\" type=\"code_ptr\"/>\n"
    "    <reg name=\"xpsr\" bitsize=\"32\" regnum=\"25\"/>\n"
    "  </feature>\n"
    "  <feature name=\"cutproof.cortex-m\">\n"
    "    <reg name=\"primask\" bitsize=\"32\" regnum=\"26\" type=\"uint32\" group=\"system\"/>\n"
    "  </feature>\n"
    "</target>\n";

static bool is_register(uint32_t number) {
    return number <= CP_GDB_PC || number == CP_GDB_XPSR || number == CP_GDB_PRIMASK;
}

static void to_bytes(uint32_t value, uint8_t bytes[4]) {
    for (int i = 0; i < 4; i++) {
        bytes[i] = (uint8_t)(value >> 8 * i);
    }
}

static uint32_t from_bytes(const uint8_t bytes[4]) {
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
           (uint32_t)bytes[3] << 24;
}

// The whole core, in the order of the numbers.
void cp_gdb_read_registers(struct cp_gdb_session *session) {
    const struct cp_gdb_target *target = session->target;
    char *text = session->reply;
    for (uint32_t number = 0; number < CP_GDB_REGISTERS; number++) {
        uint32_t value = 0;
        uint8_t bytes[4];
        if (is_register(number)) {
            (void)target->read_register(target->context, number, &value);
            to_bytes(value, bytes);
            cp_gdb_put_bytes(text, bytes, sizeof bytes);
            text += 8;
        }
    }
}

static bool write_register(struct cp_gdb_session *session, uint32_t number, uint32_t value) {
    const struct cp_gdb_target *target = session->target;
    uint32_t now;
    return (target->read_register(target->context, number, &now) && now == value) ||
           target->write_register(target->context, number, value);
}

static void tell_refused(struct cp_gdb_session *session) {
    cp_gdb_reply_error(session, "an access is under way: step to the next instruction first");
}

void cp_gdb_write_registers(struct cp_gdb_session *session, const char *packet) {
    uint8_t bytes[4 * CP_GDB_REGISTERS];
    int count = cp_gdb_get_bytes(packet, bytes, sizeof bytes), at = 0;
    cp_gdb_reply(session, "OK");
    for (uint32_t number = 0; number < CP_GDB_REGISTERS; number++) {
        if (!is_register(number)) {
            continue;
        }
        if (at + 4 > count) {
            cp_gdb_reply_error(session, "registers are missing");
            return;
        }
        if (!write_register(session, number, from_bytes(bytes + at))) {
            tell_refused(session);
            return;
        }
        at += 4;
    }
}

void cp_gdb_read_register(struct cp_gdb_session *session, const char *packet) {
    const struct cp_gdb_target *target = session->target;
    uint32_t number, value;
    uint8_t bytes[4];
    if (!cp_gdb_get_number(&packet, &number) || *packet || !is_register(number) ||
        !target->read_register(target->context, number, &value)) {
        cp_gdb_reply_error(session, "no such register");
        return;
    }
    to_bytes(value, bytes);
    cp_gdb_put_bytes(session->reply, bytes, sizeof bytes);
}

void cp_gdb_write_register(struct cp_gdb_session *session, const char *packet) {
    uint32_t number;
    uint8_t bytes[4];
    if (!cp_gdb_get_number(&packet, &number) || !cp_gdb_skip(&packet, '=') ||
        !is_register(number) || cp_gdb_get_bytes(packet, bytes, sizeof bytes) != 4) {
        cp_gdb_reply_error(session, "no such register");
    } else if (!write_register(session, number, from_bytes(bytes))) {
        tell_refused(session);
    } else {
        cp_gdb_reply(session, "OK");
    }
}

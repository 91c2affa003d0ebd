// test_cli_gdb.c: gdb's remote protocol: packets and their checksums, commands, errors.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cli/gdb_commands.h"
#include "cli/gdb_library.h"

// --- packets

// What the last byte of a text completes.
static enum cp_gdb_input feed(struct cp_gdb_reader *reader, const char *text) {
    enum cp_gdb_input input = CP_GDB_NOTHING;
    for (; *text; text++) {
        assert_int_equal(input, CP_GDB_NOTHING);
        input = cp_gdb_take(reader, (uint8_t)*text);
    }
    return input;
}

static void a_packet_with_its_checksum_is_one(void **state) {
    (void)state;
    struct cp_gdb_reader reader = {0};
    assert_int_equal(feed(&reader, "$m6000,4#93"), CP_GDB_PACKET);
    assert_string_equal(reader.payload, "m6000,4");
    assert_int_equal(feed(&reader, "$g#67"), CP_GDB_PACKET);
    assert_string_equal(reader.payload, "g");
    assert_int_equal(feed(&reader, "$#00"), CP_GDB_PACKET);
    assert_string_equal(reader.payload, "");
}

static void another_checksum_is_told(void **state) {
    (void)state;
    struct cp_gdb_reader reader = {0};
    assert_int_equal(feed(&reader, "$g#68"), CP_GDB_BROKEN);
    assert_int_equal(feed(&reader, "$h#67"), CP_GDB_BROKEN);
    assert_int_equal(feed(&reader, "$g#6x"), CP_GDB_BROKEN);
    assert_int_equal(feed(&reader, "$g#x7"), CP_GDB_BROKEN);
    assert_int_equal(feed(&reader, "$g#67"), CP_GDB_PACKET); // and it goes on
}

static void a_packet_that_begins_anew_is_the_second_one(void **state) {
    (void)state;
    struct cp_gdb_reader reader = {0};
    assert_int_equal(feed(&reader, "$m6000$g#67"), CP_GDB_PACKET);
    assert_string_equal(reader.payload, "g");
}

static void escaped_bytes_are_what_they_stand_for(void **state) {
    (void)state;
    struct cp_gdb_reader reader = {0};
    assert_int_equal(feed(&reader, "$a}\x03"
                                   "b#43"),
                     CP_GDB_PACKET);
    assert_string_equal(reader.payload, "a#b");
}

static void a_packet_that_is_too_long_is_broken(void **state) {
    (void)state;
    struct cp_gdb_reader reader = {0};
    (void)cp_gdb_take(&reader, '$');
    for (uint32_t i = 0; i < CP_GDB_PAYLOAD_MAX + 1; i++) {
        assert_int_equal(cp_gdb_take(&reader, 0x80), CP_GDB_NOTHING);
    }
    assert_int_equal(feed(&reader, "#80"), CP_GDB_BROKEN);
}

static void what_stands_between_packets_is_told_apart(void **state) {
    (void)state;
    struct cp_gdb_reader reader = {0};
    assert_int_equal(feed(&reader, "+"), CP_GDB_RECEIVED);
    assert_int_equal(feed(&reader, "-"), CP_GDB_AGAIN);
    assert_int_equal(feed(&reader, "\x03"), CP_GDB_INTERRUPT);
    assert_int_equal(feed(&reader, "x"), CP_GDB_NOTHING);
}

static void a_frame_is_read_as_what_it_holds(void **state) {
    (void)state;
    static const char payload[] = "a*b#c$d}e";
    char frame[CP_GDB_FRAME_MAX + 1];
    struct cp_gdb_reader reader = {0};
    size_t length = cp_gdb_frame("OK", 2, frame);
    frame[length] = '\0';
    assert_string_equal(frame, "$OK#9a");
    frame[cp_gdb_frame(payload, strlen(payload), frame)] = '\0';
    assert_null(strchr(frame, '*')); // it would count what is before it
    assert_int_equal(feed(&reader, frame), CP_GDB_PACKET);
    assert_string_equal(reader.payload, payload);
}

// --- commands, on a target of 16 bytes at 0x20000000 and 8 of flash at 0x6000

#define RAM_ADDRESS   0x20000000u
#define FLASH_ADDRESS 0x6000u

static struct {
    uint32_t registers[CP_GDB_REGISTERS];
    uint8_t ram[16];
    uint32_t breakpoint;
    bool is_at_access;
} board;

static bool read_register(void *context, uint32_t number, uint32_t *value) {
    (void)context;
    *value = board.registers[number];
    return true;
}

static bool write_register(void *context, uint32_t number, uint32_t value) {
    (void)context;
    if (!board.is_at_access) {
        board.registers[number] = value;
    }
    return !board.is_at_access;
}

static uint32_t read_memory(void *context, uint32_t address, uint8_t *bytes, uint32_t size_bytes) {
    (void)context;
    for (uint32_t i = 0; i < size_bytes; i++) {
        if (address + i - RAM_ADDRESS < sizeof board.ram) {
            bytes[i] = board.ram[address + i - RAM_ADDRESS];
        } else if (address + i - FLASH_ADDRESS < 8) {
            bytes[i] = 0xF0;
        } else {
            return i;
        }
    }
    return size_bytes;
}

static bool write_memory(void *context, uint32_t address, const uint8_t *bytes,
                         uint32_t size_bytes) {
    (void)context;
    uint32_t at = address - RAM_ADDRESS;
    bool is_ram = at < sizeof board.ram && size_bytes <= sizeof board.ram - at;
    if (is_ram) {
        memcpy(board.ram + at, bytes, size_bytes);
    }
    return is_ram;
}

static bool set_breakpoint(void *context, uint32_t address, bool is_set) {
    (void)context;
    bool is_room = !is_set || board.breakpoint == 0;
    board.breakpoint = is_set ? (is_room ? address : board.breakpoint) : 0;
    return is_room;
}

static bool set_watch(void *context, uint32_t address, uint32_t size_bytes, bool is_set) {
    (void)context;
    (void)is_set;
    return address - RAM_ADDRESS < sizeof board.ram && size_bytes == 4;
}

static void monitor(void *context, const char *line, char *answer, size_t size) {
    (void)context;
    snprintf(answer, size, "<%s>", line);
}

static const char *libraries(void *context) {
    (void)context;
    return "<library-list/>";
}

static const struct cp_gdb_target target = {.read_register = read_register,
                                            .write_register = write_register,
                                            .read_memory = read_memory,
                                            .write_memory = write_memory,
                                            .set_breakpoint = set_breakpoint,
                                            .set_watch = set_watch,
                                            .monitor = monitor,
                                            .libraries = libraries};
static struct cp_gdb_session session;

static int begin(void **state) {
    (void)state;
    memset(&board, 0, sizeof board);
    cp_gdb_begin(&session, &target);
    return 0;
}

static void assert_reply(const char *packet, const char *reply) {
    assert_int_equal(cp_gdb_execute(&session, packet), CP_GDB_REPLY);
    assert_string_equal(session.reply, reply);
}

static void assert_error(const char *packet) {
    assert_int_equal(cp_gdb_execute(&session, packet), CP_GDB_REPLY);
    assert_int_equal(session.reply[0], 'E');
}

static void what_is_not_known_has_an_empty_reply(void **state) {
    (void)state;
    assert_reply("", "");
    assert_reply("!", "");
    assert_reply("vMustReplyEmpty", "");
    assert_reply("X20000000,0:", "");
    assert_reply("qSymbol::", "");
    assert_reply("QNonStop:0", "");
    assert_reply("Z3,20000000,4", ""); // reads are not watched
    assert_reply("z4,20000000,4", "");
    assert_reply("qXfer:memory-map:read::0,100", "");
}

static void it_says_what_it_can(void **state) {
    (void)state;
    assert_reply("qSupported:multiprocess+;xmlRegisters=i386",
                 "PacketSize=1000;QStartNoAckMode+;qXfer:features:read+;qXfer:libraries:read+");
    assert_reply("vCont?", "vCont;c;C;s;S");
    assert_reply("qAttached", "0");
    assert_reply("?", "T05thread:1;");
    assert_reply("qfThreadInfo", "m1");
    assert_reply("qsThreadInfo", "l");
    assert_reply("qC", "QC1");
    assert_reply("Hg0", "OK");
    assert_reply("T1", "OK");
}

static void acknowledgements_end_when_gdb_says_so(void **state) {
    (void)state;
    assert_true(session.needs_ack);
    assert_reply("QStartNoAckMode", "OK");
    assert_false(session.needs_ack);
}

static void registers_are_read_and_written(void **state) {
    (void)state;
    board.registers[0] = 0x12345678;
    board.registers[CP_GDB_XPSR] = 0x01000000;
    assert_reply("p0", "78563412");
    assert_reply("p19", "00000001"); // numbers are hexadecimal: xpsr
    assert_reply("Pf=44332211", "OK");
    assert_int_equal(board.registers[CP_GDB_PC], 0x11223344);
    assert_error("p10"); // what others have there, a Cortex-M does not
    assert_error("pff");
    assert_error("P0=123");
    assert_error("P0");
    assert_error("p");
}

static void all_registers_are_one_text(void **state) {
    (void)state;
    char packet[8 * 18 + 2] = "G";
    for (uint8_t i = 0; i < 18; i++) {
        uint8_t bytes[4] = {i};
        cp_gdb_put_bytes(packet + 1 + 8 * i, bytes, sizeof bytes);
    }
    assert_reply(packet, "OK");
    assert_int_equal(board.registers[CP_GDB_PC], 15);
    assert_int_equal(board.registers[CP_GDB_XPSR], 16);
    assert_int_equal(board.registers[CP_GDB_PRIMASK], 17);
    assert_reply("g", packet + 1);
    packet[8 * 17] = '\0';
    assert_error(packet); // too few
    assert_error("Gxx");
}

static void within_an_access_registers_keep_their_values(void **state) {
    (void)state;
    board.registers[3] = 5;
    board.is_at_access = true;
    assert_error("P3=06000000");
    assert_reply("P3=05000000", "OK"); // it has that value
    assert_int_equal(board.registers[3], 5);
}

static void memory_is_read_as_far_as_it_goes(void **state) {
    (void)state;
    board.ram[15] = 0xAB;
    assert_reply("m6000,4", "f0f0f0f0");
    assert_reply("m2000000f,4", "ab");
    assert_reply("m20000000,0", "");
    assert_reply("m40000000,4", "E0e"); // the form that gdb understands here
    assert_reply("m6000", "E0e");
    assert_reply("m,4", "E0e");
    assert_reply("m123456789,4", "E0e");
    assert_reply("m6000,4,4", "E0e");
}

static void only_ram_is_written(void **state) {
    (void)state;
    assert_reply("M20000002,2:beef", "OK");
    assert_int_equal(board.ram[2], 0xBE);
    assert_int_equal(board.ram[3], 0xEF);
    assert_error("M6000,1:00");
    assert_error("M20000002,2:be"); // fewer bytes than it says
    assert_error("M20000002,2:beefee");
    assert_error("M20000002,2:beeg");
    assert_error("M20000002:be");
    assert_int_equal(board.ram[2], 0xBE);
}

static void breakpoints_are_set_and_removed(void **state) {
    (void)state;
    assert_reply("Z0,1234,2", "OK");
    assert_int_equal(board.breakpoint, 0x1234);
    assert_error("Z1,5678,2"); // no room
    assert_reply("z0,1234,2", "OK");
    assert_int_equal(board.breakpoint, 0);
    assert_reply("Z2,20000004,4", "OK");
    assert_reply("z2,20000004,4", "OK");
    assert_error("Z2,40000000,4");
    assert_error("Z0,1234");
    assert_error("Z");
}

static void assert_action(const char *packet, enum cp_gdb_action action) {
    assert_int_equal(cp_gdb_execute(&session, packet), action);
}

static void it_is_told_how_to_go_on(void **state) {
    (void)state;
    assert_action("c", CP_GDB_CONTINUE);
    assert_action("s", CP_GDB_STEP);
    assert_action("vCont;c", CP_GDB_CONTINUE);
    assert_action("vCont;s:1;c", CP_GDB_STEP);
    assert_action("vCont;S05:1", CP_GDB_STEP);
    assert_action("vCont;C0b", CP_GDB_CONTINUE);
    assert_action("c1234", CP_GDB_CONTINUE);
    assert_int_equal(board.registers[CP_GDB_PC], 0x1234);
    assert_action("D", CP_GDB_DETACH);
    assert_string_equal(session.reply, "OK");
    assert_action("k", CP_GDB_KILL);
    assert_action("vKill;1", CP_GDB_KILL);
    assert_error("vCont;t");
    assert_error("cxyz");
    board.is_at_access = true;
    assert_error("s1234");
}

static void a_long_text_is_sent_in_pieces(void **state) {
    (void)state;
    char text[CP_GDB_PAYLOAD_MAX] = "", packet[64];
    size_t at = 0;
    do {
        snprintf(packet, sizeof packet, "qXfer:features:read:target.xml:%zx,40", at);
        assert_action(packet, CP_GDB_REPLY);
        assert_true(strlen(session.reply) <= 0x41);
        at += strlen(session.reply) - 1;
        strcat(text, session.reply + 1);
    } while (session.reply[0] == 'm');
    assert_int_equal(session.reply[0], 'l');
    assert_string_equal(text, cp_gdb_target_description);
    assert_reply("qXfer:features:read:other.xml:0,40", "");
    assert_error("qXfer:features:read:target.xml:ffff,40");
    assert_error("qXfer:features:read:target.xml:0");
}

static void libraries_are_told_of_when_they_are_asked_for(void **state) {
    (void)state;
    assert_false(session.reads_libraries);
    assert_reply("qXfer:libraries:read::0,100", "l<library-list/>");
    assert_true(session.reads_libraries);
}

static void monitor_is_text_both_ways(void **state) {
    (void)state;
    assert_reply("qRcmd,637574", "3c6375743e"); // cut, <cut>
    assert_reply("qRcmd,6375f", "E01");
}

// --- the list of libraries

static void a_library_has_the_addresses_of_its_segments(void **state) {
    (void)state;
    char xml[4096];
    cp_gdb_library_list("/proc/self/exe", xml, sizeof xml); // linked for a fixed address
    assert_non_null(
        strstr(xml, "<library name=\"/proc/self/exe\"><segment address=\"0x400000\"/>"));
    cp_gdb_library_list("/proc/self/exe", xml, 100);
    assert_string_equal(xml, "<library-list></library-list>\n"); // no room
    cp_gdb_library_list("README.md", xml, sizeof xml);
    assert_string_equal(xml, "<library-list></library-list>\n");
    cp_gdb_library_list("/nowhere/\"&<.elf", xml, sizeof xml);
    assert_string_equal(xml, "<library-list></library-list>\n");
    cp_gdb_library_list(NULL, xml, sizeof xml);
    assert_string_equal(xml, "<library-list></library-list>\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_packet_with_its_checksum_is_one),
        cmocka_unit_test(another_checksum_is_told),
        cmocka_unit_test(a_packet_that_begins_anew_is_the_second_one),
        cmocka_unit_test(escaped_bytes_are_what_they_stand_for),
        cmocka_unit_test(a_packet_that_is_too_long_is_broken),
        cmocka_unit_test(what_stands_between_packets_is_told_apart),
        cmocka_unit_test(a_frame_is_read_as_what_it_holds),
        cmocka_unit_test_setup(what_is_not_known_has_an_empty_reply, begin),
        cmocka_unit_test_setup(it_says_what_it_can, begin),
        cmocka_unit_test_setup(acknowledgements_end_when_gdb_says_so, begin),
        cmocka_unit_test_setup(registers_are_read_and_written, begin),
        cmocka_unit_test_setup(all_registers_are_one_text, begin),
        cmocka_unit_test_setup(within_an_access_registers_keep_their_values, begin),
        cmocka_unit_test_setup(memory_is_read_as_far_as_it_goes, begin),
        cmocka_unit_test_setup(only_ram_is_written, begin),
        cmocka_unit_test_setup(breakpoints_are_set_and_removed, begin),
        cmocka_unit_test_setup(it_is_told_how_to_go_on, begin),
        cmocka_unit_test_setup(a_long_text_is_sent_in_pieces, begin),
        cmocka_unit_test_setup(libraries_are_told_of_when_they_are_asked_for, begin),
        cmocka_unit_test_setup(monitor_is_text_both_ways, begin),
        cmocka_unit_test(a_library_has_the_addresses_of_its_segments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

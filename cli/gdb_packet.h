// gdb_packet.h: packets of gdb's remote protocol, "$payload#checksum", and numbers in them.
//
// The protocol: "Debugging with GDB", appendix E, sections "Overview" and "Packets".

#ifndef CP_CLI_GDB_PACKET_H
#define CP_CLI_GDB_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CP_GDB_PAYLOAD_MAX 4096u
// With the dollar, and each byte escaped, and the checksum.
#define CP_GDB_FRAME_MAX (2 * CP_GDB_PAYLOAD_MAX + 4)

// What a byte from gdb completes.
enum cp_gdb_input {
    CP_GDB_NOTHING,
    CP_GDB_PACKET,    // it is in `payload`, with a zero behind it
    CP_GDB_BROKEN,    // a packet with another checksum, or a longer one than was agreed
    CP_GDB_INTERRUPT, // Ctrl-C
    CP_GDB_RECEIVED,  // the last packet arrived; or did not, and is asked for again
    CP_GDB_AGAIN,
};

struct cp_gdb_reader {
    enum {
        CP_GDB_BETWEEN,
        CP_GDB_INSIDE,
        CP_GDB_ESCAPED,
        CP_GDB_FIRST_DIGIT,
        CP_GDB_LAST_DIGIT
    } at;
    uint8_t sum, given; // of the bytes as sent; and what gdb says that it is
    bool is_broken;
    size_t length;
    char payload[CP_GDB_PAYLOAD_MAX + 1];
};

// A reader starts as zeros.
enum cp_gdb_input cp_gdb_take(struct cp_gdb_reader *reader, uint8_t byte);

// A packet with this payload of at most CP_GDB_PAYLOAD_MAX bytes; returns its length.
size_t cp_gdb_frame(const char *payload, size_t length, char frame[CP_GDB_FRAME_MAX]);

// --- numbers

// Bytes as two hexadecimal digits each, with a zero at the end.
void cp_gdb_put_bytes(char *text, const uint8_t *bytes, size_t count);

// The other way, up to `max` bytes: how many there were; -1 if it is no such text, or too long.
int cp_gdb_get_bytes(const char *text, uint8_t *bytes, size_t max);

// Read a hexadecimal number of 32 bits, and go on behind it. False if there is none.
bool cp_gdb_get_number(const char **text, uint32_t *number);

// Go on behind a letter, if it is there.
bool cp_gdb_skip(const char **text, char letter);

#endif

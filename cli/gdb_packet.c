// gdb_packet.c: see gdb_packet.h.

#include "cli/gdb_packet.h"

#define INTERRUPT_BYTE 0x03
#define ESCAPE         '}'
#define ESCAPE_BIT     0x20

static const char digits[] = "0123456789abcdef";

// -1 for what is no digit.
static int digit_value(char letter) {
    if (letter >= '0' && letter <= '9') {
        return letter - '0';
    }
    if (letter >= 'a' && letter <= 'f') {
        return letter - 'a' + 10;
    }
    return letter >= 'A' && letter <= 'F' ? letter - 'A' + 10 : -1;
}

// --- from gdb

static void begin(struct cp_gdb_reader *reader) {
    reader->at = CP_GDB_INSIDE;
    reader->sum = 0;
    reader->length = 0;
    reader->is_broken = false;
}

static enum cp_gdb_input take_between(struct cp_gdb_reader *reader, uint8_t byte) {
    switch (byte) {
    case '$': begin(reader); return CP_GDB_NOTHING;
    case '+': return CP_GDB_RECEIVED;
    case '-': return CP_GDB_AGAIN;
    case INTERRUPT_BYTE: return CP_GDB_INTERRUPT;
    default: return CP_GDB_NOTHING;
    }
}

static void keep(struct cp_gdb_reader *reader, uint8_t byte) {
    if (reader->length == CP_GDB_PAYLOAD_MAX) {
        reader->is_broken = true;
        return;
    }
    reader->payload[reader->length++] = (char)byte;
}

// A dollar is never part of a payload: what came before it was cut off.
static void take_inside(struct cp_gdb_reader *reader, uint8_t byte) {
    if (byte == '$') {
        begin(reader);
        return;
    }
    if (byte == '#') {
        reader->at = CP_GDB_FIRST_DIGIT;
        return;
    }
    reader->sum = (uint8_t)(reader->sum + byte);
    if (reader->at == CP_GDB_ESCAPED) {
        reader->at = CP_GDB_INSIDE;
        keep(reader, byte ^ ESCAPE_BIT);
    } else if (byte == ESCAPE) {
        reader->at = CP_GDB_ESCAPED;
    } else {
        keep(reader, byte);
    }
}

static enum cp_gdb_input take_digit(struct cp_gdb_reader *reader, uint8_t byte) {
    int value = digit_value((char)byte);
    reader->is_broken = reader->is_broken || value < 0;
    if (reader->at == CP_GDB_FIRST_DIGIT) {
        reader->given = (uint8_t)((unsigned)value << 4);
        reader->at = CP_GDB_LAST_DIGIT;
        return CP_GDB_NOTHING;
    }
    reader->at = CP_GDB_BETWEEN;
    reader->payload[reader->length] = '\0';
    bool is_whole = !reader->is_broken && (reader->given | (uint8_t)value) == reader->sum;
    return is_whole ? CP_GDB_PACKET : CP_GDB_BROKEN;
}

enum cp_gdb_input cp_gdb_take(struct cp_gdb_reader *reader, uint8_t byte) {
    switch (reader->at) {
    case CP_GDB_BETWEEN: return take_between(reader, byte);
    case CP_GDB_INSIDE:
    case CP_GDB_ESCAPED: take_inside(reader, byte); return CP_GDB_NOTHING;
    case CP_GDB_FIRST_DIGIT:
    case CP_GDB_LAST_DIGIT: return take_digit(reader, byte);
    }
    return CP_GDB_NOTHING;
}

// --- to gdb

// An asterisk would be read as a count of what is before it.
static bool needs_escape(char letter) {
    return letter == '$' || letter == '#' || letter == ESCAPE || letter == '*';
}

size_t cp_gdb_frame(const char *payload, size_t length, char frame[CP_GDB_FRAME_MAX]) {
    size_t at = 0;
    uint8_t sum = 0;
    frame[at++] = '$';
    for (size_t i = 0; i < length; i++) {
        if (needs_escape(payload[i])) {
            frame[at++] = ESCAPE;
            frame[at++] = (char)(payload[i] ^ ESCAPE_BIT);
        } else {
            frame[at++] = payload[i];
        }
    }
    for (size_t i = 1; i < at; i++) {
        sum = (uint8_t)(sum + (uint8_t)frame[i]);
    }
    frame[at++] = '#';
    frame[at++] = digits[sum >> 4];
    frame[at++] = digits[sum & 15];
    return at;
}

// --- numbers

void cp_gdb_put_bytes(char *text, const uint8_t *bytes, size_t count) {
    for (size_t i = 0; i < count; i++) {
        *text++ = digits[bytes[i] >> 4];
        *text++ = digits[bytes[i] & 15];
    }
    *text = '\0';
}

int cp_gdb_get_bytes(const char *text, uint8_t *bytes, size_t max) {
    size_t count = 0;
    for (; *text; text += 2) {
        int high = digit_value(text[0]);
        int low = high < 0 ? -1 : digit_value(text[1]);
        if (low < 0 || count == max) {
            return -1;
        }
        bytes[count++] = (uint8_t)(high << 4 | low);
    }
    return (int)count;
}

bool cp_gdb_get_number(const char **text, uint32_t *number) {
    uint64_t value = 0;
    const char *at = *text;
    for (int digit; (digit = digit_value(*at)) >= 0 && value <= UINT32_MAX; at++) {
        value = value << 4 | (unsigned)digit;
    }
    bool is_number = at != *text && value <= UINT32_MAX;
    *text = at;
    *number = (uint32_t)value;
    return is_number;
}

bool cp_gdb_skip(const char **text, char letter) {
    bool is_there = **text == letter;
    *text += is_there;
    return is_there;
}

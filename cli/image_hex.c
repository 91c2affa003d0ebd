// image_hex.c: Intel HEX, as the programmers of boards read it.
//
//   :LLAAAATT data CC   length, lower half of the address, type, and the sum that makes all
//                       bytes of the record zero. Type 0 is data, 1 the end, 4 the upper half.

#include "cli/image_hex.h"

#define ROW_BYTES 16u

enum { DATA = 0, END = 1, UPPER = 4 };

static void write_record(const struct cp_hex *hex, uint32_t type, uint32_t address,
                         const uint8_t *bytes, uint32_t size_bytes) {
    uint32_t sum = size_bytes + (address >> 8 & 0xFF) + (address & 0xFF) + type;
    fprintf(hex->out, ":%02X%04X%02X", size_bytes, address & 0xFFFF, type);
    for (uint32_t i = 0; i < size_bytes; i++) {
        fprintf(hex->out, "%02X", bytes[i]);
        sum += bytes[i];
    }
    fprintf(hex->out, "%02X\n", -sum & 0xFF);
}

static void set_upper(struct cp_hex *hex, uint32_t upper) {
    const uint8_t bytes[2] = {(uint8_t)(upper >> 8), (uint8_t)upper};
    if (upper != hex->upper) {
        write_record(hex, UPPER, 0, bytes, sizeof bytes);
        hex->upper = upper;
    }
}

void cp_hex_data(struct cp_hex *hex, uint32_t address, const uint8_t *bytes, uint32_t size_bytes) {
    while (size_bytes > 0) {
        uint32_t row = ROW_BYTES - address % ROW_BYTES;
        row = row < size_bytes ? row : size_bytes;
        set_upper(hex, address >> 16);
        write_record(hex, DATA, address, bytes, row);
        address += row;
        bytes += row;
        size_bytes -= row;
    }
}

void cp_hex_end(struct cp_hex *hex) {
    write_record(hex, END, 0, NULL, 0);
}

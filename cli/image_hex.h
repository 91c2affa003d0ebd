// image_hex.h: Intel HEX, as the programmers of boards read it.

#ifndef CP_CLI_IMAGE_HEX_H
#define CP_CLI_IMAGE_HEX_H

#include <stdint.h>
#include <stdio.h>

struct cp_hex {
    FILE *out;
    uint32_t upper; // the upper half of addresses, as it was written last; 0 at first
};

// Data at an address; a record crosses no boundary of 64 KiB.
void cp_hex_data(struct cp_hex *hex, uint32_t address, const uint8_t *bytes, uint32_t size_bytes);

// The record that ends the file.
void cp_hex_end(struct cp_hex *hex);

#endif

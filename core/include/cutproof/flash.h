// flash.h: what the bootloader needs of a flash, and the partitions cut from it.
//
// A flash is a const struct of sizes and functions that a port fills in. A
// partition is a range of one flash. ACTIVE, DFU and STATE may lie on three
// different flashes, each with its own erase and write size.

#ifndef CUTPROOF_FLASH_H
#define CUTPROOF_FLASH_H

#include <stdbool.h>
#include <stdint.h>

// Every function of the core returns CP_OK or one of the negative codes.
enum cp_error {
    CP_OK = 0,
    CP_ERR_ARGUMENT = -1,  // a pointer is null or a value is outside its contract
    CP_ERR_BOUNDS = -2,    // the range does not lie inside the partition or flash
    CP_ERR_ALIGNMENT = -3, // offset or size is not a multiple of the required unit
    CP_ERR_FLASH = -4,     // the flash reported a failure, or did not become ready
    CP_ERR_LAYOUT = -5,    // partitions overlap, or a size does not suit the algorithm
    CP_ERR_STATE = -6,     // not allowed in the present boot state, or that cannot be read
    CP_ERR_IMAGE = -7,     // the image is not one that may be installed
};

// One flash device, as its port presents it. Offsets are from the start of the
// device, in bytes. Ports return CP_OK, CP_ERR_BOUNDS, CP_ERR_ALIGNMENT or
// CP_ERR_FLASH from each function.
struct cp_flash {
    uint32_t size_bytes;       // whole device; a multiple of erase_size_bytes
    uint32_t erase_size_bytes; // one page; a multiple of write_size_bytes
    uint32_t write_size_bytes; // smallest program unit; a power of two, 1..32
    uint8_t erase_value;       // what an erased byte reads: 0xFF or 0x00
    // A unit may be programmed with the complement of erase_value in every byte at any time,
    // whatever it holds and however often, and no cut in that spoils one that is so already.
    // It makes a unit firm whose program was cut.
    bool reprograms_full;

    // Read any range; no alignment is needed.
    int (*read)(const struct cp_flash *flash, uint32_t offset_bytes, void *data,
                uint32_t size_bytes);

    // Program an erased range. Offset and size are multiples of write_size_bytes.
    int (*program)(const struct cp_flash *flash, uint32_t offset_bytes, const void *data,
                   uint32_t size_bytes);

    // Erase the one page that starts at offset_bytes (a multiple of erase_size_bytes).
    int (*erase)(const struct cp_flash *flash, uint32_t offset_bytes);

    const void *device; // the port's own description of the device
};

// A range of one flash.
struct cp_partition {
    const struct cp_flash *flash;
    uint32_t offset_bytes; // from the start of the flash; a multiple of its erase size
    uint32_t size_bytes;   // a multiple of the flash's erase size
};

#endif

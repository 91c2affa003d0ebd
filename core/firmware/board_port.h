// board_port.h: the port of the board's flash, and of its chip if it has one.
//
// Which it is stands in layout.h; nothing of the others is compiled. Only for board.c.

#ifndef CP_FIRMWARE_BOARD_PORT_H
#define CP_FIRMWARE_BOARD_PORT_H

#include "cutproof/flash.h"

// A run of pages of one size on one device.
struct cp_board_run {
    uint32_t device; // 0: the part's own flash; 1: the chip
    uint32_t offset_bytes, size_bytes;
    uint32_t erase_size_bytes;
};

// Make it `index`, which is below CP_BOARD_AREA_COUNT: each has a port of its own.
void cp_board_port_init(uint32_t index, const struct cp_board_run *run, struct cp_flash *flash);

// See board.h.
bool cp_board_port_acknowledge_ecc(void);

#endif

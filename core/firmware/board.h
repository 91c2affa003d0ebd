// board.h: the flashes of the board that layout.h describes, as the core wants them.
//
// A flash for each run of pages of one size that a partition lies in. They are filled in the
// order in which sim/native does it, so that a chip is spoken to at the same moments.

#ifndef CP_FIRMWARE_BOARD_H
#define CP_FIRMWARE_BOARD_H

#include "cutproof/flash.h"

enum cp_board_area {
    CP_BOARD_STATE,
    CP_BOARD_ACTIVE,
    CP_BOARD_DFU,
    CP_BOARD_FACTORY, // of size 0 if there is none
    CP_BOARD_AREA_COUNT
};

// Set up the ports. A chip that does not answer leaves a flash without functions, which the
// core refuses.
void cp_board_init(void);

struct cp_partition cp_board_partition(enum cp_board_area area);

// Did a word of flash that cannot be corrected raise this NMI? If so it is acknowledged.
bool cp_board_acknowledge_ecc(void);

#endif

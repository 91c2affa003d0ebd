// board_chip.h: a SPI NOR chip beside the part's own flash.

#ifndef CP_FIRMWARE_BOARD_CHIP_H
#define CP_FIRMWARE_BOARD_CHIP_H

#include "cutproof/flash.h"

// Wake the chip and fill in its flash; without functions if it does not answer, or if the
// board has none.
void cp_board_chip_init(struct cp_flash *flash);

#endif

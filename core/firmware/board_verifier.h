// board_verifier.h: what checks images with the board's key.

#ifndef CP_FIRMWARE_BOARD_VERIFIER_H
#define CP_FIRMWARE_BOARD_VERIFIER_H

#include "cutproof/boot.h"

// NULL if the board's images are not signed.
extern const struct cp_verifier *const cp_board_verifier;

#endif

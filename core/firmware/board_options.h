// board_options.h: layout.h, with 0 for what it does not define where a board has it not.

#ifndef CP_FIRMWARE_BOARD_OPTIONS_H
#define CP_FIRMWARE_BOARD_OPTIONS_H

#include "layout.h"

#ifndef CP_BOARD_REFUSES_DOWNGRADES
#define CP_BOARD_REFUSES_DOWNGRADES 0
#endif
#ifndef CP_BOARD_SECURITY_COUNTER_MIN
#define CP_BOARD_SECURITY_COUNTER_MIN 0
#endif
#ifndef CP_BOARD_VERIFIES_EACH_BOOT
#define CP_BOARD_VERIFIES_EACH_BOOT 0
#endif

#if CP_BOARD_HAS_FACTORY == 0
#define CP_BOARD_FACTORY_DEVICE           0
#define CP_BOARD_FACTORY_OFFSET_BYTES     0
#define CP_BOARD_FACTORY_SIZE_BYTES       0
#define CP_BOARD_FACTORY_RUN_OFFSET_BYTES 0
#define CP_BOARD_FACTORY_RUN_SIZE_BYTES   0
#define CP_BOARD_FACTORY_ERASE_SIZE_BYTES 0
#endif

#endif

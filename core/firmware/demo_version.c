// demo_version.c: see demo_version.h. Compiled for each image.

#include "core/firmware/demo_version.h"

#ifndef CP_DEMO_FIRMWARE
#define CP_DEMO_FIRMWARE DEMO_FIRMWARE_GOOD
#endif

const uint32_t demo_version = CP_DEMO_VERSION;
const enum demo_firmware demo_firmware = CP_DEMO_FIRMWARE;

// demo_version.h: what two demo images differ in by intention. The rest is fill.cmake's.

#ifndef CP_FIRMWARE_DEMO_VERSION_H
#define CP_FIRMWARE_DEMO_VERSION_H

#include <stdint.h>

#include "core/firmware/demo_link.h"

extern const uint32_t demo_version;

// What it does on trial, if nobody else says so.
extern const enum demo_firmware demo_firmware;

#endif

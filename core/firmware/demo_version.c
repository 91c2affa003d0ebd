// demo_version.c: what two demo images differ in by intention. The rest is fill.cmake's.

#include <stdint.h>

extern const uint32_t demo_version;

const uint32_t demo_version = CP_DEMO_VERSION;

// demo_version.c: all that two demo images differ in by intention. What is behind it moves,
// and what fills the image up differs: see fill.cmake.

#include <stdint.h>

extern const uint32_t demo_version;

const uint32_t demo_version = CP_DEMO_VERSION;

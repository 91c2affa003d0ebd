// utf8.h: the size of a character of a text.

#ifndef CP_SCENARIOS_UTF8_H
#define CP_SCENARIOS_UTF8_H

#include <stddef.h>

// Bytes of the character at `text`, of which `left` follow, or 0 when they are
// not UTF-8.
size_t cp_utf8_size_bytes(const unsigned char *text, size_t left);

#endif

// library.c: the functions that a compiler calls on its own, by bytes.

#include <stddef.h>
#include <stdint.h>

#define LIBRARY __attribute__((used))

LIBRARY void *memcpy(void *restrict to, const void *restrict from, size_t size_bytes);
LIBRARY void *memset(void *to, int value, size_t size_bytes);
LIBRARY int memcmp(const void *a, const void *b, size_t size_bytes);

void *memcpy(void *restrict to, const void *restrict from, size_t size_bytes) {
    uint8_t *bytes = to;
    for (size_t i = 0; i < size_bytes; i++) {
        bytes[i] = ((const uint8_t *)from)[i];
    }
    return to;
}

void *memset(void *to, int value, size_t size_bytes) {
    uint8_t *bytes = to;
    for (size_t i = 0; i < size_bytes; i++) {
        bytes[i] = (uint8_t)value;
    }
    return to;
}

int memcmp(const void *a, const void *b, size_t size_bytes) {
    for (size_t i = 0; i < size_bytes; i++) {
        const int difference = ((const uint8_t *)a)[i] - ((const uint8_t *)b)[i];
        if (difference != 0) {
            return difference;
        }
    }
    return 0;
}

// demo_digest.h: the check value that comes with an image. No protection against anybody.

#ifndef CP_FIRMWARE_DEMO_DIGEST_H
#define CP_FIRMWARE_DEMO_DIGEST_H

#include <stdint.h>

// FNV-1a of 64 bits, the same however the bytes are divided into pieces; started from 0.
static inline uint64_t demo_digest_update(uint64_t digest, const uint8_t *data,
                                          uint32_t size_bytes) {
    digest ^= 0xcbf29ce484222325u;
    for (uint32_t i = 0; i < size_bytes; i++) {
        digest = (digest ^ data[i]) * 0x100000001b3u;
    }
    return digest ^ 0xcbf29ce484222325u;
}

#endif

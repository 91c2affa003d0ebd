// hash.h: the 128-bit sums that identify a flash state.
//
// A state's hash is a sum over its parts of a mixed value for each part, so that
// changing one word costs two mixes and undoing the change costs the same. Two
// different states collide with a probability of about S * S / 2^129 over S states.

#ifndef CP_SIM_HASH_H
#define CP_SIM_HASH_H

#include <stddef.h>
#include <stdint.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

struct cp_hash {
    uint64_t low, high;
};

static inline struct cp_hash cp_hash_add(struct cp_hash a, struct cp_hash b) {
    return (struct cp_hash){a.low + b.low, a.high + b.high};
}

static inline struct cp_hash cp_hash_sub(struct cp_hash a, struct cp_hash b) {
    return (struct cp_hash){a.low - b.low, a.high - b.high};
}

static inline int cp_hash_equal(struct cp_hash a, struct cp_hash b) {
    return a.low == b.low && a.high == b.high;
}

// Mix a run of bytes; `seed` keeps the same bytes in different places apart.
static inline struct cp_hash cp_hash_bytes(const void *data, size_t size_bytes, uint64_t seed) {
    XXH128_hash_t mixed = XXH3_128bits_withSeed(data, size_bytes, seed);
    return (struct cp_hash){mixed.low64, mixed.high64};
}

static inline struct cp_hash cp_hash_pair(uint64_t a, uint64_t b) {
    uint64_t pair[2] = {a, b};
    return cp_hash_bytes(pair, sizeof(pair), 0);
}

#endif

// blobs.h: pieces of bytes, each kept once and known by a number.

#ifndef CP_FAULTS_BLOBS_H
#define CP_FAULTS_BLOBS_H

#include "faults/visited.h"

#define CP_BLOB_NONE UINT32_MAX

struct cp_blobs {
    struct cp_visited ids; // by key
    uint8_t **items;       // by id
    uint32_t count, capacity;
    size_t item_bytes; // of all items
};

// Returns 0, or -1 without memory.
int cp_blobs_init(struct cp_blobs *blobs);
void cp_blobs_free(struct cp_blobs *blobs);

// The number of the piece with this key; CP_BLOB_NONE if there is none.
uint32_t cp_blobs_look(const struct cp_blobs *blobs, struct cp_hash key);

// Room for a new piece with this key, to be filled; NULL without memory.
uint8_t *cp_blobs_add(struct cp_blobs *blobs, struct cp_hash key, size_t size_bytes, uint32_t *id);

// The number of these bytes, which `seed` keeps apart from pieces of other kinds.
// CP_BLOB_NONE without memory.
uint32_t cp_blobs_intern(struct cp_blobs *blobs, const void *bytes, size_t size_bytes,
                         uint64_t seed);

static inline const uint8_t *cp_blobs_get(const struct cp_blobs *blobs, uint32_t id) {
    return blobs->items[id];
}

size_t cp_blobs_size_bytes(const struct cp_blobs *blobs);

#endif

// blobs.c: see blobs.h.

#include "faults/blobs.h"

#include <stdlib.h>
#include <string.h>

int cp_blobs_init(struct cp_blobs *blobs) {
    memset(blobs, 0, sizeof(*blobs));
    return cp_visited_init(&blobs->ids);
}

void cp_blobs_free(struct cp_blobs *blobs) {
    for (uint32_t i = 0; i < blobs->count; i++) {
        free(blobs->items[i]);
    }
    free(blobs->items);
    cp_visited_free(&blobs->ids);
    memset(blobs, 0, sizeof(*blobs));
}

uint32_t cp_blobs_look(const struct cp_blobs *blobs, struct cp_hash key) {
    const struct cp_visited_slot *slot = cp_visited_look(&blobs->ids, key);
    return slot ? slot->id : CP_BLOB_NONE;
}

static int reserve(struct cp_blobs *blobs) {
    if (blobs->count < blobs->capacity) {
        return 0;
    }
    uint32_t capacity = 2 * blobs->capacity + 64;
    uint8_t **items = realloc(blobs->items, capacity * sizeof(*items));
    if (!items) {
        return -1;
    }
    blobs->items = items;
    blobs->capacity = capacity;
    return 0;
}

uint8_t *cp_blobs_add(struct cp_blobs *blobs, struct cp_hash key, size_t size_bytes, uint32_t *id) {
    uint8_t *item = malloc(size_bytes + 1); // none is of no bytes
    bool is_new;
    struct cp_visited_slot *slot = NULL;
    if (item && reserve(blobs) == 0) {
        slot = cp_visited_find(&blobs->ids, key, &is_new);
    }
    if (!slot) {
        free(item);
        return NULL;
    }
    *id = slot->id = blobs->count++;
    blobs->items[*id] = item;
    blobs->item_bytes += size_bytes + 2 * sizeof(size_t); // with what the allocator adds
    return item;
}

uint32_t cp_blobs_intern(struct cp_blobs *blobs, const void *bytes, size_t size_bytes,
                         uint64_t seed) {
    struct cp_hash key = cp_hash_bytes(bytes, size_bytes, seed);
    uint32_t id = cp_blobs_look(blobs, key);
    if (id == CP_BLOB_NONE) {
        uint8_t *item = cp_blobs_add(blobs, key, size_bytes, &id);
        if (!item) {
            return CP_BLOB_NONE;
        }
        memcpy(item, bytes, size_bytes);
    }
    return id;
}

size_t cp_blobs_size_bytes(const struct cp_blobs *blobs) {
    return cp_visited_size_bytes(&blobs->ids) + blobs->capacity * sizeof(*blobs->items) +
           blobs->item_bytes;
}

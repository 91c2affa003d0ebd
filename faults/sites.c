// sites.c: see sites.h.

#include "faults/sites.h"

#include "sim/hash.h"

#include <stdlib.h>
#include <string.h>

static uint32_t *slot_of(const struct cp_sites *sites, const uintptr_t *frames,
                         uint32_t frame_count) {
    struct cp_hash hash = cp_hash_bytes(frames, frame_count * sizeof(frames[0]), 6);
    uint32_t at = (uint32_t)hash.low & (sites->table_size - 1);
    while (sites->table[at] != 0) {
        const struct cp_site *site = &sites->sites[sites->table[at] - 1];
        if (site->frame_count == frame_count &&
            memcmp(site->frames, frames, frame_count * sizeof(frames[0])) == 0) {
            break;
        }
        at = (at + 1) & (sites->table_size - 1);
    }
    return &sites->table[at];
}

static int grow(struct cp_sites *sites) {
    uint32_t capacity = sites->capacity == 0 ? 64 : 2 * sites->capacity;
    struct cp_site *grown = realloc(sites->sites, capacity * sizeof(*grown));
    uint32_t *table = calloc(2 * (size_t)capacity, sizeof(*table));
    if (grown) {
        sites->sites = grown;
    }
    if (!grown || !table) {
        free(table);
        return -1;
    }
    free(sites->table);
    sites->table = table;
    sites->table_size = 2 * capacity;
    sites->capacity = capacity;
    for (uint32_t i = 0; i < sites->count; i++) {
        *slot_of(sites, grown[i].frames, grown[i].frame_count) = i + 1;
    }
    return 0;
}

uint32_t cp_sites_find(struct cp_sites *sites, const struct cp_event *event) {
    if (sites->count == sites->capacity && grow(sites)) {
        return UINT32_MAX;
    }
    uint32_t *slot = slot_of(sites, event->frames, event->frame_count);
    if (*slot == 0) {
        struct cp_site *site = &sites->sites[sites->count];
        memset(site, 0, sizeof(*site));
        memcpy(site->frames, event->frames, sizeof(site->frames));
        site->frame_count = event->frame_count;
        site->is_erase = event->kind == CP_EVENT_ERASE;
        *slot = ++sites->count;
    }
    sites->sites[*slot - 1].times++;
    return *slot - 1;
}

int cp_sites_add(struct cp_sites *sites, const struct cp_site *site) {
    if (sites->count == sites->capacity && grow(sites)) {
        return -1;
    }
    sites->sites[sites->count] = *site;
    *slot_of(sites, site->frames, site->frame_count) = sites->count + 1;
    sites->count++;
    return 0;
}

void cp_sites_free(struct cp_sites *sites) {
    free(sites->sites);
    free(sites->table);
    memset(sites, 0, sizeof(*sites));
}

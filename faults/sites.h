// sites.h: the places in the program that issue flash operations, and how often
// each was executed and cut.

#ifndef CP_FAULTS_SITES_H
#define CP_FAULTS_SITES_H

#include "faults/result.h"
#include "sim/machine.h"

struct cp_sites {
    struct cp_site *sites;
    uint32_t count, capacity;
    uint32_t *table; // hash table of site indices + 1
    uint32_t table_size;
};

// The index of the place that the event's call chain tells, counted as executed
// once more. UINT32_MAX without memory.
uint32_t cp_sites_find(struct cp_sites *sites, const struct cp_event *event);

// Add a site as it was counted elsewhere. Returns 0, or -1 without memory.
int cp_sites_add(struct cp_sites *sites, const struct cp_site *site);

void cp_sites_free(struct cp_sites *sites);

#endif

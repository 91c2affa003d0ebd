// wear.c: see wear.h.

#include "faults/wear.h"

#include "sim/hash.h"

#include <stdlib.h>
#include <string.h>

int cp_wear_init(struct cp_wear_levels *wear, const struct cp_machine *machine) {
    memset(wear, 0, sizeof(*wear));
    for (uint32_t i = 0; i < machine->config.device_count; i++) {
        const struct cp_part *part = &machine->devices[i].part;
        wear->first_page[i] = wear->page_count;
        wear->page_count += cp_part_page_count(part);
    }
    wear->levels = calloc(wear->page_count, sizeof(*wear->levels));
    wear->levels_max = calloc(wear->page_count, sizeof(*wear->levels_max));
    wear->erases = calloc(wear->page_count, sizeof(*wear->erases));
    wear->erases_max = calloc(wear->page_count, sizeof(*wear->erases_max));
    wear->weights = calloc(wear->page_count, sizeof(*wear->weights));
    wear->first = wear->page_count;
    if (!wear->levels || !wear->levels_max || !wear->erases || !wear->erases_max ||
        !wear->weights) {
        return -1;
    }
    for (uint32_t page = 0; page < wear->page_count; page++) {
        wear->weights[page] = cp_hash_pair(page, 11).low | 1u;
    }
    return 0;
}

void cp_wear_free(struct cp_wear_levels *wear) {
    free(wear->levels);
    free(wear->levels_max);
    free(wear->erases);
    free(wear->erases_max);
    free(wear->weights);
    memset(wear, 0, sizeof(*wear));
}

uint8_t cp_wear_erase(struct cp_wear_levels *wear, uint32_t device, uint32_t page) {
    uint32_t at = wear->first_page[device] + page;
    wear->first = at < wear->first ? at : wear->first;
    wear->end = at >= wear->end ? at + 1 : wear->end;
    wear->erases[at]++;
    if (wear->erases[at] > wear->erases_max[at]) {
        wear->erases_max[at] = wear->erases[at];
    }
    wear->levels[at]++; // wraps only far beyond any limit, where the path has ended
    wear->hash += wear->weights[at];
    if (wear->levels[at] > wear->levels_max[at]) {
        wear->levels_max[at] = wear->levels[at];
    }
    return wear->levels[at];
}

void cp_wear_undo_erase(struct cp_wear_levels *wear, uint32_t device, uint32_t page) {
    uint32_t at = wear->first_page[device] + page;
    wear->erases[at]--;
    wear->levels[at]--;
    wear->hash -= wear->weights[at];
}

// What is saved: the hash, and the levels of the pages that were ever erased.
struct saved {
    uint64_t hash;
    uint32_t first, end;
};

size_t cp_wear_save_size_bytes(const struct cp_wear_levels *wear) {
    return sizeof(struct saved) + wear->page_count;
}

static void save_levels(const struct cp_wear_levels *wear, uint8_t *save) {
    struct saved saved = {wear->hash, wear->first, wear->end};
    memcpy(save, &saved, sizeof(saved));
    if (saved.first < saved.end) {
        memcpy(save + sizeof(saved), wear->levels + saved.first, saved.end - saved.first);
    }
}

// Pages that were first erased after it was saved are at zero again by now.
static void restore_levels(struct cp_wear_levels *wear, const uint8_t *save) {
    struct saved saved;
    memcpy(&saved, save, sizeof(saved));
    wear->hash = saved.hash;
    if (saved.first < saved.end) {
        memcpy(wear->levels + saved.first, save + sizeof(saved), saved.end - saved.first);
    }
}

static uint64_t lower(struct cp_wear_levels *wear, uint32_t first, uint32_t end) {
    uint64_t lost = 0;
    for (uint32_t at = first; at < end; at++) {
        uint8_t is_raised = wear->levels[at] > 0;
        wear->levels[at] = (uint8_t)(wear->levels[at] - is_raised);
        lost += wear->weights[at] & (0 - (uint64_t)is_raised);
    }
    return lost;
}

// Most levels are zero, eight at a time.
void cp_wear_power_lost(struct cp_wear_levels *wear, uint8_t *save) {
    save_levels(wear, save);
    uint32_t at = wear->first;
    for (; at + 8 <= wear->end; at += 8) {
        uint64_t eight;
        memcpy(&eight, wear->levels + at, sizeof(eight));
        if (eight != 0) {
            wear->hash -= lower(wear, at, at + 8);
        }
    }
    if (at < wear->end) {
        wear->hash -= lower(wear, at, wear->end);
    }
}

void cp_wear_undo_power_lost(struct cp_wear_levels *wear, const uint8_t *save) {
    restore_levels(wear, save);
}

// All of it is saved, so that it can be put back at any time and not only in turn.
size_t cp_wear_update_save_size_bytes(const struct cp_wear_levels *wear) {
    return sizeof(wear->hash) + wear->page_count * (1 + sizeof(*wear->erases));
}

void cp_wear_end_update(struct cp_wear_levels *wear, uint8_t *save) {
    size_t erases_bytes = wear->page_count * sizeof(*wear->erases);
    memcpy(save, &wear->hash, sizeof(wear->hash));
    memcpy(save + sizeof(wear->hash), wear->levels, wear->page_count);
    memcpy(save + sizeof(wear->hash) + wear->page_count, wear->erases, erases_bytes);
    memset(wear->levels, 0, wear->page_count);
    memset(wear->erases, 0, erases_bytes);
    wear->hash = 0;
}

void cp_wear_undo_end_update(struct cp_wear_levels *wear, const uint8_t *save) {
    memcpy(&wear->hash, save, sizeof(wear->hash));
    memcpy(wear->levels, save + sizeof(wear->hash), wear->page_count);
    memcpy(wear->erases, save + sizeof(wear->hash) + wear->page_count,
           wear->page_count * sizeof(*wear->erases));
}

void cp_wear_collect(const struct cp_wear_levels *wear, uint32_t device_count,
                     struct cp_result *result) {
    result->wear = calloc((size_t)wear->page_count + 1, sizeof(*result->wear));
    for (uint32_t at = 0; result->wear && at < wear->page_count; at++) {
        uint32_t device = device_count - 1;
        while (wear->first_page[device] > at) {
            device--;
        }
        if (wear->erases_max[at] > 0) {
            result->wear[result->wear_count++] = (struct cp_wear){
                device, at - wear->first_page[device], wear->erases_max[at], wear->levels_max[at]};
        }
    }
}

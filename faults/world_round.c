// world_round.c: where the world is, and whether it was there before.

#include "faults/world_internal.h"

#include <stdio.h>
#include <string.h>

static bool goes_round(struct cp_world *world, size_t from, const char *message) {
    bool starts = false, resets = false, erases = false, ends = false;
    for (size_t i = from; i < world->entry_count; i++) {
        starts |= world->entries[i].is_start;
        resets |= world->entries[i].kind == CP_ENTRY_RESET;
        ends |= world->entries[i].is_epoch_end;
        erases |= world->entries[i].kind == CP_ENTRY_ERASE;
    }
    starts |= !resets && world->machine->mode != CP_MODE_BOOTLOADER; // it was, before
    if (!starts) {
        cp_promises_boot_loop(&world->promises, message);
    } else if (erases && !ends) {
        cp_promises_endless_wear(&world->promises);
    }
    return !starts;
}

bool cp_world_went_round(struct cp_world *world, size_t from, const char *why) {
    char message[CP_MESSAGE_MAX];
    snprintf(message, sizeof(message), "boot loop: %s, and so at every reset", why);
    return goes_round(world, from, message);
}

struct cp_hash cp_world_place(const struct cp_world *world) {
    return cp_hash_add(cp_world_hash(world), cp_machine_volatile_hash(world->machine));
}

struct cp_hash cp_world_place_of_start(const struct cp_world *world, enum cp_mode mode,
                                       uint8_t image, enum cp_area area) {
    struct cp_hash start = cp_hash_pair(((uint64_t)mode << 32) | ((uint64_t)area << 8) | image, 7);
    return cp_hash_add(cp_hash_add(cp_world_hash(world), start),
                       cp_machine_start_hash(world->machine));
}

bool cp_world_rejoins(struct cp_world *world, size_t base, struct cp_hash at, bool *never_boots) {
    *never_boots = false;
    for (size_t i = world->entry_count; i > base; i--) {
        const struct cp_entry *entry = &world->entries[i - 1];
        if (cp_hash_equal(entry->at, at) || cp_hash_equal(entry->after, at)) {
            *never_boots = goes_round(world, i - 1,
                                      "boot loop: the bootloader comes back to where it was, "
                                      "with the same flash, and never ends");
            return true;
        }
    }
    return false;
}

struct cp_hash cp_world_hash(const struct cp_world *world) {
    uint64_t ghost[2];
    _Static_assert(sizeof(ghost) == sizeof(world->promises.ghost), "a ghost is two words");
    memcpy(ghost, &world->promises.ghost, sizeof(ghost));
    struct cp_hash sum = cp_hash_pair(ghost[0], 4 + ((uint64_t)world->survivor << 8));
    if (ghost[1] != 0) {
        sum = cp_hash_add(sum, cp_hash_pair(ghost[1], 6));
    }
    for (uint32_t i = 0; i < world->machine->config.device_count; i++) {
        sum = cp_hash_add(sum, world->machine->devices[i].nor.hash);
    }
    return sum;
}

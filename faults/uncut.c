// uncut.c: see uncut.h.

#include "faults/uncut.h"

void cp_uncut_operation(struct cp_uncut *uncut, bool is_erase, uint32_t time_us) {
    uncut->erases += is_erase;
    uncut->programs += !is_erase;
    uncut->time_us += time_us;
}

void cp_uncut_reset(struct cp_uncut *uncut, enum cp_mode mode) {
    if (mode != CP_MODE_BOOTLOADER) {
        uncut->boot_began_us = uncut->time_us;
    }
}

static bool ends_update(const struct cp_ghost *before, const struct cp_ghost *after) {
    return (before->phase == CP_GHOST_REQUEST_BEGUN || before->phase == CP_GHOST_REQUESTED) &&
           after->phase == CP_GHOST_TRIAL;
}

static bool ends_revert(const struct cp_ghost *before, const struct cp_ghost *after) {
    return (before->phase == CP_GHOST_TRIAL || before->phase == CP_GHOST_CONFIRM_BEGUN) &&
           after->phase == CP_GHOST_SETTLED && after->reverted;
}

void cp_uncut_milestone(struct cp_uncut *uncut, const struct cp_ghost *before,
                        const struct cp_ghost *after) {
    uint64_t since_us = uncut->time_us - uncut->boot_began_us;
    if (uncut->update_us == 0 && ends_update(before, after)) {
        uncut->update_us = since_us;
    }
    if (uncut->revert_us == 0 && ends_revert(before, after)) {
        uncut->revert_us = since_us;
    }
}

static void count_entry(struct cp_uncut *uncut, const struct cp_world *world, size_t at) {
    const struct cp_entry *entry = &world->entries[at];
    const struct cp_ghost *after =
        at + 1 < world->entry_count ? &world->entries[at + 1].ghost : &world->promises.ghost;
    if (entry->kind == CP_ENTRY_PROGRAM || entry->kind == CP_ENTRY_ERASE) {
        cp_uncut_operation(uncut, entry->kind == CP_ENTRY_ERASE,
                           cp_entry_time_us(world->test_case, entry));
    } else if (entry->kind == CP_ENTRY_RESET) {
        cp_uncut_reset(uncut, entry->mode);
    } else {
        cp_uncut_milestone(uncut, &entry->ghost, after);
    }
}

void cp_uncut_journal(struct cp_uncut *uncut, const struct cp_world *world) {
    for (size_t i = 0; i < world->entry_count; i++) {
        count_entry(uncut, world, i);
    }
}

void cp_uncut_take(const struct cp_uncut *uncut, struct cp_result *result) {
    result->uncut_programs = uncut->programs;
    result->uncut_erases = uncut->erases;
    result->uncut_time_us = uncut->time_us;
    result->update_us = uncut->update_us;
    result->revert_us = uncut->revert_us;
}

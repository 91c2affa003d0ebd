// uncut.h: the first lifecycle without any cut, on the part's clock.
//
// It is told of each of its events in turn. An update lasts from the first boot after its
// request, a revert from the first boot after the trial, to the start that ends it; boots
// that reset before they start anything belong to it.

#ifndef CP_FAULTS_UNCUT_H
#define CP_FAULTS_UNCUT_H

#include "faults/world.h"

struct cp_uncut {
    uint64_t programs, erases, time_us;
    uint64_t update_us, revert_us; // of the first of each; 0: there was none
    uint64_t boot_began_us;        // the first boot since something was started
};

void cp_uncut_operation(struct cp_uncut *uncut, bool is_erase, uint32_t time_us);

// A reset while that was running.
void cp_uncut_reset(struct cp_uncut *uncut, enum cp_mode mode);

// A milestone, which changed the ghost so.
void cp_uncut_milestone(struct cp_uncut *uncut, const struct cp_ghost *before,
                        const struct cp_ghost *after);

// All that the journal of a world holds.
void cp_uncut_journal(struct cp_uncut *uncut, const struct cp_world *world);

void cp_uncut_take(const struct cp_uncut *uncut, struct cp_result *result);

#endif

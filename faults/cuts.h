// cuts.h: the cuts of the first run of a device, each event cut once, and what came of each.
//
// They are noted as they come, in either direction, and kept as runs of events with the same
// end: some hundred thousand events make some hundred runs.

#ifndef CP_FAULTS_CUTS_H
#define CP_FAULTS_CUTS_H

#include "faults/result.h"

#define CP_CUT_FAULTS (2u + CP_PROGRAM_TEAR_COUNT + CP_ERASE_TEAR_COUNT + CP_BIT_MASKS_MAX)

struct cp_cuts {
    struct cp_cut_run *runs;
    uint32_t count, capacity;
    uint32_t newest[CP_CUT_FAULTS]; // of each fault, plus 1
};

void cp_cuts_free(struct cp_cuts *cuts);

// Note events that are cut so, which came to this. -1 without memory.
int cp_cuts_add(struct cp_cuts *cuts, const struct cp_cut_run *run);

// Put them in order, by fault and event. What was noted twice is there once, and runs that
// meet are one.
void cp_cuts_conclude(struct cp_cuts *cuts);

#endif

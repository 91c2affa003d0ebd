// endless.h: a run that never ends, where the program's volatile state cannot be looked at.
//
// Where it can, a run that comes back to where it was is known to repeat: see world.h.
// Otherwise a run is taken for endless once it has done more than any run that gets on.

#ifndef CP_FAULTS_ENDLESS_H
#define CP_FAULTS_ENDLESS_H

#include "faults/promises.h"

// More events than these in one run: it goes on for ever.
uint64_t cp_endless_events(const struct cp_case *test_case);

// Report what an endless run breaks: that of a bootloader never boots; that of an
// application which erases and ends no update wears the device out.
void cp_endless_report(struct cp_promises *promises, bool is_bootloader, bool wears_out);

#endif

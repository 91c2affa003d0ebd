// probe.h: which values of an undecided word the program can tell apart.
//
// When the program reads an undecided word, each value that it may give is tried: the
// program goes on with it up to its next event, and back. Two values are of one class
// if the program asks for the same event and stands there in the same volatile state;
// or if it asks for the same events from then on until the states are the same or it
// ends. One value of each class, the plainest, stands for the class from then on.

#ifndef CP_FAULTS_PROBE_H
#define CP_FAULTS_PROBE_H

#include "faults/audit.h"
#include "faults/memo.h"
#include "faults/world.h"

// A value for each class, in the order in which they are to be tried.
struct cp_classes {
    uint32_t count;
    uint32_t audit_count; // of them, those that only the values of an audit tell: the last
    uint32_t values_tried;
    uint32_t values[];
};

// The classes of the read that is the machine's present event. The machine and the flash
// are left as they were; its footprint is what the classes depend on. Allocated, for the
// caller to free; NULL without memory.
// With `notes` it is an audit: more values are tried, and what was taken for what is noted.
struct cp_classes *cp_probe(struct cp_world *world, struct cp_audit_notes *notes);

// The same for a read of a decided word: the classes of these values by the next event alone.
struct cp_classes *cp_probe_values(struct cp_world *world, const uint32_t *values, uint32_t count);

#endif

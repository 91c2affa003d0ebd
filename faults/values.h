// values.h: which values of an undecided word are tried when it is read.

#ifndef CP_FAULTS_VALUES_H
#define CP_FAULTS_VALUES_H

#include "faults/tears.h"

// All values of 16 open bits, and some more.
#define CP_VALUES_MAX 72000u

enum cp_values_kind {
    CP_VALUES_DATA,  // one of few: whatever is neither end is told from both by a digest
    CP_VALUES_STATE, // the ends, and every value that a state format is likely to tell apart
    CP_VALUES_AUDIT, // all of them up to 16 open bits; above that many more than for STATE
};

// Fill values[CP_VALUES_MAX] with different values in the range, the plainest first:
// `plain`, the other end, whole bytes changed, the same byte throughout, single bits,
// runs of bits. Returns how many.
uint32_t cp_values(struct cp_range range, uint32_t plain, enum cp_values_kind kind,
                   uint32_t *values);

#endif

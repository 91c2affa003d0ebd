// fault_parts.h: the faults of a case and the parts it has them from.

#ifndef CP_SCENARIOS_FAULT_PARTS_H
#define CP_SCENARIOS_FAULT_PARTS_H

#include "scenarios/draft.h"

// All the faults that the parts below STATE, ACTIVE and DFU have: `model: part`.
void cp_take_faults_of_parts(struct cp_draft *draft);

#endif

// fault_parts.h: the faults of a case and the parts it has them from.

#ifndef CP_SCENARIOS_FAULT_PARTS_H
#define CP_SCENARIOS_FAULT_PARTS_H

#include "scenarios/draft.h"

// All the faults that the parts below STATE, ACTIVE and DFU have: `model: part`.
void cp_take_faults_of_parts(struct cp_draft *draft);

// Of the ways in which operations fail, those that a part has.
uint32_t cp_errors_of_parts(const struct cp_draft *draft);

// Report faults that no part has below the areas where they are asked for: such a case
// would be green without having tried them.
void cp_check_faults_of_parts(struct cp_draft *draft);

#endif

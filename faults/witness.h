// witness.h: the parts of a trace as the search has them, in writing: see trace.h.

#ifndef CP_FAULTS_WITNESS_H
#define CP_FAULTS_WITNESS_H

#include "faults/result.h"
#include "faults/word.h"

// Append to trace[CP_TRACE_MAX]: a choice, unless it is the one taken unasked; what a
// read gave; a power cut of a kind that is one.
void cp_append_choice(uint32_t event_index, uint32_t option, char *trace);
void cp_append_read(uint32_t event_index, enum cp_read_kind kind, uint32_t value, char *trace);
void cp_append_cut(const struct cp_fault_model *faults, enum cp_edge edge, uint32_t event_index,
                   uint32_t tear, char *trace);

#endif

// case_text.h: the faults and bounds of a case in a few words.

#ifndef CP_CLI_CASE_TEXT_H
#define CP_CLI_CASE_TEXT_H

#include "faults/case.h"

#include <stddef.h>

// "cut, torn program x4, torn erase x2 in state"
void cp_case_text_faults(const struct cp_fault_model *faults, char *out, size_t size);

// "no bounds" or "cuts<=2 states<=1,000,000"
void cp_case_text_bounds(const struct cp_bounds *bounds, char *out, size_t size);

#endif

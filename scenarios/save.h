// save.h: one case of a scenario, with one trace of it, as a scenario of its own.

#ifndef CP_SCENARIOS_SAVE_H
#define CP_SCENARIOS_SAVE_H

#include "faults/case.h"

#include <stdio.h>

struct cp_saved_trace {
    const char *comment; // the first line of the file, without its '#'
    const char *name;    // of the new scenario
    const char *about;
    const char *trace;
    uint32_t violates;   // bit per promise that breaks on it; 0: it holds
    const char *because; // where it breaks
};

// Write the scenario `yaml` (from `file`, which messages name) as it is for the case
// `case_name`: the choice of its matrix made, nothing searched but the trace, and what happened
// on it expected. Comments and tags are left behind. Returns 0, or -1 when the text has no such
// case or cannot be written; errors of the text go to `errors`.
int cp_scenario_save(const char *file, const char *yaml, const char *case_name,
                     const struct cp_saved_trace *saved, FILE *out, FILE *errors);

#endif

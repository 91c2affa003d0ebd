// gate_thresholds.h: a file that says what may get worse by how much.

#ifndef CP_CLI_GATE_THRESHOLDS_H
#define CP_CLI_GATE_THRESHOLDS_H

#include "reports/gate.h"
#include "scenarios/load.h"
#include "scenarios/yaml_tree.h"

struct cp_gate_thresholds {
    struct cp_gate_limits limits;
    const char *path;         // NULL: there is no file
    struct cp_mark *marks;    // where each rule stands
    struct cp_tree tree;      // keeps the patterns
    struct cp_case_list text; // keeps the file
};

// Read a file, or take what holds without one if path is NULL. Negative after messages on stderr
// if it cannot be read, or says something that is not known. Free it in any case.
int cp_gate_thresholds_read(const char *path, struct cp_gate_thresholds *thresholds);

// Warn of the rules that fitted no name: they may be misspelt.
void cp_gate_thresholds_warn(const struct cp_gate_thresholds *thresholds);

void cp_gate_thresholds_free(struct cp_gate_thresholds *thresholds);

#endif

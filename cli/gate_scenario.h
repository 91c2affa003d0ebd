// gate_scenario.h: do two scenarios mean the same?

#ifndef CP_CLI_GATE_SCENARIO_H
#define CP_CLI_GATE_SCENARIO_H

// See cp_gate_compare_scenarios in reports/gate.h. What a matrix varies is in the names of the
// cases, and names, texts and tags decide nothing.
const char *cp_gate_scenario_key(const char *base, const char *fresh, const char **other);

#endif

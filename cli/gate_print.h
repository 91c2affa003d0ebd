// gate_print.h: what a comparison came to, for people, programs and a job summary.

#ifndef CP_CLI_GATE_PRINT_H
#define CP_CLI_GATE_PRINT_H

#include "cli/exit_code.h"
#include "reports/gate.h"

#include <stdbool.h>
#include <stdio.h>

enum cp_exit cp_gate_exit(const struct cp_gate_result *result);

// To stdout; of changes that are no regression at most a few of each kind, unless is_verbose.
void cp_gate_print(const struct cp_gate_result *result, bool is_verbose);
void cp_gate_print_json(const struct cp_gate_result *result);

// A heading, the last sentence, and tables; regressions come first.
void cp_gate_write_markdown(const struct cp_gate_result *result, FILE *out);

#endif

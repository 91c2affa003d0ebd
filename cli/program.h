// program.h: the program under test that --core asks for.

#ifndef CP_CLI_PROGRAM_H
#define CP_CLI_PROGRAM_H

#include "cli/options.h"
#include "faults/explore.h"

// NULL after a message on stderr.
const struct cp_program *cp_cli_load_program(const struct cp_options *options);

#endif

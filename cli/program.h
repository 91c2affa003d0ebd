// program.h: the program under test that --core and --engine ask for.

#ifndef CP_CLI_PROGRAM_H
#define CP_CLI_PROGRAM_H

#include "cli/exit_code.h"
#include "cli/options.h"
#include "faults/explore.h"
#include "scenarios/load.h"

// NULL after a message on stderr.
const struct cp_program *cp_cli_load_program(const struct cp_options *options);

// Of the engines that execute ARM code: read the firmware of each case, and see that it was
// built for it. A message on stderr with CP_EXIT_USAGE. Nothing is done for other engines.
enum cp_exit cp_cli_fit_firmware(const struct cp_options *options, struct cp_case *cases,
                                 size_t count);

// Write the file that --executed asks for. A message on stderr with CP_EXIT_USAGE.
enum cp_exit cp_cli_write_executed(const struct cp_options *options);

#endif

// failure.h: the block that explains a violation.

#ifndef CP_CLI_FAILURE_H
#define CP_CLI_FAILURE_H

#include "cli/options.h"
#include "faults/replay.h"

// Replay a violation and print its cuts, its last steps, what was expected and
// what was got; the command that replays it is the last line. Of the options
// those are repeated that the replay needs too.
void cp_failure_print(const struct cp_case *test_case, const struct cp_program *program,
                      uint32_t hash, const struct cp_violation *violation,
                      const struct cp_options *options);

// The command that replays a violation, without its end of line.
void cp_failure_print_command(const struct cp_case *test_case, uint32_t hash,
                              const struct cp_violation *violation,
                              const struct cp_options *options);

#endif

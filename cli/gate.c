// gate.c: not there yet.

#include "cli/command.h"
#include "cli/text.h"

enum cp_exit cp_command_gate(const struct cp_options *options) {
    (void)options;
    cp_complain("not there yet");
    return CP_EXIT_INTERNAL;
}

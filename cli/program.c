// program.c: the program under test that --core asks for.

#include "cli/program.h"

#include "cli/text.h"

#include <stdio.h>
#include <string.h>

const struct cp_program *cp_cli_load_program(const struct cp_options *options) {
    char error[CP_MESSAGE_MAX] = "";
    char path[512];
    // Without a slash the loader would search the system's libraries.
    bool is_bare = options->core && !strchr(options->core, '/');
    snprintf(path, sizeof path, "%s%s", is_bare ? "./" : "", options->core ? options->core : "");
    const struct cp_program *program = cp_program_load(options->core ? path : NULL, error);
    if (!program) {
        cp_complain("%s", error);
    }
    return program;
}

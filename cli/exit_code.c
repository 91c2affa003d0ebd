// exit_code.c: what the exit codes mean, and which of several is reported.

#include "cli/exit_code.h"

#include <stddef.h>

const char *cp_exit_about(int code) {
    static const char *const about[] = {
        [CP_EXIT_OK] = "every expectation met",
        [CP_EXIT_VIOLATED] = "a promise violated, a case not as expected, a regression, an image "
                             "refused",
        [CP_EXIT_INTERRUPTED] = "interrupted; the log has what was found",
        [CP_EXIT_INTERNAL] = "internal error",
        [CP_EXIT_USAGE] = "wrong usage or scenario error; nothing was run",
        [CP_EXIT_NOTHING] = "nothing selected",
        [CP_EXIT_INCONCLUSIVE] = "inconclusive: nothing broke that was not claimed, but the search "
                                 "stopped short",
    };
    return code >= 0 && code < (int)(sizeof about / sizeof about[0]) ? about[code] : NULL;
}

static int weight(enum cp_exit code) {
    static const int weights[] = {
        [CP_EXIT_OK] = 0,       [CP_EXIT_INCONCLUSIVE] = 1, [CP_EXIT_INTERRUPTED] = 2,
        [CP_EXIT_VIOLATED] = 3, [CP_EXIT_INTERNAL] = 4,     [CP_EXIT_NOTHING] = 5,
        [CP_EXIT_USAGE] = 6,
    };
    return weights[code];
}

enum cp_exit cp_exit_worse(enum cp_exit left, enum cp_exit right) {
    return weight(left) >= weight(right) ? left : right;
}

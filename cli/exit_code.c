// exit_code.c: which of several exit codes is reported.

#include "cli/exit_code.h"

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

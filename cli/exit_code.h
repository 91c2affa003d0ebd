// exit_code.h: the exit codes of every command. 0 to 5 are those of pytest.

#ifndef CP_CLI_EXIT_CODE_H
#define CP_CLI_EXIT_CODE_H

enum cp_exit {
    CP_EXIT_OK = 0,           // every expectation met
    CP_EXIT_VIOLATED = 1,     // a promise was violated, a case not as expected, an image refused
    CP_EXIT_INTERRUPTED = 2,  // by SIGINT or SIGTERM; what was found so far is kept
    CP_EXIT_INTERNAL = 3,     // an error in this program or the machine it runs on
    CP_EXIT_USAGE = 4,        // wrong usage or scenario; nothing was run
    CP_EXIT_NOTHING = 5,      // nothing was selected
    CP_EXIT_INCONCLUSIVE = 6, // no violation, but not everything could be explored
};

// What a code means, in a few words; NULL above the last one.
const char *cp_exit_about(int code);

// The one of two codes that matters more: 3, 1, 2, 6, 0.
enum cp_exit cp_exit_worse(enum cp_exit left, enum cp_exit right);

#endif

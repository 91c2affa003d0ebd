// init_text.h: the scenario that `cutproof init` writes and `cutproof doctor` runs.

#ifndef CP_CLI_INIT_TEXT_H
#define CP_CLI_INIT_TEXT_H

extern const char cp_init_text[];

#endif

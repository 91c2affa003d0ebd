// list_parts.h: `cutproof list --targets`.

#ifndef CP_CLI_LIST_PARTS_H
#define CP_CLI_LIST_PARTS_H

#include "cli/options.h"

void cp_list_parts(enum cp_format format);

#endif

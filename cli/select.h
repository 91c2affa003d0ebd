// select.h: from the arguments of a command to cases, and scenarios kept as text.

#ifndef CP_CLI_SELECT_H
#define CP_CLI_SELECT_H

#include "cli/exit_code.h"
#include "cli/options.h"
#include "scenarios/load.h"

// Load all files and directories, and keep the cases that --case asks for.
// Messages go to stderr.
enum cp_exit cp_select_cases(const struct cp_options *options, char *const *paths, int path_count,
                             struct cp_case_list *list);

// Load a scenario from its text, as if it had been read from `file`. Returns
// the number of errors; negative if it could not be tried, after a message.
int cp_select_from_text(const char *file, const char *text, struct cp_case_list *list);

// The case of that name, or NULL.
const struct cp_case *cp_select_find(const struct cp_case_list *list, const char *name);

// The text of the file of a case, or NULL.
const char *cp_select_text_of(const struct cp_case_list *list, const struct cp_case *test_case);

#endif

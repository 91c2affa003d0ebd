// option_values.h: the values of options that are numbers, sizes, times or parts.

#ifndef CP_CLI_OPTION_VALUES_H
#define CP_CLI_OPTION_VALUES_H

#include "cli/options.h"

// Read them from their texts. Returns 0, or -1 after a message on stderr.
int cp_option_values(struct cp_options *options);

// The case under the budgets of the command line: the smaller of both counts.
void cp_option_budgets(const struct cp_options *options, struct cp_case *test_case);

// How the options ask for a case to be searched. `test_case` is as it was loaded.
struct cp_explore_options cp_option_search(const struct cp_options *options,
                                           const struct cp_case *test_case);

#endif

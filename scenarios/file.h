// file.h: finding and reading scenario files.

#ifndef CP_SCENARIOS_FILE_H
#define CP_SCENARIOS_FILE_H

#include "scenarios/load.h"

#define CP_SCENARIO_SIZE_MAX_BYTES (1024u * 1024u)

// Read a whole file and keep its text in the list. Returns NULL after printing
// why not.
struct cp_scenario_text *cp_scenario_read(const char *path, struct cp_case_list *list,
                                          FILE *errors);

// Was this very file read before, under whatever name?
bool cp_scenario_was_read(const char *path, const struct cp_case_list *list);

// Call for each *.yaml below a directory, in name order. Returns the sum of
// what the calls return, or -1 when there is no such file.
int cp_scenarios_each(const char *directory, struct cp_case_list *list, FILE *errors,
                      int (*call)(const char *path, struct cp_case_list *list, FILE *errors));

#endif

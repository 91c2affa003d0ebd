// load.h: from scenario YAML to cases.

#ifndef CP_SCENARIOS_LOAD_H
#define CP_SCENARIOS_LOAD_H

#include "faults/case.h"

#include <stdio.h>

struct cp_case_list {
    struct cp_case *cases;
    size_t count, capacity;
    // The text of each file read, for the log; owned by the list.
    struct cp_scenario_text {
        char file[256];
        char *text;
        size_t size_bytes;
    } * texts;
    size_t text_count, text_capacity;
    // Names and such that the cases point to; owned by the list.
    char **kept;
    size_t kept_count, kept_capacity;
    // The files that images are read from need not be there, and are not looked at: for who
    // asks for the layout alone.
    bool ignores_files;
    // The file that paths are relative to, where it is not the one that is read; or NULL.
    const char *home;
};

// Read one file, or every *.yaml below a directory in name order, and append
// its cases (a matrix gives one for each combination). Errors are written to
// `errors` as file:line:column with the line, a caret and a hint; all errors of
// a file are reported, not only the first. Returns the number of errors.
// Of a file with an error no case is appended.
int cp_scenarios_load(const char *path, struct cp_case_list *list, FILE *errors);

// A copy of the text that lives as long as the list.
const char *cp_case_list_keep(struct cp_case_list *list, const char *text);

void cp_case_list_free(struct cp_case_list *list);

// Print the JSON Schema (draft 2020-12) of a scenario file, from the same table
// the loader uses.
void cp_scenario_print_schema(FILE *out);

// Print the reference of all keys as Markdown, from the same table.
void cp_scenario_print_reference(FILE *out);

#endif

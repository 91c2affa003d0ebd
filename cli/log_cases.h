// log_cases.h: the cases that logs were made of, from the texts that are kept in them.

#ifndef CP_CLI_LOG_CASES_H
#define CP_CLI_LOG_CASES_H

#include "reports/log_look.h"
#include "scenarios/load.h"

struct cp_log_cases {
    struct cp_case_list *list; // all cases of all files
    struct cp_case *chosen;    // those selected, each once, in their order
    size_t chosen_count;
    const char *log; // that is read now
    bool has_failed;
};

// Add what a log has. The same file must have the same text in all. Negative after a
// message.
int cp_log_cases_add(struct cp_log_cases *cases, struct cp_look *look, const char *log);

// Let the list hold the selected cases only.
void cp_log_cases_choose(struct cp_log_cases *cases);

void cp_log_cases_free(struct cp_log_cases *cases);

#endif

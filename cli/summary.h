// summary.h: what the cases of a run came to, and the end of its output.

#ifndef CP_CLI_SUMMARY_H
#define CP_CLI_SUMMARY_H

#include "cli/exit_code.h"
#include "cli/options.h"
#include "cli/run_place.h"
#include "faults/result.h"

// A case that has ended. The result is kept without its sites and wear.
struct cp_ended {
    const struct cp_case *test_case;
    struct cp_result result;
    uint32_t hash;
    enum cp_exit code;
};

struct cp_summary {
    struct cp_ended *ended;
    size_t ended_count, selected_count;
    double seconds;
    enum cp_exit code; // of the whole run
    bool is_complete;  // every selected case was explored to its end
};

void cp_summary_print(const struct cp_summary *summary, const struct cp_run_place *place,
                      const struct cp_options *options);
void cp_summary_print_json(const struct cp_summary *summary, const struct cp_run_place *place);

#endif

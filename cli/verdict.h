// verdict.h: what a case came to, as a line and as an exit code.

#ifndef CP_CLI_VERDICT_H
#define CP_CLI_VERDICT_H

#include "cli/exit_code.h"
#include "cli/jsonl.h"
#include "cli/options.h"
#include "faults/result.h"

enum cp_exit cp_verdict_exit(const struct cp_case *test_case, const struct cp_result *result);

// "      PROVED [   1.2s] name   65,666 states ...". The name is padded to name_width.
void cp_verdict_print_line(const struct cp_case *test_case, const struct cp_result *result,
                           int name_width);

// Why a case is not as expected, in a line; "" if there is no more to say than
// its violations do.
void cp_verdict_reason(const struct cp_case *test_case, const struct cp_result *result, char *out,
                       size_t size);

// What --verbose and --audit add, a line for each.
void cp_verdict_print_more(const struct cp_result *result, const struct cp_options *options);

void cp_verdict_print_json(const struct cp_case *test_case, uint32_t hash,
                           const struct cp_result *result, struct cp_jsonl *json);

bool cp_verdict_is_claimed(const struct cp_case *test_case, const struct cp_violation *violation);

#endif

// bench.c: measure the exploration, without a log.

#include "cli/command.h"
#include "cli/jsonl.h"
#include "cli/progress.h"
#include "cli/program.h"
#include "cli/select.h"
#include "cli/text.h"
#include "cli/verdict.h"

#include <stdio.h>

static char default_path[] = "scenarios/seed/update-confirm.yaml";

static int drop_state(void *context, const struct cp_state_row *row) {
    (void)context;
    (void)row;
    return 0;
}

static double per(double amount, double divisor) {
    return divisor > 0 ? amount / divisor : 0;
}

static void print_result(const struct cp_case *test_case, const struct cp_result *result) {
    double states = (double)result->states;
    printf("%s\n", test_case->name);
    printf("  verdict     %s, %s\n", cp_verdict_name(result->verdict), result->bound);
    printf("  states      %s\n", cp_number(result->states).text);
    printf("  operations  %s\n", cp_number(result->operations).text);
    printf("  boots       %s\n", cp_number(result->boots).text);
    printf("  time        %.3f s\n", result->seconds);
    printf("  rate        %s states/s, %s operations/s\n",
           cp_number((uint64_t)per(states, result->seconds)).text,
           cp_number((uint64_t)per((double)result->operations, result->seconds)).text);
    printf("  memory      %.1f B a state, %s B in all\n",
           per((double)result->visited_bytes, states), cp_number(result->visited_bytes).text);
}

static void print_result_json(const struct cp_case *test_case, const struct cp_result *result) {
    struct cp_jsonl json = {.out = stdout};
    double states = (double)result->states;
    cp_jsonl_open(&json, NULL, '{');
    cp_jsonl_text(&json, "type", "bench");
    cp_jsonl_text(&json, "name", test_case->name);
    cp_jsonl_text(&json, "verdict", cp_verdict_name(result->verdict));
    cp_jsonl_text(&json, "bound", result->bound);
    cp_jsonl_count(&json, "states", result->states);
    cp_jsonl_count(&json, "operations", result->operations);
    cp_jsonl_count(&json, "boots", result->boots);
    cp_jsonl_real(&json, "seconds", result->seconds);
    cp_jsonl_real(&json, "states_per_second", per(states, result->seconds));
    cp_jsonl_real(&json, "bytes_per_state", per((double)result->visited_bytes, states));
    cp_jsonl_close(&json, '}');
}

static enum cp_exit bench_case(const struct cp_case *test_case, const struct cp_program *program,
                               enum cp_format format) {
    const struct cp_sink sink = {NULL, drop_state, cp_progress_tick};
    struct cp_result result;
    cp_explore(test_case, program, NULL, &sink, &result);
    cp_progress_clear();
    if (result.verdict == CP_VERDICT_ERROR) {
        cp_complain("%s: %s", test_case->name, result.error);
    }
    (format == CP_FORMAT_JSON ? print_result_json : print_result)(test_case, &result);
    enum cp_exit code = cp_verdict_exit(test_case, &result);
    cp_result_free(&result);
    return code;
}

static enum cp_exit bench_cases(const struct cp_options *options, const struct cp_case_list *list) {
    const struct cp_program *program = cp_cli_load_program(options);
    enum cp_exit code = program ? CP_EXIT_OK : CP_EXIT_USAGE;
    cp_progress_catch_signals();
    for (size_t i = 0; program && i < list->count && !cp_progress_is_stopped(); i++) {
        code = cp_exit_worse(code, bench_case(&list->cases[i], program, options->format));
    }
    return cp_progress_is_stopped() ? cp_exit_worse(code, CP_EXIT_INTERRUPTED) : code;
}

enum cp_exit cp_command_bench(const struct cp_options *options) {
    char *const default_paths[] = {default_path};
    bool has_paths = options->argument_count > 0;
    struct cp_case_list list = {0};
    enum cp_exit code = cp_select_cases(options, has_paths ? options->arguments : default_paths,
                                        has_paths ? options->argument_count : 1, &list);
    if (code == CP_EXIT_OK) {
        code = bench_cases(options, &list);
    }
    cp_case_list_free(&list);
    return code;
}

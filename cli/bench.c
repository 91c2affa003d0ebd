// bench.c: measure the exploration of cases that are given, or run the standard benchmark.

#include "cli/bench.h"
#include "cli/command.h"
#include "cli/jsonl.h"
#include "cli/option_values.h"
#include "cli/progress.h"
#include "cli/program.h"
#include "cli/select.h"
#include "cli/text.h"
#include "cli/verdict.h"

#include <stdio.h>

static int drop_state(void *context, const struct cp_state_row *row) {
    (void)context;
    (void)row;
    return 0;
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
           cp_number((uint64_t)cp_bench_per(states, result->seconds)).text,
           cp_number((uint64_t)cp_bench_per((double)result->operations, result->seconds)).text);
    printf("  memory      %.1f B a state, %s B in all\n",
           cp_bench_per((double)result->visited_bytes, states),
           cp_number(result->visited_bytes).text);
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
    cp_jsonl_real(&json, "states_per_second", cp_bench_per(states, result->seconds));
    cp_jsonl_real(&json, "bytes_per_state", cp_bench_per((double)result->visited_bytes, states));
    cp_jsonl_close(&json, '}');
}

static enum cp_exit bench_case(const struct cp_options *options, const struct cp_case *given,
                               const struct cp_program *program) {
    const struct cp_sink sink = {NULL, drop_state, cp_progress_tick};
    const struct cp_explore_options search = cp_option_search(options, given);
    struct cp_case test_case = *given;
    struct cp_result result;
    cp_option_budgets(options, &test_case);
    cp_explore(&test_case, program, &search, &sink, &result);
    cp_progress_clear();
    if (result.verdict == CP_VERDICT_ERROR) {
        cp_complain("%s: %s", test_case.name, result.error);
    }
    (options->format == CP_FORMAT_JSON ? print_result_json : print_result)(&test_case, &result);
    fflush(stdout);
    enum cp_exit code = cp_verdict_exit(&test_case, &result);
    cp_result_free(&result);
    return code;
}

static enum cp_exit bench_cases(const struct cp_options *options, const struct cp_case_list *list) {
    const struct cp_program *program = cp_cli_load_program(options);
    enum cp_exit code = program ? CP_EXIT_OK : CP_EXIT_USAGE;
    cp_progress_catch_signals();
    for (size_t i = 0; program && i < list->count && !cp_progress_is_stopped(); i++) {
        code = cp_exit_worse(code, bench_case(options, &list->cases[i], program));
    }
    return cp_progress_is_stopped() ? cp_exit_worse(code, CP_EXIT_INTERRUPTED) : code;
}

// Cases that are given are measured one at a time.
static bool has_bad_options(const struct cp_options *options) {
    if (options->jobs_text || options->quick) {
        cp_complain("%s is of the standard benchmark", options->quick ? "--quick" : "--jobs");
        cp_help("leave it out, or name no scenarios");
    }
    return options->jobs_text || options->quick;
}

enum cp_exit cp_command_bench(const struct cp_options *options) {
    struct cp_case_list list = {0};
    if (options->argument_count == 0) {
        return cp_bench_standard(options);
    }
    if (has_bad_options(options)) {
        return CP_EXIT_USAGE;
    }
    enum cp_exit code =
        cp_select_cases(options, options->arguments, options->argument_count, &list);
    if (code == CP_EXIT_OK) {
        code = bench_cases(options, &list);
    }
    cp_case_list_free(&list);
    return code;
}

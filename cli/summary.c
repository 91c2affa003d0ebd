// summary.c: the end of a run's output: counts, failures again, what to do next.

#include "cli/summary.h"

#include "cli/failure.h"
#include "cli/jsonl.h"
#include "cli/text.h"
#include "cli/verdict.h"

#include <stdio.h>

static size_t count_code(const struct cp_summary *summary, enum cp_exit code) {
    size_t count = 0;
    for (size_t i = 0; i < summary->ended_count; i++) {
        count += summary->ended[i].code == code;
    }
    return count;
}

static size_t count_met(const struct cp_summary *summary, enum cp_verdict verdict) {
    size_t count = 0;
    for (size_t i = 0; i < summary->ended_count; i++) {
        const struct cp_ended *ended = &summary->ended[i];
        count += ended->code == CP_EXIT_OK && ended->result.verdict == verdict;
    }
    return count;
}

static uint64_t total_states(const struct cp_summary *summary) {
    uint64_t total = 0;
    for (size_t i = 0; i < summary->ended_count; i++) {
        total += summary->ended[i].result.states;
    }
    return total;
}

static void print_count(size_t count, const char *what) {
    if (count > 0) {
        printf("  %s %s", cp_number(count).text, what);
    }
}

static void print_counts(const struct cp_summary *summary) {
    printf("%sSummary%s [%8s]", cp_color(stdout, CP_COLOR_BOLD), cp_color(stdout, CP_COLOR_NONE),
           cp_duration(summary->seconds).text);
    print_count(count_met(summary, CP_VERDICT_PROVED), "proved");
    print_count(count_met(summary, CP_VERDICT_VIOLATED), "as claimed");
    print_count(count_met(summary, CP_VERDICT_BOUNDED), "bounded as expected");
    print_count(count_code(summary, CP_EXIT_VIOLATED), "failed");
    print_count(count_code(summary, CP_EXIT_INTERNAL), "in error");
    print_count(count_code(summary, CP_EXIT_INCONCLUSIVE), "inconclusive");
    print_count(count_code(summary, CP_EXIT_INTERRUPTED), "interrupted");
    print_count(summary->selected_count - summary->ended_count, "not run");
    printf("    %s states\n", cp_number(total_states(summary)).text);
}

static const struct cp_violation *first_unclaimed(const struct cp_ended *ended) {
    for (uint32_t i = 0; i < ended->result.violation_count; i++) {
        if (!cp_verdict_is_claimed(ended->test_case, &ended->result.violations[i])) {
            return &ended->result.violations[i];
        }
    }
    return NULL;
}

// Failures again, so that nobody has to scroll for them. A single case has just
// been shown.
static void repeat_failures(const struct cp_summary *summary) {
    for (size_t i = 0; summary->ended_count > 1 && i < summary->ended_count; i++) {
        const struct cp_ended *ended = &summary->ended[i];
        if (ended->code != CP_EXIT_OK) {
            cp_verdict_print_line(ended->test_case, &ended->result, 0);
        }
    }
}

static const struct cp_ended *first_failed(const struct cp_summary *summary) {
    for (size_t i = 0; i < summary->ended_count; i++) {
        if (first_unclaimed(&summary->ended[i])) {
            return &summary->ended[i];
        }
    }
    return NULL;
}

static void print_next(const struct cp_summary *summary, const struct cp_run_place *place,
                       const struct cp_options *options) {
    const struct cp_ended *failed = first_failed(summary);
    fputs("next: ", stdout);
    if (failed) {
        cp_failure_print_command(failed->test_case, failed->hash, first_unclaimed(failed), options);
    } else if (!summary->is_complete && !place->is_merged) {
        printf("cutproof run --resume %s", place->log);
        if (options->core) {
            printf(" --core '%s'", options->core);
        }
    } else if (options->shard_count > 1) {
        printf("cutproof merge --log all.db %s and the logs of the other parts", place->log);
    } else {
        printf("sqlite3 %s 'select * from outcomes'", place->log);
    }
    putchar('\n');
}

void cp_summary_print(const struct cp_summary *summary, const struct cp_run_place *place,
                      const struct cp_options *options) {
    puts("------------");
    print_counts(summary);
    repeat_failures(summary);
    printf("log:  %s\n", place->log);
    print_next(summary, place, options);
}

void cp_summary_print_json(const struct cp_summary *summary, const struct cp_run_place *place) {
    struct cp_jsonl json = {.out = stdout};
    cp_jsonl_open(&json, NULL, '{');
    cp_jsonl_text(&json, "type", "summary");
    cp_jsonl_text(&json, "run", place->id);
    cp_jsonl_text(&json, "log", place->log);
    cp_jsonl_count(&json, "selected", summary->selected_count);
    cp_jsonl_count(&json, "proved", count_met(summary, CP_VERDICT_PROVED));
    cp_jsonl_count(&json, "as_claimed", count_met(summary, CP_VERDICT_VIOLATED));
    cp_jsonl_count(&json, "bounded", count_met(summary, CP_VERDICT_BOUNDED));
    cp_jsonl_count(&json, "failed", count_code(summary, CP_EXIT_VIOLATED));
    cp_jsonl_count(&json, "errors", count_code(summary, CP_EXIT_INTERNAL));
    cp_jsonl_count(&json, "inconclusive", count_code(summary, CP_EXIT_INCONCLUSIVE));
    cp_jsonl_count(&json, "interrupted", count_code(summary, CP_EXIT_INTERRUPTED));
    cp_jsonl_count(&json, "not_run", summary->selected_count - summary->ended_count);
    cp_jsonl_count(&json, "states", total_states(summary));
    cp_jsonl_real(&json, "seconds", summary->seconds);
    cp_jsonl_bool(&json, "complete", summary->is_complete);
    cp_jsonl_count(&json, "exit_code", (uint64_t)summary->code);
    cp_jsonl_close(&json, '}');
}

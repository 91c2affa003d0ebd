// verdict.c: what a case came to, as a line and as an exit code.

#include "cli/verdict.h"

#include "cli/case_id.h"
#include "cli/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

bool cp_verdict_is_claimed(const struct cp_case *test_case, const struct cp_violation *violation) {
    return test_case->expect.violates >> violation->promise & 1;
}

static bool has_unclaimed(const struct cp_case *test_case, const struct cp_result *result) {
    for (uint32_t i = 0; i < result->violation_count; i++) {
        if (!cp_verdict_is_claimed(test_case, &result->violations[i])) {
            return true;
        }
    }
    return false;
}

// Stopped short of what was expected, with nothing found against it.
static bool is_inconclusive(const struct cp_case *test_case, const struct cp_result *result) {
    if (result->verdict == CP_VERDICT_PROVED) {
        return false;
    }
    // When a budget runs out, what was not seen may still be there.
    bool is_short =
        result->verdict == CP_VERDICT_BOUNDED && test_case->expect.verdict == CP_VERDICT_PROVED;
    return is_short || !result->is_complete;
}

enum cp_exit cp_verdict_exit(const struct cp_case *test_case, const struct cp_result *result) {
    if (result->verdict == CP_VERDICT_ERROR) {
        return CP_EXIT_INTERNAL;
    }
    if (has_unclaimed(test_case, result)) {
        return CP_EXIT_VIOLATED;
    }
    if (result->interrupted) {
        return CP_EXIT_INTERRUPTED;
    }
    if (result->expectation_met) {
        return CP_EXIT_OK;
    }
    return is_inconclusive(test_case, result) ? CP_EXIT_INCONCLUSIVE : CP_EXIT_VIOLATED;
}

static const char *label_met(const struct cp_result *result) {
    return result->verdict == CP_VERDICT_VIOLATED ? "AS CLAIMED" : cp_verdict_name(result->verdict);
}

static const char *label(enum cp_exit code, const struct cp_result *result) {
    switch (code) {
    case CP_EXIT_OK: return label_met(result);
    case CP_EXIT_INTERNAL: return "ERROR";
    case CP_EXIT_INTERRUPTED: return "INTERRUPTED";
    case CP_EXIT_INCONCLUSIVE: return "INCONCLUSIVE";
    default: return "FAIL";
    }
}

static enum cp_color color_of(enum cp_exit code) {
    return code == CP_EXIT_OK                                            ? CP_COLOR_GOOD
           : code == CP_EXIT_INTERRUPTED || code == CP_EXIT_INCONCLUSIVE ? CP_COLOR_DOUBT
                                                                         : CP_COLOR_BAD;
}

// The promises of a set of bits, divided by ", ".
static void list_promises(uint32_t bits, char *out, size_t size) {
    size_t end = 0;
    out[0] = '\0';
    for (uint32_t i = 0; i < CP_PROMISE_COUNT && end < size; i++) {
        if (bits >> i & 1) {
            int added = snprintf(out + end, size - end, "%s%s", end ? ", " : "",
                                 cp_promise_name((enum cp_promise)i));
            end += added > 0 ? (size_t)added : 0;
        }
    }
}

static uint32_t violated_bits(const struct cp_result *result) {
    uint32_t bits = 0;
    for (uint32_t i = 0; i < result->violation_count; i++) {
        bits |= 1u << result->violations[i].promise;
    }
    return bits;
}

static void print_outcome(const struct cp_case *test_case, const struct cp_result *result,
                          enum cp_exit code) {
    char promises[192];
    if (code == CP_EXIT_OK && result->verdict == CP_VERDICT_VIOLATED) {
        list_promises(test_case->expect.violates, promises, sizeof promises);
        printf("  violates %s as claimed: %s\n", promises, test_case->expect.because);
    } else if (code == CP_EXIT_INTERNAL) {
        printf("  %s\n", result->error);
    } else if (result->violation_count > 0) {
        list_promises(violated_bits(result), promises, sizeof promises);
        printf("  violates %s\n", promises);
    } else {
        printf("  %s states  %s operations  %s\n", cp_number(result->states).text,
               cp_number(result->operations).text, result->bound);
    }
}

void cp_verdict_print_line(const struct cp_case *test_case, const struct cp_result *result,
                           int name_width) {
    enum cp_exit code = cp_verdict_exit(test_case, result);
    printf("%s%12s%s [%8s] %-*s", cp_color(stdout, color_of(code)), label(code, result),
           cp_color(stdout, CP_COLOR_NONE), cp_duration(result->seconds).text, name_width,
           test_case->name);
    print_outcome(test_case, result, code);
}

void cp_verdict_reason(const struct cp_case *test_case, const struct cp_result *result, char *out,
                       size_t size) {
    const struct cp_expect *expect = &test_case->expect;
    uint32_t held = expect->violates & ~violated_bits(result);
    out[0] = '\0';
    bool is_told = result->interrupted || result->verdict == CP_VERDICT_ERROR;
    if (is_told || result->expectation_met || has_unclaimed(test_case, result)) {
        return;
    }
    if (held) {
        char promises[160];
        list_promises(held, promises, sizeof promises);
        snprintf(out, size, "claimed to violate %s, which was not violated (%s)", promises,
                 result->bound);
    } else if (result->verdict != expect->verdict) {
        snprintf(out, size, "expected %s, got %s: %s", cp_verdict_name(expect->verdict),
                 cp_verdict_name(result->verdict), result->bound);
    } else if (result->states < expect->states_min) {
        snprintf(out, size, "explored %s states, expected at least %s",
                 cp_number(result->states).text, cp_number(expect->states_min).text);
    } else {
        snprintf(out, size, "not as expected: %s", result->bound);
    }
}

// Times on the part, each if it happened.
static void print_times(const struct cp_result *result) {
    const struct {
        const char *name;
        uint64_t time_us;
    } times[] = {{"update", result->update_us},
                 {"revert", result->revert_us},
                 {"unfed", result->unfed_us_max}};
    bool is_any = false;
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        if (times[i].time_us > 0) {
            printf("%s%s %s", is_any ? "  " : "  flash     ", times[i].name,
                   cp_time_us(times[i].time_us).text);
            is_any = true;
        }
    }
    fputs(is_any ? "\n" : "", stdout);
}

static void print_search(const struct cp_result *result) {
    const struct cp_liveness *liveness = &result->liveness;
    if (liveness->uptime_operations > 0) {
        printf("  liveness  finishes if each power-on lasts %s operations, or %s\n",
               cp_number(liveness->uptime_operations).text, cp_time_us(liveness->uptime_us).text);
    }
    if (liveness->boot_operations_max > 0) {
        printf("  boot      takes at most %s operations if left alone, or %s\n",
               cp_number(liveness->boot_operations_max).text,
               cp_time_us(liveness->boot_us_max).text);
    }
    print_times(result);
    printf("  search    %s cuts  %s boots  %s looked up  %s torn reads  %s B\n",
           cp_number(result->cuts_explored).text, cp_number(result->boots).text,
           cp_number(result->memo_hits).text, cp_number(result->torn_reads).text,
           cp_number(result->visited_bytes).text);
}

void cp_verdict_print_more(const struct cp_result *result, const struct cp_options *options) {
    if (options->verbose) {
        print_search(result);
    }
    if (options->audit) {
        printf("  audit     %s reads of torn words  %s values tried  %s surprises\n",
               cp_number(result->audit.reads).text, cp_number(result->audit.values).text,
               cp_number(result->audit.surprises).text);
    }
}

static void print_json_violation(const struct cp_case *test_case, uint32_t hash,
                                 const struct cp_violation *violation, struct cp_jsonl *json) {
    char id[CP_CASE_ID_MAX];
    cp_case_id_format(test_case->name, hash, violation->trace, id);
    cp_jsonl_open(json, NULL, '{');
    cp_jsonl_text(json, "promise", cp_promise_name(violation->promise));
    cp_jsonl_bool(json, "claimed", cp_verdict_is_claimed(test_case, violation));
    cp_jsonl_text(json, "message", violation->message);
    cp_jsonl_text(json, "trace", violation->trace);
    cp_jsonl_text(json, "replay_id", violation->is_of_search ? NULL : id);
    cp_jsonl_count(json, "cuts", violation->cuts);
    cp_jsonl_bool(json, "is_shortest", violation->is_shortest);
    cp_jsonl_bool(json, "is_of_search", violation->is_of_search);
    cp_jsonl_text(json, "indifferent", *violation->indifferent ? violation->indifferent : NULL);
    cp_jsonl_close(json, '}');
}

static void print_json_case(const struct cp_case *test_case, uint32_t hash, struct cp_jsonl *json) {
    char hex[9];
    snprintf(hex, sizeof hex, "%08" PRIx32, hash);
    cp_jsonl_text(json, "type", "case");
    cp_jsonl_text(json, "name", test_case->name);
    cp_jsonl_text(json, "file", test_case->file);
    cp_jsonl_count(json, "line", test_case->line);
    cp_jsonl_text(json, "hash", hex);
    cp_jsonl_text(json, "part", test_case->devices[0].name);
    cp_jsonl_text(json, "format", test_case->format);
    cp_jsonl_text(json, "expected", cp_verdict_name(test_case->expect.verdict));
}

static void print_json_numbers(const struct cp_result *result, struct cp_jsonl *json) {
    cp_jsonl_count(json, "states", result->states);
    cp_jsonl_count(json, "cuts", result->cuts_explored);
    cp_jsonl_count(json, "cuts_deepest", result->cuts_deepest);
    cp_jsonl_count(json, "operations", result->operations);
    cp_jsonl_count(json, "boots", result->boots);
    cp_jsonl_real(json, "seconds", result->seconds);
    cp_jsonl_count(json, "visited_bytes", result->visited_bytes);
    cp_jsonl_count(json, "memo_hits", result->memo_hits);
    cp_jsonl_count(json, "torn_reads", result->torn_reads);
    cp_jsonl_count(json, "uptime_operations", result->liveness.uptime_operations);
    cp_jsonl_count(json, "boot_operations_max", result->liveness.boot_operations_max);
    cp_jsonl_count(json, "uptime_us", result->liveness.uptime_us);
    cp_jsonl_count(json, "resume_us_max", result->liveness.boot_us_max);
    cp_jsonl_count(json, "uncut_us", result->uncut_time_us);
    cp_jsonl_count(json, "update_us", result->update_us);
    cp_jsonl_count(json, "revert_us", result->revert_us);
    cp_jsonl_count(json, "unfed_us_max", result->unfed_us_max);
    cp_jsonl_count(json, "audit_reads", result->audit.reads);
    cp_jsonl_count(json, "audit_values", result->audit.values);
    cp_jsonl_count(json, "audit_surprises", result->audit.surprises);
}

void cp_verdict_print_json(const struct cp_case *test_case, uint32_t hash,
                           const struct cp_result *result, struct cp_jsonl *json) {
    char reason[CP_MESSAGE_MAX * 2];
    cp_verdict_reason(test_case, result, reason, sizeof reason);
    cp_jsonl_open(json, NULL, '{');
    print_json_case(test_case, hash, json);
    cp_jsonl_text(json, "verdict", cp_verdict_name(result->verdict));
    cp_jsonl_bool(json, "met", result->expectation_met);
    cp_jsonl_bool(json, "interrupted", result->interrupted);
    cp_jsonl_bool(json, "is_complete", result->is_complete);
    cp_jsonl_bool(json, "is_wear_exact", result->is_wear_exact);
    cp_jsonl_text(json, "bound", result->bound);
    cp_jsonl_text(json, "reason", *reason ? reason : NULL);
    cp_jsonl_text(json, "error", *result->error ? result->error : NULL);
    print_json_numbers(result, json);
    cp_jsonl_open(json, "violations", '[');
    for (uint32_t i = 0; i < result->violation_count; i++) {
        print_json_violation(test_case, hash, &result->violations[i], json);
    }
    cp_jsonl_close(json, ']');
    cp_jsonl_close(json, '}');
}

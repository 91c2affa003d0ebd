// gate_print.c: a comparison as text. Regressions come last, and the sentence that sums up
// after them: what matters most is what is still on the screen.

#include "cli/gate_print.h"

#include "cli/jsonl.h"
#include "cli/text.h"

#include <string.h>

#define ALIKE_MAX 3u // sentences of one kind, of those that are no regression

enum cp_exit cp_gate_exit(const struct cp_gate_result *result) {
    return result->counts[CP_GATE_REGRESSED] > 0      ? CP_EXIT_VIOLATED
           : result->counts[CP_GATE_INCONCLUSIVE] > 0 ? CP_EXIT_INCONCLUSIVE
                                                      : CP_EXIT_OK;
}

static enum cp_color color_of(enum cp_gate_class class) {
    return class == CP_GATE_REGRESSED                                    ? CP_COLOR_BAD
           : class == CP_GATE_INCONCLUSIVE || class == CP_GATE_UNCHANGED ? CP_COLOR_DOUBT
           : class == CP_GATE_IMPROVED                                   ? CP_COLOR_GOOD
                                                                         : CP_COLOR_NONE;
}

static void print_sentence(const struct cp_gate_change *change) {
    enum cp_color color = color_of(change->class);
    printf("%s%12s%s  %s%s%s\n", color ? cp_color(stdout, color) : "",
           cp_gate_class_name(change->class), color ? cp_color(stdout, CP_COLOR_NONE) : "",
           change->subject, *change->subject ? ": " : "", change->text);
}

static bool is_alike(const struct cp_gate_change *one, const struct cp_gate_change *other) {
    return one->class == other->class && strcmp(one->what, other->what) == 0;
}

// How many there are of its kind before `end`.
static size_t count_alike(const struct cp_gate_result *result, size_t index, size_t end) {
    size_t count = 0;
    for (size_t i = 0; i < end; i++) {
        count += is_alike(&result->changes[i], &result->changes[index]);
    }
    return count;
}

static void print_change(const struct cp_gate_result *result, size_t index, bool is_verbose) {
    const struct cp_gate_change *change = &result->changes[index];
    size_t rank = count_alike(result, index, index);
    size_t total = count_alike(result, index, result->change_count);
    bool is_short = !is_verbose && change->class < CP_GATE_NOT_COMPARED && total > ALIKE_MAX + 1;
    if (!is_short || rank < ALIKE_MAX) {
        print_sentence(change);
    } else if (rank == ALIKE_MAX) {
        printf("%14sand %s more like that (%s); --verbose tells them\n", "",
               cp_number(total - ALIKE_MAX).text, change->what);
    }
}

static void print_log(const char *which, const struct cp_gate_log *log) {
    printf("%s  cutproof %s  core %s %s  %s case%s  %s%s\n", which, log->version, log->core_name,
           log->core_hash, cp_number(log->case_count).text, log->case_count == 1 ? "" : "s",
           log->path, log->is_complete ? "" : "  (incomplete)");
}

static size_t total_other(const struct cp_gate_result *result) {
    return result->counts[CP_GATE_CHANGED] + result->counts[CP_GATE_ADDED] +
           result->counts[CP_GATE_UNCHANGED];
}

static void write_sum(const struct cp_gate_result *result, FILE *out) {
    size_t regressed = result->counts[CP_GATE_REGRESSED];
    size_t inconclusive = result->counts[CP_GATE_INCONCLUSIVE];
    struct cp_number cases = cp_number(result->compared_count);
    const char *s = result->compared_count == 1 ? "" : "s";
    if (regressed > 0) {
        fprintf(out, "%s regression%s in %s case%s compared", cp_number(regressed).text,
                regressed == 1 ? "" : "s", cases.text, s);
        if (inconclusive > 0) {
            fprintf(out, "; %s cannot be told", cp_number(inconclusive).text);
        }
    } else if (inconclusive > 0) {
        fprintf(out, "no regression is seen in %s case%s compared, but %s cannot be told",
                cases.text, s, cp_number(inconclusive).text);
    } else {
        fprintf(out, "no regression in %s case%s compared", cases.text, s);
    }
}

static const char *heading(const struct cp_gate_result *result) {
    switch (cp_gate_exit(result)) {
    case CP_EXIT_VIOLATED: return "REGRESSED";
    case CP_EXIT_INCONCLUSIVE: return "INCONCLUSIVE";
    default: return "OK";
    }
}

static enum cp_color heading_color(const struct cp_gate_result *result) {
    switch (cp_gate_exit(result)) {
    case CP_EXIT_VIOLATED: return CP_COLOR_BAD;
    case CP_EXIT_INCONCLUSIVE: return CP_COLOR_DOUBT;
    default: return CP_COLOR_GOOD;
    }
}

void cp_gate_print(const struct cp_gate_result *result, bool is_verbose) {
    print_log("base", &result->base);
    print_log("new ", &result->fresh);
    for (size_t i = 0; i < result->change_count; i++) {
        print_change(result, i, is_verbose);
    }
    puts("------------");
    printf("%s%s%s: ", cp_color(stdout, heading_color(result)), heading(result),
           cp_color(stdout, CP_COLOR_NONE));
    write_sum(result, stdout);
    printf("; %s improved, %s other change%s\n", cp_number(result->counts[CP_GATE_IMPROVED]).text,
           cp_number(total_other(result)).text, total_other(result) == 1 ? "" : "s");
}

// --- JSON

static void print_json_log(struct cp_jsonl *json, const char *key, const struct cp_gate_log *log) {
    cp_jsonl_open(json, key, '{');
    cp_jsonl_text(json, "log", log->path);
    cp_jsonl_count(json, "schema_version", (uint64_t)log->schema_version);
    cp_jsonl_text(json, "version", log->version);
    cp_jsonl_text(json, "core_name", log->core_name);
    cp_jsonl_text(json, "core_hash", log->core_hash);
    cp_jsonl_text(json, "engine", log->engine);
    cp_jsonl_bool(json, "audit", log->is_audit);
    cp_jsonl_bool(json, "complete", log->is_complete);
    cp_jsonl_count(json, "cases", log->case_count);
    cp_jsonl_close(json, '}');
}

static void print_json_change(const struct cp_gate_change *change) {
    struct cp_jsonl json = {.out = stdout};
    cp_jsonl_open(&json, NULL, '{');
    cp_jsonl_text(&json, "type", "change");
    cp_jsonl_text(&json, "class", cp_gate_class_name(change->class));
    cp_jsonl_text(&json, "subject", *change->subject ? change->subject : NULL);
    cp_jsonl_text(&json, "what", change->what);
    if (change->has_values) {
        cp_jsonl_real(&json, "base", change->base);
        cp_jsonl_real(&json, "new", change->fresh);
        cp_jsonl_text(&json, "threshold", *change->limit ? change->limit : NULL);
    }
    cp_jsonl_text(&json, "text", change->text);
    cp_jsonl_close(&json, '}');
}

void cp_gate_print_json(const struct cp_gate_result *result) {
    struct cp_jsonl json = {.out = stdout};
    cp_jsonl_open(&json, NULL, '{');
    cp_jsonl_text(&json, "type", "logs");
    print_json_log(&json, "base", &result->base);
    print_json_log(&json, "new", &result->fresh);
    cp_jsonl_close(&json, '}');
    for (size_t i = 0; i < result->change_count; i++) {
        print_json_change(&result->changes[i]);
    }
    cp_jsonl_open(&json, NULL, '{');
    cp_jsonl_text(&json, "type", "summary");
    cp_jsonl_count(&json, "compared", result->compared_count);
    cp_jsonl_count(&json, "regressed", result->counts[CP_GATE_REGRESSED]);
    cp_jsonl_count(&json, "inconclusive", result->counts[CP_GATE_INCONCLUSIVE]);
    cp_jsonl_count(&json, "not_compared", result->counts[CP_GATE_NOT_COMPARED]);
    cp_jsonl_count(&json, "improved", result->counts[CP_GATE_IMPROVED]);
    cp_jsonl_count(&json, "other_changes", total_other(result));
    cp_jsonl_count(&json, "exit_code", (uint64_t)cp_gate_exit(result));
    cp_jsonl_close(&json, '}');
}

// --- Markdown

#define TABLE_ROWS_MAX 200u // a job summary holds 1 MiB

// Text of a log in a cell: nothing in it may be taken for Markdown or HTML.
static void write_cell(FILE *out, const char *text) {
    for (; *text; text++) {
        if (strchr("\\`*_[]<>|#~&", *text)) {
            fputc('\\', out);
        }
        fputc((unsigned char)*text < 0x20 ? ' ' : *text, out);
    }
}

static void write_row(FILE *out, const struct cp_gate_change *change) {
    fprintf(out, "| %s | ", cp_gate_class_name(change->class));
    write_cell(out, *change->subject ? change->subject : "all");
    fputs(" | ", out);
    write_cell(out, change->text);
    fputs(" |\n", out);
}

// The changes of classes from `first` down to `last`.
static void write_table(const struct cp_gate_result *result, FILE *out, int first, int last) {
    size_t count = 0;
    fputs("\n| | of | what |\n|---|---|---|\n", out);
    for (int class = first; class >= last; class --) {
        for (size_t i = 0; i < result->change_count; i++) {
            bool is_of_it = result->changes[i].class == (enum cp_gate_class) class;
            if (is_of_it && count++ < TABLE_ROWS_MAX) {
                write_row(out, &result->changes[i]);
            }
        }
    }
    if (count > TABLE_ROWS_MAX) {
        fprintf(out, "\n%s more are not shown; `cutproof gate --verbose` tells all.\n",
                cp_number(count - TABLE_ROWS_MAX).text);
    }
}

static void write_log(FILE *out, const char *which, const struct cp_gate_log *log) {
    fprintf(out, "- %s: ", which);
    write_cell(out, log->path);
    fprintf(out, ", cutproof %s, core ", log->version);
    write_cell(out, log->core_name);
    fprintf(out, " %s, %s cases%s\n", log->core_hash, cp_number(log->case_count).text,
            log->is_complete ? "" : ", incomplete");
}

void cp_gate_write_markdown(const struct cp_gate_result *result, FILE *out) {
    size_t bad = result->counts[CP_GATE_REGRESSED] + result->counts[CP_GATE_INCONCLUSIVE];
    size_t other = result->change_count - bad;
    fprintf(out, "## Gate: %s\n\n", heading(result));
    write_sum(result, out);
    fputs(".\n", out);
    if (bad > 0) {
        write_table(result, out, CP_GATE_REGRESSED, CP_GATE_INCONCLUSIVE);
    }
    if (other > 0) {
        fprintf(out, "\n<details><summary>%s other change%s</summary>\n", cp_number(other).text,
                other == 1 ? "" : "s");
        write_table(result, out, CP_GATE_NOT_COMPARED, CP_GATE_CHANGED);
        fputs("\n</details>\n", out);
    }
    fputc('\n', out);
    write_log(out, "base", &result->base);
    write_log(out, "new", &result->fresh);
}

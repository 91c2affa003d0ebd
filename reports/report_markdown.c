// report_markdown.c: a summary of a run for the page of a CI job.
//
// GitHub takes one MiB for all steps of a job, so lists are cut at a cap, and say so.

#include "faults/result.h"
#include "reports/report_cases.h"
#include "reports/report_failure.h"

#include <stdlib.h>
#include <string.h>

#define FAILURES_MAX    50u
#define ROWS_MAX        500u
#define UNEXERCISED_MAX 100u

// A text in a cell of a table, or in a line: nothing of it is markup.
static void write_cell(const char *text, FILE *out) {
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '\n' || c == '\r' || c == '\t') {
            fputc(' ', out);
        } else if (c == '<') {
            fputs("&lt;", out);
        } else if (c == '&') {
            fputs("&amp;", out);
        } else if (strchr("|`*_[]\\#~", c) && c) {
            fprintf(out, "\\%c", c);
        } else if (c >= ' ') {
            fputc(c, out);
        }
    }
}

// A block as it is. It is indented, so nothing in it ends it.
static void write_block(const char *text, FILE *out) {
    for (bool is_line_start = true; *text; text++) {
        if (is_line_start) {
            fputs("    ", out);
        }
        is_line_start = *text == '\n';
        if (is_line_start || (unsigned char)*text >= ' ') {
            fputc(*text, out);
        }
    }
}

static int write_failure(const struct cp_report_case *c, const struct cp_report_violation *v,
                         FILE *out, char *error) {
    char *block = NULL;
    size_t size = 0;
    FILE *memory = open_memstream(&block, &size);
    if (!memory) {
        snprintf(error, CP_MESSAGE_MAX, "out of memory");
        return -1;
    }
    int err = cp_report_write_failure(c, v, memory, error);
    if (fclose(memory) == 0 && !err) {
        fputs("\n**", out);
        write_cell(c->name, out);
        fprintf(out, "** violates **%s**\n\n", v->promise);
        write_block(block, out);
    }
    free(block);
    return err;
}

static int write_failures(const struct cp_report_cases *cases, FILE *out, char *error) {
    size_t told = 0, total = 0;
    int err = 0;
    for (size_t i = 0; i < cases->count; i++) {
        for (size_t j = 0; j < cases->cases[i].violation_count; j++) {
            total += !cases->cases[i].violations[j].is_claimed;
        }
    }
    if (total > 0) {
        fputs("\n### Broken promises\n", out);
    }
    for (size_t i = 0; !err && i < cases->count; i++) {
        const struct cp_report_case *c = &cases->cases[i];
        for (size_t j = 0; !err && j < c->violation_count && told < FAILURES_MAX; j++) {
            if (!c->violations[j].is_claimed) {
                told++;
                err = write_failure(c, &c->violations[j], out, error);
            }
        }
    }
    if (total > told) {
        fprintf(out, "\n%zu more are in the log.\n", total - told);
    }
    return err;
}

static bool needs_reason(const struct cp_report_case *c) {
    return !cp_report_status_is_met(c->status) && !cp_report_first_failure(c);
}

static void write_reasons(const struct cp_report_cases *cases, FILE *out) {
    size_t told = 0, total = 0;
    for (size_t i = 0; i < cases->count; i++) {
        if (needs_reason(&cases->cases[i]) && total++ < ROWS_MAX) {
            const struct cp_report_case *c = &cases->cases[i];
            fprintf(out, "%s- **%s** ", told++ ? "" : "\n### Not as expected\n\n",
                    cp_report_status_name(c->status));
            write_cell(c->name, out);
            fputs(": ", out);
            write_cell(c->reason, out);
            fputc('\n', out);
        }
    }
    if (total > told) {
        fprintf(out, "- %zu more are in the log\n", total - told);
    }
}

static void write_row(const struct cp_report_case *c, FILE *out) {
    fprintf(out, "| %s | ", cp_report_status_name(c->status));
    write_cell(c->name, out);
    fputs(" | ", out);
    write_cell(c->part, out);
    fprintf(out, " | %lld | %lld | %.1f s | ", (long long)c->states, (long long)c->cuts_deepest,
            c->seconds);
    write_cell(c->bound, out);
    fputs(" |\n", out);
}

static void write_table(const struct cp_report_cases *cases, FILE *out) {
    fputs("\n<details><summary>All cases</summary>\n\n"
          "| verdict | case | part | states | cuts nested | time | bound |\n"
          "|---|---|---|--:|--:|--:|---|\n",
          out);
    for (size_t i = 0; i < cases->count && i < ROWS_MAX; i++) {
        write_row(&cases->cases[i], out);
    }
    if (cases->count > ROWS_MAX) {
        fprintf(out, "\n%zu more cases are in the log.\n", cases->count - ROWS_MAX);
    }
    fputs("\n</details>\n", out);
}

// --- lists that are a query: two or three columns of text

struct list {
    const char *title, *head, *sql;
    int column_count;
};

static const struct list lists[] = {
    {"Never exercised", "| case | kind | what |\n|---|---|---|\n",
     "SELECT scenario, kind, what FROM unexercised", 3},
    {"Times on the part", "| case | what | microseconds |\n|---|---|--:|\n",
     "SELECT c.scenario, t.name, t.time_us FROM times t JOIN cases c ON c.id = t.case_id"
     " WHERE t.name IN ('update', 'revert', 'resume-max')",
     3},
    {"Most erases of a page in one update",
     "| case | area of the device | erases |\n|---|---|--:|\n",
     "SELECT c.scenario, 'device ' || w.device || ', page ' || w.page, max(w.erases_max)"
     " FROM wear w JOIN cases c ON c.id = w.case_id GROUP BY c.id",
     3},
    {"Measures of the build", "| name | value | unit |\n|---|--:|---|\n",
     "SELECT name, value, unit FROM measures ORDER BY name", 3},
};

static void write_columns(sqlite3_stmt *row, int column_count, FILE *out) {
    for (int i = 0; i < column_count; i++) {
        const char *text = (const char *)sqlite3_column_text(row, i);
        fputs("| ", out);
        write_cell(text ? text : "", out);
        fputc(' ', out);
    }
    fputs("|\n", out);
}

static int write_list(const struct cp_report_log *log, const struct list *list, FILE *out,
                      char *error) {
    sqlite3_stmt *query = NULL;
    if (sqlite3_prepare_v2(log->db, list->sql, -1, &query, NULL) != SQLITE_OK) {
        return cp_report_sql_error(log, error);
    }
    size_t count = 0;
    int code;
    while ((code = sqlite3_step(query)) == SQLITE_ROW) {
        if (count++ == 0) {
            fprintf(out, "\n<details><summary>%s</summary>\n\n%s", list->title, list->head);
        }
        if (count <= UNEXERCISED_MAX) {
            write_columns(query, list->column_count, out);
        }
    }
    if (count > UNEXERCISED_MAX) {
        fprintf(out, "\n%zu more are in the log.\n", count - UNEXERCISED_MAX);
    }
    fputs(count > 0 ? "\n</details>\n" : "", out);
    int err = code == SQLITE_DONE ? 0 : cp_report_sql_error(log, error);
    sqlite3_finalize(query);
    return err;
}

static int write_lists(const struct cp_report *report, FILE *out, char *error) {
    int err = 0;
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        for (size_t j = 0; !err && j < report->log_count; j++) {
            err = write_list(&report->logs[j], &lists[i], out, error);
        }
    }
    return err;
}

int cp_report_write_markdown(const struct cp_report *report, FILE *out, char *error) {
    struct cp_report_cases cases;
    int err = cp_report_read_cases(report, &cases, error);
    char *sentence = err ? NULL : cp_report_sentence(&cases);
    if (!err && !sentence) {
        snprintf(error, CP_MESSAGE_MAX, "out of memory");
        err = -1;
    }
    if (!err) {
        fprintf(out, "## Cutproof\n\n**%.*s**%s\n", (int)strcspn(sentence, ":"), sentence,
                sentence + strcspn(sentence, ":"));
        err = write_failures(&cases, out, error);
    }
    if (!err) {
        write_reasons(&cases, out);
        write_table(&cases, out);
        err = write_lists(report, out, error);
    }
    free(sentence);
    cp_report_free_cases(&cases);
    return err;
}

// errors.c: the errors of one file, collected and printed with line and caret.

#include "scenarios/errors.h"

#include "scenarios/memory.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static bool same_place(struct cp_mark a, struct cp_mark b) {
    return a.line == b.line && a.column == b.column;
}

static bool was_reported(const struct cp_report *report, const struct cp_problem *problem) {
    for (size_t i = 0; i < report->count; i++) {
        if (same_place(report->problems[i].mark, problem->mark) &&
            strcmp(report->problems[i].message, problem->message) == 0) {
            return true;
        }
    }
    return false;
}

void cp_report_add(struct cp_report *report, struct cp_mark mark, const char *format, ...) {
    struct cp_problem problem = {.mark = mark};
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(problem.message, sizeof problem.message, format, arguments);
    va_end(arguments);
    report->latest = NULL;
    report->added++;
    if (was_reported(report, &problem)) {
        return;
    }
    if (report->context != NULL) {
        snprintf(problem.context, sizeof problem.context, "%s", report->context);
    }
    report->problems = cp_grow(report->problems, report->count, &report->capacity, sizeof problem);
    report->problems[report->count] = problem;
    report->latest = &report->problems[report->count++];
}

void cp_report_help(struct cp_report *report, const char *format, ...) {
    if (report->latest == NULL) {
        return;
    }
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(report->latest->help, sizeof report->latest->help, format, arguments);
    va_end(arguments);
}

// --- the line of a problem ---

size_t cp_line_break_size_bytes(const char *text, size_t size_bytes) {
    static const char *const breaks[] = {"\r\n",     "\n",           "\r",
                                         "\xC2\x85", "\xE2\x80\xA8", "\xE2\x80\xA9"};
    for (size_t i = 0; i < sizeof breaks / sizeof breaks[0]; i++) {
        size_t length = strlen(breaks[i]);
        if (length <= size_bytes && memcmp(text, breaks[i], length) == 0) {
            return length;
        }
    }
    return 0;
}

struct line {
    const char *text;
    size_t size_bytes;
};

static struct line find_line(const struct cp_report *report, uint32_t number) {
    size_t start = 0, at = 0;
    for (uint32_t line = 1; at < report->size_bytes;) {
        size_t skip = cp_line_break_size_bytes(report->text + at, report->size_bytes - at);
        if (skip != 0 && line == number) {
            break;
        }
        at += skip != 0 ? skip : 1;
        if (skip != 0) {
            line++;
            start = at;
        }
    }
    return (struct line){report->text + start, at - start};
}

// --- printing ---

// Text of the file goes to a terminal: no control character may get through.
static void print_clean(FILE *out, const char *text, size_t size_bytes) {
    for (size_t i = 0; i < size_bytes; i++) {
        unsigned char byte = (unsigned char)text[i];
        fputc(byte < 0x20 || byte == 0x7F ? (byte == '\t' ? '\t' : '?') : byte, out);
    }
}

static bool continues_character(char byte) {
    return ((unsigned char)byte & 0xC0u) == 0x80u;
}

// Move to below the column; tabs are repeated so that the caret stays below.
static size_t print_indent(FILE *out, struct line line, uint32_t column) {
    size_t at = 0;
    for (uint32_t c = 1; c < column && at < line.size_bytes; c++) {
        fputc(line.text[at] == '\t' ? '\t' : ' ', out);
        do {
            at++;
        } while (at < line.size_bytes && continues_character(line.text[at]));
    }
    return at;
}

static void print_carets(FILE *out, struct line line, struct cp_mark mark) {
    fputs("      | ", out);
    size_t room = line.size_bytes - print_indent(out, line, mark.column);
    for (uint32_t i = 0; i == 0 || (i < mark.width && i < room); i++) {
        fputc('^', out);
    }
    fputc('\n', out);
}

static void print_place(const struct cp_report *report, struct cp_mark mark, FILE *out) {
    struct line line = find_line(report, mark.line);
    fprintf(out, "%5u | ", mark.line);
    print_clean(out, line.text, line.size_bytes);
    fputc('\n', out);
    print_carets(out, line, mark);
}

static void print_problem(const struct cp_report *report, const struct cp_problem *problem,
                          FILE *out) {
    fputs(report->file, out);
    if (problem->mark.line != 0) {
        fprintf(out, ":%u:%u", problem->mark.line, problem->mark.column);
    }
    fputs(": error: ", out);
    print_clean(out, problem->message, strlen(problem->message));
    fputc('\n', out);
    if (problem->mark.line != 0 && report->text != NULL) {
        print_place(report, problem->mark, out);
    }
    if (problem->context[0] != '\0') {
        fprintf(out, "      = case: %s\n", problem->context);
    }
    if (problem->help[0] != '\0') {
        fputs("      = help: ", out);
        print_clean(out, problem->help, strlen(problem->help));
        fputc('\n', out);
    }
}

static int compare_problems(const void *left, const void *right) {
    const struct cp_problem *a = *(const struct cp_problem *const *)left;
    const struct cp_problem *b = *(const struct cp_problem *const *)right;
    if (a->mark.line != b->mark.line) {
        return a->mark.line < b->mark.line ? -1 : 1;
    }
    if (a->mark.column != b->mark.column) {
        return a->mark.column < b->mark.column ? -1 : 1;
    }
    return a < b ? -1 : 1; // in the order they were found
}

void cp_report_print(const struct cp_report *report, FILE *out) {
    const struct cp_problem **order = cp_allocate((report->count + 1) * sizeof *order);
    for (size_t i = 0; i < report->count; i++) {
        order[i] = &report->problems[i];
    }
    qsort(order, report->count, sizeof *order, compare_problems);
    for (size_t i = 0; i < report->count; i++) {
        print_problem(report, order[i], out);
    }
    free(order);
}

void cp_report_free(struct cp_report *report) {
    free(report->problems);
    report->problems = NULL;
    report->count = report->capacity = 0;
}

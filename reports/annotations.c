// annotations.c: workflow commands of GitHub, which show as notes beside the lines of a change.
//
// GitHub shows ten errors of a step. So the first nine are told, and the tenth says how many
// more there are. What did not come to an end is an error too: nobody may take it for green.

#include "faults/result.h"
#include "reports/report_cases.h"
#include "reports/report_failure.h"

#include <stdlib.h>
#include <string.h>

#define ANNOTATIONS_MAX 10u

// In a property also ':' and ',' must be written otherwise.
static void write_escaped(const char *text, bool is_property, FILE *out) {
    for (; *text; text++) {
        if (*text == '%' || *text == '\r' || *text == '\n' ||
            (is_property && (*text == ':' || *text == ','))) {
            fprintf(out, "%%%02X", (unsigned char)*text);
        } else if ((unsigned char)*text >= ' ') {
            fputc(*text, out);
        }
    }
}

static void write_head(const char *file, int64_t line, const char *title, FILE *out) {
    fputs("::error ", out);
    if (*file) {
        fputs("file=", out);
        write_escaped(file, true, out);
        fprintf(out, ",line=%lld,", (long long)(line > 0 ? line : 1));
    }
    fputs("title=", out);
    write_escaped(title, true, out);
    fputs("::", out);
}

static int write_violation(const struct cp_report_case *c, const struct cp_report_violation *v,
                           FILE *out, char *error) {
    char *block = NULL;
    size_t size = 0;
    FILE *memory = open_memstream(&block, &size);
    if (!memory) {
        snprintf(error, CP_MESSAGE_MAX, "out of memory");
        return -1;
    }
    int err = cp_report_write_failure(c, v, memory, error);
    if (fclose(memory) != 0 && !err) {
        snprintf(error, CP_MESSAGE_MAX, "out of memory");
        err = -1;
    }
    if (!err) {
        char title[CP_NAME_MAX + 64];
        snprintf(title, sizeof title, "%s violates %.40s", c->name, v->promise);
        write_head(v->file ? v->file : c->file, v->file ? v->line : c->line, title, out);
        write_escaped(block, false, out);
        fputc('\n', out);
    }
    free(block);
    return err;
}

static void write_reason(const struct cp_report_case *c, FILE *out) {
    char title[CP_NAME_MAX + 64];
    snprintf(title, sizeof title, "%s %s", c->name, cp_report_status_name(c->status));
    write_head(c->file, c->line, title, out);
    write_escaped(c->reason, false, out);
    fputc('\n', out);
}

static size_t notes_of(const struct cp_report_case *c) {
    size_t count = 0;
    for (size_t i = 0; i < c->violation_count; i++) {
        count += !c->violations[i].is_claimed;
    }
    return count == 0 && !cp_report_status_is_met(c->status) ? 1 : count;
}

struct budget {
    size_t left;
};

static int write_case(const struct cp_report_case *c, struct budget *budget, FILE *out,
                      char *error) {
    if (notes_of(c) > 0 && !cp_report_first_failure(c)) {
        if (budget->left > 0) {
            budget->left--;
            write_reason(c, out);
        }
        return 0;
    }
    int err = 0;
    for (size_t i = 0; !err && i < c->violation_count; i++) {
        if (!c->violations[i].is_claimed && budget->left > 0) {
            budget->left--;
            err = write_violation(c, &c->violations[i], out, error);
        }
    }
    return err;
}

int cp_report_write_annotations(const struct cp_report *report, FILE *out, char *error) {
    struct cp_report_cases cases;
    int err = cp_report_read_cases(report, &cases, error);
    size_t total = 0;
    for (size_t i = 0; !err && i < cases.count; i++) {
        total += notes_of(&cases.cases[i]);
    }
    struct budget budget = {total > ANNOTATIONS_MAX ? ANNOTATIONS_MAX - 1 : ANNOTATIONS_MAX};
    for (size_t i = 0; !err && i < cases.count; i++) {
        err = write_case(&cases.cases[i], &budget, out, error);
    }
    if (!err && total > ANNOTATIONS_MAX) {
        fprintf(out, "::error title=cutproof::%zu more in the report\n",
                total - (ANNOTATIONS_MAX - 1));
    }
    cp_report_free_cases(&cases);
    return err;
}

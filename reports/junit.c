// junit.c: JUnit XML, which every CI reads: a suite for each log, a test for each case.
//
// What is inconclusive, unfinished or never begun is an <error>, and nothing is <skipped>: no
// page may paint it green.

#include "faults/result.h"
#include "reports/report_cases.h"
#include "reports/report_failure.h"

#include <libxml/chvalid.h>
#include <libxml/xmlwriter.h>
#include <stdlib.h>
#include <string.h>

// XML 1.0 has no way to write most control characters, and libxml2 would write them as they are.
// What is no UTF-8 is left out as well.
static char *clean(const char *text) {
    size_t size = strlen(text), length = 0;
    char *cleaned = malloc(size + 1);
    for (size_t i = 0; cleaned && i < size;) {
        int taken = (int)(size - i);
        int character = xmlGetUTF8Char((const unsigned char *)text + i, &taken);
        if (character < 0 || taken <= 0) {
            i++;
            continue;
        }
        if (xmlIsCharQ(character)) {
            memcpy(cleaned + length, text + i, (size_t)taken);
            length += (size_t)taken;
        }
        i += (size_t)taken;
    }
    if (cleaned) {
        cleaned[length] = '\0';
    }
    return cleaned;
}

// A writer that has failed once takes nothing more.
struct junit {
    xmlTextWriterPtr xml;
    bool has_failed;
};

static void check(struct junit *junit, int code) {
    junit->has_failed = junit->has_failed || code < 0;
}

static void attribute(struct junit *junit, const char *name, const char *value) {
    char *cleaned = clean(value);
    check(junit,
          cleaned ? xmlTextWriterWriteAttribute(junit->xml, BAD_CAST name, BAD_CAST cleaned) : -1);
    free(cleaned);
}

static void count(struct junit *junit, const char *name, int64_t value) {
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long)value);
    attribute(junit, name, text);
}

static void seconds(struct junit *junit, double value) {
    char text[32];
    snprintf(text, sizeof text, "%.3f", value);
    attribute(junit, "time", text);
}

static void element(struct junit *junit, const char *name) {
    check(junit, xmlTextWriterStartElement(junit->xml, BAD_CAST name));
}

static void end(struct junit *junit) {
    check(junit, xmlTextWriterEndElement(junit->xml));
}

static void body(struct junit *junit, const char *text) {
    char *cleaned = clean(text);
    check(junit, cleaned ? xmlTextWriterWriteString(junit->xml, BAD_CAST cleaned) : -1);
    free(cleaned);
}

// The blocks of all violations that nobody claims. NULL with a message.
static char *blocks_of(const struct cp_report_case *c, char *error) {
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    int err = out ? 0 : -1;
    for (size_t i = 0; !err && i < c->violation_count; i++) {
        if (!c->violations[i].is_claimed) {
            err = cp_report_write_failure(c, &c->violations[i], out, error);
        }
    }
    if (!out || (fclose(out) != 0 && !err)) {
        snprintf(error, CP_MESSAGE_MAX, "out of memory");
        err = -1;
    }
    return err ? (free(text), NULL) : text;
}

static int write_failure(struct junit *junit, const struct cp_report_case *c,
                         const struct cp_report_violation *v, char *error) {
    char *blocks = blocks_of(c, error);
    if (!blocks) {
        return -1;
    }
    element(junit, "failure");
    attribute(junit, "type", v->promise);
    attribute(junit, "message", v->message);
    body(junit, blocks);
    end(junit);
    free(blocks);
    return 0;
}

static void write_reason(struct junit *junit, const struct cp_report_case *c) {
    element(junit, c->status == CP_REPORT_FAILED ? "failure" : "error");
    attribute(junit, "type", cp_report_status_name(c->status));
    attribute(junit, "message", c->reason);
    body(junit, c->reason);
    end(junit);
}

static void write_bound(struct junit *junit, const struct cp_report_case *c) {
    char text[2 * CP_MESSAGE_MAX + 256];
    snprintf(text, sizeof text, "%s: %.300s; %lld states, %lld operations%s%.255s",
             cp_report_status_name(c->status), c->bound, (long long)c->states,
             (long long)c->operations, *c->because ? "; because: " : "", c->because);
    element(junit, "system-out");
    body(junit, text);
    end(junit);
}

static int write_case(struct junit *junit, const struct cp_report_case *c, char *error) {
    const struct cp_report_violation *v = cp_report_first_failure(c);
    int err = 0;
    element(junit, "testcase");
    attribute(junit, "name", c->name);
    attribute(junit, "classname", c->file);
    seconds(junit, c->seconds);
    if (v) {
        err = write_failure(junit, c, v, error);
    } else if (!cp_report_status_is_met(c->status)) {
        write_reason(junit, c);
    }
    if (c->case_id && *c->verdict) {
        write_bound(junit, c);
    }
    end(junit);
    return err;
}

struct sums {
    int64_t tests, failures, errors;
    double seconds;
};

static struct sums sum(const struct cp_report_cases *cases, const struct cp_report_log *log) {
    struct sums sums = {0};
    for (size_t i = 0; i < cases->count; i++) {
        const struct cp_report_case *c = &cases->cases[i];
        if (log && c->log != log) {
            continue;
        }
        sums.tests++;
        sums.failures += c->status == CP_REPORT_FAILED;
        sums.errors += c->status != CP_REPORT_FAILED && !cp_report_status_is_met(c->status);
        sums.seconds += c->seconds;
    }
    return sums;
}

static void write_sums(struct junit *junit, const char *name, struct sums sums) {
    attribute(junit, "name", name);
    count(junit, "tests", sums.tests);
    count(junit, "failures", sums.failures);
    count(junit, "errors", sums.errors);
    seconds(junit, sums.seconds);
}

static int write_suite(struct junit *junit, const struct cp_report_cases *cases,
                       const struct cp_report_log *log, char *error) {
    int err = 0;
    element(junit, "testsuite");
    write_sums(junit, log->path, sum(cases, log));
    for (size_t i = 0; !err && i < cases->count; i++) {
        if (cases->cases[i].log == log) {
            err = write_case(junit, &cases->cases[i], error);
        }
    }
    end(junit);
    return err;
}

static int write_suites(struct junit *junit, const struct cp_report *report,
                        const struct cp_report_cases *cases, char *error) {
    int err = 0;
    check(junit, xmlTextWriterSetIndent(junit->xml, 1));
    check(junit, xmlTextWriterStartDocument(junit->xml, NULL, "UTF-8", NULL));
    element(junit, "testsuites");
    write_sums(junit, "cutproof", sum(cases, NULL));
    for (size_t i = 0; !err && i < report->log_count; i++) {
        err = write_suite(junit, cases, &report->logs[i], error);
    }
    check(junit, xmlTextWriterEndDocument(junit->xml));
    return err;
}

static int write_all(const struct cp_report *report, const struct cp_report_cases *cases, FILE *out,
                     char *error) {
    xmlBufferPtr buffer = xmlBufferCreate();
    struct junit junit = {buffer ? xmlNewTextWriterMemory(buffer, 0) : NULL, false};
    int err = junit.xml ? write_suites(&junit, report, cases, error) : -1;
    if (junit.xml) {
        xmlFreeTextWriter(junit.xml); // and so fill the buffer
    }
    if (!junit.xml || junit.has_failed) {
        snprintf(error, CP_MESSAGE_MAX, "out of memory");
        err = -1;
    }
    if (!err) {
        fwrite(xmlBufferContent(buffer), 1, (size_t)xmlBufferLength(buffer), out);
    }
    if (buffer) {
        xmlBufferFree(buffer);
    }
    return err;
}

int cp_report_write_junit(const struct cp_report *report, FILE *out, char *error) {
    struct cp_report_cases cases;
    int err = cp_report_read_cases(report, &cases, error);
    if (!err) {
        err = write_all(report, &cases, out, error);
    }
    cp_report_free_cases(&cases);
    return err;
}

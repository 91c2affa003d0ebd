// html.c: the report as one page that needs nothing else: the viewer, and the data beside it.
//
// The viewer is plain HTML, style and script from reports/viewer/, compiled into the program.
// The data stand between its two halves: the overview of all cases as plain JSON, then the
// details of each case, deflated and in base64, which the page unpacks when the case is chosen.

#include "reports/html_data.h"
#include "reports/html_pack.h"
#include "reports/html_viewer.h"
#include "reports/report.h"

#include "faults/result.h"

#include <stdlib.h>
#include <string.h>

struct page {
    const struct cp_report *report;
    json_t *overview; // its "cases" are in the order of the details
    char **details;   // packed; NULL: left out
    size_t count, bytes;
};

static json_t *case_at(const struct page *page, size_t i) {
    return json_array_get(json_object_get(page->overview, "cases"), i);
}

static bool is_met(const struct page *page, size_t i) {
    return json_integer_value(json_object_get(case_at(page, i), "met")) == 1;
}

// Details of one case, if they fit into what is left of the bytes.
static int pack_detail(struct page *page, size_t i, enum cp_html_extent extent, char *error) {
    json_t *about = case_at(page, i);
    size_t log = (size_t)json_integer_value(json_object_get(about, "log"));
    int64_t id = json_integer_value(json_object_get(about, "id"));
    json_t *detail = cp_html_detail(&page->report->logs[log], id, extent, error);
    char *packed = NULL;
    int err = detail ? cp_html_pack(detail, &packed, error) : -1;
    json_decref(detail);
    if (err) {
        return err;
    }
    size_t size = strlen(packed);
    if (page->bytes + size > CP_HTML_DETAIL_BYTES_MAX) {
        free(packed);
        return 0;
    }
    page->details[i] = packed;
    page->bytes += size;
    const char *name = extent == CP_HTML_WHOLE ? "whole" : "brief";
    return cp_html_set(about, "detail", json_string(name), error);
}

// Cases that are not as expected come first: theirs are the details to keep.
static int pack_details(struct page *page, char *error) {
    int err = 0;
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; !err && i < page->count; i++) {
            if (is_met(page, i) == (pass == 1)) {
                err = pack_detail(page, i, CP_HTML_WHOLE, error);
                if (!err && !page->details[i]) {
                    err = pack_detail(page, i, CP_HTML_BRIEF, error);
                }
            }
        }
    }
    return err;
}

static int write_data(const struct page *page, FILE *out, char *error) {
    char *overview = cp_html_script_text(page->overview);
    if (!overview) {
        snprintf(error, CP_MESSAGE_MAX, "out of memory");
        return -1;
    }
    fprintf(out, "<script type=\"application/json\" id=\"overview-data\">%s</script>\n", overview);
    free(overview);
    for (size_t i = 0; i < page->count; i++) {
        if (page->details[i]) {
            fprintf(out, "<script type=\"text/plain\" id=\"detail-%zu\">%s</script>\n", i,
                    page->details[i]);
        }
    }
    return 0;
}

static int make_page(struct page *page, FILE *out, char *error) {
    page->count = json_array_size(json_object_get(page->overview, "cases"));
    page->details = calloc(page->count + 1, sizeof *page->details);
    if (!page->details) {
        snprintf(error, CP_MESSAGE_MAX, "out of memory");
        return -1;
    }
    int err = pack_details(page, error);
    if (err) {
        return err;
    }
    fwrite(cp_viewer_before, 1, cp_viewer_before_size, out);
    err = write_data(page, out, error);
    fwrite(cp_viewer_after, 1, cp_viewer_after_size, out);
    return err;
}

int cp_report_write_html(const struct cp_report *report, FILE *out, char *error) {
    struct page page = {.report = report, .overview = cp_html_overview(report, error)};
    if (!page.overview) {
        return -1;
    }
    int err = make_page(&page, out, error);
    for (size_t i = 0; page.details && i < page.count; i++) {
        free(page.details[i]);
    }
    free(page.details);
    json_decref(page.overview);
    return err;
}

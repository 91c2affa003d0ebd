// claims.c: the bounds, the promises, and what is expected of them.

#include "scenarios/draft.h"
#include "scenarios/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// What bounds a search bounds no replay.
static void refuse_beside_only(struct cp_draft *draft) {
    static const char *const keys[] = {"cuts", "torn", "states"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        char path[32];
        snprintf(path, sizeof path, "explore.%s", keys[i]);
        if (cp_read_has(draft, path)) {
            cp_report_add(draft->report, cp_node_find(draft->root, path)->key->mark,
                          "'%s' has no meaning beside 'only'", keys[i]);
            cp_report_help(draft->report, "with `only` nothing is searched; remove one of them");
        }
    }
}

// The traces, a line each. One alone may stand without a list.
static void read_only(struct cp_draft *draft) {
    char *text = NULL;
    size_t size;
    const struct cp_node *node = cp_read_node(draft, "explore.only");
    FILE *out = node == NULL ? NULL : open_memstream(&text, &size);
    if (out == NULL) {
        return;
    }
    if (node->kind == CP_NODE_SCALAR) {
        fprintf(out, "%s\n", node->text);
    }
    for (const struct cp_node *item = node->first; item != NULL; item = item->next) {
        fprintf(out, "%s\n", item->text);
    }
    if (fclose(out) == 0) {
        draft->out->bounds.only = cp_case_list_keep(draft->list, text);
    }
    free(text);
    refuse_beside_only(draft);
}

void cp_decode_bounds(struct cp_draft *draft) {
    uint64_t time_us = 0;
    struct cp_bounds *bounds = &draft->out->bounds;
    cp_read_number_32(draft, "explore.cuts", &bounds->cuts_max);
    cp_read_number_32(draft, "explore.torn", &bounds->torn_max);
    cp_read_number_32(draft, "explore.states", &bounds->states_max);
    cp_read_number(draft, "explore.time", &time_us);
    cp_read_number(draft, "explore.memory", &bounds->memory_max_bytes);
    bounds->seconds_max = (uint32_t)(time_us / 1000000u);
    read_only(draft);
}

// --- promises ---

// A limit of time that no promise asks for would be a claim that nobody checks.
static void need_progresses(struct cp_draft *draft, const char *key) {
    if (cp_read_has(draft, key) && (draft->out->promises >> CP_PROMISE_PROGRESSES & 1u) == 0) {
        cp_report_add(draft->report, cp_node_find(draft->root, key)->key->mark,
                      "'%s' has no meaning without 'progresses'", key);
        cp_report_help(draft->report, "add `progresses` to `properties`, so that it is checked");
    }
}

// CP_JOURNAL_ERASES_PER_UPDATE_MAX of the core, which says what is added; with the strategy
// direct CP_DIRECT_ERASES_PER_UPDATE_MAX, which is as large. A download adds
// CP_DOWNLOAD_ERASES_PER_UPDATE_MAX.
static uint32_t journal_erases_max(const struct cp_case *test_case) {
    return 4 + (test_case->trial_attempts - 1) + (test_case->detach ? 2 : 0) +
           (test_case->download == CP_DOWNLOAD_RANGES ? 1 : 0);
}

static void read_limits(struct cp_draft *draft, bool promises_known) {
    cp_read_number_32(draft, "wear.erases_per_update", &draft->out->erases_per_update_max);
    if (draft->is_journal && !cp_read_has(draft, "wear.erases_per_update")) {
        draft->out->erases_per_update_max = journal_erases_max(draft->out);
    }
    cp_read_number_32(draft, "watchdog", &draft->out->watchdog_us);
    cp_read_number_32(draft, "uptime", &draft->out->uptime_max_us);
    if (promises_known) {
        need_progresses(draft, "watchdog");
        need_progresses(draft, "uptime");
    }
}

// --- expectations ---

static void need_with_violated(struct cp_draft *draft, bool is_violated, const char *key) {
    char path[32];
    snprintf(path, sizeof path, "expect.%s", key);
    if (is_violated && !cp_read_has(draft, path)) {
        cp_report_add(draft->report, cp_read_place(draft, "expect.verdict"),
                      "the key '%s' is missing", key);
        cp_report_help(draft->report, "say which promises are violated, and why");
    }
    if (!is_violated && cp_read_has(draft, path)) {
        cp_report_add(draft->report, cp_node_find(draft->root, path)->key->mark,
                      "'%s' goes only with 'verdict: violated'", key);
    }
}

// A promise that is not checked cannot be seen to be broken.
static void check_violates(struct cp_draft *draft) {
    const struct cp_key *key = cp_key_find("expect.violates");
    const struct cp_node *list = cp_read_node(draft, "expect.violates");
    for (const struct cp_node *item = list == NULL ? NULL : list->first; item != NULL;
         item = item->next) {
        int promise = cp_key_word_index(key, item->text);
        if (promise >= 0 && (draft->out->promises & (1u << promise)) == 0) {
            cp_report_add(draft->report, item->mark, "'%s' is not among the properties",
                          item->text);
            cp_report_help(draft->report, "add it to `properties`, so that it is checked");
        }
    }
}

static void copy_reason(struct cp_draft *draft) {
    const char *because = cp_read_text(draft, "expect.because");
    if (because != NULL) {
        snprintf(draft->out->expect.because, sizeof draft->out->expect.because, "%s", because);
    }
}

void cp_decode_expect(struct cp_draft *draft) {
    uint32_t verdict;
    bool promises_known = cp_read_words(draft, "properties", &draft->out->promises);
    read_limits(draft, promises_known);
    cp_read_words(draft, "expect.violates", &draft->out->expect.violates);
    cp_read_number_32(draft, "expect.min_states", &draft->out->expect.states_min);
    copy_reason(draft);
    if (promises_known) {
        check_violates(draft);
    }
    if (cp_read_word(draft, "expect.verdict", &verdict)) {
        draft->out->expect.verdict = (enum cp_verdict)verdict;
        need_with_violated(draft, verdict == CP_VERDICT_VIOLATED, "violates");
        need_with_violated(draft, verdict == CP_VERDICT_VIOLATED, "because");
        if (verdict == CP_VERDICT_PROVED && draft->out->bounds.only != NULL) {
            cp_report_add(draft->report, cp_read_place(draft, "expect.verdict"),
                          "a case with 'only' proves nothing beyond its traces");
            cp_report_help(draft->report, "expect `bounded` or `violated`");
        }
    }
}

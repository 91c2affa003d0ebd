// failure.c: the block that explains a violation.

#include "cli/failure.h"

#include "cli/case_id.h"
#include "cli/steps.h"
#include "cli/text.h"
#include "cli/verdict.h"

#include <stdio.h>
#include <string.h>

#define LAST_STEPS 3u

// The steps since the power came back last: of them only the last are shown.
struct tail {
    struct cp_step steps[LAST_STEPS];
    uint32_t count; // of all steps, not only those kept
    uint32_t cut_count;
};

static void print_step(const char *label, const struct cp_step *step) {
    struct cp_step_text text;
    char index[16] = "";
    if (step->kind != CP_STEP_POWER_ON) {
        snprintf(index, sizeof index, "op %u", step->event_index);
    }
    cp_step_describe(step, &text);
    printf("  %-9s %-8s  %s%s%s\n", label, index, text.what, *text.where ? "  " : "", text.where);
}

static const struct cp_step *last_of(const struct tail *tail) {
    return tail->count ? &tail->steps[(tail->count - 1) % LAST_STEPS] : NULL;
}

static void print_cut(struct tail *tail, const struct cp_step *cut) {
    char label[16];
    const struct cp_step *last = last_of(tail);
    snprintf(label, sizeof label, "cut %u", ++tail->cut_count);
    if (last) {
        print_step(label, last);
    }
    printf("  %-9s %-8s  %s", last ? "" : label, "", cut->text);
    if (last && last->kind == CP_STEP_PROGRAM && cut->old_value != cut->new_value) {
        printf(": 0x%08x -> 0x%08x", cut->old_value ^ cut->inversion,
               cut->new_value ^ cut->inversion);
    }
    putchar('\n');
    tail->count = 0;
}

static void print_tail(struct tail *tail) {
    uint32_t first = tail->count > LAST_STEPS ? tail->count - LAST_STEPS : 0;
    for (uint32_t i = first; i < tail->count; i++) {
        print_step(i == first ? "then" : "", &tail->steps[i % LAST_STEPS]);
    }
    tail->count = 0;
}

static void take_step(void *context, const struct cp_step *step) {
    struct tail *tail = context;
    if (step->kind == CP_STEP_CUT) {
        print_cut(tail, step);
    } else if (step->kind != CP_STEP_VIOLATION) { // what was got is told below
        tail->steps[tail->count++ % LAST_STEPS] = *step;
    }
}

void cp_failure_print_command(const struct cp_case *test_case, uint32_t hash,
                              const struct cp_violation *violation,
                              const struct cp_options *options) {
    char id[CP_CASE_ID_MAX];
    cp_case_id_format(test_case->name, hash, violation->trace, id);
    if (violation->is_of_search) { // no run shows it: what does is the search
        printf("cutproof run '%s' --case '%s' --verbose", test_case->file, test_case->name);
    } else {
        printf("cutproof replay '%s'", id);
    }
    if (options->core) {
        printf(" --core '%s'", options->core);
    }
    if (options->engine >= CP_ENGINE_ARM) {
        printf(" --engine %s", cp_engine_name(options->engine));
    }
    if (options->log && !violation->is_of_search) {
        printf(" --log '%s'", options->log);
    }
}

// There is no run that shows it.
static void print_of_search(const struct cp_violation *violation) {
    printf("  expected  %s\n", cp_promise_text(violation->promise));
    printf("  got       %s%s%s\n", cp_color(stdout, CP_COLOR_BAD), violation->message,
           cp_color(stdout, CP_COLOR_NONE));
    puts("  trace     none: it is of the whole search, and no single run shows it");
}

void cp_failure_print(const struct cp_case *test_case, const struct cp_program *program,
                      uint32_t hash, const struct cp_violation *violation,
                      const struct cp_options *options) {
    struct tail tail = {.count = 0};
    struct cp_violation seen;
    char error[CP_MESSAGE_MAX] = "";
    printf("  promise   %s%s%s\n", cp_color(stdout, CP_COLOR_BOLD),
           cp_promise_name(violation->promise), cp_color(stdout, CP_COLOR_NONE));
    if (violation->is_of_search) {
        print_of_search(violation);
        return;
    }
    int code = cp_replay(test_case, program, violation->trace, take_step, &tail, &seen, error);
    print_tail(&tail);
    if (code != 1) {
        printf("  warning   the replay did not show it again: %s\n",
               code < 0 ? error : "no promise broke");
    }
    printf("  expected  %s\n", cp_promise_text(violation->promise));
    printf("  got       %s%s%s\n", cp_color(stdout, CP_COLOR_BAD), violation->message,
           cp_color(stdout, CP_COLOR_NONE));
    printf("  trace     %u power loss%s; %s\n", violation->cuts, violation->cuts == 1 ? "" : "es",
           violation->is_shortest ? "no trace with fewer exists" : "maybe not the shortest");
    if (*violation->indifferent) {
        printf("  no matter %s\n", violation->indifferent);
    }
    fputs("  replay    ", stdout);
    cp_failure_print_command(test_case, hash, violation, options);
    putchar('\n');
}

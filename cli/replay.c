// replay.c: run one trace again, and print it step by step.

#include "cli/replay.h"

#include "cli/command.h"
#include "cli/jsonl.h"
#include "cli/steps.h"
#include "cli/verdict.h"
#include "faults/trail.h"
#include "sim/bus.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OPERATION_WIDTH 50 // so that source lines stand in a column

// Where a debugger stops it: K:N, as --until.
#define STOP_VARIABLE "CUTPROOF_STOP_AT"

struct printing {
    const struct cp_replay *replay;
    bool has_end; // nothing is printed of what comes after it
    struct cp_point end;
    bool has_stop; // nothing is printed of what comes before it
    struct cp_point stop;
    struct cp_replay_debug *debug;      // or NULL
    bool is_violated;                   // on what was printed
    char state_says[CP_TRAIL_TEXT_MAX]; // as it was printed last
};

static void print_step(const struct cp_step *step) {
    struct cp_step_text text;
    cp_step_describe(step, &text);
    switch (step->kind) {
    case CP_STEP_POWER_ON:
        printf("%s%s%s\n", cp_color(stdout, CP_COLOR_BOLD), text.what,
               cp_color(stdout, CP_COLOR_NONE));
        return;
    case CP_STEP_CUT:
        printf("%s     cut%s  %s\n", cp_color(stdout, CP_COLOR_DOUBT),
               cp_color(stdout, CP_COLOR_NONE), text.what);
        return;
    case CP_STEP_VIOLATION:
        printf("%s  broken%s  %s\n", cp_color(stdout, CP_COLOR_BAD),
               cp_color(stdout, CP_COLOR_NONE), text.what);
        return;
    default:
        printf("  %6u  %-*s%s%s%s%s\n", step->event_index, *text.where ? OPERATION_WIDTH : 0,
               text.what, *text.where ? "  " : "", cp_color(stdout, CP_COLOR_DIM), text.where,
               cp_color(stdout, CP_COLOR_NONE));
    }
}

// The event before the point has been told: the next one is where to stop.
static bool is_just_before(struct cp_point point, const struct cp_step *step) {
    return step->kind != CP_STEP_CUT && step->cuts == point.cuts &&
           step->event_index + 1 == point.event_index;
}

static bool is_left_out(struct printing *printing, const struct cp_step *step) {
    if (printing->has_stop) {
        if (is_just_before(printing->stop, step)) {
            cp_bus_stop_at_next_event();
        }
        return !cp_point_is_before(printing->stop, step) && !cp_point_is_of(printing->stop, step);
    }
    return printing->has_end && cp_point_is_before(printing->end, step);
}

static bool is_silent(const struct printing *printing) {
    return printing->debug && printing->debug->is_silent;
}

// Whoever sits at a debugger looks at operations there, and lets thousands of them pass.
static bool is_passed_over(const struct printing *printing, const struct cp_step *step) {
    bool is_operation = step->kind == CP_STEP_PROGRAM || step->kind == CP_STEP_ERASE;
    return is_silent(printing) ||
           (printing->debug && is_operation && !printing->replay->options->verbose);
}

static void take_step(void *context, const struct cp_step *step) {
    struct printing *printing = context;
    const struct cp_options *options = printing->replay->options;
    bool is_shown = !is_left_out(printing, step);
    printing->is_violated |= step->kind == CP_STEP_VIOLATION && (is_shown || printing->has_stop);
    if (printing->debug) {
        printing->debug->on_step(printing->debug->context, step);
    }
    if (!is_shown || is_passed_over(printing, step)) {
        return;
    }
    if (options->format == CP_FORMAT_JSON) {
        struct cp_jsonl json = {.out = stdout};
        cp_step_print_json(step, &json);
        return;
    }
    print_step(step);
    if (options->verbose) {
        cp_step_print_chain(step);
    }
}

// The same, with STATE in words where it changed.
static void take_verbose_step(void *context, const struct cp_trail *trail,
                              const struct cp_trail_step *told) {
    struct printing *printing = context;
    (void)trail;
    take_step(printing, &told->step);
    if (!is_left_out(printing, &told->step) &&
        strcmp(printing->state_says, told->state_says) != 0) {
        snprintf(printing->state_says, sizeof printing->state_says, "%s", told->state_says);
        printf("          STATE  %s\n", told->state_says);
    }
}

static int replay_steps(struct printing *printing, struct cp_violation *violation, char *error) {
    const struct cp_replay *replay = printing->replay;
    bool is_json = replay->options->format == CP_FORMAT_JSON;
    return replay->options->verbose && !is_json && !printing->has_stop
               ? cp_trail_run(replay->test_case, replay->program, replay->id.trace,
                              (struct cp_trail_options){false}, take_verbose_step, printing,
                              violation, error)
               : cp_replay(replay->test_case, replay->program, replay->id.trace, take_step,
                           printing, violation, error);
}

static void print_end_json(const struct printing *printing, const struct cp_violation *violation) {
    const struct cp_replay *replay = printing->replay;
    struct cp_jsonl json = {.out = stdout};
    cp_jsonl_open(&json, NULL, '{');
    cp_jsonl_text(&json, "type", "summary");
    cp_jsonl_text(&json, "name", replay->test_case->name);
    cp_jsonl_text(&json, "trace", replay->id.trace);
    cp_jsonl_text(&json, "until", printing->has_end ? cp_point_text(printing->end).text : NULL);
    cp_jsonl_bool(&json, "violated", violation != NULL);
    cp_jsonl_text(&json, "promise", violation ? cp_promise_name(violation->promise) : NULL);
    cp_jsonl_text(&json, "message", violation ? violation->message : NULL);
    cp_jsonl_close(&json, '}');
}

static void print_what_no_trace_shows(const struct cp_case *test_case) {
    if (test_case->uptime_max_us > 0 && test_case->promises >> CP_PROMISE_PROGRESSES & 1u) {
        puts("       the up-time that 'progresses' allows is of a whole search: no trace shows it");
    }
}

static void print_holds(const struct printing *printing) {
    const struct cp_replay *replay = printing->replay;
    if (printing->has_end) {
        printf("%sSTOPPED%s  after event %s; no promise broke up to there\n",
               cp_color(stdout, CP_COLOR_DOUBT), cp_color(stdout, CP_COLOR_NONE),
               cp_point_text(printing->end).text);
        return;
    }
    printf("%sHOLDS%s  no promise broke on this trace of %s\n", cp_color(stdout, CP_COLOR_GOOD),
           cp_color(stdout, CP_COLOR_NONE), replay->test_case->name);
    print_what_no_trace_shows(replay->test_case);
}

static void print_end(const struct printing *printing, const struct cp_violation *violation) {
    if (printing->replay->options->format == CP_FORMAT_JSON) {
        print_end_json(printing, violation);
    } else if (violation) {
        printf("expected  %s\ngot       %s\n%sREPRODUCED%s  %s violates %s\n",
               cp_promise_text(violation->promise), violation->message,
               cp_color(stdout, CP_COLOR_BAD), cp_color(stdout, CP_COLOR_NONE),
               printing->replay->test_case->name, cp_promise_name(violation->promise));
    } else {
        print_holds(printing);
    }
}

static enum cp_exit print_trace(struct printing *printing) {
    struct cp_violation violation;
    char error[CP_MESSAGE_MAX] = "";
    if (replay_steps(printing, &violation, error) < 0) {
        fflush(stdout);
        cp_complain("%s", error);
        return CP_EXIT_USAGE;
    }
    if (is_silent(printing)) {
        return CP_EXIT_OK;
    }
    print_end(printing, printing->is_violated ? &violation : NULL);
    return printing->is_violated ? CP_EXIT_VIOLATED : CP_EXIT_OK;
}

enum cp_exit cp_replay_debugged(const struct cp_replay *replay, struct cp_replay_debug *debug) {
    struct printing printing = {
        .replay = replay, .has_stop = true, .stop = debug->stop, .debug = debug};
    return print_trace(&printing);
}

static enum cp_exit print_steps(const struct cp_replay *replay) {
    struct printing printing = {.replay = replay, .has_end = replay->options->until != NULL};
    const char *stop = getenv(STOP_VARIABLE);
    if (stop && *stop) {
        if (cp_point_parse(stop, 0, &printing.stop)) {
            cp_complain("%s is '%s', which is no event of a trace", STOP_VARIABLE, stop);
            return CP_EXIT_USAGE;
        }
        printing.has_stop = true;
    }
    if (printing.has_end) {
        struct cp_survey survey;
        enum cp_exit code = cp_replay_survey(replay, &survey);
        if (code != CP_EXIT_OK) {
            return code;
        }
        printing.end = survey.point;
    }
    return print_trace(&printing);
}

typedef enum cp_exit way(const struct cp_replay *replay, const struct cp_survey *survey);

// The way to go on that the options ask for; what needs the terminal goes last, and alone.
static enum cp_exit go(const struct cp_replay *replay, way *const *ways) {
    struct cp_survey survey;
    enum cp_exit code = cp_replay_survey(replay, &survey);
    for (; code == CP_EXIT_OK && *ways; ways++) {
        code = (*ways)(replay, &survey);
    }
    return code;
}

static bool fit_together(const struct cp_options *options) {
    bool is_interactive = options->step || options->gdb;
    if (options->step && options->gdb) {
        cp_complain("--step and --gdb both want the terminal; give one of them");
        return false;
    }
    if (is_interactive && options->format == CP_FORMAT_JSON) {
        cp_complain("%s is for people; it has no --format json",
                    options->step ? "--step" : "--gdb");
        return false;
    }
    return true;
}

static enum cp_exit run_replay(const struct cp_replay *replay) {
    const struct cp_options *options = replay->options;
    way *ways[5] = {NULL};
    size_t count = 0;
    if (options->save_as) {
        ways[count++] = cp_replay_save_as;
    }
    if (options->image) {
        ways[count++] = cp_replay_image;
    }
    if (options->step) {
        ways[count++] = cp_replay_step;
    }
    if (options->gdb) {
        ways[count++] = cp_replay_in_gdb;
    }
    return count > 0 ? go(replay, ways) : print_steps(replay);
}

enum cp_exit cp_command_replay(const struct cp_options *options) {
    struct cp_replay replay = {.options = options};
    enum cp_exit code = fit_together(options) ? cp_replay_find(&replay) : CP_EXIT_USAGE;
    if (code == CP_EXIT_OK) {
        code = run_replay(&replay);
    }
    cp_case_list_free(&replay.cases);
    return code;
}

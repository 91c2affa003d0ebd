// replay_survey.c: a replay without a word, so that what does not fit is told before
// anything is printed, written or started.

#include "cli/replay.h"

#include <string.h>

static void note_step(void *context, const struct cp_step *step) {
    struct cp_survey *survey = context;
    if (step->cuts <= CP_TOKENS_MAX) {
        survey->events[step->cuts] = step->event_index;
        survey->cut_count = step->cuts;
    }
    if (step->kind == CP_STEP_CUT) {
        survey->has_cut = true;
        survey->cut_at = (struct cp_point){step->cuts, step->event_index};
    }
    if (step->kind == CP_STEP_VIOLATION) {
        if (survey->violated == 0) {
            survey->violated_at = (struct cp_point){step->cuts, step->event_index};
        }
        survey->violated |= 1u << step->promise;
    }
}

static enum cp_exit find_point(const struct cp_replay *replay, struct cp_survey *survey) {
    const char *until = replay->options->until;
    struct cp_point *point = &survey->point;
    survey->has_point = until != NULL;
    if (!until) {
        return CP_EXIT_OK;
    }
    if (cp_point_parse(until, survey->cut_count, point)) {
        cp_complain("'%s' is no event of a trace", until);
        cp_help("write 137 for event 137 after the last cut, 2:12 for event 12 after the second");
        return CP_EXIT_USAGE;
    }
    if (point->cuts > survey->cut_count) {
        cp_complain("there is no event %s: the trace has %u cut%s", until, survey->cut_count,
                    survey->cut_count == 1 ? "" : "s");
        return CP_EXIT_USAGE;
    }
    if (point->event_index > survey->events[point->cuts]) {
        cp_complain("there is no event %s: that power-on ends after event %u", until,
                    survey->events[point->cuts]);
        return CP_EXIT_USAGE;
    }
    return CP_EXIT_OK;
}

enum cp_exit cp_replay_survey(const struct cp_replay *replay, struct cp_survey *survey) {
    char error[CP_MESSAGE_MAX] = "";
    memset(survey, 0, sizeof *survey);
    if (cp_replay(replay->test_case, replay->program, replay->id.trace, note_step, survey,
                  &survey->violation, error) < 0) {
        cp_complain("%s", error);
        return CP_EXIT_USAGE;
    }
    return find_point(replay, survey);
}

bool cp_survey_default_point(const struct cp_survey *survey, struct cp_point *point) {
    if (survey->has_point) {
        *point = survey->point;
    } else if (survey->has_cut) {
        *point = survey->cut_at;
    } else if (survey->violated) {
        *point = survey->violated_at;
    } else {
        cp_complain("the trace has no cut, and no promise breaks on it");
        cp_help("say which event is meant, such as --until 137");
        return false;
    }
    return true;
}

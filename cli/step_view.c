// step_view.c: not there yet.

#include "cli/replay.h"

enum cp_exit cp_replay_step(const struct cp_replay *replay, const struct cp_survey *survey) {
    (void)replay, (void)survey;
    cp_complain("--step is not there yet");
    return CP_EXIT_INTERNAL;
}

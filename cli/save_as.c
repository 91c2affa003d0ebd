// save_as.c: a trace as a scenario; not there yet, nor are the views beside it.

#include "cli/replay.h"

static enum cp_exit not_yet(const char *option) {
    cp_complain("%s is not there yet", option);
    return CP_EXIT_INTERNAL;
}

enum cp_exit cp_replay_save_as(const struct cp_replay *replay, const struct cp_survey *survey) {
    (void)replay, (void)survey;
    return not_yet("--save-as");
}

enum cp_exit cp_replay_image(const struct cp_replay *replay, const struct cp_survey *survey) {
    (void)replay, (void)survey;
    return not_yet("--image");
}

enum cp_exit cp_replay_step(const struct cp_replay *replay, const struct cp_survey *survey) {
    (void)replay, (void)survey;
    return not_yet("--step");
}

// replay_point.c: places in a trace, as people write them: "137", "2:12".

#include "cli/replay.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

struct cp_number cp_point_text(struct cp_point point) {
    struct cp_number number;
    snprintf(number.text, sizeof number.text, "%u:%u", point.cuts, point.event_index);
    return number;
}

// A number that begins with a digit; strtoul alone takes signs and spaces.
static int read_number(const char **cursor, uint32_t *value) {
    char *end;
    if (!isdigit((unsigned char)**cursor)) {
        return -1;
    }
    errno = 0;
    unsigned long number = strtoul(*cursor, &end, 10);
    *cursor = end;
    *value = (uint32_t)number;
    return errno || number > UINT32_MAX ? -1 : 0;
}

int cp_point_parse(const char *text, uint32_t cut_count, struct cp_point *point) {
    uint32_t first;
    int err = read_number(&text, &first);
    if (err) {
        return err;
    }
    *point = (struct cp_point){cut_count, first};
    if (*text == ':') {
        text++;
        point->cuts = first;
        err = read_number(&text, &point->event_index);
    }
    return err || *text != '\0' ? -1 : 0;
}

bool cp_point_is_of(struct cp_point point, const struct cp_step *step) {
    return step->cuts == point.cuts && step->event_index == point.event_index;
}

bool cp_point_is_before(struct cp_point point, const struct cp_step *step) {
    return step->cuts > point.cuts ||
           (step->cuts == point.cuts &&
            (step->event_index > point.event_index ||
             (step->event_index == point.event_index && step->kind == CP_STEP_CUT)));
}

// user_parts.h: parts by name: those of the file, and all others.

#ifndef CP_SCENARIOS_USER_PARTS_H
#define CP_SCENARIOS_USER_PARTS_H

#include "scenarios/draft.h"

// A part of the file.
struct cp_user_part {
    struct cp_part part;
    const struct cp_part *origin; // the known part that it comes from, at last
    bool is_broken;               // an error was reported for it
};

// Copy the part that a key names. False after reporting that there is none, and for one
// that has an error of its own. *origin is the known part that it is, or comes from.
bool cp_read_part(struct cp_draft *draft, const char *path, struct cp_part *part,
                  const struct cp_part **origin);

#endif

// measures.h: what was measured of the build that a log is of: sizes, coverage.

#ifndef CP_REPORTS_MEASURES_H
#define CP_REPORTS_MEASURES_H

#include <stddef.h>

struct cp_measure {
    const char *name;
    double value;        // finite
    const char *unit;    // "" for none
    const char *more_is; // "worse", "better" or "neither"
};

// Put measures into a log, in place of those of the same name: all of them, or none. `source` is
// the command that measured. Negative with a message in error[CP_MESSAGE_MAX] if path is no log
// of this schema version, cannot be written, or is locked by a run that is writing it.
int cp_measures_put(const char *path, const struct cp_measure *measures, size_t count,
                    const char *source, char *error);

#endif

// part_keys.h: the flash facts of a part as a scenario may change them.
//
// The same keys stand below `target`, `external` and each of `parts`: a path ends in one of
// these, such as target.erase_size.

#ifndef CP_SCENARIOS_PART_KEYS_H
#define CP_SCENARIOS_PART_KEYS_H

#include "scenarios/draft.h"

// Change the part as the keys below `where` say, and check that its facts fit together.
// Returns false after an error: nothing should be built upon the part then.
bool cp_change_part(struct cp_draft *draft, const char *where, struct cp_part *part);

// For both files.
#define CP_PART_PATH_MAX 96u
const char *cp_part_path(char path[CP_PART_PATH_MAX], const char *where, const char *key);
bool cp_part_is_told(const struct cp_draft *draft, const char *where, const char *key);

// part_check.c: `old` is what was changed.
void cp_check_part(struct cp_draft *draft, const char *where, const struct cp_part *old,
                   const struct cp_part *part);

#endif

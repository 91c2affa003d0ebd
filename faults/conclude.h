// conclude.h: from the end of a search to what it says of the case.

#ifndef CP_FAULTS_CONCLUDE_H
#define CP_FAULTS_CONCLUDE_H

#include "faults/explorer.h"

// Say why the search ended and what that is worth: the bound in words, whether it
// is complete, was interrupted, and is as the case expects. A stop that is an error
// makes the verdict one. `searched` is the case as it was searched, with fewer cuts
// than `asked` where those show what ends it. `options` may be NULL.
void cp_conclude(const struct cp_case *asked, const struct cp_case *searched, enum cp_stop stop,
                 const struct cp_explore_options *options, struct cp_result *result);

#endif

// suggest.h: "did you mean": the known word nearest to a wrong one.

#ifndef CP_SCENARIOS_SUGGEST_H
#define CP_SCENARIOS_SUGGEST_H

#include <stddef.h>

#define CP_SUGGEST_LENGTH_MAX 40u

struct cp_suggestion {
    const char *wrong;
    const char *best; // NULL when nothing is near enough
    size_t distance;  // of best
};

// Start for a wrong word, then offer each known one.
struct cp_suggestion cp_suggest(const char *wrong);
void cp_suggest_offer(struct cp_suggestion *suggestion, const char *known);

// Insertions, deletions, replacements and swaps of neighbours that lead from a
// to b. Words longer than CP_SUGGEST_LENGTH_MAX are far from everything.
size_t cp_edit_distance(const char *a, const char *b);

#endif

// suggest.c: the nearest known word by optimal string alignment distance.

#include "scenarios/suggest.h"

#include <stdint.h>
#include <string.h>

#define ROW_LENGTH (CP_SUGGEST_LENGTH_MAX + 1u)

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

static size_t cell(size_t rows[][ROW_LENGTH], const char *a, const char *b, size_t i, size_t j) {
    size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
    size_t best = least(rows[i - 1][j] + 1, rows[i][j - 1] + 1);
    best = least(best, rows[i - 1][j - 1] + change);
    if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        best = least(best, rows[i - 2][j - 2] + 1);
    }
    return best;
}

size_t cp_edit_distance(const char *a, const char *b) {
    size_t rows[ROW_LENGTH][ROW_LENGTH];
    size_t a_length = strlen(a), b_length = strlen(b);
    if (a_length > CP_SUGGEST_LENGTH_MAX || b_length > CP_SUGGEST_LENGTH_MAX) {
        return SIZE_MAX;
    }
    for (size_t j = 0; j <= b_length; j++) {
        rows[0][j] = j;
    }
    for (size_t i = 1; i <= a_length; i++) {
        rows[i][0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            rows[i][j] = cell(rows, a, b, i, j);
        }
    }
    return rows[a_length][b_length];
}

struct cp_suggestion cp_suggest(const char *wrong) {
    // A third of the word may be wrong; of short words, one letter.
    size_t allowed = strlen(wrong) < 6 ? 1 : strlen(wrong) / 3;
    return (struct cp_suggestion){.wrong = wrong, .distance = allowed + 1};
}

void cp_suggest_offer(struct cp_suggestion *suggestion, const char *known) {
    size_t distance = cp_edit_distance(suggestion->wrong, known);
    if (distance < suggestion->distance) {
        suggestion->distance = distance;
        suggestion->best = known;
    }
}

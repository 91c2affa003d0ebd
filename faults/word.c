// word.c: see word.h.

#include "faults/word.h"

#include "faults/tears.h"

// Beyond what decides whether another program is allowed it makes no difference how often
// a word was programmed, and counting on would only tell states apart that behave alike.
static uint8_t programs_limit(const struct cp_part *part) {
    switch (part->rule) {
    case CP_RULE_AND:
    case CP_RULE_OVERWRITE:
    case CP_RULE_ONCE:
    case CP_RULE_ONCE_THEN_ZERO: return 1;
    case CP_RULE_AND_COUNTED: return part->programs_per_word;
    case CP_RULE_BLOCK_COUNTED: return UINT8_MAX;
    }
    return UINT8_MAX;
}

static uint8_t one_more(const struct cp_part *part, uint8_t programs) {
    uint8_t limit = programs_limit(part);
    return programs >= limit ? limit : (uint8_t)(programs + 1);
}

static struct cp_word uncorrectable(uint8_t programs) {
    return (struct cp_word){0, 0, CP_NOR_UNCORRECTABLE, programs};
}

// A word between two others. One that was undecided between equal values and is not
// changed stays so.
static struct cp_word ranged(struct cp_word old, uint32_t low, uint32_t high, uint8_t doubtful) {
    struct cp_word word = {low, high, old.undecided, old.programs};
    if (low != old.low || high != old.high) {
        word.undecided = low != high ? CP_NOR_OPEN : 0;
    }
    word.undecided = (uint8_t)((word.undecided & CP_NOR_OPEN) | doubtful);
    return word;
}

// A weak word holds what is programmed into it no better than the erased value.
static struct cp_word and_word(struct cp_word old, uint32_t asked) {
    bool is_weak = (old.undecided & CP_NOR_WEAK) != 0;
    uint8_t doubtful = old.undecided & CP_NOR_DOUBTFUL;
    return ranged(old, old.low & asked, is_weak ? old.high : old.high & asked, doubtful);
}

static bool spoils_ecc(const struct cp_part *part, const struct cp_word *old) {
    return part->ecc_read != CP_ECC_NONE && part->rule == CP_RULE_ONCE && old->programs > 0;
}

struct cp_word cp_word_program(const struct cp_part *part, struct cp_word old, uint32_t asked) {
    struct cp_word word;
    if (part->rule == CP_RULE_OVERWRITE || (part->rule == CP_RULE_ONCE_THEN_ZERO && asked == 0)) {
        word = (struct cp_word){asked, asked, 0, old.programs};
    } else if (old.undecided == CP_NOR_UNCORRECTABLE || spoils_ecc(part, &old)) {
        word = uncorrectable(old.programs);
    } else {
        word = and_word(old, asked);
    }
    word.programs = one_more(part, old.programs);
    return word;
}

// Any value between old and new; where there is ECC, or none.
static struct cp_word any_word(const struct cp_part *part, struct cp_word old, uint32_t asked) {
    uint8_t doubtful = cp_part_can_fail_ecc(part) ? CP_NOR_DOUBTFUL : 0;
    // Zeros over zeros pull no bit anywhere, whole or in part.
    bool is_idle = part->rule == CP_RULE_ONCE_THEN_ZERO && asked == 0 && old.low == 0 &&
                   old.high == 0 && old.undecided == 0;
    if (old.undecided == CP_NOR_UNCORRECTABLE || is_idle) {
        return old;
    }
    bool is_overwritten = part->rule == CP_RULE_OVERWRITE;
    return ranged(old, old.low & asked, is_overwritten ? old.high | asked : old.high, doubtful);
}

// The shapes of one word, and for several words which of them are done.
static struct cp_word shaped_word(const struct cp_part *part, enum cp_program_tear tear,
                                  struct cp_word old, uint32_t asked, uint32_t index,
                                  uint32_t count) {
    bool is_halves = count > 1 && (tear == CP_TEAR_LOW_HALF || tear == CP_TEAR_HIGH_HALF);
    bool is_prefix = count > 1 && tear <= CP_TEAR_BYTES_3;
    if (is_halves) {
        bool is_done = (index < count / 2) == (tear == CP_TEAR_LOW_HALF);
        return is_done ? cp_word_program(part, old, asked) : old;
    }
    if ((is_prefix && index > 0) || old.undecided == CP_NOR_UNCORRECTABLE) {
        return old;
    }
    struct cp_range torn = cp_tear_program_range((struct cp_range){old.low, old.high}, asked, tear);
    if (part->rule == CP_RULE_OVERWRITE) {
        torn.low = torn.high = cp_tear_overwrite(tear, old.low, asked);
    }
    return ranged(old, torn.low, torn.high, old.undecided & CP_NOR_DOUBTFUL);
}

struct cp_word cp_word_tear_program(const struct cp_part *part, enum cp_program_tear tear,
                                    struct cp_word old, uint32_t asked, uint32_t index,
                                    uint32_t count) {
    struct cp_word word;
    switch (tear) {
    case CP_TEAR_UNCORRECTABLE: word = uncorrectable(0); break;
    case CP_TEAR_ANY: word = any_word(part, old, asked); break;
    default: word = shaped_word(part, tear, old, asked, index, count); break;
    }
    word.programs = one_more(part, old.programs);
    return word;
}

struct cp_word cp_word_tear_erase(const struct cp_part *part, const struct cp_fault_model *faults,
                                  uint32_t tear, struct cp_word old, uint32_t index,
                                  uint32_t count) {
    if (old.low == CP_NOR_ERASED_WORD && old.programs == 0 && old.undecided == 0 &&
        tear != CP_TEAR_ERASE_WEAK && tear != CP_TEAR_ERASE_UNCORRECTABLE) {
        return old; // erased before, erased after
    }
    if (tear == CP_TEAR_ERASE_WEAK) {
        return (struct cp_word){CP_NOR_ERASED_WORD, CP_NOR_ERASED_WORD, CP_NOR_WEAK, 0};
    }
    if (tear == CP_TEAR_ERASE_UNCORRECTABLE) {
        return uncorrectable(old.programs);
    }
    // Units of ECC are erased or not as a whole; part of the bits of one makes it wrong.
    uint32_t unit = cp_part_can_fail_ecc(part) ? cp_part_ecc_words(part) : 1;
    bool is_erased;
    struct cp_range torn =
        cp_tear_erase_range(faults, tear, index / unit, count / unit,
                            (struct cp_range){old.low, old.high}, CP_NOR_ERASED_WORD, &is_erased);
    if (is_erased) {
        return (struct cp_word){CP_NOR_ERASED_WORD, CP_NOR_ERASED_WORD, 0, 0};
    }
    bool is_changed = torn.low != old.low || torn.high != old.high;
    if (old.undecided == CP_NOR_UNCORRECTABLE || (unit > 1 && is_changed)) {
        return uncorrectable(old.programs);
    }
    return ranged(old, torn.low, torn.high, old.undecided & CP_NOR_DOUBTFUL);
}

struct cp_word cp_word_without_doubt(struct cp_word word, bool is_uncorrectable) {
    if (is_uncorrectable) {
        return (struct cp_word){0, 0, CP_NOR_UNCORRECTABLE, word.programs};
    }
    word.undecided &= (uint8_t)~CP_NOR_DOUBTFUL;
    return word;
}

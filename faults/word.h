// word.h: one word of a flash, and what an operation leaves of it, whole or torn.
// The rules of parts and the fault model in words: docs/SPEC.md, "Fault model".

#ifndef CP_FAULTS_WORD_H
#define CP_FAULTS_WORD_H

#include "faults/case.h"
#include "sim/nor.h"

// What a read decides.
enum cp_read_kind {
    CP_READ_WORD,  // its value
    CP_READ_PAGE,  // the form of its page
    CP_READ_DOUBT, // whether its unit of ECC is uncorrectable: 1, or not: 0
};

// As nor.h stores it.
struct cp_word {
    uint32_t low, high; // equal unless it is undecided
    uint8_t undecided;  // CP_NOR_OPEN and the like
    uint8_t programs;   // since its last erase
};

static inline struct cp_word cp_word_get(const struct cp_nor *nor, uint32_t word) {
    return (struct cp_word){nor->words[word], cp_nor_high(nor, word), nor->undecided[word],
                            nor->programs[word]};
}

// Between cp_nor_begin_cell() and cp_nor_end_cell().
static inline void cp_word_put(struct cp_nor *nor, uint32_t word, const struct cp_word *value) {
    cp_nor_put_word(nor, word, value->low, value->high, value->undecided, value->programs);
}

// The same but for the count of programs.
static inline bool cp_word_same_content(const struct cp_word *a, const struct cp_word *b) {
    return a->low == b->low && a->high == b->high && a->undecided == b->undecided;
}

// What a program of `asked` leaves; a part that refuses it does not come here.
struct cp_word cp_word_program(const struct cp_part *part, struct cp_word old, uint32_t asked);

// The same where the power was cut. The word is number `index` of the `count` words that
// the operation programs.
struct cp_word cp_word_tear_program(const struct cp_part *part, enum cp_program_tear tear,
                                    struct cp_word old, uint32_t asked, uint32_t index,
                                    uint32_t count);

// What a cut inside an erase leaves, for the tears that go by words: all but `any` and
// `any-subset`. The word is number `index` of the `count` words of the page.
struct cp_word cp_word_tear_erase(const struct cp_part *part, const struct cp_fault_model *faults,
                                  uint32_t tear, struct cp_word old, uint32_t index,
                                  uint32_t count);

// A word of a unit that turns out to be uncorrectable, or not to be.
struct cp_word cp_word_without_doubt(struct cp_word word, bool is_uncorrectable);

// Can a torn unit of the part be uncorrectable?
static inline bool cp_part_can_fail_ecc(const struct cp_part *part) {
    return (part->faults & CP_FAULT_UNCORRECTABLE) != 0;
}

// How many words an uncorrectable unit has, and at most.
#define CP_ECC_WORDS_MAX 8u
static inline uint32_t cp_part_ecc_words(const struct cp_part *part) {
    return part->ecc_size_bytes > 4 ? part->ecc_size_bytes / 4 : 1;
}

#endif

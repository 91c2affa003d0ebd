// tears.h: what a power cut inside an operation leaves behind.
// The fault model in words: docs/SPEC.md, "Fault model".

#ifndef CP_FAULTS_TEARS_H
#define CP_FAULTS_TEARS_H

#include "faults/case.h"

// A word that lies anywhere between two values, each bit by itself.
struct cp_range {
    uint32_t low, high;
};

// The same as below where the old word is undecided. CP_TEAR_ANY leaves a range.
struct cp_range cp_tear_program_range(struct cp_range old, uint32_t asked,
                                      enum cp_program_tear tear);
struct cp_range cp_tear_erase_range(const struct cp_fault_model *faults, uint32_t tear,
                                    uint32_t index, uint32_t count, struct cp_range old,
                                    uint32_t erased, bool *is_erased);

// The word that a torn program of `asked` over `old` leaves (parts that clear bits).
uint32_t cp_tear_program(enum cp_program_tear tear, uint32_t old, uint32_t asked);

// The same for parts that overwrite.
uint32_t cp_tear_overwrite(enum cp_program_tear tear, uint32_t old, uint32_t asked);

// Only the shapes, not CP_TEAR_ANY and the like, are known here.

// How many torn erases a fault model has, and the name of one of them:
// enum cp_erase_tear first, then the bit masks.
uint32_t cp_erase_tear_total(const struct cp_fault_model *faults);
bool cp_erase_tear_enabled(const struct cp_fault_model *faults, uint32_t tear);
void cp_erase_tear_label(const struct cp_fault_model *faults, uint32_t tear, char name[32]);

// What a torn erase leaves of word `index` of a page of `count` words that held
// `old`. *is_erased is set when the word is wholly erased, so that it may be
// programmed as often as after a whole erase.
uint32_t cp_tear_erase_word(const struct cp_fault_model *faults, uint32_t tear, uint32_t index,
                            uint32_t count, uint32_t old, uint32_t erased, bool *is_erased);

#endif

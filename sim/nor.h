// nor.h: the storage of one NOR flash, with incremental hashes.
//
// The array is divided into cells of equal size; a page erase covers one or more
// whole cells. Each cell keeps the sum of its content, independent of where the
// cell lies, so that "this cell holds page 5 of the new image" is one comparison.
// The number of programs since the last erase is part of the state, since the
// part limits it, but not of a cell's content.
//
// A word can be undecided: a power cut inside an operation left it somewhere between
// a low and a high value, each bit that differs being 0 or 1 by itself. It stays so
// until somebody reads and decides it, or erases it. Undecided words are part of the
// content, as the range that they are; so all values of a torn word are one state.
// Where there is ECC, a word can be uncorrectable, with all of its unit; and that too
// can be undecided: then it is doubtful.
//
// The array is kept as a part has it whose erased bits are 1 and whose programs clear
// bits. For a part whose erased value is 0x00 everything is stored inverted; the bus
// inverts what goes in and out, and nobody else needs to know.

#ifndef CP_SIM_NOR_H
#define CP_SIM_NOR_H

#include "sim/hash.h"

#include <stdbool.h>

// What `undecided` says of a word; 0 when it simply holds its value.
enum {
    CP_NOR_OPEN = 1,          // it lies in a range
    CP_NOR_UNCORRECTABLE = 2, // alone: it has no value
    CP_NOR_DOUBTFUL = 4,      // it may be uncorrectable
    CP_NOR_WEAK = 8,          // alone: it reads erased, and holds nothing
};

#define CP_NOR_ERASED_WORD 0xFFFFFFFFu

struct cp_nor {
    uint32_t size_bytes;
    uint32_t cell_size_bytes;
    uint32_t words_per_cell;
    uint32_t cell_count;
    uint32_t erased_word;      // as stored: CP_NOR_ERASED_WORD
    uint32_t inversion;        // stored ^ inversion is what the part gives
    uint64_t place;            // keeps the hashes of two devices apart
    uint32_t *words;           // size_bytes / 4; of an undecided word the low value
    uint32_t *high_words;      // of an undecided word the high value; otherwise meaningless
    uint8_t *undecided;        // per word: CP_NOR_OPEN and the like
    uint8_t *watched;          // per word: stop at each read, for an audit
    uint32_t *undecided_count; // per cell: words that do not simply hold a value
    uint8_t *programs;         // per word, since its last erase
    struct cp_hash *content;   // per cell: sum over its words
    struct cp_hash *wear_sum;  // per cell: sum over its program counts
    struct cp_hash erased_content;
    struct cp_hash zero_content; // of a cell of zeros
    struct cp_hash hash;         // of the whole array, content and counts
};

// Allocate an erased array. Returns 0, or -1 when there is no memory.
int cp_nor_init(struct cp_nor *nor, uint32_t size_bytes, uint32_t cell_size_bytes,
                uint8_t erase_value, uint64_t place);
void cp_nor_free(struct cp_nor *nor);

// Replace one word and its program count.
void cp_nor_set_word(struct cp_nor *nor, uint32_t word, uint32_t value, uint8_t programs);

// The same for a word that lies between low and high: low == high decides it.
void cp_nor_set_range(struct cp_nor *nor, uint32_t word, uint32_t low, uint32_t high,
                      uint8_t programs);

// The high value of a word; the low one is in `words`.
static inline uint32_t cp_nor_high(const struct cp_nor *nor, uint32_t word) {
    return nor->undecided[word] & CP_NOR_OPEN ? nor->high_words[word] : nor->words[word];
}

// Put a word back as it was, with what `undecided` said of it: a torn erase leaves a
// word undecided that was erased before, between two equal values.
void cp_nor_restore_word(struct cp_nor *nor, uint32_t word, uint32_t low, uint32_t high,
                         uint8_t undecided, uint8_t programs);

// Can reading the word give more than one value?
static inline bool cp_nor_is_open(const struct cp_nor *nor, uint32_t word) {
    return (nor->undecided[word] & CP_NOR_OPEN) != 0 && nor->high_words[word] != nor->words[word];
}

static inline bool cp_nor_is_uncorrectable(const struct cp_nor *nor, uint32_t word) {
    return nor->undecided[word] == CP_NOR_UNCORRECTABLE;
}

static inline bool cp_nor_is_doubtful(const struct cp_nor *nor, uint32_t word) {
    return (nor->undecided[word] & CP_NOR_DOUBTFUL) != 0;
}

// Replace a word by all that there is to say of it.
void cp_nor_put_word(struct cp_nor *nor, uint32_t word, uint32_t low, uint32_t high,
                     uint8_t undecided, uint8_t programs);

// Replace many words of one cell at the price of one rehash: begin, put each that
// changes, end with what begin returned.
struct cp_hash cp_nor_begin_cell(const struct cp_nor *nor, uint32_t cell);
void cp_nor_put_range(struct cp_nor *nor, uint32_t word, uint32_t low, uint32_t high,
                      uint8_t programs);
// An uncorrectable word; and a word that may be, or is no longer.
void cp_nor_put_uncorrectable(struct cp_nor *nor, uint32_t word, uint8_t programs);
void cp_nor_put_doubt(struct cp_nor *nor, uint32_t word, bool is_doubtful);
void cp_nor_end_cell(struct cp_nor *nor, uint32_t cell, struct cp_hash begun);

// What an erase of one cell does: all words erased, no programs.
void cp_nor_erase_cell(struct cp_nor *nor, uint32_t cell);

// What a cut inside an erase of one cell does: no word is decided. Each bit is as it
// was or erased; or, with `forgets`, 0 or 1 whatever it was. With `doubts` each word may
// be uncorrectable as well. Program counts stay.
void cp_nor_undecide_cell(struct cp_nor *nor, uint32_t cell, bool forgets, bool doubts);

// Is that already all there is to know of the cell, with `forgets`?
bool cp_nor_is_forgotten(const struct cp_nor *nor, uint32_t cell, bool doubts);

// Save a cell's words, counts and sums to `save`, and put them back. The size is that
// of the cell as it is now; restoring returns the end of what it used.
size_t cp_nor_cell_save_size_bytes(const struct cp_nor *nor, uint32_t cell);
void cp_nor_save_cell(const struct cp_nor *nor, uint32_t cell, uint8_t *save);
const uint8_t *cp_nor_restore_cell(struct cp_nor *nor, uint32_t cell, const uint8_t *save);

// The content sum of bytes, as the part gives them, laid out as one cell.
struct cp_hash cp_nor_content_of(const struct cp_nor *nor, const uint8_t *bytes);

#endif

// nor.c: see nor.h.

#include "sim/nor.h"

#include <stdlib.h>
#include <string.h>

static struct cp_hash word_content(uint32_t word_in_cell, uint32_t value) {
    return cp_hash_pair(((uint64_t)word_in_cell << 32) | value, 1);
}

// A word that lies between its value and the erased one is the decided word times an
// odd number, so that undeciding a whole cell is one multiplication of its sum.
#define UNDECIDED_FACTOR 0x9E3779B97F4A7C15u

static struct cp_hash undecided_sum(struct cp_hash decided) {
    return (struct cp_hash){decided.low * UNDECIDED_FACTOR, decided.high * UNDECIDED_FACTOR};
}

static struct cp_hash range_content(const struct cp_nor *nor, uint32_t word_in_cell, uint32_t low,
                                    uint32_t high) {
    if (high == nor->erased_word) {
        return undecided_sum(word_content(word_in_cell, low));
    }
    return cp_hash_pair(((uint64_t)word_in_cell << 32) | low, ((uint64_t)high << 8) | 3);
}

// And a doubtful one is what it would be without doubt times another.
#define DOUBT_FACTOR 0xD1B54A32D192ED03u

static struct cp_hash doubtful_sum(struct cp_hash sum) {
    return (struct cp_hash){sum.low * DOUBT_FACTOR, sum.high * DOUBT_FACTOR};
}

static struct cp_hash flagged_content(const struct cp_nor *nor, uint32_t word,
                                      uint32_t word_in_cell) {
    if (nor->undecided[word] == CP_NOR_UNCORRECTABLE || nor->undecided[word] == CP_NOR_WEAK) {
        return cp_hash_pair((uint64_t)word_in_cell << 32 | nor->undecided[word], 5);
    }
    struct cp_hash sum =
        nor->undecided[word] & CP_NOR_OPEN
            ? range_content(nor, word_in_cell, nor->words[word], nor->high_words[word])
            : word_content(word_in_cell, nor->words[word]);
    return nor->undecided[word] & CP_NOR_DOUBTFUL ? doubtful_sum(sum) : sum;
}

static struct cp_hash content_now(const struct cp_nor *nor, uint32_t word, uint32_t word_in_cell) {
    return nor->undecided[word] ? flagged_content(nor, word, word_in_cell)
                                : word_content(word_in_cell, nor->words[word]);
}

// A count of zero adds nothing, so that an erased cell has no wear sum.
static struct cp_hash word_wear(uint32_t word_in_cell, uint8_t programs) {
    if (programs == 0) {
        return (struct cp_hash){0, 0};
    }
    return cp_hash_pair(((uint64_t)word_in_cell << 32) | programs, 2);
}

// What a cell adds to the hash of the whole array.
static struct cp_hash cell_hash(const struct cp_nor *nor, uint32_t cell) {
    struct {
        struct cp_hash content, wear;
    } sums = {nor->content[cell], nor->wear_sum[cell]};
    return cp_hash_bytes(&sums, sizeof(sums), nor->place + cell);
}

static void rehash(struct cp_nor *nor, uint32_t cell, struct cp_hash before) {
    nor->hash = cp_hash_add(cp_hash_sub(nor->hash, before), cell_hash(nor, cell));
}

static struct cp_hash uniform_content(const struct cp_nor *nor, uint32_t value) {
    struct cp_hash sum = {0, 0};
    for (uint32_t i = 0; i < nor->words_per_cell; i++) {
        sum = cp_hash_add(sum, word_content(i, value));
    }
    return sum;
}

static int allocate(struct cp_nor *nor) {
    uint32_t word_count = nor->size_bytes / 4;
    nor->words = malloc(nor->size_bytes);
    nor->high_words = calloc(word_count, 4);
    nor->undecided = calloc(word_count, 1);
    nor->watched = calloc(word_count, 1);
    nor->undecided_count = calloc(nor->cell_count, sizeof(*nor->undecided_count));
    nor->programs = calloc(word_count, 1);
    nor->content = calloc(nor->cell_count, sizeof(*nor->content));
    nor->wear_sum = calloc(nor->cell_count, sizeof(*nor->wear_sum));
    bool is_all = nor->words && nor->high_words && nor->undecided && nor->watched &&
                  nor->undecided_count && nor->programs && nor->content && nor->wear_sum;
    return is_all ? 0 : -1;
}

int cp_nor_init(struct cp_nor *nor, uint32_t size_bytes, uint32_t cell_size_bytes,
                uint8_t erase_value, uint64_t place) {
    memset(nor, 0, sizeof(*nor));
    nor->size_bytes = size_bytes;
    nor->cell_size_bytes = cell_size_bytes;
    nor->words_per_cell = cell_size_bytes / 4;
    nor->cell_count = size_bytes / cell_size_bytes;
    nor->erased_word = CP_NOR_ERASED_WORD;
    nor->inversion = (uint32_t) ~(erase_value * 0x01010101u);
    nor->place = place;
    if (allocate(nor)) {
        cp_nor_free(nor);
        return -1;
    }
    memset(nor->words, 0xFF, size_bytes);
    nor->erased_content = uniform_content(nor, nor->erased_word);
    nor->zero_content = uniform_content(nor, 0);
    for (uint32_t cell = 0; cell < nor->cell_count; cell++) {
        nor->content[cell] = nor->erased_content;
        nor->hash = cp_hash_add(nor->hash, cell_hash(nor, cell));
    }
    return 0;
}

void cp_nor_free(struct cp_nor *nor) {
    free(nor->words);
    free(nor->high_words);
    free(nor->undecided);
    free(nor->watched);
    free(nor->undecided_count);
    free(nor->programs);
    free(nor->content);
    free(nor->wear_sum);
    memset(nor, 0, sizeof(*nor));
}

struct cp_hash cp_nor_begin_cell(const struct cp_nor *nor, uint32_t cell) {
    return cell_hash(nor, cell);
}

void cp_nor_end_cell(struct cp_nor *nor, uint32_t cell, struct cp_hash begun) {
    rehash(nor, cell, begun);
}

static void put_value(struct cp_nor *nor, uint32_t word, uint32_t low, uint32_t high,
                      uint8_t undecided) {
    uint32_t cell = word / nor->words_per_cell;
    uint32_t place = word % nor->words_per_cell;
    struct cp_hash rest = cp_hash_sub(nor->content[cell], content_now(nor, word, place));
    nor->undecided_count[cell] += (uint32_t)(undecided != 0) - (nor->undecided[word] != 0);
    nor->undecided[word] = undecided;
    nor->words[word] = low;
    nor->high_words[word] = high;
    nor->content[cell] = cp_hash_add(rest, content_now(nor, word, place));
}

static void put_programs(struct cp_nor *nor, uint32_t word, uint8_t programs) {
    uint32_t cell = word / nor->words_per_cell;
    uint32_t place = word % nor->words_per_cell;
    if (programs != nor->programs[word]) {
        struct cp_hash rest =
            cp_hash_sub(nor->wear_sum[cell], word_wear(place, nor->programs[word]));
        nor->wear_sum[cell] = cp_hash_add(rest, word_wear(place, programs));
        nor->programs[word] = programs;
    }
}

void cp_nor_put_word(struct cp_nor *nor, uint32_t word, uint32_t low, uint32_t high,
                     uint8_t undecided, uint8_t programs) {
    if (low != nor->words[word] || undecided != nor->undecided[word] ||
        ((undecided & CP_NOR_OPEN) != 0 && high != nor->high_words[word])) {
        put_value(nor, word, low, high, undecided);
    }
    put_programs(nor, word, programs);
}

void cp_nor_put_range(struct cp_nor *nor, uint32_t word, uint32_t low, uint32_t high,
                      uint8_t programs) {
    if (low != nor->words[word] || high != cp_nor_high(nor, word) ||
        (nor->undecided[word] & ~CP_NOR_OPEN) != 0) {
        put_value(nor, word, low, high, low != high ? CP_NOR_OPEN : 0);
    }
    put_programs(nor, word, programs);
}

void cp_nor_put_uncorrectable(struct cp_nor *nor, uint32_t word, uint8_t programs) {
    if (!cp_nor_is_uncorrectable(nor, word)) {
        put_value(nor, word, 0, 0, CP_NOR_UNCORRECTABLE);
    }
    put_programs(nor, word, programs);
}

void cp_nor_put_doubt(struct cp_nor *nor, uint32_t word, bool is_doubtful) {
    uint8_t undecided = nor->undecided[word];
    if (undecided != CP_NOR_UNCORRECTABLE && is_doubtful != cp_nor_is_doubtful(nor, word)) {
        put_value(nor, word, nor->words[word], nor->high_words[word], undecided ^ CP_NOR_DOUBTFUL);
    }
}

void cp_nor_set_range(struct cp_nor *nor, uint32_t word, uint32_t low, uint32_t high,
                      uint8_t programs) {
    uint32_t cell = word / nor->words_per_cell;
    struct cp_hash begun = cp_nor_begin_cell(nor, cell);
    cp_nor_put_range(nor, word, low, high, programs);
    cp_nor_end_cell(nor, cell, begun);
}

void cp_nor_restore_word(struct cp_nor *nor, uint32_t word, uint32_t low, uint32_t high,
                         uint8_t undecided, uint8_t programs) {
    uint32_t cell = word / nor->words_per_cell;
    struct cp_hash begun = cp_nor_begin_cell(nor, cell);
    cp_nor_put_word(nor, word, low, high, undecided, programs);
    cp_nor_end_cell(nor, cell, begun);
}

void cp_nor_set_word(struct cp_nor *nor, uint32_t word, uint32_t value, uint8_t programs) {
    cp_nor_set_range(nor, word, value, value, programs);
}

static void decide_all(struct cp_nor *nor, uint32_t cell) {
    if (nor->undecided_count[cell] > 0) {
        memset(nor->undecided + cell * nor->words_per_cell, 0, nor->words_per_cell);
        nor->undecided_count[cell] = 0;
    }
}

void cp_nor_erase_cell(struct cp_nor *nor, uint32_t cell) {
    struct cp_hash before = cell_hash(nor, cell);
    uint32_t first = cell * nor->words_per_cell;
    memset(nor->words + first, 0xFF, nor->cell_size_bytes);
    memset(nor->programs + first, 0, nor->words_per_cell);
    decide_all(nor, cell);
    nor->content[cell] = nor->erased_content;
    nor->wear_sum[cell] = (struct cp_hash){0, 0};
    rehash(nor, cell, before);
}

// A word that is undecided already keeps what it is: from its low value up to erased.
// An uncorrectable one may be anything. First each of them is made a decided one of its
// low value, in the sum only.
static void forget_high_values(struct cp_nor *nor, uint32_t cell) {
    for (uint32_t place = 0; place < nor->words_per_cell; place++) {
        uint32_t word = cell * nor->words_per_cell + place;
        if (nor->undecided[word]) {
            struct cp_hash rest = cp_hash_sub(nor->content[cell], content_now(nor, word, place));
            nor->content[cell] = cp_hash_add(rest, word_content(place, nor->words[word]));
        }
    }
}

// Is a torn erase already all that is known of the cell?
static bool is_undecided_up_to_erased(const struct cp_nor *nor, uint32_t cell, uint8_t undecided) {
    const uint32_t *high = nor->high_words + (size_t)cell * nor->words_per_cell;
    const uint8_t *flags = nor->undecided + (size_t)cell * nor->words_per_cell;
    uint32_t differs = 0;
    if (nor->undecided_count[cell] != nor->words_per_cell) {
        return false;
    }
    for (uint32_t i = 0; i < nor->words_per_cell; i++) {
        differs |= (high[i] ^ nor->erased_word) | (uint32_t)(flags[i] ^ undecided);
    }
    return differs == 0;
}

static void undecide_words(struct cp_nor *nor, uint32_t cell, uint8_t undecided) {
    uint32_t first = cell * nor->words_per_cell;
    if (nor->undecided_count[cell] > 0) {
        forget_high_values(nor, cell);
    }
    memset(nor->undecided + first, undecided, nor->words_per_cell);
    memset(nor->high_words + first, 0xFF, nor->cell_size_bytes);
    nor->content[cell] = undecided_sum(nor->content[cell]);
    if (undecided & CP_NOR_DOUBTFUL) {
        nor->content[cell] = doubtful_sum(nor->content[cell]);
    }
}

bool cp_nor_is_forgotten(const struct cp_nor *nor, uint32_t cell, bool doubts) {
    struct cp_hash forgotten = undecided_sum(nor->zero_content);
    return cp_hash_equal(nor->content[cell], doubts ? doubtful_sum(forgotten) : forgotten);
}

void cp_nor_undecide_cell(struct cp_nor *nor, uint32_t cell, bool forgets, bool doubts) {
    struct cp_hash before = cell_hash(nor, cell);
    uint8_t undecided = doubts ? CP_NOR_OPEN | CP_NOR_DOUBTFUL : CP_NOR_OPEN;
    if (forgets) {
        decide_all(nor, cell);
        memset(nor->words + cell * nor->words_per_cell, 0, nor->cell_size_bytes);
        nor->content[cell] = nor->zero_content;
    }
    if (!is_undecided_up_to_erased(nor, cell, undecided)) {
        undecide_words(nor, cell, undecided);
    }
    nor->undecided_count[cell] = nor->words_per_cell;
    rehash(nor, cell, before);
}

struct saved_cell {
    struct cp_hash content, wear_sum;
    uint64_t undecided_count;
};

size_t cp_nor_cell_save_size_bytes(const struct cp_nor *nor, uint32_t cell) {
    size_t size_bytes = sizeof(struct saved_cell) + nor->cell_size_bytes + nor->words_per_cell;
    if (nor->undecided_count[cell] > 0) {
        size_bytes += nor->cell_size_bytes + nor->words_per_cell;
    }
    return size_bytes;
}

void cp_nor_save_cell(const struct cp_nor *nor, uint32_t cell, uint8_t *save) {
    uint32_t first = cell * nor->words_per_cell;
    struct saved_cell saved = {nor->content[cell], nor->wear_sum[cell], nor->undecided_count[cell]};
    memcpy(save, &saved, sizeof(saved));
    save += sizeof(saved);
    memcpy(save, nor->words + first, nor->cell_size_bytes);
    save += nor->cell_size_bytes;
    memcpy(save, nor->programs + first, nor->words_per_cell);
    if (saved.undecided_count > 0) {
        save += nor->words_per_cell;
        memcpy(save, nor->high_words + first, nor->cell_size_bytes);
        memcpy(save + nor->cell_size_bytes, nor->undecided + first, nor->words_per_cell);
    }
}

const uint8_t *cp_nor_restore_cell(struct cp_nor *nor, uint32_t cell, const uint8_t *save) {
    struct cp_hash before = cell_hash(nor, cell);
    uint32_t first = cell * nor->words_per_cell;
    struct saved_cell saved;
    memcpy(&saved, save, sizeof(saved));
    save += sizeof(saved);
    decide_all(nor, cell);
    memcpy(nor->words + first, save, nor->cell_size_bytes);
    save += nor->cell_size_bytes;
    memcpy(nor->programs + first, save, nor->words_per_cell);
    save += nor->words_per_cell;
    if (saved.undecided_count > 0) {
        memcpy(nor->high_words + first, save, nor->cell_size_bytes);
        save += nor->cell_size_bytes;
        memcpy(nor->undecided + first, save, nor->words_per_cell);
        save += nor->words_per_cell;
    }
    nor->content[cell] = saved.content;
    nor->wear_sum[cell] = saved.wear_sum;
    nor->undecided_count[cell] = (uint32_t)saved.undecided_count;
    rehash(nor, cell, before);
    return save;
}

struct cp_hash cp_nor_content_of(const struct cp_nor *nor, const uint8_t *bytes) {
    struct cp_hash sum = {0, 0};
    for (uint32_t i = 0; i < nor->words_per_cell; i++) {
        uint32_t value;
        memcpy(&value, bytes + 4 * (size_t)i, 4);
        sum = cp_hash_add(sum, word_content(i, value ^ nor->inversion));
    }
    return sum;
}

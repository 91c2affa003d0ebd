// nor.c: see nor.h.

#include "sim/nor.h"

#include <stdlib.h>
#include <string.h>

static struct cp_hash word_content(uint32_t word_in_cell, uint32_t value) {
    return cp_hash_pair(((uint64_t)word_in_cell << 32) | value, 1);
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

static struct cp_hash erased_content_sum(const struct cp_nor *nor) {
    struct cp_hash sum = {0, 0};
    for (uint32_t i = 0; i < nor->words_per_cell; i++) {
        sum = cp_hash_add(sum, word_content(i, nor->erased_word));
    }
    return sum;
}

static int allocate(struct cp_nor *nor) {
    uint32_t word_count = nor->size_bytes / 4;
    nor->words = malloc(nor->size_bytes);
    nor->programs = calloc(word_count, 1);
    nor->content = calloc(nor->cell_count, sizeof(*nor->content));
    nor->wear_sum = calloc(nor->cell_count, sizeof(*nor->wear_sum));
    return nor->words && nor->programs && nor->content && nor->wear_sum ? 0 : -1;
}

int cp_nor_init(struct cp_nor *nor, uint32_t size_bytes, uint32_t cell_size_bytes,
                uint8_t erase_value, uint64_t place) {
    memset(nor, 0, sizeof(*nor));
    nor->size_bytes = size_bytes;
    nor->cell_size_bytes = cell_size_bytes;
    nor->words_per_cell = cell_size_bytes / 4;
    nor->cell_count = size_bytes / cell_size_bytes;
    nor->erased_word = erase_value * 0x01010101u;
    nor->place = place;
    if (allocate(nor)) {
        cp_nor_free(nor);
        return -1;
    }
    memset(nor->words, erase_value, size_bytes);
    nor->erased_content = erased_content_sum(nor);
    for (uint32_t cell = 0; cell < nor->cell_count; cell++) {
        nor->content[cell] = nor->erased_content;
        nor->hash = cp_hash_add(nor->hash, cell_hash(nor, cell));
    }
    return 0;
}

void cp_nor_free(struct cp_nor *nor) {
    free(nor->words);
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

void cp_nor_put_word(struct cp_nor *nor, uint32_t word, uint32_t value, uint8_t programs) {
    uint32_t cell = word / nor->words_per_cell;
    uint32_t place = word % nor->words_per_cell;
    if (value != nor->words[word]) {
        struct cp_hash rest =
            cp_hash_sub(nor->content[cell], word_content(place, nor->words[word]));
        nor->content[cell] = cp_hash_add(rest, word_content(place, value));
        nor->words[word] = value;
    }
    if (programs != nor->programs[word]) {
        struct cp_hash rest =
            cp_hash_sub(nor->wear_sum[cell], word_wear(place, nor->programs[word]));
        nor->wear_sum[cell] = cp_hash_add(rest, word_wear(place, programs));
        nor->programs[word] = programs;
    }
}

void cp_nor_set_word(struct cp_nor *nor, uint32_t word, uint32_t value, uint8_t programs) {
    uint32_t cell = word / nor->words_per_cell;
    struct cp_hash begun = cp_nor_begin_cell(nor, cell);
    cp_nor_put_word(nor, word, value, programs);
    cp_nor_end_cell(nor, cell, begun);
}

void cp_nor_erase_cell(struct cp_nor *nor, uint32_t cell) {
    struct cp_hash before = cell_hash(nor, cell);
    uint32_t first = cell * nor->words_per_cell;
    memset(nor->words + first, (int)(nor->erased_word & 0xFF), nor->cell_size_bytes);
    memset(nor->programs + first, 0, nor->words_per_cell);
    nor->content[cell] = nor->erased_content;
    nor->wear_sum[cell] = (struct cp_hash){0, 0};
    rehash(nor, cell, before);
}

size_t cp_nor_cell_save_size_bytes(const struct cp_nor *nor) {
    return 2 * sizeof(struct cp_hash) + nor->cell_size_bytes + nor->words_per_cell;
}

void cp_nor_save_cell(const struct cp_nor *nor, uint32_t cell, uint8_t *save) {
    uint32_t first = cell * nor->words_per_cell;
    memcpy(save, &nor->content[cell], sizeof(struct cp_hash));
    memcpy(save + sizeof(struct cp_hash), &nor->wear_sum[cell], sizeof(struct cp_hash));
    save += 2 * sizeof(struct cp_hash);
    memcpy(save, nor->words + first, nor->cell_size_bytes);
    memcpy(save + nor->cell_size_bytes, nor->programs + first, nor->words_per_cell);
}

void cp_nor_restore_cell(struct cp_nor *nor, uint32_t cell, const uint8_t *save) {
    struct cp_hash before = cell_hash(nor, cell);
    uint32_t first = cell * nor->words_per_cell;
    memcpy(&nor->content[cell], save, sizeof(struct cp_hash));
    memcpy(&nor->wear_sum[cell], save + sizeof(struct cp_hash), sizeof(struct cp_hash));
    save += 2 * sizeof(struct cp_hash);
    memcpy(nor->words + first, save, nor->cell_size_bytes);
    memcpy(nor->programs + first, save + nor->cell_size_bytes, nor->words_per_cell);
    rehash(nor, cell, before);
}

struct cp_hash cp_nor_content_of(const struct cp_nor *nor, const uint8_t *bytes) {
    struct cp_hash sum = {0, 0};
    for (uint32_t i = 0; i < nor->words_per_cell; i++) {
        uint32_t value;
        memcpy(&value, bytes + 4 * (size_t)i, 4);
        sum = cp_hash_add(sum, word_content(i, value));
    }
    return sum;
}

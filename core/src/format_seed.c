// format_seed.c: the published state format, kept as it is with its known holes.
//
// STATE is an array of words, each of the flash's write size W and made of one
// byte value repeated W times. E is the erase value, !E its complement, N the
// number of page units of ACTIVE.
//
//   word             holds           means
//   0                magic           BOOT 0xD0, SWAP 0xF0, DETACH 0xE0, REVERT 0xC0
//   1                E               the progress below is valid
//                    other           it is not: count every step as done
//   2 .. 2N+1        E, !E           swap steps 0 .. 2N-1: not done, done
//   2N+2 .. 4N+1     E, !E           revert steps 2N .. 4N-1: not done, done
//
// Reading it back:
//   1. the state is the one whose magic fills all of word 0; any other word 0 is BOOT;
//   2. the progress is invalid as soon as one byte of word 1 differs from E;
//   3. a step is done only if no byte of its word equals E, so a torn word is not done.
//
// A new state is stored in three writes (invalidate, erase all, magic), and
// nothing here survives a cut between or inside them. Magics are also bit
// subsets of each other. What that breaks is stated, promise by promise, by the
// scenarios for this format; it is not repaired here, because a repaired layout
// would be another format.

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "partition.h"
#include "state_format.h"

#define WORD_SIZE_MAX_BYTES 32u

enum { WORD_MAGIC = 0, WORD_VALIDITY = 1, WORD_STEPS = 2 };

static const uint8_t magic_of[] = {
    [CP_STATE_BOOT] = 0xD0,
    [CP_STATE_SWAP] = 0xF0,
    [CP_STATE_REVERT] = 0xC0,
    [CP_STATE_DETACH] = 0xE0,
};

static uint32_t word_size_bytes(const struct cp_partition *state) {
    return state->flash->write_size_bytes;
}

// How many bytes of a word have the given value.
static int count_bytes(const struct cp_partition *state, uint32_t word_index, uint8_t value,
                       uint32_t *count) {
    uint8_t word[WORD_SIZE_MAX_BYTES] = {0};
    const uint32_t size_bytes = word_size_bytes(state);
    int err = cp_partition_read(state, word_index * size_bytes, word, size_bytes);
    if (err) {
        return err;
    }
    *count = 0;
    for (uint32_t i = 0; i < size_bytes; i++) {
        *count += word[i] == value;
    }
    return CP_OK;
}

static int word_is(const struct cp_partition *state, uint32_t word_index, uint8_t value, bool *is) {
    uint32_t count = 0;
    int err = count_bytes(state, word_index, value, &count);
    *is = !err && count == word_size_bytes(state);
    return err;
}

static int program_word(const struct cp_partition *state, uint32_t word_index, uint8_t value) {
    uint8_t word[WORD_SIZE_MAX_BYTES] = {0};
    const uint32_t size_bytes = word_size_bytes(state);
    memset(word, value, size_bytes);
    return cp_partition_program(state, word_index * size_bytes, word, size_bytes);
}

static uint8_t mark_of(const struct cp_partition *state) {
    return (uint8_t)~state->flash->erase_value;
}

static int erase_and_store(const struct cp_partition *state, enum cp_state value) {
    int err = cp_partition_erase(state, 0, state->size_bytes);
    if (err) {
        return err;
    }
    return program_word(state, WORD_MAGIC, magic_of[value]);
}

static uint32_t seed_size_bytes(uint32_t page_count, uint32_t write_size_bytes) {
    const uint64_t words = WORD_STEPS + 4 * (uint64_t)page_count;
    const uint64_t size_bytes = words * write_size_bytes;
    return size_bytes < UINT32_MAX ? (uint32_t)size_bytes : UINT32_MAX;
}

static int seed_get(const struct cp_partition *state, enum cp_state *value) {
    uint8_t word[WORD_SIZE_MAX_BYTES] = {0};
    const uint32_t size_bytes = word_size_bytes(state);
    int err = cp_partition_read(state, WORD_MAGIC, word, size_bytes);
    if (err) {
        return err;
    }
    *value = CP_STATE_BOOT;
    for (enum cp_state candidate = CP_STATE_SWAP; candidate <= CP_STATE_DETACH; candidate++) {
        uint32_t matches = 0;
        while (matches < size_bytes && word[matches] == magic_of[candidate]) {
            matches++;
        }
        if (matches == size_bytes) {
            *value = candidate;
        }
    }
    return CP_OK;
}

// Move *step up to the first step that is not done, or to step_count.
static int find_next_step(const struct cp_partition *state, uint32_t step_count, uint32_t *step) {
    for (; *step < step_count; (*step)++) {
        uint32_t erased_count = 0;
        int err = count_bytes(state, WORD_STEPS + *step, state->flash->erase_value, &erased_count);
        if (err || erased_count > 0) {
            return err;
        }
    }
    return CP_OK;
}

// The published code searches the progress from its start before every step, so
// that its reads grow with the square of the pages. Going on from the step just
// recorded finds the same one: all before it are done.
static int seed_load(const struct cp_partition *state, uint32_t page_count,
                     struct cp_state_view *view) {
    view->next_step = 0;
    int err = seed_get(state, &view->state);
    if (err || view->state != CP_STATE_SWAP) {
        return err;
    }
    bool is_valid = false;
    err = word_is(state, WORD_VALIDITY, state->flash->erase_value, &is_valid);
    if (err || !is_valid) {
        view->next_step = 4 * page_count;
        return err;
    }
    return find_next_step(state, 4 * page_count, &view->next_step);
}

static int seed_skip_done(const struct cp_partition *state, uint32_t page_count,
                          struct cp_state_view *view) {
    return find_next_step(state, 4 * page_count, &view->next_step);
}

static int seed_record_step(const struct cp_partition *state, uint32_t step) {
    return program_word(state, WORD_STEPS + step, mark_of(state));
}

// Word 1 is programmed without looking, as published: a cut before the erase
// makes the next boot program it a second time.
static int seed_finish_revert(const struct cp_partition *state) {
    int err = program_word(state, WORD_VALIDITY, mark_of(state));
    if (err) {
        return err;
    }
    return erase_and_store(state, CP_STATE_REVERT);
}

// If the power fails in the erase, the progress must not come back to life
// under the old magic; so it is declared invalid first.
static int invalidate_progress(const struct cp_partition *state) {
    bool is_valid = false;
    int err = word_is(state, WORD_VALIDITY, state->flash->erase_value, &is_valid);
    if (err || !is_valid) {
        return err;
    }
    return program_word(state, WORD_VALIDITY, mark_of(state));
}

static int seed_set(const struct cp_partition *state, enum cp_state value) {
    bool is_stored = false;
    int err = word_is(state, WORD_MAGIC, magic_of[value], &is_stored);
    if (err || is_stored) {
        return err;
    }
    err = invalidate_progress(state);
    if (err) {
        return err;
    }
    return erase_and_store(state, value);
}

const struct cp_state_format cp_state_format_seed = {
    .prepare = cp_boot_run,
    .size_bytes = seed_size_bytes,
    .get = seed_get,
    .load = seed_load,
    .record_step = seed_record_step,
    .skip_done = seed_skip_done,
    .finish_revert = seed_finish_revert,
    .set = seed_set,
};

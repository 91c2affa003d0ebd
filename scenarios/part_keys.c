// part_keys.c: change the flash facts of a part.
//
// What follows from a changed fact changes with it, unless it is given as well: a part
// without ECC has no uncorrectable words, a rule has its count of programs.

#include "scenarios/part_keys.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

const char *cp_part_path(char path[CP_PART_PATH_MAX], const char *where, const char *key) {
    snprintf(path, CP_PART_PATH_MAX, "%s.%s", where, key);
    return path;
}

bool cp_part_is_told(const struct cp_draft *draft, const char *where, const char *key) {
    char path[CP_PART_PATH_MAX];
    return cp_read_has(draft, cp_part_path(path, where, key));
}

struct change {
    struct cp_draft *draft;
    const char *where;
    struct cp_part *part;
};

static bool read_number(const struct change *change, const char *key, uint32_t *value) {
    char path[CP_PART_PATH_MAX];
    return cp_read_number_32(change->draft, cp_part_path(path, change->where, key), value);
}

static bool is_told(const struct change *change, const char *key) {
    return cp_part_is_told(change->draft, change->where, key);
}

// --- one fact after the other ---

static void read_plain_numbers(const struct change *change) {
    static const struct {
        const char *key;
        size_t place;
    } facts[] = {
        {"write_size", offsetof(struct cp_part, write_size_bytes)},
        {"program_time", offsetof(struct cp_part, program_time_us)},
        {"programs_per_block", offsetof(struct cp_part, programs_per_block)},
        {"block_size", offsetof(struct cp_part, block_size_bytes)},
        {"endurance", offsetof(struct cp_part, endurance_erases)},
        {"flash_address", offsetof(struct cp_part, flash_address)},
        {"registers_address", offsetof(struct cp_part, registers_address)},
    };
    for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++) {
        uint32_t *fact = (uint32_t *)(void *)((char *)change->part + facts[i].place);
        read_number(change, facts[i].key, fact);
    }
}

// A SPI NOR chip tells its size in its ID, as a power of two, and drivers believe it.
static void resize(struct cp_part *part, uint32_t size_bytes) {
    bool has_halves = part->bank_size_bytes == part->size_bytes / 2;
    part->size_bytes = size_bytes;
    if (has_halves) {
        part->bank_size_bytes = size_bytes / 2;
    } else if (part->bank_size_bytes >= size_bytes) {
        part->bank_size_bytes = 0;
    }
    if (!cp_part_is_mapped(part)) {
        part->jedec_id = (part->jedec_id & 0xFFFF00u) | (uint32_t)__builtin_ctz(size_bytes);
    }
}

static void read_geometry(const struct change *change) {
    uint32_t size_bytes, time_us;
    struct cp_part *part = change->part;
    if (read_number(change, "size", &size_bytes)) {
        resize(part, size_bytes);
    }
    read_number(change, "erase_size", &part->erase_size_bytes);
    if (read_number(change, "erase_time", &time_us)) {
        part->erase_time_us = time_us;
        for (uint32_t i = 0; i < part->region_count; i++) {
            part->regions[i].erase_time_us = time_us;
        }
    }
}

#define PROGRAMS_UNCOUNTED 255u

static uint8_t programs_of(enum cp_program_rule rule, uint8_t otherwise) {
    switch (rule) {
    case CP_RULE_ONCE:
    case CP_RULE_ONCE_THEN_ZERO: return 1;
    case CP_RULE_AND:
    case CP_RULE_OVERWRITE: return PROGRAMS_UNCOUNTED;
    default: return otherwise;
    }
}

static void read_rule(const struct change *change) {
    char path[CP_PART_PATH_MAX];
    struct cp_part *part = change->part;
    uint32_t rule, programs, value;
    if (cp_read_word(change->draft, cp_part_path(path, change->where, "rule"), &rule)) {
        part->rule = (enum cp_program_rule)rule;
        part->programs_per_word = programs_of(part->rule, part->programs_per_word);
    }
    if (read_number(change, "programs_per_word", &programs)) {
        part->programs_per_word = (uint8_t)programs;
    }
    if (read_number(change, "erase_value", &value)) {
        part->erase_value = (uint8_t)value;
    }
}

static void read_ecc(const struct change *change) {
    char path[CP_PART_PATH_MAX];
    uint32_t read;
    struct cp_part *part = change->part;
    if (cp_read_word(change->draft, cp_part_path(path, change->where, "ecc_read"), &read)) {
        part->ecc_read = (enum cp_ecc_read)read;
    }
    read_number(change, "ecc", &part->ecc_size_bytes);
    if (part->ecc_size_bytes == 0 && !is_told(change, "ecc_read")) {
        part->ecc_read = CP_ECC_NONE;
    }
    if (part->ecc_read == CP_ECC_NONE && !is_told(change, "ecc")) {
        part->ecc_size_bytes = 0;
    }
    if (part->ecc_size_bytes == 0) {
        part->faults &= ~(uint32_t)CP_FAULT_UNCORRECTABLE;
    }
    cp_read_words(change->draft, cp_part_path(path, change->where, "faults"), &part->faults);
}

bool cp_change_part(struct cp_draft *draft, const char *where, struct cp_part *part) {
    const struct cp_part old = *part;
    const struct change change = {draft, where, part};
    size_t before = draft->report->added;
    read_plain_numbers(&change);
    read_geometry(&change);
    read_rule(&change);
    read_ecc(&change);
    cp_check_part(draft, where, &old, part);
    return draft->report->added == before;
}

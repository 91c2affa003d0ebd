// tears.c: see tears.h.

#include "faults/tears.h"

#include <stdio.h>

static uint32_t lowest_bit(uint32_t bits) {
    return bits & (0u - bits);
}

static uint32_t highest_bit(uint32_t bits) {
    return bits == 0 ? 0 : 0x80000000u >> __builtin_clz(bits);
}

// Of the bits that were to change, those that did.
static uint32_t program_mask(enum cp_program_tear tear, uint32_t changing) {
    switch (tear) {
    case CP_TEAR_BYTES_1: return 0x000000FFu;
    case CP_TEAR_BYTES_2:
    case CP_TEAR_LOW_HALF: return 0x0000FFFFu;
    case CP_TEAR_BYTES_3: return 0x00FFFFFFu;
    case CP_TEAR_HIGH_HALF: return 0xFFFF0000u;
    case CP_TEAR_EVEN_BITS: return 0x55555555u;
    case CP_TEAR_ODD_BITS: return 0xAAAAAAAAu;
    case CP_TEAR_LOW_NIBBLES: return 0x0F0F0F0Fu;
    case CP_TEAR_HIGH_NIBBLES: return 0xF0F0F0F0u;
    case CP_TEAR_LOWEST_BIT_MISSING: return changing & ~lowest_bit(changing);
    case CP_TEAR_HIGHEST_BIT_MISSING: return changing & ~highest_bit(changing);
    case CP_TEAR_ANY:
    case CP_TEAR_UNCORRECTABLE:
    case CP_PROGRAM_TEAR_COUNT: break;
    }
    return 0;
}

uint32_t cp_tear_program(enum cp_program_tear tear, uint32_t old, uint32_t asked) {
    uint32_t changing = old & ~asked;
    return old & ~(changing & program_mask(tear, changing));
}

uint32_t cp_tear_overwrite(enum cp_program_tear tear, uint32_t old, uint32_t asked) {
    uint32_t changing = old ^ asked;
    return old ^ (changing & program_mask(tear, changing));
}

struct cp_range cp_tear_program_range(struct cp_range old, uint32_t asked,
                                      enum cp_program_tear tear) {
    if (tear == CP_TEAR_ANY) {
        return (struct cp_range){old.low & asked, old.high};
    }
    uint32_t changed = program_mask(tear, old.high & ~asked) & ~asked;
    return (struct cp_range){old.low & ~changed, old.high & ~changed};
}

uint32_t cp_erase_tear_total(const struct cp_fault_model *faults) {
    return CP_ERASE_TEAR_COUNT + faults->erase_bit_mask_count;
}

bool cp_erase_tear_enabled(const struct cp_fault_model *faults, uint32_t tear) {
    return tear >= CP_ERASE_TEAR_COUNT || (faults->erase_tears >> tear & 1u) != 0;
}

void cp_erase_tear_label(const struct cp_fault_model *faults, uint32_t tear, char name[32]) {
    if (tear < CP_ERASE_TEAR_COUNT) {
        snprintf(name, 32, "%s", cp_erase_tear_name((enum cp_erase_tear)tear));
    } else {
        snprintf(name, 32, "mask-%08x",
                 (unsigned)faults->erase_bit_masks[tear - CP_ERASE_TEAR_COUNT]);
    }
}

static bool word_is_erased(uint32_t tear, uint32_t index, uint32_t count) {
    switch (tear) {
    case CP_TEAR_FIRST_HALF: return index < count / 2;
    case CP_TEAR_SECOND_HALF: return index >= count / 2;
    case CP_TEAR_EVEN_WORDS: return index % 2 == 0;
    case CP_TEAR_ODD_WORDS: return index % 2 == 1;
    case CP_TEAR_ONLY_FIRST_WORD: return index == 0;
    case CP_TEAR_ALL_BUT_FIRST_WORD: return index != 0;
    default: return false;
    }
}

// Bits of every word that are erased, for the shapes that go by bits.
static uint32_t erased_bits(const struct cp_fault_model *faults, uint32_t tear) {
    switch (tear) {
    case CP_TEAR_ERASE_EVEN_BITS: return 0x55555555u;
    case CP_TEAR_ERASE_ODD_BITS: return 0xAAAAAAAAu;
    case CP_TEAR_ERASE_LOW_NIBBLES: return 0x0F0F0F0Fu;
    case CP_TEAR_ERASE_HIGH_NIBBLES: return 0xF0F0F0F0u;
    default:
        return tear < CP_ERASE_TEAR_COUNT ? 0 : faults->erase_bit_masks[tear - CP_ERASE_TEAR_COUNT];
    }
}

uint32_t cp_tear_erase_word(const struct cp_fault_model *faults, uint32_t tear, uint32_t index,
                            uint32_t count, uint32_t old, uint32_t erased, bool *is_erased) {
    *is_erased = word_is_erased(tear, index, count);
    if (*is_erased) {
        return erased;
    }
    uint32_t bits = erased_bits(faults, tear);
    return (old & ~bits) | (erased & bits);
}

struct cp_range cp_tear_erase_range(const struct cp_fault_model *faults, uint32_t tear,
                                    uint32_t index, uint32_t count, struct cp_range old,
                                    uint32_t erased, bool *is_erased) {
    return (struct cp_range){
        cp_tear_erase_word(faults, tear, index, count, old.low, erased, is_erased),
        cp_tear_erase_word(faults, tear, index, count, old.high, erased, is_erased)};
}

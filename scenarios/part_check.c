// part_check.c: do the changed facts of a part fit together, and can its controller follow?
//
// A port knows the width of a program and the erased value of its controller. It would not
// hear of others, and the result would be of no device.

#include "scenarios/part_keys.h"
#include "scenarios/value.h"

#include <stdio.h>
#include <string.h>

struct check {
    struct cp_draft *draft;
    const char *where;
    const struct cp_part *old, *part;
};

static struct cp_mark place_of(const struct check *check, const char *key) {
    char path[CP_PART_PATH_MAX];
    return cp_read_place(check->draft, cp_part_path(path, check->where, key));
}

static bool is_told(const struct check *check, const char *key) {
    return cp_part_is_told(check->draft, check->where, key);
}

// Blame the first of two keys that is given, or what stands above them.
static struct cp_mark place_of_either(const struct check *check, const char *key,
                                      const char *other) {
    return place_of(check, is_told(check, key) || !is_told(check, other) ? key : other);
}

// --- what the controller has ---

static bool any_part_of_controller(const struct check *check,
                                   bool (*has)(const struct cp_part *known,
                                               const struct cp_part *part)) {
    for (size_t i = 0; i < cp_part_count(); i++) {
        const struct cp_part *known = cp_part_at(i);
        if (known->controller == check->part->controller && has(known, check->part)) {
            return true;
        }
    }
    return false;
}

static bool writes_the_same(const struct cp_part *known, const struct cp_part *part) {
    return known->write_size_bytes == part->write_size_bytes;
}

static bool erases_to_the_same(const struct cp_part *known, const struct cp_part *part) {
    return known->erase_value == part->erase_value;
}

static bool reports_errors(const struct cp_part *known, const struct cp_part *part) {
    (void)part;
    return (known->faults & CP_FAULT_ERROR_REPORTED) != 0;
}

// These erase with a command that has a size of its own.
static bool erases_by_command(const struct cp_part *part) {
    return !cp_part_is_mapped(part) || part->controller == CP_CONTROLLER_RP2040;
}

static void check_write_size(const struct check *check) {
    char size[CP_VALUE_TEXT_MAX];
    if (is_told(check, "write_size") && !any_part_of_controller(check, writes_the_same)) {
        cp_report_add(check->draft->report, place_of(check, "write_size"),
                      "the controller of '%s' does not write so much at a time", check->old->name);
        cp_report_help(check->draft->report, "it writes %s",
                       cp_size_text(size, check->old->write_size_bytes));
    }
}

static void check_erase_value(const struct check *check) {
    if (!is_told(check, "erase_value")) {
        return;
    }
    if (check->part->erase_value != 0x00 && check->part->erase_value != 0xFF) {
        cp_report_add(check->draft->report, place_of(check, "erase_value"),
                      "'erase_value' is neither 0x00 nor 0xFF");
    } else if (!any_part_of_controller(check, erases_to_the_same)) {
        cp_report_add(check->draft->report, place_of(check, "erase_value"),
                      "the controller of '%s' does not erase to that", check->old->name);
        cp_report_help(check->draft->report, "it erases to 0x%02X", check->old->erase_value);
    }
}

// --- sizes ---

static void refuse_region_key(const struct check *check, const char *key) {
    char smallest[CP_VALUE_TEXT_MAX];
    if (is_told(check, key)) {
        cp_report_add(check->draft->report, place_of(check, key),
                      "'%s' can be changed only where all pages are of one size", key);
        cp_report_help(check->draft->report, "pages of %s differ, from %s on", check->old->name,
                       cp_size_text(smallest, check->old->erase_size_bytes));
    }
}

static void check_pages(const struct check *check) {
    char size[CP_VALUE_TEXT_MAX];
    if (check->old->region_count > 0) {
        refuse_region_key(check, "size");
        refuse_region_key(check, "erase_size");
    } else if (erases_by_command(check->part) && is_told(check, "erase_size") &&
               check->part->erase_size_bytes != check->old->erase_size_bytes) {
        cp_report_add(check->draft->report, place_of(check, "erase_size"),
                      "the erase command of '%s' has another size", check->old->name);
        cp_report_help(check->draft->report, "it erases %s",
                       cp_size_text(size, check->old->erase_size_bytes));
    }
}

static bool is_power_of_two(uint32_t value) {
    return value != 0 && (value & (value - 1)) == 0;
}

static void check_chip_size(const struct check *check) {
    if (!cp_part_is_mapped(check->part) && !is_power_of_two(check->part->size_bytes)) {
        cp_report_add(check->draft->report, place_of(check, "size"),
                      "the size of a SPI NOR chip is a power of two");
        cp_report_help(check->draft->report, "its ID has no other");
    }
}

// `key` is to hold whole units of `unit_key`. Returns whether it does.
static bool need_multiple(const struct check *check, const char *key, uint32_t size_bytes,
                          const char *unit_key, uint32_t unit_bytes) {
    char size[CP_VALUE_TEXT_MAX], unit[CP_VALUE_TEXT_MAX];
    if (unit_bytes == 0 || size_bytes % unit_bytes == 0) {
        return true;
    }
    cp_report_add(check->draft->report, place_of_either(check, key, unit_key),
                  "'%s' is not a multiple of '%s'", key, unit_key);
    cp_report_help(check->draft->report, "%s is %s, %s is %s", key, cp_size_text(size, size_bytes),
                   unit_key, cp_size_text(unit, unit_bytes));
    return false;
}

// One error for one wrong size: those below are of what fits.
static void check_sizes(const struct check *check) {
    const struct cp_part *part = check->part;
    uint32_t page_bytes = part->erase_size_bytes;
    uint32_t word_bytes = part->write_size_bytes < 4 ? 4 : part->write_size_bytes;
    bool fits =
        need_multiple(check, "ecc", part->ecc_size_bytes, "write_size", part->write_size_bytes);
    if (check->old->region_count == 0 && fits) {
        (void)(need_multiple(check, "erase_size", page_bytes, "write_size", word_bytes) &&
               need_multiple(check, "erase_size", page_bytes, "ecc", part->ecc_size_bytes) &&
               need_multiple(check, "size", part->size_bytes, "erase_size", page_bytes) &&
               need_multiple(check, "size", part->bank_size_bytes, "erase_size", page_bytes));
    }
}

// --- ECC, rules, faults, addresses ---

static void check_ecc(const struct check *check) {
    const struct cp_part *part = check->part;
    if ((part->ecc_size_bytes == 0) != (part->ecc_read == CP_ECC_NONE)) {
        cp_report_add(check->draft->report, place_of_either(check, "ecc", "ecc_read"),
                      "'ecc' and 'ecc_read' do not fit");
        cp_report_help(check->draft->report,
                       "a part with ECC has 'ecc_read: nmi' or 'bus-fault'; one without has "
                       "'ecc: 0B' and 'ecc_read: none'");
    }
}

static void need_rule(const struct check *check, const char *key, enum cp_program_rule rule) {
    if (is_told(check, key) && check->part->rule != rule) {
        cp_report_add(check->draft->report, place_of(check, key),
                      "'%s' has no meaning with the rule '%s'", key,
                      cp_program_rule_name(check->part->rule));
        cp_report_help(check->draft->report, "it is of 'rule: %s'", cp_program_rule_name(rule));
    }
}

static void check_rule(const struct check *check) {
    const struct cp_part *part = check->part;
    need_rule(check, "programs_per_word", CP_RULE_AND_COUNTED);
    need_rule(check, "programs_per_block", CP_RULE_BLOCK_COUNTED);
    need_rule(check, "block_size", CP_RULE_BLOCK_COUNTED);
    if (part->rule == CP_RULE_AND_COUNTED && part->programs_per_word == 0) {
        cp_report_add(check->draft->report, place_of(check, "rule"),
                      "the key 'programs_per_word' is missing");
    } else if (part->rule == CP_RULE_BLOCK_COUNTED &&
               (part->programs_per_block == 0 || part->block_size_bytes == 0)) {
        cp_report_add(check->draft->report, place_of(check, "rule"),
                      "the rule block-counted needs 'programs_per_block' and 'block_size'");
    } else if (part->rule == CP_RULE_BLOCK_COUNTED) {
        need_multiple(check, "block_size", part->block_size_bytes, "write_size",
                      part->write_size_bytes);
        need_multiple(check, "erase_size", part->erase_size_bytes, "block_size",
                      part->block_size_bytes);
    }
}

static void refuse_fault(const struct check *check, enum cp_part_fault fault, const char *why) {
    cp_report_add(check->draft->report, place_of(check, "faults"), "'%s' cannot have '%s'",
                  check->old->name, cp_part_fault_name((uint32_t)__builtin_ctz(fault)));
    cp_report_help(check->draft->report, "%s", why);
}

static void check_faults(const struct check *check) {
    uint32_t added = check->part->faults & ~check->old->faults;
    if ((check->part->faults & CP_FAULT_UNCORRECTABLE) != 0 && check->part->ecc_size_bytes == 0) {
        refuse_fault(check, CP_FAULT_UNCORRECTABLE, "it has no ECC; give `ecc` and `ecc_read`");
    }
    if ((added & CP_FAULT_ERROR_REPORTED) != 0 && !any_part_of_controller(check, reports_errors)) {
        refuse_fault(check, CP_FAULT_ERROR_REPORTED, "its controller has no error flags");
    }
    for (uint32_t bit = CP_FAULT_SURVIVES_RESET; bit <= CP_FAULT_LOSES_POWER_FIRST; bit <<= 1) {
        if ((added & bit) != 0 && cp_part_is_mapped(check->part)) {
            refuse_fault(check, (enum cp_part_fault)bit,
                         "only a chip behind a SPI master has a life of its own");
        }
    }
}

static void check_addresses(const struct check *check) {
    const struct cp_part *part = check->part;
    if (!cp_part_is_mapped(part)) {
        if (is_told(check, "flash_address")) {
            cp_report_add(check->draft->report, place_of(check, "flash_address"),
                          "'%s' has no address: it is behind a SPI master", check->old->name);
        }
        return;
    }
    if (part->flash_address % part->erase_size_bytes != 0 ||
        (uint64_t)part->flash_address + part->size_bytes > (uint64_t)UINT32_MAX + 1) {
        cp_report_add(check->draft->report, place_of(check, "flash_address"),
                      "'flash_address' is not of a page, or the flash ends beyond 0xFFFFFFFF");
    }
}

void cp_check_part(struct cp_draft *draft, const char *where, const struct cp_part *old,
                   const struct cp_part *part) {
    const struct check check = {draft, where, old, part};
    check_write_size(&check);
    check_erase_value(&check);
    check_pages(&check);
    check_chip_size(&check);
    check_sizes(&check);
    check_ecc(&check);
    check_rule(&check);
    check_faults(&check);
    check_addresses(&check);
}

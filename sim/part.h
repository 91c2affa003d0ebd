// part.h: the flash facts of a part, by its name.

#ifndef CP_SIM_PART_H
#define CP_SIM_PART_H

#include "sim/program.h"

#include <stddef.h>

// When a unit that was programmed since its last erase may be programmed again.
enum cp_program_rule {
    CP_RULE_AND,            // bits may be cleared as often as one likes
    CP_RULE_AND_COUNTED,    // so often a word, `programs_per_word`
    CP_RULE_BLOCK_COUNTED,  // so many words a block, `programs_per_block`
    CP_RULE_ONCE,           // never
    CP_RULE_ONCE_THEN_ZERO, // only with all bits programmed
    CP_RULE_OVERWRITE,      // any value over any other, no erase needed
};

const char *cp_program_rule_name(enum cp_program_rule rule); // "and", "and-counted", ...

// What reading a word does that ECC cannot correct.
enum cp_ecc_read {
    CP_ECC_NONE, // there is no ECC: every read gives some value
    CP_ECC_NMI,
    CP_ECC_BUS_FAULT,
};

// The faults that a part can have, a bit each: docs/SPEC.md, "Fault model".
enum cp_part_fault {
    CP_FAULT_TORN_PROGRAM = 1u << 0,   // a cut program leaves any value between old and new
    CP_FAULT_TORN_ERASE = 1u << 1,     // a cut erase leaves any words erased, zero or indeterminate
    CP_FAULT_WEAK_ERASE = 1u << 2,     // a cut erase leaves a page that reads erased but is weak
    CP_FAULT_UNSTABLE_READS = 1u << 3, // a torn word may read otherwise each time
    CP_FAULT_UNCORRECTABLE = 1u << 4,  // a torn unit may be uncorrectable
    CP_FAULT_ERROR_REPORTED = 1u << 5, // an operation may fail and say so
    CP_FAULT_ERROR_SILENT = 1u << 6,   // an operation may fail and not say so
    CP_FAULT_SURVIVES_RESET = 1u << 7, // a reset of the MCU leaves the chip as it is
    CP_FAULT_LOSES_POWER_FIRST = 1u << 8, // the chip dies before the MCU does
};
const char *cp_part_fault_name(uint32_t index); // of bit `index`: "torn-program", ...
#define CP_PART_FAULT_COUNT 9u

// Erase units of one size. A region of erase size 0 is a hole.
struct cp_part_region {
    uint32_t size_bytes;
    uint32_t erase_size_bytes;
    uint32_t erase_time_us; // of one unit, at most
};

struct cp_part {
    const char *name;
    const char *about;  // one line for `cutproof list --targets`
    const char *family; // "nRF52", "STM32L4", ...
    enum cp_controller controller;
    uint32_t registers_address;
    uint32_t flash_address;    // 0 for a chip behind a SPI master
    uint32_t select_address;   // there: of the GPIO port with the chip select
    uint32_t jedec_id;         // of a SPI NOR chip, as RDID gives it: 0xEF4018
    uint32_t size_bytes;       // with holes
    uint32_t bank_size_bytes;  // where the second bank begins; 0: one bank
    uint32_t erase_size_bytes; // of all pages, or where they differ of the smallest
    // Where they differ: from offset 0 on, adding up to size_bytes.
    struct cp_part_region regions[CP_REGIONS_MAX];
    uint32_t region_count;
    uint32_t write_size_bytes; // the program unit: what one operation programs at least
    uint8_t erase_value;
    enum cp_program_rule rule;
    uint8_t programs_per_word; // of CP_RULE_AND_COUNTED; 1 for the rules of once
    uint32_t programs_per_block, block_size_bytes; // of CP_RULE_BLOCK_COUNTED
    uint32_t ecc_size_bytes;                       // a unit of ECC; 0: none
    enum cp_ecc_read ecc_read;
    uint32_t faults;           // bit per enum cp_part_fault
    uint32_t program_time_us;  // of one program unit (of a page of 256 bytes behind SPI), at most
    uint32_t erase_time_us;    // of a page, at most; where they differ it is in the regions
    uint32_t endurance_erases; // of each page; of RRAM: writes of each line
    const char *source;        // where the facts come from
};

// All parts, 0 <= index < cp_part_count(), in the order of their families.
size_t cp_part_count(void);
const struct cp_part *cp_part_at(size_t index);

// The part of that name, or NULL.
const struct cp_part *cp_part_find(const char *name);

// What a program is told of it.
struct cp_program_device cp_part_describe(const struct cp_part *part);

// Connect a SPI NOR chip to the target's SPI master; nothing changes for other parts.
// Nordic targets have the legacy master of nRF51 and nRF52; STM32 targets are all given
// a SPI1 as F2, F4 and L1 have it, or the one with FIFOs of F0, F3, L4, L5, G4, WB and WL
// for those (F7 has FIFOs too; H5, H7 and U5 have another SPI, which has no model).
void cp_part_connect(struct cp_part *external, const struct cp_part *target);

// Is its flash seen in the address space?
bool cp_part_is_mapped(const struct cp_part *part);

// An erase unit of a part.
struct cp_page {
    uint32_t index; // among all units of the part, holes not counted
    uint32_t offset_bytes;
    uint32_t size_bytes; // 0: the offset is in a hole, or outside
    uint32_t erase_time_us;
};

// The unit that an offset lies in.
struct cp_page cp_part_page(const struct cp_part *part, uint32_t offset_bytes);

// The unit of that index.
struct cp_page cp_part_page_at(const struct cp_part *part, uint32_t index);

uint32_t cp_part_page_count(const struct cp_part *part);

// A run of pages of one size, or a hole.
struct cp_page_run {
    uint32_t offset_bytes;
    uint32_t size_bytes;       // 0: outside of the part
    uint32_t erase_size_bytes; // 0: a hole
};

// The run that an offset lies in.
struct cp_page_run cp_part_page_run(const struct cp_part *part, uint32_t offset_bytes);

// How long a program of one unit takes, or the erase of all pages in so many words.
uint32_t cp_part_time_us(const struct cp_part *part, bool is_erase, uint32_t first_word,
                         uint32_t word_count);

#endif

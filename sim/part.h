// part.h: the flash facts of a part, by its name.

#ifndef CP_SIM_PART_H
#define CP_SIM_PART_H

#include <stddef.h>
#include <stdint.h>

enum cp_controller { CP_CONTROLLER_NVMC };

struct cp_part {
    const char *name;
    const char *about; // one line for `cutproof list --targets`
    enum cp_controller controller;
    uint32_t registers_address;
    uint32_t flash_address;
    uint32_t size_bytes;
    uint32_t erase_size_bytes;
    uint32_t write_size_bytes;
    uint8_t erase_value;
    uint8_t programs_per_word; // between two erases; more is illegal use
    uint32_t program_time_us;  // one write unit
    uint32_t erase_time_us;    // one page
    uint32_t endurance_erases;
    const char *source; // where the facts come from
};

// All parts; *count is their number.
const struct cp_part *cp_parts(size_t *count);

// The part of that name, or NULL.
const struct cp_part *cp_part_find(const char *name);

#endif

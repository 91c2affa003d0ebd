// part.c: parts by name, and their pages; see part.h. The facts are in parts_*.c.

#include "sim/part_tables.h"

#include <string.h>

static const struct cp_part_table *const tables[] = {
    &cp_parts_nordic, &cp_parts_st_f, &cp_parts_st_l0, &cp_parts_st_l,
    &cp_parts_st_h,   &cp_parts_rp,   &cp_parts_spi,   &cp_parts_fictional};

#define TABLE_COUNT (sizeof tables / sizeof tables[0])

size_t cp_part_count(void) {
    size_t count = 0;
    for (size_t i = 0; i < TABLE_COUNT; i++) {
        count += tables[i]->count;
    }
    return count;
}

const struct cp_part *cp_part_at(size_t index) {
    for (size_t i = 0; i < TABLE_COUNT; i++) {
        if (index < tables[i]->count) {
            return &tables[i]->parts[index];
        }
        index -= tables[i]->count;
    }
    return NULL;
}

const struct cp_part *cp_part_find(const char *name) {
    for (size_t i = 0; i < cp_part_count(); i++) {
        if (strcmp(cp_part_at(i)->name, name) == 0) {
            return cp_part_at(i);
        }
    }
    return NULL;
}

const char *cp_program_rule_name(enum cp_program_rule rule) {
    static const char *const names[] = {"and",  "and-counted",    "block-counted",
                                        "once", "once-then-zero", "overwrite"};
    return names[rule];
}

const char *cp_part_fault_name(uint32_t index) {
    static const char *const names[CP_PART_FAULT_COUNT] = {
        "torn-program",   "torn-erase",   "weak-erase",     "unstable-reads",   "uncorrectable",
        "error-reported", "error-silent", "survives-reset", "loses-power-first"};
    return names[index];
}

bool cp_part_is_mapped(const struct cp_part *part) {
    return part->controller != CP_CONTROLLER_NRF_SPI && part->controller != CP_CONTROLLER_STM32_SPI;
}

// GPIO port A of the STM32 families whose SPI1 is at 0x40013000.
static uint32_t stm32_gpio_address(const char *family) {
    static const char *const on_ahb2[] = {"STM32F0", "STM32F3", "STM32L4", "STM32L5",
                                          "STM32G4", "STM32WB", "STM32WL"};
    for (size_t i = 0; i < sizeof on_ahb2 / sizeof on_ahb2[0]; i++) {
        if (strncmp(family, on_ahb2[i], strlen(on_ahb2[i])) == 0) {
            return 0x48000000u;
        }
    }
    return 0x40020000u;
}

void cp_part_connect(struct cp_part *external, const struct cp_part *target) {
    if (cp_part_is_mapped(external) || strncmp(target->family, "STM32", 5) != 0) {
        return;
    }
    external->controller = CP_CONTROLLER_STM32_SPI;
    external->registers_address = 0x40013000u;
    external->select_address = stm32_gpio_address(target->family);
}

// Where pages do not differ there is one region.
static struct cp_part_region region_of(const struct cp_part *part, uint32_t index) {
    if (part->region_count == 0) {
        return (struct cp_part_region){part->size_bytes, part->erase_size_bytes,
                                       part->erase_time_us};
    }
    return part->regions[index];
}

static uint32_t region_count(const struct cp_part *part) {
    return part->region_count == 0 ? 1 : part->region_count;
}

static uint32_t pages_in(const struct cp_part_region *region) {
    return region->erase_size_bytes == 0 ? 0 : region->size_bytes / region->erase_size_bytes;
}

struct cp_page cp_part_page(const struct cp_part *part, uint32_t offset_bytes) {
    struct cp_page page = {0, 0, 0, 0};
    for (uint32_t i = 0; i < region_count(part); i++) {
        const struct cp_part_region region = region_of(part, i);
        uint32_t within_bytes = offset_bytes - page.offset_bytes;
        if (within_bytes < region.size_bytes) {
            uint32_t index = region.erase_size_bytes ? within_bytes / region.erase_size_bytes : 0;
            page.index += index;
            page.offset_bytes += index * region.erase_size_bytes;
            page.size_bytes = region.erase_size_bytes;
            page.erase_time_us = region.erase_time_us;
            return page;
        }
        page.index += pages_in(&region);
        page.offset_bytes += region.size_bytes;
    }
    return page;
}

struct cp_page cp_part_page_at(const struct cp_part *part, uint32_t index) {
    uint32_t offset_bytes = 0;
    for (uint32_t i = 0; i < region_count(part); i++) {
        const struct cp_part_region region = region_of(part, i);
        uint32_t count = pages_in(&region);
        if (index < count) {
            return cp_part_page(part, offset_bytes + index * region.erase_size_bytes);
        }
        index -= count;
        offset_bytes += region.size_bytes;
    }
    return (struct cp_page){0, 0, 0, 0};
}

uint32_t cp_part_page_count(const struct cp_part *part) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < region_count(part); i++) {
        const struct cp_part_region region = region_of(part, i);
        count += pages_in(&region);
    }
    return count;
}

uint32_t cp_part_time_us(const struct cp_part *part, bool is_erase, uint32_t first_word,
                         uint32_t word_count) {
    if (!is_erase) {
        return part->program_time_us;
    }
    struct cp_page page = cp_part_page(part, 4 * first_word);
    uint32_t count = page.size_bytes > 0 ? 4 * word_count / page.size_bytes : 0;
    return page.erase_time_us * (count > 0 ? count : 1);
}

struct cp_page_run cp_part_page_run(const struct cp_part *part, uint32_t offset_bytes) {
    struct cp_page_run run = {0, 0, 0};
    for (uint32_t i = 0; i < region_count(part); i++) {
        const struct cp_part_region region = region_of(part, i);
        if (offset_bytes - run.offset_bytes < region.size_bytes) {
            run.size_bytes = region.size_bytes;
            run.erase_size_bytes = region.erase_size_bytes;
            return run;
        }
        run.offset_bytes += region.size_bytes;
    }
    return run;
}

struct cp_program_device cp_part_describe(const struct cp_part *part) {
    struct cp_program_device device = {.controller = part->controller,
                                       .registers_address = part->registers_address,
                                       .flash_address = part->flash_address,
                                       .select_address = part->select_address,
                                       .size_bytes = part->size_bytes,
                                       .bank_size_bytes = part->bank_size_bytes,
                                       .write_size_bytes = part->write_size_bytes,
                                       .erase_value = part->erase_value,
                                       .region_count = part->region_count};
    for (uint32_t i = 0; i < part->region_count; i++) {
        device.regions[i] = (struct cp_program_region){part->regions[i].size_bytes,
                                                       part->regions[i].erase_size_bytes};
    }
    if (part->region_count == 0) {
        device.region_count = 1;
        device.regions[0] = (struct cp_program_region){part->size_bytes, part->erase_size_bytes};
    }
    return device;
}

// machine_life.h: run a program on the simulated machine with no faults.
//
// A stand-in for the explorer, for tests of the port and of the native program:
// every flash operation is done as asked.

#ifndef CP_TESTS_MACHINE_LIFE_H
#define CP_TESTS_MACHINE_LIFE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sim/machine.h"

// A nRF52840 of this size; the flash at flash_address.
static inline struct cp_part life_part(uint32_t size_bytes, uint32_t erase_size_bytes) {
    const struct cp_part *found = cp_part_find("nrf52840");
    assert_non_null(found);
    struct cp_part part = *found;
    part.size_bytes = size_bytes;
    part.erase_size_bytes = erase_size_bytes;
    return part;
}

static inline struct cp_machine *life_create(const struct cp_machine_config *config) {
    char error[CP_EVENT_MESSAGE_MAX] = "";
    struct cp_machine *machine = cp_machine_create(config, error);
    if (!machine) {
        fail_msg("%s", error);
    }
    return machine;
}

// The state of a NVMC, as sim/controllers/nvmc.c lays it out.
struct life_nvmc {
    uint32_t config, busy_polls;
};

static inline struct life_nvmc *life_nvmc(struct cp_machine *machine) {
    return (struct life_nvmc *)(void *)machine->devices[0].state;
}

// A word as the part gives it.
static inline uint32_t life_word(const struct cp_machine *machine, uint32_t device, uint32_t word) {
    const struct cp_nor *nor = &machine->devices[device].nor;
    return nor->words[word] ^ nor->inversion;
}

static inline void life_program(struct cp_machine *machine, const struct cp_event *event) {
    struct cp_device *device = &machine->devices[event->device];
    struct cp_nor *nor = &device->nor;
    for (uint32_t i = 0; i < event->word_count; i++) {
        const uint32_t word = event->word + i;
        const uint8_t programs = (uint8_t)(nor->programs[word] + 1);
        const bool overwrites = device->part.rule == CP_RULE_OVERWRITE;
        const uint32_t kept = overwrites ? UINT32_MAX : nor->words[word];
        cp_nor_set_word(nor, word, kept & event->words[i], programs);
    }
}

static inline void life_erase(struct cp_machine *machine, const struct cp_event *event) {
    struct cp_device *device = &machine->devices[event->device];
    const uint32_t first_cell = event->word / device->nor.words_per_cell;
    const uint32_t cell_count = event->word_count / device->nor.words_per_cell;
    for (uint32_t i = 0; i < cell_count; i++) {
        cp_nor_erase_cell(&device->nor, first_cell + i);
    }
}

// Do what the event asks of the flash; true if it was such an event.
static inline bool life_apply(struct cp_machine *machine, const struct cp_event *event) {
    if (event->kind == CP_EVENT_PROGRAM) {
        life_program(machine, event);
        return true;
    }
    if (event->kind == CP_EVENT_ERASE) {
        life_erase(machine, event);
        return true;
    }
    return false;
}

#endif

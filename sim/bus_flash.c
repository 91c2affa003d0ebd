// bus_flash.c: the flash behind the controllers: where operations may go, what the
// part's program rule allows, and what a read gives.

#include "sim/bus.h"

#include "sim/bus_internal.h"

#include <assert.h>

static const char *const area_names[] = {"the bootloader", "STATE", "ACTIVE", "DFU"};

// Where an operation may go: never the bootloader's own pages, nor outside all
// partitions; and an application leaves ACTIVE alone, which it runs from.
static bool is_allowed(const struct cp_access *access, uint32_t offset_bytes, const char *what) {
    const struct cp_machine *machine = access->machine;
    enum cp_area area = cp_machine_area(machine, access->index, offset_bytes);
    if (area == CP_AREA_COUNT) {
        cp_bus_illegal(access, NULL, "%s at 0x%x of device %u, outside every partition", what,
                       (unsigned)offset_bytes, (unsigned)access->index);
        return false;
    }
    if (area == CP_AREA_BOOTLOADER ||
        (area == CP_AREA_ACTIVE && machine->mode == CP_MODE_APPLICATION)) {
        cp_bus_illegal(access, NULL, "%s at 0x%x of device %u, in the write-protected pages of %s",
                       what, (unsigned)offset_bytes, (unsigned)access->index, area_names[area]);
        return false;
    }
    return true;
}

// Both ends of a range: no part has an operation that begins in one area, ends in another
// and is not longer than a page of either.
static bool range_is_allowed(const struct cp_access *access, uint32_t offset_bytes,
                             uint32_t size_bytes, const char *what) {
    return is_allowed(access, offset_bytes, what) &&
           is_allowed(access, offset_bytes + size_bytes - 4, what);
}

// --- program rules

static void check_word_count(const struct cp_access *access, uint32_t word) {
    const struct cp_part *part = &access->device->part;
    uint32_t programs = access->device->nor.programs[word];
    if (programs >= part->programs_per_word) {
        cp_bus_illegal(access, NULL,
                       "word at 0x%x programmed again after %u program%s since its erase; %s "
                       "allows no more",
                       (unsigned)(4 * word), (unsigned)programs, programs == 1 ? "" : "s",
                       part->name);
    }
}

static void check_block_count(const struct cp_access *access, uint32_t word) {
    const struct cp_part *part = &access->device->part;
    uint32_t words = part->block_size_bytes / 4, first = word - word % words, programs = 0;
    for (uint32_t i = first; i < first + words; i++) {
        programs += access->device->nor.programs[i];
    }
    if (programs >= part->programs_per_block) {
        cp_bus_illegal(access, NULL,
                       "block of %u bytes at 0x%x programmed again after %u programs since its "
                       "erase; %s allows no more",
                       (unsigned)part->block_size_bytes, (unsigned)(4 * first), (unsigned)programs,
                       part->name);
    }
}

// A unit that the rule forbids is programmed all the same: what the part makes of it is in
// its model, and what is left to say is that nothing promises the result.
static void check_rule(const struct cp_access *access, uint32_t word, uint32_t value) {
    switch (access->device->part.rule) {
    case CP_RULE_AND:
    case CP_RULE_OVERWRITE: break;
    case CP_RULE_BLOCK_COUNTED: check_block_count(access, word); break;
    case CP_RULE_ONCE_THEN_ZERO:
        if (value == 0) {
            break;
        }
        check_word_count(access, word);
        break;
    case CP_RULE_AND_COUNTED:
    case CP_RULE_ONCE: check_word_count(access, word); break;
    }
}

// How an operation went: as it should, unless whoever runs the machine has answered otherwise.
static enum cp_done outcome(const struct cp_access *access) {
    return (enum cp_done)access->machine->answer;
}

static void yield_program(const struct cp_access *access, uint32_t offset_bytes,
                          const uint32_t *stored, uint32_t word_count) {
    struct cp_event *event = &access->machine->event;
    cp_bus_clear_event();
    event->device = access->index;
    event->word = offset_bytes / 4;
    event->word_count = word_count;
    event->words = stored;
    access->machine->answer = CP_DONE;
    cp_bus_yield(CP_EVENT_PROGRAM, stored[0], access->frame);
}

// The words lie in a frame of their own, so that they are not on the stack at all other
// events.
__attribute__((noinline)) static void yield_inverted(const struct cp_access *access,
                                                     uint32_t offset_bytes, const uint32_t *words,
                                                     uint32_t word_count) {
    uint32_t stored[CP_EVENT_WORDS_MAX];
    for (uint32_t i = 0; i < word_count; i++) {
        stored[i] = words[i] ^ access->device->nor.inversion;
    }
    yield_program(access, offset_bytes, stored, word_count);
}

enum cp_done cp_bus_program(const struct cp_access *access, uint32_t offset_bytes,
                            const uint32_t *words, uint32_t word_count) {
    assert(word_count > 0 && word_count <= CP_EVENT_WORDS_MAX);
    if (!range_is_allowed(access, offset_bytes, 4 * word_count, "program")) {
        return CP_DONE_REFUSED;
    }
    for (uint32_t i = 0; i < word_count; i++) {
        check_rule(access, offset_bytes / 4 + i, words[i]);
    }
    if (access->device->nor.inversion == 0) {
        yield_program(access, offset_bytes, words, word_count);
    } else {
        yield_inverted(access, offset_bytes, words, word_count);
    }
    return outcome(access);
}

enum cp_done cp_bus_erase(const struct cp_access *access, uint32_t offset_bytes,
                          uint32_t size_bytes) {
    struct cp_event *event = &access->machine->event;
    struct cp_page page = cp_part_page(&access->device->part, offset_bytes);
    size_bytes = size_bytes ? size_bytes : page.size_bytes;
    if (!range_is_allowed(access, offset_bytes, size_bytes, "erase")) {
        return CP_DONE_REFUSED;
    }
    cp_bus_clear_event();
    event->device = access->index;
    event->word = offset_bytes / 4;
    event->word_count = size_bytes / 4;
    access->machine->answer = CP_DONE;
    cp_bus_yield(CP_EVENT_ERASE, 0, access->frame);
    return outcome(access);
}

bool cp_bus_is_blank(const struct cp_access *access, uint32_t offset_bytes, uint32_t word_count) {
    const struct cp_nor *nor = &access->device->nor;
    for (uint32_t word = offset_bytes / 4; word < offset_bytes / 4 + word_count; word++) {
        bool is_known = nor->undecided[word] == 0 || nor->undecided[word] == CP_NOR_WEAK;
        if (nor->programs[word] > 0 || !is_known || nor->words[word] != nor->erased_word) {
            access->machine->footprint.is_too_large = true; // what follows is of the counts
            return false;
        }
    }
    return true;
}

// --- reads

// Ask which it is; event.value tells the two questions apart.
static uint32_t ask(const struct cp_access *access, uint32_t word, uint32_t is_it_uncorrectable) {
    cp_bus_clear_event();
    access->machine->event.device = access->index;
    access->machine->event.word = word;
    cp_bus_yield(CP_EVENT_READ, is_it_uncorrectable, access->frame);
    return access->machine->answer;
}

static bool fail_to_read(const struct cp_access *access, uint32_t word) {
    if (access->device->model->uncorrectable) {
        access->device->model->uncorrectable(access, 4 * word);
    }
    return false;
}

// The answer to the first question may have been stored: then the word says so itself.
static bool read_doubtful(const struct cp_access *access, uint32_t word, uint32_t *value) {
    const struct cp_nor *nor = &access->device->nor;
    if (cp_nor_is_doubtful(nor, word)) {
        uint32_t answer = ask(access, word, 1);
        if (cp_nor_is_doubtful(nor, word) && answer == 1) {
            return fail_to_read(access, word);
        }
    }
    if (cp_nor_is_uncorrectable(nor, word)) {
        return fail_to_read(access, word);
    }
    bool asks = cp_nor_is_open(nor, word) || nor->watched[word];
    *value = (asks ? ask(access, word, 0) : nor->words[word]) ^ nor->inversion;
    return !cp_nor_is_uncorrectable(nor, word) || fail_to_read(access, word);
}

bool cp_bus_read(const struct cp_access *access, uint32_t offset_bytes, uint32_t *word) {
    const struct cp_nor *nor = &access->device->nor;
    uint32_t index = offset_bytes / 4;
    cp_machine_note_cell(access->machine, access->index, index / nor->words_per_cell);
    if (nor->undecided[index] || nor->watched[index]) {
        return read_doubtful(access, index, word);
    }
    *word = nor->words[index] ^ nor->inversion;
    return true;
}

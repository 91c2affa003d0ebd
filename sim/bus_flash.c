// bus_flash.c: the flash behind the controllers: where operations may go, what the
// part's program rule allows, and what a read gives.

#include "sim/bus.h"

#include "sim/bus_internal.h"

#include <assert.h>
#include <stdio.h>

static const char *const area_names[] = {"the bootloader", "STATE", "ACTIVE", "DFU", "FACTORY"};

// Where an operation may go: never the bootloader's own pages nor FACTORY, nor outside all
// partitions; and an application leaves alone what it runs from.
static bool is_allowed(const struct cp_access *access, uint32_t offset_bytes, const char *what) {
    const struct cp_machine *machine = access->machine;
    enum cp_area area = cp_machine_area(machine, access->index, offset_bytes);
    if (area == CP_AREA_COUNT) {
        cp_bus_illegal(access, NULL, "%s at 0x%x of device %u, outside every partition", what,
                       (unsigned)offset_bytes, (unsigned)access->index);
        return false;
    }
    if (area == CP_AREA_BOOTLOADER || area == CP_AREA_FACTORY ||
        (area == machine->running_area && machine->mode == CP_MODE_APPLICATION)) {
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

// --- how an operation goes

static bool is_possible(const struct cp_access *access, enum cp_area area, enum cp_fate fate) {
    const struct cp_machine *machine = access->machine;
    if ((machine->config.fates >> fate & 1u) == 0) {
        return false;
    }
    if (cp_fate_is_error(fate)) {
        bool is_reported = fate <= CP_FATE_REPORTED_SOME;
        uint32_t kind = is_reported ? CP_FAULT_ERROR_REPORTED : CP_FAULT_ERROR_SILENT;
        return machine->errors_left > 0 && (machine->config.error_areas >> area & 1u) != 0 &&
               (access->device->part.faults & kind) != 0;
    }
    return access->device->model->die != NULL && !machine->is_dying;
}

// Ask, where it is a question. The choice lies on the program's stack, as all that the
// program has to remember.
static enum cp_fate ask_fate(const struct cp_access *access, uint32_t offset_bytes) {
    enum cp_area area = cp_machine_area(access->machine, access->index, offset_bytes);
    uint8_t fates[CP_FATE_COUNT] = {CP_FATE_DONE};
    uint32_t count = 1;
    for (enum cp_fate fate = CP_FATE_DONE + 1; fate < CP_FATE_COUNT; fate++) {
        if (is_possible(access, area, fate)) {
            fates[count++] = (uint8_t)fate;
        }
    }
    if (count == 1) {
        return CP_FATE_DONE;
    }
    cp_bus_clear_event();
    access->machine->event.device = access->index;
    access->machine->event.fates = fates;
    cp_bus_yield(CP_EVENT_CHOICE, count, access->frame);
    return (enum cp_fate)fates[access->machine->answer];
}

static enum cp_done suffer(const struct cp_access *access, enum cp_fate fate) {
    switch (fate) {
    case CP_FATE_REPORTED_NOTHING:
    case CP_FATE_REPORTED_SOME: return CP_DONE_REPORTED;
    case CP_FATE_SILENT_NOTHING:
    case CP_FATE_SILENT_SOME: return CP_DONE_SILENT;
    case CP_FATE_DIES_NOTHING:
    case CP_FATE_DIES_SOME:
        access->machine->is_dying = true;
        access->device->model->die(access->device);
        return CP_DONE_SILENT;
    case CP_FATE_DONE:
    case CP_FATE_COUNT: break;
    }
    return (enum cp_done)access->machine->answer; // by whoever runs the machine without fates
}

// --- operations

static void yield_watchdog(const struct cp_access *access, const char *what, uint32_t offset_bytes,
                           uint64_t unfed_us) {
    struct cp_machine *machine = access->machine;
    cp_bus_clear_event();
    snprintf(machine->event.message, sizeof(machine->event.message),
             "nothing feeds the watchdog, which waits %u us, for the %llu us up to the end of %s "
             "at 0x%x of device %u",
             (unsigned)machine->config.watchdog_us, (unsigned long long)unfed_us, what,
             (unsigned)offset_bytes, (unsigned)access->index);
    cp_bus_yield(CP_EVENT_WATCHDOG, 0, access->frame);
}

// The operation takes its time, if the watchdog lets it.
static void pass_time(const struct cp_access *access, const char *what, bool is_erase,
                      uint32_t offset_bytes, uint32_t size_bytes) {
    struct cp_machine *machine = access->machine;
    uint64_t unfed_us = machine->since_fed_us + cp_part_time_us(&access->device->part, is_erase,
                                                                offset_bytes / 4, size_bytes / 4);
    if (unfed_us > machine->unfed_us_max) {
        machine->unfed_us_max = unfed_us;
    }
    if (machine->config.watchdog_us > 0 && unfed_us > machine->config.watchdog_us) {
        yield_watchdog(access, what, offset_bytes, unfed_us);
    }
    machine->since_fed_us = unfed_us;
}

static void yield_operation(const struct cp_access *access, enum cp_event_kind kind,
                            uint32_t offset_bytes, const uint32_t *stored, uint32_t word_count,
                            enum cp_fate fate) {
    struct cp_event *event = &access->machine->event;
    cp_bus_clear_event();
    event->device = access->index;
    event->word = offset_bytes / 4;
    event->word_count = word_count;
    event->words = stored;
    event->fate = fate;
    access->machine->answer = CP_DONE;
    cp_bus_yield(kind, stored ? stored[0] : 0, access->frame);
}

// The words lie in a frame of their own, so that they are not on the stack at all other
// events.
__attribute__((noinline)) static void yield_inverted(const struct cp_access *access,
                                                     uint32_t offset_bytes, const uint32_t *words,
                                                     uint32_t word_count, enum cp_fate fate) {
    uint32_t stored[CP_EVENT_WORDS_MAX];
    for (uint32_t i = 0; i < word_count; i++) {
        stored[i] = words[i] ^ access->device->nor.inversion;
    }
    yield_operation(access, CP_EVENT_PROGRAM, offset_bytes, stored, word_count, fate);
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
    pass_time(access, "a program", false, offset_bytes, 4 * word_count);
    enum cp_fate fate =
        access->machine->config.fates ? ask_fate(access, offset_bytes) : CP_FATE_DONE;
    if (access->device->nor.inversion == 0) {
        yield_operation(access, CP_EVENT_PROGRAM, offset_bytes, words, word_count, fate);
    } else {
        yield_inverted(access, offset_bytes, words, word_count, fate);
    }
    return suffer(access, fate);
}

enum cp_done cp_bus_erase(const struct cp_access *access, uint32_t offset_bytes,
                          uint32_t size_bytes) {
    struct cp_page page = cp_part_page(&access->device->part, offset_bytes);
    size_bytes = size_bytes ? size_bytes : page.size_bytes;
    if (!range_is_allowed(access, offset_bytes, size_bytes, "erase")) {
        return CP_DONE_REFUSED;
    }
    pass_time(access, "an erase", true, offset_bytes, size_bytes);
    enum cp_fate fate =
        access->machine->config.fates ? ask_fate(access, offset_bytes) : CP_FATE_DONE;
    yield_operation(access, CP_EVENT_ERASE, offset_bytes, NULL, size_bytes / 4, fate);
    return suffer(access, fate);
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

// shadow.c: see shadow.h.

#include "sim/shadow.h"

#include "sim/bus.h"
#include "sim/program_memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Only the arrays are shared; sums of the flash are the machine's business.
static void share_flash(struct cp_machine *shadow, const struct cp_machine *machine) {
    for (uint32_t i = 0; i < machine->config.device_count; i++) {
        shadow->devices[i].nor = machine->devices[i].nor;
    }
}

static void share_devices(struct cp_machine *shadow, const struct cp_machine *machine) {
    for (uint32_t i = 0; i < machine->config.device_count; i++) {
        shadow->devices[i].part = machine->devices[i].part;
        shadow->devices[i].model = machine->devices[i].model;
    }
    share_flash(shadow, machine);
    memcpy(shadow->image_digests, machine->image_digests, sizeof shadow->image_digests);
}

int cp_shadow_create(struct cp_machine *machine, char *error) {
    struct cp_machine *shadow = calloc(1, sizeof *shadow);
    if (!shadow) {
        snprintf(error, CP_EVENT_MESSAGE_MAX, "out of memory");
        return -1;
    }
    machine->shadow = shadow;
    shadow->config = machine->config;
    shadow->config.program = machine->config.program->shadow;
    shadow->cpu = cp_cpu_native_second();
    if (!shadow->cpu || !cp_cpu_can_snapshot(machine->cpu)) {
        snprintf(error, CP_EVENT_MESSAGE_MAX,
                 "two programs cannot run in step here: there is no stack for the second");
        return -1;
    }
    share_devices(shadow, machine);
    const struct cp_program_memory *memory = shadow->config.program->memory;
    return memory ? memory->prepare(shadow, error) : 0;
}

void cp_shadow_destroy(struct cp_machine *machine) {
    free(machine->shadow);
    machine->shadow = NULL;
}

// --- what both do

static bool is_same_operation(const struct cp_event *one, const struct cp_event *other) {
    return one->device == other->device && one->word == other->word &&
           one->word_count == other->word_count && one->fate == other->fate &&
           (!one->words ||
            memcmp(one->words, other->words, one->word_count * sizeof one->words[0]) == 0);
}

static bool is_same(const struct cp_event *one, const struct cp_event *other) {
    if (one->kind != other->kind) {
        return false;
    }
    switch (one->kind) {
    case CP_EVENT_PROGRAM:
    case CP_EVENT_ERASE: return is_same_operation(one, other);
    case CP_EVENT_NOTE: return one->note == other->note && one->value == other->value;
    case CP_EVENT_READ:
        return one->device == other->device && one->word == other->word &&
               one->value == other->value;
    case CP_EVENT_CHOICE:
    case CP_EVENT_JUMP:
    case CP_EVENT_PANIC: return one->value == other->value;
    default: return true;
    }
}

static void describe(const struct cp_event *event, char *text, size_t text_bytes) {
    static const char *const names[] = {
        [CP_EVENT_PROGRAM] = "programs",   [CP_EVENT_ERASE] = "erases",
        [CP_EVENT_ILLEGAL] = "misuses",    [CP_EVENT_NOTE] = "notes",
        [CP_EVENT_CHOICE] = "asks",        [CP_EVENT_READ] = "reads",
        [CP_EVENT_JUMP] = "jumps",         [CP_EVENT_DFU_MODE] = "enters the DFU mode",
        [CP_EVENT_PANIC] = "panics",       [CP_EVENT_RESET] = "resets",
        [CP_EVENT_HANG] = "hangs",         [CP_EVENT_IDLE] = "idles",
        [CP_EVENT_CRASH] = "crashes",      [CP_EVENT_STALL] = "stalls",
        [CP_EVENT_WATCHDOG] = "overstays",
    };
    switch (event->kind) {
    case CP_EVENT_PROGRAM:
        snprintf(text, text_bytes, "programs %u words at 0x%x, the first 0x%x",
                 (unsigned)event->word_count, 4 * (unsigned)event->word, (unsigned)event->value);
        break;
    case CP_EVENT_ERASE:
    case CP_EVENT_READ:
        snprintf(text, text_bytes, "%s at 0x%x", names[event->kind], 4 * (unsigned)event->word);
        break;
    case CP_EVENT_NOTE:
        snprintf(text, text_bytes, "notes %d, %u", (int)event->note, (unsigned)event->value);
        break;
    case CP_EVENT_CRASH:
    case CP_EVENT_STALL:
    case CP_EVENT_ILLEGAL: snprintf(text, text_bytes, "%.90s", event->message); break;
    default: snprintf(text, text_bytes, "%s (%d)", names[event->kind], (int)event->value); break;
    }
}

static void part_ways(struct cp_machine *machine) {
    char one[96], other[96];
    describe(&machine->event, one, sizeof one);
    describe(&machine->shadow->event, other, sizeof other);
    machine->is_apart = true;
    machine->event.kind = CP_EVENT_CRASH;
    snprintf(machine->event.message, sizeof machine->event.message,
             "the programs differ: %.10s %.70s; %.10s %.70s", machine->config.program->name, one,
             machine->shadow->config.program->name, other);
}

// --- following

static void add_footprint(struct cp_machine *machine, const struct cp_footprint *read) {
    for (uint32_t i = 0; i < read->count; i++) {
        cp_machine_note_cell(machine, read->cells[i] >> 24, read->cells[i] & 0xFFFFFFu);
    }
    machine->footprint.is_too_large |= read->is_too_large;
}

void cp_shadow_follow(struct cp_machine *machine, uint32_t answer) {
    struct cp_machine *shadow = machine->shadow;
    share_flash(shadow, machine);
    shadow->answer = answer;
    shadow->errors_left = machine->errors_left;
    if (shadow->mode == CP_MODE_BOOTLOADER) {
        shadow->is_reset_by_application = machine->is_reset_by_application;
    }
    cp_bus_attach(shadow);
    cp_machine_run_alone(shadow);
    cp_bus_attach(machine);
    add_footprint(machine, &shadow->footprint);
    machine->is_apart = false;
    if (!is_same(&machine->event, &shadow->event)) {
        part_ways(machine);
    }
}

struct cp_hash cp_shadow_hash(const struct cp_machine *machine) {
    struct cp_hash own = cp_machine_volatile_hash(machine->shadow);
    return cp_hash_bytes(&own, sizeof own, 91); // of the other build, though it be the same
}

struct cp_machine_snapshot *cp_shadow_keep(const struct cp_machine *machine) {
    struct cp_machine_snapshot *snapshot = calloc(1, sizeof *snapshot);
    if (snapshot && cp_machine_snapshot(machine->shadow, snapshot)) {
        free(snapshot);
        snapshot = NULL;
    }
    return snapshot;
}

// starts.c: the starts of programs that need not be executed again.
//
// Most boots read a page of STATE and then do the same as another boot that read the
// same. What a start leads to, up to its first event, is kept by what it read.

#include "faults/search.h"

#include <stdlib.h>

void cp_x_free_start(void *item) {
    struct cp_machine_snapshot *snapshot = item;
    cp_machine_snapshot_free(snapshot);
    free(snapshot);
}

// What was not fed for until then is part of what follows, if only for its measure.
static struct cp_hash key_of_start(const struct cp_machine *machine) {
    struct cp_hash key = cp_hash_pair((uint64_t)machine->mode << 32 |
                                          (uint64_t)machine->running_area << 8 | machine->image,
                                      31 | (uint64_t)cp_machine_survivor(machine) << 32 |
                                          (uint64_t)machine->is_reset_by_application << 24 |
                                          (uint64_t)(machine->errors_left & 0xFFFFu) << 8);
    return machine->since_fed_us > 0 ? cp_hash_add(key, cp_hash_pair(machine->since_fed_us, 59))
                                     : key;
}

// A program is illegal, or refused by the part, by the counts of its words, which are not
// what was read. Where that depends on more than these words it is executed each time.
static bool is_still_legal(const struct cp_machine *machine, const struct cp_event *event) {
    const struct cp_device *device = &machine->devices[event->device];
    if (event->kind != CP_EVENT_PROGRAM || device->part.rule == CP_RULE_AND ||
        device->part.rule == CP_RULE_OVERWRITE) {
        return true;
    }
    if (device->part.rule == CP_RULE_BLOCK_COUNTED) {
        return false;
    }
    uint8_t limit = device->part.rule == CP_RULE_AND_COUNTED ? device->part.programs_per_word : 1;
    for (uint32_t word = event->word; word < event->word + event->word_count; word++) {
        if (device->nor.programs[word] >= limit) {
            return false;
        }
    }
    return true;
}

// Keep where the program stands, and put it back: so that what it leaves below its live
// stack is the same whether this was executed or looked up.
static void keep(struct cp_explorer *x, struct cp_hash key) {
    struct cp_machine *machine = x->world.machine;
    struct cp_machine_snapshot *snapshot = calloc(1, sizeof(*snapshot));
    if (!snapshot || cp_machine_snapshot(machine, snapshot)) {
        free(snapshot);
        return; // it is executed again, that is all
    }
    cp_machine_restore(machine, snapshot);
    size_t size_bytes = sizeof(*snapshot) + snapshot->cpu.size_bytes;
    if (cp_memo_add(&x->boots, machine, key, snapshot, size_bytes)) {
        cp_x_free_start(snapshot);
    }
}

// What ends by a signal, or begins with illegal use, is executed each time.
static bool is_worth_keeping(const struct cp_event *event) {
    return event->kind != CP_EVENT_ILLEGAL && event->kind != CP_EVENT_CRASH &&
           event->kind != CP_EVENT_STALL;
}

// Now and then what is known is executed all the same. If it does something else, it is
// no function of the flash, and nothing that was found of it means anything.
#define HITS_PER_CHECK 64u

static bool is_still_so(struct cp_explorer *x, const struct cp_machine_snapshot *known) {
    if (x->result->memo_hits % HITS_PER_CHECK != 0) {
        return true;
    }
    const struct cp_event *event = cp_machine_run(x->world.machine);
    return event->kind == known->event.kind && event->device == known->event.device &&
           event->word == known->event.word && event->value == known->event.value &&
           event->word_count == known->event.word_count && event->note == known->event.note;
}

const struct cp_event *cp_x_first_event(struct cp_explorer *x) {
    struct cp_machine *machine = x->world.machine;
    struct cp_hash key = key_of_start(machine);
    const struct cp_machine_snapshot *known = cp_memo_find(&x->boots, machine, key);
    if (known && is_still_legal(machine, &known->event)) {
        x->result->memo_hits++;
        if (!is_still_so(x, known)) {
            cp_x_stop(x, CP_STOP_NO_FUNCTION);
        }
        cp_machine_restore(machine, known);
        return &machine->event;
    }
    const struct cp_event *event = cp_machine_run(machine);
    if (!known && is_worth_keeping(event)) {
        keep(x, key);
    }
    return event;
}

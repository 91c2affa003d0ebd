// slow_explorer.h: the oracle: the same search as faults/explorer.c, the slow way.
//
// From each state the whole boot is run again on a copy of the flash. Wherever the
// power can be cut, the flash is copied, and the copy becomes a state if no state
// has the same flash and ghost. There is no journal to walk back, no snapshot,
// and no set of running programs: nothing that could stop a boot too early.
//
// States are found in the order of the fewest cuts (or of the fewest torn
// operations), so that the set of each bound can be told as well.

#ifndef CP_TESTS_SLOW_EXPLORER_H
#define CP_TESTS_SLOW_EXPLORER_H

#include "case_fixture.h"

#include "faults/tears.h"
#include "faults/world.h"

enum slow_level { SLOW_LEVEL_IS_CUTS, SLOW_LEVEL_IS_TORN };

enum { SLOW_CHOICES_MAX = 8, SLOW_IMAGE_BYTES_MAX = 32768 };

struct slow_state {
    struct cp_hash hash;
    struct cp_ghost ghost;
    uint8_t *flash; // per device: its words, then the program counts
    uint32_t level; // the fewest cuts, or torn operations, on the way here
    bool is_done;
};

struct slow_list {
    size_t *items;
    size_t count, capacity;
};

struct slow {
    const struct cp_case *test_case;
    struct cp_world world;
    struct cp_nor scratch[CP_DEVICES_MAX]; // to hash a copy
    struct slow_state *states;
    size_t state_count, state_capacity;
    size_t *table; // hash table of state indices + 1
    size_t table_size;
    struct slow_list now, next; // to boot on this level and on the next
    enum slow_level level_is;
    uint32_t level;
    uint32_t violated; // bit per promise
    uint32_t answers[SLOW_CHOICES_MAX], options[SLOW_CHOICES_MAX];
    uint32_t answer_count; // choices met in the present boot
    size_t flash_bytes;
    uint8_t before[SLOW_IMAGE_BYTES_MAX], after[SLOW_IMAGE_BYTES_MAX], torn[SLOW_IMAGE_BYTES_MAX];
};

static void slow_on_violation(void *context, enum cp_promise promise, const char *message) {
    (void)message;
    ((struct slow *)context)->violated |= BIT(promise);
}

// --- copies of the flash

static uint8_t *slow_words_of(const struct slow *slow, uint8_t *flash, uint32_t device) {
    for (uint32_t i = 0; i < device; i++) {
        flash += slow->test_case->devices[i].size_bytes / 4 * 5;
    }
    return flash;
}

static uint8_t *slow_counts_of(const struct slow *slow, uint8_t *flash, uint32_t device) {
    return slow_words_of(slow, flash, device) + slow->test_case->devices[device].size_bytes;
}

static uint32_t slow_word(const uint8_t *words, uint32_t index) {
    uint32_t value;
    memcpy(&value, words + 4 * (size_t)index, 4);
    return value;
}

static void slow_copy_out(const struct slow *slow, uint8_t *flash) {
    for (uint32_t i = 0; i < slow->test_case->device_count; i++) {
        const struct cp_nor *nor = &slow->world.machine->devices[i].nor;
        memcpy(slow_words_of(slow, flash, i), nor->words, nor->size_bytes);
        memcpy(slow_counts_of(slow, flash, i), nor->programs, nor->size_bytes / 4);
    }
}

static void slow_copy_in(const struct slow *slow, uint8_t *flash, uint32_t device,
                         struct cp_nor *nor) {
    const uint8_t *words = slow_words_of(slow, flash, device);
    const uint8_t *counts = slow_counts_of(slow, flash, device);
    for (uint32_t i = 0; i < nor->size_bytes / 4; i++) {
        const uint32_t value = slow_word(words, i);
        if (nor->words[i] != value || nor->programs[i] != counts[i]) {
            cp_nor_set_word(nor, i, value, counts[i]);
        }
    }
}

// --- the set of states

static size_t *slow_slot(const struct slow *slow, struct cp_hash hash) {
    size_t at = hash.high & (slow->table_size - 1);
    while (slow->table[at] != 0 && !cp_hash_equal(slow->states[slow->table[at] - 1].hash, hash)) {
        at = (at + 1) & (slow->table_size - 1);
    }
    return &slow->table[at];
}

static void slow_grow(struct slow *slow) {
    slow->state_capacity = 2 * slow->state_capacity + 1024;
    slow->states = realloc(slow->states, slow->state_capacity * sizeof(*slow->states));
    slow->table_size = slow->table_size == 0 ? 4096 : slow->table_size;
    while (slow->table_size < 2 * slow->state_capacity) {
        slow->table_size *= 2;
    }
    free(slow->table);
    slow->table = calloc(slow->table_size, sizeof(*slow->table));
    assert_true(slow->states && slow->table);
    for (size_t i = 0; i < slow->state_count; i++) {
        *slow_slot(slow, slow->states[i].hash) = i + 1;
    }
}

static void slow_push(struct slow_list *list, size_t item) {
    if (list->count == list->capacity) {
        list->capacity = 2 * list->capacity + 256;
        list->items = realloc(list->items, list->capacity * sizeof(*list->items));
        assert_non_null(list->items);
    }
    list->items[list->count++] = item;
}

static struct cp_hash slow_hash(struct slow *slow, uint8_t *flash, struct cp_ghost ghost) {
    const struct cp_ghost kept = slow->world.promises.ghost;
    slow->world.promises.ghost = ghost;
    struct cp_hash hash = cp_world_hash(&slow->world);
    slow->world.promises.ghost = kept;
    for (uint32_t i = 0; i < slow->test_case->device_count; i++) {
        slow_copy_in(slow, flash, i, &slow->scratch[i]);
        hash = cp_hash_sub(hash, slow->world.machine->devices[i].nor.hash);
        hash = cp_hash_add(hash, slow->scratch[i].hash);
    }
    return hash;
}

// A state is reached, `more` levels above the present one.
static void slow_reach(struct slow *slow, uint8_t *flash, struct cp_ghost ghost, uint32_t more) {
    if (slow->state_count == slow->state_capacity) {
        slow_grow(slow);
    }
    const struct cp_hash hash = slow_hash(slow, flash, ghost);
    size_t *slot = slow_slot(slow, hash);
    const uint32_t level = slow->level + more;
    if (*slot == 0) {
        uint8_t *copy = malloc(slow->flash_bytes);
        assert_non_null(copy);
        memcpy(copy, flash, slow->flash_bytes);
        slow->states[slow->state_count] = (struct slow_state){hash, ghost, copy, level, false};
        *slot = ++slow->state_count;
    } else if (slow->states[*slot - 1].level <= level) {
        return;
    }
    slow->states[*slot - 1].level = level;
    slow_push(more == 0 ? &slow->now : &slow->next, *slot - 1);
}

static bool slow_may_cut(const struct slow *slow, enum cp_mode mode) {
    const struct cp_fault_model *faults = &slow->test_case->faults;
    const enum cp_phase phase =
        mode == CP_MODE_BOOTLOADER ? CP_PHASE_BOOTLOADER : CP_PHASE_APPLICATION;
    return faults->cut && (faults->cut_phases & BIT(phase)) != 0;
}

static void slow_cut_after(struct slow *slow, enum cp_mode mode) {
    if (slow_may_cut(slow, mode)) {
        slow_copy_out(slow, slow->after);
        slow_reach(slow, slow->after, slow->world.promises.ghost,
                   slow->level_is == SLOW_LEVEL_IS_CUTS);
    }
}

// --- operations, whole and torn

static uint8_t slow_one_more(const struct slow *slow, uint32_t device, uint8_t programs) {
    const uint8_t limit = slow->test_case->devices[device].programs_per_word;
    return programs >= limit ? limit : (uint8_t)(programs + 1);
}

static void slow_set(struct slow *slow, uint8_t *flash, uint32_t device, uint32_t word,
                     uint32_t value, uint8_t programs) {
    memcpy(slow_words_of(slow, flash, device) + 4 * (size_t)word, &value, 4);
    slow_counts_of(slow, flash, device)[word] = programs;
}

static void slow_tear_programs(struct slow *slow, const struct cp_event *event, uint32_t old,
                               uint8_t programs, struct cp_ghost ghost) {
    const struct cp_fault_model *faults = &slow->test_case->faults;
    const uint32_t whole = old & event->value;
    for (int tear = 0; tear < CP_PROGRAM_TEAR_COUNT; tear++) {
        const uint32_t value = cp_tear_program((enum cp_program_tear)tear, old, whole);
        if ((faults->program_tears & BIT(tear)) == 0 || value == old || value == whole) {
            continue;
        }
        memcpy(slow->torn, slow->before, slow->flash_bytes);
        slow_set(slow, slow->torn, event->device, event->word, value,
                 slow_one_more(slow, event->device, programs));
        slow_reach(slow, slow->torn, ghost, 1);
    }
}

static void slow_tear_erases(struct slow *slow, const struct cp_event *event,
                             struct cp_ghost ghost) {
    const struct cp_fault_model *faults = &slow->test_case->faults;
    const struct cp_part *part = &slow->test_case->devices[event->device];
    const uint32_t count = part->erase_size_bytes / 4;
    const uint8_t *words = slow_words_of(slow, slow->before, event->device);
    const uint8_t *counts = slow_counts_of(slow, slow->before, event->device);
    for (uint32_t tear = 0; tear < cp_erase_tear_total(faults); tear++) {
        if (!cp_erase_tear_enabled(faults, tear)) {
            continue;
        }
        memcpy(slow->torn, slow->before, slow->flash_bytes);
        for (uint32_t i = 0; i < count; i++) {
            bool is_erased;
            const uint32_t value =
                cp_tear_erase_word(faults, tear, i, count, slow_word(words, event->word + i),
                                   part->erase_value * 0x01010101u, &is_erased);
            slow_set(slow, slow->torn, event->device, event->word + i, value,
                     is_erased ? 0 : counts[event->word + i]);
        }
        if (memcmp(slow->torn, slow->before, slow->flash_bytes) != 0 &&
            memcmp(slow->torn, slow->after, slow->flash_bytes) != 0) {
            slow_reach(slow, slow->torn, ghost, 1);
        }
    }
}

// What the operation makes of the flash, worked out once more on the copy.
static void slow_expect_after(struct slow *slow, const struct cp_event *event, uint32_t old,
                              uint8_t programs) {
    const struct cp_part *part = &slow->test_case->devices[event->device];
    memcpy(slow->torn, slow->before, slow->flash_bytes);
    if (event->kind == CP_EVENT_PROGRAM) {
        slow_set(slow, slow->torn, event->device, event->word, old & event->value,
                 slow_one_more(slow, event->device, programs));
    } else {
        for (uint32_t i = 0; i < part->erase_size_bytes / 4; i++) {
            slow_set(slow, slow->torn, event->device, event->word + i,
                     part->erase_value * 0x01010101u, 0);
        }
    }
    assert_memory_equal(slow->torn, slow->after, slow->flash_bytes);
}

static void slow_operation(struct slow *slow, const struct cp_event *event) {
    const enum cp_mode mode = slow->world.machine->mode;
    const struct cp_ghost ghost = slow->world.promises.ghost;
    const struct cp_nor *nor = &slow->world.machine->devices[event->device].nor;
    const uint32_t old = nor->words[event->word];
    const uint8_t programs = nor->programs[event->word];
    slow_copy_out(slow, slow->before);
    assert_non_null(cp_world_operation(&slow->world, 0));
    slow_copy_out(slow, slow->after);
    slow_expect_after(slow, event, old, programs);

    const enum cp_area area = cp_machine_area(slow->world.machine, event->device, 4 * event->word);
    if (slow_may_cut(slow, mode) && area != CP_AREA_COUNT &&
        (slow->test_case->faults.torn_areas & BIT(area)) != 0) {
        if (event->kind == CP_EVENT_PROGRAM) {
            slow_tear_programs(slow, event, old, programs, ghost);
        } else {
            slow_tear_erases(slow, event, ghost);
        }
    }
    slow_cut_after(slow, mode);
}

// --- a boot

static uint8_t slow_active_image(const struct slow *slow) {
    const struct cp_program_area *active = &slow->test_case->areas[CP_AREA_ACTIVE];
    const struct cp_nor *nor = &slow->world.machine->devices[active->device].nor;
    for (uint8_t i = 0; i < slow->test_case->image_count; i++) {
        if (memcmp(nor->words + active->offset_bytes / 4, slow->world.image_bytes[i],
                   slow->test_case->images[i].size_bytes) == 0) {
            return i;
        }
    }
    return CP_IMAGE_NONE;
}

static bool slow_jump(struct slow *slow) {
    const uint8_t image = slow_active_image(slow);
    assert_int_equal(image, cp_facts_active_image(&slow->world.facts));
    cp_promises_started(&slow->world.promises, image);
    slow_cut_after(slow, image == CP_IMAGE_NONE ? CP_MODE_BOOTLOADER : CP_MODE_APPLICATION);
    if (image == CP_IMAGE_NONE) {
        return false;
    }
    cp_machine_start(slow->world.machine, CP_MODE_APPLICATION, image);
    return true;
}

static bool slow_dfu_mode(struct slow *slow) {
    const uint8_t base = slow->world.promises.ghost.base;
    cp_promises_dfu_mode(&slow->world.promises);
    slow_cut_after(slow, CP_MODE_DFU);
    cp_machine_start(slow->world.machine, CP_MODE_DFU, base);
    return true;
}

static bool slow_choice(struct slow *slow, const struct cp_event *event) {
    const uint32_t at = slow->answer_count++;
    assert_true(at < SLOW_CHOICES_MAX);
    if (slow->options[at] == 0) { // not met before with these answers
        slow->options[at] = event->value;
        slow->answers[at] = 0;
    }
    cp_machine_answer(slow->world.machine, slow->answers[at]);
    return true;
}

static bool slow_reset(struct slow *slow) {
    slow_copy_out(slow, slow->after);
    slow_reach(slow, slow->after, slow->world.promises.ghost, 0);
    return false; // that state has a boot of its own
}

static bool slow_event(struct slow *slow, const struct cp_event *event) {
    struct cp_promises *promises = &slow->world.promises;
    switch (event->kind) {
    case CP_EVENT_PROGRAM:
    case CP_EVENT_ERASE: slow_operation(slow, event); return true;
    case CP_EVENT_ILLEGAL: cp_promises_illegal(promises, event->message); return true;
    case CP_EVENT_NOTE:
        cp_promises_note(promises, event->note, event->value, slow->world.machine->image);
        slow_cut_after(slow, slow->world.machine->mode);
        return true;
    case CP_EVENT_CHOICE: return slow_choice(slow, event);
    case CP_EVENT_JUMP: return slow_jump(slow);
    case CP_EVENT_DFU_MODE: return slow_dfu_mode(slow);
    case CP_EVENT_PANIC:
    case CP_EVENT_RESET:
    case CP_EVENT_HANG: return slow_reset(slow);
    case CP_EVENT_IDLE:
        if (slow->world.machine->mode == CP_MODE_DFU && !slow->test_case->dfu_host_present) {
            cp_promises_dfu_idle(promises);
        }
        return false;
    case CP_EVENT_CRASH:
    case CP_EVENT_STALL: cp_promises_dead_end(promises, event->message); return false;
    }
    return false;
}

static void slow_load(struct slow *slow, size_t index) {
    const struct slow_state *state = &slow->states[index];
    struct cp_world *world = &slow->world;
    while (world->entry_count > 0) {
        cp_world_pop(world); // forgotten, not undone
    }
    for (uint32_t i = 0; i < slow->test_case->device_count; i++) {
        slow_copy_in(slow, state->flash, i, &world->machine->devices[i].nor);
        memset(world->erases[i], 0, world->page_count[i] * sizeof(*world->erases[i]));
    }
    world->promises.ghost = state->ghost;
    assert_true(cp_hash_equal(cp_world_hash(world), state->hash));
    cp_facts_free(&world->facts);
    assert_int_equal(cp_facts_init(&world->facts, world->machine, slow->test_case->image_count), 0);
}

static void slow_boot(struct slow *slow, size_t index) {
    slow_load(slow, index);
    slow->answer_count = 0;
    cp_machine_reset(slow->world.machine, true);
    cp_machine_start(slow->world.machine, CP_MODE_BOOTLOADER, CP_IMAGE_NONE);
    while (slow_event(slow, cp_machine_run(slow->world.machine))) {
    }
}

// The next combination of answers; false when all were tried.
static bool slow_next_answers(struct slow *slow) {
    for (uint32_t at = slow->answer_count; at-- > 0;) {
        if (++slow->answers[at] < slow->options[at]) {
            return true;
        }
        slow->answers[at] = 0;
        slow->options[at] = 0;
    }
    return false;
}

// --- the whole search

static void slow_init(struct slow *slow, const struct cp_case *test_case,
                      const struct cp_program *program) {
    char error[CP_MESSAGE_MAX];
    slow->test_case = test_case;
    assert_int_equal(cp_world_init(&slow->world, test_case, program, error), 0);
    slow->world.promises.report = slow_on_violation;
    slow->world.promises.context = slow;
    for (uint32_t i = 0; i < test_case->device_count; i++) {
        const struct cp_nor *nor = &slow->world.machine->devices[i].nor;
        assert_int_equal(cp_nor_init(&slow->scratch[i], nor->size_bytes, nor->cell_size_bytes,
                                     test_case->devices[i].erase_value, nor->place),
                         0);
        slow->flash_bytes += nor->size_bytes / 4 * 5;
    }
    assert_true(slow->flash_bytes <= SLOW_IMAGE_BYTES_MAX);
}

static inline struct slow *slow_explore(const struct cp_case *test_case,
                                        const struct cp_program *program,
                                        enum slow_level level_is) {
    struct slow *slow = calloc(1, sizeof(*slow));
    assert_non_null(slow);
    slow->level_is = level_is;
    slow_init(slow, test_case, program);
    slow_copy_out(slow, slow->after);
    slow_reach(slow, slow->after, slow->world.promises.ghost, 0);
    for (; slow->now.count > 0; slow->level++) {
        for (size_t i = 0; i < slow->now.count; i++) {
            const size_t index = slow->now.items[i];
            if (slow->states[index].is_done) {
                continue;
            }
            slow->states[index].is_done = true;
            do {
                slow_boot(slow, index);
            } while (slow_next_answers(slow));
        }
        const struct slow_list done = slow->now;
        slow->now = slow->next;
        slow->next = (struct slow_list){done.items, 0, done.capacity};
    }
    return slow;
}

// The sorted hashes of the states up to a level, to be compared with an exploration's.
static inline struct reached slow_reached(const struct slow *slow, uint32_t level_max) {
    struct reached reached = {0};
    reached.hashes = malloc((slow->state_count + 1) * sizeof(*reached.hashes));
    assert_non_null(reached.hashes);
    for (size_t i = 0; i < slow->state_count; i++) {
        if (slow->states[i].level <= level_max) {
            reached.hashes[reached.hash_count++] = slow->states[i].hash;
        }
    }
    const size_t count = reached.hash_count;
    reached.hash_count = hash_sort(reached.hashes, count);
    assert_int_equal(reached.hash_count, count);
    return reached;
}

static void slow_free(struct slow *slow) {
    for (size_t i = 0; i < slow->state_count; i++) {
        free(slow->states[i].flash);
    }
    for (uint32_t i = 0; i < slow->test_case->device_count; i++) {
        cp_nor_free(&slow->scratch[i]);
    }
    cp_world_free(&slow->world);
    free(slow->states);
    free(slow->table);
    free(slow->now.items);
    free(slow->next.items);
    free(slow);
}

#endif

// slow_boot.c: the boots of a state, run from power-on once for each list of answers.
//
// What a boot asks, the world or an undecided word, is answered from a list. When it is
// through, the last answer that has another option takes it, and the boot is run again.
// Up to that answer it does what it did before, and no cut is tried there again.

#include "faults/endless.h"
#include "faults/slow_search.h"

#include <stdlib.h>
#include <string.h>

struct cp_slow_node cp_slow_child(struct cp_slow *s, enum cp_edge edge, enum cp_mode mode) {
    const struct cp_slow_node *node = &s->nodes[s->boot.node];
    struct cp_slow_node child = {.parent = s->boot.node,
                                 .cuts = node->cuts + (edge == CP_EDGE_RESET ? 0 : 1),
                                 .torn_left = node->torn_left,
                                 .event_index = s->boot.event_count,
                                 .site = UINT32_MAX,
                                 .edge = edge,
                                 .phase = mode == CP_MODE_BOOTLOADER ? CP_PHASE_BOOTLOADER
                                                                     : CP_PHASE_APPLICATION,
                                 .deeds = s->boot.deeds,
                                 .is_free = node->is_free};
    child.tokens = cp_slow_tokens(s);
    return child;
}

// From here on nothing was done by an earlier run of this boot.
static void become_fresh(struct cp_slow *s) {
    if (!s->boot.is_fresh) {
        memcpy(s->world.promises.counts, s->boot.counts, sizeof(s->boot.counts));
    }
    s->boot.is_fresh = true;
}

struct cp_hash cp_slow_story(struct cp_hash before, const struct cp_event *event) {
    uint64_t words[5] = {before.low, before.high, (uint64_t)event->kind << 32 | event->device,
                         (uint64_t)event->word << 32 | event->value, (uint64_t)event->note};
    return cp_hash_bytes(words, sizeof(words), 71);
}

void cp_slow_begin_run(struct cp_slow *s) {
    struct cp_slow_boot *boot = &s->boot;
    const struct cp_slow_node *node = &s->nodes[boot->node];
    cp_slow_load(s, boot->node);
    memcpy(boot->counts, s->world.promises.counts, sizeof(boot->counts));
    boot->event_count = node->edge == CP_EDGE_RESET ? node->event_index : 0;
    boot->asked = 0;
    boot->is_fresh = boot->question_count == 0 && !boot->is_quiet;
    boot->events_of_run = 0;
    boot->story = (struct cp_hash){0, 0};
    boot->deeds = (struct cp_deeds){false, false, false};
    s->result->boots++;
    cp_world_begin_life(&s->world);
    cp_machine_start(s->world.machine, CP_MODE_BOOTLOADER, CP_IMAGE_NONE);
}

// --- operations and milestones

static void count_uncut(struct cp_slow *s, const struct cp_event *event) {
    const struct cp_part *part = &s->test_case->devices[event->device];
    bool is_erase = event->kind == CP_EVENT_ERASE;
    if (cp_slow_is_first_run(s)) {
        cp_uncut_operation(&s->uncut, is_erase,
                           cp_part_time_us(part, is_erase, event->word, event->word_count));
    }
}

// An entry of the world's journal is not needed once it is there.
static bool forget(struct cp_slow *s, const struct cp_entry *entry) {
    if (!entry) {
        cp_slow_stop(s, CP_STOP_MEMORY);
        return false;
    }
    cp_world_pop(&s->world);
    return true;
}

bool cp_slow_operate(struct cp_slow *s, uint32_t site) {
    const struct cp_event *event = &s->world.machine->event;
    s->result->operations++;
    cp_slow_touch_page(s, event->device, event->word);
    return forget(s, cp_world_operation(&s->world, site));
}

static bool on_operation(struct cp_slow *s) {
    const struct cp_event *event = &s->world.machine->event;
    bool is_program = event->kind == CP_EVENT_PROGRAM;
    uint32_t device = event->device, word = event->word;
    uint32_t site = cp_sites_find(&s->sites, event);
    s->world.promises.counts[CP_PROMISE_LEGAL_FLASH_USE].exercised++;
    s->boot.event_count++;
    if (s->boot.is_fresh) {
        cp_slow_cut_inside(s, site);
    }
    count_uncut(s, event);
    if (!cp_slow_operate(s, site)) {
        return false;
    }
    s->boot.deeds.erases |= !is_program;
    if (s->boot.is_fresh) {
        cp_slow_cut_after_operation(s, site, device, word, is_program);
    }
    return true;
}

static void milestone(struct cp_slow *s, struct cp_ghost before, bool ended, enum cp_mode mode) {
    s->boot.event_count++;
    if (cp_slow_is_first_run(s)) {
        cp_uncut_milestone(&s->uncut, &before, &s->world.promises.ghost);
    }
    if (ended) {
        cp_wear_end_update(&s->world.wear, s->update_save);
        s->boot.deeds.ends = true;
    }
    if (s->boot.is_fresh) {
        cp_slow_cut_after_milestone(s, mode);
    }
}

static bool on_note(struct cp_slow *s, const struct cp_event *event) {
    const struct cp_machine *machine = s->world.machine;
    struct cp_ghost before = s->world.promises.ghost;
    bool ended = cp_promises_note(&s->world.promises, event->note, event->value, machine->image);
    milestone(s, before, ended, machine->mode);
    return true;
}

static bool on_jump(struct cp_slow *s) {
    struct cp_ghost before = s->world.promises.ghost;
    enum cp_area area = (enum cp_area)s->world.machine->event.value;
    uint8_t image = cp_world_started_image(&s->world);
    bool is_mixed = image == CP_IMAGE_NONE;
    cp_slow_outcome(s, is_mixed ? CP_OUTCOME_MIXED : CP_OUTCOME_STARTED, image);
    bool ended = cp_promises_started(&s->world.promises, image);
    s->boot.deeds.starts |= !is_mixed;
    milestone(s, before, ended, is_mixed ? CP_MODE_BOOTLOADER : CP_MODE_APPLICATION);
    if (!is_mixed) {
        cp_machine_start_in(s->world.machine, CP_MODE_APPLICATION, image, area);
    }
    return !is_mixed;
}

static bool on_dfu_mode(struct cp_slow *s) {
    struct cp_ghost before = s->world.promises.ghost;
    cp_slow_outcome(s, CP_OUTCOME_DFU_MODE, CP_IMAGE_NONE);
    cp_promises_dfu_mode(&s->world.promises);
    milestone(s, before, false, CP_MODE_DFU);
    cp_machine_start(s->world.machine, CP_MODE_DFU, before.base);
    return true;
}

static bool on_reset(struct cp_slow *s, const struct cp_event *event) {
    enum cp_event_kind kind = event->kind;
    uint32_t error = event->value;
    s->boot.event_count++;
    if (!s->boot.is_fresh || s->world.machine->is_dying) {
        return false; // reached by an earlier run, or the power goes for all
    }
    if (cp_slow_is_first_run(s)) {
        cp_uncut_reset(&s->uncut, s->world.machine->mode);
    }
    struct cp_slow_node child = cp_slow_child(s, CP_EDGE_RESET, s->world.machine->mode);
    child.is_uncut = s->nodes[s->boot.node].is_uncut && s->boot.is_plain;
    s->world.survivor = cp_machine_survivor(s->world.machine);
    cp_promises_run_ends(&s->world.promises, s->world.machine->mode != CP_MODE_BOOTLOADER);
    uint32_t id = cp_slow_reach(s, &child);
    if (id != 0) {
        cp_slow_resets_to(s, id, kind, error);
    }
    // Before that boot does anything the power can fail. Then it is not told of the reset.
    if (id != 0 && s->world.promises.ghost.reset_cause != CP_RESET_OTHER) {
        cp_slow_cut_after_milestone(s, CP_MODE_BOOTLOADER);
    } else {
        cp_slow_note_reset(s, id);
    }
    return false; // that state has a boot of its own
}

static bool on_dead_end(struct cp_slow *s, const char *message) {
    if (s->world.machine->is_dying) {
        return false;
    }
    cp_promises_dead_end(&s->world.promises, message);
    cp_slow_outcome(s, CP_OUTCOME_NO_BOOT, CP_IMAGE_NONE);
    return false;
}

// --- questions

static struct cp_slow_question *new_question(struct cp_slow *s) {
    struct cp_slow_boot *boot = &s->boot;
    if (boot->is_quiet) {
        return NULL; // a trial ends there
    }
    if (boot->question_count == CP_QUESTIONS_MAX) {
        s->bound_was_hit = true; // it may go on so for ever
        return NULL;
    }
    struct cp_slow_question *question = &boot->questions[boot->question_count];
    *question = (struct cp_slow_question){.story = boot->story};
    return question;
}

static bool ask_world(struct cp_slow *s, uint32_t option_count) {
    struct cp_slow_question *question = new_question(s);
    if (question) {
        question->option_count = option_count;
        question->is_choice = true;
        s->boot.question_count++;
    }
    return question != NULL;
}

// The question of a read. After trials the boot has to be run again to get there.
static bool ask_word(struct cp_slow *s, const struct cp_event *event) {
    struct cp_slow_question *question = new_question(s);
    if (!question) {
        return false;
    }
    if (cp_world_read_kind(&s->world, event) != CP_READ_PAGE) {
        s->boot.is_to_restart = true;
    }
    if (cp_slow_classify(s, question)) {
        free(question->options);
        cp_slow_stop(s, CP_STOP_MEMORY);
        return false;
    }
    s->boot.question_count++;
    return !s->boot.is_to_restart;
}

// The question that the present run has come to.
static struct cp_slow_question *answer(struct cp_slow *s) {
    struct cp_slow_boot *boot = &s->boot;
    struct cp_slow_question *question = &boot->questions[boot->asked++];
    if (!cp_hash_equal(question->story, boot->story)) {
        cp_slow_stop(s, CP_STOP_NO_FUNCTION);
    }
    if (boot->asked == boot->question_count && !boot->is_quiet) {
        become_fresh(s);
    }
    boot->event_count++;
    cp_slow_note_question(s);
    return question;
}

static bool on_choice(struct cp_slow *s, const struct cp_event *event) {
    if (s->boot.asked == s->boot.question_count && !ask_world(s, event->value)) {
        return false;
    }
    struct cp_slow_question *question = answer(s);
    question->is_plain = question->taken == 0;
    question->token = (struct cp_slow_token){s->boot.event_count, question->taken, true, false};
    cp_world_choose(&s->world, question->taken);
    return true;
}

static bool on_read(struct cp_slow *s, const struct cp_event *event) {
    if (s->boot.asked == s->boot.question_count && !ask_word(s, event)) {
        return false;
    }
    struct cp_slow_question *question = answer(s);
    s->result->torn_reads += s->boot.is_fresh;
    cp_slow_touch_page(s, event->device, event->word);
    struct cp_entry *entry = cp_world_read(&s->world, question->options, question->option_count);
    if (!entry) {
        cp_slow_stop(s, CP_STOP_MEMORY);
        return false;
    }
    cp_world_take_option(&s->world, entry, question->taken);
    question->is_plain = entry->new_value == entry->plain_value;
    question->token =
        (struct cp_slow_token){s->boot.event_count, entry->new_value, false, entry->read_kind};
    return forget(s, entry);
}

static bool on_watchdog(struct cp_slow *s, const struct cp_event *event) {
    if (!s->world.machine->is_dying) {
        cp_promises_unfed(&s->world.promises, event->message);
    }
    return on_reset(s, event);
}

// --- one run

static bool on_event(struct cp_slow *s, const struct cp_event *event) {
    switch (event->kind) {
    case CP_EVENT_PROGRAM:
    case CP_EVENT_ERASE: return on_operation(s);
    case CP_EVENT_ILLEGAL: cp_promises_illegal(&s->world.promises, event->message); return true;
    case CP_EVENT_NOTE: return on_note(s, event);
    case CP_EVENT_CHOICE: return on_choice(s, event);
    case CP_EVENT_READ: return on_read(s, event);
    case CP_EVENT_JUMP: return on_jump(s);
    case CP_EVENT_DFU_MODE: return on_dfu_mode(s);
    case CP_EVENT_PANIC:
    case CP_EVENT_RESET:
    case CP_EVENT_HANG: return on_reset(s, event);
    case CP_EVENT_WATCHDOG: return on_watchdog(s, event);
    case CP_EVENT_IDLE:
        if (s->world.machine->mode == CP_MODE_DFU && !s->test_case->dfu_host_present) {
            cp_promises_dfu_idle(&s->world.promises);
        }
        return false;
    case CP_EVENT_CRASH:
    case CP_EVENT_STALL: return on_dead_end(s, event->message);
    }
    return false;
}

// Without a look at the program's state that is how a run is known that never ends.
static bool goes_on_for_ever(struct cp_slow *s) {
    if (s->boot.events_of_run < cp_endless_events(s->test_case)) {
        return false;
    }
    if (s->boot.is_quiet) {
        return true;
    }
    s->bound_was_hit = true;
    bool is_bootloader = s->world.machine->mode == CP_MODE_BOOTLOADER;
    cp_endless_report(&s->world.promises, is_bootloader,
                      s->boot.deeds.erases && !s->boot.deeds.ends);
    if (is_bootloader) {
        cp_slow_outcome(s, CP_OUTCOME_NO_BOOT, CP_IMAGE_NONE);
    }
    return true;
}

bool cp_slow_step(struct cp_slow *s) {
    cp_slow_tick(s);
    s->boot.events_of_run++;
    if (s->stop != CP_STOP_NONE) {
        return false;
    }
    const struct cp_event *event = cp_machine_run(s->world.machine);
    s->boot.story = cp_slow_story(s->boot.story, event);
    return on_event(s, event) && s->stop == CP_STOP_NONE && !goes_on_for_ever(s);
}

static void run_once(struct cp_slow *s) {
    do {
        s->boot.is_to_restart = false;
        cp_slow_begin_run(s);
        while (cp_slow_step(s)) {
        }
    } while (s->boot.is_to_restart && s->stop == CP_STOP_NONE);
    if (!s->boot.is_fresh) {
        become_fresh(s);
    }
}

// The events of the first state's boot, up to what it asks first.
static struct cp_hash first_story(struct cp_slow *s) {
    struct cp_promise_count counts[CP_PROMISE_COUNT];
    memcpy(counts, s->world.promises.counts, sizeof(counts));
    s->boot.node = 0;
    s->boot.question_count = 0;
    s->boot.is_quiet = true;
    cp_slow_begin_run(s);
    while (cp_slow_step(s)) {
    }
    s->boot.is_quiet = false;
    memcpy(s->world.promises.counts, counts, sizeof(counts));
    return s->boot.story;
}

void cp_slow_check_program(struct cp_slow *s) {
    enum cp_stop stop = s->stop;
    s->stop = CP_STOP_NONE; // whatever ended the search
    struct cp_hash story = first_story(s);
    bool is_first = s->check_count++ == 0;
    if (is_first) {
        s->first_story = story;
    }
    bool is_other = s->stop == CP_STOP_NONE && !cp_hash_equal(story, s->first_story);
    if (is_other || stop != CP_STOP_NONE) {
        s->stop = is_other ? CP_STOP_NO_FUNCTION : stop;
    }
}

// Take the next list of answers; false when all were tried.
static bool next_answers(struct cp_slow *s) {
    struct cp_slow_boot *boot = &s->boot;
    boot->is_plain = false;
    for (; boot->question_count > 0; boot->question_count--) {
        struct cp_slow_question *last = &boot->questions[boot->question_count - 1];
        if (++last->taken < last->option_count) {
            return true;
        }
        free(last->options);
    }
    return false;
}

static void free_questions(struct cp_slow_boot *boot) {
    while (boot->question_count > 0) {
        free(boot->questions[--boot->question_count].options);
    }
}

void cp_slow_boot_node(struct cp_slow *s, uint32_t node) {
    s->boot.node = node;
    s->boot.question_count = 0;
    s->boot.is_plain = true;
    do {
        run_once(s);
    } while (s->stop == CP_STOP_NONE && next_answers(s));
    free_questions(&s->boot);
    uint32_t id = s->nodes[node].state;
    if (cp_slow_state_of(s, id)->first_node == node) {
        cp_slow_push(s, &s->booted, id);
    }
}

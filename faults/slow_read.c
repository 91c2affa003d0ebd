// slow_read.c: which values of an undecided word the program tells apart, found out by
// running the boot again with each.
//
// Two values are of one class if the program asks for the same next events with either,
// or up to its end if that comes before. Its volatile state is not looked at; that is
// what probe.c goes by, and this is what probe.c is held against.

#include "faults/slow_search.h"
#include "faults/values.h"

#include <stdlib.h>
#include <string.h>

#define EVENTS_MAX 64u

static bool ends(enum cp_event_kind kind) {
    return kind != CP_EVENT_PROGRAM && kind != CP_EVENT_ERASE && kind != CP_EVENT_ILLEGAL &&
           kind != CP_EVENT_NOTE && kind != CP_EVENT_CHOICE && kind != CP_EVENT_READ;
}

// Give the program what it asks for. Another undecided word gives one end of its range,
// or with `takes_other` the other.
static bool go_on(struct cp_slow *s, const struct cp_event *event, bool takes_other) {
    struct cp_machine *machine = s->world.machine;
    const struct cp_nor *nor = &machine->devices[event->device].nor;
    if (event->kind == CP_EVENT_READ && event->value == 1) {
        cp_machine_answer(machine, takes_other);
    } else if (event->kind == CP_EVENT_READ) {
        cp_machine_answer(machine,
                          takes_other ? nor->words[event->word] : cp_nor_high(nor, event->word));
    } else if (event->kind == CP_EVENT_CHOICE) {
        cp_machine_answer(machine, 0);
    } else if (event->kind == CP_EVENT_PROGRAM || event->kind == CP_EVENT_ERASE) {
        return cp_slow_operate(s, UINT32_MAX);
    }
    return true;
}

// The next events, from the answer on. *has_others: undecided words were among them.
static struct cp_hash follow(struct cp_slow *s, bool takes_other, bool *has_others) {
    struct cp_hash story = {0, 0};
    for (uint32_t i = 0; i < EVENTS_MAX && s->stop == CP_STOP_NONE; i++) {
        cp_slow_tick(s);
        const struct cp_event *event = cp_machine_run(s->world.machine);
        story = cp_slow_story(story, event);
        *has_others |= event->kind == CP_EVENT_READ;
        if (ends(event->kind) || i + 1 == EVENTS_MAX || !go_on(s, event, takes_other)) {
            break;
        }
    }
    return story;
}

// Run to the read in question, which the answers so far lead to, and go on with `value`.
static struct cp_hash tell(struct cp_slow *s, uint32_t value, bool takes_other, bool *has_others) {
    static const struct cp_hash nothing = {0, 0};
    cp_slow_begin_run(s);
    while (cp_slow_step(s)) {
    }
    if (s->stop != CP_STOP_NONE) {
        return nothing;
    }
    const struct cp_event *event = &s->world.machine->event;
    cp_slow_touch_page(s, event->device, event->word);
    struct cp_entry *entry = cp_world_read(&s->world, &value, 1);
    if (!entry) {
        cp_slow_stop(s, CP_STOP_MEMORY);
        return nothing;
    }
    cp_world_take_option(&s->world, entry, 0);
    cp_world_pop(&s->world);
    return follow(s, takes_other, has_others);
}

// What the program does with this value.
static struct cp_hash class_of(struct cp_slow *s, uint32_t value) {
    bool has_others = false;
    struct cp_hash one = tell(s, value, false, &has_others);
    struct cp_hash other = has_others ? tell(s, value, true, &has_others) : one;
    struct cp_hash both[2] = {one, other};
    return cp_hash_bytes(both, sizeof(both), 72);
}

// Of the values the first of each class is kept. Returns how many there are.
static uint32_t keep_classes(struct cp_slow *s, uint32_t *values, uint32_t count,
                             uint32_t usual_count, struct cp_visited *classes) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < count && s->stop == CP_STOP_NONE; i++) {
        bool is_new;
        if (!cp_visited_find(classes, class_of(s, values[i]), &is_new)) {
            cp_slow_stop(s, CP_STOP_MEMORY);
        } else if (is_new) {
            values[kept++] = values[i];
            s->result->audit.surprises += i >= usual_count;
        }
    }
    return kept;
}

static uint32_t values_to_try(struct cp_slow *s, uint32_t *values, uint32_t *usual_count) {
    const struct cp_event *event = &s->world.machine->event;
    const struct cp_nor *nor = &s->world.machine->devices[event->device].nor;
    struct cp_range range = {nor->words[event->word], cp_nor_high(nor, event->word)};
    enum cp_area area = cp_machine_area(s->world.machine, event->device, 4 * event->word);
    uint32_t plain = cp_world_plain_option(&s->world, event);
    if (cp_world_read_kind(&s->world, event) == CP_READ_DOUBT) {
        values[0] = 0;
        values[1] = 1;
        return *usual_count = 2;
    }
    bool is_data = area != CP_AREA_STATE;
    *usual_count = cp_values(range, plain, is_data ? CP_VALUES_DATA : CP_VALUES_STATE, values);
    if (!s->options->is_audit) {
        return *usual_count;
    }
    uint32_t count = *usual_count + cp_values(range, plain, CP_VALUES_AUDIT, values + *usual_count);
    s->result->audit.reads++;
    s->result->audit.values += count;
    return count;
}

// The trials leave no trace in what is counted of the promises.
static void try_values(struct cp_slow *s, struct cp_slow_question *question,
                       struct cp_visited *classes) {
    struct cp_promise_count counts[CP_PROMISE_COUNT];
    uint32_t usual_count, count = values_to_try(s, question->options, &usual_count);
    memcpy(counts, s->world.promises.counts, sizeof(counts));
    s->boot.is_quiet = true;
    question->option_count = keep_classes(s, question->options, count, usual_count, classes);
    s->boot.is_quiet = false;
    memcpy(s->world.promises.counts, counts, sizeof(counts));
}

static int page_forms(struct cp_slow_question *question, uint32_t count) {
    question->options = malloc(count * sizeof(*question->options));
    if (!question->options) {
        return -1;
    }
    question->option_count = count;
    for (uint32_t i = 0; i < count; i++) {
        question->options[i] = i;
    }
    return 0;
}

int cp_slow_classify(struct cp_slow *s, struct cp_slow_question *question) {
    const struct cp_event *event = &s->world.machine->event;
    if (cp_world_read_kind(&s->world, event) == CP_READ_PAGE) {
        return page_forms(question, cp_world_form_count(&s->world, event));
    }
    struct cp_visited classes;
    question->options = malloc(2 * CP_VALUES_MAX * sizeof(*question->options));
    if (!question->options || cp_visited_init(&classes)) {
        return -1;
    }
    try_values(s, question, &classes);
    cp_visited_free(&classes);
    uint32_t *kept =
        realloc(question->options, (question->option_count + 1) * sizeof(*question->options));
    question->options = kept ? kept : question->options;
    return 0;
}

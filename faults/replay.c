// replay.c: run one trace and tell of each event; see replay.h.

#include "faults/replay.h"

#include "faults/endless.h"
#include "faults/tears.h"
#include "faults/trace.h"
#include "faults/visited.h"
#include "faults/world.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Resets without power loss that are followed before a replay gives up.
#define RESETS_MAX 256u

// More than the events of one power-on that does not go round.
#define EVENTS_OF_A_LIFE 1000000u

struct replayer {
    struct cp_world world;
    cp_watch_fn on_step;
    void *context;
    struct cp_violation *violation;
    char *error;
    bool is_violated;
    uint8_t *wear_save; // never looked at: a replay does not go back
    uint32_t cuts;
    struct cp_visited places;                  // where this power-on was
    size_t base;                               // the first journal entry of this power-on
    struct cp_token choices[CP_TRACE_MAX / 4]; // for this power-on; event_index is 0 once met
    uint32_t choice_count;
    struct cp_token cut; // where this power-on is cut
    bool has_cut;
    struct cp_hash reset_hashes[RESETS_MAX];
    size_t reset_entries[RESETS_MAX];
    uint32_t reset_count;
};

static uint32_t event_count(const struct replayer *r) {
    return (uint32_t)(r->world.entry_count - r->base);
}

static struct cp_step new_step(const struct replayer *r, enum cp_step_kind kind) {
    return (struct cp_step){
        .kind = kind, .event_index = event_count(r), .cuts = r->cuts, .area = CP_AREA_COUNT};
}

static void tell_words(struct replayer *r, struct cp_step *step, const char *format,
                       va_list arguments) {
    vsnprintf(step->text, sizeof(step->text), format, arguments);
    r->on_step(r->context, &r->world, step);
}

__attribute__((format(printf, 3, 4))) static void tell(struct replayer *r, enum cp_step_kind kind,
                                                       const char *format, ...) {
    struct cp_step step = new_step(r, kind);
    va_list arguments;
    va_start(arguments, format);
    tell_words(r, &step, format, arguments);
    va_end(arguments);
}

// The same of a step that says more of itself.
__attribute__((format(printf, 3, 4))) static void tell_more(struct replayer *r,
                                                            struct cp_step *step,
                                                            const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    tell_words(r, step, format, arguments);
    va_end(arguments);
}

static void on_violation(void *context, enum cp_promise promise, const char *message) {
    struct replayer *r = context;
    if ((r->world.test_case->promises >> promise & 1u) == 0) {
        return;
    }
    if (!r->is_violated) {
        r->violation->promise = promise;
        r->violation->cuts = r->cuts;
        snprintf(r->violation->message, sizeof(r->violation->message), "%s", message);
    }
    r->is_violated = true;
    struct cp_step step = new_step(r, CP_STEP_VIOLATION);
    step.promise = promise;
    tell_more(r, &step, "%s: %s", cp_promise_name(promise), message);
}

static int fail(struct replayer *r, const char *format, ...) __attribute__((format(printf, 2, 3)));

static int fail(struct replayer *r, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(r->error, CP_MESSAGE_MAX, format, arguments);
    va_end(arguments);
    return -1;
}

// --- telling of operations

static void place_step(const struct replayer *r, struct cp_step *step,
                       const struct cp_entry *entry) {
    const struct cp_machine *machine = r->world.machine;
    const struct cp_device *device = &machine->devices[entry->device];
    uint32_t offset_bytes = 4 * entry->word, area_page = 0;
    step->device = entry->device;
    step->area = cp_machine_area(machine, entry->device, offset_bytes);
    step->address = offset_bytes;
    if (step->area != CP_AREA_COUNT) {
        uint32_t area_offset_bytes = machine->config.board.areas[step->area].offset_bytes;
        step->address -= area_offset_bytes;
        area_page = cp_part_page(&device->part, area_offset_bytes).index;
    }
    step->page = cp_part_page(&device->part, offset_bytes).index - area_page;
    step->page_offset_bytes = offset_bytes - cp_part_page(&device->part, offset_bytes).offset_bytes;
    step->word_count = entry->word_count;
    step->old_value = entry->old.low;
    step->new_value = entry->new_value;
    step->old_high = entry->old.high;
    step->inversion = device->nor.inversion;
}

static void tell_operation(struct replayer *r, const struct cp_entry *entry,
                           const struct cp_event *event) {
    bool is_erase = entry->kind == CP_ENTRY_ERASE || entry->kind == CP_ENTRY_TORN_ERASE;
    struct cp_step step = new_step(r, is_erase ? CP_STEP_ERASE : CP_STEP_PROGRAM);
    place_step(r, &step, entry);
    memcpy(step.frames, event->frames, sizeof(step.frames));
    step.frame_count = event->frame_count;
    r->on_step(r->context, &r->world, &step);
}

static void tell_read(struct replayer *r, const struct cp_entry *entry) {
    struct cp_step step = new_step(r, CP_STEP_EVENT);
    place_step(r, &step, entry);
    static const char *const areas[] = {"the bootloader", "STATE",  "ACTIVE", "DFU",
                                        "FACTORY",        "no area"};
    step.is_read = true;
    step.read_kind = entry->read_kind;
    if (entry->read_kind == CP_READ_PAGE) {
        snprintf(step.text, sizeof(step.text),
                 "the page of %s at +0x%x, whose erase was torn, turns out as '%s'",
                 areas[step.area], (unsigned)step.address,
                 cp_page_form_name((enum cp_page_form)entry->new_value));
    } else if (entry->read_kind == CP_READ_DOUBT) {
        snprintf(step.text, sizeof(step.text), "the torn unit of %s at +0x%x turns out %s",
                 areas[step.area], (unsigned)step.address,
                 entry->new_value ? "uncorrectable" : "readable");
    } else {
        snprintf(step.text, sizeof(step.text), "the torn word of %s at +0x%x reads 0x%08x",
                 areas[step.area], (unsigned)step.address,
                 (unsigned)(entry->new_value ^ step.inversion));
    }
    r->on_step(r->context, &r->world, &step);
}

// --- the events of a run. Each returns 1 to go on, 0 where the run ends, -1 on
// error, or TORN when the power was cut inside the operation.

enum { TORN = 2 };

// A shape that leaves what was, or what the whole operation leaves, is none to the search;
// written by hand it is a cut before or after.
static int tear_as(struct replayer *r, struct cp_entry *entry, uint32_t tear) {
    int torn = entry->kind == CP_ENTRY_PROGRAM
                   ? cp_world_tear_program(&r->world, entry, (enum cp_program_tear)tear)
                   : cp_world_tear_erase(&r->world, entry, tear);
    entry = &r->world.entries[r->world.entry_count - 1]; // the journal may have moved
    if (torn == 0 && cp_world_tear_changes(&r->world, entry, tear)) {
        cp_world_pop(&r->world);
        return cp_world_operation(&r->world, UINT32_MAX) ? 0 : -1;
    }
    return torn;
}

static int tear_by_name(struct replayer *r, struct cp_entry *entry) {
    const struct cp_fault_model *faults = &r->world.test_case->faults;
    if (entry->kind == CP_ENTRY_PROGRAM) {
        for (uint32_t i = 0; i < CP_PROGRAM_TEAR_COUNT; i++) {
            if (strcmp(cp_program_tear_name((enum cp_program_tear)i), r->cut.tear) == 0) {
                return tear_as(r, entry, i);
            }
        }
        return -2;
    }
    for (uint32_t i = 0; i < cp_erase_tear_total(faults); i++) {
        char name[32];
        cp_erase_tear_label(faults, i, name);
        if (strcmp(name, r->cut.tear) == 0) {
            return tear_as(r, entry, i);
        }
    }
    return -2;
}

// The operation just done is the one that the power cut tears.
static int tear(struct replayer *r) {
    struct cp_entry *entry = &r->world.entries[r->world.entry_count - 1];
    uint32_t event_index = event_count(r);
    bool is_erase = entry->kind == CP_ENTRY_ERASE;
    cp_world_undo(&r->world, entry);
    int torn = tear_by_name(r, entry);
    if (torn < 0) {
        return fail(r,
                    torn == -2 ? "trace: '%s' is no torn form of event %u, a flash %s"
                               : "out of memory (%s, %u, %s)",
                    r->cut.tear, (unsigned)event_index, is_erase ? "erase" : "program");
    }
    struct cp_step step = new_step(r, CP_STEP_CUT);
    const struct cp_entry *top = &r->world.entries[r->world.entry_count - 1];
    place_step(r, &step, top);
    step.event_index = event_index;
    snprintf(step.text, sizeof(step.text), "the power is cut inside event %u, which leaves '%s'",
             (unsigned)event_index, r->cut.tear);
    r->on_step(r->context, &r->world, &step);
    return TORN;
}

static bool is_cut_here(const struct replayer *r, enum cp_token_kind kind) {
    return r->has_cut && r->cut.kind == kind && r->cut.event_index == event_count(r);
}

// Where a run is to be cut it ends, whatever it does: to know its places costs more than
// to run it. A run that is cut after more events than any life has may go round instead.
static bool is_place_wanted(const struct replayer *r) {
    return !r->has_cut || event_count(r) > EVENTS_OF_A_LIFE;
}

// What wear there is matters as long as it is not too much already: a run that comes
// back with more of it gets on, if only to its limit. The search sees it so too.
static struct cp_hash with_wear(const struct replayer *r, struct cp_hash at) {
    bool is_followed = (r->world.test_case->promises >> CP_PROMISE_BOUNDED_WEAR & 1u) != 0;
    return is_followed && !r->is_violated ? cp_hash_add(at, cp_hash_pair(r->world.wear.hash, 43))
                                          : at;
}

static struct cp_hash place(const struct replayer *r) {
    return is_place_wanted(r) ? with_wear(r, cp_world_place(&r->world)) : (struct cp_hash){0, 0};
}

// Where the CPU cannot tell where a program stands, a run that never ends is known by its
// length.
static bool goes_on_for_ever(struct replayer *r) {
    bool erases = false, ends = false;
    if (event_count(r) < cp_endless_events(r->world.test_case)) {
        return false;
    }
    for (size_t i = r->base; i < r->world.entry_count; i++) {
        erases |= r->world.entries[i].kind == CP_ENTRY_ERASE;
        ends |= r->world.entries[i].is_epoch_end;
    }
    cp_endless_report(&r->world.promises, r->world.machine->mode == CP_MODE_BOOTLOADER,
                      erases && !ends);
    tell(r, CP_STEP_EVENT, "it goes on and on");
    return true;
}

// The run has been there before since the power came on, so that it never ends.
static bool rejoins(struct replayer *r, struct cp_hash at) {
    bool never_boots, is_new = false;
    if (!cp_cpu_can_snapshot(r->world.machine->cpu)) {
        return goes_on_for_ever(r);
    }
    if (!is_place_wanted(r)) {
        return false;
    }
    if (!cp_visited_find(&r->places, at, &is_new) || is_new) {
        return false; // without memory a run that never ends is told to no end
    }
    if (!cp_world_rejoins(&r->world, r->base, at, &never_boots)) {
        return false;
    }
    tell(r, CP_STEP_EVENT, "the same place as before: from here on it repeats");
    return true;
}

static int on_operation(struct replayer *r, const struct cp_event *event) {
    const struct cp_hash at = place(r);
    if (rejoins(r, at)) {
        return 0;
    }
    struct cp_entry *entry = cp_world_operation(&r->world, UINT32_MAX);
    if (!entry) {
        return fail(r, "out of memory");
    }
    entry->at = at;
    tell_operation(r, entry, event);
    return is_cut_here(r, CP_TOKEN_TORN) ? tear(r) : 1;
}

static int push(struct replayer *r, enum cp_entry_kind kind, struct cp_ghost before, bool ended) {
    struct cp_entry *entry = cp_world_event(&r->world, kind, before, ended);
    return entry ? 1 : fail(r, "out of memory");
}

static const char *note_text(const struct replayer *r, const struct cp_event *event, char *text,
                             size_t size) {
    static const char *const texts[] = {
        [CP_NOTE_DOWNLOAD_BEGUN] = "download begun",
        [CP_NOTE_DOWNLOAD_DONE] = "download done",
        [CP_NOTE_REQUEST_BEGUN] = "request for the update begun",
        [CP_NOTE_REQUEST_RETURNED] = "request for the update returned success",
        [CP_NOTE_CONFIRM_BEGUN] = "confirm begun",
        [CP_NOTE_CONFIRM_RETURNED] = "confirm returned success",
        [CP_NOTE_DETACH_BEGUN] = "detach begun",
        [CP_NOTE_DETACH_RETURNED] = "detach returned success",
        [CP_NOTE_STATE_REPORTED] = "get_state says",
        [CP_NOTE_STARTED_BEGUN] = "note of the start begun",
        [CP_NOTE_STARTED_RETURNED] = "note of the start returned success",
    };
    static const char *const states[] = {"Boot", "Swap", "Revert", "Detach"};
    const char *value = "";
    if (event->note <= CP_NOTE_REQUEST_RETURNED && event->value < CP_IMAGES_MAX) {
        value = r->world.test_case->images[event->value].name;
    } else if (event->note == CP_NOTE_STATE_REPORTED && event->value < 4) {
        value = states[event->value];
    }
    snprintf(text, size, "%s%s%s", texts[event->note], *value ? " " : "", value);
    return text;
}

static int on_note(struct replayer *r, const struct cp_event *event) {
    char text[96];
    const struct cp_hash at = place(r);
    if (rejoins(r, at)) {
        return 0;
    }
    struct cp_ghost before = r->world.promises.ghost;
    note_text(r, event, text, sizeof(text));
    bool ended =
        cp_promises_note(&r->world.promises, event->note, event->value, r->world.machine->image);
    if (push(r, CP_ENTRY_MILESTONE, before, ended) < 0) {
        return -1;
    }
    r->world.entries[r->world.entry_count - 1].at = at;
    tell(r, CP_STEP_EVENT, "%s", text);
    return 1;
}

// What the trace asks for at the present event, which is met with that; or NULL.
static const struct cp_token *asked_here(struct replayer *r, enum cp_token_kind kind) {
    for (uint32_t i = 0; i < r->choice_count; i++) {
        if (r->choices[i].kind == kind && r->choices[i].event_index == event_count(r)) {
            r->choices[i].event_index = 0;
            return &r->choices[i];
        }
    }
    return NULL;
}

static int read_value(const struct replayer *r, const struct cp_event *event, const char *text,
                      uint32_t *value) {
    enum cp_read_kind kind = cp_world_read_kind(&r->world, event);
    if (kind == CP_READ_DOUBT) {
        *value = strcmp(text, "uncorrectable") == 0;
        return *value || strcmp(text, "readable") == 0 ? 0 : -1;
    }
    if (kind == CP_READ_WORD) {
        char *end;
        *value = (uint32_t)strtoul(text, &end, 16);
        const struct cp_nor *nor = &r->world.machine->devices[event->device].nor;
        uint32_t low = nor->words[event->word], high = cp_nor_high(nor, event->word);
        return *end == '\0' && (*value & low) == low && (*value | high) == high ? 0 : -1;
    }
    uint32_t form_count = cp_world_form_count(&r->world, event);
    for (*value = 0; *value < form_count; (*value)++) {
        if (strcmp(text, cp_page_form_name((enum cp_page_form) * value)) == 0) {
            return 0;
        }
    }
    return -1;
}

static int on_read(struct replayer *r, const struct cp_event *event) {
    const struct cp_event read = *event;
    if (rejoins(r, cp_world_place(&r->world))) {
        return 0; // it polls a word that reads otherwise each time
    }
    uint32_t value = cp_world_plain_option(&r->world, &read);
    r->world.entry_count++; // the event that this will be
    const struct cp_token *asked = asked_here(r, CP_TOKEN_READ);
    r->world.entry_count--;
    if (asked && read_value(r, &read, asked->tear, &value)) {
        return fail(r, "trace: the torn word that event %u reads cannot give '%s'",
                    (unsigned)event_count(r) + 1, asked->tear);
    }
    struct cp_entry *entry = cp_world_read(&r->world, &value, 1);
    if (!entry) {
        return fail(r, "out of memory");
    }
    cp_world_take_option(&r->world, entry, 0);
    tell_read(r, entry);
    return 1;
}

static int on_choice(struct replayer *r, const struct cp_event *event) {
    uint32_t option = 0;
    if (push(r, CP_ENTRY_CHOICE, r->world.promises.ghost, false) < 0) {
        return -1;
    }
    const struct cp_token *asked = asked_here(r, CP_TOKEN_CHOICE);
    if (asked) {
        option = asked->option;
    }
    if (option >= event->value) {
        return fail(r, "trace: event %u has %u options, not %u", (unsigned)event_count(r),
                    (unsigned)event->value, (unsigned)option + 1);
    }
    if (event->fates) {
        struct cp_step step = new_step(r, CP_STEP_EVENT);
        step.is_fate = true;
        step.fate = (enum cp_fate)event->fates[option];
        tell_more(r, &step, "the next operation goes: %s", cp_fate_name(step.fate));
    } else {
        tell(r, CP_STEP_EVENT, "choice: option %u of %u", (unsigned)option, (unsigned)event->value);
    }
    cp_world_choose(&r->world, option);
    return 1;
}

static int start(struct replayer *r, enum cp_mode mode, uint8_t image, enum cp_area area) {
    const struct cp_hash at = with_wear(r, cp_world_place_of_start(&r->world, mode, image, area));
    if (rejoins(r, at)) {
        return 0;
    }
    r->world.entries[r->world.entry_count - 1].at = at;
    cp_machine_start_in(r->world.machine, mode, image, area);
    return 1;
}

static int on_jump(struct replayer *r) {
    struct cp_ghost before = r->world.promises.ghost;
    enum cp_area area = (enum cp_area)r->world.machine->event.value;
    const char *name = area == CP_AREA_DFU ? "DFU" : "ACTIVE";
    uint8_t image = cp_world_started_image(&r->world);
    bool ended = cp_promises_started(&r->world.promises, image);
    if (push(r, CP_ENTRY_MILESTONE, before, ended) < 0) {
        return -1;
    }
    r->world.entries[r->world.entry_count - 1].is_start = true;
    if (image == CP_IMAGE_NONE) {
        tell(r, CP_STEP_EVENT, "%s is started and holds no complete %s", name,
             r->world.test_case->is_direct ? "image linked for it" : "known image");
        return 0;
    }
    tell(r, CP_STEP_EVENT, "%s is started and holds '%s', byte for byte", name,
         r->world.test_case->images[image].name);
    return start(r, CP_MODE_APPLICATION, image, area);
}

static int on_dfu_mode(struct replayer *r) {
    struct cp_ghost before = r->world.promises.ghost;
    cp_promises_dfu_mode(&r->world.promises);
    if (push(r, CP_ENTRY_MILESTONE, before, false) < 0) {
        return -1;
    }
    tell(r, CP_STEP_EVENT, "the external DFU mode is entered");
    return start(r, CP_MODE_DFU, before.base, CP_AREA_ACTIVE);
}

static int on_idle(struct replayer *r) {
    if (r->world.machine->mode == CP_MODE_DFU && !r->world.test_case->dfu_host_present) {
        cp_promises_dfu_idle(&r->world.promises);
    }
    tell(r, CP_STEP_EVENT, "nothing is left to do");
    return 0;
}

static void power_on(struct replayer *r) {
    cp_world_begin_life(&r->world);
    cp_machine_start(r->world.machine, CP_MODE_BOOTLOADER, CP_IMAGE_NONE);
}

static void remember_reset(struct replayer *r) {
    r->reset_hashes[r->reset_count] = with_wear(r, cp_world_hash(&r->world));
    r->reset_entries[r->reset_count++] = r->world.entry_count;
}

static int on_reset(struct replayer *r, const char *why) {
    if (r->world.machine->is_dying) {
        tell(r, CP_STEP_EVENT, "the power goes for all");
        return 0;
    }
    if (push(r, CP_ENTRY_RESET, r->world.promises.ghost, false) < 0) {
        return -1;
    }
    struct cp_step step = new_step(r, CP_STEP_EVENT);
    step.is_reset = true;
    tell_more(r, &step, "reset without power loss: %s", why);
    r->world.survivor = r->world.entries[r->world.entry_count - 1].survivor;
    cp_promises_run_ends(&r->world.promises, r->world.machine->mode != CP_MODE_BOOTLOADER);
    struct cp_hash hash = with_wear(r, cp_world_hash(&r->world));
    for (uint32_t i = 0; i < r->reset_count; i++) {
        if (cp_hash_equal(r->reset_hashes[i], hash)) {
            cp_world_went_round(&r->world, r->reset_entries[i], why);
            tell(r, CP_STEP_EVENT, "the same state as before: from here on it repeats");
            return 0;
        }
    }
    if (r->reset_count == RESETS_MAX) {
        return fail(r, "more than %u resets in one power-on", RESETS_MAX);
    }
    remember_reset(r);
    power_on(r);
    return 1;
}

static int on_panic(struct replayer *r, const struct cp_event *event) {
    char why[64];
    snprintf(why, sizeof(why), "the %s gives up with error %d",
             r->world.machine->mode == CP_MODE_BOOTLOADER ? "bootloader" : "application",
             (int)event->value);
    return on_reset(r, why);
}

static int on_watchdog(struct replayer *r, const struct cp_event *event) {
    if (!r->world.machine->is_dying) {
        cp_promises_unfed(&r->world.promises, event->message);
    }
    return on_reset(r, CP_WATCHDOG_RESETS);
}

static int on_event(struct replayer *r, const struct cp_event *event) {
    switch (event->kind) {
    case CP_EVENT_PROGRAM:
    case CP_EVENT_ERASE: return on_operation(r, event);
    case CP_EVENT_ILLEGAL: cp_promises_illegal(&r->world.promises, event->message); return 1;
    case CP_EVENT_NOTE: return on_note(r, event);
    case CP_EVENT_CHOICE: return on_choice(r, event);
    case CP_EVENT_READ: return on_read(r, event);
    case CP_EVENT_JUMP: return on_jump(r);
    case CP_EVENT_DFU_MODE: return on_dfu_mode(r);
    case CP_EVENT_PANIC: return on_panic(r, event);
    case CP_EVENT_RESET: return on_reset(r, "the device resets itself");
    case CP_EVENT_HANG: return on_reset(r, "the device hangs until the watchdog resets it");
    case CP_EVENT_WATCHDOG: return on_watchdog(r, event);
    case CP_EVENT_IDLE: return on_idle(r);
    case CP_EVENT_CRASH:
    case CP_EVENT_STALL: cp_promises_dead_end(&r->world.promises, event->message); return 0;
    }
    return 0;
}

// --- one power-on

static int read_tokens(struct replayer *r, const char **cursor) {
    struct cp_token token;
    int more;
    r->has_cut = false;
    r->choice_count = 0;
    while ((more = cp_trace_next(cursor, &token, r->error)) > 0) {
        if (token.kind != CP_TOKEN_CHOICE && token.kind != CP_TOKEN_READ) {
            r->cut = token;
            r->has_cut = true;
            return 0;
        }
        if (r->choice_count == sizeof(r->choices) / sizeof(r->choices[0])) {
            return fail(r, "trace: too many choices in one power-on");
        }
        r->choices[r->choice_count++] = token;
    }
    return more;
}

// The cut after an event, or the reset there. What outlives it begins the next life.
static bool is_end_here(struct replayer *r) {
    return is_cut_here(r, CP_TOKEN_AFTER) || is_cut_here(r, CP_TOKEN_RESET);
}

static void tell_cut(struct replayer *r) {
    if (r->cut.kind == CP_TOKEN_RESET) {
        tell(r, CP_STEP_CUT, "the MCU alone is reset after event %u", (unsigned)r->cut.event_index);
    } else if (r->cut.event_index == 0) {
        tell(r, CP_STEP_CUT, "the power is cut before anything happens");
    } else {
        tell(r, CP_STEP_CUT, "the power is cut after event %u", (unsigned)r->cut.event_index);
    }
}

static int end_of_run(struct replayer *r) {
    if (!r->has_cut) {
        return 0;
    }
    return fail(r, "trace: event %u is never reached: the run ends after event %u",
                (unsigned)r->cut.event_index, (unsigned)event_count(r));
}

// Every choice that the trace makes was there to be made.
static int check_choices(struct replayer *r) {
    for (uint32_t i = 0; i < r->choice_count; i++) {
        if (r->choices[i].event_index != 0) {
            return fail(r, "trace: event %u is no choice, or is never reached",
                        (unsigned)r->choices[i].event_index);
        }
    }
    return 0;
}

// Run from power-on to the cut, or without one to the end of the story.
static int run_power_on(struct replayer *r) {
    r->base = r->world.entry_count;
    r->reset_count = 0;
    cp_visited_free(&r->places);
    if (cp_visited_init(&r->places)) {
        return fail(r, "out of memory");
    }
    remember_reset(r);
    tell(r, CP_STEP_POWER_ON, "power on, %u cut%s so far", (unsigned)r->cuts,
         r->cuts == 1 ? "" : "s");
    power_on(r);
    for (;;) {
        if (is_end_here(r)) {
            tell_cut(r);
            return 0;
        }
        if (!r->has_cut && r->is_violated) {
            return 0;
        }
        int next = on_event(r, cp_machine_run(r->world.machine));
        if (next < 0 || next == TORN) {
            return next == TORN ? 0 : next;
        }
        if (next == 0 && !is_end_here(r)) {
            return end_of_run(r);
        }
        if (is_cut_here(r, CP_TOKEN_TORN)) {
            return fail(r, "trace: event %u is no flash operation and cannot be torn",
                        (unsigned)r->cut.event_index);
        }
    }
}

static int run_trace(struct replayer *r, const char *trace) {
    const char *cursor = trace;
    do {
        int err = read_tokens(r, &cursor);
        if (!err) {
            err = run_power_on(r);
        }
        if (!err && !r->is_violated) { // a violation may end the run early
            err = check_choices(r);
        }
        if (err) {
            return err;
        }
        r->cuts++;
        bool is_reset = r->has_cut && r->cut.kind == CP_TOKEN_RESET;
        r->world.survivor = is_reset ? r->world.entries[r->world.entry_count - 1].survivor : 0;
        cp_promises_run_ends(&r->world.promises, false);
        cp_wear_power_lost(&r->world.wear, r->wear_save);
    } while (r->has_cut);
    return 0;
}

int cp_replay_watched(const struct cp_case *test_case, const struct cp_program *program,
                      const char *trace, cp_watch_fn on_step, void *context,
                      struct cp_violation *violation, char *error) {
    struct replayer *r = calloc(1, sizeof(*r));
    if (!r) {
        snprintf(error, CP_MESSAGE_MAX, "out of memory");
        return -1;
    }
    memset(violation, 0, sizeof(*violation));
    r->on_step = on_step;
    r->context = context;
    r->violation = violation;
    r->error = error;
    int err = cp_world_init(&r->world, test_case, program, error);
    if (!err) {
        r->world.promises.report = on_violation;
        r->world.promises.context = r;
        r->wear_save = malloc(cp_wear_save_size_bytes(&r->world.wear));
        err = r->wear_save ? run_trace(r, trace) : fail(r, "out of memory");
        free(r->wear_save);
        on_step(context, &r->world, NULL);
        cp_world_free(&r->world);
    }
    snprintf(violation->trace, sizeof(violation->trace), "%s", trace);
    int result = err ? -1 : r->is_violated;
    cp_visited_free(&r->places);
    free(r);
    return result;
}

struct unwatched {
    cp_step_fn on_step;
    void *context;
};

static void on_unwatched(void *context, const struct cp_world *world, const struct cp_step *step) {
    struct unwatched *unwatched = context;
    (void)world;
    if (step) {
        unwatched->on_step(unwatched->context, step);
    }
}

int cp_replay(const struct cp_case *test_case, const struct cp_program *program, const char *trace,
              cp_step_fn on_step, void *context, struct cp_violation *violation, char *error) {
    struct unwatched unwatched = {on_step, context};
    return cp_replay_watched(test_case, program, trace, on_unwatched, &unwatched, violation, error);
}

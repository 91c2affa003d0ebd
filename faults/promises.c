// promises.c: see promises.h and docs/SPEC.md, "Promises".

#include "faults/promises.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

// What no operation that fails may bring about: an image is lost, or one is started that is
// none, or that nobody asked for.
#define SAFE_PROMISES                                                                              \
    (1u << CP_PROMISE_BOOTABLE | 1u << CP_PROMISE_RESUMES | 1u << CP_PROMISE_NO_PHANTOM_UPDATE |   \
     1u << CP_PROMISE_UNCONFIRMED_REVERTS | 1u << CP_PROMISE_CONFIRMED_STAYS |                     \
     1u << CP_PROMISE_AUTHENTIC | 1u << CP_PROMISE_NO_DOWNGRADE | 1u << CP_PROMISE_LAST_RESORT)

static void tell_violated(struct cp_promises *promises, enum cp_promise promise,
                          const char *message) {
    promises->counts[promise].violated++;
    promises->report(promises->context, promise, message);
}

__attribute__((format(printf, 3, 4))) static void violated(struct cp_promises *promises,
                                                           enum cp_promise promise,
                                                           const char *format, ...) {
    char message[CP_MESSAGE_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof(message), format, arguments);
    va_end(arguments);
    tell_violated(promises, promise, message);
    if (promises->ghost.errors > 0 && (SAFE_PROMISES >> promise & 1u) != 0) {
        char unsafe[CP_MESSAGE_MAX];
        snprintf(unsafe, sizeof(unsafe), "after an operation had failed: %.220s", message);
        tell_violated(promises, CP_PROMISE_ERROR_SAFE, unsafe);
    }
}

static void exercised(struct cp_promises *promises, enum cp_promise promise) {
    promises->counts[promise].exercised++;
}

static const char *image_name(const struct cp_promises *promises, uint8_t image) {
    return image == CP_IMAGE_NONE ? "none" : promises->test_case->images[image].name;
}

// --- runs on trial, of which a number may fail
//
// What counts is what the bootloader can know: that the image noted its start, or that the
// reset was its doing. The latter is forgotten when the power fails before something is
// started; so it counts only then. What may count is more than what does.

static uint32_t attempts(const struct cp_promises *promises) {
    uint32_t count = promises->test_case->trial_attempts;
    return count > 0 ? count : 1;
}

static void forget_trials(struct cp_ghost *ghost) {
    ghost->failures = ghost->failures_max = 0;
    ghost->mark = CP_MARK_NONE;
}

static void count_failure(const struct cp_promises *promises, uint8_t *failures) {
    if (*failures < attempts(promises)) {
        (*failures)++;
    }
}

static void count_possible_failure(struct cp_promises *promises) {
    if (attempts(promises) > 1) {
        count_failure(promises, &promises->ghost.failures_max);
    }
}

static void end_trial_run(struct cp_promises *promises, bool by_application) {
    struct cp_ghost *ghost = &promises->ghost;
    if (ghost->mark == CP_MARK_RETURNED) {
        count_failure(promises, &ghost->failures);
    } else if (by_application) {
        ghost->reset_cause = CP_RESET_FAILED_TRIAL;
    }
    if (ghost->mark != CP_MARK_NONE || by_application) {
        count_possible_failure(promises);
    }
    ghost->mark = CP_MARK_NONE;
}

void cp_promises_run_ends(struct cp_promises *promises, bool by_application) {
    struct cp_ghost *ghost = &promises->ghost;
    if (!promises->test_case->tells_reset_cause) {
        return;
    }
    ghost->reset_cause = by_application ? CP_RESET_APPLICATION : CP_RESET_OTHER;
    if (ghost->phase == CP_GHOST_TRIAL) {
        end_trial_run(promises, by_application);
    }
}

// Something is started: whoever caused the reset is told no more.
static void use_up_reset_cause(struct cp_promises *promises) {
    struct cp_ghost *ghost = &promises->ghost;
    if (ghost->reset_cause == CP_RESET_FAILED_TRIAL && ghost->phase == CP_GHOST_TRIAL) {
        count_failure(promises, &ghost->failures);
    }
    ghost->reset_cause = CP_RESET_OTHER;
}

static void note_mark(struct cp_promises *promises, enum cp_mark mark) {
    if (promises->test_case->tells_reset_cause && promises->ghost.phase == CP_GHOST_TRIAL) {
        promises->ghost.mark = (uint8_t)mark;
    }
}

// --- what an update may install

static const struct cp_image *image_of(const struct cp_promises *promises, uint8_t image) {
    return &promises->test_case->images[image];
}

static bool has_factory(const struct cp_case *test_case) {
    return test_case->areas[CP_AREA_FACTORY].size_bytes > 0;
}

// Was the image in ACTIVE or FACTORY from the first? That is trusted without a signature.
static bool is_delivered(const struct cp_case *test_case, uint8_t image) {
    return image == test_case->start_image ||
           (has_factory(test_case) && image == test_case->factory_image);
}

static bool is_forged(const struct cp_promises *promises, uint8_t image) {
    return promises->test_case->is_signed &&
           image_of(promises, image)->signature != CP_SIGNATURE_VALID;
}

// Would the update put an older image in the place of the trusted one?
static bool is_downgrade(const struct cp_promises *promises) {
    const struct cp_ghost *ghost = &promises->ghost;
    return promises->test_case->has_rollback_protection &&
           image_of(promises, ghost->target)->security_counter <
               image_of(promises, ghost->base)->security_counter;
}

// The bootloader has to refuse the update that is pending.
static bool must_refuse(const struct cp_promises *promises) {
    return is_forged(promises, promises->ghost.target) || is_downgrade(promises);
}

static void check_authentic(struct cp_promises *promises, uint8_t image) {
    const struct cp_case *test_case = promises->test_case;
    if (!test_case->is_signed) {
        return;
    }
    exercised(promises, CP_PROMISE_AUTHENTIC);
    bool is_target = image == promises->ghost.target;
    if (is_forged(promises, image) && (is_target || !is_delivered(test_case, image))) {
        violated(promises, CP_PROMISE_AUTHENTIC,
                 "'%s' was started, which is not signed as it has to be",
                 image_name(promises, image));
    }
}

static void check_downgrade(struct cp_promises *promises, uint8_t image) {
    const struct cp_ghost *ghost = &promises->ghost;
    if (!promises->test_case->has_rollback_protection) {
        return;
    }
    exercised(promises, CP_PROMISE_NO_DOWNGRADE);
    if (image == ghost->target && image != ghost->base && is_downgrade(promises)) {
        violated(promises, CP_PROMISE_NO_DOWNGRADE,
                 "'%s' was started, whose security counter %u is smaller than %u, that of '%s'",
                 image_name(promises, image), (unsigned)image_of(promises, image)->security_counter,
                 (unsigned)image_of(promises, ghost->base)->security_counter,
                 image_name(promises, ghost->base));
    }
}

// --- devices that were delivered damaged

static bool is_in_need(const struct cp_promises *promises) {
    return promises->ghost.damaged != 0 && has_factory(promises->test_case);
}

// Nothing can be started, or a mix was.
static void not_rescued(struct cp_promises *promises, const char *why) {
    if (is_in_need(promises)) {
        exercised(promises, CP_PROMISE_LAST_RESORT);
        violated(promises, CP_PROMISE_LAST_RESORT, "the image in FACTORY was not started: %s", why);
    }
}

// The first start: of the image in FACTORY, which is trusted from then on, or of what was
// delivered in ACTIVE, if that is still there. What that took belongs to no update.
static bool rescued(struct cp_promises *promises, uint8_t image) {
    struct cp_ghost *ghost = &promises->ghost;
    if (!is_in_need(promises)) {
        return false;
    }
    exercised(promises, CP_PROMISE_LAST_RESORT);
    if (image == promises->test_case->factory_image) {
        ghost->base = image;
    } else if (image != ghost->base) {
        violated(promises, CP_PROMISE_LAST_RESORT, "'%s' was started and not the image in FACTORY",
                 image_name(promises, image));
    }
    ghost->damaged = 0;
    return true;
}

// Something is started after a detach that no request followed: nothing is owed, and the next
// one is another. The seed does not take a detach back, so that it is over only with an update.
static bool detach_is_over(struct cp_promises *promises) {
    struct cp_ghost *ghost = &promises->ghost;
    bool is_over = promises->test_case->tells_reset_cause && ghost->detach != 0;
    ghost->detach = 0;
    return is_over;
}

// --- phases

static void settle(struct cp_ghost *ghost, uint8_t base, bool reverted) {
    forget_trials(ghost);
    ghost->phase = CP_GHOST_SETTLED;
    ghost->base = base;
    ghost->target = CP_IMAGE_NONE;
    ghost->installed = 0;
    ghost->reverted = reverted;
}

static void unasked(struct cp_promises *promises, uint8_t image) {
    const struct cp_ghost *ghost = &promises->ghost;
    if (ghost->previous == image && ghost->base != image) {
        violated(promises, CP_PROMISE_CONFIRMED_STAYS,
                 "'%s' was started again although '%s' had confirmed itself",
                 image_name(promises, image), image_name(promises, ghost->base));
    } else {
        violated(promises, CP_PROMISE_NO_PHANTOM_UPDATE,
                 "'%s' was started although no request for it was begun; '%s' was trusted",
                 image_name(promises, image), image_name(promises, ghost->base));
    }
}

static void started_settled(struct cp_promises *promises, uint8_t image) {
    exercised(promises, CP_PROMISE_NO_PHANTOM_UPDATE);
    if (promises->ghost.previous != CP_IMAGE_NONE) {
        exercised(promises, CP_PROMISE_CONFIRMED_STAYS);
    }
    if (image != promises->ghost.base) {
        unasked(promises, image);
    }
}

static void start_trial(struct cp_ghost *ghost) {
    forget_trials(ghost);
    ghost->phase = CP_GHOST_TRIAL;
    ghost->reverted = 0;
    ghost->installed = 0;
}

// With the start of the trusted image an update has ended that has to be refused. Nothing is
// owed then, and what the device said of the update before stays true.
static bool is_refused(struct cp_promises *promises, uint8_t image) {
    struct cp_ghost *ghost = &promises->ghost;
    if (image != ghost->base || !must_refuse(promises)) {
        return false;
    }
    settle(ghost, ghost->base, ghost->reverted != 0);
    return true;
}

static bool started_request_begun(struct cp_promises *promises, uint8_t image) {
    exercised(promises, CP_PROMISE_NO_PHANTOM_UPDATE);
    if (is_refused(promises, image)) {
        return true;
    }
    if (image == promises->ghost.target) {
        start_trial(&promises->ghost);
    } else if (image != promises->ghost.base) {
        unasked(promises, image);
    }
    return false;
}

// The request returned success: the new image is due, unless it has to be refused.
static bool started_requested(struct cp_promises *promises, uint8_t image) {
    struct cp_ghost *ghost = &promises->ghost;
    if (is_refused(promises, image)) {
        return true;
    }
    exercised(promises, CP_PROMISE_UPDATE_COMPLETES);
    if (image == ghost->target) {
        start_trial(ghost);
        return false;
    }
    if (image != ghost->base) {
        unasked(promises, image);
        return false;
    }
    violated(promises, CP_PROMISE_UPDATE_COMPLETES,
             "'%s' was started although the request to update to '%s' had returned success",
             image_name(promises, image), image_name(promises, ghost->target));
    if (ghost->installed) {
        exercised(promises, CP_PROMISE_TRIAL_HAPPENS);
        violated(promises, CP_PROMISE_TRIAL_HAPPENS,
                 "'%s' was complete where it runs and was reverted without ever being started",
                 image_name(promises, ghost->target));
    }
    settle(ghost, ghost->base, ghost->installed != 0);
    return false;
}

// A revert before all attempts were used up, counting all that may have been.
static void check_attempts(struct cp_promises *promises) {
    const struct cp_ghost *ghost = &promises->ghost;
    if (promises->test_case->tells_reset_cause && attempts(promises) > 1 &&
        ghost->failures_max < attempts(promises)) {
        violated(promises, CP_PROMISE_TRIAL_HAPPENS,
                 "'%s' was reverted after at most %u failed trials; it has %u",
                 image_name(promises, ghost->target), (unsigned)ghost->failures_max,
                 (unsigned)attempts(promises));
    }
}

// Without a mark of the start each start is a trial, and one is all there is.
static void started_again(struct cp_promises *promises) {
    const struct cp_ghost *ghost = &promises->ghost;
    if (!promises->test_case->tells_reset_cause) {
        violated(promises, CP_PROMISE_UNCONFIRMED_REVERTS,
                 "'%s' was started again although it had not confirmed itself; '%s' was due",
                 image_name(promises, ghost->target), image_name(promises, ghost->base));
    } else if (ghost->failures >= attempts(promises)) {
        violated(promises, CP_PROMISE_UNCONFIRMED_REVERTS,
                 "'%s' was started again although it had failed %u times of %u; '%s' was due",
                 image_name(promises, ghost->target), (unsigned)ghost->failures,
                 (unsigned)attempts(promises), image_name(promises, ghost->base));
    }
}

// The new image ran and did not confirm itself: the old one is due.
static bool started_trial(struct cp_promises *promises, uint8_t image) {
    struct cp_ghost *ghost = &promises->ghost;
    exercised(promises, CP_PROMISE_UNCONFIRMED_REVERTS);
    if (image == ghost->base) {
        exercised(promises, CP_PROMISE_TRIAL_HAPPENS);
        check_attempts(promises);
        settle(ghost, ghost->base, true);
        return true;
    }
    if (image == ghost->target) {
        started_again(promises);
    } else {
        unasked(promises, image);
    }
    return false;
}

// The confirm was begun: either image may be the one.
static bool started_confirm_begun(struct cp_promises *promises, uint8_t image) {
    struct cp_ghost *ghost = &promises->ghost;
    if (image == ghost->base) {
        settle(ghost, ghost->base, true);
        return true;
    }
    if (image != ghost->target) {
        unasked(promises, image);
    }
    return false;
}

static bool started(struct cp_promises *promises, uint8_t image) {
    switch ((enum cp_ghost_phase)promises->ghost.phase) {
    case CP_GHOST_SETTLED: started_settled(promises, image); return false;
    case CP_GHOST_REQUEST_BEGUN: return started_request_begun(promises, image);
    case CP_GHOST_REQUESTED: return started_requested(promises, image);
    case CP_GHOST_TRIAL: return started_trial(promises, image);
    case CP_GHOST_CONFIRM_BEGUN: return started_confirm_begun(promises, image);
    }
    return false;
}

bool cp_promises_started(struct cp_promises *promises, uint8_t image) {
    struct cp_ghost *ghost = &promises->ghost;
    exercised(promises, CP_PROMISE_BOOTABLE);
    exercised(promises, CP_PROMISE_PROGRESSES);
    use_up_reset_cause(promises);
    if (ghost->errors > 0) {
        exercised(promises, CP_PROMISE_ERROR_SAFE);
    }
    if (image == CP_IMAGE_NONE) {
        const char *why = promises->test_case->is_direct
                              ? "a slot was started that holds no complete image linked for it"
                              : "ACTIVE was started and holds no complete known image";
        violated(promises, CP_PROMISE_BOOTABLE, "%s", why);
        not_rescued(promises, why);
        return false;
    }
    check_authentic(promises, image);
    check_downgrade(promises, image);
    bool ended = rescued(promises, image);
    ended = detach_is_over(promises) || ended;
    return started(promises, image) || ended;
}

void cp_promises_dfu_mode(struct cp_promises *promises) {
    exercised(promises, CP_PROMISE_BOOTABLE);
    exercised(promises, CP_PROMISE_PROGRESSES);
    use_up_reset_cause(promises);
    if (promises->ghost.detach == 0) {
        violated(promises, CP_PROMISE_BOOTABLE,
                 "the external DFU mode was entered although nobody asked for it");
    }
}

void cp_promises_dfu_idle(struct cp_promises *promises) {
    violated(promises, CP_PROMISE_BOOTABLE,
             "the external DFU mode waits for ever; the application in ACTIVE is out of reach");
}

static const char *state_name(uint32_t state) {
    static const char *const names[] = {"Boot", "Swap", "Revert", "Detach"};
    return state < 4 ? names[state] : "an unknown state";
}

enum { BOOT = 1, SWAP = 2, REVERT = 4, DETACH = 8 };

// The answers of get_state that are true, a bit for each state.
static uint32_t true_states(const struct cp_ghost *ghost, uint8_t running) {
    switch ((enum cp_ghost_phase)ghost->phase) {
    case CP_GHOST_TRIAL: return SWAP;
    case CP_GHOST_CONFIRM_BEGUN: return running == ghost->target ? BOOT | SWAP : REVERT;
    case CP_GHOST_REQUEST_BEGUN:
    case CP_GHOST_REQUESTED: return ghost->reverted ? BOOT | REVERT : BOOT;
    case CP_GHOST_SETTLED: break;
    }
    uint32_t detach = ghost->detach == 0 ? 0 : DETACH;
    return (ghost->reverted ? REVERT : BOOT) | detach;
}

static void state_reported(struct cp_promises *promises, uint32_t state, uint8_t running) {
    uint32_t allowed = true_states(&promises->ghost, running);
    exercised(promises, CP_PROMISE_TELLS_TRUTH);
    if (state >= 4 || (allowed >> state & 1u) == 0) {
        char truth[48] = "";
        for (uint32_t i = 0; i < 4; i++) {
            if ((allowed >> i & 1u) != 0) {
                size_t length = strlen(truth);
                snprintf(truth + length, sizeof(truth) - length, "%s%s", length > 0 ? " or " : "",
                         state_name(i));
            }
        }
        violated(promises, CP_PROMISE_TELLS_TRUTH, "'%s' runs and is told %s; the truth is %s",
                 image_name(promises, running), state_name(state), truth);
    }
}

static bool confirm_returned(struct cp_ghost *ghost) {
    if (ghost->phase != CP_GHOST_CONFIRM_BEGUN) {
        return false;
    }
    ghost->previous = ghost->base;
    settle(ghost, ghost->target, false);
    return true;
}

// A request by an image whose confirm took hold but never returned: that update has
// ended without a word.
static bool request_begun(struct cp_ghost *ghost, uint8_t target, uint8_t running) {
    bool ended = ghost->phase == CP_GHOST_CONFIRM_BEGUN && running == ghost->target;
    // Whoever asks is the image to return to; in DFU mode that is the trusted one.
    ghost->base = running;
    ghost->target = target;
    ghost->phase = CP_GHOST_REQUEST_BEGUN;
    ghost->installed = 0;
    return ended;
}

// The same of a detach: whoever may ask for the external DFU mode is trusted there.
static bool detach_begun(struct cp_ghost *ghost, uint8_t running) {
    ghost->detach = 1;
    if (ghost->phase != CP_GHOST_CONFIRM_BEGUN || running != ghost->target) {
        return false;
    }
    return confirm_returned(ghost);
}

static void request_returned(struct cp_ghost *ghost) {
    if (ghost->phase == CP_GHOST_REQUEST_BEGUN) {
        ghost->phase = CP_GHOST_REQUESTED;
        ghost->detach = 0;
    }
}

bool cp_promises_note(struct cp_promises *promises, enum cp_note note, uint32_t value,
                      uint8_t running) {
    struct cp_ghost *ghost = &promises->ghost;
    switch (note) {
    case CP_NOTE_REQUEST_BEGUN: return request_begun(ghost, (uint8_t)value, running);
    case CP_NOTE_REQUEST_RETURNED: request_returned(ghost); return false;
    case CP_NOTE_CONFIRM_BEGUN:
        if (ghost->phase == CP_GHOST_TRIAL) {
            forget_trials(ghost);
            ghost->phase = CP_GHOST_CONFIRM_BEGUN;
        }
        return false;
    case CP_NOTE_CONFIRM_RETURNED: return confirm_returned(ghost);
    case CP_NOTE_DETACH_BEGUN: return detach_begun(ghost, running);
    case CP_NOTE_DETACH_RETURNED: ghost->detach = 2; return false;
    case CP_NOTE_STATE_REPORTED: state_reported(promises, value, running); return false;
    case CP_NOTE_STARTED_BEGUN: note_mark(promises, CP_MARK_BEGUN); return false;
    case CP_NOTE_STARTED_RETURNED: note_mark(promises, CP_MARK_RETURNED); return false;
    case CP_NOTE_DOWNLOAD_BEGUN:
    case CP_NOTE_DOWNLOAD_DONE: return false;
    }
    return false;
}

static void lost(struct cp_promises *promises, uint8_t image) {
    violated(promises, CP_PROMISE_RESUMES,
             "the last copy of a piece of '%s' was destroyed while the update was under way",
             image_name(promises, image));
}

// Is the image, as a whole, where it runs?
static bool is_in_place(const struct cp_promises *promises, const struct cp_facts *facts,
                        uint8_t image) {
    const struct cp_case *test_case = promises->test_case;
    enum cp_area area = test_case->is_direct ? image_of(promises, image)->slot : CP_AREA_ACTIVE;
    return cp_facts_image_in(facts, area) == image;
}

void cp_promises_operation(struct cp_promises *promises, const struct cp_facts *facts) {
    struct cp_ghost *ghost = &promises->ghost;
    if (promises->test_case->watchdog_us > 0) {
        exercised(promises, CP_PROMISE_PROGRESSES);
    }
    if (ghost->phase == CP_GHOST_SETTLED || ghost->phase == CP_GHOST_REQUEST_BEGUN) {
        return;
    }
    exercised(promises, CP_PROMISE_RESUMES);
    bool base_lost = facts->missing[ghost->base] > 0;
    bool target_lost = facts->missing[ghost->target] > 0;
    if (ghost->phase == CP_GHOST_REQUESTED) {
        ghost->installed |= is_in_place(promises, facts, ghost->target);
        if (target_lost && !must_refuse(promises)) {
            lost(promises, ghost->target);
        }
    }
    if (base_lost && (ghost->phase != CP_GHOST_CONFIRM_BEGUN || target_lost)) {
        lost(promises, ghost->base);
    }
}

void cp_promises_erased(struct cp_promises *promises, uint32_t device, uint32_t page,
                        uint32_t level) {
    // What failed is tried again, and a page has to be erased for that.
    uint32_t limit = promises->test_case->erases_per_update_max + promises->ghost.errors;
    exercised(promises, CP_PROMISE_BOUNDED_WEAR);
    if (level > limit) {
        violated(promises, CP_PROMISE_BOUNDED_WEAR,
                 "in a stretch of one update page %u of device %u was erased %u times more often "
                 "than the power was lost; the limit is %u",
                 (unsigned)page, (unsigned)device, (unsigned)level, (unsigned)limit);
    }
}

void cp_promises_dead_end(struct cp_promises *promises, const char *why) {
    exercised(promises, CP_PROMISE_BOOTABLE);
    violated(promises, CP_PROMISE_BOOTABLE, "%s", why);
    not_rescued(promises, why);
}

void cp_promises_boot_loop(struct cp_promises *promises, const char *why) {
    cp_promises_dead_end(promises, why);
    exercised(promises, CP_PROMISE_PROGRESSES);
    violated(promises, CP_PROMISE_PROGRESSES, "%s", why);
}

void cp_promises_unfed(struct cp_promises *promises, const char *message) {
    exercised(promises, CP_PROMISE_PROGRESSES);
    violated(promises, CP_PROMISE_PROGRESSES, "%s", message);
}

void cp_promises_uptime(struct cp_promises *promises, uint64_t uptime_us) {
    uint32_t limit_us = promises->test_case->uptime_max_us;
    exercised(promises, CP_PROMISE_PROGRESSES);
    if (uptime_us > limit_us) {
        violated(promises, CP_PROMISE_PROGRESSES,
                 "only power-ons of %llu us are sure to get the device further; the limit is %u us",
                 (unsigned long long)uptime_us, (unsigned)limit_us);
    }
}

void cp_promises_endless_wear(struct cp_promises *promises) {
    violated(promises, CP_PROMISE_BOUNDED_WEAR,
             "without any power loss the device comes back to the same state again and again, "
             "erasing pages each time");
}

void cp_promises_illegal(struct cp_promises *promises, const char *message) {
    violated(promises, CP_PROMISE_LEGAL_FLASH_USE, "%s", message);
}

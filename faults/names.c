// names.c: the public names of promises, tears, edges, outcomes and verdicts.
//
// They are written into scenarios, logs and case ids, so they are fixed: a name
// may be added, but none may change its meaning.

#include "faults/explore.h"
#include "faults/world.h"

#include <string.h>

// A name for each value, in the order of its enum; "?" outside of it.
#define NAME_OF(names, value)                                                                      \
    ((size_t)(value) < sizeof(names) / sizeof(names)[0] ? (names)[(size_t)(value)] : "?")
#define ONE_FOR_EACH(names, count)                                                                 \
    _Static_assert(sizeof(names) / sizeof(names)[0] == (count), "a name for each value")

static const char *const promises[] = {
    "bootable",          "resumes",       "update-completes",
    "no-phantom-update", "trial-happens", "unconfirmed-reverts",
    "confirmed-stays",   "tells-truth",   "legal-flash-use",
    "bounded-wear",      "progresses",    "authentic",
    "no-downgrade",      "last-resort",   "error-safe",
};
ONE_FOR_EACH(promises, CP_PROMISE_COUNT);

static const char *const program_tears[] = {
    "bytes-1",
    "bytes-2",
    "bytes-3",
    "low-half",
    "high-half",
    "even-bits",
    "odd-bits",
    "low-nibbles",
    "high-nibbles",
    "lowest-bit-missing",
    "highest-bit-missing",
    "any",
    "uncorrectable",
};
ONE_FOR_EACH(program_tears, CP_PROGRAM_TEAR_COUNT);

static const char *const operation_errors[] = {"reported", "silent"};
ONE_FOR_EACH(operation_errors, CP_ERROR_COUNT);

static const char *const erase_tears[] = {
    "first-half",         "second-half", "even-words", "odd-words",     "only-first-word",
    "all-but-first-word", "even-bits",   "odd-bits",   "low-nibbles",   "high-nibbles",
    "any-subset",         "any",         "weak",       "uncorrectable",
};
ONE_FOR_EACH(erase_tears, CP_ERASE_TEAR_COUNT);

static const char *const page_forms[] = {
    "erased", "old", "even-words", "all-but-last-word", "uncorrectable", "last-uncorrectable"};
ONE_FOR_EACH(page_forms, CP_PAGE_FORM_COUNT);

static const char *const edges[] = {"start",      "after", "torn-program",
                                    "torn-erase", "reset", "mcu-reset"};
ONE_FOR_EACH(edges, CP_EDGE_COUNT);

static const char *const outcomes[] = {"started", "mixed", "dfu-mode", "no-boot", "unknown"};
ONE_FOR_EACH(outcomes, CP_OUTCOME_COUNT);

static const char *const engines[] = {"fast", "slow", "arm", "both"};
ONE_FOR_EACH(engines, CP_ENGINE_COUNT);

static const char *const verdicts[] = {"PROVED", "BOUNDED", "VIOLATED", "ERROR"};
ONE_FOR_EACH(verdicts, CP_VERDICT_ERROR + 1);

const char *cp_promise_name(enum cp_promise promise) {
    return NAME_OF(promises, promise);
}

const char *cp_promise_text(enum cp_promise promise) {
    static const char *const texts[CP_PROMISE_COUNT] = {
        [CP_PROMISE_BOOTABLE] = "a boot left alone starts a complete, byte-exact known image",
        [CP_PROMISE_RESUMES] = "an interrupted swap or revert is finished without losing data",
        [CP_PROMISE_UPDATE_COMPLETES] = "once the request has returned, the new image starts",
        [CP_PROMISE_NO_PHANTOM_UPDATE] = "a new image starts only if its update was requested",
        [CP_PROMISE_TRIAL_HAPPENS] = "a new image is reverted only after it was started",
        [CP_PROMISE_UNCONFIRMED_REVERTS] = "an unconfirmed image is replaced by the old one",
        [CP_PROMISE_CONFIRMED_STAYS] = "once confirm has returned, the old image never comes back",
        [CP_PROMISE_TELLS_TRUTH] = "get_state agrees with ACTIVE and with what happened",
        [CP_PROMISE_LEGAL_FLASH_USE] = "the flash is used only as its manual allows",
        [CP_PROMISE_BOUNDED_WEAR] = "erases per page and update stay within the stated bound",
        [CP_PROMISE_PROGRESSES] = "every power-on that lasts gets further, within the watchdog",
        [CP_PROMISE_AUTHENTIC] = "an update starts only an image with a right signature",
        [CP_PROMISE_NO_DOWNGRADE] = "an update starts no image with a smaller security counter",
        [CP_PROMISE_LAST_RESORT] = "a device that is damaged starts the image in FACTORY",
        [CP_PROMISE_ERROR_SAFE] = "an operation that fails loses no image and starts no wrong one",
    };
    return (unsigned)promise < CP_PROMISE_COUNT ? texts[promise] : "?";
}

const char *cp_program_tear_name(enum cp_program_tear tear) {
    return NAME_OF(program_tears, tear);
}

const char *cp_operation_error_name(enum cp_operation_error error) {
    return NAME_OF(operation_errors, error);
}

const char *cp_erase_tear_name(enum cp_erase_tear tear) {
    return NAME_OF(erase_tears, tear);
}

const char *cp_page_form_name(enum cp_page_form form) {
    return NAME_OF(page_forms, form);
}

const char *cp_edge_name(enum cp_edge edge) {
    return NAME_OF(edges, edge);
}

const char *cp_outcome_name(enum cp_outcome outcome) {
    return NAME_OF(outcomes, outcome);
}

const char *cp_engine_name(enum cp_engine engine) {
    return NAME_OF(engines, engine);
}

enum cp_engine cp_engine_named(const char *name) {
    uint32_t engine = 0;
    while (engine < CP_ENGINE_COUNT && strcmp(engines[engine], name) != 0) {
        engine++;
    }
    return (enum cp_engine)engine;
}

const char *cp_verdict_name(enum cp_verdict verdict) {
    return NAME_OF(verdicts, verdict);
}

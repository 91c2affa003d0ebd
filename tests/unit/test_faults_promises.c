// test_faults_promises.c: each promise, kept and broken, by the story that does it.
//
// A story is a word for each thing that happens to a device; beside it stands what
// must have been found broken by its end. Every promise has stories of both kinds.

#include "case_fixture.h"

#include "faults/promises.h"

struct broken {
    uint32_t promises; // bit per promise
    char message[CP_MESSAGE_MAX];
    uint32_t ends; // updates that ended
};

static void on_violation(void *context, enum cp_promise promise, const char *message) {
    struct broken *broken = context;
    broken->promises |= BIT(promise);
    snprintf(broken->message, sizeof(broken->message), "%s", message);
}

enum { OTHER_IMAGE = FIXTURE_IMAGES }; // a third one

struct teller {
    struct cp_promises promises;
    struct cp_facts facts;
    struct broken broken;
};

static void start(struct teller *teller, uint8_t image) {
    teller->broken.ends += cp_promises_started(&teller->promises, image);
}

static void tell_note(struct teller *teller, enum cp_note note, uint32_t value, uint8_t running) {
    teller->broken.ends += cp_promises_note(&teller->promises, note, value, running);
}

static void tell_state(struct teller *teller, uint32_t state) {
    const struct cp_ghost *ghost = &teller->promises.ghost;
    const bool is_trial = ghost->phase == CP_GHOST_TRIAL || ghost->phase == CP_GHOST_CONFIRM_BEGUN;
    tell_note(teller, CP_NOTE_STATE_REPORTED, state, is_trial ? ghost->target : ghost->base);
}

// An operation with the flash as the facts say: which images have lost a piece, and
// which one ACTIVE holds.
static void operation(struct teller *teller, uint32_t lost, uint8_t active) {
    teller->facts.image_count = 3;
    for (uint32_t i = 0; i < 3; i++) {
        teller->facts.missing[i] = lost >> i & 1u;
        teller->facts.image_cell_count[i] = 2;
        teller->facts.active_matches[i] = i == active ? 2 : 0;
    }
    cp_promises_operation(&teller->promises, &teller->facts);
}

// No limit is set, so that any up-time but none is too long.
static void tell_progress(struct teller *teller, const char *word) {
    if (strcmp(word, "uptime-enough") == 0) {
        cp_promises_uptime(&teller->promises, 0);
    } else if (strcmp(word, "uptime-too-long") == 0) {
        cp_promises_uptime(&teller->promises, 1);
    } else if (strcmp(word, "unfed") == 0) {
        cp_promises_unfed(&teller->promises, "told");
    } else if (strcmp(word, "boot-loop") == 0) {
        cp_promises_boot_loop(&teller->promises, "told");
    } else {
        fail_msg("no such word: %s", word);
    }
}

static void tell_flash(struct teller *teller, const char *word) {
    if (strcmp(word, "cut") == 0) {
        cp_promises_run_ends(&teller->promises, false);
    } else if (strcmp(word, "reset") == 0) {
        cp_promises_run_ends(&teller->promises, true);
    } else if (strcmp(word, "error") == 0) {
        teller->promises.ghost.errors++;
    } else if (strcmp(word, "op") == 0) {
        operation(teller, 0, CP_IMAGE_NONE);
    } else if (strcmp(word, "installed") == 0) {
        operation(teller, 0, NEW_IMAGE);
    } else if (strcmp(word, "lost-old") == 0) {
        operation(teller, BIT(OLD_IMAGE), CP_IMAGE_NONE);
    } else if (strcmp(word, "lost-new") == 0) {
        operation(teller, BIT(NEW_IMAGE), CP_IMAGE_NONE);
    } else if (strcmp(word, "lost-both") == 0) {
        operation(teller, BIT(NEW_IMAGE) | BIT(OLD_IMAGE), CP_IMAGE_NONE);
    } else if (strcmp(word, "erase-to-3") == 0) {
        cp_promises_erased(&teller->promises, 0, 1, 3);
    } else if (strcmp(word, "erase-to-4") == 0) {
        cp_promises_erased(&teller->promises, 0, 1, 4);
    } else if (strcmp(word, "erase-to-5") == 0) {
        cp_promises_erased(&teller->promises, 0, 1, 5);
    } else if (strcmp(word, "illegal") == 0) {
        cp_promises_illegal(&teller->promises, "told");
    } else if (strcmp(word, "dead-end") == 0) {
        cp_promises_dead_end(&teller->promises, "told");
    } else if (strcmp(word, "wears-out") == 0) {
        cp_promises_endless_wear(&teller->promises);
    } else {
        tell_progress(teller, word);
    }
}

static void tell(struct teller *teller, const char *word) {
    static const char *const starts[] = {"start-old", "start-new", "start-other"};
    static const char *const states[] = {"says-boot", "says-swap", "says-revert", "says-detach"};
    static const struct {
        const char *word;
        enum cp_note note;
        uint8_t running;
    } notes[] = {
        {"request", CP_NOTE_REQUEST_BEGUN, OLD_IMAGE},
        {"requested", CP_NOTE_REQUEST_RETURNED, OLD_IMAGE},
        {"confirm", CP_NOTE_CONFIRM_BEGUN, NEW_IMAGE},
        {"confirmed", CP_NOTE_CONFIRM_RETURNED, NEW_IMAGE},
        {"detach", CP_NOTE_DETACH_BEGUN, OLD_IMAGE},
        {"detached", CP_NOTE_DETACH_RETURNED, OLD_IMAGE},
        {"download", CP_NOTE_DOWNLOAD_BEGUN, OLD_IMAGE},
        {"mark", CP_NOTE_STARTED_BEGUN, NEW_IMAGE},
        {"marked", CP_NOTE_STARTED_RETURNED, NEW_IMAGE},
    };
    for (uint8_t i = 0; i < 3; i++) {
        if (strcmp(word, starts[i]) == 0) {
            start(teller, i);
            return;
        }
    }
    for (uint32_t i = 0; i < 4; i++) {
        if (strcmp(word, states[i]) == 0) {
            tell_state(teller, i);
            return;
        }
    }
    for (size_t i = 0; i < sizeof(notes) / sizeof(notes[0]); i++) {
        if (strcmp(word, notes[i].word) == 0) {
            tell_note(teller, notes[i].note, NEW_IMAGE, notes[i].running);
            return;
        }
    }
    if (strcmp(word, "start-mix") == 0) {
        start(teller, CP_IMAGE_NONE);
    } else if (strcmp(word, "request-old") == 0) {
        tell_note(teller, CP_NOTE_REQUEST_BEGUN, OLD_IMAGE, NEW_IMAGE);
    } else if (strcmp(word, "says-nonsense") == 0) {
        tell_state(teller, 4);
    } else if (strcmp(word, "dfu-mode") == 0) {
        cp_promises_dfu_mode(&teller->promises);
    } else if (strcmp(word, "dfu-waits") == 0) {
        cp_promises_dfu_idle(&teller->promises);
    } else {
        tell_flash(teller, word);
    }
}

static struct teller run_story(const struct cp_case *test_case, const char *story) {
    struct teller teller = {.promises = {.report = on_violation, .test_case = test_case}};
    teller.promises.context = &teller.broken;
    teller.promises.ghost = (struct cp_ghost){.base = OLD_IMAGE,
                                              .target = CP_IMAGE_NONE,
                                              .previous = CP_IMAGE_NONE,
                                              .damaged = test_case->damaged};
    char words[256];
    snprintf(words, sizeof(words), "%s", story);
    for (char *word = strtok(words, " "); word; word = strtok(NULL, " ")) {
        tell(&teller, word);
    }
    return teller;
}

// What a story is of: a case of three images, `old` in ACTIVE.
enum kind {
    PLAIN,
    JOURNAL,   // one trial
    JOURNAL_3, // three trials
    FORGED,    // `new` is not signed as it has to be
    OLDER,     // `new` has a smaller security counter than `old`
    SIGNED,    // all is well with `new`
    DAMAGED,   // ACTIVE holds noise, FACTORY holds `other`
    UNREADABLE // STATE holds noise, FACTORY holds `other`
};

struct story {
    const char *text;
    uint32_t broken; // exactly these
    uint32_t ends;
};

#define UPDATE    "start-old request requested "
#define TRIAL     UPDATE "start-new says-swap "
#define CONFIRMED TRIAL "confirm confirmed "

static const struct story stories[] = {
    // whole lives
    {"start-old says-boot start-old says-boot", 0, 0},
    {UPDATE "op installed start-new says-swap confirm op confirmed start-new says-boot", 0, 1},
    {TRIAL "op start-old says-revert start-old says-revert", 0, 1},
    {TRIAL "start-old says-revert request requested start-new says-swap start-old", 0, 2},
    // bootable
    {"start-mix", BIT(CP_PROMISE_BOOTABLE), 0},
    {UPDATE "start-mix", BIT(CP_PROMISE_BOOTABLE), 0},
    {"dead-end", BIT(CP_PROMISE_BOOTABLE), 0},
    {"start-old dfu-mode", BIT(CP_PROMISE_BOOTABLE), 0},
    {"start-old detach dfu-mode", 0, 0},
    {"start-old detach detached dfu-mode", 0, 0},
    {"start-old detach start-old dfu-mode", BIT(CP_PROMISE_BOOTABLE), 0},
    {"detach detached dfu-mode dfu-waits", BIT(CP_PROMISE_BOOTABLE), 0},
    // resumes
    {UPDATE "lost-old", BIT(CP_PROMISE_RESUMES), 0},
    {UPDATE "lost-new", BIT(CP_PROMISE_RESUMES), 0},
    {"start-old request lost-old lost-new", 0, 0},
    {TRIAL "lost-old", BIT(CP_PROMISE_RESUMES), 0},
    {TRIAL "lost-new", 0, 0},
    {TRIAL "confirm lost-old", 0, 0},
    {TRIAL "confirm lost-both", BIT(CP_PROMISE_RESUMES), 0},
    {CONFIRMED "lost-old", 0, 1},
    {UPDATE "op op", 0, 0},
    // update-completes, trial-happens
    {UPDATE "start-old", BIT(CP_PROMISE_UPDATE_COMPLETES), 0},
    {UPDATE "op start-old", BIT(CP_PROMISE_UPDATE_COMPLETES), 0},
    {UPDATE "op installed start-old",
     BIT(CP_PROMISE_UPDATE_COMPLETES) | BIT(CP_PROMISE_TRIAL_HAPPENS), 0},
    {"start-old request start-old", 0, 0}, // it had not returned
    {"start-old request start-new says-swap", 0, 0},
    {UPDATE "installed start-new start-old", 0, 1},
    // no-phantom-update
    {"start-new", BIT(CP_PROMISE_NO_PHANTOM_UPDATE), 0},
    {"start-old start-new", BIT(CP_PROMISE_NO_PHANTOM_UPDATE), 0},
    {"start-old download start-new", BIT(CP_PROMISE_NO_PHANTOM_UPDATE), 0},
    {UPDATE "start-other", BIT(CP_PROMISE_NO_PHANTOM_UPDATE), 0},
    {"request start-other", BIT(CP_PROMISE_NO_PHANTOM_UPDATE), 0},
    {TRIAL "start-other", BIT(CP_PROMISE_NO_PHANTOM_UPDATE), 0},
    {TRIAL "start-old start-new", BIT(CP_PROMISE_NO_PHANTOM_UPDATE), 1},
    // unconfirmed-reverts
    {TRIAL "start-new", BIT(CP_PROMISE_UNCONFIRMED_REVERTS), 0},
    {TRIAL "confirm start-new", 0, 0}, // either is right
    {TRIAL "confirm start-old says-revert", 0, 1},
    // confirmed-stays
    {CONFIRMED "start-old", BIT(CP_PROMISE_CONFIRMED_STAYS), 1},
    {CONFIRMED "start-new start-new", 0, 1},
    {CONFIRMED "start-other", BIT(CP_PROMISE_NO_PHANTOM_UPDATE), 1},
    // tells-truth
    {"start-old says-swap", BIT(CP_PROMISE_TELLS_TRUTH), 0},
    {"start-old says-revert", BIT(CP_PROMISE_TELLS_TRUTH), 0},
    {"start-old says-detach", BIT(CP_PROMISE_TELLS_TRUTH), 0},
    {"start-old says-nonsense", BIT(CP_PROMISE_TELLS_TRUTH), 0},
    {"start-old detach says-detach", 0, 0},
    {"start-old detach says-boot", 0, 0},
    {UPDATE "start-new says-boot", BIT(CP_PROMISE_TELLS_TRUTH), 0},
    {UPDATE "start-new says-revert", BIT(CP_PROMISE_TELLS_TRUTH), 0},
    {TRIAL "start-old says-boot", BIT(CP_PROMISE_TELLS_TRUTH), 1},
    {TRIAL "start-old says-swap", BIT(CP_PROMISE_TELLS_TRUTH), 1},
    {TRIAL "confirm says-boot", 0, 0},
    {TRIAL "confirm says-swap", 0, 0},
    {TRIAL "confirm says-revert", BIT(CP_PROMISE_TELLS_TRUTH), 0},
    {CONFIRMED "start-new says-swap", BIT(CP_PROMISE_TELLS_TRUTH), 1},
    {CONFIRMED "start-new says-revert", BIT(CP_PROMISE_TELLS_TRUTH), 1},
    // legal-flash-use, bounded-wear
    {"illegal", BIT(CP_PROMISE_LEGAL_FLASH_USE), 0},
    {"erase-to-3 erase-to-3", 0, 0}, // a power loss in between pays for the second
    {"erase-to-4", BIT(CP_PROMISE_BOUNDED_WEAR), 0},
    {"error erase-to-4", 0, 0}, // what failed is tried again
    {"error erase-to-5", BIT(CP_PROMISE_BOUNDED_WEAR), 0},
    {"wears-out", BIT(CP_PROMISE_BOUNDED_WEAR), 0},
    // progresses
    {"start-old uptime-enough", 0, 0},
    {"uptime-too-long", BIT(CP_PROMISE_PROGRESSES), 0},
    {"unfed", BIT(CP_PROMISE_PROGRESSES), 0},
    {"boot-loop", BIT(CP_PROMISE_BOOTABLE) | BIT(CP_PROMISE_PROGRESSES), 0},
};

static const struct {
    enum kind kind;
    struct story story;
} others[] = {
    // trials of the journal: one
    {JOURNAL, {TRIAL "mark marked cut start-new", BIT(CP_PROMISE_UNCONFIRMED_REVERTS), 0}},
    {JOURNAL, {TRIAL "mark marked cut start-old says-revert", 0, 1}},
    {JOURNAL, {TRIAL "mark marked reset start-new", BIT(CP_PROMISE_UNCONFIRMED_REVERTS), 0}},
    {JOURNAL, {TRIAL "cut start-new says-swap", 0, 0}},
    {JOURNAL, {TRIAL "mark cut start-new says-swap", 0, 0}}, // it may be there or not
    {JOURNAL, {TRIAL "mark cut start-old says-revert", 0, 1}},
    {JOURNAL, {TRIAL "cut start-old says-revert", 0, 1}}, // it was started really
    {JOURNAL, {TRIAL "reset start-new", BIT(CP_PROMISE_UNCONFIRMED_REVERTS), 0}},
    {JOURNAL, {TRIAL "mark reset start-new", BIT(CP_PROMISE_UNCONFIRMED_REVERTS), 0}},
    {JOURNAL, {TRIAL "reset cut start-new", 0, 0}}, // who caused the reset is forgotten
    {JOURNAL, {TRIAL "mark marked reset cut start-new", BIT(CP_PROMISE_UNCONFIRMED_REVERTS), 0}},
    {JOURNAL, {TRIAL "cut cut start-new reset start-old", 0, 1}},
    {JOURNAL, {TRIAL "mark marked confirm cut start-new confirm cut start-old", 0, 1}},
    {JOURNAL, {UPDATE "reset start-old", BIT(CP_PROMISE_UPDATE_COMPLETES), 0}},
    {JOURNAL, {CONFIRMED "reset start-new mark marked reset start-new says-boot", 0, 1}},
    {JOURNAL,
     {TRIAL "reset start-old reset start-old request requested reset start-new says-swap", 0, 1}},
    // three
    {JOURNAL_3,
     {TRIAL "mark marked cut start-new reset start-new mark marked reset start-old", 0, 1}},
    {JOURNAL_3,
     {TRIAL "reset start-new reset start-new reset start-new", BIT(CP_PROMISE_UNCONFIRMED_REVERTS),
      0}},
    {JOURNAL_3, {TRIAL "reset start-new reset start-old", BIT(CP_PROMISE_TRIAL_HAPPENS), 1}},
    {JOURNAL_3, {TRIAL "cut start-old", BIT(CP_PROMISE_TRIAL_HAPPENS), 1}},
    {JOURNAL_3, {TRIAL "mark cut start-new mark cut start-new reset start-old", 0, 1}},
    {JOURNAL_3,
     {TRIAL "mark cut start-new mark cut start-new reset start-new reset start-new", 0, 0}},
    {JOURNAL_3, {TRIAL "reset start-new reset cut start-new reset start-new", 0, 0}},
    {JOURNAL_3, {TRIAL "reset start-new reset cut start-new reset start-old", 0, 1}},
    {JOURNAL_3, {TRIAL "reset start-new confirm confirmed reset start-new says-boot", 0, 1}},
    // authentic: an update that has to be refused is not due
    {FORGED, {TRIAL "start-old", BIT(CP_PROMISE_AUTHENTIC), 1}},
    {FORGED, {"start-old request start-new", BIT(CP_PROMISE_AUTHENTIC), 0}},
    {FORGED, {UPDATE "start-old says-boot", 0, 1}},
    {FORGED, {"start-old request start-old says-boot start-old", 0, 1}},
    {FORGED, {UPDATE "installed lost-new start-old says-boot", 0, 1}},
    {FORGED, {UPDATE "start-old says-revert", BIT(CP_PROMISE_TELLS_TRUTH), 1}},
    {FORGED, {UPDATE "start-other", BIT(CP_PROMISE_NO_PHANTOM_UPDATE), 0}},
    {FORGED,
     {"start-old start-new", BIT(CP_PROMISE_NO_PHANTOM_UPDATE) | BIT(CP_PROMISE_AUTHENTIC), 0}},
    {SIGNED, {CONFIRMED "start-new", 0, 1}},
    {SIGNED, {UPDATE "start-old", BIT(CP_PROMISE_UPDATE_COMPLETES), 0}},
    // no-downgrade
    {OLDER, {UPDATE "start-new", BIT(CP_PROMISE_NO_DOWNGRADE), 0}},
    {OLDER, {"start-old request start-new start-old", BIT(CP_PROMISE_NO_DOWNGRADE), 1}},
    {OLDER, {UPDATE "start-old says-boot", 0, 1}},
    {SIGNED, {TRIAL "start-old says-revert", 0, 1}}, // the way back is free
    {SIGNED, {TRIAL "start-old request requested start-old", BIT(CP_PROMISE_UPDATE_COMPLETES), 1}},
    // last-resort
    {DAMAGED, {"start-other says-boot start-other", 0, 1}},
    {DAMAGED, {"op cut op start-other", 0, 1}},
    {DAMAGED, {"start-mix", BIT(CP_PROMISE_BOOTABLE) | BIT(CP_PROMISE_LAST_RESORT), 0}},
    {DAMAGED, {"dead-end", BIT(CP_PROMISE_BOOTABLE) | BIT(CP_PROMISE_LAST_RESORT), 0}},
    {DAMAGED,
     {"boot-loop",
      BIT(CP_PROMISE_BOOTABLE) | BIT(CP_PROMISE_PROGRESSES) | BIT(CP_PROMISE_LAST_RESORT), 0}},
    {DAMAGED, {"start-new", BIT(CP_PROMISE_NO_PHANTOM_UPDATE) | BIT(CP_PROMISE_LAST_RESORT), 1}},
    {DAMAGED, {"start-other start-old", BIT(CP_PROMISE_NO_PHANTOM_UPDATE), 1}},
    {DAMAGED, {"start-other dead-end", BIT(CP_PROMISE_BOOTABLE), 1}},
    {UNREADABLE, {"start-other", 0, 1}},
    {UNREADABLE, {"start-old start-old", 0, 1}},
    {UNREADABLE, {"start-old start-other", BIT(CP_PROMISE_NO_PHANTOM_UPDATE), 1}},
    {UNREADABLE, {"start-mix", BIT(CP_PROMISE_BOOTABLE) | BIT(CP_PROMISE_LAST_RESORT), 0}},
    // a detach that no request follows
    {JOURNAL, {"start-old detach detached reset dfu-mode reset start-old says-boot", 0, 1}},
    {JOURNAL, {"start-old detach cut start-old cut dfu-mode", BIT(CP_PROMISE_BOOTABLE), 1}},
    {JOURNAL,
     {"start-old detach reset dfu-mode request requested reset start-new start-old", 0, 1}},
    {PLAIN, {"start-old detach detached dfu-mode start-old says-boot", 0, 0}},
    // error-safe: in a history in which an operation failed
    {PLAIN, {"error start-old says-boot", 0, 0}},
    {PLAIN, {UPDATE "error start-new says-swap start-old", 0, 1}},
    {PLAIN, {"error start-mix", BIT(CP_PROMISE_BOOTABLE) | BIT(CP_PROMISE_ERROR_SAFE), 0}},
    {PLAIN, {"error dead-end", BIT(CP_PROMISE_BOOTABLE) | BIT(CP_PROMISE_ERROR_SAFE), 0}},
    {PLAIN, {"dead-end error", BIT(CP_PROMISE_BOOTABLE), 0}},
    {PLAIN, {UPDATE "error lost-old", BIT(CP_PROMISE_RESUMES) | BIT(CP_PROMISE_ERROR_SAFE), 0}},
    {PLAIN, {"error start-new", BIT(CP_PROMISE_NO_PHANTOM_UPDATE) | BIT(CP_PROMISE_ERROR_SAFE), 0}},
    {PLAIN,
     {TRIAL "error start-new", BIT(CP_PROMISE_UNCONFIRMED_REVERTS) | BIT(CP_PROMISE_ERROR_SAFE),
      0}},
    {PLAIN,
     {CONFIRMED "error start-old", BIT(CP_PROMISE_CONFIRMED_STAYS) | BIT(CP_PROMISE_ERROR_SAFE),
      1}},
    {FORGED, {UPDATE "error start-new", BIT(CP_PROMISE_AUTHENTIC) | BIT(CP_PROMISE_ERROR_SAFE), 0}},
    {PLAIN,
     {UPDATE "error start-old", BIT(CP_PROMISE_UPDATE_COMPLETES), 0}}, // late, and not unsafe
    {PLAIN, {TRIAL "error start-old says-boot", BIT(CP_PROMISE_TELLS_TRUTH), 1}},
};

enum {
    STORIES = sizeof(stories) / sizeof(stories[0]),
    OTHERS = sizeof(others) / sizeof(others[0])
};

static enum kind kind_at(size_t index) {
    return index < STORIES ? PLAIN : others[index - STORIES].kind;
}

static const struct story *story_at(size_t index) {
    return index < STORIES ? &stories[index] : &others[index - STORIES].story;
}

static struct cp_case three_images(void) {
    struct cp_case made = fixture_case(64, CP_FIRMWARE_GOOD);
    fixture_image(&made, OTHER_IMAGE, "other", CP_FIRMWARE_GOOD, CP_IMAGE_NONE);
    made.image_count = 3;
    return made;
}

static void sign(struct cp_case *made, enum kind kind) {
    made->is_signed = made->has_rollback_protection = true;
    made->images[OLD_IMAGE].security_counter = 5;
    made->images[NEW_IMAGE].security_counter = kind == OLDER ? 4 : 6;
    made->images[NEW_IMAGE].signature =
        kind == FORGED ? CP_SIGNATURE_BIT_FLIPPED : CP_SIGNATURE_VALID;
}

static struct cp_case case_of(enum kind kind) {
    struct cp_case made = three_images();
    made.tells_reset_cause = kind == JOURNAL || kind == JOURNAL_3;
    made.trial_attempts = kind == JOURNAL_3 ? 3 : 1;
    if (kind == FORGED || kind == OLDER || kind == SIGNED) {
        sign(&made, kind);
    }
    if (kind == DAMAGED || kind == UNREADABLE) {
        made.damaged = kind == DAMAGED ? CP_DAMAGED_ACTIVE : CP_DAMAGED_STATE;
        made.factory_image = OTHER_IMAGE;
        fixture_area(&made, CP_AREA_FACTORY, 7, 1);
    }
    return made;
}

static void test_stories(void **state) {
    (void)state;
    for (size_t i = 0; i < STORIES + OTHERS; i++) {
        const struct cp_case test_case = case_of(kind_at(i));
        const struct story *story = story_at(i);
        const struct teller teller = run_story(&test_case, story->text);
        if (teller.broken.promises != story->broken || teller.broken.ends != story->ends) {
            fail_msg("%s: broken %x, not %x; %u ends, not %u: %s", story->text,
                     (unsigned)teller.broken.promises, (unsigned)story->broken,
                     (unsigned)teller.broken.ends, (unsigned)story->ends, teller.broken.message);
        }
    }
}

// For each promise there is a story that breaks it alone or with others, and one in
// which it was at stake and held.
static void test_each_promise_both_ways(void **state) {
    (void)state;
    uint32_t broken = 0, kept = 0;
    for (size_t i = 0; i < STORIES + OTHERS; i++) {
        const struct cp_case test_case = case_of(kind_at(i));
        const struct story *story = story_at(i);
        const struct teller teller = run_story(&test_case, story->text);
        for (int promise = 0; promise < CP_PROMISE_COUNT; promise++) {
            const struct cp_promise_count *count = &teller.promises.counts[promise];
            assert_int_equal(count->violated > 0, (story->broken & BIT(promise)) != 0);
            broken |= count->violated > 0 ? BIT(promise) : 0;
            kept |= count->violated == 0 && count->exercised > 0 ? BIT(promise) : 0;
        }
    }
    assert_int_equal(broken, ALL_PROMISES);
    // The explorer counts flash operations for legal-flash-use.
    assert_int_equal(kept, ALL_PROMISES & ~BIT(CP_PROMISE_LEGAL_FLASH_USE));
}

static void test_messages_name_the_images(void **state) {
    (void)state;
    const struct cp_case test_case = three_images();
    struct teller teller = run_story(&test_case, TRIAL "start-new");
    assert_non_null(strstr(teller.broken.message, "'new' was started again"));
    assert_non_null(strstr(teller.broken.message, "'old' was due"));
    teller = run_story(&test_case, "start-old says-swap");
    assert_string_equal(teller.broken.message, "'old' runs and is told Swap; the truth is Boot");
    teller = run_story(&test_case, TRIAL "confirm says-detach");
    assert_non_null(strstr(teller.broken.message, "the truth is Boot or Swap"));
    teller = run_story(&test_case, "erase-to-4");
    assert_non_null(
        strstr(teller.broken.message, "page 1 of device 0 was erased 4 times more often"));
}

static void expect_message(enum kind kind, const char *story, const char *message) {
    const struct cp_case test_case = case_of(kind);
    const struct teller teller = run_story(&test_case, story);
    assert_string_equal(teller.broken.message, message);
}

static void test_messages_of_the_journal(void **state) {
    (void)state;
    expect_message(JOURNAL, TRIAL "reset start-new",
                   "'new' was started again although it had failed 1 times of 1; 'old' was due");
    expect_message(JOURNAL_3, TRIAL "reset start-new cut start-old",
                   "'new' was reverted after at most 1 failed trials; it has 3");
    expect_message(FORGED, UPDATE "start-new",
                   "'new' was started, which is not signed as it has to be");
    expect_message(OLDER, UPDATE "start-new",
                   "'new' was started, whose security counter 4 is smaller than 5, that of 'old'");
    expect_message(DAMAGED, "dead-end", "the image in FACTORY was not started: told");
    expect_message(PLAIN, "error dead-end", "after an operation had failed: told");
}

// A device without FACTORY has no last resort, and is not held to one.
static void test_no_last_resort(void **state) {
    (void)state;
    struct cp_case test_case = case_of(DAMAGED);
    test_case.areas[CP_AREA_FACTORY].size_bytes = 0;
    const struct teller teller = run_story(&test_case, "dead-end");
    assert_int_equal(teller.broken.promises, BIT(CP_PROMISE_BOOTABLE));
    assert_int_equal(teller.promises.counts[CP_PROMISE_LAST_RESORT].exercised, 0);
}

// What was delivered without a signature may run, but an update to it may not be installed.
static void test_delivered_without_signature(void **state) {
    (void)state;
    struct cp_case test_case = case_of(SIGNED);
    test_case.images[OLD_IMAGE].signature = CP_SIGNATURE_MISSING;
    struct teller teller = run_story(&test_case, "start-old start-old");
    assert_int_equal(teller.broken.promises, 0);
    assert_int_equal(teller.promises.counts[CP_PROMISE_AUTHENTIC].exercised, 2);
    teller = run_story(&test_case, CONFIRMED "start-new request-old start-old");
    assert_int_equal(teller.broken.promises,
                     BIT(CP_PROMISE_AUTHENTIC) | BIT(CP_PROMISE_NO_DOWNGRADE));
}

// Trials are counted no further than matters, and not at all once they are over; a format
// that does not tell the cause of a reset has no states of its own for it.
static void test_trials_are_forgotten(void **state) {
    (void)state;
    struct cp_case test_case = case_of(JOURNAL_3);
    struct cp_ghost ghost =
        run_story(&test_case, TRIAL "reset start-new mark marked reset start-new mark")
            .promises.ghost;
    assert_int_equal(ghost.failures, 2);
    assert_int_equal(ghost.failures_max, 2);
    assert_int_equal(ghost.mark, CP_MARK_BEGUN);
    ghost = run_story(&test_case, TRIAL "reset start-new mark confirm").promises.ghost;
    assert_int_equal(ghost.failures + ghost.failures_max + ghost.mark, 0);
    ghost =
        run_story(&test_case, TRIAL "mark cut mark cut mark cut mark cut mark cut").promises.ghost;
    assert_int_equal(ghost.failures_max, 3);
    test_case = case_of(JOURNAL);
    ghost = run_story(&test_case, TRIAL "mark cut").promises.ghost;
    assert_int_equal(ghost.failures_max, 0); // one start is enough to know
    test_case = case_of(PLAIN);
    ghost = run_story(&test_case, TRIAL "mark marked reset").promises.ghost;
    assert_int_equal(ghost.failures + ghost.mark + ghost.reset_cause, 0);
}

// Two histories that the promises tell apart have different ghosts, and with them
// different states.
static void test_ghosts_are_told_apart(void **state) {
    (void)state;
    static const char *const histories[] = {
        "",
        "request",
        UPDATE,
        UPDATE "installed",
        UPDATE "start-new",
        "detach",
        "detach detached",
        CONFIRMED,
        TRIAL "confirm",
        TRIAL "start-old",
        TRIAL "start-old request",
    };
    enum { HISTORIES = sizeof(histories) / sizeof(histories[0]) };
    const struct cp_case test_case = three_images();
    struct cp_ghost ghosts[HISTORIES];
    for (size_t i = 0; i < HISTORIES; i++) {
        ghosts[i] = run_story(&test_case, histories[i]).promises.ghost;
        for (size_t k = 0; k < i; k++) {
            assert_memory_not_equal(&ghosts[i], &ghosts[k], sizeof(ghosts[0]));
        }
    }
    const struct cp_ghost again =
        run_story(&test_case, "start-old start-old says-boot").promises.ghost;
    assert_memory_equal(&again, &ghosts[0], sizeof(again));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stories),
        cmocka_unit_test(test_each_promise_both_ways),
        cmocka_unit_test(test_messages_name_the_images),
        cmocka_unit_test(test_messages_of_the_journal),
        cmocka_unit_test(test_no_last_resort),
        cmocka_unit_test(test_delivered_without_signature),
        cmocka_unit_test(test_trials_are_forgotten),
        cmocka_unit_test(test_ghosts_are_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

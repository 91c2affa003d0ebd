// promises.h: what has been promised so far on a path, and the check of each step.
//
// The ghost is the small memory of the promises: it knows what the application
// was told and which image was really started, never what the bootloader says of
// itself. It is part of a state's identity. docs/SPEC.md, "Promises", has each
// rule in words.

#ifndef CP_FAULTS_PROMISES_H
#define CP_FAULTS_PROMISES_H

#include "faults/facts.h"
#include "faults/result.h"

enum cp_ghost_phase {
    CP_GHOST_SETTLED,       // `base` is trusted; nothing is pending
    CP_GHOST_REQUEST_BEGUN, // the request for `target` was begun, not yet returned
    CP_GHOST_REQUESTED,     // it returned success
    CP_GHOST_TRIAL,         // `target` was started
    CP_GHOST_CONFIRM_BEGUN, // and has begun to confirm
};

// Who ended the run before a boot.
enum cp_reset_cause {
    CP_RESET_OTHER,        // a power loss, a reset of the MCU, the bootloader
    CP_RESET_APPLICATION,  // the application, or the external DFU mode, in some way
    CP_RESET_FAILED_TRIAL, // the image on trial, and only this reset tells that it failed
};

// Did the run of the image on trial note that it was started?
enum cp_mark { CP_MARK_NONE, CP_MARK_BEGUN, CP_MARK_RETURNED };

struct cp_ghost {
    uint8_t phase;
    uint8_t base;      // the trusted image
    uint8_t target;    // the image of the update; CP_IMAGE_NONE when settled
    uint8_t previous;  // the image that the last confirmed update replaced
    uint8_t installed; // target has been complete in ACTIVE since the request returned
    uint8_t reverted;  // the last update was undone: the device has to say so
    uint8_t detach;    // the external DFU mode: 0 not asked for, 1 begun, 2 asked for
    uint8_t errors;    // operations that have failed, where only so many may
    // Of a case that tells the cause of a reset, else 0:
    uint8_t reset_cause;  // enum cp_reset_cause; CP_RESET_OTHER once something is started
    uint8_t mark;         // enum cp_mark; of the run
    uint8_t failures;     // runs of target on trial that count as failed, at most the attempts
    uint8_t failures_max; // and those that may count; 0 with a single attempt
    uint8_t damaged;      // bit per CP_DAMAGED_; nothing was started since delivery
    uint8_t reserved[3];
};

struct cp_promises {
    struct cp_ghost ghost;
    struct cp_promise_count counts[CP_PROMISE_COUNT];
    // Told of each violation. The same violation may be told again on other paths.
    void (*report)(void *context, enum cp_promise promise, const char *message);
    void *context;
    const struct cp_case *test_case; // for the names of images
};

// The bootloader started ACTIVE, which holds `image` (CP_IMAGE_NONE: no known
// image). Returns true when an update ended with this start, so that the wear of
// one update ends here.
bool cp_promises_started(struct cp_promises *promises, uint8_t image);

// The bootloader entered the external DFU mode; nothing was started.
void cp_promises_dfu_mode(struct cp_promises *promises);

// The external DFU mode has nobody to talk to and waits.
void cp_promises_dfu_idle(struct cp_promises *promises);

// A milestone of the application `running`. Returns true when an update ended.
bool cp_promises_note(struct cp_promises *promises, enum cp_note note, uint32_t value,
                      uint8_t running);

// A run ends, whatever ran: by the application's own doing, or otherwise, with the power for
// instance. What follows is the boot of a state.
void cp_promises_run_ends(struct cp_promises *promises, bool by_application);

// An operation was done: is every piece of what must survive still there?
void cp_promises_operation(struct cp_promises *promises, const struct cp_facts *facts);

// A page was erased, which raised its level (see wear.h).
void cp_promises_erased(struct cp_promises *promises, uint32_t device, uint32_t page,
                        uint32_t level);

// Things that end a boot without a start.
void cp_promises_dead_end(struct cp_promises *promises, const char *why);
void cp_promises_boot_loop(struct cp_promises *promises, const char *why);
void cp_promises_endless_wear(struct cp_promises *promises);
void cp_promises_illegal(struct cp_promises *promises, const char *message);

// The watchdog was not fed in time, and resets the device.
#define CP_WATCHDOG_RESETS "the watchdog resets the device"
void cp_promises_unfed(struct cp_promises *promises, const char *message);

// The search was complete: so long must each power-on last for the device to get somewhere.
void cp_promises_uptime(struct cp_promises *promises, uint64_t uptime_us);

#endif

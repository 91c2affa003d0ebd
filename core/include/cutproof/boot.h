// boot.h: the bootloader's one decision, made at every reset.
//
// cp_boot_prepare() reads the boot state, finishes or undoes a swap as that
// state asks, and tells the caller what to start. The caller owns the hardware:
// it sets up the ports before, and jumps to the application after.

#ifndef CUTPROOF_BOOT_H
#define CUTPROOF_BOOT_H

#include "cutproof/flash.h"

// What the boot state says. The values are not what is stored in flash.
enum cp_state {
    CP_STATE_BOOT,   // start ACTIVE; nothing is pending
    CP_STATE_SWAP,   // an update is requested, under way, or on trial
    CP_STATE_REVERT, // the last update was not confirmed and was undone
    CP_STATE_DETACH, // the application asked for the external DFU mode
};

// A way to keep the boot state in flash; see core/src/state_format.h.
struct cp_state_format;

// The format of the seed: docs/SPEC.md, "State format seed".
extern const struct cp_state_format cp_state_format_seed;

// Two halves of which one is always valid: docs/journal.md. What is
// said below of `journal` holds of this format alone; the seed format knows none of it.
extern const struct cp_state_format cp_state_format_journal;

// What a bootloader needs of it, and an updater does not do with: half a KiB less is linked.
extern const struct cp_state_format cp_state_format_journal_boot;

// What a bootloader with the strategy direct needs of it: nothing that copies is linked.
extern const struct cp_state_format cp_state_format_journal_direct;

// Tells whether an image may be installed: docs/SPEC.md, "Signed images".
struct cp_verifier {
    // Looks at the first size_bytes of a partition. CP_OK, and *security_counter is that of
    // the image; CP_ERR_IMAGE if it is not one to install; CP_ERR_FLASH.
    int (*verify)(const struct cp_verifier *verifier, const struct cp_partition *partition,
                  uint32_t size_bytes, uint8_t *buffer, uint32_t buffer_size_bytes,
                  uint32_t *security_counter);
    const uint8_t *public_key; // 32 bytes
};

// How an update gets to where it runs.
enum cp_strategy {
    // ACTIVE and DFU are swapped. An image is linked for ACTIVE, wherever it waits.
    CP_STRATEGY_SWAP,
    // ACTIVE and DFU are two slots of which either may run; nothing is copied. An image is
    // linked for the slot that it will lie in. Of `journal` only.
    CP_STRATEGY_DIRECT,
};

// The slots of the strategy direct. A device is delivered with an image in slot A.
enum cp_slot {
    CP_SLOT_NONE, // the strategy is swap
    CP_SLOT_A,    // cp_boot_config.active
    CP_SLOT_B,    // cp_boot_config.dfu
};

struct cp_boot_config {
    struct cp_partition active; // the running image; the application starts at its first byte
    struct cp_partition dfu;    // the next image; at least one page unit larger than active
    struct cp_partition state;  // the boot state, in the format below
    const struct cp_state_format *format;
    uint8_t *buffer;            // for copying, lent by the caller during each call
    uint32_t buffer_size_bytes; // divides the page unit; a multiple of every write size

    // Feeds the watchdog: called before each page of ACTIVE or DFU is erased, before each
    // chunk is copied, before a revert or a record of the journal is stored, which erases all
    // of STATE, and before and after an image is verified. Between two calls lie at most these,
    // and the record of a step. NULL: there is nothing to feed.
    void (*feed)(const void *context);
    const void *feed_context;

    // --- journal ---
    // How often an image on trial may fail before it is reverted, 1 to 255; 0 is 1. A trial
    // has failed when it was started and the device was reset before it confirmed.
    uint32_t trial_attempts;
    // Was the reset that led here the application's doing: its watchdog, a fault, or a reset
    // it asked for? Not a power loss, not the reset pin, not the bootloader. NULL: it is not
    // known, and only an image that called cp_updater_init() has failed a trial.
    bool (*is_reset_by_application)(void);
    // NULL: any image that was requested is installed.
    const struct cp_verifier *verifier;
    // With a verifier: an image with a smaller security counter than that of the last
    // confirmed one is not installed.
    bool refuses_downgrades;
    // No image with a smaller one is installed, whatever was confirmed: that of the image the
    // device is delivered with.
    uint32_t security_counter_min;
    // With a verifier: ACTIVE is checked at each boot, not only before a trial begins.
    bool verifies_each_boot;
    // What to copy to ACTIVE when neither STATE nor ACTIVE can be made sense of; as large as
    // ACTIVE. NULL: nothing.
    const struct cp_partition *factory;
    // CP_STRATEGY_DIRECT goes with cp_boot_prepare_direct(), and without a factory.
    enum cp_strategy strategy;
};

// The page unit in bytes: the larger of the erase sizes of ACTIVE and DFU. Every
// copy step of a swap moves one such unit.
uint32_t cp_boot_page_size_bytes(const struct cp_boot_config *config);

// The most erases one page sees in one update from download to confirm or
// revert, if the power never fails: DFU is erased by the download, the swap and
// the revert. Each power loss adds at most one.
#define CP_BOOT_ERASES_PER_UPDATE_MAX 3

// The same with `journal` and one attempt: each page of STATE is erased when the update is
// requested, begun, reverted and over. Each further attempt adds one, a detach two. Where
// torn units may read otherwise each time it is two more, with power losses: a request that
// was cut leaves the halves the other way round.
#define CP_JOURNAL_ERASES_PER_UPDATE_MAX 4

// The same with `journal` and the strategy direct: each page of STATE is erased when the update
// before this one is found confirmed, and when this one is requested, begun and undone. Each
// further attempt adds one, a detach two.
#define CP_DIRECT_ERASES_PER_UPDATE_MAX 4

// A download (download.h) keeps a record of its pages and adds one to the first, two to the
// second.
#define CP_DOWNLOAD_ERASES_PER_UPDATE_MAX        1
#define CP_DIRECT_DOWNLOAD_ERASES_PER_UPDATE_MAX 2

// Check a configuration; cp_boot_prepare() does this first, at each boot.
// Returns CP_OK, or
//   CP_ERR_ARGUMENT   a null pointer, a zero size, or a flash outside the contract of flash.h
//                     (erase value neither 0x00 nor 0xFF, write size not a power of two up to
//                     32, erase size or device size not a multiple of the unit below it); the
//                     strategy direct with a format other than `journal`, or with a factory
//   CP_ERR_BOUNDS     a partition does not lie inside its flash (no overflow can hide it)
//   CP_ERR_ALIGNMENT  a partition does not begin and end at a page of its flash, or the buffer
//                     (with swap) does not divide the page unit, or is not a multiple of each
//                     write size
//   CP_ERR_LAYOUT     partitions overlap on one flash, or STATE cannot hold the format's
//                     records; with swap also: ACTIVE or DFU is not a whole number of page
//                     units, or DFU is not at least one page unit larger than ACTIVE
int cp_boot_check(const struct cp_boot_config *config);

// Bring the device into a state from which ACTIVE can be started.
// On CP_OK *state is the boot state as it was read on entry (with `journal`: as it is now):
// CP_STATE_DETACH asks the caller to enter its external DFU mode, any other to start ACTIVE.
// Errors: those of cp_boot_check(), or CP_ERR_FLASH when a flash operation failed, or
// CP_ERR_STATE when STATE holds nothing that can be read, or CP_ERR_IMAGE when ACTIVE holds
// nothing that may be started; ACTIVE must then not be started. CP_ERR_ARGUMENT also if the
// strategy is not swap.
int cp_boot_prepare(const struct cp_boot_config *config, enum cp_state *state);

// The same with the strategy direct: decide which slot to start. No image is touched.
// On CP_OK *start is &config->active or &config->dfu, and *state the boot state as it is now:
// CP_STATE_DETACH asks the caller to enter its external DFU mode, any other to start *start.
// Errors: those of cp_boot_check(); CP_ERR_ARGUMENT also for a null pointer or a strategy that
// is not direct; CP_ERR_STATE when STATE holds nothing that can be read; CP_ERR_LAYOUT when it
// holds what a bootloader that swaps has left unfinished; with `verifies_each_boot`
// CP_ERR_IMAGE when the image to start is not the one that was confirmed, or CP_ERR_FLASH when
// it cannot be read. Nothing must be started then. A record that cannot be written is no error:
// the confirmed image is to be started.
int cp_boot_prepare_direct(const struct cp_boot_config *config, enum cp_state *state,
                           const struct cp_partition **start);

#endif

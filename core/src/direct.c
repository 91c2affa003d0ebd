// direct.c: the strategy direct: two slots, of which a record says the one to start.
//
// Nothing is copied. The application writes the new image into the slot that it does not run
// from, and requests it; the record says so, and each boot turns it into another:
//
//   record             at the boot                             becomes
//   IDLE, DOWNLOAD     -                                       as it is
//   SWAP               the other slot is verified              TRIAL, of the other slot
//   TRIAL              not started yet, or attempts are left   TRIAL
//   TRIAL              no attempts are left                    IDLE, reverted; the trusted slot
//   TRIAL, CONFIRMED   -                                       IDLE; the slot on trial is trusted
//   DETACH             -                                       IDLE
//
// Only then is something started. docs/direct.md argues each promise.

#include <stddef.h>

#include "boot_journal.h"
#include "state_format.h"

static const struct cp_partition *slot_at(const struct cp_boot_config *config, uint8_t slot) {
    return slot == 0 ? &config->active : &config->dfu;
}

static int undo(struct boot *boot) {
    boot->journal.is_reverted = true;
    return cp_boot_settle(boot, false);
}

// The image is in its slot as a whole, for it was requested. One that cannot be read is
// refused as well: the application can ask again.
static int begin_trial(struct boot *boot) {
    struct cp_journal *journal = &boot->journal;
    journal->running_slot = journal->trusted_slot ^ 1u;
    int err = cp_boot_check_image(boot, slot_at(boot->config, journal->running_slot));
    if (err) {
        return cp_boot_settle(boot, false);
    }
    journal->kind = CP_JOURNAL_TRIAL;
    return cp_boot_rewrite(boot);
}

// It is checked again: the slot may lie where others can write to it.
static int go_on_with_trial(struct boot *boot) {
    if (cp_boot_trials_are_over(boot)) {
        return undo(boot);
    }
    int err = cp_boot_check_image(boot, slot_at(boot->config, boot->journal.running_slot));
    return err ? undo(boot) : cp_boot_rewrite(boot);
}

// Left by a bootloader that swaps, in the middle of that?
static bool is_foreign(const struct cp_journal *journal) {
    switch (journal->kind) {
    case CP_JOURNAL_IDLE:
    case CP_JOURNAL_DOWNLOAD:
    case CP_JOURNAL_DETACH: return false;
    case CP_JOURNAL_SWAP: return journal->steps_done > 0;
    case CP_JOURNAL_TRIAL: return journal->running_slot == journal->trusted_slot;
    default: return true;
    }
}

// The application that asked is not asked again: if nobody comes, the next reset starts it.
static int detach(struct boot *boot) {
    int err = cp_boot_settle(boot, false);
    if (!err) {
        boot->journal.kind = CP_JOURNAL_DETACH; // as it was; no more so in flash
    }
    return err;
}

static int act(struct boot *boot) {
    if (is_foreign(&boot->journal)) {
        return CP_ERR_LAYOUT;
    }
    if (boot->journal.is_confirmed) {
        boot->journal.is_reverted = false;
        return cp_boot_settle(boot, true);
    }
    switch (boot->journal.kind) {
    case CP_JOURNAL_SWAP: return begin_trial(boot);
    case CP_JOURNAL_TRIAL: return go_on_with_trial(boot);
    case CP_JOURNAL_DETACH: return detach(boot);
    default: return cp_journal_tidy(&boot->config->state, &boot->journal);
    }
}

// A flash that fails for good must not keep the trusted image from running: nothing has
// touched that.
static int decide(struct boot *boot) {
    int err = cp_journal_load(&boot->config->state, &boot->journal);
    if (err) {
        return err;
    }
    err = act(boot);
    if (err == CP_ERR_FLASH) {
        cp_journal_settle(&boot->journal, false);
        return CP_OK;
    }
    return err;
}

static int check_start(const struct boot *boot) {
    const struct cp_journal *journal = &boot->journal;
    if (journal->kind == CP_JOURNAL_DETACH || journal->running_slot != journal->trusted_slot) {
        return CP_OK;
    }
    return cp_boot_check_trusted(boot, slot_at(boot->config, journal->trusted_slot));
}

int cp_boot_prepare_direct(const struct cp_boot_config *config, enum cp_state *state,
                           const struct cp_partition **start) {
    struct boot boot = {.config = config};
    if (!state || !start) {
        return CP_ERR_ARGUMENT;
    }
    int err = cp_boot_check(config);
    if (err) {
        return err;
    }
    if (config->strategy != CP_STRATEGY_DIRECT) {
        return CP_ERR_ARGUMENT;
    }
    err = decide(&boot);
    if (err) {
        return err;
    }
    err = check_start(&boot);
    if (err) {
        return err;
    }
    *state = cp_boot_state_of(&boot.journal);
    *start = slot_at(config, boot.journal.running_slot);
    return CP_OK;
}

// This format knows of no swap.
static int refuse_swap(const struct cp_boot_config *config, enum cp_state *state) {
    (void)config;
    (void)state;
    return CP_ERR_ARGUMENT;
}

const struct cp_state_format cp_state_format_journal_direct = {
    .prepare = refuse_swap,
    .check = cp_journal_check,
};

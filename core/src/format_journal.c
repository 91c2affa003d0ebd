// format_journal.c: the format `journal`, and what a boot makes of its record.
//
// One record says all; journal.h keeps it. Each boot that finds something to do first writes
// the record anew, which also settles what a power loss left in doubt, and then acts on it.
// docs/journal.md argues each promise.

#include <stddef.h>

#include "boot_journal.h"
#include "partition.h"
#include "state_format.h"
#include "swap.h"

static void feed(const struct boot *boot) {
    if (boot->config->feed) {
        boot->config->feed(boot->config->feed_context);
    }
}

int cp_boot_rewrite(struct boot *boot) {
    feed(boot);
    return cp_journal_replace(&boot->config->state, &boot->journal);
}

int cp_boot_settle(struct boot *boot, bool is_kept) {
    cp_journal_settle(&boot->journal, is_kept);
    return cp_boot_rewrite(boot);
}

static int verify(const struct boot *boot, const struct cp_partition *partition,
                  uint32_t size_bytes, uint32_t *security_counter) {
    const struct cp_boot_config *config = boot->config;
    feed(boot);
    int err = config->verifier->verify(config->verifier, partition, size_bytes, config->buffer,
                                       config->buffer_size_bytes, security_counter);
    feed(boot);
    return err;
}

static bool is_older(const struct boot *boot) {
    const uint32_t counter = boot->journal.image_security_counter;
    return counter < boot->journal.security_counter ||
           counter < boot->config->security_counter_min;
}

// May the image in a partition be installed, or started for the first time? CP_ERR_IMAGE.
int cp_boot_check_image(struct boot *boot, const struct cp_partition *partition) {
    struct cp_journal *journal = &boot->journal;
    if (!boot->config->verifier) {
        return CP_OK;
    }
    int err = verify(boot, partition, journal->image_size_bytes, &journal->image_security_counter);
    if (!err && boot->config->refuses_downgrades && is_older(boot)) {
        return CP_ERR_IMAGE;
    }
    return err;
}

// Do what is left of a swap or revert. The record was written since power-on.
static int run_steps(struct boot *boot) {
    struct cp_journal *journal = &boot->journal;
    const bool is_revert = journal->kind == CP_JOURNAL_REVERTING;
    const uint32_t end = 2 * journal->page_count;
    int err = CP_OK;
    while (!err && journal->steps_done < end) {
        boot->is_active_whole = false;
        err = cp_swap_step(boot->config, is_revert, journal->steps_done);
        if (err) {
            return err;
        }
        journal->steps_done++;
        feed(boot);
        err = cp_journal_append(&boot->config->state, journal, CP_JOURNAL_STEP,
                                journal->steps_done);
    }
    return err;
}

// Copy FACTORY to ACTIVE. Cut, it begins again.
static int restore(struct boot *boot) {
    const uint32_t page_count = cp_swap_page_count(boot->config);
    int err = CP_OK;
    boot->is_active_whole = false;
    for (uint32_t page = 0; !err && page < page_count; page++) {
        err = cp_swap_restore(boot->config, boot->config->factory, page);
    }
    if (err) {
        return err;
    }
    boot->journal.active_size_bytes = 0;
    boot->journal.is_reverted = false;
    return cp_boot_settle(boot, false);
}

static int begin_restore(struct boot *boot) {
    if (!boot->config->factory) {
        return CP_ERR_IMAGE;
    }
    boot->journal.kind = CP_JOURNAL_RESTORE;
    boot->journal.steps_done = 0;
    int err = cp_boot_rewrite(boot);
    return err ? err : restore(boot);
}

// ACTIVE is what was trusted before; DFU, where it may come from, can lie where others write.
static int check_active(struct boot *boot) {
    int err = cp_boot_check_trusted(boot, &boot->config->active);
    return err == CP_ERR_IMAGE ? begin_restore(boot) : err;
}

static int finish_revert(struct boot *boot) {
    int err = run_steps(boot);
    if (err) {
        return err;
    }
    boot->journal.is_reverted = true;
    err = cp_boot_settle(boot, false);
    return err ? err : check_active(boot);
}

static int begin_revert(struct boot *boot) {
    if (boot->journal.page_count != cp_swap_page_count(boot->config)) {
        return CP_ERR_LAYOUT; // installed by a bootloader with another one
    }
    boot->journal.kind = CP_JOURNAL_REVERTING;
    boot->journal.steps_done = 0;
    int err = cp_boot_rewrite(boot);
    return err ? err : finish_revert(boot);
}

// The new image is in ACTIVE, as a whole. It is checked again: DFU may lie where others can
// write to it.
static int start_trial(struct boot *boot) {
    int err = cp_boot_check_image(boot, &boot->config->active);
    return err == CP_ERR_IMAGE ? begin_revert(boot) : err;
}

static bool is_reset_by_application(const struct cp_boot_config *config) {
    return config->is_reset_by_application && config->is_reset_by_application();
}

// On trial at the reset. It failed if it is known to have been started; otherwise the power
// was lost before, and it is to be started still.
bool cp_boot_trials_are_over(struct boot *boot) {
    struct cp_journal *journal = &boot->journal;
    const bool has_failed = journal->is_started || is_reset_by_application(boot->config);
    if (has_failed && journal->failed_trials < UINT8_MAX) {
        journal->failed_trials++;
    }
    const uint32_t attempts = boot->config->trial_attempts;
    const uint32_t attempts_max = attempts < UINT8_MAX ? attempts : UINT8_MAX;
    return journal->failed_trials >= (attempts_max > 0 ? attempts_max : 1);
}

static int go_on_with_trial(struct boot *boot) {
    struct cp_journal *journal = &boot->journal;
    if (cp_boot_trials_are_over(boot)) {
        return begin_revert(boot);
    }
    journal->kind = CP_JOURNAL_TRIAL;
    journal->steps_done = 0;
    int err = cp_boot_rewrite(boot);
    return err ? err : start_trial(boot);
}

static int begin_swap(struct boot *boot) {
    int err = cp_boot_check_image(boot, &boot->config->dfu);
    if (err == CP_ERR_IMAGE) {
        return cp_boot_settle(boot, false);
    }
    boot->journal.page_count = cp_swap_page_count(boot->config);
    return err ? err : cp_boot_rewrite(boot);
}

static int install(struct boot *boot) {
    struct cp_journal *journal = &boot->journal;
    int err = journal->steps_done == 0 ? begin_swap(boot) : cp_boot_rewrite(boot);
    if (err || journal->kind == CP_JOURNAL_IDLE) {
        return err;
    }
    err = run_steps(boot);
    return err ? err : start_trial(boot);
}

static int go_on_with_swap(struct boot *boot) {
    const uint32_t page_count = cp_swap_page_count(boot->config);
    if (boot->journal.steps_done > 0 && boot->journal.page_count != page_count) {
        return CP_ERR_LAYOUT; // begun by a bootloader with another one
    }
    return boot->journal.steps_done == 2 * page_count ? go_on_with_trial(boot) : install(boot);
}

static int go_on_with_revert(struct boot *boot) {
    if (boot->journal.page_count != cp_swap_page_count(boot->config)) {
        return CP_ERR_LAYOUT;
    }
    if (boot->journal.steps_done == 2 * boot->journal.page_count) {
        return finish_revert(boot);
    }
    int err = cp_boot_rewrite(boot);
    return err ? err : finish_revert(boot);
}

int cp_boot_check_trusted(const struct boot *boot, const struct cp_partition *partition) {
    uint32_t security_counter = 0;
    // Of an image that was there from the first the size is not known; all there is is it.
    const uint32_t size_bytes =
        boot->journal.active_size_bytes ? boot->journal.active_size_bytes : partition->size_bytes;
    if (!boot->config->verifier || !boot->config->verifies_each_boot) {
        return CP_OK;
    }
    return verify(boot, partition, size_bytes, &security_counter);
}

static int rest(struct boot *boot) {
    int err = cp_journal_tidy(&boot->config->state, &boot->journal);
    return err ? err : check_active(boot);
}

enum cp_state cp_boot_state_of(const struct cp_journal *journal) {
    switch (journal->kind) {
    case CP_JOURNAL_DETACH: return CP_STATE_DETACH;
    case CP_JOURNAL_SWAP:
    case CP_JOURNAL_TRIAL: return journal->is_confirmed ? CP_STATE_BOOT : CP_STATE_SWAP;
    case CP_JOURNAL_REVERTING: return CP_STATE_SWAP;
    default: return journal->is_reverted ? CP_STATE_REVERT : CP_STATE_BOOT;
    }
}

static int act(struct boot *boot) {
    if (boot->journal.is_confirmed) {
        boot->journal.is_reverted = false;
        return cp_boot_settle(boot, true);
    }
    switch (boot->journal.kind) {
    case CP_JOURNAL_SWAP: return go_on_with_swap(boot);
    case CP_JOURNAL_TRIAL: return go_on_with_trial(boot);
    case CP_JOURNAL_REVERTING: return go_on_with_revert(boot);
    case CP_JOURNAL_RESTORE: return boot->config->factory ? restore(boot) : CP_ERR_IMAGE;
    // The application that asked is not asked again: if nobody comes, the next reset starts it.
    case CP_JOURNAL_DETACH: return cp_boot_settle(boot, false);
    default: return rest(boot);
    }
}

// Neither half can be read. ACTIVE may be half swapped, so it is not asked.
static int recover(struct boot *boot) {
    const struct cp_boot_config *config = boot->config;
    if (!config->factory) {
        return CP_ERR_STATE;
    }
    boot->journal.kind = CP_JOURNAL_RESTORE;
    int err = cp_journal_begin(&config->state, &boot->journal);
    return err ? err : restore(boot);
}

// Step 0 of a swap saves a page of ACTIVE, step 1 is the first to change one; and step 1
// follows the record of step 0.
static bool is_active_whole(const struct cp_boot_config *config,
                            const struct cp_journal *journal) {
    const uint32_t steps = journal->steps_done;
    const bool is_over = steps == 2 * cp_swap_page_count(config);
    switch (journal->kind) {
    case CP_JOURNAL_SWAP: return steps == 0 || is_over;
    case CP_JOURNAL_REVERTING: return is_over;
    default: return journal->kind != CP_JOURNAL_RESTORE;
    }
}

// A flash that fails for good must not keep an image from running that nothing has touched;
// but it is checked all the same.
static int start_anyway(struct boot *boot, bool is_trial) {
    return is_trial ? cp_boot_check_image(boot, &boot->config->active)
                    : cp_boot_check_trusted(boot, &boot->config->active);
}

// Do what the record asks for; *state is what the caller is to do then.
static int act_and_tell(struct boot *boot, enum cp_state *state) {
    const bool is_trial = cp_journal_is_trial(&boot->journal) && !boot->journal.is_confirmed;
    const bool is_detach = boot->journal.kind == CP_JOURNAL_DETACH;
    boot->is_active_whole = is_active_whole(boot->config, &boot->journal);
    const int err = act(boot);
    *state = is_detach && !err ? CP_STATE_DETACH : cp_boot_state_of(&boot->journal);
    return err == CP_ERR_FLASH && boot->is_active_whole ? start_anyway(boot, is_trial) : err;
}

static int journal_prepare(const struct cp_boot_config *config, enum cp_state *state) {
    struct boot boot = {.config = config};
    int err = cp_journal_load(&config->state, &boot.journal);
    if (err) {
        *state = CP_STATE_BOOT;
        return err == CP_ERR_STATE ? recover(&boot) : err;
    }
    return act_and_tell(&boot, state);
}

static int journal_get(const struct cp_partition *state, enum cp_state *value) {
    struct cp_journal journal = {0};
    int err = cp_journal_load(state, &journal);
    if (!err) {
        *value = cp_boot_state_of(&journal);
    }
    return err;
}

static int journal_request(const struct cp_partition *state, uint32_t image_size_bytes) {
    struct cp_journal journal = {0};
    int err = cp_journal_load_settled(state, &journal);
    if (err) {
        return err;
    }
    journal.kind = CP_JOURNAL_SWAP;
    journal.image_size_bytes = image_size_bytes;
    return cp_journal_rewrite(state, &journal);
}

static int mark(const struct cp_partition *state, enum cp_journal_mark mark) {
    struct cp_journal journal = {0};
    int err = cp_journal_load(state, &journal);
    if (err || !cp_journal_is_trial(&journal)) {
        return err;
    }
    const bool is_there =
        mark == CP_JOURNAL_STARTED ? journal.is_started : journal.is_confirmed;
    return is_there || journal.is_confirmed ? CP_OK : cp_journal_append(state, &journal, mark, 0);
}

static int journal_start(const struct cp_partition *state) {
    return mark(state, CP_JOURNAL_STARTED);
}

static int journal_set(const struct cp_partition *state, enum cp_state value) {
    struct cp_journal journal = {0};
    if (value == CP_STATE_BOOT) {
        return mark(state, CP_JOURNAL_CONFIRMED);
    }
    int err = cp_journal_load_settled(state, &journal);
    if (err) {
        return err;
    }
    if (value != CP_STATE_DETACH) {
        return CP_ERR_ARGUMENT;
    }
    journal.kind = CP_JOURNAL_DETACH;
    return cp_journal_rewrite(state, &journal);
}

static int journal_slot(const struct cp_partition *state, enum cp_slot *running) {
    struct cp_journal journal = {0};
    int err = cp_journal_load(state, &journal);
    if (!err) {
        *running = journal.running_slot ? CP_SLOT_B : CP_SLOT_A;
    }
    return err;
}

static int journal_no_download(const struct cp_partition *state, bool ends_it) {
    struct cp_journal journal = {0};
    int err = cp_journal_load(state, &journal);
    if (err || journal.kind != CP_JOURNAL_DOWNLOAD) {
        return err;
    }
    if (!ends_it) {
        return CP_ERR_STATE;
    }
    cp_journal_settle(&journal, false);
    return cp_journal_replace(state, &journal);
}

const struct cp_state_format cp_state_format_journal = {
    .prepare = journal_prepare,
    .check = cp_journal_check,
    .get = journal_get,
    .set = journal_set,
    .request = journal_request,
    .start = journal_start,
    .slot = journal_slot,
    .no_download = journal_no_download,
};

const struct cp_state_format cp_state_format_journal_boot = {
    .prepare = journal_prepare,
    .check = cp_journal_check,
};

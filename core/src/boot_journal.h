// boot_journal.h: what the boots of both strategies make of a journal in the same way.
//
// format_journal.c has these, and the boot of the strategy swap; direct.c has the other.

#ifndef CP_BOOT_JOURNAL_H
#define CP_BOOT_JOURNAL_H

#include "journal.h"

struct boot {
    const struct cp_boot_config *config;
    struct cp_journal journal;
    bool is_active_whole; // of swap: no step has touched it, or all are done
};

// Write the record anew, into the other half, and erase the half before it. CP_ERR_FLASH.
int cp_boot_rewrite(struct boot *boot);

// The same of a record that is over: see cp_journal_settle().
int cp_boot_settle(struct boot *boot, bool is_kept);

// May the image that is requested or on trial be started, which lies there? CP_ERR_IMAGE.
int cp_boot_check_image(struct boot *boot, const struct cp_partition *partition);

// Is the last confirmed image still the same, where that is to be checked at each boot?
// CP_ERR_IMAGE.
int cp_boot_check_trusted(const struct boot *boot, const struct cp_partition *partition);

// There is an image on trial. Count the run before this boot if it failed; were as many
// trials as there are to be?
bool cp_boot_trials_are_over(struct boot *boot);

// What a record is called outside.
enum cp_state cp_boot_state_of(const struct cp_journal *journal);

#endif

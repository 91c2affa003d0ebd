// journal.h: the record of the format `journal`, kept so that a valid one always exists.
//
// STATE is two halves. A record is a header, a seal and slots; it is written whole into the
// half that is not in use, sealed last, and the half before it is erased after that. Slots
// are filled one by one afterwards, only in a half that was erased since power-on: a unit
// that reads as erased after a power loss may have been programmed in vain.
// docs/journal.md has the layout and why it is safe.

#ifndef CP_JOURNAL_H
#define CP_JOURNAL_H

#include "cutproof/boot.h"

// What a record says is to be done. Stored in its header.
enum cp_journal_kind {
    CP_JOURNAL_IDLE = 1,      // nothing: start ACTIVE
    CP_JOURNAL_SWAP = 2,      // install what is in DFU; with all steps done it is on trial
    CP_JOURNAL_TRIAL = 3,     // the image in ACTIVE is on trial
    CP_JOURNAL_REVERTING = 4, // bring the image in DFU back
    CP_JOURNAL_DETACH = 5,    // enter the external DFU mode, once
    CP_JOURNAL_RESTORE = 6,   // copy FACTORY to ACTIVE
    CP_JOURNAL_DOWNLOAD = 7,  // nothing, as IDLE; an image is on its way to DFU
};

// What a slot says. Stored in it.
enum cp_journal_mark {
    CP_JOURNAL_STEP = 1,      // so many steps of SWAP or REVERTING are done
    CP_JOURNAL_STARTED = 2,   // the image on trial ran
    CP_JOURNAL_CONFIRMED = 3, // and keeps itself
    CP_JOURNAL_PAGE = 4,      // of DOWNLOAD: the page of DFU of that number is done
};

// Steps and pages are stored in 12 bits.
#define CP_JOURNAL_STEPS_MAX 4095u

struct cp_journal;

// Who knows the pages of a download that are done.
struct cp_journal_pages {
    // Append a mark for each.
    int (*append)(const struct cp_journal_pages *pages, const struct cp_partition *state,
                  struct cp_journal *journal);
    const uint8_t *map; // a bit for each page
};

struct cp_journal {
    uint8_t kind;
    uint8_t failed_trials;
    bool is_reverted;  // the last update was undone
    bool is_started;   // marks
    bool is_confirmed;
    uint32_t steps_done;
    uint32_t page_count;               // that the steps are of; 0: not known, none is done
                                       // DOWNLOAD: pages of DFU that the image takes
    uint32_t image_size_bytes;         // of the image to install, on trial or on its way
    uint32_t active_size_bytes;        // of the last confirmed one
    uint32_t security_counter;         // of the last confirmed one
    uint32_t image_security_counter;   // of the image on trial; DOWNLOAD: its id
    // Of the strategy direct, 0 or 1: the slot with the last confirmed image, and the one to
    // start, which is another while there is a trial. Both 0 with swap.
    uint8_t trusted_slot, running_slot;
    const struct cp_journal_pages *pages; // DOWNLOAD: to write; NULL: those of the record before
    // Where it is stored.
    uint8_t half;       // 0, 1
    uint8_t order;      // tells which of two valid records is the newer
    bool is_other_valid; // when it was loaded, the other half read as a record too
    bool is_stored;    // false: STATE is blank, and this is what that means
    uint32_t slot;      // the first free one
};

// CP_ERR_LAYOUT if STATE cannot hold the records for page_count page units.
int cp_journal_check(const struct cp_partition *state, uint32_t page_count);

// CP_ERR_LAYOUT if a half has no slots for the marks of page_count pages of a download.
int cp_journal_check_pages(const struct cp_partition *state, uint32_t page_count);

// Read the newest valid record; of a STATE that was never written, IDLE. The marks of a
// DOWNLOAD are not read.
// CP_ERR_STATE: there is none, and something was written.
int cp_journal_load(const struct cp_partition *state, struct cp_journal *journal);

// The record as the updater may replace it: the update or the download before is over. Errors
// as those of cp_journal_load().
int cp_journal_load_settled(const struct cp_partition *state, struct cp_journal *journal);

// Set the bits of the pages that a DOWNLOAD that was loaded has marks of; there are page_count
// bits. A mark is read once; what it is taken for is what counts then.
void cp_journal_read_pages(const struct cp_partition *state, const struct cp_journal *journal,
                           uint8_t *pages);

// Write the record as it is now into the other half, with steps_done steps, of a DOWNLOAD with
// its pages (if nobody knows them, those that the record before has), and with no other marks;
// it is the newer one then. Tries again a few times. CP_ERR_FLASH: the record is as it was.
int cp_journal_rewrite(const struct cp_partition *state, struct cp_journal *journal);

// The same, and erase the half before it. Nothing depends on that where torn units read the
// same each time; but it makes what is in flash a function of what the record says.
// CP_ERR_FLASH: the record is as it was, or in both halves.
int cp_journal_replace(const struct cp_partition *state, struct cp_journal *journal);

// Nothing is to be done: see to it that the half not in use never reads as another record.
// It may hold the one before this, or one that was not finished. Nothing is written where the
// torn units of a flash cannot be made firm: they have to read the same each time. CP_ERR_FLASH.
int cp_journal_tidy(const struct cp_partition *state, struct cp_journal *journal);

// Write the record as it is where nothing in STATE can be read: into half 0. CP_ERR_FLASH.
int cp_journal_begin(const struct cp_partition *state, struct cp_journal *journal);

// Fill the next slot. The half was written since power-on. CP_ERR_FLASH.
int cp_journal_append(const struct cp_partition *state, struct cp_journal *journal,
                      enum cp_journal_mark mark, uint32_t value);

// Is the image in ACTIVE on trial? Of a record that an application finds: it runs only when
// no step is left to do.
bool cp_journal_is_trial(const struct cp_journal *journal);

// A record that says IDLE, of one that is over: the image on trial was confirmed or, if not
// is_kept, undone. Its slot is the trusted one then, or no more the one to start.
void cp_journal_settle(struct cp_journal *journal, bool is_kept);

#endif

// world.h: a case's machine with its history: what happened on the present path,
// in a journal from which every step can be undone.

#ifndef CP_FAULTS_WORLD_H
#define CP_FAULTS_WORLD_H

#include "faults/promises.h"
#include "faults/wear.h"
#include "faults/word.h"

enum cp_entry_kind {
    CP_ENTRY_PROGRAM,
    CP_ENTRY_ERASE,
    CP_ENTRY_MILESTONE, // a note, a start: the ghost may change, the flash does not
    CP_ENTRY_CHOICE,
    CP_ENTRY_READ,         // an undecided word is read: a choice among what it can give
    CP_ENTRY_RESET,        // the machine was reset without power loss
    CP_ENTRY_TORN_PROGRAM, // not an event of its own: the torn form of the event below it
    CP_ENTRY_TORN_ERASE,
};

struct cp_entry {
    enum cp_entry_kind kind;
    enum cp_mode mode;     // what was running
    uint32_t device, word; // of an operation or a read; the first of several
    uint32_t word_count;   // of an operation, or of a read that decides more than a word
    struct cp_word old;    // the first word, before
    uint32_t asked;        // of a program: for the first word
    uint32_t new_value;    // the first word after, or what a read gave
    bool is_epoch_end;     // an update ended here: wear counts started anew
    bool is_start;         // ACTIVE was started here
    bool is_fate;          // of a choice: how an operation goes
    enum cp_fate fate;     // of an operation
    bool is_undone;        // the explorer has undone it and is trying its torn forms
    uint32_t site;
    uint32_t next_variant;                // of the explorer's walk back: what to try next
    uint32_t option, option_count;        // of a choice or a read
    struct cp_machine_snapshot *snapshot; // of a choice or a read
    enum cp_read_kind read_kind;          // of a read
    uint32_t plain_value;                 // of a read: what it gives unasked
    uint32_t read_word;                   // of a read that decides more than a word
    size_t options_mark;                  // of a read: where in the pool its values are
    uint32_t state_id, reached_id;        // of a reset: the state before it and after it
    uint32_t survivor;                    // what a reset of the MCU alone would leave then
    uint32_t survivor_before;             // of a reset: what this life began with
    uint32_t segment, segment_operations; // of the explorer: see liveness.h
    struct cp_hash at;     // of an operation, note or start: where the program stood then
    struct cp_hash after;  // of an erase: where it stands when that is done
    size_t pool_mark;      // where its saved bytes begin
    struct cp_ghost ghost; // before this entry
};

// What a page of ACTIVE or DFU can be once its torn erase is looked at. Data that is
// neither old nor erased is one of few mixtures: a digest tells each from the whole.
enum cp_page_form {
    CP_PAGE_ERASED,
    CP_PAGE_OLD, // with `any` what that is is forgotten, and it is all zero
    CP_PAGE_EVEN_WORDS_ERASED,
    CP_PAGE_LAST_WORD_OLD,
    CP_PAGE_PLAIN_FORM_COUNT,
    // Where there is ECC: all of it, or the last unit of an erased one.
    CP_PAGE_UNCORRECTABLE = CP_PAGE_PLAIN_FORM_COUNT,
    CP_PAGE_LAST_UNCORRECTABLE,
    CP_PAGE_FORM_COUNT
};

const char *cp_page_form_name(enum cp_page_form form); // "erased", "old", ...

struct cp_world {
    const struct cp_case *test_case;
    struct cp_machine *machine;
    struct cp_facts facts;
    struct cp_promises promises;
    uint8_t *image_bytes[CP_IMAGES_MAX];
    struct cp_entry *entries;
    size_t entry_count, entry_capacity;
    uint8_t *pool; // saved cells and wear counts of the entries, as a stack
    size_t pool_size, pool_capacity;
    struct cp_wear_levels wear; // on the present path
    uint32_t survivor;          // what this life began with: 0 after a power loss
    bool is_out_of_memory;
};

// Build the machine of a case, with its images in place and nothing journaled.
// Returns 0, or -1 with a message in error[CP_MESSAGE_MAX].
int cp_world_init(struct cp_world *world, const struct cp_case *test_case,
                  const struct cp_program *program, char *error);
void cp_world_free(struct cp_world *world);

// Do the operation that the present event asks for, check the promises that an
// operation can break, and journal it. `site` is kept with it. NULL without memory.
struct cp_entry *cp_world_operation(struct cp_world *world, uint32_t site);

// Journal that something other than an operation happened; `ended` says that an
// update ended with it. `before` is the ghost as it was. NULL without memory.
struct cp_entry *cp_world_event(struct cp_world *world, enum cp_entry_kind kind,
                                struct cp_ghost before, bool ended);

// How long the operation of an entry takes on the part.
uint32_t cp_entry_time_us(const struct cp_case *test_case, const struct cp_entry *entry);

// Undo the newest entry's effect on flash, wear and ghost; it stays in the journal.
void cp_world_undo(struct cp_world *world, struct cp_entry *entry);

// Forget the newest entry, which must be undone unless it is a torn form.
void cp_world_pop(struct cp_world *world);

// Leave behind what a power cut inside the undone operation `below` leaves, as a
// torn entry on top. Returns 1; 0 if this tear leaves what was there before or
// what the whole operation leaves; -1 without memory.
int cp_world_tear_program(struct cp_world *world, struct cp_entry *below,
                          enum cp_program_tear tear);
int cp_world_tear_erase(struct cp_world *world, struct cp_entry *below, uint32_t tear);

// Does the torn form of the undone operation change anything at all?
bool cp_world_tear_changes(const struct cp_world *world, const struct cp_entry *entry,
                           uint32_t tear);

// The present event reads an undecided word. Journal it with the values that it may
// give, in the order in which they are to be tried; none is taken yet. NULL without memory.
struct cp_entry *cp_world_read(struct cp_world *world, const uint32_t *options,
                               uint32_t option_count);

// Take an option of the newest entry, a read that was undone or is new: the program is
// answered, and if reads are stable the word is decided. In ACTIVE and DFU a page whose
// erase was torn is decided as a whole: there an option is a shape, see cp_world_shape().
void cp_world_take_option(struct cp_world *world, struct cp_entry *entry, uint32_t option);

// What does the read decide that the event asks for? Of a page the options are numbers
// below cp_world_form_count().
enum cp_read_kind cp_world_read_kind(const struct cp_world *world, const struct cp_event *event);
uint32_t cp_world_form_count(const struct cp_world *world, const struct cp_event *event);

// Does reading an undecided word decide it? Where reads are unstable, not in STATE.
bool cp_world_read_decides(const struct cp_world *world, uint32_t device, uint32_t word);

// The value that a read gives if the torn operation is thought of as complete.
uint32_t cp_world_plain_option(const struct cp_world *world, const struct cp_event *event);

// What a word holds, as nor.h stores it; of an undecided one the value that it has if the
// torn operation is thought of as complete.
uint32_t cp_world_plain_word(const struct cp_world *world, uint32_t device, uint32_t word);

// Reset the machine into what this life begins with: `survivor` says what of the chips
// outlived the reset.
void cp_world_begin_life(struct cp_world *world);

// The present event is a choice: take this option of it. Where it is how an operation
// goes, that may count as an error.
void cp_world_choose(struct cp_world *world, uint32_t option);

// The newest entry resets the device, without any power loss, into the state from
// which entry `from` onwards ran: it goes round for ever. Without a start in
// between it never boots, and with erases but no update ended it wears itself
// out; either is reported. Returns true if it never boots.
bool cp_world_went_round(struct cp_world *world, size_t from, const char *why);

// The image that the present event, a jump, starts; CP_IMAGE_NONE if what lies there is none, or
// linked to run from elsewhere.
uint8_t cp_world_started_image(const struct cp_world *world);

// Where the program stands at its present event: flash, ghost and volatile state.
struct cp_hash cp_world_place(const struct cp_world *world);
// The same for the start of a program, which has no volatile state yet.
struct cp_hash cp_world_place_of_start(const struct cp_world *world, enum cp_mode mode,
                                       uint8_t image, enum cp_area area);

// Did the program stand there before, since entry `base`, where the power came on?
// Then it goes round for ever, and what cp_world_went_round() reports is reported.
// *never_boots is set to what that returns.
bool cp_world_rejoins(struct cp_world *world, size_t base, struct cp_hash at, bool *never_boots);

// Hash of what a power loss leaves: flash and ghost.
struct cp_hash cp_world_hash(const struct cp_world *world);

#endif

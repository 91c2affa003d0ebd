// journal.c: see journal.h.
//
//   offset             bytes        holds
//   0                  32           the header
//   32                 a unit       the seal: every bit programmed
//   32 + a unit        a unit each  the slots
//
// A unit is a program unit of the flash, at least 4 bytes.

#include "journal.h"

#include <stddef.h>
#include <string.h>

#include "partition.h"

#define MAGIC            0x314A5043u // "CPJ1"
#define HEADER_BYTES     32u
#define UNIT_MIN_BYTES   4u
#define WORD_BYTES       4u
#define UNIT_MAX_BYTES   32u
#define SLOTS_SPARE      8u // marks, and slots that could not be programmed
#define TRIES_MAX        3u
#define HALF_COUNT       2u
#define FLAG_REVERTED    1u
#define FLAG_TRUSTS_B    2u // the slots: see struct cp_journal
#define FLAG_RUNS_B      4u
#define MARK_VALUE_BITS  12u
#define MARK_VALUE_MASK  0xFFFu
#define ERASED_SLOTS_END 4u // after so many erased slots in a row none is in use

struct header {
    uint32_t magic;
    uint8_t kind, order, failed_trials, flags;
    uint32_t page_count;
    uint32_t image_size_bytes, active_size_bytes;
    uint32_t security_counter, image_security_counter;
    uint32_t crc; // of all before it
};

_Static_assert(sizeof(struct header) == HEADER_BYTES, "a header is stored as it is in RAM");

static uint32_t unit_bytes(const struct cp_partition *state) {
    const uint32_t write_bytes = state->flash->write_size_bytes;
    return write_bytes < UNIT_MIN_BYTES ? UNIT_MIN_BYTES : write_bytes;
}

// Whole pages; a page that is left over is not used.
static uint32_t half_bytes(const struct cp_partition *state) {
    const uint32_t page_bytes = state->flash->erase_size_bytes;
    return state->size_bytes / HALF_COUNT / page_bytes * page_bytes;
}

static uint32_t slot_count(const struct cp_partition *state) {
    const uint32_t unit = unit_bytes(state);
    return (half_bytes(state) - HEADER_BYTES - unit) / unit;
}

static uint32_t seal_offset(const struct cp_partition *state, uint32_t half) {
    return half * half_bytes(state) + HEADER_BYTES;
}

static uint32_t slot_offset(const struct cp_partition *state, uint32_t half, uint32_t slot) {
    return seal_offset(state, half) + (1 + slot) * unit_bytes(state);
}

int cp_journal_check(const struct cp_partition *state, uint32_t page_count) {
    if (page_count > CP_JOURNAL_STEPS_MAX / 2) {
        return CP_ERR_LAYOUT;
    }
    // Sealed, with all steps and the spare slots: some 260 KiB at most.
    const uint32_t units = 1 + 2 * page_count + SLOTS_SPARE;
    const uint32_t needed_bytes = HEADER_BYTES + units * unit_bytes(state);
    return half_bytes(state) >= needed_bytes ? CP_OK : CP_ERR_LAYOUT;
}

int cp_journal_check_pages(const struct cp_partition *state, uint32_t page_count) {
    const uint32_t slots = slot_count(state);
    const bool fits = slots >= SLOTS_SPARE && page_count <= slots - SLOTS_SPARE;
    return fits && page_count <= CP_JOURNAL_STEPS_MAX ? CP_OK : CP_ERR_LAYOUT;
}

static uint32_t crc32(const uint8_t *data, uint32_t size_bytes) {
    uint32_t crc = UINT32_MAX;
    for (uint32_t i = 0; i < size_bytes; i++) {
        crc ^= data[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ (0xEDB88320u & (0u - (crc & 1u)));
        }
    }
    return ~crc;
}

static uint32_t header_crc(const struct header *header) {
    return crc32((const uint8_t *)header, offsetof(struct header, crc));
}

// Word by word, and no further than needed: what a torn word read as is forgotten as soon as
// it is known what it means.
static int read_word(const struct cp_partition *state, uint32_t offset_bytes, uint32_t *word) {
    uint8_t bytes[WORD_BYTES] = {0};
    int err = cp_partition_read(state, offset_bytes, bytes, WORD_BYTES);
    *word = bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16;
    *word |= (uint32_t)bytes[3] << 24;
    return err;
}

// Does a range of whole words hold one word again and again? What cannot be read does not.
static bool reads_as(const struct cp_partition *state, uint32_t offset_bytes, uint32_t size_bytes,
                     uint32_t word) {
    uint32_t done_bytes = 0, read = word;
    while (done_bytes < size_bytes && read == word &&
           read_word(state, offset_bytes + done_bytes, &read) == CP_OK) {
        done_bytes += WORD_BYTES;
    }
    return done_bytes >= size_bytes && read == word;
}

static uint32_t erased_word(const struct cp_partition *state) {
    return state->flash->erase_value * 0x01010101u;
}

// Is every bit of a unit programmed?
static bool is_full(const struct cp_partition *state, uint32_t offset_bytes) {
    return reads_as(state, offset_bytes, unit_bytes(state), ~erased_word(state));
}

static bool has_header(const struct cp_partition *state, uint32_t half, struct header *header) {
    const uint32_t start_bytes = half * half_bytes(state);
    const uint32_t rest_bytes = HEADER_BYTES - sizeof(header->magic);
    if (!reads_as(state, start_bytes, WORD_BYTES, MAGIC)) {
        return false;
    }
    header->magic = MAGIC;
    return cp_partition_read(state, start_bytes + sizeof(header->magic), &header->kind,
                             rest_bytes) == CP_OK &&
           header->crc == header_crc(header);
}

// What cannot be read was not finished. Each unit is read once, for a torn one may read
// otherwise the next time; and the seal first, since without it nothing else matters.
static bool read_header(const struct cp_partition *state, uint32_t half, struct header *header) {
    return is_full(state, seal_offset(state, half)) && has_header(state, half, header);
}

static bool is_blank(const struct cp_partition *state, uint32_t half) {
    return reads_as(state, half * half_bytes(state), HEADER_BYTES + unit_bytes(state),
                    erased_word(state));
}

// Sixteen bits and their complement: every value has sixteen bits programmed, so none can be
// taken for one that is programmed in part.
static uint32_t mark_word(enum cp_journal_mark mark, uint32_t value) {
    const uint32_t payload = (uint32_t)mark << MARK_VALUE_BITS | (value & MARK_VALUE_MASK);
    return payload | (~payload & 0xFFFFu) << 16;
}

static void fill_unit(uint8_t *unit, uint32_t size_bytes, uint32_t word) {
    for (uint32_t i = 0; i < size_bytes; i++) {
        unit[i] = (uint8_t)(word >> 8 * (i % 4));
    }
}

static bool is_mark(uint32_t word) {
    return ((word ^ word >> 16) & 0xFFFFu) == 0xFFFFu;
}

static void take_mark(struct cp_journal *journal, uint32_t payload) {
    switch (payload >> MARK_VALUE_BITS) {
    case CP_JOURNAL_STEP: journal->steps_done = payload & MARK_VALUE_MASK; break;
    case CP_JOURNAL_STARTED: journal->is_started = true; break;
    case CP_JOURNAL_CONFIRMED: journal->is_confirmed = true; break;
    default: break;
    }
}

// Neither erased nor a mark.
#define NO_MARK(state) (~erased_word(state))

// A slot's word, or one that is no mark if the slot is neither erased nor a mark.
static uint32_t read_slot(const struct cp_partition *state, uint32_t half, uint32_t slot) {
    uint32_t word = 0;
    const uint32_t offset_bytes = slot_offset(state, half, slot);
    if (read_word(state, offset_bytes, &word) || (word != erased_word(state) && !is_mark(word))) {
        return NO_MARK(state);
    }
    const bool is_whole = reads_as(state, offset_bytes + WORD_BYTES,
                                   unit_bytes(state) - WORD_BYTES, word);
    return is_whole ? word : NO_MARK(state);
}

// Slots are filled in order. One that was torn, or failed, is passed over; it may read as
// erased.
static void read_slots(const struct cp_partition *state, struct cp_journal *journal) {
    const uint32_t count = slot_count(state);
    uint32_t erased = 0;
    for (uint32_t slot = 0; slot < count && erased < ERASED_SLOTS_END; slot++) {
        const uint32_t word = read_slot(state, journal->half, slot);
        if (word == erased_word(state)) {
            erased++;
            continue;
        }
        erased = 0;
        journal->slot = slot + 1;
        if (is_mark(word)) {
            take_mark(journal, word & 0xFFFFu);
        }
    }
}

static void take_header(struct cp_journal *journal, const struct header *header) {
    journal->kind = header->kind;
    journal->order = header->order;
    journal->failed_trials = header->failed_trials;
    journal->is_reverted = (header->flags & FLAG_REVERTED) != 0;
    journal->trusted_slot = (header->flags & FLAG_TRUSTS_B) != 0;
    journal->running_slot = (header->flags & FLAG_RUNS_B) != 0;
    journal->page_count = header->page_count;
    journal->image_size_bytes = header->image_size_bytes;
    journal->active_size_bytes = header->active_size_bytes;
    journal->security_counter = header->security_counter;
    journal->image_security_counter = header->image_security_counter;
    journal->is_stored = true;
}

// The order is one bit: half 1 is written with the other order than half 0 has, half 0 with
// the same as half 1 has.
static uint8_t order_after(uint32_t half, uint8_t order) {
    return half == 0 ? order ^ 1u : order;
}

static uint8_t newer_half(const struct header headers[HALF_COUNT]) {
    return headers[1].order == order_after(0, headers[0].order) ? 1 : 0;
}

static void blank(struct cp_journal *journal, uint8_t half) {
    memset(journal, 0, sizeof(*journal));
    journal->kind = CP_JOURNAL_IDLE;
    journal->half = half;
}

int cp_journal_load(const struct cp_partition *state, struct cp_journal *journal) {
    struct header headers[HALF_COUNT] = {{0}};
    const bool is_valid[HALF_COUNT] = {read_header(state, 0, &headers[0]),
                                       read_header(state, 1, &headers[1])};
    if (!is_valid[0] && !is_valid[1]) {
        // The first record of all goes to half 0, while half 1 stays blank.
        blank(journal, 1);
        return is_blank(state, 1) ? CP_OK : CP_ERR_STATE;
    }
    const uint8_t half = is_valid[0] && is_valid[1] ? newer_half(headers) : is_valid[1];
    blank(journal, half);
    take_header(journal, &headers[half]);
    journal->is_other_valid = is_valid[half ^ 1u];
    if (journal->kind != CP_JOURNAL_IDLE && journal->kind != CP_JOURNAL_DOWNLOAD) {
        read_slots(state, journal);
    }
    return CP_OK;
}

int cp_journal_load_settled(const struct cp_partition *state, struct cp_journal *journal) {
    int err = cp_journal_load(state, journal);
    if (!err && journal->is_confirmed) {
        journal->is_reverted = false;
        cp_journal_settle(journal, true);
    } else if (!err && journal->kind == CP_JOURNAL_DOWNLOAD) {
        cp_journal_settle(journal, false);
    }
    return err;
}

// Whole pages of one half.
static int erase_half(const struct cp_partition *state, uint32_t half) {
    return cp_partition_erase(state, half * half_bytes(state), half_bytes(state));
}

// What an erase left may still be there, if it failed without saying so.
static int check_erased(const struct cp_partition *state, uint32_t half, uint32_t size_bytes) {
    const bool is_erased =
        reads_as(state, half * half_bytes(state), size_bytes, erased_word(state));
    return is_erased ? CP_OK : CP_ERR_FLASH;
}

// Program, and read back what a program left that failed without saying so.
static int program_unit(const struct cp_partition *state, uint32_t offset_bytes,
                        const uint8_t *unit) {
    uint8_t stored[UNIT_MAX_BYTES] = {0};
    const uint32_t size_bytes = unit_bytes(state);
    int err = cp_partition_program(state, offset_bytes, unit, size_bytes);
    if (err) {
        return err;
    }
    err = cp_partition_read(state, offset_bytes, stored, size_bytes);
    if (err) {
        return err;
    }
    return memcmp(unit, stored, size_bytes) == 0 ? CP_OK : CP_ERR_FLASH;
}

static uint8_t flags_of(const struct cp_journal *journal) {
    return (uint8_t)((journal->is_reverted ? FLAG_REVERTED : 0) |
                     (journal->trusted_slot ? FLAG_TRUSTS_B : 0) |
                     (journal->running_slot ? FLAG_RUNS_B : 0));
}

static struct header header_of(const struct cp_journal *journal, uint8_t order) {
    struct header header = {
        .magic = MAGIC,
        .kind = journal->kind,
        .order = order,
        .failed_trials = journal->failed_trials,
        .flags = flags_of(journal),
        .page_count = journal->page_count,
        .image_size_bytes = journal->image_size_bytes,
        .active_size_bytes = journal->active_size_bytes,
        .security_counter = journal->security_counter,
        .image_security_counter = journal->image_security_counter,
    };
    header.crc = header_crc(&header);
    return header;
}

static int program_header(const struct cp_partition *state, const struct cp_journal *journal) {
    const struct header header = header_of(journal, journal->order);
    const uint32_t start_bytes = journal->half * half_bytes(state), unit = unit_bytes(state);
    for (uint32_t done_bytes = 0; done_bytes < HEADER_BYTES; done_bytes += unit) {
        int err = program_unit(state, start_bytes + done_bytes,
                               (const uint8_t *)&header + done_bytes);
        if (err) {
            return err;
        }
    }
    return CP_OK;
}

// Every bit of a unit.
static int program_full(const struct cp_partition *state, uint32_t offset_bytes) {
    uint8_t unit[UNIT_MAX_BYTES] = {0};
    memset(unit, (uint8_t)~state->flash->erase_value, sizeof(unit));
    return program_unit(state, offset_bytes, unit);
}

static int program_seal(const struct cp_partition *state, uint32_t half) {
    return program_full(state, seal_offset(state, half));
}

int cp_journal_append(const struct cp_partition *state, struct cp_journal *journal,
                      enum cp_journal_mark mark, uint32_t value) {
    uint8_t unit[UNIT_MAX_BYTES] = {0};
    fill_unit(unit, sizeof(unit), mark_word(mark, value));
    int err = CP_ERR_FLASH;
    for (uint32_t tries = 0; err && tries < TRIES_MAX; tries++) {
        if (journal->slot >= slot_count(state)) {
            return CP_ERR_FLASH;
        }
        err = program_unit(state, slot_offset(state, journal->half, journal->slot), unit);
        journal->slot++;
    }
    return err;
}

// The next mark of a page in a half, from *slot on; *slot is the one behind it then. A mark that
// was cut short may be read either way, for the page was whole before it was begun.
static bool next_page(const struct cp_partition *state, uint32_t half, uint32_t *slot,
                      uint32_t *page) {
    const uint32_t count = slot_count(state);
    for (uint32_t erased = 0; *slot < count && erased < ERASED_SLOTS_END;) {
        const uint32_t word = read_slot(state, half, (*slot)++);
        erased = word == erased_word(state) ? erased + 1 : 0;
        *page = word & MARK_VALUE_MASK;
        if (is_mark(word) && (word & 0xFFFFu) >> MARK_VALUE_BITS == CP_JOURNAL_PAGE) {
            return true;
        }
    }
    return false;
}

void cp_journal_read_pages(const struct cp_partition *state, const struct cp_journal *journal,
                           uint8_t *pages) {
    uint32_t slot = 0, page;
    while (next_page(state, journal->half, &slot, &page)) {
        if (page < journal->page_count) {
            pages[page / 8] |= (uint8_t)(1u << page % 8);
        }
    }
}

// A boot has no bit for each page: it takes the marks as they stand in the half before.
static int copy_pages(const struct cp_partition *state, struct cp_journal *journal) {
    uint32_t slot = 0, page;
    int err = CP_OK;
    while (!err && next_page(state, journal->half ^ 1u, &slot, &page)) {
        err = cp_journal_append(state, journal, CP_JOURNAL_PAGE, page);
    }
    return err;
}

// The steps are written one by one, as they would be without a power loss: so a swap that
// was resumed is soon the same in every bit as one that was not.
static int build(const struct cp_partition *state, struct cp_journal *journal) {
    const uint32_t used_bytes = slot_offset(state, 0, 2 * journal->page_count + SLOTS_SPARE);
    int err = erase_half(state, journal->half);
    if (err) {
        return err;
    }
    err = check_erased(state, journal->half,
                       used_bytes < half_bytes(state) ? used_bytes : half_bytes(state));
    if (err) {
        return err;
    }
    err = program_header(state, journal);
    journal->slot = 0;
    for (uint32_t step = 1; !err && step <= journal->steps_done; step++) {
        err = cp_journal_append(state, journal, CP_JOURNAL_STEP, step);
    }
    if (!err && journal->kind == CP_JOURNAL_DOWNLOAD) {
        err = journal->pages ? journal->pages->append(journal->pages, state, journal)
                             : copy_pages(state, journal);
    }
    return err ? err : program_seal(state, journal->half);
}

static int build_in(const struct cp_partition *state, struct cp_journal *journal, uint8_t half,
                    uint8_t order) {
    struct cp_journal fresh = *journal;
    fresh.half = half;
    fresh.order = order;
    fresh.is_stored = true;
    fresh.is_started = fresh.is_confirmed = fresh.is_other_valid = false;
    int err = CP_ERR_FLASH;
    for (uint32_t tries = 0; err && tries < TRIES_MAX; tries++) {
        err = build(state, &fresh);
    }
    if (!err) {
        *journal = fresh;
    }
    return err;
}

// Erase until it is no record any more.
static int discard(const struct cp_partition *state, uint32_t half) {
    struct header header = {0};
    int err = CP_ERR_FLASH;
    for (uint32_t tries = 0; err && tries < TRIES_MAX; tries++) {
        err = erase_half(state, half);
        if (!err && read_header(state, half, &header)) {
            err = CP_ERR_FLASH;
        }
    }
    return err;
}

// Where that is allowed, make the seal firm before the other half is erased: it may be one
// that the power loss before this boot cut short, and read otherwise the next time.
static int firm_up(const struct cp_partition *state, const struct cp_journal *journal) {
    int err = journal->is_stored && state->flash->reprograms_full ? CP_ERR_FLASH : CP_OK;
    for (uint32_t tries = 0; err && tries < TRIES_MAX; tries++) {
        err = program_seal(state, journal->half);
    }
    return err;
}

int cp_journal_rewrite(const struct cp_partition *state, struct cp_journal *journal) {
    int err = firm_up(state, journal);
    if (err) {
        return err;
    }
    return build_in(state, journal, journal->half ^ 1u, order_after(journal->half, journal->order));
}

int cp_journal_replace(const struct cp_partition *state, struct cp_journal *journal) {
    const uint32_t old_half = journal->half;
    int err = cp_journal_rewrite(state, journal);
    return err ? err : discard(state, old_half);
}

static bool says_the_same(const struct cp_journal *journal, const struct header *other) {
    const struct header header = header_of(journal, other->order);
    return memcmp(&header, other, sizeof(header)) == 0;
}

// A record that was never sealed may have a seal that reads as one later, but only behind a
// whole header. It is written over with what counts: an erase would do, but the application
// may soon ask for the same again, and one power loss would have cost this half two erases.
int cp_journal_tidy(const struct cp_partition *state, struct cp_journal *journal) {
    struct header other = {0};
    const uint32_t other_half = journal->half ^ 1u;
    if (!state->flash->reprograms_full || !has_header(state, other_half, &other)) {
        return CP_OK;
    }
    if (!journal->is_other_valid) {
        return cp_journal_rewrite(state, journal);
    }
    if (says_the_same(journal, &other)) {
        return CP_OK;
    }
    int err = firm_up(state, journal);
    return err ? err : discard(state, other_half);
}

int cp_journal_begin(const struct cp_partition *state, struct cp_journal *journal) {
    return build_in(state, journal, 0, 0);
}

bool cp_journal_is_trial(const struct cp_journal *journal) {
    return journal->kind == CP_JOURNAL_TRIAL ||
           (journal->kind == CP_JOURNAL_SWAP && journal->steps_done > 0);
}

void cp_journal_settle(struct cp_journal *journal, bool is_kept) {
    if (is_kept) {
        journal->trusted_slot = journal->running_slot;
        journal->active_size_bytes = journal->image_size_bytes;
        if (journal->image_security_counter > journal->security_counter) {
            journal->security_counter = journal->image_security_counter;
        }
    }
    journal->running_slot = journal->trusted_slot;
    journal->kind = CP_JOURNAL_IDLE;
    journal->failed_trials = 0;
    journal->steps_done = journal->page_count = 0;
    journal->image_size_bytes = journal->image_security_counter = 0;
}

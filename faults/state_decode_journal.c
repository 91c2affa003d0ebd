// state_decode_journal.c: STATE of the format journal; docs/journal.md, sections 1 and 2.
//
// Two halves, each with at most one record: a header of 32 bytes, a seal, slots of a unit
// each. With the strategy direct the header has two flags more, and DOWNLOAD has marks of
// pages: docs/direct.md, docs/downloads.md.

#include "faults/state_decode_internal.h"

#include <string.h>

#define HEADER_BYTES     32u
#define CRC_OFFSET       28u
#define UNIT_MIN_BYTES   4u
#define ERASED_SLOTS_END 4u
#define PAGES_MAX        4096u

enum { FLAG_UNDONE = 1, FLAG_TRUSTS_B = 2, FLAG_RUNS_B = 4 };
enum { IDLE = 1, SWAP, TRIAL, REVERTING, DETACH, RESTORE, DOWNLOAD, KINDS_END };
enum { MARK_STEP = 1, MARK_STARTED, MARK_CONFIRMED, MARK_PAGE };

struct half {
    bool is_erased, has_magic, has_header, is_sealed; // a record needs the last two
    bool is_header_torn, is_seal_torn;
    uint8_t kind, order, failed_trials, flags;
    uint32_t page_count, image_size_bytes, id;
    uint32_t steps_done, pages_done, torn_slots;
    bool is_started, is_confirmed;
};

struct reader {
    const struct cp_state_view *view;
    uint32_t half_bytes, unit_bytes;
};

static uint32_t load32(const uint8_t *bytes) {
    return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

// The usual CRC-32, as of zlib.
static uint32_t crc32_of(const uint8_t *bytes, uint32_t size_bytes) {
    uint32_t crc = UINT32_MAX;
    for (uint32_t i = 0; i < size_bytes; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = (crc & 1u) != 0 ? crc >> 1 ^ 0xEDB88320u : crc >> 1;
        }
    }
    return ~crc;
}

static void read_header(const struct reader *r, uint32_t start, struct half *half) {
    const uint8_t *header = r->view->bytes + start;
    half->is_header_torn = cp_state_is_torn(r->view, start, HEADER_BYTES);
    half->has_magic = memcmp(header, "CPJ1", 4) == 0;
    half->has_header =
        half->has_magic && load32(header + CRC_OFFSET) == crc32_of(header, CRC_OFFSET);
    half->kind = header[4];
    half->order = header[5];
    half->failed_trials = header[6];
    half->flags = header[7];
    half->page_count = load32(header + 8);
    half->image_size_bytes = load32(header + 12);
    half->id = load32(header + 24);
}

// The sixteen bits of a slot; -1 if it is erased, -2 if it is no mark.
static int32_t read_slot(const struct reader *r, uint32_t offset) {
    const uint8_t *unit = r->view->bytes + offset;
    if (cp_state_holds(r->view, offset, r->unit_bytes, r->view->erase_value)) {
        return -1;
    }
    uint32_t word = load32(unit);
    for (uint32_t at = 0; at < r->unit_bytes; at += 4) {
        if (load32(unit + at) != word) {
            return -2;
        }
    }
    return ((word ^ word >> 16) & 0xFFFFu) == 0xFFFFu ? (int32_t)(word & 0xFFFFu) : -2;
}

static void take_mark(struct half *half, uint32_t mark, uint8_t seen[PAGES_MAX / 8]) {
    const uint32_t value = mark & 0xFFFu;
    const uint8_t bit = (uint8_t)(1u << value % 8);
    switch (mark >> 12) {
    case MARK_STEP: half->steps_done = value; break;
    case MARK_STARTED: half->is_started = true; break;
    case MARK_CONFIRMED: half->is_confirmed = true; break;
    case MARK_PAGE: // of a page that came twice one counts
        half->pages_done += half->kind == DOWNLOAD && (seen[value / 8] & bit) == 0;
        seen[value / 8] |= bit;
        break;
    default: break;
    }
}

static void read_slots(const struct reader *r, uint32_t start, struct half *half) {
    uint8_t seen[PAGES_MAX / 8] = {0};
    const uint32_t end = start + r->half_bytes;
    uint32_t erased = 0;
    for (uint32_t at = start + HEADER_BYTES + r->unit_bytes;
         at + r->unit_bytes <= end && erased < ERASED_SLOTS_END; at += r->unit_bytes) {
        int32_t mark = read_slot(r, at);
        erased = mark == -1 ? erased + 1 : 0;
        half->torn_slots += cp_state_is_torn(r->view, at, r->unit_bytes);
        if (mark >= 0) {
            take_mark(half, (uint32_t)mark, seen);
        }
    }
}

static struct half read_half(const struct reader *r, uint32_t index) {
    struct half half = {0};
    const uint32_t start = index * r->half_bytes, seal = start + HEADER_BYTES;
    half.is_erased = cp_state_holds(r->view, start, r->half_bytes, r->view->erase_value);
    half.is_sealed = cp_state_holds(r->view, seal, r->unit_bytes, (uint8_t)~r->view->erase_value);
    half.is_seal_torn = cp_state_is_torn(r->view, seal, r->unit_bytes);
    read_header(r, start, &half);
    if (half.has_header) {
        read_slots(r, start, &half);
    }
    return half;
}

static bool is_record(const struct half *half) {
    return half->has_header && half->is_sealed;
}

// --- in words

static void say_slots(const struct half *half, struct cp_state_words *words) {
    const bool trusts_b = (half->flags & FLAG_TRUSTS_B) != 0;
    const bool runs_b = (half->flags & FLAG_RUNS_B) != 0;
    cp_state_say(words, ", slot %c trusted", trusts_b ? 'B' : 'A');
    if (trusts_b != runs_b) {
        cp_state_say(words, ", slot %c runs", runs_b ? 'B' : 'A');
    }
}

static void say_steps(const struct half *half, struct cp_state_words *words) {
    const uint32_t all = 2 * half->page_count;
    if (all > 0 && half->steps_done == all) {
        cp_state_say(words, ", all %u steps%s", (unsigned)all,
                     half->kind == SWAP ? ", on trial" : "");
    } else if (all > 0) {
        cp_state_say(words, ", %u of %u steps", (unsigned)half->steps_done, (unsigned)all);
    } else {
        cp_state_say(words, ", no step done");
    }
}

static void say_details(const struct half *half, bool is_direct, struct cp_state_words *words) {
    switch (half->kind) {
    case SWAP:
    case REVERTING:
        if (!is_direct) { // nothing is copied there
            say_steps(half, words);
        }
        break;
    case TRIAL: cp_state_say(words, ", attempt %u", half->failed_trials + 1u); break;
    case DOWNLOAD:
        cp_state_say(words, ", %u of %u pages, %u bytes, id %08x", (unsigned)half->pages_done,
                     (unsigned)half->page_count, (unsigned)half->image_size_bytes,
                     (unsigned)half->id);
        break;
    default: break;
    }
    cp_state_say(words, "%s%s%s", half->is_started ? ", STARTED" : "",
                 half->is_confirmed ? ", CONFIRMED" : "",
                 (half->flags & FLAG_UNDONE) != 0 ? ", last update undone" : "");
}

static void say_record(const struct reader *r, const struct half *half,
                       struct cp_state_words *words) {
    static const char *const kinds[KINDS_END] = {
        [IDLE] = "IDLE",           [SWAP] = "SWAP",     [TRIAL] = "TRIAL",
        [REVERTING] = "REVERTING", [DETACH] = "DETACH", [RESTORE] = "RESTORE",
        [DOWNLOAD] = "DOWNLOAD"};
    if (half->kind < IDLE || half->kind >= KINDS_END) {
        cp_state_say(words, "a record of unknown kind %u", half->kind);
        return;
    }
    cp_state_say(words, "%s", kinds[half->kind]);
    if (r->view->is_direct) {
        say_slots(half, words);
    }
    say_details(half, r->view->is_direct, words);
}

static void say_torn(const struct half *half, struct cp_state_words *words) {
    if (half->is_erased && (half->is_header_torn || half->is_seal_torn)) {
        cp_state_say(words, " (torn)");
        return;
    }
    if (half->is_header_torn) {
        cp_state_say(words, " (header torn)");
    }
    if (half->is_seal_torn) {
        cp_state_say(words, " (seal torn)");
    }
    if (half->torn_slots > 0) {
        cp_state_say(words, " (%u slot%s torn)", (unsigned)half->torn_slots,
                     half->torn_slots == 1 ? "" : "s");
    }
}

// A half that does not count.
static void say_other(const struct reader *r, const struct half *half,
                      struct cp_state_words *words) {
    if (half->is_erased) {
        cp_state_say(words, "erased");
    } else if (half->has_header) {
        cp_state_say(words, "%s", half->is_sealed ? "older, " : "not sealed, ");
        say_record(r, half, words);
    } else {
        cp_state_say(words, "%s", half->has_magic ? "header not whole" : "no record");
    }
    say_torn(half, words);
}

// Half 1 is newer if its order differs from that of half 0.
static uint32_t newer(const struct half halves[2]) {
    return halves[1].order != halves[0].order ? 1 : 0;
}

static void say_no_record(const struct reader *r, const struct half halves[2],
                          struct cp_state_words *words) {
    const uint32_t blank_bytes = HEADER_BYTES + r->unit_bytes;
    bool is_new = cp_state_holds(r->view, r->half_bytes, blank_bytes, r->view->erase_value);
    cp_state_say(words, "%s", is_new ? "no record yet, read as IDLE" : "no record can be read");
    if (halves[0].is_erased && halves[1].is_erased) {
        cp_state_say(words, "; all erased");
        say_torn(&halves[0], words);
        say_torn(&halves[1], words);
        return;
    }
    for (uint32_t i = 0; i < 2; i++) {
        cp_state_say(words, "; half %u ", (unsigned)i);
        say_other(r, &halves[i], words);
    }
}

void cp_state_decode_journal(const struct cp_state_view *view, struct cp_state_words *words) {
    struct reader r = {.view = view};
    r.half_bytes = view->size_bytes / 2 / view->page_size_bytes * view->page_size_bytes;
    r.unit_bytes =
        view->write_size_bytes < UNIT_MIN_BYTES ? UNIT_MIN_BYTES : view->write_size_bytes;
    cp_state_say(words, "journal: ");
    if (r.half_bytes < HEADER_BYTES + r.unit_bytes) {
        cp_state_say(words, "STATE is too small");
        return;
    }
    const struct half halves[2] = {read_half(&r, 0), read_half(&r, 1)};
    if (!is_record(&halves[0]) && !is_record(&halves[1])) {
        say_no_record(&r, halves, words);
        return;
    }
    bool both = is_record(&halves[0]) && is_record(&halves[1]);
    uint32_t index = both ? newer(halves) : is_record(&halves[1]);
    cp_state_say(words, "half %u counts: ", (unsigned)index);
    say_record(&r, &halves[index], words);
    say_torn(&halves[index], words);
    cp_state_say(words, "; half %u ", (unsigned)(index ^ 1u));
    say_other(&r, &halves[index ^ 1u], words);
}

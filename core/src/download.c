// download.c: see download.h.
//
// The map has a bit for each page of DFU that is done, as STATE has a mark for it, and behind
// these a bit for each granule that was programmed since power-on. So:
//
// - A page without any bit is erased before the first of its granules is programmed. Nothing
//   is known of it, or nothing of it is programmed.
// - A granule with its bit is not programmed again. If a program fails, all bits of its page
//   are cleared: the next granule erases it.
// - A mark is begun when the page reads back as it came. If it cannot be stored it may all the
//   same be there, so the page must not be touched again: the download stops, and is begun anew
//   with what STATE says then.

#include "cutproof/download.h"

#include <stddef.h>
#include <string.h>

#include "journal.h"
#include "partition.h"
#include "state_format.h"
#include "updater_request.h"

#define UNIT_MAX_BYTES 32u
#define NO_GRANULE     UINT32_MAX
#define NO_PIECE       CP_DOWNLOAD_PIECES_MAX

// --- the map ---

static uint32_t page_size(const struct cp_download *download) {
    return download->updater->config->dfu.flash->erase_size_bytes;
}

static uint32_t page_count(const struct cp_download *download) {
    return CP_DOWNLOAD_UNITS(download->config->image_size_bytes, page_size(download));
}

static uint32_t smaller(uint32_t a, uint32_t b) {
    return a < b ? a : b;
}

// Where a piece of the image ends that would be unit_bytes long.
static uint32_t end_of(const struct cp_download *download, uint32_t start_bytes,
                       uint32_t unit_bytes) {
    const uint32_t left_bytes = download->config->image_size_bytes - start_bytes;
    return start_bytes + smaller(unit_bytes, left_bytes);
}

static bool has_bit(const uint8_t *map, uint32_t bit) {
    return ((uint32_t)map[bit / 8] >> bit % 8 & 1u) != 0;
}

static void set_bit(uint8_t *map, uint32_t bit, bool value) {
    const uint8_t mask = (uint8_t)(1u << bit % 8);
    map[bit / 8] = (uint8_t)(value ? map[bit / 8] | mask : map[bit / 8] & ~mask);
}

static bool is_programmed(const struct cp_download *download, uint32_t granule) {
    return has_bit(download->config->map, page_count(download) + granule);
}

static void set_programmed(struct cp_download *download, uint32_t granule, bool value) {
    set_bit(download->config->map, page_count(download) + granule, value);
}

static bool page_is_done(const struct cp_download *download, uint32_t page) {
    return has_bit(download->config->map, page);
}

// The granules of a page: [first, end).
static uint32_t first_granule(const struct cp_download *download, uint32_t page) {
    return page * (page_size(download) / download->config->granule_size_bytes);
}

static uint32_t end_granule(const struct cp_download *download, uint32_t page) {
    const uint32_t count = CP_DOWNLOAD_UNITS(download->config->image_size_bytes,
                                             download->config->granule_size_bytes);
    return smaller(first_granule(download, page + 1), count);
}

// How many granules of a page were programmed since it was erased.
static uint32_t count_programmed(const struct cp_download *download, uint32_t page) {
    uint32_t count = 0;
    for (uint32_t g = first_granule(download, page); g < end_granule(download, page); g++) {
        count += is_programmed(download, g);
    }
    return count;
}

static void drop_page(struct cp_download *download, uint32_t page) {
    for (uint32_t g = first_granule(download, page); g < end_granule(download, page); g++) {
        set_programmed(download, g, false);
    }
}

static bool is_there(const struct cp_download *download, uint32_t granule) {
    const uint32_t granules_a_page = page_size(download) / download->config->granule_size_bytes;
    return page_is_done(download, granule / granules_a_page) || is_programmed(download, granule);
}

// --- granules received in part ---

// Its data, and behind these a bit for each byte that was received.
static uint8_t *piece_data(const struct cp_download *download, uint32_t piece) {
    return download->config->pieces +
           piece * CP_DOWNLOAD_PIECE_BYTES(download->config->granule_size_bytes);
}

static uint8_t *piece_map(const struct cp_download *download, uint32_t piece) {
    return piece_data(download, piece) + download->config->granule_size_bytes;
}

static uint32_t find_piece(const struct cp_download *download, uint32_t granule) {
    uint32_t piece = 0;
    while (piece < download->piece_count && download->piece_granules[piece] != granule) {
        piece++;
    }
    return piece < download->piece_count ? piece : NO_PIECE;
}

static void free_piece(struct cp_download *download, uint32_t piece) {
    if (piece != NO_PIECE) {
        download->piece_granules[piece] = NO_GRANULE;
    }
}

// Pieces are taken in turn, so the next one in turn is the oldest.
static uint32_t take_piece(struct cp_download *download, uint32_t granule) {
    if (download->piece_count == 0) {
        return NO_PIECE;
    }
    const uint32_t unused = find_piece(download, NO_GRANULE);
    const uint32_t piece = unused != NO_PIECE ? unused : download->oldest_piece;
    if (unused == NO_PIECE) {
        download->oldest_piece = (uint8_t)((piece + 1) % download->piece_count);
    }
    download->piece_granules[piece] = granule;
    memset(piece_data(download, piece), 0,
           CP_DOWNLOAD_PIECE_BYTES(download->config->granule_size_bytes));
    return piece;
}

// --- the record ---

static bool is_of(const struct cp_journal *journal, const struct cp_download_config *config) {
    return journal->kind == CP_JOURNAL_DOWNLOAD &&
           journal->image_size_bytes == config->image_size_bytes &&
           journal->image_security_counter == config->image_id;
}

// Is this download the one under way, for this updater and for STATE? A record from before
// power-on may be in both halves, and be read from either.
static int load_record(const struct cp_download *download, struct cp_journal *journal) {
    if (download->updater->download != download) {
        return CP_ERR_STATE;
    }
    int err = cp_journal_load(&download->updater->config->state, journal);
    if (err) {
        return err;
    }
    const bool is_same = !download->is_recorded || (journal->half == download->half &&
                                                    journal->order == download->order);
    return is_same && is_of(journal, download->config) ? CP_OK : CP_ERR_STATE;
}

static void feed(const struct cp_download *download) {
    const struct cp_updater_config *config = download->updater->config;
    if (config->feed) {
        config->feed(config->feed_context);
    }
}

// In ascending order, whatever the order in which they came: one record for one set of pages.
static int append_pages(const struct cp_journal_pages *pages, const struct cp_partition *state,
                        struct cp_journal *journal) {
    int err = CP_OK;
    for (uint32_t page = 0; !err && page < journal->page_count; page++) {
        if (has_bit(pages->map, page)) {
            err = cp_journal_append(state, journal, CP_JOURNAL_PAGE, page);
        }
    }
    return err;
}

// Only in a half that was erased since power-on are slots filled. And nothing is erased in DFU
// before: what a mark was taken for that a power loss cut short is settled by this.
static int write_record(struct cp_download *download, struct cp_journal *journal) {
    const struct cp_partition *state = &download->updater->config->state;
    const struct cp_journal_pages pages = {.append = append_pages, .map = download->config->map};
    int err = cp_updater_check_writable(download->updater);
    if (!err) {
        err = download->is_resumed ? load_record(download, journal)
                                   : cp_journal_load_settled(state, journal);
    }
    if (err) {
        return err;
    }
    journal->kind = CP_JOURNAL_DOWNLOAD;
    journal->pages = &pages;
    journal->page_count = page_count(download);
    journal->image_size_bytes = download->config->image_size_bytes;
    journal->image_security_counter = download->config->image_id;
    feed(download);
    // The older record does no harm beside one that was sealed since power-on. To erase it each
    // time would be one erase more than there are power losses.
    err = cp_journal_rewrite(state, journal);
    if (err) {
        return err;
    }
    journal->pages = NULL;
    download->slot = journal->slot;
    download->half = journal->half;
    download->order = journal->order;
    download->is_resumed = download->is_recorded = true;
    return CP_OK;
}

static void tell_progress(const struct cp_download *download) {
    const struct cp_download_config *config = download->config;
    if (config->progress) {
        config->progress(config->progress_context, download->kept_bytes, config->image_size_bytes);
    }
}

static void keep_page(struct cp_download *download, uint32_t page) {
    const uint32_t start_bytes = page * page_size(download);
    set_bit(download->config->map, page, true);
    download->kept_bytes += end_of(download, start_bytes, page_size(download)) - start_bytes;
}

// All of the page is programmed and was read back.
static int finish_page(struct cp_download *download, uint32_t page, struct cp_journal *journal) {
    journal->slot = download->slot;
    int err = cp_journal_append(&download->updater->config->state, journal, CP_JOURNAL_PAGE, page);
    download->slot = journal->slot;
    if (err) {
        download->updater->download = NULL; // nobody knows what the mark will read as
        return err;
    }
    keep_page(download, page);
    tell_progress(download);
    return CP_OK;
}

// --- programming ---

static int erase_page(struct cp_download *download, uint32_t page) {
    const struct cp_partition *dfu = &download->updater->config->dfu;
    const uint32_t size_bytes = page_size(download), start_bytes = page * size_bytes;
    feed(download);
    int err = cp_partition_erase(dfu, start_bytes, size_bytes);
    return err ? err : cp_partition_compare(dfu, start_bytes, NULL, size_bytes);
}

// The end of the image may lie within a unit: what is behind it stays as erased.
static int program_tail(const struct cp_partition *dfu, uint32_t offset_bytes, const uint8_t *data,
                        uint32_t size_bytes) {
    uint8_t unit[UNIT_MAX_BYTES] = {0};
    memset(unit, dfu->flash->erase_value, sizeof(unit));
    memcpy(unit, data, size_bytes);
    return cp_partition_program(dfu, offset_bytes, unit, dfu->flash->write_size_bytes);
}

static int program_range(const struct cp_download *download, uint32_t start_bytes,
                         const uint8_t *data, uint32_t size_bytes) {
    const struct cp_partition *dfu = &download->updater->config->dfu;
    const uint32_t tail_bytes = size_bytes % dfu->flash->write_size_bytes;
    const uint32_t whole_bytes = size_bytes - tail_bytes;
    int err = CP_OK;
    feed(download);
    if (whole_bytes > 0) {
        err = cp_partition_program(dfu, start_bytes, data, whole_bytes);
    }
    if (!err && tail_bytes > 0) {
        err = program_tail(dfu, start_bytes + whole_bytes, data + whole_bytes, tail_bytes);
    }
    return err ? err : cp_partition_compare(dfu, start_bytes, data, size_bytes);
}

static int program_granule(struct cp_download *download, uint32_t granule, uint32_t page,
                           const uint8_t *data) {
    const uint32_t granule_bytes = download->config->granule_size_bytes;
    const uint32_t start_bytes = granule * granule_bytes;
    int err = CP_OK;
    if (count_programmed(download, page) == 0) {
        err = erase_page(download, page);
    }
    if (!err) {
        err = program_range(download, start_bytes, data,
                            end_of(download, start_bytes, granule_bytes) - start_bytes);
    }
    return err;
}

// All bytes of a granule are there.
static int store_granule(struct cp_download *download, uint32_t granule, const uint8_t *data) {
    struct cp_journal journal = {0};
    const uint32_t page =
        granule / (page_size(download) / download->config->granule_size_bytes);
    int err = download->is_recorded ? load_record(download, &journal)
                                    : write_record(download, &journal);
    if (err) {
        return err;
    }
    err = program_granule(download, granule, page, data);
    if (err) {
        drop_page(download, page);
        return err;
    }
    set_programmed(download, granule, true);
    const uint32_t all = end_granule(download, page) - first_granule(download, page);
    return count_programmed(download, page) == all ? finish_page(download, page, &journal) : CP_OK;
}

// --- what is received ---

// Some bytes of a granule; offset_bytes counts from its start.
static int collect(struct cp_download *download, uint32_t granule, uint32_t offset_bytes,
                   const uint8_t *data, uint32_t size_bytes) {
    const uint32_t granule_bytes = download->config->granule_size_bytes;
    const uint32_t start_bytes = granule * granule_bytes;
    uint32_t piece = find_piece(download, granule);
    piece = piece != NO_PIECE ? piece : take_piece(download, granule);
    if (piece == NO_PIECE) {
        return CP_OK;
    }
    memcpy(piece_data(download, piece) + offset_bytes, data, size_bytes);
    for (uint32_t i = 0; i < size_bytes; i++) {
        set_bit(piece_map(download, piece), offset_bytes + i, true);
    }
    uint32_t at = 0;
    const uint32_t all_bytes = end_of(download, start_bytes, granule_bytes) - start_bytes;
    while (at < all_bytes && has_bit(piece_map(download, piece), at)) {
        at++;
    }
    if (at < all_bytes) {
        return CP_OK;
    }
    free_piece(download, piece);
    return store_granule(download, granule, piece_data(download, piece));
}

// What of a piece of the image falls into one granule.
static int take_part(struct cp_download *download, uint32_t offset_bytes, const uint8_t *data,
                     uint32_t size_bytes) {
    const uint32_t granule_bytes = download->config->granule_size_bytes;
    const uint32_t granule = offset_bytes / granule_bytes;
    if (is_there(download, granule)) {
        return CP_OK;
    }
    const uint32_t start_bytes = granule * granule_bytes;
    if (size_bytes < end_of(download, start_bytes, granule_bytes) - start_bytes) {
        return collect(download, granule, offset_bytes % granule_bytes, data, size_bytes);
    }
    free_piece(download, find_piece(download, granule));
    return store_granule(download, granule, data);
}

int cp_download_write(struct cp_download *download, uint32_t offset_bytes, const void *data,
                      uint32_t size_bytes) {
    const uint32_t granule_bytes = download->config->granule_size_bytes;
    if (!data && size_bytes > 0) {
        return CP_ERR_ARGUMENT;
    }
    if (!cp_range_fits(offset_bytes, size_bytes, download->config->image_size_bytes)) {
        return CP_ERR_BOUNDS;
    }
    int err = download->updater->download == download ? CP_OK : CP_ERR_STATE;
    for (uint32_t done_bytes = 0; !err && done_bytes < size_bytes;) {
        const uint32_t at_bytes = offset_bytes + done_bytes;
        const uint32_t room_bytes = granule_bytes - at_bytes % granule_bytes;
        const uint32_t part_bytes = smaller(size_bytes - done_bytes, room_bytes);
        err = take_part(download, at_bytes, (const uint8_t *)data + done_bytes, part_bytes);
        done_bytes += part_bytes;
    }
    return err;
}

// From at_bytes on, how far is all there, or nothing: at most to the end of the granule.
static uint32_t same_until(const struct cp_download *download, uint32_t at_bytes,
                           bool *is_missing) {
    const uint32_t granule_bytes = download->config->granule_size_bytes;
    const uint32_t granule = at_bytes / granule_bytes;
    const uint32_t piece = find_piece(download, granule);
    *is_missing = !is_there(download, granule);
    if (*is_missing && piece != NO_PIECE) {
        *is_missing = !has_bit(piece_map(download, piece), at_bytes % granule_bytes);
        return at_bytes + 1;
    }
    return end_of(download, granule * granule_bytes, granule_bytes);
}

// The first byte at or after at_bytes that is missing, or is not; the size of the image if none.
static uint32_t seek(const struct cp_download *download, uint32_t at_bytes, bool missing) {
    while (at_bytes < download->config->image_size_bytes) {
        bool is_missing;
        const uint32_t until_bytes = same_until(download, at_bytes, &is_missing);
        if (is_missing == missing) {
            return at_bytes;
        }
        at_bytes = until_bytes;
    }
    return download->config->image_size_bytes;
}

bool cp_download_missing(const struct cp_download *download, uint32_t from_bytes,
                         uint32_t *offset_bytes, uint32_t *size_bytes) {
    *offset_bytes = seek(download, from_bytes, true);
    *size_bytes = seek(download, *offset_bytes, false) - *offset_bytes;
    return *size_bytes > 0;
}

uint32_t cp_download_kept_bytes(const struct cp_download *download) {
    return download->kept_bytes;
}

// --- begin and end ---

static int check_granule(const struct cp_updater_config *updater,
                         const struct cp_download_config *config) {
    const struct cp_flash *flash = updater->dfu.flash;
    if (config->granule_size_bytes == 0 ||
        config->granule_size_bytes % flash->write_size_bytes != 0 ||
        flash->erase_size_bytes % config->granule_size_bytes != 0) {
        return CP_ERR_ALIGNMENT;
    }
    const uint32_t pages = CP_DOWNLOAD_UNITS(config->image_size_bytes, flash->erase_size_bytes);
    if (config->map_size_bytes < CP_DOWNLOAD_MAP_BYTES(config->image_size_bytes,
                                                       flash->erase_size_bytes,
                                                       config->granule_size_bytes)) {
        return CP_ERR_ARGUMENT;
    }
    return cp_journal_check_pages(&updater->state, pages);
}

static int check_config(const struct cp_updater *updater, const struct cp_download_config *config) {
    if (!updater || !config || !config->map || config->image_size_bytes == 0 ||
        (!config->pieces && config->pieces_size_bytes > 0)) {
        return CP_ERR_ARGUMENT;
    }
    if (!updater->config->format->no_download) {
        return CP_ERR_ARGUMENT;
    }
    if (config->image_size_bytes > updater->config->active_size_bytes) {
        return CP_ERR_BOUNDS;
    }
    return check_granule(updater->config, config);
}

static void start(struct cp_download *download, struct cp_updater *updater,
                  const struct cp_download_config *config) {
    memset(download, 0, sizeof(*download));
    download->updater = updater;
    download->config = config;
    const uint32_t room =
        config->pieces_size_bytes / CP_DOWNLOAD_PIECE_BYTES(config->granule_size_bytes);
    download->piece_count = (uint8_t)smaller(room, CP_DOWNLOAD_PIECES_MAX);
    for (uint32_t piece = 0; piece < CP_DOWNLOAD_PIECES_MAX; piece++) {
        download->piece_granules[piece] = NO_GRANULE;
    }
    memset(config->map, 0, config->map_size_bytes);
    updater->download = NULL;
    cp_updater_forget_dfu(updater);
}

static void resume(struct cp_download *download, const struct cp_journal *journal) {
    cp_journal_read_pages(&download->updater->config->state, journal, download->config->map);
    for (uint32_t page = 0; page < page_count(download); page++) {
        if (page_is_done(download, page)) {
            keep_page(download, page);
        }
    }
    download->is_resumed = true;
}

int cp_download_begin(struct cp_download *download, struct cp_updater *updater,
                      const struct cp_download_config *config) {
    struct cp_journal journal = {0};
    int err = download ? check_config(updater, config) : CP_ERR_ARGUMENT;
    if (!err) {
        err = cp_updater_check_writable(updater);
    }
    if (!err) {
        err = cp_journal_load(&updater->config->state, &journal);
    }
    if (err) {
        return err;
    }
    start(download, updater, config);
    if (is_of(&journal, config) && journal.page_count == page_count(download)) {
        resume(download, &journal);
    }
    updater->download = download;
    tell_progress(download);
    return CP_OK;
}

int cp_download_find(struct cp_updater *updater, uint32_t *image_size_bytes, uint32_t *image_id) {
    struct cp_journal journal = {0};
    if (!updater->config->format->no_download) {
        return CP_ERR_ARGUMENT;
    }
    int err = cp_journal_load(&updater->config->state, &journal);
    const bool is_found = !err && journal.kind == CP_JOURNAL_DOWNLOAD;
    *image_size_bytes = is_found ? journal.image_size_bytes : 0;
    *image_id = is_found ? journal.image_security_counter : 0;
    return err;
}

int cp_download_finish(struct cp_download *download) {
    struct cp_journal journal = {0};
    int err = load_record(download, &journal);
    if (err) {
        return err;
    }
    if (download->kept_bytes != download->config->image_size_bytes) {
        return CP_ERR_STATE;
    }
    err = cp_updater_request_any(download->updater, download->config->image_size_bytes);
    if (!err) {
        download->updater->download = NULL;
    }
    return err;
}

int cp_download_abort(struct cp_download *download) {
    struct cp_updater *updater = download->updater;
    if (updater->download && updater->download != download) {
        return CP_OK; // another one has taken its place
    }
    updater->download = NULL;
    feed(download);
    return updater->config->format->no_download(&updater->config->state, true);
}

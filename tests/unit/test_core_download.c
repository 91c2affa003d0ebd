// test_core_download.c: downloads in pieces of any size and order, cut anywhere.
//
// The flash in RAM is strict: it fails a test that programs what is not erased. DFU is full of
// an earlier image at the start of each test.

#include "core/src/journal.h"
#include "cutproof/download.h"
#include "tests/unit/ram_flash.h"

enum {
    PAGE_BYTES = 64,
    PAGE_COUNT = 4,
    ACTIVE_BYTES = PAGE_BYTES * PAGE_COUNT,
    IMAGE_BYTES = ACTIVE_BYTES - 27, // ends within a page, a granule and a word
    STATE_BYTES = 512,
    IMAGE_ID = 0x1234,
    GRANULE_BYTES = 16,
    PIECE_BYTES = CP_DOWNLOAD_PIECE_BYTES(PAGE_BYTES),
};

struct rig {
    struct ram_power power;
    struct ram_flash active, dfu, state;
    struct cp_updater_config app;
    struct cp_boot_config boot;
    struct cp_updater updater;
    struct cp_download_config config;
    struct cp_download download;
    uint8_t buffer[PAGE_BYTES];
    uint8_t map[64];
    uint8_t pieces[CP_DOWNLOAD_PIECES_MAX * PIECE_BYTES];
    uint32_t kept_bytes; // as the progress callback said
    uint32_t progress_count;
    uint32_t write_bytes;
    uint8_t erase_value;
};

static void note_progress(void *context, uint32_t kept_bytes, uint32_t image_bytes) {
    struct rig *rig = context;
    assert_int_equal(image_bytes, rig->config.image_size_bytes);
    assert_true(kept_bytes >= rig->kept_bytes && kept_bytes <= image_bytes);
    rig->kept_bytes = kept_bytes;
    rig->progress_count++;
}

static void rig_init_as(struct rig *rig, uint32_t write_bytes, uint8_t erase_value) {
    memset(rig, 0, sizeof(*rig));
    ram_power_on(&rig->power);
    rig->boot = (struct cp_boot_config){
        .active = ram_partition(&rig->active, &rig->power, ACTIVE_BYTES, PAGE_BYTES, write_bytes,
                                erase_value),
        .dfu = ram_partition(&rig->dfu, &rig->power, ACTIVE_BYTES + PAGE_BYTES, PAGE_BYTES,
                             write_bytes, erase_value),
        .state =
            ram_partition(&rig->state, &rig->power, STATE_BYTES * 2, STATE_BYTES, 4, erase_value),
        .format = &cp_state_format_journal,
        .buffer = rig->buffer,
        .buffer_size_bytes = PAGE_BYTES,
    };
    rig->app = (struct cp_updater_config){
        .dfu = rig->boot.dfu,
        .state = rig->boot.state,
        .active_size_bytes = ACTIVE_BYTES,
        .format = &cp_state_format_journal,
        .buffer = rig->buffer,
        .buffer_size_bytes = PAGE_BYTES,
    };
    rig->config = (struct cp_download_config){
        .image_size_bytes = IMAGE_BYTES,
        .image_id = IMAGE_ID,
        .granule_size_bytes = GRANULE_BYTES,
        .map = rig->map,
        .map_size_bytes = sizeof(rig->map),
        .pieces = rig->pieces,
        .pieces_size_bytes = sizeof(rig->pieces),
        .progress = note_progress,
        .progress_context = rig,
    };
    ram_put_image(&rig->boot.active, RAM_OLD, ACTIVE_BYTES);
    ram_put_image(&rig->boot.dfu, RAM_OLD, ACTIVE_BYTES + PAGE_BYTES);
}

// A boot and the start of the application: nothing but the flash is left of what was before.
static int power_on(struct rig *rig) {
    enum cp_state state = CP_STATE_BOOT;
    ram_power_on(&rig->power);
    memset(&rig->download, 0xA5, sizeof(rig->download));
    memset(rig->map, 0xA5, sizeof(rig->map));
    memset(rig->pieces, 0xA5, sizeof(rig->pieces));
    memset(rig->buffer, 0xA5, sizeof(rig->buffer));
    rig->kept_bytes = 0;
    int err = cp_boot_prepare(&rig->boot, &state);
    return err ? err : cp_updater_init(&rig->updater, &rig->app);
}

static int begin(struct rig *rig) {
    rig->kept_bytes = 0;
    return cp_download_begin(&rig->download, &rig->updater, &rig->config);
}

static void power_on_and_begin(struct rig *rig) {
    assert_int_equal(power_on(rig), CP_OK);
    assert_int_equal(begin(rig), CP_OK);
}

static void rig_free(struct rig *rig) {
    ram_check_guards(&rig->active);
    ram_check_guards(&rig->dfu);
    ram_check_guards(&rig->state);
    ram_flash_free(&rig->active);
    ram_flash_free(&rig->dfu);
    ram_flash_free(&rig->state);
}

static int setup(void **context) {
    struct rig *rig = malloc(sizeof(*rig));
    assert_non_null(rig);
    rig_init_as(rig, 4, 0xFF);
    power_on_and_begin(rig);
    *context = rig;
    return 0;
}

static int teardown(void **context) {
    rig_free(*context);
    free(*context);
    return 0;
}

static int put(struct rig *rig, uint32_t offset_bytes, uint32_t size_bytes) {
    uint8_t data[ACTIVE_BYTES];
    assert_true(size_bytes <= sizeof(data));
    for (uint32_t i = 0; i < size_bytes; i++) {
        data[i] = ram_image_byte(RAM_NEW, offset_bytes + i);
    }
    return cp_download_write(&rig->download, offset_bytes, data, size_bytes);
}

static bool is_complete(const struct rig *rig) {
    uint32_t offset_bytes, size_bytes;
    return !cp_download_missing(&rig->download, 0, &offset_bytes, &size_bytes);
}

// Fetch what is missing, in order.
static int fetch_missing(struct rig *rig, uint32_t chunk_bytes) {
    uint32_t offset_bytes, size_bytes;
    int err = CP_OK;
    while (!err && cp_download_missing(&rig->download, 0, &offset_bytes, &size_bytes)) {
        err = put(rig, offset_bytes, size_bytes < chunk_bytes ? size_bytes : chunk_bytes);
    }
    return err;
}

static void expect_image(struct rig *rig) {
    assert_true(is_complete(rig));
    assert_int_equal(cp_download_kept_bytes(&rig->download), rig->config.image_size_bytes);
    assert_true(ram_has_image(&rig->boot.dfu, RAM_NEW, rig->config.image_size_bytes));
}

// Erases of page `page` of DFU; the partition begins one page into its flash.
static uint32_t erases(const struct rig *rig, uint32_t page) {
    return rig->dfu.erases_of_page[1 + page];
}

// --- pieces ---

// Every chunk size, ascending and descending, for word sizes and either erase value.
static void fetch_all(uint32_t write_bytes, uint8_t erase_value, uint32_t chunk_bytes,
                      bool descends) {
    struct rig rig;
    rig_init_as(&rig, write_bytes, erase_value);
    power_on_and_begin(&rig);
    const uint32_t count = CP_DOWNLOAD_UNITS(IMAGE_BYTES, chunk_bytes);
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t at = (descends ? count - 1 - i : i) * chunk_bytes;
        const uint32_t left = IMAGE_BYTES - at;
        assert_int_equal(put(&rig, at, left < chunk_bytes ? left : chunk_bytes), CP_OK);
    }
    expect_image(&rig);
    for (uint32_t page = 0; page < PAGE_COUNT; page++) {
        assert_int_equal(erases(&rig, page), 1);
    }
    assert_int_equal(erases(&rig, PAGE_COUNT), 0);
    assert_int_equal(rig.progress_count, 1 + PAGE_COUNT);
    assert_int_equal(rig.kept_bytes, IMAGE_BYTES);
    rig_free(&rig);
}

static void test_any_chunk_size(void **context) {
    static const uint32_t write_bytes[] = {1, 4, 8, 16};
    (void)context;
    for (uint32_t i = 0; i < 4; i++) {
        for (uint32_t chunk = 1; chunk <= IMAGE_BYTES; chunk++) {
            fetch_all(write_bytes[i], i % 2 ? 0xFF : 0x00, chunk, false);
            fetch_all(write_bytes[i], i % 2 ? 0x00 : 0xFF, chunk, true);
        }
    }
}

static uint32_t next_random(uint32_t *random) {
    *random = *random * 1664525u + 1013904223u;
    return *random >> 8;
}

// Pieces of random places and sizes, overlapping, some of them twice; however much room.
static void fetch_at_random(uint32_t seed, uint32_t granule_bytes, uint32_t pieces) {
    struct rig rig;
    uint32_t random = seed;
    rig_init_as(&rig, 4, 0xFF);
    rig.config.granule_size_bytes = granule_bytes;
    rig.config.pieces_size_bytes = pieces * CP_DOWNLOAD_PIECE_BYTES(granule_bytes);
    power_on_and_begin(&rig);
    for (uint32_t i = 0; i < 300; i++) {
        const uint32_t at = next_random(&random) % IMAGE_BYTES;
        const uint32_t size =
            next_random(&random) % (IMAGE_BYTES - at < 40 ? IMAGE_BYTES - at : 40);
        assert_int_equal(put(&rig, at, size), CP_OK);
    }
    assert_int_equal(fetch_missing(&rig, granule_bytes), CP_OK);
    expect_image(&rig);
    for (uint32_t page = 0; page < PAGE_COUNT; page++) {
        assert_int_equal(erases(&rig, page), 1);
    }
    rig_free(&rig);
}

static void test_any_order(void **context) {
    static const uint32_t granules[] = {4, 8, 16, 32, 64};
    (void)context;
    for (uint32_t seed = 0; seed < 100; seed++) {
        fetch_at_random(seed, granules[seed % 5], seed % 6);
    }
}

// One piece is enough for what comes in ascending order, whatever its size.
static void test_one_piece_suffices_in_order(void **context) {
    struct rig *rig = *context;
    rig->config.pieces_size_bytes = CP_DOWNLOAD_PIECE_BYTES(GRANULE_BYTES);
    assert_int_equal(begin(rig), CP_OK);
    for (uint32_t at = 0; at < IMAGE_BYTES; at += 7) {
        assert_int_equal(put(rig, at, IMAGE_BYTES - at < 7 ? IMAGE_BYTES - at : 7), CP_OK);
    }
    expect_image(rig);
}

// Without any room only whole granules are kept.
static void test_no_pieces(void **context) {
    struct rig *rig = *context;
    uint32_t offset_bytes, size_bytes;
    rig->config.pieces = NULL;
    rig->config.pieces_size_bytes = 0;
    assert_int_equal(begin(rig), CP_OK);
    assert_int_equal(put(rig, 3, 2 * GRANULE_BYTES), CP_OK);
    assert_true(cp_download_missing(&rig->download, 0, &offset_bytes, &size_bytes));
    assert_int_equal(size_bytes, GRANULE_BYTES);
    assert_int_equal(fetch_missing(rig, ACTIVE_BYTES), CP_OK);
    expect_image(rig);
}

// What is there is not looked at again, even if it is sent otherwise.
static void test_duplicates_do_nothing(void **context) {
    struct rig *rig = *context;
    uint8_t other[IMAGE_BYTES];
    memset(other, 0, sizeof(other));
    assert_int_equal(put(rig, 0, 2 * PAGE_BYTES + GRANULE_BYTES), CP_OK);
    const uint32_t ops = rig->power.op_count;
    assert_int_equal(cp_download_write(&rig->download, 5, other, 2 * PAGE_BYTES + 11), CP_OK);
    assert_int_equal(rig->power.op_count, ops);
    assert_int_equal(fetch_missing(rig, 13), CP_OK);
    expect_image(rig);
}

static void test_missing_ranges(void **context) {
    struct rig *rig = *context;
    uint32_t offset_bytes, size_bytes;
    assert_true(cp_download_missing(&rig->download, 0, &offset_bytes, &size_bytes));
    assert_int_equal(offset_bytes, 0);
    assert_int_equal(size_bytes, IMAGE_BYTES);
    assert_int_equal(put(rig, 10, 90), CP_OK);
    assert_int_equal(put(rig, 200, 3), CP_OK);
    assert_int_equal(put(rig, 205, 24), CP_OK);
    static const uint32_t ranges[][2] = {{0, 10}, {100, 100}, {203, 2}};
    uint32_t from = 0;
    for (uint32_t i = 0; i < 3; i++) {
        assert_true(cp_download_missing(&rig->download, from, &offset_bytes, &size_bytes));
        assert_int_equal(offset_bytes, ranges[i][0]);
        assert_int_equal(size_bytes, ranges[i][1]);
        from = offset_bytes + size_bytes;
    }
    assert_false(cp_download_missing(&rig->download, from, &offset_bytes, &size_bytes));
    assert_false(cp_download_missing(&rig->download, UINT32_MAX, &offset_bytes, &size_bytes));
    assert_true(cp_download_missing(&rig->download, 150, &offset_bytes, &size_bytes));
    assert_int_equal(offset_bytes, 150);
    assert_int_equal(size_bytes, 50);
}

// --- what is refused ---

static void test_bounds(void **context) {
    struct rig *rig = *context;
    const uint32_t ops = rig->power.op_count;
    assert_int_equal(put(rig, IMAGE_BYTES, 1), CP_ERR_BOUNDS);
    assert_int_equal(put(rig, IMAGE_BYTES - 1, 2), CP_ERR_BOUNDS);
    assert_int_equal(put(rig, UINT32_MAX, 2), CP_ERR_BOUNDS);
    assert_int_equal(cp_download_write(&rig->download, 0, NULL, 1), CP_ERR_ARGUMENT);
    assert_int_equal(cp_download_write(&rig->download, 0, NULL, 0), CP_OK);
    assert_int_equal(rig->power.op_count, ops);
    rig->config.image_size_bytes = ACTIVE_BYTES + 1; // there is room in DFU
    assert_int_equal(begin(rig), CP_ERR_BOUNDS);
    rig->config.image_size_bytes = 0;
    assert_int_equal(begin(rig), CP_ERR_ARGUMENT);
}

static void test_configurations(void **context) {
    struct rig *rig = *context;
    const struct cp_download_config good = rig->config;
    static const uint32_t granules[] = {0, 2, 6, 24, 128};
    for (uint32_t i = 0; i < 5; i++) {
        rig->config.granule_size_bytes = granules[i];
        assert_int_equal(begin(rig), CP_ERR_ALIGNMENT);
    }
    rig->config = good;
    rig->config.map_size_bytes = CP_DOWNLOAD_MAP_BYTES(IMAGE_BYTES, PAGE_BYTES, GRANULE_BYTES) - 1;
    assert_int_equal(begin(rig), CP_ERR_ARGUMENT);
    rig->config.map_size_bytes++;
    assert_int_equal(begin(rig), CP_OK);
    rig->config.map = NULL;
    assert_int_equal(begin(rig), CP_ERR_ARGUMENT);
    rig->config = good;
    rig->config.pieces = NULL;
    assert_int_equal(begin(rig), CP_ERR_ARGUMENT);
    assert_int_equal(cp_download_begin(NULL, &rig->updater, &good), CP_ERR_ARGUMENT);
    assert_int_equal(cp_download_begin(&rig->download, NULL, &good), CP_ERR_ARGUMENT);
    assert_int_equal(cp_download_begin(&rig->download, &rig->updater, NULL), CP_ERR_ARGUMENT);
}

// A half of STATE has slots for 16 words: no mark for each of the many pages of DFU.
static void test_no_room_for_marks(void **context) {
    struct rig *rig = *context;
    struct ram_flash state;
    uint32_t page_bytes = 64;
    rig->app.state = ram_partition(&state, &rig->power, 2 * page_bytes, page_bytes, 4, 0xFF);
    assert_int_equal(cp_updater_init(&rig->updater, &rig->app), CP_ERR_LAYOUT);
    ram_flash_free(&state);
    page_bytes = 80;
    rig->app.state = ram_partition(&state, &rig->power, 2 * page_bytes, page_bytes, 4, 0xFF);
    assert_int_equal(cp_updater_init(&rig->updater, &rig->app), CP_OK);
    assert_int_equal(begin(rig), CP_ERR_LAYOUT);
    rig->config.image_size_bytes = 3 * PAGE_BYTES;
    assert_int_equal(begin(rig), CP_OK);
    ram_flash_free(&state);
}

static void test_seed_knows_no_downloads(void **context) {
    struct rig *rig = *context;
    uint32_t size_bytes, id;
    rig->app.format = &cp_state_format_seed;
    assert_int_equal(cp_updater_init(&rig->updater, &rig->app), CP_OK);
    assert_int_equal(begin(rig), CP_ERR_ARGUMENT);
    assert_int_equal(cp_download_find(&rig->updater, &size_bytes, &id), CP_ERR_ARGUMENT);
}

// DFU holds the image to install, and then the one to return to.
static void test_refused_while_an_update_is_under_way(void **context) {
    struct rig *rig = *context;
    assert_int_equal(fetch_missing(rig, 50), CP_OK);
    assert_int_equal(cp_download_finish(&rig->download), CP_OK);
    assert_int_equal(put(rig, 0, 10), CP_ERR_STATE);
    assert_int_equal(begin(rig), CP_ERR_STATE);
    assert_int_equal(cp_download_abort(&rig->download), CP_OK); // harmless
    assert_int_equal(power_on(rig), CP_OK);                     // the swap; on trial
    assert_true(ram_has_image(&rig->boot.active, RAM_NEW, IMAGE_BYTES));
    assert_int_equal(begin(rig), CP_ERR_STATE);
    assert_int_equal(cp_updater_confirm(&rig->updater), CP_OK);
    assert_int_equal(begin(rig), CP_OK);
    assert_int_equal(cp_download_kept_bytes(&rig->download), 0);
    assert_int_equal(fetch_missing(rig, 50), CP_OK);
    expect_image(rig);
}

// A request made after the beginning is not undone by the first piece.
static void test_request_before_the_first_piece(void **context) {
    struct rig *rig = *context;
    enum cp_state state;
    assert_int_equal(cp_updater_request(&rig->updater), CP_OK);
    assert_int_equal(put(rig, 0, PAGE_BYTES), CP_ERR_STATE);
    assert_int_equal(cp_updater_get_state(&rig->updater, &state), CP_OK);
    assert_int_equal(state, CP_STATE_SWAP);
}

static void test_finish_wants_all(void **context) {
    struct rig *rig = *context;
    assert_int_equal(cp_download_finish(&rig->download), CP_ERR_STATE);
    assert_int_equal(put(rig, 0, IMAGE_BYTES - 1), CP_OK);
    assert_int_equal(cp_download_finish(&rig->download), CP_ERR_STATE);
    assert_int_equal(cp_updater_request(&rig->updater), CP_ERR_STATE);
    assert_int_equal(put(rig, IMAGE_BYTES - 1, 1), CP_OK);
    assert_int_equal(cp_download_finish(&rig->download), CP_OK);
}

static int refuse(const struct cp_verifier *verifier, const struct cp_partition *partition,
                  uint32_t size_bytes, uint8_t *buffer, uint32_t buffer_size_bytes,
                  uint32_t *security_counter) {
    (void)verifier, (void)partition, (void)buffer, (void)buffer_size_bytes;
    *security_counter = 0;
    return size_bytes == IMAGE_BYTES ? CP_ERR_IMAGE : CP_ERR_ARGUMENT;
}

static void test_finish_asks_the_verifier(void **context) {
    struct rig *rig = *context;
    const struct cp_verifier verifier = {.verify = refuse};
    rig->app.verifier = &verifier;
    assert_int_equal(fetch_missing(rig, 50), CP_OK);
    assert_int_equal(cp_download_finish(&rig->download), CP_ERR_IMAGE);
    assert_true(is_complete(rig));
    assert_int_equal(cp_download_abort(&rig->download), CP_OK);
    assert_int_equal(begin(rig), CP_OK);
    assert_int_equal(cp_download_kept_bytes(&rig->download), 0);
}

// --- other users of DFU ---

// B9, B10: no record speaks of pages that somebody erased, and nobody relies on an erase that
// is not there.
static void test_writes_of_the_updater_end_a_download(void **context) {
    struct rig *rig = *context;
    uint32_t size_bytes, id;
    const uint32_t word = 0;
    for (int prepares = 0; prepares < 2; prepares++) {
        power_on_and_begin(rig);
        assert_int_equal(put(rig, 0, 2 * PAGE_BYTES + 20), CP_OK);
        const int err = prepares ? cp_updater_prepare(&rig->updater)
                                 : cp_updater_write(&rig->updater, 0, &word, 4);
        assert_int_equal(err, CP_OK);
        assert_int_equal(cp_download_find(&rig->updater, &size_bytes, &id), CP_OK);
        assert_int_equal(size_bytes, 0);
        assert_int_equal(put(rig, 2 * PAGE_BYTES + 16, 20), CP_ERR_STATE);
        assert_int_equal(cp_download_finish(&rig->download), CP_ERR_STATE);
        power_on_and_begin(rig);
        assert_int_equal(cp_download_kept_bytes(&rig->download), 0);
        assert_int_equal(fetch_missing(rig, 50), CP_OK);
        expect_image(rig);
        assert_int_equal(cp_download_abort(&rig->download), CP_OK);
    }
}

static void test_erases_of_the_updater_are_not_relied_on(void **context) {
    struct rig *rig = *context;
    const uint32_t word = 0;
    assert_int_equal(cp_updater_prepare(&rig->updater), CP_OK);
    assert_int_equal(begin(rig), CP_OK);
    assert_int_equal(put(rig, 0, PAGE_BYTES), CP_OK);
    assert_int_equal(cp_download_abort(&rig->download), CP_OK);
    assert_int_equal(cp_updater_write(&rig->updater, 4, &word, 4), CP_ERR_ALIGNMENT);
    assert_int_equal(cp_updater_write(&rig->updater, 0, &word, 4), CP_OK);
    assert_int_equal(erases(rig, 0), 3);
}

// Two updaters: not allowed, and caught at the next piece.
static void test_another_updater(void **context) {
    struct rig *rig = *context;
    struct cp_updater other;
    const uint32_t word = 0;
    assert_int_equal(put(rig, 0, PAGE_BYTES + GRANULE_BYTES), CP_OK);
    assert_int_equal(cp_updater_init(&other, &rig->app), CP_OK);
    assert_int_equal(cp_updater_write(&other, PAGE_BYTES, &word, 4), CP_OK);
    assert_int_equal(put(rig, PAGE_BYTES + GRANULE_BYTES, 3 * GRANULE_BYTES), CP_ERR_STATE);
}

static void test_detach_ends_a_download(void **context) {
    struct rig *rig = *context;
    uint32_t size_bytes, id;
    enum cp_state state;
    assert_int_equal(put(rig, 0, PAGE_BYTES), CP_OK);
    assert_int_equal(cp_updater_detach(&rig->updater), CP_OK);
    assert_int_equal(put(rig, PAGE_BYTES, PAGE_BYTES), CP_ERR_STATE);
    assert_int_equal(cp_boot_prepare(&rig->boot, &state), CP_OK);
    assert_int_equal(state, CP_STATE_DETACH);
    assert_int_equal(cp_download_find(&rig->updater, &size_bytes, &id), CP_OK);
    assert_int_equal(size_bytes, 0);
}

static void test_one_download_at_a_time(void **context) {
    struct rig *rig = *context;
    struct cp_download second;
    uint8_t map[64];
    struct cp_download_config config = rig->config;
    config.map = map;
    assert_int_equal(put(rig, 0, PAGE_BYTES), CP_OK);
    assert_int_equal(cp_download_begin(&second, &rig->updater, &config), CP_OK);
    assert_int_equal(put(rig, PAGE_BYTES, PAGE_BYTES), CP_ERR_STATE);
    assert_int_equal(cp_download_abort(&rig->download), CP_OK); // not that of the second
    assert_int_equal(cp_download_kept_bytes(&second), PAGE_BYTES);
    const uint8_t byte = ram_image_byte(RAM_NEW, PAGE_BYTES);
    assert_int_equal(cp_download_write(&second, PAGE_BYTES, &byte, 1), CP_OK);
}

static void test_abort(void **context) {
    struct rig *rig = *context;
    uint32_t size_bytes, id;
    assert_int_equal(put(rig, 0, 3 * PAGE_BYTES), CP_OK);
    assert_int_equal(cp_download_find(&rig->updater, &size_bytes, &id), CP_OK);
    assert_int_equal(size_bytes, IMAGE_BYTES);
    assert_int_equal(id, IMAGE_ID);
    assert_int_equal(cp_download_abort(&rig->download), CP_OK);
    assert_int_equal(put(rig, 0, 1), CP_ERR_STATE);
    assert_int_equal(cp_download_abort(&rig->download), CP_OK);
    power_on_and_begin(rig);
    assert_int_equal(cp_download_kept_bytes(&rig->download), 0);
    assert_int_equal(cp_download_find(&rig->updater, &size_bytes, &id), CP_OK);
    assert_int_equal(size_bytes, 0); // nothing of the new one is stored
}

// --- resets ---

static void test_goes_on_after_a_reset(void **context) {
    struct rig *rig = *context;
    uint32_t offset_bytes, size_bytes;
    assert_int_equal(put(rig, PAGE_BYTES, 2 * PAGE_BYTES + 20), CP_OK);
    const uint32_t progress_count = rig->progress_count;
    power_on_and_begin(rig);
    assert_int_equal(rig->progress_count, progress_count + 1);
    assert_int_equal(rig->kept_bytes, 2 * PAGE_BYTES);
    assert_true(cp_download_missing(&rig->download, 0, &offset_bytes, &size_bytes));
    assert_int_equal(offset_bytes, 0);
    assert_int_equal(size_bytes, PAGE_BYTES);
    assert_true(cp_download_missing(&rig->download, PAGE_BYTES, &offset_bytes, &size_bytes));
    assert_int_equal(offset_bytes, 3 * PAGE_BYTES);
    assert_int_equal(size_bytes, IMAGE_BYTES - 3 * PAGE_BYTES);
    assert_int_equal(fetch_missing(rig, 9), CP_OK);
    expect_image(rig);
    assert_int_equal(erases(rig, 0), 1);
    assert_int_equal(erases(rig, 1), 1);
    assert_int_equal(erases(rig, 2), 1);
    assert_int_equal(erases(rig, 3), 2);
}

// Another size, or another id, is another image.
static void test_another_image_begins_anew(void **context) {
    struct rig *rig = *context;
    for (int i = 0; i < 2; i++) {
        rig->config.image_id = IMAGE_ID;
        rig->config.image_size_bytes = IMAGE_BYTES;
        power_on_and_begin(rig);
        assert_int_equal(put(rig, 0, 2 * PAGE_BYTES), CP_OK);
        rig->config.image_id += (uint32_t)i;
        rig->config.image_size_bytes -= (uint32_t)(1 - i);
        power_on_and_begin(rig);
        assert_int_equal(cp_download_kept_bytes(&rig->download), 0);
        assert_int_equal(fetch_missing(rig, 50), CP_OK);
        expect_image(rig);
    }
}

// Nothing is missing: the record is not written again for nothing.
static void test_complete_one_is_not_rewritten(void **context) {
    struct rig *rig = *context;
    assert_int_equal(fetch_missing(rig, 50), CP_OK);
    assert_int_equal(power_on(rig), CP_OK);
    const uint32_t ops = rig->power.op_count;
    assert_int_equal(begin(rig), CP_OK);
    assert_true(is_complete(rig));
    assert_int_equal(rig->power.op_count, ops);
    assert_int_equal(cp_download_finish(&rig->download), CP_OK);
}

// A life: go on with the download, request it, and swap.
static int live(struct rig *rig) {
    static const uint32_t starts[] = {70, 3, 200, 130};
    int err = begin(rig);
    for (uint32_t i = 0; !err && i < 4; i++) {
        err = put(rig, starts[i], 29);
    }
    err = err ? err : fetch_missing(rig, 37);
    return err ? err : cp_download_finish(&rig->download);
}

static void cut_twice(uint32_t first, uint32_t second, bool tears, bool tidies, bool *is_over) {
    struct rig rig;
    rig_init_as(&rig, 4, 0xFF);
    rig.state.flash.reprograms_full = tidies;
    assert_int_equal(power_on(&rig), CP_OK);
    rig.power.cut_at_op = first;
    rig.power.tears = tears;
    const int ended = live(&rig);
    if (ended) {
        assert_true(rig.power.is_off);
        const uint32_t kept_bytes = rig.kept_bytes;
        assert_int_equal(power_on(&rig), CP_OK);
        rig.power.cut_at_op = rig.power.op_count + second;
        const int again = live(&rig);
        assert_true(rig.kept_bytes >= kept_bytes); // what was told is kept
        if (again) {
            assert_int_equal(power_on(&rig), CP_OK);
            if (begin(&rig) == CP_OK) { // else the request got through
                assert_int_equal(fetch_missing(&rig, 31), CP_OK);
                assert_int_equal(cp_download_finish(&rig.download), CP_OK);
            }
        }
    }
    *is_over = ended == CP_OK;
    assert_int_equal(power_on(&rig), CP_OK);
    assert_true(ram_has_image(&rig.boot.active, RAM_NEW, IMAGE_BYTES));
    rig_free(&rig);
}

// Torn or not; and with boots that write the record anew.
static void test_cut_anywhere(void **context) {
    (void)context;
    for (int way = 0; way < 4; way++) {
        bool is_over = false;
        for (uint32_t first = 0; !is_over; first++) {
            for (uint32_t second = 0; second < 40; second += 3) {
                cut_twice(first, second, way % 2 != 0, way / 2 != 0, &is_over);
            }
        }
    }
}

// A read that fails, once: what was of the page is missing again, and nothing else.
static void test_a_read_that_fails(void **context) {
    (void)context;
    bool is_over = false;
    for (uint32_t read = 0; !is_over; read++) {
        struct rig rig;
        rig_init_as(&rig, 4, 0xFF);
        power_on_and_begin(&rig);
        rig.power.fail_at_read = rig.power.read_count + read;
        int err = fetch_missing(&rig, 37);
        is_over = rig.power.read_count <= rig.power.fail_at_read;
        if (err == CP_ERR_FLASH) {
            err = fetch_missing(&rig, 37);
        }
        if (err == CP_ERR_STATE) { // a record that is in doubt is begun with anew
            assert_int_equal(begin(&rig), CP_OK);
            err = fetch_missing(&rig, 37);
        }
        assert_int_equal(err, CP_OK);
        expect_image(&rig);
        rig_free(&rig);
    }
}

// --- records that this download did not write ---

static struct cp_journal record(struct rig *rig) {
    struct cp_journal journal;
    assert_int_equal(cp_journal_load(&rig->boot.state, &journal), CP_OK);
    assert_int_equal(journal.kind, CP_JOURNAL_DOWNLOAD);
    return journal;
}

static void test_state_goes_bad(void **context) {
    struct rig *rig = *context;
    uint32_t image_bytes = 1, image_id = 1;
    assert_int_equal(put(rig, 0, PAGE_BYTES), CP_OK);
    memset(rig->state.bytes + rig->boot.state.offset_bytes, 0x3C, rig->boot.state.size_bytes);
    const uint32_t ops = rig->power.op_count;
    assert_int_equal(put(rig, PAGE_BYTES, PAGE_BYTES), CP_ERR_STATE);
    assert_int_equal(cp_download_finish(&rig->download), CP_ERR_STATE);
    assert_int_equal(cp_download_find(&rig->updater, &image_bytes, &image_id), CP_ERR_STATE);
    assert_int_equal(image_bytes, 0);
    assert_int_equal(image_id, 0);
    assert_int_equal(begin(rig), CP_ERR_STATE);
    assert_int_equal(rig->power.op_count, ops);
}

// Written anew behind its back, and again: it lies where it lay, but it is another.
static void test_record_is_another(void **context) {
    struct rig *rig = *context;
    assert_int_equal(put(rig, 0, PAGE_BYTES), CP_OK);
    struct cp_journal journal = record(rig);
    assert_int_equal(cp_journal_rewrite(&rig->boot.state, &journal), CP_OK);
    assert_int_equal(cp_journal_rewrite(&rig->boot.state, &journal), CP_OK);
    assert_int_equal(journal.half, rig->download.half);
    assert_int_equal(put(rig, PAGE_BYTES, PAGE_BYTES), CP_ERR_STATE);
    assert_int_equal(begin(rig), CP_OK);
    assert_int_equal(rig->kept_bytes, PAGE_BYTES); // the marks went with it
    assert_int_equal(fetch_missing(rig, PAGE_BYTES), CP_OK);
    expect_image(rig);
}

// Left by an application that was built for pages of another size.
static void test_record_of_other_pages(void **context) {
    struct rig *rig = *context;
    assert_int_equal(put(rig, 0, PAGE_BYTES), CP_OK);
    struct cp_journal journal = record(rig);
    journal.page_count++;
    assert_int_equal(cp_journal_rewrite(&rig->boot.state, &journal), CP_OK);
    power_on_and_begin(rig);
    assert_int_equal(rig->kept_bytes, 0);
    assert_int_equal(fetch_missing(rig, PAGE_BYTES), CP_OK);
    expect_image(rig);
}

// Marks of pages that the image has not, and of other kinds, up to the last slot.
static void test_marks_of_no_page(void **context) {
    struct rig *rig = *context;
    assert_int_equal(put(rig, 0, PAGE_BYTES), CP_OK);
    struct cp_journal journal = record(rig);
    journal.slot = rig->download.slot;
    int err = cp_journal_append(&rig->boot.state, &journal, CP_JOURNAL_STARTED, 1);
    for (uint32_t page = PAGE_COUNT; !err; page++) {
        err = cp_journal_append(&rig->boot.state, &journal, CP_JOURNAL_PAGE, page);
    }
    assert_int_equal(err, CP_ERR_FLASH); // it is full
    power_on_and_begin(rig);
    assert_int_equal(rig->kept_bytes, PAGE_BYTES);
    assert_int_equal(fetch_missing(rig, PAGE_BYTES), CP_OK);
    expect_image(rig);
}

// Whichever operation fails while the marks are copied: the record that was there counts.
static void test_copy_of_marks_fails(void **context) {
    struct rig *rig = *context;
    assert_int_equal(put(rig, 0, 3 * PAGE_BYTES), CP_OK);
    bool is_over = false;
    for (uint32_t at = 0; !is_over; at++) {
        struct cp_journal journal = record(rig);
        const uint8_t half = journal.half;
        rig->power.cut_at_op = rig->power.op_count + at;
        is_over = cp_journal_rewrite(&rig->boot.state, &journal) == CP_OK;
        assert_int_equal(journal.half == half, !is_over);
        power_on_and_begin(rig);
        assert_int_equal(rig->kept_bytes, 3 * PAGE_BYTES);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_chunk_size),
        cmocka_unit_test(test_any_order),
        cmocka_unit_test_setup_teardown(test_one_piece_suffices_in_order, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_pieces, setup, teardown),
        cmocka_unit_test_setup_teardown(test_duplicates_do_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_missing_ranges, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bounds, setup, teardown),
        cmocka_unit_test_setup_teardown(test_configurations, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_room_for_marks, setup, teardown),
        cmocka_unit_test_setup_teardown(test_seed_knows_no_downloads, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refused_while_an_update_is_under_way, setup, teardown),
        cmocka_unit_test_setup_teardown(test_request_before_the_first_piece, setup, teardown),
        cmocka_unit_test_setup_teardown(test_finish_wants_all, setup, teardown),
        cmocka_unit_test_setup_teardown(test_finish_asks_the_verifier, setup, teardown),
        cmocka_unit_test_setup_teardown(test_writes_of_the_updater_end_a_download, setup, teardown),
        cmocka_unit_test_setup_teardown(test_erases_of_the_updater_are_not_relied_on, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_another_updater, setup, teardown),
        cmocka_unit_test_setup_teardown(test_detach_ends_a_download, setup, teardown),
        cmocka_unit_test_setup_teardown(test_one_download_at_a_time, setup, teardown),
        cmocka_unit_test_setup_teardown(test_abort, setup, teardown),
        cmocka_unit_test_setup_teardown(test_goes_on_after_a_reset, setup, teardown),
        cmocka_unit_test_setup_teardown(test_another_image_begins_anew, setup, teardown),
        cmocka_unit_test_setup_teardown(test_complete_one_is_not_rewritten, setup, teardown),
        cmocka_unit_test_setup_teardown(test_state_goes_bad, setup, teardown),
        cmocka_unit_test_setup_teardown(test_record_is_another, setup, teardown),
        cmocka_unit_test_setup_teardown(test_record_of_other_pages, setup, teardown),
        cmocka_unit_test_setup_teardown(test_marks_of_no_page, setup, teardown),
        cmocka_unit_test_setup_teardown(test_copy_of_marks_fails, setup, teardown),
        cmocka_unit_test(test_cut_anywhere),
        cmocka_unit_test(test_a_read_that_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// test_core_native.c: the native program lives through whole updates, without faults.
//
// Bootloader, application and DFU mode run on the simulated machine as the
// explorer runs them; what they note on the way is compared with the script.

#include "cutproof/updater.h"
#include "tests/unit/machine_life.h"

extern const struct cp_program cp_program;

enum {
    PAGE_BYTES = 512,
    FLASH_BYTES = 16 * PAGE_BYTES,
    PAGE_COUNT = 3,
    IMAGE_BYTES = PAGE_COUNT * PAGE_BYTES,
    IMAGE_COUNT = 3,
    RUNS_MAX = 12,
    LOG_MAX = 512,
};

struct life {
    struct cp_machine_config config;
    struct cp_machine *machine;
    uint32_t answers[4]; // to the choices, in order
    uint32_t answer_count;
    bool spoils_download; // the first one: a word is lost after it is done
    char log[LOG_MAX];    // a word for every note and end
    int panic;
};

static uint8_t image_bytes[IMAGE_COUNT][IMAGE_BYTES];

static void make_images(void) {
    for (uint32_t image = 0; image < IMAGE_COUNT; image++) {
        for (uint32_t i = 0; i < IMAGE_BYTES; i++) {
            const uint32_t mixed = (i + 1 + image * IMAGE_BYTES) * 2654435761u;
            image_bytes[image][i] = (uint8_t)(mixed >> 23);
        }
    }
}

// One device: [bootloader][STATE][ACTIVE 3][DFU 4].
static struct life one_device(void) {
    struct life life = {
        .config = {.device_count = 1, .cell_size_bytes = PAGE_BYTES, .program = &cp_program}};
    life.config.devices[0] = life_part(FLASH_BYTES, PAGE_BYTES);
    struct cp_program_board *board = &life.config.board;
    board->areas[CP_AREA_BOOTLOADER] = (struct cp_program_area){0, 0, PAGE_BYTES};
    board->areas[CP_AREA_STATE] = (struct cp_program_area){0, PAGE_BYTES, PAGE_BYTES};
    board->areas[CP_AREA_ACTIVE] = (struct cp_program_area){0, 2 * PAGE_BYTES, IMAGE_BYTES};
    board->areas[CP_AREA_DFU] =
        (struct cp_program_area){0, 2 * PAGE_BYTES + IMAGE_BYTES, IMAGE_BYTES + PAGE_BYTES};
    board->format = "seed";
    board->buffer_size_bytes = 64;
    board->chunk_size_bytes = 128;
    board->download = CP_DOWNLOAD_PREPARE;
    for (uint8_t i = 0; i < CP_IMAGES_MAX; i++) {
        board->images[i] = (struct cp_program_image){0, CP_FIRMWARE_GOOD, CP_IMAGE_NONE};
    }
    for (uint8_t i = 0; i < IMAGE_COUNT; i++) {
        board->images[i].size_bytes = IMAGE_BYTES;
        life.config.images[i] = image_bytes[i];
    }
    board->images[0].next = 1;
    return life;
}

// DFU moves to a second device with pages twice as large; ACTIVE is 4 small pages.
static struct life two_devices(void) {
    struct life life = one_device();
    life.config.device_count = 2;
    life.config.devices[1] = life_part(FLASH_BYTES, 2 * PAGE_BYTES);
    life.config.devices[1].registers_address = 0x50010000;
    life.config.devices[1].flash_address = 0x60000000;
    struct cp_program_board *board = &life.config.board;
    board->areas[CP_AREA_ACTIVE].size_bytes = 4 * PAGE_BYTES;
    board->areas[CP_AREA_DFU] = (struct cp_program_area){1, 0, 6 * PAGE_BYTES};
    return life;
}

static uint32_t area_word(const struct life *life, enum cp_area area, uint32_t index) {
    const struct cp_program_area *range = &life->config.board.areas[area];
    return life_word(life->machine, range->device, range->offset_bytes / 4 + index);
}

static bool area_has(const struct life *life, enum cp_area area, uint32_t image) {
    for (uint32_t i = 0; i < IMAGE_BYTES / 4; i++) {
        uint32_t word;
        memcpy(&word, image_bytes[image] + 4 * i, 4);
        if (area_word(life, area, i) != word) {
            return false;
        }
    }
    return true;
}

static uint8_t active_image(const struct life *life) {
    for (uint8_t image = 0; image < IMAGE_COUNT; image++) {
        if (area_has(life, CP_AREA_ACTIVE, image)) {
            return image;
        }
    }
    fail_msg("what is started is no image: %s", life->log);
    return CP_IMAGE_NONE;
}

static void put_image(struct life *life, enum cp_area area, uint32_t image) {
    const struct cp_program_area *range = &life->config.board.areas[area];
    for (uint32_t i = 0; i < IMAGE_BYTES / 4; i++) {
        uint32_t word;
        memcpy(&word, image_bytes[image] + 4 * i, 4);
        cp_nor_set_word(&life->machine->devices[range->device].nor, range->offset_bytes / 4 + i,
                        word, 1);
    }
}

static void begin(struct life *life) {
    struct cp_program_board *board = &life->config.board;
    for (uint32_t i = 0; i < life->config.device_count; i++) {
        board->devices[i] = cp_part_describe(&life->config.devices[i]);
    }
    life->machine = life_create(&life->config);
    put_image(life, CP_AREA_ACTIVE, 0);
}

static void add(struct life *life, const char *word) {
    assert_true(strlen(life->log) + strlen(word) + 2 < LOG_MAX);
    if (life->log[0] != '\0') {
        strcat(life->log, " ");
    }
    strcat(life->log, word);
}

static void spoil_dfu(struct life *life) {
    const struct cp_program_area *dfu = &life->config.board.areas[CP_AREA_DFU];
    cp_nor_set_word(&life->machine->devices[dfu->device].nor, dfu->offset_bytes / 4 + 9, 0, 1);
    life->spoils_download = false;
}

static void take_note(struct life *life, const struct cp_event *event) {
    static const char *const names[] = {"download", "downloaded", "request", "requested",
                                        "confirm",  "confirmed",  "detach",  "detached"};
    static const char *const states[] = {"boot", "swap", "revert", "detach-state"};
    if (event->note == CP_NOTE_STATE_REPORTED) {
        add(life, states[event->value]);
        return;
    }
    add(life, names[event->note]);
    if (event->note <= CP_NOTE_REQUEST_RETURNED) {
        assert_int_equal(event->value, life->config.board.images[life->machine->image].next);
    }
    if (event->note == CP_NOTE_DOWNLOAD_DONE && life->spoils_download) {
        spoil_dfu(life);
    }
}

// Run one program to its end.
static enum cp_event_kind run_one(struct life *life) {
    for (;;) {
        const struct cp_event *event = cp_machine_run(life->machine);
        if (life_apply(life->machine, event)) {
            continue;
        }
        switch (event->kind) {
        case CP_EVENT_NOTE: take_note(life, event); break;
        case CP_EVENT_CHOICE:
            assert_int_equal(event->value, 2);
            cp_machine_answer(life->machine, life->answers[life->answer_count++]);
            break;
        case CP_EVENT_ILLEGAL:
        case CP_EVENT_CRASH:
        case CP_EVENT_STALL: fail_msg("%s", event->message); break;
        default:
            life->panic = event->kind == CP_EVENT_PANIC ? (int)event->value : 0;
            return event->kind;
        }
    }
}

// Start what the last program asked for; false if nothing is left to do.
static bool start_next(struct life *life, enum cp_event_kind end) {
    switch (end) {
    case CP_EVENT_JUMP:
        cp_machine_start(life->machine, CP_MODE_APPLICATION, active_image(life));
        return true;
    case CP_EVENT_DFU_MODE:
        add(life, "dfu");
        cp_machine_start(life->machine, CP_MODE_DFU, active_image(life));
        return true;
    case CP_EVENT_RESET:
    case CP_EVENT_HANG:
        add(life, end == CP_EVENT_HANG ? "hang" : "reset");
        cp_machine_reset(life->machine, false);
        cp_machine_start(life->machine, CP_MODE_BOOTLOADER, 0);
        return true;
    default: add(life, end == CP_EVENT_IDLE ? "idle" : "panic"); return false;
    }
}

static void live(struct life *life) {
    cp_machine_reset(life->machine, true);
    cp_machine_start(life->machine, CP_MODE_BOOTLOADER, 0);
    uint32_t runs = 0;
    while (start_next(life, run_one(life))) {
        assert_true(++runs < RUNS_MAX);
    }
}

static void expect(struct life *life, const char *log, uint8_t image) {
    begin(life);
    live(life);
    assert_string_equal(life->log, log);
    assert_int_equal(active_image(life), image);
    cp_machine_destroy(life->machine);
}

#define FETCH   "download downloaded request requested reset"
#define UPDATE  "boot " FETCH
#define CONFIRM "swap confirm confirmed"

static void test_good_update(void **context) {
    (void)context;
    struct life life = one_device();
    expect(&life, UPDATE " " CONFIRM " idle", 1);
    life = one_device();
    life.config.board.download = CP_DOWNLOAD_AS_IT_GOES;
    expect(&life, UPDATE " " CONFIRM " idle", 1);
    life = two_devices();
    expect(&life, UPDATE " " CONFIRM " idle", 1);
}

static void test_update_after_update(void **context) {
    (void)context;
    struct life life = one_device();
    life.config.board.images[1].next = 2;
    expect(&life, UPDATE " " CONFIRM " " FETCH " " CONFIRM " idle", 2);
}

static void test_bad_update(void **context) {
    (void)context;
    struct life life = one_device();
    life.config.board.images[1].firmware = CP_FIRMWARE_BAD;
    expect(&life, UPDATE " swap reset revert idle", 0);
    life = two_devices();
    life.config.board.images[1].firmware = CP_FIRMWARE_HANGS;
    expect(&life, UPDATE " swap hang revert idle", 0);
}

static void test_retry_after_revert(void **context) {
    (void)context;
    struct life life = one_device();
    life.config.board.images[1].firmware = CP_FIRMWARE_EITHER;
    life.config.board.after_revert = CP_AFTER_REVERT_RETRY;
    life.answers[0] = 1;
    expect(&life, UPDATE " swap reset revert " FETCH " " CONFIRM " idle", 1);
    assert_int_equal(life.answer_count, 2);
}

static void test_dfu_mode(void **context) {
    (void)context;
    struct life life = one_device();
    life.config.board.detach = true;
    expect(&life, "boot detach detached reset dfu idle", 0); // nobody there
    life = one_device();
    life.config.board.detach = true;
    life.config.board.dfu_host_present = true;
    expect(&life, "boot detach detached reset dfu " FETCH " " CONFIRM " idle", 1);
}

static void test_no_download(void **context) {
    (void)context;
    struct life life = one_device();
    life.config.board.download = CP_DOWNLOAD_NONE;
    expect(&life, "boot idle", 0); // DFU is empty

    life = one_device();
    life.config.board.download = CP_DOWNLOAD_NONE;
    begin(&life);
    put_image(&life, CP_AREA_DFU, 1);
    live(&life);
    assert_string_equal(life.log, "boot request requested reset " CONFIRM " idle");
    assert_int_equal(active_image(&life), 1);
    cp_machine_destroy(life.machine);
}

static void test_spoiled_download(void **context) {
    (void)context;
    struct life life = one_device();
    life.spoils_download = true;
    expect(&life, "boot download downloaded reset " UPDATE " " CONFIRM " idle", 1);
}

// Each size of buffer that the program has, and chunks that divide nothing.
static void test_buffer_and_chunk_sizes(void **context) {
    (void)context;
    const uint32_t buffers[] = {4, 64, 128, 512};
    const uint32_t chunks[] = {4, 60, 100, 512, 2000, 4096, 8192};
    for (size_t i = 0; i < 4; i++) {
        for (size_t j = 0; j < 7; j++) {
            struct life life = one_device();
            life.config.board.buffer_size_bytes = buffers[i];
            life.config.board.chunk_size_bytes = chunks[j];
            expect(&life, UPDATE " " CONFIRM " idle", 1);
        }
    }
}

static void expect_panic(struct life *life, const char *log, int error) {
    begin(life);
    live(life);
    assert_string_equal(life->log, log);
    assert_int_equal(life->panic, error);
    cp_machine_destroy(life->machine);
}

static void test_panics(void **context) {
    (void)context;
    const char *const not_formats[] = {NULL, "", "see", "seeds", "journals"};
    for (size_t i = 0; i < 5; i++) {
        struct life life = one_device();
        life.config.board.format = not_formats[i];
        expect_panic(&life, "panic", CP_ERR_ARGUMENT);
    }
    struct life life = one_device();
    life.config.board.buffer_size_bytes = 16384;
    expect_panic(&life, "panic", CP_ERR_ARGUMENT);
    life = one_device();
    life.config.board.areas[CP_AREA_STATE].device = 2;
    expect_panic(&life, "panic", CP_ERR_ARGUMENT);
    life = one_device();
    life.config.board.areas[CP_AREA_DFU].size_bytes = IMAGE_BYTES;
    expect_panic(&life, "panic", CP_ERR_LAYOUT);
    life = one_device();
    life.config.board.chunk_size_bytes = 0;
    expect_panic(&life, "boot download panic", CP_ERR_ARGUMENT);
    life = one_device();
    life.config.board.chunk_size_bytes = 6;
    expect_panic(&life, "boot download panic", CP_ERR_ALIGNMENT);
}

// A prover stops where a boot rejoins one it has seen. So a boot that resumes
// must become the same as one that was never cut, in every byte of RAM, before
// it has done more than one step again; otherwise each cut costs a whole swap.
static struct cp_hash moment(const struct life *life) {
    struct cp_hash hash = cp_machine_volatile_hash(life->machine);
    for (uint32_t i = 0; i < life->config.device_count; i++) {
        hash = cp_hash_add(hash, life->machine->devices[i].nor.hash);
    }
    return hash;
}

// Boot and do at most op_max operations, keeping the moment before each.
static uint32_t boot_ops(struct life *life, struct cp_hash *moments, uint32_t op_max) {
    uint32_t op_count = 0;
    cp_machine_reset(life->machine, true);
    cp_machine_start(life->machine, CP_MODE_BOOTLOADER, 0);
    while (op_count < op_max) {
        const struct cp_event *event = cp_machine_run(life->machine);
        if (event->kind == CP_EVENT_JUMP) {
            break;
        }
        moments[op_count++] = moment(life);
        assert_true(life_apply(life->machine, event));
    }
    return op_count;
}

static void begin_requested(struct life *life) {
    *life = one_device();
    life->config.board.download = CP_DOWNLOAD_NONE;
    begin(life);
    put_image(life, CP_AREA_DFU, 1);
    cp_machine_reset(life->machine, true);
    cp_machine_start(life->machine, CP_MODE_APPLICATION, 0);
    assert_int_equal(run_one(life), CP_EVENT_RESET);
}

static bool holds(const struct cp_hash *moments, uint32_t count, struct cp_hash sought) {
    for (uint32_t i = 0; i < count; i++) {
        if (cp_hash_equal(moments[i], sought)) {
            return true;
        }
    }
    return false;
}

enum { STEP_OPS = 2 + PAGE_BYTES / 4, SWAP_OPS = 2 * PAGE_COUNT * STEP_OPS };

#if defined(__SANITIZE_ADDRESS__)
#define KEEPS_DEAD_VALUES true // frames under a sanitizer remember what no code will read
#else
#define KEEPS_DEAD_VALUES false
#endif

static void test_resumed_boots_rejoin(void **context) {
    (void)context;
    if (KEEPS_DEAD_VALUES) {
        skip();
    }
    static struct cp_hash straight[SWAP_OPS + 1], resumed[SWAP_OPS + 1];
    struct life life;
    begin_requested(&life);
    assert_int_equal(boot_ops(&life, straight, SWAP_OPS + 1), SWAP_OPS);
    cp_machine_destroy(life.machine);
    for (uint32_t cut_at_op = 0; cut_at_op + 2 * STEP_OPS < SWAP_OPS; cut_at_op += 7) {
        begin_requested(&life);
        boot_ops(&life, resumed, cut_at_op);
        // the record of the step, and the erase that begins the next one
        const uint32_t op_count = boot_ops(&life, resumed, STEP_OPS + 1);
        assert_true(holds(straight, SWAP_OPS, resumed[op_count - 1]));
        cp_machine_destroy(life.machine);
    }
}

static void test_program_description(void **context) {
    (void)context;
    assert_int_equal(cp_program.abi, CP_PROGRAM_ABI);
    assert_string_equal(cp_program.name, "cutproof");
    assert_non_null(cp_program.core_hash);
}

int main(void) {
    make_images();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_update),
        cmocka_unit_test(test_update_after_update),
        cmocka_unit_test(test_bad_update),
        cmocka_unit_test(test_retry_after_revert),
        cmocka_unit_test(test_dfu_mode),
        cmocka_unit_test(test_no_download),
        cmocka_unit_test(test_spoiled_download),
        cmocka_unit_test(test_buffer_and_chunk_sizes),
        cmocka_unit_test(test_panics),
        cmocka_unit_test(test_resumed_boots_rejoin),
        cmocka_unit_test(test_program_description),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

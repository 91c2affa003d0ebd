// test_faults_world.c: facts and undo, against counting everything anew.
//
// Random operations, torn ones and reads of what they left undecided among them, are
// done and undone. After each, the facts must be those of the flash as it stands, told by
// comparing bytes; and a walk back must leave every hash, count and ghost as they were.

#include "case_fixture.h"

#include "faults/world.h"

enum { STEPS = 600, DEVICES = 2, PAGES = 8 + 4 };

static uint64_t random_state = 42;

static uint32_t random_below(uint32_t bound) {
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(random_state >> 33) % bound;
}

static void ignore(void *context, enum cp_promise promise, const char *message) {
    (void)promise;
    (void)message;
    ++*(uint32_t *)context;
}

// DFU on a second device with pages of twice the size: two cells a page.
static struct cp_case two_devices(void) {
    struct cp_case made = fixture_case(64, CP_FIRMWARE_GOOD);
    made.devices[1] = *cp_part_find("nvmc-8k");
    made.devices[1].erase_size_bytes = 128;
    made.devices[1].size_bytes = 512;
    made.device_count = DEVICES;
    made.areas[CP_AREA_DFU] = (struct cp_program_area){1, 0, 384};
    made.images[OLD_IMAGE].size_bytes = 100; // its last cell is padded
    made.faults.erase_bit_masks[0] = 0x00FF0000u;
    made.faults.erase_bit_mask_count = 1;
    return made;
}

static void world_of(struct cp_world *world, const struct cp_case *test_case, uint32_t *reports) {
    char error[CP_MESSAGE_MAX];
    assert_int_equal(cp_world_init(world, test_case, &cp_program, error), 0);
    world->promises.report = ignore;
    world->promises.context = reports;
}

// --- the facts by comparing bytes

static void image_cell_bytes(const struct cp_world *world, uint32_t image, uint32_t cell,
                             uint8_t *bytes) {
    const uint32_t size_bytes = world->test_case->images[image].size_bytes;
    for (uint32_t i = 0; i < 64; i++) {
        const uint32_t at = 64 * cell + i;
        bytes[i] = at < size_bytes ? world->image_bytes[image][at] : 0xFF;
    }
}

static bool cell_holds(const struct cp_world *world, enum cp_area area, uint32_t cell,
                       const uint8_t *bytes) {
    const struct cp_program_area *place = &world->test_case->areas[area];
    const struct cp_nor *nor = &world->machine->devices[place->device].nor;
    if (nor->undecided_count[place->offset_bytes / 64 + cell] > 0) {
        return false; // it holds nothing until it is read
    }
    return memcmp((const uint8_t *)nor->words + place->offset_bytes + 64 * cell, bytes, 64) == 0;
}

static bool has_copy(const struct cp_world *world, const uint8_t *bytes) {
    for (int area = CP_AREA_ACTIVE; area <= CP_AREA_DFU; area++) {
        for (uint32_t cell = 0; cell < world->test_case->areas[area].size_bytes / 64; cell++) {
            if (cell_holds(world, (enum cp_area)area, cell, bytes)) {
                return true;
            }
        }
    }
    return false;
}

static void expect_true_facts(const struct cp_world *world) {
    uint8_t active = CP_IMAGE_NONE, bytes[64];
    for (uint32_t image = FIXTURE_IMAGES; image-- > 0;) {
        const uint32_t cells = (world->test_case->images[image].size_bytes + 63) / 64;
        uint32_t missing = 0, matches = 0;
        for (uint32_t cell = 0; cell < cells; cell++) {
            image_cell_bytes(world, image, cell, bytes);
            missing += !has_copy(world, bytes);
            matches += cell_holds(world, CP_AREA_ACTIVE, cell, bytes);
        }
        assert_int_equal(world->facts.missing[image], missing);
        assert_int_equal(world->facts.active_matches[image], matches);
        if (matches == cells) {
            active = (uint8_t)image;
        }
    }
    assert_int_equal(cp_facts_active_image(&world->facts), active);
}

// --- random steps

static void ask_for(struct cp_world *world, enum cp_event_kind kind, enum cp_area area,
                    uint32_t word, uint32_t value) {
    const struct cp_program_area *place = &world->test_case->areas[area];
    world->machine->event = (struct cp_event){.kind = kind,
                                              .device = place->device,
                                              .word = place->offset_bytes / 4 + word,
                                              .word_count = 1,
                                              .words = &world->machine->event.value,
                                              .value = value};
}

static void erase_page(struct cp_world *world, enum cp_area area, uint32_t page) {
    const uint32_t device = world->test_case->areas[area].device;
    ask_for(world, CP_EVENT_ERASE, area,
            page * world->test_case->devices[device].erase_size_bytes / 4, 0);
    world->machine->event.word_count = world->test_case->devices[device].erase_size_bytes / 4;
    assert_non_null(cp_world_operation(world, 0));
}

// Copy a cell of an image to a cell of an area, so that facts come and go.
static void program_cell(struct cp_world *world, enum cp_area area, uint32_t cell, uint32_t image,
                         uint32_t image_cell) {
    uint32_t words[16];
    image_cell_bytes(world, image, image_cell, (uint8_t *)words);
    for (uint32_t i = 0; i < 16; i++) {
        ask_for(world, CP_EVENT_PROGRAM, area, 16 * cell + i, words[i]);
        assert_non_null(cp_world_operation(world, 0));
    }
}

// Undo the newest operation and leave a torn form of it, if it has one.
static void tear_newest(struct cp_world *world) {
    struct cp_entry *entry = &world->entries[world->entry_count - 1];
    if ((entry->kind != CP_ENTRY_PROGRAM && entry->kind != CP_ENTRY_ERASE) || entry->is_undone) {
        return;
    }
    const bool is_erase = entry->kind == CP_ENTRY_ERASE;
    cp_world_undo(world, entry);
    const int torn =
        is_erase ? cp_world_tear_erase(world, entry, random_below(CP_ERASE_TEAR_COUNT + 1))
                 : cp_world_tear_program(world, entry,
                                         (enum cp_program_tear)random_below(CP_PROGRAM_TEAR_COUNT));
    assert_in_range(torn, 0, 1);
}

// Read a word; if it is undecided it, or its page, is decided.
static void read_word(struct cp_world *world, enum cp_area area, uint32_t word) {
    ask_for(world, CP_EVENT_READ, area, word, 0);
    const struct cp_event event = world->machine->event;
    const struct cp_nor *nor = &world->machine->devices[event.device].nor;
    if (!cp_nor_is_open(nor, event.word)) {
        return;
    }
    uint32_t options[CP_PAGE_PLAIN_FORM_COUNT] = {CP_PAGE_ERASED, CP_PAGE_OLD,
                                                  CP_PAGE_EVEN_WORDS_ERASED, CP_PAGE_LAST_WORD_OLD};
    if (cp_world_read_kind(world, &event) != CP_READ_PAGE) {
        const uint32_t low = nor->words[event.word], high = cp_nor_high(nor, event.word);
        options[0] = high;
        options[1] = low;
        options[2] = options[3] = low | (high & 0x00FF00FFu);
    }
    struct cp_entry *entry = cp_world_read(world, options, CP_PAGE_PLAIN_FORM_COUNT);
    assert_non_null(entry);
    cp_world_take_option(world, entry, random_below(CP_PAGE_PLAIN_FORM_COUNT));
    assert_false(cp_nor_is_open(nor, event.word));
}

static void note(struct cp_world *world) {
    const struct cp_ghost before = world->promises.ghost;
    static const enum cp_note notes[] = {CP_NOTE_REQUEST_BEGUN, CP_NOTE_REQUEST_RETURNED,
                                         CP_NOTE_CONFIRM_BEGUN, CP_NOTE_CONFIRM_RETURNED};
    bool ended;
    if (random_below(2) == 0) {
        ended = cp_promises_started(&world->promises, (uint8_t)random_below(FIXTURE_IMAGES));
    } else {
        const enum cp_note told = notes[random_below(4)];
        if (told == CP_NOTE_REQUEST_RETURNED && before.phase != CP_GHOST_REQUEST_BEGUN) {
            return; // an application does not
        }
        ended = cp_promises_note(&world->promises, told, NEW_IMAGE, OLD_IMAGE);
    }
    assert_non_null(cp_world_event(world, CP_ENTRY_MILESTONE, before, ended));
}

static void random_step(struct cp_world *world) {
    const enum cp_area area = random_below(2) == 0 ? CP_AREA_ACTIVE : CP_AREA_DFU;
    switch (random_below(6)) {
    case 0: erase_page(world, area, random_below(2)); break;
    case 1:
        ask_for(world, CP_EVENT_PROGRAM, area, random_below(32), random_below(UINT32_MAX));
        assert_non_null(cp_world_operation(world, 0));
        break;
    case 2:
        erase_page(world, area, random_below(2));
        program_cell(world, area, random_below(2), random_below(2), random_below(2));
        break;
    case 3: note(world); break;
    case 4: read_word(world, area, random_below(32)); break;
    default:
        if (world->entry_count > 0) {
            tear_newest(world);
        }
        break;
    }
}

static void test_facts_are_true(void **state) {
    (void)state;
    for (int variant = 0; variant < 2; variant++) {
        const struct cp_case test_case =
            variant == 0 ? fixture_case(64, CP_FIRMWARE_GOOD) : two_devices();
        uint32_t reports = 0, with_image = 0;
        struct cp_world world;
        world_of(&world, &test_case, &reports);
        expect_true_facts(&world);
        assert_int_equal(cp_facts_active_image(&world.facts), OLD_IMAGE);
        for (uint32_t i = 0; i < STEPS; i++) {
            random_step(&world);
            expect_true_facts(&world);
        }
        for (uint32_t image = 0; image < FIXTURE_IMAGES; image++) {
            erase_page(&world, CP_AREA_ACTIVE, 0);
            erase_page(&world, CP_AREA_ACTIVE, 1);
            program_cell(&world, CP_AREA_ACTIVE, 0, image, 0);
            program_cell(&world, CP_AREA_ACTIVE, 1, image, 1);
            expect_true_facts(&world);
            with_image += cp_facts_active_image(&world.facts) == image;
        }
        assert_int_equal(with_image, FIXTURE_IMAGES);
        assert_true(reports > 0); // pieces were lost on the way
        cp_world_free(&world);
    }
}

// --- undo

struct picture {
    struct cp_hash hash;
    struct cp_ghost ghost;
    uint32_t missing[CP_IMAGES_MAX], matches[CP_IMAGES_MAX];
    uint64_t wear_hash;
    uint8_t levels[PAGES];
    uint16_t erases[PAGES];
    uint32_t words[DEVICES][128], highs[DEVICES][128];
    uint8_t programs[DEVICES][128];
};

static void take_picture(const struct cp_world *world, struct picture *picture) {
    memset(picture, 0, sizeof(*picture));
    picture->hash = cp_world_hash(world);
    picture->ghost = world->promises.ghost;
    picture->wear_hash = world->wear.hash;
    memcpy(picture->levels, world->wear.levels, PAGES);
    memcpy(picture->erases, world->wear.erases, sizeof(picture->erases));
    memcpy(picture->missing, world->facts.missing, sizeof(picture->missing));
    memcpy(picture->matches, world->facts.active_matches, sizeof(picture->matches));
    for (uint32_t i = 0; i < world->test_case->device_count; i++) {
        const struct cp_nor *nor = &world->machine->devices[i].nor;
        memcpy(picture->words[i], nor->words, nor->size_bytes);
        memcpy(picture->programs[i], nor->programs, nor->size_bytes / 4);
        for (uint32_t word = 0; word < nor->size_bytes / 4; word++) {
            picture->highs[i][word] = cp_nor_high(nor, word);
        }
    }
}

static void expect_picture(const struct cp_world *world, const struct picture *expected) {
    struct picture now;
    take_picture(world, &now);
    assert_memory_equal(&now, expected, sizeof(now));
}

static void step_back(struct cp_world *world) {
    struct cp_entry *entry = &world->entries[world->entry_count - 1];
    if (!entry->is_undone) {
        cp_world_undo(world, entry);
    }
    cp_world_pop(world);
}

static void test_undo_restores_all(void **state) {
    (void)state;
    enum { ROUNDS = 40, LENGTH = 30 };
    static struct picture pictures[LENGTH + 1];
    size_t counts[LENGTH + 1];
    const struct cp_case test_case = two_devices();
    uint32_t reports = 0;
    struct cp_world world;
    world_of(&world, &test_case, &reports);
    struct picture first;
    take_picture(&world, &first);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        const uint32_t length = 1 + random_below(LENGTH);
        for (uint32_t i = 0; i < length; i++) {
            take_picture(&world, &pictures[i]);
            counts[i] = world.entry_count;
            random_step(&world);
        }
        const uint32_t back_to = random_below(length);
        while (world.entry_count > counts[back_to]) {
            step_back(&world);
        }
        // A step that tore the operation before it has undone that one as well.
        if (world.entry_count == 0 || !world.entries[world.entry_count - 1].is_undone) {
            expect_picture(&world, &pictures[back_to]);
        }
        expect_true_facts(&world);
    }
    while (world.entry_count > 0) {
        step_back(&world);
    }
    assert_int_equal(world.pool_size, 0);
    expect_picture(&world, &first);
    cp_world_free(&world);
}

// Of what a torn form leaves, none is what was there before or what a whole one leaves.
static void test_torn_forms_are_new(void **state) {
    (void)state;
    const struct cp_case test_case = two_devices();
    uint32_t reports = 0, forms = 0;
    struct cp_world world;
    world_of(&world, &test_case, &reports);
    for (uint32_t tear = 0; tear < CP_ERASE_TEAR_COUNT + 1; tear++) {
        const struct cp_hash before = cp_world_hash(&world);
        erase_page(&world, CP_AREA_DFU, 0);
        const struct cp_hash after = cp_world_hash(&world);
        struct cp_entry *entry = &world.entries[world.entry_count - 1];
        cp_world_undo(&world, entry);
        assert_true(cp_hash_equal(cp_world_hash(&world), before));
        if (cp_world_tear_erase(&world, entry, tear) == 1) {
            forms++;
            assert_false(cp_hash_equal(cp_world_hash(&world), before));
            assert_false(cp_hash_equal(cp_world_hash(&world), after));
            step_back(&world);
        }
        assert_true(cp_hash_equal(cp_world_hash(&world), before));
        step_back(&world);
    }
    assert_int_equal(forms, CP_ERASE_TEAR_COUNT + 1);
    cp_world_free(&world);
}

// Programs are counted to the part's limit and no further.
static void test_counts_saturate(void **state) {
    (void)state;
    const struct cp_case test_case = fixture_case(64, CP_FIRMWARE_GOOD);
    uint32_t reports = 0;
    struct cp_world world;
    world_of(&world, &test_case, &reports);
    struct cp_hash hashes[4];
    for (uint32_t i = 0; i < 4; i++) {
        hashes[i] = cp_world_hash(&world);
        ask_for(&world, CP_EVENT_PROGRAM, CP_AREA_STATE, 3, UINT32_MAX);
        assert_non_null(cp_world_operation(&world, 0));
    }
    assert_false(cp_hash_equal(hashes[0], hashes[1]));
    assert_false(cp_hash_equal(hashes[1], hashes[2]));
    assert_true(cp_hash_equal(hashes[2], hashes[3])); // two programs are the limit
    cp_world_free(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_facts_are_true),
        cmocka_unit_test(test_undo_restores_all),
        cmocka_unit_test(test_torn_forms_are_new),
        cmocka_unit_test(test_counts_saturate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

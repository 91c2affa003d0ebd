// test_scenarios_load.c: a good file gives exactly the case it describes.

#include "test_scenarios_text.h"

static struct cp_case_list load_good(const char *path) {
    struct cp_case_list list = {0};
    assert_int_equal(cp_scenarios_load(path, &list, stderr), 0);
    return list;
}

static void check_area(const struct cp_program_area *area, uint32_t device, uint32_t offset,
                       uint32_t size) {
    assert_int_equal(area->device, device);
    assert_int_equal(area->offset_bytes, offset);
    assert_int_equal(area->size_bytes, size);
}

static void machine_of_plain(void **state) {
    (void)state;
    struct cp_case_list list = load_good(PLAIN);
    assert_int_equal(list.count, 1);
    const struct cp_case *c = &list.cases[0];
    assert_string_equal(c->name, "samples/plain");
    assert_string_equal(c->file, PLAIN);
    assert_int_equal(c->line, 2);
    assert_string_equal(c->format, "seed");
    assert_int_equal(c->device_count, 1);
    assert_string_equal(c->devices[0].name, "nrf52840");
    assert_int_equal(c->devices[0].size_bytes, 1024 * 1024);
    assert_int_equal(c->devices[0].programs_per_word, 1);
    assert_int_equal(c->devices[0].program_time_us, 50);
    assert_int_equal(c->devices[0].erase_time_us, 90000);
    check_area(&c->areas[CP_AREA_BOOTLOADER], 0, 0, 24 * 1024);
    check_area(&c->areas[CP_AREA_STATE], 0, 0x6000, 4096);
    check_area(&c->areas[CP_AREA_ACTIVE], 0, 0x7000, 65536);
    check_area(&c->areas[CP_AREA_DFU], 0, 0x17000, 68 * 1024);
    assert_int_equal(c->buffer_size_bytes, 64);
    cp_case_list_free(&list);
}

static void script_of_plain(void **state) {
    (void)state;
    struct cp_case_list list = load_good(PLAIN);
    const struct cp_case *c = &list.cases[0];
    assert_int_equal(c->image_count, 2);
    assert_string_equal(c->images[0].name, "old");
    assert_int_equal(c->images[0].size_bytes, 65536);
    assert_int_equal(c->images[0].seed, 1);
    assert_int_equal(c->images[0].firmware, CP_FIRMWARE_GOOD);
    assert_int_equal(c->images[0].next, 1);
    assert_int_equal(c->images[1].seed, 77);
    assert_int_equal(c->images[1].size_bytes, 60 * 1024);
    assert_int_equal(c->images[1].firmware, CP_FIRMWARE_BAD);
    assert_int_equal(c->images[1].next, CP_IMAGE_NONE);
    assert_int_equal(c->start_image, 0);
    assert_int_equal(c->dfu_image, 1);
    assert_int_equal(c->chunk_size_bytes, 256);
    assert_int_equal(c->download, CP_DOWNLOAD_NONE);
    assert_int_equal(c->after_revert, CP_AFTER_REVERT_STOP);
    assert_false(c->detach);
    assert_true(c->dfu_host_present);
    cp_case_list_free(&list);
}

static void claims_of_plain(void **state) {
    (void)state;
    struct cp_case_list list = load_good(PLAIN);
    const struct cp_case *c = &list.cases[0];
    assert_true(c->faults.cut);
    assert_int_equal(c->faults.cut_phases, 1u << CP_PHASE_BOOTLOADER);
    assert_int_equal(c->faults.program_tears,
                     1u << CP_TEAR_BYTES_1 | 1u << CP_TEAR_HIGHEST_BIT_MISSING);
    assert_int_equal(c->faults.erase_tears, 1u << CP_TEAR_FIRST_HALF);
    assert_int_equal(c->faults.torn_areas, 1u << CP_AREA_STATE | 1u << CP_AREA_DFU);
    assert_int_equal(c->faults.erase_bit_mask_count, 1);
    assert_int_equal(c->faults.erase_bit_masks[0], 0x20202020);
    assert_int_equal(c->bounds.cuts_max, 3);
    assert_int_equal(c->bounds.torn_max, CP_UNLIMITED);
    assert_int_equal(c->bounds.states_max, CP_UNLIMITED);
    assert_int_equal(c->bounds.seconds_max, 60);
    assert_int_equal(c->promises, 1u << CP_PROMISE_BOOTABLE | 1u << CP_PROMISE_TELLS_TRUTH);
    assert_int_equal(c->erases_per_update_max, 3);
    assert_int_equal(c->expect.verdict, CP_VERDICT_VIOLATED);
    assert_int_equal(c->expect.violates, 1u << CP_PROMISE_TELLS_TRUTH);
    assert_string_equal(c->expect.because, "H1: a torn magic word reads as another one.");
    assert_int_equal(c->expect.states_min, 1000);
    cp_case_list_free(&list);
}

static void combinations_of_matrix(void **state) {
    (void)state;
    struct cp_case_list list = load_good(MATRIX);
    assert_int_equal(list.count, 6);
    assert_string_equal(list.cases[0].name,
                        "samples/matrix[layout.buffer=4B,images.new.firmware=good]");
    assert_string_equal(list.cases[5].name,
                        "samples/matrix[layout.buffer=8KiB,images.new.firmware=either]");
    for (uint32_t i = 0; i < 6; i++) {
        static const enum cp_firmware firmware[3] = {CP_FIRMWARE_GOOD, CP_FIRMWARE_HANGS,
                                                     CP_FIRMWARE_EITHER};
        assert_int_equal(list.cases[i].buffer_size_bytes, i < 3 ? 4 : 8192);
        assert_int_equal(list.cases[i].images[1].firmware, firmware[i % 3]);
        assert_int_equal(list.cases[i].images[2].firmware, CP_FIRMWARE_GOOD);
    }
    cp_case_list_free(&list);
}

static void rest_of_matrix(void **state) {
    (void)state;
    struct cp_case_list list = load_good(MATRIX);
    const struct cp_case *c = &list.cases[0];
    assert_int_equal(c->device_count, 2);
    assert_string_equal(c->devices[1].name, "nvmc-8k");
    check_area(&c->areas[CP_AREA_STATE], 0, 0x6000, 4096);
    check_area(&c->areas[CP_AREA_DFU], 1, 0, 40 * 1024);
    assert_int_equal(c->images[0].next, 1);
    assert_int_equal(c->images[1].next, 2);
    assert_int_equal(c->images[2].next, CP_IMAGE_NONE);
    assert_int_equal(c->images[2].seed, 3);
    assert_int_equal(c->dfu_image, CP_IMAGE_NONE);
    assert_int_equal(c->download, CP_DOWNLOAD_AS_IT_GOES);
    assert_int_equal(c->chunk_size_bytes, 1024);
    assert_int_equal(c->after_revert, CP_AFTER_REVERT_RETRY);
    assert_true(c->detach);
    assert_false(c->dfu_host_present);
    assert_false(c->faults.cut);
    assert_int_equal(c->faults.cut_phases, (1u << CP_PHASE_COUNT) - 1u);
    assert_int_equal(c->faults.program_tears, (1u << CP_PROGRAM_SHAPE_COUNT) - 1u);
    assert_int_equal(c->faults.erase_tears, (1u << CP_ERASE_SHAPE_COUNT) - 1u);
    assert_int_equal(c->faults.torn_areas,
                     1u << CP_AREA_STATE | 1u << CP_AREA_ACTIVE | 1u << CP_AREA_DFU);
    assert_int_equal(c->bounds.cuts_max, CP_UNLIMITED);
    assert_int_equal(c->bounds.seconds_max, 600);
    assert_int_equal(c->promises, (1u << CP_PROMISE_COUNT) - 1u);
    assert_int_equal(c->erases_per_update_max, 5);
    assert_int_equal(c->expect.verdict, CP_VERDICT_BOUNDED);
    assert_int_equal(c->expect.states_min, 1);
    cp_case_list_free(&list);
}

// A combination may give a key the file does not have, below a mapping it does
// not have either.
static void matrix_makes_a_section(void **state) {
    (void)state;
    char *good = text_of(PLAIN);
    char *less = text_with(good, "explore: {cuts: 3, time: 60s}",
                           "matrix: {explore.cuts: [1, unlimited],"
                           " faults.torn_erase: [none, all]}");
    struct loaded loaded = load_text(less);
    assert_int_equal(loaded.error_count, 0);
    assert_int_equal(loaded.list.count, 4);
    assert_int_equal(loaded.list.cases[0].bounds.cuts_max, 1);
    assert_int_equal(loaded.list.cases[2].bounds.cuts_max, CP_UNLIMITED);
    assert_int_equal(loaded.list.cases[0].faults.erase_tears, 0);
    assert_int_equal(loaded.list.cases[0].faults.erase_bit_mask_count, 0);
    assert_int_equal(loaded.list.cases[1].faults.erase_tears, (1u << CP_ERASE_SHAPE_COUNT) - 1u);
    unload(&loaded);
    free(less);
    free(good);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(machine_of_plain), cmocka_unit_test(script_of_plain),
        cmocka_unit_test(claims_of_plain),  cmocka_unit_test(combinations_of_matrix),
        cmocka_unit_test(rest_of_matrix),   cmocka_unit_test(matrix_makes_a_section),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

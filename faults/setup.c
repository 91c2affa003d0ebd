// setup.c: see setup.h.

#include "faults/setup.h"

#include "faults/signed_image.h"
#include "faults/signer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOISE_SEED ((uint64_t)1 << 40) // no image of a scenario has it

static void fill(uint8_t *bytes, uint32_t size_bytes, uint64_t seed) {
    for (uint32_t i = 0; i < size_bytes; i++) {
        // One hash for each eight bytes; no two pages come out alike.
        struct cp_hash mixed = cp_hash_pair(seed, i / 8);
        bytes[i] = (uint8_t)(mixed.low >> (8 * (i % 8)));
    }
}

// The key of the cases' bootloader, and somebody else's. They protect nothing.
static const uint8_t key_seed[32] = "cutproof: the key of all cases";
static const uint8_t foreign_key_seed[32] = "cutproof: somebody else's key";

const uint8_t *cp_setup_public_key(void) {
    static uint8_t key[CP_PUBLIC_KEY_SIZE_BYTES];
    cp_sign_public_key(key_seed, key);
    return key;
}

// The end of the image becomes a manifest and a signature, if it is to have one.
static void sign(const struct cp_image *image, uint8_t *bytes) {
    const struct cp_manifest manifest = {.security_counter = image->security_counter};
    if (image->signature == CP_SIGNATURE_MISSING || image->size_bytes <= CP_TRAILER_SIZE_BYTES) {
        return;
    }
    bool is_foreign = image->signature == CP_SIGNATURE_FOREIGN_KEY;
    cp_signed_image_make(bytes, image->size_bytes - CP_TRAILER_SIZE_BYTES, 1, manifest,
                         is_foreign ? foreign_key_seed : key_seed);
    if (image->signature == CP_SIGNATURE_BIT_FLIPPED) {
        bytes[0] ^= 1u;
    }
    if (image->signature == CP_SIGNATURE_CUT_OFF) {
        bytes[image->size_bytes - 1] = 0xFF; // of no signature: its second half is a number
    }                                        // below the order of the curve
}

// As much of the file as the image has room for; what is left is as erased. It was looked at
// when the scenario was read, so that it is there and fits.
static int fill_from_file(const struct cp_image *image, uint8_t erase_value, uint8_t *bytes) {
    FILE *file = fopen(image->file, "rb");
    if (!file) {
        return -1;
    }
    memset(bytes, erase_value, image->size_bytes);
    size_t read_bytes = fread(bytes, 1, image->size_bytes, file);
    bool is_read = !ferror(file) && read_bytes > 0;
    fclose(file);
    return is_read ? 0 : -1;
}

static int make_image(const struct cp_case *test_case, uint32_t index, uint8_t *bytes) {
    const struct cp_image *image = &test_case->images[index];
    uint8_t erase_value = test_case->devices[test_case->areas[CP_AREA_ACTIVE].device].erase_value;
    if (!image->file) {
        fill(bytes, image->size_bytes, image->seed);
    } else if (fill_from_file(image, erase_value, bytes)) {
        return -1;
    }
    if (test_case->is_signed) {
        sign(image, bytes);
    }
    return 0;
}

int cp_setup_images(const struct cp_case *test_case, uint8_t *images[CP_IMAGES_MAX]) {
    memset(images, 0, CP_IMAGES_MAX * sizeof(images[0]));
    for (uint32_t i = 0; i < test_case->image_count; i++) {
        images[i] = malloc(test_case->images[i].size_bytes);
        if (!images[i] || make_image(test_case, i, images[i])) {
            cp_setup_free_images(images);
            return -1;
        }
    }
    return 0;
}

void cp_setup_free_images(uint8_t *images[CP_IMAGES_MAX]) {
    for (uint32_t i = 0; i < CP_IMAGES_MAX; i++) {
        free(images[i]);
        images[i] = NULL;
    }
}

static void make_board(const struct cp_case *test_case, struct cp_program_board *board) {
    for (uint32_t i = 0; i < test_case->device_count; i++) {
        board->devices[i] = cp_part_describe(&test_case->devices[i]);
    }
    memcpy(board->areas, test_case->areas, sizeof(board->areas));
    for (uint32_t i = 0; i < CP_IMAGES_MAX; i++) {
        const struct cp_image *image = &test_case->images[i];
        board->images[i] =
            (struct cp_program_image){image->size_bytes, image->firmware, image->next};
        board->image_files[i] = image->file;
    }
    board->firmware = test_case->firmware;
    board->buffer_size_bytes = test_case->buffer_size_bytes;
    board->chunk_size_bytes = test_case->chunk_size_bytes;
    board->format = test_case->format;
    board->download = test_case->download;
    board->after_revert = test_case->after_revert;
    board->is_direct = test_case->is_direct;
    board->detach = test_case->detach;
    board->dfu_host_present = test_case->dfu_host_present;
    board->dfu_mode_times_out = test_case->dfu_mode_times_out;
    board->trial_attempts = test_case->trial_attempts;
    board->public_key = test_case->is_signed ? cp_setup_public_key() : NULL;
    board->refuses_downgrades = test_case->has_rollback_protection;
    board->security_counter_min = test_case->images[test_case->start_image].security_counter;
    board->verifies_each_boot = test_case->verifies_each_boot;
    board->application_verifies = test_case->application_verifies;
}

static uint32_t common_divisor(uint32_t a, uint32_t b) {
    while (b != 0) {
        uint32_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

// Cells are of one size on all devices, and no page or hole has a part of one.
static uint32_t cell_size_bytes(const struct cp_case *test_case) {
    uint32_t size_bytes = 0;
    for (uint32_t i = 0; i < test_case->device_count; i++) {
        const struct cp_part *part = &test_case->devices[i];
        size_bytes = common_divisor(size_bytes, part->erase_size_bytes);
        for (uint32_t region = 0; region < part->region_count; region++) {
            size_bytes = common_divisor(size_bytes, part->regions[region].erase_size_bytes);
            size_bytes = common_divisor(size_bytes, part->regions[region].size_bytes);
        }
    }
    return size_bytes;
}

static void install(struct cp_machine *machine, enum cp_area area, const uint8_t *bytes,
                    uint32_t size_bytes) {
    const struct cp_program_area *place = &machine->config.board.areas[area];
    struct cp_nor *nor = &machine->devices[place->device].nor;
    for (uint32_t offset_bytes = 0; offset_bytes < size_bytes; offset_bytes += 4) {
        uint32_t value;
        memcpy(&value, bytes + offset_bytes, 4);
        cp_nor_set_word(nor, (place->offset_bytes + offset_bytes) / 4, value ^ nor->inversion, 1);
    }
}

static bool has_factory(const struct cp_case *test_case) {
    return test_case->areas[CP_AREA_FACTORY].size_bytes > 0;
}

// All of an area holds nothing but noise.
static int fill_with_noise(struct cp_machine *machine, enum cp_area area) {
    uint32_t size_bytes = machine->config.board.areas[area].size_bytes;
    uint8_t *noise = malloc(size_bytes);
    if (!noise) {
        return -1;
    }
    fill(noise, size_bytes, NOISE_SEED + (uint64_t)area);
    install(machine, area, noise, size_bytes);
    free(noise);
    return 0;
}

static int damage(struct cp_machine *machine, const struct cp_case *test_case) {
    if ((test_case->damaged & CP_DAMAGED_ACTIVE) != 0 && fill_with_noise(machine, CP_AREA_ACTIVE)) {
        return -1;
    }
    return (test_case->damaged & CP_DAMAGED_STATE) != 0 ? fill_with_noise(machine, CP_AREA_STATE)
                                                        : 0;
}

static uint32_t fates_of(const struct cp_fault_model *faults) {
    uint32_t fates = 0;
    if ((faults->operation_errors >> CP_ERROR_REPORTED & 1u) != 0) {
        fates |= 1u << CP_FATE_REPORTED_NOTHING | 1u << CP_FATE_REPORTED_SOME;
    }
    if ((faults->operation_errors >> CP_ERROR_SILENT & 1u) != 0) {
        fates |= 1u << CP_FATE_SILENT_NOTHING | 1u << CP_FATE_SILENT_SOME;
    }
    if (faults->external_dies) {
        fates |= 1u << CP_FATE_DIES_NOTHING | 1u << CP_FATE_DIES_SOME;
    }
    return fates;
}

struct cp_machine *cp_setup_machine(const struct cp_case *test_case,
                                    const struct cp_program *program,
                                    uint8_t *const images[CP_IMAGES_MAX], char *error) {
    struct cp_machine_config config = {.device_count = test_case->device_count,
                                       .cell_size_bytes = cell_size_bytes(test_case),
                                       .program = program,
                                       .fates = fates_of(&test_case->faults),
                                       .watchdog_us = test_case->watchdog_us,
                                       .error_areas = test_case->faults.torn_areas};
    memcpy(config.devices, test_case->devices, sizeof(config.devices));
    for (uint32_t i = 0; i < CP_IMAGES_MAX; i++) {
        config.images[i] = images[i];
    }
    make_board(test_case, &config.board);
    struct cp_machine *machine = cp_machine_create(&config, error);
    if (!machine) {
        return NULL;
    }
    if ((test_case->damaged & CP_DAMAGED_ACTIVE) == 0) {
        install(machine, CP_AREA_ACTIVE, images[test_case->start_image],
                test_case->images[test_case->start_image].size_bytes);
    }
    if (has_factory(test_case)) {
        install(machine, CP_AREA_FACTORY, images[test_case->factory_image],
                test_case->images[test_case->factory_image].size_bytes);
    }
    if (test_case->dfu_image != CP_IMAGE_NONE) {
        install(machine, CP_AREA_DFU, images[test_case->dfu_image],
                test_case->images[test_case->dfu_image].size_bytes);
    }
    if (damage(machine, test_case)) {
        snprintf(error, CP_EVENT_MESSAGE_MAX, "out of memory");
        cp_machine_destroy(machine);
        return NULL;
    }
    return machine;
}

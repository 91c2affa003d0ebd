// images.c: the images of a case.

#include "scenarios/images.h"

#include "scenarios/check.h"
#include "scenarios/image_file.h"
#include "scenarios/layout.h"
#include "scenarios/suggest.h"
#include "scenarios/value.h"

#include <stdio.h>
#include <string.h>

static void image_path(char path[64], const struct cp_image *image, const char *key) {
    snprintf(path, 64, "images.%s.%s", image->name, key);
}

// The largest that one program of ACTIVE or DFU takes; whole words of the simulator at least.
static uint32_t word_bytes(const struct cp_draft *draft) {
    uint32_t word = 4;
    for (uint32_t area = CP_AREA_ACTIVE; area <= CP_AREA_DFU; area++) {
        uint32_t size = cp_draft_device_of(draft, (enum cp_area)area)->write_size_bytes;
        word = draft->area_known[area] && size > word ? size : word;
    }
    return word;
}

static void check_size(struct cp_draft *draft, const struct cp_image *image) {
    char path[64], text[CP_VALUE_TEXT_MAX];
    image_path(path, image, "size");
    struct cp_mark place = cp_read_place(draft, path);
    enum cp_area area = image->slot;
    uint32_t area_bytes = draft->out->areas[area].size_bytes;
    if (draft->area_known[area] && image->size_bytes > area_bytes) {
        cp_report_add(draft->report, place, "image '%s' is larger than '%s'", image->name,
                      cp_area_name(area));
        cp_report_help(draft->report, "'%s' has %s", cp_area_name(area),
                       cp_size_text(text, area_bytes));
    }
    // The updater programs whole words; a real image is padded to them as well.
    uint32_t word = word_bytes(draft);
    if (image->size_bytes % word != 0) {
        cp_report_add(draft->report, place, "the size of image '%s' is not whole words",
                      image->name);
        cp_report_help(draft->report, "words are %uB", word);
    }
}

// Equal seeds give equal beginnings, and the prover could not tell the images apart.
static void check_seed(struct cp_draft *draft, const struct cp_image *image) {
    char path[64];
    for (const struct cp_image *other = draft->out->images; other != image; other++) {
        if (other->seed == image->seed) {
            bool is_of_file = image->file != NULL;
            image_path(path, image, is_of_file ? "file" : "seed");
            cp_report_add(draft->report, cp_read_place(draft, path),
                          "images '%s' and '%s' have the same %s", other->name, image->name,
                          is_of_file ? "content" : "seed");
            cp_report_help(draft->report,
                           is_of_file ? "the prover could not tell them apart"
                                      : "without a seed, an image has its position, from 1");
            return;
        }
    }
}

static void need_signed(struct cp_draft *draft, const struct cp_image *image, const char *key) {
    char path[64];
    image_path(path, image, key);
    if (!draft->out->is_signed && cp_read_has(draft, path)) {
        cp_report_add(draft->report, cp_read_place(draft, path),
                      "'%s' has no meaning without 'signed: true'", key);
        cp_report_help(draft->report, "add the key `security: {signed: true}`");
    }
}

// Manifest and signature of `cutproof/verify.h`, and at least one byte that they are of.
static void check_room_for_signature(struct cp_draft *draft, const struct cp_image *image) {
    enum { TRAILER_BYTES = 96 };
    char path[64];
    image_path(path, image, "size");
    if (draft->out->is_signed && image->size_bytes > 0 && image->size_bytes <= TRAILER_BYTES) {
        cp_report_add(draft->report, cp_read_place(draft, path),
                      "image '%s' has no room for its signature", image->name);
        cp_report_help(draft->report, "it takes %uB at the end of the image", TRAILER_BYTES);
    }
}

static void read_signature(struct cp_draft *draft, struct cp_image *image) {
    char path[64];
    uint32_t signature = CP_SIGNATURE_VALID;
    check_room_for_signature(draft, image);
    need_signed(draft, image, "signature");
    need_signed(draft, image, "security_counter");
    image_path(path, image, "signature");
    cp_read_word(draft, path, &signature);
    image->signature = (enum cp_signature)signature;
    image_path(path, image, "security_counter");
    cp_read_number_32(draft, path, &image->security_counter);
}

static void read_image(struct cp_draft *draft, const char *name) {
    char path[64];
    uint32_t index = draft->out->image_count++, firmware = CP_FIRMWARE_GOOD;
    struct cp_image *image = &draft->out->images[index];
    snprintf(image->name, sizeof image->name, "%s", name);
    image->next = CP_IMAGE_NONE;
    image->seed = index + 1;
    image_path(path, image, "seed");
    cp_read_number(draft, path, &image->seed);
    image_path(path, image, "firmware");
    cp_read_word(draft, path, &firmware);
    image->firmware = (enum cp_firmware)firmware;
    cp_read_slot(draft, image);
    image_path(path, image, "size");
    if (cp_read_number_32(draft, path, &image->size_bytes)) {
        check_size(draft, image);
        cp_read_image_file(draft, image);
    }
    check_seed(draft, image);
    read_signature(draft, image);
}

// A bad name was reported already; where it can serve as a key of a path it is
// kept, so that not every mention of it is an error as well.
static bool can_be_read(const char *name) {
    size_t length = strlen(name);
    return length > 0 && length <= CP_IMAGE_NAME_MAX && strchr(name, '.') == NULL;
}

void cp_decode_images(struct cp_draft *draft) {
    const struct cp_node *map = cp_read_node(draft, "images");
    if (map == NULL || map->kind != CP_NODE_MAP) {
        return;
    }
    for (const struct cp_node *node = map->first; node != NULL; node = node->next) {
        if (can_be_read(node->key->text) && draft->out->image_count < CP_IMAGES_MAX) {
            read_image(draft, node->key->text);
        }
    }
}

static void report_unknown(struct cp_draft *draft, const struct cp_node *node) {
    struct cp_suggestion suggestion = cp_suggest(node->text);
    for (uint32_t i = 0; i < draft->out->image_count; i++) {
        cp_suggest_offer(&suggestion, draft->out->images[i].name);
    }
    cp_report_add(draft->report, node->mark, "unknown image '%.60s'", node->text);
    if (suggestion.best != NULL) {
        cp_report_help(draft->report, "did you mean '%s'?", suggestion.best);
    } else {
        cp_report_help(draft->report, "images are given under the key `images`");
    }
}

uint8_t cp_image_named(struct cp_draft *draft, const struct cp_node *node) {
    for (uint32_t i = 0; i < draft->out->image_count; i++) {
        if (strcmp(draft->out->images[i].name, node->text) == 0) {
            return (uint8_t)i;
        }
    }
    report_unknown(draft, node);
    return CP_IMAGE_NONE;
}

// trail_flash.c: what the flash held after a step, and what its pages are.

#include "faults/trail_internal.h"

#include "faults/state_decode.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int cp_t_init(struct cp_trail *trail, const struct cp_world *world) {
    trail->world = world;
    for (uint32_t i = 0; i < trail->test_case->device_count; i++) {
        struct cp_trail_device *device = &trail->devices[i];
        device->size_bytes = world->machine->devices[i].nor.size_bytes;
        device->bytes = malloc(device->size_bytes);
        device->doubts = malloc(device->size_bytes / 4);
        if (!device->bytes || !device->doubts) {
            return -1;
        }
        cp_t_refresh(trail, i, 0, device->size_bytes / 4);
    }
    cp_t_decode_state(trail);
    trail->active_image = cp_facts_active_image(&world->facts);
    trail->is_ready = true;
    return 0;
}

void cp_t_free(struct cp_trail *trail) {
    for (uint32_t i = 0; i < CP_DEVICES_MAX; i++) {
        free(trail->devices[i].bytes);
        free(trail->devices[i].doubts);
    }
}

void cp_t_refresh(struct cp_trail *trail, uint32_t device, uint32_t first, uint32_t count) {
    const struct cp_nor *nor = &trail->world->machine->devices[device].nor;
    for (uint32_t word = first; word < first + count; word++) {
        uint32_t value = cp_world_plain_word(trail->world, device, word) ^ nor->inversion;
        memcpy(trail->devices[device].bytes + 4 * (size_t)word, &value, sizeof(value));
        trail->devices[device].doubts[word] = nor->undecided[word] != 0;
    }
}

struct cp_page cp_t_page(const struct cp_trail *trail, enum cp_area area, uint32_t page) {
    const struct cp_program_area *place = &trail->test_case->areas[area];
    const struct cp_part *part = &trail->test_case->devices[place->device];
    return cp_part_page_at(part, cp_part_page(part, place->offset_bytes).index + page);
}

static uint32_t page_count(const struct cp_trail *trail, enum cp_area area) {
    const struct cp_program_area *place = &trail->test_case->areas[area];
    const struct cp_part *part = &trail->test_case->devices[place->device];
    if (place->size_bytes == 0) {
        return 0;
    }
    uint32_t last_byte = place->offset_bytes + place->size_bytes - 1;
    return cp_part_page(part, last_byte).index - cp_part_page(part, place->offset_bytes).index + 1;
}

static uint32_t page_size_bytes(const struct cp_trail *trail, enum cp_area area) {
    uint32_t size_bytes = cp_t_page(trail, area, 0).size_bytes;
    for (uint32_t page = 1; page < page_count(trail, area); page++) {
        if (cp_t_page(trail, area, page).size_bytes != size_bytes) {
            return 0;
        }
    }
    return size_bytes;
}

// --- STATE

// The page unit is the larger of the erase sizes of ACTIVE and DFU.
static uint32_t page_unit_count(const struct cp_trail *trail) {
    uint32_t active_bytes = cp_t_page(trail, CP_AREA_ACTIVE, 0).size_bytes;
    uint32_t dfu_bytes = cp_t_page(trail, CP_AREA_DFU, 0).size_bytes;
    uint32_t unit_bytes = active_bytes > dfu_bytes ? active_bytes : dfu_bytes;
    return trail->test_case->areas[CP_AREA_ACTIVE].size_bytes / unit_bytes;
}

void cp_t_decode_state(struct cp_trail *trail) {
    const struct cp_program_area *place = &trail->test_case->areas[CP_AREA_STATE];
    const struct cp_part *part = &trail->test_case->devices[place->device];
    const struct cp_trail_device *device = &trail->devices[place->device];
    const struct cp_state_view view = {
        .format = trail->test_case->format,
        .is_direct = trail->test_case->is_direct,
        .bytes = device->bytes + place->offset_bytes,
        .doubts = device->doubts + place->offset_bytes / 4,
        .size_bytes = place->size_bytes,
        .page_size_bytes = cp_t_page(trail, CP_AREA_STATE, 0).size_bytes,
        .write_size_bytes = part->write_size_bytes,
        .erase_value = part->erase_value,
        .page_unit_count = page_unit_count(trail),
    };
    cp_state_decode(&view, trail->state_says, sizeof(trail->state_says));
}

// --- pages

struct span {
    const uint8_t *bytes;
    uint32_t size_bytes;
    uint8_t erase_value;
};

static bool is_torn(const struct cp_trail_device *device, const struct cp_page *page) {
    return memchr(device->doubts + page->offset_bytes / 4, 1, page->size_bytes / 4) != NULL;
}

// The first byte that is not erased; size_bytes if there is none.
static uint32_t first_written(const struct span *span) {
    uint32_t at = 0;
    while (at < span->size_bytes && span->bytes[at] == span->erase_value) {
        at++;
    }
    return at;
}

enum likeness { UNLIKE, PART, WHOLE };

// The page against what an image has from an offset on; behind its end it is erased.
static enum likeness compare(const struct span *span, const uint8_t *image, uint32_t image_bytes,
                             uint32_t offset_bytes, uint32_t from) {
    bool is_whole = true;
    for (uint32_t at = from; at < span->size_bytes; at++) {
        uint32_t place = offset_bytes + at;
        uint8_t wanted = place < image_bytes ? image[place] : span->erase_value;
        if (span->bytes[at] == wanted) {
            continue;
        }
        if (span->bytes[at] != span->erase_value) {
            return UNLIKE;
        }
        is_whole = false;
    }
    // What is erased before `from` is so in the image as well, or is still to come.
    for (uint32_t at = 0; at < from && is_whole; at++) {
        uint32_t place = offset_bytes + at;
        is_whole = place >= image_bytes || image[place] == span->erase_value;
    }
    return is_whole ? WHOLE : PART;
}

// What the page is of an image, seen as its page of that index.
static enum likeness compare_page(const struct cp_trail *trail, const struct span *span,
                                  enum cp_area area, uint32_t image, uint32_t page, uint32_t from) {
    uint32_t image_bytes = trail->test_case->images[image].size_bytes;
    struct cp_page place = cp_t_page(trail, area, page);
    uint32_t offset_bytes = place.offset_bytes - trail->test_case->areas[area].offset_bytes;
    if (place.size_bytes != span->size_bytes || offset_bytes >= image_bytes) {
        return UNLIKE;
    }
    return compare(span, trail->world->image_bytes[image], image_bytes, offset_bytes, from);
}

static void say_likeness(const struct cp_trail *trail, enum likeness likeness, uint32_t image,
                         bool is_own_page, uint32_t page, char holds[CP_HOLDS_MAX]) {
    const char *name = trail->test_case->images[image].name;
    if (likeness == PART) {
        snprintf(holds, CP_HOLDS_MAX, "part of %s", name);
    } else if (is_own_page) {
        snprintf(holds, CP_HOLDS_MAX, "%s", name);
    } else {
        snprintf(holds, CP_HOLDS_MAX, "%s[%u]", name, (unsigned)page);
    }
}

// Of which image is it that page? A whole page comes before a part of one.
static uint32_t image_of_page(const struct cp_trail *trail, const struct span *span,
                              enum cp_area area, uint32_t page, uint32_t from,
                              enum likeness *likeness) {
    const uint32_t image_count = trail->test_case->image_count;
    uint32_t part = image_count;
    for (uint32_t image = 0; image < image_count; image++) {
        *likeness = compare_page(trail, span, area, image, page, from);
        if (*likeness == WHOLE) {
            return image;
        }
        part = *likeness == PART && part == image_count ? image : part;
    }
    *likeness = part < image_count ? PART : UNLIKE;
    return part;
}

// The page of that index comes first, then any.
static bool is_of_image(const struct cp_trail *trail, const struct span *span, enum cp_area area,
                        uint32_t page, uint32_t from, char holds[CP_HOLDS_MAX]) {
    const uint32_t pages = page_count(trail, area);
    for (uint32_t i = 0; i < pages; i++) {
        enum likeness likeness;
        uint32_t candidate = (page + i) % pages;
        uint32_t image = image_of_page(trail, span, area, candidate, from, &likeness);
        if (likeness != UNLIKE) {
            say_likeness(trail, likeness, image, i == 0, candidate, holds);
            return true;
        }
    }
    return false;
}

void cp_trail_page_holds(const struct cp_trail *trail, enum cp_area area, uint32_t page,
                         char holds[CP_HOLDS_MAX]) {
    const struct cp_program_area *place = &trail->test_case->areas[area];
    const struct cp_trail_device *device = &trail->devices[place->device];
    struct cp_page at = cp_t_page(trail, area, page);
    const struct span span = {device->bytes + at.offset_bytes, at.size_bytes,
                              trail->test_case->devices[place->device].erase_value};
    uint32_t from = first_written(&span);
    const char *plain = NULL;
    if (is_torn(device, &at)) {
        plain = "torn";
    } else if (from == span.size_bytes) {
        plain = "erased";
    } else if (area == CP_AREA_STATE) {
        plain = "state";
    } else if (area == CP_AREA_BOOTLOADER || !is_of_image(trail, &span, area, page, from, holds)) {
        plain = "other";
    }
    if (plain) {
        snprintf(holds, CP_HOLDS_MAX, "%s", plain);
    }
}

// --- devices and areas

uint32_t cp_trail_device_count(const struct cp_trail *trail) {
    return trail->test_case->device_count;
}

uint32_t cp_trail_device_size_bytes(const struct cp_trail *trail, uint32_t device) {
    return trail->devices[device].size_bytes;
}

uint32_t cp_trail_device_address(const struct cp_trail *trail, uint32_t device) {
    const struct cp_part *part = &trail->test_case->devices[device];
    return cp_part_is_mapped(part) ? part->flash_address : 0;
}

void cp_trail_read_device(const struct cp_trail *trail, uint32_t device, uint8_t *bytes) {
    memcpy(bytes, trail->devices[device].bytes, trail->devices[device].size_bytes);
}

const char *cp_trail_area_name(enum cp_area area) {
    static const char *const names[] = {"bootloader", "state", "active", "dfu", "factory"};
    return (unsigned)area < CP_AREA_COUNT ? names[area] : "outside";
}

uint32_t cp_trail_areas(const struct cp_trail *trail, struct cp_trail_area areas[CP_AREA_COUNT]) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < CP_AREA_COUNT; i++) {
        const struct cp_program_area *place = &trail->test_case->areas[i];
        enum cp_area area = (enum cp_area)i;
        if (place->size_bytes > 0) { // there is not always a FACTORY
            areas[count++] = (struct cp_trail_area){
                area,
                cp_trail_area_name(area),
                place->device,
                place->offset_bytes,
                place->size_bytes,
                page_size_bytes(trail, area),
                page_count(trail, area),
            };
        }
    }
    return count;
}

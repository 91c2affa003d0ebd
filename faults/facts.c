// facts.c: see facts.h.

#include "faults/facts.h"

#include <stdlib.h>
#include <string.h>

static bool is_content_of(const struct cp_class *class, struct cp_hash content) {
    return cp_hash_equal(class->content, content) || cp_hash_equal(class->inverted, content);
}

static uint32_t *table_slot(const struct cp_facts *facts, struct cp_hash content) {
    uint32_t at = (uint32_t)content.low & facts->table_mask;
    while (facts->table[at] != 0 &&
           !is_content_of(&facts->classes[facts->table[at] - 1], content)) {
        at = (at + 1) & facts->table_mask;
    }
    return &facts->table[at];
}

static uint32_t class_of(const struct cp_facts *facts, struct cp_hash content) {
    uint32_t found = *table_slot(facts, content);
    return found == 0 ? CP_CLASS_NONE : found - 1;
}

static bool is_active_cell(const struct cp_facts *facts, uint32_t device, uint32_t cell) {
    return device == facts->active_device &&
           cell - facts->active_first_cell < facts->active_cell_count;
}

static bool is_dfu_cell(const struct cp_facts *facts, uint32_t device, uint32_t cell) {
    return device == facts->dfu_device && cell - facts->dfu_first_cell < facts->dfu_cell_count;
}

static bool is_watched_cell(const struct cp_facts *facts, uint32_t device, uint32_t cell) {
    return is_active_cell(facts, device, cell) || is_dfu_cell(facts, device, cell);
}

static void count_matches(const struct cp_facts *facts, struct cp_hash *const *image_cells,
                          uint32_t *matches, struct cp_hash content, uint32_t at, uint32_t change) {
    for (uint32_t i = 0; i < facts->image_count; i++) {
        if (at < facts->image_cell_count[i] && cp_hash_equal(image_cells[i][at], content)) {
            matches[i] += change;
        }
    }
}

static void count_cell(struct cp_facts *facts, const struct cp_nor *nor, uint32_t device,
                       uint32_t cell, uint32_t change) {
    if (is_active_cell(facts, device, cell)) {
        count_matches(facts, facts->image_cells, facts->active_matches, nor->content[cell],
                      cell - facts->active_first_cell, change);
    } else if (facts->is_direct && is_dfu_cell(facts, device, cell)) {
        count_matches(facts, facts->dfu_cells, facts->dfu_matches, nor->content[cell],
                      cell - facts->dfu_first_cell, change);
    }
}

static void count_missing(struct cp_facts *facts, uint32_t images, uint32_t change) {
    for (uint32_t i = 0; i < facts->image_count; i++) {
        if ((images >> i & 1u) != 0) {
            facts->missing[i] += change;
        }
    }
}

void cp_facts_before(struct cp_facts *facts, const struct cp_nor *nor, uint32_t device,
                     uint32_t cell) {
    count_cell(facts, nor, device, cell, UINT32_MAX); // minus one
    uint32_t class_index = facts->cell_class[device][cell];
    if (class_index != CP_CLASS_NONE && --facts->classes[class_index].copies == 0) {
        count_missing(facts, facts->classes[class_index].images, 1);
    }
}

void cp_facts_after(struct cp_facts *facts, const struct cp_nor *nor, uint32_t device,
                    uint32_t cell) {
    count_cell(facts, nor, device, cell, 1);
    uint32_t class_index = CP_CLASS_NONE;
    if (is_watched_cell(facts, device, cell)) {
        class_index = class_of(facts, nor->content[cell]);
    }
    facts->cell_class[device][cell] = class_index;
    if (class_index != CP_CLASS_NONE && facts->classes[class_index].copies++ == 0) {
        count_missing(facts, facts->classes[class_index].images, UINT32_MAX);
    }
}

static uint8_t whole_image(const struct cp_facts *facts, const uint32_t *matches) {
    for (uint32_t i = 0; i < facts->image_count; i++) {
        if (matches[i] == facts->image_cell_count[i]) {
            return (uint8_t)i;
        }
    }
    return CP_IMAGE_NONE;
}

uint8_t cp_facts_active_image(const struct cp_facts *facts) {
    return whole_image(facts, facts->active_matches);
}

uint8_t cp_facts_image_in(const struct cp_facts *facts, enum cp_area area) {
    if (area == CP_AREA_DFU) {
        return facts->is_direct ? whole_image(facts, facts->dfu_matches) : CP_IMAGE_NONE;
    }
    return cp_facts_active_image(facts);
}

// One cell of an image, the last one padded as an erased page leaves it.
static void image_cell(const struct cp_machine *machine, const struct cp_nor *nor, uint32_t image,
                       uint32_t cell, uint8_t *bytes) {
    uint32_t size_bytes = machine->config.board.images[image].size_bytes;
    uint32_t offset_bytes = cell * nor->cell_size_bytes;
    uint32_t length = size_bytes - offset_bytes;
    if (length > nor->cell_size_bytes) {
        length = nor->cell_size_bytes;
    }
    memset(bytes, (int)((nor->erased_word ^ nor->inversion) & 0xFF), nor->cell_size_bytes);
    memcpy(bytes, machine->config.images[image] + offset_bytes, length);
}

// A class is found by either content: a table that is read by both has two slots for it.
static void add_class(struct cp_facts *facts, const struct cp_hash contents[2], uint32_t image) {
    uint32_t *slot = table_slot(facts, contents[0]);
    if (*slot == 0) {
        facts->classes[facts->class_count] = (struct cp_class){contents[0], contents[1], 0, 0};
        *slot = ++facts->class_count;
        uint32_t *other = table_slot(facts, contents[1]);
        *other = *other == 0 ? facts->class_count : *other;
    }
    struct cp_class *found = &facts->classes[*slot - 1];
    if ((found->images >> image & 1u) == 0) {
        found->images |= 1u << image;
        facts->missing[image]++; // until a copy is seen
    }
}

// What DFU holds when the image lies there.
static int learn_dfu_cells(struct cp_facts *facts, const struct cp_machine *machine, uint32_t image,
                           uint8_t *bytes) {
    const struct cp_nor *nor = &machine->devices[facts->dfu_device].nor;
    uint32_t count = facts->image_cell_count[image];
    facts->dfu_cells[image] = calloc(count, sizeof(struct cp_hash));
    if (!facts->dfu_cells[image]) {
        return -1;
    }
    for (uint32_t cell = 0; cell < count; cell++) {
        image_cell(machine, nor, image, cell, bytes);
        facts->dfu_cells[image][cell] = cp_nor_content_of(nor, bytes);
    }
    return 0;
}

// A device whose erased value is zero keeps the same bytes otherwise.
static int learn_image(struct cp_facts *facts, const struct cp_machine *machine, uint32_t image,
                       uint8_t *bytes) {
    const struct cp_nor *nor = &machine->devices[facts->active_device].nor;
    uint32_t count = facts->image_cell_count[image];
    facts->image_cells[image] = calloc(count, sizeof(struct cp_hash));
    if (!facts->image_cells[image]) {
        return -1;
    }
    for (uint32_t cell = 0; cell < count; cell++) {
        struct cp_hash contents[2];
        image_cell(machine, nor, image, cell, bytes);
        contents[0] = facts->image_cells[image][cell] = cp_nor_content_of(nor, bytes);
        for (uint32_t i = 0; i < nor->cell_size_bytes; i++) {
            bytes[i] = (uint8_t)~bytes[i];
        }
        contents[1] = cp_nor_content_of(nor, bytes);
        add_class(facts, contents, image);
    }
    return 0;
}

static int allocate(struct cp_facts *facts, const struct cp_machine *machine) {
    uint32_t cell_size_bytes = machine->config.cell_size_bytes;
    uint32_t total = 0;
    for (uint32_t i = 0; i < facts->image_count; i++) {
        uint32_t size_bytes = machine->config.board.images[i].size_bytes;
        facts->image_cell_count[i] = (size_bytes + cell_size_bytes - 1) / cell_size_bytes;
        total += facts->image_cell_count[i];
    }
    uint32_t capacity = 64;
    while (capacity < 8 * total) {
        capacity *= 2;
    }
    facts->table_mask = capacity - 1;
    facts->table = calloc(capacity, sizeof(*facts->table));
    facts->classes = calloc(total + 1, sizeof(*facts->classes));
    for (uint32_t i = 0; i < machine->config.device_count; i++) {
        facts->cell_class[i] = calloc(machine->devices[i].nor.cell_count, sizeof(uint32_t));
        if (!facts->cell_class[i]) {
            return -1;
        }
    }
    return facts->table && facts->classes ? 0 : -1;
}

static void place_areas(struct cp_facts *facts, const struct cp_machine *machine) {
    uint32_t cell_size_bytes = machine->config.cell_size_bytes;
    const struct cp_program_area *active = &machine->config.board.areas[CP_AREA_ACTIVE];
    const struct cp_program_area *dfu = &machine->config.board.areas[CP_AREA_DFU];
    facts->active_device = active->device;
    facts->active_first_cell = active->offset_bytes / cell_size_bytes;
    facts->active_cell_count = active->size_bytes / cell_size_bytes;
    facts->dfu_device = dfu->device;
    facts->dfu_first_cell = dfu->offset_bytes / cell_size_bytes;
    facts->dfu_cell_count = dfu->size_bytes / cell_size_bytes;
}

static int learn_images(struct cp_facts *facts, const struct cp_machine *machine) {
    uint8_t *bytes = malloc(machine->config.cell_size_bytes);
    int err = bytes ? 0 : -1;
    for (uint32_t i = 0; i < facts->image_count && !err; i++) {
        err = learn_image(facts, machine, i, bytes);
        if (!err && facts->is_direct) {
            err = learn_dfu_cells(facts, machine, i, bytes);
        }
    }
    free(bytes);
    return err;
}

int cp_facts_init(struct cp_facts *facts, const struct cp_machine *machine, uint32_t image_count) {
    memset(facts, 0, sizeof(*facts));
    facts->image_count = image_count;
    facts->is_direct = machine->config.board.is_direct;
    place_areas(facts, machine);
    if (allocate(facts, machine) || learn_images(facts, machine)) {
        cp_facts_free(facts);
        return -1;
    }
    for (uint32_t device = 0; device < machine->config.device_count; device++) {
        const struct cp_nor *nor = &machine->devices[device].nor;
        for (uint32_t cell = 0; cell < nor->cell_count; cell++) {
            cp_facts_after(facts, nor, device, cell);
        }
    }
    return 0;
}

void cp_facts_free(struct cp_facts *facts) {
    free(facts->classes);
    free(facts->table);
    for (uint32_t i = 0; i < CP_DEVICES_MAX; i++) {
        free(facts->cell_class[i]);
    }
    for (uint32_t i = 0; i < CP_IMAGES_MAX; i++) {
        free(facts->image_cells[i]);
        free(facts->dfu_cells[i]);
    }
    memset(facts, 0, sizeof(*facts));
}

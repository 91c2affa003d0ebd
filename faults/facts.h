// facts.h: what is true of the flash, kept up to date with every change.
//
// Which image ACTIVE holds, and whether every piece of an image still exists
// somewhere in ACTIVE or DFU, are asked after each operation; so each change of
// a cell updates two small counts per image instead of comparing megabytes.

#ifndef CP_FAULTS_FACTS_H
#define CP_FAULTS_FACTS_H

#include "faults/case.h"
#include "sim/machine.h"

#define CP_CLASS_NONE UINT32_MAX

// A cell content that belongs to an image.
struct cp_class {
    struct cp_hash content;
    struct cp_hash inverted; // of the same bytes on a device of the other erased value
    uint32_t copies;         // cells of ACTIVE and DFU that hold it now
    uint32_t images;         // bit per image that it is part of
};

struct cp_facts {
    struct cp_class *classes;
    uint32_t class_count;
    uint32_t *table; // hash table of class indices + 1
    uint32_t table_mask;
    uint32_t *cell_class[CP_DEVICES_MAX];       // per cell, CP_CLASS_NONE outside ACTIVE and DFU
    struct cp_hash *image_cells[CP_IMAGES_MAX]; // content of each cell of an image
    uint32_t image_cell_count[CP_IMAGES_MAX];
    uint32_t image_count;
    uint32_t missing[CP_IMAGES_MAX];        // pieces of the image without any copy
    uint32_t active_matches[CP_IMAGES_MAX]; // cells of ACTIVE that hold what the image has there
    // The same of DFU, where images may run from there; else not kept.
    struct cp_hash *dfu_cells[CP_IMAGES_MAX];
    uint32_t dfu_matches[CP_IMAGES_MAX];
    bool is_direct;
    uint32_t active_device, active_first_cell, active_cell_count;
    uint32_t dfu_device, dfu_first_cell, dfu_cell_count;
};

// Learn the images and read the flash as it is. Returns 0, or -1 without memory.
int cp_facts_init(struct cp_facts *facts, const struct cp_machine *machine, uint32_t image_count);
void cp_facts_free(struct cp_facts *facts);

// A cell is about to change / has changed.
void cp_facts_before(struct cp_facts *facts, const struct cp_nor *nor, uint32_t device,
                     uint32_t cell);
void cp_facts_after(struct cp_facts *facts, const struct cp_nor *nor, uint32_t device,
                    uint32_t cell);

// The image that ACTIVE holds, byte for byte over the image's length; CP_IMAGE_NONE if none.
uint8_t cp_facts_active_image(const struct cp_facts *facts);

// The same of ACTIVE or, if images may run from there, DFU.
uint8_t cp_facts_image_in(const struct cp_facts *facts, enum cp_area area);

#endif

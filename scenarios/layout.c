// layout.c: the areas of a case as they are written.

#include "scenarios/layout.h"

#include <stdio.h>

const char *cp_area_name(enum cp_area area) {
    static const char *const names[CP_AREA_COUNT] = {"bootloader", "state", "active", "dfu",
                                                     "factory"};
    return names[area];
}

static void area_path(char path[64], enum cp_area area, const char *key) {
    snprintf(path, 64, "layout.%s%s%s", cp_area_name(area), key[0] == '\0' ? "" : ".", key);
}

const struct cp_part *cp_draft_device_of(const struct cp_draft *draft, enum cp_area area) {
    return &draft->out->devices[draft->out->areas[area].device];
}

struct cp_mark cp_area_key_place(const struct cp_draft *draft, enum cp_area area, const char *key) {
    char path[64];
    area_path(path, area, key);
    return cp_read_place(draft, path);
}

static const struct cp_node *matrix_choice(const struct cp_draft *draft, enum cp_area area) {
    char path[64];
    area_path(path, area, "");
    const struct cp_node *node = cp_node_find(draft->root, path);
    for (node = node == NULL ? NULL : node->first; node != NULL; node = node->next) {
        if (node->from_matrix) {
            return node;
        }
    }
    return NULL;
}

bool cp_area_is_from_matrix(const struct cp_draft *draft, enum cp_area area) {
    return matrix_choice(draft, area) != NULL;
}

struct cp_mark cp_area_place(const struct cp_draft *draft, enum cp_area area) {
    char path[64];
    area_path(path, area, "");
    const struct cp_node *choice = matrix_choice(draft, area);
    return choice != NULL ? choice->mark : cp_node_find(draft->root, path)->key->mark;
}

static void read_area(struct cp_draft *draft, enum cp_area area) {
    char path[64];
    struct cp_program_area *out = &draft->out->areas[area];
    area_path(path, area, "at");
    bool is_known = cp_read_number_32(draft, path, &out->offset_bytes);
    area_path(path, area, "size");
    is_known = cp_read_number_32(draft, path, &out->size_bytes) && is_known;
    area_path(path, area, "device");
    is_known = cp_read_word(draft, path, &out->device) && is_known;
    if (out->device >= draft->out->device_count) {
        cp_report_add(draft->report, cp_read_place(draft, path), "there is no external device");
        cp_report_help(draft->report, "add the key `external: {part: ...}`");
        out->device = 0;
        is_known = false;
    }
    draft->area_known[area] = is_known && draft->device_known[out->device];
}

void cp_decode_layout(struct cp_draft *draft) {
    for (uint32_t area = 0; area < CP_AREA_FACTORY; area++) {
        read_area(draft, (enum cp_area)area);
    }
    if (cp_read_has(draft, "layout.factory")) {
        read_area(draft, CP_AREA_FACTORY);
    }
    cp_read_number_32(draft, "layout.buffer", &draft->out->buffer_size_bytes);
}

uint32_t cp_area_page_bytes(const struct cp_draft *draft, enum cp_area area) {
    const struct cp_part *part = cp_draft_device_of(draft, area);
    struct cp_page_run run = cp_part_page_run(part, draft->out->areas[area].offset_bytes);
    return run.erase_size_bytes != 0 ? run.erase_size_bytes : part->erase_size_bytes;
}

uint32_t cp_draft_page_unit_bytes(const struct cp_draft *draft) {
    uint32_t active = cp_area_page_bytes(draft, CP_AREA_ACTIVE);
    uint32_t dfu = cp_area_page_bytes(draft, CP_AREA_DFU);
    return active > dfu ? active : dfu;
}

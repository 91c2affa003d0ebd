// lifecycle.c: the script of the application: which update follows which image.

#include "scenarios/images.h"
#include "scenarios/table.h"
#include "scenarios/value.h"

#include <string.h>

static uint8_t read_image_at(struct cp_draft *draft, const char *path) {
    const struct cp_node *node = cp_read_node(draft, path);
    bool may_be_none = (cp_key_find(path)->flags & CP_KEY_OR_NONE) != 0;
    if (node == NULL || node->kind != CP_NODE_SCALAR ||
        (may_be_none && strcmp(node->text, "none") == 0)) {
        return CP_IMAGE_NONE;
    }
    return cp_image_named(draft, node);
}

// An image has one successor, so it may come up once only.
static bool is_offered(const struct cp_case *test_case, uint8_t image) {
    for (uint32_t i = 0; i < test_case->image_count; i++) {
        if (test_case->images[i].next == image) {
            return true;
        }
    }
    return image == test_case->start_image;
}

static void read_updates(struct cp_draft *draft, const struct cp_node *list) {
    uint8_t last = draft->out->start_image;
    for (const struct cp_node *node = list->first; node != NULL; node = node->next) {
        uint8_t image = cp_image_named(draft, node);
        if (image == CP_IMAGE_NONE) {
            continue;
        }
        if (is_offered(draft->out, image)) {
            cp_report_add(draft->report, node->mark, "image '%s' comes up twice", node->text);
            cp_report_help(draft->report, "an image is started with or updated to once");
        } else if (last != CP_IMAGE_NONE) {
            draft->out->images[last].next = image;
        }
        last = image;
    }
}

// --- what must go together ---

static void check_no_download(struct cp_draft *draft, const struct cp_node *updates) {
    struct cp_mark place = cp_read_place(draft, "lifecycle.download");
    if (draft->out->dfu_image == CP_IMAGE_NONE) {
        cp_report_add(draft->report, place, "without a download there is nothing in DFU");
        cp_report_help(draft->report, "name the image under `dfu`, or choose a `download`: prepare "
                                      "or as-it-goes");
        return;
    }
    const struct cp_node *first = updates->first;
    if (first != NULL && first->next != NULL) {
        cp_report_add(draft->report, first->next->mark, "a second update needs a download");
        cp_report_help(draft->report, "choose a `download`: prepare or as-it-goes");
    }
    if (first != NULL && strcmp(first->text, cp_read_text(draft, "lifecycle.dfu")) != 0) {
        cp_report_add(draft->report, first->mark, "'%.31s' is not the image in DFU", first->text);
        cp_report_help(draft->report, "without a download only '%s' can be the update",
                       cp_read_text(draft, "lifecycle.dfu"));
    }
}

static void check_chunk(struct cp_draft *draft) {
    uint32_t device = draft->out->areas[CP_AREA_DFU].device;
    uint32_t word = draft->out->devices[device].write_size_bytes;
    bool is_free = draft->out->download == CP_DOWNLOAD_RANGES;
    if (!is_free && draft->area_known[CP_AREA_DFU] && draft->out->chunk_size_bytes % word != 0) {
        cp_report_add(draft->report, cp_read_place(draft, "lifecycle.chunk"),
                      "'chunk' is not a multiple of the write size of 'dfu'");
        cp_report_help(draft->report, "words are %uB", word);
    }
}

static void need_detach(struct cp_draft *draft, const char *path) {
    if (cp_read_has(draft, path) && !draft->out->detach) {
        cp_report_add(draft->report, cp_read_place(draft, path),
                      "'%s' has no meaning without 'detach: true'", strchr(path, '.') + 1);
    }
}

static void check_ranges(struct cp_draft *draft) {
    if (draft->out->download == CP_DOWNLOAD_RANGES && strcmp(draft->out->format, "seed") == 0) {
        cp_report_add(draft->report, cp_read_place(draft, "lifecycle.download"),
                      "the format 'seed' does not know which ranges are there");
        cp_report_help(draft->report, "choose `format: journal`, or `download: as-it-goes`");
    }
}

static void read_choices(struct cp_draft *draft) {
    uint32_t download = CP_DOWNLOAD_NONE, after_revert = CP_AFTER_REVERT_STOP, dfu_host = 1;
    cp_read_word(draft, "lifecycle.download", &download);
    cp_read_word(draft, "lifecycle.after_revert", &after_revert);
    cp_read_word(draft, "lifecycle.dfu_host", &dfu_host);
    draft->out->download = (enum cp_download_way)download;
    check_ranges(draft);
    draft->out->after_revert = (enum cp_after_revert)after_revert;
    draft->out->dfu_host_present = dfu_host == 1;
    if (cp_read_boolean(draft, "lifecycle.detach", &draft->out->detach)) {
        need_detach(draft, "lifecycle.dfu_host");
        need_detach(draft, "lifecycle.dfu_timeout");
    }
    cp_read_boolean(draft, "lifecycle.dfu_timeout", &draft->out->dfu_mode_times_out);
    if (cp_read_number_32(draft, "lifecycle.chunk", &draft->out->chunk_size_bytes)) {
        check_chunk(draft);
    }
}

// FACTORY and what is in it go together.
static void read_rescue(struct cp_draft *draft) {
    uint32_t damaged = 0;
    bool has_area = cp_read_has(draft, "layout.factory");
    bool has_image = cp_read_has(draft, "lifecycle.factory");
    draft->out->factory_image = read_image_at(draft, "lifecycle.factory");
    cp_read_word(draft, "lifecycle.damaged", &damaged);
    draft->out->damaged = (uint8_t)damaged;
    if (has_image && !has_area) {
        cp_report_add(draft->report, cp_read_place(draft, "lifecycle.factory"),
                      "there is no 'factory' in 'layout'");
        cp_report_help(draft->report, "add the key `layout.factory: {at: ..., size: ...}`");
    } else if (has_area && !has_image) {
        cp_report_add(draft->report, cp_read_place(draft, "layout.factory"),
                      "nobody says which image 'factory' holds");
        cp_report_help(draft->report, "name it under `lifecycle.factory`");
    }
}

void cp_decode_lifecycle(struct cp_draft *draft) {
    uint32_t download;
    const struct cp_node *updates = cp_read_node(draft, "lifecycle.updates");
    draft->out->start_image = read_image_at(draft, "lifecycle.start");
    draft->out->dfu_image = read_image_at(draft, "lifecycle.dfu");
    read_choices(draft);
    read_rescue(draft);
    if (updates == NULL || updates->kind != CP_NODE_LIST) {
        return;
    }
    read_updates(draft, updates);
    // What is wrong with the name of the image in DFU was reported already.
    const char *dfu = cp_read_text(draft, "lifecycle.dfu");
    bool dfu_is_known =
        dfu != NULL && (draft->out->dfu_image != CP_IMAGE_NONE || strcmp(dfu, "none") == 0);
    if (cp_read_word(draft, "lifecycle.download", &download) && download == CP_DOWNLOAD_NONE &&
        dfu_is_known) {
        check_no_download(draft, updates);
    }
}

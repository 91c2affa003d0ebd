// image_file.c: see image_file.h.
//
// A path is relative to the scenario's file, so that a scenario means the same from
// wherever it is run. Of an image's file the hash is taken here: it is part of the case's
// identity, as a seed is.

#include "scenarios/image_file.h"

#include "scenarios/value.h"
#include "sim/hash.h"

#include <stdio.h>
#include <string.h>

#define PATH_MAX_BYTES 1024u
#define PIECE_BYTES    4096u

// The path as it is to be opened; it lives as long as the list.
static const char *beside(struct cp_draft *draft, const char *path) {
    const char *home = draft->list->home ? draft->list->home : draft->report->file;
    const char *slash = strrchr(home, '/');
    char whole[PATH_MAX_BYTES];
    if (path[0] == '/' || slash == NULL) {
        return cp_case_list_keep(draft->list, path);
    }
    snprintf(whole, sizeof whole, "%.*s/%s", (int)(slash - home), home, path);
    return cp_case_list_keep(draft->list, whole);
}

static bool hash_file(const char *path, uint64_t *hash, uint64_t *size_bytes) {
    FILE *file = fopen(path, "rb");
    XXH3_state_t state;
    uint8_t piece[PIECE_BYTES];
    size_t piece_bytes;
    if (file == NULL) {
        return false;
    }
    *size_bytes = 0;
    XXH3_64bits_reset(&state);
    while ((piece_bytes = fread(piece, 1, sizeof piece, file)) > 0) {
        XXH3_64bits_update(&state, piece, piece_bytes);
        *size_bytes += piece_bytes;
    }
    bool is_read = !ferror(file);
    fclose(file);
    *hash = XXH3_64bits_digest(&state);
    return is_read;
}

static void report_size(struct cp_draft *draft, const struct cp_image *image, struct cp_mark place,
                        uint64_t size_bytes) {
    char has[CP_VALUE_TEXT_MAX], room[CP_VALUE_TEXT_MAX];
    cp_report_add(draft->report, place, "the file of image '%s' is larger than its size",
                  image->name);
    cp_report_help(draft->report, "it has %s, and the image %s",
                   cp_size_text(has, (uint32_t)size_bytes), cp_size_text(room, image->size_bytes));
}

void cp_read_image_file(struct cp_draft *draft, struct cp_image *image) {
    char key[64];
    uint64_t size_bytes;
    snprintf(key, sizeof key, "images.%s.file", image->name);
    const char *path = cp_read_text(draft, key);
    if (path == NULL) {
        return;
    }
    image->file = beside(draft, path);
    if (draft->list->ignores_files) {
        return;
    }
    if (!hash_file(image->file, &image->seed, &size_bytes)) {
        cp_report_add(draft->report, cp_read_place(draft, key), "there is no file '%.200s'",
                      image->file);
        cp_report_help(draft->report, "images are made by the firmware's build: scripts/firmware");
    } else if (size_bytes > image->size_bytes || size_bytes == 0) {
        report_size(draft, image, cp_read_place(draft, key), size_bytes);
    }
}

void cp_decode_firmware(struct cp_draft *draft) {
    const char *path = cp_read_text(draft, "firmware.bootloader");
    if (path != NULL) {
        draft->out->firmware = beside(draft, path);
    }
}

// fetch.c: see fetch.h.

#include "sim/native/fetch.h"

#include <stddef.h>

#define PIECE_COUNT       2u
#define GRANULES_PER_PAGE 4u

struct chunks {
    const struct cp_program_board *board;
    uint8_t image;
    uint8_t *buffer;
    uint32_t image_bytes, chunk_bytes;
};

static void panic_on(int err) {
    if (err) {
        cp_end_panic(err);
    }
}

// No write size is larger than a quarter of a page of its part.
uint32_t native_fetch_pieces_bytes(uint32_t page_size_bytes) {
    return PIECE_COUNT * CP_DOWNLOAD_PIECE_BYTES(page_size_bytes / GRANULES_PER_PAGE);
}

// What is kept is never less than it was.
static void note_progress(void *context, uint32_t kept_bytes, uint32_t image_bytes) {
    struct native_fetch *fetch = context;
    if (kept_bytes < fetch->kept_bytes || kept_bytes > image_bytes) {
        cp_end_panic(CP_ERR_ARGUMENT);
    }
    fetch->kept_bytes = kept_bytes;
}

// As much of a range as is a chunk.
static uint32_t fetch_range(struct native_fetch *fetch, const struct chunks *chunks,
                            uint32_t offset_bytes, uint32_t size_bytes) {
    const uint32_t piece_bytes =
        size_bytes < chunks->chunk_bytes ? size_bytes : chunks->chunk_bytes;
    cp_image_read(chunks->image, offset_bytes, chunks->buffer, piece_bytes);
    panic_on(cp_download_write(&fetch->download, offset_bytes, chunks->buffer, piece_bytes));
    return piece_bytes;
}

// What is missing of one chunk.
static void fetch_chunk(struct native_fetch *fetch, const struct chunks *chunks, uint32_t chunk) {
    uint32_t at_bytes = chunk * chunks->chunk_bytes, offset_bytes, size_bytes;
    const uint32_t end_bytes = at_bytes + chunks->chunk_bytes;
    while (cp_download_missing(&fetch->download, at_bytes, &offset_bytes, &size_bytes) &&
           offset_bytes < end_bytes) {
        const uint32_t left_bytes = end_bytes - offset_bytes;
        at_bytes = offset_bytes + fetch_range(fetch, chunks, offset_bytes,
                                              size_bytes < left_bytes ? size_bytes : left_bytes);
    }
}

static uint32_t common_divisor(uint32_t a, uint32_t b) {
    while (b != 0) {
        const uint32_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

// A step of more than half, with which all chunks come up.
static uint32_t stride_of(uint32_t count) {
    uint32_t stride = count / 2 + 1;
    while (common_divisor(stride, count) != 1) {
        stride++;
    }
    return stride;
}

static void fetch_chunks(struct native_fetch *fetch, const struct chunks *chunks) {
    const uint32_t count = CP_DOWNLOAD_UNITS(chunks->image_bytes, chunks->chunk_bytes);
    const uint32_t stride = stride_of(count);
    uint32_t offset_bytes, size_bytes;
    for (uint32_t i = 0; i < count; i++) {
        fetch_chunk(fetch, chunks, (chunks->image + i * stride) % count);
    }
    while (cp_download_missing(&fetch->download, 0, &offset_bytes, &size_bytes)) {
        fetch_range(fetch, chunks, offset_bytes, size_bytes);
    }
}

void native_fetch(struct native_fetch *fetch, struct cp_updater *updater,
                  const struct cp_program_board *board, uint8_t image, uint8_t *buffer,
                  uint32_t lent_bytes) {
    const struct chunks chunks = {board, image, buffer, board->images[image].size_bytes,
                                  board->chunk_size_bytes};
    const uint32_t page_bytes = updater->config->dfu.flash->erase_size_bytes;
    if (chunks.chunk_bytes == 0) {
        cp_end_panic(CP_ERR_ARGUMENT); // the download would never end
    }
    fetch->config = (struct cp_download_config){
        .image_size_bytes = chunks.image_bytes,
        .image_id = (uint32_t)cp_image_digest(image),
        .granule_size_bytes = page_bytes / GRANULES_PER_PAGE,
        .map = fetch->map,
        .map_size_bytes = sizeof(fetch->map),
        .pieces = buffer + lent_bytes,
        .pieces_size_bytes = native_fetch_pieces_bytes(page_bytes),
        .progress = note_progress,
        .progress_context = fetch,
    };
    panic_on(cp_download_begin(&fetch->download, updater, &fetch->config));
    fetch_chunks(fetch, &chunks);
}

// demo_fetch.c: see demo_fetch.h. The same calls in the same order as sim/native/fetch.c.

#include "core/firmware/demo_fetch.h"

#include "core/firmware/demo.h"
#include "core/firmware/demo_link.h"

// What is kept is never less than it was.
static void note_progress(void *context, uint32_t kept_bytes, uint32_t image_bytes) {
    struct demo_fetch *fetch = context;
    if (kept_bytes < fetch->kept_bytes || kept_bytes > image_bytes) {
        demo_panic(CP_ERR_ARGUMENT);
    }
    fetch->kept_bytes = kept_bytes;
}

// As much of a range as is a chunk.
static uint32_t fetch_range(struct demo_fetch *fetch, const struct demo_fetch_image *image,
                            uint32_t offset_bytes, uint32_t size_bytes) {
    const uint32_t piece_bytes =
        size_bytes < image->chunk_size_bytes ? size_bytes : image->chunk_size_bytes;
    demo_link_image_read(image->image, offset_bytes, image->chunk, piece_bytes);
    demo_panic_on(cp_download_write(&fetch->download, offset_bytes, image->chunk, piece_bytes));
    return piece_bytes;
}

// What is missing of one chunk.
static void fetch_chunk(struct demo_fetch *fetch, const struct demo_fetch_image *image,
                        uint32_t chunk) {
    uint32_t at_bytes = chunk * image->chunk_size_bytes, offset_bytes, size_bytes;
    const uint32_t end_bytes = at_bytes + image->chunk_size_bytes;
    while (cp_download_missing(&fetch->download, at_bytes, &offset_bytes, &size_bytes) &&
           offset_bytes < end_bytes) {
        const uint32_t left_bytes = end_bytes - offset_bytes;
        at_bytes = offset_bytes + fetch_range(fetch, image, offset_bytes,
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

static void fetch_chunks(struct demo_fetch *fetch, const struct demo_fetch_image *image) {
    const uint32_t count = CP_DOWNLOAD_UNITS(image->size_bytes, image->chunk_size_bytes);
    const uint32_t stride = stride_of(count);
    uint32_t offset_bytes, size_bytes;
    for (uint32_t i = 0; i < count; i++) {
        fetch_chunk(fetch, image, (image->image + i * stride) % count);
    }
    while (cp_download_missing(&fetch->download, 0, &offset_bytes, &size_bytes)) {
        fetch_range(fetch, image, offset_bytes, size_bytes);
    }
}

void demo_fetch(struct demo_fetch *fetch, struct cp_updater *updater,
                const struct demo_fetch_image *image) {
    if (image->chunk_size_bytes == 0) {
        demo_panic(CP_ERR_ARGUMENT); // the download would never end
    }
    fetch->config = (struct cp_download_config){
        .image_size_bytes = image->size_bytes,
        .image_id = (uint32_t)demo_link_image_digest(image->image),
        .granule_size_bytes = DEMO_FETCH_GRANULE_BYTES,
        .map = fetch->map,
        .map_size_bytes = sizeof(fetch->map),
        .pieces = image->pieces,
        .pieces_size_bytes = DEMO_FETCH_PIECES_BYTES,
        .progress = note_progress,
        .progress_context = fetch,
    };
    demo_panic_on(cp_download_begin(&fetch->download, updater, &fetch->config));
    fetch_chunks(fetch, image);
}

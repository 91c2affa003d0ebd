// demo_fetch.h: a download out of order, that a reset does not lose.

#ifndef CP_FIRMWARE_DEMO_FETCH_H
#define CP_FIRMWARE_DEMO_FETCH_H

#include "cutproof/download.h"
#include "layout.h"

#define DEMO_FETCH_PIECE_COUNT 2u
// No write size is larger than a quarter of a page of its part. Of large pages it is less,
// since pieces are kept in RAM; sim/native takes no downloads of this kind there.
#define DEMO_FETCH_GRANULE_BYTES                                                                   \
    (CP_BOARD_DFU_ERASE_SIZE_BYTES > 0x4000u ? 0x400u : CP_BOARD_DFU_ERASE_SIZE_BYTES / 4u)
#define DEMO_FETCH_PIECES_BYTES                                                                    \
    (DEMO_FETCH_PIECE_COUNT * CP_DOWNLOAD_PIECE_BYTES(DEMO_FETCH_GRANULE_BYTES))

// One bit for each page of DFU and each granule; an image has to fit.
#define DEMO_FETCH_MAP_BYTES 64u

// A download that is under way, with what it lends.
struct demo_fetch {
    struct cp_download_config config;
    struct cp_download download;
    uint8_t map[DEMO_FETCH_MAP_BYTES];
    uint32_t kept_bytes; // as the progress callback said last
};

struct demo_fetch_image {
    uint32_t image;
    uint32_t size_bytes;
    uint32_t chunk_size_bytes;
    uint8_t *chunk;  // room for one
    uint8_t *pieces; // DEMO_FETCH_PIECES_BYTES
};

// Fetch what is missing of an image: each chunk once in an order that jumps about, and then
// what got lost on the way.
void demo_fetch(struct demo_fetch *fetch, struct cp_updater *updater,
                const struct demo_fetch_image *image);

#endif

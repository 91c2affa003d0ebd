// download.h: fetch an image in pieces of any size and order, and go on after a reset.
//
// Needs the format `journal`. Life of a download: cp_download_begin(); ask
// cp_download_missing() what is still to be fetched, fetch it in whatever pieces the
// transport has, hand each to cp_download_write(); when nothing is missing,
// cp_download_finish() and reset. After a reset the same calls, with the same size and id,
// go on where the device was: what was reported as kept is not fetched again.
//
// STATE keeps which pages of DFU are done. A page is done when all its bytes were programmed
// and read back as they came. One that is not is fetched again, as a whole, after a reset.
// No byte of DFU is ever programmed that this download did not erase before, since
// power-on; none is programmed twice; and no page that is done is erased.
//
// The image is taken to be what the pieces say: two pieces that disagree about a byte are the
// application's mistake. What signs the image, or a digest, decides whether it is the right one.

#ifndef CUTPROOF_DOWNLOAD_H
#define CUTPROOF_DOWNLOAD_H

#include "cutproof/updater.h"

// Granules that can be received in part at one time, at most.
#define CP_DOWNLOAD_PIECES_MAX 4u

// Bytes of `map` for an image, of which DFU pages and granules are that large.
#define CP_DOWNLOAD_UNITS(size_bytes, unit_bytes)                                                  \
    ((size_bytes) / (unit_bytes) + ((size_bytes) % (unit_bytes) != 0))
#define CP_DOWNLOAD_MAP_BYTES(image_size_bytes, page_size_bytes, granule_size_bytes)               \
    ((CP_DOWNLOAD_UNITS(image_size_bytes, page_size_bytes) +                                       \
      CP_DOWNLOAD_UNITS(image_size_bytes, granule_size_bytes) + 7) /                               \
     8)

// Bytes of `pieces` for each granule received in part.
#define CP_DOWNLOAD_PIECE_BYTES(granule_size_bytes)                                                \
    ((granule_size_bytes) + ((granule_size_bytes) + 7) / 8)

struct cp_download_config {
    uint32_t image_size_bytes; // 1 .. active_size_bytes of the updater
    uint32_t image_id; // tells this image from others of its size: the first bytes of its hash, say

    // What is programmed at a time: a multiple of the write size of DFU that divides its page.
    // A large one saves `map`, a small one `pieces`.
    uint32_t granule_size_bytes;

    // Lent from cp_download_begin() until the download has ended, and not for other use.
    uint8_t *map; // CP_DOWNLOAD_MAP_BYTES()
    uint32_t map_size_bytes;
    // Room for granules received in part, CP_DOWNLOAD_PIECE_BYTES() each; NULL and 0: none. What
    // is received of a granule while the room is taken by others drops the oldest of these, and
    // without any room is not kept. It is missing then, and no harm is done. One is enough for
    // pieces in ascending order; none, if pieces begin and end at multiples of the granule.
    uint8_t *pieces;
    uint32_t pieces_size_bytes;

    // Told how much a power loss would leave: whole pages. At the beginning, and whenever it
    // has become more. Never less than before. NULL: nobody asks.
    void (*progress)(void *context, uint32_t kept_bytes, uint32_t image_size_bytes);
    void *progress_context;
};

// A download's volatile state. Fields are private.
struct cp_download {
    struct cp_updater *updater;
    const struct cp_download_config *config;
    uint32_t kept_bytes;
    uint32_t slot; // of the record in STATE, the first free one
    uint8_t half;  // where that record is
    uint8_t order;
    bool is_resumed;  // there is a record, of this image
    bool is_recorded; // and it was written since power-on
    uint8_t piece_count;
    uint8_t oldest_piece;
    uint32_t piece_granules[CP_DOWNLOAD_PIECES_MAX]; // which granule each holds a part of
};

// Begin a download, or go on with the one that STATE has a record of, if size and id are those
// of the image. Nothing is written yet: the first granule that is stored rewrites STATE, each page
// of which is erased once, and only then any other download is forgotten.
// *updater and *config must outlive the download; one download at a time.
//   CP_ERR_ARGUMENT   a null pointer, a size of zero, `map` is too small, or a format that
//                     knows no downloads
//   CP_ERR_BOUNDS     the image is larger than ACTIVE
//   CP_ERR_ALIGNMENT  the granule is no multiple of the write size, or does not divide the page
//   CP_ERR_LAYOUT     STATE has no room for a mark for each page of DFU that the image takes
//   CP_ERR_STATE      during a trial, or while an update is requested; or STATE holds nothing that
//                     can be read
int cp_download_begin(struct cp_download *download, struct cp_updater *updater,
                      const struct cp_download_config *config);

// Which download does STATE have a record of? For an application that has to ask after a
// reset. *image_size_bytes is 0 if there is none.
// CP_ERR_ARGUMENT: the format knows no downloads. CP_ERR_STATE, CP_ERR_FLASH: it cannot be read.
int cp_download_find(struct cp_updater *updater, uint32_t *image_size_bytes, uint32_t *image_id);

// Take a piece of the image: any size, offset and order. What is there already is passed over.
//   CP_ERR_ARGUMENT  data is null
//   CP_ERR_BOUNDS    beyond the end of the image; nothing of it is taken
//   CP_ERR_STATE     this download is not under way: it was finished or aborted, another was
//                    begun, or the updater's own calls have ended it
//   CP_ERR_FLASH     a page could not be erased, programmed or read back: what it held is
//                    missing again, and may be written again. Or STATE could not be written:
//                    CP_ERR_STATE may follow, until cp_download_begin()
int cp_download_write(struct cp_download *download, uint32_t offset_bytes, const void *data,
                      uint32_t size_bytes);

// The first range at or after from_bytes that is still to be fetched. False: none; of 0, the
// image is there. Touches no flash. After each error, ask again from 0.
bool cp_download_missing(const struct cp_download *download, uint32_t from_bytes,
                         uint32_t *offset_bytes, uint32_t *size_bytes);

// Bytes of the image that a power loss would leave, as `progress` is told.
uint32_t cp_download_kept_bytes(const struct cp_download *download);

// Nothing is missing: ask for the image to be swapped in at the next reset, as
// cp_updater_request_image() does; with a verifier it is checked first.
// CP_ERR_STATE while something is missing, or the download is not under way; CP_ERR_IMAGE if the
// verifier says so: the download is complete, and all that is left is cp_download_abort().
// CP_ERR_FLASH.
int cp_download_finish(struct cp_download *download);

// Forget the download, in STATE as well. Harmless when it has ended. CP_ERR_FLASH.
int cp_download_abort(struct cp_download *download);

#endif

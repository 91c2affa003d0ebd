// fetch.h: a download out of order, that a reset does not lose.

#ifndef CP_SIM_NATIVE_FETCH_H
#define CP_SIM_NATIVE_FETCH_H

#include "cutproof/download.h"
#include "sim/program.h"

// One bit for each page of DFU and each granule; an image has to fit.
#define NATIVE_FETCH_MAP_BYTES 64u

// A download that is under way, with what it lends.
struct native_fetch {
    struct cp_download_config config;
    struct cp_download download;
    uint8_t map[NATIVE_FETCH_MAP_BYTES];
    uint32_t kept_bytes; // as the progress callback said last
};

// Bytes that a download needs behind its chunk, with pages of DFU of that size.
uint32_t native_fetch_pieces_bytes(uint32_t page_size_bytes);

// Fetch what is missing of an image, in chunks of the board's size: each range once in an order
// that jumps about, and then what got lost on the way. `buffer` holds a chunk, of which that many
// bytes are lent, and what is received in part behind it. Panics at each error.
void native_fetch(struct native_fetch *fetch, struct cp_updater *updater,
                  const struct cp_program_board *board, uint8_t image, uint8_t *buffer,
                  uint32_t lent_bytes);

#endif

// updater_request.h: what the downloads of download.c share with the updater.

#ifndef CP_UPDATER_REQUEST_H
#define CP_UPDATER_REQUEST_H

#include "cutproof/updater.h"

// cp_updater_request_image(), whether a download is under way or not: its record is replaced.
int cp_updater_request_any(struct cp_updater *updater, uint32_t size_bytes);

// May DFU be written to at all? CP_ERR_STATE: it holds what runs, what is on trial or requested,
// or the image to return to. CP_ERR_FLASH.
int cp_updater_check_writable(struct cp_updater *updater);

// What is erased in DFU is not known any more: a write begins at a page, and erases it.
void cp_updater_forget_dfu(struct cp_updater *updater);

#endif

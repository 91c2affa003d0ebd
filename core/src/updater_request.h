// updater_request.h: what the downloads of download.c share with the updater.

#ifndef CP_UPDATER_REQUEST_H
#define CP_UPDATER_REQUEST_H

#include "cutproof/updater.h"

// cp_updater_request_image(), whether a download is under way or not: its record is replaced.
int cp_updater_request_any(struct cp_updater *updater, uint32_t size_bytes);

// CP_ERR_STATE: during a trial DFU holds the image to return to; with a request, the one to
// install; and with the strategy direct it may be what runs.
int cp_updater_refuse_in_trial(struct cp_updater *updater);

// What is erased in DFU is not known any more: a write begins at a page, and erases it.
void cp_updater_forget_dfu(struct cp_updater *updater);

#endif

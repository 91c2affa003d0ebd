// image_file.h: files that a scenario names beside itself.

#ifndef CP_SCENARIOS_IMAGE_FILE_H
#define CP_SCENARIOS_IMAGE_FILE_H

#include "scenarios/draft.h"

// images.NAME.file: its content is that of the image, whose size is known.
void cp_read_image_file(struct cp_draft *draft, struct cp_image *image);

// firmware.bootloader
void cp_decode_firmware(struct cp_draft *draft);

#endif

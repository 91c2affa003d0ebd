// images.h: the images of a case by their name.

#ifndef CP_SCENARIOS_IMAGES_H
#define CP_SCENARIOS_IMAGES_H

#include "scenarios/draft.h"

// The index of the image a node names. CP_IMAGE_NONE after reporting that there
// is none of that name.
uint8_t cp_image_named(struct cp_draft *draft, const struct cp_node *node);

#endif

// setup.h: from a case to the machine it runs on.

#ifndef CP_FAULTS_SETUP_H
#define CP_FAULTS_SETUP_H

#include "faults/case.h"
#include "sim/machine.h"

// Make the contents of the case's images: pseudo-random from their seeds, and where images
// are signed with manifest and signature at the end.
// Returns 0, or -1 without memory; free with cp_setup_free_images().
int cp_setup_images(const struct cp_case *test_case, uint8_t *images[CP_IMAGES_MAX]);
void cp_setup_free_images(uint8_t *images[CP_IMAGES_MAX]);

// The machine, with the start image in ACTIVE, and in DFU what the case says.
// NULL with a message in error[CP_EVENT_MESSAGE_MAX].
struct cp_machine *cp_setup_machine(const struct cp_case *test_case,
                                    const struct cp_program *program,
                                    uint8_t *const images[CP_IMAGES_MAX], char *error);

// The key of the bootloader of all cases that are signed: 32 bytes. It protects nothing.
const uint8_t *cp_setup_public_key(void);

#endif

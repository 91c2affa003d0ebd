// signed_image.h: signed images in memory: docs/signing.md.

#ifndef CP_FAULTS_SIGNED_IMAGE_H
#define CP_FAULTS_SIGNED_IMAGE_H

#include "cutproof/verify.h"

#include <stddef.h>

#define CP_IMAGE_MAX_BYTES (256u * 1024u * 1024u)

// Append what is missing to a payload: bytes of 0xFF until the whole is a multiple of
// pad_to_bytes, the manifest and the signature. magic, format and size of the manifest are
// filled in. `bytes` has room for cp_signed_image_size(); returns that.
size_t cp_signed_image_make(uint8_t *bytes, size_t payload_size_bytes, size_t pad_to_bytes,
                            struct cp_manifest manifest, const uint8_t seed[32]);
size_t cp_signed_image_size(size_t payload_size_bytes, size_t pad_to_bytes);

// What the bootloader would say: CP_OK, or CP_ERR_IMAGE. With a NULL key it is asked for the
// manifest alone. *manifest is that of the image if it has one, else all zero.
int cp_signed_image_check(const uint8_t *bytes, size_t size_bytes, const uint8_t *public_key,
                          struct cp_manifest *manifest);

#endif

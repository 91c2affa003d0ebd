// verify.h: signed images, as the bootloader and the updater check them.
//
//   payload | manifest, 32 bytes | signature, 64 bytes
//
// The signature is Ed25519, of the 64 bytes of the SHA-512 of payload and manifest. `cutproof
// sign` makes such images. docs/signing.md has the format and what is checked.
//
// Only who names cp_verify_ed25519() needs core/verify and the two libraries it is built on;
// the rest of the core links without them.

#ifndef CUTPROOF_VERIFY_H
#define CUTPROOF_VERIFY_H

#include "cutproof/boot.h"

#define CP_MANIFEST_MAGIC        0x4D695043u // "CPiM" in flash
#define CP_MANIFEST_FORMAT       1u
#define CP_MANIFEST_SIZE_BYTES   32u
#define CP_SIGNATURE_SIZE_BYTES  64u
#define CP_PUBLIC_KEY_SIZE_BYTES 32u

// What comes after the payload: a multiple of every write size.
#define CP_TRAILER_SIZE_BYTES (CP_MANIFEST_SIZE_BYTES + CP_SIGNATURE_SIZE_BYTES)

// The manifest in memory. In flash it is little-endian, in this order, without gaps, and the
// rest of its 32 bytes is zero.
struct cp_manifest {
    uint32_t magic;
    uint32_t format;
    uint32_t payload_size_bytes;
    uint32_t security_counter;
    // For people, and for the application to show. Nothing is decided by it.
    uint8_t version_major;
    uint8_t version_minor;
    uint16_t version_revision;
    uint32_t version_build;
};

// What an image of size_bytes, from the first byte of a partition, says of itself. Nothing of
// it is to be trusted before cp_verify_ed25519() was asked.
//   CP_OK             *manifest is of that size, and of this format
//   CP_ERR_ARGUMENT   a null pointer
//   CP_ERR_IMAGE      there is no such manifest, or it speaks of another size, or size_bytes is
//                     too small for one, or larger than the partition
//   CP_ERR_FLASH      the flash could not be read
int cp_manifest_read(const struct cp_partition *partition, uint32_t size_bytes,
                     struct cp_manifest *manifest);

// Goes into struct cp_verifier.verify, with the 32 bytes of the public key in `public_key`.
// size_bytes is all of the image: payload, manifest and signature. The buffer can be of any
// size from one byte on and is what the payload is read in.
//   CP_OK             the image was signed with the key, and *security_counter is its counter
//   CP_ERR_ARGUMENT   a null pointer, or no byte of buffer
//   CP_ERR_IMAGE      as above, or the signature is not one by that key of what is there
//   CP_ERR_FLASH      the flash could not be read
// *security_counter is not touched but with CP_OK. Takes about 2.2 KiB of stack.
int cp_verify_ed25519(const struct cp_verifier *verifier, const struct cp_partition *partition,
                      uint32_t size_bytes, uint8_t *buffer, uint32_t buffer_size_bytes,
                      uint32_t *security_counter);

#endif

// signed_image.c: make signed images, and check them with the bootloader's own code.

#include "faults/signed_image.h"

#include "faults/signer.h"
#include "core/verify/sha512.h"

#include <string.h>

#define ERASED            0xFF
#define BUFFER_SIZE_BYTES 256u // as a bootloader would lend

static void put_le32(uint8_t *bytes, uint32_t value) {
    for (unsigned i = 0; i < 4; i++) {
        bytes[i] = (uint8_t)(value >> 8 * i);
    }
}

static void encode(uint8_t *bytes, const struct cp_manifest *manifest) {
    memset(bytes, 0, CP_MANIFEST_SIZE_BYTES);
    put_le32(bytes, manifest->magic);
    put_le32(bytes + 4, manifest->format);
    put_le32(bytes + 8, manifest->payload_size_bytes);
    put_le32(bytes + 12, manifest->security_counter);
    bytes[16] = manifest->version_major;
    bytes[17] = manifest->version_minor;
    bytes[18] = (uint8_t)manifest->version_revision;
    bytes[19] = (uint8_t)(manifest->version_revision >> 8);
    put_le32(bytes + 20, manifest->version_build);
}

size_t cp_signed_image_size(size_t payload_size_bytes, size_t pad_to_bytes) {
    const size_t size_bytes = payload_size_bytes + CP_TRAILER_SIZE_BYTES;
    return (size_bytes + pad_to_bytes - 1) / pad_to_bytes * pad_to_bytes;
}

size_t cp_signed_image_make(uint8_t *bytes, size_t payload_size_bytes, size_t pad_to_bytes,
                            struct cp_manifest manifest, const uint8_t seed[32]) {
    const size_t size_bytes = cp_signed_image_size(payload_size_bytes, pad_to_bytes);
    const size_t padded_bytes = size_bytes - CP_TRAILER_SIZE_BYTES;
    uint8_t digest[64];
    SHA2_CTX hash;
    memset(bytes + payload_size_bytes, ERASED, padded_bytes - payload_size_bytes);
    manifest.magic = CP_MANIFEST_MAGIC;
    manifest.format = CP_MANIFEST_FORMAT;
    manifest.payload_size_bytes = (uint32_t)padded_bytes;
    encode(bytes + padded_bytes, &manifest);
    SHA512Init(&hash);
    SHA512Update(&hash, bytes, padded_bytes + CP_MANIFEST_SIZE_BYTES);
    SHA512Final(digest, &hash);
    cp_sign(seed, digest, sizeof digest, bytes + padded_bytes + CP_MANIFEST_SIZE_BYTES);
    return size_bytes;
}

// --- a flash that is the bytes of a file

static int read_bytes(const struct cp_flash *flash, uint32_t offset_bytes, void *data,
                      uint32_t size_bytes) {
    memcpy(data, (const uint8_t *)flash->device + offset_bytes, size_bytes);
    return CP_OK;
}

int cp_signed_image_check(const uint8_t *bytes, size_t size_bytes, const uint8_t *public_key,
                          struct cp_manifest *manifest) {
    uint8_t buffer[BUFFER_SIZE_BYTES];
    uint32_t security_counter;
    const struct cp_flash flash = {.read = read_bytes, .device = bytes};
    const struct cp_partition partition = {.flash = &flash, .size_bytes = (uint32_t)size_bytes};
    const struct cp_verifier verifier = {.verify = cp_verify_ed25519, .public_key = public_key};
    int err = cp_manifest_read(&partition, (uint32_t)size_bytes, manifest);
    if (err) {
        *manifest = (struct cp_manifest){0};
        return err;
    }
    return public_key ? verifier.verify(&verifier, &partition, (uint32_t)size_bytes, buffer,
                                        sizeof buffer, &security_counter)
                      : CP_OK;
}
